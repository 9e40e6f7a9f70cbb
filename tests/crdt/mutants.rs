//! Merges, updates and channels that are wrong, each caught by the law that it breaks.

use std::collections::BTreeSet;

use replicated_telemetry_store::crdt::{
    Crdt, Delivery, GCounter, MapUpdate, OpBased, OpCounter, OpOrSet, OrSetOptimised, Rga, SequenceUpdate, SetUpdate, StateBased,
    TwoPhaseSet, UpdateError,
};
use replicated_telemetry_store::rng::Rng;

use super::agreement::{forms_agree, ops_converge};
use super::laws::{Forms, Law, States, semilattice, states_converge};
use super::subjects::{Act, add_or_remove, small, subject};

/// The first law that some history breaks.
fn broken<T: States>() -> Option<Law> {
    (0..200).find_map(|seed| semilattice::<T>(seed).err()).map(|broken| broken.law)
}

fn disagreement<T: Forms>() -> Option<Law> {
    (0..200).find_map(|seed| forms_agree::<T>(seed, 30).err()).map(|broken| broken.law)
}

/// A state with a value of its own, of which a mutant has the merge.
macro_rules! mutant {
    ($name:ident($payload:ty), merge $merge:expr) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name($payload);

        impl Crdt for $name {
            type Value = $payload;

            fn value(&self) -> $payload {
                self.0.clone()
            }
        }

        impl StateBased for $name {
            fn merge(&mut self, other: &$name) {
                let merge: fn(&mut $payload, &$payload) = $merge;
                merge(&mut self.0, &other.0);
            }
        }
    };
}

mutant!(Greatest(u64), merge | mine, theirs | *mine = (*mine).max(*theirs));
mutant!(Sum(u64), merge | mine, theirs | *mine += theirs);
mutant!(Mean(u64), merge | mine, theirs | *mine = (*mine + theirs).div_ceil(2));
mutant!(
    Latest(Option<(u64, u8)>),
    merge | mine,
    theirs | {
        if theirs.map(|(time, _)| time) > mine.map(|(time, _)| time) {
            *mine = *theirs;
        }
    }
);
mutant!(Union(BTreeSet<u8>), merge | mine, theirs | mine.extend(theirs));

macro_rules! counter {
    ($name:ident: $state:ident) => {
        subject!($name: $state, u8, OpCounter, u64,
            act |rng, _| small(rng, 10),
            update |state, _, _, n| { state.0 += u64::from(*n); Ok(()) },
            asked |_, n| i64::from(*n),
            seen |state| state.0,
            seen_op |op| op.value().cast_unsigned());
    };
}

counter!(OfTotals: Greatest);
counter!(OfSums: Sum);
counter!(OfMeans: Mean);

/// A register whose merge keeps its own value at equal times.
struct Undecided;

impl States for Undecided {
    type State = Latest;
    type Act = u8;

    fn act(rng: &mut Rng, _: &Latest) -> u8 {
        small(rng, 10)
    }

    fn update(state: &mut Latest, _: u8, time: u64, value: &u8) -> Result<(), UpdateError> {
        if state.0.is_none_or(|(last, _)| last < time) {
            state.0 = Some((time, *value));
        }
        Ok(())
    }
}

/// A register whose assignment counts whatever time is known.
struct Careless;

impl States for Careless {
    type State = replicated_telemetry_store::crdt::LwwRegister<u8, u8>;
    type Act = u8;

    fn act(rng: &mut Rng, _: &Self::State) -> u8 {
        small(rng, 10)
    }

    fn update(state: &mut Self::State, id: u8, time: u64, value: &u8) -> Result<(), UpdateError> {
        *state = Self::State::default();
        state.assign(&id, time, *value);
        Ok(())
    }
}

/// A set with removal and without any memory of it.
struct Forgetful;

impl States for Forgetful {
    type State = Union;
    type Act = Act;

    fn act(rng: &mut Rng, _: &Union) -> Act {
        add_or_remove(rng)
    }

    fn update(state: &mut Union, _: u8, _: u64, act: &Act) -> Result<(), UpdateError> {
        match act {
            Act::Add(element) => state.0.insert(*element),
            Act::Remove(element) => state.0.remove(element),
        };
        Ok(())
    }
}

/// A 2P-Set that is included if either of its parts is.
#[derive(Clone, Debug, Default, PartialEq)]
struct EitherPart(BTreeSet<u8>, BTreeSet<u8>);

impl Crdt for EitherPart {
    type Value = BTreeSet<u8>;

    fn value(&self) -> BTreeSet<u8> {
        self.0.difference(&self.1).copied().collect()
    }
}

impl StateBased for EitherPart {
    fn merge(&mut self, other: &EitherPart) {
        self.0.extend(&other.0);
        self.1.extend(&other.1);
    }

    fn includes(&self, other: &EitherPart) -> bool {
        self.0.is_superset(&other.0) || self.1.is_superset(&other.1)
    }
}

impl States for EitherPart {
    type State = EitherPart;
    type Act = Act;

    fn act(rng: &mut Rng, _: &EitherPart) -> Act {
        add_or_remove(rng)
    }

    fn update(state: &mut EitherPart, _: u8, _: u64, act: &Act) -> Result<(), UpdateError> {
        match act {
            Act::Add(element) => state.0.insert(*element),
            Act::Remove(element) => state.1.insert(*element),
        };
        Ok(())
    }
}

fn keyed(act: &Act) -> MapUpdate<u8, ()> {
    match act {
        Act::Add(element) => MapUpdate::Update(*element, ()),
        Act::Remove(element) => MapUpdate::Remove(*element),
    }
}

// A set whose removals travel as deltas that say nothing.
subject!(SilentRemoval: OrSetOptimised<u8, u8>, Act, OpOrSet<u8, u8>, BTreeSet<u8>,
act |rng, _| add_or_remove(rng),
update |state, id, _, act| match act {
    Act::Add(element) => state.add(&id, *element),
    Act::Remove(element) => state.remove(element),
},
asked |_, act| keyed(act),
seen |state| state.value(),
seen_op |op| op.value(),
delta |state, id, _, act| match act {
    Act::Add(element) => state.add_delta(&id, *element),
    Act::Remove(element) => state.remove(element).map(|()| OrSetOptimised::new()),
});

/// What needs causal delivery, on a channel that delivers in any order.
macro_rules! out_of_order {
    ($name:ident: $state:ty, $act:ty, $op:ty, act $make:expr, update $update:expr, asked $asked:expr) => {
        struct $name;

        impl States for $name {
            type State = $state;
            type Act = $act;

            fn act(rng: &mut Rng, state: &$state) -> $act {
                let make: fn(&mut Rng, &$state) -> $act = $make;
                make(rng, state)
            }

            fn update(state: &mut $state, id: u8, _: u64, act: &$act) -> Result<(), UpdateError> {
                let update: fn(&mut $state, u8, &$act) -> Result<(), UpdateError> = $update;
                update(state, id, act)
            }
        }

        impl Forms for $name {
            type Op = $op;
            type View = ();

            fn seen(_: &$state) {}

            fn seen_op(_: &$op) {}

            fn asked(_: u64, act: &$act) -> <$op as OpBased<u8>>::Update {
                let asked: fn(&$act) -> <$op as OpBased<u8>>::Update = $asked;
                asked(act)
            }

            fn channel() -> Delivery {
                Delivery::AnyOnce
            }
        }
    };
}

out_of_order!(SetOutOfOrder: TwoPhaseSet<u64>, SetUpdate<u64>, replicated_telemetry_store::crdt::USet<u64>,
    act |rng, state| match state.iter().next() {
        Some(element) => SetUpdate::Remove(*element),
        None => SetUpdate::Add(rng.next_u64()),
    },
    update |state, _, act| match act {
        SetUpdate::Add(element) => { state.add(*element); Ok(()) }
        SetUpdate::Remove(element) => state.remove(element),
    },
    asked |act| act.clone());

out_of_order!(ArrayOutOfOrder: Rga<u8, u8>, SequenceUpdate<u8>, Rga<u8, u8>,
    act |rng, state| {
        let at = usize::try_from(rng.below(state.len() as u64 + 1)).expect("a short text");
        SequenceUpdate::Insert(at, vec![small(rng, 10)])
    },
    update |state, id, act| match act {
        SequenceUpdate::Insert(at, elements) => state.insert_all(&id, *at, elements.iter().copied()),
        SequenceUpdate::Remove(at, count) => state.remove_range(*at, *count),
    },
    asked |act| act.clone());

#[test]
fn wrong_merges_are_caught() {
    assert_eq!(broken::<Undecided>(), Some(Law::Commutative), "a register without an order at equal times");
    assert_eq!(broken::<OfMeans>(), Some(Law::Associative), "a counter merged by the mean");
    assert_eq!(broken::<OfSums>(), Some(Law::Idempotent), "a counter merged by the sum");
    assert_eq!(broken::<EitherPart>(), Some(Law::Includes), "a 2P-Set compared by one of its parts");
}

#[test]
fn updates_that_go_back_are_caught() {
    assert_eq!(broken::<Careless>(), Some(Law::Inflationary), "an assignment that forgets a later one");
    assert_eq!(broken::<Forgetful>(), Some(Law::Inflationary), "a removal that leaves no trace");
}

#[test]
fn orders_of_merging_that_matter_are_caught() {
    let end = |seed| states_converge::<Undecided>(seed).err();
    assert_eq!(
        (0..200).find_map(end).map(|broken| broken.law),
        Some(Law::StatesConverge),
        "a register without an order at equal times"
    );
}

/// A semilattice, and wrong all the same: it takes the larger of two totals, and forgets what the other has counted.
#[test]
fn the_greatest_total_is_lawful_and_loses_updates() {
    assert_eq!(broken::<OfTotals>(), None, "the greatest of totals is a semilattice");
    assert_eq!(disagreement::<OfTotals>(), Some(Law::OpsAgree), "operations count what it loses");
    let (mut a, mut b) = (Greatest(2), Greatest(3));
    a.merge(&b);
    b.merge(&a);
    assert_eq!((a.0, b.0), (3, 3), "two and three are five");
    let (mut a, mut b) = (GCounter::new(), GCounter::new());
    a.increment(&'A', 2).expect("a small count");
    b.increment(&'B', 3).expect("a small count");
    a.merge(&b);
    assert_eq!(a.value(), 5);
}

#[test]
fn deltas_that_say_too_little_are_caught() {
    assert_eq!(disagreement::<SilentRemoval>(), Some(Law::DeltasAgree));
}

#[test]
fn channels_that_promise_too_little_are_caught() {
    let order = |seed| ops_converge::<SetOutOfOrder>(seed).err();
    assert_eq!((0..200).find_map(order).map(|broken| broken.law), Some(Law::OpsConverge), "removals before additions");
    let order = |seed| ops_converge::<ArrayOutOfOrder>(seed).err();
    assert_eq!(
        (0..200).find_map(order).map(|broken| broken.law),
        Some(Law::OpsConverge),
        "insertions before what they stand behind"
    );
}
