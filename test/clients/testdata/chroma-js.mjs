// chromadb, version 3.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AdminClient, ChromaClient } from "chromadb";
import { chromaLife, words } from "./chroma-life.mjs";
import { chromaURL, failure, vector } from "./lib.mjs";

const { hostname: host, port } = new URL(chromaURL());
const anew = (args = {}) => new ChromaClient({ host, port: Number(port), ...args });
const client = anew();
const name = "chroma-js-3";

chromaLife({
  client,
  admin: new AdminClient({ host, port: Number(port) }),
  anew,
  name,
  make: ({ name, space, metadata }) => client.createCollection({ name, metadata, configuration: { hnsw: { space } }, embeddingFunction: words }),
  find: (name) => client.getCollection({ name, embeddingFunction: words }),
  names: async () => (await client.listCollections({ limit: 1000 })).map((c) => c.name),
  unique: /ChromaUniqueError/,
});

test("errors have the types of the client", async () => {
  const missing = await failure(() => client.getCollection({ name: "nobody-here", embeddingFunction: words }));
  assert.equal(missing.name, "ChromaNotFoundError");
  const twice = { name: `${name}-twice`, embeddingFunction: null };
  await client.createCollection(twice);
  assert.equal((await failure(() => client.createCollection(twice))).name, "ChromaUniqueError");
  await client.deleteCollection(twice);
});

test("configuration comes back as it was given", async () => {
  const made = await client.createCollection({
    name: `${name}-config`,
    configuration: { hnsw: { space: "ip", ef_construction: 128, max_neighbors: 24 } },
    embeddingFunction: null,
  });
  const { hnsw } = (await client.getCollection({ name: made.name, embeddingFunction: words })).configuration;
  assert.deepEqual([hnsw.space, hnsw.ef_construction, hnsw.max_neighbors], ["ip", 128, 24]);
  assert.equal((await client.getCollectionById(made.id)).name, made.name);
  await client.deleteCollection({ name: made.name });
});

test("more records than fit a batch go in several", async () => {
  const c = await client.createCollection({ name: `${name}-many`, embeddingFunction: null });
  const ids = Array.from({ length: 6000 }, (_, i) => `r${i}`);
  for (let at = 0; at < ids.length; at += 3000) {
    const some = ids.slice(at, at + 3000);
    await c.add({ ids: some, embeddings: some.map((_, i) => vector(at + i, 4)) });
  }
  assert.equal(await c.count(), ids.length);
  const got = await c.query({ queryEmbeddings: [vector(4321, 4)], nResults: 1 });
  assert.deepEqual(got.ids, [["r4321"]]);
  await client.deleteCollection({ name: c.name });
});

test("a query keeps to given ids, a delete to a limit, and documents to a pattern", async () => {
  const c = await client.createCollection({ name: `${name}-more`, embeddingFunction: null });
  const n = [1, 2, 3, 4, 5, 6];
  await c.add({ ids: n.map((i) => `r${i}`), embeddings: n.map((i) => vector(i)), documents: n.map((i) => `text ${i}`), metadatas: n.map((i) => ({ i })) });
  const got = await c.query({ queryEmbeddings: [vector(5)], ids: ["r1", "r2"], nResults: 5 });
  assert.deepEqual(new Set(got.ids[0]), new Set(["r1", "r2"]));
  assert.deepEqual((await c.get({ whereDocument: { $regex: "^text [35]$" }, include: [] })).ids, ["r3", "r5"]);
  assert.deepEqual((await c.get({ whereDocument: { $not_regex: "[1-4]" }, include: [] })).ids, ["r5", "r6"]);
  assert.equal((await c.delete({ where: { i: { $gt: 2 } }, limit: 2 })).deleted, 2);
  assert.equal(await c.count(), 4);
  const tagged = { ids: ["tags"], embeddings: [vector(9)], metadatas: [{ tags: ["a", "b"] }] };
  await c.add(tagged);
  assert.deepEqual((await c.get({ where: { tags: { $contains: "a" } } })).metadatas, tagged.metadatas);
  await client.deleteCollection({ name: c.name });
});
