//! Random scenarios of groups with several leaders, each from one number.
//!
//! Faults happen in the first second and a half of simulated time; then everything is healed, released, restarted and resumed, and quiet
//! follows, in which every operation has to end and every replica has to come to the same. Written values are different from each
//! other, so that whoever reads one knows who wrote it.

use crate::dice::Dice;
use replicated_telemetry_store::network::Latency;
use replicated_telemetry_store::rng::Ratio;
use replicated_telemetry_store::router::{OnMiss, ReadMode};
use replicated_telemetry_store::scenario::{
    ClientSpec, ClockSpec, ConditionSpec, ConflictRule, ConflictSpec, Datum, DeliverySpec, Direction, Event, FamilySpec,
    LinkSpec, NumbersSpec, PeerSpec, ReadSpec, Scenario, Scheduled, Shard, Target, TopologySpec, VERSION, WinnerClock,
};
use replicated_telemetry_store::time::{Offset, SimDuration};

/// When the last operation is asked for and the last fault happens.
pub(crate) const TROUBLE: u64 = 1_500_000;
/// When everything is made well again.
const CALM: u64 = 2_000_000;
/// The end of the run.
const UNTIL: u64 = 62_000_000;
/// What sets are made of.
const ELEMENTS: [&str; 5] = ["book", "dvd", "soap", "milk", "eggs"];

/// The rules that make replicas with equal updates show the same, each with the prefix of its keys.
pub(crate) const RULES: [(&str, Rule); 10] = [
    ("avoid/", Rule::Avoid),
    ("physical/", Rule::Wins(WinnerClock::Physical)),
    ("lamport/", Rule::Wins(WinnerClock::Lamport)),
    ("hybrid/", Rule::Wins(WinnerClock::Hybrid)),
    ("siblings/", Rule::Siblings),
    ("union/", Rule::Union),
    ("cart/", Rule::Cart),
    ("maximum/", Rule::Maximum),
    ("sum/", Rule::Sum),
    ("rebase/", Rule::Rebase),
];

/// What is done about conflicts over some keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Avoid,
    Wins(WinnerClock),
    Siblings,
    Union,
    Cart,
    Maximum,
    Sum,
    /// Where the topology is a star: its centre is the server.
    Rebase,
}

/// What kind of scenario a property needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Profile {
    /// The read mode; random if nothing is said.
    pub(crate) mode: Option<ReadMode>,
    /// When updates are applied; random if nothing is said.
    pub(crate) delivery: Option<DeliverySpec>,
    /// No faults, no loss, no duplicates: every message arrives once, and so soon that nobody sends again.
    pub(crate) whole: bool,
    /// Each client does everything at one leader, and waits for it as long as it takes.
    pub(crate) at_home: bool,
    /// Many operations on two keys.
    pub(crate) busy: bool,
    /// Some writes change rows that have to be there, wherever they arrive. Rows are not taken away: who has the insertion has the row.
    pub(crate) rows: bool,
}

/// The dice of one scenario.
pub(crate) fn dice(seed: u64) -> Dice {
    Dice::new(seed, 0x1EAD_E125)
}

/// The scenario of a seed.
pub(crate) fn scenario(seed: u64, profile: Profile) -> Scenario {
    let dice = &mut dice(seed);
    let shard = shard(dice, profile);
    let leaders = leaders(&shard);
    let client = |i: usize, dice: &mut Dice| ClientSpec {
        name: format!("c{i}"),
        concurrent: !profile.at_home && dice.one_in(4),
        user: None,
        home: (!dice.one_in(4)).then(|| dice.pick(&leaders).clone()),
    };
    let clients = (0..1 + dice.below(4)).map(|i| client(i, dice)).collect();
    let mut scenario = Scenario {
        version: VERSION,
        title: format!("seed {seed}"),
        lesson: None,
        seed,
        until: SimDuration(UNTIL),
        family: FamilySpec::MultiLeader,
        clocks: Vec::new(),
        links: Vec::new(),
        read: read(dice, profile),
        op_timeout: if profile.at_home { SimDuration::secs(100) } else { SimDuration(dice.between(100_000, 1_000_000)) },
        workload: Vec::new(),
        script: Vec::new(),
        sabotage: Vec::new(),
        shards: vec![shard],
        clients,
    };
    for node in replicas(&scenario) {
        if dice.one_in(3) {
            let (offset, rate) = (dice.between(0, 10_000_000), dice.between(900, 1_100));
            let offset = Offset(i64::try_from(offset).expect("seconds") - 5_000_000);
            scenario.clocks.push(ClockSpec { node, ms_per_second: u32::try_from(rate).expect("small"), offset });
        }
    }
    scenario.links = links(dice, &scenario, profile);
    // Where conflicts are avoided, the home of the key takes a write, and not that of the client.
    let star = scenario.shards[0].topology == TopologySpec::Star;
    let fits = |rule: Rule| (rule != Rule::Avoid || !profile.at_home) && (rule != Rule::Rebase || star);
    let rules: Vec<&str> = RULES.into_iter().filter(|(_, rule)| fits(*rule)).map(|(prefix, _)| prefix).collect();
    let keys: Vec<String> = (0..if profile.busy { 2 } else { 1 + dice.below(4) })
        .map(|_| format!("{}{}", dice.pick(&rules), ["a", "b"][dice.below(2)]))
        .collect();
    for number in 0..dice.below(if profile.busy { 200 } else { 40 }) {
        let event = operation(dice, &scenario, &keys, number, profile);
        push(&mut scenario, dice.between(0, TROUBLE), event);
    }
    if !profile.whole {
        for _ in 0..dice.below(14) {
            let event = fault(dice, &scenario, &keys);
            push(&mut scenario, dice.between(0, TROUBLE), event);
        }
        calm(&mut scenario);
    }
    scenario
}

pub(crate) fn push(scenario: &mut Scenario, at: u64, event: Event) {
    scenario.script.push(Scheduled { at: SimDuration(at), event });
}

/// The rule of a key, by its prefix.
pub(crate) fn rule_of(key: &str) -> Option<Rule> {
    RULES.iter().find(|(prefix, _)| key.starts_with(prefix)).map(|(_, rule)| *rule)
}

fn leaders(shard: &Shard) -> Vec<String> {
    shard.leaders().map(|(leader, _)| leader.to_owned()).collect()
}

/// The names of all replicas.
fn replicas(scenario: &Scenario) -> Vec<String> {
    let groups = scenario.shards.iter().flat_map(Shard::leaders);
    groups.flat_map(|(leader, followers)| std::iter::once(leader.to_owned()).chain(followers.iter().cloned())).collect()
}

fn shard(dice: &mut Dice, profile: Profile) -> Shard {
    let names: Vec<String> = (0..2 + dice.below(4)).map(|i| format!("l{i}")).collect();
    let followers = |dice: &mut Dice, leader: &str| {
        let count = if dice.one_in(2) { 0 } else { 1 + dice.below(2) };
        (0..count).map(|i| format!("{leader}f{i}")).collect::<Vec<_>>()
    };
    let first = followers(dice, &names[0]);
    let peers = names[1..].iter().map(|name| PeerSpec { leader: name.clone(), followers: followers(dice, name) }).collect();
    let topology = match dice.below(4) {
        0 => TopologySpec::AllToAll,
        1 => TopologySpec::Ring,
        2 => TopologySpec::Star,
        _ => TopologySpec::Graph(graph(dice, &names)),
    };
    let rules = RULES.into_iter().filter(|(_, rule)| *rule != Rule::Rebase || topology == TopologySpec::Star);
    let conflicts = rules.map(|(prefix, rule)| ConflictSpec {
        keys: vec![prefix.to_owned()],
        rule: match rule {
            Rule::Avoid => ConflictRule::Avoid(dice.pick(&names).clone()),
            Rule::Wins(clock) => ConflictRule::LastWriteWins(clock),
            Rule::Siblings => ConflictRule::Siblings,
            Rule::Union => ConflictRule::Union,
            Rule::Cart => ConflictRule::Cart,
            Rule::Maximum => ConflictRule::Maximum,
            Rule::Sum => ConflictRule::Sum,
            Rule::Rebase => ConflictRule::Rebase,
        },
    });
    let conflicts = conflicts.collect();
    Shard {
        name: "group".to_owned(),
        leader: names[0].clone(),
        followers: first,
        peers,
        topology,
        delivery: profile.delivery.unwrap_or_else(|| *dice.pick(&DeliverySpec::ALL)),
        conflicts,
        numbers: if dice.one_in(2) { NumbersSpec::Next } else { NumbersSpec::Interleaved },
        ..Shard::default()
    }
}

/// Links by which everybody reaches everybody: a tree, and perhaps some more.
fn graph(dice: &mut Dice, names: &[String]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = (1..names.len()).map(|i| (names[dice.below(i)].clone(), names[i].clone())).collect();
    for _ in 0..dice.below(3) {
        let (a, b) = (dice.below(names.len()), dice.below(names.len()));
        if a != b {
            pairs.push((names[a].clone(), names[b].clone()));
        }
    }
    pairs
}

fn read(dice: &mut Dice, profile: Profile) -> ReadSpec {
    const MODES: [ReadMode; 4] = [ReadMode::Leader, ReadMode::AnyFollower, ReadMode::SessionConsistent, ReadMode::Guarantees];
    let wait = SimDuration(dice.between(0, 100_000));
    let patient = SimDuration::secs(100);
    ReadSpec {
        mode: profile.mode.unwrap_or_else(|| *dice.pick(&MODES)),
        on_miss: *dice.pick(&[OnMiss::Leader, OnMiss::WaitThenLeader(wait), OnMiss::WaitThenFail(wait), OnMiss::Fail]),
        attempt_timeout: if profile.at_home { patient } else { SimDuration(dice.between(10_000, 400_000)) },
        ..ReadSpec::default()
    }
}

fn link(dice: &mut Dice, from: &str, to: &str, profile: Profile) -> LinkSpec {
    let min = SimDuration(dice.between(0, if profile.whole { 20_000 } else { 30_000 }));
    let max = SimDuration(min.0 + dice.between(0, 80_000));
    let latency = if profile.whole || dice.one_in(3) { Latency::Constant(min) } else { Latency::Uniform { min, max } };
    let bad = |dice: &mut Dice| !profile.whole && dice.one_in(2);
    LinkSpec {
        from: from.to_owned(),
        to: to.to_owned(),
        latency: Some(latency),
        loss: bad(dice).then(|| dice.percent(20)),
        duplication: bad(dice).then(|| dice.percent(30)),
        reorder: bad(dice).then_some(true),
    }
}

fn links(dice: &mut Dice, scenario: &Scenario, profile: Profile) -> Vec<LinkSpec> {
    let mut links = vec![link(dice, "*", "*", profile)];
    for _ in 0..dice.below(6) {
        let (from, to) = pair(dice, scenario);
        links.push(link(dice, &from, &to, profile));
    }
    if profile.at_home {
        // What a client is never told of it would wait for in vain.
        for client in &scenario.clients {
            for (from, to) in [("*", client.name.as_str()), (client.name.as_str(), "*")] {
                links.push(LinkSpec { loss: Some(Ratio(0)), ..link(dice, from, to, Profile { whole: true, ..profile }) });
            }
        }
    }
    links
}

/// Two different nodes, mostly replicas: that is where updates travel.
fn pair(dice: &mut Dice, scenario: &Scenario) -> (String, String) {
    let mut near = replicas(scenario);
    if dice.one_in(4) {
        near.extend(scenario.clients.iter().map(|client| client.name.clone()));
    }
    dice.shuffle(&mut near);
    (near[0].clone(), near[1].clone())
}

/// A value that nobody else writes.
fn unique(number: usize) -> i64 {
    1_000 + i64::try_from(number).expect("few")
}

/// What a client is told to do; the number makes its value another one than all others.
fn operation(dice: &mut Dice, scenario: &Scenario, keys: &[String], number: usize, profile: Profile) -> Event {
    let client = dice.pick(&scenario.clients).name.clone();
    let key = dice.pick(keys).clone();
    let rule = rule_of(&key).expect("keys are called after rules");
    let leaders = leaders(&scenario.shards[0]);
    if dice.one_in(10) {
        return Event::Insert { client, table: "row".to_owned(), value: Datum::Int(unique(number)) };
    }
    let elsewhere = !profile.at_home && dice.one_in(4);
    if dice.one_in(3) {
        let at = (!profile.at_home && dice.one_in(3)).then(|| dice.pick(&replicas(scenario)).clone());
        return Event::Read { client, key, at, mode: profile.at_home.then_some(scenario.read.mode) };
    }
    let at = elsewhere.then(|| dice.pick(&leaders).clone());
    let value = match rule {
        Rule::Sum => {
            let amount = i64::try_from(dice.below(20)).expect("small") - 8;
            let floor = dice.one_in(4).then_some(0);
            return Event::Add { client, key, amount, floor, at };
        }
        Rule::Union | Rule::Cart => {
            Datum::Set(ELEMENTS.iter().filter(|_| dice.one_in(2)).map(|&element| element.to_owned()).collect())
        }
        Rule::Maximum => Datum::Int(i64::try_from(dice.below(100)).expect("small")),
        Rule::Avoid | Rule::Wins(_) | Rule::Siblings | Rule::Rebase => Datum::Int(unique(number)),
    };
    if profile.rows && dice.one_in(3) {
        return Event::Write { client, key, value, at, condition: Some(ConditionSpec::Present) };
    }
    if !profile.rows && dice.one_in(8) {
        return Event::Delete { client, key, at };
    }
    let condition = match dice.below(12) {
        0 => Some(ConditionSpec::Absent),
        1 if !matches!(rule, Rule::Union | Rule::Cart) => Some(ConditionSpec::Equals(Datum::Int(1_000))),
        _ => None,
    };
    Event::Write { client, key, value, at, condition }
}

/// Something that goes wrong, or is mended too early, or that an operator does about it.
fn fault(dice: &mut Dice, scenario: &Scenario, keys: &[String]) -> Event {
    let all = replicas(scenario);
    let node = dice.pick(&all).clone();
    let mut leaders = leaders(&scenario.shards[0]);
    dice.shuffle(&mut leaders);
    let (from, to) = pair(dice, scenario);
    match dice.below(18) {
        0 | 1 => Event::Crash(Target { node }),
        2 | 3 => Event::Restart(Target { node }),
        4 => Event::Pause(Target { node }),
        5 | 6 => Event::Resume(Target { node }),
        7 => {
            let mut sides: Vec<String> = all.into_iter().chain(scenario.clients.iter().map(|c| c.name.clone())).collect();
            dice.shuffle(&mut sides);
            let b = sides.split_off(1 + dice.below(sides.len() - 1));
            Event::Partition { a: sides, b }
        }
        8 => Event::Cut(Direction { from, to }),
        9 => Event::Heal { a: "*".to_owned(), b: "*".to_owned() },
        10 => Event::Heal { a: from, b: to },
        11 => Event::Hold(Direction { from, to }),
        12 => Event::Release(Direction { from, to }),
        13 | 14 => Event::Link(link(dice, &from, &to, Profile::default())),
        15 | 16 => match keys.iter().find(|key| rule_of(key) == Some(Rule::Avoid)) {
            Some(key) => Event::MoveHome { key: key.clone(), to: leaders.swap_remove(0) },
            None => Event::Restart(Target { node }),
        },
        _ => Event::Connect(Direction { from: leaders[0].clone(), to: leaders[1].clone() }),
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
