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

/// The most messages that are drawn one by one; beyond that they are drawn as a flow.
pub const FLIGHTS_MAX: usize = 2_000;

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
    /// The leader is alive: a dot.
    Heartbeat,
}

/// One message on the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// Which one.
    pub id: MsgId,
    /// Its shape.
    pub glyph: Glyph,
    /// How many messages it stands for, if it is a flow; 0 if it is one message.
    pub flow: usize,
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
    /// Whether it is an entry whose column lies beyond the window: it flies at the edge.
    pub beyond: bool,
    /// What it is.
    pub label: Label,
}

impl Flight {
    /// Whether it stands for all messages of its kind on its link.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        self.flow > 0
    }

    /// Whether it is an entry whose number has more than two signs.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self.label, Label::Append(from, to) if to > from || from > 99)
    }

    /// What stands in it.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_flow() { format!("×{}", self.flow) } else { text(self.label) }
    }
}

/// The messages under way at `now`, and how many there are if they are too many to be drawn one by one: then each mark stands
/// for all messages of one kind on one link, at their mean place, with their number.
#[must_use]
pub fn flights(run: &Run, state: &Simulation, stage: &Stage, layout: &Layout, now: SimTime) -> (Vec<Flight>, usize) {
    let moving = state.in_flight();
    let total = moving.len() + state.held().len();
    let too_many = total > FLIGHTS_MAX;
    let (mut single, mut merged) = (Vec::new(), Vec::new());
    for (due, e) in moving.iter().map(|(due, e)| (Some(*due), *e)).chain(state.held().iter().map(|e| (None, e))) {
        let drawn = flight(run, state, stage, layout, now, due, e);
        // Entries beyond the window share one mark for each link at its edge.
        if too_many || drawn.beyond { merged.push(drawn) } else { single.push(drawn) }
    }
    single.extend(flow(merged));
    (single, if too_many { total } else { 0 })
}

/// One mark for all messages of one kind on one link.
#[expect(clippy::cast_precision_loss, reason = "a count of messages")]
fn flow(all: Vec<Flight>) -> impl Iterator<Item = Flight> {
    let mut marks: Vec<Flight> = Vec::new();
    for next in all {
        let same = |mark: &&mut Flight| (mark.src, mark.dst, mark.glyph) == (next.src, next.dst, next.glyph);
        match marks.iter_mut().find(same) {
            Some(mark) => {
                mark.flow += 1;
                mark.at.0 += (next.at.0 - mark.at.0) / mark.flow as f64;
                mark.at.1 += (next.at.1 - mark.at.1) / mark.flow as f64;
                (mark.from, mark.to) = (next.from, next.to);
            }
            None => marks.push(Flight { flow: 1, ..next }),
        }
    }
    // A mark keeps its name while the messages behind it change.
    (0..).zip(marks).map(|(index, mark): (u32, Flight)| Flight { id: MsgId(u32::MAX - index), ..mark })
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
    let (from, to, beyond) = ends(run, stage, layout, envelope.src, envelope.dst, label);
    let fraction = due.map_or(0.5, |due| fraction(envelope.sent_at, due, now));
    let at = (from.0 + (to.0 - from.0) * fraction, from.1 + (to.1 - from.1) * fraction);
    let glyph = glyph(label);
    let (src, dst) = (envelope.src, envelope.dst);
    let (doomed, held) = (state.is_doomed(envelope), due.is_none());
    Flight { id: envelope.id, glyph, flow: 0, from, to, at, src, dst, doomed, held, beyond, label }
}

/// How much of its way a message has behind it.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "runs end long before 2^53 microseconds")]
pub fn fraction(sent: SimTime, due: SimTime, now: SimTime) -> f64 {
    let span = due.since(sent).0;
    if span == 0 { 1.0 } else { (now.since(sent).0 as f64 / span as f64).min(1.0) }
}

fn glyph(label: Label) -> Glyph {
    match label {
        Label::Append(from, to) if to < from => Glyph::Control,
        Label::Append(..) => Glyph::Entry,
        Label::Write(_) => Glyph::Write,
        Label::Read(..) => Glyph::Read,
        Label::Written(_) | Label::Value(_) => Glyph::Good,
        Label::Behind(_) | Label::Refused(_) => Glyph::Bad,
        Label::Ack(_) => Glyph::Ack,
        Label::Announce(_) | Label::Fenced(_) | Label::Poll(_) | Label::Vote(..) => Glyph::Control,
        Label::Part(_) | Label::TakeOver(_) | Label::Subscribe(_) | Label::Noted | Label::Fetch(_) => Glyph::Control,
        Label::Heartbeat(_) | Label::HeartbeatAck(_) | Label::Status(_) => Glyph::Heartbeat,
    }
}

/// What stands in a message.
fn text(label: Label) -> String {
    let sign = match label {
        Label::Append(from, to) if to == from => return from.to_string(),
        Label::Append(from, to) if to > from => return format!("{from}–{to}"),
        Label::Announce(epoch) | Label::Fenced(epoch) => return epoch.to_string(),
        Label::Part(part) => return (part + 1).to_string(),
        Label::Write(_) => "W",
        Label::Read(_, true) => "R▲",
        Label::Read(_, false) => "R",
        Label::Written(_) | Label::Value(_) | Label::Vote(_, true) => "+",
        Label::Behind(_) | Label::Refused(_) | Label::Vote(_, false) => "−",
        Label::Poll(_) => "?",
        Label::TakeOver(_) => "!",
        Label::Append(..) | Label::Ack(_) | Label::Heartbeat(_) | Label::HeartbeatAck(_) | Label::Status(_) => "",
        Label::Subscribe(_) | Label::Noted | Label::Fetch(_) => "",
    };
    sign.to_owned()
}

/// A place on the stage.
type Place = (f64, f64);

/// Where a message starts and ends, and whether its column lies beyond the window.
fn ends(run: &Run, stage: &Stage, layout: &Layout, src: NodeId, dst: NodeId, label: Label) -> (Place, Place, bool) {
    let replicas_only = !run.plan.is_client(src) && !run.plan.is_client(dst);
    match label {
        Label::Append(_, to) if replicas_only => {
            let first = run.plan.group_of(src).and_then(|g| stage.groups.get(g.index())).map_or(1, |g| g.first);
            let (lsn, last) = (u64::from(to), first + layout.columns as u64 - 1);
            let column = usize::try_from(lsn.clamp(first, last) - first).unwrap_or(0);
            let x = layout.column_x(column);
            let beyond = lsn < first || lsn > last;
            let (from, to) = (layout.log_y[src.index()], layout.log_y[dst.index()]);
            // It leaves from the edge of its cell: the number in the cell stays readable.
            let edge = if from < to { layout.cell / 2.0 } else { -layout.cell / 2.0 };
            ((x, from + edge), (x, to), beyond)
        }
        _ if replicas_only => {
            let x = layout.wire_x[src.index()].min(layout.wire_x[dst.index()]);
            (wire_end(layout, x, src), wire_end(layout, x, dst), false)
        }
        _ => (layout.port(src, run.plan.is_client(src)), layout.port(dst, run.plan.is_client(dst)), false),
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
    fn too_many_messages_are_drawn_as_a_flow_that_counts_all_of_them() {
        let scenario = crate::presets::Preset::named("telemetry-pipeline").expect("a preset").scenario();
        let run = Run::of(&scenario).expect("it can be run");
        let now = SimTime(600_000);
        let state = run.state_at(now);
        let layout = Layout::new(&run.plan, 1_000.0);
        let stage = crate::view::stage(&run, &state, now, &layout);
        let (marks, total) = flights(&run, &state, &stage, &layout, now);
        let counted: usize = marks.iter().filter(|m| m.is_flow()).map(|m| m.flow).sum();
        assert!(total > 2_500 && marks.len() < 20, "{total} messages in {} marks", marks.len());
        assert_eq!(counted, total);
    }

    #[test]
    fn entries_beyond_the_window_share_one_mark_for_each_link() {
        let scenario = crate::presets::Preset::named("busy-constellation").expect("a preset").scenario();
        let run = Run::of(&scenario).expect("it can be run");
        let now = SimTime(5_000_000);
        let state = run.state_at(now);
        let drawn = |width: f64| {
            let layout = Layout::new(&run.plan, width);
            let stage = crate::view::stage(&run, &state, now, &layout);
            flights(&run, &state, &stage, &layout, now).0
        };
        let (wide, narrow) = (drawn(1_000.0), drawn(390.0));
        let counted: usize = narrow.iter().filter(|m| m.is_flow()).map(|m| m.flow).sum();
        let marks = narrow.iter().filter(|m| m.beyond).count();
        assert!(narrow.iter().all(|m| m.is_flow() == m.text().starts_with('×')), "a flow says how many it stands for");
        assert!(wide.iter().all(|m| !m.beyond), "a wide page shows all of them one by one");
        assert!(counted > marks && marks > 0, "{counted} entries in {marks} marks");
        assert_eq!(narrow.len() - marks + counted, wide.len());
    }

    #[test]
    fn a_position_is_a_function_of_time_alone() {
        let at = |now| fraction(SimTime(100), SimTime(300), SimTime(now));
        assert_eq!([at(0), at(100), at(200), at(300), at(900)], [0.0, 0.0, 0.5, 1.0, 1.0]);
        assert!((fraction(SimTime(5), SimTime(5), SimTime(5)) - 1.0).abs() < f64::EPSILON);
    }
}
