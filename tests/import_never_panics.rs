//! Texts that were damaged: every reader of records answers with a history that is sound or with an error that has a place, and never
//! with a panic.
//!
//! The records of `tests/histories` are cut, spliced and changed by a seeded generator. `IMPORT_CASES` sets how many texts are tried
//! (20,000 if it is not set); a failure shows the text. `fuzz/` has the same entry points for libFuzzer.

#[path = "import_support/sound.rs"]
mod sound;

use std::fs;
use std::path::Path;

use replicated_telemetry_store::import::{Format, Imported};
use replicated_telemetry_store::judge::{Options, judge};
use replicated_telemetry_store::rng::Rng;
use sound::read_soundly;

const CASES: u64 = 20_000;
/// Pieces that mean something in one of the formats.
const PIECES: [&str; 40] = [
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "\\",
    ":",
    ",",
    ";",
    "#",
    "#_",
    "##NaN",
    "^",
    "\n",
    "\t",
    " ",
    "nil",
    "null",
    "=====",
    "-----",
    "---",
    ":=",
    "==",
    "?",
    "!",
    ":invoke",
    ":ok",
    ":info",
    "[[",
    "\\u0041",
    "99999999999999999999N",
    "-1",
    "1e400",
    "\u{e9}",
    "\u{1f680}",
    "\u{a0}",
    "{\"format\":\"rts-jsonl\"}",
    ":process",
];

fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let mut files: Vec<_> = fs::read_dir(folder).expect("histories").map(|file| file.expect("a history").path()).collect();
    files.sort();
    let texts = files.iter().map(|path| fs::read_to_string(path).expect("a history"));
    let mut texts: Vec<String> =
        texts.map(|text| text.split_once("----\n").map(|(_, text)| text.to_owned()).unwrap_or_default()).collect();
    texts.push("{\"format\":\"rts-jsonl\",\"version\":1}\n{\"session\":\"s\",\"key\":\"k\",\"kind\":\"write\",\"value\":1,\"started\":1,\"ended\":2,\"outcome\":\"ok\",\"at\":[1,1]}\n".to_owned());
    texts
}

/// A place between two letters.
fn place(rng: &mut Rng, text: &str) -> usize {
    let at = usize::try_from(rng.below(text.len() as u64 + 1)).expect("texts are short");
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).expect("the end is a boundary")
}

fn damaged(rng: &mut Rng, corpus: &[String]) -> String {
    let pick = |rng: &mut Rng| corpus[usize::try_from(rng.below(corpus.len() as u64)).expect("few files")].clone();
    let mut text = pick(rng);
    for _ in 0..=rng.below(4) {
        let (a, b) = (place(rng, &text), place(rng, &text));
        let (a, b) = (a.min(b), a.max(b));
        match rng.below(6) {
            0 => text.truncate(b),
            1 => text.replace_range(a..b, ""),
            2 => text.insert_str(a, PIECES[usize::try_from(rng.below(PIECES.len() as u64)).expect("few pieces")]),
            3 => {
                let other = pick(rng);
                let from = place(rng, &other);
                text.insert_str(a, &other[from..]);
            }
            4 => {
                let again = text[a..b].to_owned();
                text.insert_str(b, &again);
            }
            _ => {
                let end = text[a..].chars().next().map_or(a, |c| a + c.len_utf8());
                text.replace_range(a..end, PIECES[usize::try_from(rng.below(PIECES.len() as u64)).expect("few pieces")]);
            }
        }
        text.truncate((0..=text.len().min(4_096)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    text
}

/// A judgement of whatever was read: an answer for every guarantee, and operations in evidence that are there.
fn judged(imported: &Imported) {
    let options = Options { steps: 2_000, memory: 1 << 20, global_versions: imported.global_versions, ..Options::default() };
    for (guarantee, verdict) in judge(&imported.observed, &options).verdicts {
        let shown = verdict.evidence().map_or(&[][..], |evidence| &evidence.operations);
        assert!(shown.iter().all(|number| (*number as usize) < imported.observed.operations.len()), "{guarantee:?} {verdict:?}");
    }
}

#[test]
fn no_text_makes_a_reader_panic() {
    let cases = std::env::var("IMPORT_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let corpus = corpus();
    for seed in 0..cases {
        let mut rng = Rng::keyed(seed, &[0x1337]);
        let text = damaged(&mut rng, &corpus);
        let formats = Format::ALL;
        let other = formats[usize::try_from(rng.below(formats.len() as u64)).expect("few formats")];
        for imported in [read_soundly(&text, None), read_soundly(&text, Some(other))].into_iter().flatten() {
            judged(&imported);
        }
    }
}

/// What is read as one format may be read as any other.
#[test]
fn every_record_may_be_taken_for_every_format() {
    let mut read = 0;
    for text in corpus() {
        read += Format::ALL.into_iter().filter(|format| read_soundly(&text, Some(*format)).is_some()).count();
    }
    assert!(read > 50, "only {read} were read");
}
