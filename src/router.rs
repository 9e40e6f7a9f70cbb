//! Where a read goes, and what happens when the replica it goes to is behind.
//!
//! The router is part of the client, as in MongoDB's drivers: it knows its session's token and who the replicas are, but not how
//! far they have got. So it does not guess: a session-consistent read carries its token, a replica that has not applied so
//! much says so, and the router goes on to the next one. The same holds for a bound on staleness: the replica judges, by what it
//! knows of its leader, and refuses.

mod guarantees;
mod pool;

pub use guarantees::{Guarantee, Guarantees};
pub use pool::{Bound, LEFT_OUT, Pool};

use serde::{Deserialize, Serialize};

use crate::network::NodeId;
use crate::time::SimDuration;

/// Which replica may answer a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadMode {
    /// The leader. Sees every acknowledged write, as long as it does lead.
    Leader,
    /// Any follower, however far behind. Deliberately naive: no guarantee at all across two reads.
    #[default]
    AnyFollower,
    /// A follower that has applied what the session's token stands for; else what [`OnMiss`] says.
    SessionConsistent,
    /// Always the same follower, chosen by the session's number; another only when it is silent, or when the session is told to.
    /// Never goes back in time, as long as that follower stays; may miss own writes.
    PinnedFollower,
    /// The leader for a while after an own write ([`ReadSettings::window`]), else any follower. Sees own writes if no follower
    /// that is asked is further behind than the window.
    StickyLeader,
    /// A follower that is not further behind than a bound, as far as it knows; else what [`OnMiss`] says.
    BoundedStaleness,
    /// The follower that was furthest when it was last heard. No promise.
    BestEffortFresh,
    /// A follower that has applied what the chosen guarantees ask for ([`ReadSettings::guarantees`]); else what [`OnMiss`] says.
    Guarantees,
}

impl ReadMode {
    /// All modes, in the order of menus.
    pub const ALL: [ReadMode; 8] = [
        ReadMode::Leader,
        ReadMode::AnyFollower,
        ReadMode::SessionConsistent,
        ReadMode::PinnedFollower,
        ReadMode::StickyLeader,
        ReadMode::BoundedStaleness,
        ReadMode::BestEffortFresh,
        ReadMode::Guarantees,
    ];

    /// The name in scenario files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReadMode::Leader => "leader",
            ReadMode::AnyFollower => "any-follower",
            ReadMode::SessionConsistent => "session-consistent",
            ReadMode::PinnedFollower => "pinned-follower",
            ReadMode::StickyLeader => "sticky-leader",
            ReadMode::BoundedStaleness => "bounded-staleness",
            ReadMode::BestEffortFresh => "best-effort-fresh",
            ReadMode::Guarantees => "guarantees",
        }
    }

    /// Whether a read carries the session's token.
    #[must_use]
    pub fn carries_token(self) -> bool {
        matches!(self, ReadMode::SessionConsistent | ReadMode::Guarantees)
    }

    /// Whether a read goes on to another replica when one is silent.
    #[must_use]
    pub fn goes_on(self) -> bool {
        !matches!(self, ReadMode::Leader | ReadMode::AnyFollower | ReadMode::StickyLeader)
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<ReadMode> {
        ReadMode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What a read does when no follower has applied what its token stands for, or is within the bound. There is nothing to wait for
/// where a bound is missed: such a read goes to the leader, or fails, at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OnMiss {
    /// Ask the leader at once.
    #[default]
    Leader,
    /// Let the follower that is furthest keep the read back for so long, then ask the leader.
    WaitThenLeader(SimDuration),
    /// Let the follower that is furthest keep the read back for so long, then give up.
    WaitThenFail(SimDuration),
    /// Give up at once: there is no suitable replica, and that is the answer.
    Fail,
}

/// What a session's token is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// Epoch and number: a replica can tell when what the token stands for was discarded.
    #[default]
    Position,
    /// The number alone, as PostgreSQL's `WAIT FOR LSN` compares it: after a failover it can pass although the write is gone.
    Number,
}

/// Where the token of a user with several devices is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenHome {
    /// Each device keeps its own: what one has written, the other does not ask for.
    #[default]
    Device,
    /// With the user's session at the server, where all devices find it. The store that keeps it is taken to answer at once.
    User,
}

/// How long a session reads at the leader after an own write, if nothing is said.
pub const WINDOW_DEFAULT: SimDuration = SimDuration::secs(1);

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSettings {
    /// Which replica may answer.
    pub mode: ReadMode,
    /// What to do when no follower is fresh enough.
    pub on_miss: OnMiss,
    /// How long the client waits for one replica before it tries another.
    pub attempt_timeout: SimDuration,
    /// What a session's token is compared by.
    pub token: TokenKind,
    /// How long a session reads at the leader after an own write.
    pub window: SimDuration,
    /// How far behind a replica may be that answers.
    pub bound: Bound,
    /// Which guarantees a session asks for.
    pub guarantees: Guarantees,
}

impl Default for ReadSettings {
    fn default() -> ReadSettings {
        ReadSettings {
            mode: ReadMode::default(),
            on_miss: OnMiss::default(),
            attempt_timeout: SimDuration::secs(1),
            token: TokenKind::default(),
            window: WINDOW_DEFAULT,
            bound: Bound::default(),
            guarantees: Guarantees::default(),
        }
    }
}

/// One step of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask this follower; it answers at once.
    Ask(NodeId),
    /// Ask this follower; it may keep the read back for so long.
    Wait(NodeId, SimDuration),
    /// Ask the leader.
    Leader,
    /// No replica can be asked.
    GiveUp,
}

/// The course of one read through the replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    asked: Vec<NodeId>,
    waited: bool,
    at_leader: bool,
    furthest: Option<(crate::lsn::Position, NodeId)>,
}

impl Route {
    /// Takes note that a follower was behind, and how far it had got.
    pub fn was_behind(&mut self, replica: NodeId, applied: crate::lsn::Position) {
        if self.furthest.is_none_or(|(best, _)| applied > best) {
            self.furthest = Some((applied, replica));
        }
    }

    /// Where to go next: each follower once, then a wait at the one that is furthest, then the leader.
    pub fn next(&mut self, followers: &[NodeId], first: NodeId, on_miss: OnMiss) -> Step {
        let start = followers.iter().position(|id| *id == first).unwrap_or(0);
        let order = followers.iter().cycle().skip(start).take(followers.len());
        if let Some(replica) = order.copied().find(|id| !self.asked.contains(id)) {
            self.asked.push(replica);
            return Step::Ask(replica);
        }
        let (wait, then_leader) = match on_miss {
            OnMiss::Leader => (None, true),
            OnMiss::WaitThenLeader(wait) => (Some(wait), true),
            OnMiss::WaitThenFail(wait) => (Some(wait), false),
            OnMiss::Fail => (None, false),
        };
        if let (Some(wait), false, Some((_, replica))) = (wait, self.waited, self.furthest) {
            self.waited = true;
            return Step::Wait(replica, wait);
        }
        if then_leader && !self.at_leader {
            self.at_leader = true;
            return Step::Leader;
        }
        Step::GiveUp
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn, Position};

    fn course(on_miss: OnMiss) -> Vec<Step> {
        let followers = [NodeId(1), NodeId(2), NodeId(3)];
        let mut route = Route::default();
        let mut steps = Vec::new();
        loop {
            let step = route.next(&followers, NodeId(2), on_miss);
            steps.push(step);
            match step {
                Step::Ask(id) => route.was_behind(id, Position { epoch: Epoch(1), lsn: Lsn(u64::from(10 - id.0)) }),
                Step::GiveUp => return steps,
                Step::Wait(..) | Step::Leader => {}
            }
        }
    }

    #[test]
    fn every_follower_is_asked_once_before_the_leader() {
        let asked = [Step::Ask(NodeId(2)), Step::Ask(NodeId(3)), Step::Ask(NodeId(1))];
        let wait = SimDuration::millis(50);
        assert_eq!(course(OnMiss::Leader), [&asked[..], &[Step::Leader, Step::GiveUp]].concat());
        assert_eq!(course(OnMiss::Fail), [&asked[..], &[Step::GiveUp]].concat());
        let waited = [&asked[..], &[Step::Wait(NodeId(1), wait)]].concat();
        assert_eq!(course(OnMiss::WaitThenLeader(wait)), [&waited[..], &[Step::Leader, Step::GiveUp]].concat());
        assert_eq!(course(OnMiss::WaitThenFail(wait)), [&waited[..], &[Step::GiveUp]].concat());
    }
}
