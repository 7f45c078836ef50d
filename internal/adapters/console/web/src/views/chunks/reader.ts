// Files of rows: JSON lines, JSON arrays, CSV and TSV, Parquet. Rows come one by one, so
// that a file need not fit into memory.
import { isObject, parse } from "../../core/json";

export type Record_ = Record<string, unknown>;
/** A row, and how far in the file its reader is, between 0 and 1. */
export type Read = { row: Record_; share: number };

export function rows(file: File): AsyncGenerator<Read> {
  const name = file.name.toLowerCase();
  if (name.endsWith(".parquet")) return parquet(file);
  if (name.endsWith(".csv")) return separated(file, ",");
  if (name.endsWith(".tsv")) return separated(file, "\t");
  if (name.endsWith(".json")) return array(file);
  return lines(file);
}

async function* text(file: File): AsyncGenerator<{ text: string; share: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true }); // which takes away a byte order mark
  const reader = file.stream().getReader();
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    read += value?.length ?? 0;
    let part: string;
    try {
      part = decoder.decode(value, { stream: !done });
    } catch {
      throw new Error("The file is not UTF-8.");
    }
    if (part) yield { text: part, share: file.size > 0 ? read / file.size : 1 };
    if (done) return;
  }
}

function object(value: unknown, where: string): Record_ {
  if (!isObject(value)) throw new Error(`${where} is not a JSON object.`);
  return value;
}

async function* lines(file: File): AsyncGenerator<Read> {
  let rest = "";
  let n = 0;
  const read = (line: string): Record_ | undefined => {
    n++;
    if (line.trim() === "") return undefined;
    try {
      return object(parse(line), `Line ${n}`);
    } catch (e) {
      throw e instanceof SyntaxError ? new Error(`Line ${n} is not JSON: ${e.message}`) : e;
    }
  };
  for await (const part of text(file)) {
    const list = (rest + part.text).split("\n");
    rest = list.pop()!;
    for (const line of list) {
      const row = read(line);
      if (row) yield { row, share: part.share };
    }
  }
  const row = read(rest);
  if (row) yield { row, share: 1 };
}

async function* array(file: File): AsyncGenerator<Read> {
  const value = parse(await file.text());
  if (!Array.isArray(value)) throw new Error("The file is not a JSON array; a file of JSON lines ends in .jsonl.");
  for (const [i, row] of value.entries()) yield { row: object(row, `Row ${i + 1}`), share: (i + 1) / value.length };
}

// RFC 4180: fields in quotes may hold separators, line ends, and quotes that are doubled.
async function* separated(file: File, separator: string): AsyncGenerator<Read> {
  let names: string[] | undefined;
  let record: string[] = [];
  let field = "";
  let quoted = false;
  let closing = false; // a quote inside quotes: the end, or the first of two
  const end = (): Record_ | undefined => {
    const list = [...record, field];
    record = [];
    field = "";
    if (list.length === 1 && list[0] === "") return undefined;
    if (!names) {
      names = list.map((n) => n.trim());
      return undefined;
    }
    if (list.length > names.length) throw new Error(`A row has ${list.length} fields, and the first line names ${names.length}.`);
    return Object.fromEntries(list.map((v, i) => [names![i]!, v]).filter(([, v]) => v !== ""));
  };
  for await (const part of text(file)) {
    for (const c of part.text) {
      if (closing) {
        closing = false;
        if (c === '"') {
          field += c;
          continue;
        }
        quoted = false;
      }
      if (quoted) {
        if (c === '"') closing = true;
        else field += c;
      } else if (c === '"' && field === "") quoted = true;
      else if (c === separator) {
        record.push(field);
        field = "";
      } else if (c === "\n") {
        if (field.endsWith("\r")) field = field.slice(0, -1);
        const row = end();
        if (row) yield { row, share: part.share };
      } else field += c;
    }
  }
  if (quoted && !closing) throw new Error("A quote is not closed at the end of the file.");
  const row = end();
  if (row) yield { row, share: 1 };
}

async function* parquet(file: File): AsyncGenerator<Read> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const source = { byteLength: file.size, slice: (from: number, to?: number) => file.slice(from, to).arrayBuffer() };
  const metadata = await parquetMetadataAsync(source);
  const total = Number(metadata.num_rows);
  for (let from = 0; from < total; from += 1000) {
    const list = (await parquetReadObjects({ file: source, metadata, rowStart: from, rowEnd: Math.min(from + 1000, total) })) as Record_[];
    for (const [i, row] of list.entries()) yield { row: plain(row) as Record_, share: (from + i + 1) / total };
  }
}

// What JSON cannot say is said as nearly as it can.
function plain(v: unknown): unknown {
  if (typeof v === "bigint") return Number.isSafeInteger(Number(v)) ? Number(v) : String(v);
  if (v instanceof Date) return v.toISOString();
  if (ArrayBuffer.isView(v)) return Array.from(v as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(v)) return v.map(plain);
  if (typeof v === "object" && v !== null) return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)]));
  return v;
}
