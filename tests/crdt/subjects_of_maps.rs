//! Maps under the laws: of registers, of sets, of counters, of maps.

use std::collections::{BTreeMap, BTreeSet};

use replicated_telemetry_store::crdt::{
    Crdt, DotCounter, DotMap, DotSet, MapUpdate, MvMap, OpBased, OpOrMap, OrMap, UpdateError,
};
use replicated_telemetry_store::rng::Rng;

use super::laws::{Forms, States, lawful};
use super::subjects::{small, subject};

fn keyed<U>(rng: &mut Rng, update: impl FnOnce(&mut Rng) -> U) -> MapUpdate<u8, U> {
    let key = small(rng, 3);
    if rng.below(4) == 0 { MapUpdate::Remove(key) } else { MapUpdate::Update(key, update(rng)) }
}

type Registers = MvMap<u8, u8, u8>;

subject!(OfRegisters: Registers, MapUpdate<u8, u8>, OpOrMap<u8, replicated_telemetry_store::crdt::DotFun<u8, u8>>, BTreeMap<u8, Vec<u8>>,
act |rng, _| keyed(rng, |rng| small(rng, 10)),
update |state, id, _, act| match act {
    MapUpdate::Update(key, value) => state.update(&id, *key, *value),
    MapUpdate::Remove(key) => state.remove(key),
},
asked |_, act| act.clone(),
seen |state| sorted(state.value()),
seen_op |op| sorted(op.value()),
delta |state, id, _, act| match act {
    MapUpdate::Update(key, value) => state.update_delta(&id, *key, *value),
    MapUpdate::Remove(key) => state.remove_delta(key),
});

/// Values of one key stand in the order of dots, which states and operations number differently.
fn sorted(mut map: BTreeMap<u8, Vec<u8>>) -> BTreeMap<u8, Vec<u8>> {
    map.values_mut().for_each(|values| values.sort_unstable());
    map
}

type Inner = DotMap<u8, DotCounter<u8>>;
type Nested = MapUpdate<u8, MapUpdate<u8, i64>>;

subject!(OfMapsOfCounters: OrMap<u8, Inner>, Nested, OpOrMap<u8, Inner>, BTreeMap<u8, BTreeMap<u8, i128>>,
act |rng, _| keyed(rng, |rng| keyed(rng, |rng| i64::from(small(rng, 9)) - 4)),
update |state, id, _, act| match act {
    MapUpdate::Update(key, update) => state.update(&id, *key, update.clone()),
    MapUpdate::Remove(key) => state.remove(key),
},
asked |_, act| act.clone(),
seen |state| state.value(),
seen_op |op| op.value(),
delta |state, id, _, act| match act {
    MapUpdate::Update(key, update) => state.update_delta(&id, *key, update.clone()),
    MapUpdate::Remove(key) => state.remove_delta(key),
});

type Set = DotMap<u8, DotSet<u8>>;

subject!(OfSets: OrMap<u8, Set>, MapUpdate<u8, MapUpdate<u8, ()>>, OpOrMap<u8, Set>, BTreeMap<u8, BTreeSet<u8>>,
act |rng, _| keyed(rng, |rng| keyed(rng, |_| ())),
update |state, id, _, act| match act {
    MapUpdate::Update(key, update) => state.update(&id, *key, update.clone()),
    MapUpdate::Remove(key) => state.remove(key),
},
asked |_, act| act.clone(),
seen |state| state.value(),
seen_op |op| op.value(),
delta |state, id, _, act| match act {
    MapUpdate::Update(key, update) => state.update_delta(&id, *key, update.clone()),
    MapUpdate::Remove(key) => state.remove_delta(key),
});

#[test]
fn maps() {
    lawful::<OfRegisters>();
    lawful::<OfMapsOfCounters>();
    lawful::<OfSets>();
}
