// Questions that take many runs, as a user asks them: causes, the smallest example, a search, two modes side by side; and what
// comes from elsewhere: recorded histories that are dropped, chosen or pasted. All of it is answered by the worker.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertQuiet, labOfFile, says, serious, tab } from './lab.mjs';

const { open } = labOfFile();

async function toTheFinding(page) {
  await page.getByRole('button', { name: 'Next finding' }).click();
  await page.locator('.explanation').first().waitFor();
}

const experiments = (page) => tab(page, 'Experiments');

test('a cause is proven, undone as a branch in which the finding has vanished, and comes back with Undo', async () => {
  const { page, complaints, close } = await open('?preset=first-failover', { viewport: { width: 1440, height: 900 } });
  await toTheFinding(page);
  await page.getByRole('button', { name: 'Prove the cause' }).click();
  await says(page, '.sheet', /Without any one of these 2 the finding is gone/);
  await says(page, '.sheet', /was lost on the link from virginia to frankfurt: at 10000 ms the links between virginia/);
  await says(page, '.sheet', /Without it: nothing found in the whole run/);
  assert.equal(await page.evaluate(() => document.activeElement.className), 'answer', 'the keyboard is where the answer is');
  // The picture may stay above it, but what is answered has to begin where it can be read.
  const [panel, sheet] = await Promise.all(['.experiments', '.sheet'].map((part) => page.locator(part).boundingBox()));
  assert.ok(panel.y > -5 && sheet.y < 650, `the panel is at ${panel.y} px, the answer at ${sheet.y} px`);
  assert.deepEqual(await serious(page), []);
  await page.locator('.sheet').getByRole('button', { name: /^Undo the cause: frankfurt is promoted at 140000 ms, left out/ }).click();
  await says(page, '.verdict', /Nothing found in this run/);
  await says(page, '.branches', /frankfurt is promoted at 140000 ms, left out/);
  await says(page, '.sheet', /The run on the screen is another one by now/);
  await page.locator('.story').getByRole('button', { name: 'Undo' }).click();
  await says(page, '.count .some', /lost acknowledged write/);
  await page.getByRole('button', { name: 'Close' }).click();
  assert.equal(await page.locator('.sheet').count(), 0);
  assertQuiet(complaints);
  await close();
});

test('the nouns of a cause lead to what they name', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await toTheFinding(page);
  await page.getByRole('button', { name: 'Prove the cause' }).click();
  await says(page, '.sheet', /The append of LSN 2 to frankfurt took 400 ms/);
  await page.locator('.sheet .noun', { hasText: /^740 ms$/ }).click();
  await says(page, '.clock', /^740 ms/);
  assertQuiet(complaints);
  await close();
});

test('the smallest example says what was left out, and opens as a scenario', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await toTheFinding(page);
  await page.getByRole('button', { name: 'Smallest example' }).click();
  await says(page, '.sheet', /None of what is left can be left out/);
  const row = (name) => page.locator('.sheet tr', { has: page.getByRole('rowheader', { name, exact: true }) }).first().textContent();
  assert.equal(await row('operations'), 'operations422');
  assert.equal(await row('nodes'), 'nodes431');
  assert.deepEqual(await serious(page), []);
  await page.getByRole('button', { name: 'Open as a branch: smallest example' }).click();
  await says(page, '.story h2', /^Smallest example: read-your-writes/);
  await says(page, '.count .some', /missed own write 1 of 1/);
  // What is on the screen is a scenario, and the address holds it.
  await page.waitForURL(/#v1=/);
  assertQuiet(complaints);
  await close();
});

test('a search says how far it is, can be given up, and ends with an example or with what it ran', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await experiments(page);
  const kind = page.getByLabel('Other seeds and schedules, for a');
  assert.equal(await kind.inputValue(), 'read-your-writes');
  await page.getByRole('button', { name: 'Search' }).click();
  await says(page, '.sheet', /Found after 1 seed, 1 run, \d+ events: with seed 1, as the scenario stands/);
  await page.getByRole('button', { name: 'Open as a branch: smallest example' }).waitFor();
  await kind.selectOption('split-brain');
  await page.getByRole('button', { name: 'Search' }).click();
  await says(page, '.sheet', /No finding of this kind in 100 seeds, 2,000 runs, [\d,]+ events/, 1200);
  await says(page, '.sheet', /the seeds 1 to 100, each in 20 schedules/);
  await says(page, '.sheet', /What was not run is not known/);
  assert.doesNotMatch(await page.locator('.sheet').textContent(), /safe/);
  await page.locator('.preset select').selectOption('busy-constellation');
  await says(page, '.story h2', /^Seven replicas under load/);
  await kind.selectOption('split-brain');
  await page.getByRole('button', { name: 'Search' }).click();
  await says(page, '.experiments [role=status]', /Working … \d+ seeds?, /);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await says(page, '.experiments [role=status]', /^$/);
  assertQuiet(complaints);
  await close();
});

test('two modes with the same seed stand above each other on the time of the lab', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write', { viewport: { width: 1440, height: 900 } });
  await experiments(page);
  assert.equal(await page.getByLabel('The same seed, with reads').inputValue(), 'session-consistent');
  await page.getByRole('button', { name: 'Compare' }).click();
  await says(page, '.sheet', /Up to 790 ms both runs are the same/);
  await says(page, '.sheet', /4 messages, sent and due at the same times/);
  assert.equal(await page.locator('.sheet .strip .bar.anomaly').count(), 1);
  assert.equal(await page.locator('.sheet .strip .bar:not(.same)').count(), 2);
  assert.deepEqual(await serious(page), []);
  await page.locator('.sheet .noun', { hasText: '790 ms' }).first().click();
  await says(page, '.clock', /^790 ms/);
  const place = () => page.locator('.sheet .strip .now').getAttribute('d');
  const before = await place();
  await page.locator('.sheet .strip svg').first().click({ position: { x: 400, y: 30 } });
  assert.notEqual(await place(), before, 'the marker follows the clock');
  await page.getByRole('button', { name: 'Open the other run as a branch: session-consistent reads' }).click();
  await says(page, '.branches', /as written.*session-consistent reads/);
  await says(page, '.verdict', /Nothing found in this run/);
  await says(page, '.clock', /^790 ms/);
  await page.locator('.branches').getByRole('button', { name: 'as written' }).click();
  await says(page, '.clock', /^790 ms/);
  assertQuiet(complaints);
  await close();
});

test('a follower that is left out says so on the stage, and its price is drawn', async () => {
  const { page, complaints, close } = await open('?preset=bounded-staleness-error');
  await page.getByRole('slider', { name: /time/i }).first().press('End');
  await tab(page, 'Staleness');
  await tab(page, 'Settings');
  await says(page, '.lag', /dashboard left singapore out from 1270 ms to 2645 ms\. .* 11 by nobody/);
  await says(page, '.lag h3', /^How stale each follower is \(highest: 1570 ms; dashed: the bound, 200 ms\)/);
  assert.equal(await page.locator('.lag .out').count(), 2);
  assert.equal(await page.locator('.lag .pay.none').count(), 11, 'a cross for each read that nobody answered');
  await page.locator('.lag svg').first().click({ position: { x: 560, y: 30 } });
  await says(page, '.stage', /singapore.*left out/);
  await page.getByRole('radio', { name: /^Any follower/ }).check();
  await page.getByRole('button', { name: 'To the start' }).focus();
  await page.keyboard.press('End');
  await says(page, '.lag h3', /^How far behind each follower is \(highest: 8 entries\)$/);
  assert.equal(await page.locator('.lag .out').count(), 0);
  assert.deepEqual(await serious(page), []);
  assertQuiet(complaints);
  await close();
});

test('what has the focus in an explanation lights up in all views', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await toTheFinding(page);
  const noun = (text) => page.locator('.explanation .noun', { hasText: text }).first();
  // A pointer that comes to stand over something when the page is scrolled lights that up.
  await page.mouse.move(0, 0);
  await noun(/^frankfurt$/).focus();
  assert.equal(await page.locator('.node.lit').count(), 1);
  await says(page, '.process.lit', /frankfurt/);
  await says(page, '.lag .follower.lit', /frankfurt/);
  await noun(/^LSN 2$/).focus();
  assert.equal(await page.locator('.cell.lit').count(), 3);
  assert.ok(await page.locator('.message.append.lit').count() >= 2, 'the messages that carry the entry');
  assert.match(await page.locator('.flight.lit .shape').getAttribute('d'), /^M/, 'the entry under way');
  await noun(/^link from virginia to frankfurt$/).focus();
  assert.equal(await page.locator('.wire.lit').count(), 1);
  assert.equal(await page.locator('.node.lit').count(), 2);
  await noun(/^780 ms$/).focus();
  assert.match(await page.locator('.spacetime .moment').getAttribute('d'), /^M/);
  await noun(/^own write$/).focus();
  assert.equal(await page.locator('.bar.lit').count(), 1);
  assert.equal(await page.locator('.cell.lit').count(), 3, 'a write lights up its entry too');
  assert.equal(await page.locator('.client.lit').count(), 1);
  await noun(/^MSS-23\/state$/).focus();
  assert.ok(await page.locator('.bar.lit').count() > 2);
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('.bar.lit').count() > 2);
  assertQuiet(complaints);
  await close();
});

const HISTORY = `{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}
`;

// A file that is let go over an element.
async function drop(page, selector, name, text) {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name));
      return data;
    },
    [name, text],
  );
  await page.dispatchEvent(selector, 'dragover', { dataTransfer: data });
  await page.dispatchEvent(selector, 'drop', { dataTransfer: data });
}

test('a history that is dropped, chosen or pasted is judged, with the lines that prove it', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await drop(page, '.stage-place', 'stale.edn', HISTORY);
  await says(page, '.sheet', /The history stale\.edn/);
  await says(page, '.sheet', /Taken for the format jepsen-edn, of the model register: 2 operations of 2 sessions on 1 key/);
  await says(page, '.sheet', /linearizable.?violated/);
  await says(page, '.sheet', /lines of the file.*3 and 4/);
  await says(page, '.sheet', /Replicas, logs and messages are not drawn/);
  assert.ok(await page.locator('.sheet .strip .bar.anomaly').count() >= 1);
  await says(page, '.sheet .strip', /operation 1: .*lines 3 and 4.*r none/);
  assert.deepEqual(await serious(page), []);
  await tab(page, 'Share');
  await page.locator('input[type=file]').setInputFiles({ name: 'chosen.edn', mimeType: 'text/plain', buffer: Buffer.from(HISTORY) });
  await says(page, '.sheet', /The history chosen\.edn/);
  const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.locator('input[type=file]').setInputFiles([file('one.edn', HISTORY), file('two.edn', HISTORY.slice(0, 94)), file('three.edn', '{')]);
  await says(page, '.sheet', /3 histories.*one\.edn.?violated.*two\.edn.?holds.*three\.edn.?not read/);
  await page.getByLabel('or its text').fill('{:process 0, :type :invoke');
  await page.getByRole('button', { name: 'Take the text' }).click();
  await says(page, '.experiments [role=status]', /That cannot be answered: what was pasted, line 1/);
  await page.getByLabel('or its text').fill(HISTORY.replaceAll('1', '<img src=x onerror=document.title=1>'));
  await page.getByRole('button', { name: 'Take the text' }).click();
  await page.waitForTimeout(500);
  assert.equal(await page.locator('.lab img').count(), 0, 'a text is never an element');
  assertQuiet(complaints);
  await close();
});

test('a scenario that is dropped is opened, and one with a mistake is answered with its place', async () => {
  const { page, complaints, close } = await open('?preset=first-look');
  const scenario = await readFile(new URL('../../src/presets/split-brain.json', import.meta.url), 'utf8');
  await drop(page, '.stage-place', 'mine.json', scenario);
  await says(page, '.story h2', new RegExp(JSON.parse(scenario).title));
  await drop(page, '.stage-place', 'bad.json', '{ "version": 1, "sead": 2 }');
  assert.match(await page.getByRole('alert').textContent(), /bad\.json, line 1, column \d+: unknown field `sead`/);
  assertQuiet(complaints);
  await close();
});

test('a history of 10,000 operations is judged in less than two seconds, and no frame waits for it', async () => {
  const lines = [];
  const last = new Map();
  for (let n = 0; n < 10_000; n += 1) {
    const [process, key] = [n % 8, `k${(n * 7) % 50}`];
    const write = n % 3 === 0;
    if (write) last.set(key, n);
    const value = write ? n : last.get(key) ?? 'nil';
    lines.push(`{:process ${process}, :type :invoke, :f ${write ? ':write' : ':read'}, :value [${key} ${write ? n : 'nil'}]}`);
    lines.push(`{:process ${process}, :type :ok, :f ${write ? ':write' : ':read'}, :value [${key} ${value}]}`);
  }
  const { page, complaints, close } = await open('?preset=read-after-write');
  await toTheFinding(page);
  const begun = Date.now();
  await page.evaluate(() => {
    globalThis.longest = 0;
    let then = performance.now();
    const frame = (now) => {
      globalThis.longest = Math.max(globalThis.longest, now - then);
      then = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await drop(page, '.stage-place', 'long.edn', lines.join('\n'));
  await says(page, '.sheet', /10,000 operations of 8 sessions on 50 keys/);
  const took = Date.now() - begun;
  await says(page, '.sheet', /of 10000 are not drawn; all were judged/);
  assert.ok(took < 2_000, `it took ${took} ms`);
  const longest = await page.evaluate(() => globalThis.longest);
  assert.ok(longest < 250, `a frame took ${longest} ms`);
  assertQuiet(complaints);
  await close();
});

test('a run can be saved for other programs', async () => {
  const { page, complaints, close } = await open('?preset=read-after-write');
  await tab(page, 'Share');
  await page.getByRole('button', { name: 'Export the run' }).click();
  await page.locator('.sheet').waitFor();
  const saved = {};
  for (const name of ['history.jsonl', 'history.edn', 'findings.csv', 'diagram.svg']) {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: `Save ${name}` }).click();
    const download = await saving;
    assert.equal(download.suggestedFilename(), name);
    saved[name] = await readFile(await download.path(), 'utf8');
  }
  assert.match(saved['findings.csv'], /^at_us,kind,.*\r\n870000,read-your-writes,/);
  assert.match(saved['diagram.svg'], /^<svg .*role="img"/);
  await drop(page, '.stage-place', 'history.jsonl', saved['history.jsonl']);
  await says(page, '.sheet', /Taken for the format rts-jsonl/);
  await drop(page, '.stage-place', 'history.edn', saved['history.edn']);
  await says(page, '.sheet', /Taken for the format jepsen-edn/);
  assertQuiet(complaints);
  await close();
});

test('every answer fits a phone, in the dark too', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, complaints, close } = await open('?preset=read-after-write', { viewport: { width: 390, height: 844 }, colorScheme });
    await toTheFinding(page);
    await experiments(page);
    for (const name of ['Prove the cause', 'Smallest example', 'Compare', 'Log formats', 'Judge what clients saw']) {
      await page.getByRole('button', { name }).click();
      await page.locator('.sheet').waitFor();
      assert.deepEqual(await serious(page), [], name);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 390, `'${name}' makes the page ${width} px wide`);
      await page.getByRole('button', { name: 'Close' }).click();
    }
    assertQuiet(complaints);
    await close();
  }
});
