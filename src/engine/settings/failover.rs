//! What happens when a leader is gone: who promotes, whether old leaders are fenced off, how leaders answer reads.

use crate::engine::command::{Command, Set, ShardSet};
use crate::engine::field::{Field, Order, choice, option, tick};
use crate::scenario::{FailoverSpec, FencingSpec, LeaderReadsSpec, LeaseSpec, PolicySpec, QuorumSpec, Shard};
use crate::time::SimDuration;

/// The time-outs on offer, in milliseconds.
const TIMEOUTS: [u64; 8] = [100, 200, 300, 600, 1_000, 2_000, 3_000, 10_000];

/// The fields of a shard.
pub(super) fn fields(index: usize, shard: &Shard) -> Field {
    let command = |change| Command::Set(Set::Shard(index, change));
    let policy = match &shard.failover {
        None => "none",
        Some(f) if f.policy == PolicySpec::Manual => "manual",
        Some(f) if f.policy == PolicySpec::AutomaticAny => "any",
        Some(f) if f.quorum == QuorumSpec::Nobody => "alone",
        Some(_) => "best",
    };
    let policies = vec![
        option("none", "the operator; nobody listens", policy == "none"),
        option("manual", "the operator; followers listen", policy == "manual"),
        option("best", "a majority, the best candidate", policy == "best"),
        option("alone", "whoever is reached, the best of them", policy == "alone"),
        option("any", "whoever suspects first", policy == "any"),
    ];
    let timeout = shard.failover.as_ref().map_or(SimDuration::ZERO, |f| f.timeout);
    let timeouts = TIMEOUTS
        .iter()
        .map(|ms| option(ms.to_string(), SimDuration::millis(*ms).to_string(), timeout == SimDuration::millis(*ms)));
    let reads = vec![
        option("local", "from what it has", shard.leader_reads == LeaderReadsSpec::Local),
        option("index", "once a majority confirms (read index)", shard.leader_reads == LeaderReadsSpec::ReadIndex),
        option("lease", "while its lease runs", matches!(shard.leader_reads, LeaderReadsSpec::Lease(_))),
    ];
    let patience = Field::Choice {
        name: "Patience with a silent leader".to_owned(),
        choices: timeouts.collect(),
        disabled: shard.failover.is_none(),
        order: Order::of(&command(ShardSet::Patience)),
    };
    let fencing = "replicas refuse a leader of the past (fencing)";
    let fields = vec![
        choice("Who promotes", policies, &command(ShardSet::Promotion)),
        Field::Note("A majority is more than half of all replicas, the old leader counted.".to_owned()),
        patience,
        choice("The leader answers reads", reads, &command(ShardSet::LeaderReads)),
        tick(fencing, shard.fencing == FencingSpec::On, &command(ShardSet::Fencing)),
    ];
    Field::Group("If the leader is gone".to_owned(), fields)
}

/// Makes a setting.
pub(super) fn set(shard: &mut Shard, change: &ShardSet, value: &str) {
    match change {
        ShardSet::Promotion => promote(shard, value),
        ShardSet::Patience => patience(shard, value),
        ShardSet::LeaderReads => answer(shard, value),
        ShardSet::Fencing => {
            shard.fencing = if shard.fencing == FencingSpec::On { FencingSpec::Off } else { FencingSpec::On };
        }
        other => unreachable!("{other:?} is no setting of a failover"),
    }
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
