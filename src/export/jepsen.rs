//! A run as Jepsen's history.
//!
//! Where several leaders keep versions beside each other every read returns a list, as reads of a multi-value register do; where each read of a
//! run was shown one value at most, because the last writer wins or a rule merges, values stand alone, as of a register.

use std::fmt::Write as _;

use super::lines::{reason, session};
use super::{quoted, value};
use crate::family::multi_leader::Policy;
use crate::history::{Event, History, Op, Returned};
use crate::log::Value;
use crate::operation::{Kind, Outcome};
use crate::run::Run;
use crate::scenario::Plan;

/// The processes of a session: which are free to do something.
#[derive(Default)]
struct Processes {
    /// The names of sessions.
    sessions: Vec<String>,
    /// For each process its session, and whether it is free. One that ended `:info` never is again.
    all: Vec<(usize, bool)>,
}

impl Processes {
    fn take(&mut self, name: String) -> usize {
        let session = self.sessions.iter().position(|other| *other == name).unwrap_or_else(|| {
            self.sessions.push(name);
            self.sessions.len() - 1
        });
        let free = self.all.iter().position(|(other, free)| *other == session && *free).unwrap_or_else(|| {
            self.all.push((session, true));
            self.all.len() - 1
        });
        self.all[free].1 = false;
        free
    }
}

pub(super) fn write(run: &Run) -> String {
    let mut processes = Processes::default();
    let mut taken = vec![0; run.trace.ops.len()];
    let mut out = String::new();
    let pairs = run.plan.keys.len() > 1;
    let history = run.history();
    let lists = keeps_several(run);
    for (index, event) in history.events.iter().enumerate() {
        let (Event::Invoke(id) | Event::Complete(id)) = *event;
        let op = &run.trace.ops[id.index()];
        let ends = matches!(event, Event::Complete(_));
        if !ends {
            taken[id.index()] = processes.take(session(&run.plan, op));
        }
        let process = taken[id.index()];
        let kind = if ends { kind(op) } else { "invoke" };
        processes.all[process].1 = ends && kind != "info";
        let f = if op.is_write() { "write" } else { "read" };
        let what = shown(&history, &run.plan, op, ends, lists);
        let what = if pairs { format!("[{} {what}]", quoted(run.plan.key_name(op.key))) } else { what };
        let at = op.end.filter(|_| ends).map_or(op.invoked, |end| end.at);
        let _ = write!(
            out,
            "{{:process {process}, :type :{kind}, :f :{f}, :value {what}, :time {}, :index {index}, :session {}",
            at.0.saturating_mul(1_000),
            quoted(&session(&run.plan, op)),
        );
        if let (true, Some(Outcome::Rejected(why) | Outcome::Indeterminate(why))) = (ends, op.end.map(|end| end.outcome)) {
            let _ = write!(out, ", :error :{}", reason(why));
        }
        out.push_str("}\n");
    }
    out
}

/// How an operation ended. A read without an answer has no effect, so it has failed.
fn kind(op: &Op) -> &'static str {
    match op.end.map(|end| end.outcome) {
        Some(Outcome::Written { .. } | Outcome::Value { .. } | Outcome::Stamped { .. } | Outcome::Siblings { .. }) => "ok",
        Some(Outcome::Rejected(_)) => "fail",
        _ if !op.is_write() => "fail",
        _ => "info",
    }
}

/// Whether reads are shown several values: some read was, or there is a key of which all versions are kept, or any replica may answer.
fn keeps_several(run: &Run) -> bool {
    let several = |op: &Op| match op.end.map(|end| end.outcome) {
        Some(Outcome::Siblings { found, .. }) => run.plan.values_read(op.key, run.trace.versions.get(found)).len() > 1,
        Some(
            Outcome::Written { .. }
            | Outcome::Value { .. }
            | Outcome::Stamped { .. }
            | Outcome::Rejected(_)
            | Outcome::Indeterminate(_),
        )
        | None => false,
    };
    run.plan.family.is_leaderless() || run.plan.policies.contains(&Policy::Siblings) || run.trace.ops.iter().any(several)
}

/// What an operation writes, or has returned: of a store that keeps concurrent values, all of them in brackets.
fn shown(history: &History<'_>, plan: &Plan, op: &Op, ends: bool, lists: bool) -> String {
    let of = |written: Value| value(&plan.show(written));
    match op.kind {
        Kind::Write(written) => of(written),
        Kind::Read(_) => match history.returned(op).filter(|_| ends) {
            None | Some(Returned::Nothing) => "nil".to_owned(),
            Some(Returned::One(version)) => of(version.value),
            Some(Returned::Several(siblings)) => {
                let all: Vec<String> = plan.values_read(op.key, siblings).into_iter().map(of).collect();
                match all.as_slice() {
                    [] if !lists => "nil".to_owned(),
                    [one] if !lists => one.clone(),
                    all => format!("[{}]", all.join(" ")),
                }
            }
        },
    }
}
