//! What is done about writes of one key that no leader could order: a policy for each range of keys.
//!
//! Kleppmann and Riccomini, chapter 6, "Dealing with conflicting writes": avoid conflicts, let the last writer win, keep all versions for a
//! client to resolve, or merge by rule. What a reader is shown of concurrent versions follows from the policy and from the versions alone,
//! never from the order in which they came, so that replicas with equal updates show the same; [`Policy::Concatenate`] breaks just that.

use super::clocks::ClockKind;
use super::replicated::Replicated;
use super::store::Stored;
use super::update::actor_of;
use crate::log::Value;
use crate::network::NodeId;

/// What is done about concurrent writes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One leader at a time takes the writes of this range of keys: its home. Where two did after all, the last writer wins.
    Avoid {
        /// The number of the range, by which leaders know its home.
        range: u16,
    },
    /// The write with the larger reading of a clock stays, and the other is dropped.
    LastWriteWins(ClockKind),
    /// All versions stay until a client's write has seen them.
    Siblings,
    /// Sets are united.
    Union,
    /// Sets are united, but for elements that somebody has taken out (as in an OR-set, Shapiro et al. 2011, specification 15).
    Cart,
    /// The largest number stays.
    Maximum,
    /// Every addition counts.
    Sum,
    /// One leader, the server, takes every write anew in the order of arrival; whoever has written shows its own on top until then. That is
    /// how sync engines rebase what was edited offline (Kleppmann and Riccomini, chapter 6, "Sync engines and local-first software").
    Rebase {
        /// The leader that decides on the order.
        server: NodeId,
    },
    /// Whoever sees two versions writes both one behind the other, its own first. Deliberately bad: it depends on the place.
    Concatenate,
    /// The key is replicated data: its type merges what concurrent updates did.
    Replicated(Replicated),
}

impl Policy {
    /// The clock by which one of two versions is dropped, if one is.
    #[must_use]
    pub fn drops_by(self) -> Option<ClockKind> {
        match self {
            Policy::Avoid { .. } => Some(ClockKind::Hybrid),
            Policy::LastWriteWins(clock) => Some(clock),
            Policy::Siblings
            | Policy::Union
            | Policy::Cart
            | Policy::Maximum
            | Policy::Sum
            | Policy::Rebase { .. }
            | Policy::Concatenate
            | Policy::Replicated(_) => None,
        }
    }

    /// Whether a rule makes one value of concurrent versions, so that nobody has to resolve them.
    #[must_use]
    pub fn merges(self) -> bool {
        match self {
            Policy::Union | Policy::Cart | Policy::Maximum | Policy::Sum | Policy::Replicated(_) => true,
            Policy::Avoid { .. } | Policy::LastWriteWins(_) | Policy::Siblings | Policy::Rebase { .. } | Policy::Concatenate => {
                false
            }
        }
    }

    /// Whether what a write comes after is what its client has seen; else it is what its leader has.
    #[must_use]
    pub fn goes_by_context(self) -> bool {
        matches!(self, Policy::Siblings | Policy::Union | Policy::Cart)
    }

    /// The one value that a rule makes of versions, of the sum of all additions and of the elements of a cart; none if the policy has no rule, or
    /// nothing is there. What replicated data comes to, its payload says.
    pub(super) fn merged(self, versions: &[Stored], sum: i64, elements: u64) -> Option<Value> {
        let live = || versions.iter().filter(|version| version.value != Value::Nothing);
        live().next()?;
        match self {
            Policy::Union => {
                let sets = live().map(|version| if let Value::Set(elements) = version.value { elements } else { 0 });
                Some(Value::Set(sets.fold(0, |all, elements| all | elements)))
            }
            Policy::Cart => Some(Value::Set(elements)),
            Policy::Maximum => live().map(|version| version.value).max(),
            Policy::Sum => Some(Value::Int(sum)),
            Policy::Avoid { .. }
            | Policy::LastWriteWins(_)
            | Policy::Siblings
            | Policy::Rebase { .. }
            | Policy::Concatenate
            | Policy::Replicated(_) => None,
        }
    }

    /// Whether a reader is shown this one of a key's versions. What the server has not taken yet stands above what it has.
    #[must_use]
    pub fn shows(self, version: &Stored, all: &[Stored]) -> bool {
        match self {
            Policy::Rebase { server } => {
                let pending = |version: &Stored| version.stamp.dot().actor != actor_of(server);
                pending(version) || !all.iter().any(pending)
            }
            Policy::Avoid { .. }
            | Policy::LastWriteWins(_)
            | Policy::Siblings
            | Policy::Union
            | Policy::Cart
            | Policy::Maximum
            | Policy::Sum
            | Policy::Concatenate
            | Policy::Replicated(_) => true,
        }
    }

    /// Whether a leader writes anew what another one took, as soon as it hears of it.
    #[must_use]
    pub(super) fn takes_anew(self, here: NodeId) -> bool {
        self == Policy::Rebase { server: here }
    }
}

/// Two lists one behind the other, as far as there is room: a list has at most eight parts, each a byte that is not zero.
#[must_use]
pub(super) fn joined(first: u64, second: u64) -> u64 {
    let mut bytes = first.to_le_bytes();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    for (place, byte) in bytes[end..].iter_mut().zip(second.to_le_bytes()) {
        *place = byte;
    }
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_depends_on_the_place() {
        let (b, c) = (2, 3);
        assert_eq!((joined(b, c), joined(c, b)), (0x0302, 0x0203));
        assert_eq!(joined(joined(b, c), joined(c, b)), 0x0203_0302, "and conflicts breed conflicts");
        let full = u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((joined(full, b), joined(0, full)), (full, full));
    }
}
