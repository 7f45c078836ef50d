// @mastra/qdrant.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantVector } from "@mastra/qdrant";
import { close, dims, failure, items, nearest, norm, qdrantURL, sorted, squared, vector } from "./lib.mjs";

const store = new QdrantVector({ id: "test", url: qdrantURL() });
const indexName = "mastra-qdrant";
const metadata = ({ vector, ...rest }) => rest;

const found = async (args, pass) => {
  const topK = args.topK ?? 10;
  const got = await store.query({ indexName, queryVector: vector(1), ...args });
  const want = nearest(args.queryVector ?? vector(1), topK, pass);
  assert.deepEqual(got.map((r) => r.id), want.map((w) => w.item.n));
  close(got.map((r) => r.score), want.map((w) => w.score), "score");
  return got;
};

// filters are filters of Mastra, and what they select.
const filters = {
  "a value": [{ color: "red" }, (i) => i.color === "red"],
  "two values": [{ color: "red", even: true }, (i) => i.color === "red" && i.even],
  "an empty filter": [{}, () => true],
  $ne: [{ color: { $ne: "red" } }, (i) => i.color !== "red"],
  $gt: [{ price: { $gt: 20, $lte: 50 } }, (i) => i.price > 20 && i.price <= 50],
  $in: [{ color: { $in: ["red", "blue"] } }, (i) => i.color !== "green"],
  $nin: [{ color: { $nin: ["red", "blue"] } }, (i) => i.color === "green"],
  $all: [{ tags: { $all: ["t1", "t2"] } }, (i) => i.tags.includes("t1") && i.tags.includes("t2")],
  $and: [{ $and: [{ color: "red" }, { price: { $lt: 60 } }] }, (i) => i.color === "red" && i.price < 60],
  $or: [{ $or: [{ color: "red" }, { n: 2 }] }, (i) => i.color === "red" || i.n === 2],
  $not: [{ $not: { color: "red" } }, (i) => i.color !== "red"],
  "$not of a field": [{ price: { $not: { $gt: 50 } } }, (i) => i.price <= 50],
  $exists: [{ size: { $exists: true } }, (i) => "size" in i],
  "$exists false": [{ size: { $exists: false } }, (i) => !("size" in i)],
  $count: [{ tags: { $count: { $gte: 2 } } }, (i) => i.tags.length >= 2],
  $empty: [{ tags: { $empty: true } }, (i) => i.tags.length === 0],
  $hasId: [{ $hasId: [3, 5] }, (i) => i.n === 3 || i.n === 5],
  $regex: [{ text: { $regex: "number 6" } }, (i) => i.text.includes("number 6")],
};

test("an index is made, once", async () => {
  await store.createIndex({ indexName, dimension: dims, metric: "cosine" });
  assert.ok((await store.listIndexes()).includes(indexName));
  assert.deepEqual(await store.describeIndex({ indexName }), { dimension: dims, count: 0, metric: "cosine" });
  await store.createIndex({ indexName, dimension: dims, metric: "cosine" });
});

test("an index of another size under the same name is refused", async () => {
  const error = await failure(() => store.createIndex({ indexName, dimension: dims + 1, metric: "cosine" }));
  assert.match(error.message, /dimension/i);
  assert.equal((await store.describeIndex({ indexName })).dimension, dims);
});

test("vectors are stored in batches", async () => {
  const ids = items.map((i) => i.n);
  assert.deepEqual(await store.upsert({ indexName, vectors: items.map((i) => i.vector), metadata: items.map(metadata), ids }), ids);
  assert.equal((await store.describeIndex({ indexName })).count, items.length);
  const many = Array.from({ length: 600 }, (_, i) => vector(5000 + i));
  const made = await store.upsert({ indexName, vectors: many, metadata: many.map(() => ({ many: true })) });
  assert.equal(new Set(made).size, 600);
  assert.equal((await store.describeIndex({ indexName })).count, items.length + 600);
  await store.deleteVectors({ indexName, filter: { many: true } });
  assert.equal((await store.describeIndex({ indexName })).count, items.length);
});

test("a query gives scores, metadata and vectors", async () => {
  const [first] = await found({ topK: 5, includeVector: true });
  const item = items[first.id - 1];
  assert.deepEqual(first.metadata, metadata(item));
  close(first.vector, item.vector.map((x) => x / norm(item.vector)), "vector");
});

for (const [what, [filter, pass]] of Object.entries(filters)) {
  test(`a query with a filter by ${what} finds only what it selects`, () => found({ topK: 30, filter }, pass));
}

test("a filter with a place and one with a time work", async () => {
  const places = [
    { city: "Rome", at: { lat: 41.9, lon: 12.5 }, when: "2024-05-01T00:00:00Z" },
    { city: "Milan", at: { lat: 45.46, lon: 9.19 }, when: "2024-06-01T02:00:00+02:00" },
    { city: "Oslo", at: { lat: 59.91, lon: 10.75 }, when: "2025-01-01T00:00:00Z" },
  ];
  await store.upsert({ indexName, vectors: places.map((_, i) => vector(900 + i)), metadata: places, ids: [901, 902, 903] });
  const cities = async (filter) =>
    sorted((await store.query({ indexName, queryVector: vector(1), topK: 10, filter })).map((r) => r.metadata.city));
  assert.deepEqual(await cities({ at: { $geo: { type: "radius", center: { lat: 43, lon: 11 }, radius: 400000 } } }), ["Milan", "Rome"]);
  const box = { type: "box", top_left: { lat: 46, lon: 9 }, bottom_right: { lat: 45, lon: 10 } };
  assert.deepEqual(await cities({ at: { $geo: box } }), ["Milan"]);
  const range = { gt: new Date("2024-05-01T00:00:00Z"), lte: "2024-06-01T00:00:00Z" };
  assert.deepEqual(await cities({ when: { $datetime: { range } } }), ["Milan"]);
  await store.deleteVectors({ indexName, ids: ["901", "902", "903"] });
});

test("metadata, a vector, and both are changed by id", async () => {
  await store.updateVector({ indexName, id: "3", update: { metadata: { color: "gold" } } });
  await store.updateVector({ indexName, id: "4", update: { vector: vector(700) } });
  await store.updateVector({ indexName, id: "5", update: { vector: vector(701), metadata: { fresh: true } } });
  const query = async (filter, queryVector) => (await store.query({ indexName, queryVector, topK: 1, filter }))[0];
  const third = await query({ color: "gold" }, vector(1));
  assert.deepEqual(third.metadata, { ...metadata(items[2]), color: "gold" });
  const fourth = await query(undefined, vector(700));
  assert.equal(fourth.id, 4);
  close(fourth.score, 1, "score");
  assert.deepEqual(fourth.metadata, metadata(items[3]));
  const fifth = await query(undefined, vector(701));
  assert.deepEqual([fifth.id, fifth.metadata], [5, { fresh: true }]);
});

test("metadata are changed by a filter", async () => {
  await store.updateVector({ indexName, filter: { price: { $gte: 170 } }, update: { metadata: { dear: true } } });
  const got = await store.query({ indexName, queryVector: vector(1), topK: 100, filter: { dear: true } });
  assert.deepEqual(sorted(got.map((r) => r.id)), items.filter((i) => i.price >= 170).map((i) => i.n));
});

test("an id that is neither a number nor a UUID is an id", async () => {
  await store.upsert({ indexName, vectors: [vector(702)], metadata: [{ word: true }], ids: ["doc-1"] });
  const [first] = await store.query({ indexName, queryVector: vector(702), topK: 1 });
  assert.equal(first.id, "doc-1");
  await store.deleteVector({ indexName, id: "doc-1" });
  assert.equal((await store.describeIndex({ indexName })).count, items.length);
});

test("an index over a field is made and taken away", async () => {
  await store.createPayloadIndex({ indexName, fieldName: "color", fieldSchema: "keyword" });
  await store.createPayloadIndex({ indexName, fieldName: "color", fieldSchema: "keyword" });
  await store.deletePayloadIndex({ indexName, fieldName: "color" });
});

test("vectors are deleted by id, by ids and by filter", async () => {
  await store.deleteVector({ indexName, id: "1" });
  await store.deleteVectors({ indexName, ids: ["2", "3", "99999"] });
  assert.equal((await store.describeIndex({ indexName })).count, items.length - 3);
  await store.deleteVectors({ indexName, filter: { color: "blue" } });
  const left = await store.query({ indexName, queryVector: vector(1), topK: 200 });
  assert.ok(left.length > 0 && left.every((r) => r.metadata.color !== "blue"));
});

test("a vector of another length is refused and nothing is stored", async () => {
  const { count } = await store.describeIndex({ indexName });
  await failure(() => store.upsert({ indexName, vectors: [vector(1), [1, 2]], ids: [5000, 5001] }));
  assert.equal((await store.describeIndex({ indexName })).count, count);
  await failure(() => store.query({ indexName, queryVector: [1, 2], topK: 1 }));
  await failure(() => store.query({ indexName: "nowhere", queryVector: vector(1), topK: 1 }));
});

test("other metrics score as Qdrant does", async () => {
  for (const [metric, score] of [["euclidean", (a, b) => -Math.sqrt(squared(a, b))], ["dotproduct", (a, b) => a.reduce((s, x, i) => s + x * b[i], 0)]]) {
    const other = `${indexName}-${metric}`;
    await store.createIndex({ indexName: other, dimension: dims, metric });
    assert.equal((await store.describeIndex({ indexName: other })).metric, metric);
    await store.upsert({ indexName: other, vectors: items.map((i) => i.vector), ids: items.map((i) => i.n) });
    const got = await store.query({ indexName: other, queryVector: vector(8), topK: 5 });
    const want = nearest(vector(8), 5, undefined, score);
    assert.deepEqual(got.map((r) => r.id), want.map((w) => w.item.n), metric);
    close(got.map((r) => Math.abs(r.score)), want.map((w) => Math.abs(w.score)), metric);
    await store.deleteIndex({ indexName: other });
  }
});

test("an index is dropped, and dropping it again is no error", async () => {
  await store.deleteIndex({ indexName });
  assert.ok(!(await store.listIndexes()).includes(indexName));
  await store.deleteIndex({ indexName });
});
