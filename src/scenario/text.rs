//! JSON text as values that know where they stand.
//!
//! First the whole text is read once, which finds every mistake of the language ([`super::json`]) and bounds how deeply values are nested.
//! After that a value is a range of the text: its parts are looked up when they are asked for, and its place is where its range begins.
//! Looking up costs as many passes over the text as values are nested, and no tree is kept.

use super::ScenarioError;
use super::json::{Fault, Scanner, Span};

/// A value of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'t> {
    text: &'t str,
    span: Span,
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
        match Scanner::new(text).document() {
            Ok(span) => Ok(Node { text, span }),
            Err(fault) => Err((fault.at, ScenarioError::at("", fault.message))),
        }
    }

    /// The offset of its first byte.
    pub(super) fn at(self) -> usize {
        self.span.0
    }

    /// Its text.
    pub(super) fn raw(self) -> &'t str {
        &self.text[self.span.0..self.span.1]
    }

    /// A part of it, by its place in it.
    fn part(self, (begin, end): Span) -> Node<'t> {
        Node { span: (self.span.0 + begin, self.span.0 + end), ..self }
    }

    pub(super) fn kind(self) -> Kind {
        match self.raw().as_bytes().first() {
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
        if self.kind() != Kind::Text {
            return self.raw().to_owned();
        }
        let mut said = String::new();
        sound(Scanner::new(self.raw()).string(&mut said));
        said
    }

    /// The items of a list; none of another value.
    pub(super) fn items(self) -> Vec<Node<'t>> {
        let mut items = Vec::new();
        if self.kind() == Kind::List {
            sound(Scanner::new(self.raw()).list(&mut |item| items.push(self.part(item))));
        }
        items
    }

    /// The names and values of an object, in the order in which they are written, of which several may have one name; none of another value.
    pub(super) fn fields(self) -> Vec<(Node<'t>, Node<'t>)> {
        let mut fields = Vec::new();
        if self.kind() == Kind::Object {
            sound(Scanner::new(self.raw()).object(&mut |name, value| fields.push((self.part(name), self.part(value)))));
        }
        fields
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

/// What has been read once has no mistakes.
///
/// # Panics
/// If it has one.
fn sound(read: Result<(), Fault>) {
    assert!(read.is_ok(), "a value that was read once cannot be read again: {read:?}");
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
