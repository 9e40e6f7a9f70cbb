//! Random scenarios, each from one number.
//!
//! Faults happen in the first second and a half of simulated time; then everything is healed, released, restarted and resumed,
//! and a minute and a half of quiet follows, in which every operation has to end and every group has to converge.

use crate::dice::Dice;
use replicated_telemetry_store::network::{Latency, Quantile};
use replicated_telemetry_store::rng::Ratio;
use replicated_telemetry_store::router::{OnMiss, ReadMode, TokenKind};
use replicated_telemetry_store::scenario::{
    AckSpec, ClientSpec, Datum, Direction, Event, FamilySpec, FencingSpec, LeaderReadsSpec, LevelSpec, LinkSpec, OnLossSpec,
    ReadSpec, Scenario, Scheduled, SelectionSpec, Shard, SyncSpec, Target, VERSION, VisibilitySpec, Workload, WorkloadKind,
};
use replicated_telemetry_store::time::SimDuration;

/// When the last operation is asked for and the last fault happens.
pub(crate) const TROUBLE: u64 = 1_500_000;
/// When everything is made well again.
pub(crate) const CALM: u64 = 2_000_000;
/// The end of the run.
pub(crate) const UNTIL: u64 = 92_000_000;

/// What kind of scenario a property needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Profile {
    /// The read mode; random if nothing is said.
    pub(crate) mode: Option<ReadMode>,
    /// No promotions.
    pub(crate) stable: bool,
    /// Faults and promotions are left to the property.
    pub(crate) no_faults: bool,
    /// Clients either write or read, never both.
    pub(crate) separate: bool,
    /// Every shard waits for flushed followers for as long as it takes.
    pub(crate) durable: bool,
}

/// The dice of one scenario.
pub(crate) fn dice(seed: u64) -> Dice {
    Dice::new(seed, 0x5CE_4A10)
}

/// The scenario of a seed.
pub(crate) fn scenario(seed: u64, profile: Profile) -> Scenario {
    let dice = &mut dice(seed);
    let shards = shards(dice, profile);
    let clients: Vec<ClientSpec> = (0..1 + dice.below(4))
        .map(|i| ClientSpec { name: format!("c{i}"), concurrent: dice.one_in(3), user: None, home: None })
        .collect();
    let mut scenario = Scenario {
        version: VERSION,
        title: format!("seed {seed}"),
        lesson: None,
        seed,
        until: SimDuration(UNTIL),
        family: FamilySpec::default(),
        clocks: Vec::new(),
        links: Vec::new(),
        read: read(dice, profile),
        op_timeout: SimDuration(dice.between(100_000, 1_000_000)),
        workload: Vec::new(),
        script: Vec::new(),
        sabotage: Vec::new(),
        shards,
        clients,
    };
    scenario.links = links(dice, &scenario);
    scenario.workload = workload(dice, &scenario, profile);
    for _ in 0..dice.below(30) {
        let event = operation(dice, &scenario, profile);
        push(&mut scenario, dice.between(0, TROUBLE), event);
    }
    if !profile.no_faults {
        for _ in 0..dice.below(14) {
            let event = fault(dice, &scenario, profile);
            push(&mut scenario, dice.between(0, TROUBLE), event);
        }
    }
    calm(&mut scenario);
    scenario
}

/// The names of all replicas.
pub(crate) fn replicas(scenario: &Scenario) -> Vec<String> {
    scenario.shards.iter().flat_map(|s| std::iter::once(&s.leader).chain(&s.followers)).cloned().collect()
}

pub(crate) fn push(scenario: &mut Scenario, at: u64, event: Event) {
    scenario.script.push(Scheduled { at: SimDuration(at), event });
}

fn shards(dice: &mut Dice, profile: Profile) -> Vec<Shard> {
    let count = if dice.one_in(2) { 1 } else { 1 + dice.below(3) };
    (0..count)
        .map(|s| {
            let followers: Vec<String> =
                (0..if profile.durable { 1 } else { 0 } + dice.below(6).min(5)).take(5).map(|i| format!("s{s}f{i}")).collect();
            Shard {
                name: format!("shard{s}"),
                leader: format!("s{s}l"),
                keys: vec![format!("k{s}/")],
                ack: ack(dice, &followers, profile),
                visibility: if dice.one_in(4) { VisibilitySpec::Flushed } else { VisibilitySpec::Acknowledged },
                flush: if dice.one_in(3) { SimDuration::ZERO } else { dice.upto(20_000) },
                apply: if dice.one_in(3) { SimDuration::ZERO } else { dice.upto(5_000) },
                leader_reads: LeaderReadsSpec::Local,
                failover: None,
                fencing: FencingSpec::On,
                followers,
                ..Shard::default()
            }
        })
        .collect()
}

fn ack(dice: &mut Dice, followers: &[String], profile: Profile) -> AckSpec {
    if followers.is_empty() || (!profile.durable && dice.one_in(3)) {
        return AckSpec::Async;
    }
    let mut followers = followers.to_vec();
    dice.shuffle(&mut followers);
    followers.truncate(1 + dice.below(followers.len()));
    let k = 1 + dice.below(followers.len());
    let selection = if dice.one_in(2) { SelectionSpec::Any } else { SelectionSpec::First };
    let (level, on_loss) = if profile.durable {
        (LevelSpec::Flushed, OnLossSpec::Block)
    } else {
        let after = SimDuration(dice.between(20_000, 400_000));
        let losses = [OnLossSpec::Block, OnLossSpec::FallBackToAsync(after), OnLossSpec::PromoteNext(after)];
        (*dice.pick(&[LevelSpec::Received, LevelSpec::Flushed, LevelSpec::Applied]), *dice.pick(&losses))
    };
    AckSpec::Sync(SyncSpec { followers, k, selection, level, on_loss })
}

fn read(dice: &mut Dice, profile: Profile) -> ReadSpec {
    let wait = SimDuration(dice.between(0, 100_000));
    ReadSpec {
        token: TokenKind::Position,
        mode: profile.mode.unwrap_or_else(|| *dice.pick(&ReadMode::ALL)),
        on_miss: *dice.pick(&[OnMiss::Leader, OnMiss::WaitThenLeader(wait), OnMiss::WaitThenFail(wait)]),
        attempt_timeout: SimDuration(dice.between(10_000, 400_000)),
        ..ReadSpec::default()
    }
}

fn latency(dice: &mut Dice) -> Latency {
    let min = dice.upto(20_000);
    match dice.below(4) {
        0 => Latency::Constant(min),
        1 => Latency::Uniform { min, max: min_plus(min, dice.between(0, 40_000)) },
        2 => Latency::Exponential { min, mean: dice.upto(20_000) },
        _ => Latency::Quantiles(vec![
            Quantile { share: Ratio::percent(50), latency: min },
            Quantile { share: Ratio::percent(90), latency: min_plus(min, dice.between(0, 10_000)) },
            Quantile { share: Ratio::percent(100), latency: min_plus(min, dice.between(10_000, 80_000)) },
        ]),
    }
}

fn min_plus(min: SimDuration, more: u64) -> SimDuration {
    SimDuration(min.0 + more)
}

fn link(dice: &mut Dice, from: String, to: String) -> LinkSpec {
    let lossy = dice.one_in(2);
    LinkSpec {
        from,
        to,
        latency: Some(latency(dice)),
        loss: lossy.then(|| dice.percent(20)),
        duplication: dice.one_in(2).then(|| dice.percent(30)),
        reorder: dice.one_in(2).then_some(true),
    }
}

fn nodes(scenario: &Scenario) -> Vec<String> {
    replicas(scenario).into_iter().chain(scenario.clients.iter().map(|c| c.name.clone())).collect()
}

/// Two different nodes, mostly of the same shard: that is where the protocol runs.
fn pair(dice: &mut Dice, scenario: &Scenario) -> (String, String) {
    let shard = dice.pick(&scenario.shards);
    let mut near: Vec<String> = std::iter::once(&shard.leader).chain(&shard.followers).cloned().collect();
    if near.len() < 2 || dice.one_in(3) {
        near = nodes(scenario);
    }
    dice.shuffle(&mut near);
    (near[0].clone(), near[1].clone())
}

fn links(dice: &mut Dice, scenario: &Scenario) -> Vec<LinkSpec> {
    let mut links = vec![link(dice, "*".to_owned(), "*".to_owned())];
    for _ in 0..dice.below(5) {
        let (from, to) = pair(dice, scenario);
        links.push(link(dice, from, to));
    }
    links
}

fn key(dice: &mut Dice, scenario: &Scenario) -> String {
    format!("k{}/{}", dice.below(scenario.shards.len()), ["a", "b"][dice.below(2)])
}

/// Whether this client writes, when clients do only one of the two.
pub(crate) fn writes(name: &str) -> bool {
    matches!(name, "c0" | "c2")
}

fn workload(dice: &mut Dice, scenario: &Scenario, profile: Profile) -> Vec<Workload> {
    let mut all = Vec::new();
    for client in &scenario.clients {
        if !dice.one_in(2) {
            continue;
        }
        let write = if profile.separate { writes(&client.name) } else { dice.one_in(2) };
        all.push(Workload {
            client: client.name.clone(),
            kind: if write { WorkloadKind::Write } else { WorkloadKind::Read },
            per_second: u32::try_from(dice.between(2, if client.concurrent { 80 } else { 10 })).expect("small"),
            keys: (0..1 + dice.below(3)).map(|_| key(dice, scenario)).collect(),
            from: dice.upto(TROUBLE / 2),
            to: Some(SimDuration(TROUBLE)),
            random: dice.one_in(2),
        });
    }
    all
}

fn operation(dice: &mut Dice, scenario: &Scenario, profile: Profile) -> Event {
    let client = dice.pick(&scenario.clients).name.clone();
    let key = key(dice, scenario);
    let write = if profile.separate { writes(&client) } else { dice.one_in(2) };
    if write {
        let value = if dice.one_in(2) { Datum::Int(7) } else { Datum::Text("seven".to_owned()) };
        return Event::Write { client, key, value, at: None, condition: None };
    }
    let at = dice.one_in(3).then(|| dice.pick(&replicas(scenario)).clone());
    // A property about one mode is about all reads of a session.
    let mode = (profile.mode.is_none() && dice.one_in(6)).then(|| *dice.pick(&ReadMode::ALL));
    Event::Read { client, key, at, mode }
}

/// Something that goes wrong, or is mended too early.
pub(crate) fn fault(dice: &mut Dice, scenario: &Scenario, profile: Profile) -> Event {
    let all = replicas(scenario);
    let node = dice.pick(&all).clone();
    let (from, to) = pair(dice, scenario);
    match dice.below(16) {
        0 | 1 => Event::Crash(Target { node }),
        2 | 3 => Event::Restart(Target { node }),
        4 => Event::Pause(Target { node }),
        5 | 6 => Event::Resume(Target { node }),
        7 => {
            let mut sides = nodes(scenario);
            dice.shuffle(&mut sides);
            let b = sides.split_off(1 + dice.below(sides.len() - 1));
            Event::Partition { a: sides, b }
        }
        8 => Event::Cut(Direction { from, to }),
        9 => Event::Heal { a: "*".to_owned(), b: "*".to_owned() },
        10 => Event::Heal { a: from, b: to },
        11 => Event::Hold(Direction { from, to }),
        12 => Event::Release(Direction { from, to }),
        13 => Event::Link(link(dice, from, to)),
        _ if profile.stable => Event::Restart(Target { node }),
        _ => Event::Promote(Target { node }),
    }
}

fn calm(scenario: &mut Scenario) {
    let star = || "*".to_owned();
    push(scenario, CALM, Event::Heal { a: star(), b: star() });
    push(scenario, CALM, Event::Release(Direction { from: star(), to: star() }));
    for node in replicas(scenario) {
        push(scenario, CALM, Event::Resume(Target { node: node.clone() }));
        push(scenario, CALM, Event::Restart(Target { node }));
    }
}
