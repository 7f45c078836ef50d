import { useEffect, useRef, useState } from "preact/hooks";
import { APIError, text } from "../../core/api";
import { bytes, count, duration, figure } from "../../core/format";
import { Failure, Head, Loading } from "../../ui/basic";
import { Chart } from "./chart";
import { parseMetrics, pointOf, type Metrics, type Point } from "./metrics";

const every = 2000;
const kept = 150; // five minutes

type Numbers = Exclude<keyof Point, "time">;
type Line = [name: Numbers, label: string, color: string];

const charts: { title: string; lines: Line[]; format: (n: number) => string }[] = [
  { title: "Requests a second", lines: [["searches", "searches", "--accent"], ["others", "others", "--blue"]], format: figure },
  { title: "Time of searches", lines: [["p50", "median", "--accent"], ["p95", "95 %", "--blue"], ["p99", "99 %", "--warn"]], format: (n) => duration(n * 1e6) },
  { title: "Inserts", lines: [["stored", "chunks a second", "--accent"], ["writes", "write requests a second", "--blue"]], format: figure },
  { title: "Index", lines: [["lag", "changes behind", "--warn"], ["tail", "vectors in the tail", "--blue"]], format: (n) => count(Math.round(n)) },
  { title: "Memory", lines: [["resident", "resident", "--accent"], ["heap", "heap", "--blue"], ["mapped", "mapped indexes", "--muted"]], format: bytes },
  { title: "Found in caches", lines: [["rowHits", "rows of hits", "--accent"], ["textHits", "embeddings of texts", "--blue"]], format: (n) => `${figure(n)} %` },
  { title: "Refused and failed", lines: [["errors", "4xx a second", "--warn"], ["faults", "5xx a second", "--bad"]], format: figure },
];

/** What the server does now, from its metrics. */
export function Live() {
  const [points, setPoints] = useState<Point[]>([]);
  const [error, setError] = useState<Error>();
  const last = useRef<{ metrics: Metrics; at: number } | undefined>(undefined);
  useEffect(() => {
    const control = new AbortController();
    const look = async () => {
      if (document.hidden) return;
      try {
        const metrics = parseMetrics(await text("metrics", { signal: control.signal }));
        const at = performance.now();
        const before = last.current;
        last.current = { metrics, at };
        setError(undefined);
        if (before) setPoints((list) => [...list.slice(1 - kept), pointOf(before.metrics, metrics, (at - before.at) / 1000, Date.now() / 1000)]);
      } catch (e) {
        if (!control.signal.aborted) setError(e as Error);
      }
    };
    void look();
    const first = setTimeout(look, 500);
    const timer = setInterval(look, every);
    return () => {
      control.abort();
      clearTimeout(first);
      clearInterval(timer);
    };
  }, []);
  if (error instanceof APIError && error.status === 403) return <Refused />;
  const now = points.at(-1);
  const times = points.map((p) => p.time);
  const end = times.at(-1) ?? 0;
  return (
    <>
      <Head title="Live" sub={`Every ${every / 1000} seconds, kept for five minutes while this page is open.`} />
      <Failure error={error} />
      {!now && !error && <Loading />}
      {now && (
        <dl class="facts">
          <Fact name="Searches" value={`${figure(now.searches)}/s`} />
          <Fact name="Median" value={now.p50 === null ? "–" : duration(now.p50 * 1e6)} />
          <Fact name="In flight" value={count(now.flying)} />
          <Fact name="Chunks" value={count(now.chunks)} />
          <Fact name="Lag" value={count(now.lag)} />
          <Fact name="Memory" value={bytes(now.resident)} />
          <Fact name="Errors" value={`${figure(now.errors + now.faults)}/s`} />
        </dl>
      )}
      {now && (
        <div class="charts">
          {charts.map((c) => (
            <Chart
              key={c.title}
              title={c.title}
              times={times}
              format={c.format}
              range={[Math.min(times[0] ?? end, end - 60), end]}
              series={c.lines.map(([name, label, color]) => ({ label, color, values: points.map((p) => p[name]) }))}
            />
          ))}
        </div>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Refused() {
  return (
    <>
      <Head title="Live" />
      <div class="notice">
        <p>Your key has not the scope that figures of the service need: monitor, or admin.</p>
      </div>
    </>
  );
}
