import { useState } from "preact/hooks";
import { count, duration, figure } from "../../core/format";
import type { Explain } from "../../core/types";
import { Icon } from "../../ui/icons";

type Step = "open" | "filter" | "tail" | "graph" | "text" | "sparse" | "rows" | "rerank";

const steps: [Step, string, string][] = [
  ["open", "Open", "until the database could be searched, and the text was embedded"],
  ["filter", "Filter", "looked up which chunks the filter selects"],
  ["tail", "Tail", "compared with the newest vectors one by one"],
  ["graph", "Graph", "walked over the graph"],
  ["text", "Words", "found words"],
  ["sparse", "Sparse", "found sparse vectors"],
  ["rows", "Rows", "read texts and metadata"],
  ["rerank", "Rerank", "ranked again"],
];

/** How a search was answered: where its time went, and what it looked at. */
export function Timeline({ explain: x }: { explain: Explain }) {
  const [open, setOpen] = useState(false);
  const used = steps.filter(([s]) => x.times_us[s] > 0);
  const sum = used.reduce((n, [s]) => n + x.times_us[s], 0);
  return (
    <div class="explain">
      <button type="button" class="timeline" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class={open ? "fold open" : "fold"}>
          <Icon name="right" />
        </span>
        <span class="label">
          {planWords(x)} in {duration(x.times_us.total)}
        </span>
        <span class="segments" aria-hidden="true">
          {used.map(([s]) => (
            <span key={s} class={`segment ${s}`} style={{ flexGrow: x.times_us[s] / Math.max(sum, 1) }} />
          ))}
        </span>
      </button>
      {open && (
        <div class="opened">
          <ul class="legend">
            {used.map(([s, name, what]) => (
              <li key={s}>
                <span class={`swatch ${s}`} />
                <span>{name}</span>
                <b>{duration(x.times_us[s])}</b>
                <span class="muted">{what}</span>
              </li>
            ))}
          </ul>
          <dl class="pairs">
            {x.plan && (
              <>
                <dt>Plan</dt>
                <dd>
                  {x.plan}: {plans[x.plan] ?? ""}
                </dd>
              </>
            )}
            <dt>Distances</dt>
            <dd>
              {count(x.distances)} computed, {count(x.visited)} nodes visited, {count(x.candidates)} candidates
            </dd>
            {x.tail && (
              <>
                <dt>Tail</dt>
                <dd>
                  {x.tail.plan}, {count(x.tail.vectors)} vectors, {count(x.tail.distances)} distances
                </dd>
              </>
            )}
            {x.graph && (
              <>
                <dt>Graph</dt>
                <dd>
                  {x.graph.plan}, {count(x.graph.vectors)} vectors, {count(x.graph.distances)} distances
                </dd>
              </>
            )}
            {x.filter && (
              <>
                <dt>Filter</dt>
                <dd>
                  {count(x.filter.matched)} of {count(x.filter.of)} chunks ({figure(x.filter.selectivity * 100)} %), from {x.filter.source}
                </dd>
              </>
            )}
            {x.text && (
              <>
                <dt>Words</dt>
                <dd>
                  {count(x.text.terms)} looked for, {count(x.text.found)} matches
                  {x.text.fusion && `; fused by ${x.text.fusion.method}, meaning ${x.text.fusion.vector_weight} to words ${x.text.fusion.text_weight}`}
                </dd>
              </>
            )}
            {x.rerank && (
              <>
                <dt>Rerank</dt>
                <dd>
                  {x.rerank.model}, {count(x.rerank.texts)} texts
                </dd>
              </>
            )}
            {x.rounds > 1 && (
              <>
                <dt>Rounds</dt>
                <dd>{count(x.rounds)}: rows changed meanwhile</dd>
              </>
            )}
          </dl>
        </div>
      )}
    </div>
  );
}

const plans: Record<string, string> = {
  flat: "every vector was compared",
  ids: "every vector that the filter selects was compared",
  graph: "a walk over the graph",
  filtered: "a wider walk over the graph, past what the filter leaves out",
  empty: "there was nothing to compare",
};

function planWords(x: Explain): string {
  if (x.text && (!x.plan || x.plan === "empty")) return "words";
  return x.text ? `${x.plan} and words` : x.plan;
}
