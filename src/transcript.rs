//! The readable trace: a run as a story, one line for each step, `time  node  what it did`.
//!
//! Times are in milliseconds. A message shows twice, where it is sent and where it arrives; confirmations that change nothing
//! are left out unless they are asked for. Findings stand where they come to light. The text is written piece by piece as it
//! is displayed, so that a run of a million steps needs no more memory than its longest line.

use std::fmt;
use std::ops::Deref;

use crate::explain::{Explainer, headline};
use crate::run::Run;
use crate::time::SimTime;

/// The widest column of names; longer names push their line to the right.
const NAME_WIDTH_MAX: usize = 16;
/// Who did it, if no node did.
const NETWORK: &str = "network";

/// A stretch of a run, to be displayed.
#[derive(Debug)]
pub struct Transcript<'a, R> {
    explainer: &'a Explainer<R>,
    from: SimTime,
    until: SimTime,
    all: bool,
}

impl<'a, R: Deref<Target = Run>> Transcript<'a, R> {
    /// The whole run.
    #[must_use]
    pub fn of(explainer: &'a Explainer<R>) -> Transcript<'a, R> {
        Transcript { explainer, from: SimTime::ZERO, until: SimTime(u64::MAX), all: false }
    }

    /// Only what happens from one time to another, both included.
    #[must_use]
    pub fn between(self, from: SimTime, until: SimTime) -> Transcript<'a, R> {
        Transcript { from, until, ..self }
    }

    /// With every confirmation.
    #[must_use]
    pub fn with_all(self) -> Transcript<'a, R> {
        Transcript { all: true, ..self }
    }
}

impl<R: Deref<Target = Run>> fmt::Display for Transcript<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.explainer.run();
        let longest = run.plan.nodes.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = longest.clamp(NETWORK.len(), NAME_WIDTH_MAX);
        let mut findings = run.findings.iter().skip_while(|finding| finding.at < self.from).peekable();
        let trace = &run.trace;
        let first = trace.steps.partition_point(|start| trace.records.get(*start as usize).is_some_and(|r| r.at < self.from));
        for step in first..trace.steps.len() {
            let Some(told) = self.explainer.tell_step(step).filter(|told| told.at <= self.until) else { break };
            while let Some(finding) = findings.next_if(|finding| finding.at < told.at) {
                writeln!(f, "{:>11} {:<width$}  {}: {}", "", "!", finding.anomaly().name(), headline(run, finding))?;
            }
            if told.quiet && !self.all {
                continue;
            }
            let name = told.node.map_or(NETWORK, |id| run.plan.name(id));
            write!(f, "{:>11} {name:<width$}  ", told.at)?;
            for (i, clause) in told.clauses.iter().enumerate() {
                write!(f, "{}{clause}", if i == 0 { "" } else { "; " })?;
            }
            writeln!(f)?;
        }
        for finding in findings.take_while(|finding| finding.at <= self.until) {
            writeln!(f, "{:>11} {:<width$}  {}: {}", "", "!", finding.anomaly().name(), headline(run, finding))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;

    #[test]
    fn a_window_is_a_part_of_the_whole() {
        let run = Run::of(&Preset::named("follower-ahead").expect("a preset").scenario()).expect("runs");
        let explainer = Explainer::new(&run);
        let whole = Transcript::of(&explainer).to_string();
        let window = Transcript::of(&explainer).between(SimTime(700_000), SimTime(1_400_000)).to_string();
        assert!(whole.contains(&window) && window.lines().count() < whole.lines().count(), "{window}");
        assert!(Transcript::of(&explainer).with_all().to_string().lines().count() > whole.lines().count());
    }
}
