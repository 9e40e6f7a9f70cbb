//! Data from strangers: states and operations that nobody honest would send. They are refused with a reason, or taken as what they say;
//! nothing panics, and what was taken still merges.

use std::fmt::Debug;

use replicated_telemetry_store::crdt::{
    AddRemovePartialOrder, CausalContext, Crdt, DotCounter, DotMap, DotSet, ElementId, GCounter, GSet, LwwElementSet,
    LwwRegister, MonotonicDag, MvMap, MvRegister, OpBased, OrMap, OrSet, OrSetOptimised, PnCounter, PnSet, Rga, SequenceOp,
    StateBased, TreeDoc, TwoPhaseGraph, TwoPhaseSet, UpdateError,
};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::Dot;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn refusal<T: DeserializeOwned + Debug>(text: &str) -> String {
    let error = serde_json::from_str::<T>(text).expect_err(text).to_string();
    error.split(" at line").next().unwrap_or_default().to_owned()
}

#[test]
fn states_that_cannot_be_are_refused() {
    let counter = "a counter names each replica once, in order, with a count above zero";
    for text in ["[[1,0]]", "[[2,1],[1,1]]", "[[1,1],[1,2]]"] {
        assert_eq!(refusal::<GCounter<u8>>(text), counter, "{text}");
    }
    assert_eq!(
        refusal::<LwwElementSet<u8>>(
            r#"{"bias":"add","elements":[[1,{"added":1,"removed":null}],[1,{"added":2,"removed":null}]]}"#
        ),
        "key 1 is not above the one before it"
    );
    let set = |text: &str| refusal::<OrSetOptimised<u8, u8>>(text);
    assert_eq!(
        set(r#"{"store":[[1,[{"id":1,"count":2}]]],"context":{"known":[[1,1]],"cloud":[]}}"#),
        "the store has a dot that the causal context does not know"
    );
    assert_eq!(
        set(r#"{"store":[[1,[]]],"context":{"known":[[1,1]],"cloud":[]}}"#),
        "a key of a map holds nothing: it is to be left out"
    );
    let set = |text: &str| refusal::<OrSet<u8, u8>>(text);
    let dot = r#"{"id":1,"count":1}"#;
    assert_eq!(
        set(&format!(r#"{{"elements":[[5,[{dot}]]],"tombstones":[{dot}],"last":[[1,1]]}}"#)),
        "an addition of the set is also among the tombstones"
    );
    assert_eq!(
        set(&format!(r#"{{"elements":[[5,[{dot}]]],"tombstones":[],"last":[]}}"#)),
        "an addition or a tombstone has a number that was not given"
    );
    let a = r#"{"Added":{"id":1,"count":1}}"#;
    let dag =
        |edges: &str| refusal::<MonotonicDag<u8, u8>>(&format!(r#"{{"labels":[[{dot},7]],"edges":{edges},"last":[[1,1]]}}"#));
    assert_eq!(dag(&format!("[[{a},[{a}]]]")), "the graph has a cycle");
    assert_eq!(
        dag(&format!(r#"[["Last",[{a}]]]"#)),
        "an edge of the graph begins after the last vertex or ends before the first"
    );
    assert_eq!(dag(r#"[["First",[{"Added":{"id":9,"count":9}}]]]"#), "an edge of the graph begins or ends at no vertex");
    let order = format!(r#"{{"order":{{"labels":[],"edges":[],"last":[]}},"removed":[{dot}]}}"#);
    assert_eq!(refusal::<AddRemovePartialOrder<u8, u8>>(&order), "a removed element was never in the order");
}

#[test]
fn sequences_that_cannot_be_are_refused() {
    let missing = "a run of the sequence hangs on what is not there, or has no timestamps";
    let run = |clock: u64, anchor: &str, what: &str| {
        format!(r#"{{"first":{{"clock":{clock},"id":1}},"anchor":{anchor},"elements":{what}}}"#)
    };
    let one = r#"{"visible":["a"]}"#;
    let of = |runs: &[String]| refusal::<Rga<u8>>(&format!("[{}]", runs.join(",")));
    assert_eq!(of(&[run(0, "null", one)]), missing);
    assert_eq!(of(&[run(u64::MAX, "null", one)]), missing);
    assert_eq!(of(&[run(1, r#"{"clock":7,"id":2}"#, one)]), missing);
    assert_eq!(of(&[run(1, "null", one), run(1, "null", one)]), "two runs of the sequence have the same timestamps");
    assert_eq!(
        of(&[run(1, "null", r#"{"removed":5}"#), run(3, "null", one)]),
        "two runs of the sequence have the same timestamps"
    );
    assert_eq!(of(&[run(1, "null", r#"{"removed":0}"#)]), "a run of the sequence has no elements");
    assert_eq!(of(&[run(1, "null", r#"{"removed":18446744073709551615}"#)]), missing);
    let older = "a run of the sequence hangs on what is not there or not older";
    let late = r#"{"first":{"clock":5,"id":2},"anchor":{"clock":5,"id":1},"elements":{"visible":["b"]}}"#.to_owned();
    assert_eq!(of(&[run(5, "null", one), late]), older);
    let left = r#"[{"first":{"clock":1,"id":1},"anchor":null,"left":true,"elements":{"visible":["b"]}}]"#;
    assert_eq!((refusal::<Rga<u8>>(left), refusal::<TreeDoc<u8>>(left)), (older.to_owned(), older.to_owned()));
}

/// A number of removed elements costs nothing, however large it is.
#[test]
fn tombstones_in_great_numbers_need_no_memory() {
    let text = r#"[{"first":{"clock":1,"id":1},"anchor":null,"elements":{"removed":4000000000}}]"#;
    let mut rga: Rga<u8> = serde_json::from_str(text).expect("it can be");
    assert_eq!((rga.len(), rga.spans(), rga.tombstones()), (0, 1, 4_000_000_000));
    rga.insert(&2, 0, 'a').expect("there is room");
    assert_eq!(rga.text(), "a");
    let all = r#"[{"first":{"clock":1,"id":1},"anchor":null,"elements":{"removed":4294967294}}]"#;
    let mut full: TreeDoc<u8> = serde_json::from_str(all).expect("it can be");
    assert_eq!(full.insert(&2, 0, 'a'), Err(UpdateError::Exhausted));
    assert_eq!(full, serde_json::from_str(all).expect("it can be"), "what is refused changes nothing");
}

#[test]
fn counters_at_their_end_refuse_to_count() {
    let mut counter: GCounter<u8> =
        serde_json::from_str("[[1,18446744073709551615],[2,18446744073709551615]]").expect("it can be");
    assert_eq!(counter.value(), 2 * u128::from(u64::MAX));
    assert_eq!(counter.increment(&1, 1), Err(UpdateError::Exhausted));
    let mut map: OrMap<u8, DotCounter<u8>> = OrMap::new();
    map.update(&1, 1, i64::MAX).expect("an empty map");
    let before = map.clone();
    assert_eq!(map.update(&1, 1, 1), Err(UpdateError::Exhausted));
    assert_eq!(map, before, "what is refused changes nothing");
}

fn element(clock: u64, id: u8) -> ElementId<u8> {
    ElementId { clock, id }
}

#[test]
fn operations_that_build_on_nothing_change_nothing() {
    let insert =
        |first, anchor, left, elements: &str| SequenceOp::Insert { first, anchor, left, elements: elements.chars().collect() };
    let mut rga: Rga<u8> = Rga::new();
    rga.insert_text(&1, 0, "abc").expect("an empty text");
    let before = rga.clone();
    let ops = [
        (insert(element(9, 2), Some(element(8, 8)), false, "x"), UpdateError::CauseMissing),
        (insert(element(2, 2), Some(element(3, 1)), false, "x"), UpdateError::CauseMissing),
        (insert(element(9, 2), None, true, "x"), UpdateError::CauseMissing),
        (insert(element(0, 2), None, false, "x"), UpdateError::Exhausted),
        (insert(element(u64::MAX, 2), None, false, "xy"), UpdateError::Exhausted),
        (SequenceOp::Remove(vec![(element(1, 1), 4)]), UpdateError::CauseMissing),
        (SequenceOp::Remove(vec![(element(1, 1), u64::MAX)]), UpdateError::CauseMissing),
        (SequenceOp::Remove(vec![(element(1, 1), 1), (element(7, 7), 1)]), UpdateError::CauseMissing),
    ];
    for (op, error) in ops {
        assert_eq!(rga.effect(&op), Err(error), "{op:?}");
        assert_eq!(rga, before, "{op:?}");
    }
    // What is known already is passed, whatever it says.
    rga.effect(&insert(element(2, 1), None, false, "bcd")).expect("the last of them is new");
    assert_eq!(rga.text(), "abcd");
}

/// Changes a digit, a bracket, a word of a text, or repeats or drops a piece of it.
fn damaged(rng: &mut Rng, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=rng.below(3) {
        let at = usize::try_from(rng.below(bytes.len() as u64)).expect("a short text");
        let end = (at + usize::try_from(rng.below(30)).expect("few")).min(bytes.len());
        match rng.below(5) {
            0..=2 if bytes[at].is_ascii_digit() => bytes[at] = b'0' + u8::try_from(rng.below(10)).expect("a digit"),
            0 => bytes[at] = b'9',
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => drop(bytes.drain(at..end)),
        }
        if bytes.is_empty() {
            return String::new();
        }
    }
    String::from_utf8(bytes).expect("the texts are of ASCII")
}

/// Reads damaged states; those that can be read are merged with each other and with good ones. Returns how many could be read.
fn survives<S: StateBased + Serialize + DeserializeOwned + Debug>(good: &S, change: impl Fn(&mut S)) -> usize {
    let text = serde_json::to_string(good).expect("it can be written");
    let mut rng = Rng::keyed(1, &[text.len() as u64]);
    let mut taken: Vec<S> = Vec::new();
    for _ in 0..3_000 {
        if let Ok(state) = serde_json::from_str::<S>(&damaged(&mut rng, &text)) {
            taken.push(state);
        }
    }
    let mut all = good.clone();
    for state in &mut taken {
        let _ = (state.value(), state.includes(good));
        change(state);
        all.merge(state);
        state.merge(good);
        change(state);
        let again = serde_json::to_string(state).expect("it can be written");
        let _ = (state.value(), serde_json::from_str::<S>(&again));
    }
    let _ = all.value();
    taken.len()
}

macro_rules! damage {
    ($type:ty, $change:expr) => {{
        let change: fn(&mut $type) = $change;
        let mut good: $type = Default::default();
        change(&mut good);
        change(&mut good);
        let read = survives(&good, change);
        assert!(read > 20, "{}: {read} could be read, too few to say anything", stringify!($type));
    }};
}

#[test]
fn damaged_states_are_refused_or_taken_and_nothing_panics() {
    damage!(GCounter<u8>, |s| {
        let _ = (s.increment(&1, 70), s.increment(&2, 1));
    });
    damage!(PnCounter<u8>, |s| {
        let _ = (s.increment(&1, 70), s.decrement(&2, 1));
    });
    damage!(LwwRegister<u8, u8>, |s| { s.assign(&1, 12, 3); });
    damage!(MvRegister<u8, u8>, |s| { let _ = (s.assign(&1, 5), s.assign(&2, 6)); });
    damage!(GSet<u8>, |s| {
        s.add(1);
        s.add(20);
    });
    damage!(TwoPhaseSet<u8>, |s| {
        s.add(1);
        s.add(20);
        let _ = s.remove(&1);
    });
    damage!(LwwElementSet<u8>, |s| {
        s.add(1, 40);
        let _ = s.remove(&1, 50);
    });
    damage!(PnSet<u8, u8>, |s| { let _ = (s.add(&1, 7), s.remove(&2, &7), s.add_until_present(&1, 8)); });
    damage!(OrSet<u8, u8>, |s| { let _ = (s.add(&1, 7), s.remove(&7), s.add(&2, 8)); });
    damage!(OrSetOptimised<u8, u8>, |s| { let _ = (s.add(&1, 7), s.remove(&7), s.add(&2, 8)); });
    damage!(TwoPhaseGraph<u8>, |s| {
        s.add_vertex(1);
        s.add_vertex(2);
        let _ = (s.add_edge(1, 2), s.remove_edge(&1, &2), s.remove_vertex(&1));
    });
    damage!(MonotonicDag<u8, u8>, |s| {
        use replicated_telemetry_store::crdt::Vertex::{First, Last};
        let _ = s.add_between(&1, &First, 5, &Last).and_then(|a| s.add_between(&2, &a, 6, &Last).and_then(|b| s.add_edge(&a, &b)));
        let _ = s.in_order();
    });
    damage!(AddRemovePartialOrder<u8, u8>, |s| {
        use replicated_telemetry_store::crdt::Vertex::{First, Last};
        let _ = s.add_between(&1, &First, 5, &Last).and_then(|a| s.remove(&a));
    });
    damage!(MvMap<u8, u8, u8>, |s| { let _ = (s.update(&1, 7, 1), s.remove(&7), s.update(&2, 8, 1)); });
    damage!(OrMap<u8, DotMap<u8, DotSet<u8>>>, |s| {
        let _ = (s.update(&1, 7, replicated_telemetry_store::crdt::MapUpdate::Update(3, ())), s.remove(&8));
    });
    damage!(Rga<u8>, |s| {
        let _ = (s.insert_text(&1, 0, "abc"), s.insert_text(&2, 1, "x"), s.remove(1), s.insert(&1, 2, 'y'));
    });
    damage!(TreeDoc<u8>, |s| {
        let _ = (s.insert_text(&1, 0, "abc"), s.insert_text(&2, 1, "x"), s.remove(1), s.insert(&1, 2, 'y'));
    });
}

/// A cloud of dots from elsewhere is made compact, and a new dot is new.
#[test]
fn contexts_are_compact() {
    let text = r#"{"known":[[1,2]],"cloud":[{"id":1,"count":1},{"id":1,"count":3},{"id":1,"count":5}]}"#;
    let mut context: CausalContext<u8> = serde_json::from_str(text).expect("it can be");
    assert_eq!(serde_json::to_string(&context).expect("it can be written"), r#"{"known":[[1,3]],"cloud":[{"id":1,"count":5}]}"#);
    assert_eq!(context.next(&1), Ok(Dot { id: 1, count: 4 }));
    assert_eq!(context.next(&1), Ok(Dot { id: 1, count: 6 }));
}
