// Calls of the API, as openapi.yaml describes it, on the server that sent the page.
import { parse } from "./json";
import { session } from "./session";

/** Where the API is: the console lies one step below it. */
export const base = new URL("../", new URL("./", location.href));

export class APIError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestID: string,
  ) {
    super(message);
  }
}

const unauthorized = new Set<() => void>();

/** Calls f whenever the server asks for a key, or refuses the one that it was sent. */
export function onUnauthorized(f: () => void) {
  unauthorized.add(f);
  return () => unauthorized.delete(f);
}

export type Options = { signal?: AbortSignal; key?: string };

async function send(method: string, path: string, body: unknown, o: Options): Promise<Response> {
  const headers = new Headers();
  const key = o.key ?? session.key;
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let answer: Response;
  try {
    answer = await fetch(new URL(path, base), {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      signal: o.signal,
      credentials: "omit",
      cache: "no-store",
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new APIError(0, "unreachable", "The server does not answer. Is it running?", "");
  }
  if (answer.ok) return answer;
  throw await refusal(answer, o.key === undefined);
}

async function refusal(answer: Response, own: boolean): Promise<APIError> {
  let told: { error?: string; code?: string; request_id?: string } = {};
  try {
    told = (await answer.json()) as typeof told;
  } catch {
    // something between us and the server has answered
  }
  if (answer.status === 401 && own) unauthorized.forEach((f) => f());
  return new APIError(answer.status, told.code ?? "", told.error ?? `The server answered ${answer.status}.`, told.request_id ?? "");
}

export async function call<T>(method: string, path: string, body?: unknown, o: Options = {}): Promise<T> {
  const answer = await send(method, path, body, o);
  return parse(await answer.text()) as T;
}

export async function text(path: string, o: Options = {}): Promise<string> {
  return (await send("GET", path, undefined, o)).text();
}

/** The path of a database, or of something in it. */
export function at(id: string, rest = ""): string {
  return `v1/databases/${encodeURIComponent(id)}${rest}`;
}
