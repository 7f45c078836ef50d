// JSON as it was sent: an integer that no number of JavaScript can hold stays as it is
// written, where the browser can do that.

type Raw = { rawJSON: string };
const json = JSON as unknown as { rawJSON?: (s: string) => Raw; isRawJSON?: (v: unknown) => v is Raw };

export function parse(text: string): unknown {
  // 16 digits or more are rare; without them the plain parser is much faster.
  if (!json.rawJSON || !/\d{16}/.test(text)) return JSON.parse(text);
  const raw = json.rawJSON;
  return JSON.parse(text, function (this: unknown, _key: string, value: unknown, context?: { source?: string }) {
    if (typeof value === "number" && context?.source && /^-?\d{16,}$/.test(context.source) && String(value) !== context.source) return raw(context.source);
    return value;
  } as (key: string, value: unknown) => unknown);
}

/** A value of metadata on one line. */
export function show(value: unknown): string {
  if (json.isRawJSON?.(value)) return value.rawJSON;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !json.isRawJSON?.(value);
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
