//! Scenarios that cannot be run, and what is said of each: one mistake a file, in `tests/refused`.
//!
//! A file is the text of a scenario, `----`, and the message: the line and the column, the path where there is one, and what is wrong.
//! Messages are read by people who look for their mistake, so a change of one is looked at: `UPDATE_GOLDEN=1 cargo test --test native refused`
//! writes the messages anew. Only commit a message that says where and what at least as exactly as the one before.

use std::fs;
use std::path::{Path, PathBuf};

use replicated_telemetry_store::scenario::{TEXT_MAX, parse};

const RULE: &str = "----\n";

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the texts are there").flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

/// What is said of a text.
fn said(text: &str) -> String {
    match parse(text) {
        Ok(_) => "it can be run\n".to_owned(),
        Err(error) => format!("{error}\n"),
    }
}

/// The parts of a file: the text, and the message that is right.
fn parts(file: &str) -> Option<(&str, &str)> {
    let at = file.rfind(RULE)?;
    Some((&file[..at], &file[at + RULE.len()..]))
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let updating = std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1");
    let mut wrong = Vec::new();
    let files = files();
    for path in &files {
        let file = fs::read_to_string(path).expect("it can be read");
        let (text, right) = parts(&file).expect("a text, a rule and a message");
        let found = said(text);
        if found == right {
            continue;
        }
        if updating {
            fs::write(path, format!("{text}{RULE}{found}")).expect("it can be written");
        } else {
            wrong.push(format!("{}\n  was: {right}  now: {found}", path.file_stem().unwrap_or_default().display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(files.len() >= 180, "only {} texts", files.len());
}

/// Every text is refused, and each message has a line and a column that are in the text.
#[test]
fn each_message_has_a_place_in_its_text() {
    for path in files() {
        let file = fs::read_to_string(&path).expect("it can be read");
        let (text, _) = parts(&file).expect("a text, a rule and a message");
        let error = parse(text).expect_err("only mistakes stand here");
        let line = text.split('\n').nth(error.line - 1).unwrap_or_else(|| panic!("{}: no line {}", path.display(), error.line));
        assert!((1..=line.chars().count() + 1).contains(&error.column), "{}: no column {}", path.display(), error.column);
    }
}

/// What is too large for a file of this folder.
#[test]
fn hostile_texts_are_refused_in_few_words() {
    let much = " ".repeat(TEXT_MAX + 1);
    let open = "[".repeat(TEXT_MAX);
    let deep = "[".repeat(TEXT_MAX / 2) + &"]".repeat(TEXT_MAX / 2);
    let objects = "{\"seed\":".repeat(100_000);
    let many: String = (0..60_000).map(|n| format!(",\"f{n}\":0")).collect();
    let many = format!("{{{}}}", &many[1..]);
    let long = format!("\"{}\"", "x".repeat(TEXT_MAX - 2));
    for (text, right) in [
        (&much, "the scenario has 1048577 bytes, more than 1048576\n"),
        (&open, "line 1, column 128: this is nested too deeply\n"),
        (&deep, "line 1, column 128: this is nested too deeply\n"),
        (&objects, "line 1, column 1017: this is nested too deeply\n"),
    ] {
        assert_eq!(said(text), right);
    }
    assert!(said(&many).starts_with("line 1, column 2: unknown field `f0`, expected one of `version`, "));
    assert_eq!(said(&long), format!("line 1, column 1: expected an object, found the text \"{}…\"\n", "x".repeat(80)));
}
