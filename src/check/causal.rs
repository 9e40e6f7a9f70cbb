//! Causal consistency: a read misses nothing that had caused what its session knows.
//!
//! What a session knows is what it has written and read, and whatever the writers of what it has read had known when they wrote
//! (Ahamad et al. 1995; the visibility half of causal consistency in Viotti and Vukolić 2016). It contains all four session guarantees as
//! far as reads can show them; what is known has to be covered by some version that is returned. Consistent prefix asks for more, everything that stands before in the log; so a read that promises
//! no more than causal consistency is judged by that.
//!
//! A session's knowledge is a number per session: so many of its events are known. With k sessions each operation costs k steps.

use super::versions::Steps;
use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{Fates, History, Op};
use crate::log::{KeyId, OpId};
use crate::sorted::Map;
use crate::version::Stamp;

/// How many events of one session are known, and by which write and which operation.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    count: u32,
    effect: Option<OpId>,
    seen_by: Option<OpId>,
}

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The place of each session.
    places: Map<(u32, u32), usize>,
    /// By place: what the session knows of each session.
    known: Vec<Vec<Part>>,
    /// By place and key: what it has written and read, in order.
    steps: Vec<ByNumber<Steps>>,
    /// What the session of an operation knew when it began.
    knew: ByNumber<Vec<Part>>,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(fates: &Fates) -> Checker {
        Checker { fates: fates.clone(), ..Checker::default() }
    }

    fn place(&mut self, session: (u32, u32)) -> usize {
        let next = self.known.len();
        let place = *self.places.or_insert_with(session, || next);
        if place == next {
            self.known.push(vec![Part::default(); next + 1]);
            self.steps.push(ByNumber::default());
        }
        place
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        let place = self.place(op.session);
        *self.knew.place(op.id.index()) = Some(self.known[place].clone());
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let place = self.place(op.session);
        if let Some(stamp) = history.stamp_of(op) {
            if !self.fates.of(op.id).is_discarded() {
                self.did(place, (op, history.keys_of(op)), &stamp, op.id);
            }
            return None;
        }
        let returned = history.returned(op)?;
        let knew = self.knew.get(op.id.index());
        // Who knows of a deletion and finds nothing misses nothing that came before it.
        let deletions = match knew {
            Some(knew) if returned.siblings().is_empty() => self.deletions(history, op, knew),
            Some(_) | None => Vec::new(),
        };
        let deleted = |required: &Stamp| deletions.iter().any(|stamp| stamp.covers(required));
        let covers = |required: &Stamp| deleted(required) || history.has(op, history.covers(&returned, required), required);
        let missed = knew.and_then(|knew| self.missed(op, knew, covers));
        for sibling in returned.siblings() {
            if let Some(theirs) = self.knew.get(sibling.op.index()).cloned() {
                let mine = &mut self.known[place];
                mine.resize(mine.len().max(theirs.len()), Part::default());
                for (mine, theirs) in mine.iter_mut().zip(theirs).filter(|(mine, theirs)| theirs.count > mine.count) {
                    *mine = Part { count: theirs.count, effect: Some(sibling.op), seen_by: Some(op.id) };
                }
            }
            if !self.fates.of_returned(op, sibling).is_discarded() {
                self.did(place, (op, std::iter::once(op.key)), &history.stands(sibling), sibling.op);
            }
        }
        let (cause, part) = missed?;
        let (effect, seen_by) = (part.effect.unwrap_or(cause), part.seen_by.unwrap_or(cause));
        Some(Finding { at: op.end?.at, evidence: Evidence::Causal { effect, seen_by, cause, read: op.id } })
    }

    /// The deletions that are known of the key of a read.
    fn deletions(&self, history: &History<'_>, op: &Op, knew: &[Part]) -> Vec<Stamp> {
        let of_key = |(place, part): (usize, &Part)| Some(self.steps.get(place)?.get(op.key.0 as usize)?.among(part.count));
        let steps = knew.iter().enumerate().filter_map(of_key).flatten();
        steps.filter(|step| history.deletes(step.op)).map(|step| step.stamp.clone()).collect()
    }

    /// Of what is known of the key of a read, the newest version that the answer does not cover.
    fn missed(&self, op: &Op, knew: &[Part], covers: impl Fn(&Stamp) -> bool) -> Option<(OpId, Part)> {
        let newest = |(place, part): (usize, &Part)| {
            let step = self.steps.get(place)?.get(op.key.0 as usize)?.missed(part.count, &covers)?;
            Some((&step.stamp, step.op, *part))
        };
        let all = knew.iter().enumerate().filter_map(newest);
        all.max_by(|(a, ..), (b, ..)| a.arbitrate(b)).map(|(_, write, part)| (write, part))
    }

    /// A session has written or read a version that was not discarded: it counts from now on.
    fn did(&mut self, place: usize, (op, keys): (&Op, impl Iterator<Item = KeyId>), stamp: &Stamp, write: OpId) {
        let count = self.known[place][place].count;
        for key in keys {
            self.steps[place].place(key.0 as usize).get_or_insert_default().add(count, stamp, write);
        }
        self.known[place][place] = Part { count: count + 1, effect: Some(write), seen_by: Some(op.id) };
    }
}
