// Opens the lab in the system's Chromium, and keeps a list of everything a page complains about: a test that passes
// while the console is red has not looked.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const EXECUTABLE = process.env.CHROMIUM || '/usr/bin/chromium';
// Compiling and starting the program on a busy machine of two cores takes a while.
const PATIENCE = 60_000;

// The arguments of the browser tests, so that both kinds of test run in the same browser.
async function browserArguments() {
  const text = await readFile(new URL('../../webdriver.json', import.meta.url), 'utf8');
  const { args } = JSON.parse(text)['goog:chromeOptions'];
  return args.filter((argument) => argument !== '--headless');
}

// A server and a browser. Call `stop` at the end.
// With a list, what the server sends is compressed and noted there.
export async function startLab(sent = null) {
  const server = await serve(undefined, sent);
  const browser = await chromium
    .launch({ executablePath: EXECUTABLE, args: await browserArguments(), timeout: PATIENCE })
    .catch(async (error) => {
      await server.stop();
      throw error;
    });
  return {
    url: server.url,
    // A new page with a storage of its own, at the lab's address with the given ending, like `?preset=x#y`.
    // The context options are playwright's: viewport, reducedMotion, forcedColors, colorScheme, …
    async open(ending = '', contextOptions = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...contextOptions });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const complaints = listen(page, server.url);
      const address = ending === 'about:blank' ? ending : server.url + ending;
      await page.goto(address, { waitUntil: 'load', timeout: PATIENCE });
      return { page, complaints, close: () => context.close() };
    },
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}

// Collects errors of a page, and requests that leave the folder the lab is served from.
function listen(page, url) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('requestfailed', (request) => {
    complaints.push(`request failed: ${request.url()} (${request.failure()?.errorText})`);
  });
  page.on('request', (request) => {
    const address = request.url();
    const own = address.startsWith(url) || /^(data|blob):/.test(address) || address.endsWith('/favicon.ico');
    if (!own) complaints.push(`request outside the lab's folder: ${address}`);
  });
  return complaints;
}

// Opens a tab of the first lab of a page: beside the stage or below it.
export const tab = (page, name) => page.getByRole('tab', { name }).first().click();

// Waits until every place for a lab holds one. Each is brought into view, for labs that wait for that.
export async function mounted(page) {
  const places = page.locator('[data-lab]');
  const count = await places.count();
  assert.ok(count > 0, 'the page has no place for a lab: no element has the attribute data-lab');
  for (let index = 0; index < count; index += 1) {
    const place = places.nth(index);
    await place.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await place.locator('.lab').first().waitFor({ state: 'visible' });
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  return count;
}

// A lab for all tests of a file. Returns it, and what opens a page of it with a lab in every place for one.
export function labOfFile() {
  let lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab?.stop());
  const open = async (ending, options) => {
    const opened = await lab.open(ending, options);
    await mounted(opened.page);
    return opened;
  };
  return { open, lab: () => lab };
}

// Waits until the text of an element is as wanted, and says what it was if it never is.
export async function says(page, selector, wanted, patience = 200) {
  let text = '';
  for (let tries = 0; tries < patience; tries += 1) {
    text = await page.locator(selector).first().textContent();
    if (wanted.test(text)) return;
    await page.waitForTimeout(50);
  }
  assert.match(text, wanted);
}

// What axe finds that is serious or critical.
export async function serious(page) {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}

// Fails with everything the page complained about.
export function assertQuiet(complaints) {
  assert.deepEqual(complaints, [], `the page complained:\n${complaints.join('\n')}`);
}
