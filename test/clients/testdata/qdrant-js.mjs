// @qdrant/js-client-rest, the newest.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { QdrantClient } from "@qdrant/js-client-rest";
import { payload, qdrantLife } from "./qdrant-life.mjs";
import { close, cosine, dims, dot, failure, items, nearest, qdrantURL, squared, vector } from "./lib.mjs";

const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));
const client = new QdrantClient({ url: qdrantURL() });
const name = "qdrant-js";

test("the client finds a server of its version", async () => {
  const { title, version } = await client.versionInfo();
  assert.match(title, /qdrant/);
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(warnings, []);
});

qdrantLife({
  client,
  name,
  search: async (query, args, collection = name) => (await client.query(collection, { query, ...args })).points,
});

// What only this version has: query in all its forms.
const more = "qdrant-js query";
const red = { must: [{ key: "color", match: { value: "red" } }] };
const ids = (points) => points.map((p) => p.id);
const best = (...args) => nearest(...args).map((w) => w.item.n);
const ask = async (args) => (await client.query(more, args)).points;

before(async () => {
  await client.createCollection(more, { vectors: { size: dims, distance: "Cosine" } });
  await client.upsert(more, { points: items.map((i) => ({ id: i.n, vector: i.vector, payload: payload(i) })) });
});
after(() => client.deleteCollection(more));

test("a name with a space is a name", async () => {
  assert.equal((await client.count(more)).count, items.length);
  assert.ok((await client.getCollections()).collections.some((c) => c.name === more));
});

test("a query without a vector lists points", async () => {
  assert.deepEqual(ids(await ask({ filter: red, limit: 3 })), [1, 4, 7]);
});

test("a query by an id gives what is like that point, without it", async () => {
  const want = best(items[6].vector, 5, (i) => i.n !== 7);
  assert.deepEqual(ids(await ask({ query: 7, limit: 5 })), want);
  assert.deepEqual(ids(await ask({ query: { nearest: 7 }, limit: 5 })), want);
  const error = await failure(() => ask({ query: 7000, limit: 5 }));
  assert.equal(error.status, 404);
  assert.match(error.data.status.error, /No point with id 7000 found/);
});

test("an exact query gives the same", async () => {
  assert.deepEqual(ids(await ask({ query: vector(9), limit: 10, params: { exact: true } })), best(vector(9), 10));
});

test("several queries go in one request", async () => {
  const answers = await client.queryBatch(more, {
    searches: [{ query: vector(1), limit: 3 }, { query: vector(2), limit: 4, filter: red, with_payload: true }],
  });
  assert.deepEqual(ids(answers[0].points), best(vector(1), 3));
  assert.deepEqual(ids(answers[1].points), best(vector(2), 4, (i) => i.color === "red"));
  assert.equal(answers[1].points[0].payload.color, "red");
});

test("two queries are fused by rank", async () => {
  const [a, b] = [vector(21), vector(22)];
  const score = new Map();
  for (const list of [best(a, 10), best(b, 10)]) {
    list.forEach((id, rank) => score.set(id, (score.get(id) ?? 0) + 1 / (2 + rank)));
  }
  const got = await ask({ prefetch: [{ query: a, limit: 10 }, { query: b, limit: 10 }], query: { fusion: "rrf" }, limit: 20 });
  assert.equal(got.length, score.size);
  close(got.map((p) => p.score), got.map((p) => score.get(p.id)), "score");
  close(got.map((p) => p.score), [...score.values()].sort((x, y) => y - x), "order");
});

test("a prefetch is ranked again by a vector", async () => {
  const found = new Set(best(vector(31), 20));
  const got = await ask({ prefetch: { query: vector(31), limit: 20 }, query: vector(32), limit: 5 });
  assert.deepEqual(ids(got), best(vector(32), 5, (i) => found.has(i.n)));
  const filtered = await ask({ prefetch: { filter: red, limit: 999999999 }, query: vector(33), limit: 5 });
  assert.deepEqual(ids(filtered), best(vector(33), 5, (i) => i.color === "red"));
});

test("diversity changes what comes after the first", async () => {
  const query = { nearest: vector(41), mmr: { diversity: 0.5, candidates_limit: 30 } };
  const got = ids(await ask({ query, limit: 5 }));
  const candidates = nearest(vector(41), 30).map((w) => ({ ...w.item, score: w.score }));
  const want = [candidates.shift()];
  while (want.length < 5) {
    const value = (c) => 0.5 * c.score - 0.5 * Math.max(...want.map((w) => cosine(w.vector, c.vector)));
    candidates.sort((a, b) => value(b) - value(a));
    want.push(candidates.shift());
  }
  assert.deepEqual(got, want.map((w) => w.n));
  assert.notDeepEqual(got, best(vector(41), 5));
  assert.equal((await ask({ query: { nearest: vector(41), mmr: { diversity: null } }, limit: 5 })).length, 5);
});

test("hits are grouped by a field", async () => {
  const { groups } = await client.queryGroups(more, { query: vector(51), group_by: "color", group_size: 2, limit: 3 });
  const want = {};
  for (const { item } of nearest(vector(51), items.length)) {
    want[item.color] ??= [];
    if (want[item.color].length < 2) want[item.color].push(item.n);
  }
  assert.deepEqual(groups.map((g) => [g.id, ids(g.hits)]), Object.entries(want));
});

test("values of a field are counted", async () => {
  await client.createPayloadIndex(more, { field_name: "color", field_schema: "keyword", wait: true });
  const { hits } = await client.facet(more, { key: "color", exact: true, filter: { must: [{ key: "n", range: { lte: 7 } }] } });
  assert.deepEqual(hits, [{ value: "red", count: 3 }, { value: "blue", count: 2 }, { value: "green", count: 2 }]);
});

test("a query is ordered by a field, or by chance", async () => {
  await client.createPayloadIndex(more, { field_name: "n", field_schema: "integer", wait: true });
  assert.deepEqual(ids(await ask({ query: { order_by: { key: "n", direction: "desc" } }, limit: 3 })), [120, 119, 118]);
  const sample = ids(await ask({ query: { sample: "random" }, limit: 10 }));
  assert.equal(new Set(sample).size, 10);
});

test("points like some and unlike others are recommended", async () => {
  const got = await ask({ query: { recommend: { positive: [1, 2], negative: [3] } }, limit: 5 });
  const unit = (v) => v.map((x) => x / Math.sqrt(dot(v, v)));
  const [p1, p2, n] = [0, 1, 2].map((i) => unit(items[i].vector));
  const target = p1.map((_, i) => (p1[i] + p2[i]) / 2 + (p1[i] + p2[i]) / 2 - n[i]);
  assert.deepEqual(ids(got), best(target, 5, (i) => i.n > 3));
});

test("an integer of 64 bits keeps all its digits", async () => {
  const id = 18446744073709551615n;
  await client.upsert(more, { points: [{ id, vector: vector(61), payload: { big: true } }] });
  const [got] = await client.retrieve(more, { ids: [id] });
  assert.equal(got.id, id);
  await client.delete(more, { points: [id] });
});

test("a vector may have a name", async () => {
  const c = "qdrant-js-named";
  await client.createCollection(c, { vectors: { text: { size: dims, distance: "Euclid" } } });
  assert.equal((await client.getCollection(c)).config.params.vectors.text.size, dims);
  await client.upsert(c, { points: items.map((i) => ({ id: i.n, vector: { text: i.vector } })) });
  const got = (await client.query(c, { query: vector(71), using: "text", limit: 3, with_vector: true })).points;
  const want = nearest(vector(71), 3, undefined, (a, b) => -Math.sqrt(squared(a, b)));
  assert.deepEqual(ids(got), want.map((w) => w.item.n));
  close(got[0].score, -want[0].score, "score");
  close(got[0].vector.text, want[0].item.vector, "vector");
  const error = await failure(() => client.query(c, { query: vector(71), using: "image", limit: 3 }));
  assert.equal(error.status, 400);
  assert.match(error.data.status.error, /Not existing vector name error: image/);
  await client.deleteCollection(c);
});

test("several dense vectors are stored under names, searched, changed and taken away", async () => {
  const c = "qdrant-js-many";
  const vectors = { a: { size: dims, distance: "Cosine" }, b: { size: 2, distance: "Euclid" } };
  await client.createCollection(c, { vectors });
  assert.deepEqual((await client.getCollection(c)).config.params.vectors, vectors);
  await client.upsert(c, { points: items.map((i) => ({ id: i.n, vector: i.n % 2 ? { a: i.vector, b: [i.n, 0] } : { a: i.vector }, payload: { n: i.n } })) });
  const odd = items.map((i) => i.n).filter((n) => n % 2);
  const near = (await client.query(c, { query: [0, 0], using: "b", limit: 3, with_vector: ["b"] })).points;
  assert.deepEqual(near.map((p) => [p.id, p.score, p.vector]), odd.sort((x, y) => x - y).slice(0, 3).map((n) => [n, n, { b: [n, 0] }]));
  const first = items[0];
  assert.equal((await client.query(c, { query: first.vector, using: "a", limit: 1 })).points[0].id, first.n);
  assert.notEqual((await client.query(c, { query: first.n, using: "a", limit: 1 })).points[0].id, first.n);
  const fused = await client.query(c, { prefetch: [{ query: first.vector, using: "a" }, { query: [0, 0], using: "b" }], query: { fusion: "rrf" }, limit: 5 });
  assert.equal(fused.points.length, 5);
  await client.updateVectors(c, { points: [{ id: odd[0], vector: { b: [-1, 0] } }], wait: true });
  await client.deleteVectors(c, { points: [odd[1]], vector: ["b"], wait: true });
  const kept = await client.retrieve(c, { ids: [odd[0], odd[1]], with_vector: true });
  assert.deepEqual(kept[0].vector.b, [-1, 0]);
  assert.deepEqual(Object.keys(kept[1].vector), ["a"]);
  const rest = (await client.query(c, { query: [0, 0], using: "b", limit: 2 })).points;
  assert.deepEqual(rest.map((p) => p.id), [odd[0], odd[2]]);
  await assert.rejects(client.query(c, { query: [0, 0], limit: 1 }), (error) => error.status === 400);
  await client.deleteCollection(c);
});

test("sparse vectors are stored beside dense ones, searched and fused", async () => {
  const c = "qdrant-js-sparse";
  await client.createCollection(c, { vectors: { dense: { size: dims, distance: "Cosine" } }, sparse_vectors: { words: {} } });
  assert.ok((await client.getCollection(c)).config.params.sparse_vectors.words);
  const words = (i) => ({ indices: [i.n % 5, 10 + (i.n % 7), 4000000000], values: [i.n / 100, 0.5, 0.25] });
  await client.upsert(c, { points: items.map((i) => ({ id: i.n, vector: { dense: i.vector, words: words(i) } })) });
  const query = { indices: [2, 13], values: [2, 1] };
  const want = items
    .map((i) => [i.n, (i.n % 5 === 2 ? (2 * i.n) / 100 : 0) + (i.n % 7 === 3 ? 0.5 : 0)])
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5);
  const got = (await client.query(c, { query, using: "words", limit: 5, with_vector: true })).points;
  assert.deepEqual(ids(got), want.map((w) => w[0]));
  close(got.map((p) => p.score), want.map((w) => w[1]), "score");
  assert.deepEqual([...got[0].vector.words.indices].sort((a, b) => a - b), words({ n: got[0].id }).indices);
  const fused = await client.query(c, {
    prefetch: [{ query, using: "words", limit: 5 }, { query: vector(81), using: "dense", limit: 5 }],
    query: { fusion: "rrf" },
    limit: 10,
  });
  const both = new Set([...want.map((w) => w[0]), ...best(vector(81), 5)]);
  assert.deepEqual(new Set(ids(fused.points)), both);
  await client.deleteCollection(c);
});

test("a request of many long vectors is taken", async () => {
  const c = "qdrant-js-large";
  await client.createCollection(c, { vectors: { size: 768, distance: "Cosine" } });
  const points = Array.from({ length: 1000 }, (_, i) => ({ id: i, vector: vector(10000 + i, 768) }));
  assert.ok(JSON.stringify(points).length > 12e6);
  assert.equal((await client.upsert(c, { wait: true, points })).status, "completed");
  const [first] = (await client.query(c, { query: points[500].vector, limit: 1 })).points;
  assert.equal(first.id, 500);
  assert.equal((await client.scroll(c, { limit: 1000, with_vector: true })).points.length, 1000);
  await client.deleteCollection(c);
});

test("what is not there is refused with a reason", async () => {
  const no = async (call) => {
    const error = await failure(call);
    assert.ok([400, 405, 501].includes(error.status), `${error.status}`);
    assert.ok(error.data.status.error.length > 10, JSON.stringify(error.data));
  };
  await no(() => client.createSnapshot(more));
  await no(() => client.createShardKey(more, { shard_key: "a" }));
  await no(() => client.createCollection("many", { vectors: { size: 4, distance: "Dot", multivector_config: { comparator: "max_sim" } } }));
  assert.equal((await client.collectionExists("many")).exists, false);
});
