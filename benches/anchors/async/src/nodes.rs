//! The workload of the project's `src/kernel.rs` as tasks that talk in datagrams, for simulators that run asynchronous code.
//!
//! One leader and two followers, one of them synchronous; eight clients in closed loops, a quarter of their operations writes at the leader, the
//! rest reads at a random follower; each message takes one to two milliseconds. Such simulators run real code on real interfaces, which
//! is their point: they do more for each message. Nothing is recorded here. Their links may reorder, so a follower keeps what comes early.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

pub const CLIENTS: u64 = 8;
pub const PORT: u16 = 9000;
const KEYS: usize = 4;

/// The replicas, the leader first and then the synchronous follower.
pub type Replicas = [SocketAddr; 3];

/// What a message says; two numbers go with it.
#[derive(Clone, Copy)]
pub enum Kind {
    Write,
    Read,
    Append,
    Ack,
    Reply,
}

const KINDS: [Kind; 5] = [Kind::Write, Kind::Read, Kind::Append, Kind::Ack, Kind::Reply];

pub type Words = [[u8; 8]; 3];

/// A node's way to others.
pub trait Socket {
    async fn send_words(&self, to: SocketAddr, words: Words) -> Result<()>;
    async fn receive_words(&self) -> Result<(SocketAddr, Words)>;

    async fn send(&self, to: SocketAddr, kind: Kind, a: u64, b: u64) -> Result<()> {
        self.send_words(to, [kind as u64, a, b].map(u64::to_le_bytes)).await
    }
}

/// What all nodes of one simulation count.
#[derive(Default)]
pub struct Counts {
    pub most: u64,
    begun: AtomicU64,
    ended: AtomicU64,
    delivered: AtomicU64,
}

impl Counts {
    async fn receive(&self, socket: &impl Socket) -> Result<(SocketAddr, Kind, u64, u64)> {
        let (from, words) = socket.receive_words().await?;
        self.delivered.fetch_add(1, Relaxed);
        let [kind, a, b] = words.map(u64::from_le_bytes);
        Ok((from, KINDS[kind as usize], a, b))
    }
}

/// The finalizer of SplitMix64, as in the project's `src/rng.rs`: it tells each operation's kind and key.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub async fn leader(counts: &Counts, socket: impl Socket, [_, near, far]: Replicas) -> Result<()> {
    let (mut log, mut rows, mut acked) = (Vec::new(), [0; KEYS], 0);
    let mut waiting: VecDeque<(u64, u64, SocketAddr)> = VecDeque::new();
    loop {
        let (from, kind, a, b) = counts.receive(&socket).await?;
        match kind {
            Kind::Write => {
                log.push(b);
                let lsn = log.len() as u64;
                waiting.push_back((lsn, a, from));
                for follower in [near, far] {
                    socket.send(follower, Kind::Append, lsn, b).await?;
                }
            }
            Kind::Ack if from == near && a > acked => {
                acked = a;
                while let Some((lsn, op, client)) = waiting.pop_front_if(|(lsn, ..)| *lsn <= acked) {
                    rows[log[lsn as usize - 1] as usize] = lsn;
                    socket.send(client, Kind::Reply, op, lsn).await?;
                }
            }
            Kind::Ack => {}
            Kind::Read | Kind::Append | Kind::Reply => return Err(Error::other("a leader got what is meant for others")),
        }
    }
}

pub async fn follower(counts: &Counts, socket: impl Socket, [leader, ..]: Replicas) -> Result<()> {
    let (mut early, mut rows, mut applied) = (BTreeMap::new(), [0; KEYS], 0);
    loop {
        let (from, kind, a, b) = counts.receive(&socket).await?;
        match kind {
            Kind::Append => {
                early.insert(a, b);
                while let Some(key) = early.remove(&(applied + 1)) {
                    applied += 1;
                    rows[key as usize] = applied;
                }
                socket.send(leader, Kind::Ack, applied, 0).await?;
            }
            Kind::Read => socket.send(from, Kind::Reply, a, rows[b as usize]).await?,
            Kind::Write | Kind::Ack | Kind::Reply => return Err(Error::other("a follower got what is meant for others")),
        }
    }
}

pub async fn client(counts: &Counts, socket: impl Socket, [leader, near, far]: Replicas) -> Result<()> {
    let mut token = 0;
    loop {
        let op = counts.begun.fetch_add(1, Relaxed);
        if op >= counts.most {
            return Ok(());
        }
        let dice = mix(op);
        let key = dice % KEYS as u64;
        if (dice >> 32).is_multiple_of(4) {
            socket.send(leader, Kind::Write, op, key).await?;
        } else {
            let follower = if mix(dice) & 1 == 0 { near } else { far };
            socket.send(follower, Kind::Read, op, key).await?;
        }
        let (_, _, answered, version) = counts.receive(&socket).await?;
        assert_eq!(answered, op, "a client has one operation at a time");
        token = token.max(version);
        counts.ended.fetch_add(1, Relaxed);
    }
}

/// Runs a simulation of as many operations as the command line says, and prints how many messages were delivered and the best of two times.
pub fn measure(run: impl Fn(&'static Counts)) {
    let most = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("usage: PROGRAM OPERATIONS");
    let (mut best, mut delivered) = (u128::MAX, 0);
    for _ in 0..2 {
        // Tasks may outlive the function that starts them.
        let counts: &'static Counts = Box::leak(Box::new(Counts { most, ..Counts::default() }));
        let start = Instant::now();
        run(counts);
        best = best.min(start.elapsed().as_nanos());
        assert_eq!(counts.ended.load(Relaxed), most, "all operations end");
        delivered = counts.delivered.load(Relaxed);
    }
    println!("anchor: {delivered} delivered, {best} ns");
}
