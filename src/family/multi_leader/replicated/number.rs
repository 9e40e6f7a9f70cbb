//! A counter that is one number: what goes wrong where a merge is made up.
//!
//! A merge has to be commutative, associative and idempotent, and has to keep all that either side knows (Shapiro et al., SSS 2011, definition
//! 2). Each rule here breaks one of that. The largest of two numbers is a merge by all laws, and still no counter, because two increments
//! become one (RR-7506, section 3.1.1).

use serde::{Deserialize, Serialize};

/// How two numbers become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeRule {
    /// The larger one: a lawful merge, and no counter.
    #[default]
    Maximum,
    /// The one that came last: not commutative.
    Overwrite,
    /// Their sum: not idempotent.
    Sum,
    /// Their mean, rounded up: not associative.
    Mean,
}

/// What a merge has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// `a ∨ b = b ∨ a`.
    Commutative,
    /// `(a ∨ b) ∨ c = a ∨ (b ∨ c)`.
    Associative,
    /// `a ∨ a = a`.
    Idempotent,
}

impl Law {
    /// The word for a merge that keeps it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Law::Commutative => "commutative",
            Law::Associative => "associative",
            Law::Idempotent => "idempotent",
        }
    }
}

/// A counter that is one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    value: i64,
    merge: MergeRule,
}

impl Number {
    /// Zero, with a way to merge.
    #[must_use]
    pub const fn new(merge: MergeRule) -> Number {
        Number { value: 0, merge }
    }

    /// What it is.
    #[must_use]
    pub const fn value(self) -> i64 {
        self.value
    }

    /// Counts.
    pub const fn add(&mut self, more: i64) {
        self.value = self.value.saturating_add(more);
    }

    /// Makes one of two, as its rule says.
    pub fn merge(&mut self, other: Number) {
        self.value = match self.merge {
            MergeRule::Maximum => self.value.max(other.value),
            MergeRule::Overwrite => other.value,
            MergeRule::Sum => self.value.saturating_add(other.value),
            MergeRule::Mean => {
                let sum = i128::from(self.value) + i128::from(other.value);
                i64::try_from((sum + 1).div_euclid(2)).unwrap_or(i64::MAX)
            }
        };
    }
}

/// The first law that a merge breaks of what is held, what comes, and what came before, by merging them both ways.
pub(crate) fn broken_law<T: Clone + PartialEq>(
    held: &T,
    comes: &T,
    before: Option<&T>,
    merge: impl Fn(&mut T, &T),
) -> Option<Law> {
    let joined = |one: &T, other: &T| {
        let mut joined = one.clone();
        merge(&mut joined, other);
        joined
    };
    if joined(held, comes) != joined(comes, held) {
        return Some(Law::Commutative);
    }
    if joined(held, held) != *held || joined(comes, comes) != *comes {
        return Some(Law::Idempotent);
    }
    let grouped = |third: &T| joined(&joined(third, held), comes) != joined(third, &joined(held, comes));
    before.is_some_and(grouped).then_some(Law::Associative)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(merge: MergeRule) -> Option<Law> {
        let number = |value| Number { value, merge };
        broken_law(&number(3), &number(7), Some(&number(12)), |one, other| one.merge(*other))
    }

    #[test]
    fn each_rule_breaks_its_own_law() {
        assert_eq!(law(MergeRule::Maximum), None);
        assert_eq!(law(MergeRule::Overwrite), Some(Law::Commutative));
        assert_eq!(law(MergeRule::Sum), Some(Law::Idempotent));
        assert_eq!(law(MergeRule::Mean), Some(Law::Associative));
    }
}
