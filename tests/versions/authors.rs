//! The tests of the authors' program (ricardobcl/Dotted-Version-Vectors, `dvvset.erl`), on states as they stand there.
//!
//! Values that are missing at the end of an id were replaced, or else an anonymous value stands for them. The authors' structure does not tell
//! the two apart, so the states here say it beside.

use replicated_telemetry_store::versions::{Causality, DottedSet, VersionVector};
use serde_json::json;

type Set = DottedSet<u64, String>;

/// The state with these counters and values, and anonymous values that stand for so many of the newest updates of an id.
fn state(entries: &[(&str, u64, &[u64])], anonymous: &[u64], hidden: (&str, u64)) -> Set {
    let entry = |(id, count, values): &(&str, u64, &[u64])| {
        let hides = if *id == hidden.0 && !anonymous.is_empty() { hidden.1 } else { 0 };
        json!({ "id": id, "count": count, "replaced": count - hides - values.len() as u64, "values": values })
    };
    let counter = entries.iter().find(|(id, ..)| *id == hidden.0).map_or(0, |(_, count, _)| *count);
    let value = |value: &u64| json!({ "context": [[hidden.0, counter]], "value": value });
    let entries: Vec<serde_json::Value> = entries.iter().map(entry).collect();
    let anonymous: Vec<serde_json::Value> = anonymous.iter().map(value).collect();
    serde_json::from_value(json!({ "entries": entries, "anonymous": anonymous })).expect("a state that a store makes")
}

fn plain(entries: &[(&str, u64, &[u64])]) -> Set {
    state(entries, &[], ("", 0))
}

#[test]
fn reconcile_makes_one_anonymous_value_and_keeps_the_counters() {
    let with = |anonymous: &[u64]| state(&[("a", 4, &[5, 2]), ("b", 1, &[]), ("c", 1, &[3])], anonymous, ("b", 1));
    let sum = |values: Vec<u64>| values.iter().sum();
    let smallest = |values: Vec<u64>| values.into_iter().min().unwrap_or(0);
    for (anonymous, expected_sum, expected_smallest) in [(&[][..], 10, 2), (&[10, 0], 20, 0)] {
        let mut set = with(anonymous);
        assert_eq!(set.len(), 3 + anonymous.len());
        set.reconcile(sum);
        assert_eq!(set.to_string(), format!("{{a:4 [], b:1 [], c:1 [], anonymous [{expected_sum}]}}"));
        let mut set = with(anonymous);
        set.reconcile(smallest);
        assert_eq!(set.to_string(), format!("{{a:4 [], b:1 [], c:1 [], anonymous [{expected_smallest}]}}"));
    }
    let mut set = state(&[("a", 4, &[5, 2]), ("b", 1, &[])], &[10, 1], ("b", 1));
    assert_eq!(set.to_string(), "{a:4 [5, 2], b:1 [], anonymous [10, 1]}");
    set.reconcile(sum);
    assert_eq!(set.to_string(), "{a:4 [], b:1 [], anonymous [18]}");
}

#[test]
fn one_value_is_left_as_it_is() {
    let mut set = plain(&[("a", 3, &[]), ("b", 2, &[7])]);
    let before = set.clone();
    set.reconcile(|values| panic!("nothing is to be made one of {values:?}"));
    assert_eq!(set, before);
}

#[test]
fn sync_keeps_what_the_other_has_not_replaced() {
    for (left, right, expected) in [
        (plain(&[("a", 1, &[])]), plain(&[("a", 2, &[2, 1])]), "{a:2 [2]}"),
        (plain(&[("x", 1, &[])]), plain(&[("a", 1, &[1])]), "{a:1 [1], x:1 []}"),
        (plain(&[("a", 1, &[1])]), plain(&[("b", 1, &[2])]), "{a:1 [1], b:1 [2]}"),
        (plain(&[("a", 2, &[]), ("c", 1, &[3])]), plain(&[("a", 2, &[]), ("b", 1, &[3])]), "{a:2 [], b:1 [3], c:1 [3]}"),
    ] {
        for (mut to, from) in [(left.clone(), &right), (right.clone(), &left)] {
            to.sync(from);
            assert_eq!(to.to_string(), expected, "{left} and {right}");
        }
    }
}

/// Their `less_test`, of contexts.
#[test]
fn contexts_compare_as_theirs_do() {
    let of = |entries: &[(&str, u64)]| entries.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect::<VersionVector>();
    let (a, b, b2, b3) = (of(&[("a", 1)]), of(&[("a", 2)]), of(&[("a", 1), ("b", 1)]), of(&[("a", 1), ("z", 1)]));
    let c = of(&[("a", 2), ("c", 1)]);
    let d = of(&[("a", 2), ("b", 1), ("c", 1), ("d", 1)]);
    for (less, more) in [(&a, &b), (&a, &c), (&b, &c), (&b, &d), (&b2, &d), (&a, &d)] {
        assert_eq!((less.compare(more), more.compare(less)), (Causality::Before, Causality::After), "{less} and {more}");
        assert!(less < more);
    }
    for (one, other) in [(&b2, &c), (&b, &b2), (&b3, &d)] {
        assert_eq!(one.compare(other), Causality::Concurrent, "{one} and {other}");
        assert!(!(one < other || other < one));
    }
    assert_eq!(c.compare(&c), Causality::Equal);
}
