//! MySQL: replication of the binary log, asynchronous or semi-synchronous.
//!
//! Source: MySQL 8.4 Reference Manual, 19.4.10 (semi-synchronous replication), 19.1.6.2 (its variables), 19.2.1 (binary log
//! formats), 14.18 (GTID functions).

use super::{Row, Terms};
use crate::router::{OnMiss, ReadMode};
use crate::scenario::{AckSpec, LevelSpec, OnLossSpec, ReadSpec, SelectionSpec, Shard, SyncSpec, VisibilitySpec};

/// What `rpl_semi_sync_source_timeout` is unless it is set, in milliseconds.
const TIMEOUT_DEFAULT_MS: u64 = 10_000;

/// What the lab's settings are called here.
pub(super) const TERMS: Terms = Terms { acknowledgement, follower_lost, visibility, reading, failover };

fn failover(row: Row<'_>) {
    row.has(
        "STOP REPLICA; CHANGE REPLICATION SOURCE TO …",
        "A replica is made the source by hand or by a tool such as Orchestrator; GTIDs say what each one has.",
    )
    .but("There is no epoch that fences the old source: super_read_only has to be set on it. Group Replication elects by majority.");
}

fn acknowledgement(shard: &Shard, row: Row<'_>) {
    let AckSpec::Sync(rule) = &shard.ack else {
        row.has(
            "rpl_semi_sync_source_enabled = OFF",
            "The source does not wait. A commit is lost if a replica is promoted that has not received it.",
        )
        .but("For the lab's durable leader, sync_binlog = 1 and innodb_flush_log_at_trx_commit = 1, which are the defaults.");
        return;
    };
    let enabled = format!("rpl_semi_sync_source_enabled = ON; rpl_semi_sync_source_wait_for_replica_count = {}", rule.k);
    let counted = match rule.selection {
        SelectionSpec::Any => "Any replicas that have the semi-synchronous plugin switched on are counted; names are not listed.",
        SelectionSpec::First => "There are no priorities: any replicas that have the plugin switched on are counted.",
    };
    match rule.level {
        LevelSpec::Received => row.has(enabled, "A replica acknowledges what stands in its relay log.").but(counted),
        LevelSpec::Flushed => row
            .has(
                format!("{enabled}; on the replicas sync_relay_log = 1"),
                "A replica acknowledges what stands in its relay log on disk. Queries there may not see it yet.",
            )
            .but(counted),
        LevelSpec::Applied => row
            .lacks("Semi-synchronous replication never waits for the replica to apply.")
            .but("Nearest is Group Replication with group_replication_consistency = AFTER."),
    }
}

fn follower_lost(rule: &SyncSpec, row: Row<'_>) {
    match rule.on_loss {
        OnLossSpec::Block => row.has(
                "rpl_semi_sync_source_timeout = 4294967295",
                "Commits wait for 49 days, which stands for \"for ever\": the variable has no such value.",
            )
            .but(format!("The default is {TIMEOUT_DEFAULT_MS} ms, and then the source goes on without waiting.")),
        OnLossSpec::FallBackToAsync(after) => row.has(
                format!("rpl_semi_sync_source_timeout = {}", after.0.div_ceil(1_000)),
                "After this many milliseconds the source goes on asynchronously, and semi-synchronously again once a replica has caught up.",
            )
            .but(format!(
                "The default is {TIMEOUT_DEFAULT_MS} ms. Clients are not told: only the status variable Rpl_semi_sync_source_status shows it, as the lab's badge does."
            )),
        OnLossSpec::PromoteNext(_) => row
            .lacks("There is no list of priorities: any replica with the plugin counts already.")
            .but(format!("After rpl_semi_sync_source_timeout, {TIMEOUT_DEFAULT_MS} ms by default, the source goes on asynchronously.")),
    }
}

fn visibility(shard: &Shard, row: Row<'_>) {
    if matches!(shard.ack, AckSpec::Async) {
        return;
    }
    match shard.visibility {
        VisibilitySpec::Acknowledged => row.has(
                "rpl_semi_sync_source_wait_point = AFTER_SYNC (the default)",
                "No session sees a transaction before a replica has it.",
            )
            .but("If the source crashes while it waits, a replica may hold a transaction whose client was never told: after a failover it is there."),
        VisibilitySpec::Flushed => row.has(
                "rpl_semi_sync_source_wait_point = AFTER_COMMIT",
                "Other sessions see a transaction while its own client still waits.",
            )
            .but("If the source is lost in this moment, what they saw is gone: the lab finds it as a read of a value that was then lost."),
    }
}

fn reading(read: &ReadSpec, row: Row<'_>) {
    match read.mode {
        ReadMode::Leader => row
            .has("connect to the source", "The session reads at the source.")
            .but("Which server that is, the application or a proxy has to know; a deposed source still answers."),
        ReadMode::AnyFollower => row
            .has("connect to any replica", "A replica shows what it has applied, however old.")
            .but("Seconds_Behind_Source compares with the relay log, not with the source: 0 does not mean that the replica has everything."),
        ReadMode::SessionConsistent => {
            let (setting, promise) = match read.on_miss {
                OnMiss::Leader => ("WAIT_FOR_EXECUTED_GTID_SET('…', 0)", "A time-out of 0 waits without end; going elsewhere instead is left to the application."),
                OnMiss::WaitThenLeader(_) | OnMiss::WaitThenFail(_) | OnMiss::Fail => {
                    ("WAIT_FOR_EXECUTED_GTID_SET('…', seconds)", "0 says that the replica has applied the session's writes, 1 that time ran out.")
                }
            };
            row.has(format!("session_track_gtids = OWN_GTID; before a read: {setting}"), promise)
                .but("The tracked GTIDs are those of the session's own writes: what it has read does not move the token, so reads may go back in time.")
        }
        ReadMode::PinnedFollower => row
            .has("one connection through MySQL Router's read-only port", "A connection stays at the replica that it was given.")
            .but("A new connection may get another one."),
        ReadMode::StickyLeader => {
            row.lacks("Left to the application or to the rules of a proxy.");
        }
        ReadMode::BoundedStaleness => row
            .has("ProxySQL: max_replication_lag", "The proxy leaves out replicas that are further behind.")
            .but("It asks now and then, and goes by Seconds_Behind_Source, which compares with the relay log; no replica refuses."),
        ReadMode::BestEffortFresh => {
            row.lacks("No replica is preferred for being less behind.");
        }
        ReadMode::Guarantees => {
            row.lacks("Own GTIDs give read-your-writes alone; the others cannot be asked for.");
        }
    }
}
