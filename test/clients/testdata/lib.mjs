// What the suites share: where the server is, data that is the same on every run, and what
// the answers must be, worked out here and not by the server.
import assert from "node:assert/strict";

const address = (name) => process.env[name] ?? assert.fail(`${name} is not set`);

// The server speaks Qdrant at the first, Chroma at the second and all at the third.
export const qdrantURL = () => address("QDRANT_URL");
export const chromaURL = () => address("CHROMA_URL");
export const memistaURL = () => address("MEMISTA_URL");

// random returns a source of numbers in [0, 1): mulberry32.
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const dims = 8;

// vector returns a vector of 32 bit floats, none of them zero.
export function vector(seed, n = dims) {
  const next = random(seed);
  return Array.from({ length: n }, () => Math.fround(next() * 2 - 1));
}

const colors = ["red", "green", "blue"];

// items are the records that the suites store, 120 of them: not all have a size or tags.
export const items = Array.from({ length: 120 }, (_, i) => ({
  n: i + 1,
  vector: vector(1000 + i),
  text: `item ${i + 1} is ${colors[i % 3]} and number ${i % 7}`,
  color: colors[i % 3],
  price: i * 1.5,
  even: i % 2 === 1,
  tags: i % 4 === 0 ? [] : [`t${i % 4}`, `t${i % 5}`],
  ...(i % 6 === 0 ? {} : { size: i % 10 }),
}));

export const sum = (a, b, f) => a.reduce((s, x, i) => s + f(x, b[i]), 0);
export const dot = (a, b) => sum(a, b, (x, y) => x * y);
export const norm = (a) => Math.sqrt(dot(a, a));
export const cosine = (a, b) => dot(a, b) / norm(a) / norm(b);
export const squared = (a, b) => sum(a, b, (x, y) => (x - y) ** 2);

// nearest returns those k of the items that pass and have the highest score, best first.
export function nearest(query, k, pass = () => true, score = cosine, of = items) {
  return of
    .filter(pass)
    .map((item) => ({ item, score: score(query, item.vector) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}

// close fails unless two numbers, or two lists of them, agree up to the rounding of floats.
export function close(got, want, what, tolerance = 2e-5) {
  if (Array.isArray(want)) {
    assert.equal(got?.length, want.length, `${what}: length`);
    want.forEach((w, i) => close(got[i], w, `${what}[${i}]`, tolerance));
    return;
  }
  assert.equal(typeof got, "number", `${what} is ${got}; want ${want}`);
  assert.ok(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want)), `${what} is ${got}; want ${want}`);
}

// sorted returns a sorted copy.
export const sorted = (list) => [...list].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

// embed makes a vector of a text, so that texts that share words are near: each word points
// in a direction of its own. The same text has the same vector always.
export function embed(text) {
  const out = new Array(32).fill(0);
  for (const word of text.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean)) {
    let hash = 2166136261;
    for (const c of word) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619);
    vector(hash, out.length).forEach((x, i) => (out[i] += x));
  }
  const length = norm(out) || 1;
  return out.map((x) => Math.fround(x / length));
}

// failure returns the error of a call that must fail.
export async function failure(call, what = "the call") {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return assert.fail(`${what} succeeded; want an error`);
}

// uuid returns the UUID number n.
export const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

// texts are what the stores of frameworks keep: short texts with a kind and a number.
export const texts = [
  { text: "green tea is brewed with hot water", kind: "drink", n: 1 },
  { text: "black tea is brewed with boiling water", kind: "drink", n: 2 },
  { text: "coffee is roasted and ground", kind: "drink", n: 3 },
  { text: "cats sleep for most of the day", kind: "animal", n: 4 },
  { text: "dogs run after balls", kind: "animal", n: 5 },
  { text: "cats hunt mice at night", kind: "animal", n: 6 },
  { text: "trains run on rails", kind: "machine", n: 7 },
  { text: "ships float on water", kind: "machine", n: 8 },
];

// alike returns those k of the texts that pass and are most like the query, best first.
export function alike(query, k, pass = () => true) {
  return nearest(embed(query), k, pass, cosine, texts.map((t) => ({ ...t, vector: embed(t.text) })));
}
