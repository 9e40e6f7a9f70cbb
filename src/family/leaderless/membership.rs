//! Who belongs to the ring, as one node knows it, and whom it believes to be up.
//!
//! Nodes tell each other by gossip (Dynamo, section 4.8): once in a while each tells a random other one all that it knows, and is told the same. A
//! member counts its own heartbeats; who hears a larger count has heard of it, by whatever way. Joining and leaving are steps of an
//! operator. That somebody is down is an opinion, and each node has its own.

use super::ring::{Partitioning, Ring};
use super::settings::Detection;
use crate::network::NodeId;
use crate::rng::mix_pair;
use crate::time::{SimDuration, SimTime};

/// A member, as it is gossiped about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which node.
    pub node: NodeId,
    /// How many heartbeats it has had.
    pub beats: u64,
    /// When it joined.
    pub joined: SimTime,
    /// When it left, if it has.
    pub left: Option<SimTime>,
}

/// When a member was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heard {
    node: NodeId,
    last: SimTime,
    /// How long it was between two heartbeats, on average, in microseconds.
    mean: u64,
}

/// What one node knows of the others.
#[derive(Clone, Debug)]
pub struct Membership {
    own: NodeId,
    members: Vec<Member>,
    heard: Vec<Heard>,
    /// Whom it believes to be down.
    suspects: Vec<NodeId>,
    rounds: u64,
}

/// What a node has learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Who has joined.
    pub joined: Vec<NodeId>,
    /// Who has left.
    pub left: Vec<NodeId>,
}

impl Membership {
    /// What a node knows that has these members from the start; none, if it is to join later.
    #[must_use]
    pub fn new(own: NodeId, members: &[NodeId]) -> Membership {
        let member = |node: &NodeId| Member { node: *node, beats: 0, joined: SimTime::ZERO, left: None };
        Membership { own, members: members.iter().map(member).collect(), heard: Vec::new(), suspects: Vec::new(), rounds: 0 }
    }

    /// All that it knows, to be told to another node.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether a node belongs to the ring.
    #[must_use]
    pub fn has(&self, node: NodeId) -> bool {
        self.members.iter().any(|member| member.node == node && member.left.is_none())
    }

    /// The other nodes of the ring.
    pub fn others(&self) -> impl Iterator<Item = NodeId> {
        self.members.iter().filter(|member| member.node != self.own && member.left.is_none()).map(|member| member.node)
    }

    /// The node itself joins.
    pub fn join(&mut self, now: SimTime) {
        let own = self.own;
        self.members.retain(|member| member.node != own);
        let place = self.members.partition_point(|member| member.node < own);
        self.members.insert(place, Member { node: own, beats: 0, joined: now, left: None });
    }

    /// The node itself leaves.
    pub fn leave(&mut self, now: SimTime) {
        if let Some(member) = self.members.iter_mut().find(|member| member.node == self.own) {
            member.left = member.left.or(Some(now));
        }
    }

    /// The ring as it follows from who joined and left, in the order of that. `name` knows what decides on a node's tokens.
    #[must_use]
    pub fn ring(&self, partitioning: Partitioning, name: impl Fn(NodeId) -> u64) -> Ring {
        let joins = self.members.iter().map(|member| (member.joined, false, member.node));
        let leaves = self.members.iter().filter_map(|member| Some((member.left?, true, member.node)));
        let mut steps: Vec<(SimTime, bool, NodeId)> = joins.chain(leaves).collect();
        steps.sort_unstable();
        let mut ring = Ring::new(partitioning);
        for (_, leaves, node) in steps {
            if leaves { ring.leave(node) } else { ring.join(node, name(node)) }
        }
        ring
    }

    /// One more round of gossip: the node's own heart beats, and one of the others is chosen, whatever is believed of it.
    pub fn beat(&mut self, seeds: &[NodeId]) -> Option<(NodeId, u64)> {
        self.rounds += 1;
        if let Some(member) = self.members.iter_mut().find(|member| member.node == self.own) {
            member.beats += 1;
        }
        let mut others: Vec<NodeId> = self.others().collect();
        if others.is_empty() {
            others = seeds.iter().copied().filter(|seed| *seed != self.own).collect();
        }
        let dice = mix_pair((u64::from(self.own.0), self.rounds)) % others.len().max(1) as u64;
        Some((*others.get(usize::try_from(dice).unwrap_or(0))?, self.rounds))
    }

    /// Takes in what another node knows. `usual` is how long it is between two heartbeats if nothing is known.
    pub fn learn(&mut self, now: SimTime, told: &[Member], usual: SimDuration) -> News {
        let mut news = News::default();
        for one in told {
            let place = self.members.partition_point(|member| member.node < one.node);
            let Some(known) = self.members.get_mut(place).filter(|member| member.node == one.node) else {
                self.members.insert(place, *one);
                news.joined.extend(one.left.is_none().then_some(one.node));
                self.hear(now, one.node, usual);
                continue;
            };
            if one.joined > known.joined {
                // It has left before, and is there again.
                *known = *one;
                news.joined.push(one.node);
            }
            if let (None, Some(_)) = (known.left, one.left)
                && one.joined == known.joined
            {
                known.left = one.left;
                news.left.push(one.node);
            }
            if one.beats > known.beats {
                known.beats = one.beats;
                self.hear(now, one.node, usual);
            }
        }
        news
    }

    /// A sign of life of a node.
    fn hear(&mut self, now: SimTime, node: NodeId, usual: SimDuration) {
        let Some(heard) = self.heard.iter_mut().find(|heard| heard.node == node) else {
            return self.heard.push(Heard { node, last: now, mean: usual.0 });
        };
        let interval = now.since(heard.last).0;
        *heard = Heard { node, last: now, mean: (7 * heard.mean + interval) / 8 };
    }

    /// Forms an opinion anew: who is believed to be down now and was not, and who is not any more.
    pub fn judge(&mut self, now: SimTime, detection: Detection, usual: SimDuration) -> (Vec<NodeId>, Vec<NodeId>) {
        let down: Vec<NodeId> = self.others().filter(|node| self.is_silent(now, *node, detection, usual)).collect();
        let lost = down.iter().copied().filter(|node| !self.suspects.contains(node)).collect();
        let back = self.suspects.iter().copied().filter(|node| !down.contains(node)).collect();
        self.suspects = down;
        (lost, back)
    }

    /// Whether a node is believed to be up.
    #[must_use]
    pub fn believes_up(&self, node: NodeId) -> bool {
        !self.suspects.contains(&node)
    }

    fn is_silent(&self, now: SimTime, node: NodeId, detection: Detection, usual: SimDuration) -> bool {
        let unheard = Heard { node, last: SimTime::ZERO, mean: usual.0 };
        let Heard { last, mean, .. } = self.heard.iter().find(|heard| heard.node == node).copied().unwrap_or(unheard);
        let silent = now.since(last);
        match detection {
            Detection::TimeOut(timeout) => silent > timeout,
            // With exponential pauses phi = silence / mean * log10(e), here in thousandths: 434 of 1000.
            Detection::Phi(threshold) => silent.0.saturating_mul(434) / mean.max(1) > u64::from(threshold) * 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: SimDuration = SimDuration::secs(1);

    fn at(seconds: u64) -> SimTime {
        SimTime(seconds * 1_000_000)
    }

    /// Nodes that gossip once a second, of which some are down.
    struct Talk(Vec<Membership>);

    impl Talk {
        fn round(&mut self, now: SimTime, down: &[u16]) {
            for place in 0..self.0.len() {
                let up = |node: NodeId| !down.contains(&node.0);
                let Some((other, _)) = self.0[place].beat(&[NodeId(0)]) else { continue };
                if up(NodeId(u16::try_from(place).unwrap_or(0))) && up(other) {
                    let told = self.0[place].members().to_vec();
                    self.0[other.index()].learn(now, &told, SECOND);
                    let answer = self.0[other.index()].members().to_vec();
                    self.0[place].learn(now, &answer, SECOND);
                }
            }
        }
    }

    fn talk(nodes: u16, first: u16) -> Talk {
        let members: Vec<NodeId> = (0..first).map(NodeId).collect();
        Talk((0..nodes).map(|node| Membership::new(NodeId(node), if node < first { &members } else { &[] })).collect())
    }

    #[test]
    fn everybody_hears_of_who_joins_and_who_leaves() {
        let mut talk = talk(8, 7);
        talk.0[7].join(at(1));
        (1..12).for_each(|second| talk.round(at(second), &[]));
        let ring = |one: &Membership| one.ring(Partitioning::RandomTokens { tokens: 4 }, |node| u64::from(node.0));
        let first = ring(&talk.0[0]);
        assert_eq!(first.nodes().len(), 8);
        assert!(talk.0.iter().all(|one| ring(one) == first), "one ring, whoever is asked");
        talk.0[3].leave(at(12));
        (12..24).for_each(|second| talk.round(at(second), &[]));
        assert!(talk.0.iter().all(|one| !one.has(NodeId(3)) && ring(one).nodes().len() == 7));
    }

    #[test]
    fn who_is_silent_is_suspected_and_who_is_heard_is_not() {
        for detection in [Detection::TimeOut(SimDuration::secs(8)), Detection::Phi(4)] {
            let mut talk = talk(5, 5);
            (1..20).for_each(|second| talk.round(at(second), &[]));
            let judged = talk.0[0].judge(at(20), detection, SECOND);
            assert_eq!(judged, (Vec::new(), Vec::new()), "{detection:?}: all are heard");
            (20..60).for_each(|second| talk.round(at(second), &[4]));
            let judged = talk.0[0].judge(at(60), detection, SECOND);
            assert_eq!(judged, (vec![NodeId(4)], Vec::new()), "{detection:?}");
            assert!(!talk.0[0].believes_up(NodeId(4)) && talk.0[0].believes_up(NodeId(3)));
            (60..80).for_each(|second| talk.round(at(second), &[]));
            assert_eq!(talk.0[0].judge(at(80), detection, SECOND), (Vec::new(), vec![NodeId(4)]), "{detection:?}");
        }
    }

    #[test]
    fn who_knows_nobody_turns_to_a_seed() {
        let mut alone = Membership::new(NodeId(5), &[]);
        alone.join(at(1));
        assert_eq!(alone.beat(&[NodeId(2)]).map(|(node, _)| node), Some(NodeId(2)));
        assert_eq!(alone.beat(&[NodeId(5)]), None, "nobody tells himself anything");
    }
}
