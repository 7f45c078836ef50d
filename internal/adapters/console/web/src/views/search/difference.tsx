import { count } from "../../core/format";
import type { Hit } from "../../core/types";

/** Where each chunk stands in a list, from 1. */
export function rivalRanks(hits: Hit[]): Map<number, number> {
  return new Map(hits.map((h, i) => [h.chunk_id, i + 1]));
}

/** What two lists have in common. */
export function Difference({ mine, theirs }: { mine: Hit[]; theirs: Hit[] }) {
  const ranks = rivalRanks(theirs);
  const both = mine.filter((h) => ranks.has(h.chunk_id)).length;
  const moved = mine.filter((h, i) => ranks.has(h.chunk_id) && ranks.get(h.chunk_id) !== i + 1).length;
  const alone = mine.length - both;
  return (
    <p class="difference">
      <b>
        {count(both)} of {count(mine.length)}
      </b>{" "}
      in both{moved > 0 && `, ${count(moved)} at another rank`}
      {alone > 0 && `, ${count(alone)} only here`}
    </p>
  );
}
