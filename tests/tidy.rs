//! The rules of the house that a compiler does not check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use replicated_telemetry_store::presets::PRESETS;

/// No file is longer.
const LINES_MAX: usize = 600;
/// A file above this length deserves a second look.
const LINES_NOTED: usize = 400;

/// The modules in layers: each may use those of its own layer and of the layers above it.
///
/// Three names sit higher than one would guess, because a scenario is plain data that names them: `router::ReadMode` and
/// `sabotage::Sabotage` are settings, and `operation` carries the read mode of an operation in its invocation.
const LAYERS: &[&[&str]] = &[
    &["time", "rng", "lsn", "version", "versions", "property", "sabotage", "by_number", "sorted", "plural"],
    &["network", "log", "statement", "crdt"],
    &["router"],
    &["operation"],
    &["family"],
    &["session"],
    &["client"],
    &["scenario", "routing"],
    &["presets"],
    &["history"],
    &["trace"],
    &["simulation"],
    &["kernel", "volume"],
    &["check"],
    &["observed", "import", "judge"],
    &["run"],
    &["explain", "share", "systems", "matrix", "sweep", "staleness", "pbs"],
    &["transcript"],
    &["cause", "compare", "shrink"],
    &["search"],
    &["view"],
    &["scene", "sheet"],
    &["export"],
    &["player"],
    &["experiment"],
    &["engine"],
    &["store"],
    &["postgres"],
    &["page", "cli", "worker", "program"],
    &["main", "bin"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("sources can be read");
                found.push((path.strip_prefix(root()).expect("below the root").to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The module of the first level that a source file belongs to: `explain` for `src/explain/words.rs`.
fn module(path: &Path) -> String {
    let below = path.components().nth(1).map(|c| c.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    below.trim_end_matches(".rs").to_owned()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&module))
}

/// The text without comments and without the tests at its end, which may use anything.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules that a source file names after `crate::`, also in braces: `crate::{log::OpId, run}`.
fn used(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            names.insert(word(after));
            continue;
        };
        let mut depth = 0;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
            let first = i == 0 || group[..i].trim_end().ends_with(',');
            if depth == 0 && first && c.is_alphabetic() {
                names.insert(word(&group[i..]));
            }
        }
    }
    names
}

/// What carries messages, timers and facts of all families and knows none of them. Beside it stand the closed enum of what runs on a node and,
/// for each family, a file of its own (`src/simulation/process.rs`, `src/simulation/single_leader.rs`, `src/simulation/multi_leader.rs`).
const BLIND: &[&str] = &[
    "src/time",
    "src/rng",
    "src/network",
    "src/trace",
    "src/simulation.rs",
    "src/simulation/outbox.rs",
    "src/simulation/inspect.rs",
    "src/simulation/settled.rs",
    "src/operation.rs",
];

#[test]
fn the_kernel_names_no_family() {
    for (path, text) in sources("src") {
        let blind = BLIND.iter().any(|start| path.starts_with(start) || path == Path::new(&format!("{start}.rs")));
        let code = code(&text);
        let names = ["SingleLeader", "single_leader::", "MultiLeader", "multi_leader::", "Leaderless", "leaderless::"];
        let named = code.lines().find(|line| names.iter().any(|name| line.contains(name)));
        assert!(!blind || named.is_none(), "{} names a family: {named:?}", path.display());
    }
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src").into_iter().filter(|(path, _)| !path.ends_with("lib.rs")) {
        let name = module(&path);
        let Some(here) = layer(&name) else {
            wrong.push(format!("{}: '{name}' is in no layer", path.display()));
            continue;
        };
        for used in used(&code(&text)) {
            // What lib.rs exports again has no layer under that name: inside the crate it is called by its module.
            if layer(&used).is_none_or(|there| there > here) {
                wrong.push(format!("{}: '{name}' uses '{used}', which stands after it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let files = ["src", "tests", "benches", "xtask"].into_iter().flat_map(sources);
    let silent: Vec<String> = files.filter(|(_, text)| !text.starts_with("//! ")).map(|(p, _)| p.display().to_string()).collect();
    assert!(silent.is_empty(), "these do not open with //!: {}", silent.join(", "));
}

/// A file that nothing names would be compiled and run by nobody.
#[test]
fn every_file_of_tests_is_part_of_a_program() {
    let program = fs::read_to_string(root().join("tests/native.rs")).expect("the native tests can be read");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
    for (path, _) in sources("tests").into_iter().filter(|(path, _)| path.components().count() == 2) {
        let name = module(&path);
        let named = program.lines().any(|line| line == format!("mod {name};"));
        let own = manifest.contains(&format!("[[test]]\nname = \"{name}\"\n"));
        assert!(named != own, "tests/{name}.rs: a line `mod {name};` in tests/native.rs runs it");
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut long: Vec<(usize, String)> =
        sources("src").into_iter().map(|(path, text)| (text.lines().count(), path.display().to_string())).collect();
    long.retain(|(lines, _)| *lines > LINES_NOTED);
    long.sort();
    let list: Vec<String> = long.iter().map(|(lines, path)| format!("{path}: {lines} lines")).collect();
    let over = long.iter().any(|(lines, _)| *lines > LINES_MAX);
    assert!(!over, "the limit is {LINES_MAX}, and above {LINES_NOTED} a file deserves a second look:\n{}", list.join("\n"));
}

#[test]
fn nothing_is_left_undone() {
    // Spelled in two halves, so that this file does not find itself.
    let marks = [("to", "do!("), ("db", "g!("), ("un", "implemented!("), ("FIX", "ME"), ("X", "XX"), ("TO", "DO")];
    let marks = marks.map(|(a, b)| format!("{a}{b}"));
    for (path, text) in ["src", "tests", "benches", "xtask"].into_iter().flat_map(sources) {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} contains {mark}", path.display());
        }
        assert!(!text.contains('\t') && text.ends_with('\n'), "{}: tabs, or no line end at the end", path.display());
        let trailing = text.lines().position(|line| line.ends_with(' '));
        assert_eq!(trailing, None, "{}: a line ends in a space (counted from 0)", path.display());
    }
}

/// What a user reads of a preset.
fn prose(json: &str) -> Vec<(String, String)> {
    let scenario = replicated_telemetry_store::scenario::parse(json).expect("presets can be read");
    let lesson = scenario.lesson.unwrap_or_default();
    let mut prose = vec![("title".to_owned(), scenario.title), ("story".to_owned(), lesson.story)];
    prose.push(("hint".to_owned(), lesson.hint));
    prose.extend(lesson.fix.map(|fix| ("fix".to_owned(), fix.text)));
    prose
}

#[test]
fn presets_are_well_kept_prose() {
    for preset in PRESETS {
        for (what, text) in prose(preset.text().expect("it is included")) {
            let place = format!("{what} of '{}'", preset.id);
            assert!(!text.is_empty() && text.trim() == text && !text.contains("  "), "{place}: '{text}'");
            let ended = text.ends_with(['.', '!', '?']);
            assert_eq!(ended, what != "title", "{place}: a title has no full stop, a sentence has one");
            assert!(text.chars().next().is_some_and(char::is_uppercase), "{place} begins in small letters");
            assert!(text.chars().all(|c| c.is_ascii() || "–’“”→é".contains(c)), "{place}: '{text}'");
        }
        let trailing = preset.text().expect("it is included").lines().position(|line| line.ends_with(' ') || line.contains('\t'));
        assert_eq!(trailing, None, "'{}': a line ends in a space or has a tab (counted from 0)", preset.id);
    }
}

#[test]
fn golden_traces_say_what_to_look_for() {
    for file in fs::read_dir(root().join("tests/golden")).expect("there are golden traces") {
        let path = file.expect("golden traces can be listed").path();
        let text = fs::read_to_string(&path).expect("golden traces can be read");
        assert!(text.starts_with("# ") && text.ends_with('\n'), "{} has no heading", path.display());
        assert!(text.lines().all(|line| !line.ends_with(' ')), "{}: a line ends in a space", path.display());
    }
}
