//! Spans: elements that one replica inserted one after the other, kept as one.
//!
//! People type runs of characters, so a sequence has some tens of times fewer spans than elements (Yu, "A string-wise CRDT for group
//! editing", GROUP 2012; the blocks of Yjs). An element within a span hangs on the one before it; only the first says where it hangs.

use std::ops::Range;

/// An element by its timestamp, with the replica as a number of this sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) who: u32,
    pub(crate) clock: u64,
}

/// On which side of its anchor an element was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Where an element hangs: beside another, or at the beginning of the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) of: Option<Key>,
    pub(crate) side: Side,
}

impl Anchor {
    pub(crate) const fn after(of: Option<Key>) -> Anchor {
        Anchor { of, side: Side::Right }
    }
}

/// Elements with ascending timestamps of one replica, all visible or all removed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) first: Key,
    pub(crate) len: usize,
    pub(crate) anchor: Anchor,
    /// Where its elements stand in the content of the sequence; without a meaning if they are removed.
    pub(crate) content: usize,
    pub(crate) visible: bool,
}

impl Span {
    pub(crate) const fn shown(&self) -> usize {
        if self.visible { self.len } else { 0 }
    }

    pub(crate) const fn key(&self, offset: usize) -> Key {
        Key { who: self.first.who, clock: self.first.clock + offset as u64 }
    }

    pub(crate) const fn last(&self) -> Key {
        self.key(self.len - 1)
    }

    /// Where an element stands within the span, if it does.
    pub(crate) fn offset(&self, key: Key) -> Option<usize> {
        let ahead = key.clock.checked_sub(self.first.clock).filter(|_| key.who == self.first.who)?;
        usize::try_from(ahead).ok().filter(|offset| *offset < self.len)
    }

    pub(crate) const fn content(&self) -> Range<usize> {
        self.content..self.content + self.len
    }

    /// Cuts the span off before an offset, and returns the rest.
    pub(crate) fn split_off(&mut self, offset: usize) -> Span {
        let rest = Span {
            first: self.key(offset),
            len: self.len - offset,
            anchor: Anchor::after(Some(self.key(offset - 1))),
            content: self.content + offset,
            visible: self.visible,
        };
        self.len = offset;
        rest
    }

    /// Whether the other goes on where this one ends, so that both are one.
    pub(crate) fn continues_with(&self, next: &Span) -> bool {
        next.first == self.key(self.len)
            && next.visible == self.visible
            && next.anchor == Anchor::after(Some(self.last()))
            && (!self.visible || next.content == self.content + self.len)
    }
}
