//! What a lab opens with: the attributes of its element, and the page's address if the lab is alone there.

use crate::presets::{PRESETS, Preset};
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
        let mut opening = Opening {
            scenario: PRESETS[0].scenario(),
            at: None,
            error: None,
            embed: place.has_attribute("data-embed"),
            owns_address: alone,
        };
        opening.embed |= alone && address()[0].trim_start_matches('?').split('&').any(|part| part == "embed=1");
        asked(place, alone).iter().for_each(|text| opening.take(text));
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

/// What is asked for: by the element, then by the query and the fragment of the address, of which the last counts.
fn asked(place: &web_sys::Element, alone: bool) -> Vec<String> {
    let attribute = |name: &str| place.get_attribute(name).filter(|v| !v.is_empty());
    let names = [("preset", "data-lab"), ("mode", "data-mode"), ("seed", "data-seed"), ("t", "data-time")];
    let parts: Vec<String> = names.iter().filter_map(|(key, name)| Some(format!("{key}={}", attribute(name)?))).collect();
    let mut asked = vec![parts.join("&")];
    if alone {
        asked.extend(address());
    }
    asked
}

/// The query and the fragment of the page's address.
fn address() -> [String; 2] {
    let location = web_sys::window().map(|w| w.location());
    location.map_or_else(Default::default, |l| [l.search().unwrap_or_default(), l.hash().unwrap_or_default()])
}

/// The presets that are asked for, whose files are needed before the lab can open.
pub(super) fn presets(place: &web_sys::Element, alone: bool) -> Vec<Preset> {
    asked(place, alone).iter().filter_map(|text| share::preset_of(text)).collect()
}
