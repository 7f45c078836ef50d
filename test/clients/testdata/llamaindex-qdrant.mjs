// @llamaindex/qdrant. Of more nodes than its batchSize, 100, it leaves out one after each
// batch before it sends anything, so the tests store few.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { MetadataMode, NodeRelationship, TextNode } from "@llamaindex/core/schema";
import { FilterCondition, FilterOperator, VectorStoreQueryMode } from "@llamaindex/core/vector-store";
import { QdrantVectorStore } from "@llamaindex/qdrant";
import { alike, close, embed, failure, qdrantURL, sorted, texts, uuid } from "./lib.mjs";

class Words extends BaseEmbedding {
  getTextEmbedding = async (text) => embed(text);
}

const collectionName = "llamaindex-qdrant";
const store = new QdrantVectorStore({ url: qdrantURL(), collectionName, embeddingModel: new Words() });
const node = (t) =>
  new TextNode({
    id_: uuid(t.n),
    text: t.text,
    metadata: { kind: t.kind, n: t.n },
    embedding: embed(t.text),
    relationships: { [NodeRelationship.SOURCE]: { nodeId: `doc-${t.kind}`, metadata: {} } },
  });

const found = async (text, similarityTopK, query, pass) => {
  const got = await store.query({ queryEmbedding: embed(text), similarityTopK, mode: VectorStoreQueryMode.DEFAULT, ...query });
  const want = alike(text, similarityTopK, pass);
  assert.deepEqual(got.nodes.map((n) => n.getContent(MetadataMode.NONE)), want.map((w) => w.item.text));
  assert.deepEqual(got.ids, want.map((w) => uuid(w.item.n)));
  close(got.similarities, want.map((w) => w.score), "similarity");
  return got;
};

test("nodes make a collection and fill it", async () => {
  assert.deepEqual(await store.add(texts.map(node)), texts.map((t) => uuid(t.n)));
  assert.equal((await store.client().count(collectionName)).count, texts.length);
});

test("a query finds the nodes that are most alike", async () => {
  const got = await found("hot green tea", 4);
  assert.deepEqual(got.nodes[0].metadata, { kind: "drink", n: 1 });
});

const filters = [
  [{ key: "kind", value: "animal", operator: FilterOperator.EQ }, (t) => t.kind === "animal"],
  [{ key: "n", value: 3, operator: FilterOperator.EQ }, (t) => t.n === 3],
  [{ key: "n", value: 5, operator: FilterOperator.GT }, (t) => t.n > 5],
  [{ key: "n", value: 5, operator: FilterOperator.LTE }, (t) => t.n <= 5],
  [{ key: "kind", value: "animal", operator: FilterOperator.NE }, (t) => t.kind !== "animal"],
  [{ key: "kind", value: ["animal", "drink"], operator: FilterOperator.IN }, (t) => t.kind !== "machine"],
  [{ key: "kind", value: ["animal", "drink"], operator: FilterOperator.NIN }, (t) => t.kind === "machine"],
  [{ key: "color", operator: FilterOperator.IS_EMPTY }, () => true],
];

for (const [filter, pass] of filters) {
  test(`a query with the filter ${filter.key} ${filter.operator} finds only what it selects`, () =>
    found("cats and water", 10, { filters: { filters: [filter] } }, pass));
}

test("filters are joined, and documents are chosen", async () => {
  const [[animal], , [late]] = filters;
  await found("cats", 10, { filters: { filters: [animal, late], condition: FilterCondition.OR } }, (t) => t.kind === "animal" || t.n > 5);
  await found("cats", 10, { filters: { filters: [animal, late], condition: FilterCondition.AND } }, (t) => t.kind === "animal" && t.n > 5);
  await found("cats", 10, { docIds: ["doc-drink"] }, (t) => t.kind === "drink");
});

test("a node stored again replaces the old one", async () => {
  await store.add([node({ ...texts[0], text: "white tea is rare" })]);
  const { nodes } = await store.query({ queryEmbedding: embed("white tea is rare"), similarityTopK: 1, mode: VectorStoreQueryMode.DEFAULT });
  assert.equal(nodes[0].getContent(MetadataMode.NONE), "white tea is rare");
  assert.equal((await store.client().count(collectionName)).count, texts.length);
});

test("the nodes of a document are deleted", async () => {
  await store.delete("doc-drink");
  const { nodes } = await store.query({ queryEmbedding: embed("tea"), similarityTopK: 10, mode: VectorStoreQueryMode.DEFAULT });
  assert.deepEqual(sorted(nodes.map((n) => n.metadata.n)), [4, 5, 6, 7, 8]);
});

test("a vector of another length is refused", async () => {
  const error = await failure(() => store.add([new TextNode({ id_: uuid(50), text: "short", embedding: [1, 2, 3] })]));
  assert.equal(error.status, 400);
  assert.equal((await store.client().count(collectionName)).count, 5);
});

test("the collection is dropped", async () => {
  assert.equal(await store.client().deleteCollection(collectionName), true);
});
