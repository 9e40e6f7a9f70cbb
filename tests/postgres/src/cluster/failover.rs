//! What happens when the primary is gone: a follower is promoted, the others are led to it, and the old primary comes
//! back as a follower once `pg_rewind` has taken from it what the new one has not (documentation, "Failover"
//! and `pg_rewind`). Nothing here decides that it should happen.

use std::fs;

use super::Cluster;
use crate::error::Error;
use crate::link::Cut;
use crate::lsn::Lsn;
use crate::program::{await_that, run};
use crate::server::Stop;

/// What a promotion has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// The node that leads now.
    pub node: String,
    /// The number of the timeline that begins with it.
    pub timeline: u32,
    /// Where that one begins: the end of what is left of the timeline before.
    pub switchpoint: Lsn,
}

impl Cluster {
    /// Promotes a follower. Nobody is led to it yet, and an old primary that still runs goes on to lead.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the node does not follow.
    pub fn promote(&mut self, name: &str) -> Result<Promotion, Error> {
        let place = self.following(name)?;
        let patience = self.settings.patience.as_secs().max(1);
        let promoted = self.administer(place, &format!("SELECT pg_promote(true, {patience})"))?;
        if promoted != "t" {
            let what = format!("{name} to be promoted");
            return Err(Error::TimedOut { what, after: self.settings.patience, seen: format!("pg_promote said `{promoted}`") });
        }
        self.primary = place;
        // `pg_rewind` takes the timeline from the control file, which the next checkpoint writes.
        self.administer(place, "CHECKPOINT")?;
        self.create_slots(place)?;
        let descent = self.descent(place)?;
        Ok(Promotion { node: name.to_owned(), timeline: descent.present, switchpoint: descent.beginning() })
    }

    /// The follower that runs and has received most; of equal ones the first.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if no follower runs.
    pub fn most_advanced_follower(&mut self) -> Result<String, Error> {
        let mut best: Option<(Lsn, usize)> = None;
        for place in 0..self.nodes.len() {
            if place == self.primary || !self.nodes[place].server.is_running() {
                continue;
            }
            let received = self.received(place)?;
            if best.is_none_or(|(most, _)| received > most) {
                best = Some((received, place));
            }
        }
        match best {
            Some((_, place)) => Ok(self.nodes[place].name().to_owned()),
            None => Err(Error::State { node: "no follower".to_owned(), is: "runs", advice: "start one first" }),
        }
    }

    /// Leads a follower that runs to the present primary, and returns when it streams from there, or at once if its link is cut.
    ///
    /// # Errors
    ///
    /// [`Error::Diverged`] if it has received what the primary has not, [`Error::State`] if it does not follow or its replay is
    /// paused: a follower changes timelines while it replays.
    pub fn repoint(&mut self, name: &str) -> Result<(), Error> {
        let place = self.following(name)?;
        if self.administer(place, "SELECT pg_is_wal_replay_paused()")? == "t" {
            return Err(Error::State { node: name.to_owned(), is: "has paused its replay", advice: "resume it first" });
        }
        let timeline = self.timeline_of_follower(place)?;
        // What it has received can be told only when nothing more comes from the old primary.
        let cut = self.nodes[place].replication.condition().cut;
        self.nodes[place].replication.cut(Cut::Reset);
        await_that(&format!("{name} to receive no more"), self.settings.patience, || {
            let state = self.administer(place, "SELECT status FROM pg_stat_wal_receiver")?;
            Ok(if state == "streaming" { Err(state) } else { Ok(()) })
        })?;
        let (received, common) = (self.received(place)?, self.descent(self.primary)?.common(timeline));
        self.lead_to_primary(place);
        match cut {
            Some(cut) => self.nodes[place].replication.cut(cut),
            None => self.nodes[place].replication.heal(),
        }
        if received > common {
            let (received, switchpoint) = (received.to_string(), common.to_string());
            return Err(Error::Diverged { node: name.to_owned(), received, switchpoint });
        }
        if cut.is_some() {
            return Ok(());
        }
        self.await_streaming_of(&[name.to_owned()])
    }

    /// Leads every follower that runs to the present primary. The result of each stands beside its name.
    pub fn repoint_followers(&mut self) -> Vec<(String, Result<(), Error>)> {
        let mut results = Vec::new();
        for name in self.settings.names() {
            // An old primary that still leads is none.
            if name != self.primary().name() && self.is_running(&name).unwrap_or(false) && self.following(&name).is_ok() {
                let result = self.repoint(&name);
                results.push((name, result));
            }
        }
        results
    }

    /// Makes a node follow the present primary whatever it was before: stops it, has `pg_rewind` take back what the primary has
    /// not, and starts it as a follower. Returns what `pg_rewind` said.
    ///
    /// # Errors
    ///
    /// [`Error::State`] for the primary itself; [`Error::Program`] if `pg_rewind` cannot, for which [`Cluster::rebuild`] is left.
    pub fn rewind(&mut self, name: &str) -> Result<String, Error> {
        let place = self.stopped_follower(name)?;
        let (primary, node) = (&self.nodes[self.primary], &self.nodes[place]);
        let mut rewind = self.programs.command("pg_rewind");
        rewind.arg("--target-pgdata").arg(node.server.data());
        let source = primary.direct();
        // The password comes from the environment, because the words of a command line are for everybody to read.
        let server = format!("host={} port={} user={} dbname={}", source.host, source.port, source.user, source.dbname);
        rewind.args(["--source-server", &server]).envs(source.variables());
        if !self.settings.fsync {
            rewind.arg("--no-sync");
        }
        let said = run(&mut rewind)?.said;
        self.follow_anew(place)?;
        // Without the log of the server that it has started to recover.
        Ok(said.lines().filter(|line| line.starts_with("pg_rewind: ")).collect::<Vec<_>>().join("\n"))
    }

    /// Makes a node follow the present primary with a new copy of its data, whatever has become of its own.
    ///
    /// # Errors
    ///
    /// [`Error::State`] for the primary itself.
    pub fn rebuild(&mut self, name: &str) -> Result<(), Error> {
        let place = self.stopped_follower(name)?;
        let data = self.nodes[place].server.data();
        crate::folder::remove_segment(&data);
        fs::remove_dir_all(&data).map_err(Error::io("remove", &data))?;
        self.copy_primary(place)?;
        self.follow_anew(place)
    }

    /// Stops a node that is not the primary.
    fn stopped_follower(&mut self, name: &str) -> Result<usize, Error> {
        let place = self.place(name)?;
        if place == self.primary {
            return Err(Error::State { node: name.to_owned(), is: "is the primary", advice: "promote another node first" });
        }
        self.nodes[place].server.stop(Stop::Fast)?;
        Ok(place)
    }

    /// Starts a node as a follower of the present primary, and waits until it streams unless its link is cut.
    fn follow_anew(&mut self, place: usize) -> Result<(), Error> {
        self.lead_to_primary(place);
        let server = &mut self.nodes[place].server;
        server.include()?;
        server.mark_as_follower()?;
        server.start()?;
        let node = &self.nodes[place];
        match node.replication.condition().cut {
            Some(_) => Ok(()),
            None => self.await_streaming_of(&[node.name().to_owned()]),
        }
    }

    /// How far the log of a follower goes, replayed or not.
    fn received(&self, place: usize) -> Result<Lsn, Error> {
        self.lsn(place, "SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())")
    }
}
