//! Clocks: what happened before has the smaller reading, on random traces against sets of events; bounds and ends.

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{
    Causality, Exhausted, HybridClockError, HybridLogicalClock, HybridTime, LamportClock,
};

use super::model::{Events, inclusion};
use super::{all, found, many};

/// Physical clocks differ by less than this.
const DRIFT: u64 = 20;

/// An event: what happened before it and itself, its readings, and physical time where it happened.
struct Event {
    history: Events,
    lamport: u64,
    hybrid: HybridTime,
    now: u64,
}

/// Three processes send each other messages; each event in the order in which it happened.
fn events(seed: u64) -> Vec<Event> {
    let mut rng = Rng::keyed(seed, &[0xC10C]);
    let ahead: [u64; 3] = std::array::from_fn(|_| rng.below(DRIFT));
    let mut processes: [(Events, LamportClock, HybridLogicalClock); 3] =
        std::array::from_fn(|_| (0, LamportClock::new(), HybridLogicalClock::new(DRIFT)));
    let (mut events, mut time) = (Vec::<Event>::new(), 100);
    for number in 0..30 {
        // Often no time passes, and sometimes much.
        time += rng.below(4).saturating_sub(2) * rng.below(15);
        let at = usize::try_from(rng.below(3)).expect("small");
        let (known, lamport, hybrid) = &mut processes[at];
        let now = time + ahead[at];
        let message = (number > 0 && rng.below(2) == 0).then(|| &events[usize::try_from(rng.below(number)).expect("small")]);
        let (lamport, hybrid) = match message {
            None => (lamport.tick(), hybrid.tick(now)),
            Some(sent) => (lamport.receive(sent.lamport), hybrid.receive(sent.hybrid, now)),
        };
        *known |= message.map_or(0, |sent| sent.history) | (1 << number);
        let (lamport, hybrid) = (lamport.expect("few events"), hybrid.expect("clocks differ by less than the bound"));
        events.push(Event { history: *known, lamport, hybrid, now });
    }
    events
}

#[test]
fn what_happened_before_has_the_smaller_reading() {
    let [before, misleading] = all("what_happened_before", |seed| {
        let events = events(seed);
        let mut met = [0; 2];
        for (a, b) in events.iter().flat_map(|a| events.iter().map(move |b| (a, b))) {
            let told = || format!("{} {} and {} {}", a.lamport, a.hybrid, b.lamport, b.hybrid);
            match inclusion(a.history, b.history) {
                Causality::Before if a.lamport >= b.lamport || a.hybrid >= b.hybrid => return Err(told()),
                Causality::Before => met[0] += 1,
                Causality::Concurrent => met[1] += u64::from(a.lamport < b.lamport && a.hybrid < b.hybrid),
                Causality::Equal | Causality::After => {}
            }
        }
        for event in &events {
            // The bounds that Kulkarni et al. 2014 prove: never behind, never far ahead, and the count is bounded.
            let HybridTime { time, count } = event.hybrid;
            if time < event.now || time > event.now + DRIFT || count > 30 {
                return Err(format!("the reading {} at {}", event.hybrid, event.now));
            }
        }
        Ok(met)
    });
    assert!(
        !many() || (before > 1_000 && misleading > 1_000),
        "{before} ordered pairs, {misleading} smaller but concurrent readings"
    );
}

#[test]
fn physical_time_alone_misses_what_happened_before() {
    found("readings of physical clocks", |seed| {
        let events = events(seed);
        let mut pairs = events.iter().flat_map(|a| events.iter().map(move |b| (a, b)));
        let missed = pairs.any(|(a, b)| inclusion(a.history, b.history) == Causality::Before && a.now > b.now);
        if missed { Err(String::new()) } else { Ok(()) }
    });
}

/// Lamport 1978, rules IR1 and IR2, by hand.
#[test]
fn lamports_clock_counts_past_what_it_receives() {
    let (mut p, mut q) = (LamportClock::new(), LamportClock::new());
    assert_eq!((p.tick(), p.tick(), q.tick()), (Ok(1), Ok(2), Ok(1)));
    assert_eq!((q.receive(2), q.tick()), (Ok(3), Ok(4)), "past the message");
    assert_eq!((p.receive(1), p.last()), (Ok(3), 3), "an old message sets nothing back");
}

/// Each case of Figure 5 of Kulkarni et al. 2014: which of the three times is the largest decides what the count goes on from.
#[test]
fn a_hybrid_clock_counts_only_while_physical_time_is_behind() {
    let time = |time, count| HybridTime { time, count };
    let mut clock = HybridLogicalClock::new(100);
    assert_eq!(clock.tick(10), Ok(time(10, 0)), "the physical clock is ahead");
    assert_eq!(clock.tick(10), Ok(time(10, 1)), "it stands still");
    assert_eq!(clock.tick(9), Ok(time(10, 2)), "it went back");
    assert_eq!(clock.receive(time(30, 7), 11), Ok(time(30, 8)), "the message is ahead");
    assert_eq!(clock.receive(time(30, 3), 12), Ok(time(30, 9)), "both have the same time, and here more was counted");
    assert_eq!(clock.receive(time(30, 20), 12), Ok(time(30, 21)), "both have the same time, and there more was counted");
    assert_eq!(clock.receive(time(20, 90), 29), Ok(time(30, 22)), "the own reading is ahead");
    assert_eq!(clock.receive(time(20, 90), 31), Ok(time(31, 0)), "the physical clock is ahead of both");
}

#[test]
fn a_clock_that_is_too_far_ahead_is_refused_and_changes_nothing() {
    let mut clock = HybridLogicalClock::new(100);
    let last = clock.tick(1_000);
    let at = |time| HybridTime { time, count: 0 };
    assert_eq!(clock.receive(at(1_101), 1_000), Err(HybridClockError::TooFarAhead { ahead: 101, bound: 100 }));
    assert_eq!(
        clock.receive(at(u64::MAX), 1_000).map_err(|e| e.to_string()).err(),
        Some(format!("the message is {} ahead of the clock, and 100 are allowed", u64::MAX - 1_000))
    );
    assert_eq!(Ok(clock.last()), last);
    assert_eq!(clock.receive(at(1_100), 1_000), Ok(HybridTime { time: 1_100, count: 1 }), "the bound itself is allowed");
}

#[test]
fn clocks_at_their_ends_say_so_and_stay() {
    let mut lamport = LamportClock::new();
    assert_eq!(lamport.receive(u64::MAX - 1), Ok(u64::MAX));
    assert_eq!((lamport.tick(), lamport.receive(3), lamport.last()), (Err(Exhausted), Err(Exhausted), u64::MAX));
    let mut hybrid = HybridLogicalClock::new(0);
    let end = HybridTime { time: 7, count: u32::MAX };
    let exhausted = Err(HybridClockError::Exhausted { time: 7 });
    assert_eq!((hybrid.receive(end, 7), hybrid.last()), (exhausted, HybridTime::default()));
    let mut hybrid: HybridLogicalClock =
        serde_json::from_str(r#"{"last":{"time":7,"count":4294967295},"drift_max":0}"#).expect("a clock");
    assert_eq!((hybrid.tick(7), hybrid.last(), hybrid.tick(8)), (exhausted, end, Ok(HybridTime { time: 8, count: 0 })));
}
