//! The presets: scenario files with a story, kept in `src/presets` and built into the program.
//!
//! Each states in its lesson which findings it has; a test holds every preset to that, with and without its fix.

use std::sync::OnceLock;

use crate::scenario::{Scenario, parse};

/// A named scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name in links, embeddings and on the command line.
    pub id: &'static str,
    /// The scenario as JSON.
    pub json: &'static str,
}

macro_rules! presets {
    ($($id:literal),* $(,)?) => {
        /// All presets, in the order of menus; the first is what the lab opens with.
        pub const PRESETS: &[Preset] = &[$(Preset { id: $id, json: include_str!(concat!("presets/", $id, ".json")) }),*];
    };
}

presets![
    "first-look",
    "read-after-write",
    "monotonic-reads",
    "consistent-prefix",
    "sync-or-async",
    "partition-durability",
    "async-leader-crash",
    "follower-ahead",
    "telemetry-pipeline",
    "busy-constellation",
];

/// The titles of all presets, in their order; read once, because menus ask for them again and again.
pub fn titles() -> &'static [String] {
    static TITLES: OnceLock<Vec<String>> = OnceLock::new();
    TITLES.get_or_init(|| PRESETS.iter().map(|preset| preset.scenario().title).collect())
}

impl Preset {
    /// The preset of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<Preset> {
        PRESETS.iter().copied().find(|p| p.id == id)
    }

    /// The scenario.
    ///
    /// # Panics
    /// If the built-in file is not a scenario, which a test excludes.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        parse(self.json).unwrap_or_else(|error| panic!("preset '{}' is broken: {error}", self.id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::Finding;
    use crate::run::Run;
    use crate::scenario::Anomaly;

    fn kinds(scenario: &Scenario) -> BTreeSet<Anomaly> {
        Run::of(scenario).expect("presets can be run").findings.iter().map(Finding::anomaly).collect()
    }

    #[test]
    fn every_preset_has_the_findings_it_promises_and_none_with_its_fix() {
        for preset in PRESETS {
            let scenario = preset.scenario();
            let lesson = scenario.lesson.clone().expect("every preset has a lesson");
            let expected: BTreeSet<Anomaly> = lesson.expects.into_iter().collect();
            assert_eq!(kinds(&scenario), expected, "preset '{}'", preset.id);
            if let Some(fixed) = scenario.with_fix() {
                assert_eq!(kinds(&fixed), BTreeSet::new(), "preset '{}' with its fix", preset.id);
            }
        }
    }
}
