//! How stale each replica was over a run, and what it cost to leave the stale ones out.
//!
//! Both are read from the record, as somebody sees it who sees everything. No node has this view: a client knows who declined, a
//! follower what it has heard. Lag is counted from what the group's leader had acknowledged: in entries, and in time since the first
//! entry that the replica did not show was acknowledged. So a replica that lacks nothing is not stale, however long nothing was written.

mod chart;
mod price;
mod rings;

pub use chart::{BINS, LagChart, LagLine, lag_chart};
pub use price::{Paid, Payment, declined, paid};

use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Fact;
use crate::lsn::Lsn;
use crate::network::NodeId;
use crate::operation::{Outcome, Reason};
use crate::run::Run;
use crate::time::{SimDuration, SimTime};
use crate::trace::What;

/// How far behind a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Lag {
    /// How many acknowledged entries it does not show.
    pub entries: u64,
    /// How long ago the first of them was acknowledged.
    pub time: SimDuration,
}

/// A number that changes now and then: what it was from each time on.
type Steps = Vec<(SimTime, Lsn)>;

/// The value at a time.
fn at(steps: &Steps, time: SimTime) -> Lsn {
    steps.partition_point(|(from, _)| *from <= time).checked_sub(1).map_or(Lsn::ZERO, |place| steps[place].1)
}

/// The lag of all replicas over a run.
#[derive(Clone, Debug, Default)]
pub struct Staleness {
    groups: Vec<Option<GroupId>>,
    /// By group, from each change of leaders on: how far was acknowledged, with all that was so before and survived.
    heads: Vec<Vec<(SimTime, Steps)>>,
    /// By replica: how far it had applied.
    applied: Vec<Steps>,
}

impl Staleness {
    /// Reads a run once.
    #[must_use]
    pub fn of(run: &Run) -> Staleness {
        let plan = &run.plan;
        let replicas = u16::try_from(plan.replicas).unwrap_or(u16::MAX);
        let mut all = Staleness {
            groups: (0..replicas).map(|id| plan.group_of(NodeId(id))).collect(),
            heads: vec![vec![(SimTime::ZERO, Steps::new())]; plan.groups.len()],
            applied: vec![Steps::new(); plan.replicas],
        };
        let mut leaders: Vec<NodeId> = plan.groups.iter().map(|group| group.leader).collect();
        let mut kept = vec![Lsn::ZERO; plan.replicas];
        for record in &run.trace.records {
            match record.what() {
                What::Noted(node, family::Fact::SingleLeader(Fact::Acknowledged(lsn))) => {
                    let group = plan.group_of(node).map_or(0, GroupId::index);
                    if let (true, Some((_, steps))) = (leaders[group] == node, all.heads[group].last_mut()) {
                        steps.push((record.at, lsn));
                    }
                }
                What::Noted(node, family::Fact::SingleLeader(Fact::Promoted(_, start))) => {
                    let group = plan.group_of(node).map_or(0, GroupId::index);
                    leaders[group] = node;
                    let mut steps = all.heads[group].last().map(|(_, steps)| steps.clone()).unwrap_or_default();
                    steps.retain(|(_, lsn)| *lsn < start);
                    // What the new leader has brought along counts from now on.
                    steps.push((record.at, start.prev()));
                    all.heads[group].push((record.at, steps));
                }
                What::Noted(node, family::Fact::SingleLeader(Fact::Applied(lsn) | Fact::Restored(lsn))) => {
                    all.applied[node.index()].push((record.at, lsn))
                }
                What::Noted(node, family::Fact::SingleLeader(Fact::Truncated(last, _))) => {
                    let steps = &mut all.applied[node.index()];
                    if steps.last().is_some_and(|(_, lsn)| *lsn > last) {
                        steps.push((record.at, last));
                    }
                }
                What::Crashed(node, flushed, _) => kept[node.index()] = flushed,
                // Recovery applies what is on the disk.
                What::Restarted(node) => all.applied[node.index()].push((record.at, kept[node.index()])),
                _ => {}
            }
        }
        all
    }

    /// The lag of a replica at a time.
    #[must_use]
    pub fn at(&self, replica: NodeId, time: SimTime) -> Lag {
        let Some(Some(group)) = self.groups.get(replica.index()) else { return Lag::default() };
        let applied = at(&self.applied[replica.index()], time);
        let epochs = &self.heads[group.index()];
        let epoch = epochs.partition_point(|(from, _)| *from <= time).saturating_sub(1);
        let steps = &epochs[epoch].1;
        let head = at(steps, time);
        if head <= applied {
            return Lag::default();
        }
        let first = steps.partition_point(|(_, lsn)| *lsn <= applied);
        let since = steps.get(first).map_or(time, |(from, _)| *from);
        Lag { entries: head.0 - applied.0, time: time.since(since) }
    }
}

/// A replica that a client left out for a while, and what became of the client's reads with a bound in that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The client.
    pub client: NodeId,
    /// The replica.
    pub replica: NodeId,
    /// Since when.
    pub from: SimTime,
    /// Until when; none if it was not taken back.
    pub to: Option<SimTime>,
    /// How many reads another follower answered.
    pub elsewhere: u32,
    /// How many reads the leader had to answer.
    pub at_the_leader: u32,
    /// How many reads found no suitable replica.
    pub refused: u32,
}

/// Every time that a client left a replica out, in order, with the price.
#[must_use]
pub fn left_out(run: &Run) -> Vec<LeftOut> {
    let mut all: Vec<LeftOut> = Vec::new();
    for record in &run.trace.records {
        let (client, replica, out) = match record.what() {
            What::Noted(client, family::Fact::SingleLeader(Fact::LeftOut(replica))) => (client, replica, true),
            What::Noted(client, family::Fact::SingleLeader(Fact::TakenBack(replica))) => (client, replica, false),
            _ => continue,
        };
        if out {
            let (elsewhere, at_the_leader, refused) = (0, 0, 0);
            all.push(LeftOut { client, replica, from: record.at, to: None, elsewhere, at_the_leader, refused });
        } else if let Some(open) = all.iter_mut().rfind(|other| (other.client, other.replica) == (client, replica)) {
            open.to = Some(record.at);
        }
    }
    for read in paid(run) {
        let during = |out: &&mut LeftOut| {
            let group = run.plan.group_of(out.replica);
            out.client == read.client && group == Some(read.group) && out.from <= read.at && out.to.is_none_or(|to| read.at < to)
        };
        for out in all.iter_mut().filter(during) {
            match read.payment {
                Payment::Leader => out.at_the_leader += 1,
                Payment::Follower | Payment::Another => out.elsewhere += 1,
                Payment::Refused => out.refused += 1,
            }
        }
    }
    all
}

/// Whether a replica leads its group at a time, by the promotions of the run.
fn leads(run: &Run, group: GroupId, replica: NodeId, time: SimTime) -> bool {
    let promoted = run.takeovers.iter().rfind(|t| t.group == group && t.at <= time).map(|t| t.leader);
    promoted.unwrap_or(run.plan.groups[group.index()].leader) == replica
}

/// How many operations ended because no replica was suitable: the part of unavailability that a guarantee costs.
#[must_use]
pub fn unsuitable(run: &Run) -> usize {
    let refused = Outcome::Rejected(Reason::NoReplicaFreshEnough);
    run.trace.ops.iter().filter(|op| op.end.is_some_and(|end| end.outcome == refused)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{PRESETS, Preset};

    fn run(preset: &str) -> Run {
        Run::of(&Preset::named(preset).expect("a preset").scenario()).expect("presets can be run")
    }

    #[test]
    fn lag_grows_with_what_is_missed_and_an_idle_leader_makes_nobody_stale() {
        let run = run("read-after-write");
        let stale = Staleness::of(&run);
        let frankfurt = run.plan.node_id("frankfurt").expect("a node");
        // Entry 2 is acknowledged at 740 ms and applied at 1140 ms.
        for (at, entries, time) in [(600, 0, 0), (740, 1, 0), (790, 1, 50), (1_139, 1, 399), (1_140, 0, 0), (1_900, 0, 0)] {
            let lag = Lag { entries, time: SimDuration::millis(time) };
            assert_eq!(stale.at(frankfurt, SimTime(at * 1_000)), lag, "at {at} ms");
        }
    }

    #[test]
    fn in_the_end_the_lag_is_what_the_replicas_hold() {
        for preset in PRESETS {
            let run = run(preset.id);
            let stale = Staleness::of(&run);
            for (id, replica) in run.end.replicas().filter(|(_, r)| !r.leads()) {
                let Some((_, leader)) = run.end.leader_of(replica.config.group) else { continue };
                let lag = stale.at(id, run.end.now).entries;
                assert!(
                    lag <= leader.log.last().0.saturating_sub(replica.applied.0),
                    "{} in {}: {lag}",
                    run.plan.name(id),
                    preset.id
                );
                assert!(replica.applied < leader.applied || lag == 0, "{} in {}: {lag}", run.plan.name(id), preset.id);
            }
        }
    }

    #[test]
    fn leaving_a_replica_out_has_its_price() {
        let run = run("bounded-staleness");
        let [out] = left_out(&run)[..] else { panic!("one replica is left out once") };
        assert_eq!(run.plan.name(out.replica), "singapore");
        assert!(out.to.is_some() && out.elsewhere > 10 && out.refused == 0, "{out:?}");
        assert_eq!(unsuitable(&run), 0);
        // When it was left out it was beyond the bound, and when it was taken back it was within half of it.
        let stale = Staleness::of(&run);
        let lag = |at: SimTime| stale.at(out.replica, at).time;
        assert!(lag(out.from) > SimDuration::millis(150), "{:?}", lag(out.from));
        assert!(lag(out.to.expect("taken back")) <= SimDuration::millis(100));
    }

    #[test]
    fn where_nobody_is_suitable_reads_are_refused_and_counted() {
        let run = run("bounded-staleness-error");
        let refused: u32 = left_out(&run).iter().map(|out| out.refused).max().unwrap_or(0);
        assert!(refused >= 8 && unsuitable(&run) >= refused as usize, "{refused} of {}", unsuitable(&run));
    }
}
