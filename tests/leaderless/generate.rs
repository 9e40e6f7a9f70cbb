//! Random scenarios of rings, each from one number.
//!
//! Faults happen in the first second and a half of simulated time; then everything is healed, released, restarted and resumed, and quiet
//! follows. Written values are different from each other, so that whoever reads one knows who wrote it.

use crate::dice::Dice;
use replicated_telemetry_store::network::Latency;
use replicated_telemetry_store::scenario::{
    AskSpec, ClientSpec, ClockSpec, CoordinatorSpec, Datum, DetectionSpec, Direction, Event, FamilySpec, GossipSpec, LinkSpec,
    PartitioningSpec, QuorumKind, ReadRepairSpec, ReadSpec, RingSpec, Scenario, Scheduled, Shard, Target, VERSION, VersionsSpec,
};
use replicated_telemetry_store::time::{Offset, SimDuration};

/// When the last operation is asked for and the last fault happens.
const TROUBLE: u64 = 1_500_000;
/// When everything is made well again.
const CALM: u64 = 2_000_000;
/// The end of the run.
const UNTIL: u64 = 30_000_000;

/// What kind of scenario a property needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Profile {
    /// The quorums of reads and writes overlap.
    pub(crate) overlap: bool,
    /// Only replicas of the key count.
    pub(crate) strict: bool,
    /// Reads write back what they are about to show.
    pub(crate) write_back: bool,
    /// Each write has a dot.
    pub(crate) dotted: bool,
    /// Hints are handed off, and trees compared. Versions have names of their own: vectors give one and the same to two writes of one client
    /// that go through two servers at once.
    pub(crate) repaired: bool,
}

/// The scenario of a seed.
pub(crate) fn scenario(seed: u64, profile: Profile) -> Scenario {
    let dice = &mut Dice::new(seed, 0x0041_4E95);
    let ring = ring(dice, profile);
    let nodes = ring.nodes.clone();
    let client = |i: usize, dice: &mut Dice| ClientSpec {
        name: format!("c{i}"),
        concurrent: dice.one_in(4),
        user: None,
        home: (!dice.one_in(4)).then(|| dice.pick(&nodes).clone()),
    };
    let clients: Vec<ClientSpec> = (0..1 + dice.below(4)).map(|i| client(i, dice)).collect();
    let mut scenario = Scenario {
        version: VERSION,
        title: format!("seed {seed}"),
        lesson: None,
        seed,
        until: SimDuration(UNTIL),
        family: FamilySpec::Leaderless,
        clocks: Vec::new(),
        links: Vec::new(),
        read: ReadSpec::default(),
        op_timeout: SimDuration(dice.between(200_000, 3_000_000)),
        workload: Vec::new(),
        script: Vec::new(),
        sabotage: Vec::new(),
        shards: vec![Shard { name: "ring".to_owned(), ring: Some(ring), ..Shard::default() }],
        clients,
    };
    for node in &nodes {
        if dice.one_in(3) {
            let offset = Offset(i64::try_from(dice.between(0, 2_000_000)).expect("seconds") - 1_000_000);
            scenario.clocks.push(ClockSpec { node: node.clone(), ms_per_second: 1_000, offset });
        }
    }
    scenario.links = vec![link(dice)];
    let keys: Vec<String> = (0..1 + dice.below(4)).map(|key| format!("key-{key}")).collect();
    for number in 0..dice.below(40) {
        let event = operation(dice, &scenario, (&nodes, &keys), number);
        push(&mut scenario, dice.between(0, TROUBLE), event);
    }
    for _ in 0..dice.below(12) {
        let event = fault(dice, &scenario, &nodes);
        push(&mut scenario, dice.between(0, TROUBLE), event);
    }
    calm(&mut scenario, &nodes);
    scenario.script.sort_by_key(|scheduled| scheduled.at);
    scenario
}

fn ring(dice: &mut Dice, profile: Profile) -> RingSpec {
    let count = 1 + dice.below(6);
    let names: Vec<String> = (0..count).map(|n| format!("n{n}")).collect();
    let mut ring = RingSpec::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let small = |n: usize| u8::try_from(n).expect("small");
    let n = 1 + dice.below(count.min(4));
    let (r, w) = (1 + dice.below(n), 1 + dice.below(n));
    let w = if profile.overlap && r + w <= n { n + 1 - r } else { w };
    (ring.n, ring.r, ring.w) = (small(n), small(r), small(w));
    // An atomic register needs that reads overlap with write-backs, which go to as many as writes.
    ring.quorum = if profile.strict || dice.one_in(2) { QuorumKind::Strict } else { QuorumKind::Sloppy };
    ring.patience = SimDuration(dice.between(20_000, 300_000));
    ring.timeout = SimDuration(dice.between(50_000, 1_000_000));
    ring.versions = match dice.below(5) {
        0 => VersionsSpec::LastWriteWins,
        1 if !profile.repaired && !profile.overlap => VersionsSpec::None,
        2 if !profile.repaired && !profile.overlap => VersionsSpec::ServerVectors,
        3 if !profile.repaired && !profile.overlap => VersionsSpec::ClientVectors(10),
        _ => VersionsSpec::DottedVectors,
    };
    if profile.dotted {
        ring.versions = VersionsSpec::DottedVectors;
    }
    ring.read_repair = *dice.pick(&[ReadRepairSpec::Off, ReadRepairSpec::Background, ReadRepairSpec::Blocking]);
    ring.write_back = profile.write_back;
    ring.ask = *dice.pick(&[AskSpec::All, AskSpec::Needed, AskSpec::Speculate(SimDuration::millis(30))]);
    if ring.versions != VersionsSpec::ServerVectors {
        ring.coordinator = *dice.pick(&[CoordinatorSpec::Node, CoordinatorSpec::Fastest, CoordinatorSpec::Client]);
    }
    ring.handoff = (profile.repaired || profile.dotted || dice.one_in(2)).then(|| SimDuration::millis(300));
    ring.anti_entropy = (profile.repaired || dice.one_in(3)).then(|| SimDuration::millis(700));
    ring.leaves = *dice.pick(&[1, 4, 16]);
    ring.partitioning = match dice.below(3) {
        0 => PartitioningSpec::RandomTokens(1 + u16::try_from(dice.below(8)).expect("small")),
        1 => PartitioningSpec::EqualPartitions { tokens: 4, partitions: 16 },
        _ => PartitioningSpec::EvenShares(16),
    };
    if dice.one_in(3) {
        let detection = if dice.one_in(2) { DetectionSpec::Phi(3) } else { DetectionSpec::TimeOut(SimDuration::millis(900)) };
        ring.gossip = Some(GossipSpec { every: SimDuration::millis(200), seeds: vec!["n0".to_owned()], detection });
    }
    ring
}

fn link(dice: &mut Dice) -> LinkSpec {
    let latency = match dice.below(3) {
        0 => Latency::Constant(SimDuration::millis(dice.between(1, 30))),
        1 => Latency::Uniform { min: SimDuration::millis(1), max: SimDuration::millis(dice.between(2, 80)) },
        _ => Latency::Exponential { min: SimDuration::millis(1), mean: SimDuration::millis(dice.between(2, 60)) },
    };
    let any = || "*".to_owned();
    let (loss, duplication) = (dice.percent(15), dice.percent(15));
    LinkSpec {
        from: any(),
        to: any(),
        latency: Some(latency),
        loss: Some(loss),
        duplication: Some(duplication),
        reorder: Some(dice.one_in(2)),
    }
}

fn operation(dice: &mut Dice, scenario: &Scenario, (nodes, keys): (&[String], &[String]), number: usize) -> Event {
    let client = dice.pick(&scenario.clients).name.clone();
    let key = dice.pick(keys).clone();
    let at = dice.one_in(4).then(|| dice.pick(nodes).clone());
    match dice.below(9) {
        0 => Event::Delete { client, key, at },
        1..=4 => Event::Read { client, key, at, mode: None },
        _ => {
            let value = Datum::Int(i64::try_from(number).expect("small"));
            Event::Write { client, key, value, at, condition: None }
        }
    }
}

fn fault(dice: &mut Dice, scenario: &Scenario, nodes: &[String]) -> Event {
    let any = |dice: &mut Dice| match dice.below(nodes.len() + scenario.clients.len()) {
        place if place < nodes.len() => nodes[place].clone(),
        place => scenario.clients[place - nodes.len()].name.clone(),
    };
    let way = |dice: &mut Dice| {
        let (from, to) = (any(dice), any(dice));
        if from == to { Direction { from, to: "*".to_owned() } } else { Direction { from, to } }
    };
    let node = |dice: &mut Dice| Target { node: dice.pick(nodes).clone() };
    match dice.below(9) {
        0 | 1 => Event::Crash(node(dice)),
        2 => Event::Restart(node(dice)),
        3 => Event::Pause(node(dice)),
        4 => Event::Resume(node(dice)),
        5 => Event::Cut(way(dice)),
        6 => Event::Hold(way(dice)),
        7 => {
            let (a, b): (Vec<String>, Vec<String>) = nodes.iter().cloned().partition(|_| dice.one_in(2));
            if a.is_empty() || b.is_empty() { Event::Cut(way(dice)) } else { Event::Partition { a, b } }
        }
        _ => Event::Heal { a: "*".to_owned(), b: "*".to_owned() },
    }
}

/// Everything is well again.
fn calm(scenario: &mut Scenario, nodes: &[String]) {
    let all = || "*".to_owned();
    push(scenario, CALM, Event::Heal { a: all(), b: all() });
    push(scenario, CALM, Event::Release(Direction { from: all(), to: all() }));
    for node in nodes {
        push(scenario, CALM, Event::Resume(Target { node: node.clone() }));
        push(scenario, CALM, Event::Restart(Target { node: node.clone() }));
    }
}

fn push(scenario: &mut Scenario, at: u64, event: Event) {
    scenario.script.push(Scheduled { at: SimDuration(at), event });
}
