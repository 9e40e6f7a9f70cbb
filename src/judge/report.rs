//! What is asked of a judgement and what it answers: options and budgets, verdicts and their evidence.
//!
//! A verdict carries its reason. Where the evidence are operations it names them by their index, so that a caller can point at
//! the lines of the record.

use super::anomaly::{Anomaly, Through};
pub use super::guarantee::Guarantee;
use super::workloads;
use crate::observed::{Key, Model};
use crate::plural::plural;

/// What is asked, and how much may be spent on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The guarantees that are asked for; none means all.
    pub guarantees: Vec<Guarantee>,
    /// How many steps each search may take before the answer is [`Verdict::Unknown`].
    pub steps: u64,
    /// How many bytes a search may keep in mind before the answer is [`Verdict::Unknown`].
    pub memory: u64,
    /// Bounded staleness: a read may miss a write for so many nanoseconds after its acknowledgement.
    pub staleness_time: Option<u64>,
    /// Bounded staleness: a read may miss so many acknowledged writes of its key.
    pub staleness_versions: Option<u64>,
    /// Whether a compare-and-set that ended `fail` is known to have seen another value (it may otherwise not have been done).
    pub failed_cas_saw_another_value: bool,
    /// Whether versions order the values of all keys together (a revision of the whole store) and not only those of one key.
    pub global_versions: bool,
    /// Whether a violation that a search has found is proven again with fewer operations. That takes longer than finding it.
    pub reduce: bool,
    /// Whether the prefix that reads see is promised to contain writes in the order of real time.
    pub prefix_in_real_time: bool,
    /// Whether levels of isolation keep the order of each session: so Biswas and Enea 2019, and the checkers of transactional texts, have it;
    /// Adya and Elle do not.
    pub isolation_in_sessions: bool,
    /// Whether an account of a bank may hold less than nothing; not so in `jepsen.tests.bank` unless it is said.
    pub negative_balances: bool,
    /// What all accounts of a bank hold together; what the first read shows if it is not said.
    pub total_amount: Option<i64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            guarantees: Vec::new(),
            steps: 20_000_000,
            memory: 512 << 20,
            staleness_time: None,
            staleness_versions: None,
            failed_cas_saw_another_value: false,
            global_versions: false,
            reduce: true,
            prefix_in_real_time: false,
            isolation_in_sessions: false,
            negative_balances: false,
            total_amount: None,
        }
    }
}

impl Options {
    /// The budget of a search, for the sentence that it was spent.
    pub(super) fn budget(&self) -> String {
        format!("the budget of {} or {}", plural(self.steps, "step"), plural(self.memory, "byte"))
    }

    /// The guarantees to judge, each once, in the order of [`Guarantee::ALL`].
    #[must_use]
    pub fn asked(&self) -> Vec<Guarantee> {
        Guarantee::ALL.into_iter().filter(|g| self.guarantees.is_empty() || self.guarantees.contains(g)).collect()
    }

    /// The same for a history of this model: if none is asked for, all that mean something there.
    #[must_use]
    pub fn asked_of(&self, model: Model) -> Vec<Guarantee> {
        if self.guarantees.is_empty() { Guarantee::of(model) } else { self.asked() }
    }
}

/// Operations that prove a violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The operations, as indices into [`Observed::operations`](crate::observed::Observed::operations), in the order of the argument.
    pub operations: Vec<u32>,
    /// The key in which it shows, if it is one.
    pub key: Option<Key>,
    /// The argument: one plain sentence or more.
    pub text: String,
    /// What experts call it, if transactions show it, and which orders it needs beside dependencies.
    pub anomaly: Option<(Anomaly, Through)>,
}

impl Evidence {
    /// What experts call it: the name of the anomaly, with the order that it needs beside dependencies.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.anomaly.map(|(anomaly, through)| format!("{}{}", anomaly.name(), through.suffix()))
    }

    /// The same for people: the name, and what it is in words, as `G-single (read skew)`.
    #[must_use]
    pub fn name_in_words(&self) -> Option<String> {
        let (anomaly, _) = self.anomaly?;
        self.name().map(|name| format!("{name} ({})", anomaly.words()))
    }
}

/// The answer for one guarantee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some execution that keeps the guarantee explains the history.
    Holds,
    /// None does.
    Violated(Evidence),
    /// The search ended before the answer was found; why.
    Unknown(String),
    /// The record does not allow the question; why.
    NotApplicable(String),
}

impl Verdict {
    /// The verdict in one word or two, for tables and files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated(_) => "violated",
            Verdict::Unknown(_) => "unknown",
            Verdict::NotApplicable(_) => "not applicable",
        }
    }

    /// Why it is so; nothing if the guarantee holds.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Verdict::Holds => "",
            Verdict::Violated(evidence) => &evidence.text,
            Verdict::Unknown(why) | Verdict::NotApplicable(why) => why,
        }
    }

    /// The evidence of a violation.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Verdict::Violated(evidence) => Some(evidence),
            _ => None,
        }
    }
}

/// All answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What the operations act on.
    pub model: Model,
    /// Whether the record tells which operations ended before others began.
    pub real_time: bool,
    /// The guarantees that were asked for, and the answers.
    pub verdicts: Vec<(Guarantee, Verdict)>,
    /// What the answers rest on, as sentences.
    pub assumptions: Vec<String>,
}

impl Report {
    /// The answer for a guarantee, if it was asked for.
    #[must_use]
    pub fn verdict(&self, guarantee: Guarantee) -> Option<&Verdict> {
        self.verdicts.iter().find(|(g, _)| *g == guarantee).map(|(_, verdict)| verdict)
    }

    /// The guarantees that the record does not allow to ask for, by the reason, each reason once.
    #[must_use]
    pub fn declined(&self) -> Vec<(&str, Vec<Guarantee>)> {
        let mut reasons: Vec<(&str, Vec<Guarantee>)> = Vec::new();
        for (guarantee, verdict) in &self.verdicts {
            let Verdict::NotApplicable(why) = verdict else { continue };
            match reasons.iter_mut().find(|(other, _)| other == why) {
                Some((_, guarantees)) => guarantees.push(*guarantee),
                None => reasons.push((why, vec![*guarantee])),
            }
        }
        reasons
    }

    /// The guarantee that decides for the whole, and its answer: linearizability; where no times are known, serializability for lists and
    /// causal consistency for other transactions. Banks, sets, counters, queues and identifiers are decided by what the checker of the workload
    /// looks at in Jepsen and Maelstrom, and of several such guarantees by the worst. If none of these was asked for, or is applicable, it is the worst
    /// of the others: violated, unknown, holds.
    #[must_use]
    pub fn decides(&self) -> Option<(Guarantee, &Verdict)> {
        if !self.model.reads_and_writes() {
            return workloads::decides(self).or_else(|| self.worst());
        }
        let decides = match self.model {
            // No single register is promised: every guarantee counts.
            Model::MvRegister => return self.worst(),
            Model::Transactions if !self.real_time => Guarantee::Causal,
            Model::AppendList if !self.real_time => Guarantee::Serializable,
            _ => Guarantee::Linearizable,
        };
        let verdict = self.verdict(decides).filter(|verdict| !matches!(verdict, Verdict::NotApplicable(_)));
        verdict.map(|verdict| (decides, verdict)).or_else(|| self.worst())
    }

    /// The worst answer of all, and the guarantee that it is of: violated, unknown, holds, not applicable.
    #[must_use]
    pub fn worst(&self) -> Option<(Guarantee, &Verdict)> {
        let all: Vec<Guarantee> = self.verdicts.iter().map(|(guarantee, _)| *guarantee).collect();
        self.worst_of(&all)
    }

    /// The worst answer of these guarantees; of equal ones that of the first.
    pub(super) fn worst_of(&self, guarantees: &[Guarantee]) -> Option<(Guarantee, &Verdict)> {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Violated(_) => 0,
            Verdict::Unknown(_) => 1,
            Verdict::Holds => 2,
            Verdict::NotApplicable(_) => 3,
        };
        let judged = guarantees.iter().filter_map(|guarantee| Some((*guarantee, self.verdict(*guarantee)?)));
        judged.min_by_key(|(_, verdict)| rank(verdict))
    }

    /// The answer for the whole, see [`Report::decides`].
    #[must_use]
    pub fn overall(&self) -> Verdict {
        self.decides().map_or_else(|| Verdict::NotApplicable("nothing was asked".to_owned()), |(_, verdict)| verdict.clone())
    }
}
