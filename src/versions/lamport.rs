//! Lamport's clock: numbers that respect happens-before.
//!
//! Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM 1978, rules IR1 and IR2: a process counts between its events,
//! and sets its clock past the number of a message that it receives. So what happened before has the smaller number; the smaller number
//! need not have happened before, and equal numbers are concurrent. A total order is that of pairs (number, id).

use serde::{Deserialize, Serialize};

use super::{Exhausted, next};

/// A clock of one process. Every event gets a number, the first one 1.
///
/// ```
/// use replicated_telemetry_store::versions::LamportClock;
///
/// let (mut a, mut b) = (LamportClock::new(), LamportClock::new());
/// let sent = a.tick()?;
/// b.tick()?;
/// let received = b.receive(sent)?;
/// assert!((sent, "a") < (received, "b")); // the order of events: by number, and then by id
/// # Ok::<(), replicated_telemetry_store::versions::Exhausted>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LamportClock {
    last: u64,
}

impl LamportClock {
    /// A clock before its first event.
    #[must_use]
    pub fn new() -> LamportClock {
        LamportClock::default()
    }

    /// The number of the last event; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The number of an event of this process; a message that it sends carries it.
    ///
    /// # Errors
    /// [`Exhausted`] at 2^64 - 1; the clock stays where it is.
    pub fn tick(&mut self) -> Result<u64, Exhausted> {
        self.last = next(self.last)?;
        Ok(self.last)
    }

    /// The number of the receipt of a message that carries this number: larger than that, and than all that came before here.
    ///
    /// # Errors
    /// [`Exhausted`] if there is no larger number; the clock stays where it is, and the message is not to be taken.
    pub fn receive(&mut self, sent: u64) -> Result<u64, Exhausted> {
        self.last = next(self.last.max(sent))?;
        Ok(self.last)
    }
}
