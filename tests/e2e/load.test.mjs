// The first load: the program starts under a strict policy and a sub-path, puts a lab into every place for one, leaves
// the rest of the page alone, and is accessible.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertQuiet, labOfFile, serious } from './lab.mjs';

const { open } = labOfFile();

test('every place for a lab holds one, and the console is quiet', async () => {
  const { page, complaints, close } = await open();
  assertQuiet(complaints);
  await close();
});

test('the page around the labs is what the server sent', async () => {
  const { page, complaints, close } = await open();
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
  const { page, complaints, close } = await open();
  const findings = await serious(page);
  assert.deepEqual(findings, [], `axe found:\n${findings.join('\n')}`);
  assertQuiet(complaints);
  await close();
});
