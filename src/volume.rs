//! What a leader ships to each follower: how many entries, in how many bytes.
//!
//! The three log formats carry the same operations in different sizes (Kleppmann 2017, chapter 5, "Implementation of Replication
//! Logs"): a statement is short, however many rows it changes; rows come one by one, each with its key; bytes carry what the storage
//! engine adds to a row. The sizes here are those of a simple encoding that is stated below, not of a product. Every sending counts,
//! also one that is lost or repeated.

use crate::family::single_leader::Label;
use crate::log::{Entry, Value};
use crate::network::NodeId;
use crate::scenario::Plan;
use crate::simulation::Simulation;
use crate::statement::{Change, Format};
use crate::time::SimTime;
use crate::trace::{Sent, Trace, What};

/// Of every entry: epoch and number, operation, length, check sum.
const HEADER: u64 = 8 + 8 + 8 + 4 + 4;
/// Of every key and every value: its length.
const LENGTH: u64 = 2;
/// What a storage engine adds to a row that it changes: which block, where in it, and the row's own header.
const BLOCK: u64 = 20 + 24;
/// What it adds to the index entry of a row.
const INDEX: u64 = 16;
/// A change of the table's description, in a log of bytes.
const CATALOG: u64 = 64;

/// What was shipped to one follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shipped {
    /// How many entries, repeated ones included.
    pub entries: u64,
    /// Their size.
    pub bytes: u64,
    /// Parts of snapshots.
    pub parts: u64,
}

fn length(text: &str) -> u64 {
    text.len() as u64
}

/// The text of a statement.
#[must_use]
pub fn text(plan: &Plan, key: &str, value: Value) -> String {
    let quoted = |value: Value| match value {
        Value::Text(_) => format!("'{}'", plan.show(value)),
        _ => plan.show(value),
    };
    let rows = key.strip_suffix('*').unwrap_or(key);
    match (value, plan.change(value)) {
        (Value::Column, _) => "ALTER TABLE t ADD COLUMN c".to_owned(),
        (_, Some(Change::Insert(value))) => {
            format!("INSERT INTO {} (v) VALUES ({})", key.trim_end_matches("/new"), quoted(value))
        }
        (_, Some(Change::Set(value))) => format!("UPDATE t SET v = {} WHERE k LIKE '{rows}%'", quoted(value)),
        (_, Some(Change::Add(more))) => format!("UPDATE t SET v = v + {more} WHERE k LIKE '{rows}%'"),
        (_, Some(Change::Now)) => format!("UPDATE t SET v = now() WHERE k LIKE '{rows}%'"),
        (_, Some(Change::Random)) => format!("UPDATE t SET v = random() WHERE k LIKE '{rows}%'"),
        (value, None) => format!("REPLACE INTO t VALUES ('{key}', {})", quoted(value)),
    }
}

/// The size of an entry in a log of this format, in bytes.
#[must_use]
pub fn bytes(plan: &Plan, format: Format, entry: &Entry) -> u64 {
    let key = plan.key_name(entry.key);
    let row = 2 * LENGTH + length(key) + length(&plan.show(entry.value));
    HEADER
        + match (format, entry.value) {
            (_, Value::Nothing) => 0,
            (Format::Statement, value) => length(&text(plan, key, value)),
            (Format::WriteAheadLog, Value::Column) => CATALOG,
            (Format::WriteAheadLog, _) => BLOCK + row + INDEX + length(key),
            (Format::Logical, _) => row,
        }
}

/// Runs a scenario and counts what was shipped to each replica, by its number.
#[must_use]
pub fn shipped(plan: &Plan) -> Vec<Shipped> {
    let mut all = vec![Shipped::default(); plan.replicas];
    let (mut simulation, mut trace) = (Simulation::new(plan), Trace::of_groups(plan.largest_group()));
    let (until, mut seen) = (SimTime(plan.scenario.until.0), 0);
    while !trace.full && simulation.next_at().is_some_and(|at| at < until) {
        simulation.step(&mut trace);
        for record in &trace.records[seen..] {
            let What::Sent(Sent { src, dst, label, .. }) = record.what() else { continue };
            let Some(to) = all.get_mut(dst.index()) else { continue };
            let Some(label) = label.single_leader() else { continue };
            match label {
                Label::Part(_) => to.parts += 1,
                Label::Append(first, last) => add(plan, &simulation, src, (first, last), to),
                _ => {}
            }
        }
        seen = trace.records.len();
    }
    all
}

/// Counts a message: the leader that has just sent it still has its entries.
fn add(plan: &Plan, simulation: &Simulation, leader: NodeId, (first, last): (u32, u32), to: &mut Shipped) {
    let Some(replica) = simulation.replica(leader) else { return };
    for entry in replica.log.range(crate::lsn::Lsn(u64::from(first)), crate::lsn::Lsn(u64::from(last))) {
        to.entries += 1;
        to.bytes += bytes(plan, replica.config.storage.format, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::scenario::{FormatSpec, Scenario};

    fn of(scenario: &Scenario, format: FormatSpec) -> Vec<Shipped> {
        let mut scenario = scenario.clone();
        scenario.shards[0].format = format;
        shipped(&Plan::new(&scenario).expect("the scenario is good"))
    }

    /// The claim of the book: one statement over n rows is one entry in a log of statements, and n in a log of rows.
    #[test]
    fn a_statement_over_n_rows_is_one_entry_or_n() {
        let scenario = Preset::named("statement-divergence").expect("a preset").scenario();
        let (statement, logical) = (of(&scenario, FormatSpec::Statement), of(&scenario, FormatSpec::Logical));
        assert_eq!(statement[0], Shipped::default(), "nobody ships to the leader");
        // Three writes and two statements; the statements change three rows each.
        assert_eq!((statement[1].entries, logical[1].entries), (5, 9));
        let wal = of(&scenario, FormatSpec::WriteAheadLog);
        assert_eq!(wal[1].entries, 9);
        assert!(wal[1].bytes > logical[1].bytes && logical[1].bytes > statement[1].bytes, "{wal:?} {logical:?} {statement:?}");
    }

    #[test]
    fn what_is_sent_again_counts_again_and_snapshots_are_counted_in_parts() {
        let scenario = Preset::named("truncated-log").expect("a preset").scenario();
        let all = of(&scenario, FormatSpec::Logical);
        assert_eq!((all[1].parts, all[1].entries), (0, 20), "frankfurt is never cut off");
        assert!(all[2].parts >= 2, "{all:?}");
    }
}
