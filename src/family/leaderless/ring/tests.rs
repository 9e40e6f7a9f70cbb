//! Laws of the ring, on rings of many sizes and all three ways to divide them.

use super::*;
use crate::rng::{Rng, mix};

const WAYS: [Partitioning; 3] = [
    Partitioning::RandomTokens { tokens: 8 },
    Partitioning::EqualPartitions { tokens: 8, partitions: 64 },
    Partitioning::EvenShares { partitions: 64 },
];

fn ring(partitioning: Partitioning, nodes: u16, seed: u64) -> Ring {
    let mut ring = Ring::new(partitioning);
    (0..nodes).for_each(|node| ring.join(NodeId(node), name(seed, node)));
    ring
}

fn name(seed: u64, node: u16) -> u64 {
    mix(seed << 16 | u64::from(node))
}

#[test]
fn spans_cover_the_ring_once_and_a_preference_list_has_each_machine_once() {
    for (way, seed) in WAYS.into_iter().flat_map(|way| (0..20).map(move |seed| (way, seed))) {
        let ring = ring(way, 5, seed);
        let spans = ring.spans();
        assert_eq!(spans.iter().map(|span| span.length()).sum::<u128>(), 1 << 64, "{way:?}");
        let mut dice = Rng::new(seed);
        for _ in 0..50 {
            let position = dice.next_u64();
            let own: Vec<&Span> = spans.iter().filter(|span| span.holds(position)).collect();
            assert_eq!(own.len(), 1, "{way:?}: {position} lies in one span");
            let walk = ring.walk(position);
            assert_eq!(walk, ring.walk(own[0].upto), "{way:?}: all keys of a span have one preference list");
            let mut all = walk.clone();
            all.sort_unstable();
            assert_eq!(all, ring.nodes(), "{way:?}: every machine is met, and once");
        }
    }
}

/// Dynamo's example: nodes A to G with one token each; a key between A and B is held by B, C and D.
#[test]
fn the_example_of_the_paper() {
    let tokens = (0..7).map(|node| (u64::from(node) * 10, NodeId(node))).collect();
    let ring = Ring { partitioning: Partitioning::RandomTokens { tokens: 1 }, tokens };
    assert_eq!(ring.walk(5)[..3], [NodeId(1), NodeId(2), NodeId(3)]);
    assert_eq!(ring.walk(10)[..3], [NodeId(1), NodeId(2), NodeId(3)], "a token's own position is of its range");
    assert_eq!(ring.walk(65)[..3], [NodeId(0), NodeId(1), NodeId(2)], "behind the last token the ring goes on with the first");
    // X joins between A and B: it takes (F, G], (G, A] and (A, X], which D, B and C need not hold any more.
    let mut joined = ring.clone();
    joined.tokens.insert(1, (5, NodeId(7)));
    let moves = moved(&ring, &joined, 3);
    let offered: Vec<(u64, u64, &[NodeId])> = moves.iter().map(|one| (one.span.after, one.span.upto, &*one.from)).collect();
    assert_eq!(offered, [(60, 0, &[NodeId(2)][..]), (0, 5, &[NodeId(3)]), (50, 60, &[NodeId(1)])]);
    assert!(moves.iter().all(|one| one.to == [NodeId(7)]));
}

#[test]
fn a_join_moves_ranges_to_the_new_node_only() {
    for (way, seed) in WAYS.into_iter().flat_map(|way| (0..30).map(move |seed| (way, seed))) {
        for nodes in 1..8 {
            let before = ring(way, nodes, seed);
            let mut after = before.clone();
            after.join(NodeId(nodes), name(seed, nodes));
            // Even shares are dealt out one by one: of longer lists more may change.
            let longest = if matches!(way, Partitioning::EvenShares { .. }) { 1 } else { 3 };
            for replicas in 1..=longest {
                for one in moved(&before, &after, replicas) {
                    assert_eq!(one.to, [NodeId(nodes)], "{way:?}, {nodes} nodes, {replicas} replicas");
                    assert!(one.from.len() <= 1, "{way:?}: one machine at the most is relieved of a span");
                }
            }
            let mut back = after.clone();
            back.leave(NodeId(nodes));
            assert!(!back.nodes().contains(&NodeId(nodes)));
            if !matches!(way, Partitioning::EvenShares { .. }) {
                assert_eq!(back, before, "{way:?}: who leaves leaves the ring as it was");
            }
        }
    }
}

/// With S nodes a new one takes 1/(S + 1) of the keys on average, whatever the tokens; with even shares always, but for rounding.
#[test]
fn a_join_moves_one_part_in_as_many_as_there_are_nodes_then() {
    for way in WAYS {
        for nodes in [1_u16, 4, 9] {
            let (rings, mut all) = (200, 0_u128);
            for seed in 0..rings {
                let before = ring(way, nodes, seed);
                let mut after = before.clone();
                after.join(NodeId(nodes), name(seed, nodes));
                all += moved(&before, &after, 1).iter().map(|one| one.span.length()).sum::<u128>();
            }
            let (share, expected) = (all * 10_000 / (u128::from(rings) << 64), 10_000 / (u128::from(nodes) + 1));
            // 200 rings of 8 tokens: the mean's own deviation is below a fortieth of it.
            assert!(share.abs_diff(expected) <= expected / 10, "{way:?}, {nodes} nodes: {share}, not about {expected}");
        }
    }
}

/// Of a ring with random tokens the largest share decides; with even shares nobody has more than another, but for one partition.
#[test]
fn even_shares_are_the_most_efficient() {
    let mean = |way: Partitioning| (0..40).map(|seed| ring(way, 10, seed).efficiency(3)).sum::<u64>() / 40;
    let [random, equal, even] = [
        mean(Partitioning::RandomTokens { tokens: 8 }),
        mean(Partitioning::EqualPartitions { tokens: 8, partitions: 640 }),
        mean(Partitioning::EvenShares { partitions: 640 }),
    ];
    assert!(even > random && even > equal, "{random}, {equal}, {even}");
    assert!(even > 850 && random < 900, "{random}, {equal}, {even}");
    let ring = ring(Partitioning::EvenShares { partitions: 640 }, 10, 1);
    assert!(ring.nodes().iter().all(|node| ring.share(*node) == 64));
    assert!(ring.efficiency(1) >= 999, "partitions differ by a position or two");
}

#[test]
fn a_ring_without_nodes_has_nothing() {
    for way in WAYS {
        let ring = Ring::new(way);
        assert!(ring.walk(7).is_empty() && ring.spans().is_empty() && ring.load(3).is_empty());
        assert_eq!(ring.efficiency(3), 1000);
    }
}
