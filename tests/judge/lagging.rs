//! Histories of right stores that lag, too large for definitions: what they show is a prefix, so no checker may say otherwise.
//!
//! Small histories rarely leave the search for a sequence a choice that it has to take back. Here many sessions read old states of a
//! few keys, and nothing tells the order of the writes.

use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty, read};

/// Sessions that each see a beginning of one log of writes, which grows. The record has them one after the other and tells no real time, so that
/// the order of its lines is of no help.
fn prefixes(seed: u64) -> Observed {
    let mut rng = Rng::new(seed);
    let (keys, sessions) = (2 + rng.below(4), 3 + rng.below(6));
    let mut history = Observed { real_time: false, ..empty(Model::Register, keys as u32, sessions as u32) };
    let mut log: Vec<(u32, u32)> = Vec::new();
    let mut seen = vec![0_usize; sessions as usize];
    let mut done: Vec<Vec<(u32, Call)>> = vec![Vec::new(); sessions as usize];
    for _ in 0..40 + rng.below(120) {
        let (session, key) = (rng.below(sessions) as usize, rng.below(keys) as u32);
        let call = if rng.below(100) < 45 && log.len() < 199 {
            log.push((key, log.len() as u32 + 1));
            Call::Write(log.len() as u32)
        } else {
            let ahead = rng.below((log.len() - seen[session]) as u64 + 1).min(rng.below(12)) as usize;
            seen[session] += ahead;
            read(log[..seen[session]].iter().rev().find(|(of, _)| *of == key).map(|(_, value)| *value))
        };
        done[session].push((key, call));
    }
    let steps = done.into_iter().zip(0..).flat_map(|(steps, session)| steps.into_iter().map(move |step| (session, step)));
    for ((session, step), now) in steps.zip(0..) {
        add(&mut history, session, now, Some(now), Outcome::Ok, vec![step]);
    }
    history
}

#[test]
fn a_store_that_shows_prefixes_is_never_said_to_break_them() {
    let options = Options { guarantees: vec![Guarantee::ConsistentPrefix], ..Options::default() };
    let mut held = 0;
    for seed in 0..400 {
        match judge(&prefixes(seed), &options).verdicts.remove(0).1 {
            Verdict::Holds => held += 1,
            Verdict::Unknown(_) => {}
            other => panic!("seed {seed}: {other:?}"),
        }
    }
    assert!(held > 350, "only {held} of 400 are known to hold");
}
