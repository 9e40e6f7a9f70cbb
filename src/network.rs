//! The network between the nodes: one directed link for every ordered pair, each with its own latency, loss and faults.
//!
//! This module alone decides a message's fate, and it decides from the link, the message's identity and the seed: not from how
//! many messages went before. Two runs that differ in one message therefore agree on all others.
//!
//! What is promised (semantics trap "network model honesty"): a cut loses what is under way and what is sent while it lasts, and
//! healing brings nothing of it back; *hold* keeps messages and *release* lets them go on. Sending again is the business of the
//! protocols, never of the network. The vocabulary (partition, heal, hold, release) is that of turmoil and Jepsen.

mod latency;

use std::sync::Arc;

pub use latency::{Latency, Quantile};

use crate::rng::{Ratio, Rng};
use crate::time::{SimDuration, SimTime};

/// The number of a node: replicas and clients alike, in the order in which the scenario names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

impl NodeId {
    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What a link does to messages when nothing is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSettings {
    /// How long a message takes.
    pub latency: Latency,
    /// How likely a message is lost.
    pub loss: Ratio,
    /// How likely a message arrives twice.
    pub duplication: Ratio,
    /// Whether a later message may overtake an earlier one.
    pub reorder: bool,
}

/// The latency of a link of which nothing was said.
pub const LATENCY_DEFAULT: SimDuration = SimDuration::millis(1);

impl Default for LinkSettings {
    fn default() -> Self {
        LinkSettings { latency: Latency::Constant(LATENCY_DEFAULT), loss: Ratio(0), duplication: Ratio(0), reorder: false }
    }
}

/// The state of one directed link.
#[derive(Clone, Debug)]
struct Link {
    /// Shared by all copies, because they seldom change.
    settings: Arc<LinkSettings>,
    /// What follows from the settings and the faults for a message: worked out when they change, so that sending one looks at the link
    /// alone (`benches/kernel.rs`: the settings were a third of all cache misses).
    way: Way,
    /// The stream of the link; a message's own stream branches off from it.
    dice: Rng,
    reorder: bool,
    cut: bool,
    held: bool,
    /// Counts the cuts: a message that was sent under an older number was under way when the link was cut.
    cuts: u32,
    last_due: SimTime,
}

/// What decides over a message that is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A latency, which is always the same.
    Constant(SimDuration),
    /// A latency from the first to the second.
    Uniform(SimDuration, SimDuration),
    /// A latency of another distribution.
    Drawn,
    /// A fault, or chance.
    Disturbed,
}

/// What becomes of a message at the moment it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It will arrive, unless the link is cut before.
    Deliver(SimTime),
    /// It will arrive twice.
    DeliverTwice(SimTime, SimTime),
    /// It will never arrive.
    Drop(Loss),
    /// It waits in the network until the link is released.
    Hold,
}

/// Why a message never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// By chance, with the link's probability of loss.
    Chance,
    /// The link was cut when it was sent, or while it was under way.
    Cut,
    /// The receiver was down.
    Down,
}

/// All links of a cluster.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    nodes: usize,
    links: Vec<Link>,
}

impl Network {
    /// A network of `nodes` nodes, all links with the same settings.
    #[must_use]
    pub fn new(seed: u64, nodes: usize, settings: &LinkSettings) -> Network {
        let shared = Arc::new(settings.clone());
        let ends = (0..nodes as u64).flat_map(|src| (0..nodes as u64).map(move |dst| (src << 16) | dst));
        let links = ends.map(|ends| Link {
            way: Way::of(&shared),
            settings: shared.clone(),
            dice: Rng::keyed(seed, &[ends]),
            reorder: shared.reorder,
            cut: false,
            held: false,
            cuts: 0,
            last_due: SimTime::ZERO,
        });
        Network { seed, nodes, links: links.collect() }
    }

    /// Makes room for one more node, whose links have the given settings.
    pub fn add_node(&mut self, settings: &LinkSettings) {
        let mut grown = Network::new(self.seed, self.nodes + 1, settings);
        for src in 0..self.nodes {
            for dst in 0..self.nodes {
                grown.links[src * grown.nodes + dst] = self.links[src * self.nodes + dst].clone();
            }
        }
        *self = grown;
    }

    fn link(&self, src: NodeId, dst: NodeId) -> &Link {
        &self.links[src.index() * self.nodes + dst.index()]
    }

    #[inline]
    fn link_mut(&mut self, src: NodeId, dst: NodeId) -> &mut Link {
        &mut self.links[src.index() * self.nodes + dst.index()]
    }

    /// The settings of the link from `src` to `dst`.
    #[must_use]
    pub fn settings(&self, src: NodeId, dst: NodeId) -> &LinkSettings {
        &self.link(src, dst).settings
    }

    /// Changes the settings of the link from `src` to `dst`, for messages sent from now on.
    pub fn configure(&mut self, src: NodeId, dst: NodeId, settings: LinkSettings) {
        self.link_mut(src, dst).change(|link| link.settings = Arc::new(settings));
    }

    /// Whether the link from `src` to `dst` is cut.
    #[must_use]
    pub fn is_cut(&self, src: NodeId, dst: NodeId) -> bool {
        self.link(src, dst).cut
    }

    /// Whether the link from `src` to `dst` is held.
    #[must_use]
    pub fn is_held(&self, src: NodeId, dst: NodeId) -> bool {
        self.link(src, dst).held
    }

    /// Cuts the link in this direction: what is under way on it is lost, and so is what is sent until it is healed.
    pub fn cut(&mut self, src: NodeId, dst: NodeId) {
        self.link_mut(src, dst).change(|link| {
            link.cut = true;
            link.cuts += 1;
        });
    }

    /// Ends a cut in this direction.
    pub fn heal(&mut self, src: NodeId, dst: NodeId) {
        self.link_mut(src, dst).change(|link| link.cut = false);
    }

    /// Ends every cut.
    pub fn heal_all(&mut self) {
        for link in &mut self.links {
            link.change(|link| link.cut = false);
        }
    }

    /// Keeps what arrives on this link, until [`Network::release`].
    pub fn hold(&mut self, src: NodeId, dst: NodeId) {
        self.link_mut(src, dst).change(|link| link.held = true);
    }

    /// Ends a hold. The caller hands out what was held.
    pub fn release(&mut self, src: NodeId, dst: NodeId) {
        self.link_mut(src, dst).change(|link| link.held = false);
    }

    /// The number of cuts the link has seen, to be carried by a message while it is under way.
    #[must_use]
    pub fn cuts(&self, src: NodeId, dst: NodeId) -> u32 {
        self.link(src, dst).cuts
    }

    /// Decides what becomes of a message that is sent now. `identity` tells the messages of one link apart.
    pub fn fate(&mut self, now: SimTime, src: NodeId, dst: NodeId, identity: u64) -> Fate {
        self.link_mut(src, dst).fate(now, identity, false)
    }

    /// When a message arrives that is sent now, if nothing but the latency of its link decides, and the number of cuts that the link has seen.
    /// What is found is what [`Network::fate`] finds; most messages need no more.
    #[inline(always)]
    pub(crate) fn undisturbed(&mut self, now: SimTime, src: NodeId, dst: NodeId, identity: u64) -> Option<(SimTime, u32)> {
        let link = self.link_mut(src, dst);
        let latency = match link.way {
            Way::Constant(latency) => latency,
            Way::Uniform(min, max) => SimDuration(link.dice.then(identity).between(min.0, max.0)),
            Way::Drawn => link.settings.latency.draw(&mut link.dice.then(identity)),
            Way::Disturbed => return None,
        };
        Some((link.due(now + latency), link.cuts))
    }

    /// The same for a message that travels beside the others: it neither waits for them nor holds them up.
    pub fn fate_beside(&mut self, now: SimTime, src: NodeId, dst: NodeId, identity: u64) -> Fate {
        self.link_mut(src, dst).fate(now, identity, true)
    }

    /// Decides what becomes of a message that is due now: it may have been cut off while under way.
    #[must_use]
    #[inline]
    pub fn arrival(&self, src: NodeId, dst: NodeId, cuts_when_sent: u32) -> Option<Fate> {
        let link = self.link(src, dst);
        if link.cut || link.cuts != cuts_when_sent {
            Some(Fate::Drop(Loss::Cut))
        } else if link.held {
            Some(Fate::Hold)
        } else {
            None
        }
    }
}

impl Way {
    /// What decides over messages on a link with these settings, as long as nothing is wrong with it.
    fn of(settings: &LinkSettings) -> Way {
        match settings.latency {
            _ if (settings.loss.0 | settings.duplication.0) != 0 => Way::Disturbed,
            Latency::Constant(latency) => Way::Constant(latency),
            Latency::Uniform { min, max } => Way::Uniform(min, max),
            Latency::Exponential { .. } | Latency::Quantiles(_) => Way::Drawn,
        }
    }
}

impl Link {
    /// Changes settings or faults, and what follows from them.
    fn change(&mut self, change: impl FnOnce(&mut Link)) {
        change(self);
        self.way = if self.cut || self.held { Way::Disturbed } else { Way::of(&self.settings) };
        self.reorder = self.settings.reorder;
    }

    /// What becomes of a message; one that travels beside the others has no part in their order.
    fn fate(&mut self, now: SimTime, identity: u64, beside: bool) -> Fate {
        if self.cut {
            return Fate::Drop(Loss::Cut);
        }
        if self.held {
            return Fate::Hold;
        }
        let settings = self.settings.clone();
        let plain = settings.loss.0 == 0 && settings.duplication.0 == 0;
        if let (true, Latency::Constant(latency)) = (plain, &settings.latency) {
            return Fate::Deliver(self.due_unless(beside, now + *latency));
        }
        let mut rng = self.dice.then(identity);
        let first = now + settings.latency.draw(&mut rng);
        if rng.happens(settings.loss) {
            return Fate::Drop(Loss::Chance);
        }
        let first = self.due_unless(beside, first);
        if rng.happens(settings.duplication) {
            let again = now + settings.latency.draw(&mut rng);
            return Fate::DeliverTwice(first, self.due_unless(beside, again));
        }
        Fate::Deliver(first)
    }

    fn due_unless(&mut self, beside: bool, at: SimTime) -> SimTime {
        if beside { at } else { self.due(at) }
    }

    /// On a link that keeps the order, nothing arrives before what was sent before it.
    #[inline]
    fn due(&mut self, at: SimTime) -> SimTime {
        if self.reorder {
            return at;
        }
        self.last_due = self.last_due.max(at);
        self.last_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    fn network(settings: LinkSettings) -> Network {
        Network::new(42, 2, &settings)
    }

    #[test]
    fn a_fate_depends_on_the_message_and_not_on_what_was_sent_before() {
        let settings = LinkSettings {
            latency: Latency::Uniform { min: SimDuration(10), max: SimDuration(1_000) },
            loss: Ratio::percent(20),
            duplication: Ratio::percent(20),
            reorder: true,
        };
        let (mut all, mut odd) = (network(settings.clone()), network(settings));
        let fates: Vec<Fate> = (0..200).map(|id| all.fate(SimTime(5), A, B, id)).collect();
        for id in (1..200).step_by(2) {
            assert_eq!(odd.fate(SimTime(5), A, B, id), fates[usize::try_from(id).expect("small")], "message {id}");
        }
    }

    #[test]
    fn what_is_found_on_the_short_way_is_the_fate() {
        let uniform = Latency::Uniform { min: SimDuration(10), max: SimDuration(1_000) };
        let exponential = Latency::Exponential { min: SimDuration(10), mean: SimDuration(100) };
        for latency in [Latency::Constant(SimDuration(7)), uniform, exponential] {
            for (reorder, percent) in [(true, 0), (false, 0), (false, 5)] {
                let latency = latency.clone();
                let settings = LinkSettings { latency, loss: Ratio::percent(percent), duplication: Ratio(0), reorder };
                let (mut short, mut long) = (network(settings.clone()), network(settings));
                for id in 0..300 {
                    match short.undisturbed(SimTime(id), A, B, id) {
                        Some((due, _)) => assert_eq!(long.fate(SimTime(id), A, B, id), Fate::Deliver(due), "message {id}"),
                        None => assert!(percent > 0, "message {id}"),
                    }
                }
                short.cut(A, B);
                assert_eq!(short.undisturbed(SimTime(0), A, B, 0), None);
            }
        }
    }

    #[test]
    fn without_reordering_nothing_overtakes() {
        let settings = LinkSettings {
            latency: Latency::Uniform { min: SimDuration(0), max: SimDuration(1_000) },
            ..LinkSettings::default()
        };
        let mut network = network(settings);
        let mut last = SimTime::ZERO;
        for id in 0..500 {
            let Fate::Deliver(due) = network.fate(SimTime(id), A, B, id) else { panic!("message {id} was not delivered") };
            assert!(due >= last, "message {id} is due at {due:?}, before {last:?}");
            last = due;
        }
    }

    #[test]
    fn a_cut_loses_what_is_under_way_in_that_direction_only_and_healing_brings_nothing_back() {
        let mut network = network(LinkSettings::default());
        let sent_under = network.cuts(A, B);
        network.cut(A, B);
        assert_eq!(network.fate(SimTime(0), A, B, 1), Fate::Drop(Loss::Cut));
        assert!(matches!(network.fate(SimTime(0), B, A, 1), Fate::Deliver(_)));
        network.heal(A, B);
        assert_eq!(network.arrival(A, B, sent_under), Some(Fate::Drop(Loss::Cut)));
        assert_eq!(network.arrival(A, B, network.cuts(A, B)), None);
    }

    #[test]
    fn loss_happens_about_as_often_as_it_says() {
        let mut network = network(LinkSettings { loss: Ratio::percent(10), ..LinkSettings::default() });
        let lost = (0..10_000).filter(|id| network.fate(SimTime(0), A, B, *id) == Fate::Drop(Loss::Chance)).count();
        assert!((850..1_150).contains(&lost), "{lost} of 10000 lost, expected about 1000");
    }
}
