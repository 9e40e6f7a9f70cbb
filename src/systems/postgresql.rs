//! PostgreSQL: physical streaming replication, `synchronous_commit` and `synchronous_standby_names`.
//!
//! Source: PostgreSQL 18 documentation, 19.5.1 (`synchronous_commit` and its table of modes), 19.6.2 (`synchronous_standby_names`),
//! 26.2.8 and 26.3; `WAIT FOR LSN` is documented from version 19 on.

use super::{Row, Terms, level};
use crate::router::{OnMiss, ReadMode};
use crate::scenario::{AckSpec, LevelSpec, OnLossSpec, ReadSpec, SelectionSpec, Shard, SyncSpec, VisibilitySpec};

/// One row of the documentation's table of `synchronous_commit` modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durability {
    /// The value of `synchronous_commit`.
    pub mode: &'static str,
    /// A commit survives a crash of the primary.
    pub local: bool,
    /// A commit survives on the standby if the standby's PostgreSQL crashes.
    pub standby_process_crash: bool,
    /// A commit survives on the standby if the standby's operating system crashes.
    pub standby_system_crash: bool,
    /// A query at the standby sees the commit.
    pub standby_query: bool,
}

/// The durability of each mode of `synchronous_commit` (PostgreSQL 18 documentation, 19.5.1, table of modes).
pub const DURABILITY: [Durability; 5] = [
    row("remote_apply", [true, true, true, true]),
    row("on", [true, true, true, false]),
    row("remote_write", [true, true, false, false]),
    row("local", [true, false, false, false]),
    row("off", [false, false, false, false]),
];

const fn row(mode: &'static str, cells: [bool; 4]) -> Durability {
    let [local, standby_process_crash, standby_system_crash, standby_query] = cells;
    Durability { mode, local, standby_process_crash, standby_system_crash, standby_query }
}

/// The value of `synchronous_commit` that waits as the lab's rule does.
pub(super) fn mode(level: Option<LevelSpec>) -> &'static str {
    match level {
        None => "local",
        Some(LevelSpec::Received) => "remote_write",
        Some(LevelSpec::Flushed) => "on",
        Some(LevelSpec::Applied) => "remote_apply",
    }
}

/// What the lab's settings are called here.
pub(super) const TERMS: Terms = Terms { acknowledgement, follower_lost, visibility, reading, failover };

fn failover(row: Row<'_>) {
    row.has("pg_promote()", "A standby becomes a primary on a new timeline; the lab calls the timeline an epoch.")
        .but("PostgreSQL neither detects failures nor chooses: a tool such as Patroni does. The old primary returns through pg_rewind.");
}

fn visibility(shard: &Shard, row: Row<'_>) {
    match shard.visibility {
        VisibilitySpec::Acknowledged => row.has(
            "nothing to set",
            "A commit that waits for a standby is not visible to other sessions of the primary.",
        ),
        VisibilitySpec::Flushed => {
            row.lacks("PostgreSQL always waits first: what is not acknowledged is not visible.")
        }
    }
    .but("A standby may show a commit before the primary does: reading at the standby and then at the primary can go back in time.");
}

/// A standby's name as `synchronous_standby_names` wants it: anything but a plain identifier is quoted.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn standby_names(rule: &SyncSpec) -> String {
    let names: Vec<String> = rule.followers.iter().map(|name| quoted(name)).collect();
    let word = match rule.selection {
        SelectionSpec::First => "FIRST",
        SelectionSpec::Any => "ANY",
    };
    format!("{word} {} ({})", rule.k, names.join(", "))
}

fn acknowledgement(shard: &Shard, row: Row<'_>) {
    let commit = mode(level(shard));
    let told = match &shard.ack {
        AckSpec::Async => row.has(
            "synchronous_standby_names = ''",
            "A commit survives a crash of the primary. It is lost if a standby is promoted that has not received it.",
        ),
        AckSpec::Sync(rule) => row.has(
            format!("synchronous_commit = {commit}; synchronous_standby_names = '{}'", standby_names(rule)),
            match rule.level {
                LevelSpec::Received => {
                    "The standby's operating system has the commit. It is lost if that system crashes together with the primary."
                }
                LevelSpec::Flushed => "The standby's disk has the commit. A query there may not see it yet.",
                LevelSpec::Applied => "The standby's disk has the commit and queries there see it.",
            },
        ),
    };
    told.but(match &shard.ack {
        AckSpec::Async => "synchronous_commit = off would not even wait for the primary's disk; the lab's leader always does.",
        AckSpec::Sync(_) => {
            "Only standbys are counted, not the primary. Cancelling a waiting commit returns a warning: it stays committed on the primary and may be missing on the standby, so its outcome is open."
        }
    });
}

fn follower_lost(rule: &SyncSpec, row: Row<'_>) {
    match rule.on_loss {
        OnLossSpec::Block => {
            row.has("nothing to set", "Commits wait, for ever if need be. They are already durable on the primary.")
                .but("After a restart of the primary, commits that were waiting are simply committed.");
        }
        OnLossSpec::FallBackToAsync(_) => {
            row.lacks("There is no time-out: an operator, or a tool, takes the standby out of synchronous_standby_names.");
        }
        OnLossSpec::PromoteNext(_) => {
            row.has("FIRST k (…)", "The next standby of the list takes the place of one that disconnects.")
                .but("PostgreSQL reacts to the lost connection (wal_sender_timeout), the lab to silence while a write waits.");
        }
    }
}

fn reading(read: &ReadSpec, row: Row<'_>) {
    let told = match read.mode {
        ReadMode::Leader => {
            row.has("target_session_attrs=primary", "The session reads at whatever node says that it is the primary.")
        }
        ReadMode::AnyFollower => {
            row.has("target_session_attrs=standby load_balance_hosts=random", "A hot standby shows what it has replayed, however old.")
        }
        ReadMode::SessionConsistent => row.has(
            "after a write: pg_current_wal_insert_lsn(); before a read: WAIT FOR LSN '…' (version 19)",
            match read.on_miss {
                OnMiss::Leader => "The read waits until the standby has replayed the position. Going to the primary instead is left to the application.",
                OnMiss::WaitThenLeader(_) => "The read waits for its time-out; on a time-out the application goes to the primary.",
                OnMiss::WaitThenFail(_) | OnMiss::Fail => "The read waits for its time-out and then fails.",
            },
        ),
        ReadMode::PinnedFollower => row.has("Pgpool-II: statement_level_load_balance = off", "A session stays at the standby that it was given."),
        ReadMode::StickyLeader => row.has("Pgpool-II: disable_load_balance_on_write", "After a write, reads go to the primary."),
        ReadMode::BoundedStaleness => row.has("Pgpool-II: delay_threshold", "A standby that is further behind is left out."),
        ReadMode::BestEffortFresh => row.has("Pgpool-II: prefer_lower_delay_standby", "The standby that was less behind is preferred."),
        ReadMode::Guarantees => {
            row.lacks("Positions can be waited for; which ones, for which guarantee, is left to the application.");
            return;
        }
    };
    match read.mode {
        ReadMode::Leader => told.but("A primary that was deposed without knowing it still answers; fencing it is the task of the failover tool."),
        ReadMode::AnyFollower => told.but("A long query at a standby may be cancelled, or hold replay back; the lab's reads take no time."),
        ReadMode::PinnedFollower | ReadMode::Guarantees => told.but("A new session may get another standby."),
        ReadMode::StickyLeader => told.but("Until the end of the transaction or of the session, not for a length of time."),
        ReadMode::BoundedStaleness | ReadMode::BestEffortFresh => told.but("The pooler asks now and then; no standby refuses."),
        ReadMode::SessionConsistent => told.but(
            "The command compares the position only, not the timeline: after a failover the number can pass although the write is gone. Before version 19 the application polls pg_last_wal_replay_lsn().",
        ),
    }
}
