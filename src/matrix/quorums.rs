//! What each choice of N, R and W survives: quorums against faults, every cell computed by running seeds.
//!
//! A ring of five nodes, and two clients that write and read three keys, each through another node. At 2 s nodes that hold keys are lost, or two
//! are cut off together with a client, or one becomes slow. A cell says how many writes and reads of the time after that had an answer, and how
//! many reads, of the whole run, missed a write that was acknowledged before they began. With R + W > N none should (DeCandia et al. 2007, section
//! 4.5; Kleppmann and Riccomini, chapter 6, "Quorums for reading and writing"), unless others stand in for replicas.

use super::{base, runs, uniform};
use crate::history::{History, Op};
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{ClientSpec, Event, FamilySpec, LinkSpec, QuorumKind, RingSpec, Scenario, Scheduled, Shard, Target};
use crate::scenario::{ReadRepairSpec, Workload, WorkloadKind};
use crate::time::{SimDuration, SimTime};

/// The nodes.
pub const NODES: [&str; 5] = ["virginia", "frankfurt", "singapore", "sydney", "tokyo"];
/// When the fault happens.
const FAULT_AT: SimTime = SimTime(2_000_000);

/// A row: N, R, W, and whether others stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorums {
    /// How many replicas a key has.
    pub n: u8,
    /// How many answers a read needs.
    pub r: u8,
    /// How many answers a write needs.
    pub w: u8,
    /// Whether nodes further down the preference list stand in for replicas that do not answer.
    pub sloppy: bool,
}

const fn strict(n: u8, r: u8, w: u8) -> Quorums {
    Quorums { n, r, w, sloppy: false }
}

/// The rows.
pub const QUORUMS: [Quorums; 7] = [
    strict(3, 1, 1),
    strict(3, 2, 1),
    strict(3, 1, 3),
    strict(3, 3, 1),
    strict(3, 2, 2),
    Quorums { n: 3, r: 2, w: 2, sloppy: true },
    strict(5, 3, 3),
];

impl Quorums {
    /// The name of the row.
    #[must_use]
    pub fn title(self) -> String {
        let Quorums { n, r, w, sloppy } = self;
        format!("N {n}, R {r}, W {w}{}", if sloppy { ", sloppy" } else { "" })
    }

    /// Whether each read asks some replica that took part in each acknowledged write.
    #[must_use]
    pub fn overlap(self) -> bool {
        !self.sloppy && self.r + self.w > self.n
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// One node crashes and stays down.
    OneLost,
    /// Two nodes crash and stay down.
    TwoLost,
    /// Two nodes are cut off from the others, with a client.
    CutOff,
    /// One node answers half a second late.
    OneSlow,
}

impl Trouble {
    /// All of them, in the order of columns.
    pub const ALL: [Trouble; 5] = [Trouble::Nothing, Trouble::OneLost, Trouble::TwoLost, Trouble::CutOff, Trouble::OneSlow];

    /// The heading of its column.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Trouble::Nothing => "nothing goes wrong",
            Trouble::OneLost => "one node is lost",
            Trouble::TwoLost => "two nodes are lost",
            Trouble::CutOff => "two nodes are cut off, with a client",
            Trouble::OneSlow => "one node is slow",
        }
    }

    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Nothing => "nothing",
            Trouble::OneLost => "one-lost",
            Trouble::TwoLost => "two-lost",
            Trouble::CutOff => "cut-off",
            Trouble::OneSlow => "one-slow",
        }
    }

    fn events(self) -> Vec<Event> {
        let node = |place: usize| NODES[place].to_owned();
        let crash = |place: usize| Event::Crash(Target { node: node(place) });
        match self {
            Trouble::Nothing => Vec::new(),
            Trouble::OneLost => vec![crash(4)],
            Trouble::TwoLost => vec![crash(4), crash(3)],
            Trouble::CutOff => vec![Event::Partition {
                a: vec![node(1), node(2), "frank".to_owned()],
                b: vec![node(0), node(3), node(4), "virgil".to_owned()],
            }],
            Trouble::OneSlow => vec![Event::Link(link(NODES[4], "*", 500, 501))],
        }
    }
}

/// What the runs of one cell showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Writes that began after the fault.
    pub writes: usize,
    /// Those of them that were acknowledged.
    pub acknowledged: usize,
    /// Reads that began after the fault.
    pub reads: usize,
    /// Those of them that were answered.
    pub answered: usize,
    /// Reads of the whole run that missed a write that had been acknowledged before they began.
    pub stale: usize,
}

fn link(from: &str, to: &str, min: u64, max: u64) -> LinkSpec {
    let latency = Some(uniform(min, max));
    LinkSpec { from: from.to_owned(), to: to.to_owned(), latency, loss: None, duplication: None, reorder: Some(true) }
}

fn ring(quorums: Quorums) -> RingSpec {
    let Quorums { n, r, w, sloppy } = quorums;
    let quorum = if sloppy { QuorumKind::Sloppy } else { QuorumKind::Strict };
    let handoff = sloppy.then_some(SimDuration::millis(200));
    RingSpec { n, r, w, quorum, handoff, read_repair: ReadRepairSpec::Off, ..RingSpec::of(&NODES) }
}

/// The scenario of one run.
///
/// # Panics
/// Never: what it begins with is built in.
#[must_use]
pub fn scenario(quorums: Quorums, trouble: Trouble, seed: u64) -> Scenario {
    let mut scenario = base(seed);
    scenario.family = FamilySpec::Leaderless;
    scenario.op_timeout = SimDuration::millis(1_500);
    scenario.read.mode = ReadMode::AnyFollower;
    scenario.shards = vec![Shard { name: "s".to_owned(), ring: Some(ring(quorums)), ..Shard::default() }];
    let homes = [("virgil", NODES[0]), ("frank", NODES[1])];
    scenario.clients = homes
        .map(|(name, home)| ClientSpec { home: Some(home.to_owned()), concurrent: true, ..ClientSpec::named(name) })
        .to_vec();
    scenario.links = vec![link("*", "*", 5, 60)];
    let keys = ["MSS-17/attitude", "MSS-17/state", "MSS-23/orbit"].map(str::to_owned).to_vec();
    for (client, _) in homes {
        for kind in [WorkloadKind::Write, WorkloadKind::Read] {
            let (client, keys) = (client.to_owned(), keys.clone());
            scenario.workload.push(Workload {
                client,
                kind,
                per_second: 4,
                keys,
                from: SimDuration::ZERO,
                to: None,
                random: true,
            });
        }
    }
    let at = SimDuration(FAULT_AT.0);
    scenario.script.extend(trouble.events().into_iter().map(|event| Scheduled { at, event }));
    scenario
}

/// Runs one cell over so many seeds.
///
/// # Panics
/// Never: the scenarios of the matrix can be run.
#[must_use]
pub fn cell(quorums: Quorums, trouble: Trouble, seeds: u64) -> Answers {
    let mut all = Answers::default();
    runs(seeds, |seed| scenario(quorums, trouble, seed)).for_each(|run| all.add(&run));
    all
}

impl Answers {
    /// Adds what one more run shows. What began so late that it could not end is left out.
    pub fn add(&mut self, run: &Run) {
        let history = run.history();
        let last = SimTime(run.until().0.saturating_sub(run.plan.scenario.op_timeout.0));
        for op in history.ops.iter().filter(|op| (FAULT_AT..last).contains(&op.invoked)) {
            let well = usize::from(op.ended_well());
            if op.is_write() {
                (self.writes, self.acknowledged) = (self.writes + 1, self.acknowledged + well);
            } else {
                (self.reads, self.answered) = (self.reads + 1, self.answered + well);
            }
        }
        self.stale += history.ops.iter().filter(|op| missed(&history, op)).count();
    }
}

/// Whether a read missed a write that had been acknowledged before it began.
fn missed(history: &History<'_>, read: &Op) -> bool {
    let Some(returned) = history.returned(read) else { return false };
    let mut before = history.ops.iter().filter(|write| write.key == read.key).filter_map(|write| history.acknowledged(write));
    before.any(|(stamp, at)| at < read.invoked && !history.covers(&returned, &stamp))
}
