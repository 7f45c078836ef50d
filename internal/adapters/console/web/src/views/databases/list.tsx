import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { bytes, count } from "../../core/format";
import { moveRow, useLoad } from "../../core/hooks";
import { go, link } from "../../core/route";
import { useServer } from "../../core/server";
import type { Database, Statistics } from "../../core/types";
import { Badge, Button, Empty, Failure, Head, Loading } from "../../ui/basic";
import { Create } from "./create";
import { Jobs } from "./jobs";
import { diskOf, lagOf, memoryOf } from "./figures";

type Page = { databases: Database[]; next_after: string | null };

const pageSize = 50;

export function Databases() {
  const [prefix, setPrefix] = useState("");
  const [after, setAfter] = useState<string[]>([]);
  const [creating, create] = useState(false);
  const { may } = useServer();
  const start = after.at(-1) ?? "";
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (start) query.set("after", start);
  if (prefix) query.set("prefix", prefix);
  const page = useLoad((signal) => call<Page>("GET", `v1/databases?${query}`, undefined, { signal }), [query.toString()], 5000);
  const list = page.data?.databases;
  const filtered = prefix !== "" || start !== "";
  return (
    <>
      <Head title="Databases">
        {(filtered || (list?.length ?? 0) > 8) && (
          <input
            class="picker"
            type="search"
            placeholder="Names that begin with…"
            aria-label="Names that begin with"
            value={prefix}
            onInput={(e) => (setPrefix(e.currentTarget.value), setAfter([]))}
          />
        )}
        {may("write") && (
          <Button icon="plus" look="primary" onClick={() => create(true)}>
            Create
          </Button>
        )}
      </Head>
      <Failure error={page.error} again={page.again} />
      {!list && page.loading && <Loading />}
      {list && list.length === 0 && (
        <Empty title={filtered ? "No database has such a name" : "There is no database yet"}>
          {!filtered && <p>The first insert makes one; or create it here, with settings of your choice.</p>}
        </Empty>
      )}
      {list && list.length > 0 && <Table list={list} />}
      {(start || page.data?.next_after) && (
        <div class="row">
          <Button disabled={!start} onClick={() => setAfter(after.slice(0, -1))}>
            Previous
          </Button>
          <Button disabled={!page.data?.next_after} onClick={() => setAfter([...after, page.data!.next_after!])}>
            Next
          </Button>
        </div>
      )}
      <Jobs />
      {creating && <Create onClose={() => create(false)} onDone={(id) => go(link("databases", id))} />}
    </>
  );
}

// A list says little of each: the rest is asked for one by one, a few at a time.
async function describe(list: Database[], signal: AbortSignal): Promise<Map<string, Statistics>> {
  const found = new Map<string, Statistics>();
  const todo = [...list];
  const work = async () => {
    for (let d = todo.shift(); d; d = todo.shift()) {
      try {
        found.set(d.id, await call<Statistics>("GET", at(d.id), undefined, { signal }));
      } catch {
        // dropped meanwhile, or damaged: the row stays without it
      }
    }
  };
  await Promise.all([1, 2, 3, 4].map(work));
  return found;
}

function Table({ list }: { list: Database[] }) {
  const stats = useLoad((signal) => describe(list, signal), [list.map((d) => `${d.id} ${d.sequence}`).join("\n")]);
  const [known, keep] = useState(stats.data);
  if (stats.data && stats.data !== known) keep(stats.data);
  return (
    <div class="card">
      <table class="grid-table cards">
        <thead>
          <tr>
            <th>Name</th>
            <th class="num">Chunks</th>
            <th class="num">Dimensions</th>
            <th>Metric</th>
            <th>Plan</th>
            <th class="num">Lag</th>
            <th class="num">Memory</th>
            <th class="num">Disk</th>
            <th>Health</th>
            <th>
              <span class="hidden">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody onKeyDown={moveRow}>
          {list.map((d) => (
            <Row key={d.id} d={d} s={known?.get(d.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ d, s }: { d: Database; s?: Statistics }) {
  return (
    <tr>
      <td class="whole">
        <div class="row">
          <a class="strong" data-row href={link("databases", d.id)}>
            {d.id}
          </a>
          {d.embedder && <Badge title="The model that makes embeddings of texts">{d.embedder.provider}/{d.embedder.model}</Badge>}
          {d.full_text && <Badge title="Texts are found by their words">{d.full_text}</Badge>}
        </div>
      </td>
      <td class="num" data-label="Chunks">{count(d.chunks)}</td>
      <td class="num" data-label="Dimensions">{d.dimensions ?? "–"}</td>
      <td data-label="Metric">{d.metric}</td>
      <td data-label="Plan">{s ? s.plan : "…"}</td>
      <td class="num" data-label="Lag">{s ? lagOf(s) : "…"}</td>
      <td class="num" data-label="Memory">{s ? memoryOf(s) : "…"}</td>
      <td class="num" data-label="Disk">{s ? bytes(diskOf(s)) : "…"}</td>
      <td>{s && <Health s={s} />}</td>
      <td class="num">
        <a class="button quiet" href={link("search", d.id)} aria-label={`Search ${d.id}`}>
          Search
        </a>
      </td>
    </tr>
  );
}

export function Health({ s }: { s: Statistics }) {
  if (s.problems.length > 0) return <Badge tone="bad" title={s.problems.map((p) => p.message).join("\n")}>{s.problems[0]!.code}</Badge>;
  if (s.tail?.indexing) return <Badge tone="warn">indexing</Badge>;
  return <Badge tone="good">good</Badge>;
}
