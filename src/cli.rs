//! The command line: the same runs as in the browser, printed.
//!
//! ```text
//! replicated-telemetry-store run PRESET|FILE|- [--read-mode MODE] [--seed N] [--until TIME] [--trace] [--json] [--all]
//! replicated-telemetry-store list
//! replicated-telemetry-store show PRESET
//! replicated-telemetry-store matrix [--family FAMILY] [--seeds N] [--json]
//! replicated-telemetry-store systems PRESET|FILE|- [--json]
//! replicated-telemetry-store formats PRESET|FILE|- [--json]
//! replicated-telemetry-store timeouts [--seeds N] [--json]
//! replicated-telemetry-store causes PRESET|FILE|- [--all] [--json]
//! replicated-telemetry-store shrink PRESET|FILE|- [--kind KIND] [--json]
//! replicated-telemetry-store search PRESET|FILE|- --kind KIND [--seeds N] [--schedules N] [--read-mode MODE] [--json]
//! replicated-telemetry-store compare PRESET|FILE|- --read-mode MODE [--read-mode MODE] [--json]
//! replicated-telemetry-store export PRESET|FILE|- --as jsonl|edn|csv|svg [--read-mode MODE] [--seed N]
//! replicated-telemetry-store pbs --model MODEL [--n N] [--r R] [--w W] [--trials N] [--at MS,MS] [--seed N] [--json]
//! replicated-telemetry-store record SERVERS [--policy POLICY] [--owners N] [--rounds N] (with the feature `postgres`)
//! replicated-telemetry-store check FILE... [--together] [--format F] [--model M] [--initial V] [--guarantee G]... [--json]
//! ```
//!
//! Exit status: 0 if a run has no findings, 1 if it has some, 2 if the input or the arguments are wrong.
//!
//! The output of `run --json` is one object. These fields are stable: `preset` (its id, or null), `source` (what was given),
//! `title`, `seed`, `read_mode`, `until_us`, `ended_at_us`, `stopped_early` (whether the trace was full before the end),
//! `operations` (`total`, `writes`, `reads`, `ok`, `rejected`, `indeterminate`, `unfinished`), `latencies_us` (`writes` and
//! `reads`, each with `count`, `p50`, `p90`, `p99`, `max` of the operations that ended well, by nearest rank; null for none),
//! `findings` (in the order of time: `kind`, `headline`, `text`, `at_us`, `ops`), `findings_by_kind`,
//! `lost_acknowledged_writes` (a number), `siblings`, `conflicts` and `overwritten` (numbers, see the help), `takeovers`, `records` and `trace_digest` (16 hexadecimal digits). Kinds are
//! the names of [`crate::scenario::Anomaly`]. Times are in microseconds.

mod causes;
mod check;
mod compare;
mod conflicts;
mod export;
mod input;
mod json;
mod matrix;
mod pbs;
mod questions;
#[cfg(feature = "postgres")]
mod record;
mod report;
mod sheet;
mod smallest;
mod systems;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::experiment::Experiment;
use crate::explain::Explainer;
use crate::presets::PRESETS;
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{Anomaly, FamilySpec};
use crate::time::SimDuration;
use crate::transcript::Transcript;
use input::{InputError, Source};

/// The status for wrong input.
const STATUS_BAD_INPUT: u8 = 2;

/// How the output of `--json` looks, for `--help`.
const JSON_HELP: &str = "\
Exit status: 0 without findings, 1 with findings, 2 on wrong input.

JSON: one object with preset, source, title, seed, read_mode, until_us, ended_at_us, stopped_early,
operations {total, writes, reads, ok, rejected, indeterminate, unfinished},
latencies_us {writes, reads: {count, p50, p90, p99, max}}, findings [{kind, headline, text, at_us, ops}],
findings_by_kind, lost_acknowledged_writes, siblings, conflicts, overwritten, takeovers, records, trace_digest.
Times are in microseconds. siblings counts the reads that returned several versions, conflicts the pairs of acknowledged
writes of one key of which neither had seen the other, and overwritten the acknowledged writes that one of several leaders
dropped in favour of another write: no replica has them, nothing there was built on them, and no client was told.
{KINDS}

Read modes: leader; any-follower; session-consistent; pinned-follower (always the same one); sticky-leader (the leader for
1s after an own write); bounded-staleness (not older than 500ms, else the leader); best-effort-fresh (the one that was
furthest when last heard); guarantees (all four of Bayou, and causal). A scenario's `read` may say otherwise:
`window`, `bound` ({\"time\": \"200ms\"} or {\"entries\": 3}), `guarantees` (a list), `on_miss` (leader, fail), `tokens` (user).";

/// The help on JSON, with the kinds of findings as the core names them.
fn json_help() -> String {
    const WIDTH: usize = 120;
    let names = Anomaly::ALL.map(Anomaly::name).join(", ");
    let mut lines = vec!["Kinds:".to_owned()];
    for word in names.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < WIDTH => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    JSON_HELP.replace("{KINDS}", &format!("{}.", lines.join("\n")))
}

/// Replicated data you can watch, check and replay.
#[derive(Debug, Parser)]
#[command(name = "replicated-telemetry-store", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario and say what its clients saw
    #[command(after_help = json_help())]
    Run(RunArguments),
    /// List the presets and the findings they have
    List,
    /// Print the scenario of a preset, to be changed and run
    Show {
        /// The preset
        preset: String,
    },
    /// Run configurations against faults over seeds: what is available, lost, or stale
    Matrix {
        /// Of which family: one leader's ways of acknowledging; or several leaders' topologies, and rules for conflicts
        #[arg(long, value_name = "FAMILY", default_value = FamilySpec::SingleLeader.name(), value_parser = families())]
        family: FamilySpec,
        /// How many seeds each cell takes
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        seeds: u64,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Ship a scenario's operations in each log format, and count entries and bytes for every follower
    Formats {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// Print one JSON object: title and parts
        #[arg(long)]
        json: bool,
    },
    /// Try time-outs over seeds: what a short one and a long one cost
    Timeouts {
        /// How many seeds each time-out takes
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        seeds: u64,
        /// Print one JSON object: title and parts
        #[arg(long)]
        json: bool,
    },
    /// Say what a scenario's configuration is called in PostgreSQL, MySQL and MongoDB, and what it promises there
    Systems {
        /// A preset, else a scenario file, or - for standard input
        scenario: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Question(questions::Question),
    /// Say how soon reads of partial quorums see a write (probabilistically bounded staleness)
    #[command(after_help = pbs::HELP)]
    Pbs(pbs::Arguments),
    /// Write a run in a form for other programs
    Export(export::Arguments),
    /// Judge histories that other systems recorded
    #[command(after_help = check::HELP)]
    Check(check::Arguments),
    /// Record what sessions see of a PostgreSQL cluster
    #[cfg(feature = "postgres")]
    #[command(after_help = record::HELP)]
    Record(record::Arguments),
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// A preset, else a scenario file, or - for standard input
    scenario: String,
    /// How clients read, for all reads that do not say so themselves
    #[arg(long, value_name = "MODE", value_parser = read_modes())]
    read_mode: Option<ReadMode>,
    /// The seed of all random choices
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// When the run ends: 500ms, 2s
    #[arg(long, value_name = "TIME", value_parser = SimDuration::parse)]
    until: Option<SimDuration>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "trace")]
    json: bool,
    /// Print the readable trace before the summary
    #[arg(long)]
    trace: bool,
    /// Print every finding, and with --trace every confirmation
    #[arg(long)]
    all: bool,
}

/// The families that have a matrix.
fn families() -> impl TypedValueParser<Value = FamilySpec> {
    const ALL: [FamilySpec; 3] = [FamilySpec::SingleLeader, FamilySpec::MultiLeader, FamilySpec::Leaderless];
    let names = PossibleValuesParser::new(ALL.map(FamilySpec::name));
    names.map(|name| ALL.into_iter().find(|family| family.name() == name).unwrap_or_default())
}

fn read_modes() -> impl TypedValueParser<Value = ReadMode> {
    let names = PossibleValuesParser::new(ReadMode::ALL.map(ReadMode::name));
    names.map(|name| ReadMode::from_name(&name).unwrap_or_default())
}

/// Runs the command line and returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to tell if this cannot be written.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(STATUS_BAD_INPUT));
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let done = match arguments.command {
        Command::Run(arguments) => run(&arguments, &mut out),
        Command::List => unless_closed(report::list(&mut out)).map(|()| 0),
        Command::Show { preset } => show(&preset, &mut out),
        Command::Matrix { family, seeds, json } => {
            let written = if json { matrix::write_json(family, seeds, &mut out) } else { matrix::print(family, seeds, &mut out) };
            unless_closed(written).map(|()| 0)
        }
        Command::Formats { scenario, json } => input::read(&scenario)
            .map_err(Failure::from)
            .and_then(|source| unless_closed(sheet::answer(Experiment::Formats, "", &source.scenario, json, &mut out)))
            .map(|()| 0),
        Command::Timeouts { seeds, json } => {
            let first = PRESETS[0].scenario();
            unless_closed(sheet::answer(Experiment::Timeouts, &seeds.to_string(), &first, json, &mut out)).map(|()| 0)
        }
        Command::Question(question) => questions::answer(&question, &mut out),
        Command::Export(arguments) => export::run(&arguments, &mut out),
        Command::Check(arguments) => check::run(&arguments, &mut out),
        #[cfg(feature = "postgres")]
        Command::Record(arguments) => record::run(&arguments, &mut out),
        Command::Pbs(arguments) => pbs::run(&arguments, &mut out),
        Command::Systems { scenario, json } => input::read(&scenario).map_err(Failure::from).and_then(|source| {
            let written =
                if json { systems::write_json(&source.scenario, &mut out) } else { systems::print(&source.scenario, &mut out) };
            unless_closed(written).map(|()| 0)
        }),
    };
    match done.and_then(|status| unless_closed(out.flush()).map(|()| status)) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            drop(writeln!(io::stderr(), "error: {failure}"));
            ExitCode::from(STATUS_BAD_INPUT)
        }
    }
}

/// A reader that has seen enough closes the pipe: that is no error of ours, and changes nothing about the run.
fn unless_closed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::Output),
    }
}

/// Why there is no result.
#[derive(Debug)]
enum Failure {
    /// What was to be run is wrong.
    Input(InputError),
    /// What was to be judged or written is wrong, and why.
    Record(String),
    /// The result could not be written.
    Output(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Input(error) => error.fmt(f),
            Failure::Record(message) => f.write_str(message),
            Failure::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Failure {
        Failure::Input(error)
    }
}

fn run(arguments: &RunArguments, out: &mut impl Write) -> Result<u8, Failure> {
    let Source { name, preset, mut scenario } = input::read(&arguments.scenario)?;
    scenario.read.mode = arguments.read_mode.unwrap_or(scenario.read.mode);
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    scenario.until = arguments.until.unwrap_or(scenario.until);
    let run = Run::of(&scenario).map_err(|error| InputError::Scenario { name: name.clone(), error })?;
    let explainer = Explainer::new(&run);
    unless_closed(if arguments.json {
        json::write(&explainer, &name, preset, out)
    } else {
        print(&explainer, &name, arguments, out)
    })?;
    Ok(u8::from(!run.findings.is_empty()))
}

fn print(explainer: &Explainer<&Run>, name: &str, arguments: &RunArguments, out: &mut impl Write) -> io::Result<()> {
    if arguments.trace {
        let transcript = Transcript::of(explainer);
        writeln!(out, "{}", if arguments.all { transcript.with_all() } else { transcript })?;
    }
    report::summary(explainer, name, arguments.all, out)
}

fn show(preset: &str, out: &mut impl Write) -> Result<u8, Failure> {
    let found = PRESETS.iter().find(|p| p.id == preset).ok_or_else(|| InputError::unknown(preset))?;
    unless_closed(writeln!(out, "{}", found.text().unwrap_or_default().trim_end()))?;
    Ok(0)
}
