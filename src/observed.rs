//! A history as its clients recorded it: what they asked for, what they were told, and in which order.
//!
//! Nothing is known of replicas, logs or messages, so a judgement of such a history rests on the operations alone. The
//! vocabulary is Jepsen's: an operation is invoked, and ends `ok` (it happened), `fail` (it did not) or `info` (nobody knows,
//! and it may happen at any later time). Keys and values are numbered; equal numbers are equal values.

mod versions;

pub use versions::{Sibling, Told, Versions};

/// The number of a key, see [`Observed::keys`].
pub type Key = u32;
/// The number of a value, see [`Observed::values`].
pub type Value = u32;

/// A whole history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// What the operations act on.
    pub model: Model,
    /// What every key holds before anything is written that is not in [`Observed::initial_by_key`].
    pub initial: Initial,
    /// What some keys hold instead, in the order of the keys, each once.
    pub initial_by_key: Vec<(Key, Initial)>,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// The values as the record writes them.
    pub values: Vec<String>,
    /// The names of the sessions: what Jepsen calls processes, and others clients.
    pub sessions: Vec<String>,
    /// The operations, in the order of their invocations.
    pub operations: Vec<Operation>,
    /// What the operations do, one after the other: see [`Operation::first`].
    pub steps: Vec<Step>,
    /// Whether the record tells which operations ended before others began. Without it only the order within sessions is known.
    pub real_time: bool,
    /// Whether no operation tells its session, so that each is a session of its own and nothing can be said of sessions.
    pub sessionless: bool,
    /// What the record tells of versions that may be concurrent.
    pub versions: Versions,
    /// What was assumed or left out while the record was read, as sentences for people.
    pub notes: Vec<String>,
}

/// What operations act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// Registers that are read and written; one key or many.
    #[default]
    Register,
    /// Registers with compare-and-set.
    CasRegister,
    /// Registers that keep concurrent values beside each other, and whose reads return all of them (the MV-register of Shapiro et al.
    /// 2011; siblings in Riak).
    MvRegister,
    /// Texts that are read, replaced and appended to.
    AppendText,
    /// Lists that are read and appended to.
    AppendList,
    /// Transactions of several reads and writes.
    Transactions,
    /// Accounts between which amounts are transferred, and which are read all at once (`jepsen.tests.bank`).
    Bank,
    /// Sets to which elements are added, and which are read whole; what Maelstrom broadcasts, too.
    Set,
    /// Counters that are incremented and decremented.
    Counter,
    /// Queues.
    Queue,
    /// Identifiers that are generated, each of which is to be given out once.
    UniqueIds,
}

/// What every key holds before anything is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initial {
    /// No value: a read returns nothing.
    #[default]
    Absent,
    /// This value.
    Value(Value),
    /// Whatever explains the history: nothing is assumed.
    Unknown,
}

/// One operation of a client, or one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who.
    pub session: u32,
    /// Its first step in [`Observed::steps`].
    pub first: u32,
    /// How many steps it has; one unless it is a transaction.
    pub count: u32,
    /// When it was invoked, in the units of the record: an instant, or the number of a line.
    pub invoked: u64,
    /// When it ended, in the same units; none while it is open, as one that ended `info` is for ever. Equal instants are concurrent.
    pub completed: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// When it was invoked and ended, in nanoseconds, where the record says so.
    pub time: Option<(u64, u64)>,
    /// The lines of the record that tell of its start and of its end, from 1 on; 0 if there is none.
    pub lines: (u32, u32),
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Ok,
    /// It did not happen.
    Fail,
    /// It may have happened, or may yet happen.
    Info,
}

/// One read or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Of which key.
    pub key: Key,
    /// What was asked for.
    pub call: Call,
    /// The version that was written or returned, where the record tells it: versions of a key order its values. They are used if all acknowledged steps
    /// of the key tell them that wrote or returned something.
    pub version: Option<u64>,
}

/// What was asked for, and for a read what was returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A read, and what it returned.
    Read(Returned),
    /// The key gets this value.
    Write(Value),
    /// If the key holds the first value, it gets the second. Ended `fail` it has seen something else, or has not been done: see
    /// [`Observed::notes`].
    CompareAndSet(Value, Value),
    /// The value is put behind what the key holds.
    Append(Value),
    /// The key is removed.
    Delete,
    /// So much moves from one account to another.
    Transfer {
        /// The name of the account that gives.
        from: Value,
        /// The name of the account that gets.
        to: Value,
        /// How much.
        amount: i64,
    },
    /// A read of a bank: all accounts with what they hold, each once, if it is known.
    Balances(Option<Vec<(Value, i64)>>),
    /// The element is put into the set.
    Add(Value),
    /// A read of a set: its elements as they were shown, one perhaps more than once, if they are known.
    Elements(Option<Vec<Value>>),
    /// So much is added to the counter; what is negative is taken away.
    Increment(i64),
    /// A read of a counter.
    Count {
        /// What it returned, if it is known.
        value: Option<i64>,
        /// Whether the record marks it as made when all was quiet, as Maelstrom does (`:final? true`).
        quiet: bool,
    },
    /// The value is put behind the others in the queue.
    Enqueue(Value),
    /// The first value is taken out of the queue. [`Returned::Absent`] tells that there was none.
    Dequeue(Returned),
    /// Values are taken out of the queue until it is empty: these, in this order, if they are known.
    Drain(Option<Vec<Value>>),
    /// Identifiers are asked for: those that were given, if they are known.
    Generate(Option<Vec<Value>>),
}

/// What a read returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// The read did not end, or the record does not say what it returned.
    Unknown,
    /// The key holds nothing.
    Absent,
    /// This value.
    Value(Value),
    /// These elements, in this order.
    List(Vec<Value>),
    /// These concurrent values of one key, in the order of the answer; none if the key holds nothing.
    Siblings(Vec<Value>),
}

impl Observed {
    /// The steps of an operation.
    #[must_use]
    pub fn steps_of(&self, operation: &Operation) -> &[Step] {
        let first = operation.first as usize;
        &self.steps[first..first + operation.count as usize]
    }

    /// What a key holds before anything is written.
    #[must_use]
    pub fn initial_of(&self, key: Key) -> Initial {
        let own = self.initial_by_key.binary_search_by_key(&key, |(key, _)| *key);
        own.map_or(self.initial, |at| self.initial_by_key[at].1)
    }

    /// The name of a model on the command line.
    #[must_use]
    pub fn model_name(&self) -> &'static str {
        self.model.name()
    }
}

impl Model {
    /// All models.
    pub const ALL: [Model; 11] = [
        Model::Register,
        Model::CasRegister,
        Model::MvRegister,
        Model::AppendText,
        Model::AppendList,
        Model::Transactions,
        Model::Bank,
        Model::Set,
        Model::Counter,
        Model::Queue,
        Model::UniqueIds,
    ];

    /// Whether its operations are reads and writes of keys. All others are workloads of their own, see [`Call`].
    #[must_use]
    pub fn reads_and_writes(self) -> bool {
        match self {
            Model::Register
            | Model::CasRegister
            | Model::MvRegister
            | Model::AppendText
            | Model::AppendList
            | Model::Transactions => true,
            Model::Bank | Model::Set | Model::Counter | Model::Queue | Model::UniqueIds => false,
        }
    }

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Model::Register => "register",
            Model::CasRegister => "cas-register",
            Model::MvRegister => "mv-register",
            Model::AppendText => "append-text",
            Model::AppendList => "append-list",
            Model::Transactions => "transactions",
            Model::Bank => "bank",
            Model::Set => "set",
            Model::Counter => "counter",
            Model::Queue => "queue",
            Model::UniqueIds => "unique-ids",
        }
    }
}
