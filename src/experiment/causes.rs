//! The sheet of causes: what brought one finding about, each proven by a run without it.

use std::rc::Rc;

use super::Progress;
use crate::cause::{Cause, Prover, undone, without};
use crate::check::Finding;
use crate::explain::headline;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::scene::prose;
use crate::sheet::{Part, Sheet};

/// After the nearest cause that suffices, so many others are tried.
const OTHERS: usize = 12;
/// The most causes that are listed.
const LISTED: usize = 6;

/// The causes of a finding, by its number in the run: one run per step.
pub(super) fn job(scenario: &Scenario, number: usize) -> Box<dyn FnMut() -> Progress> {
    let found = Run::of(scenario).ok().and_then(|run| Some((run.findings.get(number)?.clone(), Rc::new(run))));
    let Some((finding, run)) = found else {
        return Box::new(|| {
            let mut sheet = Sheet::titled("What caused it");
            sheet.say("The run has no such finding.");
            Progress::Done(sheet)
        });
    };
    let mut prover = Prover::new(run);
    let candidates = prover.candidates(&finding);
    let (mut next, mut last) = (0, candidates.len());
    let mut alone = Vec::new();
    Box::new(move || {
        if let Some(cause) = candidates.get(next).filter(|_| next < last) {
            next += 1;
            if prover.gone(&finding, &[*cause]) {
                alone.push(*cause);
                last = last.min(next + OTHERS);
            }
            return Progress::Working(format!("{next} of {} possible causes tried", candidates.len()));
        }
        Progress::Done(if alone.is_empty() {
            together(&mut prover, &finding, candidates.len())
        } else {
            each(&prover, &finding, &alone, (next, candidates.len()))
        })
    })
}

fn titled(run: &Run, finding: &Finding) -> Sheet {
    Sheet::titled(format!("What caused it: {}", headline(run, finding)))
}

/// Causes that suffice each by itself.
fn each(prover: &Prover<Rc<Run>>, finding: &Finding, alone: &[Cause], (tried, all): (usize, usize)) -> Sheet {
    let mut sheet = titled(prover.run(), finding);
    let of =
        if tried < all { format!("Of {all} possible causes the nearest {tried}") } else { format!("All {all} possible causes") };
    sheet.say(match alone.len() {
        1 => format!("{of} were each taken away in a run of its own. Without this one the finding is gone; without any other it stays."),
        n => format!("{of} were each taken away in a run of its own. Without any one of these {n} the finding is gone; the nearest comes first."),
    });
    for cause in alone.iter().take(LISTED) {
        sheet.parts.push(Part::Told(prose(prover.run(), &prover.tell(finding, *cause))));
        undo(&mut sheet, prover, finding, &[*cause]);
    }
    if alone.len() > LISTED {
        sheet.say(format!("And {} more.", alone.len() - LISTED));
    }
    sheet
}

/// Causes that suffice together only.
fn together(prover: &mut Prover<Rc<Run>>, finding: &Finding, all: usize) -> Sheet {
    let mut sheet = titled(prover.run(), finding);
    let Some(proof) = prover.prove(finding) else {
        sheet.say(format!(
            "No cause is known: the finding stays even without all {all} that could be taken away. {} runs were made.",
            prover.runs()
        ));
        return sheet;
    };
    sheet.say(format!(
        "None of {all} possible causes suffices alone. Without these {} together the finding is gone, and none of them can be left out. {} runs were made.",
        proof.causes.len(),
        prover.runs()
    ));
    for told in &proof.told {
        sheet.parts.push(Part::Told(prose(prover.run(), told)));
    }
    undo(&mut sheet, prover, finding, &proof.causes);
    sheet
}

/// What the run without the causes has, and the button that opens it.
fn undo(sheet: &mut Sheet, prover: &Prover<Rc<Run>>, finding: &Finding, causes: &[Cause]) {
    let plan = &prover.run().plan;
    let (what, name) = match causes {
        [one] => ("Undo the cause", undone(plan, *one)),
        several => ("Undo them all", format!("{} causes undone", several.len())),
    };
    let all = prover.run().findings.len();
    sheet.say(match prover.left(causes) {
        Some(0) => "Without it: nothing found in the whole run.".to_owned(),
        Some(left) => format!("Without it: this finding is gone; {left} of other kinds or operations (of {all} before)."),
        None => String::new(),
    });
    let rest = without(&plan.scenario, causes);
    sheet.parts.push(Part::Open(format!("{what}: {name}"), finding.at.0, rest.to_json()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::scenario::parse;

    fn answered(scenario: &Scenario, number: usize) -> Sheet {
        let mut step = job(scenario, number);
        loop {
            if let Progress::Done(sheet) = step() {
                return sheet;
            }
        }
    }

    /// What a button opens is a run in which the finding is gone, and the sheet says how many findings that run has.
    #[test]
    fn undoing_a_cause_makes_the_finding_vanish() {
        let mut undone = 0;
        for preset in PRESETS.iter().filter(|preset| preset.id != "telemetry-pipeline") {
            let scenario = preset.scenario();
            let run = Run::of(&scenario).expect("presets can be run");
            let Some(finding) = run.findings.first() else { continue };
            let sheet = answered(&scenario, 0);
            let mut said = String::new();
            for part in &sheet.parts {
                match part {
                    Part::Text(text) => said.clone_from(text),
                    Part::Open(label, at, json) => {
                        let rest = Run::of(&parse(json).expect("a scenario")).expect("it can be run");
                        let same = |f: &Finding| (f.op(), f.anomaly()) == (finding.op(), finding.anomaly());
                        assert!(!rest.findings.iter().any(same), "{}: {label}", preset.id);
                        let counted = if rest.findings.is_empty() {
                            "nothing found".to_owned()
                        } else {
                            format!("{} of", rest.findings.len())
                        };
                        assert!(said.contains(&counted), "{}: {label}: {said}", preset.id);
                        assert_eq!(*at, finding.at.0);
                        undone += 1;
                    }
                    _ => {}
                }
            }
        }
        assert!(undone > 10, "{undone}");
    }

    #[test]
    fn a_finding_that_is_not_there_has_no_cause() {
        assert_eq!(answered(&PRESETS[0].scenario(), 7).parts, [Part::Text("The run has no such finding.".into())]);
    }
}
