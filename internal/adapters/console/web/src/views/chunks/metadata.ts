// Metadata as text in a form, and what a change of it is as a patch (RFC 7396).
import { isObject, parse, pretty } from "../../core/json";
import type { Metadata } from "../../core/types";

export function writeMetadata(m: Metadata | undefined): string {
  if (m === null || m === undefined) return "";
  return typeof m === "string" ? m : pretty(m);
}

/** Reads metadata of a new chunk: an empty text is none, what is no JSON object is an error. */
export function readMetadata(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return undefined;
  const value = parse(text);
  if (!isObject(value)) throw new Error("Metadata is a JSON object.");
  return value;
}

/** What a patch has to say so that old becomes what stands in the text; undefined: nothing. */
export function patchOf(old: Metadata | undefined, text: string): Metadata | undefined {
  if (text === writeMetadata(old)) return undefined;
  if (text.trim() === "") return null;
  if (typeof old === "string" && !objectIn(old)) return objectIn(text) ?? text;
  const next = readMetadata(text)!;
  return difference(typeof old === "string" ? objectIn(old)! : (old ?? {}), next);
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function difference(old: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(old)) if (!(name in next)) patch[name] = null;
  for (const [name, value] of Object.entries(next)) {
    const before = old[name];
    if (JSON.stringify(before) === JSON.stringify(value)) continue;
    patch[name] = isObject(before) && isObject(value) ? difference(before, value) : value;
  }
  return patch;
}
