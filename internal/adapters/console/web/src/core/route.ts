// Where the console is stands in the fragment of the address, so that every view can be
// linked to and the server has one page: #/search/my_app?q=tea.
import { useEffect, useState } from "preact/hooks";

export type Route = { view: string; id: string; query: URLSearchParams };

export function read(hash = location.hash): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", id = ""] = path.split("/");
  let name = id;
  try {
    name = decodeURIComponent(id);
  } catch {
    // as it is
  }
  return { view: view || "databases", id: name, query: new URLSearchParams(query) };
}

export function link(view: string, id = "", query?: Record<string, string | undefined>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query ?? {})) if (v !== undefined && v !== "") q.set(k, v);
  const tail = q.toString();
  return `#/${view}${id ? "/" + encodeURIComponent(id) : ""}${tail ? "?" + tail : ""}`;
}

export function go(hash: string) {
  location.hash = hash;
}

/** Changes the address without another step in the history. */
export function replace(hash: string) {
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const [route, set] = useState(() => read());
  useEffect(() => {
    const f = () => set(read());
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  return route;
}
