//! Guarantees that a session chooses one by one, as in Bayou.
//!
//! Terry et al. 1994 keep two sets for a session, what it has written and what it has read, and say where each is looked at:
//! read-your-writes and monotonic reads when it reads, monotonic writes and writes-follow-reads when it writes. A server that does not
//! hold the set may not serve the operation; if there is none, there is no suitable server.

use serde::{Deserialize, Serialize};

use crate::property::Property;

/// A guarantee of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// A read sees the session's own writes. Looked at on reads: the write set.
    ReadYourWrites,
    /// A read sees what earlier reads of the session saw. Looked at on reads: the read set.
    MonotonicReads,
    /// A write comes after the session's earlier writes, for everybody. Looked at on writes: the write set.
    MonotonicWrites,
    /// A write comes after what the session had read, for everybody. Looked at on writes: the read set.
    WritesFollowReads,
    /// All four, and what the writers of what the session has read had seen, in other groups too. Looked at on both.
    Causal,
}

impl Guarantee {
    /// All of them, in the order of the paper; the last is not in it.
    pub const ALL: [Guarantee; 5] = [
        Guarantee::ReadYourWrites,
        Guarantee::MonotonicReads,
        Guarantee::MonotonicWrites,
        Guarantee::WritesFollowReads,
        Guarantee::Causal,
    ];

    /// The property whose name it has.
    #[must_use]
    pub fn property(self) -> Property {
        match self {
            Guarantee::ReadYourWrites => Property::ReadYourWrites,
            Guarantee::MonotonicReads => Property::MonotonicReads,
            Guarantee::MonotonicWrites => Property::MonotonicWrites,
            Guarantee::WritesFollowReads => Property::WritesFollowReads,
            Guarantee::Causal => Property::Causal,
        }
    }

    /// The name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.property().kept()
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Guarantee>", into = "Vec<Guarantee>")]
pub struct Guarantees(u8);

impl Guarantees {
    /// All of them.
    pub const ALL: Guarantees = Guarantees(0x1F);
    /// None of them.
    pub const NONE: Guarantees = Guarantees(0);

    /// Whether a guarantee is in the set.
    #[must_use]
    pub fn has(self, guarantee: Guarantee) -> bool {
        self.0 & guarantee.bit() != 0
    }

    /// The set with or without a guarantee.
    #[must_use]
    pub fn with(self, guarantee: Guarantee, on: bool) -> Guarantees {
        if on { Guarantees(self.0 | guarantee.bit()) } else { Guarantees(self.0 & !guarantee.bit()) }
    }
}

impl Default for Guarantees {
    fn default() -> Guarantees {
        Guarantees::ALL
    }
}

impl From<Vec<Guarantee>> for Guarantees {
    fn from(list: Vec<Guarantee>) -> Guarantees {
        list.into_iter().fold(Guarantees::NONE, |set, guarantee| set.with(guarantee, true))
    }
}

impl From<Guarantees> for Vec<Guarantee> {
    fn from(set: Guarantees) -> Vec<Guarantee> {
        Guarantee::ALL.into_iter().filter(|guarantee| set.has(*guarantee)).collect()
    }
}
