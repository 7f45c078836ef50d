import { useState } from "preact/hooks";
import { call } from "../../core/api";
import { ago, date } from "../../core/format";
import { moveRow, useLoad } from "../../core/hooks";
import { useServer } from "../../core/server";
import type { Key } from "../../core/types";
import { Badge, Button, Empty, Failure, Head, Loading } from "../../ui/basic";
import { Confirm } from "../../ui/dialog";
import { tell } from "../../ui/toast";
import { CreateKey } from "./create";

export function Keys() {
  const { own } = useServer();
  const keys = useLoad((signal) => call<{ required: boolean; keys: Key[] }>("GET", "v1/keys", undefined, { signal }), []);
  const [creating, create] = useState(false);
  const [gone, revoke] = useState<Key>();
  const list = keys.data?.keys;
  return (
    <>
      <Head title="Keys" sub="Who may call this server, and for what.">
        {keys.data?.required && (
          <Button icon="plus" look="primary" onClick={() => create(true)}>
            Create
          </Button>
        )}
      </Head>
      <Failure error={keys.error} again={keys.again} />
      {!list && keys.loading && <Loading />}
      {keys.data && !keys.data.required && (
        <Empty title="This server asks nobody for a key">
          <p>Make the first one on its machine; from then on everybody needs one:</p>
          <pre class="snippet">memista keys create --scopes admin --name root</pre>
        </Empty>
      )}
      {keys.data?.required && list?.length === 0 && <Empty title="There are no keys in the file">Yours comes from the environment of the server.</Empty>}
      {list && list.length > 0 && (
        <div class="card">
          <table class="grid-table cards">
            <thead>
              <tr>
                <th>Name</th>
                <th>Scopes</th>
                <th>Databases</th>
                <th>Created</th>
                <th>Expires</th>
                <th>
                  <span class="hidden">What to do</span>
                </th>
              </tr>
            </thead>
            <tbody onKeyDown={moveRow}>
              {list.map((k) => (
                <tr key={k.id} data-row tabIndex={0}>
                  <td class="whole">
                    <span class="row">
                      <span class="strong">{k.name || "unnamed"}</span> <span class="mono muted">{k.id}</span>
                      {own?.id === k.id && <Badge tone="accent">yours</Badge>}
                    </span>
                  </td>
                  <td>
                    <span class="row">
                      {k.scopes.map((s) => (
                        <Badge key={s} tone={s === "admin" ? "warn" : undefined}>{s}</Badge>
                      ))}
                    </span>
                  </td>
                  <td class="mono">{k.databases.join(", ")}</td>
                  <td title={date(k.created_at)} data-label="Created">{ago(k.created_at)}</td>
                  <td data-label="Expires">
                    <Expires at={k.expires_at} />
                  </td>
                  <td class="num">
                    {own?.id !== k.id && (
                      <Button look="quiet" aria-label={`Revoke ${k.name || k.id}`} onClick={() => revoke(k)}>
                        Revoke
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <CreateKey onClose={() => create(false)} onDone={keys.again} />}
      {gone && (
        <Confirm
          title="Revoke the key"
          action="Revoke"
          onClose={() => revoke(undefined)}
          onConfirm={async () => {
            await call("DELETE", `v1/keys/${encodeURIComponent(gone.id)}`);
            tell(`The key ${gone.name || gone.id} is revoked`);
            keys.again();
          }}
        >
          <p>
            Nobody is let in by <b>{gone.name || gone.id}</b> any more, from this moment on.
          </p>
        </Confirm>
      )}
    </>
  );
}

function Expires({ at }: { at: string | null }) {
  if (!at) return <>never</>;
  return new Date(at) < new Date() ? <Badge tone="bad">expired</Badge> : <span title={date(at)}>{ago(at)}</span>;
}
