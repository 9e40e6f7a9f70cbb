//! Timelines: each promotion begins one, and the log of the timeline before goes on only up to where the new one
//! begins. A primary has the whole descent of its log in a history file (documentation, "Timelines").

use std::fs;

use super::Cluster;
use crate::error::Error;
use crate::lsn::Lsn;

/// The timeline that a follower receives, or has received last, as an expression. While it is not connected, the names of its segments
/// tell: those of a timeline are there once it has received some of it. The control file is behind, up to the next restart point.
pub(super) const TIMELINE_OF_FOLLOWER: &str = "\
coalesce((SELECT received_tli FROM pg_stat_wal_receiver), \
  (SELECT max(('x' || substr(name, 1, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))";

/// The descent of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Descent {
    /// The timeline that goes on.
    pub(super) present: u32,
    /// Those before it, the oldest first, with where each was left.
    pub(super) left: Vec<(u32, Lsn)>,
}

impl Descent {
    /// Where the present timeline begins.
    pub(super) fn beginning(&self) -> Lsn {
        self.left.last().map_or(Lsn(0), |(_, end)| *end)
    }

    /// How much of a timeline belongs to this log: all of the present one, nothing of one that it does not come from.
    pub(super) fn common(&self, timeline: u32) -> Lsn {
        if timeline == self.present {
            return Lsn(u64::MAX);
        }
        self.left.iter().find(|(number, _)| *number == timeline).map_or(Lsn(0), |(_, end)| *end)
    }

    /// Reads a history file: on each line a timeline, where it was left, and why.
    fn read(present: u32, history: &str) -> Result<Self, String> {
        let mut left = Vec::new();
        for line in history.lines().filter(|line| !line.trim_start().is_empty() && !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let number = columns.next().and_then(|number| number.trim().parse().ok());
            let end = columns.next().and_then(|end| end.parse().ok());
            left.push(number.zip(end).ok_or_else(|| format!("`{line}` is no line of a timeline's history"))?);
        }
        Ok(Self { present, left })
    }
}

impl Cluster {
    /// The descent of a primary's log.
    pub(super) fn descent(&self, place: usize) -> Result<Descent, Error> {
        let statement = "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";
        let digits = self.administer(place, statement)?;
        let wrong =
            |message| Error::Statement { node: self.nodes[place].name().to_owned(), statement: statement.to_owned(), message };
        let present = u32::from_str_radix(&digits, 16).map_err(|_| wrong(format!("`{digits}` is no timeline")))?;
        if present == 1 {
            return Ok(Descent { present, left: Vec::new() });
        }
        let path = self.nodes[place].server.data().join("pg_wal").join(format!("{digits}.history"));
        let history = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        Descent::read(present, &history).map_err(wrong)
    }

    /// The timeline that a follower receives, or has received last.
    pub(super) fn timeline_of_follower(&self, place: usize) -> Result<u32, Error> {
        let statement = format!("SELECT {TIMELINE_OF_FOLLOWER}");
        let printed = self.administer(place, &statement)?;
        printed.parse().map_err(|_| Error::Statement {
            node: self.nodes[place].name().to_owned(),
            message: format!("`{printed}` is no timeline"),
            statement,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Descent;
    use crate::lsn::Lsn;

    #[test]
    fn a_log_has_of_each_timeline_what_was_left_of_it() {
        let history = "1\t0/3000148\tno recovery target specified\n\n2\t0/5000000\tno recovery target specified\n";
        let descent = Descent::read(4, history).expect("a history");
        assert_eq!((descent.present, descent.beginning()), (4, Lsn(0x500_0000)));
        assert_eq!(descent.common(1), Lsn(0x300_0148));
        assert_eq!(descent.common(2), Lsn(0x500_0000));
        assert_eq!(descent.common(3), Lsn(0), "another promotion began it");
        assert_eq!(descent.common(4), Lsn(u64::MAX));
        assert!(Descent::read(2, "1 0/3000148\n").expect_err("no tab").contains("0/3000148"));
    }
}
