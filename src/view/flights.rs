//! Messages on their way: position is evaluated, not animated.
//!
//! `fraction = (now - sent) / (due - sent)`, for every message that the state holds as being under way. An entry flies from its
//! cell in the leader's log into the cell it will fill; requests and replies fly between ports; acknowledgements climb the wire.

use super::layout::Layout;
use super::stage::Stage;
use crate::network::NodeId;
use crate::run::Run;
use crate::simulation::{Envelope, Simulation};
use crate::time::SimTime;
use crate::trace::{Label, MsgId};

/// The most messages that are drawn one by one; the rest is counted.
pub const FLIGHTS_MAX: usize = 240;

/// The shape of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Entries of the log: a square with the number.
    Entry,
    /// A request: a filled circle.
    Write,
    /// A request: a filled circle.
    Read,
    /// A good answer: a hollow circle with a plus.
    Good,
    /// A refusal: a hollow circle with a minus.
    Bad,
    /// An acknowledgement: a small hollow circle.
    Ack,
    /// Everything about who leads: a diamond.
    Control,
}

/// One message on the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// Which one.
    pub id: MsgId,
    /// Its shape.
    pub glyph: Glyph,
    /// What stands in it.
    pub text: String,
    /// Where it started.
    pub from: (f64, f64),
    /// Where it goes.
    pub to: (f64, f64),
    /// Where it is.
    pub at: (f64, f64),
    /// Who sent it.
    pub src: NodeId,
    /// Who gets it.
    pub dst: NodeId,
    /// Whether it has been cut off and will not arrive.
    pub doomed: bool,
    /// Whether the network keeps it back.
    pub held: bool,
    /// What it is.
    pub label: Label,
}

/// The messages under way at `now`, and how many more there are than can be drawn.
#[must_use]
pub fn flights(run: &Run, state: &Simulation, stage: &Stage, layout: &Layout, now: SimTime) -> (Vec<Flight>, usize) {
    let moving = state.in_flight();
    let all = moving.iter().map(|(due, e)| (Some(*due), *e)).chain(state.held().iter().map(|e| (None, e)));
    let total = moving.len() + state.held().len();
    let drawn: Vec<Flight> = all.take(FLIGHTS_MAX).map(|(due, e)| flight(run, state, stage, layout, now, due, e)).collect();
    let rest = total - drawn.len();
    (drawn, rest)
}

fn flight(
    run: &Run,
    state: &Simulation,
    stage: &Stage,
    layout: &Layout,
    now: SimTime,
    due: Option<SimTime>,
    envelope: &Envelope,
) -> Flight {
    let label = Label::of(&envelope.msg);
    let (from, to) = ends(run, stage, layout, envelope.src, envelope.dst, label);
    let fraction = due.map_or(0.5, |due| fraction(envelope.sent_at, due, now));
    let at = (from.0 + (to.0 - from.0) * fraction, from.1 + (to.1 - from.1) * fraction);
    let (glyph, text) = glyph(label);
    let (src, dst) = (envelope.src, envelope.dst);
    Flight { id: envelope.id, glyph, text, from, to, at, src, dst, doomed: state.is_doomed(envelope), held: due.is_none(), label }
}

/// How much of its way a message has behind it.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "runs end long before 2^53 microseconds")]
pub fn fraction(sent: SimTime, due: SimTime, now: SimTime) -> f64 {
    let span = due.since(sent).0;
    if span == 0 { 1.0 } else { (now.since(sent).0 as f64 / span as f64).min(1.0) }
}

fn glyph(label: Label) -> (Glyph, String) {
    match label {
        Label::Append(from, to) if to < from => (Glyph::Control, String::new()),
        Label::Append(from, to) if to == from => (Glyph::Entry, from.to_string()),
        Label::Append(from, to) => (Glyph::Entry, format!("{from}–{to}")),
        Label::Write(_) => (Glyph::Write, "W".to_owned()),
        Label::Read(_, true) => (Glyph::Read, "R▲".to_owned()),
        Label::Read(_, false) => (Glyph::Read, "R".to_owned()),
        Label::Written(_) | Label::Value(_) => (Glyph::Good, "+".to_owned()),
        Label::Behind(_) | Label::Refused(_) => (Glyph::Bad, "−".to_owned()),
        Label::Ack(_) => (Glyph::Ack, String::new()),
        Label::Announce(epoch) | Label::Fenced(epoch) => (Glyph::Control, epoch.to_string()),
        Label::Subscribe(_) | Label::Noted => (Glyph::Control, String::new()),
    }
}

/// Where a message starts and ends.
fn ends(run: &Run, stage: &Stage, layout: &Layout, src: NodeId, dst: NodeId, label: Label) -> ((f64, f64), (f64, f64)) {
    let replicas_only = !run.plan.is_client(src) && !run.plan.is_client(dst);
    match label {
        Label::Append(_, to) if replicas_only => {
            let first = run.plan.group_of(src).and_then(|g| stage.groups.get(g.index())).map_or(1, |g| g.first);
            let column = usize::try_from(u64::from(to).saturating_sub(first)).unwrap_or(0).min(layout.columns - 1);
            let x = layout.column_x(column);
            let (from, to) = (layout.log_y[src.index()], layout.log_y[dst.index()]);
            // It leaves from the edge of its cell: the number in the cell stays readable.
            let edge = if from < to { layout.cell / 2.0 } else { -layout.cell / 2.0 };
            ((x, from + edge), (x, to))
        }
        _ if replicas_only => {
            let x = layout.wire_x[src.index()].min(layout.wire_x[dst.index()]);
            (wire_end(layout, x, src), wire_end(layout, x, dst))
        }
        _ => (layout.port(src, run.plan.is_client(src)), layout.port(dst, run.plan.is_client(dst))),
    }
}

fn wire_end(layout: &Layout, x: f64, node: NodeId) -> (f64, f64) {
    let (_, y, _, h) = layout.boxes[node.index()];
    (x, y + h / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_function_of_time_alone() {
        let at = |now| fraction(SimTime(100), SimTime(300), SimTime(now));
        assert_eq!([at(0), at(100), at(200), at(300), at(900)], [0.0, 0.0, 0.5, 1.0, 1.0]);
        assert!((fraction(SimTime(5), SimTime(5), SimTime(5)) - 1.0).abs() < f64::EPSILON);
    }
}
