//! Transactions as the definitions see them, and the trial of all orders in which they may take effect.
//!
//! Whatever a key holds is a list of values: a register holds the one that was written last, or none. A read returns the *outside*,
//! what other transactions left, with the transaction's own earlier writes on top. Nothing here is shared with the checkers.

use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned};

/// What every key holds.
pub(crate) type State = Vec<Vec<u32>>;
/// Which transaction must come before which.
pub(crate) type Relation = Vec<Vec<bool>>;

/// A step of a transaction whose result is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Write(usize, u32),
    Read(usize, Vec<u32>),
}

/// A transaction that happened, or of which nobody knows.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) session: u32,
    pub(crate) invoked: u64,
    /// When it was acknowledged; never, if nobody knows whether it happened.
    pub(crate) ended: u64,
    pub(crate) ok: bool,
    pub(crate) steps: Vec<Step>,
}

/// What a read says of other transactions.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) key: usize,
    /// What the others left of the key.
    pub(crate) seen: Vec<u32>,
    /// Whether its transaction had written to the key before, so that others can have written nothing in between.
    pub(crate) own: bool,
}

/// All transactions of a history that did not fail.
#[derive(Debug)]
pub(crate) struct Units {
    pub(crate) lists: bool,
    pub(crate) keys: usize,
    pub(crate) real_time: bool,
    pub(crate) of: Vec<Unit>,
}

impl Units {
    pub(crate) fn new(history: &Observed) -> Units {
        let step = |step: &replicated_telemetry_store::observed::Step| {
            let key = step.key as usize;
            match &step.call {
                Call::Write(value) | Call::Append(value) => Some(Step::Write(key, *value)),
                Call::Read(Returned::Absent) => Some(Step::Read(key, Vec::new())),
                Call::Read(Returned::Value(value)) => Some(Step::Read(key, vec![*value])),
                Call::Read(Returned::List(list)) => Some(Step::Read(key, list.clone())),
                Call::Read(Returned::Unknown) => None,
                other => panic!("no transaction of these histories does {other:?}"),
            }
        };
        let live = history.operations.iter().filter(|op| op.outcome != Outcome::Fail);
        let of = live.map(|op| {
            let ok = op.outcome == Outcome::Ok;
            let ended = op.completed.filter(|_| ok).unwrap_or(u64::MAX);
            let steps = history.steps_of(op).iter().filter_map(step).filter(|s| ok || matches!(s, Step::Write(..))).collect();
            Unit { session: op.session, invoked: op.invoked, ended, ok, steps }
        });
        let (lists, real_time) = (history.model == Model::AppendList, history.real_time);
        Units { lists, keys: history.keys.len(), real_time, of: of.collect() }
    }

    /// What a transaction leaves of a key that holds this.
    pub(crate) fn apply(&self, t: usize, key: usize, held: &[u32]) -> Vec<u32> {
        written(&self.of[t].steps, key).fold(held.to_vec(), |held, value| self.put(held, value))
    }

    fn put(&self, mut held: Vec<u32>, value: u32) -> Vec<u32> {
        if !self.lists {
            held.clear();
        }
        held.push(value);
        held
    }

    /// What a transaction leaves.
    pub(crate) fn after(&self, t: usize, state: &State) -> State {
        (0..self.keys).map(|key| self.apply(t, key, &state[key])).collect()
    }

    pub(crate) fn writes(&self, t: usize, key: usize) -> bool {
        written(&self.of[t].steps, key).next().is_some()
    }

    pub(crate) fn wrote(&self, key: usize, value: u32) -> Option<usize> {
        (0..self.of.len()).find(|t| self.of[*t].steps.contains(&Step::Write(key, value)))
    }

    /// What the reads of a transaction say of others, in their order; nothing if one contradicts the transaction's own earlier writes.
    pub(crate) fn views(&self, t: usize) -> Option<Vec<View>> {
        let mut views = Vec::new();
        for (at, step) in self.of[t].steps.iter().enumerate() {
            let Step::Read(key, returned) = step else { continue };
            let own: Vec<u32> = written(&self.of[t].steps[..at], *key).collect();
            if own.is_empty() || self.lists {
                let seen = returned.strip_suffix(own.as_slice())?.to_vec();
                views.push(View { key: *key, seen, own: !own.is_empty() });
            } else if returned.last() != own.last() {
                return None;
            }
        }
        Some(views)
    }

    /// Whether a transaction is given every value that it read, if it finds this state.
    pub(crate) fn reads_from(&self, t: usize, state: &State) -> bool {
        self.views(t).is_some_and(|views| views.iter().all(|view| view.seen == state[view.key]))
    }

    /// The order of sessions: who was acknowledged, before who was invoked at that instant or later.
    pub(crate) fn sessions(&self) -> Relation {
        self.relate(|a, b| a.session == b.session && a.ended <= b.invoked)
    }

    /// The order of real time: equal instants are concurrent.
    pub(crate) fn real_time(&self) -> Relation {
        self.relate(|a, b| a.ended < b.invoked)
    }

    /// A relation of different transactions.
    fn relate(&self, before: impl Fn(&Unit, &Unit) -> bool) -> Relation {
        self.of.iter().map(|a| self.of.iter().map(|b| !std::ptr::eq(a, b) && before(a, b)).collect()).collect()
    }

    /// No order.
    pub(crate) fn free(&self) -> Relation {
        self.relate(|_, _| false)
    }

    /// Whether the lists of every key that transactions returned are beginnings of one another, as they are if there is one list.
    pub(crate) fn one_list_a_key(&self) -> bool {
        let lists: Vec<(usize, &[u32])> = self.all_reads().collect();
        let one = |a: &[u32], b: &[u32]| a.starts_with(b) || b.starts_with(a);
        !self.lists || lists.iter().all(|(key, a)| lists.iter().all(|(other, b)| key != other || one(a, b)))
    }

    /// Whether a transaction returned what another began to write only after it had ended, where the record tells real time: then no
    /// execution explains it, whatever the order of transactions.
    pub(crate) fn early(&self) -> bool {
        let late = |unit: &Unit, step: &Step| match step {
            Step::Read(key, seen) => {
                seen.iter().filter_map(|value| self.wrote(*key, *value)).any(|w| self.of[w].invoked > unit.ended)
            }
            Step::Write(..) => false,
        };
        self.real_time && self.of.iter().any(|unit| unit.steps.iter().any(|step| late(unit, step)))
    }

    /// Whether a session reads what it writes only later.
    pub(crate) fn foretold(&self) -> bool {
        let so = self.sessions();
        self.of.iter().enumerate().any(|(t, unit)| {
            unit.steps.iter().enumerate().any(|(at, step)| {
                let Step::Read(key, returned) = step else { return false };
                let later = |w: usize, value: u32| so[t][w] || (w == t && unit.steps[at..].contains(&Step::Write(*key, value)));
                returned.iter().any(|value| self.wrote(*key, *value).is_some_and(|w| later(w, *value)))
            })
        })
    }

    /// What all reads returned, with the key.
    pub(crate) fn all_reads(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.of.iter().flat_map(|unit| &unit.steps).filter_map(|step| match step {
            Step::Read(key, returned) => Some((*key, returned.as_slice())),
            Step::Write(..) => None,
        })
    }
}

/// The values that steps wrote to a key.
pub(crate) fn written(steps: &[Step], key: usize) -> impl Iterator<Item = u32> {
    steps.iter().filter_map(move |step| match step {
        Step::Write(of, value) if *of == key => Some(*value),
        _ => None,
    })
}

/// Transactions in an order, and what each leaves of the state.
pub(crate) struct Run<'a> {
    pub(crate) units: &'a Units,
    pub(crate) order: Vec<usize>,
    /// The state before everything, and after each.
    pub(crate) states: Vec<State>,
}

impl Run<'_> {
    /// The place of a transaction in the order.
    pub(crate) fn place(&self, t: usize) -> Option<usize> {
        self.order.iter().position(|placed| *placed == t)
    }

    /// The state that all transactions of the order leave together.
    pub(crate) fn now(&self) -> &State {
        self.states.last().expect("there is one before everything")
    }
}

/// Orders of transactions: which must be in it, which may, and what comes before what.
pub(crate) struct Orders<'a> {
    pub(crate) units: &'a Units,
    pub(crate) before: Relation,
    /// Who can be in the order; of these, those that happened must be.
    pub(crate) candidates: Vec<usize>,
}

impl<'a> Orders<'a> {
    /// Orders of all transactions that happened, and of any of those of which nobody knows.
    pub(crate) fn of_all(units: &'a Units, before: Relation) -> Orders<'a> {
        Orders { units, before, candidates: (0..units.of.len()).collect() }
    }

    /// Whether in some order each transaction fits behind those before it, and the whole is accepted.
    pub(crate) fn any(&self, fits: &dyn Fn(&Run, usize) -> bool, accept: &dyn Fn(&Run) -> bool) -> bool {
        let empty = vec![Vec::new(); self.units.keys];
        self.more(&mut Run { units: self.units, order: Vec::new(), states: vec![empty] }, fits, accept)
    }

    fn more(&self, run: &mut Run, fits: &dyn Fn(&Run, usize) -> bool, accept: &dyn Fn(&Run) -> bool) -> bool {
        let left: Vec<usize> = self.candidates.iter().copied().filter(|t| !run.order.contains(t)).collect();
        if left.iter().all(|t| !self.units.of[*t].ok) && accept(run) {
            return true;
        }
        for &t in &left {
            if left.iter().any(|a| self.before[*a][t]) || !fits(run, t) {
                continue;
            }
            let next = self.units.after(t, run.now());
            run.order.push(t);
            run.states.push(next);
            if self.more(run, fits, accept) {
                return true;
            }
            run.order.pop();
            run.states.pop();
        }
        false
    }
}
