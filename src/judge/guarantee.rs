//! What a history can be asked to keep: the guarantees of a judgement, with their names, and which of them mean something for a history.

use super::workloads;
use crate::observed::{Model, Observed};
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
            Model::MvRegister => OF_SIBLINGS.to_vec(),
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

/// The guarantees that mean something for registers that keep concurrent values, in the order of a report.
const OF_SIBLINGS: [Guarantee; 10] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
    Guarantee::ConsistentPrefix,
    Guarantee::Causal,
    Guarantee::BoundedStaleness,
    Guarantee::NoAbortedReads,
    Guarantee::NoThinAirReads,
    Guarantee::NoLostWrites,
];
