//! What a cluster is made of: where, how many followers, who has to confirm a commit, and how long anything may take.
//! Words and values are those of PostgreSQL's documentation ("Server Configuration", "Replication").

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// More make no sense on one machine; each costs 40 MB and a dozen processes.
pub const FOLLOWERS_MAX: usize = 6;

/// Which followers a commit waits for (`synchronous_standby_names`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// None: the primary alone decides.
    Off,
    /// As many as given, in the order of their names; one that is gone is replaced by the next (`FIRST n (…)`).
    First(usize),
    /// As many as given, whichever are the fastest (`ANY n (…)`).
    Any(usize),
}

impl Synchronous {
    /// How many followers have to confirm.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Off => 0,
            Self::First(count) | Self::Any(count) => count,
        }
    }

    /// The value of `synchronous_standby_names` at a node that would have these followers.
    #[must_use]
    pub fn standby_names(self, followers: &[&str]) -> String {
        match self {
            Self::Off => String::new(),
            Self::First(count) => format!("FIRST {count} ({})", followers.join(", ")),
            Self::Any(count) => format!("ANY {count} ({})", followers.join(", ")),
        }
    }
}

/// When a commit is reported (`synchronous_commit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// At once.
    Off,
    /// When the primary has flushed it.
    Local,
    /// When the synchronous followers have written it.
    RemoteWrite,
    /// When the synchronous followers have flushed it.
    On,
    /// When the synchronous followers have replayed it.
    RemoteApply,
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Local => "local",
            Self::RemoteWrite => "remote_write",
            Self::On => "on",
            Self::RemoteApply => "remote_apply",
        })
    }
}

/// What a cluster is made of. [`Settings::new`] has what most tests want; fields may be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where all files are. It must be missing, empty, or what a cluster has left.
    pub folder: PathBuf,
    /// How many followers, from 1 to [`FOLLOWERS_MAX`].
    pub followers: usize,
    /// Which followers a commit waits for.
    pub synchronous: Synchronous,
    /// When a commit is reported.
    pub commit: Commit,
    /// Do servers wait until the disk has what they write? A process that is killed loses nothing that the kernel has, so only the
    /// loss of power needs it, which nothing here brings about.
    pub fsync: bool,
    /// Do the files stay when the cluster is dropped?
    pub keep_files: bool,
    /// How long one step may take (a start, a promotion, catching up) until it is an error.
    pub patience: Duration,
    /// More lines of `postgresql.conf`, by name and value, the same at all nodes.
    pub more: Vec<(String, String)>,
}

impl Settings {
    /// A primary and two asynchronous followers below a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            followers: 2,
            synchronous: Synchronous::Off,
            commit: Commit::On,
            fsync: false,
            keep_files: false,
            patience: Duration::from_secs(60),
            more: Vec::new(),
        }
    }

    /// The names of the nodes, the first primary first: `node1`, `node2` and so on. A name stays when the role changes.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        (1..=self.followers + 1).map(|number| format!("node{number}")).collect()
    }

    /// # Errors
    ///
    /// [`Error::Setting`] if the numbers do not fit together.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let (followers, confirming) = (self.followers, self.synchronous.count());
        let why = if !(1..=FOLLOWERS_MAX).contains(&followers) {
            format!("{followers} followers: from 1 to {FOLLOWERS_MAX} are possible")
        } else if confirming > followers {
            format!("{confirming} synchronous followers of {followers}: no commit would ever return")
        } else if self.synchronous != Synchronous::Off && confirming == 0 {
            "0 synchronous followers: say that none is synchronous, or give a number".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::Setting { why })
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, Synchronous};

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let settings = |followers, synchronous| Settings { followers, synchronous, ..Settings::new("anywhere") };
        assert!(settings(2, Synchronous::Off).validate().is_ok());
        assert!(settings(2, Synchronous::First(2)).validate().is_ok());
        for (followers, synchronous) in
            [(0, Synchronous::Off), (7, Synchronous::Off), (2, Synchronous::Any(3)), (2, Synchronous::First(0))]
        {
            let refused = settings(followers, synchronous).validate().expect_err("refused").to_string();
            assert!(refused.contains("followers"), "{refused}");
        }
    }

    #[test]
    fn standby_names_are_written_as_postgresql_reads_them() {
        assert_eq!(Synchronous::Off.standby_names(&["node2", "node3"]), "");
        assert_eq!(Synchronous::First(1).standby_names(&["node2", "node3"]), "FIRST 1 (node2, node3)");
        assert_eq!(Synchronous::Any(2).standby_names(&["node1", "node3"]), "ANY 2 (node1, node3)");
    }
}
