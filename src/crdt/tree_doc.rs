//! A sequence, of characters for instance, in which each element has an identifier in a dense order.
//!
//! Treedoc of Preguiça, Marquès, Shapiro and Leţia, "A commutative replicated data type for cooperative editing" (ICDCS 2009);
//! specification 20 of Shapiro et al., INRIA RR-7506. An identifier is a path in a binary tree, in which each step says left or right
//! and names the element there, because two replicas may insert at one place. The order is the infix order of the tree. Paths grow with the
//! depth of the tree, and are not stored: an element knows the one that it hangs on, and a row of right children is a span.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::sequence::{
    Anchor, ElementId, Key, Names, Place, Rule, Sequence, SequenceOp, SequenceUpdate, Side, Spans, behind, sequence_type,
};
use crate::versions::Dot;

/// A document of elements with dense identifiers: between any two there is room for more.
///
/// Concurrent insertions at the same place all stay, in the order of their timestamps, and what was typed in a row stays together, forwards
/// and backwards. It cannot become balanced again while others edit: Treedoc's "flatten" needs all replicas to agree at one moment. Until
/// then [`depth`](TreeDoc::depth) and [`tombstones`](TreeDoc::tombstones) tell what is carried along.
///
/// ```
/// use replicated_telemetry_store::crdt::{StateBased, TreeDoc};
///
/// let mut a = TreeDoc::new();
/// a.insert_text(&'A', 0, "ac")?;
/// a.insert(&'A', 1, 'b')?;
/// assert_eq!((a.text().as_str(), a.depth(1)), ("abc", Some(3))); // right of the root, right of a, left of c
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[serde(bound(
    serialize = "I: Ord + Clone + Serialize, T: Clone + Serialize",
    deserialize = "I: Ord + Clone + Deserialize<'de>, T: Clone + Deserialize<'de>"
))]
pub struct TreeDoc<I, T = char> {
    sequence: Sequence<I, T, Tree>,
}

sequence_type!(TreeDoc, Tree);

impl<I: Ord + Clone, T: Clone + PartialEq> TreeDoc<I, T> {
    /// How many steps the dense identifier of the visible element at an index has.
    #[must_use]
    pub fn depth(&self, index: usize) -> Option<usize> {
        let (_, spans) = self.sequence.rule();
        let mut of = (index < self.len()).then(|| spans.key(spans.visible(index)));
        let mut depth = 0;
        while let Some(place) = of.and_then(|key| spans.find(key)) {
            depth += place.offset + 1;
            of = spans.at(place).anchor.of;
        }
        (depth > 0).then_some(depth)
    }
}

/// Which elements hang on which, except for those that follow in the same span or with the next timestamp.
#[derive(Clone, Debug, Default)]
struct Tree {
    /// By what they hang on, in the order of timestamps.
    left: BTreeMap<Key, Vec<Key>>,
    /// As `left`; some hang on nothing.
    right: BTreeMap<Option<Key>, Vec<Key>>,
}

impl Tree {
    /// The element with the next timestamp, if it hangs to the right of this one.
    fn follower(spans: &Spans, key: Key) -> Option<Key> {
        let next = Key { clock: key.clock + 1, ..key };
        let place = spans.find(next)?;
        (place.offset > 0 || spans.at(place).anchor == Anchor::after(Some(key))).then_some(next)
    }

    /// The element that comes last among those that hang on this one, and on them. Spans are passed as a whole, where nothing else hangs.
    fn last_below<I: Ord + Clone>(&self, spans: &Spans, names: &Names<I>, mut key: Key) -> Option<Key> {
        loop {
            let end = spans.at(spans.find(key)?).last();
            let branch = self.right.range(Some(key)..=Some(end)).find_map(|(of, children)| {
                let (of, largest) = ((*of)?, *children.last()?);
                let follower = if of == end { Tree::follower(spans, of) } else { Some(Key { clock: of.clock + 1, ..of }) };
                follower.is_none_or(|follower| names.cmp(largest, follower) == Ordering::Greater).then_some(largest)
            });
            match branch.or_else(|| Tree::follower(spans, end)) {
                Some(below) => key = below,
                None => return Some(end),
            }
        }
    }

    /// The element that comes first among those that hang on this one, and on them.
    fn first_below(&self, mut key: Key) -> Key {
        while let Some(first) = self.left.get(&key).and_then(|children| children.first()) {
            key = *first;
        }
        key
    }
}

impl Rule for Tree {
    /// Right of `left`, if nothing hangs there; else left of what follows it, which is then the first of what hangs there.
    fn anchor(&self, spans: &Spans, left: Option<Key>, right: Option<Key>) -> Anchor {
        let taken = |key: Key| self.right.contains_key(&Some(key)) || Tree::follower(spans, key).is_some();
        match right {
            Some(right) if left.is_none_or(taken) => Anchor { of: Some(right), side: Side::Left },
            Some(_) | None => Anchor::after(left),
        }
    }

    fn place<I: Ord + Clone>(&self, spans: &Spans, names: &Names<I>, first: Key, anchor: Anchor) -> Option<Place> {
        let smaller = |key: &Key| names.cmp(*key, first) == Ordering::Less;
        match (anchor.of, anchor.side) {
            (None, Side::Left) => None,
            (Some(of), Side::Left) => {
                let beside = self.left.get(&of).map_or(&[][..], Vec::as_slice);
                let next = beside.get(beside.partition_point(smaller)).copied();
                spans.find(next.map_or(of, |next| self.first_below(next)))
            }
            (of, Side::Right) => {
                let beside = self.right.get(&of).map_or(&[][..], Vec::as_slice);
                let before = beside[..beside.partition_point(smaller)].last().copied();
                let follower = of.and_then(|of| Tree::follower(spans, of)).filter(smaller);
                let before = match (before, follower) {
                    (Some(a), Some(b)) => Some(if names.cmp(a, b) == Ordering::Less { b } else { a }),
                    (a, b) => a.or(b),
                };
                match before.map(|before| self.last_below(spans, names, before)) {
                    Some(last) => Some(behind(spans, spans.find(last?)?)),
                    None => of.map_or(Some(Spans::start()), |of| Some(behind(spans, spans.find(of)?))),
                }
            }
        }
    }

    fn note<I: Ord + Clone>(&mut self, names: &Names<I>, first: Key, anchor: Anchor) {
        let beside = match (anchor.of, anchor.side) {
            (Some(of), Side::Right) if first == (Key { clock: of.clock + 1, ..of }) => return,
            (Some(of), Side::Left) => self.left.entry(of).or_default(),
            (of, Side::Right) => self.right.entry(of).or_default(),
            (None, Side::Left) => return,
        };
        let at = beside.partition_point(|key| names.cmp(*key, first) == Ordering::Less);
        beside.insert(at, first);
    }
}
