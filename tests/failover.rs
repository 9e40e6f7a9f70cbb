//! Failover without an operator: what the literature promises, under which rule, and what happens without the rule.
//!
//! The property tests run random clusters under random faults. A failing one prints its seed; the scenario of a seed is printed
//! as JSON with `SEED=n cargo test --test native failover::shows_the_scenario -- --nocapture`.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::history::Op;
use replicated_telemetry_store::lsn::Epoch;
use replicated_telemetry_store::network::Latency;
use replicated_telemetry_store::operation::{Outcome, Reason};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::router::{ReadMode, TokenKind};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{
    AckSpec, Anomaly, ClientSpec, ClockSpec, Event, FailoverSpec, FencingSpec, LeaderReadsSpec, LeaseSpec, LinkSpec, PolicySpec,
    QuorumSpec, Scenario, Scheduled, SelectionSpec, Shard, SyncSpec, Target, Workload, WorkloadKind, parse,
};
use replicated_telemetry_store::time::{Offset, SimDuration, SimTime};
use replicated_telemetry_store::trace::What;

use crate::run_support::{has, preset, run};

/// How many random clusters each property is held to.
const SEEDS: u64 = 400;

/// The promotions of a run: when, who, which epoch.
fn promotions(run: &Run) -> Vec<(SimTime, String, Epoch)> {
    run.takeovers.iter().map(|t| (t.at, run.plan.name(t.leader).to_owned(), t.epoch)).collect()
}

fn noted(run: &Run, wanted: impl Fn(Fact) -> bool) -> usize {
    run.trace
        .records
        .iter()
        .filter(|r| matches!(r.what(), What::Noted(_, family::Fact::SingleLeader(fact)) if wanted(fact)))
        .count()
}

/// Ongaro and Ousterhout 2014, section 5.4.1: the log with the later last entry is the more up-to-date one. Frankfurt suspects
/// first, but Singapore has more of the log, because the link to Frankfurt is slow.
#[test]
fn the_best_candidate_is_promoted_not_the_first_to_suspect() {
    let run = run(&preset("second-failover"));
    let [(at, leader, epoch)] = promotions(&run).try_into().expect("one promotion");
    assert_eq!((leader.as_str(), epoch), ("singapore", Epoch(2)));
    // Crash at 10 s, time-out 3 s, half of it for the election, heartbeats and links below a second.
    assert!(at > SimTime(12_000_000) && at < SimTime(15_500_000), "{at:?}");
    assert!(run.findings.is_empty(), "{:?}", run.findings);
}

/// The naive policy promotes whoever suspects first: here that is Frankfurt, and what only Singapore has is lost.
#[test]
fn the_naive_policy_loses_what_the_best_candidate_has() {
    let mut scenario = preset("second-failover");
    let failover = scenario.shards[0].failover.as_mut().expect("the preset has failover");
    (failover.policy, failover.quorum) = (PolicySpec::AutomaticAny, QuorumSpec::Nobody);
    let run = run(&scenario);
    assert_eq!(promotions(&run)[0].1, "frankfurt");
    assert!(has(&run, Anomaly::LostAcknowledgedWrite), "{:?}", run.findings);
}

/// A cluster of five: the leader and one follower on one side, three followers on the other.
fn divided(quorum: &str, policy: &str) -> Scenario {
    let text = format!(
        r#"{{ "version": 1, "seed": 3, "until": "5s",
        "shards": [{{ "name": "s", "leader": "a", "followers": ["b", "c", "d", "e"],
          "failover": {{ "policy": "{policy}", "quorum": {quorum} }} }}],
        "clients": [{{ "name": "left" }}, {{ "name": "right" }}],
        "links": [{{ "from": "*", "to": "*", "latency": {{ "constant": "5ms" }} }}],
        "script": [
          {{ "at": "1s", "do": {{ "partition": {{ "a": ["a", "b", "left"], "b": ["c", "d", "e", "right"] }} }} }},
          {{ "at": "1s", "do": {{ "pause": {{ "node": "a" }} }} }},
          {{ "at": "3s", "do": {{ "resume": {{ "node": "a" }} }} }} ] }}"#
    );
    parse(&text).expect("the scenario is good")
}

/// Trap C-18: a detector cannot tell a crash from a partition, so a minority that promotes makes a second leader.
#[test]
fn a_minority_promotes_nobody_if_a_majority_is_asked_for() {
    let whole = run(&divided("\"majority\"", "automatic-best"));
    assert_eq!(promotions(&whole).len(), 1, "{:?}", promotions(&whole));
    assert!(["c", "d", "e"].contains(&promotions(&whole)[0].1.as_str()));
    assert!(noted(&whole, |fact| matches!(fact, Fact::TooFewReached(..))) > 0, "the minority has tried");
    let naive = run(&divided("\"nobody\"", "automatic-any"));
    assert!(promotions(&naive).len() >= 2, "each side has its own leader: {:?}", promotions(&naive));
}

/// Kleppmann 2017, chapter 8, "fencing tokens": the check stands at the resource. Without it both sides acknowledge.
#[test]
fn split_brain_is_found_without_fencing_and_gone_with_it() {
    let mut scenario = preset("split-brain");
    assert!(has(&run(&scenario), Anomaly::SplitBrain));
    scenario.shards[0].fencing = FencingSpec::On;
    let fenced = run(&scenario);
    assert!(fenced.findings.is_empty(), "{:?}", fenced.findings);
    assert!(noted(&fenced, |fact| matches!(fact, Fact::RefusedEpoch(_))) > 0, "Singapore refuses the old epoch");
}

/// The manual policy detects and leaves the decision to the operator.
#[test]
fn the_manual_policy_suspects_and_promotes_nobody() {
    let run = run(&divided("\"majority\"", "manual"));
    assert!(promotions(&run).is_empty());
    assert!(noted(&run, |fact| matches!(fact, Fact::Suspects(_))) >= 3);
}

/// What a random cluster is allowed to do.
#[derive(Clone, Copy)]
struct Rules {
    /// How many fewer followers than n-k+1 a coordinator has to reach.
    fewer: usize,
    fencing: FencingSpec,
    sabotage: Option<Sabotage>,
}

const SAFE: Rules = Rules { fewer: 0, fencing: FencingSpec::On, sabotage: None };

/// A random group under "any k of n", failover that consults n-k+1 followers, and random faults that end before the run does.
fn cluster(seed: u64, rules: Rules) -> Scenario {
    let mut rng = Rng::keyed(seed, &[0xFA11]);
    let mut below = |n: u64| rng.next_u64() % n;
    let n = 2 + usize::try_from(below(3)).expect("small");
    let k = 1 + usize::try_from(below(n as u64)).expect("small");
    let followers: Vec<String> = (0..n).map(|i| format!("f{i}")).collect();
    let ack = SyncSpec { followers: followers.clone(), k, selection: SelectionSpec::Any, ..sync() };
    let consulted = (n - k + 1).saturating_sub(rules.fewer).max(1);
    let failover =
        FailoverSpec { policy: PolicySpec::AutomaticBest, quorum: QuorumSpec::Followers(consulted), ..FailoverSpec::default() };
    let flush = SimDuration(below(3) * 4_000);
    let shard = Shard {
        name: "s".into(),
        leader: "leader".into(),
        followers: followers.clone(),
        ack: AckSpec::Sync(ack),
        failover: Some(failover),
        fencing: rules.fencing,
        flush,
        ..Shard::default()
    };
    let clients = ["x", "y"].map(|name| ClientSpec { name: name.into(), concurrent: false, user: None, home: None });
    let write = |client: &str| Workload {
        client: client.into(),
        kind: WorkloadKind::Write,
        per_second: 20,
        keys: vec![format!("{client}/key")],
        from: SimDuration::ZERO,
        to: Some(SimDuration::secs(8)),
        random: true,
    };
    let latency = Some(Latency::Uniform { min: SimDuration::millis(1), max: SimDuration::millis(1 + below(60)) });
    let link = LinkSpec { from: "*".into(), to: "*".into(), latency, loss: None, duplication: None, reorder: None };
    let mut scenario = parse(
        r#"{ "version": 1, "seed": 1, "until": "12s", "shards": [{ "name": "s", "leader": "l", "followers": [] }], "clients": [{ "name": "x" }] }"#,
    )
    .expect("a scenario to begin with");
    scenario.seed = seed;
    scenario.op_timeout = SimDuration::secs(1);
    scenario.sabotage.extend(rules.sabotage);
    (scenario.shards, scenario.clients, scenario.links) = (vec![shard], clients.to_vec(), vec![link]);
    scenario.workload = vec![write("x"), write("y")];
    let replicas: Vec<String> = std::iter::once("leader".to_owned()).chain(followers).collect();
    trouble(&mut scenario, &replicas, &mut below);
    scenario
}

/// Random faults from 0.5 to 7.5 s; at 8 s everything is well again.
fn trouble(scenario: &mut Scenario, replicas: &[String], below: &mut impl FnMut(u64) -> u64) {
    for _ in 0..4 + below(8) {
        let at = SimDuration(500_000 + below(7_000_000));
        let node = || replicas[usize::try_from(at.0).expect("small") % replicas.len()].clone();
        let target = || Target { node: node() };
        let event = match below(6) {
            0 => Event::Crash(target()),
            1 => Event::Restart(target()),
            2 => Event::Pause(target()),
            3 => Event::Resume(target()),
            4 => Event::Heal { a: "*".into(), b: "*".into() },
            _ => {
                let others = replicas.iter().filter(|r| **r != node());
                let (a, b): (Vec<String>, Vec<String>) = others.cloned().partition(|_| below(2) == 0);
                Event::Partition {
                    a: a.into_iter().chain([node(), "x".to_owned()]).collect(),
                    b: b.into_iter().chain(["y".to_owned()]).collect(),
                }
            }
        };
        scenario.script.push(Scheduled { at, event });
    }
    let calm = SimDuration::secs(8);
    scenario.script.push(Scheduled { at: calm, event: Event::Heal { a: "*".into(), b: "*".into() } });
    for node in replicas {
        for event in [Event::Restart(Target { node: node.clone() }), Event::Resume(Target { node: node.clone() })] {
            scenario.script.push(Scheduled { at: calm, event });
        }
    }
}

fn sync() -> SyncSpec {
    match preset("second-failover").shards[0].ack.clone() {
        AckSpec::Sync(spec) => spec,
        AckSpec::Async => panic!("the preset is synchronous"),
    }
}

/// The seeds whose clusters show one of the anomalies that must not be.
fn broken(rules: Rules) -> Vec<u64> {
    let bad = |run: &Run| has(run, Anomaly::LostAcknowledgedWrite) || has(run, Anomaly::SplitBrain);
    (1..=SEEDS).filter(|seed| bad(&run(&cluster(*seed, rules)))).collect()
}

/// With "any k of n" at least n-k+1 of the followers are consulted: one of them has every acknowledged write.
#[test]
fn consulting_enough_followers_loses_no_acknowledged_write() {
    let broken = broken(SAFE);
    assert!(
        broken.is_empty(),
        "seeds {broken:?}; SEED={} cargo test --test native failover::shows_the_scenario -- --nocapture",
        broken[0]
    );
    let takeovers: usize = (1..=50).map(|seed| run(&cluster(seed, SAFE)).takeovers.len()).sum();
    assert!(takeovers > 25, "only {takeovers} takeovers in 50 clusters: the test tests nothing");
}

/// After the faults are over somebody leads again and writes go through.
#[test]
fn a_group_recovers_once_the_faults_are_over() {
    for seed in 1..=100 {
        let mut scenario = cluster(seed, SAFE);
        scenario.until = SimDuration::secs(25);
        let late = Event::Write {
            client: "x".into(),
            key: "x/late".into(),
            value: replicated_telemetry_store::scenario::Datum::Int(1),
            at: None,
            condition: None,
        };
        for second in [18, 20, 22] {
            scenario.script.push(Scheduled { at: SimDuration::secs(second), event: late.clone() });
        }
        let run = run(&scenario);
        let done = run.trace.ops.iter().filter(|op| op.invoked >= SimTime(18_000_000) && op.acknowledged().is_some()).count();
        assert!(done > 0, "seed {seed}: nothing is acknowledged ten seconds after the last fault\n{}", scenario.to_json());
    }
}

/// Every rule is needed: without it the checkers find what it prevents.
#[test]
fn without_each_rule_something_is_found() {
    for (name, rules) in [
        ("one follower fewer is consulted", Rules { fewer: 1, ..SAFE }),
        ("fencing is off", Rules { fencing: FencingSpec::Off, ..SAFE }),
    ] {
        assert!(!broken(rules).is_empty(), "{name}: nothing found in {SEEDS} clusters");
    }
}

/// A vote says how far a log goes; whoever gave it must confirm nothing more to the old leader. The leader is frozen just long
/// enough for a vote, and the way of the vote is long: meanwhile the leader goes on.
#[test]
fn a_member_that_forgets_its_promise_loses_a_write() {
    let text = r#"{ "version": 1, "seed": 1, "until": "5s",
      "shards": [{ "name": "s", "leader": "a", "followers": ["b", "c"],
        "ack": { "sync": { "followers": ["b", "c"], "selection": "any" } },
        "failover": { "policy": "automatic-best", "quorum": { "followers": 2 } } }],
      "clients": [{ "name": "x" }],
      "links": [{ "from": "c", "to": "b", "latency": { "constant": "140ms" } },
        { "from": "a", "to": "b", "latency": { "constant": "90ms" } },
        { "from": "a", "to": "c", "latency": { "constant": "60ms" } }],
      "script": [
        { "at": "1s", "do": { "pause": { "node": "a" } } },
        { "at": "1400ms", "do": { "write": { "client": "x", "key": "k", "value": "v" } } },
        { "at": "1450ms", "do": { "resume": { "node": "a" } } } ] }"#;
    let mut scenario = parse(text).expect("the scenario is good");
    let kept = run(&scenario);
    assert!(!has(&kept, Anomaly::LostAcknowledgedWrite), "{:?}", kept.findings);
    assert_eq!(promotions(&kept).len(), 1);
    scenario.sabotage.push(Sabotage::ForgetPromise);
    let lost = run(&scenario);
    assert!(has(&lost, Anomaly::LostAcknowledgedWrite), "{:?}", promotions(&lost));
}

/// A cluster whose clients also read at the leader, all the time.
fn reading(seed: u64, leader_reads: LeaderReadsSpec, sabotage: Option<Sabotage>) -> Scenario {
    let mut scenario = cluster(seed, Rules { sabotage, ..SAFE });
    scenario.read.mode = ReadMode::Leader;
    scenario.shards[0].leader_reads = leader_reads;
    let reads = ["x", "y"].map(|client| Workload {
        client: client.to_owned(),
        kind: WorkloadKind::Read,
        per_second: 30,
        keys: vec!["x/key".to_owned(), "y/key".to_owned()],
        ..scenario.workload[0].clone()
    });
    scenario.workload.extend(reads);
    scenario
}

fn stale(seed: u64, leader_reads: LeaderReadsSpec, sabotage: Option<Sabotage>) -> bool {
    has(&run(&reading(seed, leader_reads, sabotage)), Anomaly::Linearizability)
}

/// Ongaro 2014, section 6.4: with a read index, reads at the leader are linearizable; answered locally they are not (trap C-1).
#[test]
fn reads_with_a_read_index_are_linearizable_and_local_ones_are_not() {
    let (index, local) = (LeaderReadsSpec::ReadIndex, LeaderReadsSpec::Local);
    let broken: Vec<u64> = (1..=SEEDS).filter(|seed| stale(*seed, index, None)).collect();
    assert!(broken.is_empty(), "seeds {broken:?}");
    assert!((1..=SEEDS).any(|seed| stale(seed, local, None)), "no stale read at a leader in {SEEDS} clusters");
    let skipped = Some(Sabotage::SkipConfirmation);
    assert!((1..=SEEDS).any(|seed| stale(seed, index, skipped)), "a skipped confirmation is not found");
    let answered = (1..=20).map(|seed| run(&reading(seed, index, None)));
    let count: usize = answered.map(|run| run.trace.ops.iter().filter(|op| op.returned().is_some()).count()).sum();
    assert!(count > 1_000, "only {count} reads were answered: the test tests nothing");
}

/// A lease holds as far as clocks do: with a margin for the difference nothing is stale, beyond it the lease lies.
#[test]
fn a_lease_is_as_good_as_the_clocks() {
    let mut scenario = preset("stale-leader-read");
    scenario.shards[0].leader_reads =
        LeaderReadsSpec::Lease(LeaseSpec { length: SimDuration::millis(300), margin: SimDuration::millis(10) });
    // Svalbard writes at the new leader as soon as it knows it; the dashboard reads at the old one just after that.
    scenario.script[3].at = SimDuration::millis(1_400);
    scenario.script[4].at = SimDuration::millis(1_490);
    assert!(run(&scenario).findings.is_empty());
    // A lease is a length of time, in which it makes no difference that a clock is ahead.
    let right = run(&scenario).trace.digest;
    scenario.clocks = vec![ClockSpec { node: "virginia".to_owned(), ms_per_second: 1_000, offset: Offset(3_000_000) }];
    assert_eq!(run(&scenario).trace.digest, right);
    scenario.clocks = vec![ClockSpec { node: "virginia".to_owned(), ms_per_second: 500, offset: Offset::default() }];
    let slow = run(&scenario);
    assert!(has(&slow, Anomaly::Linearizability), "{:?}", slow.findings);
    if let LeaderReadsSpec::Lease(lease) = &mut scenario.shards[0].leader_reads {
        lease.margin = SimDuration::millis(160);
    }
    assert!(run(&scenario).findings.is_empty(), "a margin of more than half covers a clock at half speed");
}

/// PostgreSQL documents this of `WAIT FOR LSN`: a number is satisfied by other entries. With the epoch, the loss is said.
#[test]
fn a_numeric_token_passes_although_the_write_is_gone() {
    let mut scenario = preset("numeric-token");
    assert!(has(&run(&scenario), Anomaly::ReadYourWrites));
    scenario.read.token = TokenKind::Position;
    let told = run(&scenario);
    assert!(!has(&told, Anomaly::ReadYourWrites), "{:?}", told.findings);
    let lost = |op: &&Op| matches!(op.end.map(|end| end.outcome), Some(Outcome::Rejected(Reason::SessionLost)));
    assert_eq!(told.trace.ops.iter().filter(lost).count(), 1, "the session is told that it is lost");
}

/// A read from an entry that only an asynchronous follower had is reported once the entry is discarded, and not before.
#[test]
fn what_was_read_and_then_discarded_is_found() {
    let mut scenario = preset("follower-ahead");
    let whole = run(&scenario);
    let found: Vec<_> = whole.findings.iter().filter(|f| f.anomaly() == Anomaly::DirtyThenLost).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].at, whole.takeovers[0].at);
    scenario.script.retain(|scheduled| !matches!(scheduled.event, Event::Promote(_)));
    assert!(!has(&run(&scenario), Anomaly::DirtyThenLost), "nothing was discarded");
}

#[test]
fn shows_the_scenario() {
    if let Some(seed) = std::env::var("SEED").ok().and_then(|text| text.parse().ok()) {
        let text = cluster(seed, SAFE).to_json();
        std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).expect("it can be printed");
    }
}
