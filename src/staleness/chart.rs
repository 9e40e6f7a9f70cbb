//! Staleness at a glance: how many entries each follower is behind, over the whole run, as lines and as sentences.
//!
//! Lag is counted in entries of the leader's log that a follower does not show yet; where there are several leaders, in updates that any of
//! them has taken and the replica has not applied; on a ring in updates that a replica of their keys lacks (the module `rings`). The time of the run is divided into bins and
//! each bin keeps the largest lag in it, so that no peak is lost however long the run is.

use super::rings;
use crate::family;
use crate::family::multi_leader as several;
use crate::family::single_leader::Fact;
use crate::lsn::Lsn;
use crate::network::NodeId;
use crate::plural::plural;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::What;

/// How many bins the time of a run is divided into.
pub const BINS: usize = 240;

/// The lag of all followers over a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LagChart {
    /// One line for each replica that can be behind, in the order of lanes: not for the first leader of a group that has one.
    pub lines: Vec<LagLine>,
    /// The largest lag of all, at least 1.
    pub top: u64,
}

/// The lag of one follower.
#[derive(Clone, Debug, PartialEq)]
pub struct LagLine {
    /// Which one.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// The largest lag in each bin, in entries.
    pub bins: Vec<u64>,
    /// The largest lag.
    pub most: u64,
    /// When it was first that large.
    pub most_at: SimTime,
    /// For how much of the run it showed everything, in per cent.
    pub caught_up_percent: u64,
    /// Whether its group has several leaders or is a ring, so that it is updates that are counted.
    pub several: bool,
}

impl LagChart {
    fn of(lines: Vec<LagLine>) -> LagChart {
        let top = lines.iter().map(|line| line.most).max().unwrap_or(0).max(1);
        LagChart { lines, top }
    }
}

pub(super) struct Tracker {
    line: LagLine,
    applied: u64,
    lag: u64,
    since: SimTime,
    caught_up: u64,
    bin: usize,
    /// Whether the next update that it applies is one that it has.
    again: bool,
}

impl Tracker {
    /// For a replica that is not behind yet.
    pub(super) fn of(run: &Run, index: usize) -> Tracker {
        let id = NodeId(u16::try_from(index).unwrap_or(0));
        let name = run.plan.name(id).to_owned();
        let several = run.plan.several_of(id).is_some() || run.plan.family.is_leaderless();
        let line = LagLine { id, name, bins: vec![0; BINS], most: 0, most_at: SimTime::ZERO, caught_up_percent: 0, several };
        Tracker { line, applied: 0, lag: 0, since: SimTime::ZERO, caught_up: 0, bin: 0, again: false }
    }

    /// The line at the end of the run.
    pub(super) fn ended(mut self, until: SimTime, width: u64) -> LagLine {
        self.advance(until, width);
        self.line.caught_up_percent = self.caught_up * 100 / until.0.max(1);
        self.line
    }

    fn advance(&mut self, at: SimTime, width: u64) {
        let bin = usize::try_from(at.0 / width).unwrap_or(BINS - 1).min(BINS - 1);
        for filled in &mut self.line.bins[self.bin..=bin] {
            *filled = (*filled).max(self.lag);
        }
        self.bin = bin;
        if self.lag == 0 {
            self.caught_up += at.since(self.since).0;
        }
        self.since = at;
    }

    /// From here on it is so far behind.
    pub(super) fn set(&mut self, at: SimTime, lag: u64, width: u64) {
        if lag == self.lag {
            return;
        }
        self.advance(at, width);
        self.lag = lag;
        self.line.bins[self.bin] = self.line.bins[self.bin].max(lag);
        if lag > self.line.most {
            (self.line.most, self.line.most_at) = (lag, at);
        }
    }
}

/// Computes the lag of all followers over a run.
#[must_use]
pub fn lag_chart(run: &Run) -> LagChart {
    let plan = &run.plan;
    let until = run.until();
    let width = (until.0 / BINS as u64 + 1).max(1);
    if plan.family.is_leaderless() {
        return LagChart::of(rings::lines(run, width));
    }
    let mut heads: Vec<(NodeId, Lsn)> = plan.groups.iter().map(|g| (g.leader, Lsn::ZERO)).collect();
    let group_of: Vec<usize> =
        (0..plan.replicas).map(|i| plan.group_of(NodeId(u16::try_from(i).unwrap_or(0))).map_or(0, |g| g.index())).collect();
    let mut trackers: Vec<Tracker> = (0..plan.replicas).map(|i| Tracker::of(run, i)).collect();
    for record in &run.trace.records {
        match record.what() {
            What::Noted(node, family::Fact::SingleLeader(Fact::Appended(lsn))) => {
                let group = group_of[node.index()];
                if heads[group].0 == node {
                    heads[group].1 = lsn;
                    follow(&mut trackers, &group_of, group, heads[group], record.at, width);
                }
            }
            What::Noted(node, family::Fact::SingleLeader(Fact::Promoted(_, start))) => {
                let group = group_of[node.index()];
                heads[group] = (node, start.prev());
                // A leader is not behind itself.
                trackers[node.index()].set(record.at, 0, width);
                follow(&mut trackers, &group_of, group, heads[group], record.at, width);
            }
            What::Noted(node, family::Fact::SingleLeader(Fact::Applied(lsn))) => {
                applied(&mut trackers, node, lsn, (&heads, &group_of), record.at, width)
            }
            What::Noted(node, family::Fact::SingleLeader(Fact::Truncated(last, _)))
                if trackers[node.index()].applied > last.0 =>
            {
                applied(&mut trackers, node, last, (&heads, &group_of), record.at, width);
            }
            What::Noted(node, family::Fact::MultiLeader(_, fact)) => {
                // Clients note whom they turn to.
                let Some(group) = group_of.get(node.index()).copied() else { continue };
                if updated(&mut trackers[node.index()], fact, &mut heads[group].1) {
                    for (tracker, _) in trackers.iter_mut().zip(&group_of).filter(|(_, own)| **own == group) {
                        tracker.set(record.at, heads[group].1.0.saturating_sub(tracker.applied), width);
                    }
                }
            }
            _ => {}
        }
    }
    let lines = trackers.into_iter().map(|tracker| tracker.ended(until, width));
    LagChart::of(lines.filter(|line| line.several || !plan.groups.iter().any(|g| g.leader == line.id)).collect())
}

/// A replica of a group with several leaders took an update or applied one, of which so many there are; whether that changes how far
/// somebody is behind.
fn updated(tracker: &mut Tracker, fact: several::Fact, all: &mut Lsn) -> bool {
    match fact {
        several::Fact::Took(..) => {
            *all = all.next();
            tracker.applied += 1;
            true
        }
        several::Fact::Applied(..) => {
            let again = std::mem::replace(&mut tracker.again, false);
            tracker.applied += u64::from(!again);
            !again
        }
        several::Fact::Again(_) => {
            tracker.again = true;
            false
        }
        _ => false,
    }
}

fn follow(trackers: &mut [Tracker], groups: &[usize], group: usize, head: (NodeId, Lsn), at: SimTime, width: u64) {
    for (tracker, _) in trackers.iter_mut().zip(groups).filter(|(t, g)| **g == group && t.line.id != head.0) {
        tracker.set(at, head.1.0.saturating_sub(tracker.applied), width);
    }
}

fn applied(
    trackers: &mut [Tracker],
    node: NodeId,
    lsn: Lsn,
    (heads, groups): (&[(NodeId, Lsn)], &[usize]),
    at: SimTime,
    width: u64,
) {
    let tracker = &mut trackers[node.index()];
    tracker.applied = lsn.0;
    let head = heads[groups[node.index()]];
    if head.0 != node {
        tracker.set(at, head.1.0.saturating_sub(lsn.0), width);
    }
}

impl LagLine {
    /// What the line says, in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.most == 0 {
            return format!("{} always showed everything.", self.name);
        }
        let (name, at) = (&self.name, self.most_at.words());
        if self.several {
            let most = plural(self.most, "update");
            return format!("{name}: at most {most} not applied (at {at}), up to date {} % of the time.", self.caught_up_percent);
        }
        let most = plural(self.most, "entry");
        format!("{name}: at most {most} behind the leader (at {at}), up to date {} % of the time.", self.caught_up_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::LeaderlessIncluded;
    use crate::family::leaderless::{self, Versioning};
    use crate::history::{End, Op};
    use crate::log::{OpId, Value};
    use crate::operation::{Kind, Outcome};
    use crate::presets::Preset;
    use crate::version::Stamp;

    #[test]
    fn lag_follows_a_constant_delay() {
        let scenario = Preset::named("telemetry-pipeline").expect("a preset").scenario();
        let run = Run::of(&scenario).expect("it can be run");
        let chart = lag_chart(&run);
        let most: Vec<u64> = chart.lines.iter().map(|l| l.most).collect();
        // 10 kHz times 5, 40 and 250 ms, give or take the entry that is just being written.
        for (most, expected) in most.iter().zip([50, 400, 2_500]) {
            assert!(most.abs_diff(expected) <= 2, "{most} entries behind, expected about {expected}");
        }
        assert_eq!(chart.top, most[2]);
    }

    #[test]
    fn with_several_leaders_each_is_behind_what_all_have_taken() {
        let text = include_str!("../../tests/leaders/siblings.json");
        let run = Run::of(&crate::scenario::parse(text).expect("a scenario")).expect("it can be run");
        let chart = lag_chart(&run);
        let most: Vec<(&str, u64)> = chart.lines.iter().map(|line| (line.name.as_str(), line.most)).collect();
        assert_eq!(most.len(), 5, "{most:?}");
        // Virginia lacks one update of frankfurt at a time; tokyo, far away, lacks all four.
        assert!(most.contains(&("virginia", 1)) && most.contains(&("tokyo", 4)), "{most:?}");
        assert!(chart.lines.iter().all(|line| line.bins[BINS - 1] == 0), "in the end all have everything");
        assert!(chart.lines[0].sentence().contains("not applied"), "{}", chart.lines[0].sentence());
    }

    /// Whether a node has collected the tombstone of an operation.
    fn collected(run: &Run, node: NodeId, op: OpId) -> bool {
        let fact = family::Fact::Leaderless(LeaderlessIncluded::certain(), leaderless::Fact::Collected(op));
        run.trace.records.iter().any(|record| record.what() == What::Noted(node, fact))
    }

    /// How many acknowledged writes, and none of what replaced them, a node lacks of the keys that it is a replica of.
    fn lacked(run: &Run, node: &leaderless::Replica) -> u64 {
        let history = run.history();
        let lacked = |op: &&Op| {
            let Some(End { outcome: Outcome::Stamped { version: written }, .. }) = op.end else { return false };
            let Some(written) = run.trace.versions.get(written).first() else { return false };
            let there = node.store.versions(op.key).iter().any(|held| match &written.stamp {
                Stamp::Dotted(stamp) => held.op == op.id || held.stamp.includes(stamp.dot()),
                Stamp::Clock(clock) => held.clock.compare(clock).is_ge(),
                _ => held.op == op.id,
            });
            // A deletion whose tombstone was collected leaves nothing.
            let deleted = node.store.versions(op.key).is_empty()
                && run.trace.ops.iter().any(|other| {
                    let after = other.id == op.id || history.happened_before(op, other);
                    other.kind == Kind::Write(Value::Nothing) && after && collected(run, node.config.id, other.id)
                });
            let there = there || deleted;
            node.homes(op.key).contains(&node.config.id) && !there
        };
        run.trace.ops.iter().filter(lacked).count() as u64
    }

    #[test]
    fn the_end_of_the_chart_agrees_with_the_end_of_the_run() {
        for preset in crate::presets::PRESETS {
            let run = Run::of(&preset.scenario()).expect("presets can be run");
            let chart = lag_chart(&run);
            let state = run.state_at(run.until());
            for line in chart.lines {
                if let Some(node) = state.leaderless_replica(line.id) {
                    // Elsewhere what was taken in may have been lost again.
                    if !matches!(node.config.settings.versioning, Versioning::Dotted | Versioning::LastWriteWins) {
                        continue;
                    }
                    assert_eq!(line.bins[BINS - 1], lacked(&run, node), "{} in {}", line.name, preset.id);
                    continue;
                }
                if let Some(replica) = state.multi_leader_replica(line.id) {
                    let others = state.multi_leader_replicas().filter(|(_, other)| other.config.group == replica.config.group);
                    let all = others.map(|(_, other)| other.taken).sum::<u64>();
                    assert_eq!(line.bins[BINS - 1] == 0, all == replica.applied.count(), "{} in {}", line.name, preset.id);
                    continue;
                }
                let replica = state.replica(line.id).expect("a replica");
                let head = state.leader_of(replica.config.group).map_or(0, |(_, l)| l.log.last().0);
                if !replica.leads() {
                    assert_eq!(line.bins[BINS - 1] == 0, head == replica.applied.0, "{} in {}", line.name, preset.id);
                }
            }
        }
    }
}
