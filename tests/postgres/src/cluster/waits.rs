//! Waiting for what servers do in their own time: followers that begin to stream, and replay what was written.

use super::Cluster;
use crate::error::Error;
use crate::lsn::Lsn;
use crate::program::await_that;

impl Cluster {
    /// Waits until every follower that runs streams from the primary, and as many as should are synchronous.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub fn await_streaming(&mut self) -> Result<(), Error> {
        let primary = self.primary;
        let followers = self.nodes.iter_mut().enumerate().filter(|(place, _)| *place != primary);
        let running = followers.filter_map(|(_, node)| node.server.is_running().then(|| node.name().to_owned()));
        let names: Vec<String> = running.collect();
        self.await_streaming_of(&names)
    }

    /// Waits until these followers stream from the primary, and as many as should are synchronous.
    pub(super) fn await_streaming_of(&self, names: &[String]) -> Result<(), Error> {
        let confirming = self.settings.synchronous.count().min(names.len());
        await_that(&format!("{} to stream", names.join(" and ")), self.settings.patience, || {
            let seen = self.administer(
                self.primary,
                "SELECT application_name, sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1",
            )?;
            let rows: Vec<(&str, &str)> = seen.lines().filter_map(|line| line.split_once('|')).collect();
            let all = names.iter().all(|name| rows.iter().any(|(follower, _)| follower == name));
            let synchronous = rows.iter().filter(|(_, state)| matches!(*state, "sync" | "quorum")).count();
            Ok(if all && synchronous >= confirming { Ok(()) } else { Err(seen.replace('\n', ", ")) })
        })
    }

    /// How far the log of the primary goes.
    ///
    /// # Errors
    ///
    /// [`Error::Statement`] if it does not run.
    pub fn position(&self) -> Result<Lsn, Error> {
        self.lsn(self.primary, "SELECT pg_current_wal_insert_lsn()")
    }

    /// Waits until a follower has replayed the log up to a position.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] with the position that it has reached.
    pub fn await_replayed(&self, name: &str, position: Lsn) -> Result<(), Error> {
        let place = self.place(name)?;
        await_that(&format!("{name} to have replayed {position}"), self.settings.patience, || {
            let replayed = self.lsn(place, "SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')")?;
            Ok(if replayed >= position { Ok(()) } else { Err(replayed.to_string()) })
        })
    }

    /// The position that a statement returns.
    pub(super) fn lsn(&self, place: usize, statement: &str) -> Result<Lsn, Error> {
        let printed = self.administer(place, statement)?;
        printed.parse().map_err(|message| Error::Statement {
            node: self.nodes[place].name().to_owned(),
            statement: statement.to_owned(),
            message,
        })
    }
}
