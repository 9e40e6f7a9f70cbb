//! The names that experts give to what transactions must not show: Adya's phenomena, and those that others added.
//!
//! A phenomenon is a shape in the graph of dependencies between transactions: one *installs* the next version of a key after the
//! other (ww), *reads* what the other wrote (wr), or the other *replaces* what it read (rw, an anti-dependency). G0 to G2 are Adya's
//! (Weak Consistency, 1999, sections 3.2, 4.2 and 5); the item-level names and `G-nonadjacent`, `-process` and `-realtime` are those of
//! Elle (Kingsbury and Alvaro, VLDB 2020); internal consistency and long fork follow Cerone, Bernardi and Gotsman (CONCUR 2015).

/// What transactions must not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// A transaction reads something else than what it wrote itself.
    Internal,
    /// A cycle of writes: two transactions' writes are interleaved.
    DirtyWrite,
    /// A read of what a failed transaction wrote.
    AbortedRead,
    /// A read of a value that its transaction replaced itself.
    IntermediateRead,
    /// A cycle of writes and reads: two transactions see each other's effects.
    CircularInformationFlow,
    /// Two transactions read the same value of a key and both replaced it.
    LostUpdate,
    /// A transaction sees a part of another's writes, or of what that one saw, and not the rest: a cycle with one anti-dependency.
    ReadSkew,
    /// Two readers see two writes in opposite orders.
    LongFork,
    /// A cycle in which no two anti-dependencies follow each other.
    Nonadjacent,
    /// Two transactions each replace what the other has read.
    WriteSkew,
    /// A cycle with several anti-dependencies of which some follow each other.
    AntiDependencyCycle,
}

/// Which orders beside the dependencies a cycle needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Through {
    /// None: dependencies alone.
    #[default]
    Dependencies,
    /// The order of a session.
    Session,
    /// The order of real time.
    RealTime,
}

impl Anomaly {
    /// All of them, the gravest first: what a weaker level of isolation forbids stands before what only a stronger one does.
    pub const ALL: [Anomaly; 11] = [
        Anomaly::Internal,
        Anomaly::DirtyWrite,
        Anomaly::AbortedRead,
        Anomaly::IntermediateRead,
        Anomaly::CircularInformationFlow,
        Anomaly::LostUpdate,
        Anomaly::ReadSkew,
        Anomaly::LongFork,
        Anomaly::Nonadjacent,
        Anomaly::WriteSkew,
        Anomaly::AntiDependencyCycle,
    ];

    /// The short name that checkers print: Adya's or Elle's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Anomaly::Internal => "internal",
            Anomaly::DirtyWrite => "G0",
            Anomaly::AbortedRead => "G1a",
            Anomaly::IntermediateRead => "G1b",
            Anomaly::CircularInformationFlow => "G1c",
            Anomaly::LostUpdate => "lost-update",
            Anomaly::ReadSkew => "G-single",
            Anomaly::LongFork => "long-fork",
            Anomaly::Nonadjacent => "G-nonadjacent",
            Anomaly::WriteSkew => "write-skew",
            Anomaly::AntiDependencyCycle => "G2-item",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Anomaly::Internal => "a transaction contradicts its own writes",
            Anomaly::DirtyWrite => "dirty write",
            Anomaly::AbortedRead => "aborted read",
            Anomaly::IntermediateRead => "intermediate read",
            Anomaly::CircularInformationFlow => "circular information flow",
            Anomaly::LostUpdate => "lost update, a case of G-single",
            Anomaly::ReadSkew => "read skew",
            Anomaly::LongFork => "long fork, a case of G-nonadjacent",
            Anomaly::Nonadjacent => "a cycle whose anti-dependencies do not follow each other",
            Anomaly::WriteSkew => "write skew, a case of G2-item",
            Anomaly::AntiDependencyCycle => "a cycle of anti-dependencies",
        }
    }
}

impl Through {
    /// What is put behind the name of an anomaly.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Through::Dependencies => "",
            Through::Session => "-process",
            Through::RealTime => "-realtime",
        }
    }
}
