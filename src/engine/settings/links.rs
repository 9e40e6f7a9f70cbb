//! How long links take, for the whole run.

use crate::engine::command::{Command, Entry, Set};
use crate::engine::field::{Field, choice, option, slider};
use crate::engine::form::Form;
use crate::network::{Latency, NodeId};
use crate::run::Run;
use crate::scenario::{GroupPlan, LinkSpec};
use crate::time::SimDuration;

/// The latencies on offer, in milliseconds.
const LATENCIES: [u64; 20] = [1, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 200, 300, 400, 600, 800, 1_200, 2_000, 3_000, 5_000];

/// The lag from each leader to its followers.
pub(super) fn lags(run: &Run) -> Field {
    let plan = &run.plan;
    let pairs: Vec<(NodeId, NodeId)> = plan.groups.iter().flat_map(told).collect();
    let several = plan.groups.iter().any(|group| group.several.is_some());
    let name = |src: NodeId, dst: NodeId| {
        if several { format!("{} to {}", plan.name(src), plan.name(dst)) } else { format!("to {}", plan.name(dst)) }
    };
    let mut fields: Vec<Field> = pairs.iter().map(|(src, dst)| lag(run, name(*src, *dst), (*src, *dst))).collect();
    let first = pairs.first().map_or(SimDuration::ZERO, |pair| latency(run, *pair).typical());
    let names = pairs.iter().map(|(a, b)| (plan.name(*a).to_owned(), plan.name(*b).to_owned())).collect();
    let all = Command::Set(Set::Lag(names));
    fields.push(slider("to all of them", "the same", (nearest(first), LATENCIES.len()), &all));
    let what = if several { "Lag from leader to leader, and to followers" } else { "Lag from leader to follower" };
    Field::Group(what.to_owned(), fields)
}

/// Who passes writes on to whom in a group.
fn told(group: &GroupPlan) -> Vec<(NodeId, NodeId)> {
    let Some(several) = &group.several else {
        return group.members.iter().filter(|member| **member != group.leader).map(|member| (group.leader, *member)).collect();
    };
    let all = several.leaders.iter().zip(&several.neighbours);
    all.flat_map(|((leader, followers), others)| others.iter().chain(followers).map(|other| (*leader, *other))).collect()
}

/// The lag of any other link, client links included.
pub(super) fn other(run: &Run, form: &Form) -> Field {
    let plan = &run.plan;
    let nodes = |chosen: &str| plan.nodes.iter().map(|n| option(n.clone(), n.clone(), n == chosen)).collect();
    let takes = match plan.node_id(&form.from).zip(plan.node_id(&form.to)).filter(|(a, b)| a != b) {
        Some(pair) => lag(run, "takes".to_owned(), pair),
        None => Field::Note("A node has no link to itself.".to_owned()),
    };
    let fields = vec![
        choice("from", nodes(&form.from), &Command::Enter(Entry::From)),
        choice("to", nodes(&form.to), &Command::Enter(Entry::To)),
        takes,
    ];
    Field::Fold("Lag of another link".to_owned(), fields)
}

fn lag(run: &Run, name: String, (src, dst): (NodeId, NodeId)) -> Field {
    let latency = latency(run, (src, dst));
    let names = vec![(run.plan.name(src).to_owned(), run.plan.name(dst).to_owned())];
    slider(name, describe(latency), (nearest(latency.typical()), LATENCIES.len()), &Command::Set(Set::Lag(names)))
}

fn latency(run: &Run, (src, dst): (NodeId, NodeId)) -> &Latency {
    &run.plan.links[src.index() * run.plan.nodes.len() + dst.index()].latency
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

/// Sets the lag of links to the value at this place of the row.
pub(super) fn set_lag(links: &mut Vec<LinkSpec>, pairs: &[(String, String)], place: &str) {
    let Some(ms) = place.parse().ok().and_then(|place: usize| LATENCIES.get(place)) else { return };
    for (from, to) in pairs {
        let latency = Some(Latency::Constant(SimDuration::millis(*ms)));
        set_link(links, LinkSpec { from: from.clone(), to: to.clone(), latency, loss: None, duplication: None, reorder: None });
    }
}

/// Changes the entry that rules a link, or adds one at the end, where it overrides all others.
fn set_link(links: &mut Vec<LinkSpec>, spec: LinkSpec) {
    let same = |l: &LinkSpec| (&l.from, &l.to) == (&spec.from, &spec.to);
    match links.iter().rposition(same) {
        Some(index) if !links[index + 1..].iter().any(|l| l.from == "*" || l.to == "*") => links[index].latency = spec.latency,
        _ => links.push(spec),
    }
}
