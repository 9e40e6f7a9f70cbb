//! The settings of what happens when a leader is gone: who promotes, whether old leaders are fenced off, how leaders answer reads.

use yew::prelude::*;

use super::bench::{Bench, option, set, shard_change};
use super::draw::{el, of};
use crate::player::Setting;
use crate::scenario::{FailoverSpec, FencingSpec, LeaderReadsSpec, LeaseSpec, PolicySpec, QuorumSpec, Shard};
use crate::time::SimDuration;

/// The time-outs on offer, in milliseconds.
const TIMEOUTS: [u64; 8] = [100, 200, 300, 600, 1_000, 2_000, 3_000, 10_000];

pub(super) fn view(bench: &Bench, index: usize, shard: &Shard) -> Html {
    let change = |edit: fn(&mut Shard, &str)| shard_change(index, shard, edit);
    let policy = match &shard.failover {
        None => "none",
        Some(f) if f.policy == PolicySpec::Manual => "manual",
        Some(f) if f.policy == PolicySpec::AutomaticAny => "any",
        Some(f) if f.quorum == QuorumSpec::Nobody => "alone",
        Some(_) => "best",
    };
    let policies = [
        option("none", "the operator; nobody listens", policy == "none"),
        option("manual", "the operator; followers listen", policy == "manual"),
        option("best", "a majority, the best candidate", policy == "best"),
        option("alone", "whoever is reached, the best of them", policy == "alone"),
        option("any", "whoever suspects first", policy == "any"),
    ];
    let timeout = shard.failover.as_ref().map_or(SimDuration::ZERO, |f| f.timeout);
    let timeouts: Vec<_> = TIMEOUTS
        .iter()
        .map(|ms| option(&ms.to_string(), &SimDuration::millis(*ms).to_string(), timeout == SimDuration::millis(*ms)))
        .collect();
    let reads = [
        option("local", "from what it has", shard.leader_reads == LeaderReadsSpec::Local),
        option("index", "once a majority confirms (read index)", shard.leader_reads == LeaderReadsSpec::ReadIndex),
        option("lease", "while its lease runs", matches!(shard.leader_reads, LeaderReadsSpec::Lease(_))),
    ];
    let mut other = shard.clone();
    other.fencing = if shard.fencing == FencingSpec::On { FencingSpec::Off } else { FencingSpec::On };
    let fencing = set(Setting::Shard(index, Box::new(other)));
    el("fieldset")
        .with(el("legend").say("If the leader is gone"))
        .kid(bench.named_choice("Who promotes", &policies, false, change(promote)))
        .with(of("p", "note").say("A majority is more than half of all replicas, the old leader counted."))
        .kid(bench.named_choice("Patience with a silent leader", &timeouts, shard.failover.is_none(), change(patience)))
        .kid(bench.named_choice("The leader answers reads", &reads, false, change(answer)))
        .kid(bench.tick("replicas refuse a leader of the past (fencing)", shard.fencing == FencingSpec::On, fencing))
        .done()
}

fn promote(shard: &mut Shard, choice: &str) {
    let (policy, quorum) = match choice {
        "manual" => (PolicySpec::Manual, QuorumSpec::Majority),
        "best" => (PolicySpec::AutomaticBest, QuorumSpec::Majority),
        "alone" => (PolicySpec::AutomaticBest, QuorumSpec::Nobody),
        "any" => (PolicySpec::AutomaticAny, QuorumSpec::Nobody),
        _ => return shard.failover = None,
    };
    let failover = shard.failover.get_or_insert_with(FailoverSpec::default);
    (failover.policy, failover.quorum) = (policy, quorum);
}

fn patience(shard: &mut Shard, choice: &str) {
    if let (Some(failover), Ok(ms)) = (&mut shard.failover, choice.parse()) {
        failover.timeout = SimDuration::millis(ms);
        // A heartbeat that is lost must not be enough for suspicion.
        failover.heartbeat = SimDuration(failover.heartbeat.0.min(failover.timeout.0 / 4));
    }
}

fn answer(shard: &mut Shard, choice: &str) {
    let timeout = shard.failover.as_ref().map_or(SimDuration::millis(300), |f| f.timeout);
    shard.leader_reads = match choice {
        "index" => LeaderReadsSpec::ReadIndex,
        // Followers are patient for as long as a lease may run.
        "lease" => LeaderReadsSpec::Lease(LeaseSpec { length: timeout, margin: SimDuration(timeout.0 / 10) }),
        _ => LeaderReadsSpec::Local,
    };
}
