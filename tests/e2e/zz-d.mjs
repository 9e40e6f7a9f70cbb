// first failover, map, scrub
import { startLab } from './lab.mjs';
const lab = await startLab();
const T=async(name,f)=>{try{console.log('=',name,JSON.stringify(await f()))}catch(e){console.log('!',name,String(e).slice(0,400))}};
const {page,complaints,close}=await lab.open('',{viewport:{width:1440,height:900}});page.on('console',m=>console.log('CONSOLE',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(8000);
await page.locator('.lab h2').first().waitFor();
await T('choose',async()=>{await page.locator('.preset select').selectOption('first-failover');await page.waitForTimeout(800);return page.locator('.story').first().textContent()});
await page.screenshot({path:'/tmp/shots/ff0.png'});
await T('play',async()=>{await page.locator('button.play').click();await page.waitForTimeout(1500);const c=await page.locator('.clock').first().textContent();await page.screenshot({path:'/tmp/shots/ff1.png'});return c});
await T('map while playing',async()=>{const out=[];for(let i=0;i<3;i++){await page.getByRole('button',{name:'Map',exact:true}).click();await page.waitForTimeout(400);out.push(await page.locator('.clock').first().textContent(),await page.locator('button.play').textContent());if(i==0)await page.screenshot({path:'/tmp/shots/ffmap.png'});await page.getByRole('button',{name:'Logs',exact:true}).click();await page.waitForTimeout(300);out.push(await page.locator('.clock').first().textContent())}return out});
await T('next finding',async()=>{await page.getByRole('button',{name:'Next finding'}).click();await page.waitForTimeout(600);await page.screenshot({path:'/tmp/shots/ff2.png'});return [await page.locator('.explanation').allTextContents(),await page.evaluate(()=>scrollY)]});
await T('map keyboard',async()=>{await page.getByRole('button',{name:'Map',exact:true}).focus();await page.keyboard.press('Enter');await page.waitForTimeout(400);const seq=[];for(let i=0;i<14;i++){await page.keyboard.press('Tab');const a=await page.evaluate(()=>{const e=document.activeElement;return (e.getAttribute('aria-label')||e.textContent).slice(0,70)});seq.push(a);if(/^(singapore|frankfurt)/.test(a))break;}
 await page.screenshot({path:'/tmp/shots/mapfocus.png'});
 await page.keyboard.press('Enter');await page.waitForTimeout(400);await page.screenshot({path:'/tmp/shots/mapsel.png'});const seq2=[];for(let i=0;i<16;i++){await page.keyboard.press('Tab');const a=await page.evaluate(()=>{const e=document.activeElement;return (e.getAttribute('aria-label')||e.textContent).slice(0,70)});seq2.push(a);if(/^Crash/.test(a))break}
 await page.keyboard.press('Enter');await page.waitForTimeout(900);await page.screenshot({path:'/tmp/shots/mapcrash.png'});const foc=await page.evaluate(()=>{const e=document.activeElement;return e.tagName+' '+(e.getAttribute('aria-label')||e.textContent).slice(0,70)});
 return {seq,seq2,foc,labels:await page.locator('[role=button][aria-label]').evaluateAll(a=>a.map(e=>e.getAttribute('aria-label')).slice(0,12)),clock:await page.locator('.clock').first().textContent(),branches:await page.locator('.branches').allTextContents()}});
// scrub
await page.getByRole('button',{name:'Logs',exact:true}).click();
await T('scrub',async()=>{
 await page.evaluate(()=>{window.__bad=[];window.__n=0;const lab=document.querySelector('.lab');let prev=null;const t=()=>{window.__n++;const st=document.querySelector('svg.stage');const o={stage:!!st,h:Math.round(lab.getBoundingClientRect().height),sh:st?Math.round(st.getBoundingClientRect().height):0,nodes:st?st.querySelectorAll('[role=button]').length:0,side:document.querySelector('.side')?.childElementCount,clock:document.querySelector('.clock')?.textContent,top:Math.round(document.querySelector('input[aria-label="time in the run"]').getBoundingClientRect().top)};
  if(prev&&(o.stage!==prev.stage||o.sh!==prev.sh||o.nodes!==prev.nodes||o.top!==prev.top))window.__bad.push([prev,o]);prev=o;window.__raf=requestAnimationFrame(t)};t()});
 await page.locator('button.play').click();
 const s=page.getByLabel('time in the run');const b=await s.boundingBox();await page.mouse.move(b.x+10,b.y+b.height/2);await page.mouse.down();
 const seen=[];for(let k=0;k<120;k++){const x=b.x+8+(b.width-16)*(0.5+0.5*Math.sin(k/5));await page.mouse.move(x,b.y+b.height/2);if(k%20===0){seen.push([await s.inputValue(),await page.locator('.clock').first().textContent()]);}}
 await page.screenshot({path:'/tmp/shots/scrub.png'});
 await page.mouse.up();await page.waitForTimeout(300);
 const end=[await s.inputValue(),await page.locator('.clock').first().textContent(),await page.locator('button.play').textContent()];
 const r=await page.evaluate(()=>{cancelAnimationFrame(window.__raf);return {n:window.__n,bad:window.__bad.length,ex:window.__bad.slice(0,5)}});
 return {seen,end,r}});
console.log(complaints);await close();
await lab.stop();
