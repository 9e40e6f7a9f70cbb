//! The versions of a key, kept so that those a read has missed are found quickly.
//!
//! Versions that are ordered stand in a chain, in their order. What an answer covers of a chain is a beginning of it, because covering is
//! transitive; so its end is found by bisection, whatever the answer returned. A version that is concurrent to some of the chain stands
//! apart, and is looked at by itself. With one leader there are no such versions, and each read costs a logarithm.

use crate::log::OpId;
use crate::version::Stamp;

/// Versions with what is known of each.
#[derive(Clone, Debug)]
pub(super) struct Versions<T> {
    chain: Vec<(Stamp, T)>,
    apart: Vec<(Stamp, T)>,
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Versions { chain: Vec::new(), apart: Vec::new() }
    }
}

impl<T> Versions<T> {
    /// Puts a version in, behind those that it covers. Whether it is ordered with all in the chain.
    pub(super) fn add(&mut self, stamp: &Stamp, item: T) -> bool {
        let newest = self.chain.last().is_none_or(|(last, _)| stamp.covers(last));
        let place = if newest { self.chain.len() } else { self.chain.partition_point(|(known, _)| stamp.covers(known)) };
        let above = place.checked_sub(1).is_none_or(|below| stamp.covers(&self.chain[below].0));
        let below = self.chain.get(place).is_none_or(|(next, _)| next.covers(stamp));
        if above && below {
            self.chain.insert(place, (stamp.clone(), item));
        } else {
            self.apart.push((stamp.clone(), item));
        }
        above && below
    }

    /// The chain as far as this version covers it.
    pub(super) fn up_to(&self, stamp: &Stamp) -> &[(Stamp, T)] {
        &self.chain[..self.chain.partition_point(|(known, _)| stamp.covers(known))]
    }

    /// The versions beside the chain.
    pub(super) fn apart(&self) -> &[(Stamp, T)] {
        &self.apart
    }

    /// How many versions an answer does not cover.
    pub(super) fn missed(&self, covers: impl Fn(&Stamp) -> bool) -> usize {
        let chain = self.chain.len() - self.chain.partition_point(|(known, _)| covers(known));
        chain + self.apart.iter().filter(|(known, _)| !covers(known)).count()
    }
}

impl Versions<OpId> {
    /// Puts a version in that may be known already: what a write wrote, and reads returned.
    pub(super) fn add_once(&mut self, stamp: &Stamp, op: OpId) {
        let known = |(other, by): &(Stamp, OpId)| *by == op && other == stamp;
        if !self.up_to(stamp).last().is_some_and(known) && !self.apart.iter().any(known) {
            self.add(stamp, op);
        }
    }
}

/// What a session did to one key, in order: each version that nothing before it covers, with how many events of the session it came after.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps(Vec<Step>);

/// One of these.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// How many events of the session came before.
    pub(super) count: u32,
    /// The version.
    pub(super) stamp: Stamp,
    /// The write, or the operation, by which it is known.
    pub(super) op: OpId,
    /// Whether it covers all steps before it: then nobody has to look further back.
    whole: bool,
}

impl Steps {
    /// Adds a step, unless an earlier one covers it.
    pub(super) fn add(&mut self, count: u32, stamp: &Stamp, op: OpId) {
        let mut whole = true;
        for step in self.0.iter().rev() {
            if step.stamp.covers(stamp) {
                return;
            }
            whole &= stamp.covers(&step.stamp);
            if step.whole {
                break;
            }
        }
        self.0.push(Step { count, stamp: stamp.clone(), op, whole });
    }

    /// The steps among the first events of the session.
    pub(super) fn among(&self, events: u32) -> &[Step] {
        &self.0[..self.0.partition_point(|step| step.count < events)]
    }

    /// Of the steps among the first events of the session, the last one that an answer does not cover.
    pub(super) fn missed(&self, events: u32, covers: impl Fn(&Stamp) -> bool) -> Option<&Step> {
        for step in self.among(events).iter().rev() {
            if !covers(&step.stamp) {
                return Some(step);
            }
            if step.whole {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::version::{Actor, VersionVector, covered};

    fn vector(rng: &mut Rng) -> Stamp {
        Stamp::vector(VersionVector::of((0..2).map(|actor| (Actor(actor), rng.below(4)))))
    }

    #[test]
    fn what_is_missed_is_what_nothing_covers() {
        let mut beside = 0;
        for seed in 0..5_000 {
            let mut rng = Rng::keyed(seed, &[0xC4A1]);
            let all: Vec<Stamp> = (0..rng.below(9)).map(|_| vector(&mut rng)).collect();
            let (mut versions, mut steps) = (Versions::default(), Steps::default());
            for (place, stamp) in (0_u32..).zip(&all) {
                versions.add(stamp, place);
                steps.add(place, stamp, OpId(place));
            }
            beside += versions.apart().len();
            let returned = [vector(&mut rng), vector(&mut rng)];
            let covers = |required: &Stamp| covered(required, &returned);
            assert_eq!(versions.missed(covers), all.iter().filter(|stamp| !covers(stamp)).count(), "seed {seed}: {all:?}");
            let floor = vector(&mut rng);
            let chain = versions.chain.iter().filter(|(stamp, _)| floor.covers(stamp)).count();
            assert_eq!(versions.up_to(&floor).len(), chain, "seed {seed}");
            for events in 0..=u32::try_from(all.len()).expect("small") {
                let missed = all[..events as usize].iter().any(|stamp| !covers(stamp));
                assert_eq!(steps.missed(events, covers).is_some(), missed, "seed {seed}, {events} events: {all:?}");
            }
        }
        assert!(beside > 1_000, "only {beside} versions stood beside a chain");
    }
}
