//! Sequences under the laws.

use replicated_telemetry_store::crdt::{Crdt, OpBased, Rga, SequenceUpdate, TreeDoc, UpdateError};
use replicated_telemetry_store::rng::Rng;

use super::laws::{Forms, States, lawful};
use super::subjects::{small, subject};

/// Runs of characters and removals of ranges, now and then beyond the end.
fn edit(rng: &mut Rng, length: usize) -> SequenceUpdate<u8> {
    let at = usize::try_from(rng.below(length as u64 + 1)).expect("a short text");
    if rng.below(3) < 2 {
        let run = 1 + rng.below(3);
        SequenceUpdate::Insert(at, (0..run).map(|_| small(rng, 26) + b'a').collect())
    } else {
        SequenceUpdate::Remove(at, usize::from(small(rng, 4)))
    }
}

subject!(Array: Rga<u8, u8>, SequenceUpdate<u8>, Rga<u8, u8>, Vec<u8>,
    act |rng, state| edit(rng, state.len()),
    update |state, id, _, act| match act {
        SequenceUpdate::Insert(at, elements) => state.insert_all(&id, *at, elements.iter().copied()),
        SequenceUpdate::Remove(at, count) => state.remove_range(*at, *count),
    },
    asked |_, act| act.clone(),
    seen |state| state.value(),
    seen_op |op| op.value());

subject!(Document: TreeDoc<u8, u8>, SequenceUpdate<u8>, TreeDoc<u8, u8>, Vec<u8>,
    act |rng, state| edit(rng, state.len()),
    update |state, id, _, act| match act {
        SequenceUpdate::Insert(at, elements) => state.insert_all(&id, *at, elements.iter().copied()),
        SequenceUpdate::Remove(at, count) => state.remove_range(*at, *count),
    },
    asked |_, act| act.clone(),
    seen |state| state.value(),
    seen_op |op| op.value());

#[test]
fn arrays() {
    lawful::<Array>();
}

#[test]
fn documents() {
    lawful::<Document>();
}
