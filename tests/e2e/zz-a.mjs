import { startLab } from './lab.mjs';
const lab = await startLab();
const log=(p)=>p.on('console',m=>console.log('CONSOLE',m.type(),m.text().slice(0,300)));
{
const {page,complaints,close}=await lab.open('',{viewport:{width:1440,height:900}});log(page);page.setDefaultTimeout(15000);
await page.locator('.lab h2').first().waitFor();
await page.waitForTimeout(500);
await page.screenshot({path:'/tmp/shots/w1.png'});
await page.screenshot({path:'/tmp/shots/w1full.png',fullPage:true});
console.log('CONTROLS',await page.evaluate(()=>[...document.querySelectorAll('.lab button,.lab input,.lab select,.lab summary,.lab textarea,.lab [tabindex]')].map(e=>`${e.tagName}.${e.className?.baseVal??e.className} type=${e.type??''} id=${e.id} aria=${e.getAttribute('aria-label')} text=${(e.textContent||'').trim().slice(0,50)} val=${(e.value??'').slice?.(0,30)}`).join('\n')));
await page.locator('button.primary').first().click();
await page.waitForTimeout(1200);
await page.screenshot({path:'/tmp/shots/w2mid.png'});
await page.waitForTimeout(6000);
await page.screenshot({path:'/tmp/shots/w2.png'});
console.log('BTN',await page.locator('.lab button').allTextContents());
console.log(complaints);
await close();}
await lab.stop();
