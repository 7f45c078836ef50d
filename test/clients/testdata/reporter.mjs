// Writes a line of JSON for each test that has ended, for the Go test that runs the suites.
import { inspect } from "node:util";

export default async function* (events) {
  for await (const { type, data } of events) {
    if ((type !== "test:pass" && type !== "test:fail") || data.details.type === "suite") continue;
    const error = data.details.error;
    const cause = error?.cause instanceof Error ? error.cause : error;
    const shown = type === "test:fail" ? inspect(cause, { depth: 6 }) : "";
    yield JSON.stringify({ name: data.name, ok: type === "test:pass", error: shown }) + "\n";
  }
}
