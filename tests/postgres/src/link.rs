//! A link in front of a server: a small TCP proxy whose latency can be set, and which can be cut and healed. Followers
//! stream through one, clients through another. What it does is what a wide network does to a connection (as the proxy
//! Toxiproxy has it): bytes come later, in order; or they do not come, until they do or the connection ends. There is
//! no jitter, so the only chance is that of the machine.

mod pipe;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Each holds up to 8 MiB that are on their way.
const CONNECTIONS_MAX: usize = 200;
/// Longer ones are longer than every time-out of a server.
pub const LATENCY_MAX: Duration = Duration::from_secs(60);

/// How long bytes take in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// From whoever connects to the server.
    pub there: Duration,
    /// From the server to whoever connects.
    pub back: Duration,
}

impl Latency {
    /// The same in both directions; a round trip takes twice as long.
    #[must_use]
    pub fn each_way(time: Duration) -> Self {
        Self { there: time, back: time }
    }
}

/// What a cut does to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing gets through, and nobody is told: after the cut, bytes go on where they stopped, as TCP sends them again.
    Stall,
    /// Connections are closed at once, and new ones too.
    Reset,
}

/// The state of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How long bytes take that are taken up from now on.
    pub latency: Latency,
    /// None if it is whole.
    pub cut: Option<Cut>,
    /// How many connections there are, those that wait for the end of a cut included.
    pub connections: usize,
}

/// A link to one server. It ends, with all its connections, when it is dropped.
#[derive(Debug)]
pub struct Link {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Option<JoinHandle<()>>,
}

/// What all threads of a link look at.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    target: SocketAddr,
    latency: Latency,
    cut: Option<Cut>,
    open: BTreeMap<u64, Connection>,
    accepted: u64,
    ended: bool,
}

/// The sockets of a connection, to close them from outside, and how many of its threads go on.
#[derive(Debug, Default)]
struct Connection {
    sockets: Vec<TcpStream>,
    pipes: usize,
}

impl Link {
    /// A link on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if there is no port, or no thread.
    pub fn start(target: SocketAddr) -> Result<Self, Error> {
        let failed = |what| move |source| Error::Io { what, place: format!("a link to {target}"), source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed("listen for"))?;
        let address = listener.local_addr().map_err(failed("listen for"))?;
        let (latency, open) = (Latency::default(), BTreeMap::new());
        let state = State { target, latency, cut: None, open, accepted: 0, ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        let acceptor = thread::Builder::new().name("link".to_owned()).spawn(move || accept(&listener, &accepting));
        Ok(Self { shared, address, acceptor: Some(acceptor.map_err(failed("start"))?) })
    }

    /// Where to connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the latency of what is taken up from now on. What is on its way keeps its time, and nothing overtakes.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] above [`LATENCY_MAX`].
    pub fn set_latency(&self, latency: Latency) -> Result<(), Error> {
        if latency.there.max(latency.back) > LATENCY_MAX {
            return Err(Error::Setting { why: format!("a latency of more than {} s cannot be set", LATENCY_MAX.as_secs()) });
        }
        self.shared.change(|state| state.latency = latency);
        Ok(())
    }

    /// Cuts the link.
    pub fn cut(&self, cut: Cut) {
        self.shared.change(|state| {
            state.cut = Some(cut);
            match cut {
                Cut::Stall => {}
                Cut::Reset => state.close_all(),
            }
        });
    }

    /// Ends a cut; the latency stays.
    pub fn heal(&self) {
        self.shared.change(|state| state.cut = None);
    }

    /// Leads new connections to another server, and closes those to the old one.
    pub fn retarget(&self, target: SocketAddr) {
        self.shared.change(|state| {
            state.target = target;
            state.close_all();
        });
    }

    /// The state of the link.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let state = self.shared.lock();
        Condition { latency: state.latency, cut: state.cut, connections: state.open.len() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.ended = true;
            state.close_all();
        });
        // The acceptor sees the end when something comes. Nothing to be done if not: it holds a port and no more.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            drop(acceptor.join());
        }
    }
}

impl State {
    fn close_all(&mut self) {
        for connection in std::mem::take(&mut self.open).into_values() {
            for socket in connection.sockets {
                // It may be closed already.
                drop(socket.shutdown(Shutdown::Both));
            }
        }
    }
}

impl Shared {
    /// A thread that panicked has left nothing half done: each change is one assignment or one removal.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until a moment has come and nothing stalls. Says whether the connection is still there.
    fn wait(&self, id: u64, due: Instant) -> bool {
        let mut state = self.lock();
        loop {
            if !state.open.contains_key(&id) {
                return false;
            }
            let left = due.saturating_duration_since(Instant::now());
            let stalled = state.cut == Some(Cut::Stall);
            if left.is_zero() && !stalled {
                return true;
            }
            // Whoever changes something wakes all.
            let pause = if stalled { LATENCY_MAX } else { left };
            state = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes up a connection; none if there are too many or the link is cut.
    fn open(&self, client: &TcpStream) -> Option<u64> {
        let mut state = self.lock();
        let reset = state.cut == Some(Cut::Reset);
        if state.ended || reset || state.open.len() >= CONNECTIONS_MAX {
            return None;
        }
        let sockets = vec![client.try_clone().ok()?];
        state.accepted += 1;
        let id = state.accepted;
        state.open.insert(id, Connection { sockets, pipes: 0 });
        Some(id)
    }

    fn close(&self, id: u64) {
        self.change(|state| {
            for socket in state.open.remove(&id).into_iter().flat_map(|connection| connection.sockets) {
                drop(socket.shutdown(Shutdown::Both));
            }
        });
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.lock().ended {
            return;
        }
        // What fails here is one connection, whose client sees it closed.
        let Ok(client) = client else { continue };
        let Some(id) = shared.open(&client) else { continue };
        let connection = Arc::clone(shared);
        let thread = thread::Builder::new().name("link".to_owned()).spawn(move || pipe::connect(&connection, id, client));
        if thread.is_err() {
            shared.close(id);
        }
    }
}
