//! Which nodes are the replicas of a key, and how many of them have to answer.

use crate::family::leaderless::settings::{RegionId, Scope, Settings};
use crate::network::NodeId;

/// A node of the ring, as a coordinator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which node.
    pub node: NodeId,
    /// Its region.
    pub region: RegionId,
    /// Whether the coordinator believes that it is up.
    pub up: bool,
}

/// So many answers from a region, or from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The region; none: all of them.
    pub region: Option<RegionId>,
    /// How many answers.
    pub count: usize,
}

impl Need {
    /// Whether an answer from a region counts.
    #[must_use]
    pub fn wants(&self, region: RegionId) -> bool {
        self.region.is_none_or(|own| own == region)
    }
}

/// What a request needs that asks for so many answers.
#[must_use]
pub fn needs_of(settings: &Settings, count: usize, own: RegionId) -> Vec<Need> {
    match settings.scope {
        Scope::All => vec![Need { region: None, count }],
        Scope::Local => vec![Need { region: Some(own), count }],
        Scope::Each => {
            let regions = (0..).zip(&settings.replicas);
            regions.map(|(region, replicas)| Need { region: Some(region), count: count.min(*replicas) }).collect()
        }
    }
}

/// Of the nodes of the ring, in the order in which one meets them, the replicas of the key, and those behind.
pub(super) fn homes(settings: &Settings, nodes: &[Candidate]) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut left = settings.replicas.clone();
    nodes.iter().partition(|node| {
        let room = left.get_mut(usize::from(node.region)).filter(|room| **room > 0);
        room.map(|room| *room -= 1).is_some()
    })
}
