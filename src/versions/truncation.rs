//! Truncation: vectors that keep no more than so many counters.
//!
//! DeCandia et al., "Dynamo", SOSP 2007, section 4.4: each pair of a vector has the time at which it was last updated, and when there are too many
//! (the paper says ten, for example) the oldest is removed. The paper warns of inefficiencies in reconciliation, and not of more. That holds
//! under two conditions, which this operation names:
//!
//! - The pair of the update that the vector stamps stays, however wrong its time is. Without it the vector says of another update that it
//!   were this one, and the version is taken for old.
//! - The next number of a server comes from what the server itself has counted. A context that has forgotten the server would have it start at 1
//!   again, and give an old number to a new update.
//!
//! Then a version that was replaced may come back as a sibling (false concurrency), and none is lost. `tests/versions.rs` shows both: with
//! the conditions, and what is lost without each of them.

use super::VersionVector;

impl<I: Ord> VersionVector<I> {
    /// Leaves the oldest counters out, by the time at which each was last updated, until no more than `limit` are left; of equal times the
    /// smallest id is left out first. The counter of `own`, whose update the vector stamps, stays in any case.
    ///
    /// What is left has no update that the whole vector lacks. It compares as concurrent with versions that it came after: they
    /// come back as siblings.
    ///
    /// ```
    /// use replicated_telemetry_store::versions::{Causality, VersionVector};
    ///
    /// let old = VersionVector::from_iter([("x", 1)]);
    /// let mut new = VersionVector::from_iter([("x", 1), ("y", 1), ("z", 1)]); // y wrote at 20, and z at 30
    /// new.truncate(2, &"z", |id| match *id { "x" => 10, "y" => 20, _ => 30 });
    /// assert_eq!(new, VersionVector::from_iter([("y", 1), ("z", 1)]));
    /// assert_eq!(old.compare(&new), Causality::Concurrent); // it was before
    /// ```
    pub fn truncate(&mut self, limit: usize, own: &I, updated_at: impl Fn(&I) -> u64) {
        let surplus = self.len().saturating_sub(limit);
        if surplus == 0 {
            return;
        }
        let mut ages: Vec<(u64, usize)> =
            (0..).zip(self.iter()).filter(|(_, (id, _))| *id != own).map(|(place, (id, _))| (updated_at(id), place)).collect();
        ages.sort_unstable();
        ages.truncate(surplus);
        let mut left_out = vec![false; self.len()];
        for (_, place) in ages {
            left_out[place] = true;
        }
        let mut left_out = left_out.into_iter();
        self.retain(|_| !left_out.next().unwrap_or(false));
    }
}
