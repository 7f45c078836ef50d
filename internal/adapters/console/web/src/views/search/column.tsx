import { useMemo, useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { pick, readFilter, writeFilter } from "../../core/filter";
import { count, duration } from "../../core/format";
import { highlighter } from "../../core/highlight";
import { moveRow, useLoad } from "../../core/hooks";
import type { Database, Filter, Query, Results } from "../../core/types";
import { Button, Choice, Empty, Failure, Loading } from "../../ui/basic";
import { FilterBar } from "../../ui/filter";
import { Code } from "./code";
import { Difference, rivalRanks } from "./difference";
import { Timeline } from "./timeline";
import { HitRow } from "./hit";
import { Options } from "./options";
import { inMode, queryOf, type Mode, type Spec } from "./spec";

type Props = {
  db: Database;
  alias: string;
  name: string;
  spec: Spec;
  asked: Spec;
  rival?: Spec;
  modes: { value: Mode; label: string; title: string; disabled: boolean }[];
  onChange: (s: Spec) => void;
  onLike: (id: number) => void;
};

// Both columns of a comparison ask for both answers, so the last few are kept.
const answers = new Map<string, Promise<Results>>();

function ask(id: string, query: Query): Promise<Results> {
  const body = JSON.stringify({ queries: [query], explain: true });
  const key = `${id}\n${body}`;
  const known = answers.get(key);
  if (known) return known;
  const answer = call<Results>("POST", at(id, "/search"), body);
  answers.set(key, answer);
  // Only long enough for the other column: the next search of the same asks again.
  const forget = () => setTimeout(() => answers.delete(key), 500);
  answer.then(forget, forget);
  return answer;
}

/** One search: its settings, its answer and what came of it. */
export function Column(p: Props) {
  const { db, spec, asked, rival } = p;
  const [coding, code] = useState(false);
  const answer = useLoad(async () => {
    const query = queryOf(asked);
    return query ? { query, got: await ask(p.alias, query) } : undefined;
  }, [p.alias, asked]);
  const theirs = useLoad(async () => {
    const query = rival && queryOf(rival);
    return query ? ask(p.alias, query) : undefined;
  }, [p.alias, rival]);
  const hits = answer.data?.got.results[0];
  const explain = answer.data?.got.explain?.[0];
  const other = rival && theirs.data?.results[0];
  const cut = useMemo(() => {
    if ((asked.mode !== "words" && asked.mode !== "both") || !db.full_text) return null;
    return highlighter(asked.q, db.full_text);
  }, [asked, db.full_text]);
  const filter = safely(spec.filter);
  const setFilter = (f: Filter) => p.onChange({ ...spec, filter: writeFilter(f) });
  const ranks = other && rivalRanks(other);
  return (
    <section class="searched" aria-label={p.name}>
      <div class="row">
        <Choice label="Search by" value={spec.mode} options={p.modes} onChange={(mode) => p.onChange(inMode(spec, mode))} />
        <Options spec={spec} onChange={p.onChange} />
        <FilterBar filter={filter} onChange={setFilter} />
      </div>
      <Failure error={answer.error} />
      {!hits && answer.loading && asked.q && <Loading />}
      {!hits && !answer.loading && !answer.error && <Empty title="Nothing is asked for yet">Type above, or press / from anywhere.</Empty>}
      {hits && (
        <div class="row found">
          <p role="status">
            <b>{count(hits.length)}</b> {hits.length === 1 ? "hit" : "hits"} in <b>{duration(answer.data!.got.took_ms * 1000)}</b>
          </p>
          <Button class="right" icon="code" look="quiet" onClick={() => code(true)}>
            Copy as
          </Button>
        </div>
      )}
      {hits && other && <Difference mine={hits} theirs={other} />}
      {explain && <Timeline explain={explain} />}
      {hits && hits.length === 0 && <Empty title="Nothing was found">{asked.filter ? "The filter may leave out everything." : "Try other words, or search by meaning."}</Empty>}
      {hits && hits.length > 0 && (
        <ol class="hits" onKeyDown={moveRow}>
          {hits.map((h, i) => (
            <HitRow
              key={h.chunk_id}
              hit={h}
              rank={i + 1}
              top={hits[0]!.score}
              explain={explain}
              cut={cut}
              rival={ranks ? (ranks.get(h.chunk_id) ?? 0) : undefined}
              db={p.alias}
              onLike={() => p.onLike(h.chunk_id)}
              onPick={(field, value) => setFilter(pick(filter, field, value))}
            />
          ))}
        </ol>
      )}
      {coding && answer.data && <Code id={p.alias} query={answer.data.query} onClose={() => code(false)} />}
    </section>
  );
}

function safely(text: string): Filter {
  try {
    return readFilter(text);
  } catch {
    return {};
  }
}
