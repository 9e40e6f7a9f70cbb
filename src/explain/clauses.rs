//! What a node did in one step, clause by clause: notes of the node, messages it sent, operations it started and ended.

use std::ops::Range;

use super::index::Index;
use super::words::{addressees, length, list, loss_words, quoted, reason_words, siblings, span, span_lsn};
use crate::family;
use crate::family::single_leader::Intervention;
use crate::family::single_leader::{Fact, Label};
use crate::history::Op;
use crate::log::OpId;
use crate::lsn::Lsn;
use crate::network::NodeId;
use crate::operation::Outcome;
use crate::run::Run;
use crate::scenario::Action;
use crate::trace::{MsgId, Sent, What};

/// The story of one step, in the making.
pub(super) struct Step<'a> {
    pub(super) run: &'a Run,
    pub(super) index: &'a Index,
    range: Range<usize>,
    /// Who does it all.
    pub(super) node: Option<NodeId>,
    pub(super) clauses: Vec<String>,
    /// The message that the step began with.
    pub(super) cause: Option<Sent>,
    /// The last entry that was put into the log, received or acknowledged in this step.
    pub(super) fresh: Option<Lsn>,
    /// Whether more than that one entry may have been concerned.
    several: bool,
}

/// How many discarded entries are told one by one.
const DISCARDED_MAX: usize = 4;

impl<'a> Step<'a> {
    pub(super) fn new(run: &'a Run, index: &'a Index, range: Range<usize>) -> Step<'a> {
        Step { run, index, range, node: None, clauses: Vec::new(), cause: None, fresh: None, several: false }
    }

    pub(super) fn name(&self, id: NodeId) -> &'a str {
        self.run.plan.name(id)
    }

    pub(super) fn whats(&self) -> impl Iterator<Item = What> + use<'a> {
        self.run.trace.records[self.range.clone()].iter().map(|r| r.what())
    }

    pub(super) fn add(&mut self, clause: impl Into<String>) {
        self.clauses.push(clause.into());
    }

    pub(super) fn op(&self, id: OpId) -> Option<&'a Op> {
        self.run.trace.ops.get(id.index())
    }

    /// Whether an operation starts in this step.
    pub(super) fn begins_operation(&self) -> bool {
        self.whats().any(|what| matches!(what, What::Started(_)))
    }

    /// Whether the event of the script had no effect.
    pub(super) fn is_alone(&self) -> bool {
        self.range.len() == 1
    }

    /// The clause, if the event of the script had no effect; else nothing.
    pub(super) fn if_alone(&self, clause: &str) -> String {
        if self.is_alone() { clause.to_owned() } else { String::new() }
    }

    /// A step that is the end of a message's way.
    pub(super) fn on_its_own(&mut self, msg: MsgId, what: &str) {
        let Some((.., sent)) = self.index.message(self.run, msg) else { return };
        let message = self.message(sent);
        self.add(format!("{message} was {what}"));
    }

    /// What the entry of this number says, in the log that the node has at this moment.
    fn entry(&self, node: NodeId, lsn: Lsn) -> Option<String> {
        let at = self.index.position_before(node, lsn, self.range.end)?;
        let op = self.index.entry(self.index.group(node)?, at, self.range.end - 1)?;
        self.op(op).map(|op| self.assignment(op))
    }

    /// Begins the story of a step in which a message arrives; says whether the arrival alone is worth no mention.
    pub(super) fn arrived(&mut self, msg: MsgId) -> bool {
        let Some((.., sent)) = self.index.message(self.run, msg) else { return false };
        self.node = Some(sent.dst);
        self.cause = Some(sent);
        let from = self.name(sent.src);
        let ended = self.whats().any(|what| matches!(what, What::Completed(_)));
        let alone = self.range.len() == 1;
        let label = match sent.label {
            family::Label::SingleLeader(label) => label,
            family::Label::MultiLeader(_, label) => return self.arrived_of_leaders(sent, label),
            family::Label::Leaderless(_, label) => return self.arrived_of_ring(sent, label),
        };
        match label {
            Label::Ack(to) => {
                self.add(format!("heard that {from} has entry {to}"));
                return true;
            }
            Label::Noted => {
                self.add(format!("heard that {from} knows it leads"));
                return true;
            }
            Label::Append(first, last) if first > last => {
                self.add(format!("heard that {from} serves it"));
                return true;
            }
            Label::Append(first, last) => {
                self.appended(first, last);
                return false;
            }
            Label::Behind(_) => self.add(format!("heard from {from} that it is behind")),
            Label::Announce(epoch) => self.add(format!("heard from {from} that it leads epoch {epoch}")),
            Label::Subscribe(last) => self.add(format!("heard that {from} wants what comes after entry {last}")),
            Label::Fenced(epoch) => self.add(format!("heard from {from} that epoch {epoch} has begun")),
            Label::Heartbeat(_) => self.add(format!("heard that {from} is alive")),
            Label::Status(head) => self.add(format!("heard that {from} has got to entry {head}")),
            Label::HeartbeatAck(_) => self.add(format!("heard that {from} still follows it")),
            Label::Poll(epoch) => self.add(format!("heard that {from} wants a leader for epoch {epoch}")),
            Label::Vote(epoch, true) => self.add(format!("heard that {from} is ready for epoch {epoch}")),
            Label::Vote(epoch, false) => self.add(format!("heard that {from} does not agree to epoch {epoch}")),
            Label::TakeOver(epoch) => self.add(format!("heard from {from} that it is to lead epoch {epoch}")),
            Label::Fetch(part) => self.add(format!("heard that {from} wants part {} of a snapshot", part + 1)),
            Label::Part(part) if alone => self.add(format!("got part {} of a snapshot, which it does not need", part + 1)),
            Label::Part(_) => {}
            Label::Written(op) | Label::Value(op) | Label::Refused(op) if !ended => {
                self.add(format!("got {from}'s answer to its {}", self.operation(op)));
            }
            Label::Write(op) | Label::Read(op, _) if alone => {
                let client = self.op(op).map_or("?", |op| self.name(op.client));
                self.add(format!("got {client}'s {}", self.operation(op)));
            }
            Label::Written(_) | Label::Value(_) | Label::Refused(_) | Label::Write(_) | Label::Read(..) => {}
        }
        false
    }

    /// Entries arrived: what is new about them stands in the follower's own note.
    fn appended(&mut self, first: u32, last: u32) {
        let entries = span(first, last);
        let received = self.whats().any(|what| matches!(what, What::Noted(_, family::Fact::SingleLeader(Fact::Received(_)))));
        let confirmed = self.whats().find_map(|what| match what {
            What::Sent(Sent { label: family::Label::SingleLeader(Label::Ack(to)), .. }) => Some(to),
            _ => None,
        });
        match confirmed {
            _ if received => {}
            Some(to) if to >= last => self.add(format!("got {entries} again")),
            Some(to) => self.add(format!("got {entries} before entry {} and keeps it back", to + 1)),
            None => self.add(format!("got {entries}")),
        }
    }

    /// Adds a clause for everything that the node did.
    pub(super) fn effects(&mut self) {
        let mut place = self.range.start;
        while place < self.range.end {
            let what = self.run.trace.records[place].what();
            place += 1;
            match what {
                What::Started(op) => self.node = self.op(op).map(|op| op.client),
                What::Completed(op) => self.completed(op),
                What::Noted(node, family::Fact::MultiLeader(_, fact)) => {
                    self.node = Some(node);
                    self.noted_of_leaders(fact);
                }
                What::Noted(node, family::Fact::Leaderless(_, fact)) => {
                    self.node = Some(node);
                    self.noted_of_ring(fact);
                }
                What::Noted(node, family::Fact::SingleLeader(fact)) => {
                    self.node = Some(node);
                    self.noted(node, fact);
                }
                What::Sent(sent) => {
                    self.node = self.node.or(Some(sent.src));
                    place = self.sent(place - 1);
                }
                What::Crashed(node, kept, last) => {
                    self.node = Some(node);
                    if self.by_operator() {
                        continue;
                    }
                    let lost = (last > kept).then(|| format!(" and lost {}, not yet flushed", span_lsn(kept.next(), last)));
                    self.add(format!("crashed{}", lost.unwrap_or_default()));
                }
                What::Restarted(node) => {
                    self.node = Some(node);
                    if !self.by_operator() {
                        self.add("restarted");
                    }
                }
                What::Released(msg, _) => {
                    if let Some((.., sent)) = self.index.message(self.run, msg) {
                        self.add(format!("{} went on", self.message(sent)));
                    }
                }
                // What a step begins with is told already; a loss behind it is that of a message that was held.
                What::Lost(msg, loss) if place > self.range.start + 1 => self.on_its_own(msg, loss_words(loss)),
                What::Action(_) | What::Arrived(_) | What::Lost(..) | What::Held(_) => {}
            }
        }
    }

    /// Whether the step is somebody's joining or upgrade, which says that a replica stopped and started.
    fn by_operator(&self) -> bool {
        let What::Action(n) = self.run.trace.records[self.range.start].what() else { return false };
        matches!(self.index.action_of(self.run, n), Some(Action::Join(_) | Action::SingleLeader(_, Intervention::Upgrade)))
    }

    fn completed(&mut self, id: OpId) {
        let Some((op, end)) = self.op(id).and_then(|op| Some((op, op.end?))) else { return };
        self.node = Some(op.client);
        let took = length(end.at.since(op.invoked));
        let what = self.operation(id);
        let clause = match end.outcome {
            Outcome::Written { at } => format!("had its {what} acknowledged as entry {} after {took}", at.lsn),
            Outcome::Value { found, applied } => {
                let value = found.map_or_else(|| "none".to_owned(), |v| quoted(&self.run.plan, v.value));
                let at = end.replica.map_or("?", |id| self.name(id));
                format!("read {} = {value} at {at} (applied LSN {}) after {took}", self.run.plan.key_name(op.key), applied.lsn)
            }
            Outcome::Stamped { .. } => format!("had its {what} acknowledged after {took}"),
            Outcome::Siblings { found, .. } => {
                let at = end.replica.map_or("?", |id| self.name(id));
                let found = siblings(&self.run.plan, op.key, self.run.trace.versions.get(found), &self.run.actors);
                format!("read {found} at {at} after {took}")
            }
            Outcome::Rejected(reason) => format!("had its {what} refused after {took}: {}", reason_words(reason)),
            Outcome::Indeterminate(reason) => {
                format!("does not know the outcome of its {what} after {took}: {}", reason_words(reason))
            }
        };
        self.add(clause);
    }

    fn noted(&mut self, node: NodeId, fact: Fact) {
        let content = |step: &Self, lsn| step.entry(node, lsn).map(|text| format!(" ({text})")).unwrap_or_default();
        let clause = match fact {
            Fact::Appended(lsn) => {
                self.fresh = Some(lsn);
                format!("put entry {lsn}{} into its log", content(self, lsn))
            }
            Fact::Received(lsn) => {
                self.fresh = Some(lsn);
                let first = match self.cause.and_then(|sent| sent.label.single_leader()) {
                    Some(Label::Append(first, _)) => Lsn(u64::from(first)).min(lsn),
                    _ => lsn,
                };
                self.several = first < lsn;
                format!("received {}", span_lsn(first, lsn))
            }
            // A disk that takes no time is not worth a word.
            Fact::Flushed(lsn) if self.fresh == Some(lsn) => return,
            Fact::Flushed(lsn) => {
                self.fresh = Some(lsn);
                self.several = true;
                format!("flushed everything up to entry {lsn}")
            }
            Fact::Applied(lsn) if self.acknowledged_now(lsn) => return,
            Fact::Applied(lsn) if self.several => format!("applied everything up to entry {lsn}{}", content(self, lsn)),
            Fact::Applied(lsn) => format!("applied {}{}", self.it(lsn), content(self, lsn)),
            Fact::Acknowledged(lsn) => {
                if self
                    .whats()
                    .any(|what| matches!(what, What::Sent(Sent { label: family::Label::SingleLeader(Label::Written(_)), .. })))
                {
                    return;
                }
                format!("counts everything up to entry {lsn} as acknowledged")
            }
            Fact::Truncated(kept, last) => {
                format!("discarded {}{}", span_lsn(kept.next(), last), self.discarded(node, kept, last))
            }
            Fact::Promoted(epoch, start) => format!("began epoch {epoch} at entry {start}"),
            Fact::Follows(epoch) => format!("joined epoch {epoch}"),
            Fact::FellBackToAsync => "no longer waits for its synchronous followers".to_owned(),
            Fact::BackToSync => "waits for its synchronous followers again".to_owned(),
            Fact::PromotedToSync(other) => format!("lets {} take the place of a silent synchronous follower", self.name(other)),
            Fact::Parked(op) => format!("keeps the {} back until it has applied enough", self.operation(op)),
            Fact::RefusedEpoch(epoch) => format!("refused a message of epoch {epoch}"),
            // Deposed, and not told by whom.
            Fact::Suspects(leader) if leader == node => "has heard of no leader for too long".to_owned(),
            Fact::Suspects(leader) => format!("has heard nothing of {} for too long, and suspects it", self.name(leader)),
            Fact::Polls(epoch) => format!("asks the others about a leader for epoch {epoch}"),
            // The statement's own entry, and the finding, say it.
            Fact::Wrote(..) | Fact::Checksum(..) => return,
            Fact::RefusedVersion(version) => format!("cannot read the bytes of storage version {version}, and refused them"),
            Fact::Upgraded(version) => {
                let ran = self.whats().any(|what| matches!(what, What::Crashed(..)));
                format!("{} with storage version {version}", if ran { "was stopped, and started" } else { "was started" })
            }
            Fact::Altered(columns) => format!("has {columns} added columns now"),
            Fact::LacksColumn(lsn) => format!("lacks the column that entry {lsn} names, and applies nothing any more"),
            Fact::Copied(part, parts) => format!("copies part {part} of {parts} of a snapshot"),
            Fact::Restored(lsn) => format!("put the snapshot in place, which has everything up to entry {lsn}"),
            Fact::CaughtUp(other) => format!("found that {} has caught up", self.name(other)),
            Fact::LeftOut(other) => format!("leaves {} out from now on", self.name(other)),
            Fact::TakenBack(other) => format!("asks {} again", self.name(other)),
            Fact::TooFewReached(epoch, reached) => format!("reached only {reached}, itself included: nobody leads epoch {epoch}"),
        };
        self.add(clause);
    }

    /// What stood in the entries that a replica gives up; the first few of many.
    fn discarded(&self, node: NodeId, kept: Lsn, last: Lsn) -> String {
        let count = last.0.saturating_sub(kept.0);
        let said = |lsn| {
            let at = self.index.position_before(node, Lsn(lsn), self.range.start)?;
            let op = self.index.entry(self.index.group(node)?, at, self.range.start)?;
            self.op(op).map(|op| self.assignment(op))
        };
        let mut texts: Vec<String> = (kept.0 + 1..=last.0).take(DISCARDED_MAX).filter_map(said).collect();
        if texts.is_empty() {
            return String::new();
        }
        let more = count.saturating_sub(DISCARDED_MAX as u64);
        if more > 0 {
            texts.push(format!("{more} more"));
        }
        format!(" ({})", list(&texts))
    }

    /// "it" for the entry that was spoken of last, else "entry 2".
    pub(super) fn it(&self, lsn: Lsn) -> String {
        if self.fresh == Some(lsn) && !self.several { "it".to_owned() } else { format!("entry {lsn}") }
    }

    /// A leader shows what it acknowledges: one clause says both.
    fn acknowledged_now(&self, lsn: Lsn) -> bool {
        self.whats().any(|what| matches!(what, What::Noted(_, family::Fact::SingleLeader(Fact::Acknowledged(to))) if to == lsn))
    }

    /// One clause for a message, and for those right behind it that say the same to others. Returns where to go on.
    fn sent(&mut self, place: usize) -> usize {
        let records = &self.run.trace.records;
        let What::Sent(first) = records[place].what() else { return place + 1 };
        let mut receivers: Vec<(String, Option<&str>)> = Vec::new();
        let mut next = place;
        while next < self.range.end {
            let What::Sent(sent) = records[next].what() else { break };
            if sent.label != first.label {
                break;
            }
            next += 1;
            let fate = match records.get(next).map(|r| r.what()).filter(|_| next < self.range.end) {
                Some(What::Lost(msg, loss)) if msg == sent.msg => Some(loss_words(loss)),
                Some(What::Held(msg)) if msg == sent.msg => Some("held"),
                _ => None,
            };
            next += usize::from(fate.is_some());
            receivers.push((self.name(sent.dst).to_owned(), fate));
        }
        let clause = self.sending(first, place, &addressees(&receivers));
        self.add(clause);
        next
    }
}
