//! The space-time diagram: the same run with time to the right.

use yew::prelude::*;

use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::Label;
use crate::view::{Bar, BarKind, Fault, FaultKind, Line, SpaceTime, sign, space_time, title};

use super::lab::Lit;
use super::lag::{clicked_at, scale};
use super::shared::Shared;

/// A run with more records than this is shown window by window at first.
const RECORDS_WHOLE: usize = 3_000;
const LANE: f64 = 30.0;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) now: SimTime,
    pub(super) narrow: bool,
    pub(super) lit: Lit,
    pub(super) on_lit: Callback<Lit>,
    pub(super) on_seek: Callback<SimTime>,
}

#[component]
pub(super) fn Diagram(props: &Props) -> Html {
    let zoom = use_state(|| 0_u32);
    let (from, to) = window(&props.run, props.now, *zoom);
    let shown = use_memo((props.run.clone(), from, to), |(run, from, to)| space_time(run, *from, *to));
    let frame = Frame::new(&shown, props.narrow);
    let zoom_to = |level: u32| {
        let setter = zoom.setter();
        Callback::from(move |_: MouseEvent| setter.set(level))
    };
    let on_seek = props.on_seek.clone();
    let (width, left, span) = (frame.width, frame.left, frame.span);
    let onclick = Callback::from(move |event: MouseEvent| {
        if let Some(share) = clicked_at(&event, width, left, span) {
            on_seek.emit(SimTime(from.0 + scale(share, SimTime(to.0 - from.0))));
        }
    });
    let x = frame.x(props.now);
    html! {
        <details class="diagram spacetime" open=true>
            <summary>{"Space-time diagram"}</summary>
            <div class="zoom">
                <span>{ format!("{} to {} ms", from.0 / 1_000, to.0 / 1_000) }</span>
                <button type="button" aria-label="Show more time" disabled={*zoom == 0 && to.0 - from.0 >= props.run.until().0} onclick={zoom_to(zoom.saturating_sub(1))}>{"−"}</button>
                <button type="button" aria-label="Show less time" disabled={*zoom >= 12} onclick={zoom_to(*zoom + 1)}>{"+"}</button>
                <span class="omitted">{ if shown.omitted > 0 { format!("{} more are not drawn: show less time", shown.omitted) } else { String::new() } }</span>
            </div>
            <svg viewBox={format!("0 0 {width} {}", frame.height)} {onclick} role="img" aria-label={sentence(&props.run, &shown)}>
                <Drawing run={props.run.clone()} shown={Shared(shown.clone())} narrow={props.narrow} lit={props.lit.clone()} on_lit={props.on_lit.clone()} />
                <path class="now" d={format!("M{x:.1} 0 V{}", frame.height)} />
            </svg>
        </details>
    }
}

/// The part of the run that is shown: all of it, or the page that holds the present moment.
fn window(run: &Run, now: SimTime, zoom: u32) -> (SimTime, SimTime) {
    let until = run.until().0.max(1);
    let parts = (run.trace.records.len() / RECORDS_WHOLE + 1) as u64;
    let span = (until / parts.saturating_mul(1 << zoom.min(20))).max(1_000).min(until);
    let half = (span / 2).max(1);
    let page = (now.0 / half).saturating_sub(1) * half;
    let from = if span == until { 0 } else { page.min(until - span) };
    (SimTime(from), SimTime(from + span))
}

fn sentence(run: &Run, shown: &SpaceTime) -> String {
    format!(
        "space-time diagram of {} processes from {} to {} ms: {} operations, {} messages, {} faults and interventions",
        run.plan.nodes.len(),
        shown.from.0 / 1_000,
        shown.to.0 / 1_000,
        shown.bars.len(),
        shown.lines.len(),
        shown.faults.len()
    )
}

/// The geometry of the diagram.
struct Frame {
    width: f64,
    height: f64,
    left: f64,
    span: f64,
    top: f64,
    from: SimTime,
    to: SimTime,
}

impl Frame {
    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    fn new(shown: &SpaceTime, narrow: bool) -> Frame {
        let (width, left) = if narrow { (380.0, 84.0) } else { (1_000.0, 110.0) };
        let top = 8.0 + 18.0 * shown.faults.len().min(8) as f64;
        let height = top + LANE * shown.lanes.len() as f64 + 8.0;
        Frame { width, height, left, span: width - left - 8.0, top, from: shown.from, to: shown.to }
    }

    #[expect(clippy::cast_precision_loss, reason = "drawing")]
    fn x(&self, at: SimTime) -> f64 {
        let inside = at.clamp(self.from, self.to).0 - self.from.0;
        self.left + self.span * inside as f64 / (self.to.0 - self.from.0).max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    fn y(&self, shown: &SpaceTime, node: NodeId) -> f64 {
        let lane = shown.lanes.iter().position(|n| *n == node).unwrap_or(0);
        self.top + LANE * lane as f64 + LANE / 2.0
    }
}

#[derive(Properties, PartialEq)]
struct DrawingProps {
    run: Shared<Run>,
    shown: Shared<SpaceTime>,
    narrow: bool,
    lit: Lit,
    on_lit: Callback<Lit>,
}

/// All of the diagram but the present moment: it is drawn anew only when the window changes.
#[component]
fn Drawing(props: &DrawingProps) -> Html {
    let (shown, plan) = (&*props.shown, &props.run.plan);
    let frame = Frame::new(shown, props.narrow);
    html! {
        <g>
            <g class="lanes">
                { for shown.lanes.iter().map(|id| {
                    let y = frame.y(shown, *id);
                    let lit = props.lit.nodes.contains(id).then_some("lit");
                    html! {
                        <g key={id.0} class={classes!("process", lit)}>
                            <text x="4" y={format!("{:.0}", y + 4.0)}>{plan.name(*id)}</text>
                            <path d={format!("M{} {y} H{}", frame.left, frame.left + frame.span)} />
                        </g>
                    }
                }) }
            </g>
            <g class="faults">{ for shown.faults.iter().take(8).zip(0..).map(|(fault, i)| band(&frame, shown, fault, 18.0 * f64::from(i) + 4.0)) }</g>
            <g class="lines">{ for shown.lines.iter().map(|line| message(&frame, shown, line, &props.lit)) }</g>
            <g class="bars">{ for shown.bars.iter().map(|bar| operation(&frame, shown, bar, props)) }</g>
        </g>
    }
}

fn band(frame: &Frame, shown: &SpaceTime, fault: &Fault, y: f64) -> Html {
    let (x0, x1) = (frame.x(fault.from), frame.x(fault.to));
    let gap = fault.kind == FaultKind::Crash;
    let anchor = if x0 > frame.left + frame.span * 0.7 { ("end", x0 - 4.0) } else { ("start", x0 + 4.0) };
    html! {
        <g key={fault.script} class="fault">
            <rect x={format!("{x0:.1}")} y={format!("{y:.0}")} width={format!("{:.1}", (x1 - x0).max(2.0))} height="13" rx="3" />
            <text text-anchor={anchor.0} x={format!("{:.1}", anchor.1)} y={format!("{:.0}", y + 10.5)}>{&fault.text}</text>
            <g class="gaps">
                if gap {
                    { for fault.nodes.iter().map(|n| {
                        let top = frame.y(shown, *n) - LANE / 2.0 + 3.0;
                        html! { <rect key={n.0} class="gap" x={format!("{x0:.1}")} y={format!("{top:.0}")} width={format!("{:.1}", x1 - x0)} height={format!("{:.0}", LANE - 6.0)} /> }
                    }) }
                }
            </g>
        </g>
    }
}

fn message(frame: &Frame, shown: &SpaceTime, line: &Line, lit: &Lit) -> Html {
    let (x0, y0, x1, y1) = (frame.x(line.sent), frame.y(shown, line.src), frame.x(line.end), frame.y(shown, line.dst));
    let kind = match line.label {
        Label::Append(from, to) if from <= to => "append",
        Label::Append(..) | Label::Ack(_) => "ack",
        Label::Announce(_) | Label::Subscribe(_) | Label::Noted | Label::Fenced(_) => "control",
        _ => "request",
    };
    let marked = line.label.op().is_some_and(|op| lit.ops.contains(&op)).then_some("lit");
    // A lost message ends before it arrives.
    let (x1, y1) = if line.lost { (x0 + (x1 - x0) * 0.8, y0 + (y1 - y0) * 0.8) } else { (x1, y1) };
    html! {
        <g key={line.id.0} class={classes!("line", kind, line.lost.then_some("lost"), marked)}>
            <path d={format!("M{x0:.1} {y0:.1} L{x1:.1} {y1:.1}")} />
            <g class="cross">
                if line.lost {
                    <path d={format!("M{:.1} {:.1} l7 7 m0 -7 l-7 7", x1 - 3.5, y1 - 3.5)} />
                }
            </g>
        </g>
    }
}

fn operation(frame: &Frame, shown: &SpaceTime, bar: &Bar, props: &DrawingProps) -> Html {
    let (x0, y) = (frame.x(bar.from), frame.y(shown, bar.client));
    let x1 = frame.x(bar.to.unwrap_or(shown.to)).max(x0 + 3.0);
    let kind = match bar.kind {
        BarKind::Write => "write",
        BarKind::Read => "read",
        BarKind::Rejected => "rejected",
        BarKind::Indeterminate => "indeterminate",
    };
    let lit = props.lit.ops.contains(&bar.op).then_some("lit");
    let (enter, leave, op) = (props.on_lit.clone(), props.on_lit.clone(), bar.op);
    let record = &props.run.trace.ops[bar.op.index()];
    let words = crate::view::stage::op_line(&props.run, record.key, record.kind, record.end.map(|e| e.outcome));
    let broken = bar.anomaly.map_or(String::new(), |a| format!(" — {}", title(a)));
    html! {
        <g key={bar.op.0} class={classes!("bar", kind, lit, bar.anomaly.map(|_| "anomaly"))}
            onmouseenter={move |_| enter.emit(Lit::op(op))} onmouseleave={move |_| leave.emit(Lit::default())}>
            <rect x={format!("{x0:.1}")} y={format!("{:.1}", y - 7.0)} width={format!("{:.1}", x1 - x0)} height="14" rx="3" />
            <text x={format!("{:.1}", x1 + 3.0)} y={format!("{:.1}", y + 5.0)}>{ bar.anomaly.map_or("", sign) }</text>
            <title>{format!("{}: {words}{broken}", props.run.plan.name(bar.client))}</title>
        </g>
    }
}
