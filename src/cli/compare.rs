//! `compare`: the same seed in two read modes.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::compare::{Comparison, Ended, Latencies, Side, Told};
use crate::log::OpId;
use crate::run::Run;

/// The most operations that are listed.
const STRIP_SHOWN: usize = 20;

/// Prints a comparison, for a person.
pub(super) fn print(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let modes = [0, 1].map(|n| comparison.runs[n].plan.scenario.read.mode.name());
    match &comparison.parting {
        None => writeln!(out, "both runs are the same, step by step")?,
        Some(parting) => {
            writeln!(out, "the runs part at {} ms", parting.at)?;
            for (mode, step) in modes.iter().zip(&parting.steps) {
                let step = step.as_ref().map_or("the run is over".to_owned(), |(_, at, told)| format!("{at} ms: {told}"));
                writeln!(out, "  {mode:<20}{step}")?;
            }
        }
    }
    let arrivals = comparison.arrivals;
    match arrivals.differ_at {
        None => writeln!(out, "entries travel alike in both: {} messages, sent and due at the same times\n", arrivals.alike)?,
        Some(at) => writeln!(out, "entries travel alike until {at} ms: {} messages\n", arrivals.alike)?,
    }
    writeln!(out, "{:<28}{:>20}{:>20}", "", modes[0], modes[1])?;
    let [a, b] = &comparison.sides;
    for (name, a, b) in [
        ("stale reads", a.stale_reads, b.stale_reads),
        ("findings", a.findings, b.findings),
        ("reads kept back", a.waits, b.waits),
        ("refused as behind", a.refusals, b.refusals),
        ("operations without success", a.unavailable, b.unavailable),
    ] {
        writeln!(out, "{name:<28}{a:>20}{b:>20}")?;
    }
    latencies("read", [a.reads, b.reads], out)?;
    latencies("write", [a.writes, b.writes], out)?;
    writeln!(out, "{:<28}{:>20}", "operations that differ", comparison.strip.len())
}

fn latencies(what: &str, sides: [Option<Latencies>; 2], out: &mut impl Write) -> io::Result<()> {
    let numbers = sides.map(|all| match all {
        Some(all) => [all.p50, all.p99, all.max].map(|latency| latency.to_string()),
        None => ["-", "-", "-"].map(str::to_owned),
    });
    for (n, name) in ["p50", "p99", "max"].into_iter().enumerate() {
        writeln!(out, "{:<28}{:>20}{:>20}", format!("{what} latency, {name}"), numbers[0][n], numbers[1][n])?;
    }
    Ok(())
}

/// Prints it as one JSON object: `read_modes`, `parting` (`at_us`, `steps`; null if the runs are the same), `sides`, `arrivals`, and
/// `differing` (at most 20 operations, with `ends`) of `differing_total`.
pub(super) fn write_json(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let parting = comparison.parting.as_ref().map(|parting| {
        let step = |step: &Option<(usize, crate::time::SimTime, String)>| {
            step.as_ref().map(|(step, at, text)| json!({ "step": step, "at_us": at.0, "text": text }))
        };
        json!({ "at_us": parting.at.0, "steps": [step(&parting.steps[0]), step(&parting.steps[1])] })
    });
    let strip = comparison.strip.iter().take(STRIP_SHOWN);
    let differing: Vec<Value> = strip
        .map(|differing| {
            let ends = [0, 1].map(|n| ended(&comparison.runs[n], differing.op, &differing.ends[n]));
            json!({ "op": differing.op.0, "ends": ends })
        })
        .collect();
    let arrivals = comparison.arrivals;
    let modes = [0, 1].map(|n| comparison.runs[n].plan.scenario.read.mode.name());
    let report = json!({
        "read_modes": modes,
        "parting": parting,
        "sides": [side(&comparison.sides[0]), side(&comparison.sides[1])],
        "arrivals": {
            "alike": arrivals.alike,
            "differ_at_us": arrivals.differ_at.map(|at| at.0),
            "write_moved_at_us": arrivals.write_moved_at.map(|at| at.0),
        },
        "differing": differing,
        "differing_total": comparison.strip.len(),
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// How an operation ended: `version` is a place in a log, and null where versions are none; there `values` has what a read found.
fn ended(run: &Run, op: OpId, ended: &Ended) -> Value {
    let replica = ended.replica.map(|id| run.plan.name(id).to_owned());
    let version = match ended.told {
        Told::Version(at) => Some(json!({ "epoch": at.epoch.0, "lsn": at.lsn.0 })),
        Told::Nothing | Told::Taken | Told::Versions(_) => None,
    };
    let mut told = json!({ "at_us": ended.at.map(|at| at.0), "replica": replica, "version": version, "stale": ended.stale });
    if let (Told::Versions(found), Some(op)) = (&ended.told, run.trace.ops.get(op.index())) {
        let values = run.plan.values_read(op.key, found);
        told["values"] = values.into_iter().map(|value| run.plan.show(value)).collect();
    }
    told
}

fn side(side: &Side) -> Value {
    let latencies = |all: Option<Latencies>| {
        all.map(|all| json!({ "count": all.count, "p50": all.p50.0, "p99": all.p99.0, "max": all.max.0 }))
    };
    json!({
        "stale_reads": side.stale_reads,
        "findings": side.findings,
        "waits": side.waits,
        "refusals": side.refusals,
        "unavailable": side.unavailable,
        "latencies_us": { "reads": latencies(side.reads), "writes": latencies(side.writes) },
    })
}
