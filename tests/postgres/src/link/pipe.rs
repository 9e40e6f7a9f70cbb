//! One connection through a link: two pipes, each with a thread that reads and one that writes. What was read gets the
//! moment at which it may be written; between the two is a bounded queue, so that a reader who is too slow slows its
//! writer down, as TCP's window does.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Latency, Shared};

const CHUNK: usize = 16 * 1024;
/// With [`CHUNK`] 4 MiB, which at a latency of 200 ms lets 20 MB a second through.
const CHUNKS: usize = 256;

/// What was read at once, and when it may be written. Without bytes it is the end.
struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

impl Way {
    fn of(self, latency: Latency) -> Duration {
        match self {
            Self::There => latency.there,
            Self::Back => latency.back,
        }
    }
}

/// Connects to the server, as soon as the link lets it, and carries bytes in both directions until either side ends.
pub(super) fn connect(shared: &Arc<Shared>, id: u64, client: TcpStream) {
    // Before its first byte a connection needs a round trip.
    let latency = shared.lock().latency;
    if !shared.wait(id, Instant::now() + latency.there + latency.back) || open_pipes(shared, id, client).is_none() {
        shared.close(id);
    }
}

fn open_pipes(shared: &Arc<Shared>, id: u64, client: TcpStream) -> Option<()> {
    let target = shared.lock().target;
    let server = TcpStream::connect(target).ok()?;
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    {
        let mut state = shared.lock();
        // The target may have changed meanwhile; then the connection has been closed.
        let connection = state.open.get_mut(&id)?;
        connection.sockets.push(server.try_clone().ok()?);
        connection.pipes = 2;
    }
    start(shared, id, client.try_clone().ok()?, server.try_clone().ok()?, Way::There)?;
    start(shared, id, server, client, Way::Back)
}

/// Starts the two threads of one direction.
fn start(shared: &Arc<Shared>, id: u64, from: TcpStream, to: TcpStream, way: Way) -> Option<()> {
    let (sender, receiver) = sync_channel(CHUNKS);
    let (reading, writing) = (Arc::clone(shared), Arc::clone(shared));
    let thread = || thread::Builder::new().name("link".to_owned());
    thread().spawn(move || read(&reading, way, from, &sender)).ok()?;
    thread().spawn(move || write(&writing, id, to, &receiver)).ok()?;
    Some(())
}

fn read(shared: &Shared, way: Way, mut from: TcpStream, sender: &SyncSender<Chunk>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A connection that broke ends, as far as the other side is concerned.
            Err(_) => 0,
        };
        let due = Instant::now() + way.of(shared.lock().latency);
        // The writer is gone if the connection was closed.
        if sender.send(Chunk { due, bytes: buffer[..length].to_vec() }).is_err() || length == 0 {
            return;
        }
    }
}

fn write(shared: &Shared, id: u64, mut to: TcpStream, receiver: &Receiver<Chunk>) {
    for chunk in receiver {
        if !shared.wait(id, chunk.due) {
            return;
        }
        if chunk.bytes.is_empty() {
            drop(to.shutdown(Shutdown::Write));
            break;
        }
        if to.write_all(&chunk.bytes).is_err() {
            shared.close(id);
            return;
        }
    }
    shared.end_pipe(id);
}

impl Shared {
    /// One direction has ended; with the second the connection is closed.
    fn end_pipe(&self, id: u64) {
        let last = match self.lock().open.get_mut(&id) {
            None => false,
            Some(connection) => {
                connection.pipes = connection.pipes.saturating_sub(1);
                connection.pipes == 0
            }
        };
        if last {
            self.close(id);
        }
    }
}
