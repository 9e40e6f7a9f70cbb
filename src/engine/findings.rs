//! What is wrong with a run: how often, where, and why.

use super::command::Command;
use super::field::{Button, button};
use super::protocol::{Finding, Findings, Kind, Why};
use crate::check;
use crate::experiment::Experiment;
use crate::explain::{self, Explainer};
use crate::history::Op;
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::scene::{about_ops, prose};
use crate::view::{sign, title};

/// The most findings that are listed one by one.
const LISTED_MAX: usize = 60;

/// A finding in a few words.
pub(super) fn headline(run: &Run, finding: &check::Finding) -> String {
    format!("{} {}", sign(finding.anomaly()), explain::headline(run, finding))
}

/// The finding that is explained if none was chosen: of those that came last, the first.
pub(super) fn latest(run: &Run, seen: usize) -> Option<usize> {
    let at = run.findings.get(seen.checked_sub(1)?)?.at;
    run.findings.iter().position(|f| f.at == at)
}

/// The findings of a run.
pub(super) fn findings(run: &Run) -> Findings {
    let all = &run.findings;
    let found: Vec<Anomaly> = Anomaly::ALL.into_iter().filter(|kind| all.iter().any(|f| f.anomaly() == *kind)).collect();
    let place = |finding: &check::Finding| {
        found.iter().position(|kind| *kind == finding.anomaly()).and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
    };
    let one = |finding: &check::Finding| Finding {
        kind: place(finding),
        headline: explain::headline(run, finding),
        at: finding.at.0,
        when: finding.at.words(),
        about: about_ops(run, &finding.ops()),
    };
    let rest = Anomaly::ALL.len() - found.len();
    let more = match all.len().saturating_sub(LISTED_MAX) {
        0 => String::new(),
        1 => "1 more finding is counted but not listed.".to_owned(),
        more => format!("{more} more findings are counted but not listed."),
    };
    Findings {
        others: format!("{rest} {}kinds: none", if found.is_empty() { "" } else { "other " }),
        times: all.iter().map(|finding| (finding.at.0, place(finding))).collect(),
        listed: all.iter().take(LISTED_MAX).map(one).collect(),
        kinds: found.iter().map(|kind| Kind { sign: sign(*kind).to_owned(), title: title(*kind).to_owned() }).collect(),
        more,
        nothing: if all.is_empty() { nothing(run) } else { String::new() },
    }
}

fn nothing(run: &Run) -> String {
    let (writes, reads): (Vec<&Op>, Vec<&Op>) = run.trace.ops.iter().filter(|op| op.ended_well()).partition(|op| op.is_write());
    let (writes, reads) = (writes.len(), reads.len());
    format!(
        "Nothing found in this run, from its start to its end. Checked: answered reads {reads}, acknowledged writes {writes}. \
         That says something about this run, not about all runs."
    )
}

/// What is said when the run has changed.
pub(super) fn news(run: &Run) -> String {
    match run.findings.len() as u64 {
        0 => "The run has changed. Nothing found in it.".to_owned(),
        found => format!("The run has changed. It has {}.", plural(found, "finding")),
    }
}

/// Why a finding came about, and what can be asked about it.
pub(super) fn why<R: std::ops::Deref<Target = Run>>(explainer: &Explainer<R>, number: u32) -> Option<Why> {
    let run = explainer.run();
    let finding = run.findings.get(usize::try_from(number).ok()?)?;
    let ask =
        |experiment: Experiment, argument: String| -> Button { button(experiment.title(), &Command::Ask(experiment, argument)) };
    let asks = vec![ask(Experiment::Causes, number.to_string()), ask(Experiment::Smallest, finding.anomaly().name().to_owned())];
    Some(Why { finding: number, prose: prose(run, &explainer.explain(finding)), asks })
}
