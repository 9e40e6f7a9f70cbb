//! A set of word sequences that numbers its members: what a search has seen, and the states that it has met.
//!
//! Membership is exact: a hash only chooses where to look. The mixing step is the one of FxHash, which is fast on short keys and
//! fixed, so that a search takes the same course everywhere. Nothing is ever iterated, so that no order can leak.

/// Word sequences, each with the number under which it was first met.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    words: Vec<u32>,
    ends: Vec<usize>,
    hashes: Vec<u32>,
    /// Open addressing, linear probing; zero is empty, otherwise a number plus one.
    slots: Vec<u32>,
}

const MIX: u64 = 0x517c_c1b7_2722_0a95;

fn hash(words: &[u32]) -> u32 {
    let mixed = words.iter().fold(words.len() as u64, |h, word| (h.rotate_left(5) ^ u64::from(*word)).wrapping_mul(MIX));
    (mixed >> 32) as u32
}

impl Table {
    /// The members so far.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// About how many bytes it occupies.
    pub(super) fn bytes(&self) -> u64 {
        (self.words.len() * 4 + self.ends.len() * 12 + self.slots.len() * 4) as u64
    }

    /// The member of a number.
    pub(super) fn words(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.words[start..self.ends[number]]
    }

    /// The number of a member.
    pub(super) fn find(&self, words: &[u32]) -> Option<u32> {
        self.place(words, hash(words)).ok()
    }

    fn place(&self, words: &[u32], hash: u32) -> Result<u32, usize> {
        let Some(mask) = self.slots.len().checked_sub(1) else { return Err(0) };
        let mut slot = hash as usize & mask;
        loop {
            let Some(number) = self.slots[slot].checked_sub(1) else { return Err(slot) };
            if self.hashes[number as usize] == hash && self.words(number) == words {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Puts a sequence in, if it is not there. Returns its number, and whether it is new.
    pub(super) fn insert(&mut self, words: &[u32]) -> (u32, bool) {
        if self.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(words);
        match self.place(words, hash) {
            Ok(number) => (number, false),
            Err(slot) => {
                let number = u32::try_from(self.len()).expect("a table has fewer than 2^32 members");
                self.words.extend_from_slice(words);
                self.ends.push(self.words.len());
                self.hashes.push(hash);
                self.slots[slot] = number + 1;
                (number, true)
            }
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (number, hash) in (1_u32..).zip(&self.hashes) {
            let mut slot = *hash as usize & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn members_keep_their_numbers_while_the_table_grows() {
        let mut table = Table::default();
        for i in 0..10_000_u32 {
            assert_eq!(table.insert(&[i % 100, i / 100]), (i, true));
        }
        for i in 0..10_000_u32 {
            assert_eq!(table.insert(&[i % 100, i / 100]), (i, false));
            assert_eq!(table.words(i), [i % 100, i / 100]);
        }
        assert_eq!(table.find(&[100, 0]), None);
        assert_eq!(table.find(&[]), None, "the empty sequence is a sequence like others");
        assert_eq!(table.insert(&[]), (10_000, true));
        assert_eq!(table.words(10_000), [0_u32; 0]);
    }
}
