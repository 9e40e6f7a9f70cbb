//! The history of a timeline: where each timeline before it ended.
//!
//! The server keeps it in `pg_wal/00000003.history`: a line for each earlier timeline, with its number, the LSN at which the next one
//! branched off, and a reason in words; `#` begins a comment (`timeline.c`: `readTimeLineHistory`). A record that ends at the branch
//! survived, so the next timeline's first byte is the one behind it.

use std::fmt;

use crate::lsn::{Epoch, EpochStart, Lsn};

use super::layout::parse_lsn;

/// The most lines of a history: each stands for one promotion.
const LINES_MAX: usize = 10_000;

/// Why a text is no history of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the timeline history: {}", self.line, self.what)
    }
}

impl std::error::Error for HistoryError {}

/// The name of the file, relative to the server's data directory.
pub(super) fn file_name(timeline: Epoch) -> String {
    format!("pg_wal/{:08X}.history", timeline.0)
}

/// Reads the history of a timeline: where each one began, the oldest first, and `timeline` last.
///
/// # Errors
/// Where the text is not what the server writes.
pub fn parse_history(timeline: Epoch, text: &str) -> Result<Vec<EpochStart>, HistoryError> {
    let mut starts: Vec<EpochStart> = Vec::new();
    let mut next = Lsn::ZERO;
    for (index, line) in text.lines().enumerate() {
        let wrong = |what| HistoryError { line: index + 1, what };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if starts.len() >= LINES_MAX {
            return Err(wrong("there are more than 10000 timelines"));
        }
        let mut fields = line.split_ascii_whitespace();
        let number = fields.next().and_then(|field| field.parse().ok()).filter(|number| *number > 0);
        let epoch = Epoch(number.ok_or(wrong("it does not begin with the number of a timeline"))?);
        let end = fields.next().and_then(parse_lsn).ok_or(wrong("the second field is no LSN"))?;
        if starts.last().is_some_and(|before| before.epoch >= epoch) {
            return Err(wrong("the numbers of timelines do not grow"));
        }
        if epoch >= timeline {
            return Err(wrong("a timeline comes before itself"));
        }
        if end < next.prev() {
            return Err(wrong("a timeline ends before it begins"));
        }
        starts.push(EpochStart { epoch, start: next });
        next = end.next();
    }
    starts.push(EpochStart { epoch: timeline, start: next });
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Barrier, Position, barrier};

    const HISTORY: &str = "1\t0/30001A0\tno recovery target specified\n\n# by hand\n2\t0/5000060\tno recovery target specified\n";

    #[test]
    fn a_history_says_where_timelines_begin() {
        let starts = parse_history(Epoch(4), HISTORY).expect("a history");
        let plain: Vec<(u32, u64)> = starts.iter().map(|it| (it.epoch.0, it.start.0)).collect();
        assert_eq!(plain, [(1, 0), (2, 0x300_01a1), (4, 0x500_0061)]);
        assert_eq!(parse_history(Epoch(1), ""), Ok(vec![EpochStart { epoch: Epoch(1), start: Lsn::ZERO }]));
    }

    /// The rule of the switchpoint: a record that ends where the next timeline branches off is kept, one that ends a byte later is not.
    #[test]
    fn what_ends_at_the_branch_survives() {
        let starts = parse_history(Epoch(4), HISTORY).expect("a history");
        let at = |epoch, lsn| Position { epoch: Epoch(epoch), lsn: Lsn(lsn) };
        for (token, expected) in [
            (at(1, 0x300_01a0), Barrier::Passed),
            (at(1, 0x300_01a8), Barrier::Lost(at(1, 0x300_01a0))),
            (at(2, 0x500_0060), Barrier::Passed),
            (at(2, 0x500_0068), Barrier::Lost(at(2, 0x500_0060))),
            (at(4, 0x600_0000), Barrier::Passed),
            (at(4, 0x700_0001), Barrier::Behind),
        ] {
            assert_eq!(barrier(token, Epoch(4), &starts, Lsn(0x700_0000)), expected, "{token}");
        }
        assert!(matches!(barrier(at(3, 0x500_0068), Epoch(4), &starts, Lsn(0x700_0000)), Barrier::Lost(_)), "3 is no ancestor");
    }

    #[test]
    fn what_is_no_history_says_where_and_why() {
        for (text, expected) in [
            ("x\t0/1\t", "line 1 of the timeline history: it does not begin with the number of a timeline"),
            ("0\t0/1\t", "line 1 of the timeline history: it does not begin with the number of a timeline"),
            ("1\n", "line 1 of the timeline history: the second field is no LSN"),
            ("1\t0-1\n", "line 1 of the timeline history: the second field is no LSN"),
            ("2\t0/1\t\n1\t0/2\n", "line 2 of the timeline history: the numbers of timelines do not grow"),
            ("4\t0/1\n", "line 1 of the timeline history: a timeline comes before itself"),
            ("1\t0/9\n\n2\t0/1\n", "line 3 of the timeline history: a timeline ends before it begins"),
        ] {
            assert_eq!(parse_history(Epoch(4), text).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text:?}");
        }
        let long: String = (1..=10_001).map(|n| format!("{n} 0/1\n")).collect();
        assert!(parse_history(Epoch(20_000), &long).is_err(), "its length is bounded");
    }

    #[test]
    fn files_are_named_as_the_server_names_them() {
        assert_eq!(file_name(Epoch(0x1f)), "pg_wal/0000001F.history");
    }
}
