// @langchain/qdrant.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { QdrantVectorStore } from "@langchain/qdrant";
import { alike, close, embed, failure, qdrantURL, sorted, texts, uuid } from "./lib.mjs";

class Words extends FakeEmbeddings {
  embedQuery = async (text) => embed(text);
  embedDocuments = async (list) => list.map(embed);
}

const config = { url: qdrantURL(), collectionName: "langchain-qdrant" };
const kind = (value) => ({ must: [{ key: "metadata.kind", match: { value } }] });
let store;

const found = async (query, k, filter, pass) => {
  const got = await store.similaritySearchWithScore(query, k, filter);
  const want = alike(query, k, pass);
  assert.deepEqual(got.map(([d]) => d.pageContent), want.map((w) => w.item.text));
  close(got.map(([, score]) => score), want.map((w) => w.score), "score");
  return got;
};

test("documents make a collection and fill it", async () => {
  const some = texts.slice(0, 6);
  store = await QdrantVectorStore.fromTexts(some.map((t) => t.text), some.map(({ kind, n }) => ({ kind, n })), new Words({}), config);
  await store.addDocuments(
    texts.slice(6).map(({ text, kind, n }) => ({ pageContent: text, metadata: { kind, n } })),
    { ids: [uuid(7), uuid(8)] },
  );
  assert.equal((await store.client.count("langchain-qdrant")).count, texts.length);
  const { config: made } = await store.client.getCollection("langchain-qdrant");
  assert.deepEqual([made.params.vectors.size, made.params.vectors.distance], [32, "Cosine"]);
});

test("a search finds the texts that are most alike", async () => {
  const [[first]] = await found("hot green tea", 4);
  assert.deepEqual(first.metadata, { kind: "drink", n: 1 });
  await found("cats at night", 3);
});

test("a search with a filter finds only what it selects", async () => {
  await found("run on water", 5, kind("machine"), (t) => t.kind === "machine");
  await found("run on water", 5, { must_not: [{ key: "metadata.n", range: { gt: 4 } }] }, (t) => t.n <= 4);
});

test("a retriever and a search for different texts work", async () => {
  const docs = await store.asRetriever({ k: 2, filter: kind("animal") }).invoke("cats");
  assert.deepEqual(docs.map((d) => d.pageContent), alike("cats", 2, (t) => t.kind === "animal").map((w) => w.item.text));
  const varied = await store.maxMarginalRelevanceSearch("tea with water", { k: 3, fetchK: 8 });
  assert.equal(varied.length, 3);
  assert.equal(varied[0].pageContent, alike("tea with water", 1)[0].item.text);
});

test("a store opens a collection that is there", async () => {
  const again = await QdrantVectorStore.fromExistingCollection(new Words({}), config);
  const [doc] = await again.similaritySearch("trains on rails", 1);
  assert.equal(doc.id, uuid(7));
});

test("a document stored under the same id replaces the old one", async () => {
  await store.addDocuments([{ id: uuid(8), pageContent: "sailing boats need wind", metadata: { kind: "machine", n: 80 } }]);
  const [[doc, score]] = await store.similaritySearchWithScore("sailing boats need wind", 1);
  assert.equal(doc.metadata.n, 80);
  close(score, 1, "score");
  assert.equal((await store.client.count("langchain-qdrant")).count, texts.length);
});

test("documents are deleted by ids and by a filter", async () => {
  await store.delete({ ids: [uuid(7), uuid(8)] });
  assert.deepEqual(await store.similaritySearch("trains", 5, kind("machine")), []);
  await store.delete({ filter: kind("drink") });
  const left = await store.similaritySearch("anything", 10);
  assert.deepEqual(sorted(left.map((d) => d.metadata.n)), [4, 5, 6]);
});

test("a vector of another length is refused with Qdrant's words", async () => {
  const error = await failure(() => store.addVectors([[1, 2, 3]], [{ pageContent: "short", metadata: {} }]));
  assert.match(error.message, /^400 .*Vector dimension error: expected dim: 32, got 3/);
  assert.equal((await store.client.count("langchain-qdrant")).count, 3);
});

test("the collection is dropped", async () => {
  assert.equal(await store.client.deleteCollection("langchain-qdrant"), true);
});
