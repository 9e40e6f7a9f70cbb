//! The workload on madsim: each node is a task with an endpoint of its own; time jumps from event to event.
//!
//! usage: madsim OPERATIONS, built with `RUSTFLAGS="--cfg madsim"`

#[cfg(madsim)]
mod nodes;

#[cfg(not(madsim))]
fn main() {
    panic!("madsim simulates only what is built with RUSTFLAGS=\"--cfg madsim\"");
}

#[cfg(madsim)]
fn main() {
    nodes::measure(simulated::run);
}

#[cfg(madsim)]
mod simulated {
    use std::io::Result;
    use std::net::{IpAddr, SocketAddr};
    use std::time::Duration;

    use madsim::net::Endpoint;
    use madsim::runtime::{Handle, NodeHandle, Runtime};

    use crate::nodes::{self, CLIENTS, Counts, PORT, Replicas, Socket, Words};

    /// The tag of all messages.
    const TAG: u64 = 1;

    struct Datagrams(Endpoint);

    impl Socket for Datagrams {
        async fn send_words(&self, to: SocketAddr, words: Words) -> Result<()> {
            self.0.send_to(to, TAG, words.as_flattened()).await
        }

        async fn receive_words(&self) -> Result<(SocketAddr, Words)> {
            let mut words = Words::default();
            let (_, from) = self.0.recv_from(TAG, words.as_flattened_mut()).await?;
            Ok((from, words))
        }
    }

    fn ip(number: u64) -> IpAddr {
        [10, 0, 0, u8::try_from(number + 1).expect("a few nodes")].into()
    }

    fn node(number: u64) -> NodeHandle {
        Handle::current().create_node().ip(ip(number)).build()
    }

    async fn open(number: u64) -> Result<Datagrams> {
        Endpoint::bind((ip(number), PORT)).await.map(Datagrams)
    }

    pub(super) fn run(counts: &'static Counts) {
        let mut config = madsim::Config::default();
        config.net.send_latency = Duration::from_millis(1)..Duration::from_millis(2);
        Runtime::with_seed_and_config(1, config).block_on(async {
            let replicas: Replicas = [0, 1, 2].map(|number| (ip(number), PORT).into());
            drop(node(0).spawn(async move { nodes::leader(counts, open(0).await?, replicas).await }));
            for number in [1, 2] {
                drop(node(number).spawn(async move { nodes::follower(counts, open(number).await?, replicas).await }));
            }
            let clients = (3..3 + CLIENTS).map(|number| {
                node(number).spawn(async move { nodes::client(counts, open(number).await?, replicas).await })
            });
            for client in clients.collect::<Vec<_>>() {
                client.await.expect("it is not cancelled").expect("nothing in it fails");
            }
            // What is under way to the followers arrives before the end.
            madsim::time::sleep(Duration::from_millis(20)).await;
        });
    }
}
