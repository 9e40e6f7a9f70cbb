//! What is to be run: a preset, a file, or standard input; and errors that say where and what.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use crate::presets::{PRESETS, Preset};
use crate::scenario::{Scenario, ScenarioError, TEXT_MAX, parse};

/// How many letters a name may be away from a preset's and still be taken for a slip.
const SLIP_MAX: usize = 3;

/// A scenario and where it came from.
#[derive(Debug)]
pub(super) struct Source {
    /// What was asked for, as errors and reports name it.
    pub(super) name: String,
    /// The preset's id, if it is one.
    pub(super) preset: Option<&'static str>,
    pub(super) scenario: Scenario,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub(super) enum InputError {
    /// Neither a preset nor a file; with the presets of similar names.
    Unknown {
        /// What was given.
        name: String,
        /// What may have been meant.
        close: Vec<&'static str>,
    },
    /// The file is there, or should be, and cannot be read.
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// The text is no scenario.
    Scenario {
        /// The file.
        name: String,
        /// What is wrong, and where.
        error: ScenarioError,
    },
}

impl InputError {
    /// An unknown name, with what may have been meant.
    pub(super) fn unknown(name: &str) -> InputError {
        let near = |id: &str| distance(id, name) <= SLIP_MAX || (name.len() > 2 && id.contains(name));
        let close: Vec<&str> = PRESETS.iter().map(|p| p.id).filter(|id| near(id)).collect();
        InputError::Unknown { name: name.to_owned(), close }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputError::Unknown { name, close } if close.is_empty() => {
                let all: Vec<&str> = PRESETS.iter().map(|p| p.id).collect();
                write!(f, "no preset and no file is called '{name}'; the presets are {}", all.join(", "))
            }
            InputError::Unknown { name, close } => {
                write!(f, "no preset and no file is called '{name}'; did you mean {}?", close.join(" or "))
            }
            InputError::Unreadable { name, error } => write!(f, "{name}: cannot be read: {error}"),
            InputError::Scenario { name, error } => {
                write!(f, "{name}:")?;
                if error.line > 0 {
                    write!(f, "{}:{}:", error.line, error.column)?;
                }
                if !error.path.is_empty() {
                    write!(f, " {}:", error.path)?;
                }
                write!(f, " {}", error.message)
            }
        }
    }
}

impl std::error::Error for InputError {}

/// Reads the scenario of this name: a preset if one is so called, standard input for `-`, else a file.
pub(super) fn read(name: &str) -> Result<Source, InputError> {
    if let Some(preset) = Preset::named(name) {
        return Ok(Source { name: name.to_owned(), preset: Some(preset.id), scenario: preset.scenario() });
    }
    let (name, text) = if name == "-" {
        ("<stdin>".to_owned(), text(io::stdin().lock()))
    } else {
        (name.to_owned(), File::open(name).and_then(text))
    };
    let text = text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => InputError::unknown(&name),
        _ => InputError::Unreadable { name: name.clone(), error },
    })?;
    match parse(&text) {
        Ok(scenario) => Ok(Source { name, preset: None, scenario }),
        Err(error) => Err(InputError::Scenario { name, error }),
    }
}

/// The whole text, or just enough of it to see that it is too long.
fn text(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.take(TEXT_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// How many letters have to be changed, added or taken away to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_letters() {
        for (a, b, n) in [("", "abc", 3), ("first-look", "first-lok", 1), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!((distance(a, b), distance(b, a)), (n, n), "{a} {b}");
        }
    }
}
