//! The sentences of findings about replicated data: false values, updates that count twice, merges that break a law.
//!
//! What a type does is said where it is why: a maximum of numbers does not know who counted, a clock does not know what came after what.

use super::concurrent::Teller;
use super::words::quoted;
use crate::family::multi_leader::{DataType, Law, MergeRule, Policy, Replicated, Sends};
use crate::history::Op;
use crate::log::{OpId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::time::SimTime;

impl Teller<'_> {
    /// What replicated data an update is about, and how it is replicated.
    fn replicated(&self, op: &Op) -> Option<Replicated> {
        match self.plan.policy(op.key)? {
            Policy::Replicated(replicated) => Some(replicated),
            _ => None,
        }
    }

    /// "lima shows stock = 1; its updates come to 2, by increment(1) (oslo:1) and increment(1) (lima:1)."
    pub(super) fn false_value(&mut self, (update, other): (OpId, OpId), node: NodeId, shown: Value, meant: Value) -> Option<()> {
        let (update, other) = (self.op(update)?, self.op(other)?);
        let replicated = self.replicated(update)?;
        self.words.node(node).text(" shows ").key(update.key).text(format!(" = {}. ", quoted(self.plan, shown)));
        self.words.text("It has ");
        if other.id != update.id {
            self.named(other);
            self.words.text(" and ");
        }
        self.named(update);
        self.words.text(format!(", and what it has comes to {}", quoted(self.plan, meant)));
        self.words.text(if replicated.data_type.counts() {
            ". That is because "
        } else {
            ", in whatever order causality allows. That is because "
        });
        self.words.text(reason(replicated));
        Some(())
    }

    pub(super) fn applied_twice(&mut self, update: OpId, node: NodeId, at: SimTime) -> Option<()> {
        let update = self.op(update)?;
        let replicated = self.replicated(update)?;
        self.words.text("At ").time(at).text(" the network brought the update of ");
        self.named(update);
        self.words.text(" to ").node(node).text(" again, and it was applied again. That counts because ");
        self.words.text(match replicated.sends {
            Sends::Operations => "an operation has to come exactly once: each time it comes it has its effect.",
            Sends::States | Sends::Deltas => {
                "the merge of this type is not idempotent, so that a state that comes twice counts twice."
            }
        });
        Some(())
    }

    pub(super) fn broken_law(&mut self, update: OpId, node: NodeId, law: Law, at: SimTime) -> Option<()> {
        let update = self.op(update)?;
        self.words.text("At ").time(at).text(" ").node(node).text(" merged the state that came with ");
        self.named(update);
        self.words.text(" into its own. That is wrong because ");
        self.words.text(match law {
            Law::Commutative => "merged the other way round the two come to something else: the merge is not commutative, so that replicas depend on which of them hears first.",
            Law::Associative => "grouped otherwise with the state that had come before, the three come to something else: the merge is not associative, so that replicas depend on the ways that updates take.",
            Law::Idempotent => "merged with itself one of them comes to something else: the merge is not idempotent, so that replicas depend on how often they hear the same.",
        });
        Some(())
    }

    /// Why what was removed is there: of an element of replicated data.
    pub(super) fn back_in_set(&mut self, delete: OpId, shown: OpId, node: NodeId) -> Option<()> {
        let (delete, shown) = (self.op(delete)?, self.op(shown)?);
        let replicated = self.replicated(delete)?;
        self.named(delete);
        self.words.text(" was acknowledged, and ").node(node).text(" has it. Yet what it removed is there, by ");
        self.named(shown);
        self.words.text(match replicated.sends {
            Sends::Operations => ", which came after the removal: operations of this type have to come in causal order, for the removal could remove nothing that was not there.",
            Sends::States | Sends::Deltas => ", because nothing was left by which it could be known that it had been removed: the tombstone was forgotten before all replicas knew.",
        });
        Some(())
    }

    /// Whether an operation is a call of a method.
    pub(super) fn is_call(&self, op: OpId) -> bool {
        self.op(op).is_some_and(|op| matches!(op.kind, Kind::Write(Value::Method(_))))
    }
}

/// Why a type shows something else than its updates mean.
fn reason(replicated: Replicated) -> &'static str {
    let Replicated { data_type, sends, merge, .. } = replicated;
    match data_type {
        DataType::Number => match merge {
            MergeRule::Maximum => {
                "a merge that keeps the larger of two numbers cannot tell one increment from two that happened at once."
            }
            MergeRule::Overwrite => "a merge that keeps what came last drops what was counted here.",
            MergeRule::Sum => "a merge that adds counts what both sides had already heard of once more.",
            MergeRule::Mean => "a merge that takes the mean keeps neither side's count.",
        },
        DataType::GCounter | DataType::PnCounter if sends == Sends::Operations => {
            "operations count each time they come: one came twice, or not at all."
        }
        DataType::GCounter | DataType::PnCounter | DataType::BoundedCounter => "its state has lost what some replica counted.",
        DataType::TwoPhaseSet => {
            "in a two-phase set nothing comes back that was ever removed: it remembers the removal, and not what came later."
        }
        DataType::PnSet => {
            "this set counts additions and removals, and concurrent ones all count: an element is there as long as its count is above zero."
        }
        DataType::LwwElementSet | DataType::LwwRegister => {
            "times decide, and the clock of the later update was behind that of the earlier one."
        }
        DataType::TwoPhaseGraph => "what was ever removed from this graph does not come back.",
        DataType::PlainText => "indices mean something else at a replica whose text has changed meanwhile.",
        DataType::MvRegister
        | DataType::GSet
        | DataType::OrSet
        | DataType::OrSetOptimised
        | DataType::Rga
        | DataType::OrMapOfCounters
        | DataType::OrMapOfSets => "an operation had no effect here, because what it builds on had not come.",
    }
}
