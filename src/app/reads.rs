//! How clients read: the mode, and what belongs to the mode that was chosen.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Read, option, set};
use super::draw::{el, of};
use crate::player::Setting;
use crate::router::{Bound, Guarantee, OnMiss, ReadMode, TokenHome};
use crate::scenario::ReadSpec;
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

/// The read settings with a change made to them by what a control says.
fn change(bench: &Bench, edit: fn(&mut ReadSpec, &str)) -> Read {
    let read = bench.run.plan.scenario.read;
    Rc::new(move |text: &str| {
        let mut next = read;
        edit(&mut next, text);
        Some(set(Setting::Read(next)))
    })
}

pub(super) fn view(bench: &Bench) -> Html {
    let read = bench.run.plan.scenario.read;
    let mode = |(mode, name, what): (ReadMode, &'static str, &'static str)| {
        let tell = bench.tell.clone();
        let onchange = Callback::from(move |_: Event| tell.emit(set(Setting::Mode(mode))));
        el("label")
            .key(name)
            .is("class", "mode")
            .with(el("input").is("type", "radio").checked(read.mode == mode).change(onchange))
            .with(el("span").with(el("b").kid(name)).say(" ").with(el("small").kid(what)))
            .done()
    };
    of("fieldset", "modes")
        .with(el("legend").say("Reads go to"))
        .with(el("div").kids(MODES.into_iter().map(mode)))
        .with(el("div").kid(details(bench, read)))
        .with(el("div").kid(devices(bench, read)))
        .done()
}

/// What belongs to the mode.
fn details(bench: &Bench, read: ReadSpec) -> Html {
    let time = |ms: u64| SimDuration::millis(ms).words();
    match read.mode {
        ReadMode::SessionConsistent => on_miss(bench, read),
        ReadMode::StickyLeader => {
            let windows: Vec<_> =
                TIMES.iter().map(|ms| option(&ms.to_string(), &time(*ms), read.window == SimDuration::millis(*ms))).collect();
            let window = change(bench, |read, text| read.window = SimDuration::millis(text.parse().unwrap_or(1_000)));
            bench.named_choice("For how long", &windows, false, window)
        }
        ReadMode::BoundedStaleness => {
            let mut bounds: Vec<_> = TIMES
                .iter()
                .map(|ms| option(&ms.to_string(), &time(*ms), read.bound == Bound::Time(SimDuration::millis(*ms))))
                .collect();
            bounds.extend(
                ENTRIES.iter().map(|n| option(&format!("n{n}"), &format!("{n} entries"), read.bound == Bound::Entries(*n))),
            );
            let bound = change(bench, |read, text| {
                read.bound = match text.strip_prefix('n') {
                    Some(entries) => Bound::Entries(entries.parse().unwrap_or(0)),
                    None => Bound::Time(SimDuration::millis(text.parse().unwrap_or(500))),
                };
            });
            el("div").kid(bench.named_choice("At most", &bounds, false, bound)).kid(on_miss(bench, read)).done()
        }
        ReadMode::Guarantees => {
            let one = |guarantee: &Guarantee| {
                let on = read.guarantees.has(*guarantee);
                let mut next = read;
                next.guarantees = read.guarantees.with(*guarantee, !on);
                let name = guarantee.name();
                el("li").key(name).kid(bench.tick(name, on, set(Setting::Read(next)))).done()
            };
            el("div").with(el("ul").kids(Guarantee::ALL.iter().map(one))).kid(on_miss(bench, read)).done()
        }
        ReadMode::Leader | ReadMode::AnyFollower | ReadMode::PinnedFollower | ReadMode::BestEffortFresh => Html::default(),
    }
}

fn on_miss(bench: &Bench, read: ReadSpec) -> Html {
    let misses = [
        option("leader", "ask the leader", read.on_miss == OnMiss::Leader),
        option("wait", "wait 1 s, then the leader", matches!(read.on_miss, OnMiss::WaitThenLeader(_))),
        option("fail", "wait 1 s, then fail", matches!(read.on_miss, OnMiss::WaitThenFail(_))),
        option("error", "fail at once", read.on_miss == OnMiss::Fail),
    ];
    let choose = change(bench, |read, text| {
        read.on_miss = match text {
            "wait" => OnMiss::WaitThenLeader(PATIENCE),
            "fail" => OnMiss::WaitThenFail(PATIENCE),
            "error" => OnMiss::Fail,
            _ => OnMiss::Leader,
        };
    });
    bench.named_choice("If no follower is fresh enough", &misses, false, choose)
}

/// Where the token of a user with several devices is kept.
fn devices(bench: &Bench, read: ReadSpec) -> Html {
    if bench.run.plan.scenario.clients.iter().all(|client| client.user.is_none()) {
        return Html::default();
    }
    let homes = [
        option("device", "each device", read.tokens == TokenHome::Device),
        option("user", "the user, at the server", read.tokens == TokenHome::User),
    ];
    let home = change(bench, |read, text| read.tokens = if text == "user" { TokenHome::User } else { TokenHome::Device });
    bench.named_choice("A token belongs to", &homes, false, home)
}
