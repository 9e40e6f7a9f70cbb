//! How clients read: the mode, and what belongs to the mode that was chosen.

use crate::engine::command::{Command, Set};
use crate::engine::field::{Field, Mode, Order, choice, option, tick};
use crate::family::Included;
use crate::router::{Bound, Guarantee, OnMiss, ReadMode, TokenHome};
use crate::scenario::{ReadSpec, Scenario, Setting};
use crate::time::SimDuration;

/// How long a read that waits, waits.
const PATIENCE: SimDuration = SimDuration::secs(1);
/// The windows and the bounds in time on offer, in milliseconds.
const TIMES: [u64; 6] = [100, 200, 500, 1_000, 2_000, 5_000];
/// The bounds in entries on offer.
const ENTRIES: [u64; 3] = [0, 2, 10];

const MODES: [(ReadMode, &str, &str); 8] = [
    (ReadMode::Leader, "Leader", "sees every acknowledged write, while it does lead"),
    (ReadMode::AnyFollower, "Any follower", "naive: no guarantee across two reads"),
    (ReadMode::SessionConsistent, "Session-consistent", "carries a token: at least what this session knows"),
    (ReadMode::PinnedFollower, "Pinned follower", "always the same one: never back in time, until it fails"),
    (ReadMode::StickyLeader, "Sticky leader", "the leader for a while after an own write, then any follower"),
    (ReadMode::BoundedStaleness, "Bounded staleness", "a follower that knows it is not further behind than this"),
    (ReadMode::BestEffortFresh, "Best effort", "whoever seems freshest, and no promise"),
    (ReadMode::Guarantees, "Chosen guarantees", "each session asks for what is ticked, as in Bayou"),
];

/// The modes that groups with several leaders have.
const OF_LEADERS: [(ReadMode, &str, &str); 4] = [
    (ReadMode::Leader, "Home leader", "at once, with what has reached it"),
    (ReadMode::AnyFollower, "Any follower", "naive: no guarantee across two reads"),
    (ReadMode::SessionConsistent, "Session-consistent", "carries a version vector: at least what this session knows"),
    (ReadMode::Guarantees, "Chosen guarantees", "each session asks for what is ticked, as in Bayou"),
];

/// The fields.
pub(super) fn fields(family: Included, scenario: &Scenario) -> Field {
    let read = &scenario.read;
    let mode = |(mode, name, what): (ReadMode, &str, &str)| Mode {
        name: name.to_owned(),
        what: what.to_owned(),
        on: read.mode == mode,
        order: Order::of(&Command::Set(Set::Mode(mode))),
    };
    let known = match family {
        Included::SingleLeader => &MODES[..],
        Included::MultiLeader(_) => &OF_LEADERS,
        // Each read asks as many replicas as the ring says.
        Included::Leaderless(_) => &[],
    };
    let known = known.iter().copied().filter(|(mode, ..)| scenario.family.knows(Setting::ReadMode(*mode)));
    let mut fields = vec![Field::Modes(known.map(mode).collect())];
    fields.extend(details(read, family));
    fields.extend(devices(scenario));
    Field::Group("Reads go to".to_owned(), fields)
}

/// What belongs to the mode.
fn details(read: &ReadSpec, family: Included) -> Vec<Field> {
    let time = |ms: u64| SimDuration::millis(ms).words();
    match read.mode {
        ReadMode::SessionConsistent => vec![on_miss(read, family)],
        ReadMode::StickyLeader => {
            let windows = TIMES.iter().map(|ms| option(ms.to_string(), time(*ms), read.window == SimDuration::millis(*ms)));
            vec![choice("For how long", windows.collect(), &Command::Set(Set::Window))]
        }
        ReadMode::BoundedStaleness => {
            let in_time = |ms: &u64| option(ms.to_string(), time(*ms), read.bound == Bound::Time(SimDuration::millis(*ms)));
            let entries = |n: &u64| option(format!("n{n}"), format!("{n} entries"), read.bound == Bound::Entries(*n));
            let bounds = TIMES.iter().map(in_time).chain(ENTRIES.iter().map(entries)).collect();
            vec![choice("At most", bounds, &Command::Set(Set::Bound)), on_miss(read, family)]
        }
        ReadMode::Guarantees => {
            let one = |guarantee: Guarantee| {
                tick(guarantee.name(), read.guarantees.has(guarantee), &Command::Set(Set::Guarantee(guarantee)))
            };
            Guarantee::ALL.into_iter().map(one).chain([on_miss(read, family)]).collect()
        }
        ReadMode::Leader | ReadMode::AnyFollower | ReadMode::PinnedFollower | ReadMode::BestEffortFresh => Vec::new(),
    }
}

fn on_miss(read: &ReadSpec, family: Included) -> Field {
    if family.is_multi_leader() {
        let waits = matches!(read.on_miss, OnMiss::Leader | OnMiss::WaitThenLeader(_));
        let misses = vec![
            option("leader", "wait at the home leader", waits),
            option("fail", "wait 1 s, then fail", matches!(read.on_miss, OnMiss::WaitThenFail(_))),
            option("error", "fail at once", read.on_miss == OnMiss::Fail),
        ];
        return choice("If no leader has seen enough", misses, &Command::Set(Set::OnMiss));
    }
    let misses = vec![
        option("leader", "ask the leader", read.on_miss == OnMiss::Leader),
        option("wait", "wait 1 s, then the leader", matches!(read.on_miss, OnMiss::WaitThenLeader(_))),
        option("fail", "wait 1 s, then fail", matches!(read.on_miss, OnMiss::WaitThenFail(_))),
        option("error", "fail at once", read.on_miss == OnMiss::Fail),
    ];
    choice("If no follower is fresh enough", misses, &Command::Set(Set::OnMiss))
}

/// Where the token of a user with several devices is kept.
fn devices(scenario: &Scenario) -> Option<Field> {
    let several = scenario.clients.iter().any(|client| client.user.is_some());
    let homes = vec![
        option("device", "each device", scenario.read.tokens == TokenHome::Device),
        option("user", "the user, at the server", scenario.read.tokens == TokenHome::User),
    ];
    several.then(|| choice("A token belongs to", homes, &Command::Set(Set::Tokens)))
}

pub(super) fn set_window(read: &mut ReadSpec, value: &str) {
    read.window = SimDuration::millis(value.parse().unwrap_or(1_000));
}

pub(super) fn set_bound(read: &mut ReadSpec, value: &str) {
    read.bound = match value.strip_prefix('n') {
        Some(entries) => Bound::Entries(entries.parse().unwrap_or(0)),
        None => Bound::Time(SimDuration::millis(value.parse().unwrap_or(500))),
    };
}

pub(super) fn set_on_miss(read: &mut ReadSpec, value: &str) {
    read.on_miss = match value {
        "wait" => OnMiss::WaitThenLeader(PATIENCE),
        "fail" => OnMiss::WaitThenFail(PATIENCE),
        "error" => OnMiss::Fail,
        _ => OnMiss::Leader,
    };
}

pub(super) fn set_tokens(read: &mut ReadSpec, value: &str) {
    read.tokens = if value == "user" { TokenHome::User } else { TokenHome::Device };
}
