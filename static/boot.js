// Starts the program. The addresses are relative to this file, so the page may stand anywhere, and the policy of a page
// that allows its own scripts only allows this one.
const { program, wasm } = document.querySelector('script[data-program]').dataset;
const script = document.createElement('script');
script.src = new URL(program, import.meta.url);
script.onload = () => wasm_bindgen({ module_or_path: new URL(wasm, import.meta.url) });
document.head.append(script);
