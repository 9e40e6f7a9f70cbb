//! Stories: short traces with what is known to come of them, read from `tests/versions/*.txt`.
//!
//! A line at the margin is a step, and the indented lines below it say what the server of the step has then, each in one way of
//! keeping siblings:
//!
//!     write v1 at a                   somebody writes v1 through the server a, without having read
//!     read a as r1                    somebody reads, and calls the context r1
//!     write v2 at a after r1 r2       somebody writes with these contexts, merged
//!     sync b from a                   the server b takes in what a has
//!     reconcile a by sum              a makes one value of all siblings: by sum, or by joining them with "/"
//!     save a as s, restore a from s   the server a is set back
//!     compare v1 with v2              how two writes stand to each other
//!
//! The ways: `dotted set`, `dotted` (versions with a dot each), `per value` and `merged` (vectors with a counter for each server, beside each
//! value or beside all), and `history`, the sets of events, which are the truth. `context` is that of the dotted set or of a read, `vectors`
//! the vectors beside each value alone, and `id` what a server may say of its own id, told by whom it synced from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use replicated_telemetry_store::versions::{DottedSet, DottedVersionVector, VersionVector, check_own_id};

use super::model::{Events, Known, Writes, inclusion};
use super::stores::{Merged, PerValue, RIGHT, Store, Versions};

/// A key on one server, in all ways.
#[derive(Clone, Default)]
struct Server {
    set: DottedSet<String, String>,
    dotted: Versions<String, String, RIGHT>,
    per_value: PerValue<String, String>,
    merged: Merged<String, String>,
    known: Known<String>,
}

/// What a read returned: the context of each way.
#[derive(Clone, Default)]
struct Reading {
    set: VersionVector,
    dotted: VersionVector,
    per_value: VersionVector,
    merged: VersionVector,
    seen: Events,
}

impl Reading {
    fn of(server: &Server) -> Reading {
        Reading {
            set: server.set.context(),
            dotted: server.dotted.read().1,
            per_value: server.per_value.read().1,
            merged: server.merged.read().1,
            seen: server.known.events,
        }
    }

    fn merge(&mut self, other: &Reading) {
        self.set.merge(&other.set);
        self.dotted.merge(&other.dotted);
        self.per_value.merge(&other.per_value);
        self.merged.merge(&other.merged);
        self.seen |= other.seen;
    }
}

/// A write, as two of the ways stamp it.
struct Written {
    dotted: DottedVersionVector,
    per_value: VersionVector,
    history: Events,
}

#[derive(Default)]
struct World {
    servers: BTreeMap<String, Server>,
    saved: BTreeMap<String, Server>,
    readings: BTreeMap<String, Reading>,
    writes: Writes<String>,
    written: BTreeMap<String, Written>,
    /// What the lines below a step are about.
    shown: BTreeMap<&'static str, String>,
}

fn sum(values: Vec<String>) -> String {
    values.iter().map(|value| value.parse::<u64>().expect("a number")).sum::<u64>().to_string()
}

fn joined(values: Vec<String>) -> String {
    values.join("/")
}

fn sorted(mut values: Vec<String>) -> String {
    values.sort();
    values.join(" ")
}

impl World {
    fn server(&mut self, name: &str) -> &mut Server {
        self.servers.entry(name.to_owned()).or_default()
    }

    fn write(&mut self, value: &str, name: &str, contexts: &[&str]) {
        let mut context = Reading::default();
        contexts.iter().for_each(|read| context.merge(&self.readings[*read]));
        let number = u32::try_from(self.servers.keys().position(|known| known == name).unwrap_or(0)).expect("few servers");
        let server = self.servers.entry(name.to_owned()).or_default();
        let (id, value) = (name.to_owned(), value.to_owned());
        let event = self.writes.write(&mut server.known, context.seen, value.clone(), number);
        let per_value = server.per_value.next(&context.per_value, &id);
        server.set.update(&context.set, value.clone(), &id);
        server.dotted.write(&context.dotted, value.clone(), &id);
        server.per_value.write(&context.per_value, value.clone(), &id);
        server.merged.write(&context.merged, value.clone(), &id);
        let dotted = server.dotted.list.iter().find(|(_, stored)| *stored == value).expect("it was just written").0.clone();
        self.written.insert(value, Written { dotted, per_value, history: context.seen | (1 << event) });
        self.show(name);
    }

    fn sync(&mut self, to: &str, from: &str) {
        let other = self.server(from).clone();
        let server = self.server(to);
        let own = check_own_id(&to.to_owned(), &server.set.context(), &other.set.context());
        let contradictions = server.set.contradictions(&other.set);
        server.set.sync(&other.set);
        server.dotted.sync(&other.dotted);
        server.per_value.sync(&other.per_value);
        server.merged.sync(&other.merged);
        server.known.sync(&other.known);
        self.show(to);
        self.shown.insert("id", own.map_or_else(|reused| reused.to_string(), |()| "as it should be".to_owned()));
        let dots: Vec<String> = contradictions.iter().map(ToString::to_string).collect();
        self.shown.insert("contradictions", if dots.is_empty() { "none".to_owned() } else { dots.join(" ") });
    }

    fn reconcile(&mut self, name: &str, merge: fn(Vec<String>) -> String) {
        let server = self.servers.get_mut(name).expect("a server that was named before");
        server.set.reconcile(merge);
        self.writes.reconcile(&mut server.known, merge);
        self.show(name);
    }

    fn compare(&mut self, a: &str, b: &str) {
        let (a, b) = (&self.written[a], &self.written[b]);
        let history = inclusion(a.history, b.history).to_string();
        let answers = [("dotted", a.dotted.compare(&b.dotted)), ("per value", a.per_value.compare(&b.per_value))];
        self.shown = answers.into_iter().map(|(way, answer)| (way, answer.to_string())).collect();
        self.shown.insert("history", history);
    }

    fn show(&mut self, name: &str) {
        let server = self.server(name).clone();
        let dotted: Vec<String> = server.dotted.list.iter().map(|(version, value)| format!("{value} = {version}")).collect();
        let vectors: Vec<String> = server.per_value.list.iter().map(|(vector, _)| vector.to_string()).collect();
        self.shown = BTreeMap::from([
            ("dotted set", server.set.to_string()),
            ("values", sorted(server.set.values().cloned().collect())),
            ("context", server.set.context().to_string()),
            ("dotted", dotted.join("; ")),
            ("per value", sorted(server.per_value.read().0)),
            ("vectors", vectors.join(" ")),
            ("merged", sorted(server.merged.read().0)),
            ("history", sorted(self.writes.siblings(&server.known))),
        ]);
    }

    fn step(&mut self, line: &str) {
        match *line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["write", value, "at", server] => self.write(value, server, &[]),
            ["write", value, "at", server, "after", ref contexts @ ..] if !contexts.is_empty() => {
                self.write(value, server, contexts)
            }
            ["read", server, "as", name] => {
                let reading = Reading::of(self.server(server));
                self.show(server);
                self.readings.insert(name.to_owned(), reading);
            }
            ["sync", to, "from", from] => self.sync(to, from),
            ["reconcile", server, "by", "sum"] => self.reconcile(server, sum),
            ["reconcile", server, "by", "joining"] => self.reconcile(server, joined),
            ["save", server, "as", name] => {
                let state = self.server(server).clone();
                self.saved.insert(name.to_owned(), state);
            }
            ["restore", server, "from", name] => {
                self.servers.insert(server.to_owned(), self.saved[name].clone());
                self.show(server);
            }
            ["compare", a, "with", b] => self.compare(a, b),
            _ => panic!("no step is '{line}'"),
        }
    }
}

/// Carries out a story; how many expectations it has.
fn tell(text: &str) -> Result<usize, String> {
    let (mut world, mut held) = (World::default(), 0);
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty()) {
        let Some(expected) = line.strip_prefix("    ") else {
            world.step(line);
            continue;
        };
        let (way, expected) =
            expected.split_once(": ").ok_or_else(|| format!("line {number}: a way and what it has: '{line}'"))?;
        let Some(found) = world.shown.get(way) else { return Err(format!("line {number}: no way is '{way}'")) };
        if found != expected {
            return Err(format!("line {number}: {way} has {found}, and not {expected}"));
        }
        held += 1;
    }
    Ok(held)
}

fn story(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions").join(format!("{name}.txt"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const STORIES: [&str; 11] = [
    "cart",
    "dynamo",
    "mary-and-peter",
    "mary-and-peter-elsewhere",
    "read-at-another-server",
    "reconcile",
    "reconcile-differently",
    "restored-node",
    "restored-node-unnoticed",
    "sync",
    "update",
];

#[test]
fn stories_come_out_as_the_papers_have_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions");
    let files = fs::read_dir(folder).expect("a folder").filter_map(|file| file.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = files.filter_map(|name| name.strip_suffix(".txt").map(str::to_owned)).collect();
    names.sort();
    assert_eq!(names, STORIES, "every story is told");
    for name in STORIES {
        let text = story(name);
        assert!(text.starts_with("# ") && text.contains("\n# Source: "), "{name} says where it is from");
        let held = tell(&text).unwrap_or_else(|wrong| panic!("tests/versions/{name}.txt, {wrong}"));
        assert!(held > 3, "{name} expects {held} things only");
    }
}

#[test]
fn a_story_that_comes_out_otherwise_is_found() {
    for name in STORIES {
        let text = story(name);
        let expectations = text.lines().filter(|line| line.starts_with("    "));
        for line in expectations {
            let changed = text.replacen(line, &format!("{line}!"), 1);
            assert!(tell(&changed).is_err(), "{name}: '{line}' expects nothing");
        }
    }
}
