//! Experiments: questions about a scenario whose answers take many runs, or much text, and come as a [`Sheet`].
//!
//! In the browser they are answered by a worker: a second program that is fetched when the first experiment is asked for, so that
//! it costs the first load nothing and never delays a frame. A [`Job`] works in steps, so that it can say how far it is and be
//! given up at any time by dropping it.

mod formats;
mod matrix;
mod systems;
mod timeouts;

use crate::scenario::{Scenario, parse};
use crate::sheet::Sheet;

/// What can be asked, by the name in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Experiment {
    /// What the configuration is called in real systems.
    Systems,
    /// What each way of acknowledging survives.
    Matrix,
    /// What the log formats cost, and what they can do.
    Formats,
    /// How patient to be with a silent leader.
    Timeouts,
}

impl Experiment {
    /// All of them, in the order of menus.
    pub const ALL: [Experiment; 4] = [Experiment::Systems, Experiment::Matrix, Experiment::Formats, Experiment::Timeouts];

    /// The name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Experiment::Systems => "systems",
            Experiment::Matrix => "matrix",
            Experiment::Formats => "formats",
            Experiment::Timeouts => "timeouts",
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
    /// Starts what a request asks for: the experiment's name, its argument and the scenario, one per line.
    ///
    /// # Errors
    /// If the request names no experiment, or its scenario cannot be read; with what is wrong.
    pub fn of(request: &str) -> Result<Job, String> {
        let mut lines = request.splitn(3, '\n');
        let (name, argument) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let experiment = Experiment::ALL.into_iter().find(|e| e.name() == name);
        let experiment = experiment.ok_or_else(|| format!("there is no experiment called '{name}'"))?;
        let scenario = parse(lines.next().unwrap_or_default()).map_err(|error| error.to_string())?;
        Ok(Job::start(experiment, argument, scenario))
    }

    /// Starts an experiment on a scenario.
    #[must_use]
    pub fn start(experiment: Experiment, argument: &str, scenario: Scenario) -> Job {
        match experiment {
            Experiment::Systems => Job::at_once(move || systems::sheet(&scenario)),
            Experiment::Formats => Job::at_once(move || formats::sheet(&scenario)),
            Experiment::Timeouts => Job(Box::new(timeouts::job(argument.parse().unwrap_or(timeouts::SEEDS)))),
            Experiment::Matrix => Job(Box::new(matrix::job(argument.parse().unwrap_or(matrix::SEEDS)))),
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

/// The request for an experiment, as [`Job::of`] reads it.
#[must_use]
pub fn request(experiment: Experiment, argument: &str, scenario: &Scenario) -> String {
    format!("{}\n{argument}\n{}", experiment.name(), scenario.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    #[test]
    fn every_experiment_can_be_asked_for_and_ends() {
        let scenario = PRESETS[0].scenario();
        for experiment in Experiment::ALL {
            let mut job = Job::of(&request(experiment, "1", &scenario)).unwrap_or_else(|e| panic!("{experiment:?}: {e}"));
            let sheet = (0..100_000).find_map(|_| match job.step() {
                Progress::Working(_) => None,
                Progress::Done(sheet) => Some(sheet),
            });
            let sheet = sheet.unwrap_or_else(|| panic!("{experiment:?} does not end"));
            assert!(!sheet.title.is_empty() && !sheet.parts.is_empty(), "{experiment:?}");
        }
    }

    #[test]
    fn a_wrong_request_is_answered_with_what_is_wrong() {
        assert_eq!(Job::of("dance\n\n{}").err().as_deref(), Some("there is no experiment called 'dance'"));
        let error = Job::of("systems\n\n{\"version\": 7}").err().unwrap_or_default();
        assert!(error.contains("line 1"), "{error}");
    }
}
