//! Judgement: what a history shows, by definition and with evidence.
//!
//! A checker sees a history (and, for durability, which writes survived), never a protocol: it would judge a history from a real
//! system by the same rules. Each guarantee has a module of its own that takes the operations one by one as they start and
//! end, so that a live run is checked as it grows. Versions need not be ordered: a checker knows the identities of writes and how their
//! stamps compare, and asks whether each required write is covered by some returned one. Definitions follow Terry et al. 1994 and Viotti and Vukolić 2016.

pub mod aborted_read;
pub mod bounded_staleness;
pub mod causal;
pub mod conflicts;
pub mod consistent_prefix;
pub mod constraints;
pub mod dirty_reads;
pub mod divergence;
pub mod durability;
mod finding;
pub mod linearizability;
pub mod monotonic_reads;
pub mod monotonic_writes;
pub mod non_convergence;
pub mod quorums;
pub mod read_your_writes;
pub mod replicated;
pub mod reused_ids;
mod shown;
pub mod split_brain;
pub mod thin_air_read;
mod versions;
pub mod writes_follow_reads;

use crate::family::MultiLeaderIncluded;
use crate::history::{Event, History, Op};
use crate::router::{Guarantee, ReadMode};
use crate::scenario::Anomaly;
use crate::sorted;

pub use conflicts::{Conflicts, Left, Meeting};
pub use divergence::Checksum;
pub use durability::{Survival, Takeover, discarded_by};
pub use finding::{Evidence, Finding};
pub use non_convergence::Unlike;
pub use quorums::LostHint;
pub use replicated::{Holding, Made, Replicas};
pub use shown::Hole;

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
    /// Whether every guarantee is judged, asked for or not.
    all: bool,
    /// Where some read has a bound.
    bounded: Option<bounded_staleness::Checker>,
}

impl<'a> Checkers<'a> {
    fn new(history: &'a History<'a>, survival: &Survival, all: bool) -> Checkers<'a> {
        let fates = &survival.fates;
        let reads_in = |mode| all || history.ops.iter().any(|op| op.reads_in(history.mode) == Some(mode));
        let causal = history.concurrent || ((all || history.guarantees.has(Guarantee::Causal)) && reads_in(ReadMode::Guarantees));
        Checkers {
            history,
            own: read_your_writes::Checker::new(history, fates),
            seen: monotonic_reads::Checker::new(fates),
            written: monotonic_writes::Checker::new(history, fates),
            answered: writes_follow_reads::Checker::new(fates),
            causal: causal.then(|| causal::Checker::new(fates)),
            promised: (!all && !history.concurrent).then_some(history.mode),
            prefix: consistent_prefix::Checker::new(history, &survival.takeovers),
            linear: linearizability::Checker::new(history, fates),
            all,
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
        // With several leaders nobody promises an order of writes, unless sessions ask for it.
        let asks = |guarantee| {
            !history.concurrent || self.all || (history.mode == ReadMode::Guarantees && history.guarantees.has(guarantee))
        };
        broken.extend(self.written.complete(history, op).filter(|_| asks(Guarantee::MonotonicWrites)));
        broken.extend(self.answered.complete(history, op).filter(|_| asks(Guarantee::WritesFollowReads)));
        broken.extend(self.causal.as_mut().and_then(|causal| causal.complete(history, op)).filter(|_| promised));
        // No leader's log holds all writes, and no read promises the one order of them; quorums that overlap promise the newest version.
        if !history.concurrent {
            broken.extend(self.prefix.complete(history, op));
        }
        if !history.concurrent || history.overlap {
            broken.extend(self.linear.complete(history, op));
        }
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
    // Where one leader orders all writes, none of this can be.
    if let Some(included) = MultiLeaderIncluded::proof() {
        findings.extend(of_several_writers(included, history, survival));
    }
    findings.extend(non_convergence::check(&survival.unlike, survival.end, &findings));
    // Without a takeover there is one leader only.
    if !survival.takeovers.is_empty() {
        findings.extend(split_brain::check(history));
    }
    sorted::by_key(findings, |f| (f.at.0, u64::from(f.op().0)))
}

/// What only replicas show that take writes beside each other.
fn of_several_writers(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut findings = conflicts::concurrent_writes(included, history, survival);
    findings.extend(conflicts::lost_updates(included, history, survival));
    findings.extend(conflicts::loops(included, survival));
    findings.extend(conflicts::resurrected(included, history, survival));
    findings.extend(constraints::broken(included, history, survival));
    findings.extend(conflicts::diverged(survival));
    findings.extend(quorums::failed_writes(included, history));
    findings.extend(quorums::false_siblings(included, history));
    findings.extend(quorums::lost_hints(included, history, survival));
    findings.extend(replicated::false_values(included, survival));
    findings.extend(replicated::came_back(included, survival));
    findings.extend(replicated::applied_twice(included, survival));
    findings.extend(replicated::broken_laws(included, history, survival));
    findings
}

/// Checks a history for one guarantee only, whatever narrower ones it breaks.
#[must_use]
pub fn check_one(history: &History<'_>, survival: &Survival, anomaly: Anomaly) -> Vec<Finding> {
    match anomaly {
        Anomaly::LostAcknowledgedWrite => durability::check(history, survival),
        Anomaly::SplitBrain => split_brain::check(history),
        Anomaly::DirtyThenLost => dirty_reads::check(history, survival),
        Anomaly::Divergence => [divergence::check(&survival.checksums), conflicts::diverged(survival)].concat(),
        Anomaly::ConcurrentWriteConflict
        | Anomaly::LostUpdate
        | Anomaly::ReplicationLoop
        | Anomaly::ResurrectedDelete
        | Anomaly::FalseValue
        | Anomaly::DuplicateApplied
        | Anomaly::MergeNotCommutative
        | Anomaly::MergeNotAssociative
        | Anomaly::MergeNotIdempotent
        | Anomaly::ConstraintBroken
        | Anomaly::FailedWriteVisible
        | Anomaly::FalseSiblings
        | Anomaly::HintLost => {
            let included = MultiLeaderIncluded::proof();
            let mut findings = included.map_or(Vec::new(), |included| of_several_writers(included, history, survival));
            findings.retain(|finding| finding.anomaly() == anomaly);
            findings
        }
        Anomaly::ReusedId | Anomaly::DuplicateId => reused_ids::check(history),
        Anomaly::AbortedRead => aborted_read::check(history),
        Anomaly::ThinAirRead => thin_air_read::check(history),
        Anomaly::NonConvergence => non_convergence::check(&survival.unlike, survival.end, &[]),
        Anomaly::ReadYourWrites
        | Anomaly::MonotonicReads
        | Anomaly::ConsistentPrefix
        | Anomaly::Linearizability
        | Anomaly::StaleQuorumRead
        | Anomaly::MonotonicWrites
        | Anomaly::WritesFollowReads
        | Anomaly::Causal
        | Anomaly::BoundedStaleness => {
            let mut findings = replayed(history, survival);
            findings.retain(|finding| finding.anomaly() == anomaly);
            findings
        }
    }
}

/// Checks a history for everything that shows in its operations, whatever narrower guarantees are broken with it. Of each guarantee findings
/// come in the order of the record.
#[must_use]
pub fn check_every(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut findings = replayed(history, survival);
    findings.extend(durability::check(history, survival));
    findings.extend(dirty_reads::check(history, survival));
    findings.extend(aborted_read::check(history));
    findings.extend(thin_air_read::check(history));
    findings
}

/// What the checkers find that take the operations as they start and end, all of it.
fn replayed(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut checkers = Checkers::new(history, survival, true);
    let mut findings = Vec::new();
    for event in &history.events {
        match event {
            Event::Invoke(id) => checkers.invoke(&history.ops[id.index()]),
            Event::Complete(id) => findings.extend(checkers.complete(&history.ops[id.index()])),
        }
    }
    findings
}
