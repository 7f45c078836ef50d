import { useEffect, useMemo, useState } from "preact/hooks";
import { lazy } from "./core/lazy";
import { APIError, call, onUnauthorized } from "./core/api";
import { useKeys, useLoad } from "./core/hooks";
import { go, link, useRoute, type Route } from "./core/route";
import { lastDatabase, ServerContext } from "./core/server";
import { session } from "./core/session";
import type { OwnKey, Ready, Scope, Version } from "./core/types";
import { Side } from "./shell/side";
import { SignIn } from "./shell/signin";
import { Shortcuts } from "./shell/shortcuts";
import { Toasts } from "./ui/toast";
import { Chunks } from "./views/chunks/chunks";
import { DatabaseView } from "./views/databases/detail";
import { Databases } from "./views/databases/list";
import { Keys } from "./views/keys/keys";
import { Search } from "./views/search/search";

const titles: Record<string, string> = { databases: "Databases", search: "Search", chunks: "Chunks", live: "Live", keys: "Keys" };

const Live = lazy(async () => (await import("./views/live/live")).Live);

export function App() {
  const [locked, lock] = useState(false);
  const [, changed] = useState(0);
  useEffect(() => onUnauthorized(() => lock(true)) as () => void, []);
  useEffect(() => session.onChange(() => changed((n) => n + 1)) as () => void, []);
  if (locked) return <SignIn onDone={() => lock(false)} />;
  return <Inside key={session.key} />;
}

function Inside() {
  const route = useRoute();
  const version = useLoad((signal) => call<Version>("GET", "version", undefined, { signal }), []);
  const ready = useLoad((signal) => call<Ready>("GET", "readyz", undefined, { signal }), [], 10_000);
  const [help, setHelp] = useState(false);
  const own = useLoad(whoami, []);
  const server = useMemo(() => ({ version: version.data, own: own.data, may: (s: Scope) => mayDo(own.data, s) }), [version.data, own.data]);
  useEffect(() => {
    if (route.id) lastDatabase.set(route.id);
    document.title = `${route.id ? route.id + " · " : ""}${titles[route.view] ?? "memista"} · memista`;
  }, [route.view, route.id]);
  useKeys((e) => {
    if (e.key === "/") {
      e.preventDefault();
      const box = document.querySelector<HTMLElement>("[data-search]");
      if (box) box.focus();
      else go(link("search", lastDatabase.get()));
    }
    if (e.key === "?") setHelp(true);
  });
  return (
    <ServerContext.Provider value={server}>
      <a class="skip" href={location.hash || "#/"} onClick={(e) => (e.preventDefault(), document.querySelector("main")?.focus())}>
        Skip to the contents
      </a>
      <div class="shell">
        <Side view={route.view} version={version.data} ready={ready.data} failed={ready.error} onHelp={() => setHelp(true)} />
        <main tabIndex={-1}>
          {own.loading && !own.data ? null : <View route={route} />}
        </main>
      </div>
      {help && <Shortcuts onClose={() => setHelp(false)} />}
      <Toasts />
    </ServerContext.Provider>
  );
}

// A key that may not ask this has neither the scope read nor admin.
async function whoami(signal: AbortSignal): Promise<OwnKey> {
  try {
    return await call<OwnKey>("GET", "v1/key", undefined, { signal });
  } catch (e) {
    if (e instanceof APIError && e.status === 403) return { required: true, id: null, scopes: ["monitor"], databases: [] };
    throw e;
  }
}

const mayDo = (own: OwnKey | undefined, scope: Scope) => own !== undefined && (own.scopes.includes("admin") || own.scopes.includes(scope));

function View({ route }: { route: Route }) {
  switch (route.view) {
    case "search":
      return <Search route={route} />;
    case "chunks":
      return <Chunks route={route} />;
    case "keys":
      return <Keys />;
    case "live":
      return <Live />;
    case "databases":
      return route.id ? <DatabaseView id={route.id} key={route.id} /> : <Databases />;
  }
  return <Databases />;
}
