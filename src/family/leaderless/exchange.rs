//! Anti-entropy: once in a while a node compares what it holds with what another one holds, range by range, by hash trees.
//!
//! Dynamo, section 4.7: one tree for each range that both hold. The roots are told first; where they differ, the two tell each other in
//! turn what stands below, and at the leaves the versions themselves. Each takes in what it lacks. Hashes are counted.

use std::sync::Arc;

use super::merkle::{Place, Tree, leaf_of};
use super::message::{Hash, Message, Versions};
use super::replica::{Replica, homes_in};
use super::version::Version;
use super::{Fact, Leaderless, Timer};
use crate::family::Effects;
use crate::log::KeyId;
use crate::network::NodeId;
use crate::rng::mix_pair;

impl Replica {
    /// It is time to compare with another node: the next of those that hold some range together with this one.
    pub(super) fn compare(&mut self, out: &mut impl Effects<Leaderless>) {
        let Some(every) = self.config.settings.anti_entropy else { return };
        out.set_timer(Timer::Compare, every);
        let partners: Vec<NodeId> = self.ring.nodes().into_iter().filter(|node| *node != self.config.id).collect();
        if partners.is_empty() || !self.membership.has(self.config.id) {
            return;
        }
        // Each node begins with the one behind it.
        let first = partners.iter().position(|node| *node > self.config.id).unwrap_or(0);
        let turn = usize::try_from(self.rounds).unwrap_or(0);
        let other = partners[(first + turn) % partners.len()];
        self.rounds += 1;
        let roots = self.shared(other).into_iter().map(|range| Hash { range, place: 1, hash: self.tree(range).hash(1) });
        let hashes: Vec<Hash> = roots.collect();
        if !hashes.is_empty() && self.membership.believes_up(other) {
            out.send(other, Message::Compare { round: self.rounds, turn: 0, ring: self.ring_word(), before: 0, hashes });
        }
    }

    /// The ranges that this node and another one both hold.
    fn shared(&self, other: NodeId) -> Vec<u32> {
        let spans = (0..).zip(self.ring.spans());
        let both = spans.filter(|(_, span)| {
            let homes = homes_in(&self.ring, span.upto, &self.config.settings, &self.config.regions);
            homes.contains(&self.config.id) && homes.contains(&other)
        });
        both.map(|(range, _)| range).collect()
    }

    /// What stands for the ring as this node knows it.
    fn ring_word(&self) -> u64 {
        let words = self.ring.tokens().iter().map(|(token, node)| mix_pair((*token, u64::from(node.0))));
        words.fold(0, |all, word| mix_pair((all, word)))
    }

    /// The keys of a range that this node holds.
    fn keys_of(&self, range: u32) -> impl Iterator<Item = (KeyId, &[Arc<Version>])> {
        let span = self.ring.spans().get(range as usize).copied();
        self.store.keys().filter(move |(key, _)| span.is_some_and(|span| span.holds(self.position(*key))))
    }

    /// The tree of a range, over what this node holds.
    fn tree(&self, range: u32) -> Tree {
        let leaves = self.config.settings.leaves;
        let entry = |(key, held): (KeyId, &[Arc<Version>])| {
            let versions = held.iter().map(|version| {
                let dot = version.stamp.dot();
                mix_pair((u64::from(dot.actor.0), dot.count))
            });
            let hash = versions.fold(u64::from(key.0), |all, version| mix_pair((all, version)));
            (leaf_of(self.position(key), leaves), hash)
        };
        Tree::of(leaves, self.keys_of(range).map(entry))
    }

    /// Another node tells hashes of its trees.
    pub(super) fn on_compare(
        &mut self,
        src: NodeId,
        (round, turn, ring, before): (u64, u32, u64, u32),
        hashes: &[Hash],
        out: &mut impl Effects<Leaderless>,
    ) {
        let told = before.saturating_add(u32::try_from(hashes.len()).unwrap_or(u32::MAX));
        if ring != self.ring_word() {
            return;
        }
        let (mut below, mut leaves, mut tree) = (Vec::new(), Vec::new(), None);
        for Hash { range, place, hash } in hashes.iter().copied() {
            if tree.as_ref().is_none_or(|(of, _)| *of != range) {
                tree = Some((range, self.tree(range)));
            }
            let Some((_, own)) = tree.as_ref().filter(|(_, own)| own.hash(place) != hash) else { continue };
            match own.leaf(place) {
                Some(_) => leaves.push((range, place)),
                None => below.extend(own.children(place).map(|(place, hash)| Hash { range, place, hash })),
            }
        }
        let deeper = !below.is_empty();
        if !leaves.is_empty() {
            let keys = self.keys_at(&leaves);
            out.send(src, Message::Exchange { round: round << 8 | u64::from(turn), answers: false, leaves, keys });
        }
        if deeper {
            out.send(src, Message::Compare { round, turn: turn + 1, ring, before: told, hashes: below });
        } else {
            out.note(Fact::Compared(src, told));
        }
    }

    /// What this node holds at some leaves.
    fn keys_at(&self, leaves: &[(u32, Place)]) -> Vec<(KeyId, Versions)> {
        let size = self.config.settings.leaves;
        let place = |key: KeyId| u32::try_from(size + leaf_of(self.position(key), size)).unwrap_or(u32::MAX);
        let mut all = Vec::new();
        let mut ranges: Vec<u32> = leaves.iter().map(|(range, _)| *range).collect();
        ranges.dedup();
        for range in ranges {
            let meant = self.keys_of(range).filter(|(key, _)| leaves.contains(&(range, place(*key))));
            all.extend(meant.map(|(key, held)| (key, Arc::new(held.to_vec()))));
        }
        all
    }

    /// Another node tells what it holds at leaves that differ. What it lacks itself is told back, once.
    pub(super) fn on_exchange(
        &mut self,
        src: NodeId,
        (round, answers): (u64, bool),
        leaves: &[(u32, Place)],
        keys: &[(KeyId, Versions)],
        out: &mut impl Effects<Leaderless>,
    ) {
        if self.config.settings.versioning.tells_newer() {
            for (key, versions) in keys {
                self.take_in(*key, versions, out);
            }
        }
        if answers {
            return;
        }
        let told = |key: KeyId| keys.iter().find(|(other, _)| *other == key).map(|(_, versions)| versions);
        let mut mine = self.keys_at(leaves);
        mine.retain(|(key, held)| {
            held.iter().any(|version| !told(*key).is_some_and(|told| told.iter().any(|other| other.is(version))))
        });
        if !mine.is_empty() {
            out.send(src, Message::Exchange { round, answers: true, leaves: leaves.to_vec(), keys: mine });
        }
    }
}
