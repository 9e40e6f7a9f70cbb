//! Judgement: what a history shows, by definition and with evidence.
//!
//! A checker sees a history (and, for durability, which writes survived), never a protocol: it would judge a history from a real
//! system by the same rules. Each guarantee has a module of its own that takes the operations one by one as they start and
//! end, so that a live run is checked as it grows. Versions need not be ordered: a checker knows the identities of writes and how their
//! stamps compare, and asks whether each required write is covered by some returned one. Definitions follow Terry et al. 1994 and Viotti and Vukolić 2016.

pub mod aborted_read;
pub mod bounded_staleness;
pub mod causal;
pub mod consistent_prefix;
pub mod dirty_reads;
pub mod divergence;
pub mod durability;
pub mod linearizability;
pub mod monotonic_reads;
pub mod monotonic_writes;
pub mod non_convergence;
pub mod read_your_writes;
pub mod reused_ids;
mod shown;
pub mod split_brain;
pub mod thin_air_read;
mod versions;
pub mod writes_follow_reads;

use crate::history::{By, Event, History, Op};
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::router::{Guarantee, ReadMode};
use crate::scenario::Anomaly;
use crate::sorted;
use crate::time::SimTime;

pub use divergence::Checksum;
pub use durability::{Survival, Takeover, discarded_by};
pub use non_convergence::Unlike;
pub use shown::Hole;

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
    /// The write was acknowledged, and was discarded.
    LostAcknowledgedWrite {
        /// The write.
        write: OpId,
        /// Who discarded it.
        by: By,
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
    /// A read returned a value, and its write was discarded.
    DirtyThenLost {
        /// The read.
        read: OpId,
        /// The write whose value it returned.
        write: OpId,
        /// Who discarded it.
        by: By,
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
    /// The session's later write came before the earlier one, which had been acknowledged; or a replica showed it without that one.
    MonotonicWrites {
        /// The earlier write.
        earlier: OpId,
        /// The later write.
        later: OpId,
        /// The answers of the replica, if it is about that.
        hole: Option<Hole>,
    },
    /// The session's write came before what the session had read; or a replica showed it without that.
    WritesFollowReads {
        /// What the session had read, by the read.
        read: OpId,
        /// The write.
        write: OpId,
        /// The answers of the replica, if it is about that.
        hole: Option<Hole>,
    },
    /// The session knew of `effect`, whose writer knew of `cause`; the read then returned a version older than `cause`.
    Causal {
        /// The write that the session knew of.
        effect: OpId,
        /// The operation by which it came to know of it.
        seen_by: OpId,
        /// The write that is missing.
        cause: OpId,
        /// The read that misses it.
        read: OpId,
    },
    /// The read returned something older than its bound allows.
    BoundedStaleness {
        /// The first write that it missed.
        missed: OpId,
        /// The read.
        read: OpId,
    },
    /// The read returned the value of a write that had been refused.
    AbortedRead {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The read returned what nobody had written.
    ThinAirRead {
        /// The read.
        read: OpId,
        /// The operation that the replica named as the writer.
        claimed: OpId,
    },
    /// All is over, and two replicas differ.
    NonConvergence(Unlike),
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
            Evidence::MonotonicWrites { .. } => Anomaly::MonotonicWrites,
            Evidence::WritesFollowReads { .. } => Anomaly::WritesFollowReads,
            Evidence::Causal { .. } => Anomaly::Causal,
            Evidence::BoundedStaleness { .. } => Anomaly::BoundedStaleness,
            Evidence::AbortedRead { .. } => Anomaly::AbortedRead,
            Evidence::ThinAirRead { .. } => Anomaly::ThinAirRead,
            Evidence::NonConvergence(_) => Anomaly::NonConvergence,
        }
    }

    /// The operation in which it shows.
    #[must_use]
    pub fn op(&self) -> OpId {
        match self.evidence {
            Evidence::ReadYourWrites { read, .. }
            | Evidence::ConsistentPrefix { read, .. }
            | Evidence::Linearizability { read, .. }
            | Evidence::DirtyThenLost { read, .. }
            | Evidence::Causal { read, .. }
            | Evidence::BoundedStaleness { read, .. }
            | Evidence::AbortedRead { read, .. }
            | Evidence::ThinAirRead { read, .. }
            | Evidence::MonotonicWrites { hole: Some(Hole { read, .. }), .. }
            | Evidence::WritesFollowReads { hole: Some(Hole { read, .. }), .. } => read,
            Evidence::MonotonicReads { later, .. }
            | Evidence::ReusedId { later, .. }
            | Evidence::MonotonicWrites { later, hole: None, .. } => later,
            Evidence::LostAcknowledgedWrite { write, .. }
            | Evidence::Divergence { write, .. }
            | Evidence::WritesFollowReads { write, hole: None, .. }
            | Evidence::NonConvergence(Unlike { write, .. }) => write,
            Evidence::SplitBrain { older, .. } => older,
        }
    }

    /// All operations that prove it, in the order of the argument.
    #[must_use]
    pub fn ops(&self) -> Vec<OpId> {
        match self.evidence {
            Evidence::ReadYourWrites { write, read } => vec![write, read],
            Evidence::MonotonicReads { earlier, later } => vec![earlier, later],
            Evidence::ConsistentPrefix { effect, seen_by, cause, read } | Evidence::Causal { effect, seen_by, cause, read } => {
                let mut ops = vec![cause, effect, seen_by, read];
                ops.dedup();
                ops
            }
            Evidence::LostAcknowledgedWrite { write, by } => [write].into_iter().chain(by.write()).collect(),
            Evidence::Divergence { write, .. } => vec![write],
            Evidence::ReusedId { earlier, later, .. } => vec![earlier, later],
            Evidence::SplitBrain { newer, older } => vec![newer, older],
            Evidence::Linearizability { newer, read } => vec![newer, read],
            Evidence::DirtyThenLost { read, write, by } => [write, read].into_iter().chain(by.write()).collect(),
            Evidence::AbortedRead { write, read } => vec![write, read],
            Evidence::MonotonicWrites { earlier: first, later: second, hole }
            | Evidence::WritesFollowReads { read: first, write: second, hole } => {
                let mut ops = vec![first, second];
                ops.extend(hole.into_iter().flat_map(|hole| [hole.shown_by, hole.read]));
                ops
            }
            Evidence::BoundedStaleness { missed, read } => vec![missed, read],
            Evidence::ThinAirRead { read, claimed: OpId::NONE } => vec![read],
            Evidence::ThinAirRead { read, claimed } => vec![claimed, read],
            Evidence::NonConvergence(Unlike { write, .. }) => vec![write],
        }
    }
}

/// The checkers that take the operations as they start and end.
struct Checkers<'a> {
    history: &'a History<'a>,
    own: read_your_writes::Checker,
    seen: monotonic_reads::Checker,
    written: monotonic_writes::Checker,
    answered: writes_follow_reads::Checker,
    /// Where some read promises causal consistency and no more.
    causal: Option<causal::Checker>,
    /// Which reads these are: those in the mode of chosen guarantees; none, if all reads are judged by it.
    promised: Option<ReadMode>,
    prefix: consistent_prefix::Checker,
    linear: linearizability::Checker,
    /// Where some read has a bound.
    bounded: Option<bounded_staleness::Checker>,
}

impl<'a> Checkers<'a> {
    fn new(history: &'a History<'a>, survival: &Survival, all: bool) -> Checkers<'a> {
        let fates = &survival.fates;
        let reads_in = |mode| all || history.ops.iter().any(|op| op.reads_in(history.mode) == Some(mode));
        let causal = (all || history.guarantees.has(Guarantee::Causal)) && reads_in(ReadMode::Guarantees);
        Checkers {
            history,
            own: read_your_writes::Checker::new(history),
            seen: monotonic_reads::Checker::default(),
            written: monotonic_writes::Checker::new(history, fates),
            answered: writes_follow_reads::Checker::new(fates),
            causal: causal.then(|| causal::Checker::new(fates)),
            promised: (!all).then_some(history.mode),
            prefix: consistent_prefix::Checker::new(history, &survival.takeovers),
            linear: linearizability::Checker::new(history),
            bounded: reads_in(ReadMode::BoundedStaleness).then(|| bounded_staleness::Checker::new(history, fates)),
        }
    }

    fn invoke(&mut self, op: &Op) {
        self.own.invoke(op);
        self.seen.invoke(op);
        self.written.invoke(self.history, op);
        self.answered.invoke(self.history, op);
        self.prefix.invoke(self.history, op);
        self.linear.invoke(op);
        if let Some(causal) = &mut self.causal {
            causal.invoke(op);
        }
        if let Some(bounded) = &mut self.bounded {
            bounded.invoke(op);
        }
    }

    /// What an operation breaks, the narrowest first. A list, because it is nearly always empty: an array of findings would be filled and
    /// copied for every operation.
    fn complete(&mut self, op: &Op) -> Vec<Finding> {
        let promised = self.promised.is_none_or(|mode| op.reads_in(mode) == Some(ReadMode::Guarantees));
        let history = self.history;
        let mut broken = Vec::new();
        broken.extend(self.own.complete(history, op));
        broken.extend(self.seen.complete(history, op));
        broken.extend(self.written.complete(history, op));
        broken.extend(self.answered.complete(history, op));
        broken.extend(self.causal.as_mut().and_then(|causal| causal.complete(history, op)).filter(|_| promised));
        broken.extend(self.prefix.complete(history, op));
        broken.extend(self.linear.complete(history, op));
        broken.extend(self.bounded.as_mut().and_then(|bounded| bounded.complete(history, op)));
        broken
    }
}

/// Checks a history for every guarantee of this module; findings come in the order of time.
///
/// A read that breaks a narrow guarantee breaks wider ones with it. Only the narrowest is reported: read-your-writes, monotonic reads,
/// then monotonic writes and writes-follow-reads, then, for reads that promise just that, causal consistency, then consistent prefix, then,
/// for reads that promise it, linearizability or bounded staleness.
#[must_use]
pub fn check_all(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut checkers = Checkers::new(history, survival, false);
    let mut findings = Vec::new();
    for event in &history.events {
        match event {
            Event::Invoke(id) => checkers.invoke(&history.ops[id.index()]),
            Event::Complete(id) => {
                findings.extend(checkers.complete(&history.ops[id.index()]).into_iter().next());
            }
        }
    }
    findings.extend(durability::check(history, survival));
    findings.extend(dirty_reads::check(history, survival));
    findings.extend(divergence::check(&survival.checksums));
    findings.extend(reused_ids::check(history));
    findings.extend(aborted_read::check(history));
    findings.extend(thin_air_read::check(history));
    findings.extend(non_convergence::check(&survival.unlike, survival.end, &findings));
    // Without a takeover there is one leader only.
    if !survival.takeovers.is_empty() {
        findings.extend(split_brain::check(history));
    }
    sorted::by_key(findings, |f| (f.at.0, u64::from(f.op().0)))
}

/// Checks a history for one guarantee only, whatever narrower ones it breaks.
#[must_use]
pub fn check_one(history: &History<'_>, survival: &Survival, anomaly: Anomaly) -> Vec<Finding> {
    match anomaly {
        Anomaly::LostAcknowledgedWrite => durability::check(history, survival),
        Anomaly::SplitBrain => split_brain::check(history),
        Anomaly::DirtyThenLost => dirty_reads::check(history, survival),
        Anomaly::Divergence => divergence::check(&survival.checksums),
        Anomaly::ReusedId => reused_ids::check(history),
        Anomaly::AbortedRead => aborted_read::check(history),
        Anomaly::ThinAirRead => thin_air_read::check(history),
        Anomaly::NonConvergence => non_convergence::check(&survival.unlike, survival.end, &[]),
        Anomaly::ReadYourWrites
        | Anomaly::MonotonicReads
        | Anomaly::ConsistentPrefix
        | Anomaly::Linearizability
        | Anomaly::MonotonicWrites
        | Anomaly::WritesFollowReads
        | Anomaly::Causal
        | Anomaly::BoundedStaleness => {
            let mut checkers = Checkers::new(history, survival, true);
            let mut findings = Vec::new();
            for event in &history.events {
                match event {
                    Event::Invoke(id) => checkers.invoke(&history.ops[id.index()]),
                    Event::Complete(id) => {
                        let found = checkers.complete(&history.ops[id.index()]).into_iter();
                        findings.extend(found.filter(|finding| finding.anomaly() == anomaly));
                    }
                }
            }
            findings
        }
    }
}
