//! What must be true when links are whole again and nothing is under way: replicas have the same updates, each once, and show the same.

use std::collections::BTreeSet;

use replicated_telemetry_store::family::multi_leader::{Policy, Replica, actor_of};
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
        let replaced = replica.log.iter().filter_map(|entry| entry.update.replaces);
        let known: BTreeSet<Dot> = dots.into_iter().chain(replaced).collect();
        ensure!(known.len() as u64 == taken, "{name} has {} updates of {taken}", known.len());
        ensure!(replica.buffer.is_empty() && replica.waiting() == 0, "{name} still waits for something");
        ensure!(replica.applied == first.applied, "{name} has applied {:?}, not {:?}", replica.applied, first.applied);
        let (here, there) = (shown(run, replica), shown(run, first));
        ensure!(here == there, "{name} shows {here:?}, not {there:?}");
    }
    Ok(())
}

/// Where a server decides on the order, every replica has all that was written, once each in the server's form, and shows the last of it.
pub(crate) fn the_server_decides(run: &Run) -> Result<(), String> {
    for (id, replica) in run.end.multi_leader_replicas() {
        for (key, name) in (0..).map(KeyId).zip(&run.plan.keys) {
            let Policy::Rebase { server } = replica.policy(key) else { continue };
            let of_key = |replica: &Replica| -> Vec<(Dot, Option<Dot>)> {
                let updates = replica.log.iter().map(|entry| &entry.update).filter(|update| update.key == key);
                updates.map(|update| (update.dot(), update.replaces)).collect()
            };
            let ordered = of_key(run.end.multi_leader_replica(server).expect("the server"));
            let decided = |all: &[(Dot, Option<Dot>)]| -> Vec<Dot> {
                all.iter().map(|(dot, _)| *dot).filter(|dot| dot.actor == actor_of(server)).collect()
            };
            let (must, is) = (decided(&ordered), decided(&of_key(replica)));
            ensure!(
                is.iter().collect::<BTreeSet<_>>() == must.iter().collect(),
                "{id:?} has {is:?} of {name}, and the server {must:?}"
            );
            let open = of_key(replica).into_iter().map(|(dot, _)| dot).filter(|dot| dot.actor != actor_of(server));
            let replaced: BTreeSet<Dot> = ordered.iter().filter_map(|(_, replaced)| *replaced).collect();
            ensure!(
                open.clone().all(|dot| replaced.contains(&dot)),
                "the server has not taken all of {:?}",
                open.collect::<Vec<_>>()
            );
            let left: Vec<Dot> = replica.store.versions(key).iter().map(|version| version.stamp.dot()).collect();
            ensure!(
                left == Vec::from_iter(must.last().copied()),
                "{id:?} holds {left:?} of {name}, and the last is {:?}",
                must.last()
            );
        }
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
