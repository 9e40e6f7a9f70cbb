//! What can be left out of a scenario, one part at a time.

use crate::scenario::{AckSpec, Event, LinkSpec, Scenario, TopologySpec};
use crate::time::SimDuration;

/// A part that can be left out. Numbers are places in the lists of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// A shard with its replicas.
    Shard(usize),
    /// A follower of a shard, with all that names it.
    Follower(usize, usize),
    /// A further leader of a shard and its followers, with all that names them.
    Peer(usize, usize),
    /// A follower of a further leader, with all that names it: the shard, the leader, the follower.
    PeerFollower(usize, usize, usize),
    /// A client, with all that names it.
    Client(usize),
    /// A stream of operations.
    Workload(usize),
    /// An event of the script.
    Event(usize),
    /// A node of one side of a partition; the second number counts through both sides.
    Side(usize, usize),
    /// What is said of some links.
    Link(usize),
    /// One of the settings that are said of some links: latency, loss, duplication, reordering.
    LinkSetting(usize, u8),
    /// The time that disks of a shard take.
    Flush(usize),
    /// The time that followers of a shard take to apply.
    Apply(usize),
    /// A clock that is wrong.
    Clock(usize),
    /// A built-in defect.
    Defect(usize),
}

/// Everything that can be left out of a scenario by itself, the largest parts first.
#[must_use]
pub fn removals(scenario: &Scenario) -> Vec<Removal> {
    let mut all = Vec::new();
    if scenario.shards.len() > 1 {
        all.extend((0..scenario.shards.len()).map(Removal::Shard));
    }
    for (s, shard) in scenario.shards.iter().enumerate() {
        all.extend((0..shard.peers.len()).map(|p| Removal::Peer(s, p)));
        for (p, peer) in shard.peers.iter().enumerate() {
            all.extend((0..peer.followers.len()).map(|f| Removal::PeerFollower(s, p, f)));
        }
        all.extend((0..shard.followers.len()).map(|f| Removal::Follower(s, f)));
    }
    all.extend((0..scenario.clients.len()).map(Removal::Client));
    all.extend((0..scenario.workload.len()).map(Removal::Workload));
    all.extend((0..scenario.script.len()).rev().map(Removal::Event));
    all.extend((0..scenario.links.len()).map(Removal::Link));
    for (l, link) in scenario.links.iter().enumerate() {
        let set = [link.latency.is_some(), link.loss.is_some(), link.duplication.is_some(), link.reorder.is_some()];
        all.extend((0..4).zip(set).filter(|(_, set)| *set).map(|(n, _)| Removal::LinkSetting(l, n)));
    }
    for (e, scheduled) in scenario.script.iter().enumerate() {
        if let Event::Partition { a, b } = &scheduled.event {
            all.extend((0..a.len() + b.len()).map(|n| Removal::Side(e, n)));
        }
    }
    for (s, shard) in scenario.shards.iter().enumerate() {
        all.extend((shard.flush > SimDuration::ZERO).then_some(Removal::Flush(s)));
        all.extend((shard.apply > SimDuration::ZERO).then_some(Removal::Apply(s)));
    }
    all.extend((0..scenario.clocks.len()).map(Removal::Clock));
    all.extend((0..scenario.sabotage.len()).map(Removal::Defect));
    all
}

impl Removal {
    /// The scenario without this part. What is left may be no scenario that can be run.
    #[must_use]
    pub fn applied_to(self, scenario: &Scenario) -> Scenario {
        let mut rest = scenario.clone();
        match self {
            Removal::Shard(s) => {
                let shard = rest.shards.remove(s);
                shard.replicas().for_each(|name| forget(&mut rest, name));
            }
            Removal::Peer(s, p) => {
                let peer = rest.shards[s].peers.remove(p);
                std::iter::once(&peer.leader).chain(&peer.followers).for_each(|name| forget(&mut rest, name));
            }
            Removal::PeerFollower(s, p, f) => {
                let name = rest.shards[s].peers[p].followers.remove(f);
                forget(&mut rest, &name);
            }
            Removal::Follower(s, f) => {
                let name = rest.shards[s].followers.remove(f);
                if let AckSpec::Sync(rule) = &mut rest.shards[s].ack {
                    rule.followers.retain(|other| *other != name);
                }
                forget(&mut rest, &name);
            }
            Removal::Client(c) => {
                let name = rest.clients.remove(c).name;
                rest.workload.retain(|workload| workload.client != name);
                forget(&mut rest, &name);
            }
            Removal::Workload(w) => drop(rest.workload.remove(w)),
            Removal::Event(e) => drop(rest.script.remove(e)),
            Removal::Side(e, n) => {
                if let Event::Partition { a, b } = &mut rest.script[e].event {
                    drop(if n < a.len() { a.remove(n) } else { b.remove(n - a.len()) });
                }
            }
            Removal::Link(l) => drop(rest.links.remove(l)),
            Removal::LinkSetting(l, n) => unset(&mut rest.links[l], n),
            Removal::Flush(s) => rest.shards[s].flush = SimDuration::ZERO,
            Removal::Apply(s) => rest.shards[s].apply = SimDuration::ZERO,
            Removal::Clock(c) => drop(rest.clocks.remove(c)),
            Removal::Defect(d) => drop(rest.sabotage.remove(d)),
        }
        rest
    }
}

fn unset(link: &mut LinkSpec, setting: u8) {
    match setting {
        0 => link.latency = None,
        1 => link.loss = None,
        2 => link.duplication = None,
        _ => link.reorder = None,
    }
}

/// Takes out what names a node that is no longer there.
fn forget(scenario: &mut Scenario, name: &str) {
    scenario.links.retain(|link| link.from != name && link.to != name);
    scenario.clocks.retain(|clock| clock.node != name);
    for shard in &mut scenario.shards {
        shard.keeps.retain(|keeps| keeps.node != name);
        if let TopologySpec::Graph(pairs) = &mut shard.topology {
            pairs.retain(|(one, other)| one != name && other != name);
        }
    }
    for client in scenario.clients.iter_mut().filter(|client| client.home.as_deref() == Some(name)) {
        client.home = None;
    }
    scenario.script.retain_mut(|scheduled| match &mut scheduled.event {
        Event::Update { client, .. } | Event::Insert { client, .. } => client != name,
        Event::Write { client, at, .. }
        | Event::Delete { client, at, .. }
        | Event::Add { client, at, .. }
        | Event::Call { client, at, .. }
        | Event::Read { client, at, .. } => {
            if at.as_deref() == Some(name) {
                *at = None;
            }
            client != name
        }
        Event::Link(link) => link.from != name && link.to != name,
        Event::Partition { a, b } => {
            a.retain(|node| node != name);
            b.retain(|node| node != name);
            !a.is_empty() && !b.is_empty()
        }
        Event::Cut(way) | Event::Hold(way) | Event::Release(way) | Event::Connect(way) => way.from != name && way.to != name,
        Event::MoveHome { to, .. } => to != name,
        Event::Heal { a, b } => a != name && b != name,
        Event::Crash(target)
        | Event::Restart(target)
        | Event::Pause(target)
        | Event::Resume(target)
        | Event::Promote(target)
        | Event::Alter(target)
        | Event::Upgrade(target)
        | Event::Join(target)
        | Event::Leave(target) => target.node != name,
    });
}
