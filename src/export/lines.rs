//! The JSON lines of a run, and of any history: what [`crate::import`] reads back.
//!
//! A history whose versions are positions is written in version 1 of the format. One whose versions may be concurrent is written in version 2,
//! which has the names of those who count in stamps in its first line, and with each operation its version, the siblings that it returned, and
//! the context that it carried ([`stamps`](super::stamps)).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{quoted, stamps, value};
use crate::history::{Event, Fate, Fates, History, Op};
use crate::import::{OWN_FORMAT, OWN_VERSION, OWN_VERSION_SIBLINGS};
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::operation::{Kind, Outcome, Reason};
use crate::run::Run;
use crate::scenario::Plan;

/// Where each operation starts and ends in the order of the record.
fn places(history: &History<'_>) -> Vec<(Option<usize>, Option<usize>)> {
    let mut places = vec![(None, None); history.ops.len()];
    for (at, event) in history.events.iter().enumerate() {
        match event {
            Event::Invoke(op) => places[op.index()].0 = Some(at + 1),
            Event::Complete(op) => places[op.index()].1 = Some(at + 1),
        }
    }
    places
}

/// What readers found of what an operation wrote to a key.
type Found = BTreeMap<(OpId, KeyId), Value>;

/// A history with all that its lines say.
struct Lines<'a> {
    history: &'a History<'a>,
    plan: &'a Plan,
    /// What became of its writes, where that is told.
    fates: Option<&'a Fates>,
    found: Found,
    /// The names of those who count in stamps.
    names: Vec<String>,
}

/// The lines of a run: the first with its scenario.
pub(super) fn write(run: &Run) -> String {
    let scenario = &run.plan.scenario;
    let history = run.history();
    // A text in JSON has no line end of its own, so lines can be joined.
    let whole = scenario.to_json().lines().map(str::trim_start).collect::<String>();
    let mut out = format!(
        "{{\"format\":\"{OWN_FORMAT}\",\"version\":{},\"crate_version\":\"{}\",\"title\":{},\"seed\":{},\
         \"trace_digest\":\"{}\",\"stopped_early\":{},\"scenario\":{whole}",
        version(&history),
        env!("CARGO_PKG_VERSION"),
        quoted(&scenario.title),
        scenario.seed,
        run.trace.digest,
        run.stopped_early().is_some(),
    );
    let fates = stamps::has_siblings(&history).then(|| run.survival().fates);
    lines(&Lines::new(&history, &run.plan, fates.as_ref()), &mut out);
    out
}

/// The lines of a history, with the names of a plan.
pub(super) fn write_history(history: &History<'_>, plan: &Plan, fates: Option<&Fates>) -> String {
    let mut out = format!("{{\"format\":\"{OWN_FORMAT}\",\"version\":{}", version(history));
    lines(&Lines::new(history, plan, fates), &mut out);
    out
}

fn version(history: &History<'_>) -> i64 {
    if stamps::has_siblings(history) { OWN_VERSION_SIBLINGS } else { OWN_VERSION }
}

/// The end of the first line, and all others.
fn lines(all: &Lines<'_>, out: &mut String) {
    if stamps::has_siblings(all.history) {
        out.push_str(&stamps::header(all.history, all.plan, &all.names));
    }
    out.push_str("}\n");
    for (op, (started, ended)) in all.history.ops.iter().zip(places(all.history)) {
        // An operation that its client was told to do and never came to is not there for anybody.
        if let Some(started) = started {
            all.operation(op, (started, ended), out);
        }
    }
}

pub(super) fn position(at: Position) -> String {
    format!("[{},{}]", at.epoch, at.lsn)
}

pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::TimedOut => "timed-out",
        Reason::NoLeader => "no-leader",
        Reason::Deposed => "deposed",
        Reason::NoReplicaFreshEnough => "no-replica-fresh-enough",
        Reason::SessionLost => "session-lost",
        Reason::ConditionFailed => "condition-failed",
        Reason::TooFewAnswers => "too-few-answers",
        Reason::TooFewReplicas => "too-few-replicas",
        Reason::NotAnElement => "not-an-element",
        Reason::NoSuchVertex => "no-such-vertex",
        Reason::NoSuchEdge => "no-such-edge",
        Reason::VertexHasEdges => "vertex-has-edges",
        Reason::OutOfBounds => "out-of-bounds",
        Reason::NoRights => "no-rights",
        Reason::Exhausted => "exhausted",
    }
}

/// The name of an operation's session: its client, its number, and how often it has begun anew.
pub(super) fn session(plan: &Plan, op: &Op) -> String {
    format!("{}/{}.{}", plan.name(op.client), op.session.0, op.session.1)
}

impl<'a> Lines<'a> {
    fn new(history: &'a History<'a>, plan: &'a Plan, fates: Option<&'a Fates>) -> Lines<'a> {
        let mut found = Found::new();
        if !plan.statements.is_empty() {
            // What a rule made of several versions is what none of their writers wrote.
            let reads = history.ops.iter().filter(|op| !history.merged.contains(&op.key));
            for (key, returned) in reads.filter_map(|op| Some((op.key, history.returned(op)?))) {
                found.extend(returned.siblings().iter().map(|version| ((version.op, key), version.value)));
            }
        }
        // Version 1 of the format says nothing of fates: where positions tell, the newest log does.
        Lines { history, plan, fates: fates.filter(|_| stamps::has_siblings(history)), found, names: stamps::names(history) }
    }

    fn operation(&self, op: &Op, (started, ended): (usize, Option<usize>), out: &mut String) {
        let plan = self.plan;
        let mut field = |name: &str, value: &str| {
            let gap = if out.ends_with('\n') { "{" } else { "," };
            let _ = write!(out, "{gap}\"{name}\":{value}");
        };
        field("op", &op.id.0.to_string());
        field("session", &quoted(&session(plan, op)));
        field("client", &quoted(plan.name(op.client)));
        field("shard", &quoted(&plan.groups[op.group.index()].name));
        field("key", &quoted(plan.key_name(op.key)));
        self.asked(op, &mut field);
        field("started", &started.to_string());
        field("invoked_us", &op.invoked.0.to_string());
        field("token", &position(op.token));
        if !op.context.is_empty() {
            field("context", &stamps::context(&self.names, self.history.context(op)));
        }
        // Of a write that nobody acknowledged something may have been seen, and be gone.
        let fate = self.fates.filter(|_| op.is_write()).map(|fates| fates.of(op.id));
        if let Some(fate) = fate.filter(|fate| *fate != Fate::Kept || self.history.stamp_of(op).is_some()) {
            stamps::fate(fate, &mut field);
        }
        match op.end.zip(ended) {
            None => field("outcome", "\"open\""),
            Some((end, ended)) => {
                field("ended", &ended.to_string());
                field("ended_us", &end.at.0.to_string());
                self.outcome(end.outcome, &mut field);
                if let Some(replica) = end.replica {
                    field("replica", &quoted(plan.name(replica)));
                }
                field("attempts", &end.attempts.to_string());
            }
        }
        out.push_str("}\n");
    }

    /// What was asked for.
    fn asked(&self, op: &Op, field: &mut impl FnMut(&str, &str)) {
        let plan = self.plan;
        match op.kind {
            Kind::Write(written @ Value::Statement(_)) => {
                field("kind", "\"statement\"");
                field("statement", &quoted(&plan.show(written)));
                let row = |key: KeyId| {
                    let seen = self.found.get(&(op.id, key));
                    let value = seen.map_or("null".to_owned(), |seen| value(&plan.show(*seen)));
                    format!("[{},{value}]", quoted(plan.key_name(key)))
                };
                field("rows", &format!("[{}]", self.history.rows_of(op.id).map(row).collect::<Vec<_>>().join(",")));
            }
            // Where one leader stamps with positions, nothing can be deleted.
            Kind::Write(Value::Nothing) if self.history.concurrent => field("kind", "\"delete\""),
            Kind::Write(written) => {
                field("kind", "\"write\"");
                field("value", &value(&plan.show(written)));
            }
            Kind::Read(mode) => {
                field("kind", "\"read\"");
                field("mode", &quoted(mode.unwrap_or(plan.scenario.read.mode).name()));
            }
        }
    }

    /// How it ended.
    fn outcome(&self, outcome: Outcome, field: &mut impl FnMut(&str, &str)) {
        let (name, why) = match outcome {
            Outcome::Written { .. } | Outcome::Value { .. } | Outcome::Stamped { .. } | Outcome::Siblings { .. } => {
                ("\"ok\"", None)
            }
            Outcome::Rejected(why) => ("\"fail\"", Some(why)),
            Outcome::Indeterminate(why) => ("\"info\"", Some(why)),
        };
        field("outcome", name);
        if let Some(why) = why {
            field("reason", &quoted(reason(why)));
        }
        match outcome {
            Outcome::Written { at } => field("at", &position(at)),
            Outcome::Value { found, applied } => {
                field("value", &found.map_or("null".to_owned(), |version| value(&self.plan.show(version.value))));
                if let Some(version) = found {
                    field("at", &position(version.at));
                    field("written_by", &version.op.0.to_string());
                }
                field("applied", &position(applied));
            }
            Outcome::Stamped { version } => {
                if let Some(version) = self.history.versions.get(version).first() {
                    field("version", &stamps::stamp(&self.names, &version.stamp));
                }
            }
            Outcome::Siblings { found, applied } => {
                field("siblings", &stamps::siblings(&self.names, self.plan, self.history.versions.get(found)));
                field("applied", &stamps::applied(&self.names, self.history.versions.get(applied)));
            }
            Outcome::Rejected(_) | Outcome::Indeterminate(_) => {}
        }
    }
}
