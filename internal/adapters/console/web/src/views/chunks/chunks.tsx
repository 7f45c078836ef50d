import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { isEmpty, pick, readFilter, writeFilter } from "../../core/filter";
import { count } from "../../core/format";
import { moveRow, useLoad } from "../../core/hooks";
import { link, replace, type Route } from "../../core/route";
import { useServer } from "../../core/server";
import type { Chunk, Filter, Statistics } from "../../core/types";
import { Button, Empty, Failure, Head, Loading } from "../../ui/basic";
import { Confirm } from "../../ui/dialog";
import { FilterBar } from "../../ui/filter";
import { tell } from "../../ui/toast";
import { Picker } from "../picker";
import { Edit } from "./edit";
import { Facets } from "./facets";
import { DropZone, Import } from "./import";
import { Insert } from "./insert";
import { ChunkRow } from "./row";

const pageSize = 50;

type Page = { chunks: Chunk[]; next_after: number | null };

export function Chunks({ route }: { route: Route }) {
  const db = useLoad((signal) => (route.id ? call<Statistics>("GET", at(route.id), undefined, { signal }) : Promise.resolve(undefined)), [route.id]);
  const [file, setFile] = useState<File>();
  const { may } = useServer();
  const [inserting, insert] = useState(false);
  const [turn, again] = useState(0);
  const renew = () => {
    again((n) => n + 1);
    db.again();
  };
  const body = (
    <>
      <Head title="Chunks">
        <Picker view="chunks" id={route.id} />
        {db.data && may("write") && (
          <>
            <label class="button" tabIndex={-1}>
              Import a file
              <input class="hidden" type="file" accept=".jsonl,.ndjson,.json,.csv,.tsv,.parquet" onChange={(e) => setFile(e.currentTarget.files?.[0])} />
            </label>
            <Button icon="plus" look="primary" onClick={() => insert(true)}>
              Insert
            </Button>
          </>
        )}
      </Head>
      <Failure error={db.error} again={db.again} />
      {route.id && !db.data && db.loading && <Loading />}
      {file && db.data && <Import key={`${file.name} ${file.size}`} db={db.data} file={file} onClose={() => setFile(undefined)} onDone={renew} />}
      {db.data && <List key={db.data.id} db={db.data} alias={route.id} route={route} turn={turn} onChange={renew} />}
      {inserting && db.data && <Insert db={db.data} onClose={() => insert(false)} onDone={renew} />}
    </>
  );
  return db.data && may("write") ? <DropZone onFile={setFile}>{body}</DropZone> : body;
}

function List({ db, alias, route, turn, onChange }: { db: Statistics; alias: string; route: Route; turn: number; onChange: () => void }) {
  const text = route.query.get("filter") ?? "";
  const filter = safely(text);
  const [pages, setPages] = useState<number[]>([]);
  const [purging, purge] = useState(false);
  const { may } = useServer();
  const after = pages.at(-1) ?? 0;
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (after) query.set("after", String(after));
  if (!isEmpty(filter)) query.set("filter", text);
  const page = useLoad((signal) => call<Page>("GET", at(alias, `/chunks?${query}`), undefined, { signal }), [alias, query.toString(), turn]);
  const total = useLoad((signal) => call<{ count: number }>("POST", at(alias, "/count"), isEmpty(filter) ? {} : { filter }, { signal }), [alias, text, turn]);
  const setFilter = (f: Filter) => {
    setPages([]);
    replace(link("chunks", alias, { filter: writeFilter(f) }));
  };
  const choose = (field: string, value: unknown) => setFilter(pick(filter, field, value));
  const open = Number(route.query.get("id") ?? 0);
  const show = (id?: number) => replace(link("chunks", alias, { filter: text, id: id ? String(id) : undefined }));
  const list = page.data?.chunks;
  const n = total.data?.count;
  return (
    <>
      <div class="row">
        <FilterBar filter={filter} onChange={setFilter} />
        <p class="muted right" role="status">
          {n !== undefined && (isEmpty(filter) ? `${count(n)} ${n === 1 ? "chunk" : "chunks"}` : `${count(n)} of ${count(db.chunks)} chunks`)}
        </p>
        {may("write") && n !== undefined && n > 0 && !isEmpty(filter) && (
          <Button icon="trash" onClick={() => purge(true)}>
            Delete these
          </Button>
        )}
      </div>
      <Failure error={page.error ?? total.error} again={page.again} />
      {list && list.length === 0 && (
        <Empty title={isEmpty(filter) ? "The database is empty" : "No chunk matches the filter"}>
          {isEmpty(filter) && may("write") && <p>Insert a chunk, or drop a file here: JSON lines, CSV or Parquet.</p>}
        </Empty>
      )}
      {list && list.length > 0 && (
        <div class="browse">
          <div class="stack">
            <ul class="hits" onKeyDown={moveRow}>
              {list.map((c) => (
                <ChunkRow key={c.chunk_id} chunk={c} db={alias} onOpen={() => show(c.chunk_id)} onPick={choose} onGone={onChange} />
              ))}
            </ul>
            {(pages.length > 0 || page.data?.next_after) && (
              <div class="row">
                <Button disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
                  Previous
                </Button>
                <Button disabled={!page.data?.next_after} onClick={() => setPages([...pages, page.data!.next_after!])}>
                  Next
                </Button>
              </div>
            )}
          </div>
          <Facets id={alias} chunks={list} filter={filter} turn={turn} onPick={choose} />
        </div>
      )}
      {!list && page.loading && <Loading />}
      {open > 0 && <Edit key={open} db={db} alias={alias} id={open} onClose={() => show()} onDone={onChange} />}
      {purging && (
        <Confirm
          title="Delete chunks"
          action="Delete"
          typed={db.id}
          onClose={() => purge(false)}
          onConfirm={async () => {
            const gone = await call<{ deleted: number }>("POST", at(alias, "/delete"), { filter });
            tell(`${count(gone.deleted)} chunks are deleted`);
            setFilter({});
            onChange();
          }}
        >
          <p>
            All <b>{count(n ?? 0)}</b> chunks of <b>{db.id}</b> that the filter selects are deleted for good.
          </p>
        </Confirm>
      )}
    </>
  );
}

function safely(text: string): Filter {
  try {
    return readFilter(text);
  } catch {
    return {};
  }
}
