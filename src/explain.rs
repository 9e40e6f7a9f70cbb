//! Explanations: what a finding means and why it came about, and what happens in each step, in plain sentences.
//!
//! Everything that is said stands in the trace of the run. What would have prevented a finding is said only if the same
//! scenario, run with the other setting, shows it. A sentence is a list of parts, so that a page can make every name, time and
//! operation in it lead to the thing it names.

mod answered;
mod clauses;
mod concurrent;
mod conflicts;
mod data;
mod findings;
mod guarantees;
mod headline;
mod index;
mod leaders;
mod losses;
mod messages;
pub mod order;
mod passing;
mod prevention;
mod quorums;
mod reasons;
mod remedy;
mod replicated;
mod ring_remedy;
mod rings;
mod steps;
mod trail;
mod unseen;
mod why;
pub(crate) mod words;

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

use crate::check::Finding;
use crate::family::GroupId;
use crate::history::{Fate, History};
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::{Action, Plan};
use crate::time::SimTime;

pub use steps::Told;
pub use trail::{Clue, Trail};

/// A piece of an explanation: a text, and the thing that it names, if it names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words between the names.
    Text(String),
    /// A node.
    Node(NodeId, String),
    /// An operation.
    Op(OpId, String),
    /// A time of the run.
    Time(SimTime, String),
    /// A key.
    Key(KeyId, String),
    /// An entry of a group's log.
    Entry(GroupId, Position, String),
    /// The link from the first node to the second.
    Link(NodeId, NodeId, String),
}

impl Part {
    /// What is to be read.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Part::Text(text)
        | Part::Node(_, text)
        | Part::Op(_, text)
        | Part::Time(_, text)
        | Part::Key(_, text)
        | Part::Entry(_, _, text)
        | Part::Link(_, _, text)) = self;
        text
    }
}

/// A few sentences about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The pieces, in order; joined without anything between them they are the text.
    pub parts: Vec<Part>,
}

impl Explanation {
    /// The whole text.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| f.write_str(part.text()))
    }
}

/// Explains one run. Reads the whole trace once when it is made; what it is asked afterwards is looked up.
///
/// `R` is `&Run` or a shared pointer to a run, so that a page can keep the explainer beside the run.
#[derive(Debug)]
pub struct Explainer<R> {
    run: R,
    index: index::Index,
    trials: RefCell<remedy::Trials<R>>,
}

impl<R: Deref<Target = Run>> Explainer<R> {
    /// An explainer that runs the scenario with another setting when an explanation first needs it, and keeps that run.
    #[must_use]
    pub fn new(run: R) -> Explainer<R> {
        Explainer { index: index::Index::of(&run), trials: RefCell::new(remedy::Trials::new()), run }
    }

    /// An explainer that is given the run of the same scenario with session-consistent reads.
    #[must_use]
    pub fn beside(run: R, session_consistent: R) -> Explainer<R> {
        Explainer { index: index::Index::of(&run), trials: RefCell::new(remedy::Trials::given(session_consistent)), run }
    }

    /// The run that is explained.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// What the finding means: who saw what and where, what should have been seen, why it was not there, and what would have
    /// prevented it.
    #[must_use]
    pub fn explain(&self, finding: &Finding) -> Explanation {
        findings::explain(self, finding)
    }

    /// What happens in a step of the trace, one sentence; empty if there is no such step.
    #[must_use]
    pub fn describe_step(&self, step: usize) -> String {
        self.tell_step(step).map(|told| told.sentence(&self.run.plan)).unwrap_or_default()
    }

    /// What happens in a step of the trace, in pieces.
    #[must_use]
    pub fn tell_step(&self, step: usize) -> Option<Told> {
        let trace = &self.run.trace;
        let start = *trace.steps.get(step)? as usize;
        let end = trace.steps.get(step + 1).map_or(trace.records.len(), |next| *next as usize);
        (start < end).then(|| steps::tell(&self.run, &self.index, start..end))
    }
}

/// Explains a single finding; use an [`Explainer`] for several of one run.
#[must_use]
pub fn explain(run: &Run, finding: &Finding) -> Explanation {
    Explainer::new(run).explain(finding)
}

/// Explains a finding of a history whose versions may be concurrent, with the names of a plan. Empty if the finding is about the log of a leader.
#[must_use]
pub fn explain_versions(history: &History<'_>, plan: &Plan, finding: &Finding) -> Explanation {
    concurrent::explain(history, plan, finding)
}

/// What became of a write, in one or two sentences: kept, superseded by which write, or discarded by whom. None if the operation wrote no version.
#[must_use]
pub fn explain_fate(history: &History<'_>, plan: &Plan, write: OpId, fate: Fate) -> Option<Explanation> {
    concurrent::fate(history, plan, write, fate)
}

/// Describes a single step; use an [`Explainer`] for several of one run.
#[must_use]
pub fn describe_step(run: &Run, step: usize) -> String {
    Explainer::new(run).describe_step(step)
}

/// A finding in a few words, for lists: "Svalbard did not see its own write".
#[must_use]
pub fn headline(run: &Run, finding: &Finding) -> String {
    headline::headline(run, finding)
}

/// An event of the script in a few words: "virginia crashes".
#[must_use]
pub fn describe_action(plan: &Plan, action: &Action) -> String {
    steps::action(plan, action)
}
