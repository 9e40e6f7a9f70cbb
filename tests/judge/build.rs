//! Histories written by hand or drawn from a seed.

use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Operation, Outcome, Returned, Step};
use replicated_telemetry_store::rng::Rng;

/// A history that begins empty and tells real time.
pub(crate) fn empty(model: Model, keys: u32, sessions: u32) -> Observed {
    Observed {
        model,
        initial: Initial::Absent,
        keys: (0..keys).map(|k| format!("k{k}")).collect(),
        values: (0..200).map(|v| v.to_string()).collect(),
        sessions: (0..sessions).map(|s| s.to_string()).collect(),
        real_time: true,
        ..Observed::default()
    }
}

/// Adds an operation of these steps.
pub(crate) fn add(
    history: &mut Observed,
    session: u32,
    invoked: u64,
    completed: Option<u64>,
    outcome: Outcome,
    calls: Vec<(u32, Call)>,
) {
    let (first, count) = (history.steps.len() as u32, calls.len() as u32);
    history.steps.extend(calls.into_iter().map(|(key, call)| Step { key, call, version: None }));
    history.operations.push(Operation { session, first, count, invoked, completed, outcome, time: None, lines: (0, 0) });
}

pub(crate) fn read(value: Option<u32>) -> Call {
    Call::Read(value.map_or(Returned::Absent, Returned::Value))
}

/// A history in short: each word is one operation, one after the other. `1wx5` is session 1, which writes 5 to x; `r` reads (`-`
/// is nothing), `c` is a compare-and-set (`1cx5>6`), `a` an append, `d` a removal, `l` a read of a list (`1lx1.2`). A word that ends
/// in `?` has no answer, in `!` has failed. `|` ends what is open; words between two `|` that follow a `&` are concurrent.
pub(crate) fn history(model: Model, text: &str) -> Observed {
    let mut history = empty(model, 4, 6);
    let (mut now, mut together) = (0, false);
    for word in text.split_whitespace() {
        match word {
            "&" => together = true,
            "|" => (now, together) = (now + 10, false),
            _ => {
                let outcome = match word.as_bytes()[word.len() - 1] {
                    b'?' => Outcome::Info,
                    b'!' => Outcome::Fail,
                    _ => Outcome::Ok,
                };
                let word = word.trim_end_matches(['?', '!']);
                let session = u32::from(word.as_bytes()[0] - b'0');
                let calls = word[1..].split(',').map(call).collect();
                let completed = (outcome != Outcome::Info).then_some(now + 5);
                add(&mut history, session, now, completed, outcome, calls);
                now += if together { 0 } else { 10 };
            }
        }
    }
    history
}

fn call(word: &str) -> (u32, Call) {
    let key = u32::from(word.as_bytes()[1] - b'x') % 4;
    let rest = &word[2..];
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let call = match word.as_bytes()[0] {
        b'w' => Call::Write(number(rest)),
        b'a' => Call::Append(number(rest)),
        b'd' => Call::Delete,
        b'c' => {
            let (from, to) = rest.split_once('>').expect("from > to");
            Call::CompareAndSet(number(from), number(to))
        }
        b'l' => Call::Read(Returned::List(rest.split('.').filter(|e| !e.is_empty()).map(number).collect())),
        _ if rest == "-" => read(None),
        _ if rest == "?" => Call::Read(Returned::Unknown),
        _ => read(Some(number(rest))),
    };
    (key, call)
}

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) ops: u64,
    pub(crate) sessions: u32,
    pub(crate) keys: u32,
    /// Values are drawn from so few; zero: each is written once.
    pub(crate) values: u64,
    pub(crate) cas: bool,
    /// Of a hundred operations so many have no answer.
    pub(crate) info: u64,
    /// Of a hundred reads so many return anything.
    pub(crate) wild: u64,
    /// Of a hundred reads that are not wild so many return an older value.
    pub(crate) stale: u64,
}

/// A random history of reads and writes: each session does one thing after the other, on a store that is sometimes wrong.
pub(crate) fn random(seed: u64, shape: Shape) -> Observed {
    let mut rng = Rng::keyed(seed, &[7]);
    let model = if shape.cas { Model::CasRegister } else { Model::Register };
    let mut history = empty(model, shape.keys, shape.sessions);
    let mut free = vec![0_u64; shape.sessions as usize];
    let mut written: Vec<Vec<Option<u32>>> = vec![vec![None]; shape.keys as usize];
    let mut fresh = 1;
    let mut now = 0;
    for _ in 0..2 + rng.below(shape.ops - 1) {
        let session = rng.below(u64::from(shape.sessions)) as usize;
        let key = rng.below(u64::from(shape.keys)) as usize;
        now += rng.below(3);
        let invoked = now.max(free[session]);
        let completed = invoked + 1 + rng.below(5);
        free[session] = completed + rng.below(2);
        let mut value = || {
            fresh += 1;
            if shape.values == 0 { fresh - 1 } else { 1 + rng.clone().below(shape.values) as u32 }
        };
        let next = value();
        _ = rng.next_u64();
        let kind = rng.below(if shape.cas { 10 } else { 8 });
        let outcome = if rng.below(100) < shape.info && kind >= 4 { Outcome::Info } else { Outcome::Ok };
        let newest = *written[key].last().expect("the first is there");
        let call = match kind {
            0..4 => {
                let any = rng.below(100) < shape.wild;
                let of = &written[key];
                let back = if any {
                    of.len() as u64
                } else if rng.below(100) < shape.stale {
                    of.len().min(3) as u64
                } else {
                    1
                };
                read(of[of.len() - 1 - rng.below(back) as usize])
            }
            4..8 => Call::Write(next),
            _ => match newest {
                Some(value) if rng.below(100) >= shape.wild => Call::CompareAndSet(value, next),
                _ => Call::CompareAndSet(1 + rng.below(3) as u32, next),
            },
        };
        if kind >= 4 && (outcome == Outcome::Ok || rng.below(2) == 0) {
            written[key].push(Some(next));
        } else if kind >= 4 {
            let at = rng.below(written[key].len() as u64) as usize + 1;
            written[key].insert(at, Some(next));
        }
        let completed = (outcome == Outcome::Ok).then_some(completed);
        add(&mut history, session as u32, invoked, completed, outcome, vec![(key as u32, call)]);
    }
    in_order(&mut history);
    history
}

/// Puts the operations in the order of their invocations.
fn in_order(history: &mut Observed) {
    history.operations.sort_by_key(|op| op.invoked);
}
