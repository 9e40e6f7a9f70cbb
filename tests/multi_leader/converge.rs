//! What must be true when links are whole again and nothing is under way: replicas have the same updates, each once, and show the same.

use std::collections::BTreeSet;

use replicated_telemetry_store::family::multi_leader::Replica;
use replicated_telemetry_store::log::KeyId;
use replicated_telemetry_store::operation::Sibling;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::version::{Clock, Dot};

macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}

fn shown(run: &Run, replica: &Replica) -> Vec<Vec<Sibling>> {
    let keys = (0..u32::try_from(run.plan.keys.len()).expect("few")).map(KeyId);
    keys.map(|key| replica.store.shown(key, replica.policy(key))).collect()
}

/// Every replica has every update once, waits for nothing, and shows what the others show.
pub(crate) fn at_rest(run: &Run) -> Result<(), String> {
    ensure!(run.end.is_settled(), "something is still under way");
    let (_, first) = run.end.multi_leader_replicas().next().expect("there are replicas");
    let leaders = || run.end.multi_leader_replicas().filter(|(_, replica)| replica.leads());
    let taken: u64 = leaders().map(|(_, leader)| leader.taken).sum();
    for (id, replica) in run.end.multi_leader_replicas() {
        let name = run.plan.name(id);
        let dots: BTreeSet<Dot> = replica.log.iter().map(|entry| entry.update.dot()).collect();
        ensure!(dots.len() == replica.log.len(), "{name} has applied an update more than once");
        ensure!(replica.log.len() as u64 == taken, "{name} has {} updates of {taken}", replica.log.len());
        ensure!(replica.buffer.is_empty() && replica.waiting() == 0, "{name} still waits for something");
        ensure!(replica.applied == first.applied, "{name} has applied {:?}, not {:?}", replica.applied, first.applied);
        let (here, there) = (shown(run, replica), shown(run, first));
        ensure!(here == there, "{name} shows {here:?}, not {there:?}");
    }
    Ok(())
}

/// Where the last writer wins, what is left is the update with the largest reading of the clock, by time, count and leader.
pub(crate) fn the_largest_clock_wins(run: &Run) -> Result<(), String> {
    let order = |clock: Clock| (clock.time, clock.count, clock.actor);
    for (id, replica) in run.end.multi_leader_replicas() {
        for (key, name) in (0..).map(KeyId).zip(&run.plan.keys) {
            let Some(kind) = replica.policy(key).drops_by() else { continue };
            let updates = replica.log.iter().map(|entry| &entry.update).filter(|update| update.key == key);
            let largest = updates.max_by_key(|update| order(update.clocks.of(kind))).map(|update| update.dot());
            let left: Vec<Dot> = replica.store.versions(key).iter().map(|version| version.stamp.dot()).collect();
            ensure!(left == Vec::from_iter(largest), "{id:?} holds {left:?} of {name}, and {largest:?} has the largest reading");
        }
    }
    Ok(())
}
