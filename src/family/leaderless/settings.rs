//! What all nodes of a ring agree on: how many replicas a key has, how many answers a request needs, and what is done in the background.

use super::ring::Partitioning;
use super::version::Versioning;
use crate::network::NodeId;
use crate::time::SimDuration;

/// The number of a region, in the order of the scenario; 0 where there is only one.
pub type RegionId = u16;

/// Whose answers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// So many of all replicas.
    #[default]
    All,
    /// So many of those in the coordinator's region.
    Local,
    /// So many in each region.
    Each,
}

/// What a read does about replicas that are behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadRepair {
    /// Nothing.
    Off,
    /// They are told after the client has been answered, and after stragglers have been waited for.
    #[default]
    Background,
    /// They are told first; the client is answered when all whose answers counted have what it is shown.
    Blocking,
}

/// Whom a read asks at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FanOut {
    /// All replicas of the key.
    #[default]
    All,
    /// As many as are needed; one more after so long without enough answers, if anything is said.
    Needed(Option<SimDuration>),
}

/// Who coordinates requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coordination {
    /// Any node: the client's home, or the one that a request names.
    #[default]
    AnyNode,
    /// For a write, the replica that answered the preceding read fastest (Dynamo, section 5); else any node.
    Fastest,
    /// The client itself.
    Client,
}

/// How a node decides that another one is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// It has not been heard of for so long.
    TimeOut(SimDuration),
    /// Its silence is so unlikely, after how often it was heard: 1 in ten to this power (Hayashibara et al. 2004, as Cassandra takes it).
    Phi(u32),
}

/// How nodes hear of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gossip {
    /// How often a node tells a random other one what it knows.
    pub every: SimDuration,
    /// Whom a node that joins knows at first.
    pub seeds: Vec<NodeId>,
    /// How a node decides that another one is down.
    pub detection: Detection,
}

/// The settings of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many replicas a key has in each region.
    pub replicas: Vec<usize>,
    /// How many answers a read needs; in each region that is asked, if there are several and the scope is not all.
    pub reads: usize,
    /// How many answers a write needs, as for reads. The coordinator's own counts, if it holds the key.
    pub writes: usize,
    /// Whose answers count.
    pub scope: Scope,
    /// Whether nodes further down the preference list stand in for replicas that do not answer.
    pub sloppy: bool,
    /// After how long without an answer somebody stands in for a replica.
    pub patience: SimDuration,
    /// After how long a coordinator gives up.
    pub timeout: SimDuration,
    /// How versions are told apart.
    pub versioning: Versioning,
    /// What a read does about replicas that are behind.
    pub repair: ReadRepair,
    /// Whether what a read is about to show is first written back to as many replicas as a write needs (Attiya, Bar-Noy and Dolev 1995).
    pub write_back: bool,
    /// Whom a read asks at first.
    pub fan_out: FanOut,
    /// Who coordinates.
    pub coordination: Coordination,
    /// How often a node tries to hand off the hints that it holds; none: it never does, and keeps none for replicas that do not answer.
    pub handoff: Option<SimDuration>,
    /// How often a node compares its trees with those of another one.
    pub anti_entropy: Option<SimDuration>,
    /// How many leaves a hash tree has: a power of two.
    pub leaves: usize,
    /// How old a tombstone must be to be collected; none: it stays.
    pub grace: Option<SimDuration>,
    /// How the ring is divided.
    pub partitioning: Partitioning,
    /// How nodes hear of each other; none: everybody is a member from the start, and believed to be up.
    pub gossip: Option<Gossip>,
}

impl Settings {
    /// A ring in one region with strict quorums, of which `reads` and `writes` of so many replicas have to answer. Versions are told apart by dots,
    /// reads ask all replicas and repair those that they find behind, in the background; nothing else is done beside requests.
    #[must_use]
    pub fn strict(replicas: usize, reads: usize, writes: usize) -> Settings {
        Settings {
            replicas: vec![replicas],
            reads,
            writes,
            scope: Scope::All,
            sloppy: false,
            patience: SimDuration::millis(100),
            timeout: SimDuration::secs(1),
            versioning: Versioning::Dotted,
            repair: ReadRepair::Background,
            write_back: false,
            fan_out: FanOut::All,
            coordination: Coordination::AnyNode,
            handoff: None,
            anti_entropy: None,
            leaves: 16,
            grace: None,
            partitioning: Partitioning::RandomTokens { tokens: 8 },
            gossip: None,
        }
    }

    /// How many replicas a key has.
    #[must_use]
    pub fn all_replicas(&self) -> usize {
        self.replicas.iter().sum()
    }

    /// Whether each read asks some replica that took part in each acknowledged write, if both need so many answers: in every region that both ask.
    /// Of quorums with stand-ins that is what their numbers promise, and not what they keep.
    #[must_use]
    pub fn overlaps(&self, reads: usize, writes: usize) -> bool {
        match self.scope {
            Scope::All => reads + writes > self.all_replicas(),
            // Two coordinators in different regions ask different replicas.
            Scope::Local => self.replicas.len() == 1 && reads + writes > self.all_replicas(),
            Scope::Each => self.replicas.iter().all(|replicas| reads + writes > *replicas),
        }
    }
}
