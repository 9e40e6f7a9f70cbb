//! Agreement with causal histories on random traces, and with whom it is missed.
//!
//! Clients read, write with what they had read or without, through any of three servers, which exchange what they have now and then, and
//! reconcile siblings where they can. After each step the server must have the siblings and the context that sets of events say.

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{DottedSet, DottedVersionVector, VersionVector};

use super::model::{Events, Known, Writes, each, inclusion};
use super::stores::{
    COMPARE_IGNORES_ONE, Merged, PerValue, RIGHT, SYNC_KEEPS_COVERED, Store, UPDATE_DROPS_SIBLINGS, UPDATE_REUSES_DOTS, Versions,
};
use super::{all, found, many};

/// A write is a bit, and a reconciled value the bits of what it was made of, with a mark of whoever made it differently.
pub(crate) type Value = u128;

/// What happens in a trace.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A client reads.
    Read { client: usize, server: usize },
    /// A client writes with what it last read.
    Write { client: usize, server: usize },
    /// Somebody writes without having read.
    Blind { server: usize },
    /// A server takes in what another has.
    Sync { to: usize, from: usize },
    /// A server makes one value of all; with a mark it makes another one than other servers would.
    Reconcile { server: usize, mark: u32 },
}

pub(crate) const SERVERS: usize = 3;

/// The steps of a seed: up to 24.
pub(crate) fn steps(seed: u64) -> impl Iterator<Item = Step> {
    let mut rng = Rng::keyed(seed, &[0xD075]);
    let length = rng.between(4, 24);
    (0..length).map(move |_| {
        let mut below = |bound: usize| usize::try_from(rng.below(bound as u64)).expect("small");
        let (client, server) = (below(3), below(SERVERS));
        match below(12) {
            0..=2 => Step::Read { client, server },
            3..=5 => Step::Write { client, server },
            6 => Step::Blind { server },
            7..=10 => Step::Sync { to: server, from: below(SERVERS) },
            _ => Step::Reconcile { server, mark: if below(4) == 0 { 120 + u32::try_from(server).expect("small") } else { 0 } },
        }
    })
}

fn merge(values: Vec<Value>, mark: u32) -> Value {
    values.into_iter().fold(if mark > 0 { 1 << mark } else { 0 }, |all, value| all | value)
}

/// A trace as it was carried out.
pub(crate) struct Trace<S> {
    pub(crate) servers: [S; SERVERS],
    pub(crate) known: [Known<Value>; SERVERS],
    pub(crate) writes: Writes<Value>,
    clients: [(VersionVector<u32>, Events); 3],
    /// Each state that a server had before a step, and after it.
    pub(crate) growth: Vec<(S, S)>,
    /// How many steps left several siblings, and how many a reconciled one.
    pub(crate) met: [u64; 2],
}

impl<S: Store<Value, u32>> Trace<S> {
    pub(crate) fn new() -> Trace<S> {
        let known = std::array::from_fn(|_| Known::default());
        let clients = std::array::from_fn(|_| (VersionVector::new(), 0));
        Trace { servers: Default::default(), known, writes: Writes::default(), clients, growth: Vec::new(), met: [0; 2] }
    }

    fn write(&mut self, context: &VersionVector<u32>, seen: Events, server: usize) {
        let (value, id) = (1 << self.writes.values.len(), u32::try_from(server).expect("small"));
        self.writes.write(&mut self.known[server], seen, value, id);
        self.servers[server].write(context, value, &id);
    }

    /// Carries a step out on both sides; which server may have changed.
    pub(crate) fn take(&mut self, step: Step) -> usize {
        match step {
            Step::Read { client, server } => {
                self.clients[client] = (self.servers[server].read().1, self.known[server].events);
                server
            }
            Step::Write { client, server } => {
                let (context, seen) = self.clients[client].clone();
                self.write(&context, seen, server);
                server
            }
            Step::Blind { server } => {
                self.write(&VersionVector::new(), 0, server);
                server
            }
            Step::Sync { to, from } => {
                let (other, known) = (self.servers[from].clone(), self.known[from].clone());
                self.servers[to].sync(&other);
                self.known[to].sync(&known);
                to
            }
            Step::Reconcile { server, mark } => {
                if self.servers[server].reconcile(|values| merge(values, mark)) {
                    self.writes.reconcile(&mut self.known[server], |values| merge(values, mark));
                }
                server
            }
        }
    }

    /// Whether a server has what the sets of events say.
    pub(crate) fn check(&mut self, server: usize) -> Result<(), String> {
        let (mut values, context) = self.servers[server].read();
        let mut expected = self.writes.siblings(&self.known[server]);
        values.sort_unstable();
        expected.sort_unstable();
        self.met[0] += u64::from(expected.len() > 1);
        self.met[1] += u64::from(!self.known[server].reconciled.is_empty());
        let counts: VersionVector<u32> = (0..3).map(|id| (id, self.writes.count(self.known[server].events, id))).collect();
        if values != expected || context != counts {
            let shown = |values: &[Value]| {
                values.iter().map(|value| format!("{:?}", each(*value).collect::<Vec<_>>())).collect::<Vec<_>>()
            };
            return Err(format!("server {server} has {:?} {context}, and not {:?} {counts}", shown(&values), shown(&expected)));
        }
        Ok(())
    }
}

/// Carries out the trace of a seed, and compares after every step.
pub(crate) fn run<S: Store<Value, u32>>(seed: u64) -> Result<Trace<S>, String> {
    let mut trace = Trace::new();
    for (number, step) in steps(seed).enumerate() {
        let before: [S; 3] = trace.servers.clone();
        let server = trace.take(step);
        trace.growth.push((before[server].clone(), trace.servers[server].clone()));
        trace.check(server).map_err(|wrong| format!("seed {seed}, after step {number} ({step:?}): {wrong}"))?;
    }
    Ok(trace)
}

#[test]
fn dotted_sets_say_what_sets_of_events_say() {
    let met = all("dotted_sets_say", |seed| {
        let trace = run::<DottedSet<Value, u32>>(seed)?;
        for (a, b) in (0..SERVERS).flat_map(|a| (0..SERVERS).map(move |b| (a, b))) {
            let (contexts, events) = ([a, b].map(|n| trace.servers[n].context()), [a, b].map(|n| trace.known[n].events));
            if contexts[0].compare(&contexts[1]) != inclusion(events[0], events[1]) {
                return Err(format!("{} and {} of {events:?}", contexts[0], contexts[1]));
            }
        }
        Ok(trace.met)
    });
    assert!(!many() || met.iter().all(|count| *count > 2_000), "steps with siblings, and with reconciled values: {met:?}");
}

#[test]
fn dotted_versions_say_what_sets_of_events_say() {
    let met = all("dotted_versions_say", |seed| {
        let trace = run::<Versions<Value, u32, RIGHT>>(seed)?;
        let versions: Vec<&(DottedVersionVector<u32>, Value)> = trace.servers.iter().flat_map(|server| &server.list).collect();
        let history = |value: &Value| value | trace.writes.pasts[value.trailing_zeros() as usize];
        let mut met = [0; 2];
        for ((a, x), (b, y)) in versions.iter().flat_map(|a| versions.iter().map(move |b| (*a, *b))) {
            let (answer, truth) = (a.compare(b), inclusion(history(x), history(y)));
            if answer != truth || a.partial_cmp(b) != truth.ordering() {
                return Err(format!("{a} and {b}: {answer}, and not {truth}"));
            }
            met[usize::from(truth.ordering().is_none())] += 1;
        }
        Ok(met)
    });
    assert!(!many() || met.iter().all(|count| *count > 2_000), "pairs that are ordered, and that are concurrent: {met:?}");
}

/// What goes wrong in random traces, with its number of lost writes and of false siblings.
fn wrong<S: Store<Value, u32>>() -> [u64; 2] {
    let mut sums = [0; 2];
    for seed in 0..2_000 {
        let mut trace = Trace::<S>::new();
        steps(seed).for_each(|step| {
            trace.take(step);
        });
        for (server, known) in trace.servers.iter().zip(&trace.known) {
            let has = merge(server.read().0, 0);
            let newest = trace.writes.newest(known.events);
            sums[0] += u64::from((newest & !has).count_ones());
            sums[1] += u64::from((has & !newest).count_ones());
        }
    }
    sums
}

#[test]
fn counters_of_servers_lose_writes_or_invent_siblings() {
    assert_eq!(wrong::<Versions<Value, u32, RIGHT>>(), [0, 0]);
    let per_value = wrong::<PerValue<Value, u32>>();
    assert!(per_value[0] > 500, "a vector beside every value loses writes: {per_value:?}");
    let merged = wrong::<Merged<Value, u32>>();
    assert!(merged[1] > 500, "a vector beside all values keeps what was replaced: {merged:?}");
    found("vectors beside values", |seed| run::<PerValue<Value, u32>>(seed).map(|_| ()));
    found("a vector beside all values", |seed| run::<Merged<Value, u32>>(seed).map(|_| ()));
}

#[test]
fn mutants_disagree_with_sets_of_events() {
    found("a sync that keeps covered values", |seed| run::<Versions<Value, u32, SYNC_KEEPS_COVERED>>(seed).map(|_| ()));
    found("an update that reuses dots", |seed| run::<Versions<Value, u32, UPDATE_REUSES_DOTS>>(seed).map(|_| ()));
    found("a comparison that ignores an id", |seed| run::<Versions<Value, u32, COMPARE_IGNORES_ONE>>(seed).map(|_| ()));
    found("an update that drops siblings", |seed| run::<Versions<Value, u32, UPDATE_DROPS_SIBLINGS>>(seed).map(|_| ()));
}
