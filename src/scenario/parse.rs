//! From text to a scenario, with errors that say where.
//!
//! Three kinds of mistakes are found in three passes. Those of the language are found first ([`super::json`]); those of form
//! by the code that serde derives, through a reader that knows where each value stands ([`super::reader`]); those of meaning (an unknown
//! node, a range turned round) by the plan, which knows the path to the value. A path becomes line and column by walking the text along it.

use std::fmt;

use serde::de::DeserializeOwned;

use super::limits::TEXT_MAX;
use super::reader;
use super::text::Node;
use super::{Plan, Scenario};

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The path to the value, for example `script[3].do.crash.node`; of a field that is not known, missing or there twice, the path to
    /// its structure. Empty if it is the scenario as a whole, or if the text is no JSON.
    pub path: String,
    /// The line in the text, counted from 1; 0 if there is no text.
    pub line: usize,
    /// The column in the text, counted from 1; 0 if there is no text.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl ScenarioError {
    /// An error of meaning, before it is known where in a text it stands.
    #[must_use]
    pub(super) fn at(path: impl Into<String>, message: impl Into<String>) -> ScenarioError {
        ScenarioError { path: path.into(), line: 0, column: 0, message: message.into() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScenarioError {}

/// Reads a scenario from JSON and checks that it can be run.
///
/// # Errors
/// The first mistake, with its line and column.
pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    if text.len() > TEXT_MAX {
        return Err(ScenarioError::at("", format!("the scenario has {} bytes, more than {TEXT_MAX}", text.len())));
    }
    let placed = |at: usize, error: ScenarioError| {
        let (line, column) = line_and_column(text, at);
        ScenarioError { line, column, ..error }
    };
    let root = Node::read(text).map_err(|(at, error)| placed(at, error))?;
    let scenario: Scenario = reader::read(root).map_err(|(at, error)| placed(at, error))?;
    match Plan::new(&scenario) {
        Ok(_) => Ok(scenario),
        Err(error) => Err(placed(root.locate(&error.path).at(), error)),
    }
}

/// Reads other plain data that holds parts of scenarios, with the same reader: a second one would be as much code again.
pub(crate) fn read_part<T: DeserializeOwned>(text: &str) -> Option<T> {
    reader::read(Node::read(text).ok()?).ok()
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::FamilySpec;

    const GOOD: &str = r#"{
  "version": 1, "seed": 1, "until": "1s",
  "shards": [{ "name": "catalog", "leader": "virginia", "followers": ["svalbard"] }],
  "clients": [{ "name": "dashboard" }],
  "script": [
    { "at": "1ms", "do": { "crash": { "node": "virginia" } } }
  ]
}"#;

    #[test]
    fn a_scenario_reads_back_what_it_writes() {
        let scenario = parse(GOOD).expect("the example is good");
        assert_eq!(parse(&scenario.to_json()), Ok(scenario));
    }

    /// What a scenario is of when it is silent can be said, and is not written.
    #[test]
    fn a_scenario_that_names_no_family_is_single_leader() {
        let silent = parse(GOOD).expect("the example is good");
        let told = parse(&GOOD.replacen("\"seed\"", "\"family\": \"single-leader\", \"seed\"", 1)).expect("the name is known");
        assert_eq!((told.family, &told), (FamilySpec::SingleLeader, &silent));
        assert!(!told.to_json().contains("family"));
    }

    #[test]
    fn mistakes_of_form_and_of_meaning_have_line_and_column() {
        for (from, to, expected) in [
            ("\"1s\"", "\"1 parsec\"", "line 2, column 37: until: '1 parsec' has no unit"),
            ("\"seed\"", "\"sead\"", "line 2, column 17: unknown field `sead`"),
            (
                "\"node\": \"virginia\"",
                "\"node\": \"iowa\"",
                "line 6, column 47: script[0].do.crash.node: no node is called 'iowa'",
            ),
            ("[\"svalbard\"]", "[\"virginia\"]", "line 3, column 71: shards[0].followers[0]: two nodes are called 'virginia'"),
            ("\"version\": 1", "\"version\": 2", "line 2, column 14: version: this program reads version 1"),
            ("}\n  ]", "},\n  ]", "line 7, column 3: trailing comma"),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            let error = parse(&bad).expect_err(to).to_string();
            assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
        }
    }

    #[test]
    fn truncated_and_hostile_texts_are_refused_without_a_panic() {
        for end in 0..GOOD.len() {
            assert!(parse(&GOOD[..end]).is_err(), "the first {end} bytes were accepted");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&" ".repeat(TEXT_MAX + 1)).is_err());
    }
}
