//! What a node of a group with several leaders did in one step, clause by clause: the words for its messages and notes.

use super::clauses::Step;
use super::words::siblings;
use crate::family::multi_leader::{Fact, Label};
use crate::log::OpId;
use crate::operation::Outcome;
use crate::plural::plural;
use crate::trace::{Sent, What};

impl Step<'_> {
    /// "update of MSS-23/state = 'active'".
    fn update(&self, op: OpId) -> String {
        self.op(op).map_or_else(|| "update".to_owned(), |op| format!("update of {}", self.assignment(op)))
    }

    /// A message between leaders, or between one and a client, by what it says.
    pub(super) fn message_of_leaders(&self, label: Label) -> String {
        match label {
            Label::Write(op) | Label::Read(op, _) => self.operation(op),
            Label::Written(op) | Label::Shown(op, _) | Label::Behind(op) | Label::Refused(op) => {
                format!("the answer to the {}", self.operation(op))
            }
            Label::Updates(op, 1) => format!("the {}", self.update(op)),
            Label::Updates(_, count) => plural(u64::from(count), "update"),
            Label::Ack(_) => "the confirmation of updates".to_owned(),
            Label::Home(_) => "the word of a new home".to_owned(),
            Label::Noted => "the answer to the word of a new home".to_owned(),
        }
    }

    /// What a node sent, said of the node.
    pub(super) fn sending_of_leaders(&self, label: Label, place: usize, to: &str) -> String {
        match label {
            Label::Write(op) => format!("sent its {} to {to}", self.operation(op)),
            Label::Read(op, with_token) => {
                let token = if with_token { " with the token of its session" } else { "" };
                format!("sent its {} to {to}{token}", self.operation(op))
            }
            Label::Written(op) => format!("acknowledged the {} to {to}", self.operation(op)),
            Label::Shown(op, _) => self.shown(op, to, place),
            Label::Behind(op) => format!("told {to} that it has not applied enough for the {}", self.operation(op)),
            Label::Refused(op) => format!("refused the {} to {to}", self.operation(op)),
            Label::Updates(op, 1) => format!("passed the {} on to {to}", self.update(op)),
            Label::Updates(_, count) => format!("passed {} on to {to}", plural(u64::from(count), "update")),
            Label::Ack(upto) => format!("confirmed entry {upto} of its log to {to}"),
            Label::Home(_) => format!("told {to} that it is the home of the keys"),
            Label::Noted => format!("told {to} that it knows"),
        }
    }

    /// An answer with what was found.
    fn shown(&self, op: OpId, to: &str, place: usize) -> String {
        let at = self.run.trace.records.get(place).map(|record| record.at);
        let ended = self.op(op).and_then(|op| Some((op, op.end?))).filter(|(_, end)| at.is_none_or(|at| at <= end.at));
        match ended {
            Some((op, end)) => match end.outcome {
                Outcome::Siblings { found, .. } => {
                    let found = self.run.trace.versions.get(found);
                    format!("answered {to}: {}", siblings(&self.run.plan, op.key, found, &self.run.plan.nodes))
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
    pub(super) fn arrived_of_leaders(&mut self, sent: Sent, label: Label) -> bool {
        let from = self.name(sent.src);
        let ended = self.whats().any(|what| matches!(what, What::Completed(_)));
        match label {
            Label::Ack(_) | Label::Noted => {
                self.add(format!("heard that {from} knows"));
                return true;
            }
            Label::Updates(op, 1) if self.takes_nothing() => self.add(format!("got the {} again", self.update(op))),
            Label::Updates(..) => {}
            Label::Behind(_) => self.add(format!("heard from {from} that it is behind")),
            Label::Home(_) => self.add(format!("heard from {from} that it is the home of the keys")),
            Label::Written(op) | Label::Shown(op, _) | Label::Refused(op) if !ended => {
                self.add(format!("got {from}'s answer to its {}", self.operation(op)));
            }
            Label::Write(op) | Label::Read(op, _) if self.is_alone() => {
                let client = self.op(op).map_or("?", |op| self.name(op.client));
                self.add(format!("got {client}'s {}", self.operation(op)));
            }
            Label::Written(_) | Label::Shown(..) | Label::Refused(_) | Label::Write(_) | Label::Read(..) => {}
        }
        false
    }

    /// Whether the node noted nothing in this step.
    fn takes_nothing(&self) -> bool {
        !self.whats().any(|what| matches!(what, What::Noted(..)))
    }

    /// A node's note.
    pub(super) fn noted_of_leaders(&mut self, fact: Fact) {
        let clause = match fact {
            Fact::Took(op, entry) => {
                let what = self.op(op).map_or_else(|| "a write".to_owned(), |op| self.assignment(op));
                format!("took {what} as entry {entry} of its log")
            }
            Fact::Applied(op, _) => format!("applied the {}", self.update(op)),
            Fact::Buffered(op) => format!("keeps the {} back until what it depends on is there", self.update(op)),
            Fact::Conflict(op, other) => {
                format!("found that the {} and the {} had not seen each other", self.update(op), self.update(other))
            }
            Fact::Dropped(op, by) => format!("dropped the {} in favour of the {}", self.update(op), self.update(by)),
            Fact::RowMissing(op) => format!("changed nothing by the {}: the row is not there", self.update(op)),
            Fact::Again(op) => format!("applies the {} once more", self.update(op)),
            Fact::Joined(_) => "writes both versions one behind the other, its own first".to_owned(),
            Fact::LeftBeside(op) => {
                format!("leaves the {} beside what it has: it has joined as often as it ever does", self.update(op))
            }
            Fact::Rebased(op) => format!("puts the {} behind all that it has", self.update(op)),
            Fact::Wrote(_, row) => format!("gave the new row the name {}", self.run.plan.key_name(row)),
            Fact::Parked(op) => format!("keeps the {} back until it has applied enough", self.operation(op)),
            Fact::Connected(other) => format!("passes updates on to {} from now on", self.name(other)),
            Fact::IsHome(_) => "is the home of the keys from now on".to_owned(),
            Fact::HomeMoved(_, leader) => format!("knows that {} is the home of the keys", self.name(leader)),
            Fact::AppliedTwice(op) => format!("took the {} in a second time, which changed something", self.update(op)),
            Fact::WithoutCause(op) => {
                format!("could do nothing with the {}: what it builds on has not come", self.update(op))
            }
            Fact::LawBroken(op, law) => {
                format!("merged what came with the {}, by a merge that is not {}", self.update(op), law.name())
            }
            Fact::TurnedTo(leader) => format!("turns to {} from now on", self.name(leader)),
        };
        self.add(clause);
    }
}
