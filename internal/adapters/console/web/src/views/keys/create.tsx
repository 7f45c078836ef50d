import { useState } from "preact/hooks";
import { call } from "../../core/api";
import type { Key, Scope } from "../../core/types";
import { Button, Failure } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Check, Field } from "../../ui/field";
import { copy } from "../../ui/toast";

const scopes: [Scope, string][] = [
  ["read", "Search, list, count, describe."],
  ["write", "Insert, change and delete chunks, create databases."],
  ["admin", "All of these, and drop, rebuild, back up, make keys."],
  ["monitor", "Figures of the service, nothing of what it holds."],
];

/** Makes a key, and shows it this once. */
export function CreateKey({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [made, setMade] = useState<string>();
  if (made) return <Made secret={made} onClose={onClose} />;
  return (
    <Dialog title="Create a key" onClose={onClose}>
      <Form onClose={onClose} onMade={(key) => (setMade(key), onDone())} />
    </Dialog>
  );
}

function Form({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const [name, setName] = useState("");
  const [chosen, choose] = useState<Scope[]>(["read"]);
  const [databases, setDatabases] = useState("*");
  const [days, setDays] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const made = await call<Key & { key: string }>("POST", "v1/keys", {
        name: name.trim() || undefined,
        scopes: chosen,
        databases: databases.split(",").map((d) => d.trim()).filter(Boolean),
        expires_at: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString().replace(/\.\d+/, "") : undefined,
      });
      onMade(made.key);
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <div class="dialog-body">
        <Field label="Name" hint="What the list calls it.">
          <input autoFocus autocomplete="off" maxLength={64} value={name} onInput={(e) => setName(e.currentTarget.value)} />
        </Field>
        <fieldset class="stack tight">
          <legend>Scopes</legend>
          {scopes.map(([s, what]) => (
            <Check key={s} label={s} hint={what} checked={chosen.includes(s)} onChange={(on) => choose(on ? [...chosen, s] : chosen.filter((x) => x !== s))} />
          ))}
        </fieldset>
        <Field label="Databases" hint="Within its reach, separated by commas: * stands for any characters, ? for one.">
          <input class="mono" spellcheck={false} required value={databases} onInput={(e) => setDatabases(e.currentTarget.value)} />
        </Field>
        <Field label="Days until it expires" hint="Empty: never.">
          <input type="number" min={1} max={36500} value={days} onInput={(e) => setDays(e.currentTarget.value)} />
        </Field>
        <Failure error={error} />
      </div>
      <div class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" busy={busy} disabled={chosen.length === 0}>
          Create
        </Button>
      </div>
    </form>
  );
}

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title="The key" onClose={onClose}>
      <div class="dialog-body">
        <p>Keep it now: it is shown this once, and the server has only its hash.</p>
        <pre class="snippet secret">{secret}</pre>
      </div>
      <div class="dialog-foot">
        <Button icon="copy" onClick={() => copy(secret, "The key is copied")}>
          Copy
        </Button>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
