import { startLab } from './lab.mjs';
const lab = await startLab();
const [ending = '', file = '/tmp/shots/a.png', ...acts] = process.argv.slice(2);
const width = Number(process.env.W ?? 1440);
const { page, complaints, close } = await lab.open(ending, { viewport: { width, height: Number(process.env.H ?? 900) }, colorScheme: process.env.DARK ? 'dark' : 'light' });
page.on('console', (m) => console.log('console', m.type(), m.text().slice(0, 400)));
page.setDefaultTimeout(15000);
try {
  await page.locator('.lab h2').first().waitFor({ timeout: 30000 });
  for (const act of acts) { const [what, arg] = act.split('::'); if (what === 'click') await page.locator(arg).first().click(); if (what === 'wait') await page.waitForTimeout(Number(arg)); if (what === 'text') console.log(arg, await page.locator(arg).allTextContents()); if (what==='shot') await page.screenshot({ path: arg, fullPage: !!process.env.FULL }); }
} catch (e) { console.log(String(e).slice(0, 600)); }
await page.screenshot({ path: file, fullPage: !!process.env.FULL });
console.log(complaints.join('\n').slice(0, 3000));
await close(); await lab.stop();
