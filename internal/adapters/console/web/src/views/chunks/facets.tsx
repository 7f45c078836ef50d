import { at, call } from "../../core/api";
import { fieldPath } from "../../core/filter";
import { count } from "../../core/format";
import { useLoad } from "../../core/hooks";
import { isObject, show } from "../../core/json";
import type { Chunk, Filter } from "../../core/types";

type Facet = { name: string; field: string; distinct: number; values: { value: unknown; chunks: number }[] };

const mostFields = 8;
const mostValues = 6;

/** The fields of the metadata with their commonest values, to build a filter from. */
export function Facets({ id, chunks, filter, turn, onPick }: { id: string; chunks: Chunk[]; filter: Filter; turn: number; onPick: (field: string, value: unknown) => void }) {
  const fields = fieldsOf(chunks);
  const facets = useLoad((signal) => load(id, fields, filter, signal), [id, fields.join("\n"), JSON.stringify(filter), turn]);
  const list = (facets.data ?? []).filter((f) => f.values.length > 0);
  if (list.length === 0) return <aside class="facets" />;
  return (
    <aside class="facets" aria-label="Values to filter by">
      {list.map((f) => (
        <section key={f.field}>
          <h3>
            {f.name} <span class="muted">{count(f.distinct)}</span>
          </h3>
          <ul>
            {f.values.map((v) => (
              <li key={show(v.value)}>
                <button type="button" onClick={() => onPick(f.field, v.value)}>
                  <span class="value">{show(v.value)}</span>
                  <span class="num muted">{count(v.chunks)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </aside>
  );
}

function fieldsOf(chunks: Chunk[]): string[] {
  const found = new Map<string, number>();
  for (const c of chunks) {
    if (!isObject(c.metadata)) continue;
    for (const [name, value] of Object.entries(c.metadata)) if (!isObject(value)) found.set(name, (found.get(name) ?? 0) + 1);
  }
  return [...found].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, mostFields).map(([name]) => name);
}

// Fields that are different in nearly every chunk are no help in choosing.
async function load(id: string, fields: string[], filter: Filter, signal: AbortSignal): Promise<Facet[]> {
  const all = await Promise.all(
    fields.map(async (name) => {
      try {
        const field = fieldPath(name);
        const got = await call<Omit<Facet, "field" | "name">>("POST", at(id, "/values"), { field, limit: mostValues, filter }, { signal });
        return { name, field, ...got };
      } catch {
        return undefined; // too many values, or the search for them was given up
      }
    }),
  );
  return all.filter((f): f is Facet => f !== undefined && (f.distinct <= mostValues || (f.values[0]?.chunks ?? 0) > 1));
}
