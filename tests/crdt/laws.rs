//! The one test of laws, for all types.
//!
//! States form a semilattice: merge is commutative, associative and idempotent, and updates are inflationary (Shapiro et al., SSS 2011).
//! Every permutation and duplication of what is delivered converges. And whether states, operations or deltas travel, readers see the
//! same at every step. Each law is a function that says which history breaks it, so that mutants can be tried too.

use std::fmt::Debug;

use replicated_telemetry_store::crdt::{Delivery, OpBased, StateBased, UpdateError};
use replicated_telemetry_store::rng::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SEEDS;
use super::agreement::{forms_agree, ops_converge};

/// A state-based type and what its users do.
pub(crate) trait States {
    type State: StateBased + Debug;
    type Act: Clone + Debug;

    /// Something that a user may do who sees this state; it may be refused.
    fn act(rng: &mut Rng, state: &Self::State) -> Self::Act;

    /// Does it at a replica, at a time.
    fn update(state: &mut Self::State, id: u8, time: u64, act: &Self::Act) -> Result<(), UpdateError>;
}

/// A type in its other forms.
pub(crate) trait Forms: States {
    type Op: OpBased<u8, Op: Debug, Update: Debug> + Debug;
    /// What a reader sees, whatever the form.
    type View: PartialEq + Debug;

    fn seen(state: &Self::State) -> Self::View;
    fn seen_op(replica: &Self::Op) -> Self::View;

    /// The same act for the operation-based form.
    fn asked(time: u64, act: &Self::Act) -> <Self::Op as OpBased<u8>>::Update;

    /// The same act in the delta form, if the type has one.
    fn delta(_: &mut Self::State, _: u8, _: u64, _: &Self::Act) -> Option<Result<Self::State, UpdateError>> {
        None
    }

    /// What the channel promises. Mutants promise less than they ask for.
    fn channel() -> Delivery {
        Self::Op::DELIVERY
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    Commutative,
    Associative,
    Idempotent,
    Inflationary,
    /// `includes` says what the merge says.
    Includes,
    /// States merged in whatever order, however often, are equal in the end.
    StatesConverge,
    /// Operations delivered in whatever order the channel allows, however often, are equal in the end.
    OpsConverge,
    /// Operations say what states say.
    OpsAgree,
    /// Deltas say what states say.
    DeltasAgree,
}

/// A law that does not hold, with the history that shows it.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) law: Law,
    #[expect(dead_code, reason = "shown when a test fails")]
    story: String,
}

pub(crate) fn hold(holds: bool, law: Law, story: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, story: story() }) }
}

pub(crate) const REPLICAS: usize = 3;

pub(crate) fn index(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("below a word")
}

pub(crate) fn number(replica: usize) -> u8 {
    u8::try_from(replica).expect("few replicas")
}

fn merged<S: StateBased>(a: &S, b: &S) -> S {
    let mut joined = a.clone();
    joined.merge(b);
    joined
}

pub(crate) fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, index(rng, last + 1));
    }
}

/// A random history of three replicas that merge now and then: all states on the way, the last three at the end.
fn history<T: States>(seed: u64, inflationary: bool) -> Result<Vec<T::State>, Broken> {
    let mut rng = Rng::keyed(seed, &[1]);
    let mut replicas = vec![T::State::default(); REPLICAS];
    let mut states = Vec::new();
    for step in 0..24 {
        let at = index(&mut rng, REPLICAS);
        if rng.below(3) == 0 {
            let other = replicas[(at + 1 + index(&mut rng, REPLICAS - 1)) % REPLICAS].clone();
            replicas[at].merge(&other);
        } else {
            let before = replicas[at].clone();
            let act = T::act(&mut rng, &before);
            let done = T::update(&mut replicas[at], number(at), step / 4, &act);
            let after = &replicas[at];
            let grown = if done.is_ok() { merged(after, &before) == *after } else { *after == before };
            hold(grown || !inflationary, Law::Inflationary, || format!("seed {seed}: {act:?} made {before:?} {after:?}"))?;
        }
        states.push(replicas[at].clone());
    }
    states.extend(replicas);
    Ok(states)
}

/// The laws of a semilattice, on the states of one random history.
pub(crate) fn semilattice<T: States>(seed: u64) -> Result<(), Broken> {
    let states = history::<T>(seed, false)?;
    let mut rng = Rng::keyed(seed, &[2]);
    for _ in 0..12 {
        let [a, b, c] = [(); 3].map(|()| &states[index(&mut rng, states.len())]);
        let ab = merged(a, b);
        hold(ab == merged(b, a), Law::Commutative, || format!("seed {seed}: {a:?} and {b:?}"))?;
        hold(merged(&ab, c) == merged(a, &merged(b, c)), Law::Associative, || format!("seed {seed}: {a:?}, {b:?} and {c:?}"))?;
        hold(merged(a, a) == *a && merged(&ab, b) == ab, Law::Idempotent, || format!("seed {seed}: {a:?} and {b:?}"))?;
        hold(a.includes(b) == (merged(a, b) == *a), Law::Includes, || format!("seed {seed}: {a:?} and {b:?}"))?;
    }
    history::<T>(seed, true).map(drop)
}

/// All states of a history merged in random orders, some of them twice.
pub(crate) fn states_converge<T: States>(seed: u64) -> Result<(), Broken> {
    let states = history::<T>(seed, false)?;
    let mut rng = Rng::keyed(seed, &[3]);
    let mut ends: Vec<T::State> = Vec::new();
    for _ in 0..4 {
        let mut order: Vec<&T::State> = states.iter().chain(&states[..states.len() / 2]).collect();
        shuffle(&mut rng, &mut order);
        let mut end = T::State::default();
        order.into_iter().for_each(|state| end.merge(state));
        ends.push(end);
    }
    let equal = ends.windows(2).all(|two| two[0] == two[1]);
    hold(equal, Law::StatesConverge, || format!("seed {seed}: {ends:?}"))
}

/// All laws on some histories.
pub(crate) fn all<T: Forms>(seeds: u64) -> Result<(), Broken> {
    for seed in 0..seeds {
        semilattice::<T>(seed)?;
        states_converge::<T>(seed)?;
        forms_agree::<T>(seed, 30)?;
        if seed % 8 == 0 {
            ops_converge::<T>(seed)?;
        }
    }
    Ok(())
}

/// The laws, and that states are read as they were written.
pub(crate) fn lawful<T: Forms>()
where
    T::State: Serialize + DeserializeOwned,
{
    let what = std::any::type_name::<T>();
    all::<T>(SEEDS).unwrap_or_else(|broken| panic!("{what}: {broken:#?}"));
    for seed in 0..20 {
        let states = history::<T>(seed, true).expect("it is lawful");
        for state in states.iter().rev().take(3) {
            let text = serde_json::to_string(state).expect("states can be written");
            let read: T::State = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error} in {text}"));
            assert_eq!(read, *state, "{what}: {text}");
            assert_eq!(serde_json::to_string(&read).expect("states can be written"), text, "{what}");
        }
    }
}
