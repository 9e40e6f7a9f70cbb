//! `record`: a workload against a PostgreSQL cluster, taken down for `check`. Faults are brought in from outside meanwhile.

use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::PossibleValuesParser;

use super::{Failure, unless_closed};
use crate::postgres::Settings;
use crate::postgres::record::{Outcome, Recorder};
use crate::postgres::workload::Workload;
use crate::routing::{Backend, Bound, OnBehind, ReadPolicy};
use crate::store::ReadRouter;
use crate::time::SimDuration;

/// The most bytes of a file with a connection string.
const TEXT_MAX: u64 = 64 << 10;

/// What is recorded, for `--help`.
pub(super) const HELP: &str = "\
Owners write a key of their own and read it twice; a publisher writes question and answer, and an observer reads answer and question.
The table recorded_register is made in the database, or emptied if it is there. The record goes to standard output as JSON lines
in this project's format: a first line, and then one for each operation with session, key, value, began and ended (in one sequence, and in
microseconds), outcome, policy, node, and the positions of node and token as [timeline, LSN]. A summary goes to standard error.

  replicated-telemetry-store record 'host=db1,db2 user=app dbname=lab' --policy any-follower > lag.jsonl
  replicated-telemetry-store check lag.jsonl --guarantee read-your-writes --guarantee monotonic-reads

Exit status: 0 if the workload came to its end, whatever happened to its operations, and 2 if it could not begin.";

const POLICIES: [&str; 5] = ["leader", "any-follower", "pinned-follower", "session-consistent", "bounded-staleness"];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The connection string, with all servers: 'host=db1,db2 user=app dbname=lab'; or @FILE with it
    servers: String,
    /// Which servers may answer reads
    #[arg(long, value_name = "POLICY", default_value = "session-consistent", value_parser = PossibleValuesParser::new(POLICIES))]
    policy: String,
    /// For session-consistent: what to do where a follower is behind
    #[arg(long, value_name = "WHAT", default_value = "other-follower", value_parser = ["other-follower", "leader", "wait"])]
    on_behind: String,
    /// For --on-behind wait: how long
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = SimDuration::parse)]
    wait: SimDuration,
    /// For bounded-staleness: how old what a read misses may be
    #[arg(long, value_name = "TIME", value_parser = SimDuration::parse, conflicts_with = "staleness_bytes")]
    staleness_time: Option<SimDuration>,
    /// For bounded-staleness: how many bytes of the log a follower may lack
    #[arg(long, value_name = "N")]
    staleness_bytes: Option<u64>,
    /// How many owners there are
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    owners: u16,
    /// How many rounds each session has
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    rounds: u64,
    /// The title of the record
    #[arg(long, value_name = "TEXT", default_value = "a PostgreSQL cluster")]
    title: String,
}

impl Arguments {
    fn policy(&self) -> Result<ReadPolicy, Failure> {
        let time = |time: SimDuration| Duration::from_micros(time.0);
        Ok(match self.policy.as_str() {
            "leader" => ReadPolicy::Leader,
            "any-follower" => ReadPolicy::AnyFollower,
            "pinned-follower" => ReadPolicy::Sticky,
            "bounded-staleness" => ReadPolicy::BoundedStaleness(match (self.staleness_time, self.staleness_bytes) {
                (Some(limit), _) => Bound::Time(time(limit)),
                (None, Some(bytes)) => Bound::Log(bytes),
                (None, None) => {
                    let message = "bounded-staleness needs its bound: --staleness-time or --staleness-bytes";
                    return Err(Failure::Record(message.to_owned()));
                }
            }),
            _ => ReadPolicy::SessionConsistent(match self.on_behind.as_str() {
                "wait" => OnBehind::Wait(time(self.wait)),
                "leader" => OnBehind::Leader,
                _ => OnBehind::OtherFollower,
            }),
        })
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let failed = |message: String| Failure::Record(message);
        let text = match self.servers.strip_prefix('@') {
            None => self.servers.clone(),
            Some(file) => {
                let unreadable = |error| failed(format!("{file} cannot be read: {error}"));
                if fs::metadata(file).map_err(unreadable)?.len() > TEXT_MAX {
                    return Err(failed(format!("{file} has more than {TEXT_MAX} bytes, which no connection string has")));
                }
                fs::read_to_string(file).map_err(unreadable)?.trim().to_owned()
            }
        };
        text.parse().map_err(|error| failed(format!("{error}")))
    }
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<u8, Failure> {
    let (policy, settings) = (arguments.policy()?, arguments.settings()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Output)?;
    let workload = Workload { owners: usize::from(arguments.owners), rounds: arguments.rounds, policy };
    let recorder = Arc::new(Recorder::new());
    let nodes = runtime.block_on(async {
        let router = Arc::new(ReadRouter::connect(&settings).await.map_err(|error| Failure::Record(error.to_string()))?);
        workload.run(&router, &recorder).await.map_err(|error| Failure::Record(error.to_string()))?;
        Ok::<Vec<String>, Failure>(router.routing().backend().nodes().to_vec())
    })?;
    unless_closed(out.write_all(recorder.to_json_lines(&arguments.title, &nodes).as_bytes()))?;
    // The record is what counts; nobody is left to tell if this cannot be written.
    drop(std::io::stderr().write_all(summary(&recorder, &nodes).as_bytes()));
    Ok(0)
}

/// How many operations there were, how they ended, and who answered them.
fn summary(recorder: &Recorder, nodes: &[String]) -> String {
    let operations = recorder.operations();
    let ends = operations.iter().filter_map(|operation| operation.end.as_ref());
    let (mut well, mut failed, mut unknown, mut by_node) = (0, 0, 0, vec![0; nodes.len()]);
    for end in ends {
        match end.outcome {
            Outcome::Written | Outcome::Shown(_) => well += 1,
            Outcome::Failed(_) => failed += 1,
            Outcome::Indeterminate(_) => unknown += 1,
        }
        if let Some(count) = end.served.and_then(|served| by_node.get_mut(served.node)) {
            *count += 1;
        }
    }
    let counts: Vec<String> = nodes.iter().zip(by_node).map(|(name, count)| format!("{name} answered {count}")).collect();
    let total = operations.len();
    format!("{total} operations: {well} ended well, {failed} failed, of {unknown} nobody knows; {}\n", counts.join(", "))
}
