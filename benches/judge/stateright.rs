//! Histories as stateright's tester takes them: one tester for each key, which is fed in the order of events.
//!
//! The tester remembers nothing of what it has tried, and may take for ever; on records it runs in a process of its own that is
//! stopped after a while.

#![expect(clippy::disallowed_types, reason = "a benchmark reads the clock")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome, Returned, Value};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

/// The argument that makes this benchmark the other process.
pub(crate) const CHILD: &str = "stateright-alone";
/// How long it may take for one record.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a key holds: the number of a value, or a text.
#[derive(Clone, Debug, PartialEq)]
enum Holds {
    Number(Option<Value>),
    Text(String),
}

/// What is done to a key.
#[derive(Clone, Debug)]
enum Does {
    Read,
    Write(Holds),
    Swap(Value, Value),
    Append(String),
}

impl SequentialSpec for Holds {
    type Op = Does;
    /// What a read returned; nothing for all else.
    type Ret = Option<Holds>;

    fn invoke(&mut self, op: &Does) -> Option<Holds> {
        match (op, &mut *self) {
            (Does::Read, held) => return Some(held.clone()),
            (Does::Write(new), held) => *held = new.clone(),
            (Does::Swap(from, to), Holds::Number(held)) if *held == Some(*from) => *held = Some(*to),
            (Does::Append(more), Holds::Text(text)) => text.push_str(more),
            (Does::Swap(..) | Does::Append(_), _) => {}
        }
        None
    }

    fn is_valid_step(&mut self, op: &Does, ret: &Option<Holds>) -> bool {
        match op {
            Does::Read => ret.as_ref() == Some(self),
            Does::Swap(from, _) if *self != Holds::Number(Some(*from)) => false,
            _ => self.invoke(op).is_none(),
        }
    }
}

/// The tester of one key.
type Tester = LinearizabilityTester<u32, Holds>;

/// The testers of a history, one for each key, with everything in them.
fn testers(history: &Observed) -> Vec<Tester> {
    let text = |value: Value| history.values[value as usize].clone();
    let texts = history.model == Model::AppendText;
    let holds = |value: Value| if texts { Holds::Text(text(value)) } else { Holds::Number(Some(value)) };
    let initial = match history.initial {
        Initial::Value(value) => holds(value),
        _ if texts => Holds::Text(String::new()),
        _ => Holds::Number(None),
    };
    let mut events = Vec::new();
    for (i, op) in history.operations.iter().enumerate() {
        let blind = matches!(history.steps_of(op)[0].call, Call::Read(Returned::Unknown));
        if op.outcome != Outcome::Fail && !blind {
            events.push((op.invoked, false, i));
            events.extend(op.completed.map(|at| (at, true, i)));
        }
    }
    events.sort_unstable();
    let mut testers: BTreeMap<u32, Tester> = BTreeMap::new();
    // A session that goes on after an operation without an answer is another thread here.
    let mut threads = vec![0_u32; history.sessions.len()];
    for (_, ends, i) in events {
        let op = &history.operations[i];
        let step = &history.steps_of(op)[0];
        let tester = testers.entry(step.key).or_insert_with(|| LinearizabilityTester::new(initial.clone()));
        let thread = op.session + threads[op.session as usize] * u32::try_from(history.sessions.len()).expect("few sessions");
        let (does, told) = match &step.call {
            Call::Read(Returned::Value(value)) => (Does::Read, Some(holds(*value))),
            Call::Read(_) => (Does::Read, Some(initial.clone())),
            Call::Write(value) => (Does::Write(holds(*value)), None),
            Call::CompareAndSet(from, to) => (Does::Swap(*from, *to), None),
            Call::Append(value) => (Does::Append(text(*value)), None),
            Call::Delete => (Does::Write(initial.clone()), None),
            workload => panic!("only registers and texts are measured beside it, not {workload:?}"),
        };
        let fed = if ends { tester.on_return(thread, told) } else { tester.on_invoke(thread, does) };
        fed.expect("calls and returns of a thread alternate");
        threads[op.session as usize] += u32::from(!ends && op.completed.is_none());
    }
    testers.into_values().collect()
}

/// Whether every key is linearizable.
pub(crate) fn holds(history: &Observed) -> bool {
    testers(history).iter().all(ConsistencyTester::is_consistent)
}

/// What came of a record.
pub(crate) enum Answer {
    /// Whether it is linearizable, and the nanoseconds that it took.
    Known(bool, u128),
    /// It took longer than so many nanoseconds.
    Slow(u128),
}

/// Asks another process.
pub(crate) fn measure(file: &Path) -> Answer {
    let program = std::env::current_exe().expect("this program is somewhere");
    let start = Instant::now();
    let child = Command::new(program).arg(CHILD).arg(file).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("this program can be started");
    while child.try_wait().expect("a child can be waited for").is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().expect("a child can be stopped");
            child.wait().expect("a child ends");
            return Answer::Slow(PATIENCE.as_nanos());
        }
        sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("a child ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let words = text.trim().split_once(' ').and_then(|(holds, time)| Some((holds == "true", time.parse().ok()?)));
    words.map_or_else(|| panic!("{} gave {text:?}", file.display()), |(holds, time)| Answer::Known(holds, time))
}
