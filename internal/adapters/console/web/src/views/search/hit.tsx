import { useState } from "preact/hooks";
import { score } from "../../core/format";
import { excerpt, type Piece } from "../../core/highlight";
import { link } from "../../core/route";
import type { Explain, Hit } from "../../core/types";
import { Badge, Button } from "../../ui/basic";
import { Values } from "../../ui/filter";

type Props = {
  hit: Hit;
  rank: number;
  top: number;
  explain?: Explain;
  cut: ((text: string) => Piece[]) | null;
  /** Where the other search has it: 0 is nowhere; undefined: there is no other. */
  rival?: number;
  db: string;
  onLike: () => void;
  onPick: (field: string, value: unknown) => void;
};

export function HitRow({ hit: h, rank, top, explain, cut, rival, db, onLike, onPick }: Props) {
  const [open, setOpen] = useState(false);
  const share = top > 0 && h.score > 0 ? h.score / top : 0;
  const pieces = cut && h.text ? (open ? cut(h.text) : excerpt(cut(h.text))) : null;
  const key = (e: KeyboardEvent) => {
    if (e.key === "Enter" && e.target === e.currentTarget) setOpen(!open);
  };
  return (
    <li class={`hit ${rival === 0 ? "alone" : ""}`} data-row tabIndex={0} onKeyDown={key}>
      <div class="rank">{rank}</div>
      <div class="body">
        <div class="row top">
          <span class="score" title={h.distance === null ? undefined : `Distance ${h.distance}`}>
            {score(h.score)}
          </span>
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${Math.round(share * 100)}%` }} />
          </span>
          <Ranks hit={h} ranks={explain?.sparse?.ranks[rank - 1] ?? explain?.text?.ranks[rank - 1]} first={explain?.rerank?.first[rank - 1]} />
          {rival !== undefined && <Rival rank={rank} rival={rival} />}
          <a class="name mono small muted" href={link("chunks", db, { id: String(h.chunk_id) })}>
            {h.key ?? `#${h.chunk_id}`}
          </a>
        </div>
        {h.text ? (
          <p class={open ? "text open" : "text"} onClick={() => getSelection()?.isCollapsed && setOpen(!open)}>
            {pieces ? pieces.map((x, i) => (x.hit ? <mark key={i}>{x.text}</mark> : x.text)) : h.text}
          </p>
        ) : (
          <p class="muted">No text</p>
        )}
        <div class={open ? "extra open" : "extra"}>
          <Values metadata={h.metadata} onPick={onPick} />
          <Button class="small" icon="like" look="quiet" onClick={onLike}>
            More like this
          </Button>
        </div>
      </div>
    </li>
  );
}

function Ranks({ hit, ranks, first }: { hit: Hit; ranks?: { vector: number | null; text: number | null; sparse?: number | null }; first?: { rank: number; score: number } }) {
  return (
    <>
      {first && <Badge title={`Score ${first.score} before it was ranked again`}>before #{first.rank}</Badge>}
      {ranks && hit.scores && (
        <>
          {ranks.vector !== null && <Badge title={`Score by vector: ${hit.scores.vector}`}>meaning #{ranks.vector}</Badge>}
          {ranks.text !== null && <Badge title={`BM25: ${hit.scores.text}`}>words #{ranks.text}</Badge>}
          {ranks.sparse != null && <Badge title={`Sum of products: ${hit.scores.sparse}`}>sparse #{ranks.sparse}</Badge>}
        </>
      )}
    </>
  );
}

function Rival({ rank, rival }: { rank: number; rival: number }) {
  if (rival === 0) return <Badge tone="warn">only here</Badge>;
  if (rival === rank) return <Badge tone="good">same rank</Badge>;
  return <Badge tone="accent">{rival < rank ? `↓ there #${rival}` : `↑ there #${rival}`}</Badge>;
}
