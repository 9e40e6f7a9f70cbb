//! A cluster that a process owns and others give orders to.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use postgres_cluster::{Error, Settings, control};

use super::{folder, start};

#[test]
fn orders_are_carried_out_and_answered() {
    let folder = folder("control");
    let settings = Settings { followers: 2, ..Settings::new(&folder) };
    let Some(cluster) = start(&settings) else { return };
    let owner = thread::spawn(move || control::serve(cluster));
    while !control::is_served(&folder) {
        thread::yield_now();
    }
    let send = |line: &str| control::send(&folder, &line.split(' ').collect::<Vec<_>>()).map_err(|error| error.to_string());
    let status = send("status").expect("answered");
    assert!(status.contains("node1: primary, timeline 1") && status.contains("node3: follower (async)"), "{status}");
    assert_eq!(status.matches("host=127.0.0.1 port=").count(), 6, "{status}");
    for (order, answer) in [
        ("fault pause-replay node2", "node2 replays nothing"),
        ("fault resume-replay node2", "node2 replays again"),
        ("fault delay node2 200ms", "200 ms after"),
        ("fault delay node2 0ms", "0 ms after"),
        ("fault link node3 --latency 20ms", "replication link of node3 takes 20 ms each way"),
        ("fault cut node3 --client", "client link of node3 is cut: connections stall"),
        ("fault heal node3 --client", "client link of node3 is whole"),
        ("fault stop node3", "node3 is stopped"),
        ("fault start node3", "node3 runs again"),
        ("fault kill-primary", "node1 is killed"),
        ("fault cut node3 --reset", "replication link of node3 is cut: connections are closed"),
        ("fault promote node2", "node3 is led to it by a link that is cut"),
        ("fault heal node3", "replication link of node3 is whole"),
        ("fault rewind node1", "node1 follows"),
        ("fault kill-primary", "node2 is killed"),
        ("fault promote node1", "node1 leads; its timeline 3 begins at"),
        ("fault rewind node2", "node2 follows"),
        ("fault rebuild node3", "node3 has a new copy"),
        ("fault link node3 --latency 0ms", "takes 0 ms"),
    ] {
        let said = send(order).unwrap_or_else(|error| panic!("{order}: {error}"));
        assert!(said.contains(answer), "{order}: {said}");
    }
    let status = send("status").expect("answered");
    assert!(status.contains("node2: follower") && status.contains("node1: primary, timeline 3"), "{status}");
    // What cannot be done is said, and the owner goes on.
    assert!(send("fault stop node7").expect_err("no such node").contains("node1, node2, node3"));
    assert!(send("fault explode node1").expect_err("no such fault").contains("fault kill-primary"));
    let mut stream = UnixStream::connect(folder.join("control")).expect("it listens");
    stream.write_all(&[b'x'; 5_000]).expect("the kernel takes it");
    let mut answer = String::new();
    // The rest of what was sent may never be read, and then the connection breaks.
    drop(stream.read_to_string(&mut answer));
    assert!(answer.is_empty() || answer.starts_with("failed\n"), "{answer}");
    assert_eq!(send("down").expect("answered"), "everything is stopped");
    owner.join().expect("no panic").expect("an orderly end");
    assert!(matches!(control::send(&folder, &["status"]), Err(Error::NotServed { .. })));
}
