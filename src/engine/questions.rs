//! Questions that take many runs: the menu of them. The second program answers.

use super::command::{Command, Entry};
use super::field::{Choice, Field, button, choice, option};
use super::form::Form;
use crate::experiment::{Experiment, other_modes};
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{Anomaly, Setting};
use crate::view::title;

/// What can be asked about the scenario as it stands.
const MENU: [Experiment; 5] =
    [Experiment::Systems, Experiment::Matrix, Experiment::Formats, Experiment::Timeouts, Experiment::Check];

/// The fields.
pub(super) fn fields(run: &Run, form: &Form) -> Vec<Field> {
    let asks = MENU.iter().map(|experiment| button(experiment.title(), &Command::Ask(*experiment, String::new())));
    let chosen_mode = mode(run, form);
    let modes = modes_of(run).map(|m| option(m.name(), m.name(), Some(m) == chosen_mode));
    let chosen_kind = kind(form);
    let kinds = Anomaly::ALL.into_iter().map(|k| option(k.name(), title(k), k == chosen_kind));
    let with = |name: &str, options: Vec<Choice>, entry: Entry, experiment: Experiment| {
        let ask = Field::Buttons(vec![button(experiment.title(), &Command::AskEntered(experiment))]);
        [choice(name, options, &Command::Enter(entry)), ask]
    };
    let mut fields = vec![
        Field::Note("Questions about this scenario as it stands. Each answer is computed by running it.".to_owned()),
        Field::Buttons(asks.collect()),
    ];
    fields.extend(with("The same seed, with reads", modes.collect(), Entry::Mode, Experiment::Compare));
    fields.extend(with("Other seeds and schedules, for a", kinds.collect(), Entry::Kind, Experiment::Search));
    fields
}

/// The mode to compare with: the one that was chosen, or the first that is another.
fn mode(run: &Run, form: &Form) -> Option<ReadMode> {
    modes_of(run).find(|mode| mode.name() == form.mode).or_else(|| modes_of(run).next())
}

/// The modes to compare with: those that the family of the run has.
fn modes_of(run: &Run) -> impl Iterator<Item = ReadMode> {
    let family = run.plan.scenario.family;
    other_modes(run.plan.scenario.read.mode).filter(move |mode| family.knows(Setting::ReadMode(*mode)))
}

/// The kind to search for: the one that was chosen, or the first.
fn kind(form: &Form) -> Anomaly {
    Anomaly::ALL.into_iter().find(|kind| kind.name() == form.kind).unwrap_or(Anomaly::ALL[0])
}

/// The argument of a question, as it was entered.
pub(super) fn argument(experiment: Experiment, run: &Run, form: &Form) -> String {
    match experiment {
        Experiment::Compare => mode(run, form).map_or(String::new(), |mode| mode.name().to_owned()),
        Experiment::Search => kind(form).name().to_owned(),
        _ => String::new(),
    }
}
