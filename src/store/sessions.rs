//! The sessions of a network: named by the program, numbered for the core, and shared by all its clients.
//!
//! A session has one token for each group, whichever router it reads through: that vector is what keeps an effect from being
//! seen before its cause across shards. Session 0 has no name: it is the application itself, to which every write belongs
//! and every read that names no session.

use std::collections::BTreeMap;

use super::cluster::Cluster;
use crate::family::GroupId;
use crate::log::OpId;
use crate::lsn::{Barrier, Lsn, Position, barrier};
use crate::network::NodeId;
use crate::session::Session;

/// All sessions of a network.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    numbers: BTreeMap<String, u32>,
    known: BTreeMap<u32, Session>,
    /// The newest acknowledged write at each place of a group's log, by the number that its writer was given.
    acknowledged: BTreeMap<(GroupId, Lsn), (Position, OpId)>,
}

impl Sessions {
    /// The number of a session; a new one if the name is new.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.numbers.len() + 1).expect("a network has room for 2^32 sessions");
        *self.numbers.entry(name.to_owned()).or_insert(next)
    }

    /// The number of a session that has been used.
    pub(super) fn known_number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name of a session; empty for the application itself.
    pub(super) fn name(&self, number: u32) -> &str {
        self.numbers.iter().find(|(_, n)| **n == number).map_or("", |(name, _)| name)
    }

    /// Takes note of an acknowledged write.
    pub(super) fn acknowledged(&mut self, group: GroupId, at: Position, op: OpId) {
        self.acknowledged.insert((group, at.lsn), (at, op));
    }
}

impl Cluster {
    /// Tells a client what a session knows by now.
    pub(super) fn lend_session(&mut self, client: NodeId, number: u32) {
        let session = self.sessions.known.entry(number).or_default().clone();
        *self.client_mut(client).sessions.or_insert_with(number, Default::default) = session;
    }

    /// Takes in what a session has come to know through a client.
    pub(super) fn return_session(&mut self, client: NodeId, number: u32) {
        let Some(learnt) = self.client_mut(client).sessions.get(number).cloned() else { return };
        let session = self.sessions.known.entry(number).or_default();
        if learnt.number > session.number {
            *session = learnt;
        } else if learnt.number == session.number {
            for group in (0_u16..).take(self.groups.len()).map(GroupId) {
                session.advance(group, learnt.token(group));
            }
        }
    }

    /// The application says that a session has made this write: from now on the session's reads must not miss it.
    pub(super) fn record_session_write(&mut self, group: GroupId, name: &str, lsn: Lsn) {
        let number = self.sessions.number(name);
        let written = self.sessions.acknowledged.get(&(group, lsn)).copied();
        let Some((_, leader)) = self.simulation.leader_of(group) else { return };
        let at = written.map_or(Position { epoch: leader.epoch, lsn }, |(at, _)| at);
        let (epoch, history) = (leader.epoch, leader.history.clone());
        let entry = leader.log.get(lsn).filter(|entry| entry.position() == at);
        let deps = entry.and_then(|entry| entry.deps.clone());
        let session = self.sessions.known.entry(number).or_default();
        let token = session.token(group);
        if token.epoch < at.epoch && matches!(barrier(token, epoch, &history, token.lsn), Barrier::Lost(_)) {
            session.begin_anew();
        }
        session.wrote(group, at, self.simulation.now, &[]);
        session.read(group, Position::ZERO, &deps, &[]);
        if let Some((_, op)) = written {
            self.records.attribute(op, number, self.trace.records.len());
        }
        self.pace.changed();
    }
}
