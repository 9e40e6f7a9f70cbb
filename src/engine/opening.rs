//! What a lab opens with: what its element and the page's address ask for. A wrong one gets a message, and the lab something to show.

use crate::presets::PRESETS;
use crate::router::ReadMode;
use crate::scenario::Scenario;
use crate::share;
use crate::time::SimTime;

/// What a lab opens with.
pub(super) struct Opening {
    /// The scenario.
    pub(super) scenario: Scenario,
    /// The moment to look at, if one is named.
    pub(super) at: Option<SimTime>,
    /// Why it is not what was asked for.
    pub(super) error: Option<String>,
}

impl Opening {
    /// Reads what is asked for, of which the last counts.
    pub(super) fn of(asked: &[String]) -> Opening {
        let mut opening = Opening { scenario: PRESETS[0].scenario(), at: None, error: None };
        asked.iter().for_each(|text| opening.take(text));
        opening
    }

    fn take(&mut self, text: &str) {
        match share::read(text) {
            Ok(Some(shared)) => (self.scenario, self.at) = (shared.scenario, shared.at),
            Ok(None) => {
                // A mode alone changes the scenario that is there.
                let mode = text.trim_start_matches(['?', '#']).split('&').find_map(|part| part.strip_prefix("mode="));
                if let Some(mode) = mode.and_then(ReadMode::from_name) {
                    self.scenario.read.mode = mode;
                }
            }
            Err(error) => self.error = Some(error.to_string()),
        }
    }
}
