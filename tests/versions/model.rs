//! Causal histories: what a version had seen, by definition, as a set of events. Whatever the structures say is compared with it.
//!
//! Schwarz and Mattern, "Detecting causal relationships in distributed computations", 1994: the causal history of an event is the set of all
//! events that happened before it. A set of up to 128 events is one integer here.

use replicated_telemetry_store::versions::Causality;

/// A set of events, a bit for each.
pub(crate) type Events = u128;

/// The events of a set, oldest first.
pub(crate) fn each(mut events: Events) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = events.trailing_zeros() as usize;
        (events != 0).then(|| {
            events &= events - 1;
            first
        })
    })
}

/// How two sets stand to each other.
pub(crate) fn inclusion(a: Events, b: Events) -> Causality {
    Causality::of_inclusion(a & b == b, a & b == a)
}

/// All writes of a trace: what each had seen, by which server it was taken in, and its value.
#[derive(Clone, Default)]
pub(crate) struct Writes<V> {
    pub(crate) pasts: Vec<Events>,
    pub(crate) servers: Vec<u32>,
    pub(crate) values: Vec<V>,
}

/// What one replica knows.
#[derive(Clone)]
pub(crate) struct Known<V> {
    /// All writes that it has heard of, also those that are replaced.
    pub(crate) events: Events,
    /// Values that were made of several, and all that was known where they were made.
    pub(crate) reconciled: Vec<(Events, V)>,
}

impl<V> Default for Known<V> {
    fn default() -> Known<V> {
        Known { events: 0, reconciled: Vec::new() }
    }
}

impl<V: Clone + PartialEq> Writes<V> {
    /// A write through a server, by somebody who had seen this.
    pub(crate) fn write(&mut self, at: &mut Known<V>, seen: Events, value: V, server: u32) -> usize {
        let event = self.pasts.len();
        self.pasts.push(seen);
        self.servers.push(server);
        self.values.push(value);
        at.events |= seen | (1 << event);
        event
    }

    /// The writes that no other known one had seen.
    pub(crate) fn newest(&self, events: Events) -> Events {
        events & !each(events).fold(0, |seen, event| seen | self.pasts[event])
    }

    /// The siblings: the newest writes, and the reconciled values that stand for one of them at least, instead of the writes they stand for.
    pub(crate) fn siblings(&self, at: &Known<V>) -> Vec<V> {
        let newest = self.newest(at.events);
        let alive = || at.reconciled.iter().filter(|(made_of, _)| made_of & newest != 0);
        let last = |made_of: Events| alive().all(|(other, _)| inclusion(made_of, *other) != Causality::Before);
        let reconciled: Vec<&(Events, V)> = alive().filter(|(made_of, _)| last(*made_of)).collect();
        let stood_for = reconciled.iter().fold(0, |all, (made_of, _)| all | made_of);
        let own = each(newest & !stood_for).map(|event| self.values[event].clone());
        own.chain(reconciled.into_iter().map(|(_, value)| value.clone())).collect()
    }

    /// One value for all siblings.
    pub(crate) fn reconcile(&self, at: &mut Known<V>, merge: impl FnOnce(Vec<V>) -> V) {
        let siblings = self.siblings(at);
        if siblings.len() > 1 {
            at.reconciled = vec![(at.events, merge(siblings))];
        }
    }

    /// How many writes of a server are among these.
    pub(crate) fn count(&self, events: Events, server: u32) -> u64 {
        each(events).filter(|event| self.servers[*event] == server).count() as u64
    }
}

impl<V: Clone + PartialEq> Known<V> {
    /// Takes in what another replica knows.
    pub(crate) fn sync(&mut self, other: &Known<V>) {
        self.events |= other.events;
        for one in &other.reconciled {
            if !self.reconciled.contains(one) {
                self.reconciled.push(one.clone());
            }
        }
    }
}
