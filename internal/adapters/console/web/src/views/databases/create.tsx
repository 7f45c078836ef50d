import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { useServer } from "../../core/server";
import type { Database } from "../../core/types";
import { Button, Failure } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Check, Field, numberOf } from "../../ui/field";

type Form = Record<string, string> & { optional?: string };

/** Makes a database. Each setting says what it means; those left empty are the default. */
export function Create({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const { version } = useServer();
  const [form, setForm] = useState<Form>({ metric: "cosine", fullText: version?.sqlite.full_text ? "words" : "" });
  const [optional, setOptional] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const input = (name: string) => ({ value: form[name] ?? "", onInput: (e: { currentTarget: { value: string } }) => setForm({ ...form, [name]: e.currentTarget.value }) });
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const made = await call<Database>("PUT", at(form.id!.trim()), settingsOf(form, optional));
      onClose();
      onDone(made.id);
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Create a database" wide onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          <div class="form">
            <div class="whole">
              <Field label="Name" hint="1 to 128 of A–Z a–z 0–9 _ - . and not a dot first.">
                <input required autoFocus autocomplete="off" spellcheck={false} pattern="[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,127}" {...input("id")} />
              </Field>
            </div>
            <Field label="Embedder" hint={embedderHint(version?.embedders ?? [])}>
              <input placeholder="none: chunks bring embeddings" autocomplete="off" spellcheck={false} list="embedders" {...input("embedder")} />
              <datalist id="embedders">
                <option value="default" />
                {version?.embedders.map((p) => <option key={p} value={`${p}/`} />)}
              </datalist>
            </Field>
            <Field label="Dimensions" hint="Components of an embedding. Empty: those of the first one.">
              <input type="number" min={1} max={65536} {...input("dimensions")} />
            </Field>
            <Field label="Metric" hint="What near means. Cosine fits most models of texts.">
              <select {...input("metric")}>
                <option value="cosine">cosine</option>
                <option value="ip">ip: inner product</option>
                <option value="l2">l2: squared distance</option>
              </select>
            </Field>
            <Field label="Full text" hint={fullTextHint(version?.sqlite.full_text)}>
              <select {...input("fullText")} disabled={version && !version.sqlite.full_text}>
                <option value="">none</option>
                <option value="words">words: whole words</option>
                <option value="english">english: words by their stems</option>
                <option value="trigram">trigram: any part of a text</option>
              </select>
            </Field>
          </div>
          <details class="group">
            <summary>Index</summary>
            <div class="form">
              <Field label="Engine" hint="What keeps the vectors. flat compares with every one.">
                <select {...input("engine")}>
                  <option value="">default</option>
                  {[...new Set([...(version?.engines ?? []), "flat"])].map((n) => <option key={n}>{n}</option>)}
                </select>
              </Field>
              <Field label="Storage" hint="Codes that the graph walks over; scores are exact with all. i8 takes a quarter of the memory of f32.">
                <select {...input("storage")}>
                  <option value="">default</option>
                  {["f32", "bf16", "f16", "i8"].map((n) => <option key={n}>{n}</option>)}
                </select>
              </Field>
              <Field label="M" hint="Links of a node of the graph, 2 to 256. More find more, and take memory.">
                <input type="number" min={2} max={256} placeholder="default" {...input("m")} />
              </Field>
              <Field label="ef_construction" hint="Beam width while building, 1 to 10,000. More is a better graph, made slower.">
                <input type="number" min={1} max={10000} placeholder="default" {...input("efConstruction")} />
              </Field>
              <Field label="ef_search" hint="Beam width of searches that bring none. More find more, and take longer.">
                <input type="number" min={1} max={100000} placeholder="default" {...input("efSearch")} />
              </Field>
            </div>
          </details>
          <details class="group">
            <summary>Chunks</summary>
            <div class="form">
              <Field label="Time to live" hint="Seconds until chunks expire that do not say so themselves. Empty: never.">
                <input type="number" min={1} {...input("ttl")} />
              </Field>
              <Field label="Sparse vectors" hint="Names that chunks may have weights of words under, separated by commas; with :idf behind one, rare entries count more.">
                <input placeholder="bm25:idf" spellcheck={false} {...input("sparse")} />
              </Field>
              <Field label="Metadata" hint="What to know of the database, as a JSON object.">
                <input class="mono" placeholder='{"team": "a"}' spellcheck={false} {...input("metadata")} />
              </Field>
              <Check label="Embeddings are optional" hint="Chunks without one are found by their words and filters only." checked={optional} onChange={setOptional} />
            </div>
          </details>
          <Failure error={error} />
        </div>
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function embedderHint(providers: string[]): string {
  const what = "What makes embeddings of texts, as provider/model.";
  return providers.length > 0 ? `${what} Configured: ${providers.join(", ")}.` : `${what} None is configured on this server.`;
}

function fullTextHint(can?: boolean): string {
  return can === false ? "This build of memista has no full text." : "An index of the texts, so that they are found by their words.";
}

function settingsOf(form: Form, optional: boolean): Record<string, unknown> {
  const number = (name: string) => numberOf(form[name] ?? "");
  return {
    dimensions: number("dimensions"),
    metric: form.metric,
    embedder: form.embedder?.trim() || undefined,
    full_text: form.fullText || undefined,
    engine: form.engine || undefined,
    storage: form.storage || undefined,
    m: number("m"),
    ef_construction: number("efConstruction"),
    ef_search: number("efSearch"),
    ttl_seconds: number("ttl"),
    sparse: sparseOf(form.sparse ?? ""),
    metadata: form.metadata?.trim() ? (JSON.parse(form.metadata) as unknown) : undefined,
    optional_embeddings: optional || undefined,
  };
}

function sparseOf(names: string): Record<string, { modifier?: string }> | undefined {
  const list = names.split(",").map((n) => n.trim()).filter(Boolean);
  if (list.length === 0) return undefined;
  return Object.fromEntries(list.map((n) => {
    const [name, modifier] = n.split(":");
    return [name!, modifier ? { modifier } : {}];
  }));
}
