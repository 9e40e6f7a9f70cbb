//! The sentences of findings that only several leaders bring about: conflicts, lost updates, what comes back, what goes round.
//!
//! Why two versions are concurrent is said component by component: each has an update that the other had not seen.

use super::concurrent::Teller;
use super::words::quoted;
use crate::check::{Evidence, Finding, Unlike};
use crate::history::Op;
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::{Demand, Kind};
use crate::version::Stamp;

impl Teller<'_> {
    /// Writes the sentences of a finding of this kind; none of another kind.
    pub(super) fn of_leaders(&mut self, finding: &Finding) -> Option<()> {
        match finding.evidence {
            Evidence::ConcurrentWriteConflict { one, other, node, .. } => self.conflict(one, other, node, finding),
            Evidence::LostUpdate { lost, by, .. } => self.lost_update(lost, by),
            Evidence::FalseValue { update, other, node, shown, meant, .. } => {
                self.false_value((update, other), node, shown, meant)
            }
            Evidence::DuplicateApplied { update, node, .. } => self.applied_twice(update, node, finding.at),
            Evidence::LawBroken { update, node, law, .. } => self.broken_law(update, node, law, finding.at),
            Evidence::ResurrectedDelete { delete, shown, node, .. } if self.is_call(delete) => {
                self.back_in_set(delete, shown, node)
            }
            Evidence::ResurrectedDelete { delete, shown, node, .. } => self.resurrected(delete, shown, node),
            Evidence::ReplicationLoop { write, node, .. } => self.goes_round(write, node, finding),
            Evidence::DuplicateId { earlier, later, row, .. } => self.duplicate(earlier, later, row),
            Evidence::ConstraintBroken { first, second, .. } => self.constraint(first, second),
            Evidence::Divergence { write, leader, follower, .. } => self.unlike(
                Unlike { leader, follower, key: self.op(write)?.key, write },
                " have applied the same updates, and yet they show different values of ",
            ),
            Evidence::NonConvergence(unlike) => {
                self.unlike(unlike, " show different values, although nothing is left to happen: of ")
            }
            Evidence::ReadYourWrites { .. }
            | Evidence::MonotonicReads { .. }
            | Evidence::ConsistentPrefix { .. }
            | Evidence::LostAcknowledgedWrite { .. }
            | Evidence::SplitBrain { .. }
            | Evidence::Linearizability { .. }
            | Evidence::DirtyThenLost { .. }
            | Evidence::ReusedId { .. }
            | Evidence::MonotonicWrites { .. }
            | Evidence::WritesFollowReads { .. }
            | Evidence::Causal { .. }
            | Evidence::BoundedStaleness { .. }
            | Evidence::AbortedRead { .. }
            | Evidence::ThinAirRead { .. }
            | Evidence::StaleQuorumRead { .. }
            | Evidence::FailedWriteVisible { .. }
            | Evidence::HintLost { .. }
            | Evidence::FalseSiblings { .. } => None,
        }
    }

    fn conflict(&mut self, one: OpId, other: OpId, node: NodeId, finding: &Finding) -> Option<()> {
        let (one, other) = (self.op(one)?, self.op(other)?);
        self.taken(one)?;
        self.words.text(" ");
        self.taken(other)?;
        self.apart(one, other)?;
        let (_, first) = self.history.acknowledged(one)?;
        let (_, second) = self.history.acknowledged(other)?;
        if finding.at > first.max(second) {
            self.words.text(" ").node(node).text(" found that out at ").time(finding.at);
            self.words.text(", after both clients had been told that all was well.");
        } else {
            self.words.text(" By ").time(finding.at).text(" both clients had been told that all was well, and ").node(node);
            self.words.text(" had both versions.");
        }
        Some(())
    }

    /// "ann's write of x = 1 was taken by frankfurt as version frankfurt:2, acknowledged at 40 ms."
    fn taken(&mut self, write: &Op) -> Option<()> {
        let (stamp, at) = self.history.acknowledged(write)?;
        self.named(write);
        if let Some(leader) = write.end.and_then(|end| end.replica) {
            self.words.text(" was taken by ").node(leader);
        } else {
            self.words.text(" was taken");
        }
        self.words.text(" as version ");
        self.version(write.id, &stamp);
        self.words.text(", acknowledged at ").time(at).text(".");
        Some(())
    }

    /// Why neither of two versions comes after the other.
    fn apart(&mut self, one: &Op, other: &Op) -> Option<()> {
        let (Stamp::Dotted(first), Stamp::Dotted(second)) = (self.history.stamp_of(one)?, self.history.stamp_of(other)?) else {
            return None;
        };
        self.words.text(" Neither comes after the other, because each is an update that the other had not seen.");
        for (write, stamp, of_other, past) in [(one, &first, other, second.past()), (other, &second, one, first.past())] {
            let dot = stamp.dot();
            let leader = self.history.actors.get(dot.actor.0 as usize).cloned().unwrap_or_default();
            let seen = match past.get(dot.actor) {
                0 => "none".to_owned(),
                count => format!("those up to {count}"),
            };
            self.words
                .text(format!(" Of the updates of {leader}, "))
                .node(write.client)
                .text(format!("'s is number {}; ", dot.count));
            self.words.text("when ").node(of_other.client).text(format!("'s was written, {seen} had been seen."));
        }
        Some(())
    }

    fn lost_update(&mut self, lost: OpId, by: OpId) -> Option<()> {
        let (lost, by) = (self.op(lost)?, self.op(by)?);
        self.taken(lost)?;
        if self.history.happened_before(by, lost) {
            self.words.text(" It came after ");
            self.named(by);
            self.words.text(", which its leader had applied, and was dropped in favour of it all the same.");
        } else {
            self.words.text(" Its client had seen the key before, and built on that. ");
            self.taken(by)?;
            self.words.text(" This one had not seen the first, and the first was dropped in its favour.");
        }
        self.words.text(" Nobody was told.");
        Some(())
    }

    fn resurrected(&mut self, delete: OpId, shown: OpId, node: NodeId) -> Option<()> {
        let (delete, shown) = (self.op(delete)?, self.op(shown)?);
        self.taken(delete)?;
        self.words.text(" ").node(node).text(" has applied it");
        if delete.kind == Kind::Write(Value::Nothing) {
            self.words.text(", and shows the older ");
            self.named(shown);
            self.words.text(" again, because it kept nothing by which it could tell that this is older than the deletion.");
        } else {
            self.words.text(", and what it took out is there again, by ");
            self.named(shown);
            self.words.text(", because a union of sets cannot tell an element that was kept from one that was added.");
        }
        Some(())
    }

    fn goes_round(&mut self, write: OpId, node: NodeId, finding: &Finding) -> Option<()> {
        let write = self.op(write)?;
        self.taken(write)?;
        self.words.text(" At ").time(finding.at).text(" its update came back to ").node(node);
        self.words.text(
            ", which had applied it before, and it was applied and passed on once more, because nobody looked at the nodes ",
        );
        self.words.text("that it had passed. Nothing ends that.");
        Some(())
    }

    fn duplicate(&mut self, earlier: OpId, later: OpId, row: KeyId) -> Option<()> {
        let (earlier, later) = (self.op(earlier)?, self.op(later)?);
        for (write, also) in [(earlier, ""), (later, " too")] {
            let leader = write.end?.replica?;
            self.words.node(leader).text(" gave ").node(write.client).text("'s ").op(write.id, "new row").text(" the number of ");
            self.words.key(row).text(format!("{also}. "));
        }
        self.words.text("That is because each counted the rows that it had itself.");
        Some(())
    }

    fn constraint(&mut self, first: OpId, second: OpId) -> Option<()> {
        let (first, second) = (self.op(first)?, self.op(second)?);
        self.taken(first)?;
        self.words.text(" ");
        self.taken(second)?;
        let rule = match second.demand {
            Demand::Absent => "nothing is there".to_owned(),
            Demand::Equals(value) => format!("{} is there", quoted(self.plan, value)),
            Demand::AtLeast(floor) => format!("the sum comes to no less than {floor}"),
            Demand::Present | Demand::Nothing => "something is there".to_owned(),
        };
        self.words
            .text(format!(" Each was taken because its leader found that {rule}, and neither leader had the other write: "));
        self.words.text("of both together the condition does not hold.");
        Some(())
    }

    fn unlike(&mut self, unlike: Unlike, how: &str) -> Option<()> {
        let Unlike { leader, follower, key, .. } = unlike;
        self.words.node(leader).text(" and ").node(follower).text(how).key(key).text(".");
        Some(())
    }
}
