// mem0's store for Qdrant, alone and under its Memory.
//
// The store calls search, which @qdrant/js-client-rest 1.19 has no longer; it is given 1.18.
process.env.MEM0_TELEMETRY = "false";
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantClient } from "qdrant-1.18";
import { alike, close, embed, qdrantURL, sorted, texts, uuid } from "./lib.mjs";

const { Memory, Qdrant } = await import("mem0ai/oss");

const complaints = [];
console.error = (...words) => complaints.push(words);
console.warn = (...words) => complaints.push(words);
console.debug = (...words) => complaints.push(words);
const quiet = () => assert.deepEqual(complaints, []);

const client = new QdrantClient({ url: qdrantURL() });
const store = new Qdrant({ client, collectionName: "mem0", dimension: 32 });
const data = texts.map((t) => ({ data: t.text, user_id: t.n % 2 ? "ann" : "bob", kind: t.kind, n: t.n }));
const ann = (t) => t.n % 2 === 1;

test("the store makes its collections and their indexes", async () => {
  await store.initialize();
  const { config, payload_schema } = await client.getCollection("mem0");
  assert.equal(config.params.vectors.size, 32);
  assert.ok(config.params.sparse_vectors.bm25);
  assert.deepEqual(Object.keys(payload_schema).sort(), ["actor_id", "agent_id", "run_id", "user_id"]);
  quiet();
});

test("a second store finds them", async () => {
  await new Qdrant({ client, collectionName: "mem0", dimension: 32 }).initialize();
  quiet();
});

test("a user's id is kept beside a zero vector", async () => {
  const id = await store.getUserId();
  assert.equal(await store.getUserId(), id);
  await store.setUserId("me");
  assert.equal(await store.getUserId(), "me");
  quiet();
});

test("memories are stored and found by meaning", async () => {
  await store.insert(texts.map((t) => embed(t.text)), texts.map((t) => uuid(t.n)), data);
  quiet();
  const got = await store.search(embed("cats at night"), 3);
  const want = alike("cats at night", 3);
  assert.deepEqual(got.map((r) => r.payload.data), want.map((w) => w.item.text));
  close(got.map((r) => r.score), want.map((w) => w.score), "score");
});

test("memories are found by words", async () => {
  const got = await store.keywordSearch("boiling", 5);
  assert.deepEqual(got.map((r) => r.payload.n), [2]);
  assert.ok(got[0].score > 0);
  const water = await store.keywordSearch("water", 5, { kind: "drink" });
  assert.deepEqual(sorted(water.map((r) => r.payload.n)), [1, 2]);
  quiet();
});

test("filters hold in searches and lists", async () => {
  const got = await store.search(embed("cats at night"), 10, { user_id: "ann", n: { gte: 3 } });
  const want = alike("cats at night", 10, (t) => ann(t) && t.n >= 3);
  assert.deepEqual(got.map((r) => r.payload.n), want.map((w) => w.item.n));
  for (const [filter, pass] of [
    [undefined, () => true],
    [{ user_id: "bob" }, (t) => !ann(t)],
    [{ AND: [{ user_id: "bob" }, { kind: "drink" }] }, (t) => !ann(t) && t.kind === "drink"],
    [{ OR: [{ kind: "drink" }, { n: 8 }] }, (t) => t.kind === "drink" || t.n === 8],
    [{ NOT: [{ kind: "drink" }] }, (t) => t.kind !== "drink"],
    [{ kind: { ne: "drink" } }, (t) => t.kind !== "drink"],
    [{ kind: { in: ["drink", "animal"] } }, (t) => t.kind !== "machine"],
    [{ data: { contains: "water" } }, (t) => t.text.includes("water")],
    [{ kind: "*" }, () => true],
  ]) {
    const [list] = await store.list(filter);
    assert.deepEqual(sorted(list.map((r) => r.payload.n)), texts.filter(pass).map((t) => t.n), JSON.stringify(filter));
  }
});

test("a memory is read, changed and deleted", async () => {
  assert.deepEqual((await store.get(uuid(4))).payload, data[3]);
  assert.equal(await store.get(uuid(99)), null);
  await store.update(uuid(4), embed("parrots can speak"), { ...data[3], data: "parrots can speak" });
  assert.equal((await store.search(embed("parrots can speak"), 1))[0].id, uuid(4));
  assert.deepEqual((await store.keywordSearch("parrots", 3)).map((r) => r.id), [uuid(4)]);
  assert.deepEqual((await store.keywordSearch("sleep", 3)).map((r) => r.id), []);
  await store.delete(uuid(4));
  assert.equal(await store.get(uuid(4)), null);
  assert.equal((await store.list())[1], texts.length - 1);
});

test("collections are dropped", async () => {
  await store.deleteCol();
  assert.equal((await client.collectionExists("mem0")).exists, false);
});

test("a Memory adds, searches, changes and forgets without a language model", async () => {
  const words = { embedQuery: async (text) => embed(text), embedDocuments: async (list) => list.map(embed) };
  const memory = new Memory({
    disableHistory: true,
    embedder: { provider: "langchain", config: { model: words } },
    llm: { provider: "langchain", config: { model: { invoke: () => assert.fail("a language model was asked") } } },
    vectorStore: { provider: "qdrant", config: { client, collectionName: "mem0-memory", dimension: 32 } },
  });
  const ids = [];
  for (const t of texts) {
    const { results } = await memory.add([{ role: "user", content: t.text }], { userId: "ann", metadata: { kind: t.kind }, infer: false });
    ids.push(results[0].id);
  }
  const filters = { user_id: "ann" };
  const { results } = await memory.search("cats hunt mice", { topK: 3, filters });
  assert.equal(results[0].memory, texts[5].text);
  assert.equal((await memory.search("cats", { topK: 3, filters: { user_id: "bob" } })).results.length, 0);
  assert.equal((await memory.getAll({ filters })).results.length, texts.length);
  await memory.update(ids[0], { text: "white tea is rare" });
  assert.equal((await memory.get(ids[0])).memory, "white tea is rare");
  await memory.delete(ids[1]);
  assert.equal(await memory.get(ids[1]), null);
  await memory.deleteAll({ userId: "ann" });
  assert.equal((await memory.getAll({ filters })).results.length, 0);
  for (const name of ["mem0-memory", "mem0-memory_entities", "memory_migrations"]) assert.ok(await client.deleteCollection(name), name);
});
