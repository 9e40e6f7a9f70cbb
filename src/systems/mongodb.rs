//! MongoDB: a replica set with write concern, read preference and causally consistent sessions.
//!
//! Source: MongoDB manual, "Write Concern", "Read Concern", "Read Preference", "Causal Consistency and Read and Write Concerns",
//! "Replica Set Elections" and "Rollbacks During Replica Set Failover".

use super::{Row, Terms};
use crate::router::ReadMode;
use crate::scenario::{AckSpec, LevelSpec, OnLossSpec, ReadSpec, Shard, SyncSpec, VisibilitySpec};

/// What the lab's settings are called here.
pub(super) const TERMS: Terms = Terms { acknowledgement, follower_lost, visibility, reading, failover };

fn failover(row: Row<'_>) {
    row.has(
        "electionTimeoutMillis = 10000 (the default)",
        "A member that hears nothing from the primary stands for election and needs a majority of the votes; the term is the lab's epoch.",
    )
    .but("Writes that the old primary alone has are rolled back when it returns, and kept in files for an operator.");
}

/// The write concern that waits for so many members, the primary among them.
fn w(members: usize, shard: &Shard) -> String {
    let all = shard.followers.len() + 1;
    if members == all / 2 + 1 {
        format!("w: {members} (in this group the same number as \"majority\")")
    } else {
        format!("w: {members}")
    }
}

fn acknowledgement(shard: &Shard, row: Row<'_>) {
    match &shard.ack {
        AckSpec::Async => row
            .has(
                "w: 1, j: true",
                "The primary's journal has the write. It is rolled back if another member becomes primary without it.",
            )
            .but("The default since version 5.0 is w: \"majority\"."),
        AckSpec::Sync(rule) => {
            let concern = w(rule.k + 1, shard);
            let told = match rule.level {
                LevelSpec::Received => {
                    row.lacks(format!("A member never acknowledges what it has only received. Nearest is {concern}, j: false."))
                }
                LevelSpec::Flushed | LevelSpec::Applied => row.has(
                    format!("{concern}, j: true"),
                    "That many members, the primary included, have applied the write and have it in their journals.",
                ),
            };
            told.but("Any members that hold data are counted: there is no list of names and no first k. Members with tags can be asked for by a custom write concern.");
        }
    }
}

fn follower_lost(rule: &SyncSpec, row: Row<'_>) {
    match rule.on_loss {
        OnLossSpec::Block => row
            .has("wtimeout: 0 (the default)", "The write waits until enough members have it.")
            .but("With a wtimeout the client gets an error, but the write stays: its outcome is open."),
        OnLossSpec::FallBackToAsync(_) => {
            let why =
                "A write concern is never lowered on the way: the client gets an error after wtimeout, and the write stays.";
            row.lacks(why);
        }
        OnLossSpec::PromoteNext(_) => {
            row.lacks("Not needed: any members that hold data are counted.");
        }
    }
}

fn visibility(shard: &Shard, row: Row<'_>) {
    match shard.visibility {
        VisibilitySpec::Acknowledged => row
            .has("readConcern: \"majority\"", "A read shows only what a majority has, and what therefore cannot be rolled back.")
            .but("The majority is always that of the whole replica set, whatever the write concern."),
        VisibilitySpec::Flushed => {
            let promise = "A read shows what the member has, even if it is rolled back later.";
            row.has("readConcern: \"local\" (the default)", promise);
        }
    }
}

fn reading(read: &ReadSpec, row: Row<'_>) {
    match read.mode {
        ReadMode::Leader => row
            .has("readPreference: \"primary\"", "The driver reads at the member that it takes for the primary.")
            .but("For a short time there can be two. readConcern \"linearizable\" makes the primary ask a majority first, for reads of a single document."),
        ReadMode::AnyFollower => row
            .has("readPreference: \"secondary\"", "A secondary shows what it has applied, however old.")
            .but("maxStalenessSeconds keeps away from secondaries that are estimated to be too far behind, but not less than 90 s."),
        ReadMode::SessionConsistent => row.has(
                "a causally consistent session; readConcern: \"majority\", writeConcern: { w: \"majority\" }",
                "The session sends afterClusterTime, and a secondary waits until it has that time. All four session guarantees hold.",
            )
            .but("With w: 1, or with readConcern \"local\", some of the four do not survive a failover. A read waits up to maxTimeMS and does not go to the primary by itself."),
        ReadMode::PinnedFollower => row
            .has("readPreferenceTags=…", "A tag that only one member has keeps the reads at that member.")
            .but("If it is silent, the reads fail unless another tag is given behind it."),
        ReadMode::StickyLeader => {
            row.lacks("A driver does not change its read preference after a write; the application has to.");
        }
        ReadMode::BoundedStaleness => row
            .has("readPreference: \"secondary\", maxStalenessSeconds", "The driver leaves out secondaries that it estimates to be too far behind.")
            .but("Not less than 90 s, in time only, and by an estimate: no member refuses."),
        ReadMode::BestEffortFresh => {
            row.lacks("A driver chooses by distance, not by lag.");
        }
        ReadMode::Guarantees => {
            row.lacks("A causally consistent session has all guarantees or none; they cannot be chosen one by one.");
        }
    }
}
