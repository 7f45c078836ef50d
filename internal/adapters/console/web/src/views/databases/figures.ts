import { bytes, count } from "../../core/format";
import type { Statistics } from "../../core/types";

/** Changes that the graph does not have yet; searches see them all the same. */
export function lagOf(s: Statistics): string {
  return s.graph ? count(s.sequence - s.graph.sequence) : "–";
}

export function memoryOf(s: Statistics): string {
  if (!s.tail && !s.graph) return "closed";
  return bytes((s.tail?.bytes ?? 0) + (s.graph?.bytes ?? 0));
}

export const diskOf = (s: Statistics) => s.disk.embedding_bytes + s.disk.index_bytes;
