//! How many updates are sent: the tags of the nodes passed keep them from going round (Kleppmann and Riccomini, "Multi-leader replication
//! topologies").
//!
//! Where nothing is lost and nobody sends again, each update is sent once to each replica but the one that took it: `U × (R − 1)`, for `U` updates and `R`
//! replicas, if leaders are connected all to all, in a ring or in a star. In a graph two neighbours may send an update to each other at the same time; a
//! leader sends it to nobody from whom it had it, so that there are at most as many more as the graph has links beyond a tree: `U × (L − 2 (N − 1))`, for
//! `L` links, counted in both directions, and `N` leaders.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::multi_leader::Label;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, TopologySpec};
use replicated_telemetry_store::time::SimDuration;
use replicated_telemetry_store::trace::{Sent, What};

use super::generate::{self, Profile};
use super::harness::{for_all, found_within, judged};
use super::run;

/// How often an update was sent.
fn sent(run: &Run) -> u64 {
    let each = run.trace.records.iter().map(|record| match record.what() {
        What::Sent(Sent { label: family::Label::MultiLeader(_, Label::Updates(_, count)), .. }) => u64::from(count),
        _ => 0,
    });
    each.sum()
}

fn is_bounded(run: &Run) -> Result<(), String> {
    let updates: u64 = run.end.multi_leader_replicas().filter(|(_, r)| r.leads()).map(|(_, leader)| leader.taken).sum();
    // What a server takes anew goes on in its form only: it is in the logs of those to whom its first form was sent.
    let applied: u64 = run.end.multi_leader_replicas().map(|(_, replica)| replica.log.len() as u64).sum();
    let shard = &run.plan.scenario.shards[0];
    let several = run.plan.groups[0].several.as_ref().expect("several leaders");
    let links: u64 = several.neighbours.iter().map(|all| all.len() as u64).sum();
    let more = match shard.topology {
        TopologySpec::AllToAll | TopologySpec::Ring | TopologySpec::Star => 0,
        TopologySpec::Graph(_) => links - 2 * (several.leaders.len() as u64 - 1),
    };
    let (sent, least) = (sent(run), applied - updates);
    if (least..=least + updates * more).contains(&sent) {
        return Ok(());
    }
    Err(format!("{sent} updates were sent, not from {least} on and {} more at most: {:?}", updates * more, shard.topology))
}

/// Who looks at no tags sends more, and applies again what it has: in a ring for ever, so that such a run is cut short.
#[test]
fn what_goes_round_is_found() {
    found_within("a loop", 500, |seed, sabotaged| {
        let mut scenario = generate::scenario(seed, Profile { whole: true, ..Profile::default() });
        scenario.until = SimDuration::secs(4);
        scenario.sabotage.extend(sabotaged.then_some(Sabotage::IgnoreTags));
        let run = run(&scenario);
        is_bounded(&run).is_err() && run.findings.iter().any(|finding| finding.anomaly() == Anomaly::ReplicationLoop)
    });
}

#[test]
fn tags_bound_how_often_an_update_is_sent() {
    for_all("tags_bound_how_often_an_update_is_sent", 100, |seed| {
        let scenario = generate::scenario(seed, Profile { whole: true, ..Profile::default() });
        let result = is_bounded(&run(&scenario));
        judged(scenario, result)
    });
}
