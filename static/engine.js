// Starts a program beside the page, as a worker: the file of the program is asked for before the script that starts it has come.
const program = fetch('lab-engine_bg.wasm');
importScripts('lab-engine.js');
// What fails later than the script itself would not be heard by the page.
wasm_bindgen({ module_or_path: program }).catch((error) => setTimeout(() => { throw error; }));
