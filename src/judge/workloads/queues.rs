//! Queues: what goes in comes out, once, and in order. After Jepsen's `checker/total-queue` and `checker/queue`.
//!
//! A drain takes values until the queue is empty, one after the other: each is a dequeue, somewhere within the drain, and they follow each
//! other as they are listed. *Lost*: an enqueue that ended well before a drain began whose value nobody took out. An `info` dequeue
//! that began before that drain ended may have taken one value, an `info` drain any number; so values are lost only if some are missing that such
//! operations cannot account for. A value that is merely still there is no loss, and is told. *Duplicated*: a value comes out for the n-th time
//! before anybody began to put it in for the n-th time. For n = 1 it is *unexpected*: aborted if only who failed had begun to put it in, else out of thin air. Jepsen
//! only counts duplicates; here they decide with the rest, as nothing but a promise to deliver at least once allows them.
//!
//! *First in, first out* is the order alone: a value whose enqueue ended before that of another began comes out first. By Henzinger, Sezgin
//! and Vafeiadis (CONCUR 2013, aspect-oriented linearizability proofs) a queue of values that are put in once is linearizable if and
//! only if no value comes from nowhere, none comes out twice, the order is kept ([`fifo`]), and no dequeue finds the queue empty when it is not
//! ([`linearizable`]).

mod fifo;
mod linearizable;

use std::collections::BTreeMap;

use super::super::report::{Guarantee, Options, Verdict};
use super::super::words::{key_name, operation, value};
use super::{Object, Op, counted, first, told, violated};
use crate::observed::{Call, Observed, Returned, Value};

/// A value that came out of the queue, by an operation that ended well.
#[derive(Clone, Copy, Debug)]
struct Out<'h> {
    op: Op<'h>,
    /// Its place in what a drain lists.
    place: usize,
}

/// What happened to one value.
#[derive(Clone, Debug, Default)]
struct Item<'h> {
    /// Who put it in or may have, in the order of their invocations.
    ins: Vec<Op<'h>>,
    /// Who failed to.
    failed: Vec<Op<'h>>,
    /// In the order in which they ended.
    outs: Vec<Out<'h>>,
}

/// A queue, value by value.
pub(super) struct Queue<'o, 'h> {
    object: &'o Object<'h>,
    items: BTreeMap<Value, Item<'h>>,
    /// Drains that ended well.
    drains: Vec<Op<'h>>,
    /// When operations began of which nobody knows what they took: who takes one value, and who takes any number.
    takers: Vec<(u64, bool)>,
}

impl<'o, 'h> Queue<'o, 'h> {
    pub(super) fn new(object: &'o Object<'h>) -> Queue<'o, 'h> {
        let mut queue = Queue { object, items: BTreeMap::new(), drains: Vec::new(), takers: Vec::new() };
        for op in &object.ops {
            let mut out = |value: Value, place: usize| queue.items.entry(value).or_default().outs.push(Out { op: *op, place });
            match op.call {
                Call::Enqueue(value) if op.may_be() => queue.items.entry(*value).or_default().ins.push(*op),
                Call::Enqueue(value) => queue.items.entry(*value).or_default().failed.push(*op),
                Call::Dequeue(Returned::Value(value)) if op.is_ok() => out(*value, 0),
                Call::Dequeue(Returned::List(values)) | Call::Drain(Some(values)) if op.is_ok() => {
                    values.iter().enumerate().for_each(|(place, value)| out(*value, place));
                }
                Call::Dequeue(Returned::Absent) if op.is_ok() => {}
                Call::Dequeue(_) if op.may_be() => queue.takers.push((op.invoked, false)),
                Call::Drain(_) if op.may_be() => queue.takers.push((op.invoked, true)),
                _ => {}
            }
            if matches!(op.call, Call::Drain(_)) && op.is_ok() {
                queue.drains.push(*op);
            }
        }
        queue.items.values_mut().for_each(|item| item.outs.sort_by_key(|out| out.op.ended));
        queue
    }

    /// The values of which more were put in than came out, and that have a deadline: who put them in, the first to be due first. Of equal
    /// ones those came out that were to come out first.
    fn missing(&self, deadline: impl Fn(&Op<'h>) -> Option<u64>) -> Vec<(u64, Op<'h>)> {
        let mut missing = Vec::new();
        for item in self.items.values() {
            let sure = item.ins.iter().filter(|op| op.is_ok());
            let mut due: Vec<(Option<u64>, Op<'h>)> = sure.map(|op| (deadline(op), *op)).collect();
            due.sort_by_key(|(until, _)| (until.is_none(), *until));
            missing.extend(due.into_iter().skip(item.outs.len()).filter_map(|(until, op)| Some((until?, op))));
        }
        missing.sort_by_key(|(until, op)| (*until, op.number));
        missing
    }

    /// Of values that each had to be taken until an instant, by operations of which nobody knows what they took: how many are the first
    /// that cannot all have been taken.
    fn unaccounted(&self, missing: &[(u64, Op<'h>)]) -> Option<usize> {
        let mut takers = self.takers.iter().peekable();
        let (mut ones, mut many) = (0, false);
        for (count, (until, _)) in (1..).zip(missing) {
            while let Some((_, any)) = takers.next_if(|(invoked, _)| invoked <= until) {
                ones += usize::from(!any);
                many |= any;
            }
            if !many && count > ones {
                return Some(count);
            }
        }
        None
    }
}

/// Judges a guarantee of queues.
pub(super) fn judge(history: &Observed, queues: &[Queue<'_, '_>], guarantee: Guarantee, options: &Options) -> Verdict {
    let each = |judge: fn(&Observed, &Queue<'_, '_>) -> Option<Verdict>| first(queues, |queue| judge(history, queue));
    match guarantee {
        Guarantee::NoThinAirReads => each(|history, queue| unexpected(history, queue, false)),
        Guarantee::NoAbortedReads => each(|history, queue| unexpected(history, queue, true)),
        Guarantee::NoLostElements => each(lost),
        Guarantee::NoDuplicates => each(duplicate),
        Guarantee::FifoOrder => each(fifo::judge),
        _ => linearizable::judge(history, queues, options),
    }
}

fn unexpected(history: &Observed, queue: &Queue<'_, '_>, aborted: bool) -> Option<Verdict> {
    queue.items.iter().find_map(|(item, all)| {
        let out = all.outs.first()?.op;
        let begun = |op: &&Op<'_>| op.invoked <= out.ended;
        if all.ins.first().is_some_and(|op| begun(&op)) {
            return None;
        }
        let failed = all.failed.iter().find(begun);
        if failed.is_some() != aborted {
            return None;
        }
        let other = failed.or(all.ins.first()).map(|op| op.number);
        let said = operation(history, out.number);
        let text = match (failed, other) {
            (Some(_), Some(other)) => format!("{said}, although {}.", operation(history, other)),
            (_, Some(other)) => format!("{said}, and only later {}.", operation(history, other)),
            _ => format!("{said}; nobody put {} into {}.", value(history, *item), key_name(history, queue.object.key)),
        };
        Some(violated(std::iter::once(out.number).chain(other).collect(), queue.object.key, text))
    })
}

fn duplicate(history: &Observed, queue: &Queue<'_, '_>) -> Option<Verdict> {
    queue.items.iter().find_map(|(item, all)| {
        if all.ins.is_empty() {
            return None;
        }
        let mut nth = all.outs.iter().enumerate().skip(1);
        let (n, _) = nth.find(|(n, out)| all.ins.get(*n).is_none_or(|op| op.invoked > out.op.ended))?;
        let outs: Vec<u32> = all.outs[..=n].iter().map(|out| out.op.number).collect();
        let ins: Vec<u32> = all.ins.iter().take(n + 1).map(|op| op.number).collect();
        let name = value(history, *item);
        let (out, put) = (counted(n + 1, "time"), counted(n, "time"));
        let text = format!(
            "{name} came out {out} and had been put in {put} at most: {}; {}.",
            told(history, &ins),
            told(history, &outs)
        );
        Some(violated([outs, ins].concat(), queue.object.key, text))
    })
}

fn lost(history: &Observed, queue: &Queue<'_, '_>) -> Option<Verdict> {
    // By the start of drains from the last: the first end of those that begin then or later.
    let mut ends: Vec<(u64, u64, u32)> = queue.drains.iter().map(|op| (op.invoked, op.ended, op.number)).collect();
    for at in (0..ends.len().saturating_sub(1)).rev() {
        if ends[at + 1].1 < ends[at].1 {
            (ends[at].1, ends[at].2) = (ends[at + 1].1, ends[at + 1].2);
        }
    }
    let drained = |op: &Op<'_>| ends.get(ends.partition_point(|(invoked, ..)| *invoked <= op.ended));
    let missing = queue.missing(|op| drained(op).map(|(_, end, _)| *end));
    let count = queue.unaccounted(&missing)?;
    let (name, (_, last)) = (key_name(history, queue.object.key), missing[count - 1]);
    let (_, _, drain) = drained(&last)?;
    let ins: Vec<u32> = missing[..count].iter().map(|(_, op)| op.number).collect();
    // Of equal values the proof needs all that went in, the drains that did not find them, and all that came out.
    let equal = missing[..count]
        .iter()
        .filter_map(|(_, op)| if let Call::Enqueue(item) = op.call { queue.items.get(item) } else { None });
    let sure = equal.clone().flat_map(|item| &item.ins).filter(|op| op.is_ok()).map(|op| op.number);
    let in_vain = equal.clone().flat_map(|item| &item.ins).filter_map(drained).map(|(.., drain)| *drain);
    let outs = equal.clone().flat_map(|item| &item.outs).map(|out| out.op.number);
    let others: Vec<u32> = sure.chain(in_vain).chain(outs).collect();
    let said = told(history, &ins[..count.min(4)]);
    let more = if count > 4 { format!("; and {} more", count - 4) } else { String::new() };
    let drained = operation(history, *drain);
    let text = match count {
        1 => format!("Nobody took it out of {name}, which was drained later: {said}; {drained}."),
        _ => format!(
            "Nobody is known to have taken these out of {name}, which was drained later; of {count}, operations without an answer can have \
             taken {} at most: {said}{more}; {drained}.",
            count - 1
        ),
    };
    Some(violated(ins.into_iter().chain([*drain]).chain(others).collect(), queue.object.key, text))
}

/// What the answers rest on, and what is told although it is no violation.
pub(super) fn assumptions(queues: &[Queue<'_, '_>]) -> Vec<String> {
    let mut all = vec!["A queue is empty at the beginning.".to_owned()];
    let (mut left, mut drains) = (0, 0);
    for queue in queues {
        let sure = |item: &Item<'_>| item.ins.iter().filter(|op| op.is_ok()).count();
        left += queue.items.values().map(|item| sure(item).saturating_sub(item.outs.len())).sum::<usize>();
        drains += queue.drains.len();
    }
    if left > 0 {
        let (it, they) = match left {
            1 => ("value was put in and is not known to have come out", "it"),
            _ => ("values were put in and are not known to have come out", "they"),
        };
        let why = if drains == 0 { format!(": {they} may still be there, as nothing drains the queue") } else { String::new() };
        all.push(format!("{left} {it}{why}."));
    }
    if drains > 0 {
        all.push("A drain takes values one after the other until it finds the queue empty.".to_owned());
    }
    all
}
