// The part of the hour on a server that asks for keys.
import { look, open, step, until, want } from "./lib.mjs";

async function signIn(page, key) {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function keys(browser, origin, root, shots) {
  const page = await open(browser, `${origin}/console/`, { refusals: true });
  let reader = "";

  await step("a wrong key is refused, and the right one lets in", async () => {
    await page.getByRole("heading", { name: "Sign in to memista" }).waitFor();
    await look(page, shots, "30-signin");
    await signIn(page, "wrong-0123456789abcdef0123456789");
    await page.getByRole("alert").waitFor();
    await signIn(page, root);
    await page.getByRole("heading", { name: "Databases" }).waitFor();
  });

  await step("a key is kept for the tab only, and in no address", async () => {
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), location.href, document.cookie]);
    want(!kept.join().includes(root), `the key is in ${kept}`);
    await page.reload();
    await page.getByRole("heading", { name: "Databases" }).waitFor();
    const other = await open(browser, `${origin}/console/`, { refusals: true });
    await other.getByRole("heading", { name: "Sign in to memista" }).waitFor();
    await other.context().close();
  });

  await step("a key is made, and shown once", async () => {
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByRole("button", { name: "Create" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("reader");
    await dialog.getByLabel("Databases").fill("shared-*");
    await look(page, shots, "31-create-key");
    await dialog.getByRole("button", { name: "Create" }).click();
    reader = await page.locator(".snippet.secret").innerText();
    want(/^memista_[a-z2-7]{8}_[a-z2-7]{52}$/.test(reader), `the key is ${reader}`);
    await page.getByRole("button", { name: "Done" }).click();
    await page.locator("tbody tr", { hasText: "reader" }).waitFor();
    want(!(await page.locator("body").innerText()).includes(reader), "the key is shown once more");
    await look(page, shots, "32-keys");
  });

  await step("with a key that reads, writing is gone", async () => {
    const insert = { chunks: [{ text: "one for all" }] };
    for (const id of ["shared-1", "secret-1"]) await page.request.post(`${origin}/v1/databases/${id}/chunks`, { data: insert, headers: { "api-key": root } });
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, reader);
    await page.getByRole("link", { name: "Databases" }).click();
    await page.locator("tbody tr", { hasText: "shared-1" }).waitFor();
    want((await page.locator("tbody tr", { hasText: "secret-1" }).count()) === 0, "a database out of reach is shown");
    const gone = async (where, ...names) => {
      for (const name of names) want((await page.getByRole("button", { name }).count()) === 0, `${where} offers ${name}`);
    };
    await gone("the list", "Create");
    want((await page.getByRole("link", { name: "Keys" }).count()) === 0, "the keys are offered");
    want((await page.getByRole("link", { name: "Live" }).count()) === 0, "figures are offered");
    await page.getByRole("link", { name: "shared-1", exact: true }).click();
    await page.locator(".facts").waitFor();
    await gone("the database", "Drop", "Rebuild");
    await page.goto(`${origin}/console/#/chunks/shared-1`);
    await page.locator(".chunk").first().waitFor();
    await gone("the list of chunks", "Insert", /^Delete/, /^Edit/);
    want((await page.locator(".dropzone").count()) === 0, "files can be dropped");
    await page.getByRole("button", { name: /^Show/ }).first().click();
    await page.getByRole("dialog").getByLabel("Text", { exact: true }).waitFor();
    await gone("a chunk", "Save");
    await look(page, shots, "33-reader");
    await page.keyboard.press("Escape");
  });

  await step("a key that is revoked signs out", async () => {
    const list = await (await page.request.get(`${origin}/v1/keys`, { headers: { "api-key": root } })).json();
    await page.request.delete(`${origin}/v1/keys/${list.keys[0].id}`, { headers: { "api-key": root } });
    await page.goto(`${origin}/console/#/databases`);
    await until(async () => (await page.getByRole("heading", { name: "Sign in to memista" }).count()) === 1, "the page goes on with a key that was revoked");
  });
  await page.context().close();
}
