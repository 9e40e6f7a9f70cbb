//! A session: what one client has written and seen, as a vector of tokens.
//!
//! A token is a position `(epoch, lsn)` per group and means "at least this much" (Cosmos DB calls it a minimum-version barrier).
//! It moves on acknowledged writes, which gives read-your-writes, **and on reads**, which gives monotonic reads; and it takes in
//! what the writer of a value had seen in other groups, which gives consistent prefix across shards. The guarantees are those
//! of Terry et al., "Session guarantees for weakly consistent replicated data" (PDIS 1994).

use std::sync::Arc;

use crate::log::Dependencies;
use crate::lsn::Position;
use crate::protocol::GroupId;
use crate::sabotage::Sabotage;

/// What a session must not see less than.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Grows when the session is lost to a failover and begins anew.
    pub number: u32,
    tokens: Vec<Position>,
}

impl Session {
    /// The token for one group.
    #[must_use]
    pub fn token(&self, group: GroupId) -> Position {
        self.tokens.get(group.index()).copied().unwrap_or(Position::ZERO)
    }

    /// Moves the token of a group forward; it never goes back.
    pub fn advance(&mut self, group: GroupId, to: Position) {
        if to == Position::ZERO {
            return;
        }
        if self.tokens.len() <= group.index() {
            self.tokens.resize(group.index() + 1, Position::ZERO);
        }
        let token = &mut self.tokens[group.index()];
        *token = (*token).max(to);
    }

    /// After an acknowledged write.
    pub fn wrote(&mut self, group: GroupId, at: Position, sabotage: &[Sabotage]) {
        if !sabotage.contains(&Sabotage::TokenIgnoresWrites) {
            self.advance(group, at);
        }
    }

    /// After a read that was served by a replica which had applied the log up to `applied`, of a value with these dependencies.
    pub fn read(&mut self, group: GroupId, applied: Position, deps: &Dependencies, sabotage: &[Sabotage]) {
        if !sabotage.contains(&Sabotage::TokenIgnoresReads) {
            self.advance(group, applied);
        }
        if sabotage.contains(&Sabotage::TokenIgnoresDependencies) {
            return;
        }
        for (index, position) in deps.iter().flat_map(|d| d.iter()).enumerate() {
            if let Ok(other) = u16::try_from(index) {
                self.advance(GroupId(other), *position);
            }
        }
    }

    /// Whether these positions and the session's tokens are of different generations of some group. A token can hold only one
    /// of the two, and nobody has checked that the other one survived.
    #[must_use]
    pub fn cannot_join(&self, deps: &Dependencies) -> bool {
        let theirs = deps.iter().flat_map(|d| d.iter());
        theirs.zip(&self.tokens).any(|(a, b)| *a != Position::ZERO && *b != Position::ZERO && a.epoch != b.epoch)
    }

    /// What a write of this session depends on in groups other than its own; nothing if it has seen none of them.
    #[must_use]
    pub fn dependencies(&self, group: GroupId) -> Dependencies {
        let elsewhere = self.tokens.iter().enumerate().any(|(index, token)| index != group.index() && *token != Position::ZERO);
        elsewhere.then(|| {
            let mut tokens = self.tokens.clone();
            if let Some(own) = tokens.get_mut(group.index()) {
                *own = Position::ZERO;
            }
            Arc::new(tokens)
        })
    }

    /// What the session stood for is gone: it begins anew, and its user has been told.
    pub fn begin_anew(&mut self) {
        self.number += 1;
        self.tokens.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn};

    fn at(lsn: u64) -> Position {
        Position { epoch: Epoch(1), lsn: Lsn(lsn) }
    }

    #[test]
    fn a_token_moves_on_writes_and_on_reads_and_never_back() {
        let mut session = Session::default();
        session.wrote(GroupId(0), at(6), &[]);
        session.read(GroupId(0), at(4), &None, &[]);
        assert_eq!(session.token(GroupId(0)), at(6));
        session.read(GroupId(0), at(9), &None, &[]);
        assert_eq!(session.token(GroupId(0)), at(9));
        assert_eq!(session.token(GroupId(1)), Position::ZERO, "each group has its own token");
    }

    #[test]
    fn what_a_writer_had_seen_elsewhere_travels_with_the_write() {
        let mut writer = Session::default();
        writer.wrote(GroupId(0), at(1), &[]);
        assert_eq!(writer.dependencies(GroupId(0)), None, "its own log orders it already");
        let deps = writer.dependencies(GroupId(1));
        let mut reader = Session::default();
        reader.read(GroupId(1), at(3), &deps, &[]);
        assert_eq!((reader.token(GroupId(0)), reader.token(GroupId(1))), (at(1), at(3)));
    }
}
