// Opens the documentation pages of the server at the given address in headless Chromium
// and prints, as JSON, what each of them did. Arguments: the directory of playwright-core,
// the path of Chromium, the address.
const [, , library, executablePath, origin] = process.argv;
const { chromium } = require(library);

const operations = ['Insert chunks', 'Search for the nearest chunks', 'List the databases'];

async function look(browser, name) {
  const page = await browser.newPage();
  const result = { name, errors: [], outside: [], shown: [], tried: '', server: '' };
  page.on('console', (m) => { if (m.type() === 'error') result.errors.push(m.text()); });
  page.on('pageerror', (e) => result.errors.push(String(e)));
  page.on('request', (r) => {
    const url = r.url();
    if (!url.startsWith(origin + '/') && !/^(data|blob):/.test(url)) result.outside.push(url);
  });
  try {
    await page.goto(`${origin}/${name}`);
    for (const text of operations) {
      await page.getByText(text).first().waitFor({ state: 'attached', timeout: 60000 });
      result.shown.push(text);
    }
    if (name === 'swagger') {
      const operation = page.locator('#operations-databases-databases');
      await operation.locator('.opblock-summary-control').click();
      await operation.locator('button.execute').click();
      result.tried = await operation.locator('.live-responses-table tbody .response-col_status').first().innerText({ timeout: 30000 });
    }
    if (name === 'rapidoc') {
      result.server = await page.evaluate(() => document.querySelector('rapi-doc').selectedServer.computedUrl);
    }
    // What a page asks for late should be seen, too, but one that keeps asking is fine.
    await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
  } catch (e) {
    result.errors.push(String(e));
  }
  await page.close();
  return result;
}

(async () => {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
  const results = [];
  for (const name of ['swagger', 'redoc', 'rapidoc', 'scalar']) results.push(await look(browser, name));
  await browser.close();
  console.log(JSON.stringify(results));
})().catch((e) => { console.error(e); process.exit(1); });
