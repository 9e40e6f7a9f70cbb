//! Which families a program includes.
//!
//! The lab's first program is fetched at every visit, and runs the family of the first scenario; the one with all families is fetched when a
//! scenario asks for it. What a program leaves out is named in one place, the features of `Cargo.toml`. No other code is switched off: the plan
//! of a group with several leaders holds a proof that they are included, and where there is no such proof, the compiler knows that there is no
//! such plan, and drops what only such a plan could reach.

/// The proof that a program includes groups with several leaders. Without the feature `multi-leader` there is no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiLeaderIncluded(Proof);

#[cfg(feature = "multi-leader")]
type Proof = ();

#[cfg(not(feature = "multi-leader"))]
type Proof = std::convert::Infallible;

impl MultiLeaderIncluded {
    /// The proof, if there is one.
    #[must_use]
    pub fn proof() -> Option<MultiLeaderIncluded> {
        #[cfg(feature = "multi-leader")]
        return Some(MultiLeaderIncluded(()));
        #[cfg(not(feature = "multi-leader"))]
        None
    }

    /// The proof, where there is something that only a program with groups with several leaders can have made.
    ///
    /// # Panics
    /// If there is none: then nothing can have made it.
    #[must_use]
    #[inline]
    pub(crate) fn certain() -> MultiLeaderIncluded {
        MultiLeaderIncluded::proof().expect("who has something of groups with several leaders includes them")
    }
}

/// The proof that a program includes rings without leaders. Without the feature `leaderless` there is no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderlessIncluded(LeaderlessProof);

#[cfg(feature = "leaderless")]
type LeaderlessProof = ();

#[cfg(not(feature = "leaderless"))]
type LeaderlessProof = std::convert::Infallible;

impl LeaderlessIncluded {
    /// The proof, if there is one.
    #[must_use]
    pub fn proof() -> Option<LeaderlessIncluded> {
        #[cfg(feature = "leaderless")]
        return Some(LeaderlessIncluded(()));
        #[cfg(not(feature = "leaderless"))]
        None
    }

    /// The proof, where there is something that only a program with rings can have made.
    ///
    /// # Panics
    /// If there is none: then nothing can have made it.
    #[must_use]
    #[inline]
    pub(crate) fn certain() -> LeaderlessIncluded {
        LeaderlessIncluded::proof().expect("who has something of rings includes them")
    }
}

/// The family of a plan, which is one that the program includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Included {
    /// Groups have one leader each.
    SingleLeader,
    /// Groups have several leaders each.
    MultiLeader(MultiLeaderIncluded),
    /// Groups are rings without leaders.
    Leaderless(LeaderlessIncluded),
}

impl Included {
    /// Whether a program includes all families.
    #[must_use]
    pub fn all() -> bool {
        MultiLeaderIncluded::proof().is_some() && LeaderlessIncluded::proof().is_some()
    }

    /// Whether groups have several leaders.
    #[must_use]
    #[inline]
    pub fn is_multi_leader(self) -> bool {
        matches!(self, Included::MultiLeader(_))
    }

    /// Whether groups are rings without leaders.
    #[must_use]
    #[inline]
    pub fn is_leaderless(self) -> bool {
        matches!(self, Included::Leaderless(_))
    }
}
