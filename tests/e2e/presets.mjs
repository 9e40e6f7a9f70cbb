// What is asked of every preset in the release build: that it is accessible and fits its page, and that it can be looked at up to its end.
// Each question has three files that share the presets, because a file may take three minutes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertQuiet, labOfFile, says, serious, tab } from './lab.mjs';

// Every preset that the program names: a list of its own would forget the next one.
const NAMED = await readFile(new URL('../../src/presets.rs', import.meta.url), 'utf8');
const PRESETS = [...NAMED.matchAll(/^ {8}"([a-z0-9-]+)" =>/gm)].map(([, id]) => id);

// Every third preset, beginning with the first, the second or the third.
const shareOf = (first) => PRESETS.filter((_, index) => index % 3 === first);

export function fits(first) {
  const { open } = labOfFile();

  test('every preset is accessible and fits its page: wide, narrow, dark, with less motion', async () => {
    const looks = [
      { viewport: { width: 1440, height: 900 } },
      { viewport: { width: 390, height: 844 } },
      { viewport: { width: 320, height: 700 }, colorScheme: 'dark' },
      { viewport: { width: 1024, height: 768 }, colorScheme: 'dark', reducedMotion: 'reduce' },
    ];
    for (const [index, preset] of shareOf(first).entries()) {
      const look = looks[index % looks.length];
      const { page, complaints, close } = await open(`?preset=${preset}`, look);
      const jump = page.getByRole('button', { name: 'Jump to the first' });
      if (await jump.isEnabled()) await jump.click();
      const tabs = ['Settings', 'Staleness', 'Act', 'What happened', 'Share', 'Legend', 'Findings', 'Experiments'];
      await tab(page, tabs[index % tabs.length]);
      assert.deepEqual(await serious(page), [], `${preset} at ${JSON.stringify(look)}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= look.viewport.width, `${preset} is ${width} px wide on a page of ${look.viewport.width}`);
      assertQuiet(complaints);
      await close();
    }
  });
}

export function ends(first) {
  const { open } = labOfFile();

  test('every preset can be looked at up to its end in every read mode', async () => {
    for (const preset of shareOf(first)) {
      const { page, complaints, close } = await open(`?preset=${preset}`);
      await tab(page, 'Settings');
      // On a ring every read asks as many replicas as the ring says: there are no modes.
      const ring = (await page.locator('.panes button').first().textContent()) === 'Ring';
      const modes = ring ? [null] : [/^(Leader|Home leader)/, /^Any follower/, /^Session-consistent/];
      for (const mode of modes) {
        if (mode) await page.getByRole('radio', { name: mode }).check();
        await page.getByRole('button', { name: 'To the start' }).focus();
        await page.keyboard.press('End');
        const end = await page.getByRole('slider', { name: 'time in the run' }).getAttribute('max');
        await says(page, '.clock', new RegExp(`^${Number(end) / 1000} ms`));
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowRight');
      }
      assertQuiet(complaints);
      await close();
    }
  });
}
