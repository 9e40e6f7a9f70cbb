//! When a write is acknowledged: which followers must have it, and how far.

use crate::engine::command::{Command, Set, ShardSet};
use crate::engine::field::{Field, choice, option, tick};
use crate::scenario::{AckSpec, LevelSpec, OnLossSpec, SelectionSpec, Shard, SyncSpec};
use crate::time::SimDuration;

/// How long a leader waits for followers that are silent.
const PATIENCE: SimDuration = SimDuration::secs(1);

/// The fields of a shard; `several` says whether there are others.
pub(super) fn fields(index: usize, shard: &Shard, several: bool) -> Field {
    let spec = sync_of(&shard.ack);
    let what = if several { format!("A write to {}", shard.name) } else { "A write".to_owned() };
    let wait = |follower: &String| {
        let on = spec.followers.contains(follower);
        tick(format!("wait for {follower}"), on, &Command::Set(Set::Shard(index, ShardSet::WaitFor(follower.clone()))))
    };
    let mut fields: Vec<Field> = shard.followers.iter().map(wait).collect();
    fields.push(Field::Summary(summary(&spec)));
    if !spec.followers.is_empty() {
        fields.extend(details(index, &spec));
    }
    Field::Group(format!("{what} is acknowledged when it is on the leader's disk and"), fields)
}

fn details(index: usize, spec: &SyncSpec) -> [Field; 4] {
    let command = |change| Command::Set(Set::Shard(index, change));
    let counts = (1..=spec.followers.len()).map(|k| option(k.to_string(), k.to_string(), k == spec.k)).collect();
    let which = vec![
        option("first", "the first of the list", spec.selection == SelectionSpec::First),
        option("any", "any of the list", spec.selection == SelectionSpec::Any),
    ];
    let levels = vec![
        option("received", "received it", spec.level == LevelSpec::Received),
        option("flushed", "flushed it to disk", spec.level == LevelSpec::Flushed),
        option("applied", "applied it", spec.level == LevelSpec::Applied),
    ];
    let losses = vec![
        option("block", "wait for ever", spec.on_loss == OnLossSpec::Block),
        option("async", "after 1 s go asynchronous", matches!(spec.on_loss, OnLossSpec::FallBackToAsync(_))),
        option("next", "after 1 s take the next", matches!(spec.on_loss, OnLossSpec::PromoteNext(_))),
    ];
    [
        choice("How many", counts, &command(ShardSet::Count)),
        choice("Which", which, &command(ShardSet::Selection)),
        choice("They must have", levels, &command(ShardSet::Level)),
        choice("If they are silent", losses, &command(ShardSet::OnLoss)),
    ]
}

/// The rule as a list of followers; of an asynchronous one it is empty.
fn sync_of(ack: &AckSpec) -> SyncSpec {
    match ack {
        AckSpec::Sync(spec) => spec.clone(),
        AckSpec::Async => SyncSpec {
            followers: Vec::new(),
            k: 1,
            selection: SelectionSpec::First,
            level: LevelSpec::Flushed,
            on_loss: OnLossSpec::Block,
        },
    }
}

fn summary(spec: &SyncSpec) -> String {
    if spec.followers.is_empty() {
        return "nothing else: asynchronous. A crash of the leader can lose acknowledged writes.".to_owned();
    }
    let all = spec.followers.join(", ");
    let level = match spec.level {
        LevelSpec::Received => "has received it",
        LevelSpec::Flushed => "has it on disk",
        LevelSpec::Applied => "has applied it",
    };
    if spec.followers.len() == 1 {
        return format!("{all} {level}. The leader itself is not counted.");
    }
    let which = if spec.selection == SelectionSpec::Any { "any" } else { "the first" };
    format!("{which} {} of {all} {level}. The leader itself is not counted.", spec.k)
}

/// Makes a setting of the rule. Nothing ticked is asynchronous.
pub(super) fn set(ack: &mut AckSpec, change: &ShardSet, value: &str) {
    let mut spec = sync_of(ack);
    match change {
        ShardSet::WaitFor(follower) if spec.followers.contains(follower) => spec.followers.retain(|other| other != follower),
        ShardSet::WaitFor(follower) => spec.followers.push(follower.clone()),
        ShardSet::Count => spec.k = value.parse().unwrap_or(1),
        ShardSet::Selection => spec.selection = if value == "any" { SelectionSpec::Any } else { SelectionSpec::First },
        ShardSet::Level => {
            spec.level = match value {
                "received" => LevelSpec::Received,
                "applied" => LevelSpec::Applied,
                _ => LevelSpec::Flushed,
            };
        }
        ShardSet::OnLoss => {
            spec.on_loss = match value {
                "async" => OnLossSpec::FallBackToAsync(PATIENCE),
                "next" => OnLossSpec::PromoteNext(PATIENCE),
                _ => OnLossSpec::Block,
            };
        }
        other => unreachable!("{other:?} is no setting of acknowledgements"),
    }
    spec.k = spec.k.clamp(1, spec.followers.len().max(1));
    *ack = if spec.followers.is_empty() { AckSpec::Async } else { AckSpec::Sync(spec) };
}
