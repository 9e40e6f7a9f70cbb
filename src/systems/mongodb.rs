//! MongoDB: a replica set with write concern, read preference and causally consistent sessions.
//!
//! Source: MongoDB manual, "Write Concern", "Read Concern", "Read Preference", "Causal Consistency and Read and Write Concerns",
//! "Replica Set Elections" and "Rollbacks During Replica Set Failover".

use super::{Aspect, Rows};
use crate::router::ReadMode;
use crate::scenario::{AckSpec, LevelSpec, OnLossSpec, ReadSpec, Shard, VisibilitySpec};

pub(super) fn rows(shard: &Shard, read: &ReadSpec, rows: &mut Rows) {
    acknowledgement(shard, rows);
    follower_lost(shard, rows);
    visibility(shard, rows);
    reading(read, rows);
    rows.has(
        Aspect::Failover,
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

fn acknowledgement(shard: &Shard, rows: &mut Rows) {
    match &shard.ack {
        AckSpec::Async => rows
            .has(
                Aspect::Acknowledgement,
                "w: 1, j: true",
                "The primary's journal has the write. It is rolled back if another member becomes primary without it.",
            )
            .but("The default since version 5.0 is w: \"majority\"."),
        AckSpec::Sync(rule) => {
            let concern = w(rule.k + 1, shard);
            let row = match rule.level {
                LevelSpec::Received => rows.lacks(
                    Aspect::Acknowledgement,
                    format!("A member never acknowledges what it has only received. Nearest is {concern}, j: false."),
                ),
                LevelSpec::Flushed | LevelSpec::Applied => rows.has(
                    Aspect::Acknowledgement,
                    format!("{concern}, j: true"),
                    "That many members, the primary included, have applied the write and have it in their journals.",
                ),
            };
            row.but("Any members that hold data are counted: there is no list of names and no first k. Members with tags can be asked for by a custom write concern.");
        }
    }
}

fn follower_lost(shard: &Shard, rows: &mut Rows) {
    let AckSpec::Sync(rule) = &shard.ack else { return };
    match rule.on_loss {
        OnLossSpec::Block => rows
            .has(Aspect::FollowerLost, "wtimeout: 0 (the default)", "The write waits until enough members have it.")
            .but("With a wtimeout the client gets an error, but the write stays: its outcome is open."),
        OnLossSpec::FallBackToAsync(_) => {
            let why =
                "A write concern is never lowered on the way: the client gets an error after wtimeout, and the write stays.";
            rows.lacks(Aspect::FollowerLost, why);
        }
        OnLossSpec::PromoteNext(_) => {
            rows.lacks(Aspect::FollowerLost, "Not needed: any members that hold data are counted.");
        }
    }
}

fn visibility(shard: &Shard, rows: &mut Rows) {
    match shard.visibility {
        VisibilitySpec::Acknowledged => rows
            .has(
                Aspect::Visibility,
                "readConcern: \"majority\"",
                "A read shows only what a majority has, and what therefore cannot be rolled back.",
            )
            .but("The majority is always that of the whole replica set, whatever the write concern."),
        VisibilitySpec::Flushed => {
            let promise = "A read shows what the member has, even if it is rolled back later.";
            rows.has(Aspect::Visibility, "readConcern: \"local\" (the default)", promise);
        }
    }
}

fn reading(read: &ReadSpec, rows: &mut Rows) {
    match read.mode {
        ReadMode::Leader => rows
            .has(Aspect::Reading, "readPreference: \"primary\"", "The driver reads at the member that it takes for the primary.")
            .but("For a short time there can be two. readConcern \"linearizable\" makes the primary ask a majority first, for reads of a single document."),
        ReadMode::AnyFollower => rows
            .has(Aspect::Reading, "readPreference: \"secondary\"", "A secondary shows what it has applied, however old.")
            .but("maxStalenessSeconds keeps away from secondaries that are estimated to be too far behind, but not less than 90 s."),
        ReadMode::SessionConsistent => rows
            .has(
                Aspect::Reading,
                "a causally consistent session; readConcern: \"majority\", writeConcern: { w: \"majority\" }",
                "The session sends afterClusterTime, and a secondary waits until it has that time. All four session guarantees hold.",
            )
            .but("With w: 1, or with readConcern \"local\", some of the four do not survive a failover. A read waits up to maxTimeMS and does not go to the primary by itself."),
    }
}
