//! The plan's side of rings: their nodes and regions, and whether the numbers of replicas and answers can be.

use std::sync::Arc;

use super::Plan;
use super::place::{Place, Result, at_most, item, wrong};
use super::sizes::check_name;
use crate::family::LeaderlessIncluded;
use crate::family::leaderless::{Detection, Gossip, RegionId, Settings};
use crate::log::KeyId;
use crate::network::NodeId;
use crate::rng::mix;
use crate::scenario::limits::NODES_MAX;
use crate::scenario::{
    CoordinatorSpec, DetectionSpec, GossipSpec, PartitioningSpec, QuorumKind, RingSpec, ScopeSpec, Shard, VersionsSpec,
};
use crate::time::SimDuration;

/// The most virtual nodes of one machine, and the most partitions of a ring.
const TOKENS_MAX: u16 = 1_024;
/// The most leaves of a hash tree.
const LEAVES_MAX: u16 = 4_096;

/// What a ring has.
#[derive(Clone, Debug)]
pub struct RingPlan {
    /// Only a program that includes them has such a plan.
    pub included: LeaderlessIncluded,
    /// What its nodes agree on.
    pub settings: Arc<Settings>,
    /// The names of its regions; none, if there is only one.
    pub regions: Vec<String>,
    /// Its nodes, each with its region.
    pub nodes: Vec<(NodeId, RegionId)>,
}

impl RingPlan {
    /// Whether each read asks some replica that took part in each acknowledged write.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        // Where nothing tells which of two answers is newer, it does not help that one of them is.
        self.settings.overlaps(self.settings.reads, self.settings.writes) && self.settings.versioning.tells_newer()
    }

    /// The region of a node.
    #[must_use]
    pub fn region_of(&self, node: NodeId) -> Option<RegionId> {
        self.nodes.iter().find(|(other, _)| *other == node).map(|(_, region)| *region)
    }
}

/// What stands for a name on a ring: where its key lies, or what decides on its tokens (FNV-1a, and a finalizer that spreads it).
#[must_use]
pub(crate) fn position_of(name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |all, byte| (all ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    mix(hash)
}

impl Plan {
    /// Looks up what a shard says of its ring.
    pub(super) fn ring_plan(&self, included: LeaderlessIncluded, shard: &Shard, path: &Place<'_>) -> Result<RingPlan> {
        let Some(ring) = &shard.ring else { return wrong(path, "missing field `ring`") };
        let here = &path.at("ring");
        for (given, field) in [(!shard.leader.is_empty(), "leader"), (!shard.followers.is_empty(), "followers")] {
            if given {
                return wrong(&path.at(field), "a ring has no leader, and no followers: its nodes stand in `ring`");
            }
        }
        if ring.nodes.is_empty() == ring.regions.is_empty() {
            return wrong(here, "a ring has either nodes or regions");
        }
        let mut nodes = Vec::new();
        for (region, name) in ring.each_node() {
            nodes.push((self.replica(name, here)?, region));
        }
        let regions: Vec<String> = ring.regions.iter().map(|region| region.name.clone()).collect();
        for (i, name) in regions.iter().enumerate() {
            let region = here.nth("regions", i);
            check_name(name, &region.at("name"))?;
            if regions[..i].contains(name) {
                return wrong(&region.at("name"), format!("two regions are called '{name}'"));
            }
        }
        let replicas = replicas_of(ring, here)?;
        check_counts(ring, &replicas, here)?;
        let settings = Settings {
            replicas,
            reads: usize::from(ring.r),
            writes: usize::from(ring.w),
            scope: ring.scope.into(),
            sloppy: ring.quorum == QuorumKind::Sloppy,
            patience: ring.patience,
            timeout: ring.timeout,
            versioning: ring.versions.into(),
            repair: ring.read_repair.into(),
            write_back: ring.write_back,
            fan_out: ring.ask.into(),
            coordination: ring.coordinator.into(),
            handoff: ring.handoff,
            anti_entropy: ring.anti_entropy,
            leaves: usize::from(ring.leaves),
            grace: ring.grace,
            partitioning: ring.partitioning.into(),
            gossip: match &ring.gossip {
                Some(gossip) => Some(self.gossip(gossip, &nodes, &here.at("gossip"))?),
                None => None,
            },
        };
        Ok(RingPlan { included, settings: Arc::new(settings), regions, nodes })
    }

    fn gossip(&self, spec: &GossipSpec, nodes: &[(NodeId, RegionId)], here: &Place<'_>) -> Result<Gossip> {
        let mut seeds = Vec::new();
        for (i, name) in spec.seeds.iter().enumerate() {
            let place = &here.nth("seeds", i);
            let seed = self.replica(name, place)?;
            if !nodes.iter().any(|(node, _)| *node == seed) {
                return wrong(place, format!("'{name}' is no node of this ring"));
            }
            seeds.push(seed);
        }
        at_least_1(spec.every, &here.at("every"))?;
        let detection = match spec.detection {
            DetectionSpec::TimeOut(timeout) => Detection::TimeOut(timeout),
            DetectionSpec::Phi(threshold) => Detection::Phi(u32::from(threshold)),
        };
        Ok(Gossip { every: spec.every, seeds, detection })
    }

    /// Adds the names of a ring's nodes.
    pub(super) fn name_ring(
        ring: &RingSpec,
        here: &Place<'_>,
        add: &mut dyn FnMut(&str, &Place<'_>) -> Result<()>,
    ) -> Result<()> {
        at_most(ring.each_node().count(), NODES_MAX, &here.at("nodes"), "nodes")?;
        for (j, node) in ring.nodes.iter().enumerate() {
            add(node, &here.nth("nodes", j))?;
        }
        for (j, region) in ring.regions.iter().enumerate() {
            for (k, node) in region.nodes.iter().enumerate() {
                add(node, &here.nth("regions", j).nth("nodes", k))?;
            }
        }
        Ok(())
    }

    /// Sees to it that clients turn to nodes that there are, that a ring hears of those who join or leave it, and that some nodes are there from the start.
    pub(super) fn check_members(&self) -> Result<()> {
        for (i, client) in self.scenario.clients.iter().enumerate().filter(|_| self.family.is_leaderless()) {
            client.home.as_ref().map_or(Ok(()), |home| self.replica(home, &item("clients", i).at("home")).map(drop))?;
        }
        for (i, group) in self.groups.iter().enumerate() {
            let Some(ring) = &group.ring else { continue };
            let here = item("shards", i);
            let joins = ring.nodes.iter().filter(|(node, _)| self.absent.contains(node)).count();
            let leaves = |action: &super::Action| matches!(action, super::Action::Leaderless(_, node, _) if ring.region_of(*node).is_some());
            let changes = joins > 0 || self.script.iter().any(|(_, _, action)| leaves(action));
            if changes && ring.settings.gossip.is_none() {
                return wrong(&here.at("ring"), "nodes join or leave, and without `gossip` no other node hears of it");
            }
            if joins == ring.nodes.len() {
                return wrong(&here.at("ring"), "all nodes join later: nobody is there to be joined");
            }
        }
        Ok(())
    }

    /// The position of each key on its ring.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        self.keys.iter().map(|name| position_of(name)).collect()
    }

    /// The ring of a key's group, if it has one.
    #[must_use]
    pub fn ring_of(&self, key: KeyId) -> Option<&RingPlan> {
        self.groups.get(self.key_groups.get(key.0 as usize)?.index())?.ring.as_ref()
    }

    /// Whether all nodes of all rings can serve any coordinator's request of this key.
    pub(super) fn coordinator_of_key(&self, key: KeyId, name: &str, place: &Place<'_>) -> Result<Option<NodeId>> {
        let Some(ring) = self.ring_of(key) else { return Ok(None) };
        let id = self.replica(name, place)?;
        if ring.region_of(id).is_none() {
            return wrong(place, format!("'{name}' is no node of the ring of '{}'", self.key_name(key)));
        }
        Ok(Some(id))
    }
}

/// How many replicas a key has in each region.
fn replicas_of(ring: &RingSpec, here: &Place<'_>) -> Result<Vec<usize>> {
    if ring.regions.is_empty() {
        let (n, all) = (usize::from(ring.n), ring.nodes.len());
        if n == 0 || n > all {
            return wrong(&here.at("n"), format!("n is {n}, but must be from 1 to the {all} nodes"));
        }
        return Ok(vec![n]);
    }
    let mut replicas = Vec::new();
    for (i, region) in ring.regions.iter().enumerate() {
        let (n, all) = (usize::from(region.n.unwrap_or(ring.n)), region.nodes.len());
        if n == 0 || n > all {
            let message = format!("n is {n}, but must be from 1 to the {all} nodes of '{}'", region.name);
            return wrong(&here.nth("regions", i).at("n"), message);
        }
        replicas.push(n);
    }
    Ok(replicas)
}

/// Whether the numbers of a ring can be.
fn check_counts(ring: &RingSpec, replicas: &[usize], here: &Place<'_>) -> Result<()> {
    let (most, of) = match ring.scope {
        ScopeSpec::All => (replicas.iter().sum(), "replicas of a key"),
        ScopeSpec::Local | ScopeSpec::Each => {
            (replicas.iter().copied().min().unwrap_or(0), "replicas of a key in the smallest region")
        }
    };
    for (count, field) in [(ring.r, "r"), (ring.w, "w")] {
        if count == 0 || usize::from(count) > most {
            return wrong(&here.at(field), format!("{field} is {count}, but must be from 1 to the {most} {of}"));
        }
    }
    let tokens: &[u16] = match &ring.partitioning {
        PartitioningSpec::RandomTokens(tokens) | PartitioningSpec::EvenShares(tokens) => &[*tokens],
        PartitioningSpec::EqualPartitions { tokens, partitions } => &[*tokens, *partitions],
    };
    if tokens.iter().any(|count| *count == 0 || *count > TOKENS_MAX) {
        return wrong(&here.at("partitioning"), format!("tokens and partitions are from 1 to {TOKENS_MAX}"));
    }
    if matches!(ring.partitioning, PartitioningSpec::EvenShares(count) if usize::from(count) < ring.each_node().count()) {
        return wrong(&here.at("partitioning"), "there are fewer partitions than nodes");
    }
    if !ring.leaves.is_power_of_two() || ring.leaves > LEAVES_MAX {
        return wrong(&here.at("leaves"), format!("{} leaves: a power of two up to {LEAVES_MAX} is wanted", ring.leaves));
    }
    if ring.versions == VersionsSpec::ClientVectors(0) {
        return wrong(&here.at("versions"), "a vector needs at least one entry");
    }
    if ring.versions == VersionsSpec::ServerVectors && ring.coordinator == CoordinatorSpec::Client {
        return wrong(&here.at("versions"), "a client that coordinates is no server that could count its writes");
    }
    at_least_1(ring.timeout, &here.at("timeout"))?;
    for (every, field) in [(ring.handoff, "handoff"), (ring.anti_entropy, "anti_entropy"), (ring.grace, "grace")] {
        every.map_or(Ok(()), |every| at_least_1(every, &here.at(field)))?;
    }
    Ok(())
}

/// What happens again and again needs some time in between.
fn at_least_1(every: SimDuration, place: &Place<'_>) -> Result<()> {
    if every < SimDuration::millis(1) { wrong(place, "less than 1 ms") } else { Ok(()) }
}
