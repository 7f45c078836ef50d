// Which columns of a file become what of a chunk.
import { isObject, parse } from "../../core/json";
import { readVector } from "../search/spec";
import type { Record_ } from "./reader";

export type Mapping = { text: string; key: string; embedding: string; metadata: string };

const usual: Record<keyof Mapping, string[]> = {
  text: ["text", "content", "document", "body", "passage", "chunk"],
  key: ["key", "id", "_id", "uuid"],
  embedding: ["embedding", "vector", "embeddings", "values"],
  metadata: ["metadata", "meta", "payload"],
};

/** Guesses from the names of the columns. */
export function guess(columns: string[]): Mapping {
  const find = (names: string[]) => columns.find((c) => names.includes(c.toLowerCase())) ?? "";
  return { text: find(usual.text), key: find(usual.key), embedding: find(usual.embedding), metadata: find(usual.metadata) };
}

export type NewChunk = { text?: string; key: string; embedding?: unknown; metadata?: unknown; ttl_seconds?: unknown; sparse?: unknown };

/** The chunk of a row; columns that are nothing else are fields of its metadata. A row without a key gets one of file and row. */
export function chunkOf(row: Record_, m: Mapping, file: string, n: number): NewChunk {
  const own = new Set([...Object.values(m), "ttl_seconds", "sparse"]);
  const fields = Object.entries(row).filter(([name]) => !own.has(name));
  const given = m.metadata ? row[m.metadata] : undefined;
  const text = m.text ? row[m.text] : undefined;
  const key = m.key ? row[m.key] : undefined;
  return {
    text: text === undefined || text === null ? undefined : typeof text === "string" ? text : JSON.stringify(text),
    key: key === undefined || key === null || key === "" ? `${file}:${n}` : String(key),
    embedding: m.embedding ? vectorOf(row[m.embedding]) : undefined,
    metadata: metadataOf(given, fields),
    ttl_seconds: row.ttl_seconds,
    sparse: row.sparse,
  };
}

function vectorOf(v: unknown): unknown {
  // A string of base64 is what the API takes, too.
  return typeof v === "string" && /^\s*\[|[,\s]/.test(v) ? readVector(v) : v;
}

function metadataOf(given: unknown, fields: [string, unknown][]): unknown {
  if (fields.length === 0) return given;
  const more = Object.fromEntries(fields.map(([k, v]) => [k, typeof v === "string" ? typed(v) : v]));
  if (isObject(given)) return { ...given, ...more };
  if (typeof given === "string") {
    try {
      const value = parse(given);
      if (isObject(value)) return { ...value, ...more };
    } catch {
      // a text, which becomes a field
    }
  }
  return given === undefined || given === null ? more : { metadata: given, ...more };
}

// A table has numbers as texts; as numbers they can be compared.
function typed(s: string): unknown {
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(s)) return Number(s);
  if (s === "true" || s === "false") return s === "true";
  return s;
}
