//! LSNs as PostgreSQL writes them, and the one trap in them.
//!
//! An LSN is a byte position in the log, written as two halves in hexadecimal (`0/3000148`). The log is cut into pages that begin with a
//! header. The *insert* position is where the next record will begin, so behind a record that ends with its page it is after the header of
//! the next page; the *replay* position is where a record ended, before that header. Comparing the two as they are makes an idle follower
//! seem behind until the primary happens to write again. (`xlog.c`: `XLogBytePosToRecPtr` and `XLogBytePosToEndRecPtr`.)

use crate::lsn::{Lsn, Position};

/// The header of a page (`SizeOfXLogShortPHD`).
const PAGE_HEADER: u64 = 24;
/// The header of the first page of a segment (`SizeOfXLogLongPHD`).
const SEGMENT_HEADER: u64 = 40;

/// How a server cuts its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalLayout {
    /// Bytes of a page (`wal_block_size`).
    pub page: u64,
    /// Bytes of a segment (`wal_segment_size`).
    pub segment: u64,
}

impl WalLayout {
    /// The end of the last record before an insert position.
    #[must_use]
    pub fn end_before(self, insert: Lsn) -> Lsn {
        let into = |size: u64| insert.0.checked_rem(size).unwrap_or(0);
        let header = if into(self.segment) == SEGMENT_HEADER {
            SEGMENT_HEADER
        } else if into(self.page) == PAGE_HEADER && into(self.segment) != PAGE_HEADER {
            PAGE_HEADER
        } else {
            0
        };
        Lsn(insert.0 - header)
    }
}

/// An LSN as PostgreSQL writes it.
#[must_use]
pub fn lsn_text(lsn: Lsn) -> String {
    format!("{:X}/{:X}", lsn.0 >> 32, lsn.0 & 0xffff_ffff)
}

/// A position as timeline and LSN.
pub(super) fn position_text(position: Position) -> String {
    format!("{}:{}", position.epoch, lsn_text(position.lsn))
}

/// Reads an LSN as PostgreSQL writes it: two halves of 1 to 8 hexadecimal digits. `None` for anything else.
#[must_use]
pub fn parse_lsn(text: &str) -> Option<Lsn> {
    let (high, low) = text.split_once('/')?;
    let half = |text: &str| {
        let digits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
    };
    Some(Lsn(half(high)? << 32 | half(low)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lsns_are_read_as_they_are_written() {
        for (text, lsn) in [("0/0", 0), ("0/3000148", 0x300_0148), ("1/0", 1 << 32), ("FFFFFFFF/FFFFFFFF", u64::MAX)] {
            assert_eq!((parse_lsn(text), lsn_text(Lsn(lsn)).as_str()), (Some(Lsn(lsn)), text));
        }
        assert_eq!(parse_lsn("16/b374d848"), Some(Lsn(0x16_b374_d848)), "small letters are read as well");
        for text in ["", "/", "0", "0/", "/0", "0/123456789", "0/-1", "0/+1", "0/ 1", "0/1/2", "g/0"] {
            assert_eq!(parse_lsn(text), None, "{text}");
        }
    }

    #[test]
    fn behind_a_full_page_the_insert_position_is_after_a_header() {
        let layout = WalLayout { page: 8192, segment: 16 << 20 };
        for (insert, end) in [
            (0x300_0148, 0x300_0148),
            (0x300_2018, 0x300_2000),
            (0x300_0028, 0x300_0000),
            // A record goes on for 16 bytes behind the header of an ordinary page, and ends there.
            (0x300_2028, 0x300_2028),
            (0x300_0018, 0x300_0018),
            (0x300_2000, 0x300_2000),
        ] {
            assert_eq!(layout.end_before(Lsn(insert)), Lsn(end), "{insert:x}");
        }
    }
}
