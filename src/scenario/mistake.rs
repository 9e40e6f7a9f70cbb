//! A mistake in the form of a scenario: where it stands, by place in the text and by path, and how it is worded.
//!
//! serde's derived code words most mistakes itself. What it would say in the words of Rust (`u64`, `unit value`, `map`) is said here and by
//! the reader in the words of JSON.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::ScenarioError;

/// How many characters of a text stand in a message.
const BRIEF: usize = 80;

/// What is wrong with a value. It is boxed because every value that is read carries one in the type of its result.
#[derive(Debug)]
pub(super) struct Mistake(Box<Parts>);

#[derive(Debug)]
struct Parts {
    /// The offset at which it stands, once somebody who knows has seen it.
    at: Option<usize>,
    /// The path to the value, or to the structure whose field has a wrong name; as far as it is known.
    path: String,
    message: String,
}

impl Mistake {
    /// A mistake, before it is known where it stands.
    #[inline(never)]
    pub(super) fn new(message: String) -> Mistake {
        Mistake(Box::new(Parts { at: None, path: String::new(), message }))
    }

    /// The same at this offset, unless it is known already where it stands.
    #[inline(never)]
    pub(super) fn placed(mut self, at: usize) -> Mistake {
        self.0.at.get_or_insert(at);
        self
    }

    /// The same in a value that is a part of another one: a field, a variant, or an item as in `[3]`.
    #[inline(never)]
    pub(super) fn below(mut self, part: &str) -> Mistake {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.0.path = format!("{part}{dot}{}", self.0.path);
        self
    }

    /// The offset at which it stands, with the path and the message.
    pub(super) fn told(self) -> (usize, ScenarioError) {
        let Parts { at, path, message } = *self.0;
        (at.unwrap_or(0), ScenarioError::at(path, message))
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: Display>(message: T) -> Mistake {
        Mistake::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Mistake {
        Mistake::new(format!("expected {expected}, found {}", words(found)))
    }

    fn invalid_value(found: Unexpected<'_>, _: &dyn Expected) -> Mistake {
        Mistake::new(format!("number out of range: {}", words(found)))
    }
}

/// As much of a text as helps to find it: a message is to be read.
pub(super) fn brief(text: &str) -> String {
    match text.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What was found, in the words of JSON.
fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Bool(is) => format!("`{is}`"),
        Unexpected::Unsigned(n) => format!("`{n}`"),
        Unexpected::Signed(n) => format!("`{n}`"),
        Unexpected::Str(text) => format!("the text \"{}\"", brief(text)),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        Unexpected::Float(_) => "a number with a point".to_owned(),
        // The reader hands on nothing else. What serde has for it would bring the words for floating-point numbers along.
        _ => "something else".to_owned(),
    }
}
