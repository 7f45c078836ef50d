// The schemas of openapi.yaml that the console uses.

export type Embedder = { provider: string; model: string };

export type Database = {
  id: string;
  dimensions: number | null;
  metric: "ip" | "cosine" | "l2";
  engine: string | null;
  m: number | null;
  ef_construction: number | null;
  ef_search: number | null;
  storage: string | null;
  ttl_seconds: number | null;
  full_text: "words" | "english" | "trigram" | false;
  metadata: Record<string, unknown> | null;
  embedder: Embedder | null;
  optional_embeddings: boolean;
  sparse: Record<string, { modifier?: string }> | null;
  chunks: number;
  sequence: number;
  created_at: string;
};

export type Tail = { vectors: number; bytes: number; simd: string; indexing: boolean; sequence: number };

export type Graph = {
  engine: string;
  storage: string;
  simd: string;
  vectors: number;
  dead: number;
  bytes: number;
  mapped_bytes: number;
  sequence: number;
  saved_sequence: number | null;
};

export type Problem = { code: string; database: string | null; message: string; since: string };

export type Statistics = Database & {
  plan: "flat" | "graph";
  tail: Tail | null;
  graph: Graph | null;
  disk: { embedding_bytes: number; index_bytes: number };
  problems: Problem[];
};

export type Job = {
  id: number;
  kind: string;
  database_id: string;
  state: "running" | "done" | "failed" | "canceled";
  canceling: boolean;
  progress_percent: number;
  done: number;
  total: number;
  per_second: number;
  started_at: string;
  ended_at: string | null;
  error: string | null;
};

export type Metadata = Record<string, unknown> | string | null;
export type Filter = Record<string, unknown>;

export type Chunk = {
  chunk_id: number;
  key: string | null;
  text?: string;
  metadata?: Metadata;
  embedding?: number[] | null;
  expires_at: string | null;
};

export type Hit = {
  chunk_id: number;
  key: string | null;
  text?: string;
  metadata?: Metadata;
  score: number;
  distance: number | null;
  scores?: { vector: number | null; text: number | null; sparse?: number };
};

export type Query = {
  embedding?: number[];
  near_text?: string;
  hybrid?: string;
  text?: string;
  chunk_id?: number;
  key?: string;
  k?: number;
  filter?: Filter;
  min_score?: number;
  exact?: boolean;
  ef?: number;
  match?: "any" | "all";
  mmr?: { diversity: number };
  rerank?: Record<string, never>;
};

export type Part = { plan: string; visited: number; distances: number; vectors: number; neighbors: number };
export type Ranks = { vector: number | null; text: number | null; sparse?: number | null };
export type FusionUsed = { method: string; vector_weight: number; text_weight: number };

export type Explain = {
  plan: string;
  visited: number;
  distances: number;
  candidates: number;
  rounds: number;
  filter: { source: string; matched: number; of: number; selectivity: number; estimated: number } | null;
  text: { terms: number; found: number; ranks: Ranks[]; fusion: FusionUsed | null } | null;
  sparse: { name: string; ranks: Ranks[] } | null;
  rerank: { model: string; texts: number; first: { rank: number; score: number }[] } | null;
  tail: Part | null;
  graph: Part | null;
  times_us: Record<"open" | "filter" | "tail" | "graph" | "text" | "sparse" | "rows" | "rerank" | "total", number>;
};

export type Results = { results: Hit[][]; took_ms: number; explain?: Explain[] };

export type Version = {
  version: string;
  commit: string;
  engines: string[];
  sqlite: { driver: string; version: string; full_text: boolean };
  simd: string;
  embedders: string[];
};

export type Scope = "read" | "write" | "admin" | "monitor";

/** What the caller's key may do. */
export type OwnKey = { required: boolean; id: string | null; scopes: Scope[]; databases: string[] };

export type Key = { id: string; name: string; scopes: Scope[]; databases: string[]; created_at: string; expires_at: string | null };

export type Ready = { status: "ready" | "degraded"; problems?: Problem[]; conditions?: { reason: string; detail: string }[] };
