//! The log of one replica as a row of cells. A row renders again only when it says something else.

use yew::prelude::*;

use crate::view::{Cell, Lane, Layout, Stored};

use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) cells: Vec<Cell>,
    pub(super) y: f64,
    pub(super) layout: Shared<Layout>,
    /// The entries to mark, by number.
    pub(super) lit: Vec<u64>,
    pub(super) on_lit: Callback<Option<u64>>,
    /// Whether the replica has no power: its memory is gone.
    pub(super) down: bool,
}

#[component]
pub(super) fn LogRow(props: &Props) -> Html {
    let top = props.y - props.layout.cell / 2.0;
    html! {
        <g class={classes!("row", props.down.then_some("down"))} aria-hidden="true">
            { for props.cells.iter().enumerate().map(|(column, cell)| {
                let x = props.layout.log_x + props.layout.pitch * f64::from(u32::try_from(column).unwrap_or(0));
                one(cell, x, top, props)
            }) }
        </g>
    }
}

fn one(cell: &Cell, x: f64, y: f64, props: &Props) -> Html {
    let state = match cell.state {
        Stored::Missing => "missing",
        Stored::Ahead => "ahead",
        Stored::Received => "received",
        Stored::Flushed => "flushed",
        Stored::Applied => "applied",
    };
    let lit = props.lit.contains(&cell.lsn).then_some("lit");
    let class = classes!("cell", state, cell.divergent.then_some("divergent"), lit);
    let (enter, leave) = (props.on_lit.clone(), props.on_lit.clone());
    let lsn = cell.lsn;
    let size = format!("{}", props.layout.cell);
    let missing = cell.state == Stored::Missing;
    html! {
        <g key={cell.lsn} {class} transform={format!("translate({x:.0} {y:.0})")}
            onmouseenter={move |_| enter.emit(Some(lsn))} onmouseleave={move |_| leave.emit(None)}>
            <rect width={size.clone()} height={size} rx="5" />
            <text class="lsn" x="18" y="22.5">{ if missing { String::new() } else { cell.lsn.to_string() } }</text>
            <g class="epoch">
                if cell.opens_epoch {
                    <path d="M-3 -4 V40" />
                    <text x="0" y="-6">{ format!("epoch {}", cell.epoch) }</text>
                }
            </g>
            <g class="strike">
                if cell.divergent {
                    <path d="M4 4 L32 32 M32 4 L4 32" />
                }
            </g>
            <title>{ if missing { format!("entry {lsn} is not here") } else { format!("entry {lsn}, epoch {}: {} ({state})", cell.epoch, cell.text) } }</title>
        </g>
    }
}

/// A lane in words, for those who do not see it.
pub(super) fn describe(lane: &Lane) -> String {
    let mut words = format!("{}, {}, epoch {}", lane.name, lane.role, lane.epoch);
    let count = |state: Stored| lane.cells.iter().filter(|c| c.state == state).count();
    let applied = lane.cells.iter().filter(|c| c.state == Stored::Applied).map(|c| c.lsn).max().unwrap_or(0);
    words.push_str(&format!(", applied up to entry {applied}"));
    match lane.lag_entries {
        0 => words.push_str(", up to date"),
        n => words.push_str(&format!(", {n} behind for {}", lane.lag_time)),
    }
    for (state, name) in [(Stored::Flushed, "flushed but not applied"), (Stored::Received, "received but not flushed")] {
        match count(state) {
            0 => {}
            n => words.push_str(&format!(", {n} {name}")),
        }
    }
    for (condition, text) in [
        (lane.wire.cut_down, "cut off from the leader"),
        (lane.wire.cut_up, "cut off towards the leader"),
        (lane.wire.held, "messages held"),
    ] {
        if condition {
            words.push_str(&format!(", {text}"));
        }
    }
    if !lane.note.is_empty() {
        words.push_str(&format!(", {}", lane.note));
    }
    words
}
