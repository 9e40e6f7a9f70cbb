//! What a person reads: the summary of a run, and the list of presets.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::conflicts::Conflicts;
use crate::explain::{Explainer, headline};
use crate::history::Op;
use crate::operation::Outcome;
use crate::presets::PRESETS;
use crate::run::Run;
use crate::scenario::{Anomaly, FamilySpec};
use crate::time::SimDuration;

/// The most findings that are explained unless all are asked for.
const FINDINGS_SHOWN: usize = 20;

/// How many operations there were, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) writes: usize,
    pub(super) reads: usize,
    pub(super) ok: usize,
    pub(super) rejected: usize,
    pub(super) indeterminate: usize,
    pub(super) unfinished: usize,
}

impl Counts {
    pub(super) fn of(ops: &[Op]) -> Counts {
        let mut counts = Counts::default();
        for op in ops {
            *(if op.is_write() { &mut counts.writes } else { &mut counts.reads }) += 1;
            *(match op.end.map(|end| end.outcome) {
                Some(Outcome::Written { .. } | Outcome::Value { .. } | Outcome::Stamped { .. } | Outcome::Siblings { .. }) => {
                    &mut counts.ok
                }
                Some(Outcome::Rejected(_)) => &mut counts.rejected,
                Some(Outcome::Indeterminate(_)) => &mut counts.indeterminate,
                None => &mut counts.unfinished,
            }) += 1;
        }
        counts
    }
}

/// Latencies of operations that ended well, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) count: usize,
    pub(super) p50: SimDuration,
    pub(super) p90: SimDuration,
    pub(super) p99: SimDuration,
    pub(super) max: SimDuration,
}

impl Latencies {
    /// Those of the writes or of the reads; `None` if there are none.
    pub(super) fn of(ops: &[Op], writes: bool) -> Option<Latencies> {
        let well = |op: &&Op| op.is_write() == writes && op.ended_well();
        let mut all: Vec<SimDuration> = ops.iter().filter(well).filter_map(Op::latency).collect();
        all.sort_unstable();
        let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Latencies { count: all.len(), p50: rank(50)?, p90: rank(90)?, p99: rank(99)?, max: rank(100)? })
    }
}

/// How many findings there are of each kind.
pub(super) fn by_kind(run: &Run) -> BTreeMap<Anomaly, usize> {
    let mut kinds = BTreeMap::new();
    for finding in &run.findings {
        *kinds.entry(finding.anomaly()).or_insert(0) += 1;
    }
    kinds
}

/// Writes the summary of a run.
pub(super) fn summary(explainer: &Explainer<&Run>, name: &str, all: bool, out: &mut impl Write) -> io::Result<()> {
    let run = explainer.run();
    let scenario = &run.plan.scenario;
    writeln!(out, "{}", [name, &scenario.title].iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>().join(": "))?;
    let reads = match scenario.shards.first().and_then(|shard| shard.ring.as_ref()) {
        Some(ring) => format!("n {}, r {}, w {}", ring.n, ring.r, ring.w),
        None => format!("read mode {}", scenario.read.mode.name()),
    };
    writeln!(out, "seed {}, {reads}, until {}", scenario.seed, scenario.until)?;
    if let Some(at) = run.stopped_early() {
        let full = run.trace.what_is_full();
        writeln!(out, "the run stopped at {at} ms: {full}; what would have come after is not known")?;
    }
    let counts = Counts::of(&run.trace.ops);
    writeln!(out)?;
    writeln!(out, "operations  writes {}, reads {}", counts.writes, counts.reads)?;
    let Counts { ok, rejected, indeterminate, unfinished, .. } = counts;
    writeln!(out, "            ok {ok}, rejected {rejected}, indeterminate {indeterminate}, unfinished {unfinished}")?;
    match crate::staleness::unsuitable(run) {
        0 => {}
        unsuitable => writeln!(out, "            {unsuitable} of the rejected found no suitable replica")?,
    }
    for (label, writes) in [("writes", true), ("reads", false)] {
        if let Some(Latencies { p50, p90, p99, max, .. }) = Latencies::of(&run.trace.ops, writes) {
            writeln!(out, "{label:<10}  p50 {p50}, p90 {p90}, p99 {p99}, max {max}")?;
        }
    }
    writeln!(out)?;
    findings(explainer, all, out)?;
    let lost = by_kind(run).get(&Anomaly::LostAcknowledgedWrite).copied().unwrap_or(0);
    writeln!(out, "lost acknowledged writes  {lost}")?;
    if scenario.family == FamilySpec::MultiLeader {
        let conflicts = Conflicts::of(run);
        let Conflicts { siblings, pairs, overwritten } = conflicts;
        writeln!(out, "conflicts   concurrent pairs {pairs}, reads with siblings {siblings}, overwritten {overwritten}")?;
        conflicts.loss().map_or(Ok(()), |loss| writeln!(out, "            {loss}"))?;
    }
    writeln!(out, "trace  {} records, digest {}", run.trace.records.len(), run.trace.digest)
}

fn findings(explainer: &Explainer<&Run>, all: bool, out: &mut impl Write) -> io::Result<()> {
    let run = explainer.run();
    let kinds: Vec<String> = by_kind(run).iter().map(|(kind, n)| format!("{n} {}", kind.name())).collect();
    let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
    writeln!(out, "findings    {kinds}")?;
    let shown = if all { run.findings.len() } else { FINDINGS_SHOWN };
    for finding in run.findings.iter().take(shown) {
        writeln!(out)?;
        writeln!(out, "{:>11} {}: {}", finding.at, finding.anomaly().name(), headline(run, finding))?;
        writeln!(out, "            {}", explainer.explain(finding))?;
    }
    if let Some(more) = run.findings.len().checked_sub(shown).filter(|more| *more > 0) {
        writeln!(out)?;
        writeln!(out, "            and {more} more: --all prints them")?;
    }
    writeln!(out)
}

/// Writes the list of presets.
pub(super) fn list(out: &mut impl Write) -> io::Result<()> {
    let width = PRESETS.iter().map(|p| p.id.len()).max().unwrap_or(0);
    for preset in PRESETS {
        let scenario = preset.scenario();
        writeln!(out, "{:<width$}  {}", preset.id, scenario.title)?;
        let expects: Vec<&str> = scenario.lesson.iter().flat_map(|l| &l.expects).map(|kind| kind.name()).collect();
        let expects = if expects.is_empty() { "no findings".to_owned() } else { expects.join(", ") };
        writeln!(out, "{:<width$}  {expects}", "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let run = Run::of(&Preset::named("sync-or-async").expect("a preset").scenario()).expect("runs");
        let writes = Latencies::of(&run.trace.ops, true).expect("there are writes");
        let mut all: Vec<SimDuration> = run.trace.ops.iter().filter(|op| op.is_write()).filter_map(Op::latency).collect();
        all.sort_unstable();
        assert_eq!((writes.count, writes.p50, writes.p90, writes.max), (4, all[1], all[3], all[3]));
        assert_eq!(Latencies::of(&[], true), None);
    }
}
