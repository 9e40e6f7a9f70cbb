//! What clients ask of a replica: reads and writes, at once or when the replica has applied what their tokens ask for.
//!
//! A token is a version vector over the leaders of the group: the replica has applied at least these updates. It serves the session guarantees
//! of Terry et al. 1994 across leaders as a position does behind one leader.

use std::sync::Arc;

use super::message::{Answer, Message, Shown, Token};
use super::replica::Replica;
use super::{Fact, MultiLeader, Timer};
use crate::family::{Effects, Now};
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::operation::Attempt;
use crate::sabotage::Sabotage;
use crate::time::SimDuration;

/// A request that waits.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    src: NodeId,
    request: Message,
}

/// What a request asks for before it may be looked at.
fn asked(request: &Message) -> Option<(Attempt, &Token, SimDuration)> {
    match request {
        Message::Write { attempt, token, wait, .. } | Message::Read { attempt, token, wait, .. } => {
            Some((*attempt, token, *wait))
        }
        Message::Reply { .. } | Message::Updates { .. } | Message::Ack { .. } | Message::Home { .. } | Message::Noted { .. } => {
            None
        }
    }
}

impl Replica {
    /// A client asks for something.
    pub(super) fn on_request(&mut self, now: Now, src: NodeId, request: Message, out: &mut impl Effects<MultiLeader>) {
        let Some((attempt, token, wait)) = asked(&request) else { return };
        if matches!(request, Message::Write { .. }) && !self.is_new(attempt) {
            return;
        }
        let ignored = self.has(Sabotage::WriteIgnoresToken) && matches!(request, Message::Write { .. });
        if ignored || token.as_ref().is_none_or(|token| self.applied.covers(token)) {
            return self.serve(now, src, &request, out);
        }
        if wait == SimDuration::ZERO {
            return out.send(src, Message::Reply { attempt, answer: Answer::Behind });
        }
        out.note(Fact::Parked(attempt.op));
        out.set_timer(Timer::Park(attempt.op), wait);
        self.parked.push(Parked { src, request });
    }

    /// Whether an attempt at a write comes for the first time. One that the network brings twice is looked at once, whatever became of it:
    /// who was refused has gone on to another leader, and must not be served here after all.
    fn is_new(&mut self, attempt: Attempt) -> bool {
        if attempt.number == 0 {
            return self.met.insert(attempt.op);
        }
        let attempt = (attempt.op, attempt.number);
        let place = self.met_again.binary_search(&attempt);
        if let Err(place) = place {
            self.met_again.insert(place, attempt);
        }
        place.is_err()
    }

    /// Serves a request.
    fn serve(&mut self, now: Now, src: NodeId, request: &Message, out: &mut impl Effects<MultiLeader>) {
        let (attempt, answer) = match request {
            Message::Read { attempt, key, .. } => (*attempt, Answer::Shown(Arc::new(self.show(*key)))),
            Message::Write { attempt, key, value, demand, context, .. } => {
                (*attempt, self.write(now, attempt.op, (*key, *value), *demand, context, out))
            }
            Message::Reply { .. }
            | Message::Updates { .. }
            | Message::Ack { .. }
            | Message::Home { .. }
            | Message::Noted { .. } => return,
        };
        out.send(src, Message::Reply { attempt, answer });
    }

    /// What a reader is shown of a key.
    #[must_use]
    pub fn show(&self, key: KeyId) -> Shown {
        Shown {
            versions: self.store.shown(key, self.policy(key)),
            applied: self.applied.whole().clone(),
            beyond: self.applied.beyond().to_vec(),
        }
    }

    /// Serves the requests that have waited long enough.
    pub(super) fn unpark_ready(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        let ready = |replica: &Replica, parked: &Parked| {
            asked(&parked.request).is_some_and(|(_, token, _)| token.as_ref().is_none_or(|token| replica.applied.covers(token)))
        };
        while let Some(place) = self.parked.iter().position(|parked| ready(self, parked)) {
            let Parked { src, request } = self.parked.remove(place);
            self.serve(now, src, &request, out);
        }
    }

    /// A request has waited for as long as it may.
    pub(super) fn unpark(&mut self, op: OpId, out: &mut impl Effects<MultiLeader>) {
        let waits = |parked: &Parked| asked(&parked.request).is_some_and(|(attempt, ..)| attempt.op == op);
        let Some(place) = self.parked.iter().position(waits) else { return };
        let Parked { src, request } = self.parked.remove(place);
        if let Some((attempt, ..)) = asked(&request) {
            out.send(src, Message::Reply { attempt, answer: Answer::Behind });
        }
    }

    /// How many requests wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.parked.len()
    }
}
