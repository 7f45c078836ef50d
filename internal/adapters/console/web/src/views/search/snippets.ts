// A search as a program in four languages. None of them has the key in it.
import type { Query } from "../../core/types";

export type Language = "curl" | "go" | "python" | "javascript";
type Ask = { base: string; id: string; query: Query; keyed: boolean };

const path = (a: Ask) => `/v1/databases/${encodeURIComponent(a.id)}/search`;
const body = (a: Ask, indent?: number) => JSON.stringify({ queries: [a.query] }, null, indent);

function curl(a: Ask): string {
  const quoted = (s: string) => `'${s.replace(/'/g, `'\\''`)}'`;
  const lines = [`curl -s ${quoted(a.base + path(a))}`];
  if (a.keyed) lines.push(`-H "Authorization: Bearer $MEMISTA_API_KEY"`);
  return [...lines, `-d ${quoted(body(a))}`].join(" \\\n  ");
}

function python(a: Ask): string {
  return `import json, ${a.keyed ? "os, " : ""}urllib.request

request = urllib.request.Request(
    ${JSON.stringify(a.base + path(a))},
    json.dumps({"queries": [${pythonOf(a.query)}]}).encode(),${a.keyed ? `\n    {"Authorization": "Bearer " + os.environ["MEMISTA_API_KEY"]},` : ""}
)
with urllib.request.urlopen(request) as answer:
    hits = json.load(answer)["results"][0]
for hit in hits:
    print(hit["score"], hit["chunk_id"], hit["text"])
`;
}

function pythonOf(v: unknown): string {
  if (v === null || v === undefined) return "None";
  if (typeof v === "boolean") return v ? "True" : "False";
  if (Array.isArray(v)) return `[${v.map(pythonOf).join(", ")}]`;
  if (typeof v === "object" && !("rawJSON" in v)) {
    const fields = Object.entries(v).filter(([, x]) => x !== undefined);
    return `{${fields.map(([k, x]) => `${JSON.stringify(k)}: ${pythonOf(x)}`).join(", ")}}`;
  }
  return JSON.stringify(v);
}

function javascript(a: Ask): string {
  const headers = a.keyed ? `\n  headers: { Authorization: "Bearer " + process.env.MEMISTA_API_KEY },` : "";
  return `const answer = await fetch(${JSON.stringify(a.base + path(a))}, {
  method: "POST",${headers}
  body: JSON.stringify(${body(a, 2).replace(/\n/g, "\n  ")}),
});
const json = await answer.json();
if (!answer.ok) throw new Error(json.error);
for (const hit of json.results[0]) console.log(hit.score, hit.chunk_id, hit.text);
`;
}

function go(a: Ask): string {
  const key = a.keyed ? `&client.Options{APIKey: os.Getenv("MEMISTA_API_KEY")}` : "nil";
  return `package main

import (
	"context"
	"fmt"
	"log"${a.keyed ? `\n	"os"` : ""}

	"github.com/memista/memista/client"
)

func main() {
	c, err := client.New(${JSON.stringify(a.base)}, ${key})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	got, err := c.Query(context.Background(), ${JSON.stringify(a.id)}, []client.Query{{
${goFields(a.query)}	}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, hit := range got.Hits[0] {
		fmt.Println(hit.Score, hit.ID, hit.Text)
	}
}
`;
}

function goFields(q: Query): string {
  const raw = (s: string) => (s.includes("`") ? JSON.stringify(s) : "`" + s + "`");
  const fields: [string, string | undefined][] = [
    ["Embedding", q.embedding && `[]float32{${q.embedding.join(", ")}}`],
    ["NearText", q.near_text && JSON.stringify(q.near_text)],
    ["Hybrid", q.hybrid && JSON.stringify(q.hybrid)],
    ["Text", q.text && JSON.stringify(q.text)],
    ["ChunkID", q.chunk_id?.toString()],
    ["Key", q.key && JSON.stringify(q.key)],
    ["AllWords", q.match === "all" ? "true" : undefined],
    ["K", q.k?.toString()],
    ["Ef", q.ef?.toString()],
    ["Exact", q.exact ? "true" : undefined],
    ["MinScore", q.min_score === undefined ? undefined : `new(float32(${q.min_score}))`],
    ["Filter", q.filter && `client.FilterJSON(${raw(JSON.stringify(q.filter))})`],
    ["MMR", q.mmr && `&client.MMR{Diversity: new(float64(${q.mmr.diversity}))}`],
    ["Rerank", q.rerank && "&client.Rerank{}"],
  ];
  const used = fields.filter(([, v]) => v !== undefined);
  const width = Math.max(...used.map(([k]) => k.length)) + 2; // as gofmt aligns them
  return used.map(([k, v]) => `\t\t${`${k}:`.padEnd(width)}${v},\n`).join("");
}

export const snippets: Record<Language, (a: Ask) => string> = { curl, go, python, javascript };
