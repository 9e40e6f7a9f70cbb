//! The workload on turmoil: each node is a task of tokio with a socket of its own; time goes in ticks of a millisecond.
//!
//! usage: turmoil OPERATIONS

mod nodes;

use std::io::Result;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use nodes::{CLIENTS, Counts, PORT, Replicas, Socket, Words};

const REPLICAS: [&str; 3] = ["leader", "near", "far"];

struct Udp(turmoil::net::UdpSocket);

impl Socket for Udp {
    async fn send_words(&self, to: SocketAddr, words: Words) -> Result<()> {
        self.0.send_to(words.as_flattened(), to).await.map(drop)
    }

    async fn receive_words(&self) -> Result<(SocketAddr, Words)> {
        let mut words = Words::default();
        let (_, from) = self.0.recv_from(words.as_flattened_mut()).await?;
        Ok((from, words))
    }
}

async fn open() -> Result<(Udp, Replicas)> {
    let socket = turmoil::net::UdpSocket::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?;
    Ok((Udp(socket), REPLICAS.map(|name| (turmoil::lookup(name), PORT).into())))
}

fn run(counts: &'static Counts) {
    let mut simulation = turmoil::Builder::new()
        .simulation_duration(Duration::from_secs(36_000))
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(2))
        .udp_capacity(4096)
        .rng_seed(1)
        .build();
    simulation.host(REPLICAS[0], move || async move {
        let (socket, replicas) = open().await?;
        Ok(nodes::leader(counts, socket, replicas).await?)
    });
    for name in &REPLICAS[1..] {
        simulation.host(*name, move || async move {
            let (socket, replicas) = open().await?;
            Ok(nodes::follower(counts, socket, replicas).await?)
        });
    }
    for number in 0..CLIENTS {
        simulation.client(format!("c{number}"), async move {
            let (socket, replicas) = open().await?;
            nodes::client(counts, socket, replicas).await?;
            // What is under way to the followers arrives before the end.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(())
        });
    }
    simulation.run().expect("nothing in it fails");
}

fn main() {
    nodes::measure(run);
}
