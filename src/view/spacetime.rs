//! The space-time diagram: one lane for each process, time to the right (Lamport 1978).
//!
//! Operations are bars from call to return, as Porcupine draws them; messages are slanted lines; what happens from outside
//! (faults and interventions) has a lane of its own above them. What does not fit is counted, and the diagram says so.

use crate::family;
use crate::family::single_leader::Intervention;
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::Outcome;
use crate::run::Run;
use crate::scenario::{Action, Anomaly};
use crate::sorted::set;
use crate::time::SimTime;
use crate::trace::{MsgId, Sent, What};

/// The most messages that are drawn.
pub const LINES_MAX: usize = 600;
/// The most operations that are drawn.
pub const BARS_MAX: usize = 400;
/// How far back a message may have been sent that still crosses the window, in microseconds.
const LOOK_BACK: u64 = 3_000_000;

/// What happened between two moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceTime {
    /// The left edge.
    pub from: SimTime,
    /// The right edge.
    pub to: SimTime,
    /// The processes from top to bottom: clients first.
    pub lanes: Vec<NodeId>,
    /// The messages.
    pub lines: Vec<Line>,
    /// The operations.
    pub bars: Vec<Bar>,
    /// The faults and interventions.
    pub faults: Vec<Fault>,
    /// How many messages and operations are not drawn.
    pub omitted: usize,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Which one.
    pub id: MsgId,
    /// Who sent it.
    pub src: NodeId,
    /// To whom.
    pub dst: NodeId,
    /// When.
    pub sent: SimTime,
    /// When it arrived or was lost; the right edge if it is still under way there.
    pub end: SimTime,
    /// What it is.
    pub label: family::Label,
    /// Whether it was lost.
    pub lost: bool,
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Which one.
    pub op: OpId,
    /// Whose.
    pub client: NodeId,
    /// From when.
    pub from: SimTime,
    /// Until when; `None` if it had not ended at the right edge.
    pub to: Option<SimTime>,
    /// What it was and how it ended.
    pub kind: BarKind,
    /// What it broke, if anything.
    pub anomaly: Option<Anomaly>,
}

/// What an operation was and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// A write, open or acknowledged.
    Write,
    /// A read, open or answered.
    Read,
    /// Certainly not executed.
    Rejected,
    /// Nobody knows.
    Indeterminate,
}

/// Something that was done to the cluster, from when until when it was undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its place in the scenario's script.
    pub script: usize,
    /// What kind.
    pub kind: FaultKind,
    /// Which nodes it concerns.
    pub nodes: Vec<NodeId>,
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub to: SimTime,
    /// In a few words.
    pub text: String,
}

/// The kinds of faults and interventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A crash, until the restart.
    Crash,
    /// A pause, until it goes on.
    Pause,
    /// A cut, until it heals.
    Cut,
    /// A hold, until the release.
    Hold,
    /// A promotion: a moment.
    Promote,
}

/// What happened from `from` to `to`.
#[must_use]
pub fn space_time(run: &Run, from: SimTime, to: SimTime) -> SpaceTime {
    let plan = &run.plan;
    let nodes = u16::try_from(plan.nodes.len()).unwrap_or(0);
    let replicas = u16::try_from(plan.replicas).unwrap_or(0);
    let lanes = (replicas..nodes).chain(0..replicas).map(NodeId).collect();
    let (lines, lines_left) = lines(run, from, to);
    let (bars, bars_left) = bars(run, from, to);
    let mut faults = faults(run);
    faults.retain(|f| f.from <= to && f.to >= from);
    SpaceTime { from, to, lanes, lines, bars, faults, omitted: lines_left + bars_left }
}

fn lines(run: &Run, from: SimTime, to: SimTime) -> (Vec<Line>, usize) {
    let records = run.trace.between(SimTime(from.0.saturating_sub(LOOK_BACK)), SimTime(to.0 + 1));
    // Messages are numbered as they are sent, so this is in order.
    let mut open: Vec<Line> = Vec::new();
    let mut done = Vec::new();
    let mut omitted = 0;
    for record in records {
        let (id, lost) = match record.what() {
            What::Sent(Sent { msg, src, dst, label, .. }) => {
                open.push(Line { id: msg, src, dst, sent: record.at, end: to, label, lost: false });
                continue;
            }
            What::Arrived(msg) => (msg, false),
            What::Lost(msg, _) => (msg, true),
            _ => continue,
        };
        let Ok(place) = open.binary_search_by_key(&id, |line| line.id) else { continue };
        let line = open.remove(place);
        if record.at < from {
            continue;
        }
        if done.len() < LINES_MAX {
            done.push(Line { end: record.at, lost, ..line });
        } else {
            omitted += 1;
        }
    }
    omitted += open.len().saturating_sub(LINES_MAX.saturating_sub(done.len()));
    let room = LINES_MAX.saturating_sub(done.len());
    done.extend(open.into_iter().take(room));
    (done, omitted)
}

fn bars(run: &Run, from: SimTime, to: SimTime) -> (Vec<Bar>, usize) {
    let inside = |op: &&crate::history::Op| op.invoked <= to && op.end.is_none_or(|e| e.at >= from);
    let mut bars: Vec<Bar> = Vec::new();
    let mut omitted = 0;
    for op in run.trace.ops.iter().filter(inside) {
        if bars.len() >= BARS_MAX {
            omitted += 1;
            continue;
        }
        let kind = match op.end.map(|e| e.outcome) {
            Some(Outcome::Rejected(_)) => BarKind::Rejected,
            Some(Outcome::Indeterminate(_)) => BarKind::Indeterminate,
            _ if op.is_write() => BarKind::Write,
            _ => BarKind::Read,
        };
        let anomaly = run.findings.iter().find(|f| f.op() == op.id).map(crate::check::Finding::anomaly);
        bars.push(Bar { op: op.id, client: op.client, from: op.invoked, to: op.end.map(|e| e.at), kind, anomaly });
    }
    (bars, omitted)
}

/// Everything that was done to the cluster in the whole run.
#[must_use]
pub fn faults(run: &Run) -> Vec<Fault> {
    let script = &run.plan.script;
    let end = run.until();
    let mut faults = Vec::new();
    for (place, (at, index, action)) in script.iter().enumerate() {
        let later = &script[place + 1..];
        let ends = |undone: &dyn Fn(&Action) -> bool| later.iter().find(|(.., a)| undone(a)).map_or(end, |(at, ..)| *at);
        let (kind, nodes, to) = match action {
            Action::Crash(n) => (FaultKind::Crash, vec![*n], ends(&|a| matches!(a, Action::Restart(m) if m == n))),
            Action::Pause(n) => {
                (FaultKind::Pause, vec![*n], ends(&|a| matches!(a, Action::Resume(m) | Action::Crash(m) if m == n)))
            }
            Action::Cut(pairs) => {
                let healed = |a: &Action| matches!(a, Action::Heal(h) if pairs.iter().all(|p| h.contains(p)));
                (FaultKind::Cut, sides(pairs), ends(&healed))
            }
            Action::Hold(pairs) => {
                let released = |a: &Action| matches!(a, Action::Release(r) if pairs.iter().all(|p| r.contains(p)));
                (FaultKind::Hold, sides(pairs), ends(&released))
            }
            Action::SingleLeader(n, Intervention::Promote) => (FaultKind::Promote, vec![*n], *at),
            _ => continue,
        };
        let text = fault_text(run, kind, &nodes, action);
        faults.push(Fault { script: *index, kind, nodes, from: *at, to, text });
    }
    faults
}

/// The side of a cut that is named: the smaller set of ends.
fn sides(pairs: &[(NodeId, NodeId)]) -> Vec<NodeId> {
    let symmetric = pairs.iter().all(|(a, b)| pairs.contains(&(*b, *a)));
    if symmetric {
        // Both directions are cut: the first pair's left end and everything cut from the same nodes as it.
        let first = pairs.first().map_or(NodeId(0), |p| p.0);
        let across: Vec<NodeId> = pairs.iter().filter(|(a, _)| *a == first).map(|p| p.1).collect();
        return set(pairs.iter().filter(|(_, b)| across.contains(b)).map(|p| p.0));
    }
    let (from, to) = (set(pairs.iter().map(|p| p.0)), set(pairs.iter().map(|p| p.1)));
    if from.len() <= to.len() { from } else { to }
}

fn fault_text(run: &Run, kind: FaultKind, nodes: &[NodeId], action: &Action) -> String {
    let names = nodes.iter().map(|n| run.plan.name(*n)).collect::<Vec<_>>().join(", ");
    let one_way = matches!(action, Action::Cut(pairs) if !pairs.iter().all(|(a, b)| pairs.contains(&(*b, *a))));
    match kind {
        FaultKind::Crash => format!("{names} crashed"),
        FaultKind::Pause => format!("{names} paused"),
        FaultKind::Cut if one_way => format!("{names} cut off, one way"),
        FaultKind::Cut => format!("{names} cut off"),
        FaultKind::Hold => format!("messages of {names} held"),
        FaultKind::Promote => format!("{names} promoted"),
    }
}
