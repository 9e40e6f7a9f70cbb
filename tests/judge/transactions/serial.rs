//! Serializability and snapshot isolation, as they are defined: an order of all transactions in which each is executed.
//!
//! Serializability is Adya's PL-3 for items (1999), by executions: of the transactions that nobody knows of, any may have happened.
//! Snapshot isolation is that of Cerone, Bernardi and Gotsman (CONCUR 2015) without real time: Adya's PL-SI.

use super::unit::{Orders, Units};

/// The order of transactions that an execution has to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keeps {
    Nothing,
    Sessions,
}

/// Whether all transactions can be executed one after the other so that every read returns what it did.
pub(crate) fn serializable(units: &Units, keeps: Keeps) -> bool {
    let before = if keeps == Keeps::Sessions { units.sessions() } else { units.free() };
    !units.early() && Orders::of_all(units, before).any(&|run, t| units.reads_from(t, run.now()), &|_| true)
}

/// The same, each between its start and its end.
pub(crate) fn strict_serializable(units: &Units, keeps: Keeps) -> bool {
    let mut before = units.real_time();
    if keeps == Keeps::Sessions {
        join(&mut before, &units.sessions());
    }
    Orders::of_all(units, before).any(&|run, t| units.reads_from(t, run.now()), &|_| true)
}

/// Adds a relation to another.
pub(crate) fn join(to: &mut [Vec<bool>], other: &[Vec<bool>]) {
    for (row, others) in to.iter_mut().zip(other) {
        for (cell, other) in row.iter_mut().zip(others) {
            *cell |= other;
        }
    }
}

/// Whether transactions can be committed one after the other so that each reads what some beginning of the order left, and nobody
/// between that beginning and its own place wrote what it writes: the first committer wins.
pub(crate) fn snapshot_isolation(units: &Units, keeps: Keeps) -> bool {
    let before = if keeps == Keeps::Sessions { units.sessions() } else { units.free() };
    let orders = Orders::of_all(units, before.clone());
    let fits = |run: &super::unit::Run, t: usize| {
        (0..=run.order.len()).any(|snapshot| {
            let between = &run.order[snapshot..];
            let both_write = |other: usize| (0..units.keys).any(|key| units.writes(other, key) && units.writes(t, key));
            units.reads_from(t, &run.states[snapshot]) && !between.iter().any(|other| both_write(*other) || before[*other][t])
        })
    };
    !units.early() && orders.any(&fits, &|_| true)
}
