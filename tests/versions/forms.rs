//! The structures as data: what is written is read again, and what no store has made is refused with where and what.

use std::collections::BTreeSet;

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{
    Causality, Dot, DottedSet, DottedVersionVector, Exhausted, HybridLogicalClock, LamportClock, READ_MAX, VersionVector,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::all;
use super::random::{Value, run};
use super::stores::{RIGHT, Versions, dot};

fn again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Result<(), String> {
    let text = serde_json::to_string(value).map_err(|e| e.to_string())?;
    let read: T = serde_json::from_str(&text).map_err(|e| format!("{text}: {e}"))?;
    let bytes = postcard::to_allocvec(value).map_err(|e| e.to_string())?;
    let taken: T = postcard::from_bytes(&bytes).map_err(|e| format!("{text}: {e}"))?;
    if read == *value && taken == *value { Ok(()) } else { Err(format!("{value:?}, and again {read:?}, {taken:?}")) }
}

#[test]
fn what_is_written_is_read_again() {
    all("what_is_written", |seed| {
        // Every tenth trace will do.
        if seed % 10 > 0 {
            return Ok([]);
        }
        for set in run::<DottedSet<Value, u32>>(seed)?.servers {
            again(&set)?;
            again(&set.context())?;
        }
        for (version, _) in run::<Versions<Value, u32, RIGHT>>(seed)?.servers.iter().flat_map(|server| &server.list) {
            again(version)?;
        }
        Ok([])
    });
    again(&LamportClock::new()).expect("a clock");
    again(&HybridLogicalClock::new(9)).expect("a clock");
    again(&Causality::Concurrent).expect("an answer");
    again(&DottedSet::<Vec<bool>, (u8, String)>::new()).expect("a set of other types");
}

#[test]
fn forms_are_plain() {
    let mut set = DottedSet::new();
    set.update(&VersionVector::new(), "v1", &"a");
    set.update(&VersionVector::new(), "v2", &"a");
    set.update(&VersionVector::from_iter([("a", 1)]), "v3", &"a");
    let text = r#"{"entries":[{"id":"a","count":3,"replaced":1,"values":["v3","v2"]}],"anonymous":[]}"#;
    assert_eq!(serde_json::to_string(&set).expect("text"), text);
    set.reconcile(|values| values[0]);
    let text = r#"{"entries":[{"id":"a","count":3,"replaced":1,"values":[]}],"anonymous":[{"context":[["a",3]],"value":"v3"}]}"#;
    assert_eq!(serde_json::to_string(&set).expect("text"), text);
    assert_eq!(set.to_string(), "{a:3 [], anonymous [v3]}");
    let version = DottedVersionVector::new(dot("a", 3), VersionVector::from_iter([("a", 1)])).expect("a new dot");
    assert_eq!(serde_json::to_string(&version).expect("text"), r#"{"dot":{"id":"a","count":3},"past":[["a",1]]}"#);
    assert_eq!(version.to_string(), "a:3 after {a:1}");
    assert_eq!(serde_json::to_string(&Causality::Before).expect("text"), r#""before""#);
}

#[test]
fn of_several_counters_of_one_id_the_largest_counts() {
    let vector = VersionVector::from_iter([("b", 1), ("a", 1), ("a", 3), ("c", 0), ("a", 2)]);
    assert_eq!((vector.to_string().as_str(), vector.len()), ("{a:3, b:1}", 2));
}

/// Anonymous values stand in the order of their contexts, whoever was heard of first.
#[test]
fn sets_that_know_the_same_are_written_alike() {
    let reconciled = |ids: [&'static str; 2]| {
        let mut set = DottedSet::new();
        ids.iter().for_each(|id| {
            set.update(&VersionVector::new(), (*id).to_owned(), id);
        });
        set.reconcile(|values| values.concat());
        set
    };
    let (mut one, mut other) = (reconciled(["a", "b"]), reconciled(["c", "d"]));
    one.sync(&other);
    other.sync(&reconciled(["a", "b"]));
    assert_eq!(one.to_string(), "{a:1 [], b:1 [], c:1 [], d:1 [], anonymous [ab, cd]}");
    assert_eq!(other.to_string(), one.to_string());
    assert_eq!(other, one);
}

#[test]
fn equal_is_said_of_the_same_only() {
    let mut one = DottedSet::new();
    one.update(&VersionVector::new(), 1, &"a");
    one.update(&VersionVector::new(), 2, &"a");
    let mut other = one.clone();
    one.reconcile(|values| values.iter().sum());
    other.reconcile(|values| values.iter().product());
    other.sync(&one);
    assert_eq!((one.len(), other.len()), (1, 2), "two values were made of the same siblings");
    assert_ne!(one, other);
    assert_ne!(other, one, "said from the other side");
    let version =
        |past: &[(&'static str, u64)]| DottedVersionVector::new(dot("a", 3), past.iter().copied().collect()).expect("a new dot");
    let (first, second) = (version(&[]), version(&[("b", 1)]));
    assert_eq!((first.compare(&second), first.partial_cmp(&second)), (Causality::Equal, None), "no store makes such a pair");
}

fn refused<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
    let error = serde_json::from_str::<T>(text).expect_err(text).to_string();
    error.split(" at line").next().unwrap_or_default().to_owned()
}

#[test]
fn what_no_store_has_made_is_refused() {
    type Vector = VersionVector<String>;
    type Set = DottedSet<u8, String>;
    let large = format!(r#"[["a",1],["b",{}]]"#, READ_MAX + 1);
    let above = format!("pair 2 of a version vector: its counter {} is above {READ_MAX}", READ_MAX + 1);
    for (text, error) in [
        (r#"[["b",1],["a",2],["b",3]]"#, "pairs 1 and 3 of a version vector have the same id"),
        (r#"[["a",0]]"#, "pair 1 of a version vector: its counter is 0, and an id without updates is left out"),
        (large.as_str(), above.as_str()),
    ] {
        assert_eq!(refused::<Vector>(text), error);
    }
    assert_eq!(
        refused::<Dot<String>>(r#"{"id":"a","count":0}"#),
        "a dot names no update: its counter is 0, and an id without updates is left out"
    );
    let seen = r#"{"dot":{"id":"a","count":2},"past":[["a",2]]}"#;
    assert_eq!(
        refused::<DottedVersionVector<String>>(seen),
        "the past has 2 updates of the id of the dot 2, which is among them"
    );
    let a = |count: u64, replaced: u64, values: &str| {
        format!(r#"{{"id":"a","count":{count},"replaced":{replaced},"values":[{values}]}}"#)
    };
    let entries = |entries: &[String]| format!(r#"{{"entries":[{}],"anonymous":[]}}"#, entries.join(","));
    let anonymous = |entry: &str, contexts: &[&str]| {
        let values: Vec<String> = contexts.iter().map(|context| format!(r#"{{"context":{context},"value":7}}"#)).collect();
        format!(r#"{{"entries":[{entry}],"anonymous":[{}]}}"#, values.join(","))
    };
    for (text, error) in [
        (entries(&[a(1, 0, "1"), a(2, 1, "2")]), "entries 1 and 2 of a dotted set have the same id"),
        (entries(&[a(0, 0, "")]), "entry 1 of a dotted set: its counter is 0, and an id without updates is left out"),
        (entries(&[a(1, 0, "1,2")]), "entry 1 of a dotted set: it has 2 values of 1 updates"),
        (entries(&[a(1, 2, "")]), "entry 1 of a dotted set: 2 of 1 updates are replaced"),
        (
            entries(&[a(3, 1, "5")]),
            "entry 1 of a dotted set: 1 of 3 updates are replaced or have an anonymous value, so it has 2 values, not 1",
        ),
        (
            anonymous(&a(3, 1, ""), &[r#"[["a",4]]"#]),
            "entry 1 of a dotted set: an anonymous value was made of 4 updates, and only 3 are known",
        ),
        (
            anonymous(&a(3, 3, ""), &[r#"[["a",2]]"#]),
            "anonymous value 1 of a dotted set: all updates that it was made of are replaced",
        ),
        (
            anonymous(&a(3, 2, ""), &[r#"[["a",3],["b",1]]"#]),
            "anonymous value 1 of a dotted set: its context has an id that no entry has",
        ),
        (
            anonymous(&a(3, 1, ""), &[r#"[["a",3]]"#, r#"[["a",2]]"#]),
            "anonymous value 2 of a dotted set: it happened before anonymous value 1",
        ),
    ] {
        assert_eq!(refused::<Set>(&text), error, "{text}");
    }
}

/// Whatever is read can be worked with: no operation panics, and counters do not come to their ends.
#[test]
fn what_is_read_can_be_worked_with() {
    let mut read = BTreeSet::new();
    for seed in 0..20_000 {
        let mut rng = Rng::keyed(seed, &[0xF0A3]);
        let mut number = || [0, 1, 2, READ_MAX, u64::MAX][usize::try_from(rng.below(12)).expect("small") % 5];
        let mut entry = |id: &str| {
            let (count, replaced) = (number(), number());
            let values = (0..number().min(2)).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
            format!(r#"{{"id":"{id}","count":{count},"replaced":{replaced},"values":[{values}]}}"#)
        };
        let entries = [entry("a"), entry("b")].join(",");
        let (context, other) = (number(), number());
        let text = format!(r#"{{"entries":[{entries}],"anonymous":[{{"context":[["a",{context}],["b",{other}]],"value":3}}]}}"#);
        for text in [format!(r#"{{"entries":[{entries}],"anonymous":[]}}"#), text] {
            let Ok(mut set) = serde_json::from_str::<DottedSet<u64, String>>(&text) else { continue };
            let known = set.context();
            set.update(&known, 1, &"a".to_owned());
            set.update(&VersionVector::new(), 2, &"b".to_owned());
            set.sync(&set.clone());
            set.reconcile(|values| values.len() as u64);
            assert!(set.context() > known, "{text}");
            again(&set.context()).unwrap_or_else(|error| assert!(error.contains("is above"), "{text}: {error}"));
            read.insert(text);
        }
    }
    assert!(read.len() > 20, "only {} of these texts were read", read.len());
}

#[test]
fn a_counter_at_its_end_gives_an_error_and_changes_nothing() {
    let full = VersionVector::from_iter([("a", u64::MAX), ("b", 1)]);
    let mut vector = full.clone();
    assert_eq!((vector.try_increment(&"a"), &vector), (Err(Exhausted), &full));
    assert_eq!(vector.try_increment(&"b"), Ok(2));
    let mut set = DottedSet::new();
    set.update(&VersionVector::new(), 1, &"a");
    let before = set.clone();
    assert_eq!((set.try_update(&full, 2, &"a"), &set), (Err(Exhausted), &before));
    assert_eq!(DottedVersionVector::update(&full, &[], &"a"), Err(Exhausted));
    assert_eq!(Exhausted.to_string(), "the counter is at 18446744073709551615, and has no number left");
}
