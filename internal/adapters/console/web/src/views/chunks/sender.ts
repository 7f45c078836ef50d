// Sends the rows of a file in batches, listed among the jobs of the server, where anybody
// may cancel it.
import { at, call } from "../../core/api";
import type { Job } from "../../core/types";
import { chunkOf, type Mapping, type NewChunk } from "./mapping";
import { rows } from "./reader";

export type Progress = { rows: number; share: number; perSecond: number };

const mostRows = 500;
const mostBytes = 4 << 20; // below the limit of an insert, with room for what JSON adds

export async function send(db: string, file: File, mapping: Mapping, tell: (p: Progress) => void, signal: AbortSignal): Promise<number> {
  const job = await call<Job>("POST", at(db, "/imports"), { done: 0 });
  const report = (state: string, done: number, share: number, error?: string) =>
    call<Job>("POST", `v1/jobs/${job.id}/progress`, { done, total: share > 0 ? Math.max(done, Math.round(done / share)) : undefined, state, error });
  const begun = performance.now();
  let stored = 0;
  let reported = begun;
  const batch: string[] = [];
  let size = 0;
  const flush = async (share: number) => {
    if (batch.length > 0) await call("POST", at(db, "/chunks"), `{"chunks":[${batch.join(",")}]}`);
    stored += batch.length;
    batch.length = 0;
    size = 0;
    tell({ rows: stored, share, perSecond: stored / Math.max((performance.now() - begun) / 1000, 0.001) });
    if (performance.now() - reported > 1000) {
      reported = performance.now();
      const now = await report("running", stored, share);
      if (now.canceling || now.state === "canceled") throw new DOMException("The import was canceled.", "AbortError");
    }
    signal.throwIfAborted();
  };
  try {
    let n = 0;
    let last = 0;
    for await (const { row, share } of rows(file)) {
      n++;
      last = share;
      const chunk: NewChunk = chunkOf(row, mapping, file.name, n);
      const json = JSON.stringify(chunk);
      if (size + json.length > mostBytes || batch.length >= mostRows) await flush(share);
      batch.push(json);
      size += json.length;
    }
    await flush(last);
    await report("done", stored, 1);
    return stored;
  } catch (e) {
    const canceled = e instanceof DOMException && e.name === "AbortError";
    await report(canceled ? "canceled" : "failed", stored, 0, canceled ? undefined : (e as Error).message).catch(() => {});
    throw e;
  }
}
