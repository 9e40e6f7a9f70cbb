//! JSON text as values that know where they stand.
//!
//! `serde_json` reads the text, in two ways. First everything is read once and forgotten, which finds every mistake of the language and
//! bounds how deeply values are nested. After that a value is a range of the text ([`RawValue`]): its parts are looked up when they are
//! asked for, and its place is where its range begins. Looking up costs as many passes over the text as values are nested, and no tree
//! is kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::ScenarioError;

/// A value of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'t> {
    /// Where the first byte of the text lies, from which places are counted.
    start: usize,
    raw: &'t RawValue,
}

/// What a value is, by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number,
    Text,
    List,
    Object,
}

impl<'t> Node<'t> {
    /// The value that a text holds.
    ///
    /// # Errors
    /// The first mistake of the language, and the offset at which it stands.
    pub(super) fn read(text: &'t str) -> Result<Node<'t>, (usize, ScenarioError)> {
        let raw = serde_json::from_str::<WellFormed>(text).and_then(|_| serde_json::from_str(text));
        match raw {
            Ok(raw) => Ok(Node { start: text.as_ptr() as usize, raw }),
            Err(error) => Err((offset(text, &error), ScenarioError::at("", words(&error)))),
        }
    }

    /// The offset of its first byte.
    pub(super) fn at(self) -> usize {
        self.raw.get().as_ptr() as usize - self.start
    }

    /// Its text.
    pub(super) fn raw(self) -> &'t str {
        self.raw.get()
    }

    pub(super) fn kind(self) -> Kind {
        match self.raw.get().as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::Text,
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// What a text says, with its escapes worked out; of another value, how it is written.
    pub(super) fn string(self) -> String {
        serde_json::from_str(self.raw.get()).unwrap_or_else(|_| self.raw.get().to_owned())
    }

    /// The items of a list; none of another value.
    pub(super) fn items(self) -> Vec<Node<'t>> {
        let raws: Vec<&RawValue> = serde_json::from_str(self.raw.get()).unwrap_or_default();
        raws.into_iter().map(|raw| Node { raw, ..self }).collect()
    }

    /// The names and values of an object; none of another value.
    pub(super) fn fields(self) -> Vec<(Node<'t>, Node<'t>)> {
        let Fields(raws) = serde_json::from_str(self.raw.get()).unwrap_or_default();
        raws.into_iter().map(|(name, raw)| (Node { raw: name, ..self }, Node { raw, ..self })).collect()
    }

    /// The value at a path such as `script[3].do`, or at the last part of the path that exists.
    pub(super) fn locate(self, path: &str) -> Node<'t> {
        let mut here = self;
        for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
            let next = match here.kind() {
                Kind::Object => here.fields().into_iter().find(|(name, _)| name.string() == part).map(|(_, value)| value),
                Kind::List => part.parse().ok().and_then(|index: usize| here.items().get(index).copied()),
                Kind::Null | Kind::Bool(_) | Kind::Number | Kind::Text => None,
            };
            let Some(next) = next else { break };
            here = next;
        }
        here
    }
}

/// Where what `serde_json` does not like begins. It counts columns in bytes, and stands on the character at which it stopped; of an escape
/// or a word that is the first one that does not fit.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = text.floor_char_boundary((line + error.column()).saturating_sub(1));
    let said = error.to_string();
    if said.contains("escape") {
        text[..at].rfind('\\').unwrap_or(at)
    } else if said.starts_with("expected ident") {
        text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic()).len()
    } else {
        at
    }
}

/// What is wrong, without the place, and in words for people who do not read parsers.
fn words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = said.strip_suffix(&place).unwrap_or(&said);
    match said {
        "EOF while parsing a value" => "the text ends too early: expected a value".to_owned(),
        "expected value" => "expected a value".to_owned(),
        "expected ident" => "expected `true`, `false` or `null`".to_owned(),
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => "invalid escape: half of a pair".to_owned(),
        "key must be a string" => "expected a name in quotation marks".to_owned(),
        "recursion limit exceeded" => "this is nested too deeply".to_owned(),
        _ if said.starts_with("control character") => "a string cannot hold control characters".to_owned(),
        _ => match said.strip_prefix("EOF while parsing ") {
            Some(what) => format!("the text ends too early: {what} has no end"),
            None => said.to_owned(),
        },
    }
}

/// Any value, read to its last character and forgotten. `IgnoredAny` alone passes over lone surrogates, and says less of a comma too many.
struct WellFormed;

impl<'de> Deserialize<'de> for WellFormed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WellFormed, D::Error> {
        deserializer.deserialize_any(WellFormed)
    }
}

impl<'de> Visitor<'de> for WellFormed {
    type Value = WellFormed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<WellFormed, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<WellFormed, A::Error> {
        while items.next_element::<WellFormed>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<WellFormed, A::Error> {
        while fields.next_entry::<WellFormed, WellFormed>()?.is_some() {}
        Ok(self)
    }
}

/// The fields of an object in the order in which they are written, of which several may have one name.
#[derive(Default)]
struct Fields<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(Fields::default())
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Fields<'de>, A::Error> {
        while let Some(field) = fields.next_entry()? {
            self.0.push(field);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_of_the_language_stand_where_they_are() {
        for (text, place, message) in [
            ("[1, 2", 5, "the text ends too early: a list has no end"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1,]", 3, "trailing comma"),
            ("[1] ü", 4, "trailing characters"),
            ("\"ü\" ü", 5, "trailing characters"),
            ("[\n  ü]", 4, "expected a value"),
            ("{a: 1}", 1, "expected a name in quotation marks"),
            ("", 0, "the text ends too early: expected a value"),
            ("\n", 1, "the text ends too early: expected a value"),
        ] {
            let (at, error) = Node::read(text).expect_err(text);
            assert_eq!((at, error.message.as_str()), (place, message), "{text}");
        }
        for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "[".repeat(100_000) + &"]".repeat(100_000)] {
            assert_eq!(Node::read(&deep).expect_err("deep").1.message, "this is nested too deeply");
        }
    }

    #[test]
    fn a_path_leads_to_its_value_or_to_the_last_part_that_exists() {
        let text = r#" {"a": [1, {"b\"": "],}", "c": [[ ], -2]}], "d": true}"#;
        let root = Node::read(text).expect("well formed");
        for (path, there) in
            [("", "{"), ("a", "[1"), ("a[1].c[1]", "-2"), ("d", "true"), ("a[7].c", "[1"), ("x", "{"), ("d.e", "true")]
        {
            assert!(text[root.locate(path).at()..].starts_with(there), "{path}");
        }
    }
}
