//! The JSON lines of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{quoted, value};
use crate::history::{Event, Op};
use crate::import::{OWN_FORMAT, OWN_VERSION};
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::operation::{Kind, Outcome, Reason};
use crate::run::Run;

/// Where each operation starts and ends in the order of the record.
fn places(run: &Run) -> Vec<(Option<usize>, Option<usize>)> {
    let mut places = vec![(None, None); run.trace.ops.len()];
    for (at, event) in run.history().events.into_iter().enumerate() {
        match event {
            Event::Invoke(op) => places[op.index()].0 = Some(at + 1),
            Event::Complete(op) => places[op.index()].1 = Some(at + 1),
        }
    }
    places
}

/// What readers found of what an operation wrote to a key.
type Found = BTreeMap<(OpId, KeyId), Value>;

pub(super) fn write(run: &Run) -> String {
    let scenario = &run.plan.scenario;
    // A text in JSON has no line end of its own, so lines can be joined.
    let whole = scenario.to_json().lines().map(str::trim_start).collect::<String>();
    let mut out = format!(
        "{{\"format\":\"{OWN_FORMAT}\",\"version\":{OWN_VERSION},\"crate_version\":\"{}\",\"title\":{},\"seed\":{},\
         \"trace_digest\":\"{}\",\"stopped_early\":{},\"scenario\":{whole}}}\n",
        env!("CARGO_PKG_VERSION"),
        quoted(&scenario.title),
        scenario.seed,
        run.trace.digest,
        run.stopped_early().is_some(),
    );
    let mut found = Found::new();
    if !run.plan.statements.is_empty() {
        let versions = run.trace.ops.iter().filter_map(|op| Some((op.key, op.returned()??)));
        found.extend(versions.map(|(key, version)| ((version.op, key), version.value)));
    }
    let history = run.history();
    for (op, (started, ended)) in run.trace.ops.iter().zip(places(run)) {
        let rows: Vec<KeyId> = history.rows_of(op.id).collect();
        // An operation that its client was told to do and never came to is not there for anybody.
        if let Some(started) = started {
            operation(run, op, (started, ended), (&rows, &found), &mut out);
        }
    }
    out
}

fn position(at: Position) -> String {
    format!("[{},{}]", at.epoch, at.lsn)
}

pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::TimedOut => "timed-out",
        Reason::NoLeader => "no-leader",
        Reason::Deposed => "deposed",
        Reason::NoReplicaFreshEnough => "no-replica-fresh-enough",
        Reason::SessionLost => "session-lost",
    }
}

/// The name of an operation's session: its client, its number, and how often it has begun anew.
pub(super) fn session(run: &Run, op: &Op) -> String {
    format!("{}/{}.{}", run.plan.name(op.client), op.session.0, op.session.1)
}

fn operation(run: &Run, op: &Op, (started, ended): (usize, Option<usize>), (rows, found): (&[KeyId], &Found), out: &mut String) {
    let plan = &run.plan;
    let mut field = |name: &str, value: &str| {
        let gap = if out.ends_with('\n') { "{" } else { "," };
        let _ = write!(out, "{gap}\"{name}\":{value}");
    };
    field("op", &op.id.0.to_string());
    field("session", &quoted(&session(run, op)));
    field("client", &quoted(plan.name(op.client)));
    field("shard", &quoted(&plan.groups[op.group.index()].name));
    field("key", &quoted(plan.key_name(op.key)));
    match op.kind {
        Kind::Write(written @ Value::Statement(_)) => {
            field("kind", "\"statement\"");
            field("statement", &quoted(&plan.show(written)));
            let row = |key: &KeyId| {
                let value = found.get(&(op.id, *key)).map_or("null".to_owned(), |seen| value(&plan.show(*seen)));
                format!("[{},{value}]", quoted(plan.key_name(*key)))
            };
            field("rows", &format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join(",")));
        }
        Kind::Write(written) => {
            field("kind", "\"write\"");
            field("value", &value(&plan.show(written)));
        }
        Kind::Read(mode) => {
            field("kind", "\"read\"");
            field("mode", &quoted(mode.unwrap_or(plan.scenario.read.mode).name()));
        }
    }
    field("started", &started.to_string());
    field("invoked_us", &op.invoked.0.to_string());
    field("token", &position(op.token));
    let Some((end, ended)) = op.end.zip(ended) else {
        field("outcome", "\"open\"");
        out.push_str("}\n");
        return;
    };
    field("ended", &ended.to_string());
    field("ended_us", &end.at.0.to_string());
    let (name, why) = match end.outcome {
        Outcome::Written { .. } | Outcome::Value { .. } | Outcome::Stamped { .. } | Outcome::Siblings { .. } => ("\"ok\"", None),
        Outcome::Rejected(why) => ("\"fail\"", Some(why)),
        Outcome::Indeterminate(why) => ("\"info\"", Some(why)),
    };
    field("outcome", name);
    if let Some(why) = why {
        field("reason", &quoted(reason(why)));
    }
    match end.outcome {
        Outcome::Written { at } => field("at", &position(at)),
        Outcome::Value { found, applied } => {
            field("value", &found.map_or("null".to_owned(), |version| value(&plan.show(version.value))));
            if let Some(version) = found {
                field("at", &position(version.at));
                field("written_by", &version.op.0.to_string());
            }
            field("applied", &position(applied));
        }
        _ => {}
    }
    if let Some(replica) = end.replica {
        field("replica", &quoted(plan.name(replica)));
    }
    field("attempts", &end.attempts.to_string());
    out.push_str("}\n");
}
