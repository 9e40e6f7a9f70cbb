//! What a node of a ring did in one step, clause by clause: the words for its messages and notes.

use super::clauses::Step;
use super::words::siblings;
use crate::family;
use crate::family::leaderless::{Fact, Label};
use crate::log::OpId;
use crate::operation::{Kind, Outcome};
use crate::plural::plural;
use crate::trace::{Sent, What};

impl Step<'_> {
    /// "version of MSS-23/state = 'active'"; the operation, if it is none that wrote.
    fn version(&self, op: OpId) -> String {
        match self.op(op) {
            Some(op) if op.kind == Kind::Write(crate::log::Value::Nothing) => {
                format!("deletion of {}", self.run.plan.key_name(op.key))
            }
            Some(op) if op.is_write() => format!("version {}", self.assignment(op)),
            Some(_) | None => "versions".to_owned(),
        }
    }

    /// The key of an operation.
    fn key_of(&self, op: OpId) -> &str {
        self.op(op).map_or("a key", |op| self.run.plan.key_name(op.key))
    }

    /// A message of a ring by what it says.
    pub(super) fn message_of_ring(&self, label: Label) -> String {
        match label {
            Label::Put(op) | Label::Get(op) => self.operation(op),
            Label::Written(op) | Label::Shown(op, _) | Label::TooFew(op) | Label::Unavailable(op) => {
                format!("the answer to the {}", self.operation(op))
            }
            Label::Store(op) => format!("the {} to be stored", self.version(op)),
            Label::StoreHint(op, owner) => format!("the {} as a hint for {}", self.version(op), self.name(owner)),
            Label::WriteBack(op) => format!("what the {} is about to show", self.operation(op)),
            Label::Repair(op) => format!("what the {} has shown", self.operation(op)),
            Label::Stored(op) => format!("the confirmation of the {}", self.operation(op)),
            Label::Fetch(op) => format!("the question for the {}", self.operation(op)),
            Label::Found(op, _) => format!("a replica's answer for the {}", self.operation(op)),
            Label::HandOff(op) => format!("the hint with the {}", self.version(op)),
            Label::HandedOff => "the confirmation of a hint".to_owned(),
            Label::Compare(count) => format!("the hashes of {}", plural(u64::from(count), "place")),
            Label::Exchange(0) => "the word that nothing is there".to_owned(),
            Label::Exchange(count) => format!("the versions of {}", plural(u64::from(count), "key")),
            Label::Gossip => "gossip".to_owned(),
        }
    }

    /// What a node sent, said of the node.
    pub(super) fn sending_of_ring(&self, label: Label, place: usize, to: &str) -> String {
        match label {
            Label::Put(op) | Label::Get(op) if self.begins_operation() => format!("sent its {} to {to}", self.operation(op)),
            Label::Put(op) | Label::Get(op) => format!("sent the {} to {to}", self.operation(op)),
            Label::Written(op) => format!("acknowledged the {} to {to}", self.operation(op)),
            Label::Shown(op, _) => self.shown_by_ring(op, to, place),
            Label::TooFew(op) => format!("told {to} that too few replicas answered to the {}", self.operation(op)),
            Label::Unavailable(op) => format!("told {to} that too few replicas are up for the {}", self.operation(op)),
            Label::Store(op) => format!("told {to} to store the {}", self.version(op)),
            Label::StoreHint(op, owner) => {
                format!("told {to} to keep the {} as a hint for {}", self.version(op), self.name(owner))
            }
            Label::WriteBack(op) => format!("told {to} to store what the {} is about to show", self.operation(op)),
            Label::Repair(op) => format!("told {to} to store what the {} has shown", self.operation(op)),
            Label::Stored(op) if self.whats().any(|what| stores(what, op)) => format!("confirmed that to {to}"),
            Label::Stored(op) => format!("confirmed to {to} that it has what the {} brought", self.operation(op)),
            Label::Fetch(op) => format!("asked {to} for the {}", self.operation(op)),
            Label::Found(op, 0) => format!("told {to} that it holds nothing of {}", self.key_of(op)),
            Label::Found(op, count) => {
                format!("told {to} of its {} of {}", plural(u64::from(count), "version"), self.key_of(op))
            }
            Label::HandOff(op) => format!("handed the {} off to {to}", self.version(op)),
            Label::HandedOff => format!("confirmed to {to} that it has the hint"),
            Label::Compare(_) => format!("told {to} {}", self.message_of_ring(label)),
            Label::Exchange(_) => format!("told {to} {}", self.message_of_ring(label)),
            Label::Gossip => format!("gossiped with {to}"),
        }
    }

    /// An answer with what was found.
    fn shown_by_ring(&self, op: OpId, to: &str, place: usize) -> String {
        let at = self.run.trace.records.get(place).map(|record| record.at);
        let ended = self.op(op).and_then(|op| Some((op, op.end?))).filter(|(_, end)| at.is_none_or(|at| at <= end.at));
        match ended {
            Some((op, end)) => match end.outcome {
                Outcome::Siblings { found, .. } => {
                    let found = self.run.trace.versions.get(found);
                    format!("answered {to}: {}", siblings(&self.run.plan, op.key, found, &self.run.actors))
                }
                Outcome::Written { .. }
                | Outcome::Value { .. }
                | Outcome::Stamped { .. }
                | Outcome::Rejected(_)
                | Outcome::Indeterminate(_) => format!("answered {to}"),
            },
            None => format!("answered the {} to {to}", self.operation(op)),
        }
    }

    /// Begins the story of a step in which a message arrives; says whether the arrival alone is worth no mention.
    pub(super) fn arrived_of_ring(&mut self, sent: Sent, label: Label) -> bool {
        let from = self.name(sent.src).to_owned();
        let ended = self.whats().any(|what| matches!(what, What::Completed(_)));
        let alone = self.is_alone();
        match label {
            Label::Stored(op) => self.add(format!("heard that {from} has what the {} brought", self.operation(op))),
            Label::Found(op, count) => {
                let what = if count == 0 { "nothing".to_owned() } else { plural(u64::from(count), "version") };
                self.add(format!("heard that {from} holds {what} of {}", self.key_of(op)));
            }
            Label::HandedOff => self.add(format!("heard that {from} has the hint")),
            Label::Gossip => {
                self.add(format!("heard from {from} who is there"));
                return true;
            }
            Label::Compare(_) if alone => self.add(format!("found no difference to {from}, or another ring")),
            Label::Exchange(_) if alone => self.add(format!("learned nothing new from {from}")),
            Label::Written(op) | Label::Shown(op, _) | Label::TooFew(op) | Label::Unavailable(op) if !ended => {
                self.add(format!("got {from}'s answer to its {}", self.operation(op)));
            }
            Label::Put(op) | Label::Get(op) if alone => {
                let client = self.op(op).map_or("a client", |op| self.name(op.client)).to_owned();
                self.add(format!("got {client}'s {} again", self.operation(op)));
            }
            Label::Repair(_) if alone => self.add(format!("was told by {from} what it holds already")),
            Label::Store(_)
            | Label::StoreHint(..)
            | Label::WriteBack(_)
            | Label::Repair(_)
            | Label::Fetch(_)
            | Label::HandOff(_)
            | Label::Compare(_)
            | Label::Exchange(_)
            | Label::Written(_)
            | Label::Shown(..)
            | Label::TooFew(_)
            | Label::Unavailable(_)
            | Label::Put(_)
            | Label::Get(_) => {}
        }
        false
    }

    /// A node's note.
    pub(super) fn noted_of_ring(&mut self, fact: Fact) {
        let of = |got: u16, needed: u16| format!("{got} of {}", plural(u64::from(needed), "answer"));
        let clause = match fact {
            Fact::Stored(op) => format!("stored the {}", self.version(op)),
            Fact::Conflict(op, other) => {
                format!("found that the {} and the {} had not seen each other", self.version(op), self.version(other))
            }
            Fact::Dropped(op, by) => format!("dropped the {} in favour of the {}", self.version(op), self.version(by)),
            Fact::Hinted(op, owner) => format!("keeps the {} as a hint for {}", self.version(op), self.name(owner)),
            Fact::HandedOff(op, owner) => format!("no longer keeps the {}: {} has it", self.version(op), self.name(owner)),
            Fact::Counted(_, got, needed) => format!("counts {}", of(got, needed)),
            Fact::TooFew(op, got, needed) => {
                format!("gave up on the {} with {}", self.operation(op), of(got, needed))
            }
            Fact::Repairs(_, node) => format!("saw that {} is behind", self.name(node)),
            Fact::Forwarded(op, node) => {
                format!("passes the {} on to {}, which holds the key", self.operation(op), self.name(node))
            }
            Fact::Compared(node, hashes) => {
                let hashes = if hashes == 1 { "1 hash".to_owned() } else { format!("{hashes} hashes") };
                format!("ended the comparison with {} after {hashes}", self.name(node))
            }
            Fact::Suspects(node) => format!("believes that {} is down", self.name(node)),
            Fact::Trusts(node) => format!("believes that {} is up again", self.name(node)),
            Fact::Joined(node) if Some(node) == self.node => "belongs to the ring from now on".to_owned(),
            Fact::Joined(node) => format!("knows that {} belongs to the ring", self.name(node)),
            Fact::Left(node) if Some(node) == self.node => "belongs to the ring no longer".to_owned(),
            Fact::Left(node) => format!("knows that {} has left the ring", self.name(node)),
            Fact::Collected(op) => format!("collected the tombstone of the {}", self.version(op)),
            Fact::Moves(op, node) => {
                format!("need not hold the {} any more: it belongs to {}", self.version(op), self.name(node))
            }
        };
        self.add(clause);
    }
}

/// Whether a node notes that it stored what an operation wrote, or keeps it as a hint.
fn stores(what: What, op: OpId) -> bool {
    let What::Noted(_, family::Fact::Leaderless(_, fact)) = what else { return false };
    matches!(fact, Fact::Stored(stored) | Fact::Hinted(stored, _) if stored == op)
}
