//! Read policies, and the order in which nodes are asked under each.
//!
//! A policy says which node may answer a read. [`plan`] turns it into steps that are tried one after the other; it is a pure
//! function, so what a router will do can be told without a server. The names are those of [`crate::router::ReadMode`] where both exist.

use std::fmt;
use std::time::Duration;

/// What a session-consistent read does when the follower that it came to is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBehind {
    /// It waits there for so long, then asks the other followers, then the leader.
    Wait(Duration),
    /// It asks the other followers, then the leader.
    OtherFollower,
    /// It goes to the leader at once.
    Leader,
}

/// How much a read may lag behind the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It misses no change that is older than this.
    Time(Duration),
    /// The node has applied all but so many units of the log: bytes in PostgreSQL, entries in the simulated store.
    Log(u64),
}

/// Which node may answer a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadPolicy {
    /// The leader.
    Leader,
    /// Any follower, however far behind. It guarantees nothing across two reads, costs nothing, and leaves the session's token alone.
    AnyFollower,
    /// The same follower as before, as long as it answers, and else another one from then on. Like [`ReadPolicy::AnyFollower`] it asks
    /// for no position and leaves the token alone.
    Sticky,
    /// A node that has applied all that the session has written and seen.
    SessionConsistent(OnBehind),
    /// A follower that lags no more than this; the leader, if there is none.
    BoundedStaleness(Bound),
}

impl ReadPolicy {
    /// Its name, as in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReadPolicy::Leader => "leader",
            ReadPolicy::AnyFollower => "any-follower",
            ReadPolicy::Sticky => "pinned-follower",
            ReadPolicy::SessionConsistent(_) => "session-consistent",
            ReadPolicy::BoundedStaleness(_) => "bounded-staleness",
        }
    }

    /// Whether a read under this policy moves the session's token, which costs a question after the read.
    #[must_use]
    pub fn moves_token(self) -> bool {
        match self {
            ReadPolicy::Leader | ReadPolicy::SessionConsistent(_) | ReadPolicy::BoundedStaleness(_) => true,
            ReadPolicy::AnyFollower | ReadPolicy::Sticky => false,
        }
    }
}

impl fmt::Display for ReadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask this follower, and wait so long for it if it is behind.
    Follower {
        /// Its number.
        node: usize,
        /// How long to wait.
        wait: Duration,
    },
    /// Ask the leader.
    Leader,
}

/// What to try for a read, in this order. `followers` are those that are to be asked, the first one first; `pin` is the one that the
/// session has read from under [`ReadPolicy::Sticky`]. Without steps no node may answer.
#[must_use]
pub fn plan(policy: ReadPolicy, followers: &[usize], pin: Option<usize>) -> Vec<Step> {
    let ask = |node: usize| Step::Follower { node, wait: Duration::ZERO };
    let all = followers.iter().copied();
    match policy {
        ReadPolicy::Leader => vec![Step::Leader],
        ReadPolicy::AnyFollower => all.map(ask).collect(),
        ReadPolicy::Sticky => {
            let pin = pin.filter(|pin| followers.contains(pin));
            pin.into_iter().chain(all.filter(|node| Some(*node) != pin)).map(ask).collect()
        }
        ReadPolicy::SessionConsistent(OnBehind::Wait(wait)) => {
            let first = followers.first().map(|&node| Step::Follower { node, wait });
            first.into_iter().chain(all.skip(1).map(ask)).chain([Step::Leader]).collect()
        }
        ReadPolicy::SessionConsistent(OnBehind::OtherFollower) | ReadPolicy::BoundedStaleness(_) => {
            all.map(ask).chain([Step::Leader]).collect()
        }
        ReadPolicy::SessionConsistent(OnBehind::Leader) => all.take(1).map(ask).chain([Step::Leader]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(node: usize) -> Step {
        Step::Follower { node, wait: Duration::ZERO }
    }

    #[test]
    fn each_policy_has_its_order() {
        let wait = Duration::from_millis(50);
        let session = ReadPolicy::SessionConsistent;
        for (policy, expected) in [
            (ReadPolicy::Leader, vec![Step::Leader]),
            (ReadPolicy::AnyFollower, vec![ask(2), ask(1)]),
            (ReadPolicy::Sticky, vec![ask(1), ask(2)]),
            (session(OnBehind::Wait(wait)), vec![Step::Follower { node: 2, wait }, ask(1), Step::Leader]),
            (session(OnBehind::OtherFollower), vec![ask(2), ask(1), Step::Leader]),
            (session(OnBehind::Leader), vec![ask(2), Step::Leader]),
            (ReadPolicy::BoundedStaleness(Bound::Log(8)), vec![ask(2), ask(1), Step::Leader]),
        ] {
            assert_eq!(plan(policy, &[2, 1], Some(1)), expected, "{policy}");
        }
    }

    #[test]
    fn only_reads_that_promise_nothing_have_no_way_without_followers() {
        for (policy, steps) in [
            (ReadPolicy::AnyFollower, 0),
            (ReadPolicy::Sticky, 0),
            (ReadPolicy::SessionConsistent(OnBehind::Wait(Duration::MAX)), 1),
            (ReadPolicy::BoundedStaleness(Bound::Time(Duration::ZERO)), 1),
        ] {
            assert_eq!(plan(policy, &[], None).len(), steps, "{policy}");
        }
    }

    #[test]
    fn a_pin_that_leads_now_is_let_go() {
        assert_eq!(plan(ReadPolicy::Sticky, &[2], Some(1)), [ask(2)]);
    }
}
