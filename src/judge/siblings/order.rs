//! The order of a record: the starts and ends of its operations.

use crate::observed::Observed;

/// The start or the end of an operation, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It begins.
    Begins(u32),
    /// It ended.
    Ends(u32),
}

/// The starts and ends of a record. Of one instant what ends comes first, for within a session it is the earlier.
pub(super) fn events(history: &Observed) -> Vec<Event> {
    let mut events: Vec<(u64, u8, u32)> = Vec::with_capacity(2 * history.operations.len());
    for (number, op) in (0_u32..).zip(&history.operations) {
        events.push((op.invoked, 1, number));
        events.extend(op.completed.map(|ended| (ended, if ended == op.invoked { 2 } else { 0 }, number)));
    }
    events.sort_unstable();
    events.into_iter().map(|(_, kind, number)| if kind == 1 { Event::Begins(number) } else { Event::Ends(number) }).collect()
}
