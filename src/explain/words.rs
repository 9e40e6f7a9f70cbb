//! Sentences made of parts, and how numbers, values and lists are written in them.

use super::{Explanation, Part};
use crate::family::GroupId;
use crate::history::Sibling;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::{Lsn, Position};
use crate::network::{Loss, NodeId};
use crate::operation::{Reason, Version};
use crate::scenario::Plan;
use crate::statement::Change;
use crate::time::{SimDuration, SimTime};

/// A text in the making.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    plan: &'a Plan,
    parts: Vec<Part>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Words<'a> {
        Words { plan, parts: Vec::new() }
    }

    pub(crate) fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref();
        match self.parts.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
        self
    }

    pub(crate) fn node(&mut self, id: NodeId) -> &mut Self {
        self.parts.push(Part::Node(id, self.plan.name(id).to_owned()));
        self
    }

    pub(crate) fn op(&mut self, id: OpId, text: &str) -> &mut Self {
        self.parts.push(Part::Op(id, text.to_owned()));
        self
    }

    pub(crate) fn time(&mut self, at: SimTime) -> &mut Self {
        self.parts.push(Part::Time(at, at.words()));
        self
    }

    pub(crate) fn key(&mut self, key: KeyId) -> &mut Self {
        self.parts.push(Part::Key(key, self.plan.key_name(key).to_owned()));
        self
    }

    /// A position as "LSN 6", with its epoch if the number alone could mean two entries.
    pub(crate) fn entry(&mut self, group: GroupId, at: Position, with_epoch: bool) -> &mut Self {
        let text = if with_epoch { format!("LSN {} of epoch {}", at.lsn, at.epoch) } else { format!("LSN {}", at.lsn) };
        self.parts.push(Part::Entry(group, at, text));
        self
    }

    /// An entry as "entry 6".
    pub(crate) fn numbered(&mut self, group: GroupId, at: Position) -> &mut Self {
        self.parts.push(Part::Entry(group, at, format!("entry {}", at.lsn)));
        self
    }

    /// "a", "a and b", "a, b and c".
    pub(crate) fn nodes(&mut self, nodes: &[NodeId]) -> &mut Self {
        for (n, node) in nodes.iter().enumerate() {
            self.text(if n == 0 {
                ""
            } else if n + 1 == nodes.len() {
                " and "
            } else {
                ", "
            })
            .node(*node);
        }
        self
    }

    pub(crate) fn link(&mut self, src: NodeId, dst: NodeId) -> &mut Self {
        let text = format!("link from {} to {}", self.plan.name(src), self.plan.name(dst));
        self.parts.push(Part::Link(src, dst, text));
        self
    }

    /// A key and what was read of it.
    pub(crate) fn reading(&mut self, key: KeyId, found: Option<Version>) -> &mut Self {
        let shown = found.map_or_else(|| "none".to_owned(), |v| quoted(self.plan, v.value));
        self.key(key).text(format!(" = {shown}"))
    }

    pub(crate) fn done(self) -> Explanation {
        Explanation { parts: self.parts }
    }
}

/// A value: texts in quotation marks, numbers as they are.
pub(crate) fn quoted(plan: &Plan, value: crate::log::Value) -> String {
    match value {
        crate::log::Value::Int(n) => n.to_string(),
        crate::log::Value::Text(_) => format!("'{}'", plan.show(value)),
        crate::log::Value::Statement(_) => match plan.change(value) {
            Some(Change::Insert(value) | Change::Set(value)) => quoted(plan, value),
            _ => plan.show(value),
        },
        crate::log::Value::Joined(_) => format!("'{}'", plan.show(value)),
        crate::log::Value::Characters(_) => format!("'{}'", plan.show(value)),
        crate::log::Value::Column
        | crate::log::Value::Nothing
        | crate::log::Value::Set(_)
        | crate::log::Value::Delta(_)
        | crate::log::Value::Method(_)
        | crate::log::Value::Amounts(_) => plan.show(value),
    }
}

/// A length of time in milliseconds.
pub(crate) fn length(d: SimDuration) -> String {
    d.millis_words()
}

/// What became of a message that did not arrive.
pub(crate) fn loss_words(loss: Loss) -> &'static str {
    match loss {
        Loss::Chance => "lost by chance",
        Loss::Cut => "lost: the link was cut",
        Loss::Down => "lost: the receiver was down",
    }
}

/// "1 entry", "2 entries".
pub(crate) fn entries(n: u64) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Receivers, with what became of a message at once.
pub(crate) fn addressees(receivers: &[(String, Option<&str>)]) -> String {
    let names: Vec<String> = receivers.iter().map(|(name, _)| name.clone()).collect();
    match receivers {
        [(_, Some(fate)), _, ..] if receivers.iter().all(|(_, other)| *other == Some(*fate)) => {
            format!("{} (all {fate})", list(&names))
        }
        _ => {
            let one = |(name, fate): &(String, Option<&str>)| fate.map_or(name.clone(), |fate| format!("{name} ({fate})"));
            list(&receivers.iter().map(one).collect::<Vec<_>>())
        }
    }
}

pub(crate) fn span(from: u32, to: u32) -> String {
    span_lsn(Lsn(u64::from(from)), Lsn(u64::from(to)))
}

/// "entry 2", "entries 2 to 5".
pub(crate) fn span_lsn(from: Lsn, to: Lsn) -> String {
    match to.0.saturating_sub(from.0) {
        _ if from > to => "nothing".to_owned(),
        0 => format!("entry {from}"),
        1 => format!("entries {from} and {to}"),
        _ => format!("entries {from} to {to}"),
    }
}

pub(crate) fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::TimedOut => "no answer in time",
        Reason::NoLeader => "no replica that was asked leads",
        Reason::Deposed => "the leader was deposed",
        Reason::NoReplicaFreshEnough => "no suitable replica",
        Reason::SessionLost => "a failover discarded what the session had seen",
        Reason::ConditionFailed => "its condition was not met",
        Reason::TooFewAnswers => "too few replicas answered in time",
        Reason::TooFewReplicas => "too few replicas are believed to be up",
        Reason::NotAnElement => "what it removes is not there",
        Reason::NoSuchVertex => "a vertex that it names is not there",
        Reason::NoSuchEdge => "the edge that it names is not there",
        Reason::VertexHasEdges => "the vertex still has edges",
        Reason::OutOfBounds => "its index lies beyond the end",
        Reason::NoRights => "its leader holds too few rights",
        Reason::Exhausted => "the counter has no number left",
    }
}

/// The versions of a key that an answer has: "x = 1 (version {a:1}) and 2 (version {b:1})"; where a rule merges them, what it makes of them:
/// "cart = {milk, eggs} (versions a:1 and b:1)".
pub(crate) fn siblings(plan: &Plan, key: KeyId, found: &[Sibling], actors: &[String]) -> String {
    let version = |sibling: &Sibling| sibling.stamp.written(actors).to_string();
    let values = plan.values_read(key, found);
    let told = match (values[..].first(), found) {
        (None, _) => "none".to_owned(),
        (Some(value), [_, _, ..]) if values.len() == 1 => {
            format!("{} (versions {})", quoted(plan, *value), list(&found.iter().map(version).collect::<Vec<_>>()))
        }
        (Some(_), _) => {
            let one = |(value, sibling): (&Value, &Sibling)| format!("{} (version {})", quoted(plan, *value), version(sibling));
            list(&values.iter().zip(found).map(one).collect::<Vec<_>>())
        }
    };
    format!("{} = {told}", plan.key_name(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{Actor, Stamp, VersionVector};

    #[test]
    fn lists_read_as_lists() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!((list(&names[..1]), list(&names[..2]), list(&names)), ("a".into(), "a and b".into(), "a, b and c".into()));
    }

    #[test]
    fn an_answer_names_all_its_siblings() {
        let text = r#"{ "version": 1, "seed": 1, "until": "1s", "shards": [{ "name": "s", "leader": "n1", "followers": [] }], "clients": [{ "name": "ann" }],
          "script": [{ "at": "1ms", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } }] }"#;
        let plan = Plan::new(&crate::scenario::parse(text).expect("a scenario")).expect("it can be run");
        let sibling = |actor, value| {
            let stamp = Stamp::vector(VersionVector::of([(Actor(actor), 1)]));
            Sibling { stamp, value: crate::log::Value::Int(value), op: OpId(0) }
        };
        let names = ["a", "b"].map(str::to_owned);
        let said = |found: &[Sibling]| siblings(&plan, KeyId(0), found, &names);
        assert_eq!(said(&[sibling(0, 1), sibling(1, 2)]), "x = 1 (version {a:1}) and 2 (version {b:1})");
        assert_eq!(said(&[]), "x = none");
    }

    /// What a rule makes of several versions is one value, and said once.
    #[test]
    fn a_merged_value_is_told_once() {
        let text = r#"{ "version": 1, "seed": 1, "until": "1s", "family": "multi-leader", "clients": [{ "name": "ann" }],
          "shards": [{ "name": "s", "leader": "a", "followers": [], "peers": [{ "leader": "b" }], "conflicts": [{ "rule": "union" }] }],
          "script": [{ "at": "1ms", "do": { "write": { "client": "ann", "key": "x", "value": ["milk", "eggs"] } } }] }"#;
        let plan = Plan::new(&crate::scenario::parse(text).expect("a scenario")).expect("it can be run");
        let sibling = |actor| Sibling {
            stamp: Stamp::vector(VersionVector::of([(Actor(actor), 1)])),
            value: Value::Set(0b11),
            op: OpId(0),
        };
        let names = ["a", "b"].map(str::to_owned);
        let said = |found: &[Sibling]| siblings(&plan, KeyId(0), found, &names);
        assert_eq!(said(&[sibling(0), sibling(1)]), "x = {milk, eggs} (versions {a:1} and {b:1})");
        assert_eq!(said(&[sibling(1)]), "x = {milk, eggs} (version {b:1})");
        assert_eq!(said(&[]), "x = none");
    }
}
