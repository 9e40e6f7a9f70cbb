//! What a session knows: one token for each cluster, and its text.
//!
//! A token is a position `(epoch, LSN)`: a node that has applied the log up to there shows everything that the session has written and seen. It
//! is a minimum, not a snapshot. Its text goes from process to process, in a header or a cookie:
//!
//! ```text
//! 1_6b0ad3c8f2a0c9d8.2.3000148        version _ cluster . epoch . LSN, and further clusters after another _
//! ```
//!
//! Cluster and LSN are hexadecimal, the epoch is decimal; all characters may stand in a cookie and in a URL as they are. The text is
//! not signed: who forges one harms nobody but his own session. It is validated when it is read, and against the cluster when it is used.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::lsn::{Epoch, Lsn, Position};

/// The most clusters that one session has tokens of.
pub const CLUSTERS_MAX: usize = 16;
/// The most bytes of a session's text.
pub const TEXT_MAX: usize = 1 + CLUSTERS_MAX * (1 + 16 + 1 + 10 + 1 + 16);
/// How the text of a session begins.
const VERSION: &str = "1";

/// What tells one cluster from another: in PostgreSQL its system identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClusterId(pub u64);

/// Who answered the last operation of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The number of the node.
    pub node: usize,
    /// Where the node stood after the operation, if it was asked.
    pub position: Option<Position>,
}

/// A session: what one user of one program has written and seen.
///
/// It belongs to one task at a time. Two tasks of one user have a session each, or one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    tokens: BTreeMap<ClusterId, Position>,
    pub(super) pin: Option<usize>,
    pub(super) served: Option<Served>,
}

impl Session {
    /// A session that has seen nothing.
    #[must_use]
    pub fn new() -> Session {
        Session::default()
    }

    /// The session's token of a cluster; [`Position::ZERO`] if it has none.
    #[must_use]
    pub fn token(&self, cluster: ClusterId) -> Position {
        self.tokens.get(&cluster).copied().unwrap_or(Position::ZERO)
    }

    /// All tokens, in the order of their clusters.
    pub fn tokens(&self) -> impl Iterator<Item = (ClusterId, Position)> + '_ {
        self.tokens.iter().map(|(cluster, token)| (*cluster, *token))
    }

    /// Takes in that the session has written or seen something up to here. A token never goes back, and an empty log is nothing to see.
    ///
    /// The token of a seventeenth cluster ([`CLUSTERS_MAX`]) is not kept, and the answer is `false`.
    pub fn advance(&mut self, cluster: ClusterId, to: Position) -> bool {
        if to.lsn == Lsn::ZERO {
            return true;
        }
        if self.tokens.len() >= CLUSTERS_MAX && !self.tokens.contains_key(&cluster) {
            return false;
        }
        let token = self.tokens.entry(cluster).or_insert(to);
        *token = (*token).max(to);
        true
    }

    /// What the session stood for in this cluster is gone: it begins anew there.
    pub fn begin_anew(&mut self, cluster: ClusterId) {
        self.tokens.remove(&cluster);
    }

    /// Who answered the last operation, and where that node stood.
    #[must_use]
    pub fn last_served(&self) -> Option<Served> {
        self.served
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        self.tokens.iter().try_for_each(|(cluster, at)| write!(f, "_{:016x}.{}.{:x}", cluster.0, at.epoch, at.lsn.0))
    }
}

/// Why a text is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionTextError {
    /// It is longer than [`TEXT_MAX`].
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It does not begin with the version that is read here.
    Version,
    /// A token cannot be read, or does not follow the one before it.
    Token {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl fmt::Display for SessionTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionTextError::TooLong { bytes } => {
                write!(f, "the text of a session has at most {TEXT_MAX} bytes, and this one has {bytes}")
            }
            SessionTextError::Version => write!(f, "the text of a session begins with its version, {VERSION}"),
            SessionTextError::Token { number, what } => write!(f, "token {number} of the session: {what}"),
        }
    }
}

impl std::error::Error for SessionTextError {}

impl FromStr for Session {
    type Err = SessionTextError;

    fn from_str(text: &str) -> Result<Session, SessionTextError> {
        if text.len() > TEXT_MAX {
            return Err(SessionTextError::TooLong { bytes: text.len() });
        }
        let mut parts = text.split('_');
        if parts.next() != Some(VERSION) {
            return Err(SessionTextError::Version);
        }
        let mut session = Session::new();
        for (index, part) in parts.enumerate() {
            let wrong = |what| SessionTextError::Token { number: index + 1, what };
            let (cluster, at) = token(part).map_err(wrong)?;
            if session.tokens.last_key_value().is_some_and(|(before, _)| *before >= cluster) {
                return Err(wrong("clusters stand in the order of their numbers, each once"));
            }
            if !session.advance(cluster, at) {
                return Err(wrong("a session has tokens of 16 clusters at most"));
            }
        }
        Ok(session)
    }
}

/// One token: cluster, epoch, LSN. One position has one text, so that texts can be compared.
fn token(text: &str) -> Result<(ClusterId, Position), &'static str> {
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let [cluster, epoch, lsn] = parts[..] else { return Err("it is not CLUSTER.EPOCH.LSN") };
    let hexadecimal = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let cluster = Some(cluster).filter(|text| text.len() == 16 && hexadecimal(text));
    let cluster = cluster.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or("the cluster is not 16 digits of 0-9a-f")?;
    let epoch = Some(epoch).filter(|text| text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0'));
    let epoch = epoch.and_then(|text| text.parse().ok()).ok_or("the epoch is no number from 1 to 4294967295")?;
    let lsn = Some(lsn).filter(|text| text.len() <= 16 && hexadecimal(text) && !text.starts_with('0'));
    let lsn = lsn.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or("the LSN is not 1 to 16 digits of 0-9a-f")?;
    Ok((ClusterId(cluster), Position { epoch: Epoch(epoch), lsn: Lsn(lsn) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: u32, lsn: u64) -> Position {
        Position { epoch: Epoch(epoch), lsn: Lsn(lsn) }
    }

    #[test]
    fn a_session_is_the_same_after_it_was_a_text() {
        let mut session = Session::new();
        assert_eq!((session.to_string(), "1".parse()), ("1".to_owned(), Ok(Session::new())));
        session.advance(ClusterId(0x6b0a_d3c8_f2a0_c9d8), at(2, 0x300_0148));
        assert_eq!(session.to_string(), "1_6b0ad3c8f2a0c9d8.2.3000148");
        session.advance(ClusterId(7), at(u32::MAX, u64::MAX));
        let text = session.to_string();
        assert_eq!(text.parse(), Ok(session));
    }

    #[test]
    fn the_longest_session_is_still_read() {
        let mut session = Session::new();
        for cluster in 0..CLUSTERS_MAX as u64 {
            assert!(session.advance(ClusterId(u64::MAX - cluster), at(u32::MAX, u64::MAX)));
        }
        assert!(!session.advance(ClusterId(0), at(1, 1)), "one cluster more than a session has");
        let text = session.to_string();
        assert_eq!(text.len(), TEXT_MAX);
        assert_eq!(text.parse(), Ok(session));
    }

    #[test]
    fn what_is_no_session_says_where_and_why() {
        for (text, expected) in [
            ("", "the text of a session begins with its version, 1"),
            ("2_6b0ad3c8f2a0c9d8.2.3000148", "the text of a session begins with its version, 1"),
            ("1_", "token 1 of the session: it is not CLUSTER.EPOCH.LSN"),
            ("1_6b0ad3c8f2a0c9d8.2.30.1", "token 1 of the session: it is not CLUSTER.EPOCH.LSN"),
            ("1_6B0AD3C8F2A0C9D8.2.30", "token 1 of the session: the cluster is not 16 digits of 0-9a-f"),
            ("1_6b0ad3c8f2a0c9d8.0.30", "token 1 of the session: the epoch is no number from 1 to 4294967295"),
            ("1_6b0ad3c8f2a0c9d8..30", "token 1 of the session: the epoch is no number from 1 to 4294967295"),
            ("1_6b0ad3c8f2a0c9d8.+1.30", "token 1 of the session: the epoch is no number from 1 to 4294967295"),
            ("1_6b0ad3c8f2a0c9d8.4294967296.30", "token 1 of the session: the epoch is no number from 1 to 4294967295"),
            ("1_6b0ad3c8f2a0c9d8.1.", "token 1 of the session: the LSN is not 1 to 16 digits of 0-9a-f"),
            ("1_6b0ad3c8f2a0c9d8.1.030", "token 1 of the session: the LSN is not 1 to 16 digits of 0-9a-f"),
            (
                "1_6b0ad3c8f2a0c9d8.1.30_6b0ad3c8f2a0c9d8.1.31",
                "token 2 of the session: clusters stand in the order of their numbers, each once",
            ),
        ] {
            let error = text.parse::<Session>().expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
        }
        let long = "1".repeat(TEXT_MAX + 1);
        assert_eq!(long.parse::<Session>(), Err(SessionTextError::TooLong { bytes: TEXT_MAX + 1 }));
    }

    #[test]
    fn a_token_never_goes_back_and_a_new_epoch_comes_after_the_old_one() {
        let (mut session, cluster) = (Session::new(), ClusterId(1));
        for (to, expected) in [(at(1, 70), at(1, 70)), (at(1, 60), at(1, 70)), (at(2, 65), at(2, 65)), (at(1, 99), at(2, 65))] {
            session.advance(cluster, to);
            assert_eq!(session.token(cluster), expected, "after {to}");
        }
        session.begin_anew(cluster);
        assert_eq!(session.token(cluster), Position::ZERO);
    }
}
