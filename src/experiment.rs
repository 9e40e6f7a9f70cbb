//! Experiments: questions about a scenario whose answers take many runs, or much text, and come as a [`Sheet`].
//!
//! In the browser they are answered by a worker: a second program that is fetched when the first experiment is asked for, so that
//! it costs the first load nothing and never delays a frame. A [`Job`] works in steps, so that it can say how far it is and be
//! given up at any time by dropping it.

mod causes;
mod check;
mod compare;
mod files;
mod formats;
mod matrix;
mod search;
mod smallest;
mod systems;
mod timeouts;

pub use check::PASTED;

use serde::{Deserialize, Serialize};

use crate::router::ReadMode;
use crate::scenario::{Scenario, parse};
use crate::sheet::Sheet;

/// The name of [`Experiment::Check`].
const CHECK: &str = "check";

/// Stands between the names and between the texts of several files.
pub const BETWEEN_FILES: char = '\u{1e}';

/// What can be asked, by the name in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Experiment {
    /// What the configuration is called in real systems.
    Systems,
    /// What each way of acknowledging survives; of several leaders, what each topology survives, and what each rule for conflicts loses.
    Matrix,
    /// What the log formats cost, and what they can do.
    Formats,
    /// How patient to be with a silent leader.
    Timeouts,
    /// The same seed in another read mode, which is the argument.
    Compare,
    /// Whether there is a finding of a kind, which is the argument, over seeds and schedules.
    Search,
    /// The run as files for other programs.
    Files,
    /// What caused a finding, whose number is the argument.
    Causes,
    /// The smallest example of a kind of finding, which is the argument.
    Smallest,
    /// What the record of the clients says of each guarantee, as if it came from elsewhere. For one that does: [`request_check`].
    Check,
}

impl Experiment {
    /// All of them, in the order of menus.
    pub const ALL: [Experiment; 10] = [
        Experiment::Systems,
        Experiment::Matrix,
        Experiment::Formats,
        Experiment::Timeouts,
        Experiment::Compare,
        Experiment::Search,
        Experiment::Files,
        Experiment::Causes,
        Experiment::Smallest,
        Experiment::Check,
    ];

    /// The name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Experiment::Systems => "systems",
            Experiment::Matrix => "matrix",
            Experiment::Formats => "formats",
            Experiment::Timeouts => "timeouts",
            Experiment::Compare => "compare",
            Experiment::Search => "search",
            Experiment::Files => "files",
            Experiment::Causes => "causes",
            Experiment::Smallest => "smallest",
            Experiment::Check => CHECK,
        }
    }

    /// The name on its button.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Experiment::Systems => "In real systems",
            Experiment::Matrix => "What survives what",
            Experiment::Formats => "Log formats",
            Experiment::Timeouts => "Time-outs",
            Experiment::Compare => "Compare",
            Experiment::Search => "Search",
            Experiment::Files => "Export",
            Experiment::Causes => "Prove the cause",
            Experiment::Smallest => "Smallest example",
            Experiment::Check => "Judge what clients saw",
        }
    }
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// It goes on; what has been done so far, in words.
    Working(String),
    /// It is over.
    Done(Sheet),
}

/// A piece of work that is done step by step, each of which takes some milliseconds.
pub struct Job(Box<dyn FnMut() -> Progress>);

impl Job {
    /// Starts what a request asks for: the experiment's name, its argument and the scenario, one per line; for a recorded history its
    /// name and its text.
    ///
    /// # Errors
    /// If the request names no experiment, or its scenario cannot be read; with what is wrong.
    pub fn of(request: &str) -> Result<Job, String> {
        let mut lines = request.splitn(3, '\n');
        let (name, argument) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let experiment = Experiment::ALL.into_iter().find(|e| e.name() == name);
        let experiment = experiment.ok_or_else(|| format!("there is no experiment called '{name}'"))?;
        let text = lines.next().unwrap_or_default();
        // Without a name it is the run of the scenario that is judged.
        if experiment == Experiment::Check && !argument.is_empty() {
            return check::of_files(argument, text).map(Job);
        }
        let scenario = parse(text).map_err(|error| error.to_string())?;
        Ok(Job::start(experiment, argument, scenario))
    }

    /// Starts an experiment on a scenario.
    #[must_use]
    pub fn start(experiment: Experiment, argument: &str, scenario: Scenario) -> Job {
        match experiment {
            Experiment::Systems => Job::at_once(move || systems::sheet(&scenario)),
            Experiment::Formats => Job::at_once(move || formats::sheet(&scenario)),
            Experiment::Timeouts => Job(Box::new(timeouts::job(argument.parse().unwrap_or(timeouts::SEEDS)))),
            Experiment::Matrix => Job(matrix::job(scenario.family, argument.parse().unwrap_or(matrix::SEEDS))),
            Experiment::Compare => Job(compare::job(&scenario, argument)),
            Experiment::Search => Job(search::job(&scenario, argument)),
            Experiment::Files => Job::at_once(move || files::sheet(&scenario)),
            Experiment::Check => Job(check::of_run(&scenario)),
            Experiment::Causes => Job(causes::job(&scenario, argument.parse().unwrap_or(0))),
            Experiment::Smallest => Job(smallest::job(&scenario, argument)),
        }
    }

    fn at_once(mut work: impl FnMut() -> Sheet + 'static) -> Job {
        Job(Box::new(move || Progress::Done(work())))
    }

    /// Does the next step.
    pub fn step(&mut self) -> Progress {
        (self.0)()
    }
}

/// The read modes that a run in this one can be compared with; the session-consistent one first, from which there is most to see.
pub fn other_modes(own: ReadMode) -> impl Iterator<Item = ReadMode> {
    let first = ReadMode::SessionConsistent;
    let rest = ReadMode::ALL.into_iter().filter(move |mode| *mode != first);
    std::iter::once(first).chain(rest).filter(move |mode| *mode != own)
}

/// The request for an experiment, as [`Job::of`] reads it.
#[must_use]
pub fn request(experiment: Experiment, argument: &str, scenario: &Scenario) -> String {
    format!("{}\n{argument}\n{}", experiment.name(), scenario.to_json())
}

/// The request to judge a recorded history, by the name of its file and its text.
#[must_use]
pub fn request_check(name: &str, text: &str) -> String {
    format!("{CHECK}\n{}\n{text}", name.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    #[test]
    fn every_experiment_can_be_asked_for_and_ends() {
        let scenario = PRESETS[0].scenario();
        for experiment in Experiment::ALL {
            let request = match experiment {
                Experiment::Search => request(experiment, "read-your-writes 2 2", &scenario),
                Experiment::Check => request_check("a\nname", "{:process 0, :type :invoke, :f :read, :value nil}"),
                _ => request(experiment, "1", &scenario),
            };
            let mut job = Job::of(&request).unwrap_or_else(|e| panic!("{experiment:?}: {e}"));
            let sheet = (0..100_000).find_map(|_| match job.step() {
                Progress::Working(_) => None,
                Progress::Done(sheet) => Some(sheet),
            });
            let sheet = sheet.unwrap_or_else(|| panic!("{experiment:?} does not end"));
            assert!(!sheet.title.is_empty() && !sheet.parts.is_empty(), "{experiment:?}");
        }
    }

    #[test]
    fn a_run_is_judged_by_what_its_clients_saw() {
        let scenario = crate::presets::Preset::named("read-after-write").expect("a preset").scenario();
        let mut job = Job::of(&request(Experiment::Check, "", &scenario)).unwrap_or_else(|e| panic!("{e}"));
        let sheet = (0..100).find_map(|_| if let Progress::Done(sheet) = job.step() { Some(sheet) } else { None });
        let text = sheet.expect("it ends").to_string();
        assert!(text.contains("Taken for the format rts-jsonl") && text.contains("4 operations"), "{text}");
    }

    #[test]
    fn a_wrong_request_is_answered_with_what_is_wrong() {
        assert_eq!(Job::of("dance\n\n{}").err().as_deref(), Some("there is no experiment called 'dance'"));
        let error = Job::of("systems\n\n{\"version\": 7}").err().unwrap_or_default();
        assert!(error.contains("line 1"), "{error}");
    }
}
