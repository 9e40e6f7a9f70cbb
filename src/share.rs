//! A run in a link: the whole scenario, interventions included, in the fragment of an address.
//!
//! The fragment never leaves the browser. It is `#v1=` followed by the scenario as JSON in base64url, or `#preset=` and a name
//! when the scenario is a preset as written; `&t=` adds the moment to look at. Links come from anywhere: what cannot be read is
//! refused with a message, and nothing is allocated beyond the limits of a scenario.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use crate::presets::{PRESETS, Preset};
use crate::router::ReadMode;
use crate::scenario::{Scenario, ScenarioError, TEXT_MAX, parse};
use crate::time::{DurationError, SimDuration, SimTime};

/// What a link holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The scenario.
    pub scenario: Scenario,
    /// The moment to look at; the lesson's start if nothing is said.
    pub at: Option<SimTime>,
}

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkError {
    /// The link is of a version that this program does not know.
    UnknownVersion(String),
    /// The part after `v1=` is not base64url of a text, from this place on.
    NotText(usize),
    /// The link is longer than a scenario can be.
    TooLong(usize),
    /// The text is no scenario.
    Scenario(ScenarioError),
    /// There is no preset of that name.
    UnknownPreset(String),
    /// This program leaves out the family of that preset.
    LeftOut(String),
    /// There is no read mode of that name.
    UnknownMode(String),
    /// The seed is no number.
    Seed(String),
    /// The moment is no length of time.
    Time(DurationError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::UnknownVersion(part) => {
                write!(f, "the link begins with '{part}', which this version of the lab does not know")
            }
            LinkError::NotText(place) => {
                write!(f, "the link is damaged at character {place}: it was cut off or changed on its way")
            }
            LinkError::TooLong(length) => write!(f, "the link has {length} characters, more than a scenario can have"),
            LinkError::Scenario(error) => write!(f, "the scenario in the link cannot be run: {error}"),
            LinkError::UnknownPreset(name) => write!(f, "there is no preset called '{name}'"),
            LinkError::LeftOut(name) => write!(f, "this program leaves out the family of the preset '{name}'"),
            LinkError::UnknownMode(name) => {
                write!(f, "there is no read mode called '{name}': it is leader, any-follower or session-consistent")
            }
            LinkError::Seed(text) => write!(f, "the seed '{text}' is not a whole number"),
            LinkError::Time(error) => write!(f, "the moment in the link is wrong: {error}"),
        }
    }
}

impl std::error::Error for LinkError {}

/// The fragment for a scenario at a moment, without the leading `#`.
#[must_use]
pub fn fragment(scenario: &Scenario, at: SimTime) -> String {
    let time = SimDuration(at.0);
    let mut named = PRESETS.iter().filter(|preset| preset.title == scenario.title);
    if let Some(preset) = named.find(|p| p.included().as_ref() == Some(scenario)) {
        return format!("preset={}&t={time}", preset.id);
    }
    let json = without_spaces(&scenario.to_json());
    format!("v1={}&t={time}", BASE64URL_NOPAD.encode(json.as_bytes()))
}

/// JSON without the spaces between its parts: a link is to be short.
fn without_spaces(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        quoted ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        quoted || !c.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

/// Reads a fragment or a query, with or without its leading sign. `None` if it says nothing about a scenario.
///
/// # Errors
/// If it does say something, and that cannot be understood.
pub fn read(text: &str) -> Result<Option<Shared>, LinkError> {
    let text = text.trim_start_matches(['#', '?']);
    if text.len() > TEXT_MAX * 3 / 2 {
        return Err(LinkError::TooLong(text.len()));
    }
    let parts: Vec<(&str, &str)> = text.split('&').filter_map(|part| part.split_once('=')).collect();
    let value = |name: &str| parts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut scenario = match (value("v1"), value("preset")) {
        (Some(code), _) => decode(code)?,
        (None, Some(name)) => {
            let preset = Preset::named(name).ok_or_else(|| LinkError::UnknownPreset(name.to_owned()))?;
            preset.included().ok_or_else(|| LinkError::LeftOut(name.to_owned()))?
        }
        (None, None) => {
            let versions = parts.iter().find(|(key, _)| key.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok()));
            return versions.map_or(Ok(None), |(key, _)| Err(LinkError::UnknownVersion((*key).to_owned())));
        }
    };
    adjust(&mut scenario, text)?;
    let at = match value("t") {
        Some(time) => Some(SimTime(SimDuration::parse(time).map_err(LinkError::Time)?.0)),
        None => None,
    };
    Ok(Some(Shared { scenario, at }))
}

/// Sets what a link may set beside its scenario: `mode=` and `seed=`.
///
/// # Errors
/// If the read mode is none, or the seed no number: then the scenario may have the new mode already.
pub fn adjust(scenario: &mut Scenario, text: &str) -> Result<(), LinkError> {
    // Of several the first counts.
    for part in text.split('&').rev() {
        match part.split_once('=') {
            Some(("mode", name)) => {
                scenario.read.mode = ReadMode::from_name(name).ok_or_else(|| LinkError::UnknownMode(name.to_owned()))?;
            }
            Some(("seed", seed)) => scenario.seed = seed.parse().map_err(|_| LinkError::Seed(seed.to_owned()))?,
            _ => {}
        }
    }
    Ok(())
}

fn decode(code: &str) -> Result<Scenario, LinkError> {
    let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|error| LinkError::NotText(error.position))?;
    let json = String::from_utf8(bytes).map_err(|error| LinkError::NotText(error.utf8_error().valid_up_to()))?;
    parse(&json).map_err(LinkError::Scenario)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;

    #[test]
    fn every_preset_and_every_change_of_it_survives_the_way_through_a_link() {
        for preset in PRESETS {
            let mut scenario = preset.scenario();
            let short = fragment(&scenario, SimTime(1_500));
            assert_eq!(short, format!("preset={}&t=1.5ms", preset.id));
            scenario.seed += 1;
            let link = format!("#{}", fragment(&scenario, SimTime(7)));
            let shared = read(&link).expect("the link is good").expect("the link holds a scenario");
            assert_eq!(shared, Shared { scenario: scenario.clone(), at: Some(SimTime(7)) });
            let digest = |s: &Scenario| Run::of(s).expect("it can be run").trace.digest;
            assert_eq!(digest(&shared.scenario), digest(&scenario), "{}", preset.id);
        }
    }

    #[test]
    fn a_link_drops_the_spaces_between_the_parts_and_no_others() {
        assert_eq!(without_spaces("{\n  \"a b\": \"c \\\" d\\\\\",\n  \"e\": [ 1 ]\n}"), r#"{"a b":"c \" d\\","e":[1]}"#);
    }

    #[test]
    fn damaged_links_are_refused_with_a_reason() {
        for (link, reason) in [
            ("#v1=%%%", "damaged at character 0"),
            ("#v1=bm90IGpzb24", "cannot be run: line 1, column 1"),
            ("#v2=abc", "begins with 'v2'"),
            ("#preset=atlantis", "no preset called 'atlantis'"),
            ("?preset=first-look&mode=psychic", "no read mode called 'psychic'"),
            ("?preset=first-look&seed=x", "the seed 'x'"),
            ("#preset=first-look&t=5", "'5' has no unit"),
        ] {
            let error = read(link).expect_err(link).to_string();
            assert!(error.contains(reason), "{link}: {error}");
        }
        assert_eq!(read("#section-3"), Ok(None), "an ordinary anchor is not ours");
        assert_eq!(read(""), Ok(None));
    }

    #[test]
    fn a_link_cut_off_anywhere_is_refused_without_a_panic() {
        let mut scenario = PRESETS[0].scenario();
        scenario.seed = 99;
        let link = fragment(&scenario, SimTime::ZERO);
        let whole = link.split('&').next().expect("a first part");
        for end in 3..whole.len() {
            assert!(read(&whole[..end]).is_err(), "the first {end} characters were accepted");
        }
    }
}
