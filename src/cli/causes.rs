//! `causes`: what brought each finding about, proven by runs without it.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cause::{Cause, Proof, Prover};
use crate::explain::headline;
use crate::plural::plural;
use crate::run::Run;

/// The most findings whose causes are looked for unless all are asked for.
const FINDINGS_SHOWN: usize = 20;

/// Prints the causes of the findings, for a person.
pub(super) fn print(run: &Run, all: bool, out: &mut impl Write) -> io::Result<()> {
    let mut prover = Prover::new(run);
    let shown = if all { run.findings.len() } else { FINDINGS_SHOWN };
    if run.findings.is_empty() {
        writeln!(out, "no findings")?;
    }
    for finding in run.findings.iter().take(shown) {
        writeln!(out, "{:>11} {}: {}", finding.at, finding.anomaly().name(), headline(run, finding))?;
        match prover.prove(finding) {
            Some(proof) => tell(&proof, out)?,
            None => writeln!(out, "            no cause is known: the finding stays whatever is taken away")?,
        }
    }
    if let Some(more) = run.findings.len().checked_sub(shown).filter(|more| *more > 0) {
        writeln!(out, "            and {more} more: --all prints them")?;
    }
    let runs = plural(prover.runs() as u64, "other run");
    writeln!(out, "\n{runs} {} made", if prover.runs() == 1 { "was" } else { "were" })
}

fn tell(proof: &Proof, out: &mut impl Write) -> io::Result<()> {
    let without = match proof.causes.len() {
        1 => "without this the finding is gone",
        _ => "without these together the finding is gone, and none of them can be left out",
    };
    for told in &proof.told {
        writeln!(out, "            {told}")?;
    }
    writeln!(out, "            ({without})")
}

/// Prints them as one JSON object: `findings`, each with `kind`, `at_us`, `op` and `causes` (`kind`, `text`, and what it names), null if
/// none is known; and `runs`, the number of other runs that were made.
pub(super) fn write_json(run: &Run, all: bool, out: &mut impl Write) -> io::Result<()> {
    let mut prover = Prover::new(run);
    let shown = if all { run.findings.len() } else { FINDINGS_SHOWN };
    let mut findings = Vec::new();
    for finding in run.findings.iter().take(shown) {
        let proof = prover.prove(finding);
        let causes = proof.map(|proof| {
            proof.causes.iter().zip(&proof.told).map(|(cause, told)| named(run, *cause, &told.sentence())).collect::<Vec<_>>()
        });
        findings.push(json!({ "kind": finding.anomaly().name(), "at_us": finding.at.0, "op": finding.op().0, "causes": causes }));
    }
    let report = json!({ "findings": findings, "all_findings": run.findings.len(), "runs": prover.runs() });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn named(run: &Run, cause: Cause, text: &str) -> Value {
    let (mut value, plan) = (json!({ "kind": cause.name(), "text": text }), &run.plan);
    let mut set = |name: &str, what: Value| value[name] = what;
    match cause {
        Cause::Defect(defect) => set("defect", json!(defect)),
        Cause::Event(place) | Cause::Write(place) => set("event", json!(place)),
        Cause::Latency(src, dst) | Cause::Loss(src, dst) | Cause::Disorder(src, dst) => {
            set("from", json!(plan.name(src)));
            set("to", json!(plan.name(dst)));
        }
        Cause::Flush(group)
        | Cause::Apply(group)
        | Cause::Failover(group)
        | Cause::Format(group)
        | Cause::Retention(group)
        | Cause::Fencing(group)
        | Cause::Visibility(group)
        | Cause::Delivery(group)
        | Cause::Numbers(group)
        | Cause::Topology(group)
        | Cause::DataType(group)
        | Cause::LeaderReads(group) => set("shard", json!(plan.groups[group.index()].name)),
        Cause::Acknowledgement(group, node) => {
            set("shard", json!(plan.groups[group.index()].name));
            set("node", json!(plan.name(node)));
        }
        Cause::Clock(node) => set("node", json!(plan.name(node))),
        Cause::Token | Cause::ReadMode | Cause::Devices => {}
    }
    value
}
