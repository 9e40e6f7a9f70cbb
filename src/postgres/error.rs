//! What can go wrong with a server, and what to do about it.
//!
//! The server's codes of errors (`SQLSTATE`, appendix A of the PostgreSQL manual) are told apart where a reader has to do something else. What
//! waiting does not mend is *lasting*: the router gives up at once.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::history::HistoryError;
use crate::lsn::Epoch;
use crate::routing::ClusterId;

/// What went wrong with a server.
#[derive(Debug)]
pub enum PostgresError {
    /// It cannot be reached, or has closed the connection.
    Unreachable(tokio_postgres::Error),
    /// It did not answer in time.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// All connections of the pool are in use.
    PoolExhausted {
        /// How many there are.
        size: usize,
    },
    /// It starts, stops, or changes its role.
    NotReady,
    /// User, password or `pg_hba.conf` do not fit.
    Refused(tokio_postgres::Error),
    /// The database is not there.
    NoDatabase(tokio_postgres::Error),
    /// The role may not see where the server stands.
    RightsMissing {
        /// The role, where it is known.
        role: Option<String>,
    },
    /// The server belongs to another cluster than the others.
    OtherCluster {
        /// The cluster of the others: their system identifier.
        expected: ClusterId,
        /// That of this server.
        found: ClusterId,
    },
    /// The server does not have the history of its timeline.
    TimelineUnknown {
        /// The timeline.
        timeline: Epoch,
    },
    /// The server's timeline history cannot be read.
    History(HistoryError),
    /// The server refused a statement of the router for another reason.
    Server(tokio_postgres::Error),
}

impl PostgresError {
    /// Whether waiting does not mend it.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            PostgresError::Refused(_)
            | PostgresError::NoDatabase(_)
            | PostgresError::RightsMissing { .. }
            | PostgresError::OtherCluster { .. }
            | PostgresError::History(_) => true,
            PostgresError::Unreachable(_)
            | PostgresError::TimedOut { .. }
            | PostgresError::PoolExhausted { .. }
            | PostgresError::NotReady
            | PostgresError::TimelineUnknown { .. }
            | PostgresError::Server(_) => false,
        }
    }
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> PostgresError {
        match kind(error.code(), error.is_closed()) {
            Kind::Unreachable => PostgresError::Unreachable(error),
            Kind::NotReady => PostgresError::NotReady,
            Kind::Refused => PostgresError::Refused(error),
            Kind::NoDatabase => PostgresError::NoDatabase(error),
            Kind::RightsMissing => PostgresError::RightsMissing { role: None },
            Kind::Server => PostgresError::Server(error),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unreachable,
    NotReady,
    Refused,
    NoDatabase,
    RightsMissing,
    Server,
}

/// What a code stands for; without one the server has not answered.
fn kind(code: Option<&SqlState>, closed: bool) -> Kind {
    let Some(code) = code else { return Kind::Unreachable };
    let is = |codes: &[SqlState]| codes.contains(code);
    if is(&[SqlState::CANNOT_CONNECT_NOW, SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE]) {
        Kind::NotReady
    } else if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        Kind::Refused
    } else if is(&[SqlState::INVALID_CATALOG_NAME]) {
        Kind::NoDatabase
    } else if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
        Kind::RightsMissing
    } else if closed || is(&[SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::TOO_MANY_CONNECTIONS]) {
        Kind::Unreachable
    } else {
        Kind::Server
    }
}

/// An error of the driver with what it knows of its cause, which its own text leaves out.
fn whole(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl fmt::Display for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PostgresError::Unreachable(error) => {
                write!(f, "cannot be reached ({}): see that it runs, and that host and port are right", whole(error))
            }
            PostgresError::TimedOut { after } => write!(f, "did not answer within {after:?}: see whether it hangs"),
            PostgresError::PoolExhausted { size } => {
                write!(f, "all {size} connections are in use: allow more, or hold them for a shorter time")
            }
            PostgresError::NotReady => f.write_str("starts, stops or changes its role: try again in a moment"),
            PostgresError::Refused(error) => {
                write!(f, "refuses the connection ({}): see user, password and pg_hba.conf", whole(error))
            }
            PostgresError::NoDatabase(error) => write!(f, "has no such database ({}): see dbname", whole(error)),
            PostgresError::RightsMissing { role } => {
                let role = role.as_deref().unwrap_or("ROLE");
                write!(
                    f,
                    "the role may not see where the server stands: as a superuser, GRANT pg_monitor TO \"{role}\"; \
                     GRANT EXECUTE ON FUNCTION pg_read_file(text) TO \"{role}\", in the database of the connection"
                )
            }
            PostgresError::OtherCluster { expected, found } => write!(
                f,
                "belongs to the cluster {} and the others to {}: leave its host out, or make it a follower of theirs",
                found.0, expected.0
            ),
            PostgresError::TimelineUnknown { timeline } => write!(
                f,
                "does not have the history of its timeline {timeline}: restore {} from the archive",
                super::history::file_name(*timeline)
            ),
            PostgresError::History(error) => write!(f, "{error}: restore the file from the archive"),
            PostgresError::Server(error) => write!(f, "refused a statement of the router: {}", whole(error)),
        }
    }
}

impl Error for PostgresError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_by_what_there_is_to_do() {
        for (code, closed, expected) in [
            (None, true, Kind::Unreachable),
            (None, false, Kind::Unreachable),
            (Some(SqlState::CANNOT_CONNECT_NOW), false, Kind::NotReady),
            (Some(SqlState::INVALID_PASSWORD), false, Kind::Refused),
            (Some(SqlState::INVALID_CATALOG_NAME), false, Kind::NoDatabase),
            (Some(SqlState::INSUFFICIENT_PRIVILEGE), false, Kind::RightsMissing),
            (Some(SqlState::ADMIN_SHUTDOWN), false, Kind::Unreachable),
            (Some(SqlState::SYNTAX_ERROR), false, Kind::Server),
        ] {
            assert_eq!(kind(code.as_ref(), closed), expected, "{code:?}");
        }
    }

    #[test]
    fn an_error_says_what_to_do() {
        let rights = PostgresError::RightsMissing { role: Some("app".to_owned()) };
        assert!(rights.is_lasting() && rights.to_string().contains("GRANT pg_monitor TO \"app\""), "{rights}");
        let other = PostgresError::OtherCluster { expected: ClusterId(1), found: ClusterId(2) };
        assert_eq!(
            other.to_string(),
            "belongs to the cluster 2 and the others to 1: leave its host out, or make it a follower of theirs"
        );
        assert!(!PostgresError::NotReady.is_lasting());
    }
}
