//! Traces of edits of a text: one that is read, and one that is made.

use std::path::Path;

use replicated_telemetry_store::rng::Rng;
use serde::Deserialize;

/// As many as in the trace of the paper "A conflict-free replicated JSON datatype", which the authors recorded.
const EDITS: usize = 259_778;

/// At an index so many characters go, and others come.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) gone: usize,
    pub(crate) new: String,
}

pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) edits: Vec<Edit>,
    pub(crate) end: String,
}

/// The form of the collection `editing-traces`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    patches: Vec<(usize, usize, String)>,
}

/// The trace in a file.
pub(crate) fn recorded(file: &Path) -> Trace {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    let recorded: Recorded = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let patches = recorded.txns.into_iter().flat_map(|transaction| transaction.patches);
    let edits = patches.map(|(at, gone, new)| Edit { at, gone, new }).collect();
    Trace { name: "recorded trace".to_owned(), edits, end: recorded.end_content }
}

/// Somebody who writes: runs of characters, corrections backwards, jumps to near and far places. Three of ten edits remove.
pub(crate) fn generated() -> Trace {
    let mut rng = Rng::new(1);
    let (mut text, mut cursor): (Vec<char>, usize) = (Vec::new(), 0);
    let mut edits = Vec::with_capacity(EDITS);
    while edits.len() < EDITS {
        match rng.below(10) {
            0 => cursor = pick(&mut rng, text.len() + 1),
            1..=3 => cursor = (cursor + pick(&mut rng, 81)).saturating_sub(40).min(text.len()),
            _ => {}
        }
        let (run, back) = (2 + pick(&mut rng, 24), pick(&mut rng, 12));
        for _ in 0..run {
            let new = char::from(b'a' + u8::try_from(rng.below(26)).expect("below 26"));
            text.insert(cursor, new);
            edits.push(Edit { at: cursor, gone: 0, new: new.to_string() });
            cursor += 1;
        }
        for _ in 0..back.min(cursor) {
            cursor -= 1;
            text.remove(cursor);
            edits.push(Edit { at: cursor, gone: 1, new: String::new() });
        }
    }
    Trace { name: "generated trace".to_owned(), edits, end: text.into_iter().collect() }
}

fn pick(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("below a word")
}
