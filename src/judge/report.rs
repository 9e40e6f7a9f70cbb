//! What is asked of a judgement and what it answers: names of guarantees, budgets, verdicts and their evidence.
//!
//! A verdict carries its reason. Where the evidence are operations it names them by their index, so that a caller can point at
//! the lines of the record.

use super::anomaly::{Anomaly, Through};
use super::{siblings, workloads};
use crate::observed::{Key, Model, Observed};
use crate::plural::plural;
use crate::property::Property;

/// What a history is asked to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// Every operation takes effect at one instant between its start and its end. For transactions: strict serializability.
    Linearizable,
    /// A session's read returns its own last acknowledged write, or something newer.
    ReadYourWrites,
    /// Later reads of a session do not return older values.
    MonotonicReads,
    /// The writes of a session take effect everywhere in the order in which it made them.
    MonotonicWrites,
    /// A write takes effect everywhere after the writes that its session had read before.
    WritesFollowReads,
    /// Reads see the beginning of one sequence of all writes, and each session ever more of it.
    ConsistentPrefix,
    /// Who sees a write sees what it depends on, and all agree on the order of writes (causal convergence).
    Causal,
    /// No read is staler than the bound in [`Options`].
    BoundedStaleness,
    /// No read returns what a failed operation wrote.
    NoAbortedReads,
    /// No read returns what nobody wrote.
    NoThinAirReads,
    /// No two operations replace the same value, each having read it.
    NoLostUpdates,
    /// No transaction reads what failed or what was not another's last word, and none is part of a cycle of writes and reads (Adya's PL-2).
    ReadCommitted,
    /// Who sees a transaction's write of one key sees its writes of all (Bailis et al. 2014, Biswas and Enea 2019).
    ReadAtomic,
    /// Transactions read from a snapshot, and of two that write the same key one sees the other (Cerone, Bernardi and Gotsman 2015).
    SnapshotIsolation,
    /// Transactions take effect one after the other (Adya's PL-3 for items).
    Serializable,
    /// Transactions take effect one after the other, each between its start and its end.
    StrictSerializable,
    /// Every read of a bank shows the same total.
    TotalKept,
    /// No account holds less than nothing.
    NoNegativeBalances,
    /// Reads of a bank show what transfers, one after the other, had left at some moment.
    SnapshotReads,
    /// What was added to a set stays in sight for good; what was put into a queue comes out before it is drained.
    NoLostElements,
    /// What is known to be in a set is missing from no read that begins later.
    NoStaleReads,
    /// No read shows an element twice, no value comes out of a queue more often than it was put in, no identifier is given out again.
    NoDuplicates,
    /// A read of a counter lies between what acknowledged and possible increments allow.
    CounterBounds,
    /// A read of a counter that was made when all was quiet is a sum of all acknowledged increments and some possible ones.
    FinalCount,
    /// Values come out of a queue in the order in which they were put in.
    FifoOrder,
    /// No acknowledged write is discarded by something that had not seen it.
    NoLostWrites,
}

impl Guarantee {
    /// All guarantees, in the order of a report.
    pub const ALL: [Guarantee; 26] = [
        Guarantee::Linearizable,
        Guarantee::ReadYourWrites,
        Guarantee::MonotonicReads,
        Guarantee::MonotonicWrites,
        Guarantee::WritesFollowReads,
        Guarantee::ConsistentPrefix,
        Guarantee::Causal,
        Guarantee::BoundedStaleness,
        Guarantee::NoAbortedReads,
        Guarantee::NoThinAirReads,
        Guarantee::NoLostUpdates,
        Guarantee::ReadCommitted,
        Guarantee::ReadAtomic,
        Guarantee::SnapshotIsolation,
        Guarantee::Serializable,
        Guarantee::StrictSerializable,
        Guarantee::TotalKept,
        Guarantee::NoNegativeBalances,
        Guarantee::SnapshotReads,
        Guarantee::NoLostElements,
        Guarantee::NoStaleReads,
        Guarantee::NoDuplicates,
        Guarantee::CounterBounds,
        Guarantee::FinalCount,
        Guarantee::FifoOrder,
        Guarantee::NoLostWrites,
    ];

    /// The property whose name it has.
    #[must_use]
    pub fn property(self) -> Property {
        match self {
            Guarantee::Linearizable => Property::Linearizability,
            Guarantee::ReadYourWrites => Property::ReadYourWrites,
            Guarantee::MonotonicReads => Property::MonotonicReads,
            Guarantee::MonotonicWrites => Property::MonotonicWrites,
            Guarantee::WritesFollowReads => Property::WritesFollowReads,
            Guarantee::ConsistentPrefix => Property::ConsistentPrefix,
            Guarantee::Causal => Property::Causal,
            Guarantee::BoundedStaleness => Property::BoundedStaleness,
            Guarantee::NoAbortedReads => Property::NoAbortedReads,
            Guarantee::NoThinAirReads => Property::NoThinAirReads,
            Guarantee::NoLostUpdates => Property::NoLostUpdates,
            Guarantee::ReadCommitted => Property::ReadCommitted,
            Guarantee::ReadAtomic => Property::ReadAtomic,
            Guarantee::SnapshotIsolation => Property::SnapshotIsolation,
            Guarantee::Serializable => Property::Serializable,
            Guarantee::StrictSerializable => Property::StrictSerializable,
            Guarantee::TotalKept => Property::TotalKept,
            Guarantee::NoNegativeBalances => Property::NoNegativeBalances,
            Guarantee::SnapshotReads => Property::SnapshotReads,
            Guarantee::NoLostElements => Property::NoLostElements,
            Guarantee::NoStaleReads => Property::NoStaleReads,
            Guarantee::NoDuplicates => Property::NoDuplicates,
            Guarantee::CounterBounds => Property::CounterBounds,
            Guarantee::FinalCount => Property::FinalCount,
            Guarantee::FifoOrder => Property::FifoOrder,
            Guarantee::NoLostWrites => Property::Durability,
        }
    }

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.property().kept()
    }

    /// The guarantees that mean something for a model, in the order of a report.
    #[must_use]
    pub fn of(model: Model) -> Vec<Guarantee> {
        match model {
            Model::MvRegister => siblings::GUARANTEES.to_vec(),
            Model::Register | Model::CasRegister | Model::AppendText | Model::AppendList | Model::Transactions => {
                Guarantee::ALL.into_iter().filter(|guarantee| !guarantee.is_of_workloads()).collect()
            }
            Model::Bank | Model::Set | Model::Counter | Model::Queue | Model::UniqueIds => workloads::guarantees(model).to_vec(),
        }
    }

    /// The same for a history: with what it tells of fates, if it does.
    #[must_use]
    pub fn of_history(history: &Observed) -> Vec<Guarantee> {
        let mut all = Guarantee::of(history.model);
        let tells = history.versions.told.iter().any(|told| told.fate.is_some());
        all.extend((tells && !all.contains(&Guarantee::NoLostWrites)).then_some(Guarantee::NoLostWrites));
        all
    }

    /// Whether it speaks of banks, sets, counters, queues or identifiers only; or of fates, which only records of this laboratory tell.
    pub(super) fn is_of_workloads(self) -> bool {
        self >= Guarantee::TotalKept
    }

    /// The guarantee of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Guarantee> {
        Guarantee::ALL.into_iter().find(|guarantee| guarantee.name() == name)
    }
}

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
