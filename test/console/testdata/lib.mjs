// What the steps of the hour have in common.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const told = { steps: [], outside: [], errors: [], axe: [], shots: [], numbers: {} };

export const launch = (executablePath) =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"] });

let broken = false; // later steps build on those before

/** A page of its own context, of which everything that is amiss is told. Refusals are expected of a page that is told so. */
export async function open(browser, url, { refusals = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const origin = new URL(url).origin;
  page.on("request", (r) => {
    if (!r.url().startsWith(origin + "/")) told.outside.push(r.url());
  });
  page.on("pageerror", (e) => told.errors.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && !(refusals && /status of 40[139]/.test(m.text()))) told.errors.push(m.text());
  });
  await page.goto(url);
  return page;
}

export async function step(name, fn) {
  const done = { name, error: "" };
  told.steps.push(done);
  if (broken) {
    done.error = "not done: a step before failed";
    return;
  }
  try {
    await fn();
  } catch (e) {
    broken = true;
    done.error = String(e.stack ?? e).split("\n").slice(0, 12).join("\n");
  }
}

export function want(ok, message) {
  if (!ok) throw new Error(message);
}

/** Waits until fn returns something true. */
export async function until(fn, message, ms = 15000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await fn()) return;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(message);
}

/** A picture of the page, and what axe finds on it. */
export async function look(page, dir, name) {
  await page.waitForTimeout(150);
  await page.screenshot({ path: join(dir, `${name}.png`) });
  told.shots.push(`${name}.png`);
  await page.evaluate(axeSource + "; undefined");
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of violations) {
    if (v.impact === "serious" || v.impact === "critical") told.axe.push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" | ")}`);
  }
}

/** Nothing may be wider than the window. */
export async function fits(page, name) {
  const [inner, scroll] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  want(scroll <= inner, `${name} is ${scroll} pixels wide in a window of ${inner}`);
}

/** Drops a file with the text, or the bytes, on the page. */
export async function drop(page, name, content) {
  const data = await page.evaluateHandle(([name, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([typeof content === "string" ? content : new Uint8Array(content)], name));
    return data;
  }, [name, content]);
  await page.dispatchEvent(".dropzone", "dragover", { dataTransfer: data });
  await page.dispatchEvent(".dropzone", "drop", { dataTransfer: data });
}

export async function api(page, method, path, body) {
  const answer = await page.request.fetch(new URL(path, page.url()).href, { method, data: body });
  return { status: answer.status(), json: await answer.json() };
}
