//! Histories of a store that is right: what its clients see while sixteen of them work at once.

#![expect(clippy::cast_possible_truncation, reason = "numbers of operations, keys and sessions")]

use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Operation, Outcome, Returned, Step};
use replicated_telemetry_store::rng::Rng;

const CLIENTS: usize = 16;

/// What is done at one instant to the right store.
type Act<'a> = &'a mut dyn FnMut(&mut Rng, u32) -> Vec<Step>;

fn step(key: u32, call: Call, version: Option<u64>) -> Step {
    Step { key, call, version }
}

/// Clients that each do one thing after the other; what is done happens at the instants of a right store, in the order of the loop.
fn history(model: Model, operations: u32, keys: u32, act: Act<'_>) -> Observed {
    let mut rng = Rng::keyed(u64::from(operations), &[u64::from(keys)]);
    let mut history = Observed {
        model,
        initial: Initial::Absent,
        keys: (0..keys).map(|k| k.to_string()).collect(),
        sessions: (0..CLIENTS).map(|s| s.to_string()).collect(),
        real_time: true,
        ..Observed::default()
    };
    // Each client is free from some instant on; the one whose next operation takes effect first goes first.
    let mut next: Vec<(u64, usize)> = (0..CLIENTS).map(|client| (1 + rng.below(20), client)).collect();
    let mut free = [0_u64; CLIENTS];
    for number in 0..operations {
        let place = (0..CLIENTS).min_by_key(|i| next[*i]).expect("there are clients");
        let (at, client) = next[place];
        let steps = act(&mut rng, number + 1);
        let (first, count) = (history.steps.len() as u32, steps.len() as u32);
        history.steps.extend(steps);
        let (invoked, completed) = (at - rng.below((at - free[client]).min(10)), at + rng.below(10));
        let (session, outcome, time) = (client as u32, Outcome::Ok, Some((invoked, completed)));
        let operation = Operation { session, first, count, invoked, completed: Some(completed), outcome, time, lines: (0, 0) };
        history.operations.push(operation);
        free[client] = completed;
        next[place].0 = completed + 1 + rng.below(20);
    }
    history.operations.sort_by_key(|op| op.invoked);
    history.values = (0..=operations * 4).map(|v| v.to_string()).collect();
    history
}

fn read(value: Option<u32>) -> Call {
    Call::Read(value.map_or(Returned::Absent, Returned::Value))
}

/// Reads and writes, half and half, of values that are written once.
pub(crate) fn registers(operations: u32, keys: u32) -> Observed {
    let mut holds = vec![None; keys as usize];
    history(Model::Register, operations, keys, &mut |rng, number| {
        let key = rng.below(u64::from(keys)) as u32;
        if rng.below(2) == 0 {
            return vec![step(key, read(holds[key as usize]), None)];
        }
        holds[key as usize] = Some(number);
        vec![step(key, Call::Write(number), None)]
    })
}

/// The same with versions.
pub(crate) fn versioned(operations: u32, keys: u32) -> Observed {
    let mut holds = vec![(None, 0); keys as usize];
    history(Model::Register, operations, keys, &mut |rng, number| {
        let key = rng.below(u64::from(keys)) as u32;
        let (value, version) = &mut holds[key as usize];
        if rng.below(2) == 0 {
            return vec![step(key, read(*value), Some(*version))];
        }
        (*value, *version) = (Some(number), *version + 1);
        vec![step(key, Call::Write(number), Some(*version))]
    })
}

/// Lists that are appended to and read.
pub(crate) fn lists(operations: u32, keys: u32) -> Observed {
    let mut holds: Vec<Vec<u32>> = vec![Vec::new(); keys as usize];
    history(Model::AppendList, operations, keys, &mut |rng, number| {
        let key = rng.below(u64::from(keys)) as u32;
        if rng.below(2) == 0 {
            return vec![step(key, Call::Read(Returned::List(holds[key as usize].clone())), None)];
        }
        holds[key as usize].push(number);
        vec![step(key, Call::Append(number), None)]
    })
}

/// Reads, writes, and compare-and-set, of few values that come again and again.
pub(crate) fn updates(operations: u32, keys: u32) -> Observed {
    let mut holds = vec![None; keys as usize];
    history(Model::CasRegister, operations, keys, &mut |rng, number| {
        let key = rng.below(u64::from(keys)) as u32;
        let held = &mut holds[key as usize];
        match (rng.below(3), *held) {
            (0, value) => vec![step(key, read(value), None)],
            (1, Some(from)) => {
                *held = Some(number);
                vec![step(key, Call::CompareAndSet(from, number), None)]
            }
            _ => {
                *held = Some(number);
                vec![step(key, Call::Write(number), None)]
            }
        }
    })
}

/// Transactions of two reads and two writes.
pub(crate) fn transactions(operations: u32, keys: u32) -> Observed {
    let mut holds = vec![None; keys as usize];
    let mut history = history(Model::Transactions, operations, keys, &mut |rng, number| {
        let mut steps = Vec::new();
        for i in 0..2_u32 {
            let key = rng.below(u64::from(keys)) as u32;
            steps.push(step(key, read(holds[key as usize]), None));
            let key = (key + 1) % keys;
            holds[key as usize] = Some(number * 4 - i);
            steps.push(step(key, Call::Write(number * 4 - i), None));
        }
        steps
    });
    history.real_time = false;
    history
}

/// Transactions of one to four reads and appends on three lists at a time, each of which is left after 32 appends: Jepsen's commonest
/// workload.
pub(crate) fn list_transactions(operations: u32) -> Observed {
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); operations as usize];
    let (mut window, mut fresh, mut element) = ([0_u32, 1, 2], 3, 0);
    history(Model::AppendList, operations, operations, &mut |rng, _| {
        let steps = 1 + rng.below(4);
        let mut done = Vec::new();
        for _ in 0..steps {
            let place = rng.below(3) as usize;
            let key = window[place];
            let list = &mut lists[key as usize];
            if rng.below(2) == 0 {
                element += 1;
                list.push(element);
                done.push(step(key, Call::Append(element), None));
                if list.len() == 32 {
                    (window[place], fresh) = (fresh, fresh + 1);
                }
            } else {
                done.push(step(key, Call::Read(Returned::List(list.clone())), None));
            }
        }
        done
    })
}
