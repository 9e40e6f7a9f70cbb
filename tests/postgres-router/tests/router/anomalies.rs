//! The three anomalies of replication lag: there under any-follower, gone under session-consistent, by the verdict of the checkers.

use std::sync::Arc;
use std::time::Duration;

use replicated_telemetry_store::import::{self, import};
use replicated_telemetry_store::judge::{self, Guarantee, judge};
use replicated_telemetry_store::postgres::record::{Asks, Outcome, Recorded, Recorder};
use replicated_telemetry_store::postgres::workload::Workload;
use replicated_telemetry_store::routing::{Backend, OnBehind, ReadPolicy};

use super::{connect, start};

/// So many rounds of two owners and an observer make 2,000 reads that could miss a write or go back, and 1,000 of the observer.
const ROUNDS: u64 = 500;
const ANOMALIES: [Guarantee; 3] = [Guarantee::ReadYourWrites, Guarantee::MonotonicReads, Guarantee::ConsistentPrefix];

/// The round that a value was written in.
fn round(operation: &Recorded) -> Option<i64> {
    let value = match (&operation.asks, operation.end.as_ref().map(|end| &end.outcome)) {
        (Asks::Write(value), _) | (Asks::Read(_), Some(Outcome::Shown(Some(value)))) => value,
        (Asks::Read(_), Some(Outcome::Shown(None))) => return Some(-1),
        _ => return None,
    };
    value.rsplit('-').next().and_then(|round| round.parse().ok())
}

/// How many reads missed the own write before them, went back behind the own read before them, and showed an answer without its question.
fn count(operations: &[Recorded]) -> [usize; 3] {
    let mut counts = [0; 3];
    for session in ["owner-0", "owner-1", "observer"] {
        let own: Vec<i64> =
            operations.iter().filter(|it| it.session == session).map(|it| round(it).expect("it ended well")).collect();
        if session == "observer" {
            counts[2] += own.chunks(2).filter(|pair| pair[1] < pair[0]).count();
        } else {
            counts[0] +=
                own.chunks(3).flat_map(|triple| [triple[1] < triple[0], triple[2] < triple[0]]).filter(|miss| *miss).count();
            let reads: Vec<i64> = own.chunks(3).flat_map(|triple| [triple[1], triple[2]]).collect();
            counts[1] += reads.windows(2).filter(|pair| pair[1] < pair[0]).count();
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_any_follower_breaks_a_session_keeps() {
    let Some(mut cluster) = start("anomalies") else { return };
    let router = connect(&cluster).await;
    cluster.set_apply_delay("node2", Duration::from_millis(150)).expect("set");
    let session_consistent = [
        ReadPolicy::SessionConsistent(OnBehind::OtherFollower),
        ReadPolicy::SessionConsistent(OnBehind::Wait(Duration::from_millis(5))),
        ReadPolicy::SessionConsistent(OnBehind::Leader),
    ];
    for policy in [ReadPolicy::AnyFollower].into_iter().chain(session_consistent) {
        let recorder = Arc::new(Recorder::new());
        Workload { owners: 2, rounds: ROUNDS, policy }.run(&router, &recorder).await.expect("the table can be made");
        let text = recorder.to_json_lines("anomalies", router.routing().backend().nodes());
        let imported = import(&text, &import::Options::default()).expect("our own format");
        let options = judge::Options { guarantees: ANOMALIES.to_vec(), ..judge::Options::default() };
        let report = judge(&imported.observed, &options);
        let verdicts = ANOMALIES.map(|guarantee| report.verdict(guarantee).map_or("none", judge::Verdict::name));
        let counts = count(&recorder.operations());
        let nodes: Vec<usize> = recorder.operations().iter().filter_map(|it| Some(it.end.as_ref()?.served?.node)).collect();
        let by_node = [0, 1, 2].map(|node| nodes.iter().filter(|it| **it == node).count());
        eprintln!("{policy:?}: missed, went back, without question: {counts:?}; {verdicts:?}; operations by node {by_node:?}");
        if policy == ReadPolicy::AnyFollower {
            let [missed, back, without] = counts;
            assert!(missed > 20 && back > 20 && without > 0, "{counts:?} of 2000, 2000 and 500");
            assert_eq!(verdicts, ["violated"; 3]);
        } else {
            assert_eq!((counts, verdicts), ([0; 3], ["holds"; 3]), "{policy:?}");
        }
    }
}
