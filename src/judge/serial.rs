//! Serializability and snapshot isolation where nobody knows the order of the versions: a search for one that explains all reads.
//!
//! Transactions are put behind each other on a store. A transaction takes its snapshot when the store holds what it read, and a version may
//! be replaced when nobody is left who has to read it: since every value is written once, it would not come back. Serializable
//! transactions commit with their snapshot. Under snapshot isolation they commit as soon as they can after it, which never hurts: nobody
//! needs what they replace any more, and whoever writes the same keys has to wait for them (the first committer wins). Who only reads
//! does so as soon as possible. So there is one choice, whose snapshot is next; the one that ended first is tried first, what led nowhere
//! is remembered, and a budget bounds the search. A proof against is made smaller by leaving out transactions that nobody reads from.

use std::collections::BTreeSet;

use super::cycle::Why;
use super::dependencies::Dependencies;
use super::facts::{NONE, written};
use super::known::Known;
use super::pairs::{self, Pruned};
use super::real_time;
use super::report::{Evidence, Guarantee, Options, Verdict};
use super::table::Table;
use super::words::{key_name, operation};
use crate::observed::Key;

/// Attempts at smaller proofs, and the steps of each.
const TRIES: usize = 400;
const EFFORT: u64 = 30_000;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Sequence,
    Nothing,
    Spent,
}

/// What a transaction does: whose versions it reads, and which keys it writes.
pub(super) struct Transaction {
    unit: u32,
    pub(super) reads: Vec<(Key, u32)>,
    pub(super) writes: Vec<Key>,
    /// Those that have to commit before its snapshot.
    pub(super) preceding: Vec<u32>,
}

/// A question: which transactions, on how many keys, and whether they commit with their snapshot.
struct Question<'q> {
    all: Vec<Transaction>,
    keys: usize,
    snapshots: bool,
    options: &'q Options,
}

/// Judges a history of which some keys' versions have no known order, and whose graph shows nothing.
pub(super) fn judge(known: &Known<'_>, options: &Options, graph: &Dependencies, level: Guarantee) -> Verdict {
    let ask = |level| Question {
        all: transactions(known, options, graph, level),
        keys: known.facts.history.keys.len(),
        snapshots: level == Guarantee::SnapshotIsolation,
        options,
    };
    let question = ask(level);
    let all = vec![true; question.all.len()];
    // Most stores that keep a level keep real time too, and that is soon found.
    let strict = level != Guarantee::StrictSerializable && known.facts.history.real_time;
    if strict && ask(Guarantee::StrictSerializable).answer(&all, EFFORT) == Found::Sequence {
        return Verdict::Holds;
    }
    match question.answer(&all, options.steps) {
        Found::Sequence => Verdict::Holds,
        Found::Spent => {
            let names: Vec<String> = graph.unknown.iter().take(3).map(|key| key_name(known.facts.history, *key)).collect();
            let names = if names.is_empty() { "the lists' last elements".to_owned() } else { names.join(", ") };
            Verdict::Unknown(format!(
                "the record does not tell the order of the writes of {names}, and the budget of {} steps or {} bytes was spent on the \
                 search for one",
                options.steps, options.memory
            ))
        }
        Found::Nothing => {
            let kept = if options.reduce { question.smaller() } else { all };
            Verdict::Violated(evidence(known, &question.all, &kept, level))
        }
    }
}

impl Question<'_> {
    /// Whether the transactions that are kept have a sequence.
    fn answer(&self, kept: &[bool], steps: u64) -> Found {
        let ordered = match pairs::prune(&self.all, kept, self.keys, self.snapshots, self.options.memory / 2) {
            Pruned::Impossible => return Found::Nothing,
            Pruned::Explained => return Found::Sequence,
            Pruned::Ordered(ordered) => ordered,
            Pruned::Spent => Vec::new(),
        };
        Store::new(self, kept, &ordered).search(steps, self.options.memory)
    }

    /// Fewer transactions that have no sequence either: any may be left out, with those that read from them.
    fn smaller(&self) -> Vec<bool> {
        let mut kept = vec![true; self.all.len()];
        let mut size = self.all.len().div_ceil(2);
        let mut tries = TRIES;
        while size > 0 && tries > 0 {
            let (mut at, mut fewer) = (self.all.len(), false);
            while at > 0 && tries > 0 {
                let from = at.saturating_sub(size);
                let rest = self.without(&kept, from, at);
                at = from;
                if rest != kept {
                    tries -= 1;
                    if self.answer(&rest, EFFORT) == Found::Nothing {
                        (kept, fewer) = (rest, true);
                    }
                }
            }
            // What could not be spared at first may be, after others are gone.
            if size > 1 || !fewer {
                size /= 2;
            }
        }
        kept
    }

    fn without(&self, kept: &[bool], from: usize, to: usize) -> Vec<bool> {
        let mut rest = kept.to_vec();
        rest[from..to].fill(false);
        let mut open: Vec<usize> = (from..to).filter(|at| kept[*at]).collect();
        while let Some(gone) = open.pop() {
            for reader in 0..self.all.len() {
                if rest[reader] && self.all[reader].reads.iter().any(|(_, source)| *source as usize == gone) {
                    rest[reader] = false;
                    open.push(reader);
                }
            }
        }
        rest
    }
}

/// The transactions of a history, in the order of their ends.
fn transactions(known: &Known<'_>, options: &Options, graph: &Dependencies, level: Guarantee) -> Vec<Transaction> {
    let facts = known.facts;
    let operations = &facts.history.operations;
    let mut units: Vec<u32> = known.units.in_chains.clone();
    units.sort_by_key(|unit| (operations[*unit as usize].completed.unwrap_or(u64::MAX), *unit));
    let mut place = vec![NONE; operations.len()];
    for (at, unit) in (0_u32..).zip(&units) {
        place[*unit as usize] = at;
    }
    let mut all: Vec<Transaction> = Vec::with_capacity(units.len());
    for unit in units {
        let op = &operations[unit as usize];
        let mut reads: Vec<(Key, u32)> = known.units.inputs(unit).iter().map(|input| (input.key, input.from)).collect();
        let steps = (op.first..op.first + op.count).filter(|step| written(&facts.history.steps[*step as usize]).is_some());
        let mut writes: Vec<Key> = steps.map(|step| facts.key(step)).collect();
        for (_, from) in &mut reads {
            *from = place.get(*from as usize).copied().unwrap_or(NONE);
        }
        reads.sort_unstable();
        reads.dedup();
        writes.sort_unstable();
        writes.dedup();
        all.push(Transaction { unit, reads, writes, preceding: Vec::new() });
    }
    let orders = graph.edges.iter().filter(|edge| matches!(edge.why, Why::Read | Why::Version(_))).copied();
    let sessions = if options.isolation_in_sessions { known.session_edges() } else { Vec::new() };
    let strict = level == Guarantee::StrictSerializable;
    let times = if strict { real_time::direct(facts, &known.units.in_chains) } else { Vec::new() };
    for edge in orders.chain(sessions).chain(times) {
        all[place[edge.to as usize] as usize].preceding.push(place[edge.from as usize]);
    }
    all
}

/// How far a transaction is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Snapshot,
    Committed,
}

/// A change of the store, as it was before.
enum Undo {
    Phase(u32, Phase),
    Holds(Key, u32),
}

struct Store<'t> {
    all: &'t [Transaction],
    snapshots: bool,
    phases: Vec<Phase>,
    /// How many that have to commit before each are missing.
    waits: Vec<u32>,
    following: Vec<Vec<u32>>,
    /// Those that wait for nobody's commit, and have no snapshot yet.
    ready: BTreeSet<u32>,
    /// Those that have a snapshot and have not committed.
    open: BTreeSet<u32>,
    holds: Vec<u32>,
    /// How many still have to read the version of a key: of the beginning by key, of a transaction by its place among its writes.
    readers_of_first: Vec<u32>,
    readers: Vec<Vec<u32>>,
    left: usize,
    log: Vec<Undo>,
    dead: Table,
}

impl<'t> Store<'t> {
    fn new(question: &'t Question<'_>, kept: &[bool], ordered: &[(u32, u32)]) -> Store<'t> {
        let Question { all, keys, snapshots, .. } = question;
        let (keys, snapshots) = (*keys, *snapshots);
        let mut store = Store {
            all,
            snapshots,
            phases: vec![Phase::Waiting; all.len()],
            waits: vec![0; all.len()],
            following: vec![Vec::new(); all.len()],
            ready: BTreeSet::new(),
            open: BTreeSet::new(),
            holds: vec![NONE; keys],
            readers_of_first: vec![0; keys],
            readers: all.iter().map(|t| vec![0; t.writes.len()]).collect(),
            left: kept.iter().filter(|kept| **kept).count(),
            log: Vec::new(),
            dead: Table::default(),
        };
        for at in (0..all.len() as u32).filter(|at| kept[*at as usize]) {
            for (key, from) in &all[at as usize].reads {
                *store.readers(*key, *from) += 1;
            }
            for before in all[at as usize].preceding.iter().filter(|before| kept[**before as usize]) {
                store.waits[at as usize] += 1;
                store.following[*before as usize].push(at);
            }
        }
        for (before, after) in ordered {
            store.waits[*after as usize] += 1;
            store.following[*before as usize].push(*after);
        }
        store.ready = (0..all.len() as u32).filter(|at| kept[*at as usize] && store.waits[*at as usize] == 0).collect();
        store
    }

    /// How many still have to read what a transaction wrote to a key.
    fn readers(&mut self, key: Key, from: u32) -> &mut u32 {
        if from == NONE {
            return &mut self.readers_of_first[key as usize];
        }
        let place = self.all[from as usize].writes.binary_search(&key).expect("it wrote what was read from it");
        &mut self.readers[from as usize][place]
    }

    fn search(mut self, budget: u64, memory: u64) -> Found {
        self.settle();
        let (mut steps, mut from) = (0, 0);
        // Whose snapshot was taken, and how long the log was before.
        let mut choices: Vec<(u32, usize)> = Vec::new();
        while self.left > 0 {
            if steps > budget || self.dead.bytes() > memory {
                return Found::Spent;
            }
            let next = self.ready.range(from..).copied().inspect(|_| steps += 1).find(|at| self.may_begin(*at));
            steps += 1;
            if let Some(at) = next {
                choices.push((at, self.log.len()));
                self.set(at, Phase::Snapshot);
                self.settle();
                from = 0;
                if self.dead.len() == 0 || self.dead.find(&self.key()).is_none() {
                    continue;
                }
            } else {
                let key = self.key();
                self.dead.insert(&key);
            }
            let Some((at, log)) = choices.pop() else { return Found::Nothing };
            self.take_back(log);
            from = at + 1;
        }
        Found::Sequence
    }

    /// Whether a transaction may take its snapshot now; a serializable one has to be able to commit as well.
    fn may_begin(&self, at: u32) -> bool {
        let transaction = &self.all[at as usize];
        transaction.reads.iter().all(|(key, from)| self.holds[*key as usize] == *from)
            && !self.open.iter().any(|other| overlap(&self.all[*other as usize].writes, &transaction.writes))
            && (self.snapshots || self.may_commit(at, true))
    }

    /// Whether nobody else has to read what a transaction replaces.
    fn may_commit(&self, at: u32, reads_now: bool) -> bool {
        let transaction = &self.all[at as usize];
        transaction.writes.iter().all(|key| {
            let held = self.holds[*key as usize];
            let readers = match held {
                NONE => self.readers_of_first[*key as usize],
                from => {
                    let writes = &self.all[from as usize].writes;
                    writes.binary_search(key).map_or(0, |place| self.readers[from as usize][place])
                }
            };
            readers == u32::from(reads_now && transaction.reads.contains(&(*key, held)))
        })
    }

    /// Commits what can be committed, and lets those read that only read, until nothing changes.
    fn settle(&mut self) {
        loop {
            let committing = self.open.iter().copied().find(|at| self.may_commit(*at, false));
            if let Some(at) = committing {
                self.set(at, Phase::Committed);
                for place in 0..self.all[at as usize].writes.len() {
                    let key = self.all[at as usize].writes[place];
                    let before = std::mem::replace(&mut self.holds[key as usize], at);
                    self.log.push(Undo::Holds(key, before));
                }
                continue;
            }
            let reading = self.ready.iter().copied().find(|at| self.all[*at as usize].writes.is_empty() && self.may_begin(*at));
            let Some(at) = reading else { return };
            self.set(at, Phase::Snapshot);
        }
    }

    /// Moves a transaction to another phase, forwards or back.
    fn set(&mut self, at: u32, phase: Phase) {
        let before = std::mem::replace(&mut self.phases[at as usize], phase);
        self.log.push(Undo::Phase(at, before));
        self.moved(at, before, phase);
    }

    fn moved(&mut self, at: u32, from: Phase, to: Phase) {
        let all = self.all;
        if from == Phase::Waiting || to == Phase::Waiting {
            let begins = from == Phase::Waiting;
            for (key, source) in &all[at as usize].reads {
                let readers = self.readers(*key, *source);
                *readers = if begins { *readers - 1 } else { *readers + 1 };
            }
            if begins {
                self.ready.remove(&at)
            } else {
                self.ready.insert(at)
            };
        }
        for (phase, opens) in [(from, false), (to, true)] {
            match phase {
                Phase::Waiting => {}
                Phase::Snapshot if opens => _ = self.open.insert(at),
                Phase::Snapshot => _ = self.open.remove(&at),
                Phase::Committed => {
                    self.left = if opens { self.left - 1 } else { self.left + 1 };
                    for place in 0..self.following[at as usize].len() {
                        let next = self.following[at as usize][place];
                        let waits = &mut self.waits[next as usize];
                        *waits = if opens { *waits - 1 } else { *waits + 1 };
                        let free = *waits == 0 && self.phases[next as usize] == Phase::Waiting;
                        if free {
                            self.ready.insert(next)
                        } else {
                            self.ready.remove(&next)
                        };
                    }
                }
            }
        }
    }

    fn take_back(&mut self, length: usize) {
        while self.log.len() > length {
            match self.log.pop() {
                Some(Undo::Holds(key, before)) => self.holds[key as usize] = before,
                Some(Undo::Phase(at, before)) => {
                    let now = std::mem::replace(&mut self.phases[at as usize], before);
                    self.moved(at, now, before);
                }
                None => return,
            }
        }
    }

    /// What is done and what the keys hold, as words: two attempts with the same words go on alike.
    fn key(&self) -> Vec<u32> {
        let packed = self.phases.chunks(16).map(|phases| phases.iter().fold(0, |word, phase| word << 2 | *phase as u32));
        packed.chain(self.holds.iter().copied()).collect()
    }
}

fn overlap(one: &[Key], other: &[Key]) -> bool {
    one.iter().any(|key| other.binary_search(key).is_ok())
}

fn evidence(known: &Known<'_>, all: &[Transaction], kept: &[bool], level: Guarantee) -> Evidence {
    let mut operations: Vec<u32> = all.iter().zip(kept).filter(|(_, kept)| **kept).map(|(t, _)| t.unit).collect();
    operations.sort_unstable();
    let said: Vec<String> = operations.iter().take(6).map(|op| operation(known.facts.history, *op)).collect();
    let what = match level {
        Guarantee::SnapshotIsolation => "no order of commits and snapshots of these transactions",
        Guarantee::StrictSerializable => "no order of these transactions in real time",
        _ => "no order of these transactions",
    };
    let more = operations.len().saturating_sub(said.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let text = format!("There is {what} that explains what they read: {}{more}.", said.join("; "));
    Evidence { operations, key: None, text, anomaly: None }
}
