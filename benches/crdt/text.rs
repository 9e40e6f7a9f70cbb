//! Text: a trace of edits typed at one replica, the same as operations at another, and a merge of all into nothing.

use std::hint::black_box;
use std::path::Path;

use replicated_telemetry_store::crdt::{OpBased, Rga, SequenceOp, SequenceUpdate, StateBased, TreeDoc};
use replicated_telemetry_store::versions::Dot;
use yrs::block::ClientID;
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, TransactionMut, Update};

use super::measure::{alone, line, median, note};
use super::trace::{Trace, generated, recorded};

const RUNS: usize = 5;

pub(crate) fn traces() {
    match std::env::var("EDITING_TRACE") {
        Ok(file) => trace(&recorded(Path::new(&file))),
        Err(_) => {
            note("text: EDITING_TRACE names no recorded trace, so one is made");
            trace(&generated());
        }
    }
}

/// Offsets in bytes, which is the fastest, and right because the traces are of ASCII.
fn yrs_doc() -> Doc {
    Doc::with_options(Options { offset_kind: OffsetKind::Bytes, client_id: ClientID::new(1), ..Options::default() })
}

/// A transaction for each edit: with one for all of them `yrs` takes longer, because it joins what was typed in a row when one ends.
fn yrs_typed(trace: &Trace, mut each: impl FnMut(&TransactionMut)) -> Doc {
    let doc = yrs_doc();
    let text = doc.get_or_insert_text("text");
    let number = |n: usize| u32::try_from(n).expect("traces are short");
    for edit in &trace.edits {
        let mut change = doc.transact_mut();
        if edit.gone > 0 {
            text.remove_range(&mut change, number(edit.at), number(edit.gone));
        }
        if !edit.new.is_empty() {
            text.insert(&mut change, number(edit.at), &edit.new);
        }
        each(&change);
    }
    doc
}

macro_rules! typed {
    ($type:ident, $trace:expr) => {{
        let mut doc = $type::<u64>::new();
        for edit in &$trace.edits {
            if edit.gone > 0 {
                doc.remove_range(edit.at, edit.gone).expect("the trace is right");
            }
            if !edit.new.is_empty() {
                doc.insert_text(&1, edit.at, &edit.new).expect("the trace is right");
            }
        }
        doc
    }};
}

/// The operations of a trace, and the document that they lead to.
fn operations(trace: &Trace) -> (Rga<u64>, Vec<SequenceOp<u64, char>>) {
    let (mut doc, mut ops) = (Rga::new(), Vec::new());
    let dot = Dot { id: 1, count: 1 };
    for edit in &trace.edits {
        let gone = (edit.gone > 0).then_some(SequenceUpdate::Remove(edit.at, edit.gone));
        let new = (!edit.new.is_empty()).then(|| SequenceUpdate::Insert(edit.at, edit.new.chars().collect()));
        for update in gone.into_iter().chain(new) {
            let op = doc.prepare(&dot, update).expect("the trace is right");
            doc.effect(&op).expect("operations of this document");
            ops.push(op);
        }
    }
    (doc, ops)
}

fn trace(trace: &Trace) {
    let (name, edits) = (&trace.name, trace.edits.len() as u128);
    let mut updates = Vec::new();
    let doc = yrs_typed(trace, |change| updates.push(change.encode_update_v1()));
    let end = doc.get_or_insert_text("text").get_string(&doc.transact());
    let (rga, tree) = (typed!(Rga, trace), typed!(TreeDoc, trace));
    assert_eq!(end, trace.end, "yrs ends as the trace does");
    assert!(rga.text() == trace.end && tree.text() == trace.end, "both types end as the trace does");
    note(&format!(
        "text, {name}: {edits} edits, {} characters at the end, {} spans, {} tombstones",
        rga.len(),
        rga.spans(),
        rga.tombstones()
    ));

    let theirs = median(1, || (), |()| drop(black_box(yrs_typed(trace, |_| ()))));
    let ours = median(RUNS, || (), |()| drop(black_box(typed!(Rga, trace))));
    line(&format!("{name}, typed, Rga"), edits, ours, "yrs (one run)", theirs);
    alone(&format!("{name}, typed, Rga"), edits, ours);
    let ours = median(RUNS, || (), |()| drop(black_box(typed!(TreeDoc, trace))));
    line(&format!("{name}, typed, TreeDoc"), edits, ours, "yrs (one run)", theirs);

    let (from, ops) = operations(trace);
    assert!(from == rga, "operations say the same as states");
    let apply = |doc: &mut Rga<u64>| ops.iter().for_each(|op| doc.effect(op).expect("in causal order"));
    let ours = median(RUNS, Rga::new, apply);
    let theirs = median(RUNS, yrs_doc, |doc| {
        for update in &updates {
            doc.transact_mut().apply_update(Update::decode_v1(update).expect("it was encoded")).expect("in causal order");
        }
    });
    line(&format!("{name}, as operations of another"), edits, ours, "yrs", theirs);

    let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let ours = median(RUNS, Rga::new, |new: &mut Rga<u64>| new.merge(&rga));
    let theirs = median(RUNS, yrs_doc, |new| {
        new.transact_mut().apply_update(Update::decode_v1(&state).expect("it was encoded")).expect("a whole state");
    });
    line(&format!("{name}, merged into nothing"), edits, ours, "yrs (with decoding)", theirs);
    let ours = median(RUNS, || rga.clone(), |same| same.merge(&rga));
    alone(&format!("{name}, merged into the same"), rga.spans() as u128, ours);
}
