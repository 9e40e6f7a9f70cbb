//! Whether one operation happens before another: the path from the one to the other, message by message, or that there is none.
//!
//! Lamport 1978, "Time, clocks, and the ordering of events in a distributed system": what a process does comes after what it did before, and
//! after what was sent to it in a message that it got. Only messages that carry data count here (requests to write, entries or updates,
//! answers): from a confirmation or a heartbeat nobody learns what was written. A replica knows of a write once it has applied it, or
//! another one that came after it.

use std::collections::{BTreeMap, BTreeSet};

use super::words::list;
use crate::family::leaderless as rings;
use crate::family::multi_leader as several;
use crate::family::{Fact, Label, Traffic, single_leader};
use crate::history::Op;
use crate::log::{OpId, Value};
use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::{MsgId, Sent, What};

/// A message of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Which one.
    pub message: MsgId,
    /// Who sent it.
    pub from: NodeId,
    /// Who got it.
    pub to: NodeId,
    /// When it arrived.
    pub at: SimTime,
}

/// The messages that lead from the first operation to the second; none if the first does not happen before the second. Without a message
/// both are of one client, one after the other.
#[must_use]
pub fn path(run: &Run, first: OpId, second: OpId) -> Option<Vec<Hop>> {
    let ops = &run.trace.ops;
    let (first, second) = (ops.get(first.index())?, ops.get(second.index())?);
    let begin = run.trace.records.partition_point(|record| record.at < first.invoked);
    let known = vec![None; run.plan.nodes.len()];
    let (after, ways, here, asked) = (BTreeSet::new(), BTreeMap::new(), Vec::new(), BTreeMap::new());
    let mut search = Search { run, first, second, known, after, ways, here, asked };
    for record in &run.trace.records[begin..] {
        if let Some(path) = search.see(record.at, record.what()) {
            return Some(path);
        }
        if second.end.is_some_and(|end| record.at > end.at) {
            return None;
        }
    }
    None
}

/// What is known of the first operation, record by record.
struct Search<'a> {
    run: &'a Run,
    first: &'a Op,
    second: &'a Op,
    /// By node, whether it knows, and by which message.
    known: Vec<Option<Option<Hop>>>,
    /// The writes that come after the first operation, with itself.
    after: BTreeSet<OpId>,
    /// Messages under way from nodes that know.
    ways: BTreeMap<MsgId, (Hop, Label)>,
    /// What has arrived from them at replicas that have not applied it yet.
    here: Vec<Hop>,
    /// Requests for the second operation that are under way, with who gets them.
    asked: BTreeMap<MsgId, NodeId>,
}

impl Search<'_> {
    fn knows(&self, node: NodeId) -> bool {
        self.known.get(node.index()).is_some_and(Option::is_some)
    }

    fn learn(&mut self, node: NodeId, by: Option<Hop>) {
        if let Some(known) = self.known.get_mut(node.index()).filter(|known| known.is_none()) {
            *known = Some(by);
        }
    }

    /// The messages by which a node came to know.
    fn way_to(&self, mut node: NodeId) -> Vec<Hop> {
        let mut hops = Vec::new();
        while let Some(Some(Some(hop))) = self.known.get(node.index()) {
            hops.push(*hop);
            node = hop.from;
        }
        hops.reverse();
        hops
    }

    /// Takes in one record; the path, if it ends here.
    fn see(&mut self, at: SimTime, what: What) -> Option<Vec<Hop>> {
        match what {
            What::Started(op) if op == self.first.id && self.first.is_write() => {
                self.after.insert(op);
                self.learn(self.first.client, None);
            }
            What::Completed(op) if op == self.first.id && !self.first.is_write() => self.learn(self.first.client, None),
            What::Started(op) if op == self.second.id && self.knows(self.second.client) => {
                return Some(self.way_to(self.second.client));
            }
            What::Sent(Sent { msg, src, dst, label, .. }) => return self.sent(msg, (src, dst), label),
            What::Arrived(msg) => return self.arrived(at, msg),
            What::Noted(node, Fact::MultiLeader(_, fact)) => self.noted(node, fact),
            _ => {}
        }
        None
    }

    fn sent(&mut self, msg: MsgId, (src, dst): (NodeId, NodeId), label: Label) -> Option<Vec<Hop>> {
        let of_second = label.op() == Some(self.second.id) && label.traffic() == Traffic::Request;
        if of_second && src == self.second.client {
            self.asked.insert(msg, dst);
        }
        if !self.knows(src) || !carries(label) {
            return None;
        }
        let hop = Hop { message: msg, from: src, to: dst, at: SimTime::ZERO };
        self.ways.insert(msg, (hop, label));
        None
    }

    fn arrived(&mut self, at: SimTime, msg: MsgId) -> Option<Vec<Hop>> {
        let request = self.asked.remove(&msg);
        if let Some(replica) = request.filter(|replica| self.second.is_write() && self.knows(*replica)) {
            return Some(self.way_to(replica));
        }
        let (hop, label) = self.ways.remove(&msg)?;
        let hop = Hop { at, ..hop };
        if label.op() == Some(self.second.id) && hop.to == self.second.client && !self.second.is_write() {
            let mut hops = self.way_to(hop.from);
            hops.push(hop);
            return Some(hops);
        }
        match label {
            // It knows when it applies it: then a note says so.
            Label::MultiLeader(_, several::Label::Updates(..) | several::Label::Write(_)) => self.here.push(hop),
            Label::MultiLeader(..) | Label::SingleLeader(_) | Label::Leaderless(..) => self.learn(hop.to, Some(hop)),
        }
        None
    }

    fn noted(&mut self, node: NodeId, fact: several::Fact) {
        let (several::Fact::Took(op, _) | several::Fact::Applied(op, _)) = fact else { return };
        let writer = self.run.trace.ops.get(op.index()).map(|op| op.client);
        let took = matches!(fact, several::Fact::Took(..));
        if !self.knows(node) && (self.after.contains(&op) || (took && writer.is_some_and(|client| self.knows(client)))) {
            // Of several that brought it, the first is the path.
            if let Some(by) = self.here.iter().find(|hop| hop.to == node).copied() {
                self.learn(node, Some(by));
            }
        }
        if took && self.knows(node) {
            self.after.insert(op);
        }
    }
}

/// Whether a message carries what was written, or what depends on it.
fn carries(label: Label) -> bool {
    match label {
        Label::SingleLeader(label) => match label {
            single_leader::Label::Part(_) => true,
            single_leader::Label::Read(..) | single_leader::Label::Behind(_) | single_leader::Label::Refused(_) => false,
            other => matches!(other.traffic(), Traffic::Replication | Traffic::Request),
        },
        Label::MultiLeader(_, label) => match label {
            several::Label::Updates(..) | several::Label::Write(_) | several::Label::Shown(..) | several::Label::Written(_) => {
                true
            }
            several::Label::Read(..)
            | several::Label::Behind(_)
            | several::Label::Refused(_)
            | several::Label::Ack(_)
            | several::Label::Home(_)
            | several::Label::Noted => false,
        },
        Label::Leaderless(_, label) => match label {
            rings::Label::Put(_)
            | rings::Label::Written(_)
            | rings::Label::Shown(..)
            | rings::Label::Store(_)
            | rings::Label::StoreHint(..)
            | rings::Label::WriteBack(_)
            | rings::Label::Repair(_)
            | rings::Label::Found(..)
            | rings::Label::HandOff(_)
            | rings::Label::Exchange(_) => true,
            rings::Label::Get(_)
            | rings::Label::TooFew(_)
            | rings::Label::Unavailable(_)
            | rings::Label::Stored(_)
            | rings::Label::Fetch(_)
            | rings::Label::HandedOff
            | rings::Label::Compare(_)
            | rings::Label::Gossip => false,
        },
    }
}

/// What is to be said of two operations: the path from one to the other, or that there is none, and how their versions compare.
#[must_use]
pub fn told(run: &Run, (first, second): (OpId, OpId)) -> (Vec<Hop>, String) {
    let name = |op: OpId| run.trace.ops.get(op.index()).map_or_else(String::new, |op| named(run, op));
    let (there, back) = (path(run, first, second), path(run, second, first));
    let (hops, before) = match (there, back) {
        (Some(hops), _) => (hops, Some((first, second))),
        (None, Some(hops)) => (hops, Some((second, first))),
        (None, None) => (Vec::new(), None),
    };
    let mut text = match before {
        Some((one, other)) if hops.is_empty() => {
            format!("{} happens before {}: its client did one after the other.", name(one), name(other))
        }
        Some((one, other)) => format!("{} happens before {}: {}.", name(one), name(other), way(run, &hops)),
        None => format!(
            "Neither happens before the other: no message brought anything of {} to {} in time, nor the other way. They are concurrent.",
            name(first),
            name(second)
        ),
    };
    text.push_str(&versions(run, (first, second), before.is_some()));
    (hops, text)
}

fn named(run: &Run, op: &Op) -> String {
    format!("{} ({})", label(run, op), op.invoked.words())
}

/// An operation in a few words, with its client.
#[must_use]
pub fn label(run: &Run, op: &Op) -> String {
    use crate::operation::Kind;
    let (client, key) = (run.plan.name(op.client), run.plan.key_name(op.key));
    match op.kind {
        Kind::Write(Value::Nothing) => format!("{client}'s deletion of {key}"),
        Kind::Write(Value::Method(number)) => format!("{client}'s call of {key}.{}", run.plan.show_method(number)),
        Kind::Write(value) => format!("{client}'s write of {key} = {}", run.plan.show(value)),
        Kind::Read(_) => format!("{client}'s read of {key}"),
    }
}

fn way(run: &Run, hops: &[Hop]) -> String {
    let hop = |hop: &Hop| format!("{} → {} ({})", run.plan.name(hop.from), run.plan.name(hop.to), hop.at.words());
    hops.iter().map(hop).collect::<Vec<_>>().join(", ")
}

/// How the versions of two writes compare, where both were acknowledged.
fn versions(run: &Run, (first, second): (OpId, OpId), ordered: bool) -> String {
    let history = run.history();
    let stamp = |op: OpId| run.trace.ops.get(op.index()).and_then(|op| history.stamp_of(op));
    let (Some(one), Some(other)) = (stamp(first), stamp(second)) else { return String::new() };
    let written = [&one, &other].map(|stamp| stamp.written(&run.plan.nodes).to_string());
    let said = list(&written);
    let same_key = run.trace.ops[first.index()].key == run.trace.ops[second.index()].key;
    match (one.compare(&other), ordered) {
        (None, true) if same_key => {
            format!(
                " Their versions are {said}: neither includes the other all the same, because the writer had not read the key."
            )
        }
        (None, _) if same_key => format!(" Their versions are {said}: neither includes the other."),
        _ => format!(" Their versions are {said}."),
    }
}
