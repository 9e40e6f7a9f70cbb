//! Judgement: what a history shows, by definition and with evidence.
//!
//! A checker sees a history (and, for durability, which writes survived), never a protocol: it would judge a history from a real
//! system by the same rules. Each guarantee has a module of its own that takes the operations one by one as they start and
//! end, so that a live run is checked as it grows. Definitions follow Terry et al. 1994 and Viotti and Vukolić 2016.

pub mod consistent_prefix;
pub mod dirty_reads;
pub mod divergence;
pub mod durability;
pub mod linearizability;
pub mod monotonic_reads;
pub mod read_your_writes;
pub mod reused_ids;
pub mod split_brain;

use crate::history::{Event, History, Op};
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::scenario::Anomaly;
use crate::sorted;
use crate::time::SimTime;

pub use divergence::Checksum;
pub use durability::{Survival, Takeover};

/// A guarantee that was broken, by which operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When it was there to be seen.
    pub at: SimTime,
    /// What proves it.
    pub evidence: Evidence,
}

/// The operations that prove a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The session's own write was acknowledged before the read began, and the read returned an older version.
    ReadYourWrites {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The later read of the session returned an older version than the earlier one.
    MonotonicReads {
        /// The earlier read.
        earlier: OpId,
        /// The later read.
        later: OpId,
    },
    /// The session knew of `effect`, which came after `cause`; the read then returned a version older than `cause`.
    ConsistentPrefix {
        /// A write that the session had seen or that what it had seen depends on, and that lies at or after `cause`.
        effect: OpId,
        /// The read (or write) by which the session came to know of it.
        seen_by: OpId,
        /// The write that is missing.
        cause: OpId,
        /// The read that misses it.
        read: OpId,
    },
    /// The write was acknowledged, and the new leader's log does not have it.
    LostAcknowledgedWrite {
        /// The write.
        write: OpId,
        /// Which of the run's takeovers discarded it, if one did.
        takeover: Option<usize>,
    },
    /// After a write had been acknowledged in a newer epoch, another one began and was acknowledged in an older epoch.
    SplitBrain {
        /// The write of the newer epoch.
        newer: OpId,
        /// The write of the older one.
        older: OpId,
    },
    /// A version was shown by an operation that ended before the read at the leader began, and the read returned an older one.
    Linearizability {
        /// The operation that had shown the newer version.
        newer: OpId,
        /// The read.
        read: OpId,
    },
    /// A read returned a value, and the newest leader's log does not have its entry.
    DirtyThenLost {
        /// The read.
        read: OpId,
        /// The write whose value it returned.
        write: OpId,
        /// Which of the run's takeovers discarded the entry, if one did.
        takeover: Option<usize>,
    },
    /// Leader and follower have applied everything up to the same entry, and their rows differ.
    Divergence {
        /// The operation of that entry.
        write: OpId,
        /// Where the entry stands.
        at: Position,
        /// The leader that wrote it.
        leader: NodeId,
        /// The follower whose rows differ.
        follower: NodeId,
    },
    /// Two acknowledged new rows got the same number.
    ReusedId {
        /// The operation that got it first.
        earlier: OpId,
        /// The operation that got it again.
        later: OpId,
        /// The row.
        row: KeyId,
    },
}

impl Finding {
    /// Which guarantee was broken.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        match self.evidence {
            Evidence::ReadYourWrites { .. } => Anomaly::ReadYourWrites,
            Evidence::MonotonicReads { .. } => Anomaly::MonotonicReads,
            Evidence::ConsistentPrefix { .. } => Anomaly::ConsistentPrefix,
            Evidence::LostAcknowledgedWrite { .. } => Anomaly::LostAcknowledgedWrite,
            Evidence::SplitBrain { .. } => Anomaly::SplitBrain,
            Evidence::Linearizability { .. } => Anomaly::Linearizability,
            Evidence::DirtyThenLost { .. } => Anomaly::DirtyThenLost,
            Evidence::Divergence { .. } => Anomaly::Divergence,
            Evidence::ReusedId { .. } => Anomaly::ReusedId,
        }
    }

    /// The operation in which it shows.
    #[must_use]
    pub fn op(&self) -> OpId {
        match self.evidence {
            Evidence::ReadYourWrites { read, .. }
            | Evidence::ConsistentPrefix { read, .. }
            | Evidence::Linearizability { read, .. }
            | Evidence::DirtyThenLost { read, .. } => read,
            Evidence::MonotonicReads { later, .. } | Evidence::ReusedId { later, .. } => later,
            Evidence::LostAcknowledgedWrite { write, .. } | Evidence::Divergence { write, .. } => write,
            Evidence::SplitBrain { older, .. } => older,
        }
    }

    /// All operations that prove it, in the order of the argument.
    #[must_use]
    pub fn ops(&self) -> Vec<OpId> {
        match self.evidence {
            Evidence::ReadYourWrites { write, read } => vec![write, read],
            Evidence::MonotonicReads { earlier, later } => vec![earlier, later],
            Evidence::ConsistentPrefix { effect, seen_by, cause, read } => {
                let mut ops = vec![cause, effect, seen_by, read];
                ops.dedup();
                ops
            }
            Evidence::LostAcknowledgedWrite { write, .. } | Evidence::Divergence { write, .. } => vec![write],
            Evidence::ReusedId { earlier, later, .. } => vec![earlier, later],
            Evidence::SplitBrain { newer, older } => vec![newer, older],
            Evidence::Linearizability { newer, read } => vec![newer, read],
            Evidence::DirtyThenLost { read, write, .. } => vec![write, read],
        }
    }
}

/// A version with the operation by which a session came to know it.
type Known = (Position, OpId);

/// Checks a history for every guarantee of this module; findings come in the order of time.
///
/// A read that breaks a narrow guarantee breaks wider ones with it. Only the narrowest is reported: read-your-writes, then
/// monotonic reads, then consistent prefix, then, for reads that promise it, linearizability.
#[must_use]
pub fn check_all(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut own = read_your_writes::Checker::new(history);
    let mut seen = monotonic_reads::Checker::default();
    let mut prefix = consistent_prefix::Checker::new(history, &survival.takeovers);
    let mut linear = linearizability::Checker::new(history);
    let mut findings = Vec::new();
    for event in &history.events {
        let op: &Op = match event {
            Event::Invoke(id) | Event::Complete(id) => &history.ops[id.index()],
        };
        match event {
            Event::Invoke(_) => {
                own.invoke(op);
                seen.invoke(op);
                prefix.invoke(op);
                linear.invoke(op);
            }
            Event::Complete(_) => {
                let (first, second, third) = (own.complete(op), seen.complete(op), prefix.complete(op));
                findings.extend(first.or(second).or(third).or(linear.complete(op)));
            }
        }
    }
    findings.extend(durability::check(history.ops, survival));
    findings.extend(dirty_reads::check(history.ops, survival));
    findings.extend(divergence::check(&survival.checksums));
    findings.extend(reused_ids::check(history));
    // Without a takeover there is one leader only.
    if !survival.takeovers.is_empty() {
        findings.extend(split_brain::check(history));
    }
    sorted::by_key(findings, |f| (f.at.0, u64::from(f.op().0)))
}

/// Checks a history for one guarantee only, whatever narrower ones it breaks.
#[must_use]
pub fn check_one(history: &History<'_>, survival: &Survival, anomaly: Anomaly) -> Vec<Finding> {
    let mut own = read_your_writes::Checker::new(history);
    let mut seen = monotonic_reads::Checker::default();
    let mut prefix = consistent_prefix::Checker::new(history, &survival.takeovers);
    let mut findings = Vec::new();
    if anomaly == Anomaly::LostAcknowledgedWrite {
        return durability::check(history.ops, survival);
    }
    match anomaly {
        Anomaly::SplitBrain => return split_brain::check(history),
        Anomaly::DirtyThenLost => return dirty_reads::check(history.ops, survival),
        Anomaly::Divergence => return divergence::check(&survival.checksums),
        Anomaly::ReusedId => return reused_ids::check(history),
        _ => {}
    }
    let mut linear = linearizability::Checker::new(history);
    for event in &history.events {
        let (Event::Invoke(id) | Event::Complete(id)) = event;
        let op = &history.ops[id.index()];
        let found = match (event, anomaly) {
            (Event::Invoke(_), _) => {
                own.invoke(op);
                seen.invoke(op);
                prefix.invoke(op);
                linear.invoke(op);
                None
            }
            (Event::Complete(_), Anomaly::ReadYourWrites) => own.complete(op),
            (Event::Complete(_), Anomaly::MonotonicReads) => seen.complete(op),
            (Event::Complete(_), Anomaly::ConsistentPrefix) => prefix.complete(op),
            (Event::Complete(_), Anomaly::Linearizability) => linear.complete(op),
            (Event::Complete(_), _) => None,
        };
        findings.extend(found);
    }
    findings
}
