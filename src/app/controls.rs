//! The settings of the whole run: how clients read, when writes are acknowledged, how long links take, the seed.
//!
//! A setting changes the run from its beginning; what happens at one moment is an action. The page says so.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::is_first;
use super::bench::{Bench, edit, option, set};
use super::draw::{el, of, several};
use super::failover;
use super::lab::{Desk, Edit, Msg};
use super::log;
use super::reads;
use crate::network::{Latency, NodeId};
use crate::player::Setting;
use crate::scenario::{AckSpec, LevelSpec, LinkSpec, OnLossSpec, SelectionSpec, Shard, SyncSpec, WorkloadKind};
use crate::time::SimDuration;

/// The latencies on offer, in milliseconds.
const LATENCIES: [u64; 20] = [1, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 200, 300, 400, 600, 800, 1_200, 2_000, 3_000, 5_000];
/// The rates on offer, in operations per second; the last is the telemetry pipeline's.
const RATES: [u32; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000];
/// How long a setting that waits, waits.
const PATIENCE: SimDuration = SimDuration::secs(1);

pub(super) fn view(bench: &Bench, desk: &Desk) -> Html {
    let shards = &bench.run.plan.scenario.shards;
    of("details", "panel settings")
        .at("open", !is_first(&bench.run))
        .with(el("summary").say("Settings of the whole run"))
        .kid(reads::view(bench))
        .kids(shards.iter().enumerate().map(|(index, shard)| {
            el("div")
                .key(index)
                .kid(acknowledgement(bench, index, shard))
                .kid(failover::view(bench, index, shard))
                .kid(log::view(bench, index, shard))
                .done()
        }))
        .with(el("fieldset").with(el("legend").say("Lag from leader to follower")).with(el("div").kid(lags(bench))))
        .kid(other_link(bench, desk))
        .with(el("div").kid(workloads(bench)))
        .kid(seed(bench))
        .done()
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
fn acked(index: usize, mut spec: SyncSpec) -> Msg {
    spec.k = spec.k.clamp(1, spec.followers.len().max(1));
    let ack = if spec.followers.is_empty() { AckSpec::Async } else { AckSpec::Sync(spec) };
    set(Setting::Ack(index, ack))
}

fn acknowledgement(bench: &Bench, index: usize, shard: &Shard) -> Html {
    let spec = sync_of(shard);
    let what = if bench.run.plan.groups.len() > 1 { format!("A write to {}", shard.name) } else { "A write".to_owned() };
    let tick = |follower: &String| {
        let on = spec.followers.contains(follower);
        let mut next = spec.clone();
        if on {
            next.followers.retain(|f| f != follower);
        } else {
            next.followers.push(follower.clone());
        }
        el("li").key(follower.clone()).kid(bench.tick(&format!("wait for {follower}"), on, acked(index, next))).done()
    };
    of("fieldset", "ack")
        .with(el("legend").kid(format!("{what} is acknowledged when it is on the leader's disk and")))
        .with(el("ul").kids(shard.followers.iter().map(tick)))
        .with(of("p", "summary").kid(summary(&spec)))
        .with(el("div").kid(if spec.followers.is_empty() { Html::default() } else { details(bench, index, &spec) }))
        .done()
}

fn details(bench: &Bench, index: usize, spec: &SyncSpec) -> Html {
    let change = |edit: fn(&mut SyncSpec, &str)| {
        let spec = spec.clone();
        Rc::new(move |text: &str| {
            let mut next = spec.clone();
            edit(&mut next, text);
            Some(acked(index, next))
        })
    };
    let counts: Vec<_> = (1..=spec.followers.len()).map(|k| option(&k.to_string(), &k.to_string(), k == spec.k)).collect();
    let which = [
        option("first", "the first of the list", spec.selection == SelectionSpec::First),
        option("any", "any of the list", spec.selection == SelectionSpec::Any),
    ];
    let levels = [
        option("received", "received it", spec.level == LevelSpec::Received),
        option("flushed", "flushed it to disk", spec.level == LevelSpec::Flushed),
        option("applied", "applied it", spec.level == LevelSpec::Applied),
    ];
    let losses = [
        option("block", "wait for ever", spec.on_loss == OnLossSpec::Block),
        option("async", "after 1 s go asynchronous", matches!(spec.on_loss, OnLossSpec::FallBackToAsync(_))),
        option("next", "after 1 s take the next", matches!(spec.on_loss, OnLossSpec::PromoteNext(_))),
    ];
    several()
        .kid(bench.named_choice("How many", &counts, false, change(|s, v| s.k = v.parse().unwrap_or(1))))
        .kid(bench.named_choice(
            "Which",
            &which,
            false,
            change(|s, v| s.selection = if v == "any" { SelectionSpec::Any } else { SelectionSpec::First }),
        ))
        .kid(bench.named_choice("They must have", &levels, false, change(|s, v| s.level = level_of(v))))
        .kid(bench.named_choice("If they are silent", &losses, false, change(|s, v| s.on_loss = loss_of(v))))
        .done()
}

fn level_of(text: &str) -> LevelSpec {
    match text {
        "received" => LevelSpec::Received,
        "applied" => LevelSpec::Applied,
        _ => LevelSpec::Flushed,
    }
}

fn loss_of(text: &str) -> OnLossSpec {
    match text {
        "async" => OnLossSpec::FallBackToAsync(PATIENCE),
        "next" => OnLossSpec::PromoteNext(PATIENCE),
        _ => OnLossSpec::Block,
    }
}

fn summary(spec: &SyncSpec) -> String {
    if spec.followers.is_empty() {
        return "nothing else: asynchronous. A crash of the leader can lose acknowledged writes.".to_owned();
    }
    let all = spec.followers.join(", ");
    let level = match spec.level {
        LevelSpec::Received => "has received it",
        LevelSpec::Flushed => "has it on disk",
        LevelSpec::Applied => "has applied it",
    };
    if spec.followers.len() == 1 {
        return format!("{all} {level}. The leader itself is not counted.");
    }
    let which = if spec.selection == SelectionSpec::Any { "any" } else { "the first" };
    format!("{which} {} of {all} {level}. The leader itself is not counted.", spec.k)
}

fn lags(bench: &Bench) -> Html {
    let plan = &bench.run.plan;
    let followers = plan.groups.iter().flat_map(|g| g.members.iter().filter(|m| **m != g.leader).map(|m| (g.leader, *m)));
    let pairs: Vec<(NodeId, NodeId)> = followers.collect();
    let names: Vec<(String, String)> = pairs.iter().map(|(a, b)| (plan.name(*a).to_owned(), plan.name(*b).to_owned())).collect();
    let first = pairs.first().map_or(SimDuration::ZERO, |(a, b)| latency(bench, *a, *b).typical());
    let all = Rc::new(move |i: usize| set(Setting::Links(names.iter().map(|(a, b)| lag(a, b, i)).collect())));
    several()
        .kids(pairs.iter().map(|(src, dst)| {
            el("div").key(dst.0).kid(link_slider(bench, &format!("to {}", plan.name(*dst)), *src, *dst)).done()
        }))
        .with(el("div").key("all").kid(bench.slider("to all of them", "the same", (nearest(first), LATENCIES.len()), all)))
        .done()
}

fn latency(bench: &Bench, src: NodeId, dst: NodeId) -> &Latency {
    let plan = &bench.run.plan;
    &plan.links[src.index() * plan.nodes.len() + dst.index()].latency
}

fn link_slider(bench: &Bench, name: &str, src: NodeId, dst: NodeId) -> Html {
    let plan = &bench.run.plan;
    let latency = latency(bench, src, dst);
    let (from, to) = (plan.name(src).to_owned(), plan.name(dst).to_owned());
    let change = Rc::new(move |i: usize| set(Setting::Links(vec![lag(&from, &to, i)])));
    bench.slider(name, &describe(latency), (nearest(latency.typical()), LATENCIES.len()), change)
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
        Latency::Constant(d) => d.words(),
        Latency::Uniform { min, max } => format!("{} to {}", min.words(), max.words()),
        Latency::Exponential { min, mean } => format!("{} + about {}", min.words(), mean.words()),
        Latency::Quantiles(_) => format!("about {}", latency.typical().words()),
    }
}

fn nearest(latency: SimDuration) -> usize {
    let distance = |i: &usize| SimDuration::millis(LATENCIES[*i]).0.abs_diff(latency.0);
    (0..LATENCIES.len()).min_by_key(distance).unwrap_or(0)
}

/// The lag of any other link, client links included.
fn other_link(bench: &Bench, desk: &Desk) -> Html {
    let plan = &bench.run.plan;
    let nodes = |chosen: &str| -> Vec<_> { plan.nodes.iter().map(|n| option(n, n, n == chosen)).collect() };
    let slider = match plan.node_id(&desk.from).zip(plan.node_id(&desk.to)).filter(|(a, b)| a != b) {
        Some((a, b)) => link_slider(bench, "takes", a, b),
        None => of("p", "note").say("A node has no link to itself.").done(),
    };
    of("details", "other-link")
        .with(el("summary").say("Lag of another link"))
        .kid(bench.named_choice("from", &nodes(&desk.from), false, Rc::new(|text: &str| Some(edit(Edit::From(text.to_owned()))))))
        .kid(bench.named_choice("to", &nodes(&desk.to), false, Rc::new(|text: &str| Some(edit(Edit::To(text.to_owned()))))))
        .with(el("div").kid(slider))
        .done()
}

fn workloads(bench: &Bench) -> Html {
    let one = |(index, workload): (usize, &crate::scenario::Workload)| {
        let rate = (0..RATES.len()).min_by_key(|i| RATES[*i].abs_diff(workload.per_second)).unwrap_or(0);
        let what = if workload.kind == WorkloadKind::Write { "writes" } else { "reads" };
        let change = Rc::new(move |i: usize| set(Setting::Rate(index, RATES[i.min(RATES.len() - 1)])));
        let (name, words) = (format!("{} {what}", workload.client), format!("{} per second", workload.per_second));
        el("div").key(index).kid(bench.slider(&name, &words, (rate, RATES.len()), change)).done()
    };
    several().kids(bench.run.plan.scenario.workload.iter().enumerate().map(one)).done()
}

fn seed(bench: &Bench) -> Html {
    let seed = bench.run.plan.scenario.seed;
    let onchange = bench.change(Rc::new(|text: &str| {
        let wrong = || Msg::Failed(format!("the seed '{text}' is not a whole number from 0 to {}", u64::MAX));
        Some(text.trim().parse().map_or_else(|_| wrong(), |seed| set(Setting::Seed(seed))))
    }));
    of("div", "seed")
        .with(
            of("label", "row").say("Seed").with(
                el("input")
                    .is("type", "text")
                    .is("inputmode", "numeric")
                    .is("maxlength", "20")
                    .value(seed.to_string())
                    .change(onchange),
            ),
        )
        .kid(bench.button("Next seed", set(Setting::Seed(seed.wrapping_add(1)))))
        .with(of("p", "digest").kid(format!("Same scenario, same run. Trace digest {}", bench.run.trace.digest)))
        .done()
}
