//! Where to look for the cause of a finding: what the record points at, then what else had happened, then the settings.
//!
//! The order is that of nearness: whoever tries one after the other finds the nearest one that holds.

use super::Cause;
use crate::check::Finding;
use crate::explain::{Clue, Explainer, Trail};
use crate::family::GroupId;
use crate::family::single_leader::Intervention;
use crate::network::{LATENCY_DEFAULT, Latency, LinkSettings, Loss, NodeId};
use crate::router::{ReadMode, TokenHome, TokenKind};
use crate::run::Run;
use crate::scenario::{Action, Anomaly, DeliverySpec, Event, FencingSpec, FormatSpec, LeaderReadsSpec, NumbersSpec, Shard};
use crate::scenario::{TopologySpec, VisibilitySpec};
use crate::time::{SimDuration, SimTime};

/// The most links that are considered for one finding, of the many that a large cluster has.
const LINKS_MAX: usize = 64;
/// The most events of the script that are considered, the latest first.
const EVENTS_MAX: usize = 64;

/// What can have caused a finding, the nearest first, each once. None of it is proven; see [`super::proven`].
#[must_use]
pub fn of(run: &Run, finding: &Finding) -> Vec<Cause> {
    let trail = Explainer::new(run).trail(finding);
    ranked(run, finding, trail.as_ref())
}

/// The same, when the trail is known.
pub(super) fn ranked(run: &Run, finding: &Finding, trail: Option<&Trail>) -> Vec<Cause> {
    let mut search = Candidates { run, finding, groups: groups(run, finding), found: Vec::new() };
    search.found.extend(run.plan.scenario.sabotage.iter().copied().map(Cause::Defect));
    if finding.anomaly() == Anomaly::BoundedStaleness {
        // Lag is what the bound is there for; that it did not help is nearer.
        search.clocks();
    }
    if let Some(trail) = trail {
        for clue in &trail.clues {
            search.clue(trail.group, *clue);
        }
    }
    search.events();
    search.links(trail.map(|trail| trail.node));
    search.other_writes();
    search.settings();
    let mut each = Vec::new();
    for cause in search.found {
        if !each.contains(&cause) {
            each.push(cause);
        }
    }
    each
}

/// The groups of the finding's operations.
fn groups(run: &Run, finding: &Finding) -> Vec<GroupId> {
    let ops = finding.ops().into_iter().filter_map(|id| run.trace.ops.get(id.index()));
    let mut groups: Vec<GroupId> = ops.map(|op| op.group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

struct Candidates<'a> {
    run: &'a Run,
    finding: &'a Finding,
    groups: Vec<GroupId>,
    found: Vec<Cause>,
}

impl Candidates<'_> {
    /// The last event of the script up to a time that fits.
    fn last(&mut self, until: SimTime, fits: impl Fn(&Action) -> bool) {
        let mut script = self.run.plan.script.iter().rev();
        let event = script.find(|(at, _, action)| *at <= until && fits(action));
        self.found.extend(event.map(|(_, place, _)| Cause::Event(*place)));
    }

    fn clue(&mut self, group: GroupId, clue: Clue) {
        match clue {
            Clue::Late(src, dst, sent, _) => {
                self.last(sent, |action| matches!(action, Action::Links(pairs, spec) if spec.latency.is_some() && pairs.contains(&(src, dst))));
                self.found.push(Cause::Latency(src, dst));
            }
            Clue::Held(src, dst, _, since) => {
                self.last(since, |action| matches!(action, Action::Hold(pairs) if pairs.contains(&(src, dst))));
            }
            Clue::Lost(src, dst, _, when, Loss::Cut) => {
                self.last(when, |action| matches!(action, Action::Cut(pairs) if pairs.contains(&(src, dst))));
            }
            Clue::Lost(src, dst, _, when, Loss::Chance) => {
                self.last(
                    when,
                    |action| matches!(action, Action::Links(pairs, spec) if spec.loss.is_some() && pairs.contains(&(src, dst))),
                );
                self.found.push(Cause::Loss(src, dst));
            }
            Clue::Lost(_, node, _, when, Loss::Down) | Clue::Crashed(node, when) => {
                self.last(when, |action| *action == Action::Crash(node));
            }
            Clue::Paused(node, since) => self.last(since, |action| *action == Action::Pause(node)),
            Clue::Flushing(_) => self.found.push(Cause::Flush(group)),
            Clue::Applying(_) => self.found.push(Cause::Apply(group)),
            Clue::Discarded(node, at) => self.last(at, |action| *action == Action::SingleLeader(node, Intervention::Promote)),
            Clue::Unacknowledged(_) | Clue::Unsent(_) => {}
        }
    }

    /// Every fault of the script before the finding: the latest first, faults before repairs.
    fn events(&mut self) {
        let until = self.finding.at;
        let before = self.run.plan.script.iter().rev().filter(|(at, ..)| *at <= until);
        let (mut faults, mut repairs) = (Vec::new(), Vec::new());
        for (_, place, action) in before {
            match action {
                Action::Invoke { .. } => {}
                Action::Restart(_) | Action::Resume(_) | Action::Release(_) | Action::Heal(_) => {
                    repairs.push(Cause::Event(*place))
                }
                _ => faults.push(Cause::Event(*place)),
            }
        }
        self.found.extend(faults.into_iter().take(EVENTS_MAX));
        self.found.extend(repairs.into_iter().take(EVENTS_MAX));
    }

    /// The links of the groups that are not as a link is of which nothing was said; those of the replica in question first.
    fn links(&mut self, node: Option<NodeId>) {
        let ops = self.finding.ops().into_iter().filter_map(|id| self.run.trace.ops.get(id.index()));
        let clients: Vec<NodeId> = ops.map(|op| op.client).collect();
        let members: Vec<NodeId> = self.groups.iter().flat_map(|g| self.run.plan.groups[g.index()].members.clone()).collect();
        let mut pairs: Vec<(u8, NodeId, NodeId)> = Vec::new();
        for a in members.iter().chain(&clients) {
            for b in members.iter().chain(&clients) {
                let near = u8::from(Some(*b) != node) + u8::from(Some(*a) != node && Some(*b) != node);
                let outside = u8::from(!members.contains(a)) + u8::from(!members.contains(b));
                if a != b {
                    pairs.push((near + 3 * outside, *a, *b));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        for (_, src, dst) in pairs.into_iter().take(LINKS_MAX) {
            self.link(src, dst);
        }
    }

    fn link(&mut self, src: NodeId, dst: NodeId) {
        let plan = &self.run.plan;
        let calm = LinkSettings::default();
        let mut ever = vec![plan.links[src.index() * plan.nodes.len() + dst.index()].clone()];
        for (_, _, action) in &plan.script {
            if let Action::Links(pairs, spec) = action
                && pairs.contains(&(src, dst))
            {
                let mut settings = calm.clone();
                spec.change(&mut settings);
                ever.push(settings);
            }
        }
        if ever.iter().any(|settings| longest(&settings.latency) > LATENCY_DEFAULT) {
            self.found.push(Cause::Latency(src, dst));
        }
        if ever.iter().any(|settings| settings.loss != calm.loss) {
            self.found.push(Cause::Loss(src, dst));
        }
        if ever.iter().any(|settings| settings.duplication != calm.duplication || settings.reorder) {
            self.found.push(Cause::Disorder(src, dst));
        }
    }

    /// The writes of a finding about several, but for the one that it is about.
    ///
    /// Which event of the script an operation is from is known where the script alone tells clients what to do: operations are numbered in
    /// its order.
    fn other_writes(&mut self) {
        let about_writes = self.run.trace.ops.get(self.finding.op().index()).is_some_and(crate::history::Op::is_write);
        if !about_writes || !self.run.plan.feeds.is_empty() || !(self.several() || self.rings()) {
            return;
        }
        let invoked = self.run.plan.script.iter().filter(|(.., action)| matches!(action, Action::Invoke { .. }));
        let places: Vec<usize> = invoked.map(|(_, place, _)| *place).collect();
        let others = self.finding.ops().into_iter().filter(|op| *op != self.finding.op());
        self.found.extend(others.filter_map(|op| places.get(op.index()).copied().map(Cause::Write)));
    }

    /// Whether the groups of the finding have several leaders.
    fn several(&self) -> bool {
        self.groups.iter().any(|group| self.run.plan.groups[group.index()].several.is_some())
    }

    /// Whether the groups of the finding are rings.
    fn rings(&self) -> bool {
        self.groups.iter().any(|group| self.run.plan.groups[group.index()].ring.is_some())
    }

    fn clocks(&mut self) {
        let clocks = self.run.plan.scenario.clocks.iter().filter_map(|clock| self.run.plan.node_id(&clock.node));
        self.found.extend(clocks.map(Cause::Clock));
    }

    fn settings(&mut self) {
        let scenario = &self.run.plan.scenario;
        let reads = self.run.trace.ops.get(self.finding.op().index()).is_some_and(|op| !op.is_write());
        self.clocks();
        // Reads have no mode on a ring, and replicas have no leader to be set otherwise.
        if self.rings() {
            return;
        }
        for group in self.groups.clone() {
            let Some(shard) = scenario.shards.get(group.index()) else { continue };
            if self.several() {
                self.settings_of_leaders(group, shard);
                continue;
            }
            let found = &mut self.found;
            let mut add = |holds: bool, cause: Cause| found.extend(holds.then_some(cause));
            add(shard.flush > SimDuration::ZERO, Cause::Flush(group));
            add(shard.apply > SimDuration::ZERO, Cause::Apply(group));
            add(shard.format != FormatSpec::Logical, Cause::Format(group));
            add(shard.retention.is_some(), Cause::Retention(group));
            add(shard.failover.is_some(), Cause::Failover(group));
            add(shard.fencing != FencingSpec::On, Cause::Fencing(group));
            add(shard.visibility != VisibilitySpec::Acknowledged, Cause::Visibility(group));
            add(shard.leader_reads != LeaderReadsSpec::ReadIndex && reads, Cause::LeaderReads(group));
            let leader = self.run.takeovers.iter().find(|t| t.group == group).map(|t| t.leader);
            // A leader cannot wait for itself.
            let follower = leader.filter(|leader| *leader != self.run.plan.groups[group.index()].leader);
            self.found.extend(follower.map(|follower| Cause::Acknowledgement(group, follower)));
        }
        if scenario.read.token != TokenKind::Position {
            self.found.push(Cause::Token);
        }
        if scenario.read.tokens == TokenHome::Device && scenario.clients.iter().any(|client| client.user.is_some()) {
            self.found.push(Cause::Devices);
        }
        // A read that promises nothing breaks no bound: that is no answer.
        if self.finding.anomaly() == Anomaly::BoundedStaleness {
            return;
        }
        let own = |s: &crate::scenario::Scheduled| matches!(s.event, Event::Read { mode: Some(mode), .. } if mode != ReadMode::SessionConsistent);
        if scenario.read.mode != ReadMode::SessionConsistent || scenario.script.iter().any(own) {
            self.found.push(Cause::ReadMode);
        }
    }
}

impl Candidates<'_> {
    /// What else could be chosen where a group has several leaders.
    fn settings_of_leaders(&mut self, group: GroupId, shard: &Shard) {
        let settings = [
            (shard.delivery != DeliverySpec::Causal, Cause::Delivery(group)),
            (shard.numbers != NumbersSpec::Interleaved && !self.run.plan.inserts().is_empty(), Cause::Numbers(group)),
            (shard.topology != TopologySpec::AllToAll, Cause::Topology(group)),
            (shard.conflicts.iter().any(|spec| spec.sound().is_some()), Cause::DataType(group)),
        ];
        self.found.extend(settings.into_iter().filter(|(holds, _)| *holds).map(|(_, cause)| cause));
    }
}

/// An upper end of what a link takes; random parts without one count as longer than anything.
fn longest(latency: &Latency) -> SimDuration {
    match latency {
        Latency::Constant(d) => *d,
        Latency::Uniform { max, .. } => *max,
        Latency::Exponential { .. } => SimDuration(u64::MAX),
        Latency::Quantiles(rows) => rows.last().map_or(SimDuration::ZERO, |row| row.latency),
    }
}
