//! What can go wrong with a cluster of real servers. Each error names the node or the folder, and says what to do where
//! somebody can do something.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why something could not be done.
#[derive(Debug)]
pub enum Error {
    /// PostgreSQL's programs were found nowhere.
    NotInstalled {
        /// The folders that were looked at.
        searched: Vec<PathBuf>,
    },
    /// The caller is root, as whom servers refuse to run, and no other account is there.
    NoAccount,
    /// The account of the servers cannot enter the folder or write there.
    Unreachable {
        /// The folder of the cluster.
        folder: PathBuf,
        /// The account.
        account: String,
    },
    /// Another process that is alive has a cluster in this folder.
    InUse {
        /// The folder of the cluster.
        folder: PathBuf,
        /// The number of that process, as it wrote it down.
        owner: String,
    },
    /// No process takes orders for a cluster in this folder.
    NotServed {
        /// The folder of the cluster.
        folder: PathBuf,
    },
    /// The process that owns a cluster could not do what was asked.
    Refused {
        /// What it said.
        why: String,
    },
    /// The folder holds files that no cluster has made, and is left as it is.
    ForeignFolder {
        /// The folder that was given.
        folder: PathBuf,
    },
    /// A setting that makes no sense.
    Setting {
        /// What is wrong, and what would be right.
        why: String,
    },
    /// No node has this name.
    NoNode {
        /// The name that was given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The node is not in the state that was needed.
    State {
        /// The node.
        node: String,
        /// What it would have to be, as in `node2 is not running`.
        is: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The node has log records that the new primary has not: it cannot go on as its follower.
    Diverged {
        /// The node.
        node: String,
        /// How far its log goes, as PostgreSQL writes it.
        received: String,
        /// How much of that belongs to the log of the new primary.
        switchpoint: String,
    },
    /// A program could not be started, or failed.
    Program {
        /// Its name.
        program: String,
        /// The status or the reason.
        why: String,
        /// What it said, shortened.
        output: String,
    },
    /// A server ended by itself while it was started.
    Exited {
        /// The node.
        node: String,
        /// Its status.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// A statement failed.
    Statement {
        /// The node.
        node: String,
        /// The statement.
        statement: String,
        /// What the server or `psql` said.
        message: String,
    },
    /// Something did not come about in time.
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
        /// What was seen last.
        seen: String,
    },
    /// The file system or a socket failed.
    Io {
        /// What was attempted, as in `create`.
        what: &'static str,
        /// The file or address.
        place: String,
        /// The reason.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: what was attempted with a file.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let place = path.display().to_string();
        move |source| Self::Io { what, place, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled { searched } => {
                let places: Vec<String> = searched.iter().map(|place| place.display().to_string()).collect();
                write!(
                    f,
                    "no PostgreSQL server of version 14 or later found in {}: install it (Debian: `apt-get install postgresql`), or \
                     name its folder of programs in POSTGRES_BIN",
                    places.join(", ")
                )
            }
            Self::NoAccount => {
                write!(f, "servers do not run as root, and there is no account `postgres` or `nobody`: run this as another user")
            }
            Self::Unreachable { folder, account } => {
                write!(f, "`{account}`, as whom the servers run, cannot write in {}: choose another folder", folder.display())
            }
            Self::InUse { folder, owner } => {
                write!(f, "process {owner} has a cluster in {}: stop that one first", folder.display())
            }
            Self::NotServed { folder } => write!(f, "no cluster is up in {}", folder.display()),
            Self::Refused { why } => write!(f, "{why}"),
            Self::ForeignFolder { folder } => {
                write!(f, "{} holds files that are no cluster's, which are left alone: choose another folder", folder.display())
            }
            Self::Setting { why } => write!(f, "{why}"),
            Self::NoNode { name, known } => write!(f, "no node is called `{name}`: choose from {}", known.join(", ")),
            Self::State { node, is, advice } => write!(f, "{node} {is}: {advice}"),
            Self::Diverged { node, received, switchpoint } => write!(
                f,
                "{node} has log records up to {received}, and the new primary has them only up to {switchpoint}: rewind it"
            ),
            Self::Program { program, why, output } => write!(f, "`{program}` failed ({why}): {output}"),
            Self::Exited { node, status, log } => write!(f, "the server of {node} ended ({status}), its log ends with\n{log}"),
            Self::Statement { node, statement, message } => write!(f, "`{statement}` failed at {node}: {message}"),
            Self::TimedOut { what, after, seen } => write!(f, "waited {} ms for {what}, last seen: {seen}", after.as_millis()),
            Self::Io { what, place, source } => write!(f, "cannot {what} {place}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::NotInstalled { .. }
            | Self::NoAccount
            | Self::Unreachable { .. }
            | Self::InUse { .. }
            | Self::NotServed { .. }
            | Self::Refused { .. }
            | Self::ForeignFolder { .. }
            | Self::Setting { .. }
            | Self::NoNode { .. }
            | Self::State { .. }
            | Self::Diverged { .. }
            | Self::Program { .. }
            | Self::Exited { .. }
            | Self::Statement { .. }
            | Self::TimedOut { .. } => None,
        }
    }
}

/// The end of a text that may be long.
pub(crate) fn ending(text: &str) -> String {
    const LINES: usize = 12;
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
