import { useState } from "preact/hooks";
import { link } from "../core/route";
import { lastDatabase, useServer } from "../core/server";
import { session, setTheme, theme, type Theme } from "../core/session";
import type { Ready, Scope, Version } from "../core/types";
import { Button } from "../ui/basic";
import { Icon, type IconName } from "../ui/icons";

type Place = { view: string; label: string; icon: IconName; inDatabase?: boolean; needs?: Scope };

const places: Place[] = [
  { view: "databases", label: "Databases", icon: "databases" },
  { view: "search", label: "Search", icon: "search", inDatabase: true },
  { view: "chunks", label: "Chunks", icon: "chunks", inDatabase: true },
  { view: "live", label: "Live", icon: "live", needs: "monitor" },
  { view: "keys", label: "Keys", icon: "keys", needs: "admin" },
];

const nextTheme: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

export function Side(p: { view: string; version?: Version; ready?: Ready; failed?: Error; onHelp: () => void }) {
  const { may } = useServer();
  const [look, setLook] = useState(theme());
  const turn = () => {
    const next = nextTheme[look];
    setTheme(next);
    setLook(next);
  };
  return (
    <div class="side">
      <a class="brand" href={link("databases")}>
        <img src="icon.svg" alt="" />
        memista
      </a>
      <nav aria-label="Views">
        {places.filter((x) => !x.needs || may(x.needs)).map((x) => (
          <a key={x.view} href={link(x.view, x.inDatabase ? lastDatabase.get() : "")} aria-current={p.view === x.view ? "page" : undefined}>
            <Icon name={x.icon} />
            {x.label}
          </a>
        ))}
      </nav>
      <div class="foot">
        <Status {...p} />
        <div class="row">
          <Button icon={look} look="quiet" title={`Colours: ${look}`} aria-label={`Colours: ${look}. Change them`} onClick={turn} />
          <Button look="quiet" class="more" title="Keyboard shortcuts" aria-label="Keyboard shortcuts" onClick={p.onHelp}>
            ?
          </Button>
          {session.key && <Button icon="signout" look="quiet" title="Sign out" aria-label="Sign out" onClick={() => session.signIn("")} />}
          <a class="right small more" href="../" title="The API of this server">
            API
          </a>
        </div>
      </div>
    </div>
  );
}

function Status({ ready, failed, version }: { ready?: Ready; failed?: Error; version?: Version }) {
  const problems = ready?.problems ?? [];
  const tone = failed ? "bad" : problems.length > 0 ? "bad" : ready?.conditions ? "warn" : "";
  const words = failed ? "Not reachable" : ready ? (ready.status === "ready" ? (ready.conditions ? "Busy" : "Ready") : "Degraded") : "…";
  const detail = [...problems.map((x) => x.message), ...(ready?.conditions ?? []).map((c) => c.detail)].join("\n");
  return (
    <div class="status" title={detail || failed?.message}>
      <span class={`dot ${tone}`} />
      <span>{words}</span>
      {version && <span class="right mono">{version.version}</span>}
    </div>
  );
}
