// Several leaders as users meet them: a scenario is opened by its link, a conflict is caused with the keyboard alone, its two versions stand
// side by side, and a client that has read both resolves it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertQuiet, labOfFile, says, serious } from './lab.mjs';

const { open } = labOfFile();

// A catalogue with leaders in two regions that keep siblings, before anybody has written.
const scenario = {
  version: 1,
  title: 'Two leaders',
  seed: 1,
  until: '20s',
  family: 'multi-leader',
  shards: [
    {
      name: 'catalog',
      leader: 'virginia',
      followers: [],
      peers: [{ leader: 'frankfurt', followers: ['svalbard'] }],
      conflicts: [{ rule: 'siblings' }],
    },
  ],
  clients: [
    { name: 'ann', home: 'virginia' },
    { name: 'ben', home: 'frankfurt' },
  ],
  links: [{ from: '*', to: '*', latency: { constant: '300ms' } }],
  read: { mode: 'leader' },
  script: [{ at: '5s', do: { read: { client: 'ben', key: 'attitude' } } }],
};
const link = `#v1=${Buffer.from(JSON.stringify(scenario)).toString('base64url')}&t=1s`;

// Goes on with the tabulator until something of this name has the focus.
async function reach(page, wanted) {
  for (let tries = 0; tries < 200; tries += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const { activeElement: element } = document;
      return element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.textContent;
    });
    if (wanted.test(name)) return;
  }
  assert.fail(`nothing called ${wanted} can be reached`);
}

test('a conflict of two leaders is caused and resolved with the keyboard alone', async () => {
  const { page, complaints, close } = await open(link);
  await says(page, '.panes button[aria-pressed=true]', /^Leaders$/);
  await reach(page, /^Findings/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const write = async (value, who) => {
    await reach(page, /^Value/);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(value);
    await reach(page, new RegExp(`^Write as ${who}$`));
    await page.keyboard.press('Enter');
    // What was done is watched: a second press of the space bar, outside of controls, would let it run; the clock is stopped instead.
    await page.locator('.lab').focus();
    await page.keyboard.press(' ');
  };
  await write('nadir', 'ann');
  await write('sun', 'ben');
  const shown = page.locator('[role=button][aria-label^="virginia, leader"]');
  const says2 = async (wanted) => {
    for (let tries = 0; tries < 80; tries += 1) {
      await page.keyboard.press('ArrowRight');
      if (wanted.test(await shown.getAttribute('aria-label'))) return;
      await page.waitForTimeout(50);
    }
    assert.match(await shown.getAttribute('aria-label'), wanted);
  };
  await says2(/shows attitude = (nadir ∥ sun|sun ∥ nadir)/);
  await says(page, '.versions .why', /V1 and F1 are concurrent|F1 and V1 are concurrent/);
  assert.equal(await page.locator('.version .column').count(), 2, 'both versions stand side by side');
  assert.equal(await page.locator('.versions .counter.ahead').count(), 2, 'each is ahead of the other in one counter');
  assert.deepEqual(await serious(page), []);
  await reach(page, /^Read as ann$/);
  await page.keyboard.press('Enter');
  await page.locator('button[aria-label="Resolve with sun: attitude as ann"]').first().waitFor();
  await reach(page, /^Resolve with sun: attitude as ann$/);
  await page.keyboard.press('Enter');
  await says(page, '.versions', /V2.*replaced by V2/);
  assert.match(await shown.getAttribute('aria-label'), /shows attitude = sun(,|$)/);
  assertQuiet(complaints);
  await close();
});

test('several leaders fit their page: wide, narrow, dark', async () => {
  const text = await readFile(new URL('../leaders/siblings.json', import.meta.url), 'utf8');
  const address = `#v1=${Buffer.from(text).toString('base64url')}&t=235ms`;
  for (const [width, colorScheme] of [[1440, 'light'], [390, 'light'], [1440, 'dark']]) {
    const { page, complaints, close } = await open(address, { viewport: { width, height: 900 }, colorScheme });
    await says(page, '.versions .heading', /MSS-23/);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `at ${width} px the page is ${wide} px too wide`);
    assert.deepEqual(await serious(page), [], `${width} px, ${colorScheme}`);
    await page.locator('.order select').first().selectOption({ index: 2 });
    await page.locator('.order select').nth(1).selectOption({ index: 3 });
    await says(page, '.order .summary', /Neither happens before the other/);
    assertQuiet(complaints);
    await close();
  }
});
