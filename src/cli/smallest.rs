//! `shrink` and `search`: the smallest example of a finding, of this run or of one that is looked for.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::explain::{Explainer, describe_action};
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::{Anomaly, Scenario};
use crate::search::{Bounds, Search, Searched, Standing};
use crate::shrink::{Shrinker, size};

/// Prints the smallest example of the kind; false if the scenario has no such finding. Without a kind, that of the first finding.
pub(super) fn shrink(scenario: &Scenario, kind: Option<Anomaly>, json: bool, out: &mut impl Write) -> io::Result<bool> {
    let first = || Run::of(scenario).ok()?.findings.first().map(crate::check::Finding::anomaly);
    let Some(kind) = kind.or_else(first) else {
        writeln!(out, "{}", if json { "null" } else { "the run has no findings" })?;
        return Ok(false);
    };
    let mut shrinker = Shrinker::new(scenario, kind);
    while !shrinker.step(u64::from(u32::MAX)).done {}
    match shrinker.smallest() {
        None if json => writeln!(out, "null").map(|()| false),
        None => writeln!(out, "the run has no finding of kind {}", kind.name()).map(|()| false),
        Some(smallest) if json => writeln!(out, "{}", smallest.to_json()).map(|()| true),
        Some(smallest) => {
            let (before, after, runs) = (size(scenario), size(smallest), shrinker.progress().tried);
            writeln!(out, "from {before} parts to {after}, in {}; none of them can be left out", plural(runs, "run"))?;
            tell(smallest, kind, out).map(|()| true)
        }
    }
}

/// Prints the answer to a search; whether something was found.
pub(super) fn search(scenario: &Scenario, kind: Anomaly, bounds: Bounds, json: bool, out: &mut impl Write) -> io::Result<bool> {
    match Search::new(scenario, kind, bounds).finish() {
        Standing::Found(searched, found) if json => {
            let mut report = report(kind, bounds, searched);
            report["found"] = json!(true);
            report["seed"] = json!(found.scenario.seed);
            report["schedule"] = json!(found.schedule);
            report["scenario"] = json!(found.scenario);
            report["smallest"] = json!(found.smallest);
            write(&report, out).map(|()| true)
        }
        Standing::Found(searched, found) => {
            let (seed, schedule) = (found.scenario.seed, found.schedule);
            writeln!(out, "found after {searched}: seed {seed}, schedule {schedule}; the smallest example of it is")?;
            tell(&found.smallest, kind, out).map(|()| true)
        }
        Standing::NotFound(searched) if json => write(&report(kind, bounds, searched), out).map(|()| false),
        Standing::NotFound(searched) => {
            writeln!(
                out,
                "no finding of kind {} in {searched} ({} per seed)",
                kind.name(),
                plural(bounds.schedules, "schedule")
            )?;
            writeln!(out, "what was not run is not known").map(|()| false)
        }
        Standing::Searching(_) | Standing::Shrinking(..) => Ok(false),
    }
}

fn report(kind: Anomaly, bounds: Bounds, searched: Searched) -> Value {
    let Searched { seeds, runs, events, cut_short } = searched;
    let searched =
        json!({ "seeds": seeds, "schedules": bounds.schedules, "runs": runs, "events": events, "cut_short": cut_short });
    json!({ "kind": kind.name(), "found": false, "searched": searched })
}

fn write(report: &Value, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// The script of a small scenario and what is found in it, for a person.
fn tell(scenario: &Scenario, kind: Anomaly, out: &mut impl Write) -> io::Result<()> {
    let Ok(run) = Run::of(scenario) else { return Ok(()) };
    writeln!(out)?;
    for (at, _, action) in &run.plan.script {
        writeln!(out, "{at:>11} {}", describe_action(&run.plan, action))?;
    }
    if let Some(finding) = run.findings.iter().find(|finding| finding.anomaly() == kind) {
        writeln!(out, "\n{:>11} {}: {}", finding.at, kind.name(), Explainer::new(&run).explain(finding))?;
    }
    writeln!(out, "\n{}", scenario.to_json())
}
