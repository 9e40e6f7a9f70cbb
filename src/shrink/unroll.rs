//! Streams of operations, made short enough to be written out, and written out as single operations that can be left out one by one.

use crate::family;
use crate::family::single_leader::Label;
use crate::log::OpId;
use crate::log::Value;
use crate::network::Latency;
use crate::operation::Kind;
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{Datum, Event, Scenario, Scheduled, WorkloadKind};
use crate::time::SimDuration;
use crate::trace::What;

/// The most operations of streams that are written out.
const UNROLL_MAX: u64 = 400;
/// In how many forms the operations are written out before the streams are left as they are.
const FORMS: usize = 2;

/// How many operations a stream asks for, at the most.
fn operations(scenario: &Scenario, index: usize) -> u64 {
    let workload = &scenario.workload[index];
    let end = workload.to.unwrap_or(scenario.until).min(scenario.until);
    end.0.saturating_sub(workload.from.0).saturating_mul(u64::from(workload.per_second)) / 1_000_000 + 1
}

/// A scenario with fewer operations, in this way; `None` if there are few enough or no way is left, `Some(None)` if the way leads nowhere.
pub(super) fn thinner(scenario: &Scenario, way: usize) -> Option<Option<Scenario>> {
    let all: u64 = (0..scenario.workload.len()).map(|index| operations(scenario, index)).sum();
    if all <= UNROLL_MAX || way >= scenario.workload.len() * 4 {
        return None;
    }
    let index = way / 4;
    let mut thinner = scenario.clone();
    let (end, few) = (scenario.until, operations(scenario, index) < 2);
    let workload = &mut thinner.workload[index];
    let to = workload.to.unwrap_or(end).min(end);
    match way % 4 {
        0 => drop(thinner.workload.remove(index)),
        _ if few => return Some(None),
        1 => workload.from = SimDuration(workload.from.0.midpoint(to.0)),
        2 => workload.to = Some(SimDuration(workload.from.0.midpoint(to.0))),
        _ if workload.per_second < 2 => return Some(None),
        _ => workload.per_second /= 2,
    }
    Some(Some(thinner))
}

/// The scenario with the operations of its streams in the script, where the clients were told to do them in a run: the reads go
/// where they went. `None` if there are none, or too many, or no form is left.
pub(super) fn unrolled(scenario: &Scenario, form: usize) -> Option<Scenario> {
    let all: u64 = (0..scenario.workload.len()).map(|index| operations(scenario, index)).sum();
    if scenario.workload.is_empty() || all > UNROLL_MAX || form >= FORMS {
        return None;
    }
    let run = Run::of(scenario).ok()?;
    let mut unrolled = scenario.clone();
    unrolled.workload.clear();
    if form == 1 {
        unrolled.links.iter_mut().filter_map(|link| link.latency.as_mut()).for_each(constant);
    }
    let mut fed: Vec<Scheduled> = run.trace.ops.iter().filter_map(|op| of_stream(&run, op.id)).collect();
    unrolled.script.append(&mut fed);
    Some(unrolled)
}

fn constant(latency: &mut Latency) {
    *latency = Latency::Constant(latency.typical());
}

/// The event that asks for an operation of a stream; `None` for one of the script.
fn of_stream(run: &Run, id: OpId) -> Option<Scheduled> {
    let (plan, op) = (&run.plan, &run.trace.ops[id.index()]);
    let streams = plan.feeds.iter().filter(|feed| feed.client == op.client && feed.keys.contains(&op.key));
    let mut kinds = streams.map(|feed| feed.kind == WorkloadKind::Write);
    let scripted = plan.script.iter().any(|(at, _, action)| {
        *at == op.invoked
            && matches!(action, crate::scenario::Action::Invoke { client, key, kind, .. } if (*client, *key, *kind) == (op.client, op.key, op.kind))
    });
    if scripted || !kinds.any(|writes| writes == op.is_write()) {
        return None;
    }
    let (client, key) = (plan.name(op.client).to_owned(), plan.key_name(op.key).to_owned());
    let event = match op.kind {
        Kind::Write(Value::Int(n)) => Event::Write { client, key, value: Datum::Int(n), at: None, condition: None },
        Kind::Write(text @ Value::Text(_)) => {
            Event::Write { client, key, value: Datum::Text(plan.show(text)), at: None, condition: None }
        }
        // A stream writes numbers, and a statement stands in the script.
        Kind::Write(_) => return None,
        Kind::Read(_) => Event::Read { client, key, at: first_asked(run, id), mode: None },
    };
    Some(Scheduled { at: SimDuration(op.invoked.0), event })
}

/// The replica that a read went to first, unless it goes to the leader anyway.
fn first_asked(run: &Run, read: OpId) -> Option<String> {
    if run.plan.scenario.read.mode == ReadMode::Leader {
        return None;
    }
    let from = run.trace.records.partition_point(|r| r.at < run.trace.ops[read.index()].invoked);
    run.trace.records[from..].iter().find_map(|record| match record.what() {
        What::Sent(sent) if matches!(sent.label, family::Label::SingleLeader(Label::Read(op, _)) if op == read) => {
            Some(run.plan.name(sent.dst).to_owned())
        }
        _ => None,
    })
}
