//! The space-time diagram of a run as a drawing of its own.
//!
//! Its geometry is that of [`crate::view`]; colours are chosen for white paper, and what a colour says is said by a shape as well.

use std::fmt::Write as _;

use crate::family::Traffic;
use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::view::words::op_line;
use crate::view::{Bar, BarKind, Fault, FaultKind, Line, SpaceTime, sign, space_time, title};

/// The height of a lane and of a fault's row, the left edge of the lanes, and the width of time, in pixels.
const LANE: u64 = 34;
const ROW: u64 = 18;
const LEFT: u64 = 150;
const SPAN: u64 = 1_000;
/// How much room there is above, and at the right.
const TOP: u64 = 46;
const RIGHT: u64 = 40;
/// How many marks the axis of time has.
const MARKS: u64 = 5;

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#111}.title{font-size:15px;font-weight:600}\
.lane{stroke:#999;stroke-width:1}.message{fill:none;stroke:#667;stroke-width:.8;opacity:.75}\
.append{stroke:#06c;stroke-width:1.3}.ack{stroke-dasharray:2 3}.heartbeat{stroke-width:.4}.lost{stroke:#b00020}\
.bar rect{stroke:#111;stroke-width:1.5;fill:#fff}.write rect{fill:#333}.rejected rect{stroke:#666;stroke-dasharray:2 2}\
.indeterminate rect{stroke:#666;stroke-dasharray:6 3}.anomaly rect{stroke:#b00020;stroke-width:2.5}.sign{fill:#b00020;font-weight:700}\
.fault rect{fill:#e6e6e6;stroke:#888}.gap{fill:#ddd}.mark{stroke:#ccc}.small{font-size:10px;fill:#444}";

/// A run as an SVG document: the whole of it, as far as the diagram has room for its operations and messages.
#[must_use]
pub fn svg(run: &Run) -> String {
    let until = run.stopped_early().unwrap_or(run.until());
    let shown = space_time(run, SimTime(0), until);
    let frame = Frame::new(&shown);
    let (width, height) = (LEFT + SPAN + RIGHT, frame.top + LANE * frame.lanes() + 64);
    let heading = if run.plan.scenario.title.is_empty() { "A run" } else { &run.plan.scenario.title };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text class=\"title\" x=\"8\" y=\"20\">{}</text>\n",
        escaped(heading),
        escaped(&sentence(run, &shown)),
        escaped(heading),
    );
    frame.axis(&mut out);
    for (row, fault) in shown.faults.iter().enumerate() {
        frame.fault(row as u64, fault, &mut out);
    }
    for lane in &shown.lanes {
        let y = frame.y(*lane);
        let _ = writeln!(
            out,
            "<text x=\"8\" y=\"{}\">{}</text><path class=\"lane\" d=\"M{LEFT} {y}H{}\"/>",
            y + 4,
            escaped(run.plan.name(*lane)),
            LEFT + SPAN
        );
    }
    for line in &shown.lines {
        frame.message(line, &mut out);
    }
    for bar in &shown.bars {
        frame.bar(run, bar, &mut out);
    }
    frame.legend(&mut out);
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    crate::scene::escaped(&text.replace(|c: char| c < ' ', " "))
}

fn sentence(run: &Run, shown: &SpaceTime) -> String {
    format!(
        "Space-time diagram of {} processes from {} to {}: {} operations, {} messages, {} faults and interventions, {} findings. Seed {}.",
        run.plan.nodes.len(),
        shown.from.words(),
        shown.to.words(),
        shown.bars.len(),
        shown.lines.len(),
        shown.faults.len(),
        run.findings.len(),
        run.plan.scenario.seed,
    )
}

/// The geometry.
struct Frame<'a> {
    shown: &'a SpaceTime,
    top: u64,
}

impl<'a> Frame<'a> {
    fn new(shown: &'a SpaceTime) -> Frame<'a> {
        Frame { shown, top: TOP + ROW * shown.faults.len() as u64 }
    }

    fn lanes(&self) -> u64 {
        self.shown.lanes.len() as u64
    }

    /// In tenths of a pixel, so that integers do.
    fn tenths(&self, at: SimTime) -> u64 {
        let (from, to) = (self.shown.from.0, self.shown.to.0.max(self.shown.from.0 + 1));
        let at = at.0.clamp(from, to) - from;
        let share = u128::from(at) * u128::from(SPAN * 10) / u128::from(to - from);
        LEFT * 10 + u64::try_from(share).unwrap_or(SPAN * 10)
    }

    fn y(&self, node: NodeId) -> u64 {
        let lane = self.shown.lanes.iter().position(|n| *n == node).unwrap_or(0);
        self.top + LANE * lane as u64 + LANE / 2
    }

    fn axis(&self, out: &mut String) {
        let bottom = self.top + LANE * self.lanes();
        let (from, span) = (self.shown.from.0, self.shown.to.0 - self.shown.from.0);
        for mark in 0..=MARKS {
            let at = SimTime(from + span * mark / MARKS);
            let x = pixels(self.tenths(at));
            let _ = writeln!(
                out,
                "<path class=\"mark\" d=\"M{x} {}V{bottom}\"/><text class=\"small\" text-anchor=\"middle\" x=\"{x}\" y=\"{}\">{}</text>",
                self.top,
                bottom + 14,
                at.words()
            );
        }
    }

    fn fault(&self, row: u64, fault: &Fault, out: &mut String) {
        let (x0, x1) = (self.tenths(fault.from), self.tenths(fault.to));
        let (y, width) = (TOP - 14 + ROW * row, pixels((x1 - x0).max(20)));
        let _ = write!(out, "<g class=\"fault\">");
        for node in fault.nodes.iter().filter(|_| fault.kind == FaultKind::Crash) {
            let top = self.y(*node) - LANE / 2 + 4;
            let _ =
                write!(out, "<rect class=\"gap\" x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"{}\"/>", pixels(x0), LANE - 8);
        }
        let late = x0 > (LEFT + SPAN * 7 / 10) * 10;
        let (anchor, x) = if late { ("end", x0.saturating_sub(40)) } else { ("start", x0 + 40) };
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"3\"/>\
             <text text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">{}</text></g>",
            pixels(x0),
            pixels(x),
            y + 11,
            escaped(&fault.text)
        );
    }

    fn message(&self, line: &Line, out: &mut String) {
        let kind = match line.label.traffic() {
            Traffic::Replication => " append",
            Traffic::Confirmation => " ack",
            Traffic::Heartbeat => " heartbeat",
            Traffic::Control | Traffic::Request => "",
        };
        let lost = if line.lost { " lost" } else { "" };
        let (x0, y0, x1, y1) = (self.tenths(line.sent), self.y(line.src) * 10, self.tenths(line.end), self.y(line.dst) * 10);
        // A lost message ends before it arrives, with a cross.
        let short = |a: u64, b: u64| if b >= a { a + (b - a) * 4 / 5 } else { a - (a - b) * 4 / 5 };
        let (x1, y1) = if line.lost { (short(x0, x1), short(y0, y1)) } else { (x1, y1) };
        let cross = if line.lost { "m-3 -3l6 6m0 -6l-6 6" } else { "" };
        let (a, b, c, d) = (pixels(x0), pixels(y0), pixels(x1), pixels(y1));
        let _ = writeln!(out, "<path class=\"message{kind}{lost}\" d=\"M{a} {b}L{c} {d}{cross}\"/>");
    }

    fn bar(&self, run: &Run, bar: &Bar, out: &mut String) {
        let (x0, y) = (self.tenths(bar.from), self.y(bar.client));
        let x1 = self.tenths(bar.to.unwrap_or(self.shown.to)).max(x0 + 30);
        let kind = match bar.kind {
            BarKind::Write => "write",
            BarKind::Read => "read",
            BarKind::Rejected => "rejected",
            BarKind::Indeterminate => "indeterminate",
        };
        let broken = if bar.anomaly.is_some() { " anomaly" } else { "" };
        let op = &run.trace.ops[bar.op.index()];
        let words = op_line(run, op.key, op.kind, op.end.map(|end| end.outcome));
        let kept = bar.anomaly.map_or(String::new(), |anomaly| format!(": {}", title(anomaly)));
        let _ = writeln!(
            out,
            "<g class=\"bar {kind}{broken}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\" rx=\"3\"/>\
             <text class=\"sign\" x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&format!("{}: {words}{kept}", run.plan.name(bar.client))),
            pixels(x0),
            y - 7,
            pixels(x1 - x0),
            pixels(x1 + 30),
            y + 4,
            bar.anomaly.map_or("", sign)
        );
    }

    fn legend(&self, out: &mut String) {
        let y = self.top + LANE * self.lanes() + 34;
        let omitted = match self.shown.omitted {
            0 => String::new(),
            n => format!(" {n} more messages and operations are not drawn."),
        };
        let _ = writeln!(
            out,
            "<text class=\"small\" x=\"8\" y=\"{y}\">Bars are operations: dark writes, light reads; dotted: rejected; dashed: nobody knows; \
             a red frame and a sign: a finding. Lines are messages; a red one with a cross was lost.{omitted}</text>"
        );
    }
}

/// Tenths of a pixel as pixels.
fn pixels(tenths: u64) -> String {
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}
