//! How far behind a replica may be that answers, and the pool of those that are asked.
//!
//! The client does not estimate anybody's lag. A replica that is further behind than the bound says so, or is silent, and is left
//! out for a while. Then it is asked again, with **half** the bound, and is back once it keeps that. Between the whole bound and the half
//! nothing changes, so that a replica whose lag moves about the bound does not come and go with each read (hysteresis). A replica that
//! is left out wrongly costs availability; correctness never depends on the list.

use serde::{Deserialize, Serialize};

use crate::network::NodeId;
use crate::time::{SimDuration, SimTime};

/// For how long a replica that was too far behind is not asked.
pub const LEFT_OUT: SimDuration = SimDuration::millis(100);

/// How far behind a replica may be that answers a read with bounded staleness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bound {
    /// It has everything that was acknowledged up to so long ago, by its own clock and the leader's.
    Time(SimDuration),
    /// It lacks at most so many of the entries that it has heard of.
    Entries(u64),
}

impl Default for Bound {
    fn default() -> Bound {
        Bound::Time(SimDuration::millis(500))
    }
}

impl Bound {
    /// Half of it, which lets a replica come back.
    #[must_use]
    pub fn half(self) -> Bound {
        match self {
            Bound::Time(time) => Bound::Time(SimDuration(time.0 / 2)),
            Bound::Entries(entries) => Bound::Entries(entries / 2),
        }
    }

    /// How often a leader says how far it is: five times within the bound.
    #[must_use]
    pub fn pause(self) -> SimDuration {
        match self {
            Bound::Time(time) => SimDuration((time.0 / 5).clamp(1_000, 1_000_000)),
            Bound::Entries(_) => SimDuration::millis(50),
        }
    }
}

/// The replicas that a client leaves out, each with the time from which it is asked again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool(Vec<(NodeId, SimTime)>);

impl Pool {
    /// Whether a replica is left out, asked again or not.
    #[must_use]
    pub fn lacks(&self, id: NodeId) -> bool {
        self.0.iter().any(|(other, _)| *other == id)
    }

    /// Those of the replicas that may be asked now.
    #[must_use]
    pub fn of(&self, all: Vec<NodeId>, now: SimTime) -> Vec<NodeId> {
        let out = |id: &NodeId| self.0.iter().any(|(other, until)| other == id && now < *until);
        all.into_iter().filter(|id| !out(id)).collect()
    }

    /// Leaves a replica out for a while; says whether it was in.
    pub fn leave_out(&mut self, id: NodeId, now: SimTime) -> bool {
        let until = now + LEFT_OUT;
        match self.0.iter_mut().find(|(other, _)| *other == id) {
            Some((_, time)) => {
                *time = until;
                false
            }
            None => {
                self.0.push((id, until));
                true
            }
        }
    }

    /// Takes a replica back; says whether it was out.
    pub fn take_back(&mut self, id: NodeId) -> bool {
        let before = self.0.len();
        self.0.retain(|(other, _)| *other != id);
        self.0.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_out_is_asked_again_and_comes_back_at_half_the_bound() {
        let (mut pool, all) = (Pool::default(), vec![NodeId(1), NodeId(2)]);
        assert!(pool.leave_out(NodeId(1), SimTime(5)));
        assert_eq!(pool.of(all.clone(), SimTime(6)), [NodeId(2)]);
        assert_eq!(pool.of(all.clone(), SimTime(5) + LEFT_OUT), all, "it may be asked again");
        assert!(pool.lacks(NodeId(1)), "but with half the bound");
        assert!(!pool.leave_out(NodeId(1), SimTime(7)));
        assert!(pool.take_back(NodeId(1)) && !pool.take_back(NodeId(1)) && !pool.lacks(NodeId(1)));
        assert_eq!(Bound::Entries(5).half(), Bound::Entries(2));
        assert_eq!(Bound::Time(SimDuration::millis(100)).pause(), SimDuration::millis(20));
    }
}
