//! How several leaders work together: who tells whom, when what arrives is applied, what is done about conflicts, which numbers new rows get,
//! and to which leader each client turns.

use crate::engine::command::{Command, Set, ShardSet};
use crate::engine::field::{Choice, Field, Mode, Order, choice, option};
use crate::scenario::{ConflictRule, ConflictSpec, DeliverySpec, NumbersSpec, Plan, Scenario, Shard, TopologySpec, WinnerClock};

/// With a longer script every rule is on offer, whether it fits what is written or not.
const TRIED_MAX: usize = 500;

const TOPOLOGIES: [(&str, &str, &str); 3] = [
    ("all-to-all", "All to all", "every leader tells every other one; updates can overtake each other"),
    ("ring", "Ring", "each tells the next one only; one crash stops all that goes round"),
    ("star", "Star", "the first one is the centre, and passes on what the others tell it"),
];

/// The fields of all shards.
pub(super) fn fields(scenario: &Scenario) -> Vec<Field> {
    let several = scenario.shards.len() > 1;
    let mut fields: Vec<Field> =
        scenario.shards.iter().enumerate().flat_map(|(index, shard)| of_shard(scenario, index, shard, several)).collect();
    let leaders: Vec<&str> = scenario.shards.iter().flat_map(|shard| shard.leaders().map(|(leader, _)| leader)).collect();
    let home = |(index, client): (usize, &crate::scenario::ClientSpec)| {
        let chosen = client.home.as_deref().or(leaders.first().copied()).unwrap_or_default();
        let homes = leaders.iter().map(|leader| option(*leader, *leader, *leader == chosen)).collect();
        choice(client.name.clone(), homes, &Command::Set(Set::Home(index)))
    };
    fields.push(Field::Group("Clients turn to".to_owned(), scenario.clients.iter().enumerate().map(home).collect()));
    fields
}

fn of_shard(scenario: &Scenario, index: usize, shard: &Shard, several: bool) -> [Field; 2] {
    let command = |change| Command::Set(Set::Shard(index, change));
    let of = if several { format!(" of {}", shard.name) } else { String::new() };
    let topology = |(value, name, what): (&str, &str, &str)| Mode {
        name: name.to_owned(),
        what: what.to_owned(),
        on: shard.topology.name() == value,
        order: Order::of(&command(ShardSet::Topology(value.to_owned()))),
    };
    let drawn =
        matches!(shard.topology, TopologySpec::Graph(_)).then_some(("graph", "As drawn", "the pairs that the scenario names"));
    let topologies = TOPOLOGIES.into_iter().chain(drawn).map(topology).collect();
    let delivery = |spec: DeliverySpec| {
        let text = match spec {
            DeliverySpec::AsItComes => "as it comes",
            DeliverySpec::Causal => "after all that its writer's leader had",
        };
        option(spec.name(), text, shard.delivery == spec)
    };
    let numbers = vec![
        option("next", "the next free number", shard.numbers == NumbersSpec::Next),
        option("interleaved", "numbers that only this leader gives", shard.numbers == NumbersSpec::Interleaved),
    ];
    let told = vec![
        Field::Modes(topologies),
        choice("An update is applied", DeliverySpec::ALL.into_iter().map(delivery).collect(), &command(ShardSet::Delivery)),
        choice("New rows get", numbers, &command(ShardSet::Numbers)),
    ];
    let rules = ranges(shard)
        .map(|(place, name, rule)| choice(name, rules(scenario, (index, shard), place, rule), &command(ShardSet::Rule(place))));
    [
        Field::Group(format!("Leaders{of} tell each other"), told),
        Field::Group(format!("Concurrent writes{of} of"), rules.collect()),
    ]
}

/// The ranges of keys of a shard with their rules; the last is of all keys that no other one names.
fn ranges(shard: &Shard) -> impl Iterator<Item = (usize, String, ConflictRule)> {
    let rest = if shard.conflicts.is_empty() { "all keys" } else { "all other keys" };
    let whole = shard.conflicts.iter().any(|spec| spec.keys.is_empty());
    let name = move |spec: &ConflictSpec| if spec.keys.is_empty() { rest.to_owned() } else { spec.keys.join(", ") };
    let named = shard.conflicts.iter().enumerate().map(move |(place, spec)| (place, name(spec), spec.rule.clone()));
    let other = (!whole).then(|| (shard.conflicts.len(), rest.to_owned(), ConflictRule::default()));
    named.chain(other)
}

/// The rules that can be chosen for a range: the one that it has, and those with which the scenario can be run.
fn rules(scenario: &Scenario, (index, shard): (usize, &Shard), place: usize, has: ConflictRule) -> Vec<Choice> {
    let all = NAMES.into_iter().filter_map(|(value, text)| Some((value, text, rule(value, shard)?)));
    let fits = |rule: &ConflictRule| {
        let mut other = scenario.clone();
        let is_range = other.shards.get_mut(index).is_some_and(|shard| set_rule(shard, place, rule.clone()));
        is_range && (scenario.script.len() > TRIED_MAX || Plan::new(&other).is_ok())
    };
    let same =
        |rule: &ConflictRule| std::mem::discriminant(rule) == std::mem::discriminant(&has) && clock_of(rule) == clock_of(&has);
    all.filter(|(.., rule)| same(rule) || fits(rule)).map(|(value, text, rule)| option(value, text, same(&rule))).collect()
}

fn clock_of(rule: &ConflictRule) -> Option<WinnerClock> {
    if let ConflictRule::LastWriteWins(clock) = rule { Some(*clock) } else { None }
}

const NAMES: [(&str, &str); 11] = [
    ("physical", "the last by the machines' clocks wins"),
    ("lamport", "the last by Lamport clocks wins"),
    ("hybrid", "the last by hybrid clocks wins"),
    ("siblings", "all stay, and a client resolves them"),
    ("avoid", "do not happen: one leader takes them"),
    ("union", "sets are united"),
    ("cart", "sets are united, without what was taken out"),
    ("maximum", "the largest number stays"),
    ("sum", "every addition counts"),
    ("rebase", "the centre of the star puts them in order"),
    ("concatenate", "each leader writes one behind the other"),
];

fn rule(name: &str, shard: &Shard) -> Option<ConflictRule> {
    Some(match name {
        "physical" => ConflictRule::LastWriteWins(WinnerClock::Physical),
        "lamport" => ConflictRule::LastWriteWins(WinnerClock::Lamport),
        "hybrid" => ConflictRule::LastWriteWins(WinnerClock::Hybrid),
        "siblings" => ConflictRule::Siblings,
        "avoid" => ConflictRule::Avoid(shard.leader.clone()),
        "union" => ConflictRule::Union,
        "cart" => ConflictRule::Cart,
        "maximum" => ConflictRule::Maximum,
        "sum" => ConflictRule::Sum,
        "rebase" => ConflictRule::Rebase,
        "concatenate" => ConflictRule::Concatenate,
        _ => return None,
    })
}

/// Gives a range another rule; whether there is such a range.
fn set_rule(shard: &mut Shard, place: usize, rule: ConflictRule) -> bool {
    let count = shard.conflicts.len();
    match shard.conflicts.get_mut(place) {
        Some(spec) => spec.rule = rule,
        None if place == count => shard.conflicts.push(ConflictSpec { keys: Vec::new(), rule }),
        None => return false,
    }
    true
}

/// Makes a setting of a shard.
pub(super) fn set(shard: &mut Shard, change: &ShardSet, value: &str) {
    match change {
        ShardSet::Topology(name) => {
            shard.topology = match name.as_str() {
                "ring" => TopologySpec::Ring,
                "star" => TopologySpec::Star,
                // What was drawn is there only as long as it is chosen.
                "graph" => shard.topology.clone(),
                _ => TopologySpec::AllToAll,
            };
        }
        ShardSet::Delivery => {
            shard.delivery = if value == "causal" { DeliverySpec::Causal } else { DeliverySpec::AsItComes };
        }
        ShardSet::Numbers => {
            shard.numbers = if value == "interleaved" { NumbersSpec::Interleaved } else { NumbersSpec::Next };
        }
        ShardSet::Rule(place) => {
            if let Some(rule) = rule(value, shard) {
                set_rule(shard, *place, rule);
            }
        }
        other => unreachable!("{other:?} is no setting of several leaders"),
    }
}

/// Lets a client turn to another leader from the start; or to another node of a ring, or to any if none is named.
pub(super) fn set_home(scenario: &mut Scenario, client: usize, home: &str) {
    let can = scenario.shards.iter().any(|shard| match &shard.ring {
        Some(ring) => home.is_empty() || ring.each_node().any(|(_, name)| name == home),
        None => shard.leaders().any(|(name, _)| name == home),
    });
    if let Some(client) = scenario.clients.get_mut(client).filter(|_| can) {
        client.home = Some(home.to_owned()).filter(|home| !home.is_empty());
    }
}
