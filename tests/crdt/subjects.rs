//! Counters, registers, sets and graphs under the laws: what users do to each, and in which forms it comes.

use std::collections::BTreeSet;

use replicated_telemetry_store::crdt::{
    AddRemovePartialOrder, Bias, Crdt, DagUpdate, GCounter, GSet, GraphUpdate, LwwElementSet, LwwRegister, MapUpdate,
    MonotonicDag, MvRegister, OpBased, OpCounter, OpMvRegister, OpOrSet, OrSet, OrSetOptimised, OrderUpdate, PnCounter, PnSet,
    SetUpdate, SetUpdateAt, TwoPhaseGraph, TwoPhaseSet, USet, UpdateError, Vertex,
};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::Dot;

use super::laws::{Forms, States, lawful};

/// One of a few elements is added (or assigned), or removed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Add(u8),
    Remove(u8),
}

pub(crate) fn small(rng: &mut Rng, bound: u64) -> u8 {
    u8::try_from(rng.below(bound)).expect("a small bound")
}

pub(crate) fn add_or_remove(rng: &mut Rng) -> Act {
    let element = small(rng, 4);
    if rng.below(5) < 3 { Act::Add(element) } else { Act::Remove(element) }
}

fn plain(act: &Act) -> SetUpdate<u8> {
    match act {
        Act::Add(element) => SetUpdate::Add(*element),
        Act::Remove(element) => SetUpdate::Remove(*element),
    }
}

/// Writes the two traits of a subject from its parts.
macro_rules! subject {
    ($name:ident: $state:ty, $act:ty, $op:ty, $view:ty,
     act $make:expr, update $update:expr, asked $asked:expr, seen $seen:expr, seen_op $seen_op:expr $(, delta $delta:expr)?) => {
        struct $name;

        impl States for $name {
            type State = $state;
            type Act = $act;

            fn act(rng: &mut Rng, state: &$state) -> $act {
                let make: fn(&mut Rng, &$state) -> $act = $make;
                make(rng, state)
            }

            fn update(state: &mut $state, id: u8, time: u64, act: &$act) -> Result<(), UpdateError> {
                let update: fn(&mut $state, u8, u64, &$act) -> Result<(), UpdateError> = $update;
                update(state, id, time, act)
            }
        }

        impl Forms for $name {
            type Op = $op;
            type View = $view;

            fn seen(state: &$state) -> $view {
                let seen: fn(&$state) -> $view = $seen;
                seen(state)
            }

            fn seen_op(replica: &$op) -> $view {
                let seen: fn(&$op) -> $view = $seen_op;
                seen(replica)
            }

            fn asked(time: u64, act: &$act) -> <$op as OpBased<u8>>::Update {
                let asked: fn(u64, &$act) -> <$op as OpBased<u8>>::Update = $asked;
                asked(time, act)
            }

            $(fn delta(state: &mut $state, id: u8, time: u64, act: &$act) -> Option<Result<$state, UpdateError>> {
                let delta: fn(&mut $state, u8, u64, &$act) -> Result<$state, UpdateError> = $delta;
                Some(delta(state, id, time, act))
            })?
        }
    };
}
pub(crate) use subject;

subject!(GrowingCounter: GCounter<u8>, u8, OpCounter, i128,
    act |rng, _| small(rng, 10),
    update |state, id, _, n| state.increment(&id, u64::from(*n)),
    asked |_, n| i64::from(*n),
    seen |state| state.value().cast_signed(),
    seen_op |op| i128::from(op.value()),
    delta |state, id, _, n| state.increment_delta(&id, u64::from(*n)));

subject!(Counter: PnCounter<u8>, i8, OpCounter, i128,
act |rng, _| small(rng, 20).cast_signed() - 10,
update |state, id, _, n| {
    let size = u64::from(n.unsigned_abs());
    if *n < 0 { state.decrement(&id, size) } else { state.increment(&id, size) }
},
asked |_, n| i64::from(*n),
seen |state| state.value(),
seen_op |op| i128::from(op.value()),
delta |state, id, _, n| {
    let size = u64::from(n.unsigned_abs());
    if *n < 0 { state.decrement_delta(&id, size) } else { state.increment_delta(&id, size) }
});

subject!(LastWriter: LwwRegister<u8, u8>, u8, LwwRegister<u8, u8>, Option<u8>,
    act |rng, _| small(rng, 10),
    update |state, id, time, value| { state.assign(&id, time, *value); Ok(()) },
    asked |time, value| (time, *value),
    seen |state| state.value(),
    seen_op |op| op.value());

subject!(MultiValue: MvRegister<u8, u8>, u8, OpMvRegister<u8, u8>, Vec<u8>,
    act |rng, _| small(rng, 10),
    update |state, id, _, value| state.assign(&id, *value),
    asked |_, value| *value,
    seen |state| sorted(state.value()),
    seen_op |op| sorted(op.value()),
    delta |state, id, _, value| state.apply_delta(&id, *value));

fn sorted(mut values: Vec<u8>) -> Vec<u8> {
    values.sort_unstable();
    values
}

subject!(Growing: GSet<u8>, u8, GSet<u8>, BTreeSet<u8>,
    act |rng, _| small(rng, 20),
    update |state, _, _, element| { state.add(*element); Ok(()) },
    asked |_, element| *element,
    seen |state| state.value(),
    seen_op |op| op.value());

subject!(TwoPhase: TwoPhaseSet<u8>, Act, TwoPhaseSet<u8>, BTreeSet<u8>,
    act |rng, _| add_or_remove(rng),
    update |state, _, _, act| match act {
        Act::Add(element) => { state.add(*element); Ok(()) }
        Act::Remove(element) => state.remove(element),
    },
    asked |_, act| plain(act),
    seen |state| state.value(),
    seen_op |op| op.value());

// Elements that are never twice: 64 random bits each.
subject!(Unique: TwoPhaseSet<u64>, SetUpdate<u64>, USet<u64>, BTreeSet<u64>,
    act |rng, state| match state.iter().nth(usize::from(small(rng, 6))) {
        Some(element) => SetUpdate::Remove(*element),
        None => SetUpdate::Add(rng.next_u64()),
    },
    update |state, _, _, act| match act {
        SetUpdate::Add(element) => { state.add(*element); Ok(()) }
        SetUpdate::Remove(element) => state.remove(element),
    },
    asked |_, act| act.clone(),
    seen |state| state.value(),
    seen_op |op| op.value());

subject!(LastWriterSet: LwwElementSet<u8>, Act, LwwElementSet<u8>, BTreeSet<u8>,
    act |rng, _| add_or_remove(rng),
    update |state, _, time, act| match act {
        Act::Add(element) => { state.add(*element, time); Ok(()) }
        Act::Remove(element) => state.remove(element, time).map(drop),
    },
    asked |time, act| match act {
        Act::Add(element) => (*element, SetUpdateAt::Add(time)),
        Act::Remove(element) => (*element, SetUpdateAt::Remove(time)),
    },
    seen |state| state.value(),
    seen_op |op| op.value());

subject!(Counted: PnSet<u8, u8>, Act, PnSet<u8, u8>, BTreeSet<u8>,
    act |rng, _| add_or_remove(rng),
    update |state, id, _, act| match act {
        Act::Add(element) => state.add(&id, *element),
        Act::Remove(element) => state.remove(&id, element),
    },
    asked |_, act| plain(act),
    seen |state| state.value(),
    seen_op |op| op.value());

fn keyed(act: &Act) -> MapUpdate<u8, ()> {
    match act {
        Act::Add(element) => MapUpdate::Update(*element, ()),
        Act::Remove(element) => MapUpdate::Remove(*element),
    }
}

subject!(ObservedRemove: OrSet<u8, u8>, Act, OpOrSet<u8, u8>, BTreeSet<u8>,
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
    Act::Remove(element) => state.remove_delta(element),
});

subject!(Optimised: OrSetOptimised<u8, u8>, Act, OpOrSet<u8, u8>, BTreeSet<u8>,
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
    Act::Remove(element) => state.remove_delta(element),
});

subject!(Graph: TwoPhaseGraph<u8>, GraphUpdate<u8>, TwoPhaseGraph<u8>, (BTreeSet<u8>, BTreeSet<(u8, u8)>),
    act |rng, _| {
        let (a, b) = (small(rng, 4), small(rng, 4));
        match rng.below(8) {
            0..=2 => GraphUpdate::AddVertex(a),
            3 => GraphUpdate::RemoveVertex(a),
            4..=6 => GraphUpdate::AddEdge(a, b),
            _ => GraphUpdate::RemoveEdge(a, b),
        }
    },
    update |state, _, _, act| match act {
        GraphUpdate::AddVertex(a) => { state.add_vertex(*a); Ok(()) }
        GraphUpdate::RemoveVertex(a) => state.remove_vertex(a),
        GraphUpdate::AddEdge(a, b) => state.add_edge(*a, *b).map(drop),
        GraphUpdate::RemoveEdge(a, b) => state.remove_edge(a, b),
    },
    asked |_, act| act.clone(),
    seen |state| state.value(),
    seen_op |op| op.value());

fn vertex(rng: &mut Rng, known: &[Dot<u8>]) -> Vertex<u8> {
    match usize::try_from(rng.below(known.len() as u64 + 2)).expect("few vertices") {
        0 => Vertex::First,
        1 => Vertex::Last,
        at => Vertex::Added(known[at - 2].clone()),
    }
}

subject!(Dag: MonotonicDag<u8, u8>, DagUpdate<u8, u8>, MonotonicDag<u8, u8>, <MonotonicDag<u8, u8> as Crdt>::Value,
    act |rng, state| {
        let known = state.in_order();
        let (a, b) = (vertex(rng, &known), vertex(rng, &known));
        if rng.below(2) == 0 { DagUpdate::AddEdge(a, b) } else { DagUpdate::AddBetween(a, small(rng, 10), b) }
    },
    update |state, id, _, act| match act {
        DagUpdate::AddEdge(a, b) => state.add_edge(a, b),
        DagUpdate::AddBetween(a, label, b) => state.add_between(&id, a, *label, b).map(drop),
    },
    asked |_, act| act.clone(),
    seen |state| { assert_eq!(state.in_order().len(), state.value().0.len(), "no cycle can appear"); state.value() },
    seen_op |op| op.value());

subject!(PartialOrder: AddRemovePartialOrder<u8, u8>, OrderUpdate<u8, u8>, AddRemovePartialOrder<u8, u8>, Vec<u8>,
    act |rng, _| {
        let named = |rng: &mut Rng| vec![Dot { id: small(rng, 3), count: 1 + rng.below(4) }];
        let ends = (named(rng), named(rng));
        let (a, b) = (vertex(rng, &ends.0), vertex(rng, &ends.1));
        if rng.below(4) == 0 { OrderUpdate::Remove(a) } else { OrderUpdate::AddBetween(a, small(rng, 10), b) }
    },
    update |state, id, _, act| match act {
        OrderUpdate::Remove(a) => state.remove(a),
        OrderUpdate::AddBetween(a, label, b) => state.add_between(&id, a, *label, b).map(drop),
    },
    asked |_, act| act.clone(),
    seen |state| state.value(),
    seen_op |op| op.value());

#[test]
fn counters() {
    lawful::<GrowingCounter>();
    lawful::<Counter>();
}

#[test]
fn registers() {
    lawful::<LastWriter>();
    lawful::<MultiValue>();
}

#[test]
fn sets_that_grow_or_are_removed_for_ever() {
    lawful::<Growing>();
    lawful::<TwoPhase>();
    lawful::<Unique>();
}

#[test]
fn sets_with_times_and_counters() {
    lawful::<LastWriterSet>();
    lawful::<Counted>();
    assert_eq!(LwwElementSet::<u8>::new().bias(), Bias::Add, "what is not said");
}

#[test]
fn sets_of_observed_removal() {
    lawful::<ObservedRemove>();
    lawful::<Optimised>();
}

#[test]
fn graphs() {
    lawful::<Graph>();
    lawful::<Dag>();
    lawful::<PartialOrder>();
}
