// Clients give their key in the way that each of them has, and a key does what it may.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QdrantClient } from "@qdrant/js-client-rest";
import { ChromaClient } from "chromadb";
import { ChromaClient as ChromaClient1 } from "chromadb-1.10";
import { words } from "./chroma-life.mjs";
import { chromaURL, failure, qdrantURL } from "./lib.mjs";

console.warn = () => {}; // a key over http is said to be unsafe
const { KEY, READ_KEY } = process.env;
const { hostname: host, port } = new URL(chromaURL());
const qdrant = (apiKey) => new QdrantClient({ url: qdrantURL(), apiKey, checkCompatibility: false });
const chroma = (headers) => new ChromaClient({ host, port: Number(port), headers });

test("Qdrant's client writes with a key", async () => {
  await qdrant(KEY).createCollection("locked", { vectors: { size: 2, distance: "Dot" } });
  await qdrant(KEY).upsert("locked", { points: [{ id: 1, vector: [1, 2] }] });
  assert.equal((await qdrant(KEY).count("locked")).count, 1);
});

test("Qdrant's client is refused without a key, and with a wrong one", async () => {
  for (const key of [undefined, "", "memista_wrong"]) {
    assert.equal((await failure(() => qdrant(key).count("locked"))).status, 401, `key ${key}`);
  }
  assert.match((await qdrant(undefined).versionInfo()).title, /qdrant/);
});

test("a key that may read does not write", async () => {
  assert.equal((await qdrant(READ_KEY).count("locked")).count, 1);
  const error = await failure(() => qdrant(READ_KEY).upsert("locked", { points: [{ id: 2, vector: [1, 2] }] }));
  assert.equal(error.status, 403);
  assert.ok(error.data.status.error.length > 0);
  assert.equal((await failure(() => qdrant(READ_KEY).createCollection("other", { vectors: { size: 2, distance: "Dot" } }))).status, 403);
  assert.equal((await qdrant(KEY).count("locked")).count, 1);
});

test("Chroma's clients give a key in both of their headers", async () => {
  for (const headers of [{ "x-chroma-token": KEY }, { Authorization: `Bearer ${KEY}` }]) {
    const c = await chroma(headers).getCollection({ name: "locked", embeddingFunction: words });
    assert.equal(await c.count(), 1);
  }
  for (const tokenHeaderType of ["X_CHROMA_TOKEN", "AUTHORIZATION"]) {
    const old = new ChromaClient1({ path: chromaURL(), auth: { provider: "token", credentials: KEY, tokenHeaderType } });
    assert.deepEqual(await old.listCollections(), ["locked"]);
  }
});

test("Chroma's client is refused without a key, and may only read with one that reads", async () => {
  await failure(() => chroma({}).listCollections());
  const reader = chroma({ "x-chroma-token": READ_KEY });
  const c = await reader.getCollection({ name: "locked", embeddingFunction: words });
  await failure(() => c.add({ ids: ["x"], embeddings: [[1, 2]] }));
  await failure(() => reader.createCollection({ name: "other", embeddingFunction: null }));
  assert.equal(await c.count(), 1);
});
