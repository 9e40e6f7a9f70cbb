//! How two versions stand to each other.
//!
//! Happens-before is a partial order (Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM 1978, "The partial
//! ordering"): beside before, after and equal there is a fourth answer, concurrent. Vectors of counters tell the four apart (Fidge 1988,
//! Mattern 1989), and so do dots; clocks do not.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer to a comparison of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Causality {
    /// The first happened before the second: who has the second misses nothing of the first.
    Before,
    /// The second happened before the first.
    After,
    /// They are the same version.
    Equal,
    /// Neither happened before the other: each has something that the other lacks.
    Concurrent,
}

impl Causality {
    /// The answer for sets of updates, of which it is known whether the first has all of the second, and the second all of the first.
    #[must_use]
    pub fn of_inclusion(first_has_all: bool, second_has_all: bool) -> Causality {
        match (first_has_all, second_has_all) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::After,
            (false, true) => Causality::Before,
            (false, false) => Causality::Concurrent,
        }
    }

    /// The answer with the two exchanged.
    #[must_use]
    pub fn reverse(self) -> Causality {
        match self {
            Causality::Before => Causality::After,
            Causality::After => Causality::Before,
            Causality::Equal => Causality::Equal,
            Causality::Concurrent => Causality::Concurrent,
        }
    }

    /// The order as `PartialOrd` has it: `None` if they are concurrent.
    #[must_use]
    pub fn ordering(self) -> Option<Ordering> {
        match self {
            Causality::Before => Some(Ordering::Less),
            Causality::After => Some(Ordering::Greater),
            Causality::Equal => Some(Ordering::Equal),
            Causality::Concurrent => None,
        }
    }
}

/// From the answer of a partial order, such as that of [`Stamp::compare`](crate::version::Stamp::compare).
impl From<Option<Ordering>> for Causality {
    fn from(ordering: Option<Ordering>) -> Causality {
        match ordering {
            Some(Ordering::Less) => Causality::Before,
            Some(Ordering::Greater) => Causality::After,
            Some(Ordering::Equal) => Causality::Equal,
            None => Causality::Concurrent,
        }
    }
}

impl fmt::Display for Causality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Causality::Before => "before",
            Causality::After => "after",
            Causality::Equal => "equal",
            Causality::Concurrent => "concurrent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_an_order_or_none_and_can_be_turned_round() {
        for answer in [Causality::Before, Causality::After, Causality::Equal, Causality::Concurrent] {
            assert_eq!(Causality::from(answer.ordering()), answer);
            assert_eq!(answer.reverse().ordering(), answer.ordering().map(Ordering::reverse));
            assert_eq!(answer.reverse().reverse(), answer);
        }
    }
}
