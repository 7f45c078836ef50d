import { useState } from "preact/hooks";
import { at, call } from "../../core/api";
import { ago } from "../../core/format";
import { go, link } from "../../core/route";
import { useServer } from "../../core/server";
import type { Chunk } from "../../core/types";
import { Badge, Button } from "../../ui/basic";
import { Confirm } from "../../ui/dialog";
import { Values } from "../../ui/filter";
import { tell } from "../../ui/toast";

type Props = { chunk: Chunk; db: string; onOpen: () => void; onPick: (field: string, value: unknown) => void; onGone: () => void };

export function ChunkRow({ chunk: c, db, onOpen, onPick, onGone }: Props) {
  const { may } = useServer();
  const [asking, ask] = useState(false);
  const key = (e: KeyboardEvent) => {
    if (e.target !== e.currentTarget) return;
    if (e.key === "Enter") onOpen();
    if (e.key === "Delete" && may("write")) ask(true);
  };
  return (
    <li class="hit chunk" data-row tabIndex={0} onKeyDown={key}>
      <div class="body">
        <div class="row top">
          <span class="mono small muted">#{c.chunk_id}</span>
          {c.key !== null && <span class="mono small strong name left">{c.key}</span>}
          {c.expires_at && <Badge tone="warn">expires {ago(c.expires_at)}</Badge>}
          <span class="right row tools">
            <Button class="small" look="quiet" icon="like" title="Search for more like this" aria-label={`More like ${c.chunk_id}`} onClick={() => go(link("search", db, { mode: "like", q: String(c.chunk_id) }))} />
            <Button class="small" look="quiet" icon={may("write") ? "edit" : "more"} title={may("write") ? "Edit" : "Show"} aria-label={`${may("write") ? "Edit" : "Show"} ${c.chunk_id}`} onClick={onOpen} />
            {may("write") && <Button class="small" look="quiet" icon="trash" title="Delete" aria-label={`Delete ${c.chunk_id}`} onClick={() => ask(true)} />}
          </span>
        </div>
        {c.text ? (
          <p class="text" onClick={() => getSelection()?.isCollapsed && onOpen()}>
            {c.text}
          </p>
        ) : (
          <p class="muted">No text</p>
        )}
        <Values metadata={c.metadata} onPick={onPick} />
      </div>
      {asking && (
        <Confirm
          title="Delete the chunk"
          action="Delete"
          onClose={() => ask(false)}
          onConfirm={async () => {
            await call("DELETE", at(db, `/chunks/${c.chunk_id}`));
            tell(`Chunk ${c.chunk_id} is deleted`);
            onGone();
          }}
        >
          <p>Chunk {c.chunk_id} is deleted for good.</p>
          {c.text && <p class="quote">{c.text.slice(0, 300)}</p>}
        </Confirm>
      )}
    </li>
  );
}
