// A real book, made by a real mdBook with our preprocessor, in the browser: labs are there and cost nothing out of sight, and the book keeps
// its sidebar, its keys and its print. MDBOOK and MDBOOK_REPLICATION_LAB name the two programs; without them this is skipped, and says so.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assertQuiet, labOfFile } from './lab.mjs';

const { MDBOOK, MDBOOK_REPLICATION_LAB } = process.env;
const skip = MDBOOK && MDBOOK_REPLICATION_LAB ? false : 'SKIPPED: no mdbook here (MDBOOK and MDBOOK_REPLICATION_LAB are not set)';
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const SIX = ['read-after-write', 'monotonic-reads', 'first-look', 'sync-or-async', 'follower-ahead', 'first-failover'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };

const { lab } = labOfFile();
let folder;
let server;
let url;

async function chapter(path, text) {
  await mkdir(join(folder, 'src', path, '..'), { recursive: true });
  await writeFile(join(folder, 'src', path), text);
}

const build = () => promisify(execFile)(MDBOOK, ['build'], { cwd: folder });

before(async () => {
  if (skip) return;
  folder = await mkdtemp(join(tmpdir(), 'replication-book-'));
  await mkdir(join(folder, 'src'));
  const command = `[preprocessor.replication-lab]\ncommand = ${JSON.stringify(MDBOOK_REPLICATION_LAB)}\n`;
  await writeFile(join(folder, 'book.toml'), `[book]\ntitle = "Replication"\n\n${command}`);
  await chapter('SUMMARY.md', '# Summary\n\n- [Six labs](six.md)\n  - [Deep](part/deep.md)\n- [Last](last.md)\n');
  const labs = SIX.map((preset) => `## ${preset}\n\nText before.\n\n{{#replication-lab preset=${preset} height=600}}\n\nText after.\n`);
  await chapter('six.md', `# Six labs\n\n${labs.join('\n')}`);
  await chapter('part/deep.md', '# Deep\n\n- in a list:\n\n  {{#replication-lab preset=read-after-write mode=session-consistent theme=dark}}\n\n```\n{{#replication-lab preset=atlantis}}\n```\n');
  await chapter('last.md', '# Last\n\nNo lab.\n');
  await cp(DIST, join(folder, 'src/replication-lab'), { recursive: true });
  await build();
  server = createServer(async ({ url: asked }, response) => {
    const name = decodeURIComponent(new URL(asked, 'http://localhost').pathname);
    const content = await readFile(join(folder, 'book', name)).catch(() => null);
    response.writeHead(content ? 200 : 404, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(content ?? '');
  });
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
  url = `http://127.0.0.1:${server.address().port}/`;
});

after(async () => {
  server?.closeAllConnections();
  server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

// A page of the book. Requests leave the lab's own server here, which is what its listener complains of.
async function open(path, options) {
  const opened = await lab().open('about:blank', { viewport: { width: 1280, height: 800 }, ...options });
  await opened.page.goto(url + path);
  const quiet = () => assertQuiet(opened.complaints.filter((one) => !one.startsWith(`request outside the lab's folder: ${url}`)));
  return { ...opened, quiet };
}

const frames = (page) => page.frames().length - 1;

// Brings a lab into view and waits until it is there.
async function arrived(page, preset) {
  const element = page.locator(`replication-lab[preset="${preset}"]`);
  await element.evaluate((one) => one.scrollIntoView({ block: 'start' }));
  await page.frameLocator(`iframe[src*="preset=${preset}&"]`).locator('.lab h2').waitFor();
  return element;
}

test('six labs on a page come one after the other, each when it is near', { skip }, async () => {
  const { page, quiet, close } = await open('six.html');
  assert.equal(await page.locator('replication-lab').count(), 6);
  await page.waitForTimeout(500);
  assert.ok(frames(page) < 4, `${frames(page)} frames at the top of the page`);
  for (const preset of SIX) await arrived(page, preset);
  assert.equal(frames(page), 6);
  const text = page.frameLocator('iframe[src*="preset=sync-or-async"]').locator('.lab h2');
  assert.equal(await text.textContent(), 'Synchronous or asynchronous');
  quiet();
  await close();
});

test('the sidebar and the keys of the book are its own, and those of a lab the lab\'s', { skip }, async () => {
  const { page, quiet, close } = await open('six.html');
  await arrived(page, 'read-after-write');
  const sidebar = await page.locator('#mdbook-sidebar, #sidebar').first().boundingBox();
  assert.ok(sidebar.width > 150 && sidebar.x >= 0, JSON.stringify(sidebar));
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  // Within the lab an arrow steps through the run, and the chapter stays.
  const frame = page.frameLocator('iframe[src*="preset=read-after-write"]');
  await frame.locator('button[aria-label="To the start"]').click();
  await page.keyboard.press('ArrowRight');
  await frame.locator('.clock', { hasText: /^50 ms/ }).waitFor();
  assert.match(page.url(), /six\.html$/);
  await page.locator('h1').first().click();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/deep\.html$/);
  quiet();
  await close();
});

test('a lab in a list of a chapter in a folder is there, and code is left alone', { skip }, async () => {
  const { page, quiet, close } = await open('part/deep.html');
  await arrived(page, 'read-after-write');
  assert.equal(await page.locator('li replication-lab').count(), 1);
  assert.match(await page.locator('pre code').textContent(), /\{\{#replication-lab preset=atlantis\}\}/);
  const theme = await page.frameLocator('iframe').locator('.lab').getAttribute('data-theme');
  assert.equal(theme, 'dark');
  quiet();
  await close();
});

test('a lab follows the theme of the book', { skip }, async () => {
  const { page, quiet, close } = await open('six.html');
  await arrived(page, 'read-after-write');
  const is = (theme) => page.frameLocator('iframe[src*="preset=read-after-write"]').locator(`.lab[data-theme=${theme}]`).waitFor();
  for (const [name, theme] of [['navy', 'dark'], ['light', 'light'], ['coal', 'dark']]) {
    await page.evaluate((one) => {
      document.documentElement.classList.remove('light', 'navy', 'coal');
      document.documentElement.classList.add(one);
    }, name);
    await is(theme);
  }
  quiet();
  await close();
});

test('what is scrolled away stands still', { skip }, async () => {
  const { page, quiet, close } = await open('six.html');
  const element = await arrived(page, 'read-after-write');
  await element.evaluate((one) => one.play());
  await page.waitForTimeout(300);
  await arrived(page, 'first-failover');
  await page.waitForTimeout(300);
  const at = () => element.evaluate(async (one) => (await one.getState()).at);
  const then = await at();
  await page.waitForTimeout(500);
  assert.equal(await at(), then);
  quiet();
  await close();
});

test('print.html tells of every lab in words, with a link that leads to it', { skip }, async () => {
  const { page, quiet, close } = await open('last.html');
  // Who leaves before everything is there breaks off what is under way.
  await page.waitForLoadState('networkidle');
  await page.emulateMedia({ media: 'print' });
  // The page asks to be printed as soon as it is there.
  await page.addInitScript(() => { globalThis.print = () => {}; });
  await page.goto(`${url}print.html`);
  const posters = page.locator('replication-lab p');
  assert.equal(await posters.count(), 7);
  for (const poster of await posters.all()) {
    await poster.scrollIntoViewIfNeeded();
    assert.ok(await poster.isVisible());
    assert.match(await poster.innerText(), /^Interactive lab: .{10,}\. .{80,}/s);
    const { width, height } = await poster.boundingBox();
    assert.ok(width > 300 && height > 30, `${width} by ${height}`);
  }
  assert.equal(await page.locator('iframe:visible').count(), 0);
  const links = await page.locator('replication-lab a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  for (const link of links) assert.equal((await page.request.get(url + link)).status(), 200, link);
  assert.ok(links.every((link) => link.startsWith('replication-lab/index.html?preset=')), links.join(' '));
  quiet();
  await close();
});

test('a preset that there is not stops the book, with file and line', { skip }, async () => {
  await chapter('last.md', '# Last\n\n{{#replication-lab preset=atlantis}}\n');
  const failed = await build().then(() => null, (error) => error);
  assert.match(failed?.stderr ?? '', /error: src\/last\.md:3: there is no preset called 'atlantis'/);
});
