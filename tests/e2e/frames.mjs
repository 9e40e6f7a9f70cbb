// How evenly the lab draws on a slow machine: opens the release build with the query given as argument, slows the
// processor down four times, presses play, and measures every frame for ten seconds.
//
// Two numbers per frame: the time since the frame before (what a person sees), and the time that the main thread was
// busy with it (what the program can do something about): from the start of the first animation callback to the
// first task after the frame, which is when scripts, style, layout and paint are done.

import { mounted, startLab } from './lab.mjs';

const QUERY = process.argv[2] ?? '?preset=busy-constellation&t=5s';
const SLOWDOWN = 4;
const SECONDS = 10;
// A frame that comes after more than this many milliseconds was late: at 60 per second there are 16.7 for each.
const LATE = 20;

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

// What is drawn at the moment: many messages, and cells, can be the parts of one shape.
function count() {
  const parts = (selector) => [...document.querySelectorAll(selector)]
    .reduce((sum, path) => sum + (path.getAttribute('d') ?? '').split('M').length - 1, 0);
  return {
    replicas: document.querySelectorAll('.stage g.node').length,
    cells: parts('.small .cell:not(.opening, .struck, .lit) .shape') + document.querySelectorAll('.row > .cell').length,
    messages: parts('.flight .shape'),
  };
}

function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

function row(title, values) {
  const sorted = [...values].sort((one, other) => one - other);
  const numbers = [0.5, 0.9, 0.95, 0.99, 1].map((part) => percentile(sorted, part).toFixed(1).padStart(8));
  return title.padEnd(22) + numbers.join('');
}

const lab = await startLab();
try {
  const { page, complaints } = await lab.open(QUERY);
  await mounted(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.evaluate(record);
  await play(page);
  // The first second is for warming up.
  await page.waitForTimeout(1000);
  const before = await page.evaluate(count);
  const { intervals, busy } = await page.evaluate(async (milliseconds) => {
    const frames = globalThis.recordedFrames;
    frames.running = true;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    frames.running = false;
    return frames;
  }, SECONDS * 1000);
  const after = await page.evaluate(count);
  const late = intervals.filter((interval) => interval > LATE).length;
  console.log(`frames of ${QUERY}: ${SECONDS} s, processor slowed down ${SLOWDOWN} times; milliseconds`);
  const span = (what) => `${Math.min(before[what], after[what])} to ${Math.max(before[what], after[what])} ${what}`;
  console.log(`drawn: ${['replicas', 'messages', 'cells'].map(span).join(', ')}`);
  console.log(''.padEnd(22) + ['p50', 'p90', 'p95', 'p99', 'max'].map((name) => name.padStart(8)).join(''));
  console.log(row('between frames', intervals));
  console.log(row('main thread per frame', busy));
  console.log(`${intervals.length} frames, ${late} of them late (after more than ${LATE} ms)`);
  if (complaints.length > 0) {
    console.error(`the page complained:\n${complaints.join('\n')}`);
    process.exitCode = 1;
  }
} finally {
  await lab.stop();
}
