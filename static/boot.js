// Starts the programs. The addresses are relative to this file, so the page may stand anywhere, and the policy of a page
// that allows its own scripts only allows these. The engine starts as a worker at once, beside the page's program, and the one with all
// families when the page asks for it; where the browser refuses workers, the page asks for that one to be loaded into it.
// `single.js` does the same for a page that has everything in one file.
const { program, wasm } = document.querySelector('script[data-program]').dataset;
const beside = (name) => new URL(name, import.meta.url);
const FAMILIES = 'lab-engine-families';

// The name of the worker says which program it is.
const startWorker = (name) => new Worker(beside('engine.js'), { name });

function startEngine(name = FAMILIES) {
  return new Promise((listens, fails) => {
    const worker = startWorker(name);
    worker.onmessage = () => listens(worker);
    worker.onerror = fails;
  });
}

function loadEngine() {
  return new Promise((loaded, fails) => {
    const script = document.createElement('script');
    script.src = beside(`${FAMILIES}.js`);
    script.onload = () => wasm_bindgen({ module_or_path: beside(`${FAMILIES}_bg.wasm`) })
      .then(() => loaded(globalThis.replicationLab.answer), fails);
    script.onerror = fails;
    document.head.append(script);
  });
}

const engine = startEngine('lab-engine');
// Whoever waits for it is told; until then nobody listens.
engine.catch(() => {});
globalThis.replicationLab = { engine, startEngine, loadEngine, startWorker };
const { default: start } = await import(beside(program));
await start({ module_or_path: beside(wasm) });
