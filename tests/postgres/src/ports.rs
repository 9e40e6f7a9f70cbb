//! Ports for servers, which have to be told one before they start. They are sought below those that the kernel hands
//! out by itself, so that no outgoing connection takes the port of a server that is stopped for a while.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;

/// Linux hands out ports from 32768 on, others from 49152 on.
const FIRST: u32 = 15_000;
const COUNT: u32 = 17_000;

/// How many ports this process has tried.
static TRIED: AtomicU32 = AtomicU32::new(0);

/// A port of the loopback interface on which nobody listens. Another process may take it before a server does: then the server
/// ends, and another port is tried.
pub(crate) fn free() -> Result<u16, Error> {
    // Processes that start at the same time begin at different places.
    let start = std::process::id().wrapping_mul(61) % COUNT;
    for _ in 0..COUNT {
        let step = TRIED.fetch_add(1, Ordering::Relaxed);
        let Ok(port) = u16::try_from(FIRST + (start + step % COUNT) % COUNT) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::Setting { why: format!("no port between {FIRST} and {} is free", FIRST + COUNT - 1) })
}

#[cfg(test)]
mod tests {
    use super::free;

    #[test]
    fn ports_differ_and_can_be_used() {
        let (one, next) = (free().expect("a port"), free().expect("a port"));
        assert_ne!(one, next);
        std::net::TcpListener::bind(("127.0.0.1", one)).expect("the port is free");
    }
}
