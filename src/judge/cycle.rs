//! Orders that contradict themselves: a short cycle in a graph of "comes before", with the reason of each step.

use std::collections::VecDeque;

use super::facts::{Facts, NONE, Source};
use super::report::Evidence;
use super::words::{key_name, operation};
use crate::observed::Key;
use crate::plural::plural;

/// Why one operation comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// One session did them in this order.
    Session,
    /// The second read what the first wrote.
    Read,
    /// This operation had the first in sight and returned the value of the second.
    Seen(u32),
    /// The session of this operation did the first before, and the operation returned the value of the second.
    Followed(u32),
    /// The record shows this order of two writes of a key: versions, or places in a list (ww).
    Version(Key),
    /// The first read the version of a key that the second replaced (rw, an anti-dependency).
    Replaced(Key),
    /// The beginning that the first reads ends before this write of the second to the key.
    Cut(Key),
    /// The first ended before the second began.
    Time,
    /// This operation showed the first, and not yet the second.
    Missed(u32),
}

/// One operation before another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) why: Why,
}

/// Starts of the search for a short cycle.
const STARTS: usize = 64;

/// The edges by their beginnings: where those of a node start, and their numbers.
fn by_start(nodes: usize, edges: &[Edge], start: impl Fn(&Edge) -> u32) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; nodes + 1];
    for edge in edges {
        starts[start(edge) as usize + 1] += 1;
    }
    for i in 0..nodes {
        starts[i + 1] += starts[i];
    }
    let mut fill = starts.clone();
    let mut list = vec![0_u32; edges.len()];
    for (i, edge) in (0_u32..).zip(edges) {
        let place = &mut fill[start(edge) as usize];
        list[*place as usize] = i;
        *place += 1;
    }
    (starts, list)
}

/// Takes away what has nothing before it, again and again. Returns what stays.
fn peel(
    nodes: usize,
    edges: &[Edge],
    alive: Option<&[bool]>,
    from: impl Fn(&Edge) -> u32,
    to: impl Fn(&Edge) -> u32,
) -> Vec<bool> {
    let mut stays = alive.map_or_else(|| vec![true; nodes], <[bool]>::to_vec);
    let (mut starts, mut degree) = (vec![0_u32; nodes + 1], vec![0_u32; nodes]);
    let living = || edges.iter().filter(|e| stays[e.from as usize] && stays[e.to as usize]);
    for edge in living() {
        starts[from(edge) as usize + 1] += 1;
        degree[to(edge) as usize] += 1;
    }
    for i in 0..nodes {
        starts[i + 1] += starts[i];
    }
    // Only where an edge leads is asked for: not its number, but its end is kept.
    let (mut fill, mut ends) = (starts.clone(), vec![0_u32; starts[nodes] as usize]);
    for edge in living() {
        let place = &mut fill[from(edge) as usize];
        ends[*place as usize] = to(edge);
        *place += 1;
    }
    let mut free: Vec<u32> = (0..nodes as u32).filter(|n| stays[*n as usize] && degree[*n as usize] == 0).collect();
    while let Some(node) = free.pop() {
        stays[node as usize] = false;
        for next in &ends[starts[node as usize] as usize..starts[node as usize + 1] as usize] {
            let next = *next as usize;
            if stays[next] {
                degree[next] -= 1;
                if degree[next] == 0 {
                    free.push(next as u32);
                }
            }
        }
    }
    stays
}

/// A short cycle, if there is one.
pub(super) fn find(nodes: usize, edges: &[Edge]) -> Option<Vec<Edge>> {
    let stays = peel(nodes, edges, None, |e| e.from, |e| e.to);
    if !stays.contains(&true) {
        return None;
    }
    let stays = peel(nodes, edges, Some(&stays), |e| e.to, |e| e.from);
    let (starts, list) = by_start(nodes, edges, |e| e.from);
    let candidates = (0..nodes as u32).filter(|n| stays[*n as usize]).take(STARTS);
    let mut best: Option<Vec<Edge>> = None;
    for start in candidates {
        let limit = best.as_ref().map_or(usize::MAX, Vec::len);
        let cycle = around(start, edges, (&starts, &list), &stays);
        best = cycle.filter(|cycle| cycle.len() < limit).or(best);
    }
    // Some node of what stays lies on a cycle; if it was none of the first, follow edges until one repeats.
    best.or_else(|| walk(edges, (&starts, &list), &stays))
}

/// The nodes that lie on cycles, or between two.
pub(super) fn on_cycles(nodes: usize, edges: &[Edge]) -> Vec<u32> {
    let stays = peel(nodes, edges, None, |e| e.from, |e| e.to);
    let stays = if stays.contains(&true) { peel(nodes, edges, Some(&stays), |e| e.to, |e| e.from) } else { stays };
    (0..nodes as u32).filter(|n| stays[*n as usize]).collect()
}

/// The nodes of a graph without cycles, each after those before it.
pub(super) fn sorted(nodes: usize, edges: &[Edge]) -> Vec<u32> {
    let (starts, list) = by_start(nodes, edges, |e| e.from);
    let mut degree = vec![0_u32; nodes];
    for edge in edges {
        degree[edge.to as usize] += 1;
    }
    let mut order: Vec<u32> = (0..nodes as u32).filter(|n| degree[*n as usize] == 0).collect();
    let mut at = 0;
    while at < order.len() {
        let node = order[at] as usize;
        for number in &list[starts[node] as usize..starts[node + 1] as usize] {
            let next = edges[*number as usize].to;
            degree[next as usize] -= 1;
            if degree[next as usize] == 0 {
                order.push(next);
            }
        }
        at += 1;
    }
    order
}

/// The shortest cycle through a node.
fn around(start: u32, edges: &[Edge], (starts, list): (&[u32], &[u32]), stays: &[bool]) -> Option<Vec<Edge>> {
    let mut reached = vec![u32::MAX; stays.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for number in &list[starts[node as usize] as usize..starts[node as usize + 1] as usize] {
            let next = edges[*number as usize].to;
            if !stays[next as usize] || reached[next as usize] != u32::MAX {
                continue;
            }
            reached[next as usize] = *number;
            if next == start {
                let mut cycle = vec![edges[*number as usize]];
                while cycle[cycle.len() - 1].from != start {
                    cycle.push(edges[reached[cycle[cycle.len() - 1].from as usize] as usize]);
                }
                cycle.reverse();
                return Some(cycle);
            }
            queue.push_back(next);
        }
    }
    None
}

/// Any cycle: every node that stays has an edge to another that stays.
fn walk(edges: &[Edge], (starts, list): (&[u32], &[u32]), stays: &[bool]) -> Option<Vec<Edge>> {
    let mut node = stays.iter().position(|s| *s)?;
    let (mut path, mut place) = (Vec::<Edge>::new(), vec![usize::MAX; stays.len()]);
    while place[node] == usize::MAX {
        place[node] = path.len();
        let out = &list[starts[node] as usize..starts[node + 1] as usize];
        let edge = out.iter().map(|number| edges[*number as usize]).find(|edge| stays[edge.to as usize])?;
        path.push(edge);
        node = edge.to as usize;
    }
    Some(path.split_off(place[node]))
}

/// Several steps of the record's order, or of a session, are one.
fn shortened(cycle: &[Edge]) -> Vec<Edge> {
    let mut short: Vec<Edge> = Vec::new();
    for edge in cycle {
        match short.last_mut() {
            Some(last) if last.why == edge.why && matches!(edge.why, Why::Session | Why::Version(_)) && last.from != edge.to => {
                last.to = edge.to;
            }
            _ => short.push(*edge),
        }
    }
    short
}

/// How one unit came into another's sight: what lies between them, from the later one back. Of what a session did in a row only the ends
/// are named.
pub(super) fn way(facts: &Facts<'_>, from: u32, by: u32) -> Vec<u32> {
    let mut next = vec![(NONE, false); facts.history.operations.len()];
    if by as usize >= next.len() {
        return Vec::new();
    }
    let mut queue = VecDeque::from([by]);
    while let Some(unit) = queue.pop_front().filter(|unit| *unit != from) {
        let op = &facts.history.operations[unit as usize];
        let read = (op.first..op.first + op.count).filter_map(|step| match facts.sources[step as usize] {
            Source::Write(write) => Some((facts.op_of[write as usize], false)),
            _ => None,
        });
        let before = Some((facts.before[unit as usize], true)).filter(|(before, _)| *before != NONE);
        for (earlier, session) in read.chain(before) {
            if earlier != by && next[earlier as usize].0 == NONE {
                next[earlier as usize] = (unit, session);
                queue.push_back(earlier);
            }
        }
    }
    let mut way = Vec::new();
    let (mut unit, mut session) = next[from as usize];
    while unit != NONE && unit != by {
        let (later, in_session) = next[unit as usize];
        if !(session && in_session) {
            way.push(unit);
        }
        (unit, session) = (later, in_session);
    }
    way.reverse();
    way
}

pub(super) fn through(way: &[u32]) -> String {
    let numbers: Vec<String> = way.iter().map(u32::to_string).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!(" (through operation {})", numbers[0]),
        _ => format!(" (through operations {})", numbers.join(", ")),
    }
}

/// Steps of a cycle that a sentence names.
const NAMED: usize = 8;

/// The steps of a cycle between operations. A node beyond the operations is the reading half of one; those beyond twice as many are only
/// there so that many may come before many, and the step that leads to one goes on to where it leads.
pub(super) fn between_operations(facts: &Facts<'_>, cycle: &[Edge]) -> Vec<Edge> {
    let count = facts.history.operations.len() as u32;
    let is_op = |node: u32| node < 2 * count;
    let start = cycle.iter().position(|edge| is_op(edge.from)).unwrap_or(0);
    let mut steps: Vec<Edge> = Vec::new();
    for edge in cycle[start..].iter().chain(&cycle[..start]) {
        match steps.last_mut() {
            Some(last) if !is_op(last.to) => last.to = edge.to,
            _ => steps.push(*edge),
        }
    }
    let whole = |e: Edge| Edge { from: e.from % count, to: e.to % count, why: e.why };
    steps.into_iter().map(whole).filter(|e| e.from != e.to).collect()
}

/// A cycle as evidence.
pub(super) fn evidence(facts: &Facts<'_>, cycle: &[Edge]) -> Evidence {
    let cycle = between_operations(facts, cycle);
    let cycle = shortened(&cycle);
    let say = |op: u32| operation(facts.history, op);
    let (mut operations, mut reasons) = (Vec::new(), Vec::new());
    for edge in &cycle {
        operations.push(edge.from);
        let (from, to) = (say(edge.from), say(edge.to));
        reasons.push(match edge.why {
            Why::Session => format!("{from}, and then, in the same session, {to}"),
            Why::Read => format!("{to}: it has read from operation {}, which comes before it", edge.from),
            Why::Version(_) => format!("the record orders operation {} before {}: {from}; {to}", edge.from, edge.to),
            Why::Replaced(key) => {
                let name = key_name(facts.history, key);
                format!("{from}, which is the version of {name} before that of operation {}: {to}", edge.to)
            }
            Why::Cut(key) => {
                let (name, later) = (key_name(facts.history, key), edge.to);
                format!("{from}, so what it reads ends before the write of {name} by operation {later}: {to}")
            }
            Why::Time => format!("{from}, which had ended before {to}"),
            Why::Seen(by) => {
                let way = way(facts, edge.from, by);
                let (first, second, through) = (edge.from, edge.to, through(&way));
                operations.push(by);
                operations.extend(way);
                format!("{}, with operation {first} in sight{through}, so {first} comes before {second}: {from}; {to}", say(by))
            }
            Why::Followed(by) => {
                operations.push(by);
                let (first, second) = (edge.from, edge.to);
                format!("{}, after operation {first} in its session, so {first} comes before {second}: {from}; {to}", say(by))
            }
            Why::Missed(by) => {
                let way = way(facts, edge.from, by);
                let (first, second, through) = (edge.from, edge.to, through(&way));
                operations.push(by);
                operations.extend(way);
                format!("{} shows operation {first}{through} and not yet {second}, so {first} comes before {second}", say(by))
            }
        });
    }
    // The order of a list is shown by whoever read most of it.
    for edge in &cycle {
        if let Why::Version(key) | Why::Replaced(key) | Why::Cut(key) = edge.why
            && let Some(order) = facts.order_of(key).filter(|order| order.longest != NONE)
        {
            operations.push(facts.op_of[order.longest as usize]);
        }
    }
    let more = reasons.len().saturating_sub(NAMED);
    reasons.truncate(NAMED);
    if more > 0 {
        reasons.push(format!("and {} more", plural(more as u64, "step")));
    }
    let mut seen = Vec::new();
    operations.retain(|op| {
        !seen.contains(op) && {
            seen.push(*op);
            true
        }
    });
    Evidence {
        operations,
        key: None,
        text: format!("Each would have to come before itself: {}.", reasons.join("; ")),
        anomaly: None,
    }
}
