//! The JSON form of a scenario: one function per structure, which both reads and writes it.
//!
//! Derived code reads and writes scenarios as well, and a test holds both to the same texts; but it would cost a browser about
//! 30 kB, and cannot say where a mistake of meaning stands. To add a field to a structure, name it once in its `form` in `shapes` or
//! `events`: `must` for one that is always there, `may` for one that is left out when it says nothing (see [`Form::absent`]),
//! `or` for one with another default.

mod events;
mod shapes;
mod tree;
mod values;

pub(super) use tree::{Mistake, Node};

use tree::Value;

/// Something that has a JSON form.
pub(super) trait Form {
    /// Reads or writes it.
    fn form(&mut self, io: &mut Io<'_>);

    /// Whether a field with this value is left out.
    fn absent(&self) -> bool {
        false
    }
}

/// What stands in the place of something before it is read.
pub(super) trait Blank {
    /// The value that says nothing yet.
    fn blank() -> Self;
}

/// Reads `root` into a value.
pub(super) fn read<T: Form + Blank>(root: &Node) -> Result<T, Mistake> {
    let mut io = Io { node: Some(root), ..Io::default() };
    let mut value = T::blank();
    value.form(&mut io);
    io.mistake.map_or(Ok(value), Err)
}

/// Writes a value as `serde_json` does when it is asked for beauty.
pub(super) fn write(value: &mut dyn Form) -> String {
    let mut io = Io::default();
    value.form(&mut io);
    io.out
}

/// A form being read or written. After the first mistake nothing more is read.
#[derive(Default)]
pub(super) struct Io<'t> {
    /// What is read; none while writing.
    node: Option<&'t Node>,
    /// The fields that were asked for, of all objects that are being read.
    asked: Vec<&'static str>,
    mistake: Option<Mistake>,
    out: String,
    depth: usize,
    /// Whether the object or list that is being written has an item already.
    filled: bool,
}

impl<'t> Io<'t> {
    fn reading(&self) -> bool {
        self.node.is_some()
    }

    /// Says that what is being read is wrong.
    #[inline(never)]
    fn wrong(&mut self, message: String) {
        if let Some(node) = self.node {
            self.wrong_at(node.at, message);
        }
    }

    fn wrong_at(&mut self, at: usize, message: String) {
        self.mistake.get_or_insert(Mistake { at, message });
    }

    #[inline(never)]
    fn expected(&mut self, what: &str) {
        let found = self.node.map(Node::words).unwrap_or_default();
        self.wrong(format!("expected {what}, found {found}"));
    }

    /// Reads or writes something at another place.
    fn inside(&mut self, node: &'t Node, value: &mut dyn Form) {
        let outside = self.node.replace(node);
        value.form(self);
        self.node = outside;
    }

    /// A field that is always there.
    #[inline(never)]
    pub(super) fn must(&mut self, name: &'static str, value: &mut dyn Form) {
        if self.reading() && !self.field(name, value) {
            self.wrong(format!("missing field `{name}`"));
        } else if !self.reading() {
            self.write_field(name, value);
        }
    }

    /// A field that is left out when it says nothing.
    #[inline(never)]
    pub(super) fn may(&mut self, name: &'static str, value: &mut dyn Form) {
        if self.reading() {
            self.field(name, value);
        } else if !value.absent() {
            self.write_field(name, value);
        }
    }

    /// A field that is always written, but need not be there.
    #[inline(never)]
    pub(super) fn kept(&mut self, name: &'static str, value: &mut dyn Form) {
        if self.reading() {
            self.field(name, value);
        } else {
            self.write_field(name, value);
        }
    }

    /// A field that is left out when it has this value.
    pub(super) fn or<T: Form + PartialEq>(&mut self, name: &'static str, value: &mut T, default: T) {
        if self.reading() {
            if !self.field(name, value) {
                *value = default;
            }
        } else if *value != default {
            self.write_field(name, value);
        }
    }

    /// Reads a field; says whether it is there.
    fn field(&mut self, name: &'static str, value: &mut dyn Form) -> bool {
        self.asked.push(name);
        let Some(Node { value: Value::Object(fields), .. }) = self.node else { return true };
        let Some((.., node)) = fields.iter().find(|(_, other, _)| other == name) else { return false };
        self.inside(node, value);
        true
    }

    fn write_field(&mut self, name: &str, value: &mut dyn Form) {
        self.next_item();
        self.quote(name);
        self.out += ": ";
        value.form(self);
        self.filled = true;
    }

    /// The fields of a structure; no others may be there.
    #[inline(never)]
    pub(super) fn object(&mut self, fields: &mut dyn FnMut(&mut Io<'t>)) {
        match self.node {
            Some(Node { value: Value::Object(found), at: start }) => {
                let first = self.asked.len();
                fields(self);
                let asked = self.asked.split_off(first);
                if let Some((at, name, _)) = found.iter().find(|(_, name, _)| !asked.iter().any(|a| a == name)) {
                    // A slip in a name makes a field missing and another one unknown: the second says more.
                    self.mistake.take_if(|mistake| mistake.at == *start);
                    self.wrong_at(*at, format!("unknown field `{name}`, expected {}", one_of(&asked)));
                }
            }
            Some(_) => self.expected("an object"),
            None => {
                self.open('{');
                fields(self);
                self.close('}');
            }
        }
    }

    /// The items of a list.
    #[inline(never)]
    fn items(&self) -> Option<&'t [Node]> {
        match self.node {
            Some(Node { value: Value::List(items), .. }) => Some(items),
            _ => None,
        }
    }

    /// The name of the variant that is being read, alone or with what goes with it; none while writing.
    #[inline(never)]
    pub(super) fn tag(&mut self) -> Option<&'t str> {
        match &self.node?.value {
            Value::Text(name) => Some(name),
            Value::Object(fields) if fields.len() == 1 => Some(&fields[0].1),
            _ => {
                self.expected("a name, or an object of one name");
                None
            }
        }
    }

    /// Says that there is no variant of the name that is being read.
    #[inline(never)]
    pub(super) fn unknown(&mut self, name: &str, names: &[&str]) {
        self.wrong(format!("unknown variant `{name}`, expected {}", one_of(names)));
    }

    /// A variant that stands alone.
    #[inline(never)]
    pub(super) fn bare(&mut self, name: &str) {
        match self.node {
            Some(Node { value: Value::Text(_), .. }) => {}
            Some(_) => self.wrong(format!("`{name}` stands alone")),
            None => self.quote(name),
        }
    }

    /// A variant with what goes with it.
    #[inline(never)]
    pub(super) fn content(&mut self, name: &'static str, value: &mut dyn Form) {
        match self.node {
            Some(Node { value: Value::Object(fields), .. }) => {
                if let Some((.., node)) = fields.first() {
                    self.inside(node, value);
                }
            }
            Some(_) => self.wrong(format!("`{name}` needs something to go with it")),
            None => {
                self.open('{');
                self.write_field(name, value);
                self.close('}');
            }
        }
    }

    /// One of several names: reads or writes its number.
    #[inline(never)]
    pub(super) fn word(&mut self, names: &[&'static str], index: usize) -> usize {
        let Some(node) = self.node else {
            self.quote(names[index]);
            return index;
        };
        let Value::Text(text) = &node.value else {
            self.expected("a name");
            return index;
        };
        names.iter().position(|name| name == text).unwrap_or_else(|| {
            self.unknown(text, names);
            index
        })
    }

    /// A text: the one that is read, or the one that is given to be written.
    #[inline(never)]
    pub(super) fn text(&mut self, write: &dyn Fn() -> String) -> Option<&'t str> {
        let Some(node) = self.node else {
            self.quote(&write());
            return None;
        };
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.expected("a text");
        None
    }

    /// A whole number from 0 up to a largest one.
    #[inline(never)]
    pub(super) fn number(&mut self, n: u64, most: u64) -> u64 {
        let Some(node) = self.node else {
            self.out += &n.to_string();
            return n;
        };
        match node.value {
            Value::Int(false, found) if found <= most => return found,
            Value::Int(..) => self.wrong(format!("the number is not between 0 and {most}")),
            _ => self.expected("a whole number"),
        }
        n
    }

    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.filled = false;
    }

    fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if self.filled {
            self.indent();
        }
        self.out.push(bracket);
        self.filled = true;
    }

    fn next_item(&mut self) {
        if self.filled {
            self.out.push(',');
        }
        self.indent();
    }

    fn indent(&mut self) {
        self.out.push('\n');
        (0..self.depth).for_each(|_| self.out += "  ");
    }

    fn quote(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out += "\\\"",
                '\\' => self.out += "\\\\",
                '\u{8}' => self.out += "\\b",
                '\u{c}' => self.out += "\\f",
                '\n' => self.out += "\\n",
                '\r' => self.out += "\\r",
                '\t' => self.out += "\\t",
                c if c < ' ' => self.out += &format!("\\u{:04x}", c as u32),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "no field".to_owned(),
        [one] => one.clone(),
        several => format!("one of {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::scenario::Scenario;

    /// The derived code is the referee: both write the same text, and read the same scenario from it.
    #[test]
    fn the_form_is_that_of_the_derived_code() {
        for preset in PRESETS {
            let scenario: Scenario = serde_json::from_str(preset.text().expect("built in")).expect("derived code reads presets");
            let root = Node::read(preset.text().expect("built in")).expect("well formed");
            assert_eq!(read::<Scenario>(&root), Ok(scenario.clone()), "preset '{}'", preset.id);
            let written = serde_json::to_string_pretty(&scenario).expect("derived code writes presets");
            assert_eq!(scenario.to_json(), written, "preset '{}'", preset.id);
        }
    }

    /// One scenario with everything in it that can be written, changed in one place at a time.
    #[test]
    fn both_refuse_the_same_texts() {
        let text = r#"{
  "version": 1, "title": "all\n\u0001\"", "seed": 18446744073709551615, "until": "1s",
  "lesson": { "story": "s", "hint": "h", "expects": ["lost-acknowledged-write"], "start": "2ms",
    "fix": { "text": "t", "mode": "leader", "ack": { "sync": { "followers": ["b"], "k": 1 } }, "fencing": "on", "leader_reads": "read-index", "token": "number", "window": "3ms", "tokens": "user", "bound": { "time": "5ms" }, "format": "statement", "retention": 7, "promote": "b" } },
  "shards": [{ "name": "n", "leader": "a", "followers": ["b", "c"], "keys": ["k"], "visibility": "flushed", "leader_reads": { "lease": { "length": "5ms", "margin": "6ms" } }, "fencing": "off", "failover": { "heartbeat": "7ms", "timeout": "9ms", "policy": "automatic-any", "quorum": { "followers": 2 } }, "flush": "1us", "apply": "2us", "format": "write-ahead-log", "retention": 9, "copy": "3ms", "keeps": [{ "node": "c", "keys": ["k"] }],
    "ack": { "sync": { "followers": ["b", "c"], "k": 2, "selection": "any", "level": "applied", "on_loss": { "promote-next": "5ms" } } } }],
  "clients": [{ "name": "x", "concurrent": true, "user": "u" }],
  "links": [{ "from": "*", "to": "a", "latency": { "uniform": { "min": "1ms", "max": "2ms" } }, "loss": "2.5%", "duplication": "1%", "reorder": false },
    { "from": "a", "to": "b", "latency": { "exponential": { "min": "1ms", "mean": "2ms" } } },
    { "from": "a", "to": "c", "latency": { "quantiles": [{ "share": "50%", "latency": "1ms" }, { "share": "100%", "latency": "9ms" }] } }],
  "read": { "mode": "session-consistent", "on_miss": { "wait-then-fail": "3ms" }, "attempt_timeout": "4ms", "token": "number", "tokens": "user", "window": "2ms", "bound": { "entries": 3 }, "guarantees": ["monotonic-reads", "causal"] },
  "clocks": [{ "node": "a", "ms_per_second": 900 }],
  "op_timeout": "7s",
  "workload": [{ "client": "x", "kind": "read", "per_second": 5, "keys": ["k"], "from": "1ms", "to": "2ms", "random": true }],
  "script": [
    { "at": "1ms", "do": { "write": { "client": "x", "key": "k", "value": -9223372036854775808 } } },
    { "at": "1ms", "do": { "write": { "client": "x", "key": "k", "value": "v" } } },
    { "at": "1ms", "do": { "read": { "client": "x", "key": "k", "at": "b", "mode": "leader" } } },
    { "at": "1ms", "do": { "link": { "from": "a", "to": "b", "latency": { "constant": "1ms" } } } },
    { "at": "1ms", "do": { "partition": { "a": ["a"], "b": ["b"] } } },
    { "at": "1ms", "do": { "heal": { "a": "a" } } },
    { "at": "1ms", "do": { "cut": { "from": "a", "to": "b" } } }, { "at": "1ms", "do": { "hold": { "from": "a", "to": "b" } } },
    { "at": "1ms", "do": { "release": { "from": "a", "to": "b" } } }, { "at": "1ms", "do": { "crash": { "node": "a" } } },
    { "at": "1ms", "do": { "restart": { "node": "a" } } }, { "at": "1ms", "do": { "pause": { "node": "a" } } },
    { "at": "1ms", "do": { "resume": { "node": "a" } } }, { "at": "1ms", "do": { "promote": { "node": "a" } } },
    { "at": "1ms", "do": { "update": { "client": "x", "rows": "k", "set": "now" } } }, { "at": "1ms", "do": { "update": { "client": "x", "rows": "k", "set": { "add": -3 } } } },
    { "at": "1ms", "do": { "update": { "client": "x", "rows": "k", "set": { "to": "v" } } } }, { "at": "1ms", "do": { "insert": { "client": "x", "table": "k", "value": 1 } } },
    { "at": "1ms", "do": { "alter": { "node": "a" } } }, { "at": "1ms", "do": { "upgrade": { "node": "a" } } }, { "at": "1ms", "do": { "join": { "node": "c" } } }
  ],
  "sabotage": ["accept-gaps"]
}"#;
        let ours = |text: &str| Node::read(text).and_then(|root| read::<Scenario>(&root)).ok();
        let theirs = |text: &str| serde_json::from_str::<Scenario>(text).ok();
        let whole = ours(text).expect("it is well formed");
        assert_eq!(Some(&whole), theirs(text).as_ref());
        assert_eq!(whole.to_json(), serde_json::to_string_pretty(&whole).expect("it can be written"));
        let mut refused = 0;
        for (at, c) in text.char_indices() {
            for change in ["", "7", "\"", "x", ",", "null", "[]"] {
                let changed = [&text[..at], change, &text[at + c.len_utf8()..]].concat();
                let (ours, theirs) = (ours(&changed), theirs(&changed));
                refused += usize::from(ours.is_none());
                // Derived code also takes a list for a structure and a number with a fraction; nothing else may differ.
                assert!(ours == theirs || ours.is_none() && change == "[]", "{changed}");
            }
        }
        assert!(refused > 5_000, "only {refused} texts were refused");
    }
}
