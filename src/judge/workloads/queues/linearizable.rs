//! Linearizability of a queue: by its four bad patterns where they are exact, else by a search.
//!
//! After Henzinger, Sezgin and Vafeiadis (CONCUR 2013). Three patterns are judged on their own: values from nowhere, values that come out
//! twice, values out of order. The fourth is a dequeue that finds nothing: it needs an instant at which the queue can have been empty. A value is
//! certainly there between the end of its enqueue and the start of its dequeue; so such a dequeue contradicts the rest if these times
//! together cover all of it. That is exact if each value is put in once and all is known that was taken. Where an operation without an
//! answer may have taken something, a dequeue that finds nothing leaves a choice, and is searched with a budget.

use super::super::super::machine::Machine;
use super::super::super::report::{Options, Verdict};
use super::super::super::words::{key_name, operation};
use super::super::bank::call;
use super::super::order::{self, Problem};
use super::super::transitions::Transition;
use super::super::{Op, first, told, violated};
use super::{Queue, duplicate, fifo, unexpected};
use crate::observed::{Call, Observed, Returned, Value};

/// Judges linearizability.
pub(super) fn judge(history: &Observed, queues: &[Queue<'_, '_>], options: &Options) -> Verdict {
    let calls = || queues.iter().flat_map(|queue| &queue.object.ops).filter(|op| op.may_be());
    if calls().any(|op| matches!(op.call, Call::Drain(_) | Call::Dequeue(Returned::List(_)))) {
        let why = "who takes out several values does many things, and not one at one instant";
        return Verdict::NotApplicable(why.to_owned());
    }
    let early = first(queues, |queue| {
        let nowhere = unexpected(history, queue, true).or_else(|| unexpected(history, queue, false));
        nowhere.or_else(|| duplicate(history, queue)).or_else(|| fifo::out_of_order(history, queue))
    });
    if early != Verdict::Holds {
        return early;
    }
    let empty = first(queues, |queue| if exact(queue) { found_empty(history, queue) } else { None });
    let mut open = queues.iter().filter(|queue| !exact(queue)).peekable();
    if empty != Verdict::Holds || open.peek().is_none() {
        return empty;
    }
    let mut machine = Machine::new(history);
    let problems: Vec<Problem> = open.map(|queue| problem(queue, &mut machine)).collect();
    order::judge(history, options, &problems, &mut machine)
}

/// Whether the patterns say all: values are unique, and nothing is found empty or all is known that was taken.
fn exact(queue: &Queue<'_, '_>) -> bool {
    let ok = || queue.object.ops.iter().filter(|op| op.is_ok());
    let unknown = ok().any(|op| matches!(op.call, Call::Dequeue(Returned::Unknown)));
    let empty = ok().any(|op| matches!(op.call, Call::Dequeue(Returned::Absent)));
    fifo::repeated(queue).is_none() && !unknown && (!empty || queue.takers.is_empty())
}

/// A dequeue that finds nothing while some value is there all the time.
fn found_empty(history: &Observed, queue: &Queue<'_, '_>) -> Option<Verdict> {
    // Times at which a value is there, without their ends; of what never came out until the end of time.
    let mut there: Vec<(u64, u64, Value)> = Vec::new();
    for (value, item) in &queue.items {
        let (Some(put), out) = (item.ins.first(), item.outs.first()) else { continue };
        let until = out.map_or(u64::MAX, |out| out.op.invoked);
        if put.ended < until {
            there.push((put.ended, until, *value));
        }
    }
    there.sort_unstable();
    let mut covered: Vec<(u64, u64)> = Vec::new();
    for (from, until, _) in &there {
        match covered.last_mut() {
            Some((_, last)) if from < last => *last = (*last).max(*until),
            _ => covered.push((*from, *until)),
        }
    }
    let empty = queue.object.ops.iter().filter(|op| op.is_ok() && matches!(op.call, Call::Dequeue(Returned::Absent)));
    let holds_all = |op: &&Op<'_>| {
        let before = covered.partition_point(|(from, _)| *from < op.invoked);
        // What has no end may have ended at any time: the end of time covers nothing beyond it.
        before.checked_sub(1).is_some_and(|at| op.ended < covered[at].1 || covered[at].1 == u64::MAX)
    };
    let op = empty.into_iter().find(holds_all)?;
    // The fewest values that cover it: each time the one that stays longest.
    let (mut at, mut operations) = (op.invoked, vec![op.number]);
    loop {
        let begun = there.iter().filter(|(from, until, _)| *from < at && *until > at);
        let Some((_, until, value)) = begun.max_by_key(|(_, until, _)| *until) else { break };
        let item = &queue.items[value];
        operations.extend(item.ins.first().map(|put| put.number));
        operations.extend(item.outs.first().map(|out| out.op.number));
        at = *until;
        if at > op.ended || at == u64::MAX {
            break;
        }
    }
    let name = key_name(history, queue.object.key);
    let text = format!(
        "{name} was never empty during this: {}; some of these values were in it all the time: {}.",
        operation(history, op.number),
        told(history, &operations[1..])
    );
    Some(violated(operations, queue.object.key, text))
}

fn problem(queue: &Queue<'_, '_>, machine: &mut Machine<'_>) -> Problem {
    let ops = &queue.object.ops;
    let unknown = |op: &Op<'_>| op.is_ok() && matches!(op.call, Call::Dequeue(Returned::Unknown));
    // What may have been put in and never came out can be taken to have never been there, if all that was taken is known.
    let needless = |item: &Value| queue.items[item].outs.is_empty() && !ops.iter().any(unknown);
    let calls = ops.iter().filter(|op| op.may_be()).filter_map(|op| {
        let transition = match op.call {
            Call::Enqueue(item) if !op.is_ok() && needless(item) => return None,
            Call::Enqueue(item) => Transition::Enqueue(*item),
            Call::Dequeue(Returned::Value(item)) if op.is_ok() => Transition::Dequeue(*item),
            Call::Dequeue(Returned::Absent) if op.is_ok() => Transition::FindEmpty,
            Call::Dequeue(_) => Transition::DequeueAny,
            _ => return None,
        };
        Some(call(op, machine.transition(transition)))
    });
    let calls = calls.collect();
    let initial = machine.state_of_words(&[]);
    Problem { key: queue.object.key, calls, initial, unknown: None }
}
