//! What a user can do to the cluster: operations of clients, faults of replicas, cuts of links.
//!
//! Every button makes an event of the script at the present moment; the player does the rest.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button, act, edit, option};
use super::draw::{el, of, several};
use super::lab::{Desk, Edit};
use crate::log::Value;
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::scenario::{Datum, Direction, Event as Happening, SetSpec, Target};
use crate::simulation::Status;
use crate::time::SimTime;
use crate::view::{Lane, Stage};

/// The action that shows most at the moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Suggestion {
    pub(super) event: Happening,
    pub(super) label: String,
}

/// Suggests reading the key that was written last at the follower that is furthest behind.
pub(super) fn suggest(run: &Run, stage: &Stage, now: SimTime) -> Option<Suggestion> {
    let plan = &run.plan;
    let acknowledged = |op: &&crate::history::Op| op.acknowledged().is_some_and(|(_, at)| at <= now);
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let write = run.trace.ops[..begun].iter().rev().take(200).find(acknowledged)?;
    let group = stage.groups.get(write.group.index())?;
    let running = group.lanes.iter().filter(|l| !l.leads && l.status == Status::Up);
    let lane = running.max_by_key(|l| (l.behind, std::cmp::Reverse(l.id)))?;
    // Who reads this key in the story reads it again; if nobody does, its writer.
    let reader = run.trace.ops.iter().find(|op| !op.is_write() && op.group == write.group).map_or(write.client, |op| op.client);
    // A statement is not read, but a row of it is.
    let row = match write.kind {
        Kind::Write(Value::Statement(number)) => *plan.statements.get(number as usize)?.rows.first()?,
        Kind::Write(_) | Kind::Read(_) => write.key,
    };
    let (client, key) = (plan.name(reader), plan.key_name(row));
    let label = format!("Read {key} at {} as {client}", lane.name);
    let event = Happening::Read { client: client.to_owned(), key: key.to_owned(), at: Some(lane.name.clone()), mode: None };
    Some(Suggestion { event, label })
}

/// What of the stage these controls depend on: who runs, who leads, what is cut.
pub(super) fn word(stage: &Stage) -> u64 {
    let lanes = stage.groups.iter().flat_map(|g| &g.lanes);
    let states = lanes.map(|l| {
        l.status as u64 | u64::from(l.leads) << 2 | u64::from(l.deposed) << 3 | u64::from(l.wire.cut_down || l.wire.cut_up) << 4
    });
    let cuts = stage.cuts.iter().map(|(a, b)| u64::from(a.0) << 8 | u64::from(b.0));
    states.chain(cuts).fold(17, |h, w| crate::rng::mix(h ^ w))
}

pub(super) fn view(bench: &Bench, stage: &Stage, desk: &Desk) -> Html {
    let plan = &bench.run.plan;
    let lanes = stage.groups.iter().flat_map(|g| &g.lanes);
    of("details", "panel")
        .at("open", !is_first(&bench.run))
        .with(el("summary").say("Do something, now"))
        .kid(fields(bench, desk, "keys"))
        .with(
            of("ul", "people").kids(
                plan.nodes[plan.replicas..]
                    .iter()
                    .map(|c| el("li").key(c.clone()).with(el("span").kid(c)).kid(operations(bench, desk, c)).done()),
            ),
        )
        .with(el("h4").say("Replicas"))
        .with(
            of("ul", "people")
                .kids(lanes.map(|l| el("li").key(l.id.0).with(el("span").kid(&l.name)).kid(faults(bench, l)).done())),
        )
        .kid(cuts(bench, stage))
        .done()
}

/// Whether this is the first screen, which keeps its forms closed.
pub(super) fn is_first(run: &Run) -> bool {
    run.plan.scenario.title == crate::presets::PRESETS[0].title
}

/// The actions of the node that was chosen on the stage.
pub(super) fn node_bar(bench: &Bench, stage: &Stage, desk: &Desk, id: NodeId) -> Html {
    let lane = stage.groups.iter().flat_map(|g| &g.lanes).find(|l| l.id == id);
    let name = bench.run.plan.name(id);
    let actions = match lane {
        Some(lane) => faults(bench, lane),
        None => several().kid(fields(bench, desk, "bar-keys")).kid(operations(bench, desk, name)).done(),
    };
    el("div")
        .key(id.0)
        .is("class", "node-bar")
        .is("role", "group")
        .at("aria-label", format!("actions of {name}"))
        .with(el("strong").kid(name))
        .kid(actions)
        .done()
}

fn faults(bench: &Bench, lane: &Lane) -> Html {
    let (plan, name) = (&bench.run.plan, &lane.name);
    let node = || name.clone();
    let target = || Target { node: node() };
    let power = match lane.status {
        Status::Down => (Happening::Restart(target()), "Restart", false),
        Status::Up | Status::Paused => (Happening::Crash(target()), "Crash", false),
    };
    let pause = match lane.status {
        Status::Paused => (Happening::Resume(target()), "Resume", false),
        Status::Up | Status::Down => (Happening::Pause(target()), "Pause", lane.status == Status::Down),
    };
    let cut = if lane.wire.cut_down || lane.wire.cut_up {
        (Happening::Heal { a: node(), b: "*".to_owned() }, "Heal", false)
    } else {
        let others = plan.nodes[..plan.replicas].iter().filter(|n| *n != name).cloned().collect();
        (Happening::Partition { a: vec![node()], b: others }, "Cut off", plan.replicas < 2)
    };
    let leads = lane.leads && !lane.deposed;
    let promote = (Happening::Promote(target()), "Promote", lane.status != Status::Up || leads);
    let upgrade = (Happening::Upgrade(target()), "Upgrade", lane.status != Status::Up);
    let alter = (Happening::Alter(target()), "Add a column", lane.status != Status::Up);
    let draw = |(event, text, disabled): (Happening, &'static str, bool)| {
        let label = format!("{text} {}{name}", if text == "Add a column" { "at " } else { "" });
        let done = label.to_ascii_lowercase();
        el("span")
            .key(text)
            .kid(bench.button_of(&Button { text, label: &label, disabled, ..Button::default() }, act(event, done)))
            .done()
    };
    of("span", "buttons").kids([power, pause, cut, promote, upgrade, alter].into_iter().map(draw)).done()
}

fn fields(bench: &Bench, desk: &Desk, list: &'static str) -> Html {
    let plan = &bench.run.plan;
    let mut places = vec![option("", "the router's choice", desk.at.is_empty())];
    places.extend(plan.nodes[..plan.replicas].iter().map(|n| option(n, n, *n == desk.at)));
    let on_key = bench.input(Rc::new(|text: &str| Some(edit(Edit::Key(text.to_owned())))));
    let on_value = bench.input(Rc::new(|text: &str| Some(edit(Edit::Value(text.to_owned())))));
    of("div", "operations")
        .with(
            of("label", "row").say("Key").with(
                el("input").is("type", "text").value(desk.key.clone()).at("list", list).is("maxlength", "64").input(on_key),
            ),
        )
        .with(
            el("datalist")
                .at("id", list)
                .kids(plan.keys.iter().map(|k| el("option").key(k.clone()).at("value", k.clone()).done())),
        )
        .with(
            of("label", "row")
                .say("Value")
                .with(el("input").is("type", "text").value(desk.value.clone()).is("maxlength", "200").input(on_value)),
        )
        .kid(bench.named_choice("Read at", &places, false, Rc::new(|text: &str| Some(edit(Edit::At(text.to_owned()))))))
        .done()
}

fn operations(bench: &Bench, desk: &Desk, client: &str) -> Html {
    let (who, key) = (|| client.to_owned(), desk.key.clone());
    let write = Happening::Write { client: who(), key: key.clone(), value: Datum::Text(desk.value.clone()) };
    let at = (!desk.at.is_empty()).then(|| desk.at.clone());
    // Statements concern the table that the key belongs to: all rows up to its slash.
    let table = key.rsplit_once('/').map(|(table, _)| table.to_owned()).unwrap_or_default();
    let now = Happening::Update { client: who(), rows: format!("{table}/"), set: SetSpec::Now };
    let insert = Happening::Insert { client: who(), table: table.clone(), value: Datum::Text(desk.value.clone()) };
    let read = Happening::Read { client: who(), key, at, mode: None };
    let draw = |text: &'static str, event: Happening, disabled: bool| {
        let label = format!("{text} as {client}");
        let done = format!("{} by {client}", text.to_ascii_lowercase());
        bench.button_of(&Button { text, label: &label, disabled, ..Button::default() }, act(event, done))
    };
    of("span", "buttons")
        .kid(draw("Write", write, false))
        .kid(draw("Read", read, false))
        .kid(draw("New row", insert, table.is_empty()))
        .kid(draw("Set all rows to now()", now, table.is_empty()))
        .done()
}

/// Any cut: one toggle for each direction between two nodes.
fn cuts(bench: &Bench, stage: &Stage) -> Html {
    let plan = &bench.run.plan;
    let nodes: Vec<NodeId> = (0..u16::try_from(plan.nodes.len()).unwrap_or(0)).map(NodeId).collect();
    let heal = Happening::Heal { a: "*".to_owned(), b: "*".to_owned() };
    let row = |src: &NodeId| {
        let cells = nodes.iter().map(|dst| el("td").key(dst.0).kid(toggle(bench, stage, *src, *dst)).done());
        el("tr").key(src.0).with(el("th").is("scope", "row").kid(plan.name(*src))).kids(cells).done()
    };
    of("details", "cuts")
        .with(el("summary").say("Cut any link"))
        .with(of("p", "note").say("Rows send, columns receive. A cut loses what is under way and what is sent while it lasts."))
        .with(
            of("div", "scroll").is("tabindex", "0").is("role", "region").is("aria-label", "links").with(
                el("table")
                    .with(
                        el("thead").with(
                            el("tr")
                                .with(el("th").is("scope", "col").say("from \\ to"))
                                .kids(nodes.iter().map(|n| el("th").key(n.0).is("scope", "col").kid(plan.name(*n)).done())),
                        ),
                    )
                    .with(el("tbody").kids(nodes.iter().map(row))),
            ),
        )
        .kid(bench.button("Heal everything", act(heal, "heal everything".to_owned())))
        .done()
}

fn toggle(bench: &Bench, stage: &Stage, src: NodeId, dst: NodeId) -> Html {
    let plan = &bench.run.plan;
    if src == dst || (plan.is_client(src) && plan.is_client(dst)) {
        return el("span").say("·").done();
    }
    let cut = stage.cuts.contains(&(src, dst));
    let (from, to) = (plan.name(src).to_owned(), plan.name(dst).to_owned());
    let label = format!("cut {from} to {to}");
    let (event, done) = if cut {
        let done = format!("heal {from} and {to}");
        (Happening::Heal { a: from, b: to }, done)
    } else {
        (Happening::Cut(Direction { from, to }), label.clone())
    };
    let button =
        Button {
            text: if cut { "✕" } else { "→" }, label: &label, class: "cut-toggle", pressed: Some(cut), ..Button::default()
        };
    bench.button_of(&button, act(event, done))
}
