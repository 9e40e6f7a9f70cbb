//! How patient to be with a silent leader: time-outs against what they cost, by running seeds.
//!
//! A detector cannot tell a dead leader from a slow one (Chandra and Toueg 1996). A short time-out notices a crash soon, and takes a load
//! spike for one: promotions follow each other, and each stops the writes. A long one leaves the group without a leader for as long
//! as it lasts. Both are measured: one run of each seed has a crash and no spike, the other a spike and no crash.

use crate::history::Op;
use crate::network::{Latency, Quantile};
use crate::rng::Ratio;
use crate::run::Run;
use crate::scenario::{Event, LinkSpec, Scenario, Scheduled, Target, parse};
use crate::time::{SimDuration, SimTime};

/// The time-outs that are tried.
pub const TIMEOUTS: [SimDuration; 10] = [
    SimDuration::millis(100),
    SimDuration::millis(150),
    SimDuration::millis(200),
    SimDuration::millis(300),
    SimDuration::millis(500),
    SimDuration::millis(800),
    SimDuration::millis(1_200),
    SimDuration::millis(2_000),
    SimDuration::millis(3_000),
    SimDuration::millis(5_000),
];
/// When the leader crashes, or the spike begins.
const TROUBLE_AT: SimDuration = SimDuration::secs(2);
/// How long the spike lasts.
const SPIKE: SimDuration = SimDuration::secs(6);
/// Writes come every 50 ms: a pause that is no longer than this is no loss of availability.
const PAUSE_USUAL: SimDuration = SimDuration::millis(200);

/// What so many seeds showed for one time-out. Sums; divide by `runs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// How many seeds.
    pub runs: u64,
    /// For how long no write was acknowledged after the crash.
    pub after_crash: SimDuration,
    /// Promotions during the spike: nobody had crashed.
    pub false_promotions: u64,
    /// For how long no write was acknowledged during the spike, in all pauses that are longer than usual.
    pub during_spike: SimDuration,
    /// Acknowledged writes that were lost by promotions during the spike.
    pub lost: u64,
}

/// The scenario of one run.
///
/// # Panics
/// Never: the scenario to begin with is built in.
#[must_use]
pub fn scenario(timeout: SimDuration, spike: bool, seed: u64) -> Scenario {
    const TEXT: &str = r#"{ "version": 1, "seed": 1, "until": "14s",
        "shards": [{ "name": "s", "leader": "a", "followers": ["b", "c"], "failover": { "policy": "automatic-best" } }],
        "clients": [{ "name": "writer" }],
        "links": [{ "from": "*", "to": "*", "latency": { "uniform": { "min": "5ms", "max": "30ms" } } }],
        "op_timeout": "300ms",
        "workload": [{ "client": "writer", "kind": "write", "per_second": 20, "keys": ["k"] }] }"#;
    let mut scenario = parse(TEXT).unwrap_or_else(|error| unreachable!("the scenario to begin with is good: {error}"));
    scenario.seed = seed;
    if let Some(failover) = &mut scenario.shards[0].failover {
        failover.timeout = timeout;
        failover.heartbeat = SimDuration(timeout.0 / 4).min(SimDuration::millis(50));
    }
    if spike {
        let rows = [(90, 30), (100, 600)];
        let rows = rows.map(|(share, ms)| Quantile { share: Ratio::percent(share), latency: SimDuration::millis(ms) });
        let calm = Latency::Uniform { min: SimDuration::millis(5), max: SimDuration::millis(30) };
        scenario.script = links(TROUBLE_AT, &Latency::Quantiles(rows.to_vec()));
        scenario.script.extend(links(SimDuration(TROUBLE_AT.0 + SPIKE.0), &calm));
    } else {
        scenario.script = vec![Scheduled { at: TROUBLE_AT, event: Event::Crash(Target { node: "a".to_owned() }) }];
    }
    scenario
}

/// All links between replicas take this from then on.
fn links(at: SimDuration, latency: &Latency) -> Vec<Scheduled> {
    let pairs = [("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b")];
    let link = |(from, to): (&str, &str)| LinkSpec {
        from: from.to_owned(),
        to: to.to_owned(),
        latency: Some(latency.clone()),
        loss: None,
        duplication: None,
        reorder: None,
    };
    pairs.map(|pair| Scheduled { at, event: Event::Link(link(pair)) }).to_vec()
}

/// Runs one time-out over so many seeds.
#[must_use]
pub fn price(timeout: SimDuration, seeds: u64) -> Price {
    let mut price = Price::default();
    for seed in 1..=seeds {
        let crash = run(&scenario(timeout, false, seed));
        let spike = run(&scenario(timeout, true, seed));
        price.runs += 1;
        price.after_crash.0 += pauses(&crash, crash.until()).0;
        price.false_promotions += spike.takeovers.len() as u64;
        price.during_spike.0 += pauses(&spike, SimTime(TROUBLE_AT.0 + SPIKE.0) + SimDuration::secs(1)).0;
        let lost = |f: &&crate::check::Finding| f.anomaly() == crate::scenario::Anomaly::LostAcknowledgedWrite;
        price.lost += spike.findings.iter().filter(lost).count() as u64;
    }
    price
}

fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).unwrap_or_else(|error| unreachable!("a scenario of the sweep can be run: {error}"))
}

/// How long no write was acknowledged between the beginning of the trouble and a time, in all pauses longer than usual.
fn pauses(run: &Run, until: SimTime) -> SimDuration {
    let from = SimTime(TROUBLE_AT.0);
    let mut acknowledged: Vec<SimTime> = run.trace.ops.iter().filter_map(Op::acknowledged).map(|(_, at)| at).collect();
    acknowledged.retain(|at| *at > from && *at < until);
    acknowledged.push(until);
    acknowledged.sort_unstable();
    let (mut last, mut sum) = (from, SimDuration::ZERO);
    for at in acknowledged {
        let pause = at.since(last);
        if pause > PAUSE_USUAL {
            sum.0 += pause.0;
        }
        last = at;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of the choice cost something, and each costs what the other does not.
    #[test]
    fn a_short_time_out_promotes_for_nothing_and_a_long_one_waits() {
        let (short, long) = (price(TIMEOUTS[1], 6), price(TIMEOUTS[9], 6));
        assert!(short.false_promotions > 6, "{short:?}");
        assert_eq!((long.false_promotions, long.lost), (0, 0));
        assert!(long.after_crash.0 > 3 * short.after_crash.0, "{long:?} {short:?}");
        assert!(short.during_spike.0 > long.during_spike.0, "{short:?} {long:?}");
    }

    #[test]
    fn nobody_crashes_in_a_spike() {
        for seed in 1..=3 {
            assert!(!scenario(TIMEOUTS[0], true, seed).script.iter().any(|s| matches!(s.event, Event::Crash(_))));
        }
    }
}
