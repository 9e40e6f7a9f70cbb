//! Taking a cause out of a scenario: everything else stays as it is, down to the random choices.
//!
//! The random choices of an operation hang on its place in the script. An event in front of an operation is therefore not taken out
//! of the list but replaced by one that changes nothing: a change of a link that names no new setting.

use super::Cause;
use crate::family::GroupId;
use crate::network::{LATENCY_DEFAULT, Latency, NodeId};
use crate::rng::Ratio;
use crate::router::{ReadMode, TokenHome, TokenKind};
use crate::scenario::{
    AckSpec, DeliverySpec, Event, FencingSpec, FormatSpec, LeaderReadsSpec, LinkSpec, NumbersSpec, Scenario, Scheduled, Shard,
    SyncSpec, TopologySpec, VisibilitySpec,
};
use crate::time::SimDuration;

/// The scenario without these causes.
#[must_use]
pub fn without(scenario: &Scenario, causes: &[Cause]) -> Scenario {
    let names = names(scenario);
    let mut rest = scenario.clone();
    let mut places = Vec::new();
    for cause in causes {
        match *cause {
            Cause::Event(place) => places.push(place),
            Cause::Latency(src, dst) => {
                let calm = LinkSpec { latency: Some(Latency::Constant(LATENCY_DEFAULT)), ..spec(&names, src, dst) };
                settle(&mut rest, scenario, &calm, |change| change.latency.is_some());
            }
            Cause::Loss(src, dst) => {
                let calm = LinkSpec { loss: Some(Ratio(0)), ..spec(&names, src, dst) };
                settle(&mut rest, scenario, &calm, |change| change.loss.is_some());
            }
            Cause::Disorder(src, dst) => {
                let calm = LinkSpec { duplication: Some(Ratio(0)), reorder: Some(false), ..spec(&names, src, dst) };
                settle(&mut rest, scenario, &calm, |change| change.duplication.is_some() || change.reorder.is_some());
            }
            Cause::Defect(defect) => rest.sabotage.retain(|other| *other != defect),
            Cause::Flush(group) => shard(&mut rest, group, |shard| shard.flush = SimDuration::ZERO),
            Cause::Apply(group) => shard(&mut rest, group, |shard| shard.apply = SimDuration::ZERO),
            Cause::Format(group) => shard(&mut rest, group, |shard| shard.format = FormatSpec::Logical),
            Cause::Retention(group) => shard(&mut rest, group, |shard| shard.retention = None),
            Cause::Failover(group) => shard(&mut rest, group, |shard| shard.failover = None),
            Cause::Fencing(group) => shard(&mut rest, group, |shard| shard.fencing = FencingSpec::On),
            Cause::Visibility(group) => shard(&mut rest, group, |shard| shard.visibility = VisibilitySpec::Acknowledged),
            Cause::Acknowledgement(group, node) => {
                let follower = names.get(node.index()).cloned().unwrap_or_default();
                shard(&mut rest, group, |shard| shard.ack = AckSpec::Sync(wait_for(follower)));
            }
            Cause::LeaderReads(group) => shard(&mut rest, group, |shard| shard.leader_reads = LeaderReadsSpec::ReadIndex),
            Cause::Clock(node) => rest.clocks.retain(|clock| names.get(node.index()) != Some(&clock.node)),
            Cause::Token => rest.read.token = TokenKind::Position,
            Cause::Devices => rest.read.tokens = TokenHome::User,
            Cause::Write(place) => unwrite(&mut rest.script, place),
            Cause::Delivery(group) => shard(&mut rest, group, |shard| shard.delivery = DeliverySpec::Causal),
            Cause::Numbers(group) => shard(&mut rest, group, |shard| shard.numbers = NumbersSpec::Interleaved),
            Cause::DataType(group) => shard(&mut rest, group, |shard| {
                for spec in &mut shard.conflicts {
                    if let Some(sound) = spec.sound() {
                        *spec = sound;
                    }
                }
            }),
            Cause::Topology(group) => shard(&mut rest, group, |shard| shard.topology = TopologySpec::AllToAll),
            Cause::ReadMode => {
                rest.read.mode = ReadMode::SessionConsistent;
                for scheduled in &mut rest.script {
                    if let Event::Read { mode, .. } = &mut scheduled.event {
                        *mode = None;
                    }
                }
            }
        }
    }
    drop_events(&mut rest.script, places, &names);
    rest
}

/// The names of the nodes, in the order of their numbers.
pub(super) fn names(scenario: &Scenario) -> Vec<String> {
    let replicas = scenario.shards.iter().flat_map(Shard::replicas);
    replicas.chain(scenario.clients.iter().map(|client| client.name.as_str())).map(str::to_owned).collect()
}

/// A change of a link that names no setting.
fn spec(names: &[String], src: NodeId, dst: NodeId) -> LinkSpec {
    let name = |node: NodeId| names.get(node.index()).cloned().unwrap_or_default();
    LinkSpec { from: name(src), to: name(dst), latency: None, loss: None, duplication: None, reorder: None }
}

/// Makes a link calm from the start, and again after each change of the script that would make it otherwise.
fn settle(rest: &mut Scenario, scenario: &Scenario, calm: &LinkSpec, changes: impl Fn(&LinkSpec) -> bool) {
    rest.links.push(calm.clone());
    let covers = |name: &str, node: &str| name == "*" || name == node;
    for scheduled in &scenario.script {
        if let Event::Link(change) = &scheduled.event
            && changes(change)
            && covers(&change.from, &calm.from)
            && covers(&change.to, &calm.to)
        {
            rest.script.push(Scheduled { at: scheduled.at, event: Event::Link(calm.clone()) });
        }
    }
}

fn shard(scenario: &mut Scenario, group: GroupId, change: impl FnOnce(&mut Shard)) {
    if let Some(shard) = scenario.shards.get_mut(group.index()) {
        change(shard);
    }
}

fn wait_for(follower: String) -> SyncSpec {
    SyncSpec {
        followers: vec![follower],
        k: 1,
        selection: crate::scenario::SelectionSpec::default(),
        level: crate::scenario::LevelSpec::default(),
        on_loss: crate::scenario::OnLossSpec::default(),
    }
}

/// Lets a client read a key that nobody writes, instead of writing: the numbers of operations stay, and its session sees nothing of the key.
fn unwrite(script: &mut [Scheduled], place: usize) {
    let Some(scheduled) = script.get_mut(place) else { return };
    let (client, key) = match &scheduled.event {
        Event::Write { client, key, .. }
        | Event::Delete { client, key, .. }
        | Event::Add { client, key, .. }
        | Event::Call { client, key, .. } => (client.clone(), format!("{key}-unwritten")),
        Event::Insert { client, table, .. } => (client.clone(), format!("{table}-unwritten")),
        _ => return,
    };
    scheduled.event = Event::Read { client, key, at: None, mode: None };
}

fn drop_events(script: &mut Vec<Scheduled>, mut places: Vec<usize>, names: &[String]) {
    let operation = |s: &Scheduled| s.event.is_operation();
    places.sort_unstable();
    for place in places.into_iter().rev().filter(|place| *place < script.len()).collect::<Vec<_>>() {
        match script[place + 1..].iter().any(operation) {
            true if names.len() > 1 => script[place].event = Event::Link(spec(names, NodeId(0), NodeId(1))),
            _ => drop(script.remove(place)),
        }
    }
}
