//! First in, first out: the order of a queue, by the bad patterns of Henzinger, Sezgin and Vafeiadis (CONCUR 2013).
//!
//! Of two values of which one was put in before the other, the first has to come out no later. So each value that was put in has a
//! deadline: the first end of a dequeue that took something which was put in only after it. Whoever took it after the deadline broke the
//! order; if nobody is known to have taken it, an operation without an answer has to have done so, which began before the deadline; and if
//! there are fewer such than values, one was overtaken. That is exact: `info` operations end at no time, so they fit in wherever they
//! had begun, and the orders of enqueues and of dequeues contradict each other only in pairs. Values have to be put in once and come out once.

use super::super::super::report::Verdict;
use super::super::super::words::{key_name, operation, value};
use super::super::{Op, told, violated};
use super::{Out, Queue};
use crate::observed::{Observed, Value};

/// A dequeue that sets a deadline: until when, by which place in a drain, who put the value in, who took it.
#[derive(Clone, Copy)]
struct Deadline<'h> {
    put: Op<'h>,
    out: Out<'h>,
}

/// A value that more than one may have put in, or that came out more than once.
pub(super) fn repeated(queue: &Queue<'_, '_>) -> Option<Value> {
    queue.items.iter().find(|(_, item)| item.ins.len() > 1 || item.outs.len() > 1).map(|(value, _)| *value)
}

/// Judges the order of a queue.
pub(super) fn judge(history: &Observed, queue: &Queue<'_, '_>) -> Option<Verdict> {
    if let Some(item) = repeated(queue) {
        let name = value(history, item);
        return Some(Verdict::NotApplicable(format!("values are not unique: {name} was put in or came out more than once")));
    }
    out_of_order(history, queue)
}

/// Looks for values out of order, among those that were put in once and came out once at most.
pub(super) fn out_of_order<'h>(history: &Observed, queue: &Queue<'_, 'h>) -> Option<Verdict> {
    let single = queue.items.values().filter(|item| item.ins.len() == 1 && item.outs.len() == 1);
    let mut outs: Vec<Deadline<'_>> = single.map(|item| Deadline { put: item.ins[0], out: item.outs[0] }).collect();
    outs.sort_by_key(|deadline| deadline.put.invoked);
    // From each place on, the dequeue that ended first.
    let mut earliest: Vec<Deadline<'_>> = outs.clone();
    for at in (0..earliest.len().saturating_sub(1)).rev() {
        if earliest[at + 1].out.op.ended < earliest[at].out.op.ended {
            earliest[at] = earliest[at + 1];
        }
    }
    let later = |put: &Op<'_>| earliest.get(outs.partition_point(|other| other.put.invoked <= put.ended)).copied();
    let overtaken = |own: &Deadline<'h>| {
        let other = later(&own.put).filter(|other| other.out.op.ended < own.out.op.invoked)?;
        Some((*own, other))
    };
    if let Some((own, other)) = outs.iter().find_map(overtaken).or_else(|| within_a_drain(&outs)) {
        let operations = vec![own.put.number, other.put.number, other.out.op.number, own.out.op.number];
        let text = format!("Out of order: {}.", told(history, &operations));
        return Some(violated(operations, queue.object.key, text));
    }
    if repeated(queue).is_some() {
        return None;
    }
    let missing = queue.missing(|op| later(op).map(|other| other.out.op.ended));
    let count = queue.unaccounted(&missing)?;
    let (_, put) = missing[count - 1];
    let other = later(&put)?;
    let ins: Vec<u32> = missing[..count].iter().map(|(_, op)| op.number).collect();
    let taken = match count {
        1 => "nobody is known to have taken it".to_owned(),
        _ => format!(
            "of the {count} values that were to come out before, operations without an answer can have taken {} at most",
            count - 1
        ),
    };
    let (name, after) = (key_name(history, queue.object.key), [other.put.number, other.out.op.number]);
    let text = format!(
        "What was put into {name} later came out first: {}; {}; and {taken}.",
        operation(history, put.number),
        told(history, &after)
    );
    Some(violated(ins.into_iter().chain(after).collect(), queue.object.key, text))
}

/// A value that was put in first, and another that a drain lists before it.
fn within_a_drain<'h>(outs: &[Deadline<'h>]) -> Option<(Deadline<'h>, Deadline<'h>)> {
    let mut listed = outs.to_vec();
    listed.sort_by_key(|deadline| (deadline.out.op.number, deadline.out.place));
    let mut last: Option<Deadline<'h>> = None;
    for own in listed {
        last = last.filter(|last| last.out.op.number == own.out.op.number);
        if let Some(last) = last.filter(|last| own.put.ended < last.put.invoked) {
            return Some((own, last));
        }
        last = last.filter(|last| last.put.invoked >= own.put.invoked).or(Some(own));
    }
    None
}
