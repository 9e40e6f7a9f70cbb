// The first load: the program starts under a strict policy and a sub-path, puts a lab into every place for one, leaves
// the rest of the page alone, and is accessible.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { assertQuiet, mounted, startLab } from './lab.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let lab;
before(async () => {
  lab = await startLab();
});
after(() => lab?.stop());

test('every place for a lab holds one, and the console is quiet', async () => {
  const { page, complaints, close } = await lab.open();
  await mounted(page);
  assertQuiet(complaints);
  await close();
});

test('the page around the labs is what the server sent', async () => {
  const { page, complaints, close } = await lab.open();
  await mounted(page);
  const { sent, shown } = await page.evaluate(async () => {
    // What is inside a lab, and the attributes of its element, are its own.
    const around = (body) => {
      const copy = body.cloneNode(true);
      for (const place of copy.querySelectorAll('[data-lab]')) place.replaceWith('(a lab)');
      copy.normalize();
      return copy.innerHTML.trim();
    };
    const text = await (await fetch(location.href)).text();
    return { sent: around(new DOMParser().parseFromString(text, 'text/html').body), shown: around(document.body) };
  });
  assert.equal(shown, sent);
  assertQuiet(complaints);
  await close();
});

test('axe finds nothing serious or critical', async () => {
  const { page, complaints, close } = await lab.open();
  await mounted(page);
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, help, nodes }) => `${impact} ${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  assert.deepEqual(findings, [], `axe found:\n${findings.join('\n')}`);
  assertQuiet(complaints);
  await close();
});
