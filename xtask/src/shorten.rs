//! Short names between the page's program and its JavaScript: wasm-bindgen calls each of its 170 functions by a name with a hash
//! in it, which stands in both files and does not compress. Numbers in their place make the first load 5 kB smaller.
//!
//! Trunk calls this when a release build stands in its staging folder (`Trunk.toml`). Only the import and export sections of the
//! WebAssembly are written anew (WebAssembly core specification, section 5.5); in the JavaScript whole words are replaced, and
//! only those that are names of the two sections. A word that already is a short name stops the build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Names that begin like this are wasm-bindgen's own, so no other script knows them.
const GENERATED: [&str; 5] = ["__wb", "wasm_bindgen__", "__externref", "__abort_handler", "__instance_terminated"];
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
/// A module begins with four bytes of magic and four of version.
const HEADER: usize = 8;

/// Shortens the names of every program in the folder that trunk is about to publish.
pub(crate) fn staged() -> Result<(), String> {
    if std::env::var("TRUNK_PROFILE").as_deref() != Ok("release") {
        return Ok(());
    }
    let folder = std::env::var("TRUNK_STAGING_DIR").map_err(|_| "shorten is called by trunk, which names its folder")?;
    let listed = fs::read_dir(&folder).map_err(|error| format!("cannot read {folder}: {error}"))?;
    for entry in listed {
        let wasm = entry.map_err(|error| format!("cannot read {folder}: {error}"))?.path();
        let script = wasm.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix("_bg.wasm"));
        if let Some(script) = script.map(|name| wasm.with_file_name(format!("{name}.js"))) {
            program(&wasm, &script)?;
        }
    }
    Ok(())
}

fn program(wasm: &Path, script: &PathBuf) -> Result<(), String> {
    let problem = |path: &Path, error: std::io::Error| format!("cannot use {}: {error}", path.display());
    let module = fs::read(wasm).map_err(|error| problem(wasm, error))?;
    let text = fs::read_to_string(script).map_err(|error| problem(script, error))?;
    let (module, text) = shortened(&module, &text).map_err(|error| format!("{}: {error}", wasm.display()))?;
    fs::write(wasm, module).map_err(|error| problem(wasm, error))?;
    fs::write(script, text).map_err(|error| problem(script, error))
}

/// Both files with short names.
fn shortened(module: &[u8], script: &str) -> Result<(Vec<u8>, String), String> {
    let mut names = BTreeMap::new();
    let mut out = module.get(..HEADER).ok_or("the module has no header")?.to_vec();
    let mut reader = Reader { bytes: module, at: HEADER };
    while reader.at < module.len() {
        let id = reader.byte()?;
        let length = reader.number()?;
        let end = reader.at + length;
        let body = module.get(reader.at..end).ok_or("a section is longer than the module")?;
        let mut section = Reader { bytes: body, at: 0 };
        let body = match id {
            IMPORTS => section.renamed(true, &mut names)?,
            EXPORTS => section.renamed(false, &mut names)?,
            _ => body.to_vec(),
        };
        out.push(id);
        write_number(&mut out, body.len());
        out.extend(body);
        reader.at = end;
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        if names.values().any(|short| short == word) {
            return Err(format!("the script already has a word '{word}'"));
        }
        text.push_str(names.get(word).map_or(word, String::as_str));
        let other = behind.find(is_word).unwrap_or(behind.len());
        text.push_str(&behind[..other]);
        rest = &behind[other..];
    }
    Ok((out, text))
}

/// The short name of a generated one; other names stay.
fn short(name: &str, names: &mut BTreeMap<String, String>) -> String {
    if !GENERATED.iter().any(|beginning| name.starts_with(beginning)) {
        return name.to_owned();
    }
    let next = format!("${}", names.len());
    names.entry(name.to_owned()).or_insert(next).clone()
}

/// Reads the parts of a module (WebAssembly core specification, section 5).
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, String> {
        let byte = *self.bytes.get(self.at).ok_or("the module ends within a section")?;
        self.at += 1;
        Ok(byte)
    }

    /// An unsigned number in LEB128.
    fn number(&mut self) -> Result<usize, String> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            match (byte & 0x80, shift) {
                (0, _) => return Ok(value),
                (_, 35..) => return Err("a number has too many bytes".to_owned()),
                _ => {}
            }
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let length = self.number()?;
        let bytes = self.bytes.get(self.at..self.at + length).ok_or("a name is longer than its section")?;
        self.at += length;
        String::from_utf8(bytes.to_vec()).map_err(|error| format!("a name is no text: {error}"))
    }

    /// The section of imports, or of exports, with short names.
    fn renamed(&mut self, imports: bool, names: &mut BTreeMap<String, String>) -> Result<Vec<u8>, String> {
        let count = self.number()?;
        let mut out = Vec::new();
        write_number(&mut out, count);
        for _ in 0..count {
            if imports {
                let from = self.at;
                self.name()?;
                out.extend(&self.bytes[from..self.at]);
            }
            let name = short(&self.name()?, names);
            write_number(&mut out, name.len());
            out.extend(name.as_bytes());
            let from = self.at;
            self.description(imports)?;
            out.extend(&self.bytes[from..self.at]);
        }
        if self.at == self.bytes.len() { Ok(out) } else { Err("a section goes on behind its last name".to_owned()) }
    }

    /// Goes past what is imported or exported: a kind and, for an export, an index; for an import, its type.
    fn description(&mut self, imports: bool) -> Result<(), String> {
        match (imports, self.byte()?) {
            (false, _) | (true, 0) => self.number().map(drop),
            (true, 1) => self.byte().and_then(|_| self.limits()),
            (true, 2) => self.limits(),
            (true, 3) => self.byte().and_then(|_| self.byte()).map(drop),
            (true, 4) => self.byte().and_then(|_| self.number()).map(drop),
            (true, kind) => Err(format!("imports of kind {kind} are not known")),
        }
    }

    fn limits(&mut self) -> Result<(), String> {
        let both = self.byte()? & 1 == 1;
        self.number()?;
        if both { self.number().map(drop) } else { Ok(()) }
    }
}

fn write_number(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or(0x7F);
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    /// A module that imports `wbg.__wbg_log_0123` and `env.other`, and exports `memory` and `__wbindgen_malloc`.
    fn module() -> Vec<u8> {
        let text = |name: &str| [&[u8::try_from(name.len()).expect("short")], name.as_bytes()].concat();
        let section = |id: u8, body: Vec<u8>| [vec![id, u8::try_from(body.len()).expect("short")], body].concat();
        let imports = [vec![2], text("wbg"), text("__wbg_log_0123"), vec![0, 5], text("env"), text("other"), vec![0, 200, 1]];
        let exports = [vec![2], text("memory"), vec![2, 0], text("__wbindgen_malloc"), vec![0, 7]];
        [b"\0asm\x01\0\0\0".to_vec(), section(2, imports.concat()), section(7, exports.concat()), section(10, vec![0])].concat()
    }

    #[test]
    fn both_files_get_the_same_names_and_nothing_else_changes() {
        let script = "{__wbg_log_0123:a,other:b};wasm.__wbindgen_malloc(wasm.memory,'__wbg_log_01234');";
        let (short, text) = shortened(&module(), script).expect("a good module");
        assert_eq!(text, "{$0:a,other:b};wasm.$1(wasm.memory,'__wbg_log_01234');");
        let has = |name: &str| short.windows(name.len()).any(|window| window == name.as_bytes());
        assert!(has("$0") && has("$1") && has("memory") && has("other") && !has("__wb"), "{short:?}");
        assert_eq!(short[short.len() - 3..], [10, 1, 0], "the other sections stay");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for cut in [0, 4, 9, 20, 40] {
            assert!(shortened(&module()[..cut], "").is_err(), "{cut}");
        }
        assert!(shortened(&module(), "let $1;").is_err());
    }
}
