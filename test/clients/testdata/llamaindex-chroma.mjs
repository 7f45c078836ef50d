// @llamaindex/chroma, which brings chromadb 1.10.3.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { MetadataMode, TextNode } from "@llamaindex/core/schema";
import { FilterCondition, FilterOperator, VectorStoreQueryMode } from "@llamaindex/core/vector-store";
import { ChromaVectorStore } from "@llamaindex/chroma";
import { alike, chromaURL, close, embed, failure, sorted, squared, texts, uuid } from "./lib.mjs";

class Words extends BaseEmbedding {
  getTextEmbedding = async (text) => embed(text);
}

const store = new ChromaVectorStore({
  collectionName: "llamaindex-chroma",
  chromaClientParams: { path: chromaURL() },
  embeddingModel: new Words(),
});
const node = (t) => new TextNode({ id_: uuid(t.n), text: t.text, metadata: { kind: t.kind, n: t.n }, embedding: embed(t.text) });

const ask = (text, similarityTopK, filters) =>
  store.query({ queryEmbedding: embed(text), similarityTopK, mode: VectorStoreQueryMode.DEFAULT, filters });

// found compares hits with what they must be: its collections are of the space l2.
const found = async (text, k, filters, pass) => {
  const got = await ask(text, k, filters);
  const want = alike(text, k, pass);
  assert.deepEqual(got.ids, want.map((w) => uuid(w.item.n)));
  assert.deepEqual(got.nodes.map((n) => n.getContent(MetadataMode.NONE)), want.map((w) => w.item.text));
  close(got.similarities, want.map((w) => 1 - squared(embed(text), w.item.vector)), "similarity");
  return got;
};

test("nodes make a collection and fill it", async () => {
  assert.deepEqual(await store.add(texts.map(node)), texts.map((t) => uuid(t.n)));
  assert.equal(await (await store.getCollection()).count(), texts.length);
});

test("a query finds the nodes that are most alike", async () => {
  const { nodes } = await found("hot green tea", 4);
  assert.deepEqual([nodes[0].metadata.kind, nodes[0].metadata.n], ["drink", 1]);
});

const filters = [
  [{ key: "kind", value: "animal", operator: FilterOperator.EQ }, (t) => t.kind === "animal"],
  [{ key: "n", value: 5, operator: FilterOperator.GT }, (t) => t.n > 5],
  [{ key: "n", value: 5, operator: FilterOperator.LTE }, (t) => t.n <= 5],
  [{ key: "kind", value: "animal", operator: FilterOperator.NE }, (t) => t.kind !== "animal"],
  [{ key: "kind", value: ["animal", "drink"], operator: FilterOperator.IN }, (t) => t.kind !== "machine"],
  [{ key: "kind", value: ["animal", "drink"], operator: FilterOperator.NIN }, (t) => t.kind === "machine"],
];

for (const [filter, pass] of filters) {
  test(`a query with the filter ${filter.key} ${filter.operator} finds only what it selects`, () =>
    found("cats and water", 10, { filters: [filter] }, pass));
}

test("filters are joined by and and by or", async () => {
  const [[animal], [late]] = filters;
  await found("cats", 10, { filters: [animal, late], condition: FilterCondition.OR }, (t) => t.kind === "animal" || t.n > 5);
  await found("cats", 10, { filters: [animal, late], condition: FilterCondition.AND }, (t) => t.kind === "animal" && t.n > 5);
});

test("a node is deleted", async () => {
  await store.delete(uuid(1));
  const { nodes } = await ask("tea", 10);
  assert.deepEqual(sorted(nodes.map((n) => n.metadata.n)), [2, 3, 4, 5, 6, 7, 8]);
});

test("a vector of another length is refused", async () => {
  await failure(() => store.add([new TextNode({ id_: uuid(50), text: "short", embedding: [1, 2, 3] })]));
  assert.equal(await (await store.getCollection()).count(), texts.length - 1);
});

test("the collection is dropped", async () => {
  await store.client().deleteCollection({ name: "llamaindex-chroma" });
  assert.ok(!(await store.client().listCollections()).includes("llamaindex-chroma"));
});
