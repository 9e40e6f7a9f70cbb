//! Faults of single nodes, all real: replay that is paused or delayed, servers that are stopped or killed, settings that
//! are changed while a server runs (documentation, "Recovery Control Functions" and the settings of "Standby
//! Servers").

use std::time::Duration;

use super::Cluster;
use crate::error::Error;
use crate::program::await_that;
use crate::server::Stop;

impl Cluster {
    /// Pauses the replay of a follower, which goes on to receive. Returns when it is paused.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the node does not follow, [`Error::Statement`] if it does not run.
    pub fn pause_replay(&self, name: &str) -> Result<(), Error> {
        let place = self.following(name)?;
        self.administer(place, "SELECT pg_wal_replay_pause()")?;
        await_that(&format!("{name} to pause its replay"), self.settings.patience, || {
            let state = self.administer(place, "SELECT pg_get_wal_replay_pause_state()")?;
            Ok(if state == "paused" { Ok(()) } else { Err(state) })
        })
    }

    /// Lets a follower replay again.
    ///
    /// # Errors
    ///
    /// As [`Cluster::pause_replay`].
    pub fn resume_replay(&self, name: &str) -> Result<(), Error> {
        self.administer(self.following(name)?, "SELECT pg_wal_replay_resume()").map(drop)
    }

    /// Has a follower replay each commit so long after the primary's clock said that it happened (`recovery_min_apply_delay`).
    /// Zero ends it.
    ///
    /// # Errors
    ///
    /// As [`Cluster::configure`].
    pub fn set_apply_delay(&mut self, name: &str, delay: Duration) -> Result<(), Error> {
        self.configure(name, "recovery_min_apply_delay", &format!("{}ms", delay.as_millis()))
    }

    /// Changes a setting of a node. A server that runs reads it at once, and new sessions have it; processes of the server
    /// follow within some milliseconds. It stays through restarts, and when the role changes.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the server does not take it while it runs; then nothing is changed.
    pub fn configure(&mut self, name: &str, setting: &str, value: &str) -> Result<(), Error> {
        let place = self.place(name)?;
        if setting.is_empty() || !setting.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.')) {
            return Err(Error::Setting { why: format!("`{setting}` is no name of a setting") });
        }
        let before = self.nodes[place].server.configuration.clone();
        self.nodes[place].server.configuration.set(setting, value);
        if !self.nodes[place].server.is_running() {
            return Ok(());
        }
        // The server says what it would refuse before it is told to read the file, of which it would then read nothing.
        self.nodes[place].server.write_configuration()?;
        let refused = self.administer(place, "SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL")?;
        if refused.is_empty() {
            return self.reload(place);
        }
        self.nodes[place].server.configuration = before;
        self.nodes[place].server.write_configuration()?;
        Err(Error::Setting { why: format!("{name} does not take `{setting} = {value}` while it runs: {refused}") })
    }

    /// Stops a server in an orderly way; nothing if it does not run.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] if it does not stop in time.
    pub fn stop_node(&mut self, name: &str, how: Stop) -> Result<(), Error> {
        let place = self.place(name)?;
        self.nodes[place].server.stop(how)
    }

    /// Starts a server that was stopped or killed, in the role that it had: a follower looks for the present primary, but a
    /// primary that another one has replaced leads again beside it, as in life. [`Cluster::rewind`] makes that one follow.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if it runs, [`Error::Exited`] with the end of its log if it does not start.
    pub fn start_node(&mut self, name: &str) -> Result<(), Error> {
        let place = self.place(name)?;
        if self.nodes[place].server.is_running() {
            return Err(Error::State { node: name.to_owned(), is: "runs", advice: "stop or kill it first" });
        }
        if place != self.primary && self.nodes[place].server.is_marked_as_follower() {
            self.lead_to_primary(place);
        }
        self.nodes[place].server.start()
    }

    /// Ends a server and its processes by SIGKILL; what it has written stays with the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if it does not run.
    pub fn kill(&mut self, name: &str) -> Result<(), Error> {
        let place = self.running(name)?;
        self.nodes[place].server.kill()
    }

    /// Kills the primary, and returns its name. Nobody takes its place by itself.
    ///
    /// # Errors
    ///
    /// As [`Cluster::kill`].
    pub fn kill_primary(&mut self) -> Result<String, Error> {
        let name = self.primary().name().to_owned();
        self.kill(&name)?;
        Ok(name)
    }

    /// Does the server of this node run?
    ///
    /// # Errors
    ///
    /// [`Error::NoNode`].
    pub fn is_running(&mut self, name: &str) -> Result<bool, Error> {
        let place = self.place(name)?;
        Ok(self.nodes[place].server.is_running())
    }

    /// Has a server read its settings anew, and waits until new sessions have them.
    fn reload(&self, place: usize) -> Result<(), Error> {
        const LOADED: &str = "SELECT pg_conf_load_time()";
        let before = self.administer(place, LOADED)?;
        self.nodes[place].server.reload()?;
        await_that("a server to read its settings", self.settings.patience, || {
            let now = self.administer(place, LOADED)?;
            Ok(if now == before { Err(format!("those of {before}")) } else { Ok(()) })
        })
    }

    /// The place of a node that runs.
    pub(super) fn running(&mut self, name: &str) -> Result<usize, Error> {
        let place = self.place(name)?;
        match self.nodes[place].server.is_running() {
            true => Ok(place),
            false => Err(Error::State { node: name.to_owned(), is: "does not run", advice: "start it first" }),
        }
    }

    /// The place of a node that follows, as it says itself.
    pub(super) fn following(&self, name: &str) -> Result<usize, Error> {
        let place = self.place(name)?;
        match self.administer(place, "SELECT pg_is_in_recovery()")?.as_str() {
            "t" => Ok(place),
            _ => Err(Error::State { node: name.to_owned(), is: "does not follow", advice: "choose a follower" }),
        }
    }
}
