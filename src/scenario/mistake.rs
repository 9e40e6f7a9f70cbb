//! A mistake in the form of a scenario: where it stands, by place in the text and by path, and how it is worded.
//!
//! serde's derived code words most mistakes itself. What it would say in the words of Rust (`u64`, `unit value`, `map`) is said here and by
//! the reader in the words of JSON.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};
use serde_path_to_error::{Path, Segment};

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Mistake {
    /// The offset at which it stands, once somebody who knows has seen it.
    pub(super) at: Option<usize>,
    /// Whether the name of a field is wrong, so that there is nothing below it.
    pub(super) about_name: bool,
    pub(super) message: String,
}

impl Mistake {
    /// A mistake, before it is known where it stands.
    pub(super) fn new(message: String) -> Mistake {
        Mistake { at: None, about_name: false, message }
    }

    /// The path to the value, or to the structure whose field has a wrong name, as mistakes of meaning have it: `shards[0].followers`.
    pub(super) fn path(&self, found: &Path) -> String {
        let mut segments: Vec<&Segment> = found.iter().collect();
        if self.about_name {
            segments.pop();
        }
        let mut path = String::new();
        for segment in segments {
            if !path.is_empty() && !matches!(segment, Segment::Seq { .. }) {
                path.push('.');
            }
            path += &segment.to_string();
        }
        path
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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

/// What was found, in the words of JSON.
fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Bool(is) => format!("`{is}`"),
        Unexpected::Unsigned(n) => format!("`{n}`"),
        Unexpected::Signed(n) => format!("`{n}`"),
        Unexpected::Str(text) => format!("the text \"{text}\""),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}
