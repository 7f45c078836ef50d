// chromadb 1.10: its spaces are told by metadata.
import { AdminClient, ChromaClient } from "chromadb-1.10";
import { chromaLife, words } from "./chroma-life.mjs";
import { chromaURL } from "./lib.mjs";

const anew = (args = {}) => new ChromaClient({ path: chromaURL(), ...args });
const client = anew();

chromaLife({
  client,
  admin: new AdminClient({ path: chromaURL() }),
  anew,
  name: "chroma-js-1.10",
  make: ({ name, space, metadata }) => client.createCollection({ name, metadata: { ...metadata, "hnsw:space": space }, embeddingFunction: words }),
  find: (name) => client.getCollection({ name, embeddingFunction: words }),
  names: () => client.listCollections(),
  unique: /ChromaUniqueError|already exists/,
});
