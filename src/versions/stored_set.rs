//! Dotted sets as they are written: for people, and by serde.
//!
//! Written for people, each id has its counter and its values, newest first, after the notation of Almeida et al. 2014: `{a:3 [v3, v2], b:1 []}`.
//! What is read from outside need not be a set that any store has made. What would break a later operation is refused, with where it stands.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dotted_set::{Anonymous, Entry};
use super::vector::{check_count, sorted};
use super::{Causality, DottedSet, VersionVector};

impl<V: fmt::Display, I: fmt::Display> fmt::Display for DottedSet<V, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, entry) in self.entries.iter().enumerate() {
            write!(f, "{}{}:{} ", if place > 0 { ", " } else { "" }, entry.id, entry.count)?;
            list(f, entry.values.iter())?;
        }
        if !self.anonymous.is_empty() {
            f.write_str(", anonymous ")?;
            list(f, self.anonymous())?;
        }
        f.write_str("}")
    }
}

fn list<'a, V: fmt::Display + 'a>(f: &mut fmt::Formatter<'_>, values: impl Iterator<Item = &'a V>) -> fmt::Result {
    f.write_str("[")?;
    for (place, value) in values.enumerate() {
        write!(f, "{}{value}", if place > 0 { ", " } else { "" })?;
    }
    f.write_str("]")
}

/// What serde writes and reads for an id.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Entry", deny_unknown_fields)]
struct PlainEntry<I, V> {
    id: I,
    count: u64,
    replaced: u64,
    values: Vec<V>,
}

/// What serde writes and reads for an anonymous value.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Anonymous", deny_unknown_fields)]
struct PlainAnonymous<C, V> {
    context: C,
    value: V,
}

/// What serde writes and reads for a set.
#[derive(Serialize, Deserialize)]
#[serde(rename = "DottedSet", deny_unknown_fields)]
struct PlainSet<E, A> {
    entries: Vec<E>,
    anonymous: Vec<A>,
}

/// A set as it was read.
type ReadSet<V, I> = PlainSet<PlainEntry<I, V>, PlainAnonymous<VersionVector<I>, V>>;

impl<V: Serialize, I: Serialize> Serialize for DottedSet<V, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.entries.iter().map(|entry| PlainEntry {
            id: &entry.id,
            count: entry.count,
            replaced: entry.replaced,
            values: entry.values.iter().collect(),
        });
        let anonymous = self.anonymous.iter();
        let anonymous = anonymous.map(|Anonymous { context, value }| PlainAnonymous { context, value });
        PlainSet { entries: entries.collect(), anonymous: anonymous.collect() }.serialize(serializer)
    }
}

/// Entries in any order. Refused is what no store makes: an id that is there twice, a counter of zero or above
/// [`READ_MAX`](super::READ_MAX), more values than updates, updates that are neither replaced nor there, and anonymous values that stand for
/// nothing.
impl<'de, V: Deserialize<'de>, I: Deserialize<'de> + Ord + Clone> Deserialize<'de> for DottedSet<V, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DottedSet<V, I>, D::Error> {
        checked(ReadSet::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn checked<V, I: Ord + Clone>(plain: ReadSet<V, I>) -> Result<DottedSet<V, I>, String> {
    let contexts: Vec<&VersionVector<I>> = plain.anonymous.iter().map(|anonymous| &anonymous.context).collect();
    for (place, entry) in plain.entries.iter().enumerate() {
        let hidden = contexts.iter().map(|context| context.get(&entry.id)).max().unwrap_or(0);
        check_entry(entry, hidden).map_err(|wrong| format!("entry {} of a dotted set: {wrong}", place + 1))?;
    }
    check_anonymous(&plain).map_err(|(place, wrong)| format!("anonymous value {} of a dotted set: {wrong}", place + 1))?;
    let entries =
        plain.entries.into_iter().map(|PlainEntry { id, count, replaced, values }| Entry { id, count, replaced, values });
    let entries = sorted(entries.collect(), |entry: &Entry<V, I>| &entry.id)
        .map_err(|(a, b)| format!("entries {a} and {b} of a dotted set have the same id"))?;
    let anonymous = plain.anonymous.into_iter().map(|PlainAnonymous { context, value }| Anonymous { context, value });
    let mut anonymous: Vec<Anonymous<V, I>> = anonymous.collect();
    anonymous.sort_by(|a, b| a.context.iter().cmp(b.context.iter()));
    Ok(DottedSet { entries, anonymous })
}

/// Why this is no entry of a set whose anonymous values hide the values of so many of its updates.
fn check_entry<I, V>(entry: &PlainEntry<I, V>, hidden: u64) -> Result<(), String> {
    let PlainEntry { count, replaced, values, .. } = entry;
    let values = values.len() as u64;
    check_count(*count)?;
    if values > *count {
        return Err(format!("it has {values} values of {count} updates"));
    }
    if replaced > count {
        return Err(format!("{replaced} of {count} updates are replaced"));
    }
    if hidden > *count {
        return Err(format!("an anonymous value was made of {hidden} updates, and only {count} are known"));
    }
    let gone = hidden.max(*replaced);
    if values != count - gone {
        return Err(format!(
            "{gone} of {count} updates are replaced or have an anonymous value, so it has {} values, not {values}",
            count - gone
        ));
    }
    Ok(())
}

/// Which anonymous value, counted from 0, stands for no update that is known and not replaced, or happened before another.
fn check_anonymous<I: Ord, V>(plain: &ReadSet<V, I>) -> Result<(), (usize, String)> {
    for (place, PlainAnonymous { context, .. }) in plain.anonymous.iter().enumerate() {
        let left = |entry: &PlainEntry<I, V>| entry.replaced < context.get(&entry.id);
        if !plain.entries.iter().any(left) {
            return Err((place, "all updates that it was made of are replaced".to_owned()));
        }
        if context.iter().any(|(id, _)| plain.entries.iter().all(|entry| entry.id != *id)) {
            return Err((place, "its context has an id that no entry has".to_owned()));
        }
        let later = |other: &PlainAnonymous<VersionVector<I>, V>| context.compare(&other.context) == Causality::Before;
        if let Some(later) = plain.anonymous.iter().position(later) {
            return Err((place, format!("it happened before anonymous value {}", later + 1)));
        }
    }
    Ok(())
}
