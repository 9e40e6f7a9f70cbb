//! What a user can do to rings: operations through a coordinator of choice, faults of nodes, and leaving.

use super::{act, entry, operate};
use crate::engine::command::{Command, Entry, Operation};
use crate::engine::field::{Button, Field, button, choice, option};
use crate::engine::form::Form;
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::{Event, Target};
use crate::simulation::Status;
use crate::time::SimTime;
use crate::view::Stage;

/// What to do next: read the key that was written last.
pub(super) fn suggest(run: &Run, now: SimTime) -> Option<Button> {
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let write = run.trace.ops[..begun].iter().rev().find(|op| op.is_write())?;
    let reader = run.trace.ops.iter().find(|op| !op.is_write() && op.key == write.key).map_or(write.client, |op| op.client);
    let (client, key) = (run.plan.name(reader), run.plan.key_name(write.key));
    let label = format!("Read {key} as {client}");
    let event = Event::Read { client: client.to_owned(), key: key.to_owned(), at: None, mode: None };
    Some(button(label.clone(), &Command::Act(event, label)))
}

/// Which key and value operations have, and who coordinates them.
pub(super) fn entries(run: &Run, form: &Form) -> Vec<Field> {
    let plan = &run.plan;
    let nodes = |chosen: &str| {
        let any = option("", "the client's choice", chosen.is_empty());
        let named = plan.nodes[..plan.replicas].iter().map(|name| option(name.clone(), name.clone(), name == chosen));
        [any].into_iter().chain(named).collect::<Vec<_>>()
    };
    vec![
        entry("Key", &form.key, plan.keys.clone(), 64, Entry::Key),
        entry("Value", &form.value, Vec::new(), 200, Entry::Value),
        choice("Write at", nodes(&form.write_at), &Command::Enter(Entry::WriteAt)),
        choice("Read at", nodes(&form.at), &Command::Enter(Entry::At)),
    ]
}

/// What a client can do.
pub(super) fn operations(run: &Run, id: NodeId) -> Vec<Field> {
    let client = run.plan.name(id);
    vec![Field::Buttons(vec![
        operate("Write", client, Operation::Write, false),
        operate("Read", client, Operation::Read, false),
        operate("Delete", client, Operation::Delete, false),
    ])]
}

/// The nodes, with what can be done to each.
pub(super) fn replicas(run: &Run, stage: &Stage) -> Field {
    let ids = (0..u16::try_from(run.plan.replicas).unwrap_or(0)).map(NodeId);
    Field::Rows(ids.map(|id| (run.plan.name(id).to_owned(), faults(run, stage, id))).collect())
}

/// What can be done to one node: its power, its links, and its place in the ring.
pub(super) fn faults(run: &Run, stage: &Stage, id: NodeId) -> Vec<Field> {
    let plan = &run.plan;
    let Some(node) = stage.rings.iter().flat_map(|ring| &ring.nodes).find(|node| node.id == id) else { return Vec::new() };
    let name = plan.name(id).to_owned();
    let target = || Target { node: name.clone() };
    let power = match node.status {
        Status::Down => ("Restart", Event::Restart(target()), false),
        Status::Up | Status::Paused => ("Crash", Event::Crash(target()), false),
    };
    let pause = match node.status {
        Status::Paused => ("Resume", Event::Resume(target()), false),
        Status::Up | Status::Down => ("Pause", Event::Pause(target()), node.status == Status::Down),
    };
    let replica = |other: &NodeId| !plan.is_client(*other);
    let cut = if stage.cuts.iter().any(|(src, dst)| (*src == id && replica(dst)) || (*dst == id && replica(src))) {
        ("Heal", Event::Heal { a: name.clone(), b: "*".to_owned() }, false)
    } else {
        let others = plan.nodes[..plan.replicas].iter().filter(|other| **other != name).cloned().collect();
        ("Cut off", Event::Partition { a: vec![name.clone()], b: others }, plan.replicas < 2)
    };
    let ring = plan.group_of(id).and_then(|group| plan.groups[group.index()].ring.as_ref());
    let gossips = ring.is_some_and(|ring| ring.settings.gossip.is_some());
    let leave = gossips.then(|| ("Leave", Event::Leave(target()), node.status != Status::Up || !node.member));
    let draw = |(text, event, disabled): (&str, Event, bool)| act(text, format!("{text} {name}"), event, disabled);
    vec![Field::Buttons([power, pause, cut].into_iter().chain(leave).map(draw).collect())]
}
