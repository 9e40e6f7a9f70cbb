//! The versions of our own records that may be concurrent: version 2 of the format.
//!
//! [`crate::export`] says in the first line how far stamps reach and who counts in them, and with each operation its version, the siblings that
//! it returned, and its context. Operations name each other by their numbers, also later ones, so that who wrote what is looked up when
//! all lines are read.

use std::collections::BTreeMap;

use super::super::datum::Datum;
use crate::history::{Arbitration, By, Fate};
use crate::log::{KeyId, OpId};
use crate::lsn::{Epoch, Lsn, Position};
use crate::observed::{Call, Key, Model, Observed, Returned, Sibling, Told, Versions};
use crate::version::{Actor, Clock, Dot, DottedVersion, Scope, Stamp, VersionVector};

/// The step of an operation that the record names and does not have: no step has this number.
const MISSING: u32 = OpId::NONE.0 - 1;

/// What a line tells of versions.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) versions: Vec<Sibling>,
    context: Option<Vec<Sibling>>,
    applied: Vec<Sibling>,
    replica: Option<u32>,
    fate: Option<Fate>,
}

/// Reads the versions of a record.
#[derive(Debug, Default)]
pub(super) struct Reader {
    versions: Versions,
    /// The numbers of replicas and groups by name.
    replicas: BTreeMap<String, u32>,
    shards: BTreeMap<String, u16>,
    /// The step of each operation.
    steps: BTreeMap<u32, u32>,
    lines: Vec<(u32, Line)>,
}

/// A number that fits.
fn number<N: TryFrom<i64>>(datum: &Datum) -> Option<N> {
    datum.int().and_then(|n| N::try_from(n).ok())
}

impl Reader {
    /// Reads what the first line says; none if it does not say it.
    pub(super) fn of(header: &Datum) -> Option<Reader> {
        let scope = match header.get("scope")?.word()? {
            "group" => Scope::Group,
            "key" => Scope::Key,
            _ => return None,
        };
        let actors = header.get("actors")?.list()?.iter().map(|name| Some(name.word()?.to_owned()));
        let actors = actors.collect::<Option<Vec<String>>>()?;
        let group_count = header.get("groups").and_then(number)?;
        let concurrent = header.get("leaders").and_then(Datum::word) == Some("several");
        Some(Reader { versions: Versions { actors, scope, concurrent, group_count, ..Versions::default() }, ..Reader::default() })
    }

    /// Reads of which keys a rule merges the versions.
    pub(super) fn merged(&mut self, header: &Datum, key: impl FnMut(&Datum) -> Key) {
        self.versions.merged = header.some("merged").and_then(Datum::list).unwrap_or_default().iter().map(key).collect();
    }

    /// Reads what decides between versions, where the first line says so.
    ///
    /// # Errors
    /// A message, if something of it is no reading.
    pub(super) fn arbitration(&mut self, header: &Datum, key: impl FnMut(&Datum) -> Key) -> Result<(), String> {
        let Some(rebased) = header.some("rebased").and_then(Datum::list) else { return Ok(()) };
        let rebased: Vec<Key> = rebased.iter().map(key).collect();
        let readings = header.some("readings").and_then(Datum::list).unwrap_or_default().iter();
        let reading =
            |datum| self.reading(datum).ok_or_else(|| format!("{datum} is no reading: a leader, its update, time, count"));
        let readings = readings.map(reading).collect::<Result<Vec<_>, String>>()?;
        self.versions.arbitration = Some(Arbitration::new(readings, rebased.into_iter().map(KeyId).collect()));
        Ok(())
    }

    fn reading(&self, datum: &Datum) -> Option<(Dot, Clock)> {
        let [name, update, time, count] = datum.list()? else { return None };
        let actor = self.actor(text(name)?)?;
        Some((Dot { actor, count: number(update)? }, Clock { time: number(time)?, count: number(count)?, actor }))
    }

    /// Says which value stands for a deletion.
    pub(super) fn nothing(&mut self, value: u32) {
        self.versions.nothing = Some(value).filter(|_| self.versions.concurrent);
    }

    /// Reads what a line tells of versions.
    ///
    /// # Errors
    /// A message, if something of it is no version.
    pub(super) fn line(&mut self, line: &Datum, value: &mut impl FnMut(&Datum) -> u32) -> Result<Line, String> {
        let mut told = Line::default();
        if let Some(version) = line.some("version") {
            told.versions.push(Sibling {
                value: line.some("value").map(&mut *value),
                stamp: Some(self.stamp(version)?),
                writer: self.op(line),
            });
        }
        for sibling in line.some("siblings").and_then(Datum::list).unwrap_or_default() {
            told.versions.push(self.sibling(sibling, value)?);
        }
        if let Some(context) = line.some("context") {
            let context = context.list().ok_or("a context is a list of versions")?;
            told.context = Some(context.iter().map(|seen| self.sibling(seen, value)).collect::<Result<_, _>>()?);
        }
        for known in line.some("applied").and_then(Datum::list).unwrap_or_default() {
            told.applied.push(Sibling { value: None, stamp: Some(self.stamp(known)?), writer: None });
        }
        if let Some(name) = line.some("replica").and_then(Datum::word) {
            let next = u32::try_from(self.replicas.len()).unwrap_or(u32::MAX);
            told.replica = Some(*self.replicas.entry(name.to_owned()).or_insert(next));
        }
        told.fate = fate(line)?;
        Ok(told)
    }

    /// The number of a line's operation.
    fn op(&self, line: &Datum) -> Option<u32> {
        line.get("op").and_then(number)
    }

    fn sibling(&self, datum: &Datum, value: &mut impl FnMut(&Datum) -> u32) -> Result<Sibling, String> {
        let stamp = self.stamp(datum.get("version").ok_or("a sibling has a version")?)?;
        let writer = match datum.get("written_by") {
            Some(Datum::Nil) => Some(OpId::NONE.0),
            Some(op) => Some(number(op).ok_or("written_by is the number of an operation")?),
            None => None,
        };
        Ok(Sibling { value: datum.get("value").map(value), stamp: Some(stamp), writer })
    }

    fn stamp(&self, datum: &Datum) -> Result<Stamp, String> {
        let stamp = match datum {
            Datum::List(parts) => match parts.as_slice() {
                [epoch, lsn] => number(epoch)
                    .zip(number(lsn))
                    .map(|(epoch, lsn)| Stamp::Position(Position { epoch: Epoch(epoch), lsn: Lsn(lsn) })),
                _ => None,
            },
            _ => self.vector(datum).or_else(|| self.dotted(datum)).or_else(|| self.clock(datum)),
        };
        stamp.ok_or_else(|| format!("{datum} is no version: a position, a vector, a dot that is not in its own past, or a clock"))
    }

    fn actor(&self, name: &str) -> Option<Actor> {
        let known = self.versions.actors.iter().position(|actor| actor == name).and_then(|at| u32::try_from(at).ok());
        known.or_else(|| name.strip_prefix('#')?.parse().ok()).map(Actor)
    }

    fn counts(&self, datum: &Datum) -> Option<VersionVector> {
        let Datum::Map(entries) = datum else { return None };
        let entry = |(name, count): &(Datum, Datum)| Some((self.actor(text(name)?)?, number(count)?));
        Some(VersionVector::of(entries.iter().map(entry).collect::<Option<Vec<(Actor, u64)>>>()?))
    }

    fn vector(&self, datum: &Datum) -> Option<Stamp> {
        self.counts(datum.get("vector")?).map(Stamp::vector)
    }

    fn dotted(&self, datum: &Datum) -> Option<Stamp> {
        let [actor, count] = datum.get("dot")?.list()? else { return None };
        let dot = Dot { actor: self.actor(text(actor)?)?, count: number(count)? };
        DottedVersion::new(dot, self.counts(datum.get("past")?)?).map(Stamp::dotted)
    }

    fn clock(&self, datum: &Datum) -> Option<Stamp> {
        let [actor, time, count] = datum.get("clock")?.list()? else { return None };
        Some(Stamp::Clock(Clock { time: number(time)?, count: number(count)?, actor: self.actor(text(actor)?)? }))
    }

    /// Notes what a line tells, which became a step.
    pub(super) fn add(&mut self, line: &Datum, told: Line, step: u32, key: Key) {
        if let Some(op) = self.op(line) {
            self.steps.insert(op, step);
        }
        let shard = line.get("shard").and_then(Datum::word).unwrap_or_default();
        let next = u16::try_from(self.shards.len()).unwrap_or(u16::MAX);
        let group = *self.shards.entry(shard.to_owned()).or_insert(next);
        let groups = &mut self.versions.groups;
        groups.resize(groups.len().max(key as usize + 1), 0);
        groups[key as usize] = group;
        self.versions.group_count = self.versions.group_count.max(group.saturating_add(1));
        self.lines.push((step, told));
    }

    /// Puts what was told beside the steps of the history. One in which each read returned one value at most, and the last writer wins, is
    /// of plain registers.
    pub(super) fn done(mut self, history: &mut Observed) {
        let steps = &self.steps;
        let step = |op: OpId| if op == OpId::NONE { op.0 } else { steps.get(&op.0).copied().unwrap_or(MISSING) };
        let named = |sibling: Sibling| Sibling { writer: sibling.writer.map(|op| step(OpId(op))), ..sibling };
        let mut clocks = true;
        for (number, line) in self.lines {
            clocks &= line.versions.iter().all(|sibling| matches!(sibling.stamp, Some(Stamp::Clock(_))));
            clocks &= line.versions.len() <= 1;
            let siblings = &mut self.versions.siblings;
            let fate = line.fate.map(|fate| match fate {
                Fate::Discarded(By::Write(op)) => Fate::Discarded(By::Write(OpId(step(op)))),
                other => other,
            });
            self.versions.told.push(Told {
                step: number,
                versions: siblings.add(line.versions.into_iter().map(named)),
                context: line.context.map(|context| siblings.add(context.into_iter().map(named))),
                applied: siblings.add(line.applied),
                replica: line.replica,
                fate,
            });
        }
        let mut names: Vec<(String, u32)> = self.replicas.into_iter().collect();
        names.sort_by_key(|(_, number)| *number);
        self.versions.replicas = names.into_iter().map(|(name, _)| name).collect();
        history.versions = self.versions;
        if clocks {
            history.model = Model::Register;
            history.steps.iter_mut().for_each(|step| one_value(&mut step.call));
        }
    }
}

/// A name as it is written, whatever it begins with.
fn text(datum: &Datum) -> Option<&str> {
    match datum {
        Datum::Text(text) => Some(text),
        _ => None,
    }
}

/// What a read of a register returned that holds one value at a time.
fn one_value(call: &mut Call) {
    if let Call::Read(Returned::Siblings(values)) = call {
        *call = Call::Read(values.first().map_or(Returned::Absent, |value| Returned::Value(*value)));
    }
}

/// What a line says that became of its write.
fn fate(line: &Datum) -> Result<Option<Fate>, String> {
    let Some(name) = line.some("fate").and_then(Datum::word) else { return Ok(None) };
    let by = match (line.some("discarded_by"), line.some("discarded_in_takeover")) {
        (Some(op), _) => By::Write(OpId(number(op).ok_or("discarded_by is the number of an operation")?)),
        (None, Some(takeover)) => By::Takeover(number(takeover).ok_or("discarded_in_takeover is a number")?),
        (None, None) => By::Unknown,
    };
    match name {
        "kept" => Ok(Some(Fate::Kept)),
        "superseded" => Ok(Some(Fate::Superseded)),
        "discarded" => Ok(Some(Fate::Discarded(by))),
        other => Err(format!("{other} is no fate of a write: it is kept, superseded or discarded")),
    }
}
