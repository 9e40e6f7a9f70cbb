//! What the words of a story mean for each type.

use std::collections::BTreeMap;

use replicated_telemetry_store::crdt::{
    AddRemovePartialOrder, Bias, Crdt, DotCounter, DotMap, GCounter, GSet, LwwElementSet, LwwRegister, MapUpdate, MonotonicDag,
    MvMap, MvRegister, OpCounter, OpOrSet, OrMap, OrSet, OrSetOptimised, PnCounter, PnSet, Rga, SequenceUpdate, SetUpdate,
    TreeDoc, TwoPhaseGraph, TwoPhaseSet, USet, Vertex,
};
use replicated_telemetry_store::versions::Dot;

use super::players::{ByState, Done, Players, fine, list, number, operations, states, unknown, yes};

fn set_words(words: &[&str]) -> SetUpdate<String> {
    match words {
        ["add", e] => SetUpdate::Add((*e).to_owned()),
        ["remove", e] => SetUpdate::Remove((*e).to_owned()),
        _ => unknown(words),
    }
}

fn lww_set(set: &mut LwwElementSet<String>, _: char, words: &[&str]) -> Done {
    match words {
        ["add", e, time] => set.add((*e).to_owned(), number(time)),
        ["remove", e, time] => set.remove(&(*e).to_owned(), number(time))?,
        _ => unknown(words),
    };
    Ok(())
}

fn vertex(named: &str, mut known: impl Iterator<Item = (Dot<char>, String)>) -> Vertex<char> {
    match named {
        "first" => Vertex::First,
        "last" => Vertex::Last,
        _ => known.find(|(_, label)| label == named).map(|(dot, _)| Vertex::Added(dot)).expect("a vertex with this label"),
    }
}

fn in_dag(dag: &MonotonicDag<char, String>, named: &str) -> Vertex<char> {
    vertex(named, dag.iter().map(|(dot, label)| (dot.clone(), label.clone())))
}

fn in_order(order: &AddRemovePartialOrder<char, String>, named: &str) -> Vertex<char> {
    vertex(named, order.iter().map(|(dot, label)| (dot.clone(), label.clone())))
}

type Carts = OrMap<String, DotMap<String, DotCounter<char>>>;

fn carts(map: &Carts) -> String {
    list(map.value().into_iter().map(|(key, inner)| {
        let inner: Vec<String> = inner.into_iter().map(|(item, count)| format!("{item}={count}")).collect();
        format!("{key}:{}", inner.join(","))
    }))
}

/// The replicas for a type.
pub(crate) fn players(kind: &str) -> Box<dyn Players> {
    counters_and_registers(kind)
        .or_else(|| sets(kind))
        .or_else(|| graphs_and_maps(kind))
        .or_else(|| sequences(kind))
        .unwrap_or_else(|| unknown(&[kind]))
}

fn counters_and_registers(kind: &str) -> Option<Box<dyn Players>> {
    Some(match kind {
        "g-counter" => states::<GCounter<char>>(
            |counter, id, words| if let ["increment", n] = words { counter.increment(&id, number(n)) } else { unknown(words) },
            |counter, _| counter.value().to_string(),
        ),
        "pn-counter" => states::<PnCounter<char>>(
            |counter, id, words| match words {
                ["increment", n] => counter.increment(&id, number(n)),
                ["decrement", n] => counter.decrement(&id, number(n)),
                _ => unknown(words),
            },
            |counter, _| counter.value().to_string(),
        ),
        "op-counter" => operations::<OpCounter>(
            |words| if let ["add", n] = words { number(n) } else { unknown(words) },
            |counter| counter.value().to_string(),
        ),
        "lww-register" => states::<LwwRegister<char, String>>(
            |register, id, words| {
                let ["assign", value, time] = words else { unknown(words) };
                register.assign(&id, number(time), (*value).to_owned());
                Ok(())
            },
            |register, _| register.value().unwrap_or_default(),
        ),
        "mv-register" => states::<MvRegister<char, String>>(
            |register, id, words| {
                if let ["assign", value] = words { register.assign(&id, (*value).to_owned()) } else { unknown(words) }
            },
            |register, _| {
                let mut values = register.value();
                values.sort();
                list(values)
            },
        ),
        _ => return None,
    })
}

fn sets(kind: &str) -> Option<Box<dyn Players>> {
    Some(match kind {
        "g-set" => states::<GSet<String>>(
            |set, _, words| if let ["add", e] = words { fine(set.add((*e).to_owned())) } else { unknown(words) },
            |set, _| list(set.value()),
        ),
        "2p-set" => states::<TwoPhaseSet<String>>(
            |set, _, words| match set_words(words) {
                SetUpdate::Add(e) => fine(set.add(e)),
                SetUpdate::Remove(e) => set.remove(&e),
            },
            |set, _| list(set.value()),
        ),
        "u-set" => operations::<USet<String>>(set_words, |set| list(set.value())),
        "lww-element-set" => states::<LwwElementSet<String>>(lww_set, |set, _| list(set.value())),
        "lww-element-set-remove" => Box::new(ByState {
            replicas: BTreeMap::new(),
            new: || LwwElementSet::with_bias(Bias::Remove),
            update: lww_set,
            ask: |set, _| list(set.value()),
        }),
        "pn-set" => states::<PnSet<char, String>>(
            |set, id, words| match words {
                ["add-until-present", e] => set.add_until_present(&id, (*e).to_owned()),
                _ => match set_words(words) {
                    SetUpdate::Add(e) => set.add(&id, e),
                    SetUpdate::Remove(e) => set.remove(&id, &e),
                },
            },
            |set, words| if let ["count", e] = words { set.count(&(*e).to_owned()).to_string() } else { list(set.value()) },
        ),
        "or-set" => states::<OrSet<char, String>>(
            |set, id, words| match set_words(words) {
                SetUpdate::Add(e) => set.add(&id, e),
                SetUpdate::Remove(e) => set.remove(&e),
            },
            |set, words| if let ["tombstones"] = words { set.tombstones().to_string() } else { list(set.value()) },
        ),
        "or-set-optimised" => states::<OrSetOptimised<char, String>>(
            |set, id, words| match set_words(words) {
                SetUpdate::Add(e) => set.add(&id, e),
                SetUpdate::Remove(e) => set.remove(&e),
            },
            |set, _| list(set.value()),
        ),
        "op-or-set" => operations::<OpOrSet<char, String>>(
            |words| match set_words(words) {
                SetUpdate::Add(e) => MapUpdate::Update(e, ()),
                SetUpdate::Remove(e) => MapUpdate::Remove(e),
            },
            |set| list(set.value()),
        ),
        _ => return None,
    })
}

fn graphs_and_maps(kind: &str) -> Option<Box<dyn Players>> {
    Some(match kind {
        "2p2p-graph" => states::<TwoPhaseGraph<String>>(
            |graph, _, words| match words {
                ["add-vertex", v] => fine(graph.add_vertex((*v).to_owned())),
                ["remove-vertex", v] => graph.remove_vertex(&(*v).to_owned()),
                ["add-edge", u, v] => graph.add_edge((*u).to_owned(), (*v).to_owned()).map(drop),
                ["remove-edge", u, v] => graph.remove_edge(&(*u).to_owned(), &(*v).to_owned()),
                _ => unknown(words),
            },
            |graph, _| {
                let (vertices, edges) = graph.value();
                list(vertices.into_iter().chain(edges.into_iter().map(|(from, to)| format!("{from}>{to}"))))
            },
        ),
        "monotonic-dag" => states::<MonotonicDag<char, String>>(
            |dag, id, words| match words {
                ["add", label, "between", u, v] => {
                    dag.add_between(&id, &in_dag(dag, u), (*label).to_owned(), &in_dag(dag, v)).map(drop)
                }
                ["add-edge", u, v] => dag.add_edge(&in_dag(dag, u), &in_dag(dag, v)),
                _ => unknown(words),
            },
            |dag, words| match words {
                ["path", u, v] => yes(dag.path(&in_dag(dag, u), &in_dag(dag, v))),
                _ => list(dag.value().0.into_values().collect::<std::collections::BTreeSet<_>>()),
            },
        ),
        "partial-order" => states::<AddRemovePartialOrder<char, String>>(
            |order, id, words| match words {
                ["add", label, "between", u, v] => {
                    order.add_between(&id, &in_order(order, u), (*label).to_owned(), &in_order(order, v)).map(drop)
                }
                ["remove", v] => order.remove(&in_order(order, v)),
                _ => unknown(words),
            },
            |order, words| match words {
                ["before", u, v] => yes(order.before(&in_order(order, u), &in_order(order, v))),
                _ => list(order.value()),
            },
        ),
        "mv-map" => states::<MvMap<char, String, String>>(
            |map, id, words| match words {
                ["assign", key, value] => map.update(&id, (*key).to_owned(), (*value).to_owned()),
                ["remove", key] => map.remove(&(*key).to_owned()),
                _ => unknown(words),
            },
            |map, _| list(map.value().into_iter().map(|(key, values)| format!("{key}:{}", values.join(",")))),
        ),
        "or-map" => states::<Carts>(
            |map, id, words| match words {
                ["count", key, item, n] => map.update(&id, (*key).to_owned(), MapUpdate::Update((*item).to_owned(), number(n))),
                ["remove", key] => map.remove(&(*key).to_owned()),
                _ => unknown(words),
            },
            |map, _| carts(map),
        ),
        _ => return None,
    })
}

fn sequences(kind: &str) -> Option<Box<dyn Players>> {
    Some(match kind {
        "rga" => states::<Rga<char>>(
            |text, id, words| match words {
                ["insert", at, new] => text.insert_text(&id, number(at), new),
                ["remove", at] => text.remove(number(at)),
                _ => unknown(words),
            },
            |text, words| if let ["tombstones"] = words { text.tombstones().to_string() } else { text.text() },
        ),
        "op-rga" => operations::<Rga<char>>(
            |words| match words {
                ["insert", at, new] => SequenceUpdate::Insert(number(at), new.chars().collect()),
                ["remove", at] => SequenceUpdate::Remove(number(at), 1),
                _ => unknown(words),
            },
            Rga::text,
        ),
        "treedoc" => states::<TreeDoc<char>>(
            |text, id, words| match words {
                ["insert", at, new] => text.insert_text(&id, number(at), new),
                ["remove", at] => text.remove(number(at)),
                _ => unknown(words),
            },
            |text, words| match words {
                ["tombstones"] => text.tombstones().to_string(),
                ["depth", at] => text.depth(number(at)).map_or_else(String::new, |depth| depth.to_string()),
                _ => text.text(),
            },
        ),
        _ => return None,
    })
}
