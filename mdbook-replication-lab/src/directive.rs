//! A line that asks for a lab: `{{#replication-lab preset=read-after-write seed=7}}`.
//!
//! The names of presets and modes are those of the crate, and the scenario is run once: a book is never built with a lab that shows an error.

use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::Scenario;
use replicated_telemetry_store::share;

/// How such a line begins.
pub(crate) const MARK: &str = "{{#replication-lab";
const END: &str = "}}";
/// The words that there are.
const WORDS: [&str; 8] = ["preset", "mode", "seed", "height", "theme", "loading", "lesson", "lang"];
/// Those that say which run is shown.
const RUN: [&str; 3] = ["preset", "mode", "seed"];
/// The pixels that a lab may take.
const HEIGHTS: std::ops::RangeInclusive<u32> = 120..=4000;

/// A line that makes sense.
#[derive(Debug)]
pub(crate) struct Directive {
    /// The words and their values, in the order of the line.
    pub(crate) words: Vec<(String, String)>,
    /// What is shown.
    pub(crate) scenario: Scenario,
}

impl Directive {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(line: &str) -> Result<Directive, String> {
        let inside = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(END)).filter(|inside| !inside.contains(END));
        let inside = inside.ok_or_else(|| format!("it has to stand on a line of its own: {MARK} preset=NAME{END}"))?;
        let mut words: Vec<(String, String)> = Vec::new();
        for part in inside.split_whitespace() {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("'{part}' is not of the form NAME=VALUE"))?;
            let value = value.trim_matches('"');
            check(name, value)?;
            if words.iter().any(|(other, _)| other == name) {
                return Err(format!("'{name}' is said twice"));
            }
            words.push((name.to_owned(), value.to_owned()));
        }
        let scenario = match share::read(&query(&words)) {
            Ok(Some(shared)) => shared.scenario,
            Ok(None) => return Err(format!("it names no preset: {MARK} preset=NAME{END}")),
            Err(wrong) => return Err(wrong.to_string()),
        };
        Run::of(&scenario).map_err(|wrong| format!("this cannot be run: {wrong}"))?;
        Ok(Directive { words, scenario })
    }

    /// What is asked of the lab's page, as its address has it.
    pub(crate) fn query(&self) -> String {
        query(&self.words)
    }
}

fn query(words: &[(String, String)]) -> String {
    let run = words.iter().filter(|(name, _)| RUN.contains(&name.as_str()));
    run.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Looks at one word; those that say which run is shown are looked at together.
fn check(name: &str, value: &str) -> Result<(), String> {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    match name {
        _ if !WORDS.contains(&name) => Err(format!("'{name}' is not known; there are {}", WORDS.join(", "))),
        _ if !plain => Err(format!("the {name} '{value}' is not made of letters, digits, '-', '_' and '.'")),
        "height" if !value.parse().is_ok_and(|height| HEIGHTS.contains(&height)) => {
            Err(format!("the height '{value}' is no number of pixels from {} to {}", HEIGHTS.start(), HEIGHTS.end()))
        }
        "theme" if !["light", "dark"].contains(&value) => Err(format!("the theme '{value}' is neither light nor dark")),
        "loading" if !["click", "near"].contains(&value) => Err(format!("loading is click or near, not '{value}'")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicated_telemetry_store::presets::PRESETS;

    #[test]
    fn every_preset_can_be_asked_for() {
        for preset in PRESETS {
            let directive = Directive::of(&format!("{MARK} preset={}{END}", preset.id)).expect(preset.id);
            assert_eq!(directive.scenario, preset.scenario());
        }
    }

    #[test]
    fn mode_and_seed_are_those_of_the_scenario() {
        let line = "{{#replication-lab  preset=read-after-write seed=7 height=\"600\" mode=session-consistent theme=dark}}";
        let directive = Directive::of(line).expect("it makes sense");
        assert_eq!(directive.scenario.seed, 7);
        assert_eq!(directive.query(), "preset=read-after-write&seed=7&mode=session-consistent");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (inside, reason) in [
            ("", "names no preset"),
            (" seed=1", "names no preset"),
            (" preset=atlantis", "no preset called 'atlantis'"),
            (" preset=first-look preset=first-look", "said twice"),
            (" preset=first-look seed=-1", "the seed '-1'"),
            (" preset=first-look mode=psychic", "no read mode called 'psychic'"),
            (" preset=lww-skew mode=pinned-follower", "cannot be run"),
            (" preset=first-look height=9", "height '9'"),
            (" preset=first-look theme=pink", "theme 'pink'"),
            (" preset=first-look loading=never", "loading"),
            (" preset=first-look size=9", "'size' is not known"),
            (" preset=first-look wide", "'wide' is not of the form"),
            (" preset=first-look lang=<b>", "lang '<b>'"),
            (" preset=first-look}} and more {{x", "a line of its own"),
        ] {
            let wrong = Directive::of(&format!("{MARK}{inside}{END}")).expect_err(inside);
            assert!(wrong.contains(reason), "{inside}: {wrong}");
        }
    }
}
