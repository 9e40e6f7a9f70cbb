//! What each topology of several leaders survives: topologies against faults, every cell computed by running seeds.
//!
//! Four leaders, each with a client beside it that writes and reads; the last writer wins by the clocks of machines. At 2 s a leader is lost
//! for good, a link is cut for good, or nothing happens but that a clock had been wrong all along. From 5 s on nobody writes, so that
//! whatever can still arrive has arrived at the end. A ring that loses a leader and a star that loses its centre pass nothing on (Kleppmann and
//! Riccomini, chapter 6, "Multi-leader replication topologies"); where all tell all, only the writes that the lost leader had told
//! nobody are gone with it.

use std::collections::BTreeMap;

use super::{base, leaders, runs, uniform};
use crate::check::conflicts::overwritten;
use crate::family;
use crate::family::multi_leader::Fact;
use crate::log::OpId;
use crate::network::{Latency, NodeId};
use crate::rng::Ratio;
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{
    Anomaly, ClientSpec, ClockSpec, Direction, Event, FamilySpec, LinkSpec, Scenario, Scheduled, Target, TopologySpec, Workload,
    WorkloadKind,
};
use crate::simulation::Status;
use crate::time::{Offset, SimDuration, SimTime};
use crate::trace::What;

/// The rows: the topologies that have a name.
pub const TOPOLOGIES: [TopologySpec; 3] = [TopologySpec::AllToAll, TopologySpec::Ring, TopologySpec::Star];
/// The leaders, in the order of the ring; the first is the centre of the star.
pub const LEADERS: [&str; 4] = ["virginia", "frankfurt", "singapore", "sydney"];
/// How far the wrong clock is behind.
const BEHIND: Offset = Offset(-500_000);
/// When the fault happens.
const FAULT_AT: SimDuration = SimDuration::secs(2);
/// When clients fall silent.
const SILENT_FROM: SimDuration = SimDuration::secs(5);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// The first leader crashes and stays down: in a star, the centre.
    FirstLost,
    /// The last leader crashes and stays down: in a star, an outer one.
    LastLost,
    /// Nothing passes between the first two leaders.
    LinkCut,
    /// The clock of the last leader is behind.
    ClockBehind,
}

impl Trouble {
    /// All of them, in the order of columns.
    pub const ALL: [Trouble; 5] =
        [Trouble::Nothing, Trouble::FirstLost, Trouble::LastLost, Trouble::LinkCut, Trouble::ClockBehind];

    /// The heading of its column.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Trouble::Nothing => "nothing goes wrong",
            Trouble::FirstLost => "the first leader is lost (the centre of a star)",
            Trouble::LastLost => "the last leader is lost",
            Trouble::LinkCut => "the link between the first two is cut",
            Trouble::ClockBehind => "the last leader's clock is 500 ms behind",
        }
    }

    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Nothing => "nothing",
            Trouble::FirstLost => "first-leader-lost",
            Trouble::LastLost => "last-leader-lost",
            Trouble::LinkCut => "link-cut",
            Trouble::ClockBehind => "clock-behind",
        }
    }
}

/// What the runs of one cell showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// How many runs there were.
    pub runs: u64,
    /// Acknowledged writes.
    pub acknowledged: usize,
    /// Acknowledged writes that some leader which is up has not applied at the end.
    pub stranded: usize,
    /// Of the others: the longest time from when a leader took one until all leaders that are up had applied it.
    pub slowest: SimDuration,
    /// Acknowledged writes that were dropped in favour of others, without a word to anybody.
    pub dropped: usize,
    /// Reads that missed what their session had written or read before.
    pub stale: usize,
    /// Operations.
    pub operations: usize,
    /// Operations that were refused or had no answer.
    pub unsuccessful: usize,
}

/// The scenario of one run.
#[must_use]
pub fn scenario(topology: &TopologySpec, trouble: Trouble, seed: u64) -> Scenario {
    let mut scenario = base(seed);
    scenario.family = FamilySpec::MultiLeader;
    scenario.op_timeout = SimDuration::millis(600);
    // Clients read where they write, and go on to another leader if theirs is silent.
    scenario.read.mode = ReadMode::Leader;
    scenario.shards = vec![leaders(&LEADERS, topology.clone())];
    scenario.clients = LEADERS.iter().map(|leader| client_of(leader)).collect();
    scenario.links.push(link("*", "*", uniform(2, 10), 0));
    for from in LEADERS {
        // Between regions it is further, and one message in fifty is lost and has to be sent again.
        scenario.links.extend(LEADERS.iter().filter(|to| **to != from).map(|to| link(from, to, uniform(40, 90), 2)));
    }
    let keys = ["MSS-17/attitude", "MSS-17/state", "MSS-23/orbit"].map(str::to_owned);
    for (client, kind) in scenario.clients.iter().flat_map(|client| [(client, WorkloadKind::Write), (client, WorkloadKind::Read)])
    {
        let (client, keys) = (client.name.clone(), keys.to_vec());
        let to = Some(SILENT_FROM);
        scenario.workload.push(Workload { client, kind, per_second: 3, keys, from: SimDuration::ZERO, to, random: true });
    }
    let down = |node: &str| vec![Event::Crash(Target { node: node.to_owned() })];
    let cut = |from: usize, to: usize| Event::Cut(Direction { from: LEADERS[from].to_owned(), to: LEADERS[to].to_owned() });
    let events = match trouble {
        Trouble::Nothing | Trouble::ClockBehind => Vec::new(),
        Trouble::FirstLost => down(LEADERS[0]),
        Trouble::LastLost => down(LEADERS[3]),
        Trouble::LinkCut => vec![cut(0, 1), cut(1, 0)],
    };
    scenario.script.extend(events.into_iter().map(|event| Scheduled { at: FAULT_AT, event }));
    if trouble == Trouble::ClockBehind {
        scenario.clocks.push(ClockSpec { node: LEADERS[3].to_owned(), ms_per_second: 1_000, offset: BEHIND });
    }
    scenario
}

fn client_of(leader: &str) -> ClientSpec {
    ClientSpec { home: Some(leader.to_owned()), ..ClientSpec::named(&format!("client-{leader}")) }
}

fn link(from: &str, to: &str, latency: Latency, loss: u32) -> LinkSpec {
    let (from, to) = (from.to_owned(), to.to_owned());
    LinkSpec { from, to, latency: Some(latency), loss: Some(Ratio::percent(loss)), duplication: None, reorder: None }
}

/// Runs one cell over so many seeds.
///
/// # Panics
/// Never: the scenarios of the matrix can be run.
#[must_use]
pub fn cell(topology: &TopologySpec, trouble: Trouble, seeds: u64) -> Propagation {
    let mut all = Propagation::default();
    runs(seeds, |seed| scenario(topology, trouble, seed)).for_each(|run| all.add(&run));
    all
}

impl Propagation {
    /// Adds what one more run shows.
    pub fn add(&mut self, run: &Run) {
        let (history, fates) = (run.history(), run.survival().fates);
        self.runs += 1;
        self.dropped += overwritten(&history, &fates).count();
        let forgets =
            |finding: &&crate::check::Finding| matches!(finding.anomaly(), Anomaly::ReadYourWrites | Anomaly::MonotonicReads);
        self.stale += run.findings.iter().filter(forgets).count();
        self.operations += history.ops.len();
        self.unsuccessful += history.ops.iter().filter(|op| !op.ended_well()).count();
        let up = run.end.multi_leader_replicas().filter(|(id, replica)| replica.leads() && run.end.status(*id) == Status::Up);
        let up: Vec<NodeId> = up.map(|(id, _)| id).collect();
        let applied = applied(run);
        for op in history.ops.iter().filter(|op| history.acknowledged(op).is_some()) {
            self.acknowledged += 1;
            let at: Vec<(NodeId, SimTime)> = applied.get(&op.id).cloned().unwrap_or_default();
            let reached = up.iter().map(|id| at.iter().find(|(node, _)| node == id).map(|(_, at)| *at));
            match (reached.collect::<Option<Vec<SimTime>>>(), at.first()) {
                (Some(reached), Some((_, taken))) => {
                    let last = reached.into_iter().max().unwrap_or(*taken);
                    self.slowest = self.slowest.max(last.since(*taken));
                }
                (None, _) | (_, None) => self.stranded += 1,
            }
        }
    }
}

/// When each replica first had each write, in the order of time: the first is the leader that took it.
fn applied(run: &Run) -> BTreeMap<OpId, Vec<(NodeId, SimTime)>> {
    let mut applied: BTreeMap<OpId, Vec<(NodeId, SimTime)>> = BTreeMap::new();
    for record in &run.trace.records {
        if let What::Noted(node, family::Fact::MultiLeader(_, Fact::Took(op, _) | Fact::Applied(op, _))) = record.what() {
            let at = applied.entry(op).or_default();
            if at.iter().all(|(other, _)| *other != node) {
                at.push((node, record.at));
            }
        }
    }
    applied
}
