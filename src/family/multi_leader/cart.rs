//! The elements of a cart: what was put in, and what was taken out by somebody who had seen that.
//!
//! The semantics are those of the OR-set (Shapiro et al. 2011, specification 15): a removal takes away the additions that it has seen, and no
//! other ones. An update does not say which of its elements are new: its leader may never have heard of what the client had seen. Every replica
//! finds that out itself, from the updates that it has and from what they came after, as in the pure operation-based sets of Baquero et al.
//! 2014: replicas with equal updates come to the same, whatever the order in which they came, and whoever took them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::segments::Segments;
use crate::version::{Actor, Dot, DottedVersion};

/// An element, and the write that put it in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Addition {
    number: u8,
    by: Dot,
    /// The writes that came after it and lack the element: of each leader, the first.
    removed_by: Vec<Dot>,
}

/// A write of the whole set; a deletion is a write of an empty one.
#[derive(Clone, Debug)]
struct Written {
    stamp: Arc<DottedVersion>,
    set: u64,
}

/// What a replica knows of the elements of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Cart {
    /// In the order in which they were applied.
    writes: Segments<Written>,
    additions: Vec<Addition>,
}

impl Cart {
    /// The elements that are there, a bit for each.
    pub(super) fn elements(&self) -> u64 {
        let there = self.additions.iter().filter(|addition| addition.removed_by.is_empty());
        there.fold(0, |all, addition| all | 1 << addition.number)
    }

    /// Applies a write; `late` if an update that comes after it has been applied before. What is new in that one is found out anew then.
    pub(super) fn apply(&mut self, stamp: &Arc<DottedVersion>, set: u64, late: bool) {
        if late && self.writes.iter().any(|written| written.stamp.dot() == stamp.dot()) {
            return;
        }
        self.writes.push(Written { stamp: stamp.clone(), set });
        if !late {
            return self.put(stamp, set);
        }
        self.additions.clear();
        for Written { stamp, set } in self.in_order() {
            self.put(&stamp, set);
        }
    }

    /// The writes, each behind all that it came after. The size of a past says nothing of that: who has seen the second update of a leader has by its
    /// vector the first one too, and that may have come after more.
    fn in_order(&self) -> Vec<Written> {
        let mut waiting: BTreeMap<Actor, VecDeque<Written>> = BTreeMap::new();
        let mut all: Vec<&Written> = self.writes.iter().collect();
        all.sort_by_key(|written| written.stamp.dot());
        all.iter().for_each(|written| waiting.entry(written.stamp.dot().actor).or_default().push_back((*written).clone()));
        let mut ordered = Vec::with_capacity(all.len());
        while ordered.len() < all.len() {
            let is_free = |written: &Written| {
                let dot = written.stamp.dot();
                let firsts = waiting.values().filter_map(VecDeque::front).map(|first| first.stamp.dot());
                firsts.filter(|first| first.actor != dot.actor).all(|first| written.stamp.past().get(first.actor) < first.count)
            };
            let free = waiting.iter().find(|(_, queue)| queue.front().is_some_and(is_free)).map(|(actor, _)| *actor);
            let next = free.and_then(|actor| waiting.get_mut(&actor)?.pop_front());
            ordered.push(next.unwrap_or_else(|| panic!("each of these came after another one of them: {waiting:?}")));
        }
        ordered
    }

    /// Takes out what a write came after and lacks, and puts in what was not there for its writer.
    fn put(&mut self, stamp: &DottedVersion, set: u64) {
        let seen = |dot: Dot| dot.count <= stamp.past().get(dot.actor);
        let mut kept = 0;
        for addition in self.additions.iter_mut().filter(|addition| seen(addition.by)) {
            let bit = 1 << addition.number;
            if set & bit == 0 {
                addition.remove(stamp.dot());
            } else if !addition.removed_by.iter().any(|by| seen(*by)) {
                kept |= bit;
            }
        }
        let new = (0..64).filter(|number| set & !kept & 1 << number != 0);
        self.additions.extend(new.map(|number| Addition { number, by: stamp.dot(), removed_by: Vec::new() }));
    }
}

impl Addition {
    fn remove(&mut self, by: Dot) {
        match self.removed_by.iter_mut().find(|known| known.actor == by.actor) {
            Some(known) => known.count = known.count.min(by.count),
            None => self.removed_by.push(by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::version::VersionVector;

    const BOOK: u64 = 1;
    const SOAP: u64 = 2;

    fn write(leader: u32, count: u64, past: &[(u32, u64)]) -> Arc<DottedVersion> {
        let past = VersionVector::of(past.iter().map(|(actor, count)| (Actor(*actor), *count)));
        Arc::new(DottedVersion::new(Dot { actor: Actor(leader), count }, past).expect("a write does not come after itself"))
    }

    /// What replicas come to that apply writes in an order, and whether something came late.
    fn applied(writes: &[&(Arc<DottedVersion>, u64)]) -> (u64, bool) {
        let (mut cart, mut seen, mut any) = (Cart::default(), VersionVector::default(), false);
        for (stamp, set) in writes {
            let late = seen.get(stamp.dot().actor) >= stamp.dot().count;
            cart.apply(stamp, *set, late);
            (seen, any) = (seen.merge(&stamp.seen()), any || late);
        }
        (cart.elements(), any)
    }

    /// Two put the book in without having seen each other. One who has seen the second only keeps it, at a leader that has heard of the first only;
    /// another one who has seen the first takes that out. The second is still there: nobody who had seen it has taken it out.
    #[test]
    fn what_its_leader_had_not_heard_of_is_kept_by_whoever_had_seen_it() {
        let first = (write(0, 1, &[]), BOOK);
        let second = (write(1, 1, &[]), BOOK);
        let keeps = (write(2, 1, &[(0, 1), (1, 1)]), BOOK | SOAP);
        let takes_out = (write(0, 2, &[(0, 1)]), 0);
        let at_its_leader = applied(&[&first, &keeps, &takes_out, &second]);
        assert_eq!(at_its_leader, (BOOK | SOAP, true));
        assert_eq!(applied(&[&first, &second, &keeps, &takes_out]), (BOOK | SOAP, false));
        let both = (write(0, 2, &[(0, 1), (1, 1)]), 0);
        assert_eq!(applied(&[&first, &keeps, &both, &second]).0, SOAP, "who had seen both takes both out");
    }

    /// Writers who have seen some of what was there, applied in two orders, of which the second is blind to causality.
    #[test]
    fn the_order_of_arrival_makes_no_difference() {
        let mut late = 0;
        for seed in 0..3_000 {
            let mut rng = Rng::keyed(seed, &[0xCA27]);
            let (mut counts, mut all) = ([0; 3], Vec::<(Arc<DottedVersion>, u64)>::new());
            for _ in 0..rng.below(12) {
                let mut past = VersionVector::default();
                for (stamp, _) in &all {
                    if rng.below(3) == 0 {
                        past = past.merge(&stamp.seen());
                    }
                }
                let leader = usize::try_from(rng.below(3)).expect("small");
                counts[leader] += 1;
                let dot = Dot { actor: Actor(u32::try_from(leader).expect("small")), count: counts[leader] };
                all.push((Arc::new(DottedVersion::new(dot, past).expect("it is new")), rng.below(8)));
            }
            let mut shuffled: Vec<_> = all.iter().collect();
            for place in (1..shuffled.len()).rev() {
                shuffled.swap(place, usize::try_from(rng.below(place as u64 + 1)).expect("small"));
            }
            let (in_order, none) = applied(&all.iter().collect::<Vec<_>>());
            let (elements, some) = applied(&shuffled);
            assert_eq!((elements, none), (in_order, false), "seed {seed}: {all:?}");
            late += u32::from(some);
        }
        assert!(late > 1_000, "only {late} times something came late");
    }
}
