// node build.mjs DIRECTORY builds the console into the directory, each file compressed:
// scripts and styles get names that tell their contents, so that browsers may keep them
// for good. With --check behind it, it compares what it builds with what is there, and
// writes nothing.
import { build } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2];
if (!dist) throw new Error("say where to: node build.mjs DIRECTORY [--check]");

async function files() {
  const made = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx" },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    outdir: "out",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const out = new Map(made.outputFiles.map((f) => [basename(f.path), Buffer.from(f.contents)]));
  const [path] = Object.entries(made.metafile.outputs).find(([, o]) => o.entryPoint === "src/main.tsx");
  const first = made.metafile.outputs[path].imports.filter((i) => i.kind === "import-statement").map((i) => basename(i.path));
  const preloads = first.map((name) => `<link rel="modulepreload" href="${name}">`).join("\n");
  const css = made.metafile.outputs[path].cssBundle;
  const page = readFileSync(join(here, "src", "index.html"), "utf8");
  out.set("index.html", Buffer.from(page.replace("SCRIPT", basename(path)).replace("STYLE", basename(css)).replace("PRELOADS", preloads)));
  out.set("icon.svg", readFileSync(join(here, "src", "icon.svg")));
  return out;
}

function compare(out) {
  const there = readdirSync(dist).filter((n) => n.endsWith(".gz")).map((n) => n.slice(0, -3));
  const wrong = there.filter((n) => !out.has(n));
  for (const [name, content] of out) {
    if (!there.includes(name) || !gunzipSync(readFileSync(join(dist, name + ".gz"))).equals(content)) wrong.push(name);
  }
  if (wrong.length > 0) {
    console.error(`dist is not what the sources make: ${wrong.join(", ")}. Run make console, and commit dist.`);
    process.exit(1);
  }
  console.log(`dist is what the sources make: ${out.size} files`);
}

function write(out) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  for (const [name, content] of out) {
    const zipped = gzipSync(content, { level: 9 });
    zipped[9] = 255; // the system that compressed it
    writeFileSync(join(dist, name + ".gz"), zipped);
    console.log(`${name}: ${content.length} bytes, ${zipped.length} compressed`);
  }
}

const out = await files();
if (process.argv.includes("--check")) compare(out);
else write(out);
