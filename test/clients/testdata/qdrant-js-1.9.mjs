// @qdrant/js-client-rest 1.9: it has search and recommend, which later ones have not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantClient } from "qdrant-1.9";
import { payload, qdrantLife } from "./qdrant-life.mjs";
import { close, dims, items, nearest, qdrantURL, vector } from "./lib.mjs";

const client = new QdrantClient({ url: qdrantURL() });
const name = "qdrant-js-1.9";

qdrantLife({
  client,
  name,
  search: (query, args, collection = name) => client.search(collection, { vector: query, ...args }),
});

test("search, search in batches and in groups, and recommend work as they did", async () => {
  const c = "qdrant-js-1.9-named";
  await client.createCollection(c, { vectors: { text: { size: dims, distance: "Cosine" } } });
  await client.upsert(c, { points: items.map((i) => ({ id: i.n, vector: { text: i.vector }, payload: payload(i) })) });
  const ids = (points) => points.map((p) => p.id);
  const best = (...args) => nearest(...args).map((w) => w.item.n);
  const named = { name: "text", vector: vector(1) };

  const got = await client.search(c, { vector: named, limit: 4, filter: null, score_threshold: 0 });
  assert.deepEqual(ids(got), best(vector(1), 4));
  close(got[0].score, nearest(vector(1), 1)[0].score, "score");
  assert.equal(got[0].payload.n, got[0].id);

  const batch = await client.searchBatch(c, { searches: [{ vector: named, limit: 2 }, { vector: { name: "text", vector: vector(2) }, limit: 3 }] });
  assert.deepEqual(batch.map(ids), [best(vector(1), 2), best(vector(2), 3)]);

  const { groups } = await client.searchPointGroups(c, { vector: named, group_by: "color", group_size: 1, limit: 2 });
  assert.equal(groups.length, 2);
  assert.equal(groups[0].hits[0].id, best(vector(1), 1)[0]);

  const alike = await client.recommend(c, { positive: [5], limit: 3, using: "text" });
  assert.deepEqual(ids(alike), best(items[4].vector, 3, (i) => i.n !== 5));
  await client.deleteCollection(c);
});

test("a program that asks for the state of the cluster first is answered", async () => {
  const { ok, data } = await client.api("cluster").clusterStatus();
  assert.equal(ok, true);
  assert.equal(data.result.status, "disabled");
});
