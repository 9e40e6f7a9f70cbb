//! What the stage says, in words: every label, accessible name and title of it.
//!
//! The page draws these texts and makes none of its own, so that `tests/stage.rs` can compare all of them with the replicas.

use super::cells::{Cell, Stored};
use super::lane::Lane;
use super::stage::{ClientBox, Group};
use super::title;
use super::window::Place;
use crate::log::{KeyId, Value};
use crate::operation::Kind;
use crate::run::Run;
use crate::simulation::Status;
use crate::time::SimDuration;

/// An operation in a few words.
#[must_use]
pub fn op_line(run: &Run, key: KeyId, kind: Kind, outcome: Option<crate::operation::Outcome>) -> String {
    use crate::operation::Outcome;
    let (id, key) = (key, run.plan.key_name(key));
    // What stands for rows is named whole: `seen/*`, `passes/new`.
    let rows = matches!(kind, Kind::Write(Value::Statement(_)));
    let name = key.rsplit('/').next().filter(|_| !rows).unwrap_or(key);
    match (kind, outcome) {
        (Kind::Write(Value::Nothing), None) => format!("deletes {name} …"),
        (Kind::Write(Value::Delta(more)), None) => format!("adds {more:+} to {name} …"),
        (Kind::Write(Value::Nothing), Some(Outcome::Written { .. } | Outcome::Stamped { .. })) => format!("deleted {name}"),
        (Kind::Write(Value::Delta(more)), Some(Outcome::Written { .. } | Outcome::Stamped { .. })) => {
            format!("added {more:+} to {name}")
        }
        (Kind::Write(Value::Method(number)), None) => format!("{name}.{} …", run.plan.show_method(number)),
        (Kind::Write(Value::Method(number)), Some(Outcome::Written { .. } | Outcome::Stamped { .. })) => {
            format!("{name}.{}", run.plan.show_method(number))
        }
        (Kind::Write(Value::Method(number)), Some(Outcome::Rejected(_))) => {
            format!("{name}.{} refused", run.plan.show_method(number))
        }
        (Kind::Write(value), None) => format!("writes {name} = {} …", run.plan.show(value)),
        (Kind::Write(value), Some(Outcome::Written { .. } | Outcome::Stamped { .. })) => {
            format!("wrote {name} = {}", run.plan.show(value))
        }
        (Kind::Write(_), Some(Outcome::Rejected(_))) => format!("write of {name} rejected"),
        (Kind::Write(_), Some(_)) => format!("write of {name}: unknown outcome"),
        (Kind::Read(_), None) => format!("reads {name} …"),
        (Kind::Read(_), Some(Outcome::Value { found: Some(v), .. })) => format!("read {name} = {}", run.plan.show(v.value)),
        (Kind::Read(_), Some(Outcome::Value { found: None, .. })) => format!("read {name} = none"),
        (Kind::Read(_), Some(Outcome::Siblings { found, .. })) => {
            let values = run.plan.values_read(id, run.trace.versions.get(found));
            let values: Vec<String> = values.into_iter().map(|value| run.plan.show(value)).collect();
            format!("read {name} = {}", if values.is_empty() { "none".to_owned() } else { values.join(" ∥ ") })
        }
        (Kind::Read(_), Some(_)) => format!("read of {name} failed"),
    }
}

/// A text that fits into so much room, if each letter takes this much of it.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few letters")]
pub fn fitting(text: &str, room: f64, letter: f64) -> String {
    let most = (room / letter).max(1.0) as usize;
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// The first digits of a check sum: enough to see that two differ.
#[must_use]
pub fn short_sum(sum: u32) -> String {
    format!("{:04x}", sum >> 16)
}

/// A lane in words, for those who do not see it.
#[must_use]
pub fn describe(lane: &Lane) -> String {
    let mut words = format!("{}, {}, epoch {}", lane.name, lane.role, lane.epoch);
    let mut say = |what: &str| {
        words.push_str(", ");
        words.push_str(what);
    };
    if let Some(sum) = lane.sum {
        say(&format!("check sum of its rows {}", short_sum(sum)));
    }
    match lane.applied {
        0 => say("nothing applied"),
        applied => say(&format!("applied up to entry {applied}")),
    }
    match lane.divergent {
        0 => {}
        1 => say("1 entry that is not in the newest log"),
        n => say(&format!("{n} entries that are not in the newest log")),
    }
    match lane.behind.filter(|_| !lane.is_newest_leader()) {
        None => {}
        Some(0) if lane.divergent > 0 => {}
        Some(0) => say("up to date"),
        Some(n) => say(&format!("{n} behind the leader for {}", lane.lag_time.millis_words())),
    }
    for (n, how) in [(lane.flushed, "flushed but not applied"), (lane.received, "received but not flushed")] {
        if n > 0 {
            say(&format!("{n} {how}"));
        }
    }
    for (is, what) in [
        (lane.wire.cut_down, "cut off from the leader"),
        (lane.wire.cut_up, "cut off towards the leader"),
        (lane.wire.held, "messages held"),
        (!lane.note.is_empty(), lane.note.as_str()),
    ] {
        if is {
            say(what);
        }
    }
    words
}

/// How far a replica is from the newest log, beside its name; empty if there is nothing to say.
#[must_use]
pub fn lag_line(lane: &Lane, long: bool) -> String {
    if lane.status == Status::Down {
        return String::new();
    }
    if lane.divergent > 0 {
        return format!("{} not in the newest log", lane.divergent);
    }
    // Where replicas could come to differ, equal positions are not enough: the sums of their rows stand beside them.
    let sum = lane.sum.filter(|_| long).map(|sum| format!("rows {}", short_sum(sum)));
    match (lane.behind.filter(|_| !lane.is_newest_leader()), long) {
        (None, _) => sum.unwrap_or_default(),
        (Some(0), _) => sum.map_or("up to date".to_owned(), |sum| format!("up to date, {sum}")),
        // The box has room for four digits.
        (Some(n), true) if lane.lag_time >= SimDuration::secs(10) => {
            format!("{n} behind leader ({} s)", lane.lag_time.0 / 1_000_000)
        }
        (Some(n), true) => format!("{n} behind leader ({} ms)", lane.lag_time.0 / 1_000),
        (Some(n), false) => format!("{n} behind"),
    }
}

/// What happened to a replica last, or what it does: the third thing that its box says.
#[must_use]
pub fn note_line(lane: &Lane) -> String {
    match lane.discarded {
        Some((from, to)) if from == to => format!("discarded {from}"),
        Some((from, to)) => format!("discarded {from}–{to}"),
        None => lane.note.clone(),
    }
}

/// What a replica shows a reader of the key that clients turned to last: the end of the key's name and the value, and that it is not what the
/// newest leader shows. Empty before there is such a key.
#[must_use]
pub fn shows_line(lane: &Lane) -> String {
    let Some(shows) = &lane.shows else { return String::new() };
    let key = shows.key.rsplit('/').next().unwrap_or(&shows.key);
    let differs = match (shows.differs, lane.divergent) {
        (false, _) => "",
        (true, 0) => " (old)",
        // It may be newer than the leader's, and not count.
        (true, _) => " (differs)",
    };
    format!("{key} = {}{differs}", shows.value)
}

/// The same in words, for those who do not see it.
#[must_use]
pub fn describe_shown(lane: &Lane) -> String {
    let Some(shows) = &lane.shows else { return String::new() };
    let differs = if shows.differs { ", which is not what the newest leader shows" } else { "" };
    format!("; shows {} = {}{differs}", shows.key, shows.value)
}

/// What is wrong with the links between a replica and its leader.
#[must_use]
pub fn broken(lane: &Lane) -> &'static str {
    match (lane.wire.cut_down, lane.wire.cut_up) {
        (true, true) => "✕ cut",
        (true, false) => "✕ no way here",
        (false, true) => "✕ no way back",
        (false, false) if lane.wire.held => "‖ held",
        (false, false) => "",
    }
}

/// A client in words, for those who do not see it.
#[must_use]
pub fn describe_client(client: &ClientBox) -> String {
    let label = format!("client {}, {}", client.name, client.line);
    client.anomaly.map_or(label.clone(), |anomaly| format!("{label}, {}", title(anomaly)))
}

/// How many replicas a client cannot reach.
#[must_use]
pub fn cut_line(client: &ClientBox) -> String {
    match client.cut_from.len() {
        0 => String::new(),
        n => format!("✕ {n} cut"),
    }
}

/// What the columns of a group stand for, where a reader could not know.
#[must_use]
pub fn scale_line(group: &Group) -> String {
    match (group.window.scale, group.window.first - 1) {
        (1, 0) => String::new(),
        (1, _) if group.window.columns.small() => String::new(),
        (1, 1) => "… 1 earlier entry".to_owned(),
        (1, before) => format!("… {before} earlier entries"),
        (scale, _) => format!("{scale} entries in each cell"),
    }
}

/// What stands above the columns of small cells: column and text. A range begins at the left edge of its column, and has ten columns for
/// itself; a number stands above the middle.
#[must_use]
pub fn ruler(group: &Group) -> Vec<(usize, String)> {
    let window = &group.window;
    if !window.columns.small() {
        return Vec::new();
    }
    let text = |column: usize| match window.range(column) {
        (first, last) if first == last => first.is_multiple_of(10).then(|| first.to_string()),
        (first, last) => (last / window.scale % 10 == 1).then(|| format!("{first}–{last}")),
    };
    // What begins near the right edge would not fit.
    let columns = window.columns.count - if window.scale == 1 { 0 } else { 9 };
    (0..columns).filter_map(|column| Some((column, text(column)?))).collect()
}

/// The tokens of a group's sessions: those in one column share one mark, and so do those beyond an edge of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub place: Place,
    /// Whose tokens these are; with their numbers, where the column does not say them.
    pub names: String,
    /// What they mean.
    pub title: String,
}

/// The tokens under a group's log, from left to right.
#[must_use]
pub fn tokens(group: &Group) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for mark in &group.tokens {
        let place = group.window.place(mark.lsn);
        let exact = matches!(place, Place::In(_)) && group.window.scale == 1;
        let name = if exact { mark.name.clone() } else { format!("{} ({})", mark.name, mark.lsn) };
        let to = if exact { format!("entry {}", mark.lsn) } else { "the entry of that number".to_owned() };
        let title = |names: &str| format!("{names}: knows of {to}; a session-consistent read asks for at least that");
        match tokens.binary_search_by_key(&place, |token| token.place) {
            Ok(at) => {
                let names = format!("{}, {name}", tokens[at].names);
                tokens[at] = Token { place, title: title(&names), names };
            }
            Err(at) => tokens.insert(at, Token { place, title: title(&name), names: name }),
        }
    }
    tokens
}

/// A cell with a number in words.
#[must_use]
pub fn describe_cell(cell: &Cell) -> String {
    let state = match cell.stored() {
        Stored::Missing => return format!("entry {} is not here", cell.first),
        Stored::Ahead => "arrived early",
        Stored::Received => "received",
        Stored::Flushed => "flushed",
        Stored::Applied => "applied",
        Stored::Snapshot => return format!("entry {} is in the snapshot, and not in the log", cell.first),
    };
    format!("entry {}, epoch {}: {} ({state})", cell.first, cell.epoch, cell.text)
}

/// A text in lines of at most so many letters.
#[must_use]
pub fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_no_longer_than_they_may_be() {
        let lines = wrapped("one two three four five", 9);
        assert_eq!(lines, ["one two", "three", "four five"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
    }
}
