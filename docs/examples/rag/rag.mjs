// Finds the passages in a folder of text files that a question is about, and prints them
// as a prompt for a language model. It keeps them in a memista server.
//
//     node docs/examples/rag/rag.mjs docs/examples/rag/texts "How long does dough take to rise?"
//
// MEMISTA_SERVER is the address of the server, MEMISTA_API_KEY a key if it asks for one.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const server = process.env.MEMISTA_SERVER ?? "http://127.0.0.1:8083";
const database = "/v1/databases/texts";

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (process.env.MEMISTA_API_KEY) headers.Authorization = "Bearer " + process.env.MEMISTA_API_KEY;
  const answer = await fetch(server + path, { method, headers, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${json.error}`);
  return json;
}

// embed stands for the model that makes vectors of texts. It hashes words: a text is near
// to one that has many of the same words, and nothing is known of what they mean. Replace
// it by a call of your model, and index the folder again into a new database.
function embed(text) {
  const vector = new Float32Array(512);
  let words = 0;
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const bytes = Buffer.from(word);
    if (bytes.length < 4) continue; // the, and, for: they are in every text
    let h = 0x811c9dc5; // FNV-1a
    for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
    vector[h % vector.length] += h >>> 31 ? -1 : 1;
    words++;
  }
  return words > 0 ? vector : null; // a vector of length zero has no direction
}

// packed is shorter and faster than an array. It takes the byte order of this machine,
// which is little-endian wherever Node runs in practice.
const packed = (vector) => Buffer.from(vector.buffer).toString("base64");

// passages splits a text at its empty lines.
function passages(source, text) {
  const chunks = [];
  for (const part of text.replaceAll("\r\n", "\n").split("\n\n")) {
    const passage = part.split(/\s+/).filter(Boolean).join(" ");
    const vector = embed(passage);
    if (!vector) continue;
    const number = chunks.length + 1;
    chunks.push({
      key: `${source}/${number}`,
      text: passage,
      embedding: packed(vector),
      metadata: { source, passage: number },
    });
  }
  return chunks;
}

// index brings the database up to date with the folder: passages that are there keep
// their keys, those that are gone are deleted.
async function index(folder) {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".txt")).sort();
  if (files.length === 0) throw new Error(`${folder} has no files *.txt`);
  for (const source of files) {
    const chunks = passages(source, await readFile(join(folder, source), "utf8"));
    if (chunks.length > 0) await call("POST", database + "/chunks", { chunks });
    await forget({ source, passage: { $gt: chunks.length } });
  }
  await forget({ source: { $nin: files } });
}

const forget = (filter) => call("POST", database + "/delete", { filter });

async function main(folder, question) {
  if (!question) throw new Error("usage: rag.mjs FOLDER QUESTION");
  await index(folder);
  const vector = embed(question);
  if (!vector) throw new Error("the question has no words");
  const found = await call("POST", database + "/search", {
    queries: [{ embedding: packed(vector), k: 3 }],
    include: ["text"],
  });
  console.log("Answer from these passages only, and name the ones you used.\n");
  for (const hit of found.results[0]) console.log(`[${hit.key}, score ${hit.score.toFixed(2)}] ${hit.text}\n`);
  console.log(`Question: ${question}`);
}

main(...process.argv.slice(2)).catch((err) => {
  console.error(err.cause?.message ?? err.message);
  process.exit(1);
});
