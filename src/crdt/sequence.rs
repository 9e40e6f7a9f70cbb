//! What replicated sequences have in common: elements with timestamps, tombstones, operations and merges.
//!
//! [`Rga`](super::Rga) and [`TreeDoc`](super::TreeDoc) differ in where an element hangs and where it goes among those that hang there too,
//! a [`Rule`]. The rest is here. An element is named by a Lamport timestamp; what is removed leaves a tombstone without content. Runs
//! of elements are spans, in a tree that is searched by index and by timestamp.

mod forms;
mod methods;
mod names;
mod span;
mod spans;
mod states;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;

pub use forms::SequenceOp;
pub(crate) use methods::sequence_type;
pub use names::ElementId;
pub(crate) use names::Names;
pub(crate) use span::{Anchor, Key, Side, Span};
pub(crate) use spans::{Place, Spans};

/// Content is laid out anew if more than this, and more than half of it, belongs to removed elements.
const GARBAGE_MAX: usize = 1024;

/// The largest timestamp of an element. Runs of them have lengths that fit into a word of 32 bits.
const CLOCK_MAX: u64 = u32::MAX as u64 - 1;

/// What a user asks of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SequenceUpdate<T> {
    /// These elements are to stand before the one at an index, or at the end.
    Insert(usize, Vec<T>),
    /// So many elements are to go, from an index on.
    Remove(usize, usize),
}

/// Where elements go.
pub(crate) trait Rule: Clone + Default {
    /// Where a new element hangs that is to stand right behind `left`, of which the next element is `right`, removed ones included.
    fn anchor(&self, spans: &Spans, left: Option<Key>, right: Option<Key>) -> Anchor;

    /// Before which place an element goes that hangs somewhere; `None` if what it hangs on is not there.
    fn place<I: Ord + Clone>(&self, spans: &Spans, names: &Names<I>, first: Key, anchor: Anchor) -> Option<Place>;

    /// Notes where the first element of a new span hangs.
    fn note<I: Ord + Clone>(&mut self, names: &Names<I>, first: Key, anchor: Anchor);
}

/// A sequence of elements under a rule.
#[derive(Clone, Debug)]
pub(crate) struct Sequence<I, T, R> {
    names: Names<I>,
    /// The largest timestamp.
    clock: u64,
    /// What the elements are, in the order of insertion; of removed ones for a while too.
    content: Vec<T>,
    spans: Spans,
    rule: R,
}

impl<I, T, R: Rule> Default for Sequence<I, T, R> {
    fn default() -> Sequence<I, T, R> {
        Sequence { names: Names::default(), clock: 0, content: Vec::new(), spans: Spans::default(), rule: R::default() }
    }
}

/// The place right behind an element.
pub(crate) fn behind(spans: &Spans, place: Place) -> Place {
    if place.offset + 1 < spans.at(place).len {
        Place { offset: place.offset + 1, ..place }
    } else {
        Place { span: place.span + 1, offset: 0, ..place }
    }
}

impl<I: Ord + Clone, T: Clone, R: Rule> Sequence<I, T, R> {
    pub(crate) const fn len(&self) -> usize {
        self.spans.shown()
    }

    /// How many removed elements are remembered.
    pub(crate) fn tombstones(&self) -> usize {
        self.spans.iter().filter(|span| !span.visible).fold(0, |sum, span| sum.saturating_add(span.len))
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans.iter().count()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.spans.iter().filter(|span| span.visible).flat_map(|span| &self.content[span.content()])
    }

    /// All elements in order, each with its timestamp; of removed ones not what they were.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (ElementId<I>, Option<&T>)> {
        self.spans.iter().flat_map(move |span| {
            (0..span.len).map(move |offset| {
                let content = span.visible.then(|| &self.content[span.content + offset]);
                (self.names.element(span.key(offset)), content)
            })
        })
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let place = (index < self.len()).then(|| self.spans.visible(index))?;
        self.content.get(self.spans.at(place).content + place.offset)
    }

    pub(crate) fn id_at(&self, index: usize) -> Option<ElementId<I>> {
        (index < self.len()).then(|| self.names.element(self.spans.key(self.spans.visible(index))))
    }

    /// Where an element stands, or would stand if it were not removed.
    pub(crate) fn index_of(&self, element: &ElementId<I>) -> Option<usize> {
        Some(self.spans.index(self.spans.find(self.names.key(element)?)?))
    }

    pub(crate) fn rule(&self) -> (&R, &Spans) {
        (&self.rule, &self.spans)
    }

    /// Inserts elements before the one at an index, or at the end.
    pub(crate) fn insert(&mut self, id: &I, index: usize, elements: impl Iterator<Item = T>) -> Result<(), UpdateError> {
        let left = self.left_of(index)?;
        self.insert_behind(id, left, elements).map(drop)
    }

    /// Inserts elements behind one, visible or removed, or at the beginning. Returns the first new one, if there are any.
    pub(crate) fn insert_after(
        &mut self,
        id: &I,
        after: Option<&ElementId<I>>,
        elements: impl Iterator<Item = T>,
    ) -> Result<Option<ElementId<I>>, UpdateError> {
        let left = match after {
            None => None,
            Some(element) => {
                let found = self.names.key(element).and_then(|key| self.spans.find(key));
                Some(found.ok_or(UpdateError::NotAnElement)?)
            }
        };
        let first = self.insert_behind(id, left, elements)?;
        Ok(first.map(|key| self.names.element(key)))
    }

    /// Removes so many elements from an index on.
    pub(crate) fn remove(&mut self, index: usize, count: usize) -> Result<(), UpdateError> {
        self.check_range(index, count)?;
        let mut left = count;
        while left > 0 {
            let place = self.spans.visible(index);
            let here = left.min(self.spans.at(place).len - place.offset);
            left -= self.spans.hide(place, here);
        }
        self.let_go();
        Ok(())
    }

    fn check_range(&self, index: usize, count: usize) -> Result<(), UpdateError> {
        let length = self.len();
        if index <= length && count <= length - index { Ok(()) } else { Err(UpdateError::OutOfBounds { index, length }) }
    }

    fn left_of(&self, index: usize) -> Result<Option<Place>, UpdateError> {
        self.check_range(index, 0)?;
        Ok(index.checked_sub(1).map(|left| self.spans.visible(left)))
    }

    /// What a new element would hang on behind a place, and before which place it would go.
    fn hang(&self, left: Option<Place>) -> (Anchor, Place) {
        let at = left.map_or(Spans::start(), |place| behind(&self.spans, place));
        let right = self.spans.settle(at).map(|place| self.spans.key(place));
        (self.rule.anchor(&self.spans, left.map(|place| self.spans.key(place)), right), at)
    }

    fn insert_behind(
        &mut self,
        id: &I,
        left: Option<Place>,
        elements: impl Iterator<Item = T>,
    ) -> Result<Option<Key>, UpdateError> {
        let content = self.content.len();
        self.content.extend(elements);
        let len = self.content.len() - content;
        let Some(last) = self.clock.checked_add(len as u64).filter(|last| *last <= CLOCK_MAX) else {
            self.content.truncate(content);
            return Err(UpdateError::Exhausted);
        };
        if len == 0 {
            return Ok(None);
        }
        let first = Key { who: self.names.enter(id).ok_or(UpdateError::Exhausted)?, clock: self.clock + 1 };
        self.clock = last;
        // Who goes on typing makes the last span longer. Nothing can hang on the newest element.
        if let Some(place) = left
            && self.spans.key(place) == (Key { clock: first.clock - 1, ..first })
            && self.spans.at(place).visible
            && self.spans.at(place).content().end == content
        {
            self.spans.extend(place, len);
            return Ok(Some(first));
        }
        let (anchor, at) = self.hang(left);
        self.rule.note(&self.names, first, anchor);
        self.spans.insert(at, Span { first, len, anchor, content, visible: true });
        Ok(Some(first))
    }

    /// Puts elements where their rule says that another replica inserted them. Those that are known change nothing.
    ///
    /// `content` is the place of their content, unless they are removed already.
    fn integrate(&mut self, mut run: Span) -> Result<(), UpdateError> {
        loop {
            if let Some(known) = self.spans.find(run.first) {
                let here = self.spans.at(known).len - known.offset;
                if here >= run.len {
                    return Ok(());
                }
                run = run.split_off(here);
            }
            let rest = match self.spans.next_start(run.first).and_then(|next| usize::try_from(next - run.first.clock).ok()) {
                Some(gap) if gap < run.len => {
                    if gap == 0 {
                        continue;
                    }
                    Some(run.split_off(gap))
                }
                Some(_) | None => None,
            };
            let causal = run.anchor.of.is_none_or(|of| of.clock < run.first.clock);
            let place = causal.then(|| self.rule.place(&self.spans, &self.names, run.first, run.anchor)).flatten();
            let place = place.ok_or(UpdateError::CauseMissing)?;
            self.rule.note(&self.names, run.first, run.anchor);
            self.clock = self.clock.max(run.last().clock);
            self.spans.insert(place, run);
            match rest {
                Some(rest) => run = rest,
                None => return Ok(()),
            }
        }
    }

    /// Hides elements that are known. Returns whether all of them are.
    fn hide_run(&mut self, mut first: Key, mut len: u64) -> bool {
        while len > 0 {
            let Some(place) = self.spans.find(first) else { return false };
            let here = self.spans.at(place).len - place.offset;
            let here = usize::try_from(len).map_or(here, |len| len.min(here));
            self.spans.hide(place, here);
            len -= here as u64;
            first.clock += here as u64;
        }
        true
    }

    fn knows_run(&self, mut first: Key, mut len: u64) -> bool {
        while len > 0 {
            let Some(place) = self.spans.find(first) else { return false };
            let here = (self.spans.at(place).len - place.offset) as u64;
            len = len.saturating_sub(here);
            first.clock += here;
        }
        true
    }

    /// Lets go of the content of removed elements if it has become more than the rest.
    fn let_go(&mut self) {
        let shown = self.spans.shown();
        if self.content.len() - shown <= GARBAGE_MAX.max(shown) {
            return;
        }
        let mut kept = Vec::with_capacity(shown);
        let content = &self.content;
        self.spans.lay_out(|span| {
            let at = kept.len();
            kept.extend_from_slice(&content[span.content()]);
            at
        });
        self.content = kept;
    }
}
