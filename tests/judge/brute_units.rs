//! More definitions, tried out: lists, versions, and transactions.

use replicated_telemetry_store::observed::{Call, Model, Observed, Operation, Outcome, Returned};
use replicated_telemetry_store::rng::Rng;

use crate::judge::brute::some_order;
use crate::judge::build::{add, empty, read, write};

/// Whether the operations of a history have an order that real time allows, on lists and registers, and in which writes of a key come in
/// the order of their versions, where they have some.
pub(crate) fn linearizable(history: &Observed) -> bool {
    type State = Vec<Vec<u32>>;
    fn place(history: &Observed, done: &mut Vec<bool>, state: &mut State) -> bool {
        let ops = &history.operations;
        if ops.iter().zip(done.iter()).all(|(op, done)| *done || op.outcome != Outcome::Ok) {
            return true;
        }
        for i in 0..ops.len() {
            let ended = |op: &Operation| if op.outcome == Outcome::Ok { op.completed.unwrap_or(u64::MAX) } else { u64::MAX };
            let mut others = (0..ops.len()).filter(|j| !done[*j] && *j != i);
            let step = &history.steps_of(&ops[i])[0];
            let older = |j: usize| {
                let other = &history.steps_of(&ops[j])[0];
                other.key == step.key && !matches!(other.call, Call::Read(_)) && other.version < step.version
            };
            let writes = !matches!(step.call, Call::Read(_));
            if done[i] || others.any(|j| ended(&ops[j]) < ops[i].invoked || (writes && step.version.is_some() && older(j))) {
                continue;
            }
            let key = step.key as usize;
            let held = state[key].clone();
            match &step.call {
                Call::Read(Returned::List(list)) if *list == held => {}
                Call::Read(Returned::Value(value)) if held == [*value] => {}
                Call::Read(Returned::Absent) if held.is_empty() => {}
                Call::Append(value) => state[key].push(*value),
                Call::Write(value) => state[key] = vec![*value],
                _ => continue,
            }
            done[i] = true;
            if place(history, done, state) {
                return true;
            }
            done[i] = false;
            state[key] = held;
        }
        false
    }
    place(history, &mut vec![false; history.operations.len()], &mut vec![Vec::new(); history.keys.len()])
}

/// Two to four sessions that append to a list and read it; the elements are new, or of so few values.
pub(crate) fn lists(seed: u64, values: u64) -> Observed {
    let mut rng = Rng::keyed(seed, &[9]);
    let mut history = empty(Model::AppendList, 1, 3);
    let (mut list, mut free, mut now) = (Vec::new(), [0_u64; 3], 0);
    for number in 0..3 + rng.below(5) as u32 {
        let session = rng.below(3) as usize;
        now += rng.below(3);
        let invoked = now.max(free[session]);
        let completed = invoked + 1 + rng.below(5);
        free[session] = completed;
        let element = if values == 0 { number + 1 } else { 1 + rng.below(values) as u32 };
        let (mut outcome, mut call) = (Outcome::Ok, Call::Append(element));
        if rng.below(2) == 0 {
            let mut seen = list.clone();
            seen.truncate(list.len() - rng.below(list.len().min(2) as u64 + 1) as usize * usize::from(rng.below(3) == 0));
            if seen.len() > 1 && rng.below(9) == 0 {
                seen.swap(0, 1);
            }
            call = Call::Read(Returned::List(seen));
        } else if rng.below(8) == 0 {
            outcome = Outcome::Info;
            if rng.below(2) == 0 {
                list.push(element);
            }
        } else {
            let at = list.len() - (rng.below(6) == 0 && !list.is_empty()) as usize;
            list.insert(at, element);
        }
        let completed = (outcome == Outcome::Ok).then_some(completed);
        add(&mut history, session as u32, invoked, completed, outcome, vec![(0, call)]);
    }
    history.operations.sort_by_key(|op| op.invoked);
    history
}

/// Gives each write of a register a version: mostly in the order of the invocations. Reads have the version of what they return.
pub(crate) fn number(history: &mut Observed, seed: u64) {
    let mut rng = Rng::keyed(seed, &[10]);
    let mut versions = Vec::new();
    for op in &history.operations {
        let at = versions.len() - (rng.below(5) == 0 && !versions.is_empty()) as usize;
        versions.insert(at, op.first);
    }
    for (version, step) in (1..).zip(&versions) {
        history.steps[*step as usize].version = Some(version);
    }
    for step in 0..history.steps.len() {
        if let Call::Read(returned) = &history.steps[step].call {
            let source = history.steps.iter().find(|w| {
                w.key == history.steps[step].key && matches!((&w.call, returned), (Call::Write(a), Returned::Value(b)) if a == b)
            });
            history.steps[step].version = source.map_or(Some(0), |w| w.version);
        }
    }
}

/// Three sessions with transactions of one to three steps.
pub(crate) fn transactions(seed: u64) -> Observed {
    let mut rng = Rng::keyed(seed, &[11]);
    let mut history = empty(Model::Transactions, 2, 3);
    history.real_time = false;
    let mut written: [Vec<Option<u32>>; 2] = [vec![None], vec![None]];
    let mut fresh = 0;
    for at in 0..3 + rng.below(3) {
        let mut calls: Vec<(u32, Call)> = Vec::new();
        for _ in 0..1 + rng.below(3) {
            let key = rng.below(2) as u32;
            let of = &mut written[key as usize];
            if rng.below(5) < 3 {
                let back = if rng.below(3) > 0 { rng.below(of.len() as u64) } else { 0 };
                calls.push((key, read(of[of.len() - 1 - back as usize])));
            } else {
                fresh += 1;
                of.push(Some(fresh));
                calls.push((key, write(fresh)));
            }
        }
        let session = rng.below(3) as u32;
        add(&mut history, session, at * 10, Some(at * 10 + 5), Outcome::Ok, calls);
    }
    history
}

/// Whether transactions are causally consistent: some order of all respects what each depends on, and every read returns its own
/// transaction's last write, or the last write of the transactions that it depends on.
pub(crate) fn causal(history: &Observed) -> bool {
    let ops = &history.operations;
    let n = ops.len();
    let last = |op: usize, key: u32, before: usize| {
        let steps = history.steps_of(&ops[op])[..before].iter().rev();
        steps.filter(|s| s.key == key).find_map(|s| if let Call::Write(value) = s.call { Some(value) } else { None })
    };
    let count = |op: usize| ops[op].count as usize;
    let mut hb = vec![vec![false; n]; n];
    // What each transaction reads from others, as it must be explained.
    let mut outside = Vec::new();
    for t in 0..n {
        for (i, step) in history.steps_of(&ops[t]).iter().enumerate() {
            let Call::Read(returned) = &step.call else { continue };
            let value = if let Returned::Value(value) = returned { Some(*value) } else { None };
            if let Some(own) = last(t, step.key, i) {
                if value != Some(own) {
                    return false;
                }
                continue;
            }
            outside.push((t, step.key, value));
            if value.is_some() {
                let Some(w) = (0..n).find(|w| *w != t && last(*w, step.key, count(*w)) == value) else { return false };
                hb[w][t] = true;
            }
        }
        for later in t + 1..n {
            hb[t][later] |= ops[t].session == ops[later].session;
        }
    }
    for b in 0..n {
        for a in 0..n {
            for c in 0..n {
                hb[a][c] |= hb[a][b] && hb[b][c];
            }
        }
    }
    let all: Vec<usize> = (0..n).collect();
    let fits = |order: &[usize]| {
        outside.iter().all(|(t, key, value)| {
            let seen = order.iter().rev().filter(|w| hb[**w][*t]).find_map(|w| last(*w, *key, count(*w)));
            seen == *value
        })
    };
    some_order(&all, &hb, &mut Vec::new(), &fits)
}
