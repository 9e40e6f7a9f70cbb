//! Vector clocks that live as long as somebody will ask for them.
//!
//! What is in sight is one number per chain, and there are as many chains as sessions. A record of ten thousand sessions has no room for
//! a clock of each unit, or even of each session. But sessions end, and what a unit had in sight is asked for only until the last unit
//! that reads from it. So clocks are counted down and used again. A read of a list has in sight what all of its appends had: that is
//! kept per key and length that is read, each made from the one before it, so that every append is taken in once.

use super::facts::{Facts, NONE};
use super::units::Units;
use crate::observed::Outcome;

/// Clocks of one width, in one piece of memory.
pub(super) struct Clocks {
    width: usize,
    words: Vec<u32>,
    free: Vec<u32>,
    most: u64,
}

/// More memory than is allowed.
pub(super) struct Spent;

impl Clocks {
    pub(super) fn new(width: usize, most: u64) -> Clocks {
        Clocks { width, words: Vec::new(), free: Vec::new(), most }
    }

    /// A clock that has nothing in sight.
    fn take(&mut self) -> Result<u32, Spent> {
        if let Some(clock) = self.free.pop() {
            self.of_mut(clock).fill(0);
            return Ok(clock);
        }
        let clock = self.words.len() / self.width.max(1);
        if (self.words.len() + self.width) as u64 * 4 > self.most {
            return Err(Spent);
        }
        self.words.resize(self.words.len() + self.width, 0);
        Ok(clock as u32)
    }

    pub(super) fn of(&self, clock: u32) -> &[u32] {
        &self.words[clock as usize * self.width..(clock as usize + 1) * self.width]
    }

    fn of_mut(&mut self, clock: u32) -> &mut [u32] {
        &mut self.words[clock as usize * self.width..(clock as usize + 1) * self.width]
    }

    fn copied(&mut self, row: &[u32]) -> Result<u32, Spent> {
        let clock = self.take()?;
        self.of_mut(clock).copy_from_slice(row);
        Ok(clock)
    }
}

/// Takes in what another clock has in sight.
pub(super) fn join(row: &mut [u32], other: &[u32]) {
    for (mine, theirs) in row.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// What one list has had in sight, by the lengths that are read of it.
struct Lengths {
    lengths: Vec<u32>,
    /// How many reads of each length are still to come.
    readers: Vec<u32>,
    clocks: Vec<u32>,
    /// How many of them have been made.
    made: usize,
}

/// The clocks of chains, of units that others read from, and of lists.
pub(super) struct Kept {
    pub(super) clocks: Clocks,
    rows: Vec<u32>,
    /// How many units of each chain are still to come.
    left: Vec<u32>,
    of_unit: Vec<u32>,
    uses: Vec<u32>,
    /// What a unit has had in sight at its end, for operations without an answer that follow it, and how many of them are to come.
    at_end: Vec<u32>,
    followers: Vec<u32>,
    lists: Vec<Option<Lengths>>,
}

impl Kept {
    /// Counts who will ask for what. Without `transitive` only the rows of chains are kept.
    pub(super) fn new(facts: &Facts<'_>, units: &Units, skip: &[bool], transitive: bool, memory: u64) -> Kept {
        let operations = facts.history.operations.len();
        let mut kept = Kept {
            clocks: Clocks::new(facts.chains, memory),
            rows: vec![NONE; facts.chains],
            left: vec![0; facts.chains],
            of_unit: vec![NONE; operations],
            uses: vec![0; operations],
            at_end: vec![NONE; operations],
            followers: vec![0; operations],
            lists: Vec::new(),
        };
        for unit in &units.in_chains {
            kept.left[facts.chain[*unit as usize] as usize] += 1;
        }
        kept.lists.resize_with(facts.history.keys.len(), || None);
        if !transitive {
            return kept;
        }
        for unit in &units.in_chains {
            let before = facts.before[*unit as usize];
            // Without an answer it is a chain of its own, and takes in what its session had in sight.
            if before != NONE && facts.history.operations[*unit as usize].outcome == Outcome::Info {
                kept.followers[before as usize] += 1;
            }
            for input in units.inputs(*unit).iter().filter(|input| !skip[input.key as usize] && input.from != NONE) {
                if facts.order_of(input.key).is_some() {
                    let list = &mut kept.lists[input.key as usize];
                    let list = list.get_or_insert_with(|| Lengths { lengths: vec![], readers: vec![], clocks: vec![], made: 0 });
                    list.lengths.push(input.length);
                } else {
                    kept.uses[input.from as usize] += 1;
                }
            }
        }
        kept.count_lists(facts);
        kept
    }

    fn count_lists(&mut self, facts: &Facts<'_>) {
        for (key, list) in (0_u32..).zip(&mut self.lists) {
            let (Some(list), Some(order)) = (list, facts.order_of(key)) else { continue };
            list.lengths.sort_unstable();
            for i in 0..list.lengths.len() {
                if i == 0 || list.lengths[i] != list.lengths[i - 1] {
                    list.readers.push(0);
                }
                *list.readers.last_mut().expect("just pushed") += 1;
            }
            list.lengths.dedup();
            list.clocks = vec![NONE; list.lengths.len()];
            let longest = list.lengths.last().copied().unwrap_or(0);
            for append in &order.appends[..longest as usize] {
                self.uses[facts.op_of[*append as usize] as usize] += 1;
            }
        }
    }

    /// Copies what a chain has in sight.
    pub(super) fn read_row(&self, chain: u32, row: &mut [u32]) {
        match self.rows[chain as usize] {
            NONE => row.fill(0),
            clock => row.copy_from_slice(self.clocks.of(clock)),
        }
    }

    /// Takes in what a unit has had in sight at its end.
    pub(super) fn join_end(&mut self, unit: u32, row: &mut [u32]) {
        let clock = self.at_end[unit as usize];
        if clock == NONE {
            return;
        }
        join(row, self.clocks.of(clock));
        self.followers[unit as usize] -= 1;
        if self.followers[unit as usize] == 0 {
            self.clocks.free.push(std::mem::replace(&mut self.at_end[unit as usize], NONE));
        }
    }

    /// Notes what a chain has in sight within its next unit.
    pub(super) fn put_row(&mut self, chain: u32, row: &[u32]) -> Result<(), Spent> {
        match self.rows[chain as usize] {
            NONE => self.rows[chain as usize] = self.clocks.copied(row)?,
            clock => self.clocks.of_mut(clock).copy_from_slice(row),
        }
        Ok(())
    }

    /// Notes what a chain has in sight after its next unit.
    pub(super) fn note_row(&mut self, chain: u32, unit: u32, row: &[u32]) -> Result<(), Spent> {
        if self.followers[unit as usize] > 0 {
            self.at_end[unit as usize] = self.clocks.copied(row)?;
        }
        self.left[chain as usize] -= 1;
        let last = self.left[chain as usize] == 0;
        match self.rows[chain as usize] {
            NONE if last => {}
            NONE => self.rows[chain as usize] = self.clocks.copied(row)?,
            clock if last => self.clocks.free.push(clock),
            clock => self.clocks.of_mut(clock).copy_from_slice(row),
        }
        Ok(())
    }

    /// Notes what a unit has in sight for those who will ask.
    pub(super) fn note_unit(&mut self, unit: u32, row: &[u32]) -> Result<(), Spent> {
        if self.uses[unit as usize] > 0 {
            self.of_unit[unit as usize] = self.clocks.copied(row)?;
        }
        Ok(())
    }

    /// What a unit has had in sight, if it is kept.
    pub(super) fn of_unit(&self, unit: u32) -> Option<&[u32]> {
        Some(self.of_unit[unit as usize]).filter(|clock| *clock != NONE).map(|clock| self.clocks.of(clock))
    }

    /// One of those who ask for a unit has done so.
    pub(super) fn used(&mut self, unit: u32) {
        let uses = &mut self.uses[unit as usize];
        *uses = uses.saturating_sub(1);
        if *uses == 0 && self.of_unit[unit as usize] != NONE {
            self.clocks.free.push(std::mem::replace(&mut self.of_unit[unit as usize], NONE));
        }
    }

    /// Takes in what a list of a length has in sight.
    pub(super) fn join_list(&mut self, facts: &Facts<'_>, row: &mut [u32], key: u32, length: u32) -> Result<(), Spent> {
        let Some(mut list) = self.lists[key as usize].take() else { return Ok(()) };
        let at = list.lengths.partition_point(|other| *other < length);
        let result = self.make(facts, key, &mut list, at);
        if result.is_ok() {
            join(row, self.clocks.of(list.clocks[at]));
            list.readers[at] -= 1;
            if list.readers[at] == 0 && at + 1 < list.made {
                self.clocks.free.push(std::mem::replace(&mut list.clocks[at], NONE));
            }
        }
        self.lists[key as usize] = Some(list);
        result
    }

    /// Makes the clocks of all lengths up to one. All appends up to there have been met, as whoever reads them comes after them.
    fn make(&mut self, facts: &Facts<'_>, key: u32, list: &mut Lengths, at: usize) -> Result<(), Spent> {
        while list.made <= at {
            let (mut sight, mut from) = (vec![0; self.clocks.width], 0);
            if let Some(before) = list.made.checked_sub(1) {
                sight.copy_from_slice(self.clocks.of(list.clocks[before]));
                from = list.lengths[before];
                if list.readers[before] == 0 {
                    self.clocks.free.push(std::mem::replace(&mut list.clocks[before], NONE));
                }
            }
            let until = list.lengths[list.made];
            for append in facts.order_of(key).map_or(&[][..], |order| &order.appends[from as usize..until as usize]) {
                let unit = facts.op_of[*append as usize];
                if let Some(other) = self.of_unit(unit) {
                    join(&mut sight, other);
                }
                self.used(unit);
            }
            list.clocks[list.made] = self.clocks.copied(&sight)?;
            list.made += 1;
        }
        Ok(())
    }
}
