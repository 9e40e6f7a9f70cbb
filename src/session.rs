//! A session: what one client has written and seen, as a vector of tokens.
//!
//! A token is a position `(epoch, lsn)` per group and means "at least this much" (Cosmos DB calls it a minimum-version barrier).
//! It moves on acknowledged writes, which gives read-your-writes, **and on reads**, which gives monotonic reads; and it takes in
//! what the writer of a value had seen in other groups, which gives consistent prefix across shards. The guarantees are those
//! of Terry et al., "Session guarantees for weakly consistent replicated data" (PDIS 1994): what they call the write set and the
//! read set are kept apart here, so that a session can ask for one guarantee without another. Each set is kept as its maximal versions:
//! of a group with one leader that is the one newest position, of another group perhaps several that are concurrent.

use std::sync::Arc;

use crate::family::GroupId;
use crate::log::Dependencies;
use crate::lsn::Position;
use crate::network::NodeId;
use crate::router::{Guarantee, Guarantees};
use crate::sabotage::Sabotage;
use crate::time::SimTime;
use crate::version::{Frontier, Stamp, VersionVector};

/// What a session must not see less than.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Grows when the session is lost to a failover and begins anew.
    pub number: u32,
    /// When the last own write was acknowledged, by the clock of the device that wrote.
    pub wrote_at: Option<SimTime>,
    /// The follower that a pinned session reads at, once it has been told of one or has moved to one.
    pub pin: Option<NodeId>,
    /// The write set.
    writes: Versions,
    /// The read set: how far the replicas were that served reads.
    reads: Versions,
    /// What the writers of what was read had seen.
    causes: Versions,
}

/// The maximal versions of each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Versions(Vec<Frontier<()>>);

impl Versions {
    fn of(&self, group: usize) -> impl Iterator<Item = &Stamp> {
        self.0.get(group).into_iter().flat_map(Frontier::iter).map(|(stamp, ())| stamp)
    }

    /// The newest position of a group with one leader, of which a frontier has no second one.
    #[inline]
    fn position(&self, group: usize) -> Position {
        self.0.get(group).and_then(Frontier::only).and_then(Stamp::position).unwrap_or_default()
    }

    fn advance(&mut self, group: usize, to: &Stamp) {
        if to.position() == Some(Position::ZERO) {
            return;
        }
        if self.0.len() <= group {
            self.0.resize_with(group + 1, Frontier::default);
        }
        self.0[group].raise(to, ());
    }
}

impl Session {
    /// The versions that a replica of the group must cover: the maximal ones of whatever the session has written, read, or heard of.
    #[must_use]
    pub fn required(&self, group: GroupId) -> Frontier<()> {
        let mut required = Frontier::default();
        for versions in [&self.writes, &self.reads, &self.causes] {
            versions.of(group.index()).for_each(|stamp| {
                required.raise(stamp, ());
            });
        }
        required
    }

    /// The token for one group with one leader: whatever the session has written, read, or heard of.
    #[must_use]
    pub fn token(&self, group: GroupId) -> Position {
        self.at(group.index())
    }

    fn at(&self, group: usize) -> Position {
        self.writes.position(group).max(self.reads.position(group)).max(self.causes.position(group))
    }

    /// What a replica must have for a read under these guarantees.
    #[must_use]
    pub fn for_read(&self, group: GroupId, guarantees: Guarantees) -> Position {
        self.asked(group, guarantees, (Guarantee::ReadYourWrites, Guarantee::MonotonicReads))
    }

    /// What a leader must have for a write under these guarantees.
    #[must_use]
    pub fn for_write(&self, group: GroupId, guarantees: Guarantees) -> Position {
        self.asked(group, guarantees, (Guarantee::MonotonicWrites, Guarantee::WritesFollowReads))
    }

    /// The write set for the first of two guarantees, the read set for the second; for causal consistency, all that is known.
    fn asked(&self, group: GroupId, guarantees: Guarantees, (of_writes, of_reads): (Guarantee, Guarantee)) -> Position {
        if guarantees.has(Guarantee::Causal) {
            return self.token(group);
        }
        let part = |guarantee, set: &Versions| {
            if guarantees.has(guarantee) { set.position(group.index()) } else { Position::ZERO }
        };
        part(of_writes, &self.writes).max(part(of_reads, &self.reads))
    }

    /// What a replica of a group with several leaders must have applied for a read, or for a write, under these guarantees.
    #[must_use]
    pub fn vector(&self, group: GroupId, guarantees: Guarantees, for_write: bool) -> VersionVector {
        let (of_writes, of_reads) = match for_write {
            true => (Guarantee::MonotonicWrites, Guarantee::WritesFollowReads),
            false => (Guarantee::ReadYourWrites, Guarantee::MonotonicReads),
        };
        let causal = guarantees.has(Guarantee::Causal);
        let sets = [(&self.writes, guarantees.has(of_writes)), (&self.reads, guarantees.has(of_reads)), (&self.causes, false)];
        let asked = sets.into_iter().filter(|(_, asked)| *asked || causal).flat_map(|(set, _)| set.of(group.index()));
        let vectors = asked.filter_map(|stamp| if let Stamp::Vector(vector) = stamp { Some(&**vector) } else { None });
        vectors.fold(VersionVector::default(), |all, vector| all.merge(vector))
    }

    /// Takes in what it is known otherwise that the session has seen of a group.
    pub fn advance(&mut self, group: GroupId, to: impl Into<Stamp>) {
        self.causes.advance(group.index(), &to.into());
    }

    /// After an acknowledged write.
    pub fn wrote(&mut self, group: GroupId, at: impl Into<Stamp>, now: SimTime, sabotage: &[Sabotage]) {
        self.wrote_at = Some(now);
        if !sabotage.contains(&Sabotage::TokenIgnoresWrites) {
            self.writes.advance(group.index(), &at.into());
        }
    }

    /// After a read that was served by a replica which had applied the log up to `applied`, of a value with these dependencies.
    pub fn read(&mut self, group: GroupId, applied: impl Into<Stamp>, deps: &Dependencies, sabotage: &[Sabotage]) {
        if !sabotage.contains(&Sabotage::TokenIgnoresReads) {
            self.reads.advance(group.index(), &applied.into());
        }
        if sabotage.contains(&Sabotage::TokenIgnoresDependencies) {
            return;
        }
        for (index, position) in deps.iter().flat_map(|d| d.iter()).enumerate() {
            self.causes.advance(index, &Stamp::Position(*position));
        }
    }

    /// Whether these positions and the session's tokens are of different generations of some group. A token can hold only one
    /// of the two, and nobody has checked that the other one survived.
    #[must_use]
    pub fn cannot_join(&self, deps: &Dependencies) -> bool {
        let theirs = deps.iter().flat_map(|d| d.iter()).enumerate();
        let mut pairs = theirs.map(|(group, theirs)| (*theirs, self.at(group)));
        pairs.any(|(a, b)| a != Position::ZERO && b != Position::ZERO && a.epoch != b.epoch)
    }

    /// What a write of this session depends on in groups other than its own; nothing if it has seen none of them.
    #[must_use]
    pub fn dependencies(&self, group: GroupId) -> Dependencies {
        let groups = self.writes.0.len().max(self.reads.0.len()).max(self.causes.0.len());
        if (0..groups).all(|other| other == group.index() || self.at(other) == Position::ZERO) {
            return None;
        }
        let mut tokens: Vec<Position> = (0..groups).map(|group| self.at(group)).collect();
        if let Some(own) = tokens.get_mut(group.index()) {
            *own = Position::ZERO;
        }
        Some(Arc::new(tokens))
    }

    /// What the session stood for is gone: it begins anew, and its user has been told.
    pub fn begin_anew(&mut self) {
        *self = Session { number: self.number + 1, pin: self.pin, wrote_at: self.wrote_at, ..Session::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn};
    use crate::version::Actor;

    fn at(lsn: u64) -> Position {
        Position { epoch: Epoch(1), lsn: Lsn(lsn) }
    }

    #[test]
    fn a_token_moves_on_writes_and_on_reads_and_never_back() {
        let mut session = Session::default();
        session.wrote(GroupId(0), at(6), SimTime::ZERO, &[]);
        session.read(GroupId(0), at(4), &None, &[]);
        assert_eq!(session.token(GroupId(0)), at(6));
        session.read(GroupId(0), at(9), &None, &[]);
        assert_eq!(session.token(GroupId(0)), at(9));
        assert_eq!(session.token(GroupId(1)), Position::ZERO, "each group has its own token");
    }

    #[test]
    fn what_a_writer_had_seen_elsewhere_travels_with_the_write() {
        let mut writer = Session::default();
        writer.wrote(GroupId(0), at(1), SimTime::ZERO, &[]);
        assert_eq!(writer.dependencies(GroupId(0)), None, "its own log orders it already");
        let deps = writer.dependencies(GroupId(1));
        let mut reader = Session::default();
        reader.read(GroupId(1), at(3), &deps, &[]);
        assert_eq!((reader.token(GroupId(0)), reader.token(GroupId(1))), (at(1), at(3)));
    }

    /// With two leaders a session may have to be shown two versions at once, until somebody has merged them.
    #[test]
    fn what_is_concurrent_is_required_together() {
        let vector = |counters: [u64; 2]| Stamp::vector(VersionVector::of((0..).map(Actor).zip(counters)));
        let (own, other, merged) = (vector([1, 0]), vector([0, 7]), vector([1, 7]));
        let mut session = Session::default();
        session.wrote(GroupId(0), own.clone(), SimTime::ZERO, &[]);
        session.read(GroupId(0), other.clone(), &None, &[]);
        let required =
            |session: &Session| session.required(GroupId(0)).iter().map(|(stamp, ())| stamp.clone()).collect::<Vec<_>>();
        assert_eq!(required(&session), [own.clone(), other.clone()]);
        assert_eq!(
            session.required(GroupId(0)).missed(|stamp| other.covers(stamp)),
            Some(&(own, ())),
            "the larger one is not enough"
        );
        session.read(GroupId(0), merged.clone(), &None, &[]);
        assert_eq!(required(&session), [merged]);
        assert_eq!((session.token(GroupId(0)), session.required(GroupId(1)).is_empty()), (Position::ZERO, true));
    }

    /// The table of the paper: which set is looked at when, for which guarantee.
    #[test]
    fn each_guarantee_asks_for_its_own_set_on_its_own_operation() {
        let mut session = Session::default();
        session.wrote(GroupId(0), at(3), SimTime::ZERO, &[]);
        session.read(GroupId(0), at(5), &Some(Arc::new(vec![at(8)])), &[]);
        for (guarantee, on_read, on_write) in [
            (Guarantee::ReadYourWrites, 3, 0),
            (Guarantee::MonotonicReads, 5, 0),
            (Guarantee::MonotonicWrites, 0, 3),
            (Guarantee::WritesFollowReads, 0, 5),
            (Guarantee::Causal, 8, 8),
        ] {
            let only = Guarantees::NONE.with(guarantee, true);
            let asked = (session.for_read(GroupId(0), only).lsn.0, session.for_write(GroupId(0), only).lsn.0);
            assert_eq!(asked, (on_read, on_write), "{guarantee:?}");
        }
        assert_eq!(session.for_read(GroupId(0), Guarantees::ALL), session.token(GroupId(0)));
    }
}
