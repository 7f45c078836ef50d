import { useEffect, useState } from "preact/hooks";
import { isEmpty, readFilter, without } from "../core/filter";
import { isObject, pretty, show } from "../core/json";
import type { Filter, Metadata } from "../core/types";
import { Button } from "./basic";
import { Icon } from "./icons";

/** The conditions of a filter, each to be taken away, and the whole as JSON. */
export function FilterBar({ filter, onChange }: { filter: Filter; onChange: (f: Filter) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
        <Button icon="filter" look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          Filter
        </Button>
        {Object.entries(filter).map(([field, value]) => (
          <button key={field} type="button" class="chip on" title="Take this away" onClick={() => onChange(without(filter, field))}>
            <span class="value">{condition(field, value)}</span>
            <Icon name="close" />
          </button>
        ))}
        {!isEmpty(filter) && (
          <Button look="quiet" onClick={() => onChange({})}>
            Clear
          </Button>
        )}
      {open && <FilterText filter={filter} onChange={onChange} />}
    </>
  );
}

function condition(field: string, value: unknown): string {
  if (isObject(value)) {
    const [[op, v] = ["", ""], ...more] = Object.entries(value);
    if (more.length === 0 && op === "$in" && Array.isArray(v)) return `${field}: ${v.map(show).join(" or ")}`;
    return `${field} ${show(value)}`;
  }
  return field.startsWith("$") && Array.isArray(value) ? `${field} of ${value.length}` : `${field}: ${show(value)}`;
}

function FilterText({ filter, onChange }: { filter: Filter; onChange: (f: Filter) => void }) {
  const [text, setText] = useState(isEmpty(filter) ? "" : pretty(filter));
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    // Not while somebody types what means the same.
    try {
      if (JSON.stringify(readFilter(text)) === JSON.stringify(filter)) return;
    } catch {
      // what stands there is no filter yet, so the new one takes its place
    }
    setText(isEmpty(filter) ? "" : pretty(filter));
    setWrong("");
  }, [JSON.stringify(filter)]);
  const input = (t: string) => {
    setText(t);
    try {
      onChange(readFilter(t));
      setWrong("");
    } catch (e) {
      setWrong((e as Error).message);
    }
  };
  return (
    <div class="field filter">
      <textarea
        class="mono"
        rows={Math.min(12, text.split("\n").length + 1)}
        spellcheck={false}
        aria-label="Filter as JSON"
        aria-invalid={wrong !== ""}
        placeholder='{"page": {"$gte": 3}}'
        value={text}
        onInput={(e) => input(e.currentTarget.value)}
      />
      <span class={wrong ? "hint wrong" : "hint"}>{wrong || "Click on values below to add them, or write any filter: $gt, $in, $or, $text and the others."}</span>
    </div>
  );
}

/** The values of some metadata, each of which can be picked for a filter. */
export function Values({ metadata, onPick }: { metadata?: Metadata; onPick?: (field: string, value: unknown) => void }) {
  if (metadata === null || metadata === undefined) return null;
  const fields = typeof metadata === "string" ? fieldsOf(metadata) : metadata;
  if (!fields) return <span class="chip plain">{String(metadata)}</span>;
  return (
    <div class="values">
      {Object.entries(fields).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((v, i) => <Value key={`${name} ${i}`} name={name} value={v} onPick={onPick} />),
      )}
    </div>
  );
}

// A string that is a JSON object has fields like one.
function fieldsOf(text: string): Record<string, unknown> | undefined {
  try {
    return readFilter(text);
  } catch {
    return undefined;
  }
}

function Value({ name, value, onPick }: { name: string; value: unknown; onPick?: (field: string, value: unknown) => void }) {
  const words = show(value);
  const inside = (
    <>
      <span>{name}</span>
      <span class="value">{words}</span>
    </>
  );
  if (!onPick || (typeof value === "object" && value !== null && isObject(value))) return <span class="chip plain">{inside}</span>;
  return (
    <button type="button" class="chip" title={`Only ${name}: ${words}`} onClick={() => onPick(name, value)}>
      {inside}
    </button>
  );
}
