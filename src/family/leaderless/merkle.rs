//! A hash tree over the keys of one range: two replicas find what differs by exchanging few hashes (Merkle 1987; Dynamo, section 4.7).
//!
//! A leaf stands for some of the keys, and every node above for what stands below it. Equal hashes end the comparison, different ones are
//! looked into: one hash at the root and two on each level below, so that `d` keys that differ cost at most `2 d log2 L + 1` hashes with L
//! leaves. A hash has 64 bits here and no secret; real systems take 128 bits and more, because theirs must not collide by intent either.

use crate::rng::mix_pair;

/// A node of a tree: the root is 1, and the children of `n` are `2n` and `2n + 1`.
pub type Place = u32;

/// The hash tree of one range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The hashes by place; that of place 0 is not used.
    hashes: Vec<u64>,
}

impl Tree {
    /// The tree of entries: each has the leaf to which it belongs and a hash of its key and versions. Their order makes no difference.
    ///
    /// # Panics
    /// If the number of leaves is no power of two, or a leaf is too large.
    #[must_use]
    pub fn of(leaves: usize, entries: impl IntoIterator<Item = (usize, u64)>) -> Tree {
        assert!(leaves.is_power_of_two(), "{leaves} leaves make no tree of two branches");
        let mut hashes = vec![0_u64; 2 * leaves];
        for (leaf, hash) in entries {
            assert!(leaf < leaves, "there is no leaf {leaf} of {leaves}");
            hashes[leaves + leaf] = hashes[leaves + leaf].wrapping_add(hash);
        }
        for place in (1..leaves).rev() {
            let below = (hashes[2 * place], hashes[2 * place + 1]);
            // A tree without entries has the hash 0, as a leaf without entries does.
            hashes[place] = if below == (0, 0) { 0 } else { mix_pair(below) };
        }
        Tree { hashes }
    }

    /// How many leaves it has.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.hashes.len() / 2
    }

    /// The hash of a place; 0 if there is no such place.
    #[must_use]
    pub fn hash(&self, place: Place) -> u64 {
        self.hashes.get(place as usize).copied().unwrap_or(0)
    }

    /// The leaf at a place, if it is one.
    #[must_use]
    pub fn leaf(&self, place: Place) -> Option<usize> {
        (place as usize).checked_sub(self.leaves()).filter(|leaf| *leaf < self.leaves())
    }

    /// What to say next about a place whose hashes differ: the hashes of its two children.
    #[must_use]
    pub fn children(&self, place: Place) -> [(Place, u64); 2] {
        [2 * place, 2 * place + 1].map(|child| (child, self.hash(child)))
    }
}

/// The leaf of a key: by bits of its position that the range does not fix.
#[must_use]
pub fn leaf_of(position: u64, leaves: usize) -> usize {
    usize::try_from(mix_pair((position, 0x001E_AF00)) % leaves.max(1) as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, mix};

    /// Walks down two trees as two replicas do, each telling the other in turn: the leaves that differ, and how many hashes were told.
    fn compare(trees: [&Tree; 2]) -> (Vec<usize>, usize) {
        let (mut told, mut hashes, mut differ, mut turn) = (vec![(1, trees[0].hash(1))], 1, Vec::new(), 1);
        while !told.is_empty() {
            let own = trees[turn % 2];
            let unlike: Vec<Place> = told.iter().filter(|(at, hash)| own.hash(*at) != *hash).map(|(at, _)| *at).collect();
            differ.extend(unlike.iter().filter_map(|place| own.leaf(*place)));
            let inner = unlike.iter().filter(|place| own.leaf(**place).is_none());
            told = inner.flat_map(|place| own.children(*place)).collect();
            hashes += told.len();
            turn += 1;
        }
        (differ, hashes)
    }

    fn tree(leaves: usize, keys: &[(u64, u64)]) -> Tree {
        Tree::of(leaves, keys.iter().map(|(key, version)| (leaf_of(*key, leaves), mix_pair((mix(*key), *version)))))
    }

    #[test]
    fn few_hashes_find_what_differs() {
        for (seed, leaves) in (0..300).zip([1, 2, 8, 64, 256].into_iter().cycle()) {
            let mut dice = Rng::new(seed);
            let keys: Vec<(u64, u64)> = (0..dice.below(200)).map(|_| (dice.next_u64(), 1)).collect();
            let mut other = keys.clone();
            let unlike: Vec<usize> = (0..keys.len()).filter(|_| dice.below(20) == 0).collect();
            unlike.iter().for_each(|place| other[*place].1 = 2);
            let (mine, theirs) = (tree(leaves, &keys), tree(leaves, &other));
            let (found, hashes) = compare([&mine, &theirs]);
            let expected = crate::sorted::set(unlike.iter().map(|place| leaf_of(keys[*place].0, leaves)));
            assert_eq!(crate::sorted::set(found.into_iter()), expected);
            let deep = leaves.ilog2() as usize;
            assert!(hashes <= unlike.len() * 2 * deep + 1, "{hashes} hashes for {} keys, {leaves} leaves", unlike.len());
        }
    }

    #[test]
    fn one_key_costs_two_hashes_on_each_level() {
        let (mine, theirs) = (tree(64, &[(1, 1), (2, 1)]), tree(64, &[(1, 1), (2, 2)]));
        assert_eq!(compare([&mine, &theirs]), (vec![leaf_of(2, 64)], 2 * 6 + 1));
        assert_eq!(compare([&mine, &mine]), (Vec::new(), 1), "equal roots end it");
        assert_eq!(compare([&tree(64, &[]), &tree(64, &[])]), (Vec::new(), 1));
    }

    #[test]
    fn the_order_of_entries_makes_no_difference() {
        assert_eq!(tree(8, &[(1, 1), (2, 1), (3, 1)]), tree(8, &[(3, 1), (1, 1), (2, 1)]));
        assert_ne!(tree(8, &[(1, 1)]), tree(8, &[(1, 1), (2, 1)]));
    }
}
