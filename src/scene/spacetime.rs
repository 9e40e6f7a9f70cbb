//! The space-time diagram as marks: the same run with time to the right (Lamport 1978).

use serde::{Deserialize, Serialize};

use super::mark::{Mark, Pane, unit};
use super::prose::{about_message, about_ops};
use super::target::Target;
use super::{AXES, AXIS_END};
use crate::family::Traffic;
use crate::log::OpId;
use crate::network::NodeId;
use crate::plural::plural;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::MsgId;
use crate::view::words::op_line;
use crate::view::{Bar, BarKind, Fault, FaultKind, Line, SpaceTime, sign, space_time, title};

/// A run with more records than this is shown page by page at first.
const RECORDS_WHOLE: usize = 3_000;
/// The height of a process.
const LANE: f64 = 30.0;
/// The most faults that have a row of their own.
const FAULTS_MAX: usize = 8;
/// How often the time that is shown can be halved.
pub(crate) const ZOOM_MAX: u32 = 12;

/// A diagram of what happened between two moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagram {
    /// The left edge of the axis of time, in microseconds.
    pub from: u64,
    /// The right edge.
    pub to: u64,
    /// What it shows, in words.
    pub label: String,
    /// What did not fit; empty if all did.
    pub omitted: String,
    /// The drawing.
    pub pane: Pane,
}

/// The part of the run that is shown: all of it, or the page that holds the present moment.
#[must_use]
pub fn window(run: &Run, now: SimTime, zoom: u32) -> (SimTime, SimTime) {
    let until = run.until().0.max(1);
    let parts = (run.trace.records.len() / RECORDS_WHOLE + 1) as u64;
    let span = (until / parts.saturating_mul(1 << zoom.min(ZOOM_MAX))).max(1_000).min(until);
    let half = (span / 2).max(1);
    let page = (now.0 / half).saturating_sub(1) * half;
    let from = if span == until { 0 } else { page.min(until - span) };
    (SimTime(from), SimTime(from + span))
}

/// A path through the run, from one operation to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The messages, in the order of the path.
    pub messages: Vec<MsgId>,
    /// The operations.
    pub ops: Vec<OpId>,
}

/// The diagram of this part of the run, for a wide or a narrow page, with a path that stands out.
#[must_use]
pub fn diagram(run: &Run, (from, to): (SimTime, SimTime), narrow: bool, path: &Path) -> Diagram {
    let shown = space_time(run, from, to);
    let frame = Frame::new(&shown, narrow);
    let omitted = if shown.omitted > 0 { format!("{} more are not drawn: show less time", shown.omitted) } else { String::new() };
    let processes = shown.lanes.iter().map(|node| process(run, &frame, *node));
    let faults = shown.faults.iter().take(FAULTS_MAX).enumerate().map(|(row, fault)| band(&frame, row, fault));
    let on = |mark: Mark, is: bool| if is { Mark { class: format!("{} path", mark.class).into(), ..mark } } else { mark };
    let lines = shown.lines.iter().map(|line| on(message(run, &frame, line), path.messages.contains(&line.id)));
    let bars = shown.bars.iter().map(|bar| on(operation(run, &frame, bar), path.ops.contains(&bar.op)));
    let marks = vec![
        Mark::new(0, "").with(processes),
        Mark::new(1, "").with(faults),
        Mark::new(2, "").with(lines),
        Mark::new(3, "").with(bars),
    ];
    let pane = Pane::new((frame.width, frame.height), marks);
    Diagram { from: from.0, to: to.0, label: sentence(run, &shown), omitted, pane }
}

fn sentence(run: &Run, shown: &SpaceTime) -> String {
    let longest = shown.bars.iter().filter_map(|bar| Some(bar.to?.since(bar.from))).max().unwrap_or_default();
    format!(
        "space-time diagram of {} processes from {} to {} ms: {} of at most {}, {}, {}",
        run.plan.nodes.len(),
        shown.from.0 / 1_000,
        shown.to.0 / 1_000,
        plural(shown.bars.len() as u64, "operation"),
        longest.millis_words(),
        plural(shown.lines.len() as u64, "message"),
        plural(shown.faults.len() as u64, "fault"),
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
        let (width, left) = AXES[usize::from(narrow)];
        let top = 8.0 + 18.0 * shown.faults.len().min(FAULTS_MAX) as f64;
        let height = top + LANE * shown.lanes.len() as f64 + 8.0;
        Frame { shown, width, height, left, span: width - left - AXIS_END, top }
    }

    #[expect(clippy::cast_precision_loss, reason = "drawing")]
    fn x(&self, at: SimTime) -> f64 {
        let (from, to) = (self.shown.from, self.shown.to.max(self.shown.from));
        let share = (at.clamp(from, to).0 - from.0) as f64 / (to.0 - from.0).max(1) as f64;
        self.left + self.span * share
    }

    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    fn y(&self, node: NodeId) -> f64 {
        let lane = self.shown.lanes.iter().position(|n| *n == node).unwrap_or(0);
        self.top + LANE * lane as f64 + LANE / 2.0
    }
}

fn process(run: &Run, frame: &Frame<'_>, node: NodeId) -> Mark {
    let y = frame.y(node);
    Mark::new(u32::from(node.0), "process")
        .text("", (4.0, y + 4.0), run.plan.name(node))
        .path("", format!("M{} {} H{}", unit(frame.left), unit(y), unit(frame.left + frame.span)))
        .about([Target::Node(node.0)])
}

#[expect(clippy::cast_precision_loss, reason = "a few rows")]
fn band(frame: &Frame<'_>, row: usize, fault: &Fault) -> Mark {
    let (x0, x1, y) = (frame.x(fault.from), frame.x(fault.to), 18.0 * row as f64 + 4.0);
    let (class, x) = if x0 > frame.left + frame.span * 0.7 { ("late", x0 - 4.0) } else { ("", x0 + 4.0) };
    let mark = Mark::new(u32::try_from(fault.script).unwrap_or(0), "fault")
        .rect("span", [x0, y, (x1 - x0).max(2.0), 13.0, 3.0])
        .text(class, (x, y + 10.5), fault.text.clone());
    let gaps = fault.nodes.iter().filter(|_| fault.kind == FaultKind::Crash);
    gaps.fold(mark, |mark, node| mark.rect("gap", [x0, frame.y(*node) - LANE / 2.0 + 3.0, x1 - x0, LANE - 6.0, 3.0]))
}

fn message(run: &Run, frame: &Frame<'_>, line: &Line) -> Mark {
    let (x0, y0, x1, y1) = (frame.x(line.sent), frame.y(line.src), frame.x(line.end), frame.y(line.dst));
    let kind = match line.label.traffic() {
        Traffic::Replication => "message append",
        Traffic::Confirmation => "message ack",
        Traffic::Heartbeat => "message heartbeat",
        Traffic::Control => "message control",
        Traffic::Request => "message request",
    };
    // A lost message ends before it arrives, with a cross.
    let (x1, y1) = if line.lost { (x0 + (x1 - x0) * 0.8, y0 + (y1 - y0) * 0.8) } else { (x1, y1) };
    let cross = if line.lost { format!(" M{} {} l7 7 m0 -7 l-7 7", unit(x1 - 3.5), unit(y1 - 3.5)) } else { String::new() };
    Mark::new(line.id.0, if line.lost { format!("{kind} lost") } else { kind.to_owned() })
        .path("", format!("M{} {} L{} {}{cross}", unit(x0), unit(y0), unit(x1), unit(y1)))
        .about(about_message(run, (line.src, line.dst), line.label))
}

#[expect(clippy::cast_precision_loss, reason = "a short text")]
fn operation(run: &Run, frame: &Frame<'_>, bar: &Bar) -> Mark {
    let (x0, y) = (frame.x(bar.from), frame.y(bar.client));
    let x1 = frame.x(bar.to.unwrap_or(frame.shown.to)).max(x0 + 3.0);
    let kind = match bar.kind {
        BarKind::Write => "bar write",
        BarKind::Read => "bar read",
        BarKind::Rejected => "bar rejected",
        BarKind::Indeterminate => "bar indeterminate",
    };
    let broken = if bar.anomaly.is_some() { " anomaly" } else { "" };
    let record = &run.trace.ops[bar.op.index()];
    let words = op_line(run, record.key, record.kind, record.end.map(|e| e.outcome));
    let kept = bar.anomaly.map_or(String::new(), |a| format!(" — {}", title(a)));
    let took = bar.to.map_or(String::new(), |to| to.since(bar.from).millis_words());
    // Six pixels and a half for each letter, and some air.
    let fits = if x1 - x0 > 6.5 * took.len() as f64 + 6.0 { took.as_str() } else { "" };
    Mark::new(bar.op.0, format!("{kind}{broken}"))
        .rect("span", [x0, y - 7.0, x1 - x0, 14.0, 3.0])
        .text("", (x1 + 3.0, y + 5.0), bar.anomaly.map_or("", sign))
        .text("took", (f64::midpoint(x0, x1), y + 4.0), fits)
        .titled(format!("{}: {words}, {took}{kept}", run.plan.name(bar.client)))
        .about([Target::Op(bar.op.0)])
        .lighting(about_ops(run, &[bar.op]))
}
