//! A ring of tokens at one moment: who holds which part of it, where the key that is looked at lies, whom one meets from there on, and what is
//! going on between the nodes.
//!
//! Follows the picture of DeCandia et al. 2007 ("Dynamo", figure 2). Everything is read off the nodes' own state and the record of the run; a
//! turn is a fraction of the circle, clockwise from the top.

mod circle;
mod comparisons;
mod layout;
mod preference;
mod quorums;
mod requests;
mod values;
mod words;

pub use circle::{ARCS_MAX, Arc, turn_of};
pub use comparisons::Comparison;
pub use layout::{Circle, RingLayout, on_circle};
pub use preference::{Met, Visit};
pub use quorums::{Counted, Ended, Quorum, Quorums};
pub use requests::{Inquired, Request, Standing};
pub use values::{Age, Held};

use super::leaders::signs;
use super::nodes::{RingNode, key_looked_at, node_of, rule_of};
use crate::family::GroupId;
use crate::family::leaderless::Replica;
use crate::log::KeyId;
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::RingPlan;
use crate::simulation::{Simulation, Status};
use crate::time::SimTime;

/// A ring with its tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRing {
    /// Which group it is.
    pub id: GroupId,
    /// What it is called; empty if there is only one.
    pub name: String,
    /// What it asks for, in a few words.
    pub rule: String,
    /// Its nodes, in the order of the scenario.
    pub nodes: Vec<TokenNode>,
    /// The parts of the ring, each with the first node that one meets from there.
    pub arcs: Vec<Arc>,
    /// The tokens that are drawn, each with its node.
    pub tokens: Vec<(f64, NodeId)>,
    /// How many tokens there are.
    pub count: usize,
    /// How many nodes that run know another ring than the one that is drawn, which is that of the first node that runs and belongs to it.
    pub disagree: usize,
    /// The key that is looked at; none before the first write.
    pub key: Option<KeyPlace>,
    /// The requests that are under way.
    pub requests: Vec<Request>,
    /// Who acknowledged the last write of the key, and who answered the read after it.
    pub quorums: Quorums,
    /// The comparisons of hash trees that are under way.
    pub comparisons: Vec<Comparison>,
}

/// A node of a ring, with what it holds of the key that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenNode {
    /// What every pane shows of it.
    pub node: RingNode,
    /// The sign that stands for its name.
    pub sign: String,
    /// What it holds of the key.
    pub held: Held,
    /// How many members it knows, if nodes gossip.
    pub knows: Option<usize>,
    /// How much of the ring is its own as the first replica, in thousandths.
    pub share: u32,
    /// How many tokens it has.
    pub tokens: usize,
}

/// The key that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPlace {
    /// Which key.
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// Where it lies.
    pub turn: f64,
    /// The tokens that one meets from there on, up to the last replica or to who stands in for one.
    pub visits: Vec<Visit>,
    /// How many tokens more were met on the way and are not drawn.
    pub more: usize,
}

/// The rings of a run at a moment, and the key that is looked at: the one that is named, or the one that was written last.
#[must_use]
pub fn token_rings(run: &Run, state: &Simulation, now: SimTime, key: Option<KeyId>) -> Vec<TokenRing> {
    let groups = (0_u16..).map(GroupId).zip(&run.plan.groups);
    groups.filter_map(|(id, group)| ring(run, state, now, (id, group.ring.as_ref()?), key)).collect()
}

fn ring(run: &Run, state: &Simulation, now: SimTime, (id, plan): (GroupId, &RingPlan), key: Option<KeyId>) -> Option<TokenRing> {
    let replicas: Vec<&Replica> = plan.nodes.iter().filter_map(|(node, _)| state.leaderless_replica(*node)).collect();
    let runs = |replica: &&&Replica| state.status(replica.config.id) == Status::Up && replica.membership.has(replica.config.id);
    // All agree until somebody joins or leaves; then the picture is that of one of them, and says so.
    let seen = replicas.iter().find(runs).or(replicas.first()).copied()?;
    let disagree = replicas.iter().filter(runs).filter(|other| other.ring != seen.ring).count();
    let key = key_looked_at(run, now, id, key);
    let (arcs, tokens) = (circle::arcs(&seen.ring), circle::tokens(&seen.ring));
    let requests = requests::requests(run, state, id);
    let place = key.map(|key| {
        let standing = preference::standing_in(&replicas, &requests, key);
        let (visits, more) = preference::visits(seen, key, &standing);
        KeyPlace { id: key, name: run.plan.key_name(key).to_owned(), turn: turn_of(seen.position(key)), visits, more }
    });
    let ids: Vec<NodeId> = plan.nodes.iter().map(|(node, _)| *node).collect();
    let shares = circle::shares(&seen.ring, &ids);
    let names: Vec<&str> = plan.nodes.iter().map(|(node, _)| run.plan.name(*node)).collect();
    let signs = signs(&names);
    let newest = key.map(|key| values::newest(&replicas, key)).unwrap_or_default();
    let nodes = plan.nodes.iter().zip(signs).zip(shares).filter_map(|(((node, region), sign), (share, tokens))| {
        let replica = state.leaderless_replica(*node)?;
        let region = plan.regions.get(usize::from(*region)).cloned().unwrap_or_default();
        Some(TokenNode {
            sign,
            held: key.map_or(Held::default(), |key| values::held(run, replica, key, &newest)),
            knows: plan.settings.gossip.as_ref().map(|_| replica.ring.nodes().len()),
            share,
            tokens,
            node: node_of(run, state, replica, region, key),
        })
    });
    let nodes = nodes.collect();
    let quorums = key.map(|key| quorums::quorums(run, plan, now, key)).unwrap_or_default();
    let comparisons = comparisons::comparisons(state, plan);
    let name = if run.plan.groups.len() > 1 { run.plan.groups[id.index()].name.clone() } else { String::new() };
    let count = seen.ring.tokens().len();
    let rule = rule_of(plan);
    Some(TokenRing { id, name, rule, nodes, arcs, tokens, count, disagree, key: place, requests, quorums, comparisons })
}

impl TokenRing {
    /// The sign of a node; of none of this ring, a question mark.
    #[must_use]
    pub fn sign(&self, id: NodeId) -> &str {
        self.nodes.iter().find(|one| one.node.id == id).map_or("?", |one| one.sign.as_str())
    }

    /// The name of a node.
    #[must_use]
    pub fn name_of(&self, id: NodeId) -> &str {
        self.nodes.iter().find(|one| one.node.id == id).map_or("?", |one| one.node.name.as_str())
    }

    /// For which replica of the key a node stands in, if it does.
    #[must_use]
    pub fn stands_in_for(&self, node: NodeId) -> Option<NodeId> {
        let visits = self.key.iter().flat_map(|key| &key.visits);
        visits
            .filter(|visit| visit.node == node)
            .find_map(|visit| if let Met::StandIn(owner) = visit.met { Some(owner) } else { None })
    }
}
