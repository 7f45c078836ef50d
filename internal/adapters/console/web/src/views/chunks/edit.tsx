import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { date } from "../../core/format";
import { useLoad } from "../../core/hooks";
import { useServer } from "../../core/server";
import type { Chunk, Database } from "../../core/types";
import { Button, Failure, Loading } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Field, numberOf } from "../../ui/field";
import { copy, tell } from "../../ui/toast";
import { patchOf, writeMetadata } from "./metadata";

type Props = { db: Database; alias: string; id: number; onClose: () => void; onDone: () => void };

/** A chunk with all that it has; whoever may write can change it. */
export function Edit({ db, alias, id, onClose, onDone }: Props) {
  const chunk = useLoad((signal) => call<Chunk>("GET", at(alias, `/chunks/${id}?include=text,metadata,embedding`), undefined, { signal }), [alias, id]);
  return (
    <Dialog title={`Chunk ${id}`} wide onClose={onClose}>
      {chunk.data ? <Form db={db} alias={alias} chunk={chunk.data} onClose={onClose} onDone={onDone} /> : <div class="dialog-body">{chunk.error ? <Failure error={chunk.error} /> : <Loading />}</div>}
    </Dialog>
  );
}

function Form({ db, alias, chunk, onClose, onDone }: { db: Database; alias: string; chunk: Chunk; onClose: () => void; onDone: () => void }) {
  const { may } = useServer();
  const [text, setText] = useState(chunk.text ?? "");
  const [metadata, setMetadata] = useState(writeMetadata(chunk.metadata));
  const [ttl, setTTL] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const save = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const patch = { text: text === (chunk.text ?? "") ? undefined : text, metadata: patchOf(chunk.metadata, metadata), ttl_seconds: numberOf(ttl) };
      if (Object.values(patch).some((v) => v !== undefined)) {
        await call("PATCH", at(alias, `/chunks/${chunk.chunk_id}`), patch);
        tell(`Chunk ${chunk.chunk_id} is saved`);
        onDone();
      }
      onClose();
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  const fixed = !may("write");
  return (
    <form onSubmit={save}>
      <div class="dialog-body">
        <dl class="pairs">
          {chunk.key !== null && (
            <>
              <dt>Key</dt>
              <dd class="mono">{chunk.key}</dd>
            </>
          )}
          <dt>Expires</dt>
          <dd>{chunk.expires_at ? date(chunk.expires_at) : "never"}</dd>
          <dt>Embedding</dt>
          <dd>
            <Vector v={chunk.embedding} />
          </dd>
        </dl>
        <Field label="Text" hint={fixed ? undefined : db.embedder ? "A changed text gets a new embedding." : "The embedding stays as it is when the text changes."}>
          <textarea autoFocus rows={8} readOnly={fixed} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </Field>
        <Field label="Metadata" hint="JSON.">
          <textarea class="mono" rows={8} readOnly={fixed} spellcheck={false} value={metadata} onInput={(e) => setMetadata(e.currentTarget.value)} />
        </Field>
        {!fixed && (
          <Field label="Time to live" hint="Seconds from now until it expires. Empty: as it is.">
            <input type="number" min={1} value={ttl} onInput={(e) => setTTL(e.currentTarget.value)} />
          </Field>
        )}
        <Failure error={error} />
      </div>
      <div class="dialog-foot">
        <Button onClick={onClose}>{fixed ? "Close" : "Cancel"}</Button>
        {!fixed && (
          <Button look="primary" type="submit" busy={busy}>
            Save
          </Button>
        )}
      </div>
    </form>
  );
}

function Vector({ v }: { v?: number[] | null }) {
  if (!v) return <>none</>;
  const few = v.slice(0, 4).map((x) => x.toPrecision(3)).join(", ");
  return (
    <span class="row">
      <span class="mono">
        [{few}
        {v.length > 4 && ", …"}]
      </span>
      <span class="muted">{v.length} components</span>
      <Button class="small" look="quiet" icon="copy" onClick={() => copy(JSON.stringify(v), "The embedding is copied")}>
        Copy
      </Button>
    </span>
  );
}
