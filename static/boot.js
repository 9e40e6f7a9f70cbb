// Starts the programs. The addresses are relative to this file, so the page may stand anywhere, and the policy of a page
// that allows its own scripts only allows these. The engine starts as a worker at once, beside the page's program; where the browser
// refuses workers, the page asks for the engine to be loaded into it.
const { program, wasm } = document.querySelector('script[data-program]').dataset;
const beside = (name) => new URL(name, import.meta.url);

function startEngine() {
  return new Promise((listens, fails) => {
    const worker = new Worker(beside('engine.js'));
    worker.onmessage = () => listens(worker);
    worker.onerror = fails;
  });
}

function loadEngine() {
  return new Promise((loaded, fails) => {
    const script = document.createElement('script');
    script.src = beside('lab-engine.js');
    script.onload = () => wasm_bindgen({ module_or_path: beside('lab-engine_bg.wasm') })
      .then(() => loaded(globalThis.replicationLab.answer), fails);
    script.onerror = fails;
    document.head.append(script);
  });
}

const engine = startEngine();
// Whoever waits for it is told; until then nobody listens.
engine.catch(() => {});
globalThis.replicationLab = { engine, loadEngine };
const { default: start } = await import(beside(program));
await start({ module_or_path: beside(wasm) });
