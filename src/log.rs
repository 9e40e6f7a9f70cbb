//! The replicated log: what a leader writes and every replica keeps.
//!
//! A log is cloned with every checkpoint of a run, so it is kept in sealed chunks that clones share; only the last chunk is
//! copied.

use std::sync::Arc;

use crate::lsn::{Epoch, Lsn, Position};

/// The number of a key, in the order in which the scenario first names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// The number of a client operation in a run, in the order of invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u32);

impl OpId {
    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text, by its number in the run's table of texts.
    Text(u32),
    /// A whole number, as telemetry sends it.
    Int(i64),
}

/// Positions in other groups' logs that a write depends on: its writer had seen them before it wrote.
///
/// One position per group (the vector of tokens of the writer's session). Shared, because most entries have none.
pub type Dependencies = Option<Arc<Vec<Position>>>;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The leader generation that wrote it.
    pub epoch: Epoch,
    /// Its number.
    pub lsn: Lsn,
    /// The client operation it carries out.
    pub op: OpId,
    /// The key it sets.
    pub key: KeyId,
    /// The value it sets the key to.
    pub value: Value,
    /// What its writer had seen in other groups.
    pub deps: Dependencies,
}

impl Entry {
    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, lsn: self.lsn }
    }
}

const CHUNK: usize = 256;

/// Entries 1 to n without a gap.
#[derive(Clone, Debug, Default)]
pub struct Log {
    sealed: Vec<Arc<Vec<Entry>>>,
    tail: Vec<Entry>,
}

impl Log {
    /// The number of the last entry.
    #[must_use]
    pub fn last(&self) -> Lsn {
        Lsn((self.sealed.len() * CHUNK + self.tail.len()) as u64)
    }

    /// The position of the last entry.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.position(self.last())
    }

    /// The position of the entry with this number; zero if there is none.
    #[must_use]
    pub fn position(&self, lsn: Lsn) -> Position {
        self.get(lsn).map_or(Position::ZERO, Entry::position)
    }

    /// The entry with this number.
    #[must_use]
    pub fn get(&self, lsn: Lsn) -> Option<&Entry> {
        let index = usize::try_from(lsn.0.checked_sub(1)?).ok()?;
        match self.sealed.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.sealed.len() * CHUNK),
        }
    }

    /// Adds the next entry.
    ///
    /// # Panics
    /// If the entry's number is not the next one: a log has no gaps.
    pub fn append(&mut self, entry: Entry) {
        assert_eq!(entry.lsn, self.last().next(), "entry {} cannot follow entry {}", entry.lsn, self.last());
        self.tail.push(entry);
        if self.tail.len() == CHUNK {
            self.sealed.push(Arc::new(std::mem::replace(&mut self.tail, Vec::with_capacity(CHUNK))));
        }
    }

    /// Removes everything after `last` and returns how many entries that were.
    pub fn truncate(&mut self, last: Lsn) -> u64 {
        let before = self.last();
        let keep = usize::try_from(last.0).unwrap_or(usize::MAX);
        if last >= before {
            return 0;
        }
        if keep < self.sealed.len() * CHUNK {
            let chunk = self.sealed[keep / CHUNK].clone();
            self.sealed.truncate(keep / CHUNK);
            self.tail = chunk[..keep % CHUNK].to_vec();
        } else {
            self.tail.truncate(keep - self.sealed.len() * CHUNK);
        }
        before.0 - last.0
    }

    /// The entries from `from` to `to`, both included.
    pub fn range(&self, from: Lsn, to: Lsn) -> impl Iterator<Item = &Entry> {
        (from.0..=to.0).filter_map(|n| self.get(Lsn(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: u64) -> Log {
        let mut log = Log::default();
        for n in 1..=entries {
            log.append(Entry { epoch: Epoch(1), lsn: Lsn(n), op: OpId(0), key: KeyId(0), value: Value::Int(0), deps: None });
        }
        log
    }

    #[test]
    fn a_log_can_be_cut_at_every_length() {
        let whole = log(600);
        for keep in 0..=600 {
            let mut cut = whole.clone();
            assert_eq!(cut.truncate(Lsn(keep)), 600 - keep);
            assert_eq!(cut.last(), Lsn(keep));
            assert_eq!(cut.range(Lsn(1), Lsn(600)).count() as u64, keep);
            assert_eq!(cut.get(Lsn(keep)).map(|e| e.lsn), (keep > 0).then_some(Lsn(keep)));
        }
        assert_eq!(whole.last(), Lsn(600), "clones do not change the log they came from");
    }

    #[test]
    #[should_panic(expected = "entry 3 cannot follow entry 1")]
    fn a_gap_is_refused() {
        let mut log = log(1);
        log.append(Entry { epoch: Epoch(1), lsn: Lsn(3), op: OpId(0), key: KeyId(0), value: Value::Int(0), deps: None });
    }
}
