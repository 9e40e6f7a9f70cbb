//! The sheet of a search: the smallest example of what was found, or exactly what was searched.

use super::{Progress, smallest};
use crate::plural::plural;
use crate::scenario::{Anomaly, Scenario};
use crate::search::{Bounds, Search, Searched, Standing};
use crate::sheet::{Part, Sheet};

/// Looks for a finding, run by run. The argument is the name of a kind; behind it how many seeds and how many schedules for each may
/// stand.
pub(super) fn job(scenario: &Scenario, argument: &str) -> Box<dyn FnMut() -> Progress> {
    let mut words = argument.split(' ');
    let name = words.next().unwrap_or_default();
    let mut number = |usual: u64| words.next().and_then(|word| word.parse().ok()).unwrap_or(usual);
    let usual = Bounds::default();
    let bounds = Bounds { seeds: number(usual.seeds), schedules: number(usual.schedules) };
    let kind = Anomaly::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(Anomaly::ALL[0]);
    let whole = scenario.clone();
    let mut search = Search::new(scenario, kind, bounds);
    Box::new(move || match search.step(1) {
        Standing::Searching(searched) => Progress::Working(format!("{searched}")),
        Standing::Shrinking(searched, runs) => {
            Progress::Working(format!("found after {searched}; making it smaller, {}", plural(runs, "run")))
        }
        Standing::NotFound(searched) => Progress::Done(not_found(&whole, kind, bounds, searched)),
        Standing::Found(searched, found) => {
            let mut sheet = Sheet::titled(format!("A search for {}", kind.name()));
            let schedule = match found.schedule {
                0 => "as the scenario stands".to_owned(),
                n => format!("in schedule {n} of that seed"),
            };
            sheet.say(format!("Found after {searched}: with seed {}, {schedule}.", found.scenario.seed));
            smallest::show(&mut sheet, Some(&found.scenario), &found.smallest, kind);
            let name = format!("seed {}, schedule {}", found.scenario.seed, found.schedule);
            sheet.parts.push(Part::Open(format!("Open as a branch: {name}"), 0, found.scenario.to_json()));
            Progress::Done(sheet)
        }
    })
}

fn not_found(scenario: &Scenario, kind: Anomaly, bounds: Bounds, searched: Searched) -> Sheet {
    let mut sheet = Sheet::titled(format!("A search for {}", kind.name()));
    sheet.say(format!("No finding of this kind in {searched}."));
    let first = scenario.seed;
    let last = first.wrapping_add(searched.seeds.saturating_sub(1));
    sheet.say(format!(
        "Searched: the seeds {first} to {last}, each in {}. The first schedule is the scenario as it stands; in the others the times of what is scripted, the followers that are read and the delays of links are moved.",
        plural(bounds.schedules, "schedule")
    ));
    sheet.say(format!(
        "The rules stayed as they are: read mode {}, acknowledgement, fencing and failover. What was not run is not known.",
        scenario.read.mode.name()
    ));
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::router::ReadMode;

    fn answered(scenario: &Scenario, argument: &str) -> (Vec<String>, Sheet) {
        let mut step = job(scenario, argument);
        let mut said = Vec::new();
        loop {
            match step() {
                Progress::Working(words) => said.push(words),
                Progress::Done(sheet) => return (said, sheet),
            }
        }
    }

    #[test]
    fn a_search_ends_with_an_example_or_with_what_it_ran() {
        let mut scenario = Preset::named("read-after-write").expect("a preset").scenario();
        let (said, sheet) = answered(&scenario, "read-your-writes 3 5");
        assert!(said.iter().any(|words| words.contains("making it smaller")), "{said:?}");
        assert_eq!(sheet.parts.iter().filter(|part| matches!(part, Part::Open(..))).count(), 2);
        scenario.read.mode = ReadMode::SessionConsistent;
        let (said, sheet) = answered(&scenario, "read-your-writes 3 5");
        assert!(said[0].starts_with("1 seed, 1 run, "), "{said:?}");
        let text = sheet.to_string();
        assert!(text.contains("in 3 seeds, 15 runs, ") && text.contains("seeds 1 to 3, each in 5 schedules"), "{text}");
        assert!(text.contains("What was not run is not known") && !text.contains("safe"), "{text}");
    }
}
