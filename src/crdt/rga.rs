//! A sequence, of characters for instance, as a list in which later insertions at one place come first.
//!
//! Replicated Growable Array of Roh, Jeon, Kim and Lee, "Replicated abstract data types: building blocks for collaborative applications"
//! (JPDC 2011); specification 19 of Shapiro et al., INRIA RR-7506.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::sequence::{
    Anchor, ElementId, Key, Names, Place, Rule, Sequence, SequenceOp, SequenceUpdate, Side, Spans, behind, sequence_type,
};
use crate::versions::Dot;

/// A replicated growable array.
///
/// Concurrent insertions behind the same element all stay, the one with the larger timestamp nearer to it, at every replica. A removed element
/// stays as a tombstone, so that others can still be inserted behind it. It cannot keep what two replicas type *backwards* apart: texts
/// of which each character was put before the last one are interleaved ([`TreeDoc`](super::TreeDoc) keeps those apart).
///
/// An edit costs a way through a tree, whose leaves are runs of characters typed in a row.
///
/// ```
/// use replicated_telemetry_store::crdt::{Rga, StateBased};
///
/// let mut a = Rga::new();
/// a.insert_text(&'A', 0, "ice")?;
/// let mut b = a.clone();
/// a.insert(&'A', 0, 'n')?;
/// b.insert(&'B', 3, '!')?;
/// a.merge(&b);
/// assert_eq!(a.text(), "nice!");
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[serde(bound(
    serialize = "I: Ord + Clone + Serialize, T: Clone + Serialize",
    deserialize = "I: Ord + Clone + Deserialize<'de>, T: Clone + Deserialize<'de>"
))]
pub struct Rga<I, T = char> {
    sequence: Sequence<I, T, Behind>,
}

sequence_type!(Rga, Behind);

/// An element hangs on the one that it was inserted behind, and passes those with larger timestamps there.
#[derive(Clone, Debug, Default)]
struct Behind;

impl Rule for Behind {
    fn anchor(&self, _: &Spans, left: Option<Key>, _: Option<Key>) -> Anchor {
        Anchor::after(left)
    }

    /// What has a larger timestamp and stands behind the same element brings along what hangs on it, which has larger ones still. Within
    /// a span timestamps ascend, so that a span is passed as a whole.
    fn place<I: Ord + Clone>(&self, spans: &Spans, names: &Names<I>, first: Key, anchor: Anchor) -> Option<Place> {
        let mut place = match (anchor.of, anchor.side) {
            (_, Side::Left) => return None,
            (None, Side::Right) => Spans::start(),
            (Some(key), Side::Right) => behind(spans, spans.find(key)?),
        };
        while let Some(next) = spans.settle(place)
            && names.cmp(spans.key(next), first) == Ordering::Greater
        {
            place = Place { span: next.span + 1, offset: 0, ..next };
        }
        Some(place)
    }

    fn note<I: Ord + Clone>(&mut self, _: &Names<I>, _: Key, _: Anchor) {}
}
