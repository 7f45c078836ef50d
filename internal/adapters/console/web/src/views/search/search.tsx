import { useEffect, useRef, useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { useLoad } from "../../core/hooks";
import { link, replace, type Route } from "../../core/route";
import type { Database } from "../../core/types";
import { Button, Failure, Head, Loading } from "../../ui/basic";
import { Picker } from "../picker";
import { Column } from "./column";
import { firstMode, free, modesOf, readSpec, writeSpec, type Mode, type Spec } from "./spec";

export function Search({ route }: { route: Route }) {
  const db = useLoad((signal) => (route.id ? call<Database>("GET", at(route.id), undefined, { signal }) : Promise.resolve(undefined)), [route.id]);
  return (
    <>
      <Head title="Search">
        <Picker view="search" id={route.id} />
      </Head>
      <Failure error={db.error} again={db.again} />
      {route.id && !db.data && db.loading && <Loading />}
      {db.data && <Form key={db.data.id} db={db.data} alias={route.id} route={route} />}
    </>
  );
}

const names: Record<Mode, string> = { both: "Both", meaning: "Meaning", words: "Words", vector: "Vector", like: "Like a chunk" };
const titles: Record<Mode, string> = {
  both: "By meaning and by words, in one list",
  meaning: "What is near in meaning: the embedder of the database makes an embedding of the text",
  words: "Texts that have the words, ranked by BM25",
  vector: "What is nearest to a vector",
  like: "What is nearest to a stored chunk",
};
const asks: Record<Mode, string> = {
  both: "Search by meaning and words…",
  meaning: "Search by meaning…",
  words: 'Search by words: sec* "a phrase"…',
  vector: "Paste a vector: [0.1, 0.2, …]",
  like: "The id or the key of a chunk",
};

function Form({ db, alias, route }: { db: Database; alias: string; route: Route }) {
  const first = firstMode(db);
  const [a, setA] = useState(() => readSpec(route.query, first));
  const [b, setB] = useState(() => (route.query.get("b.mode") ? readSpec(route.query, first, "b.") : undefined));
  const [asked, ask] = useState<{ a: Spec; b?: Spec }>({ a, b });
  const timer = useRef(0);
  const address = (x: Spec, y?: Spec) => link("search", alias, { q: x.q, ...writeSpec(x), ...(y ? writeSpec(y, "b.") : {}) });

  // Another address, as of a link or of the way back, is another search.
  useEffect(() => {
    if (location.hash === address(a, b)) return;
    const x = readSpec(route.query, first);
    const y = route.query.get("b.mode") ? readSpec(route.query, first, "b.") : undefined;
    setA(x);
    setB(y);
    ask({ a: x, b: y });
  }, [route.query]);

  const run = (x: Spec, y?: Spec) => {
    clearTimeout(timer.current);
    ask({ a: x, b: y });
    replace(address(x, y));
  };
  const change = (x: Spec, y = b) => {
    setA(x);
    setB(y);
    run(x, y);
  };
  const type = (q: string) => {
    const x = { ...a, q };
    const y = b && { ...b, q };
    setA(x);
    setB(y);
    clearTimeout(timer.current);
    if (free(x, db) && (!y || free(y, db))) timer.current = window.setTimeout(() => run(x, y), 250);
  };
  const like = (id: number) => change({ ...a, mode: "like", q: String(id) }, b && { ...b, mode: "like", q: String(id) });
  const off = modesOf(db);
  const modes = (Object.keys(names) as Mode[]).map((m) => ({ value: m, label: names[m], title: off[m] ?? titles[m], disabled: off[m] !== undefined }));
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus(), []);
  const wide = a.mode === "vector" || b?.mode === "vector";
  return (
    <>
      <form
        class="searchbox"
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          run(a, b);
        }}
      >
        {wide ? (
          <textarea ref={input} data-search class="mono" rows={3} spellcheck={false} placeholder={asks[a.mode]} aria-label={asks[a.mode]} value={a.q} onInput={(e) => type(e.currentTarget.value)} onKeyDown={enter} />
        ) : (
          <input ref={input} data-search type="search" spellcheck={false} placeholder={asks[a.mode]} aria-label={asks[a.mode]} value={a.q} onInput={(e) => type(e.currentTarget.value)} onKeyDown={enter} />
        )}
        <Button type="submit" look="primary" icon="search">
          Search
        </Button>
        <Button icon="compare" aria-pressed={b !== undefined} onClick={() => change(a, b ? undefined : other(a, off))}>
          {b ? "Stop comparing" : "Compare"}
        </Button>
      </form>
      <div class={b ? "columns pair" : ""}>
        <Column db={db} alias={alias} spec={a} asked={asked.a} rival={b && asked.b} modes={modes} onChange={(x) => change(x, b && { ...b, q: x.q })} onLike={like} name={b ? "First search" : "Search"} />
        {b && <Column db={db} alias={alias} spec={b} asked={asked.b ?? b} rival={asked.a} modes={modes} onChange={(y) => change({ ...a, q: y.q }, y)} onLike={like} name="Second search" />}
      </div>
    </>
  );
}

// Enter searches, the arrow goes to the hits, Esc leaves the box.
function enter(e: KeyboardEvent) {
  const box = e.currentTarget as HTMLElement;
  if (e.key === "Escape") box.blur();
  if (e.key === "ArrowDown" && box.tagName === "INPUT") {
    const hit = document.querySelector<HTMLElement>(".hits [data-row]");
    if (hit) {
      e.preventDefault();
      hit.focus();
    }
  }
  if (e.key === "Enter" && !e.shiftKey && box.tagName === "TEXTAREA") {
    e.preventDefault();
    box.closest("form")?.requestSubmit();
  }
}

/** A second search that differs from the first in what is most telling. */
function other(a: Spec, off: Record<Mode, string | undefined>): Spec {
  if (a.mode !== "words" && !off.words && a.mode !== "vector" && a.mode !== "like") return { ...a, mode: "words" };
  if (a.mode === "words" && !off.meaning) return { ...a, mode: "meaning" };
  return { ...a, exact: !a.exact };
}

