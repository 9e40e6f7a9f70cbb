//! A node that is restored from an older state: under its old id it loses updates, and is found; under a new one it loses nothing.

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{DottedSet, VersionVector, check_own_id};

use super::model::{Events, Known, Writes};
use super::{all, many};

/// What became of a trace with one node that was set back.
#[derive(Default)]
struct Outcome {
    /// Whether some write is missing that nobody replaced.
    lost: bool,
    /// Whether somebody knew more of the node than the node, when it came back.
    heard: bool,
    /// Whether two servers ever had different values under one dot.
    contradicted: bool,
}

/// Node 0 goes back to its state of some steps ago, and goes on under its old id or under a new one.
fn run(seed: u64, new_id: bool) -> Outcome {
    let mut rng = Rng::keyed(seed, &[0x8E57]);
    let mut sets: [DottedSet<usize, u32>; 3] = Default::default();
    let mut known: [Known<usize>; 3] = Default::default();
    let mut clients: [(VersionVector<u32>, Events); 2] = Default::default();
    let (mut writes, mut outcome) = (Writes::default(), Outcome::default());
    let mut saved = (sets[0].clone(), known[0].clone());
    let mut ids = [0, 1, 2];
    let back = rng.between(10, 20);
    for step in 0..30 {
        if step + 6 == back {
            saved = (sets[0].clone(), known[0].clone());
        }
        if step == back {
            (sets[0], known[0]) = saved.clone();
            let others = sets[1..].iter().map(DottedSet::context).chain(clients.iter().map(|(context, _)| context.clone()));
            outcome.heard = others.into_iter().any(|heard| check_own_id(&0, &sets[0].context(), &heard).is_err());
            ids[0] = if new_id { 3 } else { 0 };
        }
        let mut below = |bound: usize| usize::try_from(rng.below(bound as u64)).expect("small");
        let (at, client) = (below(3), below(2));
        match below(4) {
            0 => clients[client] = (sets[at].context(), known[at].events),
            1 | 2 => {
                let (context, seen) = clients[client].clone();
                let event = writes.write(&mut known[at], seen, writes.pasts.len(), ids[at]);
                sets[at].update(&context, event, &ids[at]);
            }
            _ => {
                let (other, told) = {
                    let from = below(3);
                    (sets[from].clone(), known[from].clone())
                };
                outcome.contradicted |= !sets[at].contradictions(&other).is_empty();
                sets[at].sync(&other);
                known[at].sync(&told);
            }
        }
        let has = sets[at].values().fold(0, |all, event| all | 1 << event);
        outcome.lost |= writes.newest(known[at].events) & !has != 0;
    }
    outcome
}

#[test]
fn a_restored_node_loses_updates_under_its_old_id_and_is_found() {
    let [lost, contradicted, unheard] = all("a_restored_node", |seed| {
        let old = run(seed, false);
        if old.lost && !old.heard {
            return Err("a write is lost, and nobody had more updates of the node than the node".to_owned());
        }
        if old.contradicted && !old.heard {
            return Err("a dot has two values, and nobody had more updates of the node than the node".to_owned());
        }
        let new = run(seed, true);
        if new.lost || new.contradicted {
            return Err("a write is lost, or a dot has two values, under a new id".to_owned());
        }
        Ok([old.lost, old.contradicted, !old.heard].map(u64::from))
    });
    assert!(!many() || [lost, contradicted, unheard].iter().all(|count| *count > 100), "{lost} {contradicted} {unheard}");
}
