import { useState } from "preact/hooks";
import { Button } from "../../ui/basic";
import { Check, Field } from "../../ui/field";
import type { Spec } from "./spec";

/** How many hits, and how hard to look for them. */
export function Options({ spec, onChange }: { spec: Spec; onChange: (s: Spec) => void }) {
  const [open, setOpen] = useState(false);
  const input = (name: "k" | "ef" | "min" | "diversity") => ({
    value: spec[name],
    onChange: (e: { currentTarget: { value: string } }) => onChange({ ...spec, [name]: e.currentTarget.value }),
  });
  const words = spec.mode === "words" || spec.mode === "both";
  return (
    <>
      <Button look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        {summary(spec)}
      </Button>
      {open && (
        <div class="options form">
          <Field label="k" hint="How many hits.">
            <input type="number" min={1} max={10000} placeholder="10" {...input("k")} />
          </Field>
          <Field label="ef" hint="Beam width in the graph: more finds more.">
            <input type="number" min={0} max={100000} placeholder="default" {...input("ef")} />
          </Field>
          <Field label="Least score" hint="Hits that score less are left out.">
            <input type="number" step="any" placeholder="any" {...input("min")} />
          </Field>
          <Field label="Diversity" hint="0 to 1: have hits differ from each other.">
            <input type="number" step="0.1" min={0} max={1} placeholder="off" {...input("diversity")} />
          </Field>
          <div class="stack tight">
            <Check label="Exact" hint="Compare with every vector." checked={spec.exact} onChange={(exact) => onChange({ ...spec, exact })} />
            {words && <Check label="All words" hint="Only texts that have every word." checked={spec.match === "all"} onChange={(all) => onChange({ ...spec, match: all ? "all" : "any" })} />}
            {spec.mode !== "vector" && spec.mode !== "like" && <Check label="Rerank" hint="By the reranker of the server." checked={spec.rerank} onChange={(rerank) => onChange({ ...spec, rerank })} />}
          </div>
        </div>
      )}
    </>
  );
}

function summary(s: Spec): string {
  const list = [`k ${s.k || 10}`, s.exact ? "exact" : s.ef ? `ef ${s.ef}` : "", s.min ? `score ≥ ${s.min}` : "", s.match === "all" ? "all words" : "", s.diversity ? `diversity ${s.diversity}` : "", s.rerank ? "reranked" : ""];
  return list.filter(Boolean).join(" · ");
}
