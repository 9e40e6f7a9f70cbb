//! How a ring works: how many replicas a key has and how many have to answer, whether others stand in, how versions are told apart, what is
//! repaired, and who coordinates for each client.

use crate::engine::command::{Command, RingSet, Set, ShardSet};
use crate::engine::field::{Choice, Field, choice, option, tick};
use crate::scenario::{CoordinatorSpec, QuorumKind, ReadRepairSpec, RingSpec, Scenario, VersionsSpec};
use crate::time::SimDuration;

const VERSIONS: [(&str, &str); 5] = [
    ("dotted-vectors", "dotted version vectors"),
    ("server-vectors", "version vectors of servers"),
    ("client-vectors", "version vectors of clients, at most 10"),
    ("last-write-wins", "the coordinators' clocks"),
    ("none", "nothing: the last to arrive stays"),
];
/// What a vector of clients has at the most, if it is chosen here.
const CLIENTS_MAX: u16 = 10;
/// How often something is done in the background, if it is chosen here.
const EVERY: SimDuration = SimDuration::millis(500);

/// The fields of all rings.
pub(super) fn fields(scenario: &Scenario) -> Vec<Field> {
    let several = scenario.shards.len() > 1;
    let rings = scenario.shards.iter().enumerate().filter_map(|(index, shard)| Some((index, shard, shard.ring.as_ref()?)));
    let mut fields: Vec<Field> = rings
        .flat_map(|(index, shard, ring)| {
            of_ring(index, if several { format!(" of {}", shard.name) } else { String::new() }, ring)
        })
        .collect();
    let nodes: Vec<&str> = scenario.shards.iter().flat_map(|shard| shard.replicas()).collect();
    let home = |(index, client): (usize, &crate::scenario::ClientSpec)| {
        let chosen = client.home.as_deref().unwrap_or_default();
        let homes = nodes.iter().map(|node| option(*node, *node, *node == chosen));
        let homes = [option("", "any node", chosen.is_empty())].into_iter().chain(homes).collect();
        choice(client.name.clone(), homes, &Command::Set(Set::Home(index)))
    };
    fields.push(Field::Group("Clients turn to".to_owned(), scenario.clients.iter().enumerate().map(home).collect()));
    fields
}

/// How many answers, or replicas, may be chosen.
fn counts(most: usize, chosen: u8) -> Vec<Choice> {
    (1..=most).map(|count| option(count.to_string(), count.to_string(), count == usize::from(chosen))).collect()
}

fn of_ring(index: usize, of: String, ring: &RingSpec) -> [Field; 3] {
    let command = |set: RingSet| Command::Set(Set::Shard(index, ShardSet::Ring(set)));
    let most = most(ring);
    let mut quorum = vec![
        choice("R: answers that a read needs", counts(most, ring.r), &command(RingSet::Reads)),
        choice("W: answers that a write needs", counts(most, ring.w), &command(RingSet::Writes)),
        tick("other nodes stand in (sloppy quorum)", ring.quorum == QuorumKind::Sloppy, &command(RingSet::Sloppy)),
    ];
    if ring.regions.is_empty() {
        quorum.insert(0, choice("N: replicas of a key", counts(ring.nodes.len(), ring.n), &command(RingSet::Replicas)));
    }
    let name = name_of(ring.versions);
    let versions = VERSIONS.into_iter().map(|(value, text)| option(value, text, value == name)).collect();
    let coordinators = vec![
        option("node", "a node", ring.coordinator == CoordinatorSpec::Node),
        option("fastest", "who answered the last read fastest", ring.coordinator == CoordinatorSpec::Fastest),
        option("client", "the client itself", ring.coordinator == CoordinatorSpec::Client),
    ];
    let repairs = vec![
        option("off", "nothing", ring.read_repair == ReadRepairSpec::Off),
        option("background", "repair replicas after the answer", ring.read_repair == ReadRepairSpec::Background),
        option("blocking", "repair replicas before the answer", ring.read_repair == ReadRepairSpec::Blocking),
    ];
    [
        Field::Group(format!("Quorums{of}"), quorum),
        Field::Group(
            format!("Versions{of}"),
            vec![
                choice("Told apart by", versions, &command(RingSet::Versions)),
                choice("Coordinated by", coordinators, &command(RingSet::Coordinator)),
            ],
        ),
        Field::Group(
            format!("Repair{of}"),
            vec![
                choice("Reads", repairs, &command(RingSet::ReadRepair)),
                tick("reads write back first (ABD)", ring.write_back, &command(RingSet::WriteBack)),
                tick("hints are handed off", ring.handoff.is_some(), &command(RingSet::Handoff)),
                tick("nodes compare hash trees", ring.anti_entropy.is_some(), &command(RingSet::AntiEntropy)),
            ],
        ),
    ]
}

/// The most answers that can be asked for: all replicas, or where regions count for themselves, those of the smallest one.
fn most(ring: &RingSpec) -> usize {
    let of = |region: &crate::scenario::RegionSpec| usize::from(region.n.unwrap_or(ring.n));
    let regions = ring.regions.iter().map(of);
    match ring.scope {
        crate::scenario::ScopeSpec::All if !ring.regions.is_empty() => regions.sum(),
        _ => regions.min().unwrap_or(usize::from(ring.n)),
    }
}

fn name_of(versions: VersionsSpec) -> &'static str {
    match versions {
        VersionsSpec::DottedVectors => "dotted-vectors",
        VersionsSpec::ServerVectors => "server-vectors",
        VersionsSpec::ClientVectors(_) => "client-vectors",
        VersionsSpec::LastWriteWins => "last-write-wins",
        VersionsSpec::None => "none",
    }
}

/// Makes a setting of a ring. What cannot be with the new value is brought within its bounds.
pub(super) fn set(ring: &mut RingSpec, change: RingSet, value: &str) {
    let count = |now: u8| value.parse().unwrap_or(now);
    let turned = |now: Option<SimDuration>| if now.is_some() { None } else { Some(EVERY) };
    match change {
        RingSet::Replicas => ring.n = count(ring.n),
        RingSet::Reads => ring.r = count(ring.r),
        RingSet::Writes => ring.w = count(ring.w),
        RingSet::Sloppy => {
            ring.quorum = if ring.quorum == QuorumKind::Sloppy { QuorumKind::Strict } else { QuorumKind::Sloppy };
        }
        RingSet::Versions => {
            ring.versions = match value {
                "server-vectors" => VersionsSpec::ServerVectors,
                "client-vectors" => VersionsSpec::ClientVectors(CLIENTS_MAX),
                "last-write-wins" => VersionsSpec::LastWriteWins,
                "none" => VersionsSpec::None,
                _ => VersionsSpec::DottedVectors,
            };
        }
        RingSet::Coordinator => {
            ring.coordinator = match value {
                "fastest" => CoordinatorSpec::Fastest,
                "client" => CoordinatorSpec::Client,
                _ => CoordinatorSpec::Node,
            };
        }
        RingSet::ReadRepair => {
            ring.read_repair = match value {
                "off" => ReadRepairSpec::Off,
                "blocking" => ReadRepairSpec::Blocking,
                _ => ReadRepairSpec::Background,
            };
        }
        RingSet::WriteBack => ring.write_back = !ring.write_back,
        RingSet::Handoff => ring.handoff = turned(ring.handoff),
        RingSet::AntiEntropy => ring.anti_entropy = turned(ring.anti_entropy),
    }
    let most = u8::try_from(most(ring)).unwrap_or(u8::MAX).max(1);
    (ring.r, ring.w) = (ring.r.min(most), ring.w.min(most));
}
