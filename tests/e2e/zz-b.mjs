// control test
import { startLab } from './lab.mjs';
const lab = await startLab();
const log=(p,t)=>{p.on('console',m=>console.log('CONSOLE',t,m.type(),m.text().slice(0,300)));};
const T=async(name,f)=>{try{console.log('=',name,JSON.stringify(await f()))}catch(e){console.log('!',name,String(e).slice(0,400))}};
const {page,complaints,close}=await lab.open('?preset=read-after-write',{viewport:{width:1440,height:900}});log(page,'b');page.setDefaultTimeout(6000);
await page.locator('.lab h2').first().waitFor();
const labelOf=()=>page.evaluate(()=>[...document.querySelectorAll('.lab input[type=range],.lab input[type=text],.lab input[type=number],.lab select,.lab input[type=radio]')].map((e,i)=>`${i} ${e.type} '${(e.closest('label')?.textContent||e.getAttribute('aria-label')||'').trim().replace(/\s+/g,' ').slice(0,90)}' =${e.type==='radio'?e.checked:e.value} min${e.min} max${e.max}`));
console.log((await labelOf()).join('\n'));
const side=page.locator('.side');
// open all details
await page.evaluate(()=>document.querySelectorAll('.lab details').forEach(d=>d.open=true));
await page.waitForTimeout(300);
const txt=page.locator('.side input[type=text]');
console.log('text inputs',await txt.count());
const seed=page.locator('.side label',{hasText:/seed/i}).locator('input');
await T('seed count',()=>seed.count());
for(const v of ['42','abc','-1','99999999999999999999999','1.5','','0','007',' 5 ','18446744073709551615','18446744073709551616']){
 await T('seed '+v,async()=>{await seed.first().click();await page.keyboard.press('Control+A');await page.keyboard.press('Delete');if(v)await page.keyboard.type(v);await page.waitForTimeout(100);const before=await seed.first().inputValue();await page.keyboard.press('Enter');await page.waitForTimeout(150);await page.keyboard.press('Tab');await page.waitForTimeout(300);return {before,after:await seed.first().inputValue(),inv:await seed.first().getAttribute('aria-invalid'),alerts:await page.getByRole('alert').allTextContents(), lbl:(await seed.first().evaluate(e=>e.closest('label').parentElement.textContent)).slice(0,200)}});
}
await page.screenshot({path:'/tmp/shots/seed.png'});
// key/value fast typing
const keyf=page.locator('.side label',{hasText:/^\s*key/i}).locator('input').first();
const valf=page.locator('.side label',{hasText:/^\s*value/i}).locator('input').first();
const alpha='abcdefghijklmnopqrst';
for(const [n,f] of [['key',keyf],['value',valf]]) await T('type fast '+n,async()=>{await f.click();await page.keyboard.press('Control+A');await page.keyboard.type(alpha,{delay:0});const imm=await f.inputValue();await page.waitForTimeout(500);const after=await f.inputValue();
 await f.evaluate(e=>e.setSelectionRange(5,5));await page.keyboard.type('XYZXYZ',{delay:0});await page.waitForTimeout(300);return {ok:imm===alpha&&after===alpha,imm,after,mid:await f.inputValue(),caret:await f.evaluate(e=>e.selectionStart)}});
// while playing
await T('playing',async()=>{await page.locator('button.play').click();return page.locator('button.play').textContent()});
for(const [n,f] of [['key',keyf],['value',valf],['seed',seed.first()]]) await T('type while playing '+n,async()=>{await f.click();await page.keyboard.press('Control+A');await page.keyboard.type(n==='seed'?'12345':alpha,{delay:15});await f.evaluate(e=>e.setSelectionRange(2,2));await page.keyboard.type(n==='seed'?'777':'QQQQ',{delay:15});await page.waitForTimeout(300);return {v:await f.inputValue(),caret:await f.evaluate(e=>e.selectionStart),focus:await f.evaluate(e=>document.activeElement===e)}});
await T('press write',async()=>{await keyf.fill('MSS-23/state');await valf.fill('hello world');const b=page.locator('.side button',{hasText:/^Write$/}).first();await b.click();await page.waitForTimeout(1500);return {url:page.url().slice(-80),k:await keyf.inputValue(),v:await valf.inputValue(),clock:await page.locator('.clock').first().textContent(),news:(await page.locator('.stage').first().textContent()).slice(0,300)}});
await page.screenshot({path:'/tmp/shots/write.png'});
await page.screenshot({path:'/tmp/shots/writefull.png',fullPage:true});
// weird values
for(const v of ['','<b>x</b>','日本語 😀',' '.repeat(3),'x'.repeat(300)]) await T('write value '+v.slice(0,10),async()=>{await valf.fill(v);await page.locator('.side button',{hasText:/^Write$/}).first().click();await page.waitForTimeout(500);return {v:(await valf.inputValue()).slice(0,20),alerts:await page.getByRole('alert').allTextContents(),branches:(await page.locator('.branches').allTextContents()).join('|').slice(0,300),over:await page.evaluate(()=>document.documentElement.scrollWidth-innerWidth)}});
await T('empty key',async()=>{await keyf.fill('');await page.locator('.side button',{hasText:/^Write$/}).first().click();await page.waitForTimeout(500);return {alerts:await page.getByRole('alert').allTextContents(),k:await keyf.inputValue()}});
await page.screenshot({path:'/tmp/shots/write2full.png',fullPage:true});
// radios
await T('radios',async()=>{const r=page.locator('.side input[type=radio]');const n=await r.count();const out=[];for(let i=0;i<n;i++){await r.nth(i).check();await page.waitForTimeout(250);out.push(await r.evaluateAll(a=>a.map(e=>e.checked?1:0).join('')))}return out});
await T('radios fast',async()=>{const r=page.locator('.side input[type=radio]');await r.evaluateAll(a=>a.slice(0,7).forEach(e=>e.click()));await page.waitForTimeout(600);return r.evaluateAll(a=>a.map(e=>e.checked?1:0).join(''))});
// sliders
const sl=page.locator('.side input[type=range]');
await T('slider info',()=>sl.evaluateAll(a=>a.map(e=>({v:e.value,l:e.closest('label')?.textContent.trim().slice(0,80),o:e.getAttribute('aria-valuetext')}))));
for(let i=0;i<await sl.count();i++) await T('drag '+i,async()=>{const s=sl.nth(i);await s.scrollIntoViewIfNeeded();const b=await s.boundingBox();await page.mouse.move(b.x+4,b.y+b.height/2);await page.mouse.down();for(let k=1;k<=10;k++)await page.mouse.move(b.x+4+(b.width-8)*k/10*0.8,b.y+b.height/2);const imm=await s.inputValue();await page.mouse.up();await page.waitForTimeout(30);const soon=await s.inputValue();await page.waitForTimeout(700);return {imm,soon,late:await s.inputValue(),l:await s.evaluate(e=>e.closest('label')?.textContent.trim().slice(0,90)),vt:await s.getAttribute('aria-valuetext'),url:page.url().slice(-60)}});
for(let i=0;i<await sl.count();i++) await T('keys '+i,async()=>{const s=sl.nth(i);await s.focus();const a=+await s.inputValue();for(let k=0;k<5;k++)await page.keyboard.press('ArrowLeft');const b=+await s.inputValue();await page.waitForTimeout(400);return {a,b,c:await s.inputValue(),foc:await s.evaluate(e=>e===document.activeElement)}});
// selects
await T('selects',async()=>{const s=page.locator('.side select');const out=[];for(let i=0;i<await s.count();i++){const v=await s.nth(i).evaluate(e=>[...e.options].map(o=>o.value));for(const x of v){await s.nth(i).selectOption(x);await page.waitForTimeout(120);const now=await s.nth(i).inputValue();if(now!==x)out.push([i,x,now])}}return out});
await T('alerts',()=>page.getByRole('alert').allTextContents());
await page.screenshot({path:'/tmp/shots/afterctl.png',fullPage:true});
console.log('complaints',complaints);
await close();await lab.stop();
