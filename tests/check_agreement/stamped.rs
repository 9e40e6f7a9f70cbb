//! Random histories whose versions may be concurrent: those of `random`, with version vectors, dots or clocks instead of positions, and
//! reads of several siblings.

use replicated_telemetry_store::history::{By, Fate, Fates, History, Op, Scope, Sibling};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::router::Bound;
use replicated_telemetry_store::version::{Actor, Arena, Clock, Dot, DottedVersion, Stamp, VersionVector};

use crate::check_agreement::random::{Sample, sample};

/// A history of a store with other stamps than positions, and which operations' versions survived.
#[derive(Debug)]
pub(crate) struct Stamped {
    pub(crate) sample: Sample,
    pub(crate) versions: Arena<Sibling>,
    pub(crate) scope: Scope,
}

fn small(n: u64) -> u32 {
    u32::try_from(n).expect("small")
}

fn vector(rng: &mut Rng, most: u64) -> VersionVector {
    VersionVector::of((0..3).map(|actor| (Actor(actor), rng.below(most + 1))))
}

/// A stamp of a kind: 0 vector, 1 dotted, 2 clock. Later operations mostly have the larger ones.
fn stamp(rng: &mut Rng, kind: u64, place: usize) -> Stamp {
    let most = 1 + place as u64 / 2;
    match kind {
        0 => Stamp::vector(vector(rng, most)),
        1 => {
            let past = vector(rng, most);
            let actor = Actor(small(rng.below(3)));
            let dot = Dot { actor, count: past.get(actor) + 1 + rng.below(2) };
            Stamp::dotted(DottedVersion::new(dot, past).expect("the dot is new"))
        }
        _ => Stamp::Clock(Clock { time: rng.below(2 * most), count: small(rng.below(2)), actor: Actor(small(rng.below(3))) }),
    }
}

/// The history of a seed: that of positions with the same operations, with other versions.
pub(crate) fn stamped(seed: u64) -> Stamped {
    let mut sample = sample(seed);
    let rng = &mut Rng::keyed(seed, &[0x51B]);
    let kind = rng.below(3);
    let stamps: Vec<Stamp> = (0..sample.ops.len()).map(|place| stamp(rng, kind, place)).collect();
    let mut versions = Arena::default();
    let writes = sample.ops.clone();
    for op in &mut sample.ops {
        let own = stamps[op.id.index()].clone();
        let Some(end) = &mut op.end else { continue };
        match end.outcome {
            Outcome::Written { .. } => {
                let Kind::Write(value) = op.kind else { panic!("{op:?} wrote and is no write") };
                end.outcome = Outcome::Stamped { version: versions.add([Sibling { stamp: own, value, op: op.id }]) };
            }
            Outcome::Value { .. } => {
                let known: Vec<&Op> =
                    writes[..op.id.index()].iter().filter(|other| other.is_write() && other.key == op.key).collect();
                let count = if known.is_empty() { 0 } else { [0, 1, 1, 2, 2, 3][usize::try_from(rng.below(6)).expect("small")] };
                let found: Vec<Sibling> = (0..count).map(|_| sibling(rng, &known, &stamps)).collect();
                let found = versions.add(found);
                let applied: Vec<Sibling> = (0..rng.below(3))
                    .map(|_| Sibling { stamp: stamp(rng, kind, stamps.len()), value: Value::Nothing, op: OpId::NONE })
                    .collect();
                end.outcome = Outcome::Siblings { found, applied: versions.add(applied) };
            }
            Outcome::Stamped { .. } | Outcome::Siblings { .. } | Outcome::Rejected(_) | Outcome::Indeterminate(_) => {}
        }
    }
    let scope = if rng.below(2) == 0 { Scope::Group } else { Scope::Key };
    Stamped { sample, versions, scope }
}

/// What a read returns: mostly a late write as it was written; now and then something that makes no sense.
fn sibling(rng: &mut Rng, known: &[&Op], stamps: &[Stamp]) -> Sibling {
    let mut place = || usize::try_from(rng.below(known.len() as u64)).expect("small");
    let write = known[place().max(place())];
    let Kind::Write(value) = write.kind else { panic!("{write:?} is no write") };
    let right = Sibling { stamp: stamps[write.id.index()].clone(), value, op: write.id };
    match rng.below(40) {
        0 => Sibling { value: Value::Int(-1), ..right },
        1 => Sibling { op: OpId(1_000), ..right },
        2 => Sibling { stamp: stamps[usize::try_from(rng.below(stamps.len() as u64)).expect("small")].clone(), ..right },
        _ => right,
    }
}

impl Stamped {
    pub(crate) fn history(&self, bound: Bound) -> History<'_> {
        let Sample { ops, events, groups, .. } = &self.sample;
        let (versions, scope) = (self.versions.clone(), self.scope);
        History { ops, events: events.clone(), groups: *groups, bound, versions, scope, ..History::default() }
    }

    pub(crate) fn fates(&self) -> Fates {
        let fate = |survives: &bool| if *survives { Fate::Kept } else { Fate::Discarded(By::Unknown) };
        Fates(self.sample.survives.iter().map(fate).collect())
    }
}

/// The same, where writes carry as context what was written to their key before, in part.
pub(crate) fn with_contexts(seed: u64) -> Stamped {
    let mut stamped = stamped(seed);
    let rng = &mut Rng::keyed(seed, &[0xC0]);
    let writes: Vec<(Op, Stamp)> = {
        let history = stamped.history(Bound::default());
        let stamps = |op: &Op| Some((*op, history.stamp_of(op)?));
        stamped.sample.ops.iter().filter_map(stamps).collect()
    };
    for op in stamped.sample.ops.iter_mut().filter(|op| op.is_write()) {
        let earlier = writes.iter().filter(|(other, _)| other.id < op.id && other.key == op.key && rng.below(4) == 0);
        let seen = earlier.map(|(other, stamp)| Sibling { stamp: stamp.clone(), value: Value::Nothing, op: other.id });
        let seen: Vec<Sibling> = seen.collect();
        op.context = stamped.versions.add(seen);
    }
    stamped
}

/// Some writes of each key, as what is left in the end.
pub(crate) fn left(seed: u64, stamped: &Stamped) -> Vec<(KeyId, Vec<Sibling>)> {
    let rng = &mut Rng::keyed(seed, &[0x1EF7]);
    let history = stamped.history(Bound::default());
    let mut kept = |key| {
        let writes = stamped.sample.ops.iter().filter(|op| op.key == KeyId(key));
        let versions = writes.filter_map(|op| Some(Sibling { stamp: history.stamp_of(op)?, value: Value::Nothing, op: op.id }));
        (KeyId(key), versions.filter(|_| rng.below(4) == 0).collect())
    };
    (0..2).map(&mut kept).collect()
}
