// The life of a collection in the hands of Chroma's own client: what all its versions do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, close, cosine, dims, dot, embed, failure, items, nearest, sorted, squared, texts, vector } from "./lib.mjs";

const id = (i) => `item-${i.n}`;
const metadata = ({ n, color, price, even, size }) => ({ n, color, price, even, ...(size === undefined ? {} : { size }) });
const columns = (list) => ({
  ids: list.map(id),
  embeddings: list.map((i) => i.vector),
  metadatas: list.map(metadata),
  documents: list.map((i) => i.text),
});

// wheres are conditions on metadata, and what they select.
const wheres = {
  "a value": [{ color: "red" }, (i) => i.color === "red"],
  "a number": [{ price: 3 }, (i) => i.price === 3],
  "a boolean": [{ even: true }, (i) => i.even],
  $eq: [{ n: { $eq: 5 } }, (i) => i.n === 5],
  $ne: [{ size: { $ne: 3 } }, (i) => i.size !== 3],
  $gt: [{ price: { $gt: 100 } }, (i) => i.price > 100],
  $lte: [{ price: { $lte: 12 } }, (i) => i.price <= 12],
  $in: [{ color: { $in: ["red", "blue"] } }, (i) => i.color !== "green"],
  $nin: [{ size: { $nin: [1, 2] } }, (i) => i.size !== 1 && i.size !== 2],
  $and: [{ $and: [{ color: "red" }, { price: { $lt: 60 } }] }, (i) => i.color === "red" && i.price < 60],
  $or: [{ $or: [{ n: 3 }, { $and: [{ color: "blue" }, { n: { $gt: 110 } }] }] }, (i) => i.n === 3 || (i.color === "blue" && i.n > 110)],
};

// documents are conditions on documents, and what they select.
const documents = {
  $contains: [{ $contains: "number 5" }, (i) => i.text.includes("number 5")],
  $not_contains: [{ $not_contains: "red" }, (i) => !i.text.includes("red")],
  $and: [{ $and: [{ $contains: "blue" }, { $contains: "number 1" }] }, (i) => i.text.includes("blue") && i.text.includes("number 1")],
  $or: [{ $or: [{ $contains: "item 9 " }, { $contains: "item 11 " }] }, (i) => i.n === 9 || i.n === 11],
};

// words embeds documents on the client's side, as an embedding function does.
export const words = { generate: async (list) => list.map(embed) };

// chromaLife adds the tests. make and find make and get a collection in the version's own
// way, and names returns the names of all collections.
export function chromaLife({ client, admin, anew, name, make, find, names, unique }) {
  let c;

  const found = async (args, pass, k = args.nResults ?? 10) => {
    const got = await c.query({ queryEmbeddings: [vector(5)], ...args });
    const want = nearest(vector(5), k, pass);
    assert.deepEqual(got.ids[0], want.map((w) => id(w.item)));
    close(got.distances[0], want.map((w) => 1 - w.score), "distance");
    return got;
  };

  test("the server is there", async () => {
    assert.ok((await client.heartbeat()) > 1e18);
    assert.match(await client.version(), /^\d+\.\d+\.\d+$/);
  });

  test("a collection is made and found", async () => {
    c = await make({ name, space: "cosine", metadata: { topic: "life" } });
    assert.equal(c.name, name);
    assert.equal(c.metadata.topic, "life");
    assert.match(c.id, /^[0-9a-f-]{36}$/);
    assert.equal((await find(name)).id, c.id);
    assert.ok((await names()).includes(name));
    assert.ok((await client.countCollections()) >= 1);
    assert.equal(await c.count(), 0);
  });

  test("a collection is not made twice, but got when that is asked for", async () => {
    const error = await failure(() => make({ name, space: "l2" }));
    assert.match(String(error), unique);
    const again = await client.getOrCreateCollection({ name, embeddingFunction: words, metadata: { topic: "other" } });
    assert.equal(again.id, c.id);
    assert.equal(again.metadata.topic, "life", "metadata of what was there");
  });

  test("an empty collection is searched", async () => {
    const got = await c.query({ queryEmbeddings: [vector(1), vector(2)], nResults: 5 });
    assert.deepEqual(got.ids, [[], []]);
  });

  test("records are added", async () => {
    await c.add(columns(items.slice(0, 80)));
    await c.upsert(columns(items.slice(80)));
    assert.equal(await c.count(), items.length);
  });

  test("adding an id again keeps what was there", async () => {
    await c.add({ ids: [id(items[0])], embeddings: [vector(1)], documents: ["other"], metadatas: [{ other: true }] });
    const got = await c.get({ ids: [id(items[0])] });
    assert.deepEqual(got.documents, [items[0].text]);
    assert.equal(await c.count(), items.length);
  });

  test("records come back as they were given", async () => {
    const got = await c.get({ ids: [id(items[3])], include: ["embeddings", "metadatas", "documents"] });
    assert.deepEqual(got.ids, [id(items[3])]);
    assert.deepEqual(got.metadatas, [metadata(items[3])]);
    assert.deepEqual(got.documents, [items[3].text]);
    close(got.embeddings[0], items[3].vector, "embedding");
    const bare = await c.get({ ids: [id(items[3]), "nobody"], include: [] });
    assert.deepEqual(bare.ids, [id(items[3])]);
  });

  test("records are read page by page, in the order in which they were added", async () => {
    const seen = [];
    for (let offset = 0; ; offset += 50) {
      const page = await c.get({ limit: 50, offset, include: [] });
      if (page.ids.length === 0) break;
      seen.push(...page.ids);
    }
    assert.deepEqual(seen, items.map(id));
    const peeked = await c.peek({ limit: 3 });
    assert.deepEqual(peeked.ids, items.slice(0, 3).map(id));
  });

  test("a query gives the nearest records with their distances", async () => {
    const got = await found({ nResults: 7 });
    assert.deepEqual(got.metadatas[0][0], metadata(nearest(vector(5), 1)[0].item));
    assert.equal(got.documents[0][0], nearest(vector(5), 1)[0].item.text);
    const two = await c.query({ queryEmbeddings: [vector(6), vector(7)], nResults: 3, include: ["embeddings", "distances"] });
    assert.deepEqual(two.ids, [6, 7].map((s) => nearest(vector(s), 3).map((w) => id(w.item))));
    close(two.embeddings[1][0], nearest(vector(7), 1)[0].item.vector, "embedding");
    await found({ nResults: 500 }, undefined, items.length);
  });

  for (const [what, [where, pass]] of Object.entries(wheres)) {
    test(`a condition by ${what} holds in query and get`, async () => {
      await found({ where, nResults: 15 }, pass);
      assert.deepEqual((await c.get({ where, include: [] })).ids, items.filter(pass).map(id));
    });
  }

  for (const [what, [whereDocument, pass]] of Object.entries(documents)) {
    test(`a condition on documents by ${what} holds in query and get`, async () => {
      await found({ whereDocument, nResults: 15 }, pass);
      const got = await c.get({ whereDocument, where: { even: true }, include: [] });
      assert.deepEqual(got.ids, items.filter((i) => i.even && pass(i)).map(id));
    });
  }

  test("an update changes what is given and keeps the rest", async () => {
    await c.update({ ids: [id(items[1]), "nobody"], metadatas: [{ color: "gold" }, { color: "gold" }] });
    await c.update({ ids: [id(items[2])], embeddings: [vector(90)], documents: ["all new"] });
    const got = await c.get({ ids: [id(items[1]), id(items[2])], include: ["metadatas", "documents", "embeddings"] });
    assert.deepEqual(got.metadatas, [{ ...metadata(items[1]), color: "gold" }, metadata(items[2])]);
    assert.deepEqual(got.documents, [items[1].text, "all new"]);
    close(got.embeddings[1], vector(90), "embedding");
    const near = await c.query({ queryEmbeddings: [vector(90)], nResults: 1 });
    assert.deepEqual(near.ids, [[id(items[2])]]);
    close(near.distances[0][0], 0, "distance");
    assert.equal(await c.count(), items.length);
  });

  test("an upsert changes what is there and adds what is not", async () => {
    await c.upsert({
      ids: [id(items[1]), "new"],
      embeddings: [vector(91), vector(92)],
      documents: ["changed", "added"],
      metadatas: [{ color: "iron" }, { color: "iron" }],
    });
    const got = await c.get({ where: { color: "iron" } });
    assert.deepEqual(got.ids, [id(items[1]), "new"]);
    assert.deepEqual(got.documents, ["changed", "added"]);
    assert.equal(await c.count(), items.length + 1);
  });

  test("a zero vector is stored, and is as far as can be without being opposite", async () => {
    await c.add({ ids: ["zero"], embeddings: [Array(dims).fill(0)], documents: ["zero"] });
    const got = await c.get({ ids: ["zero"], include: ["embeddings"] });
    close(got.embeddings[0], Array(dims).fill(0), "embedding");
    await c.delete({ ids: ["zero"] });
  });

  test("what is wrong is refused and nothing is stored", async () => {
    const count = await c.count();
    const refused = async (call, pattern) => assert.match(String(await failure(call)), pattern);
    await refused(() => c.add({ ids: ["a", "b"], embeddings: [vector(1), [1, 2, 3]] }), /dimension|Bad Request|Unprocessable/i);
    await refused(() => c.add({ ids: ["short"], embeddings: [[1, 2, 3]] }), /expecting embedding with dimension of 8, got 3|Bad Request/);
    await refused(() => c.query({ queryEmbeddings: [[1, 2, 3]], nResults: 1 }), /dimension of 8, got 3|Bad Request/);
    await refused(() => c.get({ where: { n: { $like: 1 } } }), /where|operator|Expected|Bad Request|Unprocessable/i);
    await refused(() => make({ name: "no", space: "l2" }), /name|Bad Request/);
    await refused(() => client.getCollection({ name: "not-there-at-all", embeddingFunction: words }), /not found|could not be found|does not exist/i);
    assert.equal(await c.count(), count);
  });

  test("spaces have the distances that Chroma gives them", async () => {
    for (const [space, distance] of [["l2", squared], ["ip", (a, b) => 1 - dot(a, b)], ["cosine", (a, b) => 1 - cosine(a, b)]]) {
      const d = await make({ name: `${name}-${space}`, space });
      await d.add(columns(items));
      const got = await d.query({ queryEmbeddings: [vector(8)], nResults: 6 });
      const want = nearest(vector(8), 6, undefined, (a, b) => -distance(a, b));
      assert.deepEqual(got.ids[0], want.map((w) => id(w.item)), space);
      close(got.distances[0], want.map((w) => -w.score), space);
      await client.deleteCollection({ name: d.name });
    }
  });

  test("an embedding function makes the vectors of documents and of queries", async () => {
    const d = await make({ name: `${name}-words`, space: "cosine" });
    await d.add({ ids: texts.map((t) => `t${t.n}`), documents: texts.map((t) => t.text), metadatas: texts.map(({ kind }) => ({ kind })) });
    const got = await d.query({ queryTexts: ["cats at night"], nResults: 3, where: { kind: "animal" } });
    const want = alike("cats at night", 3, (t) => t.kind === "animal");
    assert.deepEqual(got.documents[0], want.map((w) => w.item.text));
    close(got.distances[0], want.map((w) => 1 - w.score), "distance");
    await client.deleteCollection({ name: d.name });
  });

  test("a collection gets another name and other metadata", async () => {
    const d = await make({ name: `${name}-before`, space: "l2", metadata: { a: 1 } });
    await d.add({ ids: ["x"], embeddings: [[1, 2]], documents: ["kept"] });
    await d.modify({ name: `${name}-after`, metadata: { b: 2 } });
    const e = await find(`${name}-after`);
    assert.equal(e.id, d.id);
    assert.deepEqual(e.metadata, { b: 2 });
    assert.deepEqual((await e.get({ ids: ["x"] })).documents, ["kept"]);
    assert.ok(!(await names()).includes(`${name}-before`));
    await client.deleteCollection({ name: `${name}-after` });
  });

  test("a tenant and a database of one's own hold collections of the same name", async () => {
    const tenant = `tenant-of-${name}`;
    const database = "db-of-mine";
    await admin.createTenant({ name: tenant });
    await admin.createDatabase({ name: database, tenant, tenantName: tenant });
    const mine = anew({ tenant, database });
    const d = await mine.createCollection({ name, embeddingFunction: words });
    await d.add({ ids: ["only"], embeddings: [[1, 2]], documents: ["mine"] });
    assert.equal(await mine.countCollections(), 1);
    assert.equal(await d.count(), 1);
    assert.ok((await c.count()) > 1);
    await mine.deleteCollection({ name });
    assert.equal(await mine.countCollections(), 0);
    assert.equal((await find(name)).id, c.id);
  });

  test("records are deleted by ids and by conditions", async () => {
    await c.delete({ ids: [id(items[0]), "new", "nobody"] });
    assert.equal(await c.count(), items.length - 1);
    await c.delete({ where: { color: "blue" } });
    await c.delete({ whereDocument: { $contains: "number 5" }, where: { color: "green" } });
    // Record 1 is gone by its id, and the color of record 2 was changed.
    const gone = (i) => i.n === 1 || i.color === "blue" || (i.color === "green" && i.text.includes("number 5") && i.n !== 2);
    const got = await c.get({ include: [] });
    assert.deepEqual(sorted(got.ids), sorted(items.filter((i) => !gone(i)).map(id)));
  });

  test("a collection is dropped", async () => {
    await client.deleteCollection({ name });
    assert.ok(!(await names()).includes(name));
    await failure(() => find(name));
    await failure(() => client.deleteCollection({ name }));
  });
}
