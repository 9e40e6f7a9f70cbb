//! The properties of histories, and their names: the one table from which checkers of runs and judges of records take them.
//!
//! A property that a history keeps is a guarantee, and one that it breaks is an anomaly; some have a name for each (no aborted reads, an
//! aborted read). [`crate::check`] looks at a run with all that a simulator knows, [`crate::judge`] at a record of clients; what both of
//! them look at is one property here, whatever the enums are called there. Names follow Terry et al. 1994 (sessions), Viotti and
//! Vukolić 2016 (consistency), and Adya 1999 with Cerone, Bernardi and Gotsman 2015 (isolation). They are part of files, links
//! and the command line, and do not change.

/// Makes the enum with its names: one for both, or `kept / broken`.
macro_rules! properties {
    ($($(#[$doc:meta])* $property:ident: $kept:literal $(/ $broken:literal)?;)*) => {
        /// What a history keeps or breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Property {
            $($(#[$doc])* $property,)*
        }

        impl Property {
            /// All properties, in the order of the table.
            pub const ALL: &[Property] = &[$(Property::$property),*];

            /// The name of the guarantee; of a property that only runs are checked for, that of the anomaly.
            #[must_use]
            pub const fn kept(self) -> &'static str {
                match self {
                    $(Property::$property => $kept,)*
                }
            }

            /// The name of the anomaly; of a property that only records are judged by, that of the guarantee.
            #[must_use]
            pub const fn broken(self) -> &'static str {
                match self {
                    $(Property::$property => properties!(@last $kept $(/ $broken)?),)*
                }
            }
        }
    };
    (@last $kept:literal) => { $kept };
    (@last $kept:literal / $broken:literal) => { $broken };
}

properties! {
    /// A session sees its own acknowledged writes.
    ReadYourWrites: "read-your-writes";
    /// What a session has seen, it does not lose again.
    MonotonicReads: "monotonic-reads";
    /// A session's writes take effect in its order.
    MonotonicWrites: "monotonic-writes";
    /// A write takes effect after what its session had read.
    WritesFollowReads: "writes-follow-reads";
    /// Who sees a write sees what it depends on.
    Causal: "causal";
    /// Who sees a write sees what came before it.
    ConsistentPrefix: "consistent-prefix";
    /// Every operation takes effect at one instant between its start and its end.
    Linearizability: "linearizable" / "linearizability";
    /// No read is staler than its bound.
    BoundedStaleness: "bounded-staleness";
    /// No read returns what was refused.
    NoAbortedReads: "no-aborted-reads" / "aborted-read";
    /// No read returns what nobody wrote.
    NoThinAirReads: "no-thin-air-reads" / "thin-air-read";
    /// What was acknowledged is not discarded.
    Durability: "no-lost-writes" / "lost-acknowledged-write";
    /// At any time one leader acknowledges.
    OneLeader: "split-brain";
    /// What was read is not discarded.
    CommittedReads: "dirty-then-lost";
    /// Replicas that have applied the same hold the same.
    Agreement: "divergence";
    /// No number is given to two rows.
    FreshNumbers: "reused-id";
    /// When nothing is left to happen, replicas hold the same.
    Convergence: "non-convergence";
    /// No two operations replace one value that both had read.
    NoLostUpdates: "no-lost-updates" / "lost-update";
    /// Of two writes of one key, one had seen the other.
    NoConflicts: "concurrent-write-conflict";
    /// What was deleted stays deleted.
    NoResurrections: "resurrected-delete";
    /// No update is applied twice.
    NoLoops: "replication-loop";
    /// No number is given out by two leaders.
    NoDuplicateIds: "duplicate-id";
    /// What each write demanded holds of all of them.
    ConstraintsKept: "constraint-broken";
    /// A read sees what was acknowledged before it began, where quorums overlap.
    QuorumReads: "stale-quorum-read";
    /// What has failed is not seen later.
    FailedWritesUnseen: "failed-write-visible";
    /// What is kept for another node comes to it.
    HintsKept: "hint-lost";
    /// Versions that are returned side by side had not seen each other.
    TrueSiblings: "false-siblings";
    /// What a replica shows of replicated data is what its updates mean.
    Meaning: "false-value";
    /// Each update of replicated data counts once.
    AppliedOnce: "duplicate-applied";
    /// A merge does not depend on which of two states is merged into the other.
    CommutativeMerge: "merge-not-commutative";
    /// A merge does not depend on how states are grouped.
    AssociativeMerge: "merge-not-associative";
    /// A merge of a state with itself changes nothing.
    IdempotentMerge: "merge-not-idempotent";
    /// Adya's PL-2.
    ReadCommitted: "read-committed";
    /// Who sees a transaction's write of one key sees its writes of all.
    ReadAtomic: "read-atomic";
    /// Transactions read from a snapshot, and of two that write one key one sees the other.
    SnapshotIsolation: "snapshot-isolation";
    /// Transactions take effect one after the other.
    Serializable: "serializable";
    /// Transactions take effect one after the other, each between its start and its end.
    StrictSerializable: "strict-serializable";
    /// Every read of a bank shows the same total.
    TotalKept: "total-kept";
    /// No account holds less than nothing.
    NoNegativeBalances: "no-negative-balances";
    /// Reads of a bank show one moment.
    SnapshotReads: "snapshot-reads";
    /// What was added stays, until it is taken out.
    NoLostElements: "no-lost-elements";
    /// What is known to be in a set is missing from no later read.
    NoStaleReads: "no-stale-reads";
    /// Nothing is shown, taken out or given out twice.
    NoDuplicates: "no-duplicates";
    /// A read of a counter lies between what increments allow.
    CounterBounds: "counter-bounds";
    /// A read of a quiet counter is a sum of its increments.
    FinalCount: "final-count";
    /// Values come out of a queue in the order in which they were put in.
    FifoOrder: "fifo-order";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Property;
    use crate::judge;
    use crate::router;
    use crate::scenario::Anomaly;

    #[test]
    fn every_name_means_one_property() {
        for name in [Property::kept, Property::broken] {
            let names: BTreeSet<&str> = Property::ALL.iter().map(|property| name(*property)).collect();
            assert_eq!(names.len(), Property::ALL.len(), "{names:?}");
        }
    }

    #[test]
    fn every_property_is_looked_at_by_somebody_and_once_by_each() {
        let checked: BTreeSet<Property> = Anomaly::ALL.iter().map(|anomaly| anomaly.property()).collect();
        let judged: BTreeSet<Property> = judge::Guarantee::ALL.iter().map(|guarantee| guarantee.property()).collect();
        assert_eq!((checked.len(), judged.len()), (Anomaly::ALL.len(), judge::Guarantee::ALL.len()));
        assert_eq!(checked.union(&judged).count(), Property::ALL.len());
        let both: Vec<&str> = checked.intersection(&judged).map(|property| property.kept()).collect();
        let expected = [
            "read-your-writes",
            "monotonic-reads",
            "monotonic-writes",
            "writes-follow-reads",
            "causal",
            "consistent-prefix",
            "linearizable",
            "bounded-staleness",
            "no-aborted-reads",
            "no-thin-air-reads",
            "no-lost-writes",
            "no-lost-updates",
        ];
        assert_eq!(both, expected, "what runs are checked for and records are judged by");
        let chosen: BTreeSet<Property> = router::Guarantee::ALL.iter().map(|guarantee| guarantee.property()).collect();
        assert!(chosen.is_subset(&both.iter().filter_map(|name| named(name)).collect()), "{chosen:?}");
    }

    fn named(name: &str) -> Option<Property> {
        Property::ALL.iter().copied().find(|property| property.kept() == name)
    }

    /// serde's derived names, which programs that use the crate see, are those of the table.
    #[test]
    fn derived_names_are_those_of_the_table() {
        for anomaly in Anomaly::ALL {
            assert_eq!(serde_json::to_string(&anomaly).expect("a name"), format!("\"{}\"", anomaly.name()));
        }
        for guarantee in router::Guarantee::ALL {
            assert_eq!(serde_json::to_string(&guarantee).expect("a name"), format!("\"{}\"", guarantee.name()));
        }
    }
}
