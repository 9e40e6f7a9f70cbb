//! Random histories of a store that does one thing after the other, and is now and then wrong.

use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty};

/// What is drawn.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) model: Model,
    pub(super) ops: u64,
    /// Of a hundred operations so many have no answer, and so many fail.
    pub(super) info: u64,
    pub(super) fail: u64,
    /// How long an operation takes at most; the longer, the more run at once.
    pub(super) long: u64,
}

/// An operation before it takes effect.
struct Planned {
    session: u32,
    invoked: u64,
    completed: Option<u64>,
    outcome: Outcome,
    /// When it takes effect, if it does; what failed may have all the same, in a store that is wrong.
    effect: Option<u64>,
}

/// Draws when operations run, lets `serve` do them in the order of their effects, and puts them down in the order of their invocations.
/// `serve` is told the outcome, and whether the operation has an effect.
pub(super) fn history(seed: u64, shape: Shape, mut serve: impl FnMut(&mut Rng, Outcome, bool) -> Call) -> Observed {
    let mut rng = Rng::keyed(seed, &[0x21, shape.model as u64]);
    let mut history = empty(shape.model, 1, 3);
    let (mut now, mut free) = (0, [0; 3]);
    let mut planned = Vec::new();
    for _ in 0..shape.ops - rng.below(shape.ops / 2) {
        let session = rng.below(3) as usize;
        now += rng.below(3);
        let invoked = now.max(free[session]);
        let end = invoked + rng.below(shape.long + 1);
        free[session] = end + rng.below(2);
        let kind = rng.below(100);
        let outcome = match kind {
            _ if kind < shape.info => Outcome::Info,
            _ if kind < shape.info + shape.fail => Outcome::Fail,
            _ => Outcome::Ok,
        };
        let at = invoked + rng.below(end - invoked + 1);
        let effect = match outcome {
            Outcome::Ok => Some(at),
            Outcome::Fail => (rng.below(4) == 0).then_some(at),
            Outcome::Info => (rng.below(2) == 0).then_some(at + rng.below(8)),
        };
        // Some that ended well have no end in the record.
        let ends = outcome != Outcome::Info && (outcome == Outcome::Fail || rng.below(25) > 0);
        planned.push(Planned { session: session as u32, invoked, completed: ends.then_some(end), outcome, effect });
    }
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|n| planned[*n].effect.unwrap_or(planned[*n].invoked));
    let mut calls: Vec<Option<Call>> = vec![None; planned.len()];
    for n in order {
        calls[n] = Some(serve(&mut rng, planned[n].outcome, planned[n].effect.is_some()));
    }
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|n| planned[*n].invoked);
    for n in order {
        let op = &planned[n];
        let call = calls[n].take().expect("each was served");
        add(&mut history, op.session, op.invoked, op.completed, op.outcome, vec![(0, call)]);
    }
    history
}
