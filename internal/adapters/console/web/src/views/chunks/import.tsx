import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { count, figure } from "../../core/format";
import { useLoad } from "../../core/hooks";
import type { Database } from "../../core/types";
import { Button, Failure, Meter } from "../../ui/basic";
import { Field } from "../../ui/field";
import { tell } from "../../ui/toast";
import { chunkOf, guess, type Mapping } from "./mapping";
import { rows, type Record_ } from "./reader";
import { send, type Progress } from "./sender";

/** Takes a file that is dropped anywhere on what it holds. */
export function DropZone({ onFile, children }: { onFile: (f: File) => void; children: ComponentChildren }) {
  const [over, setOver] = useState(false);
  return (
    <div
      class={over ? "dropzone over" : "dropzone"}
      onDragOver={(e) => {
        if (!e.dataTransfer?.types.includes("Files")) return;
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={(e) => e.currentTarget === e.target && setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        const file = e.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      {children}
      {over && <div class="dropnote">Drop a file to import it: JSON lines, JSON, CSV, TSV or Parquet</div>}
    </div>
  );
}

async function first(file: File): Promise<Record_> {
  for await (const { row } of rows(file)) return row;
  throw new Error("The file has no rows.");
}

/** What becomes of the columns of a file, and then how far its import is. */
export function Import({ db, file, onClose, onDone }: { db: Database; file: File; onClose: () => void; onDone: () => void }) {
  const start = useLoad(() => first(file), [file]);
  const [chosen, choose] = useState<Mapping>();
  const [progress, setProgress] = useState<Progress>();
  const [error, setError] = useState<Error>();
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const row = start.data;
  const columns = row ? Object.keys(row) : [];
  const mapping = chosen ?? guess(columns);
  const run = async () => {
    stop.current = new AbortController();
    setRunning(true);
    setError(undefined);
    try {
      const n = await send(db.id, file, mapping, setProgress, stop.current.signal);
      tell(`${count(n)} rows of ${file.name} are stored`);
      onDone();
      onClose();
    } catch (e) {
      setError(e as Error);
      setRunning(false);
      onDone();
    }
  };
  const select = (name: keyof Mapping, label: string, none: string) => (
    <Field label={label}>
      <select value={mapping[name]} disabled={running} onChange={(e) => choose({ ...mapping, [name]: e.currentTarget.value })}>
        <option value="">{none}</option>
        {columns.map((c) => (
          <option key={c}>{c}</option>
        ))}
      </select>
    </Field>
  );
  return (
    <section class="card importing" aria-label="Import">
      <h2>
        Import {file.name}
        <span class="right row">
          {!running && (
            <Button look="primary" disabled={!row} onClick={run}>
              Import
            </Button>
          )}
          <Button onClick={() => (running ? stop.current?.abort() : onClose())}>Cancel</Button>
        </span>
      </h2>
      <div class="inside stack">
        {row && !running && (
          <>
            <div class="form">
              {select("text", "Text", "none")}
              {select("key", "Key", "file and row")}
              {select("embedding", "Embedding", db.embedder ? "made of the text" : "none")}
              {select("metadata", "Metadata", "all other columns")}
            </div>
            <details class="group">
              <summary>The first row becomes</summary>
              <pre class="snippet">{JSON.stringify(chunkOf(row, mapping, file.name, 1), null, 2).slice(0, 2000)}</pre>
            </details>
          </>
        )}
        {progress && (
          <div>
            <p role="status">
              {count(progress.rows)} rows stored, {figure(progress.perSecond)} a second
            </p>
            <Meter percent={progress.share * 100} label={`Import of ${file.name}`} />
          </div>
        )}
        <Failure error={start.error ?? error} />
      </div>
    </section>
  );
}
