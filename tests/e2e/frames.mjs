// How evenly the lab draws on a slow machine: opens the release build, slows the processor down four times, presses play, and
// measures every frame for some seconds. Without an argument it measures both scenes below; an argument is the query of another.
//
// Two numbers per frame: the time since the frame before (what a person sees), and the time that the main thread was
// busy with it (what the program can do something about): from the start of the first animation callback to the
// first task after the frame, which is when scripts, style, layout and paint are done.
//
// `--hold` is the step of the tests: it fails if the busy scene takes the main thread longer than it may. The bound is of the
// median, and the best of three windows counts: on a machine that others use too, a window measures them as well, which can only make
// it longer; a page that is too slow is so in each. If others leave no window, the time that the thread had a processor is counted
// instead of the time that passed, at full speed, and multiplied: the slowing down itself measures time that passes.
// Rare long frames are printed, but no machine that is shared can promise them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { mounted, startLab } from './lab.mjs';

const SLOWDOWN = 4;
const SECONDS = 10;
// A frame that comes after more than this many milliseconds was late: at 60 per second there are 16.7 for each.
const LATE = 20;
const BUSY = '?preset=busy-constellation&t=5s';
const HELD = { seconds: 5, windows: 3, p50: 12 };

// The scene with a thousand messages is a file beside this one, and opened as a link that holds it.
async function thousand() {
  const scenario = await readFile(new URL('./thousand.json', import.meta.url));
  return `#v1=${scenario.toString('base64url')}&t=14s`;
}

// Runs in the page. Called before anything is played, so that its callback is the first one of every frame.
function record() {
  const { port1, port2 } = new MessageChannel();
  const frames = { intervals: [], busy: [], running: false };
  let previous = 0;
  let start = 0;
  port1.onmessage = () => frames.running && frames.busy.push(performance.now() - start);
  const next = (time) => {
    start = performance.now();
    if (frames.running && previous > 0) frames.intervals.push(time - previous);
    previous = time;
    port2.postMessage(null);
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  globalThis.recordedFrames = frames;
}

// Presses play in the first lab, unless it plays already.
async function play(page) {
  const lab = page.locator('[data-lab] .lab').first();
  const button = lab.getByRole('button', { name: /^play/i }).first();
  const pause = lab.getByRole('button', { name: /^pause/i }).first();
  await button.or(pause).first().waitFor();
  if (await button.isVisible()) await button.click();
}

// What is drawn at the moment: many messages, and cells, can be the parts of one shape; the canvas says how many it shows.
function count() {
  const parts = (selector) => [...document.querySelectorAll(selector)]
    .reduce((sum, path) => sum + (path.getAttribute('d') ?? '').split('M').length - 1, 0);
  const canvas = Number.parseInt(document.querySelector('.crowd')?.getAttribute('aria-label') ?? '0', 10);
  return {
    replicas: document.querySelectorAll('.stage g.node').length,
    cells: parts('.small .cell:not(.opening, .struck, .lit) .shape') + document.querySelectorAll('.row > .cell').length,
    messages: parts('.flights .shape') + canvas,
  };
}

function percentile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

function row(title, values) {
  const numbers = [0.5, 0.9, 0.95, 0.99, 1].map((part) => percentile(values, part).toFixed(1).padStart(8));
  return title.padEnd(22) + numbers.join('');
}

// The frames of so many seconds, printed.
async function measured(page, seconds) {
  const before = await page.evaluate(count);
  const { intervals, busy } = await page.evaluate(async (milliseconds) => {
    const frames = globalThis.recordedFrames;
    Object.assign(frames, { intervals: [], busy: [], running: true });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    frames.running = false;
    return frames;
  }, seconds * 1000);
  const after = await page.evaluate(count);
  const late = intervals.filter((interval) => interval > LATE).length;
  const span = (what) => `${Math.min(before[what], after[what])} to ${Math.max(before[what], after[what])} ${what}`;
  console.log(`drawn: ${['replicas', 'messages', 'cells'].map(span).join(', ')}`);
  console.log(''.padEnd(22) + ['p50', 'p90', 'p95', 'p99', 'max'].map((name) => name.padStart(8)).join(''));
  console.log(row('between frames', intervals));
  console.log(row('main thread per frame', busy));
  console.log(`${intervals.length} frames, ${late} of them late (after more than ${LATE} ms)`);
  return { p50: percentile(busy, 0.5), messages: Math.min(before.messages, after.messages), frames: intervals.length };
}

// The processor time of the main thread in the median frame, in milliseconds of the slow machine.
async function processorTime(devtools, page, seconds) {
  const events = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const includedCategories = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await devtools.send('Tracing.start', { traceConfig: { includedCategories }, transferMode: 'ReportEvents' });
  await page.waitForTimeout(seconds * 1000);
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await complete;
  const { pid, tid } = events.find(({ name }) => name === 'FireAnimationFrame') ?? {};
  const own = events.filter((event) => event.pid === pid && event.tid === tid).sort((one, other) => one.ts - other.ts);
  const frames = [];
  let end = 0;
  for (const { name, ts, dur, tdur } of own.filter((event) => ['RunTask', 'FireAnimationFrame'].includes(event.name))) {
    // The task that calls back begins before its callback, so it counts for the frame before; each frame has one of them.
    if (name === 'FireAnimationFrame') frames.push(0);
    else if (ts >= end) {
      end = ts + dur;
      if (frames.length > 0) frames[frames.length - 1] += (tdur ?? dur) / 1000;
    }
  }
  assert.ok(frames.length > 20, `${frames.length} frames in ${seconds} s are no measurement`);
  return percentile(frames, 0.5) * SLOWDOWN;
}

// Opens a scene, plays it, and hands its page to what measures.
async function played(lab, name, ending, measure) {
  const { page, complaints, close } = await lab.open(ending);
  await mounted(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.evaluate(record);
  await play(page);
  // The first second is for warming up.
  await page.waitForTimeout(1000);
  console.log(`frames of ${name}: processor slowed down ${SLOWDOWN} times; milliseconds`);
  await measure(page, devtools);
  assert.deepEqual(complaints, [], `the page complained:\n${complaints.join('\n')}`);
  await close();
}

// Fails unless one of the windows keeps the bound.
async function hold(page, devtools) {
  let best = Number.POSITIVE_INFINITY;
  for (let window = 0; window < HELD.windows && best > HELD.p50; window += 1) {
    const { p50, messages, frames } = await measured(page, HELD.seconds);
    // A lab that stands still, or draws next to nothing, has not been measured.
    assert.ok(frames > 20 && messages >= 40, `${frames} frames with ${messages} messages are not the busy scene`);
    best = Math.min(best, p50);
  }
  if (best > HELD.p50) {
    const time = await processorTime(devtools, page, HELD.seconds);
    console.log(`others use this machine: the median frame takes ${time.toFixed(1)} ms of processor time`);
    best = Math.min(best, time);
  }
  assert.ok(best <= HELD.p50, `the main thread takes ${best.toFixed(1)} ms of the median frame, of at most ${HELD.p50}`);
  console.log(`held: ${best.toFixed(1)} ms of the main thread in the median frame, of at most ${HELD.p50}`);
}

const lab = await startLab();
try {
  const [argument] = process.argv.slice(2);
  const measure = (page) => measured(page, SECONDS);
  if (argument === '--hold') {
    await played(lab, BUSY, BUSY, hold);
  } else if (argument) {
    await played(lab, argument, argument, measure);
  } else {
    await played(lab, BUSY, BUSY, measure);
    await played(lab, 'a thousand messages', await thousand(), async (page) => {
      const { messages } = await measure(page);
      assert.ok(messages >= 1000, `only ${messages} messages were under way`);
    });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await lab.stop();
}
