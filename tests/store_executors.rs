//! One program, four executors, one course of events: virtual time does not depend on who polls, or in which order.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::store_support::{self, Cluster, Follows, REPETITIONS, ms, session};
use futures::FutureExt;
use futures::future::join_all;
use replicated_telemetry_store::trace::Digest;
use replicated_telemetry_store::{Follower, ReadMode};

/// What a task saw, when, and the digest of all that had happened by then.
type Seen = (String, Option<Vec<u8>>, Duration, Digest);
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Four tasks that write, read and sleep at once, and put down each step as it ends.
fn tasks(c: &Arc<Cluster>, seen: &Arc<Mutex<Vec<Seen>>>) -> Vec<Task> {
    let task = |name: &'static str, pause: u64| {
        let (c, seen) = (c.clone(), seen.clone());
        Box::pin(async move {
            let note = |what: String, value: Option<Vec<u8>>| {
                seen.lock().expect("no task panics").push((format!("{name} {what}"), value, c.network.now(), c.network.digest()));
            };
            for round in 0..3_u8 {
                let lsn = c.leader.write(format!("{name}{round}"), vec![round]).await.expect("the follower runs");
                note(format!("wrote {}", lsn.0), None);
                c.router.record_session_write(name, lsn);
                let own = c.router.read(&format!("{name}{round}"), session(name)).await;
                note("read its own".into(), own);
                let shared = c.router.read("a2", ReadMode::AnyFollower).await;
                note(format!("read a2 at {:?}", c.router.last_served_by(None)), shared);
                c.network.sleep(ms(pause)).await;
                note("slept".into(), None);
            }
        }) as Task
    };
    vec![task("a", 3), task("b", 5), task("c", 7), task("d", 11)]
}

/// The course of the program: the steps of all tasks in the order in which they ended.
fn course(execute: impl FnOnce(Vec<Arc<Follower>>, Vec<Task>)) -> Vec<Seen> {
    let c = Arc::new(Cluster::new(&[Follows::Sync("near"), Follows::Async("far")]));
    c.network.inject_lag("leader", "near", ms(2));
    c.network.inject_lag("leader", "far", ms(40));
    let seen = Arc::new(Mutex::new(Vec::new()));
    execute(c.followers.clone(), tasks(&c, &seen));
    seen.lock().expect("no task panics").clone()
}

/// Polls all, the last one first, until the tasks are done.
struct Reversed(Vec<Option<Task>>);

impl Future for Reversed {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        for slot in self.0.iter_mut().rev() {
            if slot.as_mut().is_some_and(|task| task.as_mut().poll(context).is_ready()) {
                *slot = None;
            }
        }
        if self.0.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn by_block_on(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    store_support::run_beside(&followers, join_all(tasks));
}

fn by_block_on_reversed(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    store_support::run_beside(&followers, Reversed(tasks.into_iter().map(Some).collect()));
}

fn by_futures_unordered(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    use futures::StreamExt;
    let mut all: futures::stream::FuturesUnordered<Task> = tasks.into_iter().rev().collect();
    store_support::run_beside(&followers, async { while all.next().await.is_some() {} });
}

async fn spawned(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    let runs: Vec<_> = followers.into_iter().map(|f| tokio::spawn(async move { f.run().await })).collect();
    let handles: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    for handle in handles {
        handle.await.expect("no task panics");
    }
    runs.iter().for_each(tokio::task::JoinHandle::abort);
}

fn by_tokio_on_one_thread(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(spawned(followers, tasks));
}

fn by_tokio_on_several_threads(followers: Vec<Arc<Follower>>, tasks: Vec<Task>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().expect("a runtime");
    runtime.block_on(spawned(followers, tasks));
}

fn takes_the_same_course(execute: impl Fn(Vec<Arc<Follower>>, Vec<Task>)) {
    let expected = course(by_block_on);
    assert_eq!(expected.len(), 4 * 3 * 4);
    for repetition in 0..REPETITIONS {
        let course = course(&execute);
        for (step, (seen, expected)) in course.iter().zip(&expected).enumerate() {
            assert_eq!(seen, expected, "repetition {repetition}, step {step}");
        }
        assert_eq!(course.len(), expected.len(), "repetition {repetition}");
    }
}

#[test]
fn block_on_takes_the_same_course_each_time() {
    takes_the_same_course(by_block_on);
}

#[test]
fn a_reversed_order_of_polls_takes_the_same_course() {
    takes_the_same_course(by_block_on_reversed);
}

#[test]
fn futures_unordered_takes_the_same_course() {
    takes_the_same_course(by_futures_unordered);
}

#[test]
fn tokio_on_one_thread_takes_the_same_course() {
    takes_the_same_course(by_tokio_on_one_thread);
}

#[test]
fn tokio_on_several_threads_takes_the_same_course() {
    takes_the_same_course(by_tokio_on_several_threads);
}

/// A future that was polled once and is then left alone must not hold up the others.
#[test]
fn a_future_that_is_held_and_not_polled_stops_nobody() {
    let c = Cluster::new(&[Follows::Async("f1")]);
    c.run(async {
        let mut held = Box::pin(c.leader.write("held".into(), b"1".to_vec()));
        assert!(held.as_mut().now_or_never().is_none());
        c.leader.write("k".into(), b"2".to_vec()).await.expect("nothing to wait for");
        c.network.sleep(ms(100)).await;
        assert!(held.await.is_ok(), "and its own result waits for it");
        drop(c.leader.write("dropped".into(), b"3".to_vec()));
        let mut dropped = Box::pin(c.leader.write("dropped".into(), b"3".to_vec()));
        assert!(dropped.as_mut().now_or_never().is_none());
        drop(dropped);
        c.network.sleep(ms(100)).await;
        assert_eq!(c.followers[0].read("dropped").await, None, "it was dropped before it began");
    });
}

/// Local reads take no time, but a loop of them does not stop the clock.
#[test]
fn a_loop_of_local_reads_sees_the_follower_catch_up() {
    let c = Cluster::new(&[Follows::Async("f1")]);
    c.network.inject_lag("leader", "f1", ms(500));
    c.run(async {
        c.leader.write("k".into(), b"v".to_vec()).await.expect("nothing to wait for");
        while c.followers[0].read("k").await.is_none() {}
        assert!(c.network.now() >= ms(500));
    });
}

/// The choice of a follower is asked for outside the lock: it may look at the network.
#[test]
fn the_choice_of_a_follower_may_use_the_network() {
    let c = Cluster::new(&[Follows::Async("f1"), Follows::Async("f2")]);
    let network = c.network.clone();
    c.router.on_select_follower(move |names| usize::from(network.now() >= ms(50)) % names.len());
    c.run(async {
        c.router.read("k", ReadMode::AnyFollower).await;
        assert_eq!(c.router.last_served_by(None).as_deref(), Some("f1"));
        c.network.sleep(ms(50)).await;
        c.router.read("k", ReadMode::AnyFollower).await;
        assert_eq!(c.router.last_served_by(None).as_deref(), Some("f2"));
    });
}

#[test]
fn everything_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    let c = Cluster::new(&[Follows::Async("f1")]);
    shared(&c.network);
    shared(&c.router);
    shared(&c.leader.write("k".into(), Vec::new()));
    shared(&c.leader.read("k"));
    shared(&c.followers[0].run());
    shared(&c.followers[0].read("k"));
    shared(&c.router.read("k", ReadMode::Leader));
    shared(&c.network.sleep(ms(1)));
}
