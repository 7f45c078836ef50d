// Drives memista with the client of the official SDK for TypeScript, which holds answers
// against the schemas of their tools. node client.mjs URL PROGRAM: over HTTP at URL, and on
// stdio with PROGRAM as a client of the same server. It prints what it got, a line each.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, program] = process.argv.slice(2);

async function drive(name, transport) {
  const say = (what, value) => console.log(name, what, JSON.stringify(value));
  const client = new Client({ name: "memista-test", version: "1" });
  await client.connect(transport);
  say("server", client.getServerVersion().name);
  const { tools } = await client.listTools();
  say("tools", tools.map((t) => t.name).sort());
  const call = async (tool, args) => {
    const res = await client.callTool({ name: tool, arguments: args });
    return res.isError ? { error: res.content[0].text } : res.structuredContent;
  };
  const items = [
    { key: "tea", text: "the user drinks green tea", metadata: { topic: "taste" } },
    { key: "editor", text: "the user edits with vim", metadata: { topic: "tools" } },
  ];
  say("remember", await call("remember", { database: name, items }));
  const found = await call("search", { database: name, query: "the user drinks green tea", limit: 1 });
  say("search", found.hits.map((h) => [h.key, h.uri]));
  const filtered = await call("search", { database: name, query: "tea", filter: { topic: "tools" } });
  say("filter", filtered.hits.map((h) => h.key));
  say("fields", (await call("describe_database", { database: name })).fields.map((f) => f.name));
  say("update", (await call("update", { database: name, key: "tea", metadata: { seen: true } })).metadata);
  say("get", (await call("get", { database: name, key: "editor" })).text);
  const read = await client.readResource({ uri: `memista://${name}/chunks/1` });
  say("resource", JSON.parse(read.contents[0].text).key);
  say("templates", (await client.listResourceTemplates()).resourceTemplates.map((t) => t.uriTemplate));
  say("refused", await call("search", { database: "nobody", query: "x" }));
  say("forget", await call("forget", { database: name, keys: ["tea", "editor"] }));
  say("count", await call("count", { database: name }));
  say("list", (await call("list_databases", { prefix: name })).databases.map((d) => [d.id, d.search]));
  await client.close();
}

await drive("http", new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
await drive("stdio", new StdioClientTransport({ command: program, args: ["mcp", "--write", "--server", url] }));
