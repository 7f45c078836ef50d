// Filters over the metadata, built by picking values.
import { isObject, parse } from "./json";
import type { Filter } from "./types";

/** A field of the metadata as a filter names it. */
export function fieldPath(...names: string[]): string {
  if (names.every((n) => !/[.\\$"[\]*]/.test(n))) return names.join(".");
  return names.map((n) => n.replace(/[.\\$]/g, "\\$&")).join(".");
}

/** Adds that field has value; a second value of a field means either. */
export function pick(filter: Filter, field: string, value: unknown): Filter {
  const old = filter[field];
  if (old === undefined) return { ...filter, [field]: value };
  if (same(old, value)) return filter;
  const many = isObject(old) && Array.isArray(old.$in) ? (old.$in as unknown[]) : isObject(old) ? undefined : [old];
  if (!many) return { ...filter, $and: [...((filter.$and as unknown[]) ?? []), { [field]: value }] };
  return many.some((v) => same(v, value)) ? filter : { ...filter, [field]: { $in: [...many, value] } };
}

export function without(filter: Filter, field: string): Filter {
  const rest = { ...filter };
  delete rest[field];
  return rest;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Reads a filter; an empty text is none. What is no object is an error. */
export function readFilter(text: string): Filter {
  if (text.trim() === "") return {};
  const value = parse(text);
  if (!isObject(value)) throw new Error("A filter is a JSON object.");
  return value;
}

export const isEmpty = (f: Filter) => Object.keys(f).length === 0;
export const writeFilter = (f: Filter) => (isEmpty(f) ? "" : JSON.stringify(f));
