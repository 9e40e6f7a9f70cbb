//! The sheet of the smallest example: what was left out, and what is left.

use super::Progress;
use crate::explain::{Explainer, describe_action, headline};
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::{Action, Anomaly, Event, Scenario};
use crate::sheet::{Cell, Part, Sheet, Table};
use crate::shrink::{Shrinker, size};
use crate::time::{SimDuration, SimTime};

/// The most events that are told of an example.
const TOLD: usize = 40;

/// Makes a scenario smaller, run by run. Without the name of a kind it is that of the first finding.
pub(super) fn job(scenario: &Scenario, kind: &str) -> Box<dyn FnMut() -> Progress> {
    let first = || Run::of(scenario).ok()?.findings.first().map(crate::check::Finding::anomaly);
    let named = Anomaly::ALL.into_iter().find(|a| a.name() == kind);
    let Some(kind) = named.or_else(first) else { return Box::new(|| Progress::Done(nothing("The run has no findings."))) };
    let (whole, before) = (scenario.clone(), size(scenario));
    let mut shrinker = Shrinker::new(scenario, kind);
    Box::new(move || {
        let progress = shrinker.step(1);
        if !progress.done {
            return Progress::Working(format!("from {before} parts to {}, in {}", progress.size, plural(progress.tried, "run")));
        }
        Progress::Done(match shrinker.smallest() {
            None => nothing(&format!("The run has no finding of kind {}.", kind.name())),
            Some(smallest) => {
                let mut sheet = Sheet::titled(format!("The smallest example: {}", kind.name()));
                sheet.say(format!(
                    "Made in {}. None of what is left can be left out: without any part of it there is no such finding.",
                    plural(progress.tried, "run")
                ));
                show(&mut sheet, Some(&whole), smallest, kind);
                sheet
            }
        })
    })
}

fn nothing(why: &str) -> Sheet {
    let mut sheet = Sheet::titled("The smallest example");
    sheet.say(why);
    sheet
}

/// What a scenario is made of.
fn counts(scenario: &Scenario) -> [u64; 5] {
    let operations = Run::of(scenario).map_or(0, |run| run.trace.ops.len());
    let operation = Event::is_operation;
    let delay = |event: &Event| matches!(event, Event::Link(_));
    let events = || scenario.script.iter().map(|scheduled| &scheduled.event);
    let delays = scenario.links.len() + events().filter(|event| delay(event)).count();
    let faults = events().filter(|event| !operation(event) && !delay(event)).count();
    let nodes = scenario.shards.iter().map(|shard| shard.replicas().count()).sum::<usize>() + scenario.clients.len();
    [operations as u64, faults as u64, delays as u64, nodes as u64, scenario.until.0]
}

/// Adds an example to a sheet: what is left of a larger scenario, what happens in it, what is wrong with it, and a button.
pub(super) fn show(sheet: &mut Sheet, whole: Option<&Scenario>, small: &Scenario, kind: Anomaly) {
    let Ok(run) = Run::of(small) else { return };
    let after = counts(small);
    if let Some(whole) = whole {
        let names = ["operations", "faults and interventions", "settings of links", "nodes", "length"];
        let show = |row: usize, n: u64| if row == 4 { SimDuration(n).words() } else { n.to_string() };
        let rows = names.iter().zip(counts(whole)).zip(after).enumerate();
        let rows = rows.map(|(row, ((name, before), after))| {
            [(*name).to_owned(), show(row, before), show(row, after), show(row, before.saturating_sub(after))]
                .map(Cell::plain)
                .to_vec()
        });
        let head = ["", "before", "left", "removed"].map(str::to_owned).to_vec();
        sheet.parts.push(Part::Table(Table { caption: "What was left out".to_owned(), head, rows: rows.collect() }));
    }
    let finding = run.findings.iter().find(|finding| finding.anomaly() == kind);
    let at = finding.map_or(SimTime::ZERO, |finding| finding.at);
    sheet.parts.push(Part::Open("Open as a branch: smallest example".to_owned(), at.0, small.to_json()));
    sheet.head("What happens in it");
    let script: Vec<&(SimTime, usize, Action)> = run.plan.script.iter().collect();
    let rows = script
        .iter()
        .take(TOLD)
        .map(|(at, _, action)| [at.words(), describe_action(&run.plan, action)].map(Cell::plain).to_vec());
    let caption =
        if script.len() > TOLD { format!("The first {TOLD} of {} events", script.len()) } else { "All of its events".to_owned() };
    let head = ["at", "what"].map(str::to_owned).to_vec();
    sheet.parts.push(Part::Table(Table { caption, head, rows: rows.collect() }));
    if let Some(finding) = finding {
        sheet.head(headline(&run, finding));
        // Its nouns are those of the example, not of the run on the screen.
        sheet.say(Explainer::new(&run).explain(finding).sentence());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::scenario::parse;

    #[test]
    fn the_sheet_counts_what_was_left_out_and_opens_what_is_left() {
        let scenario = Preset::named("monotonic-reads").expect("a preset").scenario();
        let mut step = job(&scenario, "monotonic-reads");
        let mut said = Vec::new();
        let sheet = loop {
            match step() {
                Progress::Working(words) => said.push(words),
                Progress::Done(sheet) => break sheet,
            }
        };
        assert!(said.len() > 5 && said[0].starts_with("from ") && said[0].ends_with("in 1 run"), "{said:?}");
        let Some(Part::Open(label, at, json)) = sheet.parts.iter().find(|part| matches!(part, Part::Open(..))) else {
            panic!("nothing to open: {sheet}")
        };
        assert!(label.starts_with("Open as a branch"));
        let run = Run::of(&parse(json).expect("a scenario")).expect("it can be run");
        assert!(run.findings.iter().any(|f| f.anomaly() == Anomaly::MonotonicReads && f.at.0 == *at));
        let Some(Part::Table(table)) = sheet.parts.get(1) else { panic!("no table: {sheet}") };
        let (before, left) = (Run::of(&scenario).expect("it can be run").trace.ops.len(), run.trace.ops.len());
        assert_eq!(table.rows[0][1].text, before.to_string());
        assert_eq!(
            (table.rows[0][2].text.clone(), table.rows[0][3].text.clone()),
            (left.to_string(), (before - left).to_string())
        );
    }

    #[test]
    fn a_run_without_findings_has_no_smallest_example() {
        let scenario = Preset::named("sync-or-async").expect("a preset").scenario();
        let Progress::Done(sheet) = job(&scenario, "")() else { panic!("it goes on") };
        assert_eq!(sheet.parts, [Part::Text("The run has no findings.".into())]);
    }
}
