//! What a user can do to groups with several leaders: operations at a leader of choice, resolving siblings, faults, new links, new homes.

use super::{act, entry, operate};
use crate::engine::command::{Command, Entry, Operation};
use crate::engine::field::{Button, Field, Order, button, choice, option};
use crate::engine::form::Form;
use crate::family::multi_leader::Policy;
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::{Kind, Outcome};
use crate::run::Run;
use crate::scenario::{ConflictRule, Datum, Direction, Event, Plan, Scenario, Target};
use crate::simulation::Status;
use crate::time::SimTime;
use crate::view::Stage;

/// The most values that a client is offered when it resolves siblings.
const OFFERED: usize = 4;

/// What to do next: resolve what a client has been shown, show it to one, or read where most is missing.
pub(super) fn suggest(run: &Run, stage: &Stage, now: SimTime) -> Option<Button> {
    let plan = &run.plan;
    let clients = || stage.clients.iter().map(|client| client.id);
    if let Some(offer) = clients().find_map(|client| resolutions(run, client, now).into_iter().next()) {
        return Some(Button { text: offer.label, label: String::new(), ..offer });
    }
    let (group, versions) = stage.leaders.iter().find_map(|group| Some((group, group.versions.as_ref()?)))?;
    let read = |client: NodeId, at: &str| {
        let (client, key) = (plan.name(client), versions.name.as_str());
        let label = format!("Read {key} at {at} as {client}");
        let event = Event::Read { client: client.to_owned(), key: key.to_owned(), at: Some(at.to_owned()), mode: None };
        button(label.clone(), &Command::Act(event, label))
    };
    let up = || group.leaders.iter().filter(|leader| leader.status == Status::Up);
    let lacks = |leader: &crate::view::Leader| leader.vector.iter().map(|(has, taken)| taken.saturating_sub(*has)).sum::<u64>();
    let siblings = plan.policy(versions.key) == Some(Policy::Siblings) && versions.apart.is_some();
    let several = up().find(|leader| siblings && leader.shows.contains('∥'));
    let leader = several.or_else(|| up().max_by_key(|leader| (lacks(leader), std::cmp::Reverse(leader.id))))?;
    let reader = stage.clients.iter().find(|client| client.home == Some(leader.id)).or(stage.clients.first())?;
    Some(read(reader.id, &leader.name))
}

/// Which key and value operations have, and where they go.
pub(super) fn entries(run: &Run, form: &Form) -> Vec<Field> {
    let plan = &run.plan;
    let leaders = plan.groups.iter().filter_map(|group| group.several.as_ref()).flat_map(|several| several.each_leader());
    let leaders = leaders.map(|id| plan.name(id)).map(|name| option(name, name, name == form.write_at));
    let home = |chosen: bool| option("", "the client's home", chosen);
    let replicas = plan.nodes[..plan.replicas].iter().map(|name| option(name.clone(), name.clone(), *name == form.at));
    let values = match rule_of(&plan.scenario, &form.key) {
        ConflictRule::Union | ConflictRule::Cart => "Values, with commas between them",
        ConflictRule::Sum => "Amount",
        ConflictRule::Maximum => "Number",
        _ => "Value",
    };
    vec![
        entry("Key", &form.key, plan.keys.clone(), 64, Entry::Key),
        entry(values, &form.value, Vec::new(), 200, Entry::Value),
        choice(
            "Write at",
            [home(form.write_at.is_empty())].into_iter().chain(leaders).collect(),
            &Command::Enter(Entry::WriteAt),
        ),
        choice(
            "Read at",
            [option("", "where the read mode says", form.at.is_empty())].into_iter().chain(replicas).collect(),
            &Command::Enter(Entry::At),
        ),
    ]
}

/// What a client can do: operations, and what it can resolve.
pub(super) fn operations(run: &Run, client: NodeId, form: &Form, now: SimTime) -> Vec<Field> {
    let name = run.plan.name(client);
    let no_table = !form.key.contains('/');
    let mut all = match rule_of(&run.plan.scenario, &form.key) {
        ConflictRule::Sum => vec![operate("Add", name, Operation::Add, false)],
        _ => vec![operate("Write", name, Operation::Write, false), operate("Delete", name, Operation::Delete, false)],
    };
    all.extend([operate("Read", name, Operation::Read, false), operate("New row", name, Operation::Insert, no_table)]);
    let resolutions = resolutions(run, client, now);
    [Field::Buttons(all)].into_iter().chain((!resolutions.is_empty()).then_some(Field::Buttons(resolutions))).collect()
}

/// Writes that resolve what a client has read last, if that was several versions: each writes a value of one of them, and what the client has
/// seen goes along, so that the new version comes after all of them.
pub(super) fn resolutions(run: &Run, client: NodeId, now: SimTime) -> Vec<Button> {
    let Some((key, found)) = siblings_of(run, client, now) else { return Vec::new() };
    let (name, who) = (run.plan.key_name(key), run.plan.name(client));
    let mut offers: Vec<Button> = Vec::new();
    for sibling in run.trace.versions.get(found).iter().take(OFFERED) {
        let (value, event) = match datum(&run.plan, sibling.value) {
            Some(value) => {
                let event = Event::Write {
                    client: who.to_owned(),
                    key: name.to_owned(),
                    value: value.clone(),
                    at: None,
                    condition: None,
                };
                (value.to_string(), event)
            }
            None if sibling.value == Value::Nothing => {
                ("deleted".to_owned(), Event::Delete { client: who.to_owned(), key: name.to_owned(), at: None })
            }
            None => continue,
        };
        let done = format!("resolve {name} with {value} as {who}");
        let text = format!("Resolve with {value}");
        let label = format!("{text}: {name} as {who}");
        if offers.iter().all(|offer| offer.text != text) {
            offers.push(Button { text, label, order: Order::of(&Command::Act(event, done)), ..Button::default() });
        }
    }
    offers
}

/// The key and the versions that a client was shown last, if there were several and it has not written the key since.
fn siblings_of(run: &Run, client: NodeId, now: SimTime) -> Option<(KeyId, crate::version::Range)> {
    let ops = run.ops_of(client);
    let begun = ops.partition_point(|op| run.trace.ops[op.index()].invoked <= now);
    let ops = || ops[..begun].iter().rev().map(|op| &run.trace.ops[op.index()]);
    let read = ops().find(|op| matches!(op.kind, Kind::Read(_)) && op.end.is_some_and(|end| end.at <= now))?;
    let written = ops().take_while(|op| op.id != read.id).any(|op| op.is_write() && op.key == read.key);
    let Outcome::Siblings { found, .. } = read.end?.outcome else { return None };
    let kept = run.plan.policy(read.key) == Some(Policy::Siblings);
    (kept && !written && found.count() > 1).then_some((read.key, found))
}

/// A value as a scenario writes it; none of what no client writes.
fn datum(plan: &Plan, value: Value) -> Option<Datum> {
    match value {
        Value::Int(n) => Some(Datum::Int(n)),
        Value::Text(_) => Some(Datum::Text(plan.show(value))),
        Value::Set(set) => {
            let elements = plan.elements.iter().enumerate().filter(|(number, _)| set & 1 << number != 0);
            Some(Datum::Set(elements.map(|(_, name)| name.clone()).collect()))
        }
        Value::Nothing
        | Value::Joined(_)
        | Value::Delta(_)
        | Value::Column
        | Value::Statement(_)
        | Value::Method(_)
        | Value::Characters(_)
        | Value::Amounts(_) => None,
    }
}

/// The rule for a key, whether the scenario names the key or not.
pub(super) fn rule_of(scenario: &Scenario, key: &str) -> ConflictRule {
    let begins = |keys: &[String]| keys.iter().any(|prefix| key.starts_with(prefix.as_str()));
    let shard = scenario.shards.iter().find(|shard| begins(&shard.keys)).or(scenario.shards.first());
    let spec = shard.and_then(|shard| shard.conflicts.iter().find(|spec| spec.keys.is_empty() || begins(&spec.keys)));
    spec.map_or_else(ConflictRule::default, |spec| spec.rule.clone())
}

/// The value of a write, as the rule of its key wants it.
pub(super) fn value_of(scenario: &Scenario, key: &str, text: &str) -> Datum {
    match rule_of(scenario, key) {
        ConflictRule::Union | ConflictRule::Cart => {
            Datum::Set(text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect())
        }
        ConflictRule::Maximum => text.trim().parse().map_or_else(|_| Datum::Text(text.to_owned()), Datum::Int),
        _ => Datum::Text(text.to_owned()),
    }
}

/// The replicas, with what can be done to each.
pub(super) fn replicas(run: &Run, stage: &Stage) -> Field {
    let ids = (0..u16::try_from(run.plan.replicas).unwrap_or(0)).map(NodeId);
    Field::Rows(ids.map(|id| (run.plan.name(id).to_owned(), faults(run, stage, id))).collect())
}

/// What can be done to one replica: its power, its links, whom it tells, whose home it is.
pub(super) fn faults(run: &Run, stage: &Stage, id: NodeId) -> Vec<Field> {
    let plan = &run.plan;
    let name = plan.name(id).to_owned();
    let target = || Target { node: name.clone() };
    let all = || stage.leaders.iter().flat_map(|group| &group.leaders);
    let leader = all().find(|leader| leader.id == id);
    let follower = all().flat_map(|leader| &leader.followers).find(|follower| follower.id == id);
    let Some(status) = leader.map(|leader| leader.status).or(follower.map(|follower| follower.status)) else { return Vec::new() };
    let power = match status {
        Status::Down => ("Restart", Event::Restart(target()), false),
        Status::Up | Status::Paused => ("Crash", Event::Crash(target()), false),
    };
    let pause = match status {
        Status::Paused => ("Resume", Event::Resume(target()), false),
        Status::Up | Status::Down => ("Pause", Event::Pause(target()), status == Status::Down),
    };
    let replica = |other: &NodeId| !plan.is_client(*other);
    let cut = if stage.cuts.iter().any(|(src, dst)| (*src == id && replica(dst)) || (*dst == id && replica(src))) {
        ("Heal", Event::Heal { a: name.clone(), b: "*".to_owned() }, false)
    } else {
        let others = plan.nodes[..plan.replicas].iter().filter(|other| **other != name).cloned().collect();
        ("Cut off", Event::Partition { a: vec![name.clone()], b: others }, plan.replicas < 2)
    };
    let draw = |(text, event, disabled): (&str, Event, bool)| act(text, format!("{text} {name}"), event, disabled);
    let mut fields = vec![Field::Buttons([power, pause, cut].into_iter().map(draw).collect())];
    let more: Vec<Button> = leader.map_or_else(Vec::new, |leader| connections(stage, leader).chain(moves(run, leader)).collect());
    fields.extend((!more.is_empty()).then_some(Field::Buttons(more)));
    fields
}

/// New links from a leader to those that it does not tell.
fn connections<'a>(stage: &'a Stage, leader: &'a crate::view::Leader) -> impl Iterator<Item = Button> + 'a {
    let group = stage.leaders.iter().find(|group| group.leaders.iter().any(|one| one.id == leader.id));
    let others = group.into_iter().flat_map(move |group| {
        let told = move |id: NodeId| group.links.iter().any(|link| (link.from, link.to) == (leader.id, id));
        group.leaders.iter().filter(move |other| other.id != leader.id && !told(other.id))
    });
    others.map(|other| {
        let (from, to) = (leader.name.clone(), other.name.clone());
        let text = format!("Tell {to}");
        act(&text, format!("{text} from {from}"), Event::Connect(Direction { from, to }), false)
    })
}

/// Makes a leader the home of ranges of keys that have another home.
fn moves<'a>(run: &'a Run, leader: &'a crate::view::Leader) -> impl Iterator<Item = Button> + 'a {
    let plan = &run.plan;
    let shard = plan.group_of(leader.id).and_then(|group| plan.scenario.shards.get(group.index()));
    let avoided = shard.into_iter().flat_map(|shard| &shard.conflicts).filter(|spec| matches!(spec.rule, ConflictRule::Avoid(_)));
    let elsewhere = avoided.filter(|spec| !leader.homes.contains(&spec.keys.join(", ")) && !spec.keys.is_empty());
    elsewhere.filter_map(|spec| {
        let (range, to) = (spec.keys.join(", "), leader.name.clone());
        // A key that the script names, so that none is added for it.
        let key = plan.keys.iter().find(|key| spec.keys.iter().any(|prefix| key.starts_with(prefix.as_str())))?.clone();
        let text = format!("Home of {range}");
        Some(act(&text, format!("{text} at {to}"), Event::MoveHome { key, to }, false))
    })
}
