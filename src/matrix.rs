//! What each way of acknowledging survives: configurations against faults, every cell computed by running seeds.
//!
//! One group, a writer and a reader that asks any follower, and automatic failover by majority. At 2 s a follower crashes, the leader
//! crashes, or the leader is cut off from all other replicas, together with a second writer. A cell says for how long no write was
//! acknowledged at worst, how many acknowledged writes were lost, and how many reads returned less than what had been
//! acknowledged before they began. The configurations are those of the acknowledgement table of PostgreSQL's
//! `synchronous_commit`, and of "any k of n". What several leaders survive and lose stands beside it: [`topologies`] against faults, and
//! [`rules`] for conflicts against what they lose; and for rings [`quorums`] against faults.

pub mod quorums;
pub mod rules;
pub mod topologies;

use crate::history::{Event, Op};
use crate::lsn::Position;
use crate::network::Latency;
use crate::rng::Ratio;
use crate::run::Run;
use crate::scenario::{
    AckSpec, Anomaly, ClientSpec, Event as Happening, FailoverSpec, LevelSpec, LinkSpec, OnLossSpec, PeerSpec, PolicySpec,
    Scenario, Scheduled, SelectionSpec, Shard, SyncSpec, Target, TopologySpec, Workload, WorkloadKind, parse,
};
use crate::time::{SimDuration, SimTime};

/// When the fault happens.
const FAULT_AT: SimTime = SimTime(2_000_000);
/// A gap that is no longer than this is how writes come, not a loss of availability.
pub const GAP_USUAL: SimDuration = SimDuration::millis(500);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The first synchronous follower crashes and stays down.
    FollowerCrash,
    /// The leader crashes and stays down.
    LeaderCrash,
    /// The leader is cut off from all other replicas, with one of the writers.
    LeaderCutOff,
}

impl Trouble {
    /// All of them, in the order of columns.
    pub const ALL: [Trouble; 3] = [Trouble::FollowerCrash, Trouble::LeaderCrash, Trouble::LeaderCutOff];

    /// The heading of its column.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Trouble::FollowerCrash => "a follower crashes",
            Trouble::LeaderCrash => "the leader crashes",
            Trouble::LeaderCutOff => "the leader is cut off",
        }
    }

    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Trouble::FollowerCrash => "follower-crash",
            Trouble::LeaderCrash => "leader-crash",
            Trouble::LeaderCutOff => "leader-cut-off",
        }
    }
}

/// A way of acknowledging, by its number in [`CONFIGURATIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of its row.
    pub title: &'static str,
    followers: usize,
    k: usize,
    selection: SelectionSpec,
    level: LevelSpec,
    on_loss: OnLossSpec,
}

const fn sync(title: &'static str, followers: usize, k: usize, selection: SelectionSpec, level: LevelSpec) -> Configuration {
    Configuration { title, followers, k, selection, level, on_loss: OnLossSpec::Block }
}

/// The rows of the matrix.
pub const CONFIGURATIONS: [Configuration; 8] = [
    sync("asynchronous", 2, 0, SelectionSpec::First, LevelSpec::Flushed),
    sync("synchronous: 1 named follower has received it", 2, 1, SelectionSpec::First, LevelSpec::Received),
    sync("synchronous: 1 named follower has flushed it", 2, 1, SelectionSpec::First, LevelSpec::Flushed),
    sync("synchronous: 1 named follower has applied it", 2, 1, SelectionSpec::First, LevelSpec::Applied),
    Configuration {
        title: "the same, falling back to asynchronous after 1 s",
        followers: 2,
        k: 1,
        selection: SelectionSpec::First,
        level: LevelSpec::Flushed,
        on_loss: OnLossSpec::FallBackToAsync(SimDuration::secs(1)),
    },
    sync("any 1 of 2 followers has flushed it: with the leader a majority of 3", 2, 1, SelectionSpec::Any, LevelSpec::Flushed),
    sync("both of 2 followers have flushed it", 2, 2, SelectionSpec::Any, LevelSpec::Flushed),
    sync("any 2 of 4 followers have flushed it: with the leader a majority of 5", 4, 2, SelectionSpec::Any, LevelSpec::Flushed),
];

/// What the runs of one cell showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many runs there were.
    pub runs: u64,
    /// The longest time without an acknowledged write after the fault, in any run.
    pub longest_gap: SimDuration,
    /// Acknowledged writes that were lost, in all runs.
    pub lost: usize,
    /// In how many runs at least one was lost.
    pub runs_with_loss: u64,
    /// Reads that returned less than what had been acknowledged before they began, in all runs.
    pub stale: usize,
    /// Reads that were answered, in all runs.
    pub reads: usize,
}

/// A scenario of 8 s without anything in it.
fn base(seed: u64) -> Scenario {
    let text = r#"{ "version": 1, "seed": 1, "until": "8s", "shards": [{ "name": "s", "leader": "leader", "followers": [] }], "clients": [] }"#;
    let scenario = parse(text).unwrap_or_else(|error| unreachable!("the scenario to begin with is good: {error}"));
    Scenario { seed, ..scenario }
}

/// The runs of a cell, one for each seed.
fn runs(seeds: u64, scenario: impl Fn(u64) -> Scenario) -> impl Iterator<Item = Run> {
    let run = move |seed| Run::of(&scenario(seed));
    (1..=seeds).map(run).map(|run| run.unwrap_or_else(|error| unreachable!("a scenario of the matrix can be run: {error}")))
}

/// A group of leaders without followers.
fn leaders(names: &[&str], topology: TopologySpec) -> Shard {
    let peer = |leader: &&str| PeerSpec { leader: (*leader).to_owned(), followers: Vec::new() };
    let (leader, peers) = (names[0].to_owned(), names[1..].iter().map(peer).collect());
    Shard { name: "s".to_owned(), leader, peers, topology, ..Shard::default() }
}

/// So many milliseconds, at least and at most.
fn uniform(min: u64, max: u64) -> Latency {
    Latency::Uniform { min: SimDuration::millis(min), max: SimDuration::millis(max) }
}

impl Configuration {
    /// The followers whose confirmation counts: all that are listed, or the first `k`.
    fn listed(self, names: &[String]) -> Vec<String> {
        let count = if self.selection == SelectionSpec::Any { names.len() } else { self.k };
        names[..count].to_vec()
    }

    /// The scenario of one run.
    ///
    /// # Panics
    /// Never: the scenario to begin with is built in.
    #[must_use]
    pub fn scenario(self, trouble: Trouble, seed: u64) -> Scenario {
        let followers: Vec<String> = (1..=self.followers).map(|n| format!("follower-{n}")).collect();
        let listed = self.listed(&followers);
        let (k, selection, level, on_loss) = (self.k, self.selection, self.level, self.on_loss);
        let ack =
            if k == 0 { AckSpec::Async } else { AckSpec::Sync(SyncSpec { followers: listed, k, selection, level, on_loss }) };
        let failover = FailoverSpec {
            heartbeat: SimDuration::millis(100),
            timeout: SimDuration::millis(600),
            policy: PolicySpec::AutomaticBest,
            ..FailoverSpec::default()
        };
        let mut scenario = base(seed);
        scenario.op_timeout = SimDuration::millis(1_500);
        scenario.shards = vec![Shard {
            name: "s".to_owned(),
            leader: "leader".to_owned(),
            followers: followers.clone(),
            ack,
            failover: Some(failover),
            flush: SimDuration::millis(2),
            apply: SimDuration::millis(1),
            ..Shard::default()
        }];
        scenario.clients = ["near", "far", "reader"].map(ClientSpec::named).to_vec();
        let link = |from: &str, to: &str, latency, loss| LinkSpec {
            from: from.to_owned(),
            to: to.to_owned(),
            latency: Some(latency),
            loss: Some(Ratio::percent(loss)),
            duplication: None,
            reorder: None,
        };
        // Clients are near; between replicas it is further, and one message in twenty is lost and has to be sent again.
        scenario.links.push(link("*", "*", uniform(5, 40), 0));
        for from in std::iter::once("leader").chain(followers.iter().map(String::as_str)) {
            for to in std::iter::once("leader").chain(followers.iter().map(String::as_str)).filter(|to| *to != from) {
                scenario.links.push(link(from, to, uniform(20, 150), 5));
            }
        }
        scenario.workload = [("near", WorkloadKind::Write), ("far", WorkloadKind::Write), ("reader", WorkloadKind::Read)]
            .map(|(client, kind)| Workload {
                client: client.to_owned(),
                kind,
                per_second: 20,
                keys: vec!["k".to_owned()],
                from: SimDuration::ZERO,
                to: None,
                random: true,
            })
            .to_vec();
        let at = SimDuration(FAULT_AT.0);
        let down = |node: &str| Happening::Crash(Target { node: node.to_owned() });
        let events = match trouble {
            Trouble::FollowerCrash => vec![down("follower-1")],
            Trouble::LeaderCrash => vec![down("leader")],
            Trouble::LeaderCutOff => {
                // The writer that is near the leader stays with it.
                let a = vec!["leader".to_owned(), "near".to_owned()];
                let b = followers.into_iter().chain(["far".to_owned(), "reader".to_owned()]).collect();
                vec![Happening::Partition { a, b }]
            }
        };
        scenario.script.extend(events.into_iter().map(|event| Scheduled { at, event }));
        if trouble == Trouble::LeaderCutOff {
            let heal = Happening::Heal { a: "*".to_owned(), b: "*".to_owned() };
            scenario.script.push(Scheduled { at: SimDuration::secs(6), event: heal });
        }
        scenario
    }
}

impl Outcome {
    /// Adds what one more run shows.
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.longest_gap = self.longest_gap.max(longest_gap(run));
        let lost = run.findings.iter().filter(|f| f.anomaly() == Anomaly::LostAcknowledgedWrite).count();
        self.lost += lost;
        self.runs_with_loss += u64::from(lost > 0);
        let (stale, reads) = stale_reads(run);
        self.stale += stale;
        self.reads += reads;
    }

    /// Whether writes went on, but for the time that it takes to find a new leader and to tell the clients: 4 s are enough.
    #[must_use]
    pub fn available(&self) -> bool {
        self.longest_gap < SimDuration::secs(4)
    }
}

/// Runs one cell over so many seeds.
///
/// # Panics
/// Never: the scenarios of the matrix can be run.
#[must_use]
pub fn cell(configuration: Configuration, trouble: Trouble, seeds: u64) -> Outcome {
    let mut outcome = Outcome::default();
    runs(seeds, |seed| configuration.scenario(trouble, seed)).for_each(|run| outcome.add(&run));
    outcome
}

/// The longest time after the fault in which no write was acknowledged to any client.
fn longest_gap(run: &Run) -> SimDuration {
    let mut last = FAULT_AT;
    let mut gap = SimDuration::ZERO;
    let mut acknowledged: Vec<SimTime> = run.trace.ops.iter().filter_map(Op::acknowledged).map(|(_, at)| at).collect();
    acknowledged.push(run.until());
    acknowledged.sort_unstable();
    for at in acknowledged.into_iter().filter(|at| *at > FAULT_AT) {
        gap = gap.max(at.since(last));
        last = at;
    }
    gap
}

/// Reads that returned less than what had been acknowledged before they began, and all that were answered.
fn stale_reads(run: &Run) -> (usize, usize) {
    let history = run.history();
    let (mut newest, mut floors) = (Position::ZERO, vec![Position::ZERO; history.ops.len()]);
    let (mut stale, mut reads) = (0, 0);
    for event in &history.events {
        match event {
            Event::Invoke(id) => floors[id.index()] = newest,
            Event::Complete(id) => {
                let op = &history.ops[id.index()];
                if let Some((at, _)) = op.acknowledged() {
                    newest = newest.max(at);
                }
                if let Some(version) = op.version_read() {
                    reads += 1;
                    stale += usize::from(version < floors[id.index()]);
                }
            }
        }
    }
    (stale, reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(title: &str) -> Configuration {
        *CONFIGURATIONS.iter().find(|c| c.title.starts_with(title)).expect("there is such a row")
    }

    /// The acknowledgement table: what loses acknowledged writes when the leader dies, and what does not.
    #[test]
    fn asynchronous_loses_and_a_majority_does_not() {
        let lost = |title, trouble| cell(row(title), trouble, 8).lost;
        assert!(lost("asynchronous", Trouble::LeaderCrash) > 0);
        assert!(lost("asynchronous", Trouble::LeaderCutOff) > 0, "the cut-off leader goes on to acknowledge");
        for title in ["any 1 of 2", "any 2 of 4", "both of 2"] {
            for trouble in Trouble::ALL {
                assert_eq!(lost(title, trouble), 0, "{title}, {trouble:?}");
            }
        }
        assert_eq!(lost("asynchronous", Trouble::FollowerCrash), 0);
    }

    /// The price: who waits for a named follower stands still when that follower is gone; any k of n goes on.
    #[test]
    fn a_lost_synchronous_follower_stops_writes_unless_another_may_count() {
        let available = |title| cell(row(title), Trouble::FollowerCrash, 4).available();
        assert!(available("asynchronous") && available("any 1 of 2") && available("any 2 of 4"));
        assert!(available("the same, falling back"), "after a second writes go on");
        assert!(!available("synchronous: 1 named follower has flushed") && !available("both of 2"));
    }

    #[test]
    fn reads_at_any_follower_can_be_stale_unless_all_followers_are_waited_for() {
        // Where all followers have flushed it, little is left: applying takes a millisecond.
        for configuration in CONFIGURATIONS.into_iter().filter(|c| !c.title.starts_with("both")) {
            assert!(cell(configuration, Trouble::FollowerCrash, 4).stale > 0, "{}", configuration.title);
        }
    }
}
