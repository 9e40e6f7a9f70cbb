//! Waiting until a follower has replayed an LSN: the statement of PostgreSQL 19, and pauses between questions before it.
//!
//! `WAIT FOR LSN` compares numbers only, whatever the timeline (its page says so), and at a promoted follower it ends at once. So the
//! follower is asked where it stands after it, as after a pause.

use std::time::Duration;

use super::layout::lsn_text;
use crate::lsn::Lsn;

/// From this version of the server on it can wait by itself (`server_version_num`).
const WAITS_SINCE: u32 = 190_000;
/// The first pause between two questions.
const PAUSE: Duration = Duration::from_millis(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(32);

/// The statement that waits for an LSN, if the server has it.
pub(super) fn statement(version: u32, lsn: Lsn, limit: Duration) -> Option<String> {
    // A time-out of zero would mean none.
    let milliseconds = limit.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    let lsn = lsn_text(lsn);
    (version >= WAITS_SINCE)
        .then(|| format!("WAIT FOR LSN '{lsn}' WITH (MODE 'standby_replay', TIMEOUT '{milliseconds}ms', NO_THROW)"))
}

/// Pauses that double up to a limit, and end when the time is over.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    left: Duration,
}

impl Pauses {
    /// Pauses of so long together.
    pub(super) fn of(limit: Duration) -> Pauses {
        Pauses { next: PAUSE, left: limit }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next.min(self.left);
        self.left -= pause;
        self.next = (self.next * 2).min(PAUSE_MAX);
        Some(pause).filter(|pause| !pause.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_in_time() {
        let milliseconds = |limit| Pauses::of(Duration::from_millis(limit)).map(|pause| pause.as_millis()).collect::<Vec<_>>();
        assert_eq!(milliseconds(0), [0_u128; 0]);
        assert_eq!(milliseconds(5), [1, 2, 2]);
        assert_eq!(milliseconds(100), [1, 2, 4, 8, 16, 32, 32, 5]);
    }

    #[test]
    fn a_server_that_can_wait_is_told_so() {
        let limit = Duration::from_micros(250_900);
        assert_eq!(statement(180_004, Lsn(1), limit), None);
        let expected = "WAIT FOR LSN '16/B374D848' WITH (MODE 'standby_replay', TIMEOUT '250ms', NO_THROW)";
        assert_eq!(statement(190_000, Lsn(0x16_b374_d848), limit).as_deref(), Some(expected));
        let short = statement(200_001, Lsn(1), Duration::ZERO).expect("it can wait");
        assert!(short.contains("TIMEOUT '1ms'"), "{short}");
    }
}
