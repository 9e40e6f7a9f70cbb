//! Questions about a scenario that take many runs: what caused it, how small can it be, can it happen at all, and in another mode.

use std::io::{self, Write};

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::input::{self, InputError, Source};
use super::{Failure, causes, compare, read_modes, smallest, unless_closed};
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{Anomaly, Scenario};
use crate::search::Bounds;

#[derive(Debug, Subcommand)]
pub(super) enum Question {
    /// Name what brought each finding about, proven by running the scenario without it
    ///
    /// Exit status: 0 without findings, 1 with findings. JSON: one object with findings [{kind, at_us, op, causes [{kind, text, ...}]}]
    /// (causes is null if none is known), all_findings and runs.
    Causes {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// Take every finding, not the first 20 only
        #[arg(long)]
        all: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Cut a scenario down to the smallest one that has a finding of the same kind
    ///
    /// Exit status: 0 without such a finding, 1 with one. --json prints the scenario alone, which can be run again (null without one).
    Shrink {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// The kind of finding; that of the first finding if nothing is said
        #[arg(long, value_name = "KIND", value_parser = kinds())]
        kind: Option<Anomaly>,
        /// Print the smallest scenario only
        #[arg(long)]
        json: bool,
    },
    /// Look for a finding of a kind over seeds and schedules, under the configuration of a scenario
    ///
    /// Exit status: 0 if nothing was found, 1 if something was. JSON: one object with kind, found, searched {seeds, schedules, runs,
    /// events, cut_short}, and if found seed, schedule, scenario and smallest.
    Search {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// The kind of finding
        #[arg(long, value_name = "KIND", value_parser = kinds())]
        kind: Anomaly,
        /// How many seeds
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        seeds: u64,
        /// How many schedules for each seed; the first is the scenario as it stands
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        schedules: u64,
        /// How clients read, for all reads that do not say so themselves
        #[arg(long, value_name = "MODE", value_parser = read_modes())]
        read_mode: Option<ReadMode>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Run a scenario in two read modes with the same seed, and say where and how the runs differ
    ///
    /// JSON: one object with read_modes, parting {at_us, steps}, sides [{stale_reads, findings, waits, refusals, unavailable,
    /// latencies_us}], arrivals {alike, differ_at_us, write_moved_at_us}, differing [{op, ends}] and differing_total.
    Compare {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// The read modes; if only one is given, the other is that of the scenario
        #[arg(long, value_name = "MODE", required = true, value_parser = read_modes())]
        read_mode: Vec<ReadMode>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

fn kinds() -> impl TypedValueParser<Value = Anomaly> {
    let names = PossibleValuesParser::new(Anomaly::ALL.map(Anomaly::name));
    names.try_map(|name| Anomaly::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no such kind"))
}

/// Answers a question; returns the exit status.
pub(super) fn answer(question: &Question, out: &mut impl Write) -> Result<u8, Failure> {
    match question {
        Question::Causes { scenario, all, json } => {
            let Source { name, scenario, .. } = input::read(scenario)?;
            let run = run(&name, &scenario)?;
            unless_closed(if *json { causes::write_json(&run, *all, out) } else { causes::print(&run, *all, out) })?;
            Ok(u8::from(!run.findings.is_empty()))
        }
        Question::Shrink { scenario, kind, json } => {
            let scenario = runnable(scenario)?;
            status(smallest::shrink(&scenario, *kind, *json, out))
        }
        Question::Search { scenario, kind, seeds, schedules, read_mode, json } => {
            let mut scenario = runnable(scenario)?;
            scenario.read.mode = read_mode.unwrap_or(scenario.read.mode);
            let bounds = Bounds { seeds: *seeds, schedules: *schedules };
            status(smallest::search(&scenario, *kind, bounds, *json, out))
        }
        Question::Compare { scenario, read_mode, json } => {
            let Source { name, scenario, .. } = input::read(scenario)?;
            let mut modes = read_mode.clone();
            if let [one] = modes[..] {
                modes = vec![scenario.read.mode, one];
            }
            let [first, second] = [0, 1].map(|n| {
                let mut other = scenario.clone();
                other.read.mode = modes.get(n).copied().unwrap_or_default();
                other
            });
            let comparison = crate::compare::of(run(&name, &first)?, run(&name, &second)?);
            unless_closed(if *json { compare::write_json(&comparison, out) } else { compare::print(&comparison, out) })?;
            Ok(0)
        }
    }
}

fn run(name: &str, scenario: &Scenario) -> Result<Run, Failure> {
    Ok(Run::of(scenario).map_err(|error| InputError::Scenario { name: name.to_owned(), error })?)
}

/// A scenario of which it is known that it can be run.
fn runnable(name: &str) -> Result<Scenario, Failure> {
    let Source { name, scenario, .. } = input::read(name)?;
    match crate::scenario::Plan::new(&scenario) {
        Ok(_) => Ok(scenario),
        Err(error) => Err(InputError::Scenario { name, error }.into()),
    }
}

/// The exit status for an answer: 1 if there is a finding. A reader that has seen enough changes nothing about that but is not told.
fn status(written: io::Result<bool>) -> Result<u8, Failure> {
    match written {
        Ok(found) => Ok(u8::from(found)),
        Err(error) => unless_closed(Err(error)).map(|()| 0),
    }
}
