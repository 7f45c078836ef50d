// A user's hour: node hour.mjs CHROMIUM URL URL_WITH_KEYS KEY DIRECTORY. Prints as JSON what
// came of each step. Pictures go to the directory.
import { api, drop, fits, launch, look, open, step, told, until, want } from "./lib.mjs";
import { parquetWriteBuffer } from "hyparquet-writer";
import { keys } from "./keys.mjs";

const [, , executablePath, origin, keyed, key, shots] = process.argv;
const browser = await launch(executablePath);
const page = await open(browser, origin + "/");
const at = (hash) => page.goto(`${origin}/console/${hash}`);
const seen = (text) => page.getByText(text).first().waitFor();

const evil = `<script>globalThis.hit=1</script><img src=x onerror="globalThis.hit=2"> & "quoted" <b>bold</b>`;

const kinds = ["tea", "coffee", "water", "juice"];
const verbs = ["warms", "wakes", "cools", "calms"];
const rows = Array.from({ length: 5000 }, (_, i) =>
  JSON.stringify({
    key: `row/${i + 1}`,
    text: `Cup ${i + 1}: ${kinds[i % 4]} ${verbs[(i >> 2) % 4]} the hands on day ${i % 365}`,
    kind: kinds[i % 4],
    day: i % 365,
    big: 0,
  }).replace('"big":0', '"big":9007199254740993'),
).join("\n");

await step("the first page leads to the console", async () => {
  await page.getByRole("link", { name: "Console" }).click();
  await page.getByRole("heading", { name: "Databases" }).waitFor();
  await seen("There is no database yet");
  await look(page, shots, "01-empty");
});

await step("a database is created, with every setting explained", async () => {
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Index", { exact: true }).click();
  await look(page, shots, "02-create");
  await page.getByLabel("Name", { exact: true }).fill("drinks");
  await page.getByLabel("Embedder").fill("ollama/words");
  await page.getByLabel("ef_search").fill("120");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "drinks" }).waitFor();
  const { json } = await api(page, "GET", "/v1/databases/drinks");
  want(json.ef_search === 120 && json.full_text === "words" && json.embedder.model === "words", `the database is ${JSON.stringify(json)}`);
});

await step("settings that do not fit are refused, with the reason", async () => {
  await at("#/databases");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByLabel("Name", { exact: true }).fill("drinks");
  await page.getByLabel("Metric").selectOption("l2");
  const errors = told.errors.length;
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await page.getByRole("alert").waitFor();
  told.errors.length = errors; // the browser tells of the 409, as it should
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

await step("5,000 rows are imported from a file that is dropped", async () => {
  await at("#/chunks/drinks");
  await seen("The database is empty");
  await drop(page, "drinks.jsonl", rows);
  await seen("Import drinks.jsonl");
  await page.getByText("The first row becomes").click();
  await look(page, shots, "03-import");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("5,000 rows of drinks.jsonl are stored").waitFor({ timeout: 60000 });
  await until(async () => (await page.getByRole("status").allInnerTexts()).some((t) => t.includes("5,000 chunks")), "the list does not have 5,000 chunks");
  const { json } = await api(page, "GET", "/v1/jobs");
  want(json.jobs.some((j) => j.kind === "import" && j.state === "done" && j.done === 5000), `jobs: ${JSON.stringify(json)}`);
  await look(page, shots, "04-chunks");
});

await step("CSV is a file of rows, too, and a bad one is refused with its place", async () => {
  await drop(page, "more.csv", 'id,text,kind\nx/1,"one, with ""quotes""\nand a line",milk\nx/2,two,milk\n');
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await seen("2 rows of more.csv are stored");
  const { json } = await api(page, "GET", `/v1/databases/drinks/keys/${encodeURIComponent("x/1")}`);
  want(json.text === 'one, with "quotes"\nand a line' && json.metadata.kind === "milk", `x/1 is ${JSON.stringify(json)}`);
  await drop(page, "bad.jsonl", '{"text":"a"}\n{"text":');
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await seen("Line 2 is not JSON");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
});

await step("Parquet is one, too", async () => {
  const columns = [
    { name: "id", data: ["p/1", "p/2"], type: "STRING" },
    { name: "text", data: ["oat milk", "soy milk"], type: "STRING" },
    { name: "litres", data: [1n, 9007199254740993n], type: "INT64" },
  ];
  await drop(page, "milk.parquet", [...new Uint8Array(parquetWriteBuffer({ columnData: columns, codec: "SNAPPY" }))]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await seen("2 rows of milk.parquet are stored");
  const { json } = await api(page, "GET", `/v1/databases/drinks/keys/${encodeURIComponent("p/1")}`);
  want(json.text === "oat milk" && json.metadata.litres === 1, `p/1 is ${JSON.stringify(json)}`);
});

await step("a chunk is inserted, and its markup stays text", async () => {
  await page.getByRole("button", { name: "Insert", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Text", { exact: true }).fill(evil);
  await dialog.getByLabel("Metadata").fill(JSON.stringify({ kind: evil, [evil]: "odd" }));
  await dialog.getByLabel("Key", { exact: true }).fill("evil");
  await look(page, shots, "05-insert");
  await dialog.getByRole("button", { name: "Insert" }).click();
  await dialog.waitFor({ state: "detached" });
  await at(`#/chunks/drinks?filter=${encodeURIComponent('{"$key":"evil"}')}`);
  await seen("evil");
  want((await page.locator(".chunk .text").first().innerText()) === evil, "the text of the chunk is not what was stored");
  want((await page.locator("main script, main img, main b:has-text('bold')").count()) === 0, "stored text became markup");
  await look(page, shots, "06-markup");
});

await step("a filter is built by clicking on values", async () => {
  await at("#/chunks/drinks");
  await page.locator(".facets").getByRole("button", { name: /^tea/ }).click();
  await page.getByText("1,250 of 5,005 chunks").waitFor();
  await page.getByRole("button", { name: "Filter" }).click();
  const box = page.getByLabel("Filter as JSON");
  want(JSON.parse(await box.inputValue()).kind === "tea", "the filter is not shown as JSON");
  await box.fill('{"kind":"tea","day":{"$lt":10}}');
  await page.getByText(/^\d+ of 5,005 chunks/).waitFor();
  await look(page, shots, "07-filter");
});

await step("text and metadata of a chunk are edited, and nothing else of it", async () => {
  await at("#/chunks/drinks?id=1");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Text", { exact: true }).fill("Oolong is brewed twice");
  const metadata = dialog.getByLabel("Metadata");
  const before = await metadata.inputValue();
  want(before.includes("9007199254740993"), `a large integer is shown as ${before}`);
  await metadata.fill(before.replace('"kind": "tea"', '"kind": "oolong"').replace(/\s*"day": 0,/, ""));
  await look(page, shots, "08-edit");
  await dialog.getByRole("button", { name: "Save" }).click();
  await seen("Chunk 1 is saved");
  const raw = await (await page.request.get(`${origin}/v1/databases/drinks/chunks/1`)).text();
  want(/"text":"Oolong is brewed twice"/.test(raw) && /"kind":"oolong"/.test(raw) && !/"day"/.test(raw) && /"big":9007199254740993[,}]/.test(raw), `the chunk is ${raw}`);
});

await step("a chunk is deleted", async () => {
  await page.locator(".chunk").first().waitFor();
  await page.getByRole("button", { name: "Delete 2", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await seen("Chunk 2 is deleted");
  want((await api(page, "GET", "/v1/databases/drinks/chunks/2")).status === 404, "chunk 2 is still there");
});

const box = () => page.locator("[data-search]");
const by = (name) => page.getByRole("group", { name: "Search by" }).first().getByRole("button", { name, exact: true });

await step("searches by words, by meaning, by both, by a vector, and like a chunk", async () => {
  await at("#/search/drinks");
  await by("Words").click();
  await box().fill("oolong brewed");
  await until(async () => (await page.locator(".hit mark").allInnerTexts()).join(" ").includes("Oolong"), "the words that were found are not marked");
  await look(page, shots, "09-words");
  await by("Meaning").click();
  await box().fill("coffee wakes");
  await box().press("Enter");
  await until(async () => (await page.locator(".hit").count()) === 10, "meaning finds nothing");
  await by("Both").click();
  await page.locator(".hit .badge", { hasText: "words #" }).first().waitFor();
  await page.locator(".hit .badge", { hasText: "meaning #" }).first().waitFor();
  await page.getByRole("button", { name: "More like this" }).first().click();
  await until(async () => (await by("Like a chunk").getAttribute("aria-pressed")) === "true", "more like this does not search like the chunk");
  await until(async () => (await page.locator(".hit").count()) === 10, "like a chunk finds nothing");
  const { json } = await api(page, "GET", "/v1/databases/drinks/chunks/3?include=embedding");
  await by("Vector").click();
  await box().fill(JSON.stringify(json.embedding));
  await box().press("Enter");
  await page.locator(".hit .name", { hasText: "row/3" }).first().waitFor();
  await by("Words").click();
  await box().fill('"onerror" script');
  await page.locator(".hit .name", { hasText: "evil" }).waitFor();
  want((await page.locator(".hit .text").first().innerText()).includes("<script>globalThis.hit=1</script>"), "a hit does not show stored text as it is");
  want((await page.evaluate(() => globalThis.hit)) === undefined, "stored text was run");
});

await step("a search is explained as a timeline", async () => {
  await at("#/search/drinks?q=coffee%20wakes&mode=both&k=5");
  await until(async () => (await page.locator(".hit").count()) === 5, "k is not heeded");
  await page.locator(".timeline").click();
  await page.locator(".legend li").first().waitFor();
  await seen("Distances");
  await look(page, shots, "10-explain");
});

await step("a search is copied as a program in four languages", async () => {
  await page.getByRole("button", { name: "Copy as" }).click();
  const text = page.locator("dialog .snippet");
  for (const [name, part] of [["curl", "curl -s 'http"], ["Go", "client.Query{{"], ["Python", "urllib.request"], ["JavaScript", "await fetch("]]) {
    await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
    want((await text.innerText()).includes(part) && (await text.innerText()).includes("coffee wakes"), `${name} is ${await text.innerText()}`);
  }
  await look(page, shots, "11-copy");
  await page.keyboard.press("Escape");
});

await step("two searches stand side by side with their difference", async () => {
  await page.getByRole("button", { name: "Compare" }).click();
  await until(async () => (await page.locator(".difference").count()) === 2, "the difference is not told");
  want((await page.locator(".hits").count()) === 2, "there are not two lists");
  await look(page, shots, "12-compare");
  await page.getByRole("button", { name: "Stop comparing" }).click();
});

await step("what is wrong with a search is said", async () => {
  await at("#/search/drinks?mode=vector&q=1,2,x");
  await page.getByRole("alert").waitFor();
  await seen("A vector is numbers");
});

await step("the index is made anew as a job", async () => {
  await at("#/databases/drinks");
  await page.getByRole("button", { name: "Rebuild" }).click();
  await page.locator(".jobs li", { hasText: "rebuild" }).first().waitFor();
  await page.locator(".jobs li", { hasText: "done" }).first().waitFor({ timeout: 60000 });
  await look(page, shots, "13-database");
});

await step("charts show what the server does", async () => {
  await at("#/live");
  await until(async () => (await page.locator(".chart canvas").count()) === 7, "there are no seven charts");
  for (let i = 0; i < 40; i++) await api(page, "POST", "/v1/databases/drinks/search", { queries: [{ text: "tea" }] });
  await until(async () => /searches [1-9]/.test((await page.locator(".chart .plot").first().getAttribute("aria-label")) ?? ""), "the searches are not counted");
  await page.waitForTimeout(4000);
  await look(page, shots, "14-live");
});

await step("the keyboard is enough", async () => {
  await at("#/databases");
  await page.locator("tbody tr").first().waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await box().waitFor();
  await until(() => page.evaluate(() => document.activeElement?.hasAttribute("data-search")), "the slash does not lead to the search box");
  await page.keyboard.type("coffee");
  await page.keyboard.press("Enter");
  await page.locator(".hit").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  want((await page.evaluate(() => document.activeElement?.querySelector(".rank")?.textContent)) === "2", "the arrow and j do not lead to the second hit");
  await page.keyboard.press("Enter");
  want((await page.locator(".hit .text.open").count()) === 1, "Enter does not open the hit");
  await page.keyboard.press("/");
  want(await page.evaluate(() => document.activeElement?.hasAttribute("data-search")), "the slash does not lead back to the box");
});

await step("everything is there in the dark and on a phone", async () => {
  const phone = await open(browser, `${origin}/console/`, { viewport: { width: 390, height: 800 }, colorScheme: "dark", hasTouch: true });
  for (const [name, hash, ready] of [
    ["databases", "#/databases", "tbody tr"],
    ["database", "#/databases/drinks", ".facts"],
    ["search", "#/search/drinks?q=coffee&mode=words", ".hit"],
    ["chunks", "#/chunks/drinks", ".chunk"],
    ["live", "#/live", ".chart canvas"],
    ["keys", "#/keys", ".empty"],
  ]) {
    await phone.goto(`${origin}/console/${hash}`);
    await phone.locator(ready).first().waitFor();
    await fits(phone, name);
    await look(phone, shots, `20-phone-${name}`);
  }
  await phone.context().close();
  const dark = await open(browser, `${origin}/console/#/search/drinks?q=coffee%20wakes&mode=both`, { colorScheme: "dark" });
  await dark.locator(".hit").first().waitFor();
  await look(dark, shots, "21-dark");
  await dark.getByRole("button", { name: /^Colours/ }).click();
  want((await dark.evaluate(() => document.documentElement.dataset.theme)) === "light", "the colours do not change");
  await dark.context().close();
});

await keys(browser, keyed, key, shots);

await step("a database is dropped once its name is typed", async () => {
  await at("#/databases/drinks");
  await page.getByRole("button", { name: "Drop" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Drop" });
  want(await confirm.isDisabled(), "it can be dropped without typing its name");
  await look(page, shots, "15-drop");
  await dialog.getByRole("textbox").fill("drinks");
  await confirm.click();
  await seen("There is no database yet");
});

await step("the first paint is measured", async () => {
  const paints = [];
  for (let i = 0; i < 7; i++) {
    const fresh = await open(browser, `${origin}/console/`);
    await fresh.getByRole("heading", { name: "Databases" }).waitFor();
    const [paint, bytes] = await fresh.evaluate(() => [
      performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((e) => e.name.includes("/console/")).reduce((n, e) => n + e.encodedBodySize, 0),
    ]);
    paints.push(Math.round(paint));
    told.numbers.first_load_bytes = bytes;
    await fresh.context().close();
  }
  told.numbers.first_paint_ms = paints;
});

await browser.close();
console.log(JSON.stringify(told));
