//! The space-time diagram: the same run with time to the right.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button, edit, unit};
use super::draw::{el, of, several};
use super::lab::{Edit, Lit};
use super::lag::{axis, seek, share};
use super::part::{part, word};
use crate::family;
use crate::family::single_leader::Label;
use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::view::words::op_line;
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
    of("details", "diagram spacetime")
        .at("open", true)
        .with(el("summary").say("Space-time diagram"))
        .with(
            of("div", "zoom")
                .with(el("span").kid(format!("{} to {} ms", shown.from.0 / 1_000, shown.to.0 / 1_000)))
                .kid(zoom_to("−", "Show more time", less, zoom == 0))
                .kid(zoom_to("+", "Show less time", more, zoom >= ZOOM_MAX))
                .with(of("span", "omitted").kid(omitted)),
        )
        .with(
            of("div", "drawing")
                .with(
                    el("svg")
                        .at("viewBox", space.clone())
                        .click(seek(bench, (shown.from, shown.to), narrow))
                        .is("role", "img")
                        .at("aria-label", sentence(bench, shown))
                        .kid(part(
                            vec![word(shown), word(lit), u64::from(narrow)],
                            Rc::new(move || drawing(&scene, &drawn, &marked, narrow)),
                        )),
                )
                .with(
                    of("svg", "over")
                        .at("viewBox", space)
                        .is("aria-hidden", "true")
                        .with(of("path", "now").at("d", format!("M{} 0 V{height}", unit(x)))),
                ),
        )
        .done()
}

fn sentence(bench: &Bench, shown: &SpaceTime) -> String {
    let longest = shown.bars.iter().filter_map(|bar| Some(bar.to?.since(bar.from))).max().unwrap_or_default();
    format!(
        "space-time diagram of {} processes from {} to {} ms: {} operations of at most {}, {} messages, {} faults and interventions",
        bench.run.plan.nodes.len(),
        shown.from.0 / 1_000,
        shown.to.0 / 1_000,
        shown.bars.len(),
        longest.millis_words(),
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
        el("g")
            .key(id.0)
            .at("class", class)
            .with(el("text").is("x", "4").at("y", unit(y + 4.0)).kid(bench.run.plan.name(*id)))
            .with(el("path").at("d", format!("M{} {} H{}", unit(frame.left), unit(y), unit(frame.left + frame.span))))
            .done()
    };
    let moment = lit.at.map_or(String::new(), |at| format!("M{} 0 V{}", unit(frame.x(at)), unit(frame.height)));
    several()
        .with(of("path", "moment").at("d", moment))
        .with(el("g").kids(shown.lanes.iter().map(process)))
        .with(el("g").kids(shown.faults.iter().take(FAULTS_MAX).enumerate().map(|(i, f)| band(&frame, i, f))))
        .with(el("g").kids(shown.lines.iter().map(|line| message(&bench.run, &frame, line, lit))))
        .with(el("g").kids(shown.bars.iter().map(|bar| operation(bench, &frame, bar, lit))))
        .done()
}

fn rect(class: &'static str, (x, y): (f64, f64), (w, h): (f64, f64)) -> Html {
    el("rect")
        .at("class", class)
        .at("x", unit(x))
        .at("y", unit(y))
        .at("width", unit(w))
        .at("height", unit(h))
        .is("rx", "3")
        .done()
}

#[expect(clippy::cast_precision_loss, reason = "a few rows")]
fn band(frame: &Frame<'_>, row: usize, fault: &Fault) -> Html {
    let (x0, x1, y) = (frame.x(fault.from), frame.x(fault.to), 18.0 * row as f64 + 4.0);
    let (anchor, x) = if x0 > frame.left + frame.span * 0.7 { ("end", x0 - 4.0) } else { ("start", x0 + 4.0) };
    let gap = |node: &NodeId| {
        el("g").key(node.0).kid(rect("gap", (x0, frame.y(*node) - LANE / 2.0 + 3.0), (x1 - x0, LANE - 6.0))).done()
    };
    let gaps = fault.nodes.iter().filter(|_| fault.kind == FaultKind::Crash);
    el("g")
        .key(fault.script)
        .is("class", "fault")
        .kid(rect("span", (x0, y), ((x1 - x0).max(2.0), 13.0)))
        .with(el("text").at("text-anchor", anchor).at("x", unit(x)).at("y", unit(y + 10.5)).kid(&fault.text))
        .with(el("g").kids(gaps.map(gap)))
        .done()
}

fn message(run: &Run, frame: &Frame<'_>, line: &Line, lit: &Lit) -> Html {
    let (x0, y0, x1, y1) = (frame.x(line.sent), frame.y(line.src), frame.x(line.end), frame.y(line.dst));
    let family::Label::SingleLeader(label) = line.label;
    let kind = match label {
        Label::Append(from, to) if from <= to => "message append",
        Label::Append(..) | Label::Ack(_) => "message ack",
        Label::Heartbeat(_) | Label::HeartbeatAck(_) | Label::Status(_) => "message heartbeat",
        label if label.op().is_none() => "message control",
        _ => "message request",
    };
    let marked = lit.carries(run, (line.src, line.dst), line.label);
    let class = format!("{kind}{}{}", if line.lost { " lost" } else { "" }, if marked { " lit" } else { "" });
    // A lost message ends before it arrives, with a cross.
    let (x1, y1) = if line.lost { (x0 + (x1 - x0) * 0.8, y0 + (y1 - y0) * 0.8) } else { (x1, y1) };
    let cross = if line.lost { format!(" M{} {} l7 7 m0 -7 l-7 7", unit(x1 - 3.5), unit(y1 - 3.5)) } else { String::new() };
    el("path")
        .key(line.id.0)
        .at("class", class)
        .at("d", format!("M{} {} L{} {}{cross}", unit(x0), unit(y0), unit(x1), unit(y1)))
        .done()
}

#[expect(clippy::cast_precision_loss, reason = "a short text")]
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
    let took = bar.to.map_or(String::new(), |to| to.since(bar.from).millis_words());
    // Six pixels and a half for each letter, and some air.
    let fits = if x1 - x0 > 6.5 * took.len() as f64 + 6.0 { took.as_str() } else { "" };
    el("g")
        .key(bar.op.0)
        .at("class", format!("{kind}{marked}{broken}"))
        .enter(bench.hover(Lit::ops(&bench.run, vec![bar.op])))
        .leave(bench.hover(Lit::default()))
        .kid(rect("span", (x0, y - 7.0), (x1 - x0, 14.0)))
        .with(el("text").at("x", unit(x1 + 3.0)).at("y", unit(y + 5.0)).kid(bar.anomaly.map_or("", sign)))
        .with(of("text", "took").at("x", unit((x0 + x1) / 2.0)).at("y", unit(y + 4.0)).kid(fits))
        .with(el("title").kid(format!("{}: {words}, {took}{kept}", bench.run.plan.name(bar.client))))
        .done()
}
