import { useEffect } from "preact/hooks";
import { call } from "../core/api";
import { useLoad } from "../core/hooks";
import { go, link, replace } from "../core/route";
import type { Database } from "../core/types";
import { Empty } from "../ui/basic";

/** Chooses the database of a view. Where none is chosen yet, it is the first. */
export function Picker({ view, id }: { view: string; id: string }) {
  const list = useLoad((signal) => call<{ databases: Database[] }>("GET", "v1/databases?limit=1000", undefined, { signal }), []);
  const known = list.data?.databases ?? [];
  useEffect(() => {
    if (!id && known[0]) replace(link(view, known[0].id));
  }, [id, known[0]?.id]);
  if (list.data && known.length === 0) return <Empty title="There is no database yet" />;
  return (
    <select class="picker" aria-label="Database" value={id} onChange={(e) => go(link(view, e.currentTarget.value))}>
      {id && !known.some((d) => d.id === id) && <option>{id}</option>}
      {known.map((d) => (
        <option key={d.id}>{d.id}</option>
      ))}
    </select>
  );
}
