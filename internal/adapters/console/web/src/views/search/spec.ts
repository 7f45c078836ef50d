// What a search asks for, as it stands in the address and in the form.
import { readFilter, isEmpty } from "../../core/filter";
import type { Database, Query } from "../../core/types";

export type Mode = "both" | "meaning" | "words" | "vector" | "like";

export type Spec = {
  mode: Mode;
  q: string;
  k: string;
  ef: string;
  exact: boolean;
  min: string;
  match: "any" | "all";
  diversity: string;
  rerank: boolean;
  filter: string;
};

export const empty: Spec = { mode: "vector", q: "", k: "", ef: "", exact: false, min: "", match: "any", diversity: "", rerank: false, filter: "" };

export function modesOf(d: Pick<Database, "embedder" | "full_text">): Record<Mode, string | undefined> {
  const noModel = d.embedder ? undefined : "The database has no embedder";
  const noWords = d.full_text ? undefined : "The database has no full text";
  return { both: noModel ?? noWords, meaning: noModel, words: noWords, vector: undefined, like: undefined };
}

// A text, a vector and the id of a chunk are not each other.
const kind = (m: Mode) => (m === "vector" || m === "like" ? m : "text");

/** The spec with another mode; what was asked for stays where it means something there. */
export function inMode(s: Spec, mode: Mode): Spec {
  return { ...s, mode, q: kind(mode) === kind(s.mode) ? s.q : "" };
}

export function firstMode(d: Pick<Database, "embedder" | "full_text">): Mode {
  const off = modesOf(d);
  return (["both", "meaning", "words", "vector"] as const).find((m) => !off[m])!;
}

/** Reads a spec from the address; names begin with prefix there. */
export function readSpec(query: URLSearchParams, mode: Mode, prefix = ""): Spec {
  const get = (name: string) => query.get(prefix + name) ?? "";
  return {
    mode: (get("mode") || mode) as Mode,
    q: query.get("q") ?? "",
    k: get("k"),
    ef: get("ef"),
    exact: get("exact") === "1",
    min: get("min"),
    match: get("match") === "all" ? "all" : "any",
    diversity: get("diversity"),
    rerank: get("rerank") === "1",
    filter: get("filter"),
  };
}

export function writeSpec(s: Spec, prefix = ""): Record<string, string> {
  const all: Record<string, string> = {
    mode: s.mode,
    k: s.k,
    ef: s.ef,
    exact: s.exact ? "1" : "",
    min: s.min,
    match: s.match === "all" ? "all" : "",
    diversity: s.diversity,
    rerank: s.rerank ? "1" : "",
    filter: s.filter,
  };
  return Object.fromEntries(Object.entries(all).map(([k, v]) => [prefix + k, v]));
}

/** Reads a vector: a JSON array, or numbers between commas or blanks. */
export function readVector(text: string): number[] {
  const parts = text.replace(/[[\]]/g, " ").split(/[\s,;]+/).filter(Boolean);
  const list = parts.map(Number);
  if (list.length === 0 || list.some((n) => !Number.isFinite(n))) throw new Error("A vector is numbers with commas or blanks between them.");
  return list;
}

const whole = (s: string) => (s.trim() === "" ? undefined : Math.trunc(Number(s)));
const decimal = (s: string) => (s.trim() === "" ? undefined : Number(s));

/** The query of a spec, or null if there is nothing to look for yet. */
export function queryOf(s: Spec): Query | null {
  const q = s.q.trim();
  if (!q) return null;
  const filter = readFilter(s.filter);
  const diversity = decimal(s.diversity);
  return {
    ...target(s.mode, q),
    k: whole(s.k),
    ef: whole(s.ef),
    exact: s.exact || undefined,
    min_score: decimal(s.min),
    match: s.match === "all" && (s.mode === "words" || s.mode === "both") ? "all" : undefined,
    mmr: diversity === undefined ? undefined : { diversity },
    rerank: s.rerank ? {} : undefined,
    filter: isEmpty(filter) ? undefined : filter,
  };
}

function target(mode: Mode, q: string): Query {
  switch (mode) {
    case "both":
      return { hybrid: q };
    case "meaning":
      return { near_text: q };
    case "words":
      return { text: q };
    case "vector":
      return { embedding: readVector(q) };
    case "like":
      return /^\d+$/.test(q) ? { chunk_id: Number(q) } : { key: q.replace(/^key:/, "") };
  }
}

/** Whether a search may be made while somebody types: words and built-in models cost nothing. */
export function free(s: Spec, d: Pick<Database, "embedder">): boolean {
  return s.mode === "words" || ((s.mode === "both" || s.mode === "meaning") && d.embedder?.provider === "static");
}
