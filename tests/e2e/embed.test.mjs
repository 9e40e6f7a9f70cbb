// The lab in a frame: the conformance page of the protocol, and the element of `embed.js` in pages around.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { assertQuiet, labOfFile } from './lab.mjs';

const { lab } = labOfFile();

test('every rule of the protocol holds', async () => {
  const { page, complaints, close } = await lab().open('embed/conformance.html');
  await page.locator('#sum', { hasText: /rules/ }).waitFor({ timeout: 120_000 });
  const broken = await page.locator('li.fail').allTextContents();
  assert.deepEqual(broken, []);
  // Chromium notes a message for an origin that is not there; the rule about origins sends one.
  const others = complaints.filter((one) => !/Failed to execute 'postMessage'.*elsewhere\.example/.test(one));
  assert.deepEqual(others, []);
  await close();
});

// A page of a course with an element for a lab, and text of the given height before it.
async function course(elements, { above = 0, style = '', ...options } = {}) {
  const opened = await lab().open('about:blank', options);
  const { page } = opened;
  const html = `<!doctype html><html lang="en"><head><title>course</title><style>${style}</style></head><body>
    <p style="height:${above}px">text</p>${elements}<p style="height:3000px">more text</p><script src="${lab().url}embed.js"></script></body></html>`;
  await page.route('**/lab/course.html', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${lab().url}course.html`);
  // What the first element has told of, by name.
  await page.evaluate(() => {
    globalThis.told = [];
    const element = document.querySelector('replication-lab');
    for (const name of ['ready', 'state', 'event', 'error', 'resize']) {
      element.addEventListener(name, ({ detail }) => globalThis.told.push(detail));
    }
  });
  const told = (type) => page.waitForFunction((wanted) => globalThis.told.find((one) => one.type === wanted), type).then((one) => one.jsonValue());
  return { ...opened, told };
}

const FIRST = '<replication-lab preset="read-after-write" height="300"><a href="https://example.org">a picture</a></replication-lab>';

test('a lab that is far away is a poster, and costs no request; near the view it comes, and the poster goes', async () => {
  const { page, complaints, told, close } = await course(FIRST, { above: 4000 });
  await page.waitForTimeout(300);
  assert.equal(page.frames().length, 1);
  assert.ok(await page.getByText('a picture').isVisible());
  await page.evaluate(() => window.scrollTo(0, 3500));
  await told('ready');
  assert.equal(page.frames().length, 2);
  assert.equal(await page.getByText('a picture').isVisible(), false);
  assertQuiet(complaints);
  await close();
});

test('with loading="click" a lab waits for its button', async () => {
  const { page, complaints, told, close } = await course(FIRST.replace('preset', 'loading="click" preset'));
  await page.waitForTimeout(300);
  assert.equal(page.frames().length, 1);
  await page.getByRole('button', { name: 'Start the lab' }).click();
  await told('ready');
  assertQuiet(complaints);
  await close();
});

test('the frame is as tall as the lab, and nothing in it scrolls', async () => {
  const { page, complaints, told, close } = await course(FIRST);
  await told('resize');
  await page.waitForTimeout(1000);
  for (const width of [1280, 420, 1000]) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForTimeout(1000);
    const height = await page.locator('iframe').evaluate((frame) => frame.getBoundingClientRect().height);
    const inside = await page.frames()[1].evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height > 400 && Math.abs(height - inside) <= 3, `${height} px for ${inside} px at a width of ${width}`);
  }
  const heights = await page.evaluate(() => globalThis.told.filter(({ type }) => type === 'resize').length);
  assert.ok(heights < 15, `${heights} heights for four widths`);
  assertQuiet(complaints);
  await close();
});

test('the methods steer the lab, and answer with its state', async () => {
  const { page, complaints, told, close } = await course(FIRST);
  // What is asked before the lab is there waits for it.
  const state = await page.evaluate(() => document.querySelector('replication-lab').seek(800_000));
  assert.equal(state.at, 800_000);
  const steps = await page.evaluate(async () => {
    const element = document.querySelector('replication-lab');
    const kept = await element.getState();
    const playing = (await element.play()).playing;
    const paused = (await element.pause()).playing;
    const elsewhere = await element.setState({ fragment: 'preset=monotonic-reads' });
    const back = await element.setState(kept);
    const locked = (await element.lock({ run: true })).locked;
    const refused = await element.setState({ fragment: 'preset=atlantis' }).catch(({ message }) => message);
    return { playing, paused, elsewhere: elsewhere.title, back: [back.title, back.at], locked, refused };
  });
  assert.deepEqual(steps, {
    playing: true,
    paused: false,
    elsewhere: 'Monotonic reads',
    back: ['Read after write', 800_000],
    locked: { run: true, time: false },
    refused: "there is no preset called 'atlantis'",
  });
  await told('state');
  assertQuiet(complaints);
  await close();
});

test('what the user does is told: a step, the finding, the remedy', async () => {
  const { page, complaints, told, close } = await course(FIRST.replace('read-after-write', 'first-look'));
  await told('ready');
  const frame = page.frameLocator('iframe');
  await frame.locator('button.primary').click();
  await frame.locator('.finding.current').waitFor();
  await frame.locator('button.primary', { hasText: 'Switch to session-consistent' }).click();
  await frame.locator('button.primary', { hasText: 'Read MSS-23' }).click();
  await page.waitForFunction(() => globalThis.told.some(({ name }) => name === 'completed'));
  const events = await page.evaluate(() => globalThis.told.filter(({ type }) => type === 'event'));
  assert.deepEqual(events.slice(0, 4).map(({ name }) => name), ['step', 'finding', 'step', 'completed']);
  assert.match(events[1].headline, /Svalbard did not see its own write/);
  assert.deepEqual({ ...events[3].result, duration: 0 }, { completion: true, success: true, duration: 0 });
  assertQuiet(complaints);
  await close();
});

test('what is locked cannot be used by the user, with the pointer or with keys', async () => {
  const { page, complaints, told, close } = await course(FIRST);
  await told('ready');
  await page.evaluate(() => document.querySelector('replication-lab').lock({ run: true, time: true }));
  const frame = page.frameLocator('iframe');
  await frame.locator('button.play:disabled').waitFor();
  assert.ok(await frame.locator('button.primary').isDisabled());
  await frame.locator('.finding button, .findings button').first().focus();
  await page.keyboard.press('End');
  await frame.locator('.live', { hasText: 'locked' }).waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(async () => (await document.querySelector('replication-lab').getState()).at), 0);
  assertQuiet(complaints);
  await close();
});

test('the theme is that of the attribute, that of the page around, or that of the system', async () => {
  const style = 'html.night{color-scheme:dark} html.day{color-scheme:light}';
  const { page, complaints, told, close } = await course(FIRST, { style, colorScheme: 'dark' });
  await told('ready');
  const paper = page.frameLocator('iframe').locator('.lab');
  const is = (color) => page.waitForFunction(
    (wanted) => getComputedStyle(document.querySelector('replication-lab').shadowRoot.querySelector('iframe').contentDocument.querySelector('.lab')).backgroundColor === wanted,
    color,
  );
  const [dark, light] = ['rgb(17, 22, 31)', 'rgb(255, 255, 255)'];
  await is(dark);
  await page.evaluate(() => (document.documentElement.className = 'day'));
  await is(light);
  await page.evaluate(() => (document.documentElement.className = 'night'));
  await is(dark);
  await page.evaluate(() => document.querySelector('replication-lab').setAttribute('theme', 'light'));
  await is(light);
  await page.evaluate(() => {
    document.documentElement.className = '';
    document.querySelector('replication-lab').removeAttribute('theme');
  });
  await is(dark);
  assert.ok(await paper.isVisible());
  assertQuiet(complaints);
  await close();
});

test('a lab in a frame leaves the keyboard to the page around, stands still out of sight, and prints as its poster', async () => {
  const { page, complaints, told, close } = await course(FIRST);
  await told('ready');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  await page.evaluate(() => document.querySelector('replication-lab').play());
  await page.waitForTimeout(400);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForTimeout(400);
  const at = () => page.evaluate(async () => (await document.querySelector('replication-lab').getState()).at);
  const then = await at();
  await page.waitForTimeout(500);
  assert.equal(await at(), then);
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.getByText('a picture').isVisible());
  assert.equal(await page.locator('iframe').isVisible(), false);
  assertQuiet(complaints);
  await close();
});

// A site of its own with one page; another port is another origin, and so is another name of the machine.
async function site(html) {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html()));
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
  return { port: server.address().port, stop: () => (server.closeAllConnections(), server.close()) };
}

test('a page of another origin steers the lab all the same, and a page of a third one does not', async () => {
  let html = `<!doctype html><title>another site</title>${FIRST}<script src="${lab().url}embed.js"></script>`;
  const { port, stop } = await site(() => html);
  const { page, complaints, close } = await lab().open('about:blank');
  // The policy of the test server lets only its own pages frame the lab; a course would be allowed.
  await page.route(`${lab().url}index.html*`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers['content-security-policy'];
    await route.fulfill({ response, headers });
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  const state = await page.evaluate(() => document.querySelector('replication-lab').seek(800_000));
  assert.deepEqual([state.at, state.title], [800_000, 'Read after write']);
  const frame = page.locator('iframe');
  assert.equal(await frame.evaluate((one) => one.contentDocument), null, 'it is another origin');
  const address = await frame.getAttribute('src');
  assert.ok(address.includes(`origin=http%3A%2F%2F127.0.0.1%3A${port}`), address);
  await page.waitForFunction(() => document.querySelector('replication-lab').shadowRoot.querySelector('iframe').clientHeight > 400);
  // The same address in a page of another origin than it names: there the lab neither listens nor speaks.
  html = `<!doctype html><title>a third site</title><script>globalThis.heard = []; addEventListener('message', ({ data }) => heard.push(data));</script><iframe src="${address}"></iframe>`;
  await page.goto(`http://localhost:${port}/`);
  await page.frameLocator('iframe').locator('.lab h2').waitFor();
  await page.evaluate(() => document.querySelector('iframe').contentWindow.postMessage({ 'replication-lab': 1, type: 'hello', id: 1 }, '*'));
  await page.waitForTimeout(700);
  assert.deepEqual(await page.evaluate(() => globalThis.heard), []);
  const own = new RegExp(`^request outside the lab's folder: http://(127\\.0\\.0\\.1|localhost):${port}/|Failed to execute 'postMessage'`);
  assertQuiet(complaints.filter((one) => !own.test(one)));
  await close();
  stop();
});
