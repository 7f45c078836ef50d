// @mastra/chroma.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChromaVector } from "@mastra/chroma";
import { chromaURL, close, dims, dot, failure, items, nearest, sorted, squared, vector } from "./lib.mjs";

const { hostname: host, port } = new URL(chromaURL());
const store = new ChromaVector({ id: "test", host, port: Number(port) });
const indexName = "mastra-chroma";
const id = (i) => `item-${i.n}`;
const metadata = ({ n, color, price, even, size }) => ({ n, color, price, even, ...(size === undefined ? {} : { size }) });

const found = async (args, pass) => {
  const topK = args.topK ?? 10;
  const got = await store.query({ indexName, queryVector: vector(1), ...args });
  const want = nearest(vector(1), topK, pass);
  assert.deepEqual(got.map((r) => r.id), want.map((w) => id(w.item)));
  close(got.map((r) => r.score), want.map((w) => w.score), "score");
  return got;
};

// filters are filters of Mastra, and what they select.
const filters = {
  "a value": [{ color: "red" }, (i) => i.color === "red"],
  "two values": [{ color: "red", even: true }, (i) => i.color === "red" && i.even],
  $ne: [{ size: { $ne: 3 } }, (i) => i.size !== 3],
  $gt: [{ price: { $gt: 20, $lte: 50 } }, (i) => i.price > 20 && i.price <= 50],
  $in: [{ color: { $in: ["red", "blue"] } }, (i) => i.color !== "green"],
  $nin: [{ color: { $nin: ["red", "blue"] } }, (i) => i.color === "green"],
  "values in a list": [{ color: ["red", "green"] }, (i) => i.color !== "blue"],
  $and: [{ $and: [{ color: "red" }, { price: { $lt: 60 } }] }, (i) => i.color === "red" && i.price < 60],
  $or: [{ $or: [{ color: "red" }, { n: 2 }] }, (i) => i.color === "red" || i.n === 2],
};

test("an index is made, once", async () => {
  await store.createIndex({ indexName, dimension: dims, metric: "cosine" });
  assert.ok((await store.listIndexes()).includes(indexName));
  assert.deepEqual(await store.describeIndex({ indexName }), { dimension: dims, count: 0, metric: "cosine" });
});

test("vectors are stored", async () => {
  const ids = items.map(id);
  const args = { indexName, vectors: items.map((i) => i.vector), metadata: items.map(metadata), ids, documents: items.map((i) => i.text) };
  assert.deepEqual(await store.upsert(args), ids);
  assert.deepEqual(await store.upsert(args), ids);
  assert.equal((await store.describeIndex({ indexName })).count, items.length);
  const made = await store.upsert({ indexName, vectors: [vector(400)], metadata: [{ made: true }] });
  assert.match(made[0], /^[0-9a-f-]{36}$/);
  await store.deleteVectors({ indexName, ids: made });
});

test("a query gives scores, metadata, documents and vectors", async () => {
  const [first] = await found({ topK: 5, includeVector: true });
  const { item } = nearest(vector(1), 1)[0];
  assert.deepEqual(first.metadata, metadata(item));
  assert.equal(first.document, item.text);
  close(first.vector, item.vector, "vector");
});

for (const [what, [filter, pass]] of Object.entries(filters)) {
  test(`a query with a filter by ${what} finds only what it selects`, () => found({ topK: 30, filter }, pass));
}

test("documents are filtered, and records read page by page", async () => {
  await found({ topK: 30, documentFilter: { $contains: "number 5" } }, (i) => i.text.includes("number 5"));
  const page = await store.get({ indexName, filter: { color: "red" }, offset: 2, limit: 2 });
  assert.deepEqual(page.map((r) => r.id), items.filter((i) => i.color === "red").slice(2, 4).map(id));
  const [one] = await store.get({ indexName, ids: ["item-9"], includeVector: true });
  assert.deepEqual(one.metadata, metadata(items[8]));
  close(one.embedding, items[8].vector, "embedding");
});

test("metadata and vectors are changed by id and by a filter", async () => {
  await store.updateVector({ indexName, id: "item-3", update: { metadata: { color: "gold" } } });
  await store.updateVector({ indexName, id: "item-4", update: { vector: vector(700) } });
  await store.updateVector({ indexName, filter: { price: { $gte: 170 } }, update: { metadata: { dear: true } } });
  const [third] = await store.get({ indexName, ids: ["item-3"] });
  assert.deepEqual(third.metadata, { ...metadata(items[2]), color: "gold" });
  const [fourth] = await store.query({ indexName, queryVector: vector(700), topK: 1 });
  assert.equal(fourth.id, "item-4");
  close(fourth.score, 1, "score");
  assert.deepEqual(fourth.metadata, metadata(items[3]));
  const dear = await store.get({ indexName, filter: { dear: true } });
  assert.deepEqual(dear.map((r) => r.id), items.filter((i) => i.price >= 170).map(id));
});

test("vectors are deleted by id, by ids and by a filter", async () => {
  await store.deleteVector({ indexName, id: "item-1" });
  await store.deleteVectors({ indexName, ids: ["item-2", "item-3", "nobody"] });
  await store.deleteVectors({ indexName, filter: { color: "blue" } });
  const left = await store.get({ indexName });
  assert.deepEqual(sorted(left.map((r) => r.id)), sorted(items.filter((i) => i.n > 3 && i.color !== "blue").map(id)));
});

test("a vector of another length is refused and nothing is stored", async () => {
  const { count } = await store.describeIndex({ indexName });
  await failure(() => store.upsert({ indexName, vectors: [[1, 2]], ids: ["short"] }));
  await failure(() => store.query({ indexName, queryVector: [1, 2], topK: 1 }));
  await failure(() => store.query({ indexName: "nowhere", queryVector: vector(1), topK: 1 }));
  assert.equal((await store.describeIndex({ indexName })).count, count);
});

test("other metrics score as Chroma does", async () => {
  for (const [metric, score] of [["euclidean", (a, b) => 1 / (1 + Math.sqrt(squared(a, b)))], ["dotproduct", dot]]) {
    const other = `${indexName}-${metric}`;
    await store.createIndex({ indexName: other, dimension: dims, metric });
    assert.equal((await store.describeIndex({ indexName: other })).metric, metric);
    await store.upsert({ indexName: other, vectors: items.map((i) => i.vector), metadata: items.map(metadata), ids: items.map(id) });
    const got = await store.query({ indexName: other, queryVector: vector(8), topK: 5 });
    const want = nearest(vector(8), 5, undefined, score);
    assert.deepEqual(got.map((r) => r.id), want.map((w) => id(w.item)), metric);
    close(got.map((r) => r.score), want.map((w) => w.score), metric);
    await store.deleteIndex({ indexName: other });
  }
});

test("an index is dropped", async () => {
  await store.deleteIndex({ indexName });
  assert.ok(!(await store.listIndexes()).includes(indexName));
  await failure(() => store.deleteIndex({ indexName }));
});
