//! The coordinator of one request: whom it asks, what it counts, and when it answers.
//!
//! After DeCandia et al. 2007 ("Dynamo", sections 4.5, 4.6 and 5): a write goes to the N replicas of its key and is acknowledged by W of them, a
//! read asks and waits for R. A write that too few acknowledge in time has failed, and is not rolled back: who has it keeps it. Where the
//! quorum is sloppy, nodes further down the list stand in for replicas, with a hint for whom. A read may be made to write back what it is about to
//! show (Attiya, Bar-Noy and Dolev 1995), or to repair those whose answers counted first.
//!
//! A pure machine: it is told of answers and of time, and says what is to be done. A replica hosts it, or a client.

mod answers;
mod needs;
mod progress;

pub use needs::{Candidate, Need, needs_of};
pub use progress::{Inquiry, Progress};

use std::sync::Arc;

use super::settings::{FanOut, RegionId, Scope, Settings};
use super::version::Version;
use crate::log::KeyId;
use crate::network::NodeId;
use crate::operation::Attempt;

/// What a coordinator wants to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask a node what it holds of the key.
    Fetch(NodeId),
    /// Let a node store versions; as a hint, if it stands in for another one.
    Store {
        /// Which node.
        to: NodeId,
        /// For whom it stands in.
        owner: Option<NodeId>,
        /// The versions.
        versions: Vec<Arc<Version>>,
        /// Why.
        purpose: Purpose,
    },
    /// Keep a hint for a replica that did not answer in time.
    Hint {
        /// For whom.
        owner: NodeId,
        /// The versions.
        versions: Vec<Arc<Version>>,
    },
    /// So many answers are there, of so many that are needed.
    Counted {
        /// Whose answer it was.
        by: NodeId,
        /// How many there are.
        got: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Tell the client.
    Answer(Verdict),
}

/// Why versions are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A client writes them.
    Write,
    /// A read is about to show them.
    WriteBack,
    /// A read has shown them, and this replica lacked them.
    Repair,
}

/// How a request ends for its client.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The write is acknowledged.
    Written,
    /// What was read; and who answered first.
    Found {
        /// The versions that are left of all answers that counted.
        versions: Vec<Arc<Version>>,
        /// Who answered first.
        fastest: NodeId,
    },
    /// Too few replicas answered in time. A write may be at some of them, and stays there.
    TooFew {
        /// How many answered.
        got: usize,
        /// How many were needed.
        needed: usize,
    },
    /// Not even begun: too few replicas are believed to be up.
    Unavailable,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Reading,
    Writing(Purpose),
}

/// A node that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    node: NodeId,
    /// Its region, or that of whom it stands in for.
    region: RegionId,
    owner: Option<NodeId>,
    answered: bool,
    /// Whether somebody stands in for it.
    replaced: bool,
}

/// One request and how far it is.
#[derive(Clone, Debug)]
pub struct Coordinator {
    /// The attempt of the client that it serves.
    pub attempt: Attempt,
    /// The client.
    pub client: NodeId,
    /// The key.
    pub key: KeyId,
    settings: Arc<Settings>,
    region: RegionId,
    /// How many answers a write needs, if the request says something else than the settings.
    writes: usize,
    phase: Phase,
    needs: Vec<Need>,
    asked: Vec<Asked>,
    /// The replicas of the key that have not been asked.
    unasked: Vec<Candidate>,
    /// Who can stand in, in the order of the ring.
    reserve: Vec<Candidate>,
    found: Vec<(NodeId, Vec<Arc<Version>>)>,
    /// What is written, or was read.
    versions: Vec<Arc<Version>>,
    /// Whether the client has been answered.
    answered: bool,
    over: bool,
}

/// What a request is about.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The attempt of the client.
    pub attempt: Attempt,
    /// The client.
    pub client: NodeId,
    /// The key.
    pub key: KeyId,
    /// How many answers it needs, instead of what the settings say.
    pub quorum: Option<u8>,
    /// The coordinator's region.
    pub region: RegionId,
    /// The coordinator, if it is a node of the ring: of the replicas of a key it asks itself first.
    pub own: Option<NodeId>,
}

impl Coordinator {
    /// Begins a request: a write of these versions, or a read. The nodes of the ring stand in the order in which one meets them from the key on.
    #[must_use]
    pub fn begin(
        settings: Arc<Settings>,
        asking: &Asking,
        nodes: &[Candidate],
        write: Option<Vec<Arc<Version>>>,
    ) -> (Coordinator, Vec<Step>) {
        let Asking { attempt, client, key, quorum, region, own } = *asking;
        let quorum = quorum.map(usize::from);
        let (mut homes, reserve) = needs::homes(&settings, nodes);
        if let Some(place) = homes.iter().position(|home| Some(home.node) == own) {
            homes[..=place].rotate_right(1);
        }
        let writes = quorum.filter(|_| write.is_some()).unwrap_or(settings.writes);
        let count = if write.is_some() { writes } else { quorum.unwrap_or(settings.reads) };
        let phase = if write.is_some() { Phase::Writing(Purpose::Write) } else { Phase::Reading };
        let mut coordinator = Coordinator {
            attempt,
            client,
            key,
            needs: needs_of(&settings, count, region),
            region,
            writes,
            phase,
            asked: Vec::new(),
            unasked: Vec::new(),
            reserve,
            found: Vec::new(),
            versions: write.unwrap_or_default(),
            answered: false,
            over: false,
            settings,
        };
        let steps = coordinator.ask_first(homes);
        (coordinator, steps)
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What it writes, or what it has read.
    #[must_use]
    pub fn versions(&self) -> &[Arc<Version>] {
        &self.versions
    }

    /// Whether it waits for answers to a read, and would ask one more replica after a while.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.phase == Phase::Reading
    }

    /// Asks the replicas of the key, and those who stand in for such as are believed to be down.
    fn ask_first(&mut self, homes: Vec<Candidate>) -> Vec<Step> {
        let (up, down): (Vec<Candidate>, Vec<Candidate>) = homes.into_iter().partition(|home| home.up);
        let mut steps = Vec::new();
        let local = self.settings.scope == Scope::Local && self.reads();
        let mut short = self.needs.clone();
        for home in up {
            // A read of the own region asks nobody else; one that asks as few as it can leaves out who is not needed.
            let needed = short.iter_mut().find(|need| need.wants(home.region));
            let few = self.reads() && !matches!(self.settings.fan_out, FanOut::All);
            if (local && home.region != self.region) || (few && needed.as_ref().is_none_or(|need| need.count == 0)) {
                self.unasked.push(home);
                continue;
            }
            if let Some(need) = needed {
                need.count = need.count.saturating_sub(1);
            }
            self.ask(home.node, home.region, None, &mut steps);
        }
        for home in down {
            if self.settings.sloppy {
                self.stand_in(home.node, home.region, &mut steps);
            } else if !self.reads() && self.settings.handoff.is_some() {
                // Nobody waits for it, but it gets a hint in the end.
                let Candidate { node, region, .. } = home;
                self.asked.push(Asked { node, region, owner: None, answered: false, replaced: false });
            }
        }
        let able = |need: &Need| {
            let standing = self.asked.iter().filter(|asked| need.wants(asked.region));
            let silent = |node: NodeId| !steps.iter().any(|step| step.asks(node));
            standing.filter(|asked| !silent(asked.node)).count() >= need.count
        };
        if !self.needs.iter().all(able) {
            self.over = true;
            return vec![Step::Answer(Verdict::Unavailable)];
        }
        steps
    }

    fn ask(&mut self, node: NodeId, region: RegionId, owner: Option<NodeId>, steps: &mut Vec<Step>) {
        self.asked.push(Asked { node, region, owner, answered: false, replaced: false });
        steps.push(match self.phase {
            Phase::Reading => Step::Fetch(node),
            Phase::Writing(purpose) => Step::Store { to: node, owner, versions: self.versions.clone(), purpose },
        });
    }

    /// Lets the next node of the ring stand in for a replica, if there is one.
    fn stand_in(&mut self, owner: NodeId, region: RegionId, steps: &mut Vec<Step>) {
        let fits = |near: bool| self.reserve.iter().position(|one| one.up && (!near || one.region == region));
        let Some(place) = fits(true).or_else(|| fits(false)) else { return };
        let next = self.reserve.remove(place);
        self.ask(next.node, region, Some(owner), steps);
    }

    /// Some replicas have not answered for a while: others stand in for them.
    pub fn replace_silent(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.over || !self.settings.sloppy || (self.answered && self.reads()) {
            return steps;
        }
        for place in 0..self.asked.len() {
            let Asked { node, region, owner, answered, replaced } = self.asked[place];
            if !answered && !replaced && owner.is_none() {
                self.asked[place].replaced = true;
                self.stand_in(node, region, &mut steps);
            }
        }
        steps
    }

    /// Enough answers have not come for a while: one more replica is asked.
    pub fn ask_one_more(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.over && !self.answered && self.reads() && !self.unasked.is_empty() {
            let near = self.unasked.iter().position(|one| self.needs.iter().any(|need| need.wants(one.region)));
            let next = self.unasked.remove(near.unwrap_or(0));
            self.ask(next.node, next.region, None, &mut steps);
        }
        steps
    }

    /// How many answers that are needed are there, and how many are needed.
    fn counts(&self) -> (usize, usize) {
        let count = |need: &Need| self.asked.iter().filter(|asked| asked.answered && need.wants(asked.region)).count();
        let got = self.needs.iter().map(|need| count(need).min(need.count)).sum();
        (got, self.needs.iter().map(|need| need.count).sum())
    }
}

impl Step {
    /// Whether it asks this node for something.
    fn asks(&self, node: NodeId) -> bool {
        match self {
            Step::Fetch(to) | Step::Store { to, .. } => *to == node,
            Step::Hint { .. } | Step::Counted { .. } | Step::Answer(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
