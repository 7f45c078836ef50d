import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import type { Database } from "../../core/types";
import { Button, Failure } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Field, numberOf } from "../../ui/field";
import { tell } from "../../ui/toast";
import { readVector } from "../search/spec";
import { readMetadata } from "./metadata";

/** A new chunk. */
export function Insert({ db, onClose, onDone }: { db: Database; onClose: () => void; onDone: () => void }) {
  const [form, setForm] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const input = (name: string) => ({ value: form[name] ?? "", onInput: (e: { currentTarget: { value: string } }) => setForm({ ...form, [name]: e.currentTarget.value }) });
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const chunk = {
        text: form.text,
        metadata: readMetadata(form.metadata ?? ""),
        key: form.key?.trim() || undefined,
        embedding: form.embedding?.trim() ? readVector(form.embedding) : undefined,
        ttl_seconds: numberOf(form.ttl ?? ""),
      };
      const made = await call<{ inserted_ids: number[] }>("POST", at(db.id, "/chunks"), { chunks: [chunk], on_conflict: "error" });
      tell(`Chunk ${made.inserted_ids[0]} is stored`);
      onDone();
      onClose();
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  const vector = db.embedder ? "Empty: the embedder makes one of the text." : db.optional_embeddings ? "Optional in this database." : `Numbers with commas between them${db.dimensions ? `, ${db.dimensions} of them` : ""}.`;
  return (
    <Dialog title={`Insert into ${db.id}`} wide onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          <Field label="Text">
            <textarea rows={5} autoFocus {...input("text")} />
          </Field>
          <Field label="Metadata" hint="A JSON object. Its fields can be filtered by.">
            <textarea class="mono" rows={3} spellcheck={false} placeholder='{"source": "notes", "page": 3}' {...input("metadata")} />
          </Field>
          <Field label="Embedding" hint={vector}>
            <textarea class="mono" rows={2} spellcheck={false} required={!db.embedder && !db.optional_embeddings} {...input("embedding")} />
          </Field>
          <div class="form">
            <Field label="Key" hint="Your own id of the chunk, unique in the database.">
              <input autocomplete="off" spellcheck={false} maxLength={512} {...input("key")} />
            </Field>
            <Field label="Time to live" hint="Seconds until it expires. Empty: as the database says.">
              <input type="number" min={1} {...input("ttl")} />
            </Field>
          </div>
          <Failure error={error} />
        </div>
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            Insert
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
