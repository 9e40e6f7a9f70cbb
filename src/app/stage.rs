//! The stage: clients, replicas with their logs, wires, tokens, and the messages between them.

use yew::prelude::*;

use crate::network::NodeId;
use crate::simulation::Status;
use crate::view::{ClientBox, Flight, Group, Lane, Layout, Mark, Stage};

use super::flights::Flights;
use super::lab::Lit;
use super::log_matrix::{LogRow, describe};
use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) stage: Shared<Stage>,
    pub(super) layout: Shared<Layout>,
    pub(super) flights: Shared<(Vec<Flight>, usize)>,
    pub(super) arrows: bool,
    pub(super) still: bool,
    pub(super) lit: Lit,
    pub(super) chosen: Option<NodeId>,
    pub(super) on_lit: Callback<Lit>,
    pub(super) on_choose: Callback<NodeId>,
    pub(super) label: AttrValue,
}

#[component]
pub(super) fn StageView(props: &Props) -> Html {
    let Layout { width, height, .. } = *props.layout;
    html! {
        <svg class={classes!("stage", props.layout.narrow.then_some("narrow"))} viewBox={format!("0 0 {width} {height}")}
            role="group" aria-label={&props.label}>
            <defs>
                <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="hatch-line" width="2" height="7" />
                </pattern>
            </defs>
            <Still stage={props.stage.clone()} layout={props.layout.clone()} lit={props.lit.clone()} chosen={props.chosen}
                on_lit={props.on_lit.clone()} on_choose={props.on_choose.clone()} />
            <Flights flights={props.flights.clone()} arrows={props.arrows} still={props.still} />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct StillProps {
    stage: Shared<Stage>,
    layout: Shared<Layout>,
    lit: Lit,
    chosen: Option<NodeId>,
    on_lit: Callback<Lit>,
    on_choose: Callback<NodeId>,
}

/// Everything that stands still between two events.
#[component]
fn Still(props: &StillProps) -> Html {
    html! {
        <g class="still">
            <g class="wires">{ for props.stage.groups.iter().map(|g| wires(g, props)) }</g>
            <g class="clients">{ for props.stage.clients.iter().map(|c| client(c, props)) }</g>
            <g class="groups">{ for props.stage.groups.iter().enumerate().map(|(i, g)| group(i, g, props)) }</g>
        </g>
    }
}

fn wires(group: &Group, props: &StillProps) -> Html {
    let layout = &props.layout;
    let Some(leader) = group.lanes.iter().filter(|l| l.leads).max_by_key(|l| l.epoch) else { return html! { <g /> } };
    let middle = |id: NodeId| {
        let (x, y, _, h) = layout.boxes[id.index()];
        (x, y + h / 2.0)
    };
    let (lx, ly) = middle(leader.id);
    html! {
        <g key={group.id.0}>
            { for group.lanes.iter().filter(|l| l.id != leader.id).map(|lane| {
                let (x, y) = middle(lane.id);
                let wire = layout.wire_x[lane.id.index()].min(layout.wire_x[leader.id.index()]);
                let cut = match (lane.wire.cut_down, lane.wire.cut_up) {
                    (true, true) => "✕ cut",
                    (true, false) => "✕ no way here",
                    (false, true) => "✕ no way back",
                    (false, false) if lane.wire.held => "‖ held",
                    (false, false) => "",
                };
                let broken = !cut.is_empty();
                html! {
                    <g key={lane.id.0} class={classes!("wire", broken.then_some("broken"))}>
                        <path d={format!("M{lx:.0} {ly:.0} H{wire:.0} V{y:.0} H{x:.0}")} />
                        <text x={format!("{:.0}", x - 4.0)} y={format!("{:.0}", y - 7.0)}>{cut}</text>
                    </g>
                }
            }) }
        </g>
    }
}

fn activate(choose: &Callback<NodeId>, id: NodeId) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let (by_mouse, by_key) = (choose.clone(), choose.clone());
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            by_key.emit(id);
        }
    });
    (Callback::from(move |_| by_mouse.emit(id)), onkeydown)
}

fn hover(on_lit: &Callback<Lit>, lit: Lit) -> (Callback<MouseEvent>, Callback<MouseEvent>) {
    let (enter, leave) = (on_lit.clone(), on_lit.clone());
    (Callback::from(move |_| enter.emit(lit.clone())), Callback::from(move |_| leave.emit(Lit::default())))
}

fn client(client: &ClientBox, props: &StillProps) -> Html {
    let (x, y, w, h) = props.layout.boxes[client.id.index()];
    let lit = props.lit.nodes.contains(&client.id).then_some("lit");
    let chosen = props.chosen == Some(client.id);
    let class = classes!("client", lit, chosen.then_some("chosen"), client.anomaly.then_some("anomaly"));
    let (onclick, onkeydown) = activate(&props.on_choose, client.id);
    let (onmouseenter, onmouseleave) = hover(&props.on_lit, Lit::node(client.id));
    let line: String = if client.line.chars().count() > 21 {
        client.line.chars().take(20).chain(['…']).collect()
    } else {
        client.line.clone()
    };
    let cut = if client.cut_from.is_empty() { String::new() } else { format!("✕ {} cut", client.cut_from.len()) };
    html! {
        <g key={client.id.0} {class} role="button" tabindex="0" aria-pressed={chosen.to_string()} {onclick} {onkeydown} {onmouseenter} {onmouseleave}
            aria-label={format!("client {}, {}", client.name, client.line)} transform={format!("translate({x:.0} {y:.0})")}>
            <rect width={format!("{w:.0}")} height={format!("{h:.0}")} rx="26" />
            <text class="name" x={format!("{:.0}", w / 2.0)} y="22">{&client.name}</text>
            <text class="line" x={format!("{:.0}", w / 2.0)} y="40">{line}</text>
            <text class="cut" x={format!("{:.0}", w / 2.0)} y={format!("{:.0}", h + 13.0)}>{cut}</text>
        </g>
    }
}

fn group(index: usize, group: &Group, props: &StillProps) -> Html {
    let (top, tokens) = props.layout.groups[index];
    let x = props.layout.log_x;
    let hidden = if group.hidden > 0 { format!("… {} earlier entries", group.hidden) } else { String::new() };
    html! {
        <g key={group.id.0} class="group">
            <text class="group-name" x={format!("{:.0}", props.layout.boxes[group.lanes[0].id.index()].0)} y={format!("{:.0}", top + 14.0)}>{&group.name}</text>
            <text class="hidden" x={format!("{x:.0}")} y={format!("{:.0}", top + 14.0)}>{hidden}</text>
            <g class="lanes">{ for group.lanes.iter().map(|l| lane(group, l, props)) }</g>
            <g class="tokens">{ for marks(group).into_iter().map(|(lsn, names)| token(group, lsn, &names, (top + 20.0, tokens), props)) }</g>
        </g>
    }
}

fn lane(group: &Group, lane: &Lane, props: &StillProps) -> Html {
    let (x, y, w, h) = props.layout.boxes[lane.id.index()];
    let lit = props.lit.nodes.contains(&lane.id).then_some("lit");
    let chosen = props.chosen == Some(lane.id);
    let status = match lane.status {
        Status::Up => None,
        Status::Down => Some("down"),
        Status::Paused => Some("paused"),
    };
    let class = classes!(
        "node",
        lit,
        chosen.then_some("chosen"),
        status,
        lane.leads.then_some("leads"),
        lane.deposed.then_some("deposed")
    );
    let (onclick, onkeydown) = activate(&props.on_choose, lane.id);
    let (onmouseenter, onmouseleave) = hover(&props.on_lit, Lit::node(lane.id));
    let lag = match (lane.leads && !lane.deposed, lane.lag_entries) {
        (true, _) => String::new(),
        (false, 0) => "up to date".to_owned(),
        (false, n) => format!("{n} behind · {} ms", lane.lag_time.0 / 1_000),
    };
    let third = match lane.discarded {
        Some((from, to)) if from == to => format!("discarded entry {from}"),
        Some((from, to)) => format!("discarded {from}–{to}"),
        None => lane.note.clone(),
    };
    let compact = h < 50.0;
    let rows = if compact { [16.0, 31.0] } else { [19.0, 35.0] };
    let (second, last) =
        if compact && !third.is_empty() { (format!("{} · {third}", lane.role), lag) } else { (lane.role.clone(), lag) };
    let entries: Vec<u64> = props.lit.entries.iter().filter(|(g, _)| *g == group.id).map(|(_, lsn)| *lsn).collect();
    let (id, on_lit) = (group.id, props.on_lit.clone());
    html! {
        <g key={lane.id.0} class="lane">
            <g {class} role="button" tabindex="0" aria-pressed={chosen.to_string()} aria-label={describe(lane)} {onclick} {onkeydown} {onmouseenter} {onmouseleave}
                transform={format!("translate({x:.0} {y:.0})")}>
                <rect width={format!("{w:.0}")} height={format!("{h:.0}")} rx="8" />
                <rect class="veil" width={format!("{w:.0}")} height={format!("{h:.0}")} rx="8" />
                <text class="name" x="10" y={rows[0].to_string()}>{&lane.name}</text>
                <text class="epoch" x={format!("{:.0}", w - 10.0)} y={rows[0].to_string()}>{format!("epoch {}", lane.epoch)}</text>
                <text class="role" x="10" y={rows[1].to_string()}>{second}</text>
                <text class="lag" x={format!("{:.0}", w - 10.0)} y={rows[1].to_string()}>{last}</text>
                <text class="note" x="10" y="51">{ if compact { String::new() } else { third } }</text>
            </g>
            <LogRow cells={lane.cells.clone()} y={props.layout.log_y[lane.id.index()]} layout={props.layout.clone()} lit={entries}
                down={lane.status == Status::Down}
                on_lit={Callback::from(move |lsn: Option<u64>| on_lit.emit(lsn.map_or(Lit::default(), |n| Lit::entry(id, n))))} />
        </g>
    }
}

/// Tokens at the same place share one mark.
fn marks(group: &Group) -> Vec<(u64, String)> {
    let mut marks: Vec<(u64, String)> = Vec::new();
    for Mark { name, lsn, .. } in &group.tokens {
        match marks.iter_mut().find(|(at, _)| at == lsn) {
            Some((_, names)) => names.push_str(&format!(", {name}")),
            None => marks.push((*lsn, name.clone())),
        }
    }
    marks
}

fn token(group: &Group, lsn: u64, names: &str, (top, y): (f64, f64), props: &StillProps) -> Html {
    let column = usize::try_from(lsn.saturating_sub(group.first)).unwrap_or(0).min(props.layout.columns - 1);
    let x = if lsn < group.first { props.layout.log_x - 10.0 } else { props.layout.column_x(column) };
    html! {
        <g key={lsn} class="token">
            <path class="token-line" d={format!("M{:.0} {top:.0} V{y:.0}", x + props.layout.pitch / 2.0)} />
            <path class="token-mark" d={format!("M{x:.0} {:.0} l7 12 h-14 Z", y + 1.0)} />
            <text x={format!("{x:.0}")} y={format!("{:.0}", y + 27.0)}>{names}</text>
            <title>{format!("{names} must not see less than entry {lsn}")}</title>
        </g>
    }
}
