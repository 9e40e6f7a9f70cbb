//! The replicated log: what a leader writes and every replica keeps.
//!
//! A log is cloned with every checkpoint of a run, so it is kept in sealed segments that clones share, and the segments in bundles that
//! clones share: only the last of each are copied, so that going back in a long run costs as much as in a short one (`benches/simulation.rs`).
//! A log may begin behind its first entries: what they did then belongs to a snapshot.

mod op_set;

use std::sync::Arc;

pub(crate) use op_set::OpSet;

use crate::lsn::{Epoch, Lsn, Position};

/// The number of a key, in the order in which the scenario first names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// The number of a client operation in a run, in the order of invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u32);

impl OpId {
    /// No operation of a client: what an operator does to the data.
    pub const NONE: OpId = OpId(u32::MAX);

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
    /// A statement that says how to work out the values of several keys, by its number in the run's table of statements. No key
    /// holds it.
    Statement(u32),
    /// One more column for the rows of all keys (`ALTER TABLE ... ADD COLUMN`). No key holds it.
    Column,
    /// Nothing is set: a statement that found no rows, or the deletion of a key.
    Nothing,
    /// Some of the run's elements, a bit for each.
    Set(u64),
    /// Some of the run's elements in an order, a byte for each with its number from 1 on: at most eight.
    Joined(u64),
    /// So much more than what is there. No key holds it.
    Delta(i64),
    /// A method of replicated data that a client calls, by its number in the run's table of methods. No key holds it.
    Method(u32),
    /// The beginning of a text that is worked out, as UTF-8 with zeros behind it. What is longer than there is room ends in an ellipsis.
    Characters([u8; Value::ROOM]),
    /// What is counted under the first of the run's elements: each element's number, from 1 on, and the count, as far as a byte goes.
    Amounts([(u8, i8); Value::ROOM / 2]),
}

impl Value {
    /// How many bytes a value has beside its kind.
    pub const ROOM: usize = 15;

    /// A text that is worked out, or its beginning.
    #[must_use]
    pub fn characters(text: &str) -> Value {
        let mut bytes = [0; Value::ROOM];
        let shown = if text.len() <= Value::ROOM {
            text.to_owned()
        } else {
            let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
            let end = ends.take_while(|end| *end + ELLIPSIS.len() <= Value::ROOM).last().unwrap_or(0);
            format!("{}{ELLIPSIS}", &text[..end])
        };
        bytes[..shown.len()].copy_from_slice(shown.as_bytes());
        Value::Characters(bytes)
    }

    /// Counts under elements, in the order of the elements, as far as there is room.
    pub fn amounts(counts: impl Iterator<Item = (u8, i128)>) -> Value {
        let mut all = [(0, 0); Value::ROOM / 2];
        for (place, (element, count)) in all.iter_mut().zip(counts) {
            let count = i8::try_from(count).unwrap_or(if count < 0 { i8::MIN } else { i8::MAX });
            *place = (element.saturating_add(1), count);
        }
        Value::Amounts(all)
    }
}

/// What stands for the rest of a text.
const ELLIPSIS: &str = "…";

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
    /// How many entries of the same statement follow: they become visible together.
    pub rest: u16,
    /// How many columns had been added when it was written: without them it cannot be applied.
    pub columns: u16,
}

impl Entry {
    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, lsn: self.lsn }
    }
}

/// How many entries a sealed segment holds.
const SEGMENT: usize = 128;
/// How many segments a bundle holds.
const BUNDLE: usize = 64;

/// Entries that stay as they are.
type Segment = Arc<Vec<Entry>>;

/// Entries without a gap, from behind a base to the last.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Where it begins: the position of the last entry that is not kept any more.
    base: Position,
    /// The number before the first entry of the first segment, which may lie before the base.
    before: u64,
    /// Full bundles of full segments.
    bundles: Vec<Arc<Vec<Segment>>>,
    /// The full segments behind them, too few for a bundle.
    sealed: Vec<Segment>,
    /// Whether any entry was ever added that depends on other groups.
    depends: bool,
    /// Whether any entry was ever added that is a part of a statement, with more behind it.
    parts: bool,
    tail: Vec<Entry>,
}

impl Log {
    /// An empty log that goes on behind this position.
    #[must_use]
    pub fn behind(base: Position) -> Log {
        Log { base, before: base.lsn.0, ..Log::default() }
    }

    /// The position of the last entry that is not kept any more; zero if all are.
    #[must_use]
    pub fn base(&self) -> Position {
        self.base
    }

    /// Forgets the entries up to this one, which is in the log.
    pub fn trim(&mut self, to: Lsn) {
        self.base = self.position(to);
        while let Some(first) = self.forget_first(to) {
            self.before += first;
        }
    }

    /// Drops what comes first, a bundle or else a segment, if nothing in it lies behind this entry; returns how many entries that were.
    fn forget_first(&mut self, to: Lsn) -> Option<u64> {
        let segments = if self.bundles.is_empty() { 1 } else { BUNDLE };
        let entries = (segments * SEGMENT) as u64;
        if self.before + entries > to.0 {
            return None;
        }
        if self.bundles.is_empty() {
            self.sealed.first()?;
            self.sealed.remove(0);
        } else {
            self.bundles.remove(0);
        }
        Some(entries)
    }

    /// How many full segments there are.
    fn segments(&self) -> usize {
        self.bundles.len() * BUNDLE + self.sealed.len()
    }

    /// A full segment by its place.
    fn segment(&self, place: usize) -> Option<&Segment> {
        match self.bundles.get(place / BUNDLE) {
            Some(bundle) => bundle.get(place % BUNDLE),
            None => self.sealed.get(place - self.bundles.len() * BUNDLE),
        }
    }

    /// The last entry up to this one that ends a statement: what stands behind it must not be shown yet.
    #[must_use]
    #[inline]
    pub fn whole(&self, mut lsn: Lsn) -> Lsn {
        while self.parts && self.get(lsn).is_some_and(|entry| entry.rest > 0) {
            lsn = lsn.prev();
        }
        lsn
    }

    /// The number of the last entry.
    #[must_use]
    #[inline]
    pub fn last(&self) -> Lsn {
        Lsn(self.before + (self.segments() * SEGMENT + self.tail.len()) as u64)
    }

    /// The position of the last entry.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.position(self.last())
    }

    /// The position of the entry with this number; zero if there is none. Of those that are not kept, only the last is known.
    #[must_use]
    pub fn position(&self, lsn: Lsn) -> Position {
        if lsn == self.base.lsn { self.base } else { self.get(lsn).map_or(Position::ZERO, Entry::position) }
    }

    /// The entry with this number.
    #[must_use]
    #[inline]
    pub fn get(&self, lsn: Lsn) -> Option<&Entry> {
        if lsn <= self.base.lsn {
            return None;
        }
        let index = usize::try_from(lsn.0 - 1 - self.before).ok()?;
        match index.checked_sub(self.segments() * SEGMENT) {
            Some(place) => self.tail.get(place),
            None => self.segment(index / SEGMENT)?.get(index % SEGMENT),
        }
    }

    /// What the writer of the entry with this number had seen in other groups.
    #[must_use]
    #[inline]
    pub fn deps(&self, lsn: Lsn) -> Dependencies {
        if self.depends { self.get(lsn).and_then(|entry| entry.deps.clone()) } else { None }
    }

    /// Adds the next entry.
    ///
    /// # Panics
    /// If the entry's number is not the next one: a log has no gaps.
    pub fn append(&mut self, entry: Entry) {
        assert_eq!(entry.lsn, self.last().next(), "entry {} cannot follow entry {}", entry.lsn, self.last());
        self.depends |= entry.deps.is_some();
        self.parts |= entry.rest > 0;
        self.tail.push(entry);
        if self.tail.len() == SEGMENT {
            self.seal();
        }
    }

    /// Closes the last segment, and the last bundle if it is full with that.
    #[cold]
    fn seal(&mut self) {
        self.sealed.push(Arc::new(std::mem::replace(&mut self.tail, Vec::with_capacity(SEGMENT))));
        if self.sealed.len() == BUNDLE {
            self.bundles.push(Arc::new(std::mem::take(&mut self.sealed)));
        }
    }

    /// Removes everything after `last` and returns how many entries that were.
    ///
    /// # Panics
    /// If that is before the log's base.
    pub fn truncate(&mut self, last: Lsn) -> u64 {
        let before = self.last();
        if last >= before {
            return 0;
        }
        assert!(last >= self.base.lsn, "a log that begins behind {} cannot be cut at {last}", self.base.lsn);
        let keep = usize::try_from(last.0 - self.before).unwrap_or(usize::MAX);
        if let Some(place) = keep.checked_sub(self.segments() * SEGMENT) {
            self.tail.truncate(place);
        } else if let Some(segment) = self.segment(keep / SEGMENT).cloned() {
            if let Some(bundle) = self.bundles.get(keep / SEGMENT / BUNDLE).cloned() {
                self.bundles.truncate(keep / SEGMENT / BUNDLE);
                self.sealed = bundle.to_vec();
            }
            self.sealed.truncate(keep / SEGMENT - self.bundles.len() * BUNDLE);
            self.tail = segment[..keep % SEGMENT].to_vec();
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
            log.append(entry(n, 0));
        }
        log
    }

    fn entry(n: u64, rest: u16) -> Entry {
        let (key, value) = (KeyId(0), Value::Int(0));
        Entry { epoch: Epoch(1), lsn: Lsn(n), op: OpId(0), key, value, deps: None, rest, columns: 0 }
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

    /// The same across bundles, with what had been trimmed before: at every boundary of segments and beside it.
    #[test]
    fn a_long_log_can_be_cut_and_trimmed() {
        let entries = (2 * BUNDLE * SEGMENT + 3 * SEGMENT + 5) as u64;
        let whole = log(entries);
        let boundaries = (0..=entries).step_by(SEGMENT).flat_map(|at| [at.saturating_sub(1), at, at + 1]);
        for at in boundaries.filter(|at| *at <= entries) {
            for trimmed in [0, 100, (BUNDLE * SEGMENT) as u64, at].into_iter().filter(|trimmed| *trimmed <= at) {
                let mut cut = whole.clone();
                cut.trim(Lsn(trimmed));
                assert_eq!(cut.truncate(Lsn(at)), entries - at);
                assert_eq!((cut.base().lsn, cut.last()), (Lsn(trimmed), Lsn(at)));
                assert_eq!(cut.get(Lsn(at)).map(|e| e.lsn), (at > trimmed).then_some(Lsn(at)));
                assert_eq!(cut.get(Lsn(trimmed + 1)).map(|e| e.lsn), (at > trimmed).then_some(Lsn(trimmed + 1)));
                (at + 1..at + 200).for_each(|n| cut.append(entry(n, 0)));
                assert_eq!((cut.last(), cut.get(Lsn(at + 150)).map(|e| e.lsn)), (Lsn(at + 199), Some(Lsn(at + 150))));
            }
        }
        assert_eq!(whole.last(), Lsn(entries), "clones do not change the log they came from");
    }

    #[test]
    #[should_panic(expected = "entry 3 cannot follow entry 1")]
    fn a_gap_is_refused() {
        let mut log = log(1);
        log.append(entry(3, 0));
    }

    #[test]
    fn a_log_can_begin_anywhere() {
        let whole = log(600);
        for base in 0..=600 {
            let mut trimmed = whole.clone();
            trimmed.trim(Lsn(base));
            assert_eq!((trimmed.base().lsn, trimmed.last()), (Lsn(base), Lsn(600)));
            assert_eq!(trimmed.range(Lsn(1), Lsn(600)).count() as u64, 600 - base);
            assert_eq!(trimmed.position(Lsn(base)).lsn, Lsn(base));
            trimmed.append(entry(601, 0));
            assert_eq!(trimmed.truncate(Lsn(base)), 601 - base);
            assert_eq!(trimmed.last(), Lsn(base));
        }
        let mut behind = Log::behind(Position { epoch: Epoch(2), lsn: Lsn(300) });
        behind.append(entry(301, 0));
        assert_eq!((behind.last(), behind.get(Lsn(300)).is_none()), (Lsn(301), true));
    }

    #[test]
    fn a_statement_counts_as_whole_with_its_last_entry() {
        let mut log = log(2);
        for (n, rest) in [(3, 2), (4, 1), (5, 0), (6, 1)] {
            log.append(entry(n, rest));
        }
        let whole: Vec<u64> = (1..=6).map(|n| log.whole(Lsn(n)).0).collect();
        assert_eq!(whole, [1, 2, 2, 2, 5, 5]);
    }
}
