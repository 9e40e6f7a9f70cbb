//! The settings of the whole run: how clients read, when writes are acknowledged, how long links take, the seed.
//!
//! A setting changes the run from its beginning; what happens at one moment is an action. The page says so.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::network::{Latency, NodeId};
use crate::player::{Msg as Play, Setting};
use crate::router::{OnMiss, ReadMode};
use crate::run::Run;
use crate::scenario::{AckSpec, LevelSpec, LinkSpec, OnLossSpec, SelectionSpec, Shard, SyncSpec};
use crate::time::SimDuration;

use super::actions::is_first;
use super::shared::Shared;
use super::slider::Slider;

/// The latencies on offer, in milliseconds.
const LATENCIES: [u64; 20] = [1, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 200, 300, 400, 600, 800, 1_200, 2_000, 3_000, 5_000];
/// The rates on offer, in operations per second; the last is the telemetry pipeline's.
const RATES: [u32; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000];

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) on_play: Callback<Play>,
}

#[component]
pub(super) fn Controls(props: &Props) -> Html {
    let scenario = &props.run.plan.scenario;
    html! {
        <details class="panel settings" open={!is_first(&props.run)}>
            <summary>{"Settings of the whole run"}</summary>
            { read_mode(props) }
            { for scenario.shards.iter().enumerate().map(|(index, shard)| html! { <div key={index}>{ acknowledgement(props, index, shard) }</div> }) }
            <fieldset>
                <legend>{"Lag from leader to follower"}</legend>
                { lag_sliders(props) }
            </fieldset>
            <OtherLink run={props.run.clone()} on_play={props.on_play.clone()} />
            <div class="workloads">{ workloads(props) }</div>
            { seed(props) }
        </details>
    }
}

fn set(on_play: &Callback<Play>, setting: Setting) {
    on_play.emit(Play::Set(setting));
}

fn selected(event: &Event) -> Option<String> {
    event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok()).map(|s| s.value())
}

fn read_mode(props: &Props) -> Html {
    let read = props.run.plan.scenario.read;
    let about = |mode: ReadMode| match mode {
        ReadMode::Leader => ("Leader", "sees every acknowledged write, while it does lead"),
        ReadMode::AnyFollower => ("Any follower", "naive: no guarantee across two reads"),
        ReadMode::SessionConsistent => ("Session-consistent", "carries a token: at least what this session knows"),
    };
    let on_play = props.on_play.clone();
    let on_miss = Callback::from(move |event: Event| {
        let wait = SimDuration::millis(500);
        let choice = match selected(&event).as_deref() {
            Some("wait-leader") => OnMiss::WaitThenLeader(wait),
            Some("wait-fail") => OnMiss::WaitThenFail(wait),
            _ => OnMiss::Leader,
        };
        set(&on_play, Setting::OnMiss(choice));
    });
    html! {
        <fieldset class="modes">
            <legend>{"Reads go to"}</legend>
            { for ReadMode::ALL.into_iter().map(|mode| {
                let on_play = props.on_play.clone();
                let (name, what) = about(mode);
                html! {
                    <label key={mode.name()} class="mode">
                        <input type="radio" checked={read.mode == mode} onchange={move |_| set(&on_play, Setting::Mode(mode))} />
                        <span><b>{name}</b>{" "}<small>{what}</small></span>
                    </label>
                }
            }) }
            <label class="row">{"If no follower is fresh enough"}
                <select onchange={on_miss}>
                    <option value="leader" selected={read.on_miss == OnMiss::Leader}>{"ask the leader"}</option>
                    <option value="wait-leader" selected={matches!(read.on_miss, OnMiss::WaitThenLeader(_))}>{"wait 500 ms, then the leader"}</option>
                    <option value="wait-fail" selected={matches!(read.on_miss, OnMiss::WaitThenFail(_))}>{"wait 500 ms, then fail"}</option>
                </select>
            </label>
        </fieldset>
    }
}

fn sync_of(shard: &Shard) -> SyncSpec {
    match &shard.ack {
        AckSpec::Sync(spec) => spec.clone(),
        AckSpec::Async => SyncSpec {
            followers: Vec::new(),
            k: 1,
            selection: SelectionSpec::First,
            level: LevelSpec::Flushed,
            on_loss: OnLossSpec::Block,
        },
    }
}

/// Makes the setting from what is ticked: nothing ticked is asynchronous.
fn apply(on_play: &Callback<Play>, index: usize, mut spec: SyncSpec) {
    spec.k = spec.k.clamp(1, spec.followers.len().max(1));
    let ack = if spec.followers.is_empty() { AckSpec::Async } else { AckSpec::Sync(spec) };
    set(on_play, Setting::Ack(index, ack));
}

fn acknowledgement(props: &Props, index: usize, shard: &Shard) -> Html {
    let spec = sync_of(shard);
    let many = props.run.plan.groups.len() > 1;
    let change = |edit: fn(&mut SyncSpec, &str)| {
        let (on_play, spec) = (props.on_play.clone(), spec.clone());
        Callback::from(move |event: Event| {
            if let Some(choice) = selected(&event) {
                let mut next = spec.clone();
                edit(&mut next, &choice);
                apply(&on_play, index, next);
            }
        })
    };
    let title = if many {
        format!("A write to {} is acknowledged when it is on the leader's disk and", shard.name)
    } else {
        "A write is acknowledged when it is on the leader's disk and".to_owned()
    };
    html! {
        <fieldset class="ack">
            <legend>{title}</legend>
            <ul class="ticks-list">{ for shard.followers.iter().map(|follower| html! { <li key={follower.clone()}>{ tick(props, index, &spec, follower) }</li> }) }</ul>
            <p class="summary">{ summary(&spec) }</p>
            <div class={classes!("sync-more", spec.followers.is_empty().then_some("unused"))}>
                <label class="row">{"How many"}
                    <select disabled={spec.followers.is_empty()} onchange={change(|s, v| s.k = v.parse().unwrap_or(1))}>
                        { for (1..=spec.followers.len().max(1)).map(|k| html! { <option key={k} value={k.to_string()} selected={k == spec.k}>{k}</option> }) }
                    </select>
                </label>
                <label class="row">{"Which"}
                    <select disabled={spec.followers.is_empty()} onchange={change(|s, v| s.selection = if v == "any" { SelectionSpec::Any } else { SelectionSpec::First })}>
                        <option value="first" selected={spec.selection == SelectionSpec::First}>{"the first of the list"}</option>
                        <option value="any" selected={spec.selection == SelectionSpec::Any}>{"any of the list"}</option>
                    </select>
                </label>
                <label class="row">{"They must have"}
                    <select disabled={spec.followers.is_empty()} onchange={change(|s, v| s.level = match v { "received" => LevelSpec::Received, "applied" => LevelSpec::Applied, _ => LevelSpec::Flushed })}>
                        <option value="received" selected={spec.level == LevelSpec::Received}>{"received it"}</option>
                        <option value="flushed" selected={spec.level == LevelSpec::Flushed}>{"flushed it to disk"}</option>
                        <option value="applied" selected={spec.level == LevelSpec::Applied}>{"applied it"}</option>
                    </select>
                </label>
                <label class="row">{"If they are silent"}
                    <select disabled={spec.followers.is_empty()} onchange={change(|s, v| s.on_loss = match v { "async" => OnLossSpec::FallBackToAsync(SimDuration::secs(1)), "next" => OnLossSpec::PromoteNext(SimDuration::secs(1)), _ => OnLossSpec::Block })}>
                        <option value="block" selected={spec.on_loss == OnLossSpec::Block}>{"wait for ever"}</option>
                        <option value="async" selected={matches!(spec.on_loss, OnLossSpec::FallBackToAsync(_))}>{"after 1 s go asynchronous"}</option>
                        <option value="next" selected={matches!(spec.on_loss, OnLossSpec::PromoteNext(_))}>{"after 1 s take the next of the list"}</option>
                    </select>
                </label>
            </div>
        </fieldset>
    }
}

fn tick(props: &Props, index: usize, spec: &SyncSpec, follower: &str) -> Html {
    let on = spec.followers.iter().any(|f| f == follower);
    let (on_play, spec, name) = (props.on_play.clone(), spec.clone(), follower.to_owned());
    let onchange = Callback::from(move |_| {
        let mut next = spec.clone();
        if on {
            next.followers.retain(|f| *f != name);
        } else {
            next.followers.push(name.clone());
        }
        apply(&on_play, index, next);
    });
    html! { <label class="check"><input type="checkbox" checked={on} {onchange} />{follower}{ if on { " is synchronous" } else { " is asynchronous" } }</label> }
}

fn summary(spec: &SyncSpec) -> String {
    if spec.followers.is_empty() {
        return "Nothing else: asynchronous. A crash of the leader can lose acknowledged writes.".to_owned();
    }
    let which = if spec.selection == SelectionSpec::Any { "any" } else { "the first" };
    format!("{which} {} of {} (followers only; the leader is not counted).", spec.k, spec.followers.join(", "))
}

fn lag_sliders(props: &Props) -> Html {
    let plan = &props.run.plan;
    let of = |src: NodeId, dst: NodeId| plan.links[src.index() * plan.nodes.len() + dst.index()].latency.clone();
    let pairs: Vec<(NodeId, NodeId)> =
        plan.groups.iter().flat_map(|g| g.members.iter().filter(|m| **m != g.leader).map(|m| (g.leader, *m))).collect();
    let (on_play, all) = (props.on_play.clone(), pairs.clone());
    let names: Vec<(String, String)> = all.iter().map(|(a, b)| (plan.name(*a).to_owned(), plan.name(*b).to_owned())).collect();
    let set_all = Callback::from(move |i: usize| {
        for (from, to) in &names {
            set(&on_play, Setting::Link(lag(from, to, i)));
        }
    });
    let first = pairs.first().map_or(SimDuration::ZERO, |(a, b)| of(*a, *b).typical());
    html! {
        <div class="sliders">
            { for pairs.iter().map(|(src, dst)| {
                let latency = of(*src, *dst);
                let (from, to) = (plan.name(*src).to_owned(), plan.name(*dst).to_owned());
                let on_play = props.on_play.clone();
                let label = format!("to {to}");
                let on_change = Callback::from(move |i: usize| set(&on_play, Setting::Link(lag(&from, &to, i))));
                html! { <Slider key={dst.0} {label} text={describe(&latency)} index={nearest(latency.typical())} count={LATENCIES.len()} {on_change} /> }
            }) }
            <Slider key="all" label="to all of them" text="same for all" index={nearest(first)} count={LATENCIES.len()} on_change={set_all} />
        </div>
    }
}

fn lag(from: &str, to: &str, index: usize) -> LinkSpec {
    let latency = SimDuration::millis(LATENCIES[index.min(LATENCIES.len() - 1)]);
    LinkSpec {
        from: from.to_owned(),
        to: to.to_owned(),
        latency: Some(Latency::Constant(latency)),
        loss: None,
        duplication: None,
        reorder: None,
    }
}

fn describe(latency: &Latency) -> String {
    match latency {
        Latency::Constant(d) => d.to_string(),
        Latency::Uniform { min, max } => format!("{min} to {max}"),
        Latency::Exponential { min, mean } => format!("{min} + about {mean}"),
        Latency::Quantiles(_) => format!("about {}", latency.typical()),
    }
}

fn nearest(latency: SimDuration) -> usize {
    let distance = |ms: &u64| SimDuration::millis(*ms).0.abs_diff(latency.0);
    (0..LATENCIES.len()).min_by_key(|i| distance(&LATENCIES[*i])).unwrap_or(0)
}

/// The lag of any other link, client links included.
#[component]
fn OtherLink(props: &Props) -> Html {
    let plan = &props.run.plan;
    let (from, to) = (
        use_state(|| plan.nodes.last().cloned().unwrap_or_default()),
        use_state(|| plan.nodes.first().cloned().unwrap_or_default()),
    );
    let choose = |state: &UseStateHandle<String>| {
        let setter = state.setter();
        Callback::from(move |event: Event| setter.set(selected(&event).unwrap_or_default()))
    };
    let ends = plan.node_id(&from).zip(plan.node_id(&to)).filter(|(a, b)| a != b);
    let latency = ends.map(|(a, b)| plan.links[a.index() * plan.nodes.len() + b.index()].latency.clone());
    let (on_play, a, b) = (props.on_play.clone(), (*from).clone(), (*to).clone());
    let on_change = Callback::from(move |i: usize| set(&on_play, Setting::Link(lag(&a, &b, i))));
    let nodes = |chosen: &str| -> Html {
        plan.nodes
            .iter()
            .map(|n| html! { <option key={n.clone()} value={n.clone()} selected={n == chosen}>{n}</option> })
            .collect()
    };
    html! {
        <details class="other-link">
            <summary>{"Lag of another link"}</summary>
            <div class="pair">
                <label>{"from"}<select onchange={choose(&from)}>{ nodes(&from) }</select></label>
                <label>{"to"}<select onchange={choose(&to)}>{ nodes(&to) }</select></label>
            </div>
            <div class="slider-place">
                { match latency {
                    Some(latency) => html! { <Slider label="takes" text={describe(&latency)} index={nearest(latency.typical())} count={LATENCIES.len()} {on_change} /> },
                    None => html! { <p>{"A node has no link to itself."}</p> },
                } }
            </div>
        </details>
    }
}

fn workloads(props: &Props) -> Html {
    let workloads = &props.run.plan.scenario.workload;
    workloads
        .iter()
        .enumerate()
        .map(|(index, workload)| {
            let on_play = props.on_play.clone();
            let rate = (0..RATES.len()).min_by_key(|i| RATES[*i].abs_diff(workload.per_second)).unwrap_or(0);
            let what = if workload.kind == crate::scenario::WorkloadKind::Write { "writes" } else { "reads" };
            let on_change = Callback::from(move |i: usize| set(&on_play, Setting::Rate(index, RATES[i.min(RATES.len() - 1)])));
            html! {
                <Slider key={index} label={format!("{} {what}", workload.client)} text={format!("{} per second", workload.per_second)} index={rate} count={RATES.len()} {on_change} />
            }
        })
        .collect()
}

fn seed(props: &Props) -> Html {
    let seed = props.run.plan.scenario.seed;
    let on_play = props.on_play.clone();
    let onchange = Callback::from(move |event: Event| {
        let input = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(seed) = input.and_then(|i| i.value().trim().parse().ok()) {
            set(&on_play, Setting::Seed(seed));
        }
    });
    let on_play = props.on_play.clone();
    html! {
        <div class="seed">
            <label class="row">{"Seed"}<input type="text" inputmode="numeric" pattern="[0-9]*" maxlength="20" value={seed.to_string()} {onchange} /></label>
            <button type="button" onclick={move |_| set(&on_play, Setting::Seed(seed.wrapping_add(1)))}>{"Next seed"}</button>
            <p class="digest">{ format!("Same scenario, same run. Trace digest {}", props.run.trace.digest) }</p>
        </div>
    }
}
