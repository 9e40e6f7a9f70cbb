//! The events of a script.

use super::tree::Value;
use super::values::{Fields, Struct};
use super::{Blank, Form, Io};
use crate::scenario::{Datum, Direction, Event, LinkSpec, Scheduled, SetSpec, Target, star};
use crate::time::SimDuration;

impl Blank for Scheduled {
    fn blank() -> Scheduled {
        Scheduled { at: SimDuration::ZERO, event: Event::blank() }
    }
}

impl Form for Scheduled {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("at", &mut self.at), ("do", &mut self.event)]).form(io);
    }
}

impl Blank for Target {
    fn blank() -> Target {
        Target { node: String::new() }
    }
}

impl Form for Target {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("node", &mut self.node)]).form(io);
    }
}

impl Blank for Direction {
    fn blank() -> Direction {
        Direction { from: String::new(), to: String::new() }
    }
}

impl Form for Direction {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("from", &mut self.from), ("to", &mut self.to)]).form(io);
    }
}

/// The names of all events.
const EVENTS: [&str; 18] = [
    "write",
    "read",
    "update",
    "insert",
    "link",
    "partition",
    "cut",
    "heal",
    "hold",
    "release",
    "crash",
    "restart",
    "pause",
    "resume",
    "promote",
    "alter",
    "upgrade",
    "join",
];

/// The event of this name with nothing in it yet.
fn empty_event(name: &str) -> Option<Event> {
    let text = String::new;
    Some(match name {
        "write" => Event::Write { client: text(), key: text(), value: Datum::blank() },
        "read" => Event::Read { client: text(), key: text(), at: None, mode: None },
        "update" => Event::Update { client: text(), rows: text(), set: SetSpec::Now },
        "insert" => Event::Insert { client: text(), table: text(), value: Datum::blank() },
        "link" => Event::Link(LinkSpec::blank()),
        "partition" => Event::Partition { a: Vec::new(), b: Vec::new() },
        "cut" => Event::Cut(Direction::blank()),
        "heal" => Event::Heal { a: star(), b: star() },
        "hold" => Event::Hold(Direction::blank()),
        "release" => Event::Release(Direction::blank()),
        "crash" => Event::Crash(Target::blank()),
        "restart" => Event::Restart(Target::blank()),
        "pause" => Event::Pause(Target::blank()),
        "resume" => Event::Resume(Target::blank()),
        "promote" => Event::Promote(Target::blank()),
        "alter" => Event::Alter(Target::blank()),
        "upgrade" => Event::Upgrade(Target::blank()),
        "join" => Event::Join(Target::blank()),
        _ => return None,
    })
}

impl Blank for Event {
    fn blank() -> Event {
        Event::Heal { a: star(), b: star() }
    }
}

impl Form for Event {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match empty_event(name) {
                Some(event) => *self = event,
                None => return io.unknown(name, &EVENTS),
            }
        }
        match self {
            Event::Write { client, key, value } => {
                io.content("write", &mut Fields(vec![("client", client), ("key", key), ("value", value)]));
            }
            Event::Read { client, key, at, mode } => io.content(
                "read",
                &mut Struct(&mut |io| {
                    io.must("client", client);
                    io.must("key", key);
                    io.may("at", at);
                    io.may("mode", mode);
                }),
            ),
            Event::Update { client, rows, set } => {
                io.content("update", &mut Fields(vec![("client", client), ("rows", rows), ("set", set)]));
            }
            Event::Insert { client, table, value } => {
                io.content("insert", &mut Fields(vec![("client", client), ("table", table), ("value", value)]));
            }
            Event::Link(spec) => io.content("link", spec),
            Event::Partition { a, b } => io.content("partition", &mut Fields(vec![("a", a), ("b", b)])),
            Event::Cut(direction) => io.content("cut", direction),
            Event::Heal { a, b } => io.content(
                "heal",
                &mut Struct(&mut |io| {
                    io.or("a", a, star());
                    io.or("b", b, star());
                }),
            ),
            Event::Hold(direction) => io.content("hold", direction),
            Event::Release(direction) => io.content("release", direction),
            Event::Crash(target) => io.content("crash", target),
            Event::Restart(target) => io.content("restart", target),
            Event::Pause(target) => io.content("pause", target),
            Event::Resume(target) => io.content("resume", target),
            Event::Promote(target) => io.content("promote", target),
            Event::Alter(target) => io.content("alter", target),
            Event::Upgrade(target) => io.content("upgrade", target),
            Event::Join(target) => io.content("join", target),
        }
    }
}

impl Form for SetSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "now" => *self = SetSpec::Now,
                "random" => *self = SetSpec::Random,
                "add" => *self = SetSpec::Add(Datum::blank()),
                "to" => *self = SetSpec::To(Datum::blank()),
                _ => return io.unknown(name, &["now", "random", "add", "to"]),
            }
        }
        match self {
            SetSpec::Now => io.bare("now"),
            SetSpec::Random => io.bare("random"),
            SetSpec::Add(more) => io.content("add", more),
            SetSpec::To(value) => io.content("to", value),
        }
    }
}

impl Blank for Datum {
    fn blank() -> Datum {
        Datum::Int(0)
    }
}

impl Form for Datum {
    fn form(&mut self, io: &mut Io<'_>) {
        let Some(node) = io.node else {
            return match self {
                Datum::Int(n) => io.out += &n.to_string(),
                Datum::Text(text) => io.quote(text),
            };
        };
        let number = match &node.value {
            Value::Text(text) => return *self = Datum::Text(text.clone()),
            Value::Int(false, n) => i64::try_from(*n).ok(),
            Value::Int(true, n) => 0_i64.checked_sub_unsigned(*n),
            _ => return io.expected("a text or a whole number"),
        };
        match number {
            Some(n) => *self = Datum::Int(n),
            None => io.wrong("number out of range".to_owned()),
        }
    }
}
