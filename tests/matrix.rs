//! The matrix of several leaders: chosen cells counted anew by their definitions, what the literature says of topologies and rules, and that
//! defects show in it.

use std::collections::BTreeMap;

use replicated_telemetry_store::experiment::{Experiment, Job, Progress, request};
use replicated_telemetry_store::family::multi_leader::{Policy, Replica};
use replicated_telemetry_store::history::{History, Op};
use replicated_telemetry_store::log::{KeyId, OpId};
use replicated_telemetry_store::matrix::rules::{self, Losses, Rule};
use replicated_telemetry_store::matrix::topologies::{self, LEADERS, Propagation, TOPOLOGIES, Trouble};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::presets::Preset;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Scenario, TopologySpec, WinnerClock};
use replicated_telemetry_store::sheet::{Cell, Part, Table};
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::version::{Dot, Stamp};

const SEEDS: u64 = 3;

fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).expect("a scenario of the matrix can be run")
}

/// The update of each acknowledged write, with the leader that took it and the time of the acknowledgement.
fn acknowledged(run: &Run, history: &History<'_>) -> Vec<(Dot, Stamp, SimTime)> {
    let told = history.ops.iter().filter_map(|op| history.acknowledged(op));
    let told = told.map(|(stamp, at)| match &stamp {
        Stamp::Dotted(version) => (version.dot(), stamp.clone(), at),
        other => panic!("{other:?} is no version of several leaders"),
    });
    assert!(run.plan.groups.len() == 1, "the matrix has one group");
    told.collect()
}

/// Whether every leader that is up has applied an update, by its vector.
fn is_everywhere(state: &Simulation, up: &[NodeId], dot: Dot) -> bool {
    let mut leaders = state.multi_leader_replicas().filter(|(id, _)| up.contains(id));
    leaders.all(|(_, replica)| replica.applied.has(dot))
}

fn up(run: &Run) -> Vec<NodeId> {
    let leaders = run.end.multi_leader_replicas().map(|(id, _)| id);
    leaders.filter(|id| run.end.status(*id) == Status::Up).collect()
}

/// Where the last writer wins: for each write the one that its leader held when it took it, the one with the largest reading until then.
fn replaced(run: &Run) -> BTreeMap<OpId, OpId> {
    let mut replaced = BTreeMap::new();
    for (id, leader) in run.end.multi_leader_replicas() {
        let log: Vec<_> = leader.log.iter().map(|entry| &entry.update).collect();
        for (place, update) in log.iter().enumerate().filter(|(_, update)| update.leader() == id) {
            let Some(clock) = leader.policy(update.key).drops_by() else { continue };
            let before = log[..place].iter().filter(|other| other.key == update.key);
            let held = before.max_by(|a, b| a.clocks.of(clock).compare(&b.clocks.of(clock)));
            replaced.extend(held.map(|held| (update.op, held.op)));
        }
    }
    replaced
}

/// Acknowledged writes that are in no replica's state, and on which nothing there was built; also no deletion that left nothing at a replica.
fn dropped(run: &Run, history: &History<'_>) -> usize {
    let replicas = || run.end.multi_leader_replicas().map(|(_, replica)| replica);
    let shown = |key: KeyId| replicas().flat_map(move |replica| replica.store.shown(key, replica.policy(key)));
    let replaced = replaced(run);
    // Whoever built on it was built on in turn, up to what is shown.
    let is_left = |op: &Op, stamp: &Stamp| match run.plan.policy(op.key).and_then(Policy::drops_by) {
        None => shown(op.key).any(|version| version.stamp.covers(stamp)),
        Some(_) => shown(op.key).any(|version| {
            let mut line = std::iter::successors(Some(version.op), |op| replaced.get(op).copied()).take(history.ops.len());
            line.any(|built_on| built_on == op.id)
        }),
    };
    let left_nothing = |op: &Op, stamp: &Stamp| {
        let Stamp::Dotted(version) = stamp else { return false };
        let nothing = |replica: &&Replica| replica.store.value(op.key, replica.policy(op.key)).is_none();
        replicas().filter(nothing).any(|replica| replica.applied.has(version.dot()))
    };
    // A deletion that is kept comes after all that it had seen: what it deleted is no loss.
    let kept = |op: &Op, stamp: &Stamp| {
        let deletions = history.ops.iter().filter(|other| other.key == op.key && history.deletes(other.id));
        let mut deletions = deletions.filter_map(|other| Some((other, history.stamp_of(other)?)));
        is_left(op, stamp) || deletions.any(|(other, by)| by.covers(stamp) && (is_left(other, &by) || left_nothing(other, &by)))
    };
    history.ops.iter().filter_map(|op| Some((op, history.stamp_of(op)?))).filter(|(op, stamp)| !kept(op, stamp)).count()
}

#[test]
fn cells_of_topologies_are_what_their_definitions_say() {
    for (topology, trouble) in [
        (TopologySpec::Ring, Trouble::FirstLost),
        (TopologySpec::AllToAll, Trouble::LinkCut),
        (TopologySpec::Star, Trouble::ClockBehind),
    ] {
        let cell = topologies::cell(&topology, trouble, 1);
        let run = run(&topologies::scenario(&topology, trouble, 1));
        let (history, up) = (run.history(), up(&run));
        assert_eq!(up.len(), LEADERS.len() - usize::from(trouble == Trouble::FirstLost));
        let writes = acknowledged(&run, &history);
        let (arrived, stranded): (Vec<_>, Vec<_>) = writes.iter().partition(|(dot, ..)| is_everywhere(&run.end, &up, *dot));
        assert_eq!((cell.acknowledged, cell.stranded), (writes.len(), stranded.len()), "{topology:?}, {trouble:?}");
        assert_eq!(cell.dropped, dropped(&run, &history), "{topology:?}, {trouble:?}");
        // A leader takes a write a few milliseconds before its client is told: nothing takes longer than the slowest, and something nearly as long.
        let latest = |shorter: SimDuration| {
            let after = cell.slowest.0.saturating_sub(shorter.0);
            arrived.iter().all(|(dot, _, told)| is_everywhere(&run.state_at(SimTime(told.0 + after)), &up, *dot))
        };
        assert!(latest(SimDuration::ZERO), "{topology:?}, {trouble:?}: {cell:?}");
        assert!(!latest(SimDuration::millis(25)), "{topology:?}, {trouble:?}: {cell:?}");
    }
}

#[test]
fn a_ring_and_the_centre_of_a_star_are_single_points_of_failure() {
    let cell = |topology, trouble| topologies::cell(topology, trouble, SEEDS);
    let [all_to_all, ring, star] = &TOPOLOGIES;
    for topology in &TOPOLOGIES {
        let whole = cell(topology, Trouble::Nothing);
        assert_eq!((whole.stranded, whole.stale, whole.unsuccessful), (0, 0, 0), "{topology:?}: {whole:?}");
        let behind = cell(topology, Trouble::ClockBehind);
        assert!(behind.stranded == 0 && behind.dropped > whole.dropped, "{topology:?}: {behind:?}, {whole:?}");
    }
    let stranded = |topology, trouble| cell(topology, trouble).stranded;
    assert!(stranded(ring, Trouble::LastLost) > 5 * stranded(all_to_all, Trouble::LastLost).max(1));
    assert!(stranded(star, Trouble::FirstLost) > 5 * stranded(all_to_all, Trouble::FirstLost).max(1));
    assert!(
        stranded(star, Trouble::FirstLost) > 5 * stranded(star, Trouble::LastLost).max(1),
        "an outer leader takes only its own along"
    );
    assert!(
        stranded(star, Trouble::LinkCut) > 0
            && stranded(ring, Trouble::LinkCut) > 0
            && stranded(all_to_all, Trouble::LinkCut) > 0
    );
    let slowest = |topology| cell(topology, Trouble::Nothing).slowest;
    assert!(slowest(ring) > slowest(all_to_all), "an update goes round");
}

/// Losses of the built-in rows, and that the runs of a row are counted by their definitions.
#[test]
fn rows_of_rules_are_what_their_definitions_say() {
    for rule in [Rule::LastWriteWins(WinnerClock::Physical), Rule::Siblings, Rule::Union, Rule::Sum] {
        let row = rules::row(rule, SEEDS);
        let (mut lost, mut several, mut told, mut unsuccessful) = (0, 0, 0, 0);
        for seed in 1..=SEEDS {
            let run = run(&rules::scenario(rule, seed));
            let history = run.history();
            lost += dropped(&run, &history);
            told += history.ops.iter().filter(|op| history.stamp_of(op).is_some()).count();
            unsuccessful +=
                history.ops.iter().filter(|op| history.stamp_of(op).is_none() && history.returned(op).is_none()).count();
            let keys = (0..run.plan.keys.len()).map(|key| KeyId(u32::try_from(key).expect("few")));
            let left = |key| {
                let mut replicas = run.end.multi_leader_replicas().map(|(_, replica)| replica);
                rule == Rule::Siblings && replicas.any(|replica| replica.store.versions(key).len() > 1)
            };
            several += keys.filter(|key| left(*key)).count();
        }
        let counted = (row.dropped, row.siblings, row.acknowledged, row.unsuccessful);
        assert_eq!(counted, (lost, several, told, unsuccessful), "{rule:?}");
    }
}

#[test]
fn each_rule_loses_what_it_is_known_to_lose() {
    let row = |rule| rules::row(rule, SEEDS);
    for clock in [WinnerClock::Physical, WinnerClock::Lamport, WinnerClock::Hybrid] {
        let losses = row(Rule::LastWriteWins(clock));
        assert!(losses.dropped > 0 && losses.siblings == 0 && losses.broken > 0, "{clock:?}: {losses:?}");
    }
    let (siblings, union, cart) = (row(Rule::Siblings), row(Rule::Union), row(Rule::Cart));
    assert!(siblings.dropped == 0 && siblings.siblings > 0, "{siblings:?}");
    assert!(union.dropped == 0 && union.resurrected > 0, "{union:?}");
    assert_eq!((cart.dropped, cart.resurrected), (0, 0), "{cart:?}");
    let (avoid, sum) = (row(Rule::Avoid), row(Rule::Sum));
    assert_eq!((avoid.dropped, avoid.broken), (0, 0), "one leader decides: {avoid:?}");
    assert!(avoid.unsuccessful > siblings.unsuccessful, "and who cannot reach it waits: {avoid:?}, {siblings:?}");
    assert!(sum.dropped == 0 && sum.broken > 0, "what is added counts, and the floor is not kept: {sum:?}");
    for rule in Rule::ALL {
        assert_eq!(row(rule).differing, 0, "{rule:?}: in the end all agree");
    }
}

#[test]
fn defects_show_in_the_matrix() {
    let topology = TopologySpec::AllToAll;
    let (mut sound, mut broken) = (Propagation::default(), Propagation::default());
    let (mut kept, mut parted) = (Losses::default(), Losses::default());
    for seed in 1..=2 * SEEDS {
        let mut scenario = topologies::scenario(&topology, Trouble::Nothing, seed);
        sound.add(&run(&scenario));
        scenario.sabotage.push(Sabotage::NeverResend);
        broken.add(&run(&scenario));
        for clock in [WinnerClock::Physical, WinnerClock::Lamport, WinnerClock::Hybrid] {
            let mut scenario = rules::scenario(Rule::LastWriteWins(clock), seed);
            kept.add(&run(&scenario));
            scenario.sabotage.push(Sabotage::NeverResend);
            parted.add(&run(&scenario));
        }
    }
    assert!(sound.stranded == 0 && broken.stranded > 0, "what was lost on the way never comes: {broken:?}");
    assert_eq!((kept.resurrected, kept.differing), (0, 0), "{kept:?}");
    assert!(parted.differing > 0, "what was written offline stays there: {parted:?}");
}

/// What the page shows of a scenario with several leaders, and what the command line prints: both tables, a row for each topology and each rule.
#[test]
fn the_sheet_has_a_row_for_each_topology_and_each_rule() {
    let scenario = Preset::named("lww-skew").expect("a preset").scenario();
    let mut job = Job::of(&request(Experiment::Matrix, "1", &scenario)).unwrap_or_else(|error| panic!("{error}"));
    let mut steps = 0;
    let sheet = loop {
        steps += 1;
        match job.step() {
            Progress::Working(told) => assert!(told.contains(" of "), "{told}"),
            Progress::Done(sheet) => break sheet,
        }
    };
    assert_eq!(steps, TOPOLOGIES.len() * Trouble::ALL.len() + Rule::ALL.len(), "one cell, or one row, a step");
    let tables: Vec<&Table> =
        sheet.parts.iter().filter_map(|part| if let Part::Table(table) = part { Some(table) } else { None }).collect();
    let [by_topology, by_rule] = tables[..] else { panic!("not two tables: {sheet}") };
    assert_eq!((by_topology.rows.len(), by_topology.head.len()), (TOPOLOGIES.len(), 1 + Trouble::ALL.len()));
    assert_eq!((by_rule.rows.len(), by_rule.head.len()), (Rule::ALL.len(), 1 + Losses::default().columns().len()));
    for table in tables {
        assert!(
            table.rows.iter().all(|row| row.len() == table.head.len() && row.iter().all(|cell| !cell.text.is_empty())),
            "{sheet}"
        );
    }
    // What the cell says is what was counted.
    let cell = topologies::cell(&TopologySpec::Ring, Trouble::LastLost, 1);
    let said = &row_of(by_topology, "ring")[3].text;
    assert!(
        said.contains(&format!("{} of {} writes do not get everywhere", cell.stranded, cell.acknowledged)),
        "{said}: {cell:?}"
    );
}

fn row_of<'a>(table: &'a Table, name: &str) -> &'a [Cell] {
    table.rows.iter().find(|row| row[0].text == name).expect(name)
}
