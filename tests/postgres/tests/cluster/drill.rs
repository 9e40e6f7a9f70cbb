//! The partition-durability drill on real servers: a client writes, the primary is cut off from every follower that
//! need not confirm, the client goes on, the primary is killed, the most advanced follower is promoted, and what was
//! acknowledged is looked for. With a synchronous follower nothing may be missing; without, what is missing is the end of
//! what was acknowledged, and is named. The old primary comes back for the next round.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use postgres_cluster::{Cluster, Cut, Lsn, Node, Settings, Synchronous};

use super::session::Session;
use super::{folder, start, write};

/// How many rounds, unless the variable says otherwise.
const ROUNDS: u32 = 3;
const VARIABLE: &str = "POSTGRES_DRILL_ROUNDS";
/// How many writes are acknowledged before the cut, and again before the primary is killed.
const ACKNOWLEDGED_MIN: usize = 25;

fn rounds() -> u32 {
    match std::env::var(VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{VARIABLE} is `{text}`, and should be a number of rounds")),
        Err(_) => ROUNDS,
    }
}

/// A client that writes one number after the other until its session ends; sends each when it is acknowledged.
fn client(cluster: &Cluster, first: u64) -> (Receiver<u64>, thread::JoinHandle<u64>) {
    let mut session = Session::open(cluster, &cluster.primary().direct());
    let (sender, receiver) = channel();
    let writer = thread::spawn(move || {
        let mut next = first;
        while let Some(answer) = session.row(&format!("INSERT INTO written VALUES ({next}) RETURNING id")) {
            assert_eq!(answer, next.to_string());
            sender.send(next).expect("the round listens until the session has ended");
            next += 1;
            // A client has something else to do, too.
            thread::sleep(Duration::from_millis(1));
        }
        // Of this one nobody knows.
        next
    });
    (receiver, writer)
}

/// One round: what was acknowledged, and what of it the new primary lacks.
fn round(cluster: &mut Cluster, first: u64) -> (Vec<u64>, Vec<u64>, u64) {
    let (receiver, writer) = client(cluster, first);
    let some = || (0..ACKNOWLEDGED_MIN).map(|_| receiver.recv().expect("the client writes")).collect::<Vec<u64>>();
    let mut acknowledged = some();
    for node in cluster.status() {
        if node.server.is_some_and(|server| server.synchronous.as_deref() != Some("sync")) {
            cluster.node(&node.name).expect("a node").replication_link().cut(Cut::Stall);
        }
    }
    // What was acknowledged before the cut does not count as written after it.
    acknowledged.extend(receiver.try_iter());
    acknowledged.extend(some());
    let old = cluster.kill_primary().expect("killed");
    let unknown = writer.join().expect("the client ends with its session");
    acknowledged.extend(receiver.iter());
    // What is on its way from the dead must not arrive once the candidates have been compared.
    for node in cluster.nodes() {
        node.replication_link().cut(Cut::Reset);
    }
    let candidate = cluster.most_advanced_follower().expect("followers run");
    if cluster.settings().synchronous != Synchronous::Off {
        // Whoever promotes the other one loses writes, so what is promoted matters.
        let other = cluster.followers().map(Node::name).find(|name| *name != candidate && *name != old).map(str::to_owned);
        let [best, other] = [candidate.clone(), other.expect("there are three nodes")].map(|name| received(cluster, &name));
        assert!(other < best, "the follower that was cut off has all: {other}, {best}");
    }
    cluster.promote(&candidate).expect("promoted");
    let held = cluster.execute(&candidate, &format!("SELECT id FROM written WHERE id >= {first}")).expect("read");
    let held: BTreeSet<u64> = held.lines().map(|line| line.parse().expect("a number")).collect();
    let invented: Vec<u64> = held.iter().copied().filter(|id| !acknowledged.contains(id) && *id != unknown).collect();
    assert!(invented.is_empty(), "nobody wrote {invented:?}");
    let lost: Vec<u64> = acknowledged.iter().copied().filter(|id| !held.contains(id)).collect();
    for node in cluster.nodes() {
        node.replication_link().heal();
    }
    for (name, result) in cluster.repoint_followers() {
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    cluster.rewind(&old).expect("the old primary comes back");
    cluster.await_streaming().expect("all stream");
    (acknowledged, lost, unknown + 1)
}

fn received(cluster: &mut Cluster, name: &str) -> Lsn {
    cluster.status_of(name).expect("a node").server.expect("it runs").received
}

/// How many writes, and which.
fn named(lost: &[u64]) -> String {
    match lost {
        [] => "none lost".to_owned(),
        [first, .., last] if lost.windows(2).all(|pair| pair[1] == pair[0] + 1) => {
            format!("{} lost: from {first} to {last}", lost.len())
        }
        others => format!("{} lost: {others:?}", lost.len()),
    }
}

fn drill(cluster: &mut Cluster, name: &str) -> Vec<(Vec<u64>, Vec<u64>)> {
    write(cluster, "CREATE TABLE written (id bigint)");
    let mut next = 1;
    let rounds: Vec<(Vec<u64>, Vec<u64>)> = (1..=rounds())
        .map(|number| {
            let (acknowledged, lost, following) = round(cluster, next);
            next = following;
            let primary = cluster.primary().name();
            eprintln!("{name}, round {number}, {primary} promoted: {} acknowledged, {}", acknowledged.len(), named(&lost));
            (acknowledged, lost)
        })
        .collect();
    let sum = |count: fn(&(Vec<u64>, Vec<u64>)) -> usize| rounds.iter().map(count).sum::<usize>();
    let (acknowledged, lost) = (sum(|round| round.0.len()), sum(|round| round.1.len()));
    eprintln!("{name}, {} rounds: {acknowledged} acknowledged, {lost} lost", rounds.len());
    rounds
}

#[test]
fn no_acknowledged_write_is_lost_with_a_synchronous_follower() {
    let settings = Settings { synchronous: Synchronous::First(1), ..Settings::new(folder("drill-synchronous")) };
    let Some(mut cluster) = start(&settings) else { return };
    for (number, (_, lost)) in (1..).zip(drill(&mut cluster, "synchronous")) {
        assert_eq!(lost, [], "round {number}");
    }
}

#[test]
fn without_one_the_end_of_what_was_acknowledged_is_lost() {
    let Some(mut cluster) = start(&Settings::new(folder("drill-asynchronous"))) else { return };
    for (number, (acknowledged, lost)) in (1..).zip(drill(&mut cluster, "asynchronous")) {
        // The client got its answers when nobody else could hear of its writes.
        assert!(lost.len() >= ACKNOWLEDGED_MIN / 2, "round {number}: only {lost:?} of {acknowledged:?} are lost");
        assert!(acknowledged.ends_with(&lost), "round {number}: a write survived that came after a lost one");
        assert!(lost.len() < acknowledged.len(), "round {number}: none survived");
    }
}
