import { useState } from "preact/hooks";
import { APIError, call } from "../core/api";
import { session } from "../core/session";
import { Button, Failure } from "../ui/basic";
import { Field } from "../ui/field";

/** Asks for an API key, and takes one that the server knows. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | undefined>(session.key ? new Error("The key of this session is not valid any more.") : undefined);
  const submit = async (e: Event) => {
    e.preventDefault();
    const k = key.trim();
    setBusy(true);
    try {
      await known(k);
      session.signIn(k);
      onDone();
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  return (
    <div class="signin">
      <form class="card" onSubmit={submit}>
        <div class="row">
          <img src="icon.svg" alt="" width={28} height={28} />
          <h1>Sign in to memista</h1>
        </div>
        <Field label="API key" hint="It is kept for this tab until you sign out or close it.">
          <input class="mono" type="password" autocomplete="off" spellcheck={false} autoFocus value={key} onInput={(e) => setKey(e.currentTarget.value)} />
        </Field>
        <Failure error={error} />
        <Button look="primary" type="submit" disabled={!key.trim()} busy={busy}>
          Sign in
        </Button>
      </form>
    </div>
  );
}

// A key without the scope for this is a key all the same.
async function known(key: string) {
  try {
    await call("GET", "v1/databases?limit=1", undefined, { key });
  } catch (e) {
    if (!(e instanceof APIError && e.status === 403)) throw e;
  }
}
