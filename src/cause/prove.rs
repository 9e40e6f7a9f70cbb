//! Proving a cause: run the scenario without it, and see whether the finding is gone.

use std::collections::BTreeMap;
use std::ops::Deref;

use super::candidates::ranked;
use super::{Cause, tell, without};
use crate::check::Finding;
use crate::explain::{Explainer, Explanation, Trail};
use crate::log::OpId;
use crate::run::Run;
use crate::scenario::Anomaly;

/// Among so many of the nearest candidates, sets of two are tried.
const PAIRS_OF: usize = 10;

/// What caused a finding, shown by runs without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Without these the finding is gone; with any one of them left in place, it is still there. The nearest to the finding first.
    pub causes: Vec<Cause>,
    /// What is to be said of each.
    pub told: Vec<Explanation>,
    /// How many different sets were tried for it, in so many runs (runs for earlier findings of the same run are not repeated).
    pub tried: usize,
}

/// Proves the causes of the findings of one run, and remembers each run that it makes for that.
///
/// `R` is `&Run` or a shared pointer to a run.
#[derive(Debug)]
pub struct Prover<R> {
    explainer: Explainer<R>,
    /// What is wrong in the run without these causes; `None` if there is no such run.
    trials: BTreeMap<Vec<Cause>, Option<Vec<(OpId, Anomaly)>>>,
    tried: usize,
}

/// Proves the cause of one finding; use a [`Prover`] for several of one run.
///
/// `None` says that the finding stays however much is taken away of what this module knows to take away.
#[must_use]
pub fn proven(run: &Run, finding: &Finding) -> Option<Proof> {
    Prover::new(run).prove(finding)
}

impl<R: Deref<Target = Run>> Prover<R> {
    /// A prover for the findings of this run.
    #[must_use]
    pub fn new(run: R) -> Prover<R> {
        Prover { explainer: Explainer::new(run), trials: BTreeMap::new(), tried: 0 }
    }

    /// How many runs have been made.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.trials.len()
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run {
        self.explainer.run()
    }

    /// What can have caused a finding, the nearest first.
    #[must_use]
    pub fn candidates(&self, finding: &Finding) -> Vec<Cause> {
        ranked(self.explainer.run(), finding, self.explainer.trail(finding).as_ref())
    }

    /// What is to be said of one cause of a finding.
    #[must_use]
    pub fn tell(&self, finding: &Finding, cause: Cause) -> Explanation {
        tell::sentence(self.explainer.run(), finding, self.explainer.trail(finding).as_ref(), cause)
    }

    /// How many findings the run without these causes has, if it was made.
    #[must_use]
    pub fn left(&self, causes: &[Cause]) -> Option<usize> {
        let mut key = causes.to_vec();
        key.sort_unstable();
        self.trials.get(&key)?.as_ref().map(Vec::len)
    }

    /// Finds a set of causes without which the finding is gone.
    ///
    /// Single causes are tried first, in the order of nearness, then pairs of the nearest. Else all candidates are taken away together,
    /// and put back one by one, the farthest first, as long as the finding stays away: no member of that set can be left out.
    pub fn prove(&mut self, finding: &Finding) -> Option<Proof> {
        let run = self.explainer.run();
        let trail = self.explainer.trail(finding);
        let candidates = ranked(run, finding, trail.as_ref());
        self.tried = 0;
        let causes = self.one(finding, &candidates).or_else(|| self.two(finding, &candidates));
        let causes = causes.or_else(|| self.many(finding, candidates))?;
        Some(self.told(finding, trail.as_ref(), causes))
    }

    /// The candidates that suffice each by itself.
    pub fn sufficient(&mut self, finding: &Finding) -> Vec<Cause> {
        let trail = self.explainer.trail(finding);
        let candidates = ranked(self.explainer.run(), finding, trail.as_ref());
        candidates.into_iter().filter(|cause| self.gone(finding, &[*cause])).collect()
    }

    fn told(&self, finding: &Finding, trail: Option<&Trail>, causes: Vec<Cause>) -> Proof {
        let run = self.explainer.run();
        let told = causes.iter().map(|cause| tell::sentence(run, finding, trail, *cause)).collect();
        Proof { causes, told, tried: self.tried }
    }

    fn one(&mut self, finding: &Finding, candidates: &[Cause]) -> Option<Vec<Cause>> {
        candidates.iter().find(|cause| self.gone(finding, &[**cause])).map(|cause| vec![*cause])
    }

    fn two(&mut self, finding: &Finding, candidates: &[Cause]) -> Option<Vec<Cause>> {
        let near = &candidates[..candidates.len().min(PAIRS_OF)];
        for (i, second) in near.iter().enumerate() {
            for first in &near[..i] {
                if self.gone(finding, &[*first, *second]) {
                    return Some(vec![*first, *second]);
                }
            }
        }
        None
    }

    fn many(&mut self, finding: &Finding, mut causes: Vec<Cause>) -> Option<Vec<Cause>> {
        if !self.gone(finding, &causes) {
            return None;
        }
        let mut chunk = causes.len().div_ceil(2);
        while chunk > 0 {
            let mut end = causes.len();
            while end > 0 {
                let start = end.saturating_sub(chunk);
                let mut fewer = causes.clone();
                drop(fewer.drain(start..end));
                if !fewer.is_empty() && self.gone(finding, &fewer) {
                    causes = fewer;
                    // What could not be spared before may be spared now: begin again with the last.
                    end = if chunk == 1 { causes.len() } else { start };
                } else {
                    end = start;
                }
            }
            chunk /= 2;
        }
        Some(causes)
    }

    /// Whether the finding is gone without these causes.
    pub fn gone(&mut self, finding: &Finding, causes: &[Cause]) -> bool {
        self.tried += 1;
        let mut key = causes.to_vec();
        key.sort_unstable();
        let scenario = &self.explainer.run().plan.scenario;
        let trial = self.trials.entry(key).or_insert_with(|| {
            let run = Run::of(&without(scenario, causes)).ok().filter(|run| run.stopped_early().is_none())?;
            Some(run.findings.iter().map(|f| (f.op(), f.anomaly())).collect())
        });
        let same = |(op, kind): &(OpId, Anomaly)| *op == finding.op() && alike(*kind, finding.anomaly());
        trial.as_ref().is_some_and(|findings| !findings.iter().any(same))
    }
}

/// Whether a finding of one kind counts as the other at the same operation. A read is reported under the narrowest guarantee that it
/// breaks; when it breaks a wider one instead, nothing has been gained.
fn alike(a: Anomaly, b: Anomaly) -> bool {
    use Anomaly::{BoundedStaleness, Causal, ConsistentPrefix, Linearizability, MonotonicReads, ReadYourWrites};
    let stale =
        |kind| matches!(kind, ReadYourWrites | MonotonicReads | ConsistentPrefix | Linearizability | Causal | BoundedStaleness);
    a == b || (stale(a) && stale(b))
}
