//! The presets: scenario files with a story, kept in `src/presets`.
//!
//! Each states in its lesson which findings it has; a test holds every preset to that, with and without its fix. A program knows the names
//! of all, and has those built in whose family it includes.

use crate::scenario::{Scenario, parse};

/// A named scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name in links, embeddings and on the command line.
    pub id: &'static str,
    /// The title of its scenario.
    pub title: &'static str,
    /// The part of the menu in which it stands.
    pub group: &'static str,
    /// Its file, if this program has it.
    text: Option<&'static str>,
}

macro_rules! presets {
    ($($group:literal, $included:ident: { $($id:literal => $title:literal,)* })*) => {
        /// All presets, in the order of menus; the first is what the lab opens with.
        pub const PRESETS: &[Preset] = &[$($(Preset {
            id: $id,
            title: $title,
            group: $group,
            text: if $included { Some(include_str!(concat!("presets/", $id, ".json"))) } else { None },
        }),*),*];
    };
}

const ALWAYS: bool = true;
const LEADERS: bool = cfg!(feature = "multi-leader");
const RINGS: bool = cfg!(feature = "leaderless");

presets! {
    "One leader", ALWAYS: {
        "first-look" => "First look: a read that misses your own write",
        "read-after-write" => "Read after write",
        "sticky-leader" => "Sticking to the leader after a write",
        "two-devices" => "One user, two devices",
        "monotonic-reads" => "Monotonic reads",
        "pinned-follower" => "Pinned to one follower",
        "bounded-staleness" => "A bound on staleness",
        "bounded-staleness-error" => "A bound on staleness, or an error",
        "bounded-staleness-clock" => "A bound that trusts a slow clock",
        "consistent-prefix" => "Consistent prefix over two shards",
        "sync-or-async" => "Synchronous or asynchronous",
        "partition-durability" => "A partition, a crash, and nothing lost",
        "async-leader-crash" => "An asynchronous leader crashes",
        "follower-ahead" => "An asynchronous follower that is ahead",
        "first-failover" => "The first failover: two minutes of telemetry lost",
        "second-failover" => "The second failover: clean",
        "split-brain" => "Split brain: two leaders at once",
        "split-brain-fenced" => "Split brain, fenced off",
        "stale-leader-read" => "A stale read at the leader",
        "numeric-token" => "A token that is only a number",
        "flapping" => "Flapping: a time-out shorter than a load spike",
        "reused-ids" => "Numbers given out twice",
        "statement-divergence" => "A statement that gives two results",
        "wal-version" => "Bytes of another storage version",
        "rolling-upgrade" => "A rolling upgrade, by rows",
        "schema-change" => "A new column that the log does not carry",
        "analytics-replica" => "A replica for analytics",
        "new-follower" => "A new follower",
        "wrong-snapshot" => "A snapshot with the wrong position",
        "truncated-log" => "A log that no longer reaches back",
        "telemetry-pipeline" => "The 10 kHz telemetry pipeline",
        "busy-constellation" => "Seven replicas under load",
    }
    "Several leaders", LEADERS: {
        "topology-overtaking" => "An update overtakes the insert it depends on",
        "ring-broken" => "A ring with a hole",
        "star-centre-lost" => "A star without its centre",
        "replication-loop" => "An update that never stops",
        "lww-skew" => "The last writer, by a clock that is slow",
        "lww-concurrent" => "Two writers, and one is not told",
        "siblings-cart" => "A cart with siblings, step by step",
        "cart-merge-naive" => "A cart merged by union",
        "cart-merge-aware" => "A cart merged with its removals",
        "merge-breeds-conflicts" => "A merge that makes new conflicts",
        "room-booked-twice" => "A control room booked twice",
        "auto-increment-two-leaders" => "One number for two rows",
        "conflict-avoidance-moves" => "The home of a key moves",
        "attitude-overwrite" => "The attitude of MSS-17, overwritten from another region",
        "offline-device" => "A device that edits offline",
        "deleted-comes-back" => "A deleted key comes back",
        "session-across-leaders" => "A session that roams between regions",
    }
    "Rings without leaders", RINGS: {
        "quorum-read-repair" => "A quorum, and a replica that was down",
        "quorum-five" => "Five replicas, and two of them down",
        "quorum-not-linearizable" => "Two readers, and the second sees less",
        "abd-linearizable" => "Reads that write back",
        "failed-write-visible" => "A write that failed, and is there",
        "sloppy-quorum-stale" => "A sloppy quorum is no quorum",
        "hinted-handoff" => "A hint for a replica that is down",
        "hint-holder-lost" => "A hint that is lost with its holder",
        "no-versions-diverge" => "Without versions, never alike again",
        "dynamo-d1-d5" => "Five versions, as in the Dynamo paper",
        "cart-fifteen" => "A cart on one replica, step by step",
        "server-vectors-lose" => "A vector of servers loses a write",
        "dotted-vectors" => "Dots keep both writes",
        "deleted-comes-back-leaderless" => "A tombstone collected too early",
        "merkle-repair" => "Trees that find what differs",
        "gossip-join" => "A node joins, and is heard of by gossip",
        "region-lost-local-quorum" => "Local quorums, and a region that is cut off",
        "one-slow-replica" => "One slow replica, and a third question",
    }
    "Replicated data types", LEADERS: {
        "g-counter" => "A counter that only grows",
        "max-merge-wrong" => "A counter that keeps the larger number",
        "pn-counter-below-zero" => "A counter that goes below zero",
        "two-phase-set-no-return" => "A set to which nobody returns",
        "pn-set-anomaly" => "A set that counts additions",
        "or-set-add-wins" => "An addition that nobody had seen",
        "lww-set-clock" => "A set that trusts a slow clock",
        "op-counter-duplicate" => "An operation that comes twice",
        "op-without-causal-delivery" => "A removal that comes before its addition",
        "mv-register" => "A register that keeps both",
        "graph-add-edge-remove-vertex" => "An edge to a vertex that is gone",
        "rga-same-place" => "Two writers at one place",
        "text-naive-ot-crdt" => "One text, replayed by index and as a CRDT",
        "tombstones-collected-early" => "Tombstones that were thrown away too early",
        "cart-as-or-map" => "A cart as a map of counters",
        "stock-oversold" => "More sold than there was",
    }
}

impl Preset {
    /// The preset of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<Preset> {
        PRESETS.iter().copied().find(|p| p.id == id)
    }

    /// The scenario as JSON; none, if this program leaves out its family.
    #[must_use]
    pub fn text(&self) -> Option<&'static str> {
        self.text
    }

    /// The scenario, if this program includes its family.
    ///
    /// # Panics
    /// If the file is not a scenario, which a test excludes.
    #[must_use]
    pub fn included(&self) -> Option<Scenario> {
        let text = self.text?;
        Some(parse(text).unwrap_or_else(|error| panic!("preset '{}' is broken: {error}", self.id)))
    }

    /// The scenario.
    ///
    /// # Panics
    /// If this program leaves out its family; and if the file is not a scenario, which a test excludes.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.included().unwrap_or_else(|| panic!("this program leaves out the family of preset '{}'", self.id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::Finding;
    use crate::run::Run;
    use crate::scenario::{Anomaly, FamilySpec};

    fn kinds(scenario: &Scenario) -> BTreeSet<Anomaly> {
        Run::of(scenario).expect("presets can be run").findings.iter().map(Finding::anomaly).collect()
    }

    /// A program has a preset if it includes its family: the part of the menu decides on that.
    #[test]
    fn every_preset_stands_in_the_part_of_its_family() {
        for preset in PRESETS {
            let scenario = preset.scenario();
            let family = match preset.group {
                "One leader" => FamilySpec::SingleLeader,
                "Rings without leaders" => FamilySpec::Leaderless,
                "Several leaders" | "Replicated data types" => FamilySpec::MultiLeader,
                other => panic!("nobody knows the part '{other}'"),
            };
            assert_eq!(scenario.family, family, "'{}' in '{}'", preset.id, preset.group);
        }
    }

    #[test]
    fn every_preset_has_the_findings_it_promises_and_those_that_its_fix_leaves() {
        for preset in PRESETS {
            let scenario = preset.scenario();
            assert_eq!(scenario.title, preset.title, "preset '{}'", preset.id);
            let lesson = scenario.lesson.clone().expect("every preset has a lesson");
            let expected: BTreeSet<Anomaly> = lesson.expects.into_iter().collect();
            assert_eq!(kinds(&scenario), expected, "preset '{}'", preset.id);
            if let (Some(fixed), Some(fix)) = (scenario.with_fix(), lesson.fix) {
                let left: BTreeSet<Anomaly> = fix.leaves.into_iter().collect();
                assert_eq!(kinds(&fixed), left, "preset '{}' with its fix", preset.id);
                assert!(left.is_empty() || (left.is_subset(&expected) && left != expected), "'{}' with its fix", preset.id);
            }
        }
    }
}
