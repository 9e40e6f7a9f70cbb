//! What a message between a client and a replica carries, as far as it can be read on the stage: the value that is to be written, or the value
//! that an answer brings back, so that a stale answer is seen to be stale on its way.

use super::words::fitting;
use crate::family::leaderless::Versions;
use crate::family::{Message, leaderless, multi_leader, single_leader};
use crate::log::Value;
use crate::run::Run;

/// How many letters a message has room for.
const LETTERS: f64 = 8.0;

/// The value in a message, cut to what there is room for; empty if it carries none.
pub(super) fn carried(run: &Run, message: &Message) -> String {
    let text = match message {
        Message::SingleLeader(message) => of_one_leader(run, message),
        Message::MultiLeader(_, message) => of_several_leaders(run, message),
        Message::Leaderless(_, message) => on_a_ring(run, message),
    };
    text.map(|text| fitting(&text, LETTERS, 1.0)).unwrap_or_default()
}

fn of_one_leader(run: &Run, message: &single_leader::Message) -> Option<String> {
    use single_leader::{Answer, Message};
    if let Message::Write { value, .. } = message {
        return plain(run, *value);
    }
    let Message::Reply { answer: Answer::Value { found, .. }, .. } = message else { return None };
    found.map_or(Some("none".to_owned()), |version| plain(run, version.value))
}

fn of_several_leaders(run: &Run, message: &multi_leader::Message) -> Option<String> {
    use multi_leader::{Answer, Message};
    if let Message::Write { value, .. } = message {
        return plain(run, *value);
    }
    let Message::Reply { answer: Answer::Shown(shown), .. } = message else { return None };
    Some(shown_words(run, shown))
}

fn shown_words(run: &Run, shown: &multi_leader::Shown) -> String {
    let mut values: Vec<String> = shown.versions.iter().filter_map(|version| plain(run, version.value)).collect();
    // A rule that merges shows the same value for each version.
    values.dedup();
    if values.is_empty() { "none".to_owned() } else { values.join("∥") }
}

/// On a ring also what goes from node to node: that is where a read becomes stale.
fn on_a_ring(run: &Run, message: &leaderless::Message) -> Option<String> {
    use leaderless::{Answer, Message};
    match message {
        Message::Put { value, .. } => plain(run, *value),
        Message::Reply { answer: Answer::Shown { versions, .. }, .. }
        | Message::Store { versions, .. }
        | Message::Found { versions, .. }
        | Message::HandOff { versions, .. } => Some(versions_words(run, versions)),
        Message::Get { .. }
        | Message::Reply { .. }
        | Message::Stored { .. }
        | Message::Fetch { .. }
        | Message::HandedOff { .. }
        | Message::Compare { .. }
        | Message::Exchange { .. }
        | Message::Gossip { .. } => None,
    }
}

fn versions_words(run: &Run, versions: &Versions) -> String {
    let values: Vec<String> = versions.iter().filter_map(|version| plain(run, version.value)).collect();
    if values.is_empty() { "none".to_owned() } else { values.join("∥") }
}

/// A value that can be read in a few letters; statements and the like have names of their own elsewhere.
fn plain(run: &Run, value: Value) -> Option<String> {
    match value {
        Value::Text(_)
        | Value::Int(_)
        | Value::Set(_)
        | Value::Joined(_)
        | Value::Method(_)
        | Value::Characters(_)
        | Value::Amounts(_) => Some(run.plan.show(value)),
        Value::Delta(more) => Some(format!("{more:+}")),
        Value::Nothing => Some("delete".to_owned()),
        Value::Statement(_) | Value::Column => None,
    }
}
