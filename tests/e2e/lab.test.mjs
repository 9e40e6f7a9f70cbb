// The release build as its users meet it: with the pointer, with the keyboard alone, on a phone, in the dark, in a course page
// with several labs, and with links that were cut off on their way.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertQuiet, labOfFile, mounted, says, serious, tab } from './lab.mjs';

const { open, lab } = labOfFile();

const digest = (page) => page.locator('.digest').textContent();

// The digest as soon as it is another one: what a control asks for is answered by the engine, in its own time.
async function digestAfter(page, before) {
  await page.waitForFunction((old) => document.querySelector('.digest')?.textContent !== old, before);
  return digest(page);
}

test('a newcomer causes a stale read with one click, sees why, and makes it vanish with another', async () => {
  const { page, complaints, close } = await open('', { viewport: { width: 1440, height: 900 } });
  const primary = page.locator('button.primary');
  await says(page, 'button.primary', /^Read MSS-23\/state at frankfurt as Svalbard$/);
  await primary.click();
  await page.locator('.finding.current').waitFor();
  const reason = await page.locator('.explanation').boundingBox();
  assert.ok(reason.y + reason.height <= 900, `the reason ends at ${reason.y + reason.height} px, below the fold`);
  assert.equal(await page.evaluate(() => window.scrollY), 0);
  await says(page, '.hint', /^◆ Svalbard did not see its own write: the findings say why\. Now try what helps\.$/);
  await says(page, '.client.anomaly', /◆ missed own write/);
  assert.match(await page.locator('[role=button][aria-label^="client Svalbard"]').getAttribute('aria-label'), /, missed own write$/);
  await says(page, '.explanation', /Svalbard read MSS-23\/state = none at frankfurt, which had applied nothing/);
  await says(page, '.live', /Svalbard did not see its own write/);
  await says(page, 'button.primary', /^Switch to session-consistent reads$/);
  await primary.click();
  await says(page, '.verdict', /Nothing found in this run/);
  await says(page, '.hint', /^Done: nothing is wrong with this run any more/);
  await says(page, 'button.primary', /^Read MSS-23\/state at frankfurt as Svalbard$/);
  await primary.click();
  await says(page, '.verdict', /Nothing found in this run, from its start to its end\. Checked: answered reads 2,/);
  assert.equal(await page.locator('.client.anomaly').count(), 0);
  assertQuiet(complaints);
  await close();
});

test('the same with the keyboard alone', async () => {
  const { page, complaints, close } = await open();
  const press = async (wanted) => {
    for (let tries = 0; tries < 60; tries += 1) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate(() => document.activeElement.textContent);
      if (wanted.test(text)) break;
    }
    await page.keyboard.press('Enter');
  };
  await press(/^Read MSS-23\/state at frankfurt/);
  await page.locator('.finding.current').waitFor();
  await page.keyboard.press('Home');
  await says(page, '.clock', /^0 ms/);
  await page.keyboard.press('Shift+ArrowRight');
  await says(page, '.clock', /^265 ms/);
  await page.keyboard.press('ArrowLeft');
  await says(page, '.clock', /^225 ms/);
  await page.keyboard.press('ArrowRight');
  await says(page, '.clock', /^265 ms/);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Switch to session-consistent reads/, 'the next step has the focus');
  await page.keyboard.press('Enter');
  await says(page, '.verdict', /Nothing found in this run/);
  assertQuiet(complaints);
  await close();
});

test('a link brings back the very run, interventions included, and so does a file', async () => {
  const { page, complaints, close } = await open('?preset=async-leader-crash');
  const plain = await digest(page);
  await tab(page, 'Act');
  await page.getByRole('button', { name: 'Crash singapore' }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const changed = await digestAfter(page, plain);
  await tab(page, 'Share');
  await page.getByRole('button', { name: 'Copy a link to this run' }).click();
  const link = await page.getByLabel('Link', { exact: true }).inputValue();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const file = await readFile(await (await saving).path());
  assertQuiet(complaints);
  await close();

  const again = await open(link.slice(link.indexOf('#')));
  assert.equal(await digest(again.page), changed);
  await again.close();

  const fresh = await open('?preset=first-look');
  await tab(fresh.page, 'Share');
  await fresh.page.locator('input[type=file]').setInputFiles({ name: 'scenario.json', mimeType: 'application/json', buffer: file });
  await fresh.page.locator('h2', { hasText: 'An asynchronous leader crashes' }).waitFor();
  assert.equal(await digest(fresh.page), changed);
  await fresh.page.locator('input[type=file]').setInputFiles({ name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{\n  "version": 1,\n  "sead": 2 }') });
  assert.match(await fresh.page.getByRole('alert').textContent(), /bad\.json, line 3, column \d+: unknown field `sead`/);
  assert.equal(await digest(fresh.page), changed, 'a bad file loses nothing');
  assertQuiet(fresh.complaints);
  await fresh.close();
});

test('a link that makes no sense is answered with a sentence, never with an empty page', async () => {
  for (const [ending, sentence] of [
    ['#v1=%%%%', /damaged at character 0/],
    ['#v1=e30', /cannot be run: line 1/],
    ['#v9=abc', /begins with 'v9'/],
    ['?preset=atlantis', /no preset called 'atlantis'/],
    ['?preset=first-look&mode=psychic', /no read mode called 'psychic'/],
    ['#preset=first-look&t=99999s', /'99999s' is longer/],
  ]) {
    const { page, complaints, close } = await open(ending);
    assert.match(await page.getByRole('alert').textContent(), sentence, ending);
    assert.ok(await page.locator('svg.stage').first().isVisible());
    assertQuiet(complaints);
    await close();
  }
});

test('acting in the past keeps the old future', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await page.getByRole('button', { name: 'Next finding' }).click();
  const before = await digest(page);
  await page.getByRole('button', { name: 'To the start' }).click();
  await tab(page, 'Act');
  await page.getByRole('button', { name: 'Crash frankfurt' }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const forked = await digestAfter(page, before);
  await page.locator('.branches').getByRole('button', { name: 'as written' }).click();
  assert.equal(await digestAfter(page, forked), before);
  assertQuiet(complaints);
  await close();
});

test('every control of a replica can be reached and used without a pointer', async () => {
  const { page, complaints, close } = await open('?preset=partition-durability');
  await page.locator('[role=button][aria-label^="singapore"]').focus();
  await page.keyboard.press('Enter');
  const bar = page.getByRole('group', { name: 'actions of singapore' });
  for (const name of ['Pause', 'Resume', 'Cut off', 'Heal', 'Crash', 'Restart', 'Promote']) {
    // What the action before has made possible is there when the engine has answered.
    await bar.getByRole('button', { name: `${name} singapore`, disabled: false }).focus();
    await page.keyboard.press('Enter');
    // Acting starts the clock; a step stops it, at the moment at which the action takes effect.
    await page.getByRole('button', { name: 'One event forward' }).click();
  }
  await page.locator('[role=button][aria-label^="singapore, leader, epoch 2"]').waitFor();
  assertQuiet(complaints);
  await close();
});

test('three labs on one page play on their own, and the page around them stays as it was', async () => {
  const { page, complaints, close } = await open();
  await page.route('**/*', async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace(
      /<div data-lab="?first-look"?>[\s\S]*<\/div>(?=\s*<footer)/,
      '<nav id="book">chapters</nav><div data-lab="read-after-write"></div><p id="between">prose</p><div data-lab="monotonic-reads" data-mode="session-consistent" data-embed></div><div data-lab="first-look" data-embed></div>',
    );
    await route.fulfill({ response, body: html });
  }, { times: 1 });
  await page.reload();
  await mounted(page);
  await page.waitForFunction(() => document.querySelectorAll('[data-lab] > .lab').length === 3);
  assert.equal(await page.locator('#book').textContent(), 'chapters');
  assert.equal(await page.locator('#between').textContent(), 'prose');
  assert.equal(await page.locator('[data-embed] .take').count(), 0, 'what belongs to a page of its own is not in a small lab');
  await page.locator('[data-lab="first-look"] button.primary').click();
  await page.locator('[data-lab="first-look"] .finding.current').waitFor();
  await says(page, '[data-lab="monotonic-reads"] .verdict', /Nothing found/);
  await says(page, '[data-lab="read-after-write"] .verdict', /Nothing found so far/);
  assertQuiet(complaints);
  await close();
});

test('of several presets that are chosen one after the other the last is shown', async () => {
  const { page, complaints, close } = await open();
  const menu = page.locator('.preset select');
  await menu.selectOption('monotonic-reads');
  await menu.selectOption('sync-or-async');
  await says(page, '.story h2', /^Synchronous or asynchronous$/);
  await page.waitForTimeout(500);
  await says(page, '.story h2', /^Synchronous or asynchronous$/);
  await page.getByRole('button', { name: 'Start over' }).click();
  await says(page, '.story h2', /^Synchronous or asynchronous$/);
  assertQuiet(complaints);
  await close();
});

test('what a scenario of another family needs is fetched when one is opened, and the lab goes on with it', async () => {
  const { page, complaints, close } = await open();
  const fetched = [];
  page.on('request', (request) => fetched.push(request.url()));
  await page.locator('button.primary').click();
  await page.locator('.finding.current').waitFor();
  assert.ok(!fetched.some((url) => url.includes('families')), 'the first scenario does without');
  const menu = page.locator('.preset select');
  await menu.selectOption('lww-skew');
  await says(page, '.story h2', /^The last writer, by a clock that is slow$/);
  assert.ok(fetched.some((url) => url.includes('lab-engine-families')));
  await says(page, '.panes button[aria-pressed=true]', /^Leaders$/);
  await page.getByRole('button', { name: 'Next finding' }).click();
  await page.locator('.finding.current').waitFor();
  await menu.selectOption('read-after-write');
  await says(page, '.story h2', /^Read after write$/);
  await page.getByRole('button', { name: 'Next finding' }).click();
  await says(page, '.explanation', /Svalbard read MSS-23\/state = 'standby' at frankfurt/);
  assertQuiet(complaints);
  await close();
});

test('where the browser starts no worker, the engine works in the page, and only experiments are refused', async () => {
  const { page, complaints, close } = await lab().open('about:blank');
  await page.addInitScript(() => {
    globalThis.Worker = class {
      constructor() {
        throw new DOMException('workers are not allowed here', 'SecurityError');
      }
    };
  });
  await page.goto(lab().url);
  await page.locator('.lab h2').waitFor();
  await page.locator('button.primary').click();
  await page.locator('.finding.current').waitFor();
  await says(page, '.explanation', /which had applied nothing/);
  await tab(page, 'Experiments');
  await page.getByRole('button', { name: 'In real systems' }).click();
  await says(page, '.experiments [role=status]', /the browser does not let the lab start a worker/);
  assertQuiet(complaints);
  await close();
});

test('the cluster can be looked at on a map, and the same things light up there', async () => {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    const { page, complaints, close } = await open('?preset=busy-constellation&t=5s', { viewport });
    await page.getByRole('button', { name: 'Map', exact: true }).click();
    await page.locator('.land').waitFor();
    assert.equal(await page.locator('.stage .node').count(), 7);
    assert.ok(await page.locator('.flights .shape').evaluateAll((all) => all.some((path) => path.getAttribute('d'))), 'messages fly there too');
    await page.locator('[role=button][aria-label^="oregon"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'actions of oregon' }).waitFor();
    await page.locator('.node.lit').waitFor();
    assert.deepEqual(await serious(page), []);
    await page.getByRole('button', { name: 'Logs', exact: true }).click();
    await page.locator('.row .cell.applied').first().waitFor();
    assertQuiet(complaints);
    await close();
  }
});

test('an experiment is answered by the worker, which is fetched with the first question', async () => {
  const { page, complaints, close } = await open('?preset=partition-durability');
  const fetched = [];
  page.on('request', (request) => fetched.push(request.url()));
  await tab(page, 'Experiments');
  assert.equal(fetched.filter((url) => url.includes('lab-experiments')).length, 0);
  await page.getByRole('button', { name: 'In real systems' }).click();
  await page.locator('.sheet table').first().waitFor();
  await says(page, '.sheet', /synchronous_commit = on; synchronous_standby_names = 'FIRST 1 \(frankfurt\)'/);
  assert.ok(fetched.some((url) => url.includes('lab-experiments')));
  // The answer is there within a moment, so that only the page itself is quick enough to stop the question.
  await page.evaluate(() => new Promise((stopped) => {
    const button = (name) => [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === name);
    const look = () => {
      const said = document.querySelector('.experiments [role=status]')?.textContent ?? '';
      const stop = /of 24 cells/.test(said) && button('Stop');
      if (!stop) return requestAnimationFrame(look);
      stop.click();
      return stopped();
    };
    button('What survives what').click();
    look();
  }));
  await says(page, '.experiments [role=status]', /^$/);
  assert.deepEqual(await serious(page), []);
  assertQuiet(complaints);
  await close();
});

test('on a phone messages pass behind the names of nodes, and each row shows how far its replica is', async () => {
  const { page, complaints, close } = await open('?preset=busy-constellation&t=5s', { viewport: { width: 390, height: 844 } });
  const clip = await page.locator('.flights').getAttribute('clip-path');
  const holes = await page.locator(`${clip.slice(4, -1)} path`).getAttribute('d');
  assert.equal(holes.split('M').length - 1, 1 + 7 + 2 * 4 + 1, 'the page, seven replicas, four clients with what stands above them, one heading');
  assert.equal(await page.locator('.row .cell.applied').count(), 7, 'a row without entries says nothing about its replica');
  assert.match((await page.locator('.lsn-mark').allTextContents()).join(' '), /^\d+0( \d+0)*$/);
  assertQuiet(complaints);
  await close();
});

test('where entries are many, cells stand for ranges on one scale, and the followers end one behind the other', async () => {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    const { page, complaints, close } = await open('?preset=telemetry-pipeline&t=600ms', { viewport });
    const ends = await page.locator('.row .cell.applied').evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().right));
    assert.equal(ends.length, 4);
    assert.ok(ends[0] > ends[2] + 10 && ends[2] > ends[3] + 40, `the rows end at ${ends.join(', ')}`);
    const [, from, to] = (await page.locator('.lsn-mark.range').first().textContent()).match(/^(\d+)–(\d+)$/);
    const size = Number(to) - Number(from) + 1;
    assert.ok(size >= 50, `${from} to ${to}`);
    if (viewport.width > 620) await says(page, '.stage .hidden', new RegExp(`^${size} entries in each cell$`));
    const marks = await page.locator('.flight text').evaluateAll((texts) => texts.map((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      return { text: text.textContent, left, right, top, bottom };
    }));
    assert.ok(marks.length > 5);
    for (const [n, one] of marks.entries()) {
      for (const other of marks.slice(n + 1)) {
        const apart = one.right < other.left || other.right < one.left || one.bottom < other.top + 4 || other.bottom < one.top + 4;
        assert.ok(apart, `${one.text} lies on ${other.text}`);
      }
    }
    assertQuiet(complaints);
    await close();
  }
});

test('what the stage says is true of the run, also where the window does not reach', async () => {
  const { page, complaints, close } = await open('?preset=first-failover&t=30s');
  const name = (replica) => page.locator(`[role=button][aria-label^="${replica}"]`).getAttribute('aria-label');
  assert.match(await name('frankfurt'), /, applied up to entry 9, 20 behind the leader for /);
  await page.getByRole('button', { name: 'Jump to the first' }).click();
  // The clock's words and the picture come with the same answer of the engine.
  await says(page, '.clock', /^140000 ms/);
  assert.match(await name('virginia'), /, 120 entries that are not in the newest log/);
  assertQuiet(complaints);
  await close();
});

test('opening a finding stops the clock, and brings what it names into view', async () => {
  const { page, complaints, close } = await open('?preset=first-failover&t=100s');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.locator('.finding button').first().click();
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await says(page, '.clock', /^140000 ms/);
  assert.ok((await page.locator('.row .cell.lit').count()) > 0, 'the entry of the lost write is marked');
  assertQuiet(complaints);
  await close();
});

test('many messages move on a canvas below the stage, and are shapes again when time stands still', async () => {
  const { page, complaints, close } = await open('?preset=busy-constellation&t=5s');
  // How many pixels of the canvas are not transparent, and a few of them as one word.
  const drawn = () => page.locator('.crowd').evaluate((canvas) => {
    if (canvas.width === 0) return { pixels: 0, word: '' };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const places = [];
    for (let place = 3; place < data.length; place += 4) if (data[place] > 0) places.push(place);
    return { pixels: places.length, word: places.slice(0, 50).join(' ') };
  });
  const shapes = () => page.locator('.flights .shape').evaluateAll((all) => all.filter((path) => path.getAttribute('d')).length);
  assert.equal(await page.locator('.crowd').getAttribute('aria-hidden'), 'true');
  assert.ok(await shapes() > 3, 'time stands still: messages are shapes');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.locator('.crowd[aria-label$="messages under way"]').waitFor();
  const [first, second] = [await drawn(), (await page.waitForTimeout(300), await drawn())];
  assert.ok(first.pixels > 2000, `${first.pixels} pixels are no crowd`);
  assert.notEqual(first.word, second.word, 'what is under way moves');
  assert.equal(await shapes(), 0);
  // Below: what lies where a replica has its name is the control, and a canvas is never hit.
  assert.ok(await page.evaluate(() => {
    const [canvas, stage] = [document.querySelector('.crowd'), document.querySelector('svg.stage')];
    return canvas.compareDocumentPosition(stage) === Node.DOCUMENT_POSITION_FOLLOWING;
  }));
  await page.locator('[role=button][aria-label^="oregon"]').click();
  await page.getByRole('group', { name: 'actions of oregon' }).waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
  await page.locator('.crowd[aria-hidden=true]').waitFor({ state: 'attached' });
  assert.ok(await shapes() > 3);
  assert.equal((await drawn()).pixels, 0);
  assertQuiet(complaints);
  await close();
});

test('a lab that is scrolled away stands still and costs nothing', async () => {
  const { page, complaints, close } = await open('?preset=busy-constellation');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(300);
  await page.evaluate(() => {
    document.querySelector('footer').style.marginTop = '5000px';
    window.scrollTo(0, document.body.scrollHeight);
  });
  await page.waitForTimeout(300);
  const clock = () => page.locator('.clock').textContent();
  const then = await clock();
  await page.waitForTimeout(500);
  assert.equal(await clock(), then);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(500);
  assert.notEqual(await clock(), then, 'it goes on when it is seen again');
  assertQuiet(complaints);
  await close();
});

test('with less motion nothing moves between two events, and the ways are drawn instead', async () => {
  const { page, complaints, close } = await open('', { reducedMotion: 'reduce' });
  const spot = () => page.locator('.flight.entry .shape').first().getAttribute('d');
  const before = await spot();
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(400);
  assert.equal(await spot(), before);
  assert.match(before, /^M/);
  assert.match(await page.locator('.flight.entry .way').first().getAttribute('d'), /^M/);
  assertQuiet(complaints);
  await close();
});

test('the choice of theme is the user\'s, and a switch goes both ways', async () => {
  const { page, complaints, close } = await open('', { colorScheme: 'dark' });
  const paper = () => page.locator('.lab').evaluate((element) => getComputedStyle(element).backgroundColor);
  assert.equal(await paper(), 'rgb(17, 22, 31)');
  await page.getByRole('button', { name: 'Light or dark' }).click();
  assert.equal(await paper(), 'rgb(255, 255, 255)');
  await page.getByRole('button', { name: 'Light or dark' }).click();
  assert.equal(await paper(), 'rgb(17, 22, 31)');
  assertQuiet(complaints);
  await close();
});
