//! What a user can do to the cluster: operations of clients, faults of replicas, cuts of links.
//!
//! Every button makes an event of the script at the present moment; the player does the rest.

mod leaders;
mod rings;

use super::command::{Command, Entry, Operation};
use super::field::{Button, Field, Order, button, choice, option};
use super::form::Form;
use crate::family::Included;
use crate::log::Value;
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::scenario::{Direction, Event, Plan, SetSpec, Target};
use crate::simulation::Status;
use crate::time::SimTime;
use crate::view::{Lane, Stage};

/// Suggests reading the key that was written last at the follower that is furthest behind: the action that shows most at the moment.
pub(super) fn suggest(run: &Run, stage: &Stage, now: SimTime) -> Option<Button> {
    let plan = &run.plan;
    if plan.family.is_multi_leader() {
        return leaders::suggest(run, stage, now);
    }
    if plan.family.is_leaderless() {
        return rings::suggest(run, now);
    }
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
    let event = Event::Read { client: client.to_owned(), key: key.to_owned(), at: Some(lane.name.clone()), mode: None };
    Some(button(label.clone(), &Command::Act(event, label)))
}

/// Everything that can be done.
pub(super) fn fields(run: &Run, stage: &Stage, form: &Form, now: SimTime) -> Vec<Field> {
    let plan = &run.plan;
    let mut fields = entries(run, form);
    let clients = stage.clients.iter();
    fields.push(Field::Rows(clients.map(|one| (one.name.clone(), operations(run, one.id, form, now))).collect()));
    let replicas = match plan.family {
        Included::SingleLeader => {
            let lanes = stage.groups.iter().flat_map(|group| &group.lanes);
            Field::Rows(lanes.map(|lane| (lane.name.clone(), vec![faults(plan, lane)])).collect())
        }
        Included::MultiLeader(_) => leaders::replicas(run, stage),
        Included::Leaderless(_) => rings::replicas(run, stage),
    };
    fields.push(Field::Group("Replicas".to_owned(), vec![replicas]));
    fields.push(cuts(plan, stage));
    fields
}

/// What can be done with one node.
pub(super) fn of_node(run: &Run, stage: &Stage, form: &Form, now: SimTime, id: NodeId) -> (String, Vec<Field>) {
    let name = run.plan.name(id).to_owned();
    let lane = stage.groups.iter().flat_map(|group| &group.lanes).find(|lane| lane.id == id);
    let fields = match lane {
        Some(lane) => vec![faults(&run.plan, lane)],
        None if run.plan.is_client(id) => entries(run, form).into_iter().chain(operations(run, id, form, now)).collect(),
        None if run.plan.family.is_leaderless() => rings::faults(run, stage, id),
        None => leaders::faults(run, stage, id),
    };
    (name, fields)
}

/// A button that makes an event, named with what it concerns.
fn act(text: &str, label: String, event: Event, disabled: bool) -> Button {
    let done = label.to_ascii_lowercase();
    Button { text: text.to_owned(), label, disabled, order: Order::of(&Command::Act(event, done)), ..Button::default() }
}

fn faults(plan: &Plan, lane: &Lane) -> Field {
    let name = &lane.name;
    let node = || name.clone();
    let target = || Target { node: node() };
    let up = lane.status == Status::Up;
    let power = match lane.status {
        Status::Down => ("Restart", Event::Restart(target()), false),
        Status::Up | Status::Paused => ("Crash", Event::Crash(target()), false),
    };
    let pause = match lane.status {
        Status::Paused => ("Resume", Event::Resume(target()), false),
        Status::Up | Status::Down => ("Pause", Event::Pause(target()), lane.status == Status::Down),
    };
    let cut = if lane.wire.cut_down || lane.wire.cut_up {
        ("Heal", Event::Heal { a: node(), b: "*".to_owned() }, false)
    } else {
        let others = plan.nodes[..plan.replicas].iter().filter(|n| *n != name).cloned().collect();
        ("Cut off", Event::Partition { a: vec![node()], b: others }, plan.replicas < 2)
    };
    let promote = ("Promote", Event::Promote(target()), !up || lane.is_newest_leader());
    let upgrade = ("Upgrade", Event::Upgrade(target()), !up);
    let alter = ("Add a column", Event::Alter(target()), !up);
    let draw = |(text, event, disabled): (&str, Event, bool)| {
        let at = if text == "Add a column" { "at " } else { "" };
        act(text, format!("{text} {at}{name}"), event, disabled)
    };
    Field::Buttons([power, pause, cut, promote, upgrade, alter].into_iter().map(draw).collect())
}

/// Which key and value operations have, and where reads go.
fn entries(run: &Run, form: &Form) -> Vec<Field> {
    let plan = &run.plan;
    if plan.family.is_multi_leader() {
        return leaders::entries(run, form);
    }
    if plan.family.is_leaderless() {
        return rings::entries(run, form);
    }
    let replicas = plan.nodes[..plan.replicas].iter().map(|n| option(n.clone(), n.clone(), *n == form.at));
    let places = [option("", "the router's choice", form.at.is_empty())].into_iter().chain(replicas);
    vec![
        entry("Key", &form.key, plan.keys.clone(), 64, Entry::Key),
        entry("Value", &form.value, Vec::new(), 200, Entry::Value),
        choice("Read at", places.collect(), &Command::Enter(Entry::At)),
    ]
}

/// A text that can be entered.
fn entry(name: &str, value: &str, suggestions: Vec<String>, max: u32, entry: Entry) -> Field {
    let order = Order::of(&Command::Enter(entry));
    Field::Text { name: name.to_owned(), value: value.to_owned(), suggestions, max, number: false, order }
}

/// A button for an operation of a client.
fn operate(text: &str, client: &str, operation: Operation, disabled: bool) -> Button {
    let order = Order::of(&Command::Operate(client.to_owned(), operation));
    Button { text: text.to_owned(), label: format!("{text} as {client}"), disabled, order, ..Button::default() }
}

fn operations(run: &Run, id: NodeId, form: &Form, now: SimTime) -> Vec<Field> {
    if run.plan.family.is_multi_leader() {
        return leaders::operations(run, id, form, now);
    }
    if run.plan.family.is_leaderless() {
        return rings::operations(run, id);
    }
    let client = run.plan.name(id);
    // Statements concern the table that the key belongs to: all rows up to its slash.
    let no_table = !form.key.contains('/');
    vec![Field::Buttons(vec![
        operate("Write", client, Operation::Write, false),
        operate("Read", client, Operation::Read, false),
        operate("New row", client, Operation::Insert, no_table),
        operate("Set all rows to now()", client, Operation::SetAll, no_table),
    ])]
}

/// The event of an operation with what was entered, and what it is called.
///
/// # Errors
/// What is wrong with what was entered.
pub(super) fn operation(run: &Run, client: &str, operation: Operation, form: &Form) -> Result<(Event, String), String> {
    let (who, key) = (client.to_owned(), form.key.clone());
    let several = run.plan.family != Included::SingleLeader;
    let leader = (several && !form.write_at.is_empty()).then(|| form.write_at.clone());
    let value = leaders::value_of(&run.plan.scenario, &key, &form.value);
    let table = form.key.rsplit_once('/').map(|(table, _)| table.to_owned()).unwrap_or_default();
    let (what, event) = match operation {
        Operation::Write => ("write", Event::Write { client: who, key, value, at: leader, condition: None }),
        Operation::Delete => ("delete", Event::Delete { client: who, key, at: leader }),
        Operation::Add => {
            let amount = form.value.trim().parse().map_err(|_| format!("'{}' is not a whole number to add", form.value))?;
            ("add", Event::Add { client: who, key, amount, floor: None, at: leader })
        }
        Operation::Read => {
            let at = (!form.at.is_empty()).then(|| form.at.clone());
            ("read", Event::Read { client: who, key, at, mode: None })
        }
        Operation::Insert => ("new row", Event::Insert { client: who, table, value }),
        Operation::SetAll => {
            ("set all rows to now()", Event::Update { client: who, rows: format!("{table}/"), set: SetSpec::Now })
        }
    };
    Ok((event, format!("{what} by {client}")))
}

/// Any cut: one toggle for each direction between two nodes.
fn cuts(plan: &Plan, stage: &Stage) -> Field {
    let nodes: Vec<NodeId> = (0..u16::try_from(plan.nodes.len()).unwrap_or(0)).map(NodeId).collect();
    let heal = Event::Heal { a: "*".to_owned(), b: "*".to_owned() };
    let row = |src: &NodeId| {
        let cells = nodes.iter().map(|dst| toggle(plan, stage, *src, *dst)).collect();
        (plan.name(*src).to_owned(), cells)
    };
    let fields = vec![
        Field::Note("Rows send, columns receive. A cut loses what is under way and what is sent while it lasts.".to_owned()),
        Field::Table {
            name: "links".to_owned(),
            corner: "from \\ to".to_owned(),
            columns: plan.nodes.clone(),
            rows: nodes.iter().map(row).collect(),
        },
        Field::Buttons(vec![button("Heal everything", &Command::Act(heal, "heal everything".to_owned()))]),
    ];
    Field::Fold("Cut any link".to_owned(), fields)
}

fn toggle(plan: &Plan, stage: &Stage, src: NodeId, dst: NodeId) -> Option<Button> {
    if src == dst || (plan.is_client(src) && plan.is_client(dst)) {
        return None;
    }
    let cut = stage.cuts.contains(&(src, dst));
    let (from, to) = (plan.name(src).to_owned(), plan.name(dst).to_owned());
    let label = format!("cut {from} to {to}");
    let (event, done) = if cut {
        let done = format!("heal {from} and {to}");
        (Event::Heal { a: from, b: to }, done)
    } else {
        (Event::Cut(Direction { from, to }), label.clone())
    };
    let text = if cut { "✕" } else { "→" }.to_owned();
    Some(Button { text, label, disabled: false, pressed: Some(cut), order: Order::of(&Command::Act(event, done)) })
}
