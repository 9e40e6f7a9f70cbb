//! Truncated vectors: what was replaced may come back as a sibling, and nothing is lost, as long as the two conditions of
//! `VersionVector::truncate` are kept; without either of them, writes get lost.
//!
//! Servers read before they write, so that counters of servers tell the truth as long as they are whole (Dynamo, section 4.4).

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{Causality, VersionVector};

use super::model::{Events, Known, Writes};
use super::{all, found, many};

const SERVERS: u32 = 5;
/// Vectors keep so many counters.
const LIMIT: usize = 2;

/// How a store goes about it.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// As the operation asks.
    Right,
    /// Clocks are wrong, and the counter of the own update is dropped like any other one.
    DropsOwn,
    /// The next number comes from the context that was truncated.
    NumbersFromContext,
}

#[derive(Clone, Default)]
struct Server {
    /// Each version's vector, and its write.
    versions: Vec<(VersionVector<u32>, usize)>,
    /// How many writes it took in.
    count: u64,
}

impl Server {
    fn context(&self) -> VersionVector<u32> {
        let mut context = VersionVector::new();
        self.versions.iter().for_each(|(vector, _)| context.merge(vector));
        context
    }

    fn sync(&mut self, other: &Server) {
        self.versions.extend(other.versions.iter().cloned());
        let vectors: Vec<VersionVector<u32>> = self.versions.iter().map(|(vector, _)| vector.clone()).collect();
        self.versions.retain(|(vector, _)| vectors.iter().all(|other| vector.compare(other) != Causality::Before));
        // Of equal vectors one is kept: they name the same update.
        self.versions.sort_by(|(a, x), (b, y)| a.iter().cmp(b.iter()).then(x.cmp(y)));
        self.versions.dedup_by(|(a, _), (b, _)| a == b);
    }
}

/// A trace of 40 steps: how many versions are there that were replaced, and how many are lost.
fn run(seed: u64, way: Way) -> (u32, u32) {
    let mut rng = Rng::keyed(seed, &[0x720C]);
    let mut servers: [Server; SERVERS as usize] = Default::default();
    let mut known: [Known<usize>; SERVERS as usize] = Default::default();
    let mut writes = Writes::default();
    // When each server took in its last write, by its own clock, which may be far behind.
    let mut updated = [0_u64; SERVERS as usize];
    let behind: [u64; SERVERS as usize] = std::array::from_fn(|_| rng.below(60));
    let (mut returned, mut lost) = (0, 0);
    for step in 0..40 {
        let id = u32::try_from(rng.below(SERVERS.into())).expect("small");
        let at = id as usize;
        if rng.below(3) == 0 {
            let seen = known[at].events;
            let event = writes.pasts.len();
            writes.write(&mut known[at], seen, event, id);
            // The context is truncated too, as a client gets it that read elsewhere.
            let mut vector = servers[at].context();
            vector.truncate(LIMIT, &SERVERS, |id| updated[*id as usize]);
            servers[at].count += 1;
            if way == Way::NumbersFromContext {
                vector.increment(&id);
            } else {
                vector.raise(&id, servers[at].count);
            }
            updated[at] = 100 + step - behind[at];
            let own = if way == Way::DropsOwn { SERVERS } else { id };
            vector.truncate(LIMIT, &own, |id| updated[*id as usize]);
            assert!(vector.len() <= LIMIT && (way != Way::Right || vector.get(&id) == servers[at].count), "{vector}");
            servers[at].versions = vec![(vector, event)];
        } else {
            let from = usize::try_from(rng.below(SERVERS.into())).expect("small");
            let (other, told) = (servers[from].clone(), known[from].clone());
            servers[at].sync(&other);
            known[at].sync(&told);
        }
        let has: Events = servers[at].versions.iter().fold(0, |all, (_, event)| all | 1 << event);
        let newest = writes.newest(known[at].events);
        returned += (has & !newest).count_ones();
        lost += (newest & !has).count_ones();
    }
    (returned, lost)
}

#[test]
fn truncation_gives_false_siblings_and_loses_nothing() {
    let [returned] = all("truncation_gives", |seed| match run(seed, Way::Right) {
        (returned, 0) => Ok([returned.into()]),
        (_, lost) => Err(format!("{lost} writes are lost")),
    });
    assert!(!many() || returned > 1_000, "only {returned} versions came back");
}

#[test]
fn truncation_without_its_conditions_loses_writes() {
    let loses = |way| move |seed| if run(seed, way).1 == 0 { Ok(()) } else { Err(String::new()) };
    found("vectors without the own counter", loses(Way::DropsOwn));
    found("numbers of a truncated context", loses(Way::NumbersFromContext));
}

#[test]
fn the_oldest_counters_are_dropped_and_never_the_own_one() {
    let whole: VersionVector<&str> = [("a", 4), ("b", 1), ("c", 2), ("d", 9)].into_iter().collect();
    let ages = |id: &&str| match *id {
        "a" => 30,
        "b" => 10,
        "c" => 10,
        _ => 5,
    };
    for (limit, own, left) in [
        (9, "d", "{a:4, b:1, c:2, d:9}"),
        (4, "d", "{a:4, b:1, c:2, d:9}"),
        (3, "d", "{a:4, c:2, d:9}"),
        (2, "d", "{a:4, d:9}"),
        (1, "d", "{d:9}"),
        (0, "d", "{d:9}"),
        (2, "a", "{a:4, c:2}"),
        (0, "nobody", "{}"),
    ] {
        let mut vector = whole.clone();
        vector.truncate(limit, &own, ages);
        assert_eq!(vector.to_string(), left, "{limit} counters of {own}");
    }
}
