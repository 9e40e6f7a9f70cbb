// Starts the programs of a page that has everything in one file (`cargo xtask single-file`): from a disk, without a network, and in a frame of
// opaque origin, where nothing can be fetched. Scripts stand in the page as texts, programs compressed, in base64.
const text = (name) => document.querySelector(`[data-file="${name}"]`).textContent;
const FAMILIES = 'lab-engine-families';

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

const address = (...parts) => URL.createObjectURL(new Blob(parts, { type: 'text/javascript' }));

// A worker cannot look into the page: it gets its script and its program in one.
function startWorker(name) {
  const start = `;(${unpack})('${text(`${name}_bg.wasm`)}').then((program) => wasm_bindgen({ module_or_path: program }))`;
  const failing = '.catch((error) => setTimeout(() => { throw error; }));';
  return new Worker(address(text(`${name}.js`), start, failing), { name });
}

function startEngine(name = FAMILIES) {
  return new Promise((listens, fails) => {
    const worker = startWorker(name);
    worker.onmessage = () => listens(worker);
    worker.onerror = fails;
  });
}

async function loadEngine() {
  const script = document.createElement('script');
  script.textContent = text(`${FAMILIES}.js`);
  document.head.append(script);
  await wasm_bindgen({ module_or_path: await unpack(text(`${FAMILIES}_bg.wasm`)) });
  return globalThis.replicationLab.answer;
}

const engine = startEngine('lab-engine');
// Whoever waits for it is told; until then nobody listens.
engine.catch(() => {});
globalThis.replicationLab = { engine, startEngine, loadEngine, startWorker };
const { default: start } = await import(address(text('page.js')));
await start({ module_or_path: await unpack(text('page_bg.wasm')) });
