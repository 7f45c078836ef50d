import { useState } from "preact/hooks";
import { call } from "../../core/api";
import { ago, count, figure } from "../../core/format";
import { useLoad } from "../../core/hooks";
import { link } from "../../core/route";
import { useServer } from "../../core/server";
import type { Job } from "../../core/types";
import { Badge, Button, Meter } from "../../ui/basic";
import { tell } from "../../ui/toast";

const tones = { running: "accent", done: "good", failed: "bad", canceled: "warn" } as const;

/** The jobs of a database, or of all: those under way, and a few that have ended. */
export function Jobs({ id }: { id?: string }) {
  const jobs = useLoad((signal) => call<{ jobs: Job[] }>("GET", "v1/jobs", undefined, { signal }), [id], 1500);
  const all = (jobs.data?.jobs ?? []).filter((j) => !id || j.database_id === id).reverse();
  const running = all.filter((j) => j.state === "running");
  const list = [...running, ...all.filter((j) => j.state !== "running").slice(0, 5)];
  if (list.length === 0) return null;
  return (
    <section class="card">
      <h2>Jobs {running.length > 0 && <Badge tone="accent">{running.length} running</Badge>}</h2>
      <ul class="jobs">
        {list.map((j) => (
          <Row key={j.id} job={j} named={!id} onDone={jobs.again} />
        ))}
      </ul>
    </section>
  );
}

function Row({ job: j, named, onDone }: { job: Job; named: boolean; onDone: () => void }) {
  const { may } = useServer();
  const [busy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    try {
      await call("DELETE", `v1/jobs/${j.id}`);
    } catch (e) {
      tell((e as Error).message, true);
    }
    setBusy(false);
    onDone();
  };
  return (
    <li>
      <div class="row">
        <span class="strong">{j.kind}</span>
        {named && <a href={link("databases", j.database_id)}>{j.database_id}</a>}
        <Badge tone={tones[j.state]}>{j.canceling && j.state === "running" ? "canceling" : j.state}</Badge>
        <span class="muted small">
          {j.state === "running" ? `${count(j.done)} of ${count(j.total)} · ${figure(j.per_second)}/s` : ago(j.ended_at ?? j.started_at)}
        </span>
        {j.state === "running" && may("admin") && (
          <Button class="right" busy={busy || j.canceling} onClick={cancel}>
            Cancel
          </Button>
        )}
      </div>
      {j.state === "running" && <Meter percent={j.progress_percent} label={`${j.kind} of ${j.database_id}`} />}
      {j.error && <p class="small wrong">{j.error}</p>}
    </li>
  );
}
