//! Who wrote each value, and each version, of a key: what the sources of reads are found in.

use super::table::Table;
use crate::observed::{Key, Observed};

/// No step, no operation, no write.
pub(super) const NONE: u32 = u32::MAX;

/// Who wrote a value of a key: of those that may have happened the two that began first, and of those that failed the first.
#[derive(Clone, Copy)]
pub(super) struct Writers {
    pub(super) one: u32,
    pub(super) second: u32,
    pub(super) failed: u32,
}

/// Who wrote each value, and each version, of a key. Values are numbers, and most are written to one key only: that one stands beside
/// the value, and a table has the rest.
#[derive(Default)]
pub(super) struct WritersOf {
    by_value: Vec<(Key, Writers)>,
    table: Table,
    others: Vec<Writers>,
}

const NOBODY: Writers = Writers { one: NONE, second: NONE, failed: NONE };

impl WritersOf {
    pub(super) fn new(history: &Observed) -> WritersOf {
        WritersOf { by_value: vec![(NONE, NOBODY); history.values.len()], ..WritersOf::default() }
    }

    pub(super) fn of_value(&self, key: Key, value: u32) -> Option<Writers> {
        match self.by_value.get(value as usize) {
            Some((NONE, _)) => None,
            Some((of, writers)) if *of == key => Some(*writers),
            _ => self.table.find(&[key, value]).map(|number| self.others[number as usize]),
        }
    }

    pub(super) fn of_version(&self, key: Key, version: u64) -> Option<Writers> {
        self.table.find(&[key, (version >> 32) as u32, version as u32]).map(|number| self.others[number as usize])
    }

    pub(super) fn at_value(&mut self, key: Key, value: u32) -> &mut Writers {
        match self.by_value.get_mut(value as usize) {
            Some((of, _)) if *of == NONE => *of = key,
            Some((of, _)) if *of == key => {}
            _ => return self.other(&[key, value]),
        }
        &mut self.by_value[value as usize].1
    }

    pub(super) fn at_version(&mut self, key: Key, version: u64) -> &mut Writers {
        self.other(&[key, (version >> 32) as u32, version as u32])
    }

    fn other(&mut self, words: &[u32]) -> &mut Writers {
        let (number, new) = self.table.insert(words);
        if new {
            self.others.push(NOBODY);
        }
        &mut self.others[number as usize]
    }
}

impl Writers {
    /// Notes a writer; says whether it is one more that may have happened.
    pub(super) fn note(&mut self, step: u32, failed: bool, began: impl Fn(u32) -> u64) -> bool {
        let earlier = |other: u32| other == NONE || began(step) < began(other);
        if failed {
            if earlier(self.failed) {
                self.failed = step;
            }
            return false;
        }
        if earlier(self.one) {
            self.second = std::mem::replace(&mut self.one, step);
        } else if earlier(self.second) {
            self.second = step;
        }
        self.second != NONE
    }
}
