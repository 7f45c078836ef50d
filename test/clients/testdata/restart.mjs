// What across.mjs left is there after the server was stopped and started.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantClient } from "@qdrant/js-client-rest";
import { ChromaClient } from "chromadb";
import { words } from "./chroma-life.mjs";
import { chromaURL, dims, qdrantURL, vector } from "./lib.mjs";

const qdrant = new QdrantClient({ url: qdrantURL() });
const { hostname: host, port } = new URL(chromaURL());
const chroma = new ChromaClient({ host, port: Number(port) });

test("collections, their records and what they were made with are there", async () => {
  const { collections } = await qdrant.getCollections();
  const names = ["letters", "own", "shared", "brief", "qdrant-js", "chroma-js-3"]; // the last three were dropped
  assert.deepEqual(names.filter((n) => collections.some((c) => c.name === n)), names.slice(0, 3));
  const info = await qdrant.getCollection("shared");
  assert.deepEqual([info.points_count, info.config.params.vectors.size], [40, dims]);
  const [first] = (await qdrant.query("shared", { query: vector(301), limit: 1, with_payload: true })).points;
  assert.deepEqual([first.id, first.payload.color], [9, "iron"]);
  const c = await chroma.getCollection({ name: "letters", embeddingFunction: words });
  assert.equal(await c.count(), 39);
  assert.deepEqual(c.metadata, { topic: "letters" });
  assert.equal(c.configuration.hnsw.space, "cosine");
});

test("aliases, tenants and databases are there", async () => {
  assert.equal((await qdrant.count("current")).count, 39);
  const mine = new ChromaClient({ host, port: Number(port), tenant: "tenant-of-chroma-js-3", database: "db-of-mine" });
  assert.equal(await mine.countCollections(), 0);
});
