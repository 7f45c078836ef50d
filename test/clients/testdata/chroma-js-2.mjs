// chromadb, version 2.
import { AdminClient, ChromaClient } from "chromadb-2";
import { chromaLife, words } from "./chroma-life.mjs";
import { chromaURL } from "./lib.mjs";

const anew = (args = {}) => new ChromaClient({ path: chromaURL(), ...args });
const client = anew();

chromaLife({
  client,
  admin: new AdminClient({ path: chromaURL() }),
  anew,
  name: "chroma-js-2",
  make: ({ name, space, metadata }) => client.createCollection({ name, metadata, configuration: { hnsw: { space } }, embeddingFunction: words }),
  find: (name) => client.getCollection({ name, embeddingFunction: words }),
  names: () => client.listCollections(),
  unique: /ChromaUniqueError|already exists/,
});
