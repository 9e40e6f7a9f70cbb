//! Sequences by operations: what travels names elements by their timestamps.

use serde::{Deserialize, Serialize};

use super::{Anchor, CLOCK_MAX, ElementId, Key, Rule, Sequence, SequenceUpdate, Side, Span};
use crate::crdt::error::UpdateError;

/// An operation on a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SequenceOp<I, T> {
    /// New elements, each of which hangs on the one before it.
    Insert {
        /// The first of them; the others have the timestamps that follow.
        first: ElementId<I>,
        /// What the first hangs on, or the beginning.
        anchor: Option<ElementId<I>>,
        /// Whether it hangs to the left of its anchor. In an RGA none does.
        left: bool,
        /// What they are.
        elements: Vec<T>,
    },
    /// Elements to remove: runs of timestamps, each by its first and its length.
    Remove(Vec<(ElementId<I>, u64)>),
}

impl<I: Ord + Clone, T: Clone, R: Rule> Sequence<I, T, R> {
    /// The operation of an update, without its effect.
    pub(crate) fn prepare(&self, id: &I, update: SequenceUpdate<T>) -> Result<SequenceOp<I, T>, UpdateError> {
        match update {
            SequenceUpdate::Insert(index, elements) => {
                let (anchor, _) = self.hang(self.left_of(index)?);
                let last = self.clock.checked_add(elements.len() as u64).filter(|last| *last <= CLOCK_MAX);
                last.ok_or(UpdateError::Exhausted)?;
                let first = ElementId { clock: self.clock + 1, id: id.clone() };
                let of = anchor.of.map(|key| self.names.element(key));
                Ok(SequenceOp::Insert { first, anchor: of, left: anchor.side == Side::Left, elements })
            }
            SequenceUpdate::Remove(index, count) => {
                self.check_range(index, count)?;
                let mut runs = Vec::new();
                let mut left = count;
                while left > 0 {
                    let place = self.spans.visible(index + count - left);
                    let here = left.min(self.spans.at(place).len - place.offset);
                    runs.push((self.names.element(self.spans.key(place)), here as u64));
                    left -= here;
                }
                Ok(SequenceOp::Remove(runs))
            }
        }
    }

    /// The effect of an operation: none if what it builds on is missing.
    pub(crate) fn effect(&mut self, op: &SequenceOp<I, T>) -> Result<(), UpdateError> {
        match op {
            SequenceOp::Insert { first, anchor, left, elements } => {
                let content = self.content.len();
                let span = self.enter_span(first, anchor.as_ref(), *left, elements.len())?;
                if elements.is_empty() {
                    return Ok(());
                }
                self.content.extend_from_slice(elements);
                let done = self.integrate(Span { content, visible: true, ..span });
                if done.is_err() {
                    self.content.truncate(content);
                }
                done
            }
            SequenceOp::Remove(runs) => {
                let known = |seq: &Self, (first, len): &(ElementId<I>, u64)| {
                    seq.names.key(first).is_some_and(|key| key.clock.checked_add(*len).is_some() && seq.knows_run(key, *len))
                };
                if !runs.iter().all(|run| known(self, run)) {
                    return Err(UpdateError::CauseMissing);
                }
                for (first, len) in runs {
                    if let Some(key) = self.names.key(first) {
                        self.hide_run(key, *len);
                    }
                }
                self.let_go();
                Ok(())
            }
        }
    }

    /// A run of removed elements from outside, with numbers of this sequence.
    pub(super) fn enter_span(
        &mut self,
        first: &ElementId<I>,
        anchor: Option<&ElementId<I>>,
        left: bool,
        len: usize,
    ) -> Result<Span, UpdateError> {
        let fits = first.clock > 0 && first.clock.checked_add(len as u64).is_some_and(|end| end <= CLOCK_MAX + 1);
        let of = match anchor {
            None => None,
            Some(element) => Some(self.names.key(element).ok_or(UpdateError::CauseMissing)?),
        };
        let first: Key = self.names.enter_key(first).filter(|_| fits).ok_or(UpdateError::Exhausted)?;
        let side = if left { Side::Left } else { Side::Right };
        Ok(Span { first, len, anchor: Anchor { of, side }, content: 0, visible: false })
    }
}
