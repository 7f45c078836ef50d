// The text format of Prometheus, as GET /metrics answers it, and what the charts need of it.

export type Sample = { labels: Record<string, string>; value: number };
export type Metrics = Map<string, Sample[]>;

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function parseMetrics(text: string): Metrics {
  const all: Metrics = new Map();
  for (const row of text.split("\n")) {
    if (row === "" || row.startsWith("#")) continue;
    const m = line.exec(row);
    if (!m) continue;
    const labels = Object.fromEntries([...(m[2] ?? "").matchAll(label)].map((l) => [l[1]!, l[2]!]));
    const list = all.get(m[1]!) ?? [];
    list.push({ labels, value: Number(m[3]) });
    all.set(m[1]!, list);
  }
  return all;
}

type Pick = (labels: Record<string, string>) => boolean;

export function sum(m: Metrics, name: string, pick: Pick = () => true): number {
  return (m.get(name) ?? []).reduce((n, s) => (pick(s.labels) ? n + s.value : n), 0);
}

const searching = /\/(search|query|groups|recommend|discover)(\/|$)/;
const ofConsole = /^\/(console|metrics|readyz|healthz|version|v1\/jobs)/;

const isSearch: Pick = (l) => searching.test(l.route ?? "");
const isOther: Pick = (l) => !isSearch(l) && !ofConsole.test(l.route ?? "");

/** The buckets of the times of searches: how many took at most so many seconds. */
function buckets(m: Metrics): Map<number, number> {
  const found = new Map<number, number>();
  for (const s of m.get("memista_http_request_duration_seconds_bucket") ?? []) {
    if (!isSearch(s.labels)) continue;
    const le = s.labels.le === "+Inf" ? Infinity : Number(s.labels.le);
    found.set(le, (found.get(le) ?? 0) + s.value);
  }
  return found;
}

/** The time that the share q of what was counted between two moments took at most, in seconds. */
function quantile(before: Map<number, number>, after: Map<number, number>, q: number): number | null {
  const list = [...after].map(([le, n]) => [le, n - (before.get(le) ?? 0)] as const).sort((a, b) => a[0] - b[0]);
  const total = list.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  let from = 0;
  let below = 0;
  for (const [le, n] of list) {
    if (n >= q * total) return le === Infinity ? from : from + (le - from) * ((q * total - below) / Math.max(n - below, 1));
    from = le;
    below = n;
  }
  return from;
}

/** What is drawn of a moment. Rates are of the time since the one before. */
export type Point = Record<
  "searches" | "others" | "stored" | "writes" | "errors" | "faults" | "lag" | "tail" | "resident" | "heap" | "mapped" | "flying" | "chunks",
  number
> &
  Record<"p50" | "p95" | "p99" | "rowHits" | "textHits", number | null> & { time: number };

export function pointOf(before: Metrics, after: Metrics, seconds: number, time: number): Point {
  const grown = (name: string, pick?: Pick) => Math.max(0, sum(after, name, pick) - sum(before, name, pick));
  const rate = (name: string, pick?: Pick) => grown(name, pick) / seconds;
  const share = (name: string, hit: Pick) => {
    const all = grown(name);
    return all > 0 ? (grown(name, hit) / all) * 100 : null;
  };
  const [a, b] = [buckets(before), buckets(after)];
  const requests = "memista_http_requests_total";
  return {
    time,
    searches: rate(requests, isSearch),
    others: rate(requests, isOther),
    stored: rate("memista_chunks"),
    writes: rate("memista_writes_total"),
    errors: rate(requests, (l) => l.code!.startsWith("4")),
    faults: rate(requests, (l) => l.code!.startsWith("5")),
    p50: quantile(a, b, 0.5),
    p95: quantile(a, b, 0.95),
    p99: quantile(a, b, 0.99),
    rowHits: share("memista_hit_rows_total", (l) => l.source === "memory"),
    textHits: share("memista_embedded_texts_total", (l) => l.source !== "embedder"),
    lag: sum(after, "memista_index_lag_changes"),
    tail: sum(after, "memista_vectors", (l) => l.part === "tail"),
    resident: sum(after, "process_resident_memory_bytes"),
    heap: sum(after, "go_memstats_heap_inuse_bytes"),
    mapped: sum(after, "memista_index_memory_bytes", (l) => l.class === "mapped"),
    flying: Math.max(0, sum(after, "memista_http_requests_in_flight") - 1),
    chunks: sum(after, "memista_chunks"),
  };
}
