//! What the store's acceptance tests share: a small cluster, and a way to let a program run beside its followers.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, select};
use replicated_telemetry_store::trace::Digest;
use replicated_telemetry_store::{Follower, Leader, Network, ReadMode, ReadRouter};

/// How often each acceptance test repeats its program: every repetition has to take the same course.
pub(crate) const REPETITIONS: usize = 100;

/// One leader, its followers, and a router over all of them.
pub(crate) struct Cluster {
    pub(crate) network: Arc<Network>,
    pub(crate) leader: Arc<Leader>,
    pub(crate) followers: Vec<Arc<Follower>>,
    pub(crate) router: Arc<ReadRouter>,
}

/// How a follower is added.
#[derive(Clone, Copy)]
pub(crate) enum Follows {
    Sync(&'static str),
    Async(&'static str),
}

impl Cluster {
    /// A cluster of a leader called "leader" and these followers.
    pub(crate) fn new(followers: &[Follows]) -> Cluster {
        Cluster::on(Arc::new(Network::new()), "leader", followers)
    }

    /// The same on a network that is there already.
    pub(crate) fn on(network: Arc<Network>, leader: &str, followers: &[Follows]) -> Cluster {
        let leader = Arc::new(Leader::new(leader.into(), network.clone()));
        let mut handles = Vec::new();
        for follower in followers {
            let (Follows::Sync(name) | Follows::Async(name)) = *follower;
            match follower {
                Follows::Sync(name) => leader.add_sync_follower(name),
                Follows::Async(name) => leader.add_async_follower(name),
            }
            handles.push(Arc::new(Follower::new(name.into(), network.clone())));
        }
        let router = Arc::new(ReadRouter::new(leader.clone(), handles.clone()));
        Cluster { network, leader, followers: handles, router }
    }

    /// Runs a program to its end while the followers run.
    pub(crate) fn run<T>(&self, program: impl Future<Output = T>) -> T {
        run_beside(&self.followers, program)
    }
}

/// Runs a program to its end while these followers run.
pub(crate) fn run_beside<T>(followers: &[Arc<Follower>], program: impl Future<Output = T>) -> T {
    let runs = join_all(followers.iter().map(|follower| follower.run()));
    match futures::executor::block_on(select(Box::pin(program), Box::pin(runs))) {
        futures::future::Either::Left((end, _)) => end,
        futures::future::Either::Right(_) => panic!("every follower crashed before the program came to its end"),
    }
}

/// The read mode of a session.
pub(crate) fn session(name: &str) -> ReadMode {
    ReadMode::SessionConsistent { session_id: name.into() }
}

/// Milliseconds.
pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Seconds.
pub(crate) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Runs a program many times and demands that it takes the same course each time: what it observed, the virtual time at its end,
/// and the digest of all that happened.
pub(crate) fn always_the_same<T: PartialEq + std::fmt::Debug>(program: impl Fn() -> (T, Arc<Network>)) -> T {
    let course =
        |(observed, network): (T, Arc<Network>)| -> (T, Duration, Digest) { (observed, network.now(), network.digest()) };
    let first = course(program());
    for repetition in 1..REPETITIONS {
        assert_eq!(course(program()), first, "repetition {repetition} took another course");
    }
    first.0
}
