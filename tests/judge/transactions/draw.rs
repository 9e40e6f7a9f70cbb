//! Random histories of a few transactions, as a simulated store answers them: a right one, or one that is wrong in a known way.
//!
//! Sessions run side by side, one step at a time. What a history tells beside the answers differs too: real time, the order of each session
//! alone, or not even that.

use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty};

/// How the store treats a transaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Store {
    /// All steps at one instant.
    Serial,
    /// Reads from the state at its first step; of two that write the same key the second to end fails.
    Snapshot,
    /// Reads from some earlier state, one for all keys, and writes at its end, whatever others wrote.
    Stale,
    /// The same, but never from an earlier state than its session has read from or written.
    StaleInSessions,
    /// Reads whatever is committed at the moment, and writes at its end.
    Committed,
    /// Reads each key from some earlier state, one for each key, and writes at its end.
    Skewed,
    /// The same, but of no key from an earlier state than its session has read from or written it.
    SkewedInSessions,
    /// Reads and writes at once what others have not committed.
    Dirty,
}

/// What a history tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Told {
    RealTime,
    Sessions,
    /// Every transaction is a session of its own, with real time.
    Sessionless,
    /// Neither times nor sessions.
    Nothing,
}

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) lists: bool,
    /// One of these for each history.
    pub(crate) told: &'static [Told],
    /// One of these for each history.
    pub(crate) stores: &'static [Store],
    /// At most so many transactions.
    pub(crate) most: u64,
    /// At most so many steps for each.
    pub(crate) steps: u64,
    pub(crate) keys: u64,
    pub(crate) sessions: u64,
    /// Of a hundred steps so many are reads.
    pub(crate) reads: u64,
    /// Whether the first session mostly writes, and the others mostly read.
    pub(crate) roles: bool,
    /// Of a hundred histories so many have one read or two that return something else.
    pub(crate) wrong: u64,
    /// Whether such a read may return what nobody wrote.
    pub(crate) made_up: bool,
    /// Of a hundred transactions so many end without an answer, and half as many fail.
    pub(crate) lost: u64,
}

/// The store, and all that was ever in it.
struct World {
    lists: bool,
    /// The committed states, the newest last.
    states: Vec<Vec<Vec<u32>>>,
    /// All values that a key ever held, committed or not.
    held: Vec<Vec<Vec<u32>>>,
}

impl World {
    fn put(&mut self, held: &mut Vec<u32>, key: usize, value: u32) {
        if !self.lists {
            held.clear();
        }
        held.push(value);
        self.held[key].push(held.clone());
    }

    fn commit(&mut self, writes: &[(usize, u32)]) {
        let mut state = self.states.last().expect("the first state").clone();
        for (key, value) in writes {
            self.put(&mut state[*key], *key, *value);
        }
        self.states.push(state);
    }
}

/// A transaction on its way.
struct Running {
    session: usize,
    invoked: u64,
    left: Vec<(usize, Option<u32>)>,
    /// The state that it reads of each key, as a place in the committed states.
    from: Vec<usize>,
    /// What the key it wrote held at the time, and the value.
    writes: Vec<(usize, u32)>,
    done: Vec<(usize, Call)>,
}

/// A random history.
pub(crate) fn random(seed: u64, shape: Shape) -> Observed {
    let mut rng = Rng::keyed(seed, &[0x7A]);
    let store = shape.stores[rng.below(shape.stores.len() as u64) as usize];
    let (keys, sessions) = (1 + rng.below(shape.keys), 1 + rng.below(shape.sessions));
    let model = if shape.lists { Model::AppendList } else { Model::Transactions };
    let mut history = empty(model, keys as u32, sessions as u32);
    let first = vec![Vec::new(); keys as usize];
    let held = vec![vec![Vec::new()]; keys as usize];
    let mut world = World { lists: shape.lists, states: vec![first], held };
    let mut running: Vec<Option<Running>> = (0..sessions).map(|_| None).collect();
    let mut floors = vec![vec![0; keys as usize]; sessions as usize];
    let (mut begun, mut fresh, mut now) = (0, 0, 0);
    let many = 2 + rng.below(shape.most - 1);
    loop {
        let session = rng.below(sessions) as usize;
        now += rng.below(3);
        let Some(mut unit) = running[session].take() else {
            if begun < many {
                begun += 1;
                let reads = match (shape.roles, session) {
                    (false, _) => shape.reads,
                    (true, 0) => 10,
                    (true, _) => 80,
                };
                let left = script(&mut rng, Shape { reads, ..shape }, keys, &mut fresh);
                let from = begin(&mut rng, store, &world, &floors[session]);
                running[session] = Some(Running { session, invoked: now, left, from, writes: Vec::new(), done: Vec::new() });
            } else if running.iter().all(Option::is_none) {
                break;
            }
            continue;
        };
        if store == Store::Serial {
            unit.from.fill(world.states.len() - 1);
            while !unit.left.is_empty() {
                step(&mut unit, &mut world, store);
            }
        }
        if unit.left.is_empty() {
            now += 1;
            end(&mut history, &mut rng, &mut world, unit, (store, shape, now), &mut floors);
        } else {
            step(&mut unit, &mut world, store);
            running[session] = Some(unit);
        }
    }
    if rng.below(100) < shape.wrong {
        for _ in 0..1 + rng.below(2) {
            corrupt(&mut history, &mut rng, &world, shape.made_up);
        }
    }
    history.operations.sort_by_key(|op| op.invoked);
    tell(&mut history, shape.told[rng.below(shape.told.len() as u64) as usize]);
    history
}

/// The keys of a transaction's steps, with the value for each write.
fn script(rng: &mut Rng, shape: Shape, keys: u64, fresh: &mut u32) -> Vec<(usize, Option<u32>)> {
    let count = 1 + rng.below(shape.steps).min(rng.below(shape.steps + 1));
    let step = |_| {
        let write = rng.below(100) >= shape.reads;
        *fresh += u32::from(write);
        (rng.below(keys) as usize, write.then_some(*fresh))
    };
    (0..count).map(step).collect()
}

/// The states from which a transaction reads.
fn begin(rng: &mut Rng, store: Store, world: &World, floors: &[usize]) -> Vec<usize> {
    let (newest, keys) = (world.states.len() - 1, floors.len());
    let mut back = |least: usize| newest - (rng.below(newest as u64 + 1) as usize).min(rng.below(4) as usize).min(newest - least);
    match store {
        Store::Stale => vec![back(0); keys],
        Store::StaleInSessions => vec![back(floors.iter().copied().max().unwrap_or(0)); keys],
        Store::Skewed => (0..keys).map(|_| back(0)).collect(),
        Store::SkewedInSessions => floors.iter().map(|floor| back(*floor)).collect(),
        Store::Serial | Store::Snapshot | Store::Committed | Store::Dirty => vec![newest; keys],
    }
}

/// Does the next step of a transaction.
fn step(unit: &mut Running, world: &mut World, store: Store) {
    let (key, write) = unit.left.remove(0);
    if let Some(value) = write {
        unit.writes.push((key, value));
        let call = if world.lists { Call::Append(value) } else { Call::Write(value) };
        unit.done.push((key, call));
        if store == Store::Dirty {
            world.commit(&[(key, value)]);
        }
        return;
    }
    let current = matches!(store, Store::Committed | Store::Dirty);
    let from = if current { world.states.len() - 1 } else { unit.from[key] };
    let mut held = world.states[from][key].clone();
    for (_, value) in unit.writes.iter().filter(|(of, _)| *of == key && store != Store::Dirty) {
        world.put(&mut held, key, *value);
    }
    unit.done.push((key, Call::Read(returned(world.lists, held))));
}

fn returned(lists: bool, held: Vec<u32>) -> Returned {
    match held.last() {
        None => Returned::Absent,
        Some(_) if lists => Returned::List(held),
        Some(value) => Returned::Value(*value),
    }
}

/// Ends a transaction in one of three ways.
fn end(
    history: &mut Observed,
    rng: &mut Rng,
    world: &mut World,
    mut unit: Running,
    how: (Store, Shape, u64),
    floors: &mut [Vec<usize>],
) {
    let (store, shape, now) = how;
    let since =
        |world: &World, key: usize| world.states.last().map(|state| &state[key]) != Some(&world.states[unit.from[key]][key]);
    let conflict = store == Store::Snapshot && unit.writes.iter().any(|(key, _)| since(world, *key));
    let lot = rng.below(200);
    let outcome = match lot {
        _ if conflict => Outcome::Fail,
        lot if lot < shape.lost => Outcome::Fail,
        lot if lot < shape.lost * 3 => Outcome::Info,
        _ => Outcome::Ok,
    };
    let seen = &mut floors[unit.session];
    for (key, call) in &unit.done {
        if matches!(call, Call::Read(_)) {
            seen[*key] = seen[*key].max(unit.from[*key]);
        }
    }
    if store != Store::Dirty && (outcome == Outcome::Ok || (outcome == Outcome::Info && rng.below(2) == 0)) {
        world.commit(&unit.writes);
        for (key, _) in &unit.writes {
            seen[*key] = world.states.len() - 1;
        }
    }
    if outcome == Outcome::Info || (outcome == Outcome::Fail && rng.below(2) == 0) {
        for (_, call) in &mut unit.done {
            if matches!(call, Call::Read(_)) {
                *call = Call::Read(Returned::Unknown);
            }
        }
    }
    let completed = (outcome != Outcome::Info).then_some(now);
    let calls = unit.done.into_iter().map(|(key, call)| (key as u32, call)).collect();
    add(history, unit.session as u32, unit.invoked, completed, outcome, calls);
}

/// Lets a read return something else: what its key held at another time, an own later write, or what never was.
fn corrupt(history: &mut Observed, rng: &mut Rng, world: &World, made_up: bool) {
    let op = history.operations[rng.below(history.operations.len() as u64) as usize];
    let at = (op.first + rng.below(u64::from(op.count)) as u32) as usize;
    let (key, end) = (history.steps[at].key, (op.first + op.count) as usize);
    let held = &world.held[key as usize];
    let mut other = held[rng.below(held.len() as u64) as usize].clone();
    match rng.below(8) {
        0 => {
            let own = |step: &replicated_telemetry_store::observed::Step| match step.call {
                Call::Append(value) | Call::Write(value) if step.key == key => Some(value),
                _ => None,
            };
            other.extend(history.steps[at..end].iter().find_map(own));
            other.dedup();
        }
        1 if other.len() > 1 => _ = other.remove(rng.below(other.len() as u64) as usize),
        2 if other.len() > 1 => other.rotate_left(1),
        3 if made_up && rng.below(3) == 0 => other.push(150),
        _ => {}
    }
    if let Call::Read(was) = &mut history.steps[at].call
        && *was != Returned::Unknown
    {
        *was = returned(world.lists, other);
    }
}

/// Leaves out what a history does not tell.
fn tell(history: &mut Observed, told: Told) {
    history.real_time = matches!(told, Told::RealTime | Told::Sessionless);
    history.sessionless = matches!(told, Told::Sessionless | Told::Nothing);
    if history.sessionless {
        history.sessions = (0..history.operations.len()).map(|s| s.to_string()).collect();
        for (session, op) in history.operations.iter_mut().enumerate() {
            op.session = session as u32;
        }
    }
    if !history.real_time {
        for (at, op) in (0..).zip(&mut history.operations) {
            (op.invoked, op.completed) = (at * 2, op.completed.map(|_| at * 2 + 1));
        }
    }
}
