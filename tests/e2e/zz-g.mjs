import { startLab } from './lab.mjs';
const lab = await startLab();
const T=async(name,f)=>{try{console.log('=',name,JSON.stringify(await f()))}catch(e){console.log('!',name,String(e).slice(0,500))}};
{const {page,complaints,close}=await lab.open('?preset=first-failover',{viewport:{width:390,height:844},colorScheme:'dark',reducedMotion:'reduce'});page.on('console',m=>console.log('CONSOLE g',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.waitForTimeout(600);
await page.screenshot({path:'/tmp/shots/g1.png'});
await T('play',async()=>{await page.locator('button.play').click();await page.waitForTimeout(1500);await page.locator('.stage-place').scrollIntoViewIfNeeded();await page.screenshot({path:'/tmp/shots/g2.png'});return page.locator('.clock').first().textContent()});
await T('next',async()=>{await page.getByRole('button',{name:'Next finding'}).click();await page.waitForTimeout(700);await page.screenshot({path:'/tmp/shots/g3.png'});return page.evaluate(()=>scrollY)});
await T('map',async()=>{await page.getByRole('button',{name:'Map',exact:true}).click();await page.waitForTimeout(500);await page.evaluate(()=>document.querySelector('.stage-place').scrollIntoView({block:'start'}));await page.screenshot({path:'/tmp/shots/g4.png'});await page.locator('[role=button][aria-label^="singapore"]').click();await page.waitForTimeout(400);await page.screenshot({path:'/tmp/shots/g5.png'});return page.evaluate(()=>document.documentElement.scrollWidth)});
console.log(complaints);await close();}
{const {page,complaints,close}=await lab.open('',{viewport:{width:390,height:844}});page.on('console',m=>console.log('CONSOLE g',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.waitForTimeout(600);
await page.screenshot({path:'/tmp/shots/p1.png'});
await page.locator('button.primary').click();await page.locator('.finding.current').waitFor();await page.waitForTimeout(900);await page.screenshot({path:'/tmp/shots/p2.png'});
console.log('phone: scrollY',await page.evaluate(()=>scrollY),'explanation',await page.locator('.explanation').boundingBox());
await page.locator('button.primary').click();await page.waitForTimeout(900);await page.screenshot({path:'/tmp/shots/p3.png'});
await page.locator('button.primary').click();await page.waitForTimeout(2500);await page.screenshot({path:'/tmp/shots/p4.png'});
console.log(complaints);await close();}
{const {page,complaints,close}=await lab.open('?preset=busy-constellation',{viewport:{width:1440,height:900},colorScheme:'dark'});page.on('console',m=>console.log('CONSOLE g',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.waitForTimeout(600);await page.locator('button.play').click();await page.waitForTimeout(2000);await page.screenshot({path:'/tmp/shots/busy.png'});await page.getByRole('button',{name:'Map',exact:true}).click();await page.waitForTimeout(700);await page.screenshot({path:'/tmp/shots/busymap.png'});console.log(complaints);await close();}
await lab.stop();
