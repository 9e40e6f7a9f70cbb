// Tries every rule of protocol.md on a lab in a frame, one after the other, and shows which hold. Each rule is a function that throws if it is
// broken. What the lab says is checked against protocol.schema.json whenever it comes.

import { check } from './schema.mjs';

const PATIENCE_MS = 20_000;
// How long somebody who has to be silent is listened to.
const SILENCE_MS = 700;
const lab = document.getElementById('lab');
const heard = [];
const malformed = [];
const schema = await (await fetch('protocol.schema.json')).json();
const address = new URL(new URLSearchParams(location.search).get('lab') ?? '../index.html', location.href);

addEventListener('message', ({ source, data }) => {
  if (source !== lab.contentWindow) return;
  heard.push(data);
  const wrong = check(data, { $ref: '#/$defs/out', ...schema, oneOf: [schema.$defs.out] }, schema);
  if (wrong) malformed.push(`${JSON.stringify(data)} ${wrong}`);
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, look) {
  for (let waited = 0; waited < PATIENCE_MS; waited += 25) {
    const found = look();
    if (found) return found;
    await pause(25);
  }
  throw new Error(`${what} did not come within ${PATIENCE_MS / 1000} s`);
}

const require = (holds, otherwise) => {
  if (!holds) throw new Error(otherwise);
};

function post(message) {
  lab.contentWindow.postMessage({ 'replication-lab': 1, ...message }, '*');
}

let last = 0;

// Asks for something and waits for its answer: a state, or an error.
async function ask(message) {
  const id = `rule-${(last += 1)}`;
  const wrong = check({ 'replication-lab': 1, ...message, id }, schema.$defs.in, schema);
  require(wrong === null || message.broken, `the page itself is wrong: ${wrong}`);
  post({ ...message, id });
  return until(`the answer to ${message.type}`, () => heard.find((one) => one.id === id));
}

async function done(message) {
  const answer = await ask(message);
  require(answer.type === 'state', `${message.type} was answered with ${JSON.stringify(answer)}`);
  return answer;
}

async function refused(message) {
  const answer = await ask({ ...message, broken: true });
  require(answer.type === 'error' && answer.message !== '', `${JSON.stringify(message)} was answered with ${JSON.stringify(answer)}`);
  return answer;
}

// What the lab says from here on.
function from(now = heard.length) {
  const news = () => heard.slice(now);
  return {
    event: (name) => until(`the event ${name}`, () => news().find((one) => one.type === 'event' && one.name === name)),
    count: (name) => news().filter((one) => one.name === name).length,
    all: news,
  };
}

const open = (preset) => done({ type: 'load', preset });

// A text as a fragment has it: base64 with two other signs.
const encoded = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const RULES = {
  'ready says the version and the title as soon as commands are taken': async () => {
    lab.src = `${address}?embed=1&preset=read-after-write`;
    const ready = await until('ready', () => heard.find((one) => one.type === 'ready'));
    require(ready.version === 1 && ready.title === 'Read after write', JSON.stringify(ready));
  },
  'hello is answered with ready, state and resize, however often': async () => {
    for (let time = 0; time < 2; time += 1) {
      const news = from();
      post({ type: 'hello' });
      await until('all three', () => ['ready', 'state', 'resize'].every((type) => news.all().some((one) => one.type === type)));
    }
  },
  'resize says a height at which nothing scrolls, and comes to rest': async () => {
    for (let rest = heard.length; ; rest = heard.length) {
      const { height } = heard.findLast((one) => one.type === 'resize');
      lab.style.height = `${height}px`;
      await pause(SILENCE_MS);
      const news = heard.slice(rest).filter((one) => one.type === 'resize').length;
      require(news < 5, `${news} heights within ${SILENCE_MS} ms`);
      if (news === 0) break;
    }
    const inside = lab.contentDocument?.documentElement;
    require(!inside || inside.scrollHeight <= lab.clientHeight + 1, `it scrolls: ${inside?.scrollHeight} in ${lab.clientHeight}`);
  },
  'another width is answered with another height': async () => {
    const news = from();
    lab.style.width = '390px';
    await until('a resize', () => news.all().some((one) => one.type === 'resize'));
    lab.style.width = '';
  },
  'get is answered with the whole state and a link': async () => {
    const state = await done({ type: 'get' });
    require(state.preset === 'read-after-write' && !state.playing && state.at === 0 && state.until > 0, JSON.stringify(state));
    require(state.fragment.startsWith('preset=read-after-write&t='), state.fragment);
  },
  'an id may be a number': async () => {
    post({ type: 'get', id: 4711 });
    await until('the answer', () => heard.find((one) => one.id === 4711));
  },
  'play lets time pass and pause stops it': async () => {
    const { at } = await done({ type: 'get' });
    require((await done({ type: 'play' })).playing, 'it does not play');
    await until('time', () => heard.at(-1).type === 'state' && heard.at(-1).at > at);
    const stopped = await done({ type: 'pause' });
    await pause(SILENCE_MS);
    const later = await done({ type: 'get' });
    require(!stopped.playing && later.at === stopped.at, `${stopped.at} µs, then ${later.at} µs`);
  },
  'seek goes to a moment, at most to the end of the run': async () => {
    require((await done({ type: 'seek', at: 123_456 })).at === 123_456, 'it went elsewhere');
    const end = await done({ type: 'seek', at: 1e15 });
    require(end.at === end.until, `${end.at} of ${end.until}`);
  },
  'a finding that comes to be seen is an event, once for each run': async () => {
    await open('read-after-write');
    const news = from();
    await done({ type: 'seek', at: 1e15 });
    const { kind, headline, at, number } = await news.event('finding');
    require(kind !== '' && headline !== '' && at > 0 && number === 0, JSON.stringify(news.all()));
    await done({ type: 'seek', at: 0 });
    await done({ type: 'seek', at: 1e15 });
    await pause(SILENCE_MS);
    require(news.count('finding') === 1, `${news.count('finding')} events`);
  },
  'load opens a preset, which is no step': async () => {
    const news = from();
    const state = await open('monotonic-reads');
    require(state.preset === 'monotonic-reads' && state.at === 0, JSON.stringify(state));
    require(news.count('step') === 0, 'a step was told of');
  },
  'load takes mode, seed and moment along': async () => {
    const state = await done({ type: 'load', preset: 'monotonic-reads', mode: 'session-consistent', seed: 7, t: '100ms' });
    require(state.at === 100_000 && state.fragment.startsWith('v1='), JSON.stringify(state));
  },
  'a fragment brings the same run back': async () => {
    const before = await done({ type: 'get' });
    await open('read-after-write');
    const after = await done({ type: 'load', fragment: before.fragment });
    require(after.fragment === before.fragment && after.at === before.at, JSON.stringify([before, after]));
  },
  'a scenario that needs another program is answered when that has come': async () => {
    const state = await open('lww-skew');
    require(state.preset === 'lww-skew', JSON.stringify(state));
  },
  'what cannot be opened is an error, and the run stays': async () => {
    const before = await open('read-after-write');
    require(/atlantis/.test((await refused({ type: 'load', preset: 'atlantis' })).message), 'the message does not name it');
    await refused({ type: 'load', fragment: 'v1=%%%' });
    await refused({ type: 'load' });
    const after = await done({ type: 'get' });
    require(after.run === before.run && after.fragment === before.fragment, JSON.stringify([before, after]));
  },
  'a known command with a part that makes no sense is an error': async () => {
    for (const broken of [{ type: 'seek' }, { type: 'seek', at: -1 }, { type: 'seek', at: 'noon' }, { type: 'set', theme: 'purple' }, { type: 'set', mode: 'psychic' }, { type: 'set', seed: 'x' }]) {
      await refused(broken);
    }
  },
  'set changes mode and seed, which is a step': async () => {
    const before = await open('read-after-write');
    const news = from();
    const { run } = await done({ type: 'set', seed: 99 });
    await news.event('step');
    require(run !== before.run, 'it is the same run');
  },
  'set changes speed and theme': async () => {
    require((await done({ type: 'set', speed: 20_000, theme: 'dark', lang: 'en' })).speed === 20_000, 'it has another speed');
    const look = lab.contentDocument?.querySelector('.lab')?.dataset.theme;
    require(!lab.contentDocument || look === 'dark', `the theme is ${look}`);
    await done({ type: 'set', theme: 'auto' });
  },
  'a remedy that is taken is the event completed, with a result, once': async () => {
    await open('read-after-write');
    await done({ type: 'seek', at: 1e15 });
    await pause(SILENCE_MS);
    const news = from();
    await done({ type: 'set', mode: 'session-consistent' });
    const { result } = await news.event('completed');
    require(result.completion && result.success && /^PT\d+S$/.test(result.duration), JSON.stringify(result));
    await done({ type: 'set', mode: 'any-follower' });
    await pause(SILENCE_MS);
    await done({ type: 'set', mode: 'session-consistent' });
    await pause(SILENCE_MS);
    require(news.count('completed') === 1, `${news.count('completed')} events`);
  },
  'a remedy that was taken from the start is not completed by anybody': async () => {
    const news = from();
    await done({ type: 'load', preset: 'read-after-write', mode: 'session-consistent' });
    await pause(SILENCE_MS);
    require(news.count('completed') === 0, 'it was told as completed');
  },
  'lock says what is locked, and binds the user, not the page around': async () => {
    await open('read-after-write');
    const { locked } = await done({ type: 'lock', run: true, time: true });
    require(locked.run && locked.time, JSON.stringify(locked));
    const inside = lab.contentDocument;
    require(!inside || inside.querySelector('.play').matches(':disabled'), 'the play button can be pressed');
    require(!inside || inside.querySelector('button.primary').matches(':disabled'), 'the primary button can be pressed');
    require((await done({ type: 'seek', at: 5 })).at === 5, 'the page around is locked out');
    const open_ = await done({ type: 'lock' });
    require(!open_.locked.run && !open_.locked.time, JSON.stringify(open_.locked));
  },
  'what is no message of version 1 is ignored': async () => {
    await open('read-after-write');
    await pause(SILENCE_MS);
    const news = from();
    const strange = [null, 7, 'seek', [], {}, { type: 'seek', at: 9 }, { 'replication-lab': 2, type: 'seek', at: 9, id: 'no' }, { 'replication-lab': '1', type: 'seek', at: 9, id: 'no' }];
    for (const message of strange) lab.contentWindow.postMessage(message, '*');
    post({ type: 'explode', id: 'no' });
    post({ id: 'no' });
    await pause(SILENCE_MS);
    require(news.all().length === 0, `it said ${JSON.stringify(news.all())}`);
    require((await done({ type: 'get' })).at === 0, 'it moved');
  },
  'whoever is not the page around is ignored': async () => {
    const before = await done({ type: 'get' });
    let spoken = false;
    const listen = ({ data }) => (spoken ||= data?.stranger === 'has spoken');
    addEventListener('message', listen);
    const stranger = document.createElement('iframe');
    Object.assign(stranger, { src: 'stranger.html', title: 'a stranger' });
    document.getElementById('strangers').append(stranger);
    await until('the stranger', () => spoken);
    await pause(SILENCE_MS);
    removeEventListener('message', listen);
    require((await done({ type: 'get' })).at === before.at, 'it obeyed');
    require(!heard.some((one) => one.id === 'stranger'), 'it answered');
  },
  'texts are never HTML': async () => {
    const markup = '<img src=x onerror=parent.postMessage(1)>';
    const scenario = { version: 1, title: markup, seed: 1, until: '1s', shards: [{ name: 'a', leader: 'b', followers: ['c'] }], clients: [{ name: 'd' }] };
    const state = await done({ type: 'load', fragment: `v1=${encoded(JSON.stringify(scenario))}` });
    require(state.title === markup, state.title);
    require(!lab.contentDocument?.querySelector('.lab img'), 'the title became an element');
  },
  'with ?origin=… only these origins are listened to': async () => {
    const frame = document.createElement('iframe');
    Object.assign(frame, { src: `${address}?embed=1&origin=${encodeURIComponent('https://elsewhere.example')}`, title: 'a lab for another origin' });
    let said = 0;
    const listen = ({ source }) => (said += Number(source === frame.contentWindow));
    addEventListener('message', listen);
    document.getElementById('strangers').append(frame);
    // Whoever may not look inside waits as long as a lab needs.
    await (frame.contentDocument ? until('the other lab', () => frame.contentDocument?.querySelector('.lab h2')) : pause(8 * SILENCE_MS));
    frame.contentWindow.postMessage({ 'replication-lab': 1, type: 'hello', id: 1 }, '*');
    await pause(2 * SILENCE_MS);
    removeEventListener('message', listen);
    require(said === 0, `it said ${said} messages`);
    lab.src = `${address}?embed=1&origin=${encodeURIComponent(location.origin)}&origin=${encodeURIComponent('https://elsewhere.example')}`;
    const news = from();
    await until('ready', () => news.all().some((one) => one.type === 'ready'));
    require((await done({ type: 'get' })).preset === 'first-look', 'it does not answer');
  },
  'everything that was said follows the schema': async () => {
    require(malformed.length === 0, malformed.join('\n'));
    require(heard.length > 50, `only ${heard.length} messages were heard`);
  },
};

async function run() {
  let failed = 0;
  for (const [rule, holds] of Object.entries(RULES)) {
    const line = document.createElement('li');
    line.textContent = rule;
    document.getElementById('rules').append(line);
    try {
      await holds();
      line.className = 'pass';
    } catch (error) {
      failed += 1;
      line.className = 'fail';
      line.textContent += `: ${error.message}`;
    }
  }
  const count = Object.keys(RULES).length;
  document.getElementById('sum').textContent = failed === 0 ? `All ${count} rules hold.` : `${failed} of ${count} rules are broken.`;
}

await run();
