//! Statements, and the three forms in which a log can carry what they do.
//!
//! A plain write sets one key to a value. A statement says how to work the values out: a new row under the next free number, or a
//! change of every row of a table. What of it stands in the log is the format's choice (Kleppmann 2017, chapter 5,
//! "Implementation of Replication Logs"): its text, the bytes that it changed, or the rows that it changed.

use crate::log::{KeyId, Value};
use crate::rng::mix;

/// What a log entry carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// The text of the statement: every replica works it out with its own data, clock and dice. (MySQL's `binlog_format=STATEMENT` sends
    /// the time and the seed of RAND() along; UUID() and SYSDATE() differ there.)
    Statement,
    /// Bytes of the storage engine's pages: only the same storage version can read them (PostgreSQL streaming replication).
    WriteAheadLog,
    /// The rows that changed, one entry each (MySQL `binlog_format=ROW`, PostgreSQL logical replication).
    #[default]
    Logical,
}

/// A write that says how to work out values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The rows that it may concern: for a new row, those with the numbers 1, 2, 3 and so on.
    pub rows: Vec<KeyId>,
    /// What it does to them.
    pub change: Change,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new row under the number behind the largest in use (`AUTO_INCREMENT`; InnoDB until MySQL 5.7 worked it out from the data after a restart).
    Insert(Value),
    /// All rows that are there get this value.
    Set(Value),
    /// All numbers that are there grow by so much: the effect depends on the data.
    Add(i64),
    /// All rows that are there get the time of the replica's clock, in milliseconds.
    Now,
    /// Each row that is there gets a random number below 1000.
    Random,
}

impl Change {
    /// Whether every replica with the same data works out the same.
    #[must_use]
    pub fn is_deterministic(self) -> bool {
        !matches!(self, Change::Now | Change::Random)
    }
}

impl Statement {
    /// The rows that change and their new values, by the data, the clock (in milliseconds) and the dice of one replica.
    pub fn work_out(&self, data: impl Fn(KeyId) -> Option<Value>, clock: u64, dice: u64) -> Vec<(KeyId, Value)> {
        if let Change::Insert(value) = self.change {
            let used = self.rows.iter().rposition(|row| data(*row).is_some()).map_or(0, |last| last + 1);
            return self.rows.get(used).map(|row| (*row, value)).into_iter().collect();
        }
        let there = self.rows.iter().filter_map(|row| Some((*row, data(*row)?)));
        let changed = there.map(|(row, old)| match (self.change, old) {
            (Change::Set(value), _) => (row, value),
            (Change::Now, _) => (row, Value::Int(i64::try_from(clock).unwrap_or(i64::MAX))),
            (Change::Random, _) => (row, Value::Int(i64::try_from(mix(dice ^ u64::from(row.0)) % 1_000).unwrap_or(0))),
            (Change::Add(more), Value::Int(n)) => (row, Value::Int(n.saturating_add(more))),
            (Change::Add(_) | Change::Insert(_), other) => (row, other),
        });
        changed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<KeyId> {
        vec![KeyId(4), KeyId(7), KeyId(9)]
    }

    fn two_rows(key: KeyId) -> Option<Value> {
        (key != KeyId(9)).then_some(Value::Int(10))
    }

    #[test]
    fn a_new_row_gets_the_number_behind_the_largest_in_use() {
        let insert = Statement { rows: rows(), change: Change::Insert(Value::Int(1)) };
        assert_eq!(insert.work_out(|_| None, 0, 0), [(KeyId(4), Value::Int(1))]);
        assert_eq!(insert.work_out(two_rows, 0, 0), [(KeyId(9), Value::Int(1))]);
        let gap = |key| (key == KeyId(7)).then_some(Value::Int(10));
        assert_eq!(insert.work_out(gap, 0, 0), [(KeyId(9), Value::Int(1))], "a number below the largest is not filled");
    }

    #[test]
    fn only_rows_that_are_there_change() {
        let add = Statement { rows: rows(), change: Change::Add(5) };
        assert_eq!(add.work_out(two_rows, 0, 0), [(KeyId(4), Value::Int(15)), (KeyId(7), Value::Int(15))]);
        assert!(add.work_out(|_| None, 0, 0).is_empty());
    }

    #[test]
    fn clock_and_dice_matter_where_they_should() {
        for change in [Change::Insert(Value::Int(1)), Change::Set(Value::Int(2)), Change::Add(3), Change::Now, Change::Random] {
            let statement = Statement { rows: rows(), change };
            let same = statement.work_out(two_rows, 1, 2) == statement.work_out(two_rows, 3, 4);
            assert_eq!(same, change.is_deterministic(), "{change:?}");
        }
    }
}
