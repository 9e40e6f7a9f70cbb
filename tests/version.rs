//! The laws of versions: comparing is a partial order, merging a join, arbitration a total order that extends the first; and on random
//! runs of a store, stamps say exactly what sets of updates say.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use replicated_telemetry_store::lsn::{Epoch, Lsn, Position};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::version::{Actor, Clock, Dot, DottedVersion, Stamp, VersionVector};

fn small(rng: &mut Rng, bound: u64) -> u32 {
    u32::try_from(rng.below(bound)).expect("small")
}

fn vector(rng: &mut Rng) -> VersionVector {
    VersionVector::of((0..3).map(|actor| (Actor(actor), rng.below(3))))
}

/// A random stamp of a kind: 0 position, 1 vector, 2 dotted, 3 clock.
fn stamp(rng: &mut Rng, kind: u64) -> Stamp {
    match kind {
        0 => Stamp::Position(Position { epoch: Epoch(small(rng, 3)), lsn: Lsn(rng.below(4)) }),
        1 => Stamp::vector(vector(rng)),
        2 => loop {
            let dot = Dot { actor: Actor(small(rng, 3)), count: rng.below(5) };
            if let Some(version) = DottedVersion::new(dot, vector(rng)) {
                break Stamp::dotted(version);
            }
        },
        _ => Stamp::Clock(Clock { time: rng.below(3), count: small(rng, 2), actor: Actor(small(rng, 3)) }),
    }
}

fn triples() -> impl Iterator<Item = (u64, u64, [Stamp; 3])> {
    (0..4).flat_map(|kind| {
        (0..20_000).map(move |seed| {
            let mut rng = Rng::keyed(seed, &[0x57A3, kind]);
            // Now and then of another kind.
            let mut draw = || {
                let kind = if rng.below(20) == 0 { rng.below(4) } else { kind };
                stamp(&mut rng, kind)
            };
            (kind, seed, [draw(), draw(), draw()])
        })
    })
}

#[test]
fn comparing_is_a_partial_order() {
    let mut seen = [[0_u32; 4]; 4];
    for (kind, seed, [a, b, c]) in triples() {
        let told = format!("kind {kind}, seed {seed}: {a}, {b}, {c}");
        assert_eq!(a.compare(&a), Some(Ordering::Equal), "{told}");
        assert_eq!(a.compare(&b), b.compare(&a).map(Ordering::reverse), "{told}");
        // Of two dotted versions with one history and two dots, each would come after the other.
        let contradict = matches!((&a, &b), (Stamp::Dotted(x), Stamp::Dotted(y)) if x.dot() != y.dot() && x.seen() == y.seen());
        if !contradict {
            assert_eq!(a.compare(&b) == Some(Ordering::Equal), a == b, "{told}");
        }
        if a.covers(&b) && b.covers(&c) {
            assert!(a.covers(&c), "{told}");
        }
        let place = match a.compare(&b) {
            Some(Ordering::Less) => 0,
            Some(Ordering::Equal) => 1,
            Some(Ordering::Greater) => 2,
            None => 3,
        };
        seen[usize::try_from(kind).expect("small")][place] += 1;
    }
    assert!(seen.iter().flatten().all(|count| *count > 50), "every answer is met: {seen:?}");
}

#[test]
fn merging_is_a_join() {
    let mut met = 0;
    for (kind, seed, [a, b, c]) in triples() {
        let told = format!("kind {kind}, seed {seed}: {a}, {b}, {c}");
        let merge = |a: &Stamp, b: &Stamp| a.merge(b);
        let both = merge(&a, &b);
        assert_eq!(both, merge(&b, &a), "{told}");
        let left = both.as_ref().and_then(|ab| merge(ab, &c));
        let right = merge(&b, &c).and_then(|bc| merge(&a, &bc));
        assert_eq!(left, right, "{told}");
        let Some(both) = both else { continue };
        met += 1;
        assert_eq!(merge(&a, &a), Some(a.clone()), "{told}");
        assert!(both.covers(&a) && both.covers(&b), "{told}");
        if c.covers(&a) && c.covers(&b) {
            assert!(c.covers(&both), "it is the smallest: {told}");
        }
    }
    assert!(met > 10_000, "only {met} pairs have a join");
    let dotted = |seed| stamp(&mut Rng::new(seed), 2);
    assert!((0..100).all(|seed| dotted(seed).merge(&dotted(seed + 1)).is_none()), "siblings are merged by a write");
}

#[test]
fn arbitration_is_a_total_order_that_extends_the_partial_one() {
    for (kind, seed, [a, b, c]) in triples() {
        let told = format!("kind {kind}, seed {seed}: {a}, {b}, {c}");
        let order = a.arbitrate(&b);
        assert_eq!(order, b.arbitrate(&a).reverse(), "{told}");
        assert_eq!(order == Ordering::Equal, a == b, "{told}");
        if order.is_le() && b.arbitrate(&c).is_le() {
            assert!(a.arbitrate(&c).is_le(), "{told}");
        }
        if let Some(known) = a.compare(&b).filter(|known| known.is_ne()) {
            assert_eq!(order, known, "{told}");
        }
    }
}

/// What an update had seen, by definition: the set of all updates before it, and itself.
type Updates = BTreeSet<u32>;

/// One version of a key with its stamps of three kinds and its causal history.
#[derive(Clone)]
struct Written {
    updates: Updates,
    dotted: DottedVersion,
    by_client: VersionVector,
    by_server: VersionVector,
}

fn inclusion(a: &Updates, b: &Updates) -> Option<Ordering> {
    match (a.is_superset(b), b.is_superset(a)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        (false, false) => None,
    }
}

/// Of all versions those that no other one comes after, each once.
fn siblings(mut all: Vec<Written>) -> Vec<Written> {
    let versions: Vec<DottedVersion> = all.iter().map(|one| one.dotted.clone()).collect();
    all.retain(|one| versions.iter().all(|other| other.compare(&one.dotted) != Some(Ordering::Greater)));
    all.sort_by_key(|one| one.dotted.dot());
    all.dedup_by_key(|one| one.dotted.dot());
    all
}

/// A key on two servers that hold siblings and exchange them now and then. Three clients read and write through either, and are
/// answered with all siblings; others write once, and have read nothing. All versions that were ever written.
fn written(seed: u64) -> Vec<Written> {
    let mut rng = Rng::keyed(seed, &[0x5708E]);
    let mut servers: [Vec<Written>; 2] = [Vec::new(), Vec::new()];
    let mut counts = [0_u64; 2];
    let mut known: [Vec<Written>; 3] = Default::default();
    let mut all: Vec<Written> = Vec::new();
    for number in 0..12 {
        let (server, client) = (usize::from(rng.below(2) == 1), usize::try_from(rng.below(3)).expect("small"));
        match rng.below(5) {
            0 => known[client].extend(servers[server].clone()),
            1 => servers[server] = siblings(servers.concat()),
            kind => {
                let blind = kind == 2;
                let (context, writer) =
                    if blind { (Vec::new(), number + 3) } else { (known[client].clone(), small_number(client)) };
                counts[server] += 1;
                let dot = Dot { actor: Actor(small_number(server)), count: counts[server] };
                let join = |of: fn(&Written) -> VersionVector| {
                    context.iter().map(of).fold(VersionVector::default(), |all, one| all.merge(&one))
                };
                let mut updates: Updates = context.iter().flat_map(|one| one.updates.iter().copied()).collect();
                updates.insert(number);
                let mut by_server = join(|one| one.by_server.clone());
                by_server.raise(dot.actor, dot.count);
                let new = Written {
                    updates,
                    dotted: DottedVersion::new(dot, join(|one| one.dotted.seen())).expect("the dot is new"),
                    by_client: join(|one| one.by_client.clone()).incremented(Actor(writer)),
                    by_server,
                };
                all.push(new.clone());
                servers[server].push(new);
                servers[server] = siblings(std::mem::take(&mut servers[server]));
                if !blind {
                    known[client].extend(servers[server].clone());
                }
            }
        }
    }
    all
}

fn small_number(n: usize) -> u32 {
    u32::try_from(n).expect("small")
}

#[test]
fn stamps_say_what_sets_of_updates_say() {
    let (mut concurrent, mut ordered, mut wrong) = (0, 0, 0);
    for seed in 0..4_000 {
        let all = written(seed);
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let truth = inclusion(&a.updates, &b.updates);
            let told = format!("seed {seed}: {} {:?} and {} {:?}", a.dotted, a.updates, b.dotted, b.updates);
            assert_eq!(a.dotted.compare(&b.dotted), truth, "dots, {told}");
            assert_eq!(a.by_client.compare(&b.by_client), truth, "counters of clients, {told}");
            // In such a store one look at the dot is enough (Preguiça et al. 2012).
            let dot = a.dotted.dot();
            assert_eq!(b.dotted.past().get(dot.actor) >= dot.count, truth == Some(Ordering::Less), "{told}");
            *(if truth.is_none() { &mut concurrent } else { &mut ordered }) += 1;
            wrong += u32::from(a.by_server.compare(&b.by_server) != truth);
        }
    }
    assert!(concurrent > 10_000 && ordered > 10_000, "{concurrent} concurrent pairs, {ordered} others");
    assert!(wrong > 1_000, "a counter for each server is no substitute, but only {wrong} pairs are wrong");
}
