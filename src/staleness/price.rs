//! What a bound on staleness costs: who answered each read that had one, and what the replicas that were left out would have spared.
//!
//! A bound never makes a read wrong, it makes it dear: a follower declines and another must be asked, the leader has to answer, or
//! nobody is suitable. This is the availability that consistency is paid with, read by read.

use super::leads;
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Label;
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::Outcome;
use crate::router::ReadMode;
use crate::run::Run;
use crate::sorted::by_key;
use crate::time::SimTime;
use crate::trace::{Sent, What};

/// How a read with a bound was paid for, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payment {
    /// The first follower that was asked answered.
    Follower,
    /// A follower answered after another had declined.
    Another,
    /// The leader answered.
    Leader,
    /// There was no answer with a value.
    Refused,
}

/// A read with a bound, and how it was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Whose read.
    pub client: NodeId,
    /// In which group.
    pub group: GroupId,
    /// When it was over.
    pub at: SimTime,
    /// How.
    pub payment: Payment,
}

/// Every read with a bound that is over, in the order of operations.
#[must_use]
pub fn paid(run: &Run) -> Vec<Paid> {
    let declined: Vec<OpId> = declined(run);
    let mode = run.plan.scenario.read.mode;
    let reads = run.trace.ops.iter().filter(|op| op.reads_in(mode) == Some(ReadMode::BoundedStaleness));
    let of = |op: &crate::history::Op| {
        let end = op.end?;
        let payment = match (end.outcome, end.replica) {
            (Outcome::Value { .. } | Outcome::Siblings { .. }, Some(replica)) if leads(run, op.group, replica, end.at) => {
                Payment::Leader
            }
            (Outcome::Value { .. } | Outcome::Siblings { .. }, _) if declined.binary_search(&op.id).is_ok() => Payment::Another,
            (Outcome::Value { .. } | Outcome::Siblings { .. }, _) => Payment::Follower,
            _ => Payment::Refused,
        };
        Some(Paid { client: op.client, group: op.group, at: end.at, payment })
    };
    reads.filter_map(of).collect()
}

/// The reads that a replica declined because it was too far behind, each once, in order.
#[must_use]
pub fn declined(run: &Run) -> Vec<OpId> {
    let of = |record: &crate::trace::Record| match record.what() {
        What::Sent(Sent { label: family::Label::SingleLeader(Label::Behind(op)), .. }) => Some(op),
        _ => None,
    };
    let mut all = by_key(run.trace.records.iter().filter_map(of).collect(), |op: &OpId| (u64::from(op.0), 0));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;

    fn count(preset: &str, payment: Payment) -> usize {
        let run = Run::of(&Preset::named(preset).expect("a preset").scenario()).expect("presets can be run");
        paid(&run).iter().filter(|paid| paid.payment == payment).count()
    }

    #[test]
    fn where_a_follower_is_always_fresh_enough_only_the_declined_reads_pay() {
        let of = |payment| count("bounded-staleness", payment);
        assert!(of(Payment::Follower) > 20, "{}", of(Payment::Follower));
        assert!((1..8).contains(&of(Payment::Another)), "{}", of(Payment::Another));
        assert_eq!((of(Payment::Leader), of(Payment::Refused)), (0, 0));
    }

    #[test]
    fn where_nobody_is_suitable_the_price_is_availability() {
        assert!(count("bounded-staleness-error", Payment::Refused) >= 8);
        assert_eq!(count("read-after-write", Payment::Follower), 0, "reads without a bound are no matter of price");
    }
}
