// One thing, several doors: what one client writes the others read, under the same name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantClient } from "@qdrant/js-client-rest";
import { ChromaClient } from "chromadb";
import { words } from "./chroma-life.mjs";
import { chromaURL, close, cosine, dims, failure, items, memistaURL, nearest, norm, qdrantURL, sorted, uuid, vector } from "./lib.mjs";

// Qdrant and Chroma stand on ports of their own and on memista's.
const { hostname: host, port } = new URL(memistaURL());
const qdrant = new QdrantClient({ url: qdrantURL() });
const main = new QdrantClient({ url: memistaURL() });
const { hostname, port: own } = new URL(chromaURL());
const chroma = new ChromaClient({ host: hostname, port: Number(own) });
const mainChroma = new ChromaClient({ host, port: Number(port) });
const open = (name) => chroma.getCollection({ name, embeddingFunction: words });

// memista sends a request of memista's own API.
async function memista(method, path, body) {
  const res = await fetch(memistaURL() + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = res.status === 204 ? undefined : await res.json();
  assert.ok(res.ok, `${method} ${path}: ${res.status} ${JSON.stringify(answer)}`);
  return answer;
}

const nearby = async (name, query, k, filter) =>
  (await memista("POST", `/v1/databases/${name}/search`, { queries: [{ embedding: query, k, filter }], include: ["metadata", "text"] })).results[0];

const some = items.slice(0, 40);
const best = (query, k, pass) => nearest(query, k, pass, cosine, some);
const points = some.map((i) => ({ id: i.n % 2 ? i.n : uuid(i.n), vector: i.vector, payload: { color: i.color, n: i.n, text: i.text } }));
const chromaID = (n) => (n % 2 ? String(n) : uuid(n));

test("what Qdrant's client writes, Chroma's reads under the same name", async () => {
  await qdrant.createCollection("shared", { vectors: { size: dims, distance: "Cosine" } });
  await qdrant.upsert("shared", { points });
  const c = await open("shared");
  assert.equal(await c.count(), some.length);
  const got = await c.get({ ids: ["7", uuid(8)], include: ["metadatas", "embeddings"] });
  assert.deepEqual(sorted(got.ids), sorted(["7", uuid(8)]));
  const at = got.ids.indexOf("7");
  assert.equal(got.metadatas[at].color, items[6].color);
  assert.equal(cosine(got.embeddings[at], items[6].vector).toFixed(5), "1.00000");
  const near = await c.query({ queryEmbeddings: [vector(5)], nResults: 5, where: { color: "red" } });
  const want = best(vector(5), 5, (i) => i.color === "red");
  assert.deepEqual(near.ids[0], want.map((w) => chromaID(w.item.n)));
  close(near.distances[0], want.map((w) => 1 - w.score), "distance");
});

test("memista's own API reads it, too", async () => {
  const { chunks, dimensions } = await memista("GET", "/v1/databases/shared");
  assert.equal(chunks, some.length);
  assert.equal(dimensions, dims);
  assert.deepEqual(await memista("POST", "/v1/databases/shared/count", { filter: { color: "red" } }), { count: some.filter((i) => i.color === "red").length });
  const hits = await nearby("shared", vector(6), 5, { n: { $gt: 10 } });
  const want = best(vector(6), 5, (i) => i.n > 10);
  assert.deepEqual(hits.map((h) => h.metadata.n), want.map((w) => w.item.n));
  close(hits.map((h) => 1 - h.distance), want.map((w) => w.score), "score");
});

test("what Chroma's client changes and deletes, Qdrant's sees at once", async () => {
  const c = await open("shared");
  await c.update({ ids: ["7"], metadatas: [{ color: "gold" }] });
  await c.upsert({ ids: ["word", "9"], embeddings: [vector(300), vector(301)], metadatas: [{ color: "iron" }, { color: "iron" }], documents: ["a", "b"] });
  await c.delete({ ids: [uuid(8)] });
  const [seven] = await qdrant.retrieve("shared", { ids: [7] });
  assert.equal(seven.payload.color, "gold");
  assert.equal(seven.payload.n, 7);
  const iron = await qdrant.scroll("shared", { filter: { must: [{ key: "color", match: { value: "iron" } }] } });
  assert.deepEqual(iron.points.map((p) => p.id), [9, "word"]);
  assert.deepEqual(await qdrant.retrieve("shared", { ids: [uuid(8)] }), []);
  const [first] = (await qdrant.query("shared", { query: vector(301), limit: 1 })).points;
  assert.equal(first.id, 9);
  assert.equal((await qdrant.count("shared")).count, some.length);
});

test("what Chroma's client writes, Qdrant's and memista read", async () => {
  const c = await chroma.createCollection({ name: "letters", configuration: { hnsw: { space: "cosine" } }, metadata: { topic: "letters" }, embeddingFunction: words });
  await c.add({ ids: some.map((i) => `i${i.n}`), embeddings: some.map((i) => i.vector), documents: some.map((i) => i.text), metadatas: some.map(({ color, n }) => ({ color, n })) });
  const info = await qdrant.getCollection("letters");
  assert.equal(info.points_count, some.length);
  assert.deepEqual([info.config.params.vectors.size, info.config.params.vectors.distance], [dims, "Cosine"]);
  const got = (await qdrant.query("letters", { query: vector(5), limit: 5, with_payload: true, with_vector: true, filter: { must_not: [{ key: "color", match: { value: "red" } }] } })).points;
  const want = best(vector(5), 5, (i) => i.color !== "red");
  assert.deepEqual(got.map((p) => p.id), want.map((w) => `i${w.item.n}`));
  close(got.map((p) => p.score), want.map((w) => w.score), "score");
  assert.equal(got[0].payload.n, want[0].item.n);
  close(got[0].vector, want[0].item.vector.map((x) => x / norm(want[0].item.vector)), "vector");
  const [hit] = await nearby("letters", items[3].vector, 1);
  assert.deepEqual([hit.key, hit.text, hit.metadata], ["i4", items[3].text, { color: items[3].color, n: 4 }]);
  await qdrant.setPayload("letters", { payload: { seen: true }, points: ["i4"] });
  assert.deepEqual((await c.get({ where: { seen: true } })).ids, ["i4"]);
  await qdrant.delete("letters", { wait: true, points: ["i4"] });
  assert.equal(await c.count(), some.length - 1);
});

test("a database that was made by neither is seen by both", async () => {
  await memista("PUT", "/v1/databases/own", { metric: "l2", dimensions: 2 });
  await memista("POST", "/v1/databases/own/chunks", {
    chunks: [
      { embedding: [0, 1], text: "without a key", metadata: { n: 1 } },
      { key: "a/b", embedding: [0, 2], text: "with a key", metadata: { n: 2 } },
    ],
  });
  assert.ok((await main.getCollections()).collections.some((c) => c.name === "own"));
  assert.deepEqual((await main.scroll("own")).points.map((p) => p.id), [1, "a/b"]);
  const [far] = (await main.query("own", { query: [0, 4], limit: 1, with_payload: true })).points;
  assert.deepEqual([far.id, far.score, far.payload.n], ["a/b", 2, 2]);
  const c = await mainChroma.getCollection({ name: "own", embeddingFunction: words });
  assert.equal((await open("own")).id, c.id, "the id of a collection does not change");
  const got = await c.get();
  assert.deepEqual([got.ids, got.documents], [["1", "a/b"], ["without a key", "with a key"]]);
  const near = await c.query({ queryEmbeddings: [[0, 4]], nResults: 2 });
  assert.deepEqual([near.ids[0], near.distances[0]], [["a/b", "1"], [4, 9]]);
  assert.ok((await mainChroma.listCollections({ limit: 1000 })).some((d) => d.name === "own"));
});

test("an alias that Qdrant's client makes holds for memista's own API", async () => {
  await qdrant.updateCollectionAliases({ actions: [{ create_alias: { collection_name: "letters", alias_name: "current" } }] });
  const { count } = await qdrant.count("letters");
  assert.deepEqual(await memista("POST", "/v1/databases/current/count", {}), { count });
});

test("a name that memista does not allow is one collection for Qdrant", async () => {
  const name = "Ärger & Co";
  await qdrant.createCollection(name, { vectors: { size: 2, distance: "Dot" } });
  await qdrant.upsert(name, { points: [{ id: 1, vector: [1, 2] }] });
  assert.equal((await main.count(name)).count, 1);
  await qdrant.deleteCollection(name);
  assert.equal((await qdrant.collectionExists(name)).exists, false);
});

test("what one door drops is gone for all", async () => {
  await qdrant.createCollection("brief", { vectors: { size: 2, distance: "Dot" } });
  await memista("DELETE", "/v1/databases/brief");
  assert.equal((await qdrant.collectionExists("brief")).exists, false);
  await failure(() => open("brief"));
  await chroma.createCollection({ name: "brief", embeddingFunction: null });
  assert.equal(await qdrant.deleteCollection("brief"), true);
  await failure(() => open("brief"));
  await qdrant.createCollection("brief", { vectors: { size: 3, distance: "Dot" } });
  await chroma.deleteCollection({ name: "brief" });
  assert.equal((await qdrant.collectionExists("brief")).exists, false);
});
