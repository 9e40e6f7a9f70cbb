//! What a search of texts and lists can see coming: a read that no way of going on can satisfy.
//!
//! A read that is still to be done returns what the key holds now with more behind it, unless the key is written anew before. What it
//! returned begins with what was written last, so only a write whose text begins it so can be that write. If all of those are
//! done, the key has to hold a beginning of what the read returned, or the search has gone astray. Without this it would try every
//! order of the appends between two reads.

use super::calls::Call;
use super::machine::{Act, Machine, State};

/// The writes of a key whose states are sequences, and what is known of its reads.
pub(super) struct Foresight {
    /// Calls that write anew, by place, and the state that they leave.
    writes: Vec<(u32, State)>,
    /// For each read that was looked at: the writes that what it returned may begin with.
    bases: Vec<Option<Box<[u32]>>>,
}

impl Foresight {
    /// Nothing if the states of the machine are no sequences.
    pub(super) fn of(calls: &[Call], machine: &Machine<'_>) -> Option<Foresight> {
        let single = |call: &Call| !matches!(call.act, Act::Several(_) | Act::Transition(_));
        if !machine.sequences() || !calls.iter().all(single) {
            return None;
        }
        let writes = (0_u32..).zip(calls).filter_map(|(i, call)| match call.act {
            Act::Write(state) | Act::Swap(_, state) => Some((i, state)),
            Act::Read(_) | Act::Differs(_) | Act::Append(_) | Act::Several(_) | Act::Transition(_) => None,
        });
        Some(Foresight { writes: writes.collect(), bases: vec![None; calls.len()] })
    }

    /// Whether a read that is still to be done, of which `seen` is what it returned, can no longer be satisfied.
    pub(super) fn hopeless(
        &mut self,
        (read, seen): (usize, State),
        state: State,
        machine: &Machine<'_>,
        done: impl Fn(usize) -> bool,
    ) -> bool {
        if machine.begins(state, seen) {
            return false;
        }
        let writes = &self.writes;
        let bases = self.bases[read].get_or_insert_with(|| {
            writes.iter().filter(|(_, left)| machine.begins(*left, seen)).map(|(write, _)| *write).collect()
        });
        bases.iter().all(|write| done(*write as usize))
    }
}
