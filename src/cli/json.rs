//! The output of `--json`. Its form is promised in the documentation of the module above.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::conflicts::Conflicts;
use super::report::{self, Counts};
use crate::explain::{Explainer, headline};
use crate::run::Run;
use crate::scenario::Anomaly;

#[derive(Serialize)]
struct Report<'a> {
    preset: Option<&'a str>,
    source: &'a str,
    title: &'a str,
    seed: u64,
    read_mode: &'a str,
    until_us: u64,
    ended_at_us: u64,
    stopped_early: bool,
    operations: Operations,
    latencies_us: Latencies,
    findings: Vec<Finding>,
    findings_by_kind: BTreeMap<&'a str, usize>,
    lost_acknowledged_writes: usize,
    siblings: usize,
    conflicts: u64,
    overwritten: usize,
    takeovers: usize,
    records: usize,
    trace_digest: String,
}

#[derive(Serialize)]
struct Operations {
    total: usize,
    writes: usize,
    reads: usize,
    ok: usize,
    rejected: usize,
    indeterminate: usize,
    unfinished: usize,
}

#[derive(Serialize)]
struct Latencies {
    writes: Option<Percentiles>,
    reads: Option<Percentiles>,
}

#[derive(Serialize)]
struct Percentiles {
    count: usize,
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

#[derive(Serialize)]
struct Finding {
    kind: &'static str,
    headline: String,
    text: String,
    at_us: u64,
    ops: Vec<u32>,
}

impl From<Counts> for Operations {
    fn from(counts: Counts) -> Operations {
        let Counts { writes, reads, ok, rejected, indeterminate, unfinished } = counts;
        Operations { total: writes + reads, writes, reads, ok, rejected, indeterminate, unfinished }
    }
}

impl From<report::Latencies> for Percentiles {
    fn from(all: report::Latencies) -> Percentiles {
        Percentiles { count: all.count, p50: all.p50.0, p90: all.p90.0, p99: all.p99.0, max: all.max.0 }
    }
}

/// Writes a run as one JSON object.
pub(super) fn write(explainer: &Explainer<&Run>, name: &str, preset: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let run = explainer.run();
    let scenario = &run.plan.scenario;
    let kinds = report::by_kind(run);
    let findings = run.findings.iter().map(|finding| Finding {
        kind: finding.anomaly().name(),
        headline: headline(run, finding),
        text: explainer.explain(finding).sentence(),
        at_us: finding.at.0,
        ops: finding.ops().iter().map(|op| op.0).collect(),
    });
    let latencies = |writes| report::Latencies::of(&run.trace.ops, writes).map(Percentiles::from);
    let conflicts = Conflicts::of(run);
    let report = Report {
        preset,
        source: name,
        title: &scenario.title,
        seed: scenario.seed,
        read_mode: scenario.read.mode.name(),
        until_us: scenario.until.0,
        ended_at_us: run.end.now.0,
        stopped_early: run.stopped_early().is_some(),
        operations: Counts::of(&run.trace.ops).into(),
        latencies_us: Latencies { writes: latencies(true), reads: latencies(false) },
        findings: findings.collect(),
        findings_by_kind: kinds.iter().map(|(kind, n)| (kind.name(), *n)).collect(),
        lost_acknowledged_writes: kinds.get(&Anomaly::LostAcknowledgedWrite).copied().unwrap_or(0),
        siblings: conflicts.siblings,
        conflicts: conflicts.pairs,
        overwritten: conflicts.overwritten,
        takeovers: run.takeovers.len(),
        records: run.trace.records.len(),
        trace_digest: run.trace.digest.to_string(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
