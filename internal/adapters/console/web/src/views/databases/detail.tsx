import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { bytes, count, date, seconds } from "../../core/format";
import { useLoad } from "../../core/hooks";
import { pretty } from "../../core/json";
import { go, link } from "../../core/route";
import { lastDatabase, useServer } from "../../core/server";
import type { Job, Statistics } from "../../core/types";
import { Badge, Button, Failure, Head, Loading } from "../../ui/basic";
import { Confirm } from "../../ui/dialog";
import { tell } from "../../ui/toast";
import { diskOf, lagOf, memoryOf } from "./figures";
import { Jobs } from "./jobs";
import { Health } from "./list";

export function DatabaseView({ id }: { id: string }) {
  const db = useLoad((signal) => call<Statistics>("GET", at(id), undefined, { signal }), [id], 3000);
  const { may } = useServer();
  const [dropping, drop] = useState(false);
  const s = db.data;
  const rebuild = async () => {
    try {
      const job = await call<Job>("POST", at(id, "/rebuild"));
      tell(`Rebuild of ${job.database_id} has begun`);
    } catch (e) {
      tell((e as Error).message, true);
    }
  };
  return (
    <>
      <Head
        title={
          <>
            <a class="crumb" href={link("databases")}>
              Databases
            </a>{" "}
            <span class="crumb">/</span> {id}
          </>
        }
      >
        <a class="button primary" href={link("search", id)}>
          Search
        </a>
        <a class="button" href={link("chunks", id)}>
          Chunks
        </a>
        {may("admin") && (
          <>
            <Button icon="rebuild" onClick={rebuild} title="Makes the index anew from the rows, beside the one in use">
              Rebuild
            </Button>
            <Button icon="trash" onClick={() => drop(true)}>
              Drop
            </Button>
          </>
        )}
      </Head>
      <Failure error={db.error} again={db.again} />
      {!s && db.loading && <Loading />}
      {s && <Facts s={s} />}
      {s?.problems.map((p) => (
        <div key={p.code} class="notice bad" role="alert">
          <p class="strong">{p.code}</p>
          <p>{p.message}</p>
        </div>
      ))}
      <Jobs id={id} />
      {s && (
        <div class="columns">
          <Settings s={s} />
          <Index s={s} />
        </div>
      )}
      {dropping && (
        <Confirm
          title="Drop the database"
          action="Drop"
          typed={id}
          onClose={() => drop(false)}
          onConfirm={async () => {
            await call("DELETE", at(id));
            tell(`${id} is dropped`);
            lastDatabase.set("");
            go(link("databases"));
          }}
        >
          <p>
            <b>{id}</b> and its {count(s?.chunks ?? 0)} chunks are deleted for good, and so are its aliases. Nothing brings them back but a backup.
          </p>
        </Confirm>
      )}
    </>
  );
}

function Facts({ s }: { s: Statistics }) {
  return (
    <dl class="facts">
      <Fact name="Chunks" value={count(s.chunks)} />
      <Fact name="Dimensions" value={s.dimensions ?? "–"} unit={s.metric} />
      <Fact name="Plan" value={s.plan} />
      <Fact name="Lag" value={lagOf(s)} unit={s.graph ? "changes" : ""} />
      <Fact name="Memory" value={memoryOf(s)} />
      <Fact name="Disk" value={bytes(diskOf(s))} />
      <Fact name="Health" value={<Health s={s} />} />
    </dl>
  );
}

function Fact({ name, value, unit }: { name: string; value: ComponentChildren; unit?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} {unit && <small>{unit}</small>}
      </dd>
    </div>
  );
}

function Pairs({ list }: { list: [string, ComponentChildren][] }) {
  return (
    <dl class="pairs">
      {list.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

const standard = <span class="muted">default</span>;

function Settings({ s }: { s: Statistics }) {
  return (
    <section class="card">
      <h2>Settings</h2>
      <div class="inside">
        <Pairs
          list={[
            ["Created", date(s.created_at)],
            ["Embedder", s.embedder ? `${s.embedder.provider}/${s.embedder.model}` : "none: chunks bring embeddings"],
            ["Full text", s.full_text || "none"],
            ["Metric", s.metric],
            ["Engine", s.engine ?? standard],
            ["Storage", s.storage ?? standard],
            ["M", s.m ?? standard],
            ["ef_construction", s.ef_construction ?? standard],
            ["ef_search", s.ef_search ?? standard],
            ["Time to live", s.ttl_seconds ? seconds(s.ttl_seconds) : "forever"],
            ["Embeddings", s.optional_embeddings ? "optional" : "of every chunk"],
            ["Sparse vectors", s.sparse ? Object.entries(s.sparse).map(([n, o]) => <Badge key={n}>{o.modifier && o.modifier !== "none" ? `${n} (${o.modifier})` : n}</Badge>) : "none"],
            ["Metadata", s.metadata ? <pre>{pretty(s.metadata)}</pre> : "none"],
          ]}
        />
      </div>
    </section>
  );
}

function Index({ s }: { s: Statistics }) {
  const g = s.graph;
  return (
    <section class="card">
      <h2>Index</h2>
      <div class="inside stack">
        <p class="muted small">
          New vectors are compared one by one in the tail, and move to the graph in the background. Searches see both at once.
        </p>
        <h3>Tail</h3>
        {s.tail ? (
          <Pairs
            list={[
              ["Vectors", count(s.tail.vectors)],
              ["Memory", bytes(s.tail.bytes)],
              ["Instructions", s.tail.simd],
              ["Indexing", s.tail.indexing ? "under way" : "nothing to do"],
            ]}
          />
        ) : (
          <p>The database is not in memory. The next search opens it.</p>
        )}
        <h3>Graph</h3>
        {g ? (
          <Pairs
            list={[
              ["Engine", `${g.engine}, ${g.storage}, ${g.simd}`],
              ["Vectors", g.dead > 0 ? `${count(g.vectors)}, and ${count(g.dead)} removed` : count(g.vectors)],
              ["Memory", `${bytes(g.bytes)}, and ${bytes(g.mapped_bytes)} mapped`],
              ["Behind the rows", `${lagOf(s)} changes`],
              ["In its file", g.saved_sequence === null ? "not yet" : g.saved_sequence === g.sequence ? "all of it" : `all but ${count(g.sequence - g.saved_sequence)} changes`],
            ]}
          />
        ) : (
          <p>There is none: so few vectors are found faster without.</p>
        )}
        <h3>Disk</h3>
        <Pairs list={[["Embeddings", bytes(s.disk.embedding_bytes)], ["Index file", bytes(s.disk.index_bytes)]]} />
      </div>
    </section>
  );
}
