//! The comparisons of hash trees that are under way, as their messages tell them: how many hashes, and how far down.

use crate::family;
use crate::family::leaderless::Message;
use crate::network::NodeId;
use crate::plural::plural;
use crate::scenario::RingPlan;
use crate::simulation::Simulation;

/// Two nodes that compare what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Who began it, and with whom.
    pub between: (NodeId, NodeId),
    /// How many hashes the two have told each other, those on their way included.
    pub hashes: u32,
    /// How deep in the trees the hashes on their way stand: 0 are the roots; none, if none are on their way.
    pub level: Option<u32>,
    /// How deep the leaves are.
    pub depth: u32,
    /// Of how many keys versions are on their way.
    pub keys: usize,
}

impl Comparison {
    /// What has been compared so far, in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let level = match self.level {
            Some(0) => "roots".to_owned(),
            Some(level) if level == self.depth => "leaves".to_owned(),
            Some(level) => format!("level {level} of {}", self.depth),
            None => String::new(),
        };
        let hashes = match self.hashes {
            0 => String::new(),
            1 => "1 hash".to_owned(),
            many => format!("{many} hashes"),
        };
        let keys = if self.keys > 0 { format!("{} exchanged", plural(self.keys as u64, "key")) } else { String::new() };
        [hashes, level, keys].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The comparisons between the nodes of a ring.
pub(super) fn comparisons(state: &Simulation, plan: &RingPlan) -> Vec<Comparison> {
    let mut all: Vec<Comparison> = Vec::new();
    let moving = state.in_flight().into_iter().map(|(_, envelope)| envelope).chain(state.held());
    for envelope in moving.filter(|envelope| plan.region_of(envelope.src).is_some()) {
        let family::Message::Leaderless(_, message) = &envelope.msg else { continue };
        // Turns alternate, and whoever finds leaves that differ tells what it holds there.
        let (hashes, level, keys, forth) = match message {
            Message::Compare { before, hashes, turn, .. } => {
                let told = before.saturating_add(u32::try_from(hashes.len()).unwrap_or(u32::MAX));
                (told, hashes.first().map(|hash| hash.place.max(1).ilog2()), 0, turn % 2 == 0)
            }
            Message::Exchange { round, answers, keys, .. } => (0, None, keys.len(), (round % 2 == 0) == *answers),
            Message::Put { .. }
            | Message::Get { .. }
            | Message::Reply { .. }
            | Message::Store { .. }
            | Message::Stored { .. }
            | Message::Fetch { .. }
            | Message::Found { .. }
            | Message::HandOff { .. }
            | Message::HandedOff { .. }
            | Message::Gossip { .. } => continue,
        };
        let between = if forth { (envelope.src, envelope.dst) } else { (envelope.dst, envelope.src) };
        let depth = plan.settings.leaves.max(1).ilog2();
        let new = Comparison { between, hashes, level, depth, keys };
        match all.binary_search_by_key(&between, |one| one.between) {
            Ok(at) => {
                let one = &mut all[at];
                *one = Comparison { hashes: one.hashes.max(hashes), level: one.level.max(level), keys: one.keys + keys, ..*one };
            }
            Err(at) => all.insert(at, new),
        }
    }
    all
}
