//! What a configuration with several leaders is called in real systems, and what the lab leaves out of them.
//!
//! Sources: PostgreSQL 18 documentation, 29.7 "Conflicts", and `CREATE SUBSCRIPTION` (`origin`, since version 16); MySQL 8.4 Reference Manual,
//! 20.1.3.2 "Multi-Primary Mode" and 19.1.6.2 (`auto_increment_increment`, `auto_increment_offset`); CouchDB documentation, "Replication and conflict
//! model"; Cassandra documentation, "Dynamo" (timestamps of cells); Amazon DynamoDB Developer Guide, "Global tables"; Azure Cosmos DB,
//! "Conflict types and resolution policies".

use crate::scenario::{ConflictRule, NumbersSpec, Shard, TopologySpec, WinnerClock};

/// A real system in which several places take writes.
#[derive(Clone, Copy, Debug)]
pub struct SeveralLeaders {
    /// The system, in the way of working that is meant.
    pub system: &'static str,
    /// The settings of the lab that come nearest.
    pub here: &'static str,
    /// What to write into its configuration, or which command to use.
    pub setting: &'static str,
    /// What that promises.
    pub promise: &'static str,
    /// What the lab leaves out, or where the system differs from it.
    pub differs: &'static str,
    fits: fn(&Shard) -> bool,
}

impl SeveralLeaders {
    /// Whether a shard's settings are those that come nearest.
    #[must_use]
    pub fn fits(&self, shard: &Shard) -> bool {
        (self.fits)(shard)
    }
}

/// Whether the writes of some key are resolved so; without a rule the last writer wins by machine clocks.
fn resolves(shard: &Shard, wanted: impl Fn(&ConflictRule) -> bool) -> bool {
    let fallback = ConflictRule::default();
    let named = shard.conflicts.iter().map(|conflict| &conflict.rule);
    let general = shard.conflicts.iter().any(|conflict| conflict.keys.is_empty());
    named.chain((!general).then_some(&fallback)).any(wanted)
}

fn by_machine_clocks(shard: &Shard) -> bool {
    resolves(shard, |rule| *rule == ConflictRule::LastWriteWins(WinnerClock::Physical))
}

/// The systems, in the order of the panel.
pub const SEVERAL_LEADERS: [SeveralLeaders; 8] = [
    SeveralLeaders {
        system: "PostgreSQL, logical replication both ways",
        here: "topology all-to-all, delivery as-it-comes; its rule has no counterpart: what arrives last stays",
        setting: "CREATE SUBSCRIPTION … WITH (origin = none, copy_data = false) (version 16); track_commit_timestamp = on",
        promise: "Each node sends only what was written at it, so that nothing goes round. Version 18 logs conflicts and counts them in pg_stat_subscription_stats (confl_update_origin_differs, confl_insert_exists and others).",
        differs: "No rule decides: an update is applied whoever wrote the row before, so that two nodes may swap their values and stay different; insert_exists stops the subscription until somebody resolves it; a missing row skips the update, as in the lab. pgEdge Spock and EDB Postgres Distributed add last-update-wins.",
        fits: |shard| shard.topology == TopologySpec::AllToAll,
    },
    SeveralLeaders {
        system: "MySQL Group Replication, multi-primary",
        here: "no counterpart: conflicts are found before the acknowledgement; nearest is avoid",
        setting: "group_replication_single_primary_mode = OFF; group_replication_enforce_update_everywhere_checks = ON",
        promise: "Transactions are ordered by a consensus of the group and certified: of two that changed the same row the first to be ordered commits, the other is rolled back and its client is told.",
        differs: "The lab's leaders acknowledge at once and ask nobody. A group needs a majority to go on; serializable transactions and cascading foreign keys are refused.",
        fits: |shard| resolves(shard, |rule| matches!(rule, ConflictRule::Avoid(_))),
    },
    SeveralLeaders {
        system: "MySQL, circular replication",
        here: "topology ring, numbers interleaved",
        setting: "CHANGE REPLICATION SOURCE TO …; log_replica_updates = ON; a server_id for each; auto_increment_increment = number of servers; auto_increment_offset = place",
        promise: "A server drops what carries its own server_id; numbers of new rows never meet.",
        differs: "Nothing resolves conflicts: a duplicate key stops the replica's SQL thread, and other rows silently differ. An event carries the id of its first server only: if that one has left the ring the event goes round for ever (CHANGE REPLICATION SOURCE … IGNORE_SERVER_IDS). The lab's tags name every node passed.",
        fits: |shard| shard.topology == TopologySpec::Ring || shard.numbers == NumbersSpec::Interleaved,
    },
    SeveralLeaders {
        system: "CouchDB",
        here: "conflicts siblings",
        setting: "POST /_replicate or the _replicator database, continuous, in both directions; GET /db/doc?conflicts=true",
        promise: "Concurrent revisions stay as leaves of a tree until somebody deletes all but one. Every node shows the same winner: the longest history, then the highest revision.",
        differs: "Readers are shown one winner unless they ask for conflicts; the lab shows all versions. A write names one revision that it replaces (_rev), where a context of the lab covers several. Old revisions are forgotten (_revs_limit).",
        fits: |shard| resolves(shard, |rule| *rule == ConflictRule::Siblings),
    },
    SeveralLeaders {
        system: "Cassandra, ScyllaDB",
        here: "conflicts last-write-wins by physical clocks",
        setting: "USING TIMESTAMP, else the clock of client or coordinator; CL = LOCAL_ONE; gc_grace_seconds for tombstones",
        promise: "Of each cell the largest timestamp wins, equal ones by a deletion, then by the larger value.",
        differs: "These are leaderless: replicas of several data centres, with hints and repair. They decide cell by cell, so that a row may mix two writes. The lab breaks ties by leader, and keeps tombstones for ever.",
        fits: by_machine_clocks,
    },
    SeveralLeaders {
        system: "DynamoDB global tables (MREC)",
        here: "topology all-to-all, conflicts last-write-wins by physical clocks",
        setting: "version 2019.11.21, multi-Region eventual consistency",
        promise: "Each region takes writes and acknowledges by itself; of concurrent writes of an item the last one stays everywhere. A condition is checked in its own region only.",
        differs: "The time stamp is the service's own. The other mode, multi-Region strong consistency, asks another region first and refuses one of two writes; the lab has no such leaders.",
        fits: by_machine_clocks,
    },
    SeveralLeaders {
        system: "Azure Cosmos DB, multi-region writes",
        here: "conflicts last-write-wins by physical clocks; read mode session-consistent",
        setting: "enableMultipleWriteLocations: true; conflictResolutionPolicy { mode: LastWriterWins, conflictResolutionPath: /_ts }",
        promise: "The item with the larger number under the path stays; any number of the item may be named. Session tokens keep a session's own writes and reads.",
        differs: "A deletion wins over an update. Numbers that the application writes may be logical clocks, which the lab has as rules of their own.",
        fits: by_machine_clocks,
    },
    SeveralLeaders {
        system: "Azure Cosmos DB, custom resolution",
        here: "conflicts siblings (the feed), or union, cart, maximum, sum (a procedure)",
        setting: "conflictResolutionPolicy { mode: Custom, conflictResolutionProcedure: … }",
        promise: "A stored procedure gets both items and writes one; without one, or if it fails, conflicts wait in the conflicts feed.",
        differs: "The procedure runs once, at one region, and its result is replicated. The lab's rules are worked out anew wherever versions meet, and must come to the same.",
        fits: |shard| {
            resolves(shard, |rule| {
                matches!(
                    rule,
                    ConflictRule::Siblings | ConflictRule::Union | ConflictRule::Cart | ConflictRule::Maximum | ConflictRule::Sum
                )
            })
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ConflictSpec;

    fn fitting(shard: &Shard) -> Vec<&'static str> {
        SEVERAL_LEADERS.iter().filter(|system| system.fits(shard)).map(|system| system.system).collect()
    }

    #[test]
    fn a_configuration_finds_its_systems() {
        let last = fitting(&Shard::default());
        assert!(last.contains(&"Cassandra, ScyllaDB") && !last.contains(&"CouchDB"), "{last:?}");
        let conflicts = vec![ConflictSpec { keys: Vec::new(), rule: ConflictRule::Siblings }];
        let ring = fitting(&Shard { topology: TopologySpec::Ring, conflicts, ..Shard::default() });
        assert_eq!(ring, ["MySQL, circular replication", "CouchDB", "Azure Cosmos DB, custom resolution"]);
    }
}
