//! Reads at any replica: with the session's token, kept back until what it stands for has been applied, or refused.
//!
//! The router asks instead of guessing: a replica that has not applied what the token asks for says so, and the read goes on. A token of
//! an older generation is compared with where that generation ended in the replica's log.

use super::replica::{Parked, Replica};
use super::{Answer, Fact, Message, SingleLeader, Timer};
use crate::family::Effects;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::{Barrier, Epoch, Lsn, Position, barrier};
use crate::network::NodeId;
use crate::operation::{Attempt, Version};
use crate::sabotage::Sabotage;
use crate::time::SimDuration;

impl Replica {
    pub(super) fn on_read(
        &mut self,
        client: NodeId,
        attempt: Attempt,
        key: KeyId,
        token: Option<Position>,
        wait: SimDuration,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let standing = token.map_or(Barrier::Passed, |t| self.standing(t));
        match (standing, token) {
            (Barrier::Behind, Some(token)) if wait > SimDuration::ZERO => {
                self.parked.push(Parked { client, attempt, key, token });
                out.note(Fact::Parked(attempt.op));
                out.set_timer(Timer::Park(attempt.op), wait);
            }
            _ => self.answer_read(client, attempt, key, standing, out),
        }
    }

    /// How it stands to a session's token. A token without an epoch is a number only, and compared as such.
    fn standing(&self, token: Position) -> Barrier {
        match token.epoch {
            Epoch(0) if self.applied >= token.lsn => Barrier::Passed,
            Epoch(0) => Barrier::Behind,
            _ => barrier(token, self.epoch, &self.history, self.applied),
        }
    }

    pub(super) fn answer_read(
        &self,
        client: NodeId,
        attempt: Attempt,
        key: KeyId,
        standing: Barrier,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let applied = self.log.position(self.applied);
        let found = self.shown_version(key);
        let answer = match standing {
            // Before its first snapshot a replica has nothing to show, which is not the same as that a key has no value.
            Barrier::Passed if self.fresh => Answer::Behind { applied },
            Barrier::Passed => Answer::Value { found, applied },
            Barrier::Behind => Answer::Behind { applied },
            Barrier::Lost(survived) => Answer::SessionLost { survived },
        };
        let deps = match answer {
            Answer::Value { found: Some(version), .. } => self.deps_of(key, version),
            _ => None,
        };
        out.send(client, Message::Reply { attempt, answer, deps });
    }

    /// The version that a read shows: the one that is applied, but for built-in defects.
    fn shown_version(&self, key: KeyId) -> Option<Version> {
        let found = self.version(key);
        if self.leads() {
            return found;
        }
        let skipped = self.applied.prev();
        if self.sabotaged(Sabotage::ApplyOutOfOrder) && found.is_some_and(|found| found.at.lsn == skipped) {
            let mut before = (1..skipped.0).rev().filter_map(|lsn| self.log.get(Lsn(lsn)));
            return before.find(|e| e.key == key).map(|e| Version { at: e.position(), value: e.value, op: e.op });
        }
        match found {
            Some(Version { at, value: Value::Int(number), op }) if self.sabotaged(Sabotage::FlipNumbers) => {
                Some(Version { at, value: Value::Int(number.wrapping_add(1)), op })
            }
            _ => found,
        }
    }

    /// Answers the kept-back reads whose time has come.
    pub(super) fn answer_parked(&mut self, out: &mut impl Effects<SingleLeader>) {
        if self.parked.is_empty() {
            return;
        }
        for read in std::mem::take(&mut self.parked) {
            match self.standing(read.token) {
                Barrier::Behind => self.parked.push(read),
                standing => self.answer_read(read.client, read.attempt, read.key, standing, out),
            }
        }
    }

    #[cold]
    pub(super) fn give_up_parked(&mut self, op: OpId, out: &mut impl Effects<SingleLeader>) {
        if let Some(index) = self.parked.iter().position(|read| read.attempt.op == op) {
            let read = self.parked.remove(index);
            self.answer_read(read.client, read.attempt, read.key, Barrier::Behind, out);
        }
    }
}
