// The lab where little is allowed: as one file from a disk and in a sandboxed frame, without a network; and as a folder under a strict
// policy. `cargo xtask single-file` writes the file.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assertQuiet, labOfFile, says, tab } from './lab.mjs';

const { lab } = labOfFile();
const FILE = fileURLToPath(new URL('../../target/replication-lab.html', import.meta.url));

// The way of a newcomer, a scenario of another family, and a question for the program of experiments; `page` may be a frame.
async function works(page) {
  await page.locator('button.primary').click();
  await page.locator('.finding.current').waitFor();
  await says(page, '.explanation', /which had applied nothing/);
  await page.getByRole('tab', { name: 'Experiments' }).click();
  await page.getByRole('button', { name: 'In real systems' }).click();
  await page.locator('.sheet table').first().waitFor();
  await page.locator('.preset select').selectOption('lww-skew');
  await page.locator('.story h2', { hasText: 'The last writer, by a clock that is slow' }).waitFor();
  await page.getByRole('button', { name: 'Next finding' }).click();
  await page.locator('.finding.current').waitFor();
}

test('one file works from a disk, without a network', async () => {
  const { page, complaints, close } = await lab().open('about:blank');
  await page.context().setOffline(true);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const file = pathToFileURL(FILE).href;
  await page.goto(file);
  await works(page);
  const others = asked.filter((url) => url !== file && !/^(blob|data):/.test(url));
  assert.deepEqual(others, []);
  assert.deepEqual(complaints.filter((one) => one !== `request outside the lab's folder: ${file}`), []);
  await page.goto('about:blank');
  await page.goto(`${file}#preset=monotonic-reads`);
  await says(page, '.story h2', /^Monotonic reads$/);
  await close();
});

// A page with one file in a frame that may run scripts and nothing else, so that its origin is opaque.
async function sandboxed(without = '') {
  const opened = await lab().open('about:blank');
  const { page } = opened;
  const single = (await readFile(FILE, 'utf8')).replace('<script', `<script>${without}</script><script`);
  const around = '<!doctype html><title>around</title><iframe title="lab" sandbox="allow-scripts" src="single.html?preset=first-look" width="1200" height="700"></iframe>';
  const serve = (name, body) => page.route(`**/lab/${name}*`, (route) => route.fulfill({ contentType: 'text/html', body }));
  await serve('around.html', around);
  await serve('single.html', single);
  await page.goto(`${lab().url}around.html`);
  const frame = page.frames()[1];
  await frame.locator('.lab h2').waitFor();
  assert.equal(await frame.evaluate(() => globalThis.origin), 'null');
  return { ...opened, frame };
}

test('one file works in a sandboxed frame of opaque origin', async () => {
  const { frame, complaints, close } = await sandboxed();
  await works(frame);
  assertQuiet(complaints);
  await close();
});

test('where that frame starts no worker, the engine works in place, and only experiments are refused', async () => {
  const { frame, complaints, close } = await sandboxed('globalThis.Worker = class { constructor() { throw new DOMException("no", "SecurityError"); } };');
  await frame.locator('button.primary').click();
  await frame.locator('.finding.current').waitFor();
  await tab(frame, 'Experiments');
  await frame.getByRole('button', { name: 'In real systems' }).click();
  await says(frame, '.experiments [role=status]', /the browser does not let the lab start a worker/);
  assertQuiet(complaints);
  await close();
});

test('the page around steers one file in a sandboxed frame', async () => {
  const { page, complaints, close } = await sandboxed();
  const state = await page.evaluate(() => new Promise((heard) => {
    addEventListener('message', ({ origin, data }) => data.id === 'here' && heard({ ...data, origin }));
    document.querySelector('iframe').contentWindow.postMessage({ 'replication-lab': 1, type: 'seek', at: 200_000, id: 'here' }, '*');
  }));
  assert.deepEqual([state.type, state.at, state.origin], ['state', 200_000, 'null']);
  assertQuiet(complaints);
  await close();
});

test('a policy that allows a site its own files and nothing else is never violated', async () => {
  const { page, complaints, close } = await lab().open('about:blank');
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'";
  await page.route('**/lab/**', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => globalThis.violations.push(`${effectiveDirective} ${blockedURI}`));
  });
  await page.goto(lab().url);
  await works(page);
  for (const name of ['Staleness', 'What happened', 'Legend']) await tab(page, name);
  for (const name of ['Settings', 'Act', 'Share']) await tab(page, name);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  await page.goto(`${lab().url}embed/conformance.html`);
  await page.frameLocator('#lab').locator('.lab h2').waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  assertQuiet(complaints);
  await close();
});
