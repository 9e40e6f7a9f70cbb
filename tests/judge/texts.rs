//! Texts that are written anew, appended to and read, tried out: all orders of a few operations on one key.

use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Operation, Outcome, Returned};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty};

/// What is written and appended: texts of which some begin others, so that a read does not tell what it is made of.
const PIECES: [&str; 4] = ["a", "b", "ab", "aa"];

fn value(history: &mut Observed, text: &str) -> u32 {
    let known = history.values.iter().position(|value| value == text);
    let place = known.unwrap_or_else(|| {
        history.values.push(text.to_owned());
        history.values.len() - 1
    });
    u32::try_from(place).expect("few values")
}

/// A random history of one text: what is read is what is there, or what was there before, or something like it.
pub(crate) fn random(seed: u64) -> Observed {
    let mut rng = Rng::keyed(seed, &[9]);
    let mut history = empty(Model::AppendText, 1, 3);
    history.values = vec![String::new()];
    history.initial = Initial::Value(0);
    let (mut free, mut now) = ([0_u64; 3], 0);
    let mut held = vec![String::new()];
    for _ in 0..7 - rng.below(3) {
        let session = rng.below(3) as usize;
        now += rng.below(3);
        let invoked = now.max(free[session]);
        let completed = invoked + 1 + rng.below(6);
        free[session] = completed + rng.below(2);
        let piece = PIECES[rng.below(4) as usize];
        let newest = held.last().expect("the first is there").clone();
        let lost = rng.below(10) == 0;
        let call = match rng.below(10) {
            0..2 => {
                held.push(piece.to_owned());
                Call::Write(value(&mut history, piece))
            }
            2..6 => {
                held.push(newest + piece);
                Call::Append(value(&mut history, piece))
            }
            _ => {
                let seen = match rng.below(8) {
                    0 => newest + piece,
                    1..3 => held[held.len().saturating_sub(2)].clone(),
                    _ => newest,
                };
                Call::Read(Returned::Value(value(&mut history, &seen)))
            }
        };
        let outcome = if lost { Outcome::Info } else { Outcome::Ok };
        add(&mut history, session as u32, invoked, (!lost).then_some(completed), outcome, vec![(0, call)]);
    }
    history.operations.sort_by_key(|op| op.invoked);
    history
}

/// Whether all operations, and any of those without an answer, can be put in an order that real time allows.
pub(crate) fn linearizable(history: &Observed) -> bool {
    fn place(history: &Observed, done: &mut Vec<bool>, held: &str) -> bool {
        let ops = &history.operations;
        if ops.iter().zip(done.iter()).all(|(op, done)| *done || op.outcome == Outcome::Info) {
            return true;
        }
        let ended = |op: &Operation| op.completed.unwrap_or(u64::MAX);
        for i in 0..ops.len() {
            let may_be_next = (0..ops.len()).all(|j| done[j] || ended(&ops[j]) >= ops[i].invoked);
            if done[i] || !may_be_next {
                continue;
            }
            let text = |value: u32| history.values[value as usize].as_str();
            let next = match &history.steps_of(&ops[i])[0].call {
                Call::Read(Returned::Value(seen)) if text(*seen) == held => held.to_owned(),
                Call::Write(new) => text(*new).to_owned(),
                Call::Append(more) => format!("{held}{}", text(*more)),
                _ => continue,
            };
            done[i] = true;
            if place(history, done, &next) {
                return true;
            }
            done[i] = false;
        }
        false
    }
    place(history, &mut vec![false; history.operations.len()], "")
}

/// So many appends at once, behind what is perhaps written before them or at the same time; then a read, in which the last that was invoked
/// stands first.
pub(crate) fn appended_at_once(first: &str, appends: u32) -> Observed {
    let mut history = empty(Model::AppendText, 1, appends + 2);
    history.values = vec![String::new()];
    history.initial = Initial::Value(0);
    let end = u64::from(appends) + 10;
    let mut seen = String::new();
    for session in 0..appends {
        let piece = format!("[{session}]");
        seen.insert_str(0, &piece);
        let call = Call::Append(value(&mut history, &piece));
        add(&mut history, session, u64::from(session) + 1, Some(end), Outcome::Ok, vec![(0, call)]);
    }
    if !first.is_empty() {
        let call = Call::Write(value(&mut history, first));
        add(&mut history, appends, 0, Some(end), Outcome::Ok, vec![(0, call)]);
    }
    let call = Call::Read(Returned::Value(value(&mut history, &format!("{first}{seen}"))));
    add(&mut history, appends + 1, end + 1, Some(end + 2), Outcome::Ok, vec![(0, call)]);
    history.operations.sort_by_key(|op| op.invoked);
    history
}
