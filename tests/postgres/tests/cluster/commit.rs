//! What each value of `synchronous_commit` waits for, as the table in PostgreSQL's documentation has it ("Setting
//! Transaction Durability" and "synchronous_commit"): nothing, the follower's log, or its replay. Between `remote_write`
//! and `on` lies the follower's disk, which nothing here can hold up.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use postgres_cluster::{Cluster, Commit, Cut, Settings, Synchronous};

use super::session::Session;
use super::{folder, start, write};

/// A commit that is not answered so long waits for something; a commit on loopback takes a hundredth of it.
const MOMENT: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(60);

/// A commit under this setting: its answer comes when the server gives it.
fn commit(cluster: &Cluster, level: Commit) -> Receiver<Option<String>> {
    let mut session = Session::open(cluster, &cluster.primary().direct());
    session.row(&format!("SET synchronous_commit = {level}; SELECT 1")).expect("the session is open");
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(session.row("INSERT INTO reading VALUES (1) RETURNING id")));
    receiver
}

/// While something is held up, a commit waits or does not, as expected; once it is let go, every commit ends.
fn hold_up(cluster: &Cluster, level: Commit, waits: bool, let_go: impl FnOnce()) {
    let answer = commit(cluster, level);
    // One that does not wait has all the time that a busy machine may need.
    let early = answer.recv_timeout(if waits { MOMENT } else { PATIENCE });
    let_go();
    assert_eq!(early.is_err(), waits, "{level}: {early:?}");
    let row = early.or_else(|_| answer.recv_timeout(PATIENCE)).expect("it ends once nothing is held up");
    assert_eq!(row.as_deref(), Some("1"), "{level}");
}

#[test]
fn a_commit_waits_for_what_its_setting_says() {
    let settings = Settings { followers: 1, synchronous: Synchronous::First(1), ..Settings::new(folder("commit")) };
    let Some(mut cluster) = start(&settings) else { return };
    write(&cluster, "CREATE TABLE reading (id int)");
    // The setting, whether it waits for the follower's log, and whether for its replay.
    for (level, log, replay) in [
        (Commit::Off, false, false),
        (Commit::Local, false, false),
        (Commit::RemoteWrite, true, false),
        (Commit::On, true, false),
        (Commit::RemoteApply, true, true),
    ] {
        cluster.await_streaming().expect("the follower is there");
        let link = cluster.node("node2").expect("a node").replication_link();
        link.cut(Cut::Stall);
        hold_up(&cluster, level, log, || link.heal());
        cluster.await_streaming().expect("the follower is there");
        cluster.await_replayed("node2", cluster.position().expect("a position")).expect("nothing is left to replay");
        cluster.pause_replay("node2").expect("paused");
        hold_up(&cluster, level, replay, || cluster.resume_replay("node2").expect("resumed"));
    }
}
