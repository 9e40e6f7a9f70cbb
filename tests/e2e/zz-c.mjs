import { startLab } from './lab.mjs';
const lab = await startLab();
const alpha='abcdefghijklmnopqrst';
for(const [mode,ending] of [['idle','?preset=read-after-write'],['playing','?preset=read-after-write'],['idle','?preset=busy-constellation'],['playing','?preset=busy-constellation']]){
const {page,complaints,close}=await lab.open(ending,{viewport:{width:1440,height:900}});page.on('console',m=>console.log('CONSOLE',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(6000);
await page.locator('.lab h2').first().waitFor();
await page.evaluate(()=>document.querySelectorAll('.lab details').forEach(d=>d.open=true));
await page.waitForTimeout(800);
if(mode==='playing')await page.locator('button.play').click();
const f={};for(const n of ['key','value','seed'])f[n]=page.locator('.side label',{hasText:new RegExp('^\\s*'+n,'i')}).locator('input').first();
let lost=0,caret=0,other=0,ex=[];
for(const n of ['key','value','seed'])for(const d of [0,0,0,3,8,25,25]){
 const w=n==='seed'?'1234567890123':alpha;
 await f[n].click();await page.keyboard.press('Control+A');await page.keyboard.type(w,{delay:d});await page.waitForTimeout(250);
 const v=await f[n].inputValue();if(v!==w){lost++;ex.push([n,d,v])}
 await f[n].fill(w);await f[n].evaluate(e=>e.setSelectionRange(3,3));await page.keyboard.type(n==='seed'?'777777':'XYZXYZ',{delay:d});await page.waitForTimeout(250);
 const r=[await f[n].inputValue(),await f[n].evaluate(e=>e.selectionStart)];
 if(r[1]!==9||r[0]!==w.slice(0,3)+(n==='seed'?'777777':'XYZXYZ')+w.slice(3)){caret++;ex.push([n,d,'mid',...r])}
}
console.log(mode,ending,{lost,caret},JSON.stringify(ex));
console.log(complaints);
await close();}
await lab.stop();
