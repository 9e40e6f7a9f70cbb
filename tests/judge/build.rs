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
/// is nothing, `*` is not known), `c` is a compare-and-set (`1cx5>6`), `a` an append, `d` a removal, `l` a read of a list (`1lx1.2`). A word that ends
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
        _ if rest.is_empty() || rest == "*" => Call::Read(Returned::Unknown),
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
    /// Of a hundred operations so many are reads.
    pub(crate) reads: u64,
    /// The first session writes in most cases, and the others mostly read.
    pub(crate) roles: bool,
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
    for _ in 0..shape.ops - rng.below(shape.ops / 2) {
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
        let reads = match (shape.roles, session) {
            (false, _) => shape.reads,
            (true, 0) => 5,
            (true, _) => 90,
        };
        let kind = if rng.below(100) < reads { 0 } else { 4 + rng.below(if shape.cas { 6 } else { 4 }) };
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
                Some(value) if shape.values == 0 || rng.below(100) >= shape.wild => Call::CompareAndSet(value, next),
                _ if shape.values == 0 => Call::Write(next),
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

/// A history, one operation a line.
pub(crate) fn shown(history: &Observed) -> String {
    let line = |op: &Operation| {
        let ended = op.completed.map_or_else(String::new, |at| at.to_string());
        let steps: Vec<String> =
            history.steps_of(op).iter().map(|s| format!("k{} {:?} {:?}", s.key, s.call, s.version)).collect();
        format!("session {} {}..{ended} {:?}: {}", op.session, op.invoked, op.outcome, steps.join(", "))
    };
    history.operations.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A random history around a shape that decides monotonic writes or (`relayed`) writes-follow-reads: one session writes twice, or one
/// writes and another reads that and writes; a third reads the second write and then, perhaps, something older than the first.
pub(crate) fn planted(seed: u64, relayed: bool) -> Observed {
    let mut rng = Rng::keyed(seed, &[8]);
    let mut history = empty(Model::Register, 2, 3);
    let mut key = || rng.below(2) as u32;
    let (one, two) = (key(), key());
    let mut scripts: [Vec<(u32, Call)>; 3] = Default::default();
    scripts[0].push((one, Call::Write(1)));
    if relayed {
        scripts[1].push((one, read(Some(1))));
    }
    scripts[usize::from(relayed)].push((two, Call::Write(2)));
    scripts[2].push((two, read(Some(2))));
    let older = [None, Some(1), Some(3), Some(4)];
    scripts[2].push((one, read(older[rng.below(4) as usize])));
    scripts[rng.below(2) as usize].insert(0, (one, Call::Write(3)));
    scripts[rng.below(3) as usize].push((one, Call::Write(4)));
    for value in 5..5 + rng.below(3) as u32 {
        let (session, key) = (rng.below(3) as usize, rng.below(2) as u32);
        let seen = 1 + rng.below(4) as u32;
        let holds = if seen == 2 { two } else { one };
        let call = if rng.below(2) == 0 { (key, Call::Write(value)) } else { (holds, read(Some(seen))) };
        let at = rng.below(scripts[session].len() as u64 + 1) as usize;
        scripts[session].insert(at, call);
    }
    let mut now = 0;
    while let Some(session) = (0..3).filter(|s| !scripts[*s].is_empty()).max_by_key(|_| rng.next_u64()) {
        let call = scripts[session].remove(0);
        let lost = rng.below(20) == 0 && matches!(call.1, Call::Write(_));
        let outcome = if lost { Outcome::Info } else { Outcome::Ok };
        add(&mut history, session as u32, now, (!lost).then_some(now + 1), outcome, vec![call]);
        now += 2;
    }
    history
}

pub(crate) fn write(value: u32) -> Call {
    Call::Write(value)
}
