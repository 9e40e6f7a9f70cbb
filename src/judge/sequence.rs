//! A sequence of transactions that explains all reads, put together one by one.
//!
//! A transaction takes its snapshot when the store holds what it read, and a version may be replaced when nobody is left who has to read it:
//! since every value is written once, it would not come back. Serializable transactions commit with their snapshot. Under snapshot
//! isolation they commit as soon as they can after it, which never hurts: nobody needs what they replace any more, and whoever writes the
//! same keys has to wait for them (the first committer wins). Who only reads does so as soon as possible. So there is one choice, whose
//! snapshot is next; the one that ended first is tried first, what led nowhere is remembered, and a budget bounds the search.

use std::collections::BTreeSet;

use super::facts::NONE;
use super::table::Table;
use crate::observed::Key;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Sequence,
    Nothing,
    Spent,
}

/// What a transaction does: whose versions it reads, and which keys it writes.
pub(super) struct Transaction {
    pub(super) unit: u32,
    pub(super) reads: Vec<(Key, u32)>,
    pub(super) writes: Vec<Key>,
    /// Those that have to commit before its snapshot.
    pub(super) preceding: Vec<u32>,
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

/// A search under way.
pub(super) struct Store<'t> {
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
    /// The transactions that are kept, on so many keys; `ordered` commit before those take their snapshot.
    pub(super) fn new(
        all: &'t [Transaction],
        kept: &[bool],
        ordered: &[(u32, u32)],
        (keys, snapshots): (usize, bool),
    ) -> Store<'t> {
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

    /// Looks for a sequence in so many steps.
    pub(super) fn search(mut self, budget: u64, memory: u64) -> Found {
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
