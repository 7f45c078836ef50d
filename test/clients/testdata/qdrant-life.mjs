// The life of a collection in the hands of Qdrant's own client: what all its versions do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { close, cosine, dims, failure, items, nearest, norm, sorted, uuid, vector } from "./lib.mjs";

// payload returns what is stored with an item.
export const payload = ({ vector, ...rest }) => rest;

const red = { must: [{ key: "color", match: { value: "red" } }] };

// filters are filters of Qdrant, and what they select.
const filters = {
  "a value": [red, (i) => i.color === "red"],
  "a number": [{ must: [{ key: "size", match: { value: 3 } }] }, (i) => i.size === 3],
  "a boolean": [{ must: [{ key: "even", match: { value: true } }] }, (i) => i.even],
  "an element of a list": [{ must: [{ key: "tags", match: { value: "t1" } }] }, (i) => i.tags.includes("t1")],
  "any of values": [{ must: [{ key: "color", match: { any: ["red", "blue"] } }] }, (i) => i.color !== "green"],
  "other values": [{ must: [{ key: "color", match: { except: ["red"] } }] }, (i) => i.color !== "red"],
  "other values of a field that not all have": [{ must: [{ key: "size", match: { except: [3] } }] }, (i) => "size" in i && i.size !== 3],
  "a range": [{ must: [{ key: "price", range: { gte: 30, lt: 60 } }] }, (i) => i.price >= 30 && i.price < 60],
  "a range with null": [{ must: [{ key: "price", range: { gt: 100, lte: null } }] }, (i) => i.price > 100],
  "one of two": [
    { should: [{ key: "n", match: { value: 5 } }, { key: "n", match: { value: 9 } }] },
    (i) => i.n === 5 || i.n === 9,
  ],
  "none of two": [
    { must_not: [{ key: "size", match: { value: 1 } }, { key: "color", match: { value: "red" } }] },
    (i) => i.size !== 1 && i.color !== "red",
  ],
  "must, should and must_not together": [
    {
      must: [{ key: "price", range: { lt: 90 } }],
      should: [{ key: "color", match: { value: "red" } }, { key: "even", match: { value: true } }],
      must_not: [{ key: "tags", match: { value: "t2" } }],
    },
    (i) => i.price < 90 && (i.color === "red" || i.even) && !i.tags.includes("t2"),
  ],
  "filters in a filter": [
    { must: [{ should: [{ key: "n", match: { value: 3 } }, { must_not: [{ key: "n", range: { gt: 2 } }] }] }] },
    (i) => i.n <= 3,
  ],
  "at least two of three": [
    {
      min_should: {
        conditions: [
          { key: "color", match: { value: "red" } },
          { key: "even", match: { value: true } },
          { key: "price", range: { gt: 90 } },
        ],
        min_count: 2,
      },
    },
    (i) => (i.color === "red") + i.even + (i.price > 90) >= 2,
  ],
  "an id": [{ must: [{ has_id: [4, 2, 1000] }] }, (i) => i.n === 2 || i.n === 4],
  "an empty field": [{ must: [{ is_empty: { key: "tags" } }] }, (i) => i.tags.length === 0],
  "a missing field": [{ must: [{ is_empty: { key: "size" } }] }, (i) => !("size" in i)],
  "a null field": [{ must: [{ is_null: { key: "size" } }] }, () => false],
  "the number of values": [{ must: [{ key: "tags", values_count: { gte: 2 } }] }, (i) => i.tags.length >= 2],
  "a part of a text": [{ must: [{ key: "text", match: { text: "number 5" } }] }, (i) => i.text.includes("number 5")],
  "one condition without a list": [{ must: { key: "color", match: { value: "red" } } }, (i) => i.color === "red"],
  "nothing at all": [{}, () => true],
  "empty lists": [{ must: [], should: [], must_not: [] }, () => true],
};

// qdrantLife adds the tests. search runs a vector search in the version's own way, and
// returns the points.
export function qdrantLife({ client, name, search }) {
  // stored returns all points, by scrolling.
  const stored = async (args = {}) => (await client.scroll(name, { limit: 1000, ...args })).points;
  const one = async (id) => (await client.retrieve(name, { ids: [id], with_vector: true }))[0];

  // hits asks for the nearest points and compares them with what they must be.
  const hits = async (query, args, pass, k = args.limit ?? 10) => {
    const got = await search(query, args);
    const want = nearest(query, k, pass);
    assert.deepEqual(got.map((p) => p.id), want.map((w) => w.item.n));
    close(got.map((p) => p.score), want.map((w) => w.score), "score");
    return got;
  };

  test("a collection is made, and says what it was made with", async () => {
    assert.equal((await client.collectionExists(name)).exists, false);
    assert.equal(await client.createCollection(name, { vectors: { size: dims, distance: "Cosine" } }), true);
    assert.equal((await client.collectionExists(name)).exists, true);
    const info = await client.getCollection(name);
    assert.equal(info.status, "green");
    assert.equal(info.points_count, 0);
    assert.equal(info.config.params.vectors.size, dims);
    assert.equal(info.config.params.vectors.distance, "Cosine");
    const { collections } = await client.getCollections();
    assert.ok(collections.some((c) => c.name === name), JSON.stringify(collections));
  });

  test("a collection is not made twice", async () => {
    const error = await failure(() => client.createCollection(name, { vectors: { size: dims, distance: "Cosine" } }));
    assert.equal(error.status, 409);
    assert.equal(error.data.status.error, `Wrong input: Collection \`${name}\` already exists!`);
  });

  test("indexes of fields are made and shown", async () => {
    for (const [field_name, field_schema] of [["color", "keyword"], ["n", "integer"], ["price", "float"]]) {
      const made = await client.createPayloadIndex(name, { field_name, field_schema, wait: true });
      assert.equal(made.status, "completed");
    }
    const { payload_schema } = await client.getCollection(name);
    assert.equal(payload_schema.color.data_type, "keyword");
    assert.equal(payload_schema.n.data_type, "integer");
  });

  test("points are stored, one by one and in columns", async () => {
    const half = items.slice(0, 60);
    const rest = items.slice(60);
    const points = half.map((i) => ({ id: i.n, vector: i.vector, payload: payload(i) }));
    const first = await client.upsert(name, { wait: true, points });
    assert.equal(first.status, "completed");
    const second = await client.upsert(name, {
      wait: true,
      batch: { ids: rest.map((i) => i.n), vectors: rest.map((i) => i.vector), payloads: rest.map(payload) },
    });
    assert.equal(second.status, "completed");
    assert.equal((await client.count(name, { exact: true })).count, items.length);
    assert.equal((await client.getCollection(name)).points_count, items.length);
  });

  test("a stored point comes back with its payload and the normalised vector", async () => {
    const p = await one(7);
    assert.equal(p.id, 7);
    assert.deepEqual(p.payload, payload(items[6]));
    close(p.vector, items[6].vector.map((x) => x / norm(items[6].vector)), "vector");
  });

  test("points come in the order of the ids asked for, without those that are missing", async () => {
    const got = await client.retrieve(name, { ids: [9, 5000, 3, 7] });
    assert.deepEqual(got.map((p) => p.id), [9, 3, 7]);
    assert.equal(got[0].payload.n, 9);
    assert.ok(!got[0].vector, "a vector that was not asked for");
  });

  test("a search gives the nearest points with their scores", async () => {
    for (let seed = 1; seed <= 5; seed++) await hits(vector(seed), { limit: 10 });
  });

  test("a search gives payload and vector when they are asked for", async () => {
    const [bare] = await search(vector(1), { limit: 1, with_payload: false });
    assert.ok(!bare.payload && !bare.vector, JSON.stringify(bare));
    const [full] = await search(vector(1), { limit: 1, with_payload: true, with_vector: true });
    assert.deepEqual(full.payload, payload(items[full.id - 1]));
    close(full.vector, items[full.id - 1].vector.map((x) => x / norm(items[full.id - 1].vector)), "vector");
    const [part] = await search(vector(1), { limit: 1, with_payload: ["color"] });
    assert.deepEqual(part.payload, { color: items[part.id - 1].color });
    const [without] = await search(vector(1), { limit: 1, with_payload: { exclude: ["text", "tags"] } });
    const { text, tags, ...rest } = payload(items[without.id - 1]);
    assert.deepEqual(without.payload, rest);
  });

  test("a search goes on where the last page ended", async () => {
    const all = await search(vector(2), { limit: 20 });
    const page = await search(vector(2), { limit: 10, offset: 10 });
    assert.deepEqual(page.map((p) => p.id), all.slice(10).map((p) => p.id));
  });

  test("a search leaves out scores below a threshold", async () => {
    const score_threshold = 0.3;
    const want = nearest(vector(3), items.length).filter((w) => w.score > score_threshold);
    assert.ok(want.length > 0 && want.length < items.length);
    await hits(vector(3), { limit: 200, score_threshold }, (i) => cosine(vector(3), i.vector) > score_threshold);
  });

  test("a limit may be larger than any collection", async () => {
    await hits(vector(4), { limit: 999999999 }, undefined, items.length);
    assert.equal((await stored({ limit: 999999999 })).length, items.length);
  });

  for (const [what, [filter, pass]] of Object.entries(filters)) {
    test(`a filter by ${what} holds in search, scroll and count`, async () => {
      await hits(vector(5), { limit: 20, filter }, pass);
      const want = items.filter(pass).map((i) => i.n);
      assert.deepEqual((await stored({ filter })).map((p) => p.id), want);
      assert.equal((await client.count(name, { filter, exact: true })).count, want.length);
    });
  }

  test("pages of a scroll hold every point once, in the order of ids", async () => {
    const seen = [];
    let offset;
    let pages = 0;
    do {
      const page = await client.scroll(name, { limit: 25, offset, filter: red });
      seen.push(...page.points.map((p) => p.id));
      offset = page.next_page_offset;
      pages++;
    } while (offset !== null && offset !== undefined);
    assert.deepEqual(seen, items.filter((i) => i.color === "red").map((i) => i.n));
    assert.equal(pages, 2);
  });

  test("a scroll is ordered by a field", async () => {
    const { points } = await client.scroll(name, { limit: 5, order_by: { key: "price", direction: "desc" } });
    assert.deepEqual(points.map((p) => p.id), [120, 119, 118, 117, 116]);
  });

  test("fields are set, and null takes one away", async () => {
    await client.setPayload(name, { payload: { color: "gold", price: null, extra: { a: [1] } }, points: [10] });
    const { price, ...rest } = payload(items[9]);
    assert.deepEqual((await one(10)).payload, { ...rest, color: "gold", extra: { a: [1] } });
  });

  test("fields are set for what a filter selects", async () => {
    await client.setPayload(name, { payload: { seen: true }, filter: { must: [{ key: "n", range: { gt: 118 } }] } });
    const { count } = await client.count(name, { filter: { must: [{ key: "seen", match: { value: true } }] } });
    assert.equal(count, 2);
  });

  test("payloads are replaced, fields deleted, and payloads cleared", async () => {
    await client.overwritePayload(name, { payload: { only: 1 }, points: [11] });
    assert.deepEqual((await one(11)).payload, { only: 1 });
    await client.deletePayload(name, { keys: ["color", "extra.a"], points: [10] });
    const left = (await one(10)).payload;
    assert.ok(!("color" in left), JSON.stringify(left));
    assert.deepEqual(left.extra, {});
    await client.clearPayload(name, { points: [11] });
    assert.deepEqual((await one(11)).payload, {});
  });

  test("a new vector moves a point and keeps its payload", async () => {
    const before = (await one(12)).payload;
    await client.updateVectors(name, { points: [{ id: 12, vector: vector(77) }] });
    const [first] = await search(vector(77), { limit: 1, with_payload: true });
    assert.equal(first.id, 12);
    close(first.score, 1, "score");
    assert.deepEqual(first.payload, before);
  });

  test("storing a point again replaces all of it", async () => {
    await client.upsert(name, { points: [{ id: 13, vector: vector(78), payload: { new: true } }] });
    assert.deepEqual((await one(13)).payload, { new: true });
    const [first] = await search(vector(78), { limit: 1 });
    assert.equal(first.id, 13);
    assert.equal((await client.count(name)).count, items.length);
  });

  test("several changes go in one request", async () => {
    const done = await client.batchUpdate(name, {
      operations: [
        { upsert: { points: [{ id: 500, vector: vector(500), payload: { a: 1 } }] } },
        { set_payload: { payload: { b: 2 }, points: [500] } },
        { delete_payload: { keys: ["a"], points: [500] } },
        { delete: { points: [13] } },
      ],
    });
    assert.deepEqual(done.map((d) => d.status), Array(4).fill("completed"));
    assert.deepEqual((await one(500)).payload, { b: 2 });
    assert.equal(await one(13), undefined);
    await client.delete(name, { points: [500] });
  });

  test("an id may be a UUID in any spelling", async () => {
    const id = uuid(1);
    await client.upsert(name, { points: [{ id: id.replaceAll("-", "").toUpperCase(), vector: vector(600) }] });
    const p = await one(id);
    assert.equal(p.id, id);
    assert.deepEqual(p.payload, {});
    const ids = (await stored()).map((q) => q.id);
    assert.equal(ids.at(-1), id, "UUIDs come after all integers");
    await client.delete(name, { points: [id] });
    assert.equal(await one(id), undefined);
  });

  test("a zero vector is stored, and is near nothing", async () => {
    await client.upsert(name, { points: [{ id: 700, vector: Array(dims).fill(0), payload: { zero: true } }] });
    const filter = { must: [{ key: "zero", match: { value: true } }] };
    assert.equal((await client.count(name, { filter })).count, 1);
    close((await one(700)).vector, Array(dims).fill(0), "vector");
    await client.delete(name, { wait: true, points: [700] });
  });

  test("what is wrong is refused, with the words that programs look for", async () => {
    const wrong = async (call, status, text) => {
      const error = await failure(call, text);
      assert.equal(error.status, status, `${text}: ${JSON.stringify(error.data)}`);
      assert.ok(error.data.status.error.includes(text), `${error.data.status.error}; want ${text}`);
    };
    const before = await client.count(name);
    await wrong(() => client.upsert(name, { points: [{ id: 801, vector: vector(1) }, { id: 800, vector: [1, 2, 3] }] }), 400,
      `Wrong input: Vector dimension error: expected dim: ${dims}, got 3`);
    await wrong(() => search([1, 2, 3], { limit: 1 }), 400, `Vector dimension error: expected dim: ${dims}, got 3`);
    await wrong(() => client.upsert(name, { points: [{ id: -1, vector: vector(1) }] }), 400, "is not a valid point ID");
    await wrong(() => client.upsert(name, { points: [{ id: 1, vector: { other: vector(1) } }] }), 400,
      "Not existing vector name error: other");
    await wrong(() => client.count(name, { filter: { must: [{ key: "a", range: { gt: "b" } }] } }), 400, "");
    await wrong(() => client.setPayload(name, { payload: { a: 1 }, points: [987654] }), 404, "No point with id 987654 found");
    await wrong(() => client.upsert("nowhere", { points: [{ id: 1, vector: vector(1) }] }), 404,
      "Not found: Collection `nowhere` doesn't exist!");
    await wrong(() => client.getCollection("nowhere"), 404, "Not found: Collection `nowhere` doesn't exist!");
    assert.deepEqual(await client.count(name), before, "something was stored");
  });

  test("an alias stands for a collection, and moves at once", async () => {
    const alias = `${name}-alias`;
    const other = `${name}-other`;
    await client.createCollection(other, { vectors: { size: dims, distance: "Dot" } });
    const to = (collection_name) => ({ create_alias: { collection_name, alias_name: alias } });
    assert.equal(await client.updateCollectionAliases({ actions: [to(name)] }), true);
    assert.deepEqual((await client.getCollectionAliases(name)).aliases, [{ alias_name: alias, collection_name: name }]);
    assert.equal((await client.count(alias)).count, (await client.count(name)).count);
    await client.updateCollectionAliases({ actions: [{ delete_alias: { alias_name: alias } }, to(other)] });
    assert.equal((await client.count(alias)).count, 0);
    const { aliases } = await client.getAliases();
    assert.deepEqual(aliases.filter((a) => a.alias_name === alias), [{ alias_name: alias, collection_name: other }]);
    await client.updateCollectionAliases({ actions: [{ delete_alias: { alias_name: alias } }] });
    assert.equal((await failure(() => client.count(alias))).status, 404);
    await client.deleteCollection(other);
  });

  test("distances and dot products are as Qdrant has them", async () => {
    const distance = (a, b) => Math.sqrt(a.reduce((s, x, i) => s + (x - b[i]) ** 2, 0));
    const product = (a, b) => a.reduce((s, x, i) => s + x * b[i], 0);
    for (const [kind, score, sign] of [["Euclid", distance, 1], ["Dot", product, -1]]) {
      const c = `${name}-${kind}`;
      await client.createCollection(c, { vectors: { size: dims, distance: kind } });
      await client.upsert(c, { points: items.map((i) => ({ id: i.n, vector: i.vector })) });
      const want = items
        .map((i) => [i.n, score(vector(6), i.vector)])
        .sort((a, b) => sign * (a[1] - b[1]))
        .slice(0, 8);
      const got = await search(vector(6), { limit: 8 }, c);
      assert.deepEqual(got.map((p) => p.id), want.map((w) => w[0]), kind);
      close(got.map((p) => p.score), want.map((w) => w[1]), `score by ${kind}`);
      const [kept] = await client.retrieve(c, { ids: [1], with_vector: true });
      close(kept.vector, items[0].vector, "a vector that is not normalised");
      await client.deleteCollection(c);
    }
  });

  test("points are deleted by id and by filter", async () => {
    await client.delete(name, { wait: true, points: [1, 2, 123456] });
    const gone = new Set([1, 2, 13]);
    assert.deepEqual((await stored()).map((p) => p.id), items.map((i) => i.n).filter((n) => !gone.has(n)));
    await client.delete(name, { wait: true, filter: { must: [{ key: "color", match: { value: "blue" } }] } });
    const left = sorted((await stored()).map((p) => p.payload.color).filter(Boolean));
    assert.deepEqual([...new Set(left)], ["green", "red"]);
    await client.delete(name, { wait: true, filter: {} });
    assert.equal((await client.count(name)).count, 0);
  });

  test("a collection is dropped, and dropping it again says that there was none", async () => {
    assert.equal(await client.deleteCollection(name), true);
    assert.equal((await client.collectionExists(name)).exists, false);
    assert.equal((await failure(() => client.getCollection(name))).status, 404);
    assert.equal(await client.deleteCollection(name), false);
  });
}
