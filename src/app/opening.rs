//! What a lab opens with: the attributes of its element, and the page's address if the lab is alone there.

use crate::presets::PRESETS;
use crate::router::ReadMode;
use crate::scenario::Scenario;
use crate::share;
use crate::time::SimTime;

/// What a lab opens with.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The scenario.
    pub scenario: Scenario,
    /// The moment to look at, if the link names one.
    pub at: Option<SimTime>,
    /// Why it is not the scenario that was asked for.
    pub error: Option<String>,
    /// Whether to show the stage only.
    pub embed: bool,
    /// Whether the lab keeps the page's address in step.
    pub owns_address: bool,
}

impl Opening {
    /// Reads the element, and the address if the lab is alone on its page.
    #[must_use]
    pub fn of(place: &web_sys::Element, alone: bool) -> Opening {
        let attribute = |name: &str| place.get_attribute(name).filter(|v| !v.is_empty());
        let mut opening = Opening {
            scenario: PRESETS[0].scenario(),
            at: None,
            error: None,
            embed: place.has_attribute("data-embed"),
            owns_address: alone,
        };
        let asked = [("preset", "data-lab"), ("mode", "data-mode"), ("seed", "data-seed"), ("t", "data-time")];
        let parts: Vec<String> = asked.iter().filter_map(|(key, name)| Some(format!("{key}={}", attribute(name)?))).collect();
        opening.take(&parts.join("&"));
        if alone && let Some(location) = web_sys::window().map(|w| w.location()) {
            let (query, fragment) = (location.search().unwrap_or_default(), location.hash().unwrap_or_default());
            opening.embed |= query.trim_start_matches('?').split('&').any(|part| part == "embed=1");
            opening.take(&query);
            opening.take(&fragment);
        }
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
            Err(error) => self.error = Some(format!("{error}. The lab shows '{}' instead.", self.scenario.title)),
        }
    }
}
