// Starts the program. The addresses are relative to this file, so the page may stand anywhere, and the policy of a page
// that allows its own scripts only allows this one.
const { program, wasm } = document.querySelector('script[data-program]').dataset;
const { default: init } = await import(new URL(program, import.meta.url));
await init({ module_or_path: new URL(wasm, import.meta.url) });
