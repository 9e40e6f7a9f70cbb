//! Messages on their way: position is evaluated, not animated.
//!
//! `fraction = (now - sent) / (due - sent)`, for every message that the state holds as being under way. An entry flies from its
//! cell in the leader's log into the cell it will fill; requests and replies fly between ports; acknowledgements climb the wire.

use super::carried::carried;
use super::layout::Layout;
use super::leaders::signs_of;
use super::marks::apart;
use super::stage::Stage;
use super::window::{Place as Column, Window};
use crate::family::single_leader::Label;
use crate::family::{self, Message, leaderless, multi_leader};
use crate::network::NodeId;
use crate::run::Run;
use crate::simulation::{Envelope, Simulation};
use crate::time::SimTime;
use crate::trace::MsgId;

/// The most messages that are drawn one by one; beyond that they are drawn as a flow.
pub const FLIGHTS_MAX: usize = 2_000;

/// The shape of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Where it started.
    pub from: (f64, f64),
    /// Where it goes.
    pub to: (f64, f64),
    /// Where it is.
    pub at: (f64, f64),
    /// When it was sent.
    pub sent: SimTime,
    /// When it arrives; none if the network keeps it back.
    pub due: Option<SimTime>,
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
    /// Whether it is drawn small: an entry that flies into a small cell, or any message where all logs are small.
    pub small: bool,
    /// How many messages it stands for; 1 unless it is a mark for all of one kind on one link.
    pub stands_for: usize,
    /// What it is.
    pub label: family::Label,
    /// The leader that took the first update of it, by its place among the leaders; none of other messages.
    pub origin: Option<usize>,
    /// What stands in it, if that is not told by what it is.
    pub tag: String,
}

impl Flight {
    /// Whether it stands for all messages of its kind on its link.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        self.stands_for > 1
    }

    /// Whether it is an entry whose number has more than two signs.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self.label, family::Label::SingleLeader(Label::Append(from, to)) if to > from || from > 99)
            || self.tag.chars().count() > 2
    }

    /// What stands in it.
    #[must_use]
    pub fn text(&self) -> String {
        match self.label {
            _ if self.is_flow() => format!("×{}", self.stands_for),
            _ if !self.tag.is_empty() => self.tag.clone(),
            family::Label::SingleLeader(label) => text(label),
            family::Label::MultiLeader(_, label) => between_leaders(label),
            family::Label::Leaderless(_, label) => on_a_ring(label).1,
        }
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
    let signs: Signs = run.plan.groups.iter().filter_map(|group| Some(signs_of(run, group.several.as_ref()?))).collect();
    for (due, e) in moving.iter().map(|(due, e)| (Some(*due), *e)).chain(state.held().iter().map(|e| (None, e))) {
        let (origin, tag) = update(&signs, &e.msg);
        let drawn = flight(run, state, stage, layout, now, due, e);
        // Where messages are small there is no room for what they carry.
        let tag = if tag.is_empty() && !drawn.small { carried(run, &e.msg) } else { tag };
        let drawn = Flight { origin, tag, ..drawn };
        // Entries beyond the window share one mark for each link at its edge.
        if too_many || drawn.beyond { merged.push(drawn) } else { single.push(drawn) }
    }
    single.extend(apart(flow(merged), layout));
    (single, if too_many { total } else { 0 })
}

/// One mark for all messages of one kind on one link, in the order of links.
#[expect(clippy::cast_precision_loss, reason = "a count of messages")]
fn flow(all: Vec<Flight>) -> Vec<Flight> {
    let mut marks: Vec<Flight> = Vec::new();
    for next in all {
        let link = |mark: &Flight| (mark.src, mark.dst, mark.glyph);
        match marks.binary_search_by_key(&link(&next), link) {
            Ok(at) => {
                let mark = &mut marks[at];
                mark.stands_for += 1;
                let count = mark.stands_for as f64;
                let mean = |mean: &mut Place, new: Place| {
                    mean.0 += (new.0 - mean.0) / count;
                    mean.1 += (new.1 - mean.1) / count;
                };
                mean(&mut mark.at, next.at);
                mean(&mut mark.from, next.from);
                mean(&mut mark.to, next.to);
            }
            Err(at) => marks.insert(at, next),
        }
    }
    for (index, mark) in (0..).zip(&mut marks) {
        // A mark keeps its name while the messages behind it change.
        mark.id = MsgId(u32::MAX - index);
    }
    marks
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
    let label = family::Label::of(&envelope.msg);
    let (from, to, window) = ends(run, stage, layout, envelope.src, envelope.dst, label);
    let entry = |window: &Window| match label {
        family::Label::SingleLeader(Label::Append(_, to)) => !matches!(window.place(u64::from(to)), Column::In(_)),
        _ => false,
    };
    let beyond = window.is_some_and(entry);
    let small = window.map_or(layout.compact(), |window| window.columns.small());
    let fraction = due.map_or(0.5, |due| fraction(envelope.sent_at, due, now));
    let at = (from.0 + (to.0 - from.0) * fraction, from.1 + (to.1 - from.1) * fraction);
    let glyph = match label {
        family::Label::SingleLeader(label) => glyph(label),
        family::Label::MultiLeader(_, label) => glyph_between_leaders(label),
        family::Label::Leaderless(_, label) => on_a_ring(label).0,
    };
    let (src, dst) = (envelope.src, envelope.dst);
    let (doomed, held) = (state.is_doomed(envelope), due.is_none());
    let sent = envelope.sent_at;
    let (id, origin, tag) = (envelope.id, None, String::new());
    Flight { id, glyph, from, to, at, sent, due, src, dst, doomed, held, beyond, small, stands_for: 1, label, origin, tag }
}

/// The leaders of each group, with their signs.
type Signs = Vec<Vec<(NodeId, String)>>;

/// Who took the first of the updates that a message carries, and which these are: "V3", "V3–5", or the first and how many more.
fn update(signs: &Signs, message: &Message) -> (Option<usize>, String) {
    let Message::MultiLeader(_, multi_leader::Message::Updates { updates, .. }) = message else { return (None, String::new()) };
    let Some(first) = updates.first().map(|sent| sent.update.dot()) else { return (None, String::new()) };
    let leader = multi_leader::node_of(first.actor);
    let place = signs.iter().find_map(|group| group.iter().position(|(id, _)| *id == leader));
    let sign = signs.iter().flatten().find(|(id, _)| *id == leader).map_or("?", |(_, sign)| sign.as_str());
    let in_a_row = (first.count..)
        .zip(updates)
        .all(|(count, sent)| (sent.update.dot().actor, sent.update.dot().count) == (first.actor, count));
    let text = match updates.len() as u64 {
        1 => format!("{sign}{}", first.count),
        many if in_a_row => format!("{sign}{}–{}", first.count, first.count + many - 1),
        many => format!("{sign}{} +{}", first.count, many - 1),
    };
    (place, text)
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

fn glyph_between_leaders(label: multi_leader::Label) -> Glyph {
    match label {
        multi_leader::Label::Updates(..) => Glyph::Entry,
        multi_leader::Label::Write(_) => Glyph::Write,
        multi_leader::Label::Read(..) => Glyph::Read,
        multi_leader::Label::Written(_) | multi_leader::Label::Shown(..) => Glyph::Good,
        multi_leader::Label::Behind(_) | multi_leader::Label::Refused(_) => Glyph::Bad,
        multi_leader::Label::Ack(_) => Glyph::Ack,
        multi_leader::Label::Home(_) | multi_leader::Label::Noted => Glyph::Control,
    }
}

/// What stands in a message between leaders: of updates, how many there are if there are several.
fn between_leaders(label: multi_leader::Label) -> String {
    let sign = match label {
        multi_leader::Label::Updates(_, 0 | 1) => "",
        multi_leader::Label::Updates(_, count) => return count.to_string(),
        multi_leader::Label::Write(_) => "W",
        multi_leader::Label::Read(_, true) => "R▲",
        multi_leader::Label::Read(_, false) => "R",
        multi_leader::Label::Written(_) | multi_leader::Label::Shown(..) => "+",
        multi_leader::Label::Behind(_) | multi_leader::Label::Refused(_) => "−",
        multi_leader::Label::Ack(_) | multi_leader::Label::Home(_) | multi_leader::Label::Noted => "",
    };
    sign.to_owned()
}

/// The shape of a message of a ring, and what stands in it.
fn on_a_ring(label: leaderless::Label) -> (Glyph, String) {
    use leaderless::Label;
    let (glyph, sign) = match label {
        Label::Put(_) => (Glyph::Write, "W"),
        Label::Get(_) => (Glyph::Read, "R"),
        Label::Written(_) | Label::Shown(..) => (Glyph::Good, "+"),
        Label::TooFew(_) | Label::Unavailable(_) => (Glyph::Bad, "−"),
        Label::Store(_) => (Glyph::Entry, "w"),
        Label::StoreHint(..) | Label::HandOff(_) => (Glyph::Entry, "h"),
        Label::WriteBack(_) | Label::Repair(_) | Label::Exchange(_) => (Glyph::Entry, "r"),
        Label::Fetch(_) => (Glyph::Read, "?"),
        Label::Found(_, count) => return (Glyph::Good, count.to_string()),
        Label::Stored(_) | Label::HandedOff => (Glyph::Ack, ""),
        Label::Compare(_) => (Glyph::Control, ""),
        Label::Gossip => (Glyph::Heartbeat, ""),
    };
    (glyph, sign.to_owned())
}

/// A place on the stage.
type Place = (f64, f64);

/// Where a message starts and ends, and for entries the window that their columns belong to.
fn ends<'a>(
    run: &Run,
    stage: &'a Stage,
    layout: &Layout,
    src: NodeId,
    dst: NodeId,
    label: family::Label,
) -> (Place, Place, Option<&'a Window>) {
    if !layout.regions.is_empty() || run.plan.family.is_leaderless() {
        let (from, to) = layout.way(src, dst);
        return (from, to, None);
    }
    let replicas_only = !run.plan.is_client(src) && !run.plan.is_client(dst);
    let group = run.plan.group_of(src).and_then(|g| stage.groups.get(g.index()));
    match (label, group) {
        (family::Label::SingleLeader(Label::Append(_, to)), Some(group)) if replicas_only => {
            let window = &group.window;
            let x = window.x(layout.log_x, window.nearest(u64::from(to)));
            let (from, to) = (layout.log_y[src.index()], layout.log_y[dst.index()]);
            // It leaves from the edge of its cell: the number in the cell stays readable.
            let half = window.columns.height / 2.0;
            let edge = if from < to { half } else { -half };
            ((x, from + edge), (x, to), Some(window))
        }
        _ if replicas_only => {
            let x = layout.wire_x[src.index()].min(layout.wire_x[dst.index()]);
            (wire_end(layout, x, src), wire_end(layout, x, dst), None)
        }
        _ => (layout.port(src, run.plan.is_client(src)), layout.port(dst, run.plan.is_client(dst)), None),
    }
}

fn wire_end(layout: &Layout, x: f64, node: NodeId) -> (f64, f64) {
    let (_, y, _, h) = layout.boxes[node.index()];
    (x, y + h / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Latency;
    use crate::rng::Ratio;
    use crate::scenario::LinkSpec;
    use crate::time::SimDuration;

    #[test]
    fn too_many_messages_are_drawn_as_a_flow_that_counts_all_of_them() {
        let scenario = crate::presets::Preset::named("telemetry-pipeline").expect("a preset").scenario();
        let run = Run::of(&scenario).expect("it can be run");
        let now = SimTime(600_000);
        let state = run.state_at(now);
        let layout = Layout::new(&run.plan, 1_000.0);
        let stage = crate::view::stage(&run, &state, now, &layout, &[]);
        let (marks, total) = flights(&run, &state, &stage, &layout, now);
        let counted: usize = marks.iter().map(|m| m.stands_for).sum();
        assert!(total > 2_500 && marks.len() < 20, "{total} messages in {} marks", marks.len());
        assert_eq!(counted, total);
    }

    /// The window holds what some replica lacks. What flies beside it is old: a copy that the network made, or an entry sent again.
    #[test]
    fn entries_beyond_the_window_share_one_mark_for_each_link() {
        let mut scenario = crate::presets::Preset::named("busy-constellation").expect("a preset").scenario();
        let latency = Some(Latency::Exponential { min: SimDuration::millis(1), mean: SimDuration::millis(60) });
        let half = Some(Ratio::percent(50));
        let any = || "*".to_owned();
        scenario.links = vec![LinkSpec { from: any(), to: any(), latency, loss: None, duplication: half, reorder: Some(true) }];
        let run = Run::of(&scenario).expect("it can be run");
        let mut beyond = 0;
        for now in (2..60).map(|n| SimTime(n * 100_000)) {
            let (state, layout) = (run.state_at(now), Layout::new(&run.plan, 390.0));
            let stage = crate::view::stage(&run, &state, now, &layout, &[]);
            let drawn = flights(&run, &state, &stage, &layout, now).0;
            let marks = || drawn.iter().filter(|mark| mark.beyond).map(|mark| (mark.src, mark.dst));
            beyond += marks().count();
            assert!(marks().enumerate().all(|(n, link)| marks().take(n).all(|other| other != link)), "{now:?}: {drawn:?}");
            assert_eq!(drawn.iter().map(|mark| mark.stands_for).sum::<usize>(), state.in_flight().len());
        }
        assert!(beyond > 0, "nothing flew beyond the window");
    }

    #[test]
    fn a_position_is_a_function_of_time_alone() {
        let at = |now| fraction(SimTime(100), SimTime(300), SimTime(now));
        assert_eq!([at(0), at(100), at(200), at(300), at(900)], [0.0, 0.0, 0.5, 1.0, 1.0]);
        assert!((fraction(SimTime(5), SimTime(5), SimTime(5)) - 1.0).abs() < f64::EPSILON);
    }
}
