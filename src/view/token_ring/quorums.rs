//! The two quorums of the key that is looked at: who acknowledged its last write, who answered the read after it, and who did both.
//!
//! Gifford 1979: if R + W > N the two have a replica in common, and the read sees the write. A stand-in of a sloppy quorum counts for W and shows
//! a reader nothing, so that it joins nothing (Dynamo, section 4.6). A coordinator notes each answer that it counts; whose answer it was is told
//! by the message that came in the same step.

use crate::family::Fact as AnyFact;
use crate::family::Label as AnyLabel;
use crate::family::leaderless::{Coordination, Fact, Label};
use crate::history::Op;
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::operation::{Outcome, Reason};
use crate::run::Run;
use crate::scenario::RingPlan;
use crate::time::SimTime;
use crate::trace::{MsgId, What};

/// An answer that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose it was.
    pub node: NodeId,
    /// For whom it keeps a hint, if it stands in.
    pub owner: Option<NodeId>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its client waits.
    Open,
    /// Enough have answered, and the client knows.
    Met,
    /// Too few have answered, or the client waited too long.
    Failed,
    /// It was not even begun: too few replicas were believed to be up.
    Refused,
}

/// The answers to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The operation.
    pub op: OpId,
    /// Its client.
    pub client: NodeId,
    /// The answers that were counted, in the order in which they came.
    pub counted: Vec<Counted>,
    /// How many answers that are needed are there.
    pub got: u16,
    /// How many are needed.
    pub needed: u16,
    /// How the request stands.
    pub ended: Ended,
}

/// The quorums of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quorums {
    /// Its last write.
    pub write: Option<Quorum>,
    /// The last read that began after that.
    pub read: Option<Quorum>,
    /// Who acknowledged the write as a replica and answered to the read.
    pub shared: Vec<NodeId>,
}

impl Quorum {
    /// Whether somebody's answer was counted.
    #[must_use]
    pub fn has(&self, node: NodeId) -> Option<Counted> {
        self.counted.iter().copied().find(|counted| counted.node == node)
    }
}

/// The quorums of a key at a moment.
pub(super) fn quorums(run: &Run, plan: &RingPlan, now: SimTime, key: KeyId) -> Quorums {
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let of_key = || run.trace.ops[..begun].iter().rev().filter(|op| op.key == key);
    let write = of_key().find(|op| op.is_write());
    let since = write.map_or(SimTime::ZERO, |write| write.invoked);
    let read = of_key().find(|op| !op.is_write() && op.invoked >= since);
    let quorum = |op: &Op| quorum(run, plan, now, op);
    let (write, read) = (write.map(quorum), read.map(quorum));
    let mut shared = Vec::new();
    if let (Some(write), Some(read)) = (&write, &read) {
        let both = write.counted.iter().filter(|one| one.owner.is_none() && read.has(one.node).is_some());
        shared.extend(both.map(|one| one.node));
    }
    Quorums { write, read, shared }
}

/// What the record tells of one request up to a moment.
fn quorum(run: &Run, plan: &RingPlan, now: SimTime, op: &Op) -> Quorum {
    let end = op.end.filter(|end| end.at <= now);
    let ended = match end.map(|end| end.outcome) {
        None => Ended::Open,
        Some(Outcome::Written { .. } | Outcome::Stamped { .. } | Outcome::Value { .. } | Outcome::Siblings { .. }) => Ended::Met,
        Some(Outcome::Rejected(Reason::TooFewReplicas)) => Ended::Refused,
        Some(Outcome::Rejected(_) | Outcome::Indeterminate(_)) => Ended::Failed,
    };
    let until = end.map_or(now, |end| end.at);
    let needed = if op.is_write() { plan.settings.writes } else { plan.settings.reads };
    let hosted = plan.settings.coordination == Coordination::Client;
    let by = end.and_then(|end| end.replica).filter(|_| !hosted);
    let tally = Counting { run, op, tallies: Vec::new(), sent: Vec::new(), hinted: Vec::new() }.walk(until, by);
    let (counted, counts) =
        tally.map_or((Vec::new(), (0, needed)), |tally| (tally.counted, (usize::from(tally.got), usize::from(tally.needed))));
    let small = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    Quorum { op: op.id, client: op.client, counted, got: small(counts.0), needed: small(counts.1), ended }
}

/// What one coordinator has counted.
#[derive(Clone, Debug)]
struct Tally {
    coordinator: NodeId,
    counted: Vec<Counted>,
    got: u16,
    needed: u16,
}

/// A walk over the record of one request.
struct Counting<'a> {
    run: &'a Run,
    op: &'a Op,
    /// What each coordinator has counted: a client whose coordinator is silent turns to another one.
    tallies: Vec<Tally>,
    /// The answers that are on their way: message, sender, and whether it tells what is held.
    sent: Vec<(MsgId, NodeId, bool)>,
    /// Who keeps a hint of it, and for whom.
    hinted: Vec<(NodeId, NodeId)>,
}

impl Counting<'_> {
    /// What was counted up to a moment by this coordinator, or by the last.
    fn walk(mut self, until: SimTime, by: Option<NodeId>) -> Option<Tally> {
        let trace = &self.run.trace;
        let place = trace.records.partition_point(|record| record.at < self.op.invoked);
        let mut step = trace.steps.partition_point(|start| (*start as usize) < place);
        // Whose answer came in this step; none, if it has been counted or none came.
        let mut came: Option<(NodeId, bool)> = None;
        for (index, record) in trace.records.iter().enumerate().skip(place) {
            if record.at > until {
                break;
            }
            if trace.steps.get(step).is_some_and(|start| *start as usize <= index) {
                step += 1;
                came = None;
            }
            match record.what() {
                What::Sent(sent) => self.note_answer(sent.msg, sent.src, sent.label),
                What::Arrived(msg) => came = self.sent.iter().find(|(id, ..)| *id == msg).map(|(_, src, found)| (*src, *found)),
                What::Noted(node, AnyFact::Leaderless(_, fact)) => self.note_fact(node, fact, &mut came),
                What::Action(_)
                | What::Started(_)
                | What::Completed(_)
                | What::Lost(..)
                | What::Held(_)
                | What::Released(..)
                | What::Noted(..)
                | What::Crashed(..)
                | What::Restarted(_) => {}
            }
        }
        let place = self.tallies.iter().position(|tally| Some(tally.coordinator) == by);
        place.map(|place| self.tallies.remove(place)).or(self.tallies.pop())
    }

    fn note_answer(&mut self, msg: MsgId, src: NodeId, label: AnyLabel) {
        let found = match label {
            AnyLabel::Leaderless(_, Label::Found(op, _)) if op == self.op.id => true,
            AnyLabel::Leaderless(_, Label::Stored(op)) if op == self.op.id => false,
            _ => return,
        };
        self.sent.push((msg, src, found));
    }

    fn note_fact(&mut self, node: NodeId, fact: Fact, came: &mut Option<(NodeId, bool)>) {
        match fact {
            Fact::Hinted(op, owner) if op == self.op.id => self.hinted.push((node, owner)),
            Fact::Counted(op, got, needed) if op == self.op.id => self.count(node, (got, needed), came.take()),
            _ => {}
        }
    }

    /// A coordinator counts an answer: that which came in this step, or its own.
    fn count(&mut self, node: NodeId, (got, needed): (u16, u16), came: Option<(NodeId, bool)>) {
        let known = self.tallies.iter().position(|tally| tally.coordinator == node);
        let place = known.unwrap_or_else(|| {
            self.tallies.push(Tally { coordinator: node, counted: Vec::new(), got: 0, needed });
            self.tallies.len() - 1
        });
        let tally = &mut self.tallies[place];
        let (by, found) = came.unwrap_or((node, tally.counted.is_empty()));
        if !found && !self.op.is_write() {
            // What a read counts while it writes back is no answer to the read.
            return;
        }
        if got < tally.got {
            // The client has come back to this coordinator, which begins anew.
            tally.counted.clear();
            tally.got = 0;
        }
        // An answer from a region that is not asked for changes no number.
        if got > tally.got && !tally.counted.iter().any(|one| one.node == by) {
            let owner = self.hinted.iter().find(|(holder, _)| *holder == by).map(|(_, owner)| *owner);
            tally.counted.push(Counted { node: by, owner });
        }
        (tally.got, tally.needed) = (got, needed);
    }
}
