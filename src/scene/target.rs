//! What something on the page is about, so that everything about the same thing lights up together.
//!
//! Marks on the stage, bars of diagrams, messages under way and nouns of sentences carry their targets. The page compares them and knows
//! nothing else of nodes, operations or logs.

use serde::{Deserialize, Serialize};

/// A thing of the run that can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A node, by its number.
    Node(u16),
    /// An operation of a client, by its number.
    Op(u32),
    /// Entries of a group's log: the group, the first and the last.
    Entries(u16, u64, u64),
    /// The link from the first node to the second.
    Link(u16, u16),
    /// A moment, in microseconds.
    Time(u64),
}

impl Target {
    /// Whether both are about the same thing; of entries, whether they share one.
    #[must_use]
    pub fn meets(self, other: Target) -> bool {
        match (self, other) {
            (Target::Entries(group, first, last), Target::Entries(same, from, to)) => {
                group == same && first <= to && from <= last
            }
            _ => self == other,
        }
    }
}

/// Whether any of these is about the same thing as any of those.
#[must_use]
pub fn meet(these: &[Target], those: &[Target]) -> bool {
    these.iter().any(|one| those.iter().any(|other| one.meets(*other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_meet_where_they_share_one_and_all_else_if_it_is_the_same() {
        let range = Target::Entries(1, 10, 19);
        assert!(range.meets(Target::Entries(1, 19, 30)) && range.meets(Target::Entries(1, 15, 15)));
        assert!(!range.meets(Target::Entries(1, 20, 30)) && !range.meets(Target::Entries(0, 15, 15)));
        assert!(Target::Link(1, 2).meets(Target::Link(1, 2)) && !Target::Link(1, 2).meets(Target::Link(2, 1)));
        assert!(!Target::Node(3).meets(Target::Op(3)));
        assert!(meet(&[Target::Node(1), range], &[Target::Op(1), Target::Entries(1, 12, 12)]) && !meet(&[], &[range]));
    }
}
