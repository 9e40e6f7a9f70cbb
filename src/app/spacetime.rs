//! The space-time diagram: the same run with time to the right.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button, edit, unit};
use super::lab::{Edit, Lit};
use super::lag::{axis, seek, share};
use super::part::{part, word};
use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::Label;
use crate::view::stage::op_line;
use crate::view::{Bar, BarKind, Fault, FaultKind, Line, SpaceTime, sign, title};

/// A run with more records than this is shown page by page at first.
const RECORDS_WHOLE: usize = 3_000;
const LANE: f64 = 30.0;
/// The most faults that have a row of their own.
const FAULTS_MAX: usize = 8;
const ZOOM_MAX: u32 = 12;

/// The part of the run that is shown: all of it, or the page that holds the present moment.
pub(super) fn window(run: &Run, now: SimTime, zoom: u32) -> (SimTime, SimTime) {
    let until = run.until().0.max(1);
    let parts = (run.trace.records.len() / RECORDS_WHOLE + 1) as u64;
    let span = (until / parts.saturating_mul(1 << zoom.min(ZOOM_MAX))).max(1_000).min(until);
    let half = (span / 2).max(1);
    let page = (now.0 / half).saturating_sub(1) * half;
    let from = if span == until { 0 } else { page.min(until - span) };
    (SimTime(from), SimTime(from + span))
}

pub(super) fn view(bench: &Bench, shown: &Rc<SpaceTime>, lit: &Rc<Lit>, (now, narrow, zoom): (SimTime, bool, u32)) -> Html {
    let frame = Frame::new(shown, narrow);
    let (less, more) = (zoom.saturating_sub(1), zoom + 1);
    let zoom_to = |text: &str, label: &str, level: u32, disabled: bool| {
        bench.button_of(&Button { text, label, disabled, ..Button::default() }, edit(Edit::Zoom(level)))
    };
    let omitted = if shown.omitted > 0 { format!("{} more are not drawn: show less time", shown.omitted) } else { String::new() };
    let (x, height) = (frame.x(now), unit(frame.height));
    let space = format!("0 0 {} {height}", unit(frame.width));
    let (scene, drawn, marked) = (bench.clone(), shown.clone(), lit.clone());
    html! {
        <details class="diagram spacetime" open=true>
            <summary>{"Space-time diagram"}</summary>
            <div class="zoom">
                <span>{ format!("{} to {} ms", shown.from.0 / 1_000, shown.to.0 / 1_000) }</span>
                { zoom_to("−", "Show more time", less, zoom == 0) }
                { zoom_to("+", "Show less time", more, zoom >= ZOOM_MAX) }
                <span class="omitted">{omitted}</span>
            </div>
            <div class="drawing">
                <svg viewBox={space.clone()} onclick={seek(bench, (shown.from, shown.to), narrow)} role="img" aria-label={sentence(bench, shown)}>
                    { part(vec![word(shown), word(lit), u64::from(narrow)], Rc::new(move || drawing(&scene, &drawn, &marked, narrow))) }
                </svg>
                <svg class="over" viewBox={space} aria-hidden="true"><path class="now" d={format!("M{} 0 V{height}", unit(x))} /></svg>
            </div>
        </details>
    }
}

fn sentence(bench: &Bench, shown: &SpaceTime) -> String {
    format!(
        "space-time diagram of {} processes from {} to {} ms: {} operations, {} messages, {} faults and interventions",
        bench.run.plan.nodes.len(),
        shown.from.0 / 1_000,
        shown.to.0 / 1_000,
        shown.bars.len(),
        shown.lines.len(),
        shown.faults.len()
    )
}

/// The geometry of the diagram.
struct Frame<'a> {
    shown: &'a SpaceTime,
    width: f64,
    height: f64,
    left: f64,
    span: f64,
    top: f64,
}

impl<'a> Frame<'a> {
    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    fn new(shown: &'a SpaceTime, narrow: bool) -> Frame<'a> {
        let (width, left, span) = axis(narrow);
        let top = 8.0 + 18.0 * shown.faults.len().min(FAULTS_MAX) as f64;
        let height = top + LANE * shown.lanes.len() as f64 + 8.0;
        Frame { shown, width, height, left, span, top }
    }

    fn x(&self, at: SimTime) -> f64 {
        let (from, to) = (self.shown.from, self.shown.to.max(self.shown.from));
        self.left + self.span * share(SimTime(at.clamp(from, to).0 - from.0), SimTime(to.0 - from.0))
    }

    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    fn y(&self, node: NodeId) -> f64 {
        let lane = self.shown.lanes.iter().position(|n| *n == node).unwrap_or(0);
        self.top + LANE * lane as f64 + LANE / 2.0
    }
}

/// All of the diagram but the present moment: it is drawn anew only when the window or the marks change.
fn drawing(bench: &Bench, shown: &SpaceTime, lit: &Lit, narrow: bool) -> Html {
    let frame = Frame::new(shown, narrow);
    let process = |id: &NodeId| {
        let y = frame.y(*id);
        let class = if lit.nodes.contains(id) { "process lit" } else { "process" };
        html! {
            <g key={id.0} {class}>
                <text x="4" y={unit(y + 4.0)}>{bench.run.plan.name(*id)}</text>
                <path d={format!("M{} {} H{}", unit(frame.left), unit(y), unit(frame.left + frame.span))} />
            </g>
        }
    };
    html! {
        <>
            <g>{ for shown.lanes.iter().map(process) }</g>
            <g>{ for shown.faults.iter().take(FAULTS_MAX).enumerate().map(|(i, f)| band(&frame, i, f)) }</g>
            <g>{ for shown.lines.iter().map(|line| message(&frame, line, lit)) }</g>
            <g>{ for shown.bars.iter().map(|bar| operation(bench, &frame, bar, lit)) }</g>
        </>
    }
}

fn rect(class: &'static str, (x, y): (f64, f64), (w, h): (f64, f64)) -> Html {
    html! { <rect {class} x={unit(x)} y={unit(y)} width={unit(w)} height={unit(h)} rx="3" /> }
}

#[expect(clippy::cast_precision_loss, reason = "a few rows")]
fn band(frame: &Frame<'_>, row: usize, fault: &Fault) -> Html {
    let (x0, x1, y) = (frame.x(fault.from), frame.x(fault.to), 18.0 * row as f64 + 4.0);
    let (anchor, x) = if x0 > frame.left + frame.span * 0.7 { ("end", x0 - 4.0) } else { ("start", x0 + 4.0) };
    let gap = |node: &NodeId| html! { <g key={node.0}>{ rect("gap", (x0, frame.y(*node) - LANE / 2.0 + 3.0), (x1 - x0, LANE - 6.0)) }</g> };
    let gaps = fault.nodes.iter().filter(|_| fault.kind == FaultKind::Crash);
    html! {
        <g key={fault.script} class="fault">
            { rect("span", (x0, y), ((x1 - x0).max(2.0), 13.0)) }
            <text text-anchor={anchor} x={unit(x)} y={unit(y + 10.5)}>{&fault.text}</text>
            <g>{ for gaps.map(gap) }</g>
        </g>
    }
}

fn message(frame: &Frame<'_>, line: &Line, lit: &Lit) -> Html {
    let (x0, y0, x1, y1) = (frame.x(line.sent), frame.y(line.src), frame.x(line.end), frame.y(line.dst));
    let kind = match line.label {
        Label::Append(from, to) if from <= to => "message append",
        Label::Append(..) | Label::Ack(_) => "message ack",
        Label::Announce(_) | Label::Subscribe(_) | Label::Noted | Label::Fenced(_) => "message control",
        _ => "message request",
    };
    let marked = line.label.op().is_some_and(|op| lit.ops.contains(&op));
    let class = format!("{kind}{}{}", if line.lost { " lost" } else { "" }, if marked { " lit" } else { "" });
    // A lost message ends before it arrives, with a cross.
    let (x1, y1) = if line.lost { (x0 + (x1 - x0) * 0.8, y0 + (y1 - y0) * 0.8) } else { (x1, y1) };
    let cross = if line.lost { format!(" M{} {} l7 7 m0 -7 l-7 7", unit(x1 - 3.5), unit(y1 - 3.5)) } else { String::new() };
    html! { <path key={line.id.0} {class} d={format!("M{} {} L{} {}{cross}", unit(x0), unit(y0), unit(x1), unit(y1))} /> }
}

fn operation(bench: &Bench, frame: &Frame<'_>, bar: &Bar, lit: &Lit) -> Html {
    let (x0, y) = (frame.x(bar.from), frame.y(bar.client));
    let x1 = frame.x(bar.to.unwrap_or(frame.shown.to)).max(x0 + 3.0);
    let kind = match bar.kind {
        BarKind::Write => "bar write",
        BarKind::Read => "bar read",
        BarKind::Rejected => "bar rejected",
        BarKind::Indeterminate => "bar indeterminate",
    };
    let marked = if lit.ops.contains(&bar.op) { " lit" } else { "" };
    let broken = if bar.anomaly.is_some() { " anomaly" } else { "" };
    let record = &bench.run.trace.ops[bar.op.index()];
    let words = op_line(&bench.run, record.key, record.kind, record.end.map(|e| e.outcome));
    let kept = bar.anomaly.map_or(String::new(), |a| format!(" — {}", title(a)));
    html! {
        <g key={bar.op.0} class={format!("{kind}{marked}{broken}")} onmouseenter={bench.hover(Lit::ops(vec![bar.op]))} onmouseleave={bench.hover(Lit::default())}>
            { rect("span", (x0, y - 7.0), (x1 - x0, 14.0)) }
            <text x={unit(x1 + 3.0)} y={unit(y + 5.0)}>{ bar.anomaly.map_or("", sign) }</text>
            <title>{format!("{}: {words}{kept}", bench.run.plan.name(bar.client))}</title>
        </g>
    }
}
