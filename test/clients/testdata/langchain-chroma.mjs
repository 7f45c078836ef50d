// The Chroma store of @langchain/community.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Chroma } from "@langchain/community/vectorstores/chroma";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { alike, chromaURL, close, embed, failure, sorted, texts } from "./lib.mjs";

class Words extends FakeEmbeddings {
  embedQuery = async (text) => embed(text);
  embedDocuments = async (list) => list.map(embed);
}

const config = { url: chromaURL(), collectionName: "langchain-chroma", collectionMetadata: { "hnsw:space": "cosine" } };
const store = new Chroma(new Words({}), config);
const document = (t) => ({ pageContent: t.text, metadata: { kind: t.kind, n: t.n } });

const found = async (query, k, filter, pass) => {
  const got = await store.similaritySearchWithScore(query, k, filter);
  const want = alike(query, k, pass);
  assert.deepEqual(got.map(([d]) => d.pageContent), want.map((w) => w.item.text));
  close(got.map(([, distance]) => distance), want.map((w) => 1 - w.score), "distance");
  return got;
};

test("documents make a collection and fill it", async () => {
  const ids = texts.map((t) => `t${t.n}`);
  assert.deepEqual(await store.addDocuments(texts.map(document), { ids }), ids);
  assert.equal(await store.collection.count(), texts.length);
});

test("a search finds the texts that are most alike", async () => {
  const [[first]] = await found("hot green tea", 4);
  assert.deepEqual(first.metadata, { kind: "drink", n: 1 });
  assert.equal(first.id, "t1");
});

test("a search with a filter finds only what it selects", async () => {
  await found("run on water", 5, { kind: "machine" }, (t) => t.kind === "machine");
  await found("run on water", 5, { n: { $lte: 4 } }, (t) => t.n <= 4);
  await found("cats", 5, { $and: [{ kind: { $ne: "drink" } }, { n: { $gt: 5 } }] }, (t) => t.kind !== "drink" && t.n > 5);
});

test("a retriever and a store over what is there work", async () => {
  const again = await Chroma.fromExistingCollection(new Words({}), config);
  const docs = await again.asRetriever({ k: 2, filter: { kind: "animal" } }).invoke("cats");
  assert.deepEqual(docs.map((d) => d.pageContent), alike("cats", 2, (t) => t.kind === "animal").map((w) => w.item.text));
});

test("lines of a source come back as they were", async () => {
  await store.addDocuments([{ pageContent: "lines of a page", metadata: { kind: "page", loc: { lines: { from: 3, to: 9 } } } }], { ids: ["page"] });
  const [doc] = await store.similaritySearch("lines of a page", 1);
  assert.deepEqual(doc.metadata, { kind: "page", loc: { lines: { from: 3, to: 9 } } });
});

test("a document stored under the same id replaces the old one", async () => {
  await store.addDocuments([{ pageContent: "sailing boats need wind", metadata: { kind: "machine", n: 80 } }], { ids: ["t8"] });
  const [[doc, distance]] = await store.similaritySearchWithScore("sailing boats need wind", 1);
  assert.equal(doc.metadata.n, 80);
  close(distance, 0, "distance");
  assert.equal(await store.collection.count(), texts.length + 1);
});

test("documents are deleted by ids and by a filter", async () => {
  await store.delete({ ids: ["t7", "t8", "page"] });
  await store.delete({ filter: { kind: "drink" } });
  const left = await store.similaritySearch("anything", 10);
  assert.deepEqual(sorted(left.map((d) => d.metadata.n)), [4, 5, 6]);
});

test("a vector of another length is refused with the words that programs look for", async () => {
  const error = await failure(() => store.collection.add({ ids: ["x"], embeddings: [[1, 2, 3]] }));
  assert.match(error.message, /embedding with dimension of 32, got 3/);
  assert.equal(await store.collection.count(), 3);
});

test("the collection is dropped", async () => {
  await store.index.deleteCollection({ name: "langchain-chroma" });
  assert.ok(!(await store.index.listCollections()).some((c) => c.name === "langchain-chroma"));
});
