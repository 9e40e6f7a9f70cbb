//! What moves when a node joins or leaves: spans of the ring, each with who gets it and who need not hold it any more.

use super::{Ring, Span};
use crate::network::NodeId;
use crate::sorted;

/// A span that changes hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which part of the ring.
    pub span: Span,
    /// Who holds it now, and did not before.
    pub to: Vec<NodeId>,
    /// Who held it before, and does not any more.
    pub from: Vec<NodeId>,
}

/// The spans whose first so many machines differ between two rings, in the order of positions.
#[must_use]
pub fn moved(before: &Ring, after: &Ring, replicas: usize) -> Vec<Moved> {
    let ends = sorted::set(before.spans().into_iter().chain(after.spans()).map(|span| span.upto));
    let last = ends.last().copied();
    let befores = last.into_iter().chain(ends.iter().copied());
    let spans = befores.zip(ends.iter().copied()).map(|(after, upto)| Span { after, upto });
    let hold = |ring: &Ring, span: Span| ring.walk(span.upto).into_iter().take(replicas).collect::<Vec<_>>();
    let changed = spans.filter_map(|span| {
        let (old, new) = (hold(before, span), hold(after, span));
        let without = |these: &[NodeId], those: &[NodeId]| {
            these.iter().copied().filter(|node| !those.contains(node)).collect::<Vec<NodeId>>()
        };
        let (to, from) = (without(&new, &old), without(&old, &new));
        (!to.is_empty() || !from.is_empty()).then_some(Moved { span, to, from })
    });
    changed.collect()
}
