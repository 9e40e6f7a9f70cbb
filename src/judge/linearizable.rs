//! Linearizability (Herlihy and Wing 1990), key by key, each by the fastest way that is exact for it.
//!
//! A history is linearizable if and only if what happened to each key is (locality); keys that one operation touches together are
//! judged together. Versions, where the record has them, leave one scan to do; values that are written once leave a
//! sort ([`zones`](super::zones)); lists show their order ([`lists`](super::lists)). All else is searched, with a budget: all keys in
//! rounds of growing budgets, so that one hard key does not hide the violation of another. Left out beforehand is what cannot matter:
//! operations that failed, reads without a result, and open writes of values that nobody saw.

use super::calls::Call;
use super::facts::{Facts, Source};
use super::lists::Obstacle;
use super::machine::{Act, Machine, State};
use super::report::{Evidence, Options, Verdict};
use super::search::{Outcome, linearize};
use super::zones::{self, Broken, Cluster, Touch};
use super::{reads, reduce, versions, words};
use crate::observed::{self, Initial, Key, Model};

/// What a search has to decide: the keys, their operations, the first state.
struct Problem {
    keys: Vec<Key>,
    calls: Vec<Call>,
    initial: State,
}

/// Why the question is not asked of a history.
pub(super) fn declined(facts: &Facts<'_>) -> Option<Verdict> {
    let history = facts.history;
    let unknown = || facts.history.steps.iter().any(|step| history.initial_of(step.key) == Initial::Unknown);
    let why = if !history.real_time {
        "the record does not tell which operations ended before others began"
    } else if matches!(history.model, Model::AppendText | Model::AppendList) && unknown() {
        "appends need to know what they are put behind, and the initial values are not known"
    } else {
        return None;
    };
    Some(Verdict::NotApplicable(why.to_owned()))
}

/// Judges a history.
pub(super) fn judge(facts: &Facts<'_>, options: &Options) -> Verdict {
    let history = facts.history;
    if let Some(verdict) = declined(facts) {
        return verdict;
    }
    if let Some(evidence) = reads::aborted(facts).or_else(|| reads::from_nowhere(facts)) {
        return Verdict::Violated(evidence);
    }
    if history.operations.iter().any(|op| op.count > 1) {
        return judge_by_search(facts, options);
    }
    let mut machine = Machine::new(history);
    let mut problems = Vec::new();
    let by_key = facts.steps_by_key();
    let mut clusters = vec![u32::MAX; history.steps.len()];
    for (key, steps) in (0_u32..).zip(&by_key) {
        match without_search(facts, options, key, steps, &mut clusters) {
            Some(Some(evidence)) => return Verdict::Violated(evidence),
            Some(None) => {}
            None => problems.push(problem(facts, options, key, steps, &mut machine)),
        }
    }
    search(facts, options, problems, &mut machine)
}

/// Judges a history of operations with several steps by a search alone: the graph of their dependencies is asked before.
pub(super) fn judge_by_search(facts: &Facts<'_>, options: &Options) -> Verdict {
    let mut machine = Machine::new(facts.history);
    let problems = components(facts, &mut machine);
    search(facts, options, problems, &mut machine)
}

/// Decides a key without a search, if that can be done: what stands against it, if anything does.
fn without_search(
    facts: &Facts<'_>,
    options: &Options,
    key: Key,
    steps: &[u32],
    clusters: &mut [u32],
) -> Option<Option<Evidence>> {
    let history = facts.history;
    if history.model == Model::AppendList {
        return match facts.told[key as usize].as_ref().map(|told| &told.order) {
            Some(Err(Obstacle::Broken(evidence))) => Some(Some(evidence.clone())),
            Some(Err(Obstacle::Twice)) => None,
            // Nobody appends to it: whatever was read was there at the beginning, or nobody wrote it.
            None => Some(None),
            Some(Ok(order)) => {
                Some(versions::of_list(facts, steps, order).and_then(|mut items| versions::scan(facts, key, &mut items)))
            }
        };
    }
    let call = |step: &u32| &history.steps[*step as usize].call;
    // What is put behind does not replace what is there, so it is neither a version nor a zone of its own.
    if history.model == Model::AppendText || steps.iter().any(|step| matches!(call(step), observed::Call::Append(_))) {
        return None;
    }
    let swaps = |step: &u32| matches!(call(step), observed::Call::CompareAndSet(..));
    // That a failed one saw another value is a condition that only the search knows.
    let asks_why =
        options.failed_cas_saw_another_value && steps.iter().any(|s| swaps(s) && facts.outcome(*s) == observed::Outcome::Fail);
    let swapped = steps.iter().any(swaps);
    if let Some(mut items) = versions::recorded(facts, steps).filter(|_| !asks_why) {
        let broken = versions::conflict(facts, key, steps).or_else(|| versions::scan(facts, key, &mut items));
        return if broken.is_some() || !swapped { Some(broken) } else { versions::swapped(facts, key, steps, &items) };
    }
    if swapped {
        return None;
    }
    if facts.ambiguous[key as usize].is_some() {
        return None;
    }
    let broken = zones_of(facts, steps, clusters);
    if broken.is_some() && history.initial_of(key) == Initial::Unknown {
        return None;
    }
    Some(broken.map(|broken| explain(facts, key, broken)))
}

/// The clusters of a key whose reads name their writes, and what stands between them.
fn zones_of(facts: &Facts<'_>, steps: &[u32], places: &mut [u32]) -> Option<Broken> {
    let mut clusters = vec![Cluster::new(None)];
    let touch = |step: u32| {
        let op = &facts.history.operations[facts.op_of[step as usize] as usize];
        let completed = op.completed.filter(|_| op.outcome == observed::Outcome::Ok);
        Touch {
            op: facts.op_of[step as usize],
            invoked: op.invoked.saturating_add(1),
            completed: completed.map_or(u64::MAX, |at| at.saturating_add(1)),
        }
    };
    for step in steps {
        let writes = super::facts::written(&facts.history.steps[*step as usize]).is_some();
        if writes && facts.outcome(*step) != observed::Outcome::Fail {
            places[*step as usize] = u32::try_from(clusters.len()).unwrap_or(u32::MAX);
            clusters.push(Cluster::new(Some(touch(*step))));
        }
    }
    let mut broken = None;
    for step in steps {
        let place = match facts.sources[*step as usize] {
            Source::Initial => 0,
            Source::Write(write) => places[write as usize] as usize,
            _ => continue,
        };
        broken = broken.or(clusters[place].read(touch(*step)));
    }
    broken.or_else(|| zones::contradiction(&clusters))
}

fn explain(facts: &Facts<'_>, key: Key, broken: Broken) -> Evidence {
    let (history, name) = (facts.history, words::key_name(facts.history, key));
    let say = |op: u32| words::operation(history, op);
    let lasted = |[from, to]: [u32; 2]| words::from_to(history, from, to);
    let (mut operations, text) = match broken {
        Broken::Future { write, read } => {
            (vec![read, write], format!("{}, before {}: the value was read before its write began.", say(read), say(write)))
        }
        Broken::Both(one, other) => (
            [one, other].concat(),
            format!(
                "{name} would have had to hold two values at once. One from the end of the first of these to the start of the second: \
                 {}. The other likewise, in part at the same time: {}.",
                lasted(one),
                lasted(other)
            ),
        ),
        Broken::Inside(around, inside) => (
            [around, inside].concat(),
            format!(
                "{name} would have had to hold two values at once. One from the end of the first of these to the start of the second: \
                 {}. The other was there wholly within that time: {}.",
                lasted(around),
                lasted(inside)
            ),
        ),
    };
    operations.retain(|op| *op != u32::MAX);
    operations.dedup();
    Evidence { operations, key: Some(key), text, anomaly: None }
}

/// A call, with the times that count: an operation that ended without an answer is open.
fn call(facts: &Facts<'_>, op: u32, act: Act) -> Call {
    let operation = &facts.history.operations[op as usize];
    let completed = if operation.outcome == observed::Outcome::Info { None } else { operation.completed.or(Some(u64::MAX)) };
    Call { op, invoked: operation.invoked, completed, act }
}

/// The search for one key.
fn problem(facts: &Facts<'_>, options: &Options, key: Key, steps: &[u32], machine: &mut Machine<'_>) -> Problem {
    let mut calls = Vec::new();
    for number in steps {
        let step = &facts.history.steps[*number as usize];
        let act = machine.act(facts.outcome(*number), &step.call, options.failed_cas_saw_another_value);
        calls.extend(act.map(|act| call(facts, facts.op_of[*number as usize], act)));
    }
    reduce::unseen(&mut calls);
    let initial = machine.initial(key);
    Problem { keys: vec![key], calls, initial }
}

/// The searches for keys that are touched together.
fn components(facts: &Facts<'_>, machine: &mut Machine<'_>) -> Vec<Problem> {
    let history = facts.history;
    let mut parent: Vec<u32> = (0..history.keys.len() as u32).collect();
    for op in &history.operations {
        for step in history.steps_of(op) {
            let (a, b) = (root(&mut parent, history.steps[op.first as usize].key), root(&mut parent, step.key));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    let mut members: Vec<Vec<Key>> = vec![Vec::new(); history.keys.len()];
    for key in 0..history.keys.len() as u32 {
        members[root(&mut parent, key) as usize].push(key);
    }
    let mut problems: Vec<Problem> = Vec::new();
    let mut place = vec![usize::MAX; history.keys.len()];
    for (number, op) in (0_u32..).zip(&history.operations).filter(|(_, op)| op.count > 0) {
        let root = root(&mut parent, history.steps[op.first as usize].key) as usize;
        if place[root] == usize::MAX {
            place[root] = problems.len();
            let keys = std::mem::take(&mut members[root]);
            let initial = machine.initial_of(&keys);
            problems.push(Problem { keys, calls: Vec::new(), initial });
        }
        let problem = &mut problems[place[root]];
        if op.outcome != observed::Outcome::Fail {
            let act = machine.several(op, &problem.keys);
            problem.calls.extend(act.map(|act| call(facts, number, act)));
        }
    }
    problems
}

fn root(parent: &mut [u32], key: Key) -> Key {
    let mut key = key;
    while parent[key as usize] != key {
        parent[key as usize] = parent[parent[key as usize] as usize];
        key = parent[key as usize];
    }
    key
}

/// Searches all problems, in rounds of growing budgets.
fn search(facts: &Facts<'_>, options: &Options, mut open: Vec<Problem>, machine: &mut Machine<'_>) -> Verdict {
    let mut budget = options.steps.min(1 << 12);
    loop {
        let mut spent = Vec::new();
        for problem in open {
            match linearize(&problem.calls, problem.initial, machine, budget, options.memory) {
                (Outcome::Found, _) => {}
                (Outcome::Impossible(stuck), steps) => {
                    let stuck = problem.calls[stuck].op;
                    let calls = match options.reduce {
                        true => reduce::smallest(&problem.calls, problem.initial, machine, steps),
                        false => problem.calls,
                    };
                    return Verdict::Violated(reduce::evidence(facts, &problem.keys, &calls, stuck));
                }
                (Outcome::Spent, _) => spent.push(problem),
            }
        }
        if spent.is_empty() {
            return Verdict::Holds;
        }
        if budget >= options.steps {
            let names: Vec<String> =
                spent.iter().flat_map(|p| &p.keys).take(3).map(|key| words::key_name(facts.history, *key)).collect();
            return Verdict::Unknown(format!("{} was spent on {}", options.budget(), names.join(", ")));
        }
        (open, budget) = (spent, options.steps.min(budget.saturating_mul(16)));
    }
}
