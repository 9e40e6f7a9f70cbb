//! What an explanation has to look up, collected in one pass over the records of a run.
//!
//! A moment is a place in the record, not a time: two things of the same microsecond still have an order.

use super::passing::Passing;
use crate::by_number::ByNumber;
use crate::family;
use crate::family::single_leader::{Fact, Label};
use crate::family::{GroupId, leaderless as rings, multi_leader as leaders};
use crate::log::OpId;
use crate::lsn::{Epoch, EpochStart, Lsn, Position, switchpoint};
use crate::network::{Loss, NodeId};
use crate::run::Run;
use crate::scenario::Action;
use crate::sorted::Map;
use crate::time::SimTime;
use crate::trace::{MsgId, Sent, What};

/// No record.
const NONE: u32 = u32::MAX;

/// What happened to one node that is not replication's daily business, by place in the record.
#[derive(Clone, Debug, Default)]
struct NodeLine {
    /// Messages with entries to this node, as they were sent.
    appends: Vec<(u32, Lsn, Lsn)>,
    /// Where in `appends` the numbers fall back: a message was sent again, or a new leader began.
    rises: Vec<u32>,
    /// Announcements to this node.
    announces: Vec<u32>,
    /// The generations it has been in.
    epochs: Vec<(u32, Epoch)>,
    /// Crashes, with the last entry kept and the last entry lost.
    crashes: Vec<(u32, Lsn, Lsn)>,
    restarts: Vec<u32>,
    /// Pauses (true) and resumptions (false).
    pauses: Vec<(u32, bool)>,
    /// When a leader stopped waiting for its synchronous followers (true) and waited again (false).
    fallbacks: Vec<(u32, bool)>,
}

/// What has become of a message by a certain moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was under way, and due then.
    UnderWay(SimTime),
    /// The network kept it, since then.
    Held(SimTime),
    /// It was lost then.
    Lost(SimTime, Loss),
    /// It arrived, at this place of the record.
    Arrived(usize),
}

/// The index of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Where each message was sent, by its number.
    sends: Vec<u32>,
    /// Where the answer was given that ended an operation, by the operation's number.
    answers: Vec<u32>,
    lines: Vec<NodeLine>,
    groups: Vec<Option<GroupId>>,
    /// What became of messages that were held: whether they still are, and where they were released, or lost.
    holds: Map<MsgId, (bool, Vec<u32>)>,
    /// Which operation an entry carries out: by epoch, from the epoch's first number on.
    entries: Map<(GroupId, Epoch), (Lsn, Vec<u32>)>,
    /// Entries whose number was handed out again in the same epoch, because the leader lost them unflushed: when, and which.
    replaced: Vec<(u32, GroupId, Position, OpId)>,
    /// Where the writes stand that were never acknowledged.
    places: ByNumber<Position>,
    /// Where each generation starts in the log of the leader of an epoch.
    histories: Map<(GroupId, Epoch), Vec<EpochStart>>,
    /// The steps at which an event of the script took effect, by its place in the scenario.
    actions: ByNumber<usize>,
    /// Where groups have several leaders.
    passing: Passing,
}

impl Index {
    /// Reads a run once.
    pub(super) fn of(run: &Run) -> Index {
        let plan = &run.plan;
        let first = vec![EpochStart { epoch: Epoch(1), start: Lsn(1) }];
        let nodes = u16::try_from(plan.nodes.len()).unwrap_or(u16::MAX);
        let mut index = Index {
            answers: vec![NONE; run.trace.ops.len()],
            lines: vec![NodeLine { epochs: vec![(0, Epoch(1))], ..NodeLine::default() }; plan.nodes.len()],
            groups: (0..nodes).map(|id| plan.group_of(NodeId(id))).collect(),
            passing: Passing::of_nodes(plan.nodes.len()),
            ..Index::default()
        };
        for (step, (_, n, _)) in plan.script.iter().enumerate() {
            *index.actions.place(*n) = Some(step);
        }
        for group in 0..u16::try_from(plan.groups.len()).unwrap_or(u16::MAX) {
            index.histories.or_insert_with((GroupId(group), Epoch(1)), || first.clone());
        }
        let mut write = None;
        for (here, record) in (0_u32..).zip(&run.trace.records) {
            match record.what() {
                What::Sent(sent) => index.sent(run, here, record.at, sent),
                What::Arrived(msg) => write = index.label(run, msg).and_then(written),
                What::Held(msg) => index.holds.or_insert_with(msg, Default::default).0 = true,
                What::Released(msg, _) | What::Lost(msg, _) => {
                    if let Some((held @ true, ends)) = index.holds.get_mut(msg) {
                        *held = false;
                        ends.push(here);
                    }
                }
                What::Noted(node, family::Fact::SingleLeader(fact)) => index.noted(here, node, fact, write),
                What::Crashed(node, kept, last) => index.lines[node.index()].crashes.push((here, kept, last)),
                What::Restarted(node) => index.lines[node.index()].restarts.push(here),
                What::Action(n) => {
                    write = None;
                    index.action(run, here, n);
                }
                What::Noted(node, family::Fact::MultiLeader(_, fact)) => index.passing.noted(here, node, fact),
                What::Noted(_, family::Fact::Leaderless(..)) | What::Started(_) | What::Completed(_) => {}
            }
        }
        index.fill_in(run);
        index
    }

    /// Acknowledged writes say themselves where they stand; for all others it is noted here.
    fn fill_in(&mut self, run: &Run) {
        for ((_, epoch), (first, ops)) in self.entries.iter() {
            for (lsn, op) in (first.0..).zip(ops) {
                if run.trace.ops.get(*op as usize).is_some_and(|op| op.acknowledged().is_none()) {
                    *self.places.place(*op as usize) = Some(Position { epoch: *epoch, lsn: Lsn(lsn) });
                }
            }
        }
        for op in &run.trace.ops {
            let Some((at, _)) = op.acknowledged() else { continue };
            let Some((first, ops)) = self.entries.get_mut((op.group, at.epoch)) else { continue };
            let place = at.lsn.0.checked_sub(first.0).and_then(|n| usize::try_from(n).ok());
            if let Some(unknown) = place.and_then(|i| ops.get_mut(i)).filter(|op| **op == NONE) {
                *unknown = op.id.0;
            }
        }
    }

    fn sent(&mut self, run: &Run, here: u32, at: SimTime, sent: Sent) {
        self.sends.push(here);
        let label = match sent.label {
            family::Label::SingleLeader(label) => label,
            family::Label::MultiLeader(_, leaders::Label::Shown(op, _)) => return self.answered(run, here, at, sent.src, op),
            family::Label::MultiLeader(_, label) => return self.passing.sent(here, (sent.src, sent.dst), label),
            family::Label::Leaderless(_, rings::Label::Shown(op, _)) => return self.answered(run, here, at, sent.src, op),
            family::Label::Leaderless(..) => return,
        };
        let line = &mut self.lines[sent.dst.index()];
        match label {
            Label::Append(from, to) if from <= to => {
                let (from, to) = (Lsn(u64::from(from)), Lsn(u64::from(to)));
                if line.appends.last().is_none_or(|(.., last)| from <= *last) {
                    line.rises.push(u32::try_from(line.appends.len()).unwrap_or(NONE));
                }
                line.appends.push((here, from, to));
            }
            Label::Announce(_) => line.announces.push(here),
            Label::Value(op) => self.answered(run, here, at, sent.src, op),
            _ => {}
        }
    }

    /// The last answer of the replica from which the client had it counts.
    fn answered(&mut self, run: &Run, here: u32, at: SimTime, src: NodeId, op: OpId) {
        let ended = run.trace.ops.get(op.index()).and_then(|op| op.end);
        if ended.is_some_and(|end| end.replica == Some(src) && at <= end.at) {
            self.answers[op.index()] = here;
        }
    }

    fn noted(&mut self, here: u32, node: NodeId, fact: Fact, write: Option<OpId>) {
        let Some(group) = self.group(node) else { return };
        let epoch = self.lines[node.index()].epochs.last().map_or(Epoch(1), |(_, e)| *e);
        match fact {
            Fact::Appended(lsn) => {
                let (first, ops) = self.entries.or_insert_with((group, epoch), || (lsn, Vec::new()));
                let place = usize::try_from(lsn.0.saturating_sub(first.0)).unwrap_or(usize::MAX);
                while ops.len() > place {
                    let Some(lost) = ops.pop() else { break };
                    let number = Lsn(first.0 + ops.len() as u64);
                    self.replaced.push((here, group, Position { epoch, lsn: number }, OpId(lost)));
                }
                // What a paused leader finds in its inbox has no arrival right before it: not known from here.
                ops.push(write.map_or(NONE, |op| op.0));
            }
            Fact::Promoted(new, start) => {
                let mut history = self.histories.get((group, epoch)).cloned().unwrap_or_default();
                history.retain(|s| s.start < start);
                history.push(EpochStart { epoch: new, start });
                *self.histories.or_insert_with((group, new), Vec::new) = history;
                self.lines[node.index()].epochs.push((here, new));
            }
            Fact::Follows(new) => self.lines[node.index()].epochs.push((here, new)),
            Fact::FellBackToAsync => self.lines[node.index()].fallbacks.push((here, true)),
            Fact::BackToSync => self.lines[node.index()].fallbacks.push((here, false)),
            _ => {}
        }
    }

    fn action(&mut self, run: &Run, here: u32, n: u32) {
        match self.action_of(run, n) {
            Some(Action::Pause(node)) => self.lines[node.index()].pauses.push((here, true)),
            Some(Action::Resume(node)) => self.lines[node.index()].pauses.push((here, false)),
            _ => {}
        }
    }
}

fn written(label: Label) -> Option<OpId> {
    match label {
        Label::Write(op) => Some(op),
        _ => None,
    }
}

/// What can be asked.
impl Index {
    /// The group of a replica.
    pub(super) fn group(&self, node: NodeId) -> Option<GroupId> {
        self.groups.get(node.index()).copied().flatten()
    }

    /// The event of the script that has this place in the scenario.
    pub(super) fn action_of<'a>(&self, run: &'a Run, n: u32) -> Option<&'a Action> {
        self.actions.get(n as usize).map(|i| &run.plan.script[*i].2)
    }

    /// A message, where it was sent, and when.
    pub(super) fn message(&self, run: &Run, msg: MsgId) -> Option<(usize, SimTime, Sent)> {
        let place = *self.sends.get(msg.0 as usize)? as usize;
        sent_at(run, place).map(|(at, sent)| (place, at, sent))
    }

    fn label(&self, run: &Run, msg: MsgId) -> Option<Label> {
        self.message(run, msg).and_then(|(.., sent)| sent.label.single_leader())
    }

    /// How updates went from replica to replica.
    pub(super) fn passing(&self) -> &Passing {
        &self.passing
    }

    /// The place of the answer that ended an operation.
    pub(super) fn answer(&self, op: OpId) -> Option<usize> {
        self.answers.get(op.index()).copied().filter(|place| *place != NONE).map(|place| place as usize)
    }

    /// The generation that a replica was in just before this place.
    pub(super) fn epoch_before(&self, node: NodeId, place: usize) -> Epoch {
        let epochs = &self.lines[node.index()].epochs;
        let known = epochs.partition_point(|(here, _)| *here == 0 || (*here as usize) < place);
        known.checked_sub(1).map_or(Epoch(1), |i| epochs[i].1)
    }

    /// The generation in which the entry of this number was written, in the log that a replica had just before this place.
    pub(super) fn position_before(&self, node: NodeId, lsn: Lsn, place: usize) -> Option<Position> {
        let history = self.histories.get((self.group(node)?, self.epoch_before(node, place)))?;
        let start = history.iter().rfind(|s| s.start <= lsn)?;
        Some(Position { epoch: start.epoch, lsn })
    }

    /// The operation that the entry at this position carries out, as of this place.
    pub(super) fn entry(&self, group: GroupId, at: Position, place: usize) -> Option<OpId> {
        let old = self.replaced.iter().find(|(when, g, p, _)| *when as usize > place && *g == group && *p == at);
        if let Some((.., op)) = old {
            return Some(*op);
        }
        let (first, ops) = self.entries.get((group, at.epoch))?;
        let op = ops.get(usize::try_from(at.lsn.0.checked_sub(first.0)?).ok()?).copied()?;
        (op != NONE).then_some(OpId(op))
    }

    /// Which promotion ended the life of the entry at `want`, in the log of the leader of `epoch`; `None` if that log has it.
    pub(super) fn discarded_in(&self, group: GroupId, epoch: Epoch, want: Position) -> Option<Epoch> {
        let history = self.histories.get((group, epoch))?;
        let survived = switchpoint(history, want.epoch)?;
        (want.lsn > survived).then(|| history.iter().find(|s| s.epoch > want.epoch).map(|s| s.epoch)).flatten()
    }

    /// Messages to a replica that carry the entry, sent before this place, newest first.
    pub(super) fn carriers(&self, run: &Run, node: NodeId, want: Position, before: usize) -> Vec<usize> {
        let Some(group) = self.group(node) else { return Vec::new() };
        let line = &self.lines[node.index()];
        let mut found = Vec::new();
        let mut end = line.appends.len();
        for start in line.rises.iter().rev() {
            let rise = &line.appends[*start as usize..end];
            end = *start as usize;
            let place = rise.partition_point(|(.., to)| *to < want.lsn);
            let Some((here, from, _)) = rise.get(place).copied() else { continue };
            let here = here as usize;
            let Some((_, sent)) = sent_at(run, here) else { continue };
            let epoch = self.epoch_before(sent.src, here);
            let same = epoch >= want.epoch && self.discarded_in(group, epoch, want).is_none();
            if from <= want.lsn && here < before && same {
                found.push(here);
            }
        }
        found
    }

    /// The newest announcement of an epoch to a node before this place.
    pub(super) fn announcement(&self, run: &Run, node: NodeId, epoch: Epoch, before: usize) -> Option<usize> {
        let announces = self.lines[node.index()].announces.iter().rev().map(|place| *place as usize);
        let mut sent = announces.filter(|place| *place < before);
        sent.find(|place| matches!(sent_at(run, *place), Some((_, Sent { label: family::Label::SingleLeader(Label::Announce(e)), .. })) if e == epoch))
    }

    /// What had become of a message, sent at `place`, by the time of `before`.
    pub(super) fn fate(&self, run: &Run, place: usize, before: usize) -> Option<Fate> {
        let (at, sent) = sent_at(run, place)?;
        let mut ends = self.holds.get(sent.msg).map_or(&[][..], |(_, ends)| ends).iter().map(|r| *r as usize);
        let (mut from, mut due) = (place, sent.due);
        loop {
            // Whatever was decided at once stands right behind; what was sent stands at the time at which it was due.
            let start = due.map_or(from + 1, |due| run.trace.records.partition_point(|r| r.at < due).max(from + 1));
            let limit = due.unwrap_or(run.trace.records.get(from).map_or(at, |r| r.at));
            let rest = run.trace.records.get(start..before).unwrap_or_default();
            let until = rest.iter().take_while(|r| r.at <= limit);
            let outcome = until
                .zip(start..)
                .find(|(r, _)| matches!(r.what(), What::Arrived(m) | What::Lost(m, _) | What::Held(m) if m == sent.msg));
            match outcome.map(|(r, here)| (r.at, r.what(), here)) {
                None => return due.map(Fate::UnderWay),
                Some((_, What::Arrived(_), here)) => return Some(Fate::Arrived(here)),
                Some((when, What::Lost(_, loss), _)) => return Some(Fate::Lost(when, loss)),
                Some((when, _, here)) => {
                    let Some(end) = ends.find(|end| *end > here && *end < before) else { return Some(Fate::Held(when)) };
                    let record = run.trace.records[end];
                    let again = match record.what() {
                        What::Released(_, again) => again,
                        What::Lost(_, loss) => return Some(Fate::Lost(record.at, loss)),
                        _ => return None,
                    };
                    (from, due) = (end, Some(again));
                }
            }
        }
    }

    /// The crash of a replica between two places that took the entry of this number.
    pub(super) fn crash_that_took(&self, node: NodeId, lsn: Lsn, from: usize, to: usize) -> Option<usize> {
        let crashes = self.lines[node.index()].crashes.iter();
        let mut within = crashes.filter(|(here, ..)| (from..to).contains(&(*here as usize)));
        within.find(|(_, kept, last)| *kept < lsn && lsn <= *last).map(|(here, ..)| *here as usize)
    }

    /// The last crash of a replica between two places.
    pub(super) fn crash(&self, node: NodeId, from: usize, to: usize) -> Option<usize> {
        let crashes = self.lines[node.index()].crashes.iter().rev().map(|(here, ..)| *here as usize);
        crashes.into_iter().find(|here| (from..to).contains(here))
    }

    /// The last restart of a replica before this place.
    pub(super) fn restart(&self, node: NodeId, before: usize) -> Option<usize> {
        self.lines[node.index()].restarts.iter().rev().map(|here| *here as usize).find(|here| *here < before)
    }

    /// Whether a replica was sent entries between two places.
    pub(super) fn served_between(&self, node: NodeId, from: usize, to: usize) -> bool {
        let appends = &self.lines[node.index()].appends;
        let next = appends.partition_point(|(here, ..)| (*here as usize) < from);
        appends.get(next).is_some_and(|(here, ..)| (*here as usize) < to)
    }

    /// Since when a replica is paused, if it is at this place.
    pub(super) fn paused(&self, node: NodeId, before: usize) -> Option<usize> {
        switched_on(&self.lines[node.index()].pauses, before)
    }

    /// Since when a leader does not wait for its synchronous followers, if it does not at this place.
    pub(super) fn fallen_back(&self, node: NodeId, before: usize) -> Option<usize> {
        switched_on(&self.lines[node.index()].fallbacks, before)
    }

    /// Where a write stands that was never acknowledged.
    pub(super) fn place(&self, write: OpId) -> Option<Position> {
        self.places.get(write.index()).copied()
    }
}

/// Where a switch was turned on that is on at this place.
fn switched_on(switch: &[(u32, bool)], before: usize) -> Option<usize> {
    let last = switch.partition_point(|(here, _)| (*here as usize) < before).checked_sub(1)?;
    let (here, on) = switch[last];
    on.then_some(here as usize)
}

/// The message that is sent at this place of the record.
pub(super) fn sent_at(run: &Run, place: usize) -> Option<(SimTime, Sent)> {
    match run.trace.records.get(place)?.what() {
        What::Sent(sent) => Some((run.trace.records[place].at, sent)),
        _ => None,
    }
}
