import { startLab } from './lab.mjs';
const lab = await startLab();
const T=async(name,f)=>{try{console.log('=',name,JSON.stringify(await f()))}catch(e){console.log('!',name,String(e).slice(0,500))}};
// 1 typing human speed with cpu throttle
{const {page,complaints,close}=await lab.open('?preset=read-after-write',{viewport:{width:1440,height:900}});page.on('console',m=>console.log('CONSOLE',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.evaluate(()=>document.querySelectorAll('.lab details').forEach(d=>d.open=true));await page.waitForTimeout(600);
const cdp=await page.context().newCDPSession(page);
for(const rate of [1,6]){await cdp.send('Emulation.setCPUThrottlingRate',{rate});
for(const d of [15,30,60]){let lost=0;const ex=[];for(let i=0;i<4;i++){const f=page.locator('.side label',{hasText:/^\s*key/i}).locator('input').first();await f.click();await page.keyboard.press('Control+A');await page.keyboard.type('abcdefghijklmnopqrst',{delay:d});await page.waitForTimeout(300);const v=await f.inputValue();if(v!=='abcdefghijklmnopqrst'){lost++;ex.push(v)}}console.log('cpu',rate,'delay',d,'lost',lost,'of 4',ex.join(' '))}}
await cdp.send('Emulation.setCPUThrottlingRate',{rate:1});
await T('maxlen',async()=>page.locator('.side input[type=text]').evaluateAll(a=>a.map(e=>e.maxLength)));
// what does Write write right after fast typing
await T('write after fast typing',async()=>{const v=page.locator('.side label',{hasText:/^\s*value/i}).locator('input').first();const k=page.locator('.side label',{hasText:/^\s*key/i}).locator('input').first();await k.fill('MSS-23/state');await v.fill('abc');await page.keyboard.type('defghijklmnop',{delay:0});await page.locator('.side button',{hasText:/^Write$/}).first().click();await page.waitForTimeout(500);return {v:await v.inputValue(),log:(await page.locator('.stage').first().textContent()).match(/writes? state[^a-z]*\S+/)?.[0], url:Buffer.from((page.url().match(/v1=([^&]*)/)||[])[1]||'','base64').toString().slice(-160)}});
await close();}
// slider drag quickly + lag, scrub while playing, branches
{const {page,complaints,close}=await lab.open('?preset=read-after-write',{viewport:{width:1440,height:900}});page.on('console',m=>console.log('CONSOLE',m.type(),m.text().slice(0,300)));page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.waitForTimeout(500);
const s=page.getByLabel('time in the run');
await page.locator('button.play').click();await page.waitForTimeout(300);
await T('scrub playing',async()=>{const b=await s.boundingBox();await page.mouse.move(b.x+10,b.y+b.height/2);await page.mouse.down();const seen=[];for(let k=0;k<60;k++){await page.mouse.move(b.x+8+(b.width-16)*(0.5+0.5*Math.sin(k/4)),b.y+b.height/2);await page.waitForTimeout(10);if(k%10===0)seen.push([+(await s.inputValue())/1000,await page.locator('.clock').first().textContent()])}const during=await page.locator('button.play').textContent();await page.mouse.up();await page.waitForTimeout(500);return {seen,during,after:await page.locator('button.play').textContent(),end:[await s.inputValue(),await page.locator('.clock').first().textContent()]}});
await T('hold still while pressed & playing',async()=>{await page.locator('button.play').click();await page.waitForTimeout(200);const b=await s.boundingBox();await page.mouse.move(b.x+b.width*0.3,b.y+b.height/2);await page.mouse.down();await page.waitForTimeout(800);const a=await s.inputValue();await page.waitForTimeout(800);const c=await s.inputValue();await page.mouse.up();return {a,c,p:await page.locator('button.play').textContent()}});
await T('fork',async()=>{await page.getByRole('button',{name:'Next finding'}).click();await page.waitForTimeout(400);await page.getByRole('button',{name:'One event back'}).click();await page.locator('.side details',{hasText:'Do something'}).evaluate(d=>d.open=true);await page.getByRole('button',{name:'Crash frankfurt'}).focus();await page.keyboard.press('Enter');await page.waitForTimeout(60);const f1=await page.evaluate(()=>document.activeElement.tagName+' '+document.activeElement.textContent.slice(0,30));await page.waitForTimeout(900);const f2=await page.evaluate(()=>document.activeElement.tagName+' '+document.activeElement.textContent.slice(0,30));await page.screenshot({path:'/tmp/shots/fork.png'});return {f1,f2,br:await page.locator('.branches').allTextContents(),play:await page.locator('button.play').textContent(),clock:await page.locator('.clock').first().textContent()}});
console.log(complaints);await close();}
// map keyboard crash with focus
{const {page,complaints,close}=await lab.open('?preset=first-failover',{viewport:{width:1440,height:900}});page.setDefaultTimeout(9000);
await page.locator('.lab h2').first().waitFor();await page.waitForTimeout(500);
const act=()=>page.evaluate(()=>{const e=document.activeElement;return e.tagName+' '+(e.getAttribute('aria-label')||e.textContent).slice(0,60)});
await T('map kb',async()=>{await page.getByRole('button',{name:'Map',exact:true}).focus();await page.keyboard.press('Enter');await page.waitForTimeout(300);const seq=[];for(let i=0;i<8;i++){await page.keyboard.press('Tab');seq.push(await act());if(/^\S+ frankfurt/.test(seq.at(-1)))break}await page.keyboard.press('Enter');await page.waitForTimeout(300);seq.push('ENTER→'+await act());for(let i=0;i<5;i++){await page.keyboard.press('Tab');seq.push(await act());if(/Crash/.test(seq.at(-1)))break}await page.keyboard.press('Enter');for(const w of [50,300,1500]){await page.waitForTimeout(w);seq.push('after crash '+w+': '+await act()+' | '+await page.locator('.clock').first().textContent()+' '+await page.locator('button.play').textContent())}await page.keyboard.press('Tab');seq.push('TAB→'+await act());return seq});
await page.screenshot({path:'/tmp/shots/mapcrash2.png'});
await close();}
await lab.stop();
