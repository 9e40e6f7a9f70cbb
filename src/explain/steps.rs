//! One step of a run in one sentence: who did what.

use super::clauses::Step;
use super::index::Index;
use super::words::{list, loss_words};
use crate::family;
use crate::family::leaderless;
use crate::family::multi_leader::{Order, Policy};
use crate::family::single_leader::Intervention;
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::scenario::{Action, Plan};
use crate::sorted::set;
use crate::time::SimTime;
use crate::trace::What;
use std::ops::Range;

/// What happened in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: SimTime,
    /// Who did it; `None` if it happened in the network.
    pub node: Option<NodeId>,
    /// What was done, one after the other: each goes with the node as its subject, or is a clause of its own without one.
    pub clauses: Vec<String>,
    /// Whether it is bookkeeping that changes nothing a reader would miss, such as a confirmation of what was known.
    pub quiet: bool,
}

impl Told {
    /// The whole as one sentence.
    #[must_use]
    pub fn sentence(&self, plan: &Plan) -> String {
        let done = list(&self.clauses);
        match self.node {
            Some(node) => format!("{} {done}.", plan.name(node)),
            None => {
                // A clause begins with a word of ours; the letters of all languages would be 5 kB more to fetch.
                let mut letters = done.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
                format!("{first}{}.", letters.as_str())
            }
        }
    }
}

/// Tells what the records of a step say. The range is not empty.
pub(super) fn tell(run: &Run, index: &Index, range: Range<usize>) -> Told {
    let records = &run.trace.records[range.clone()];
    let at = records[0].at;
    let mut step = Step::new(run, index, range);
    let mut quiet = false;
    match records[0].what() {
        What::Action(n) => {
            if let Some(done) = index.action_of(run, n) {
                happened(&mut step, done);
            }
        }
        What::Arrived(msg) => quiet = step.arrived(msg),
        What::Lost(msg, loss) => step.on_its_own(msg, loss_words(loss)),
        What::Held(msg) => step.on_its_own(msg, "held"),
        What::Started(_)
        | What::Completed(_)
        | What::Sent(_)
        | What::Released(..)
        | What::Noted(..)
        | What::Crashed(..)
        | What::Restarted(_) => {}
    }
    let before = step.clauses.len();
    step.effects();
    quiet &= step.clauses.len() == before;
    quiet |= records.iter().all(|record| match record.what() {
        What::Sent(sent) => of_life(sent.label),
        What::Arrived(msg) | What::Lost(msg, _) | What::Held(msg) => {
            index.message(run, msg).is_some_and(|(.., sent)| of_life(sent.label))
        }
        _ => false,
    });
    if step.clauses.is_empty() {
        step.clauses.push("did nothing".to_owned());
    }
    Told { at, node: step.node, clauses: step.clauses, quiet }
}

/// Whether a message says only that its sender is there, and how far.
fn of_life(label: family::Label) -> bool {
    label.traffic() == family::Traffic::Heartbeat
}

/// The beginning of the story of a step that an event of the script caused.
fn happened(step: &mut Step<'_>, done: &Action) {
    let (node, clause) = match done {
        Action::Invoke { client, key, kind, .. } => {
            if step.begins_operation() {
                return;
            }
            let what = match kind {
                Kind::Write(_) => "write",
                Kind::Read(_) => "read",
            };
            (*client, format!("was told to {what} {}, but still waits for an earlier answer", step.run.plan.key_name(*key)))
        }
        // The record of the crash says more.
        Action::Crash(node) => (*node, step.if_alone("was already down")),
        Action::Restart(node) => (*node, step.if_alone("was already up")),
        Action::Pause(node) => (*node, "was paused".to_owned()),
        Action::Resume(node) => (*node, "was resumed".to_owned()),
        Action::SingleLeader(node, Intervention::Promote) => (*node, "was promoted by the operator".to_owned()),
        Action::SingleLeader(node, Intervention::Alter) => {
            (*node, format!("was told to add a column{}", step.if_alone(", without effect: it is down or no leader")))
        }
        Action::SingleLeader(node, Intervention::Upgrade) => (*node, String::new()),
        Action::MultiLeader(_, node, order) => (*node, ordered(&step.run.plan, *order)),
        Action::Leaderless(_, node, leaderless::Order::Leave) => {
            (*node, format!("was told to leave{}", step.if_alone(", without effect: it is down, or no member")))
        }
        Action::Join(node) if step.is_alone() => (*node, "was already there".to_owned()),
        Action::Join(node) => (*node, "joined".to_owned()),
        Action::Links(..) | Action::Cut(_) | Action::Heal(_) | Action::Hold(_) | Action::Release(_) => {
            step.clauses.push(links(&step.run.plan, done, true));
            return;
        }
    };
    step.node = Some(node);
    if !clause.is_empty() {
        step.clauses.push(clause);
    }
}

/// An event of the script in a few words.
pub(super) fn action(plan: &Plan, action: &Action) -> String {
    match action {
        Action::Invoke { client, key, kind: Kind::Write(crate::log::Value::Method(number)), .. } => {
            format!("{} calls {}.{}", plan.name(*client), plan.key_name(*key), plan.show_method(*number))
        }
        Action::Invoke { client, key, kind: Kind::Write(value), .. } => {
            format!("{} writes {} = {}", plan.name(*client), plan.key_name(*key), super::words::quoted(plan, *value))
        }
        Action::Invoke { client, key, kind: Kind::Read(mode), prefer, demand: _ } => {
            let at = prefer.map(|id| format!(" at {}", plan.name(id))).unwrap_or_default();
            let mode = mode.map(|mode| format!(" in mode {}", mode.name())).unwrap_or_default();
            format!("{} reads {}{at}{mode}", plan.name(*client), plan.key_name(*key))
        }
        Action::Crash(node) => format!("{} crashes", plan.name(*node)),
        Action::Restart(node) => format!("{} restarts", plan.name(*node)),
        Action::Pause(node) => format!("{} is paused", plan.name(*node)),
        Action::Resume(node) => format!("{} is resumed", plan.name(*node)),
        Action::SingleLeader(node, Intervention::Promote) => format!("{} is promoted", plan.name(*node)),
        Action::SingleLeader(node, Intervention::Alter) => format!("{} gets a column", plan.name(*node)),
        Action::SingleLeader(node, Intervention::Upgrade) => format!("{} is upgraded", plan.name(*node)),
        Action::MultiLeader(_, node, order) => format!("{} {}", plan.name(*node), ordered(plan, *order)),
        Action::Leaderless(_, node, leaderless::Order::Leave) => format!("{} leaves", plan.name(*node)),
        Action::Join(node) => format!("{} joins", plan.name(*node)),
        Action::Links(..) | Action::Cut(_) | Action::Heal(_) | Action::Hold(_) | Action::Release(_) => links(plan, action, false),
    }
}

/// What an operator tells a leader of several.
fn ordered(plan: &Plan, order: Order) -> String {
    match order {
        Order::Connect(other) => format!("is to pass updates on to {}", plan.name(other)),
        Order::BeHome { range, .. } => {
            let keys = plan.keys.iter().zip(&plan.policies).filter(|(_, policy)| **policy == Policy::Avoid { range });
            format!("is to be the home of {}", list(&keys.map(|(key, _)| key.clone()).collect::<Vec<_>>()))
        }
    }
}

/// An event that concerns links.
fn links(plan: &Plan, action: &Action, past: bool) -> String {
    let (pairs, what) = match action {
        Action::Links(pairs, _) => (pairs, "changed"),
        Action::Cut(pairs) => (pairs, "cut"),
        Action::Heal(pairs) => (pairs, "healed"),
        Action::Hold(pairs) => (pairs, "held"),
        Action::Release(pairs) => (pairs, "released"),
        Action::Invoke { .. }
        | Action::Crash(_)
        | Action::Restart(_)
        | Action::Pause(_)
        | Action::Resume(_)
        | Action::SingleLeader(..)
        | Action::MultiLeader(..)
        | Action::Leaderless(..)
        | Action::Join(_) => return String::new(),
    };
    let be = match (pairs.len(), past) {
        (1, true) => "was",
        (1, false) => "is",
        (_, true) => "were",
        (_, false) => "are",
    };
    format!("{} {be} {what}", which(plan, pairs))
}

/// A set of links by its shape: one link, all links from a node, the links between two sides.
fn which(plan: &Plan, pairs: &[(NodeId, NodeId)]) -> String {
    let all = set(pairs.iter().copied());
    let (from, to) = (set(all.iter().map(|(a, _)| *a)), set(all.iter().map(|(_, b)| *b)));
    let names = |nodes: &[NodeId]| list(&nodes.iter().map(|id| plan.name(*id).to_owned()).collect::<Vec<_>>());
    let complete = all.len() == from.iter().map(|a| to.iter().filter(|b| a != *b).count()).sum::<usize>();
    let others = plan.nodes.len().saturating_sub(1);
    let Some(first) = pairs.first() else { return "no links".to_owned() };
    if let ([(a, b)], 1) = (pairs, all.len()) {
        return format!("the link from {} to {}", plan.name(*a), plan.name(*b));
    }
    if complete && from.len() == plan.nodes.len() && to.len() == plan.nodes.len() {
        return "all links".to_owned();
    }
    if complete && from.len() == 1 {
        let to = if to.len() == others { String::new() } else { format!(" to {}", names(&to)) };
        return format!("all links from {}{to}", names(&from)).replacen(
            "all links",
            if to.is_empty() { "all links" } else { "the links" },
            1,
        );
    }
    if complete && to.len() == 1 && from.len() == others {
        return format!("all links to {}", names(&to));
    }
    let side = set(all.iter().filter(|(_, b)| *b == first.1).map(|(a, _)| *a));
    let other = set(all.iter().filter(|(a, _)| *a == first.0).map(|(_, b)| *b));
    let both = side.iter().flat_map(|a| other.iter().flat_map(move |b| [(*a, *b), (*b, *a)]));
    if set(both.filter(|(a, b)| a != b)) == all {
        return match (side.len(), other.len()) {
            (1, 1) => format!("the links between {} and {}", names(&side), names(&other)),
            _ => format!("the links between {} on one side and {} on the other", names(&side), names(&other)),
        };
    }
    if complete { format!("the links from {} to {}", names(&from), names(&to)) } else { format!("{} links", all.len()) }
}
