//! What is found when a run is over: which takeover took a write, replicas whose rows differ, numbers that were given twice, replicas that
//! stay different. Each is compared with its definition on random histories, as the guarantees are.

use replicated_telemetry_store::check::{
    Checksum, Evidence, Finding, Survival, Takeover, Unlike, check_all, check_one, discarded_by,
};
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::history::{By, End, Event, Fate, Fates, History, Op};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::lsn::{Epoch, Lsn, Position};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Demand, Kind, Outcome};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::version::Range;

use super::random::sample;
use super::seeds;

fn below(rng: &mut Rng, n: u64) -> u32 {
    u32::try_from(rng.below(n)).expect("small")
}

/// Up to three takeovers of two groups, each in a higher epoch.
fn takeovers(rng: &mut Rng) -> Vec<Takeover> {
    let all = (0..rng.below(4)).map(|n| Takeover {
        at: SimTime(n * 30 + rng.below(30)),
        group: GroupId(u16::from(rng.below(3) == 0)),
        leader: NodeId(1),
        epoch: Epoch(2 + u32::try_from(n).expect("small")),
        start: Lsn(1 + rng.below(10)),
        after: Epoch(1),
    });
    all.collect()
}

/// The first takeover of its group in a later epoch that begins at or before the position; and when the loss was complete.
fn taken_by(survival: &Survival, op: &Op, at: Position, known: SimTime) -> (By, SimTime) {
    let mut by = None;
    for (n, t) in survival.takeovers.iter().enumerate() {
        if by.is_none() && t.group == op.group && t.epoch.0 > at.epoch.0 && t.start.0 <= at.lsn.0 {
            by = Some(n);
        }
    }
    let at = by.map_or(survival.end, |n| survival.takeovers[n].at).max(known);
    (by.map_or(By::Unknown, By::Takeover), at)
}

#[test]
fn a_lost_write_is_laid_to_the_takeover_that_took_it() {
    let mut named = 0;
    for seed in seeds() {
        let mut rng = Rng::keyed(seed, &[0x1EF7]);
        let sample = sample(seed);
        let takeovers = takeovers(&mut rng);
        let fate = |op: &Op| {
            let at = op.acknowledged().map(|(at, _)| at).or_else(|| op.version_read()).unwrap_or_default();
            let kept = sample.survives[op.id.index()];
            if kept { Fate::Kept } else { Fate::Discarded(discarded_by(&takeovers, op.group, at)) }
        };
        let fates = Fates(sample.ops.iter().map(fate).collect());
        let survival = Survival { fates, takeovers, end: SimTime(500), ..Survival::default() };
        let history = History { ops: &sample.ops, events: sample.events.clone(), groups: sample.groups, ..History::default() };
        let gone = || sample.ops.iter().filter(|op| !sample.survives[op.id.index()]);
        let lost = gone().filter_map(|op| {
            let (at, known) = op.acknowledged()?;
            let (by, at) = taken_by(&survival, op, at, known);
            Some(Finding { at, evidence: Evidence::LostAcknowledgedWrite { write: op.id, by } })
        });
        let read = gone().filter_map(|op| {
            let version = op.returned()??;
            let (by, at) = taken_by(&survival, op, version.at, op.end?.at);
            Some(Finding { at, evidence: Evidence::DirtyThenLost { read: op.id, write: version.op, by } })
        });
        let (lost, read): (Vec<Finding>, Vec<Finding>) = (lost.collect(), read.collect());
        let again = format!("CHECK_SEED={seed} cargo test --test native check_agreement::leftovers::a_lost_write_is_laid");
        assert_eq!(check_one(&history, &survival, Anomaly::LostAcknowledgedWrite), lost, "{again}");
        assert_eq!(check_one(&history, &survival, Anomaly::DirtyThenLost), read, "{again}");
        let with = |f: &&Finding| matches!(f.evidence, Evidence::LostAcknowledgedWrite { by: By::Takeover(_), .. });
        named += lost.iter().filter(with).count();
    }
    assert!(seeds().count() < 100_000 || named > 1_000, "only {named} are laid to a takeover");
}

#[test]
fn replicas_whose_rows_differ_agree() {
    let mut found = 0;
    for seed in seeds() {
        let mut rng = Rng::keyed(seed, &[0xD1]);
        let sums: Vec<Checksum> = (0..rng.below(12))
            .map(|n| {
                let node = below(&mut rng, 3);
                let position = Position { epoch: Epoch(1 + below(&mut rng, 2)), lsn: Lsn(1 + rng.below(3)) };
                let sum = below(&mut rng, 6) / 5;
                let (at, group, node) = (SimTime(n), GroupId(0), NodeId(u16::try_from(node).expect("small")));
                Checksum { at, group, node, leads: node.0 == 0, position, sum, op: OpId(below(&mut rng, 9)) }
            })
            .collect();
        // By definition: the first two sums of one position, of a leader and of a follower, that differ; for each follower once.
        let mut expected: Vec<(SimTime, NodeId, NodeId)> = Vec::new();
        for (n, later) in sums.iter().enumerate() {
            for earlier in &sums[..n] {
                let apart = earlier.position == later.position && earlier.leads != later.leads && earlier.sum != later.sum;
                let follower = if earlier.leads { later.node } else { earlier.node };
                if apart && expected.iter().all(|(.., known)| *known != follower) {
                    expected.push((later.at, NodeId(0), follower));
                }
            }
        }
        let survival = Survival { checksums: sums, ..Survival::default() };
        let findings = check_one(&History::default(), &survival, Anomaly::Divergence);
        let told: Vec<(SimTime, NodeId, NodeId)> = findings
            .iter()
            .map(|finding| match finding.evidence {
                Evidence::Divergence { leader, follower, .. } => (finding.at, leader, follower),
                other => panic!("{other:?} is of another kind"),
            })
            .collect();
        assert_eq!(told, expected, "CHECK_SEED={seed} cargo test --test native check_agreement::leftovers::replicas_whose_rows");
        found += told.len();
        // A replica that is known to have diverged is not reported again as one that stays different.
        let unlike: Vec<Unlike> =
            (1..3).map(|node| Unlike { leader: NodeId(0), follower: NodeId(node), key: KeyId(0), write: OpId(0) }).collect();
        let survival = Survival { unlike: unlike.clone(), end: SimTime(99), ..survival };
        let all = check_all(&History::default(), &survival);
        let stay: Vec<NodeId> = all
            .iter()
            .filter_map(|f| match f.evidence {
                Evidence::NonConvergence(unlike) => Some(unlike.follower),
                _ => None,
            })
            .collect();
        let others: Vec<NodeId> =
            unlike.iter().map(|unlike| unlike.follower).filter(|node| told.iter().all(|(.., known)| known != node)).collect();
        assert_eq!(stay, others, "seed {seed}");
        assert_eq!(check_one(&History::default(), &survival, Anomaly::NonConvergence).len(), 2, "alone, both are told");
    }
    assert!(seeds().count() < 100_000 || found > 1_000, "only {found} differ");
}

#[test]
fn numbers_that_are_given_twice_agree() {
    let mut found = 0;
    for seed in seeds() {
        let mut rng = Rng::keyed(seed, &[0x1D]);
        let (mut ops, mut events, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..2 + below(&mut rng, 6) {
            let (id, at) = (OpId(n), SimTime(u64::from(n) * 10 + 5));
            let answered = rng.below(5) > 0;
            let position = Position { epoch: Epoch(1), lsn: Lsn(u64::from(n) + 1) };
            // Three statements, of which the first two make new rows.
            let kind = Kind::Write(Value::Statement(below(&mut rng, 3)));
            let end =
                answered.then_some(End { at, outcome: Outcome::Written { at: position }, replica: Some(NodeId(0)), attempts: 1 });
            let (client, key, group, token, context) = (NodeId(9), KeyId(0), GroupId(0), Position::ZERO, Range::EMPTY);
            let invoked = SimTime(u64::from(n) * 10);
            ops.push(Op { id, client, session: (0, 0), key, group, kind, token, context, demand: Demand::Nothing, invoked, end });
            events.push(Event::Invoke(id));
            events.extend(answered.then_some(Event::Complete(id)));
            rows.extend((0..rng.below(3)).map(|_| (id, KeyId(1 + below(&mut rng, 4)))));
        }
        let history = History { ops: &ops, events, rows: rows.clone(), inserts: vec![0, 1], groups: 1, ..History::default() };
        let makes = |op: &Op| op.acknowledged().is_some() && matches!(op.kind, Kind::Write(Value::Statement(0 | 1)));
        let mut expected = Vec::new();
        for (n, (later, row)) in rows.iter().enumerate() {
            let given = rows[..n].iter().rev().find(|(op, other)| other == row && op != later && makes(&ops[op.index()]));
            if let Some((earlier, _)) = given.filter(|_| makes(&ops[later.index()])) {
                expected.push((*earlier, *later, *row));
            }
        }
        let told: Vec<(OpId, OpId, KeyId)> = check_one(&history, &Survival::default(), Anomaly::ReusedId)
            .iter()
            .map(|finding| match finding.evidence {
                Evidence::ReusedId { earlier, later, row } => (earlier, later, row),
                other => panic!("{other:?} is of another kind"),
            })
            .collect();
        let pairs = |all: &[(OpId, OpId, KeyId)]| {
            let mut pairs: Vec<(OpId, KeyId)> = all.iter().map(|(_, later, row)| (*later, *row)).collect();
            pairs.sort_unstable();
            pairs
        };
        assert_eq!(
            pairs(&told),
            pairs(&expected),
            "CHECK_SEED={seed} cargo test --test native check_agreement::leftovers::numbers_that\n{ops:?}\n{rows:?}"
        );
        assert!(told.iter().all(|(earlier, later, _)| earlier != later), "{told:?}");
        found += told.len();
    }
    assert!(seeds().count() < 100_000 || found > 1_000, "only {found} are given twice");
}
