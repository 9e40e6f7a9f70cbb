// Starts a program beside the page, as a worker that has the program's name: the file of the program is asked for before the script that
// starts it has come.
const program = fetch(`${self.name}_bg.wasm`);
importScripts(`${self.name}.js`);
// What fails later than the script itself would not be heard by the page.
wasm_bindgen({ module_or_path: program }).catch((error) => setTimeout(() => { throw error; }));
