//! What is looked at before names are: the version, the sizes, and what a name may be.

use super::place::{Place, Result, at_most, item, top, wrong};
use crate::scenario::limits::{LIST_MAX, NAME_MAX, NODES_MAX, PROSE_MAX, SCRIPT_MAX, SHARDS_MAX, UNTIL_MAX};
use crate::scenario::{Scenario, VERSION};
use crate::time::SimDuration;

pub(super) fn check_name(name: &str, path: &Place<'_>) -> Result<()> {
    if name.is_empty() || name == "*" {
        return wrong(path, format!("'{name}' cannot be a name"));
    }
    if name.chars().any(char::is_control) {
        return wrong(path, "a name cannot hold control characters");
    }
    at_most(name.len(), NAME_MAX, path, "bytes")
}

pub(super) fn check_sizes(scenario: &Scenario) -> Result<()> {
    if scenario.version != VERSION {
        return wrong(&top("version"), format!("this program reads version {VERSION}, not {}", scenario.version));
    }
    if scenario.until > UNTIL_MAX || scenario.until == SimDuration::ZERO {
        return wrong(&top("until"), format!("a run lasts from 1us to {UNTIL_MAX}, not {}", scenario.until));
    }
    if scenario.shards.is_empty() {
        return wrong(&top("shards"), "a scenario needs at least one shard");
    }
    if scenario.op_timeout == SimDuration::ZERO {
        return wrong(&top("op_timeout"), "an operation needs some time");
    }
    if scenario.read.attempt_timeout == SimDuration::ZERO {
        return wrong(&top("read.attempt_timeout"), "an attempt needs some time");
    }
    at_most(scenario.title.len(), PROSE_MAX, &top("title"), "bytes")?;
    if let Some(lesson) = &scenario.lesson {
        at_most(lesson.story.len(), PROSE_MAX, &top("lesson.story"), "bytes")?;
        at_most(lesson.hint.len(), PROSE_MAX, &top("lesson.hint"), "bytes")?;
    }
    at_most(scenario.shards.len(), SHARDS_MAX, &top("shards"), "shards")?;
    at_most(scenario.clients.len(), NODES_MAX, &top("clients"), "clients")?;
    at_most(scenario.links.len(), LIST_MAX, &top("links"), "links")?;
    at_most(scenario.workload.len(), LIST_MAX, &top("workload"), "workloads")?;
    at_most(scenario.script.len(), SCRIPT_MAX, &top("script"), "events")?;
    for (i, shard) in scenario.shards.iter().enumerate() {
        at_most(shard.followers.len(), NODES_MAX, &item("shards", i).at("followers"), "followers")?;
        at_most(shard.peers.len(), NODES_MAX, &item("shards", i).at("peers"), "peers")?;
        at_most(shard.conflicts.len(), LIST_MAX, &item("shards", i).at("conflicts"), "entries")?;
        at_most(shard.keys.len(), LIST_MAX, &item("shards", i).at("keys"), "prefixes")?;
    }
    Ok(())
}
