//! The run for other programs, each form as a file to be saved.

use crate::explain::Explainer;
use crate::export::{Form, export};
use crate::run::Run;
use crate::scenario::Scenario;
use crate::sheet::{Part, Sheet};

/// Every form in which the run can be had.
pub(super) fn sheet(scenario: &Scenario) -> Sheet {
    let mut sheet = Sheet::titled("The run for other programs");
    let run = match Run::of(scenario) {
        Ok(run) => run,
        Err(error) => {
            sheet.say(error.to_string());
            return sheet;
        }
    };
    let explainer = Explainer::new(&run);
    for form in Form::ALL {
        let (what, name) = match form {
            Form::Jsonl => ("Everything, as JSON lines: the scenario and every operation, with its place in the log", "history"),
            Form::Edn => ("What clients saw, as Jepsen writes it: other checkers can judge it", "history"),
            Form::Csv => ("The findings, as a table", "findings"),
            Form::Svg => ("The space-time diagram, as a drawing", "diagram"),
        };
        match export(&explainer, form) {
            Ok(text) => {
                sheet.say(format!("{what}."));
                sheet.parts.push(Part::File(format!("Save {name}.{}", form.name()), format!("{name}.{}", form.name()), text));
            }
            Err(why) => sheet.say(format!("{what}: {why}.")),
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;

    #[test]
    fn a_run_can_be_saved_in_every_form_and_its_operations_are_read_again() {
        let scenario = Preset::named("read-after-write").expect("a preset").scenario();
        let sheet = sheet(&scenario);
        let file = |wanted: &str| {
            let found = sheet.parts.iter().find_map(|part| match part {
                Part::File(_, name, text) if name == wanted => Some(text.clone()),
                _ => None,
            });
            found.unwrap_or_else(|| panic!("no {wanted}"))
        };
        assert!(file("findings.csv").contains("read-your-writes") && file("diagram.svg").starts_with("<svg "));
        for name in ["history.jsonl", "history.edn"] {
            let read =
                crate::import::import(&file(name), &crate::import::Options::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(read.observed.operations.len(), Run::of(&scenario).expect("it can be run").trace.ops.len(), "{name}");
        }
    }
}
