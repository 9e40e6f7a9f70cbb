//! A replica's data: rows worked out from the log, their checksum, and where the log begins.
//!
//! Reads show the rows. What a statement did is kept beside the log until its entry is trimmed, because working it out a second
//! time, after a crash, might give something else; a database has it in its own storage engine. Entries before the log's base
//! live on in a snapshot of the rows as they were there.

use std::sync::Arc;

use super::Fact;
use super::SingleLeader;
use super::replica::Replica;
use super::snapshot::Snapshot;
use crate::by_number::ByNumber;
use crate::family::{Effects, Now};
use crate::log::{Dependencies, Entry, KeyId, OpId, Value};
use crate::lsn::{Lsn, Position};
use crate::network::NodeId;
use crate::operation::Version;
use crate::rng::mix;
use crate::sabotage::Sabotage;
use crate::sorted::Map;
use crate::statement::{Format, Statement};
use crate::time::SimDuration;

/// How a replica keeps its data and its log.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Storage {
    /// What entries carry.
    pub format: Format,
    /// How many entries behind the head of its log a replica keeps; all of them if nothing is said.
    pub retention: Option<u64>,
    /// How long a follower takes to copy one row of a snapshot.
    pub copy: SimDuration,
    /// The keys that this replica keeps, if not all.
    pub keeps: Option<Vec<KeyId>>,
    /// Members that join later, with nothing.
    pub absent: Vec<NodeId>,
    /// Whether replicas note a checksum of their rows with everything they apply.
    pub checksums: bool,
    /// For statements that draw random numbers.
    pub seed: u64,
    /// The statements that values refer to.
    pub statements: Arc<Vec<Statement>>,
}

/// What statements did, by the number of their entry: rows and their new values.
type Results = Map<u64, Arc<Vec<(KeyId, Value)>>>;

/// The data of one replica.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// How many columns have been added.
    pub columns: u16,
    /// The entry that names a column which is not there, if applying has stopped at one.
    pub lacks: Option<Lsn>,
    /// What all rows come to: equal data have equal checksums. Zero where nobody asks for it ([`Storage::checksums`]).
    pub checksum: u32,
    /// Whether it is kept: where data cannot come to differ, it is a third of what setting a row costs.
    summed: bool,
    pub(super) base: Arc<Snapshot>,
    rows: Vec<Option<Version>>,
    results: Results,
    /// Checksums that have not been noted yet.
    sums: Vec<(Position, u32)>,
}

fn weight(key: usize, value: Value) -> u32 {
    let (kind, word) = match value {
        Value::Text(text) => (1, u64::from(text)),
        Value::Int(n) => (2, n.cast_unsigned()),
        // No key of a group with one leader holds the others.
        Value::Statement(_)
        | Value::Column
        | Value::Nothing
        | Value::Set(_)
        | Value::Joined(_)
        | Value::Delta(_)
        | Value::Method(_)
        | Value::Characters(_)
        | Value::Amounts(_) => return 0,
    };
    u32::try_from(mix(mix(word) ^ ((key as u64) << 8) ^ kind) >> 32).unwrap_or(0)
}

impl Data {
    /// No rows.
    pub(super) fn empty(storage: &Storage) -> Data {
        Data { summed: storage.checksums, ..Data::default() }
    }

    pub(super) fn get(&self, key: KeyId) -> Option<Version> {
        self.rows.get(key.0 as usize).copied().flatten()
    }

    /// All rows, empty ones too, by the number of their key.
    pub(super) fn rows(&self) -> &[Option<Version>] {
        &self.rows
    }

    fn set(&mut self, key: KeyId, version: Version) {
        let key = key.0 as usize;
        if self.rows.len() <= key {
            self.rows.resize(key + 1, None);
        }
        let old = self.rows[key].replace(version);
        if self.summed {
            let gone = old.map_or(0, |old| weight(key, old.value));
            self.checksum = self.checksum.wrapping_sub(gone).wrapping_add(weight(key, version.value));
        }
    }

    /// The data as they were at the log's base. Added columns stay where an operator adds them by hand.
    fn reset(&mut self, format: Format) {
        let base = self.base.clone();
        self.rows.clear();
        (self.checksum, self.lacks) = (0, None);
        if format != Format::Logical {
            self.columns = base.columns;
        }
        for (key, row) in (0_u32..).zip(&base.rows) {
            if let Some((version, _)) = row {
                self.set(KeyId(key), *version);
            }
        }
        self.sums.clear();
    }

    pub(super) fn forget_results(&mut self, keep: impl Fn(Lsn) -> bool) {
        self.results.retain(|lsn| keep(Lsn(lsn)));
    }
}

impl Replica {
    /// What a read of the key shows at this moment.
    #[must_use]
    pub fn version(&self, key: KeyId) -> Option<Version> {
        self.data.get(key)
    }

    /// The versions of all keys that have one, for comparing replicas.
    pub fn versions(&self) -> impl Iterator<Item = (KeyId, Version)> {
        (0_u32..).zip(self.data.rows()).filter_map(|(key, version)| Some((KeyId(key), (*version)?)))
    }

    /// Whether the entry at this place of its log was written by this operation. Of one that is not kept any more, only the generation is
    /// known.
    #[must_use]
    pub fn holds(&self, at: Position, op: OpId) -> bool {
        match self.log.get(at.lsn) {
            Some(entry) => entry.op == op,
            None => at.lsn <= self.log.base().lsn && self.wrote(at),
        }
    }

    /// Whether the entry at this number of its log was written in the position's generation.
    #[must_use]
    pub fn wrote(&self, at: Position) -> bool {
        self.history.iter().rfind(|start| start.start <= at.lsn).is_some_and(|start| start.epoch == at.epoch)
    }

    /// Whether it has only a part of the data, so that it cannot lead.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.fresh || self.config.storage.keeps.is_some()
    }

    /// What the writer of a version had seen in other groups.
    pub(super) fn deps_of(&self, key: KeyId, version: Version) -> Dependencies {
        if version.at.lsn > self.log.base().lsn {
            return self.log.deps(version.at.lsn);
        }
        let row = self.data.base.rows.get(key.0 as usize).cloned().flatten();
        row.and_then(|(_, deps)| deps)
    }

    /// Works a statement out with everything that is in the log, shown or not.
    #[cold]
    pub(super) fn work_out(&self, now: Now, statement: u32, lsn: Lsn) -> Vec<(KeyId, Value)> {
        let storage = &self.config.storage;
        let Some(statement) = storage.statements.get(statement as usize) else { return Vec::new() };
        let mut pending: ByNumber<Value> = ByNumber::default();
        for entry in self.log.range(self.applied.next(), lsn.prev()) {
            match entry.value {
                Value::Statement(_) => {
                    for (row, value) in self.data.results.get(entry.lsn.0).into_iter().flat_map(|rows| rows.iter()) {
                        *pending.place(row.0 as usize) = Some(*value);
                    }
                }
                Value::Column | Value::Nothing => {}
                value => *pending.place(entry.key.0 as usize) = Some(value),
            }
        }
        let latest = |key: KeyId| {
            let set = pending.get(key.0 as usize).copied();
            set.or_else(|| self.version(key).map(|version| version.value))
        };
        let clock = self.config.clock.millis(now);
        let dice = mix(storage.seed ^ (u64::from(self.config.id.0) << 40) ^ lsn.0);
        statement.work_out(latest, clock, dice)
    }

    /// Keeps what a statement did.
    pub(super) fn keep_result(&mut self, lsn: Lsn, rows: Vec<(KeyId, Value)>) -> Arc<Vec<(KeyId, Value)>> {
        self.data.results.or_insert_with(lsn.0, || Arc::new(rows)).clone()
    }

    /// Applies entries up to `to`, which takes no time. Stops before an entry that the data have no columns for.
    pub(super) fn apply_to(&mut self, now: Now, to: Lsn) {
        while self.applied < to {
            let lsn = self.applied.next();
            let Some(entry) = self.log.get(lsn) else { break };
            if entry.columns > self.data.columns && self.config.storage.format == Format::Logical && !self.leads() {
                self.data.lacks = Some(lsn);
                break;
            }
            // All rows of a statement carry the number of its last entry.
            let at = Position { lsn: Lsn(lsn.0 + u64::from(entry.rest)), epoch: entry.epoch };
            let (op, key, value, rest) = (entry.op, entry.key, entry.value, entry.rest);
            match value {
                Value::Nothing => {}
                Value::Column => self.data.columns += 1,
                Value::Statement(number) => {
                    let rows = match self.data.results.get(lsn.0) {
                        Some(rows) => rows.clone(),
                        None => self.keep_result(lsn, self.work_out(now, number, lsn)),
                    };
                    for (row, value) in rows.iter() {
                        self.set_row(*row, Version { at, value: *value, op });
                    }
                }
                value => self.set_row(key, Version { at, value, op }),
            }
            self.applied = lsn;
            if self.config.storage.checksums && rest == 0 && !self.is_partial() {
                self.data.sums.push((at, self.data.checksum));
            }
        }
    }

    fn set_row(&mut self, key: KeyId, version: Version) {
        if self.config.storage.keeps.as_ref().is_none_or(|keeps| keeps.contains(&key)) {
            self.data.set(key, version);
        }
    }

    /// Says that reads show more than before, and forgets the entries that need not be kept.
    pub(super) fn shown(&mut self, out: &mut impl Effects<SingleLeader>) {
        for (at, sum) in std::mem::take(&mut self.data.sums) {
            out.note(Fact::Checksum(at, sum));
        }
        out.note(Fact::Applied(self.applied));
        if let Some(keep) = self.config.storage.retention {
            let pinned = self.pinned().unwrap_or(self.applied);
            // What is not on the disk yet may have to be given up again: the log must not begin behind it.
            self.trim(Lsn(self.log.last().0.saturating_sub(keep)).min(self.applied).min(self.flushed).min(pinned));
        }
    }

    /// Says once that it cannot apply an entry.
    pub(super) fn stopped(&mut self, before: Option<Lsn>, out: &mut impl Effects<SingleLeader>) {
        if let (Some(lsn), None) = (self.data.lacks, before) {
            out.note(Fact::LacksColumn(lsn));
        }
    }

    /// Recovery: the rows are what the log and what is before it say.
    #[cold]
    pub(super) fn rebuild(&mut self, now: Now, to: Lsn) {
        self.data.reset(self.config.storage.format);
        self.applied = self.log.base().lsn;
        self.apply_to(now, self.log.whole(to));
        self.data.sums.clear();
    }

    /// Moves the log's base up to an entry that is applied.
    fn trim(&mut self, to: Lsn) {
        let to = self.log.whole(to);
        if to <= self.log.base().lsn {
            return;
        }
        let base = Arc::make_mut(&mut self.data.base);
        for entry in self.log.range(self.log.base().lsn.next(), to) {
            let at = Position { lsn: Lsn(entry.lsn.0 + u64::from(entry.rest)), epoch: entry.epoch };
            base.ops.insert(entry.op);
            match entry.value {
                Value::Nothing => {}
                Value::Column => base.columns += 1,
                Value::Statement(_) => {
                    for (key, value) in self.data.results.get(entry.lsn.0).into_iter().flat_map(|rows| rows.iter()) {
                        base.set(*key, Version { at, value: *value, op: entry.op }, entry.deps.clone());
                    }
                }
                value => base.set(entry.key, Version { at, value, op: entry.op }, entry.deps.clone()),
            }
        }
        base.at = self.log.position(to);
        self.log.trim(to);
        self.data.forget_results(|lsn| lsn > to);
    }

    /// The operator adds a column. Where rows are copied, this replica alone has it then; else it goes through the log.
    #[cold]
    pub(super) fn on_alter(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.config.storage.format == Format::Logical {
            self.data.columns += 1;
            self.data.lacks = None;
            out.note(Fact::Altered(u32::from(self.data.columns)));
            return self.start_apply(now, out);
        }
        if self.leads() {
            let lsn = self.log.last().next();
            let (op, key, value) = (OpId::NONE, KeyId(0), Value::Column);
            self.log.append(Entry { epoch: self.epoch, lsn, op, key, value, deps: None, rest: 0, columns: 0 });
            out.note(Fact::Appended(lsn));
            self.start_flush(now, out);
        }
    }

    /// Whether bytes of this storage version cannot be read here; notes it if so.
    pub(super) fn cannot_read(&self, version: u16, out: &mut impl Effects<SingleLeader>) -> bool {
        let wrong = self.config.storage.format == Format::WriteAheadLog && version != self.storage_version;
        if wrong {
            out.note(Fact::RefusedVersion(u32::from(version)));
        }
        wrong
    }

    /// A clean stop before an upgrade: everything is on disk, and the next start is with this storage version.
    pub fn upgrade(&mut self) {
        self.flushed = self.log.last();
        self.storage_version += 1;
    }

    pub(super) fn tagged(&self, at: Position) -> Position {
        if self.sabotaged(Sabotage::SnapshotTooLate) {
            self.log.position(self.applied)
        } else if self.sabotaged(Sabotage::SnapshotTooEarly) {
            self.log.position(self.log.whole(at.lsn.prev()))
        } else {
            at
        }
    }
}
