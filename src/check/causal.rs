//! Causal consistency: a read misses nothing that had caused what its session knows.
//!
//! What a session knows is what it has written and read, and whatever the writers of what it has read had known when they wrote
//! (Ahamad et al. 1995; the visibility half of causal consistency in Viotti and Vukolić 2016). It contains all four session guarantees as
//! far as reads can show them. Consistent prefix asks for more, everything that stands before in the log; so a read that promises
//! no more than causal consistency is judged by that.
//!
//! A session's knowledge is a number per session: so many of its events are known. With k sessions each operation costs k steps.

use super::shown::stands;
use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::Op;
use crate::log::OpId;
use crate::lsn::Position;
use crate::sorted::Map;

/// How many events of one session are known, and by which write and which operation.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    count: u32,
    effect: Option<OpId>,
    seen_by: Option<OpId>,
}

/// What a session has written or read of a key: its event, the newest position so far, and the write.
type Step = (u32, Position, OpId);

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The place of each session.
    places: Map<(u32, u32), usize>,
    /// By place: what the session knows of each session.
    known: Vec<Vec<Part>>,
    /// By place and key: what it has written and read, in order, where the position grows.
    steps: Vec<ByNumber<Vec<Step>>>,
    /// What the session of an operation knew when it began.
    knew: ByNumber<Vec<Part>>,
    /// By operation, whether its entry survived.
    survives: Vec<bool>,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(survives: &[bool]) -> Checker {
        Checker { survives: survives.to_vec(), ..Checker::default() }
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
    pub fn complete(&mut self, op: &Op, ops: &[Op]) -> Option<Finding> {
        let place = self.place(op.session);
        if let Some((at, _)) = op.acknowledged() {
            self.did(place, op, at, op.id);
            return None;
        }
        let version = op.returned()?;
        let returned = version.map_or(Position::ZERO, |version| stands(ops, version));
        let missed = self.knew.get(op.id.index()).and_then(|knew| self.missed(op, knew, returned));
        if let Some(version) = version {
            if let Some(theirs) = self.knew.get(version.op.index()).cloned() {
                let mine = &mut self.known[place];
                mine.resize(mine.len().max(theirs.len()), Part::default());
                for (mine, theirs) in mine.iter_mut().zip(theirs).filter(|(mine, theirs)| theirs.count > mine.count) {
                    *mine = Part { count: theirs.count, effect: Some(version.op), seen_by: Some(op.id) };
                }
            }
            self.did(place, op, returned, version.op);
        }
        let (cause, part) = missed?;
        let (effect, seen_by) = (part.effect.unwrap_or(cause), part.seen_by.unwrap_or(cause));
        Some(Finding { at: op.end?.at, evidence: Evidence::Causal { effect, seen_by, cause, read: op.id } })
    }

    /// Of what is known, the newest version of the key of a read, if the read returned an older one.
    fn missed(&self, op: &Op, knew: &[Part], returned: Position) -> Option<(OpId, Part)> {
        let newest = |(place, part): (usize, &Part)| {
            let steps = self.steps.get(place)?.get(op.key.0 as usize)?;
            let (_, at, write) = *steps.get(steps.partition_point(|(event, ..)| *event < part.count).checked_sub(1)?)?;
            (at > returned).then_some((at, write, *part))
        };
        let all = knew.iter().enumerate().filter_map(newest);
        all.max_by_key(|(at, ..)| *at).map(|(_, write, part)| (write, part))
    }

    /// A session has written or read a version, which counts from now on if it survived.
    fn did(&mut self, place: usize, op: &Op, at: Position, write: OpId) {
        if !self.survives.get(op.id.index()).copied().unwrap_or(true) {
            return;
        }
        let count = self.known[place][place].count;
        let steps = self.steps[place].place(op.key.0 as usize).get_or_insert_default();
        if steps.last().is_none_or(|(_, newest, _)| at > *newest) {
            steps.push((count, at, write));
        }
        self.known[place][place] = Part { count: count + 1, effect: Some(write), seen_by: Some(op.id) };
    }
}
