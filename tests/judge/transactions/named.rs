//! What a verdict calls an anomaly is one: the transactions that it names break, on their own, a level that forbids it.
//!
//! On their own means that of all others nobody knows whether they happened, nor what they read: so a value keeps its writer, and nothing else
//! of them counts.

use std::collections::BTreeMap;

use replicated_telemetry_store::judge::{Anomaly, Evidence, Guarantee, Through};
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned};

use super::axiom::read_committed;
use super::draw::random;
use super::serial::{Keeps, serializable, snapshot_isolation, strict_serializable};
use super::unit::Units;
use super::{LISTS, REGISTERS, asked, dirty, timed, verdict};
use crate::judge::build::{history, shown};
use crate::judge::seeds;

/// The history in which nobody knows of any transaction that the evidence does not name.
fn named_alone(history: &Observed, evidence: &Evidence) -> Observed {
    let mut alone = history.clone();
    for (at, op) in (0..).zip(&mut alone.operations) {
        if evidence.operations.contains(&at) || op.outcome == Outcome::Fail {
            continue;
        }
        (op.outcome, op.completed) = (Outcome::Info, None);
        for step in &mut alone.steps[op.first as usize..(op.first + op.count) as usize] {
            if matches!(step.call, Call::Read(_)) {
                step.call = Call::Read(Returned::Unknown);
            }
        }
    }
    alone
}

/// Whether a history keeps the weakest level that forbids an anomaly.
fn allowed(units: &Units, anomaly: Anomaly, through: Through) -> bool {
    let keeps = if through == Through::Session { Keeps::Sessions } else { Keeps::Nothing };
    if through == Through::RealTime {
        return strict_serializable(units, Keeps::Nothing);
    }
    match anomaly {
        Anomaly::Internal
        | Anomaly::DirtyWrite
        | Anomaly::AbortedRead
        | Anomaly::IntermediateRead
        | Anomaly::CircularInformationFlow => read_committed(units, keeps),
        Anomaly::LostUpdate | Anomaly::ReadSkew | Anomaly::LongFork | Anomaly::Nonadjacent => snapshot_isolation(units, keeps),
        Anomaly::WriteSkew | Anomaly::AntiDependencyCycle => serializable(units, keeps),
    }
}

#[test]
fn anomalies_that_are_named_are_there() {
    let levels = [Guarantee::ReadCommitted, Guarantee::SnapshotIsolation, Guarantee::Serializable, Guarantee::StrictSerializable];
    let shapes = [timed(LISTS), timed(REGISTERS), dirty(timed(LISTS)), dirty(timed(REGISTERS))];
    let (mut found, mut wrong) = (BTreeMap::new(), Vec::new());
    for seed in seeds() {
        let history = random(seed, shapes[seed as usize % 4]);
        let keeps = if seed / 4 % 2 == 0 { Keeps::Nothing } else { Keeps::Sessions };
        let judged = verdict(&history, &asked(levels[seed as usize / 8 % 4], keeps));
        let Some(evidence) = judged.evidence() else { continue };
        let Some((anomaly, through)) = evidence.anomaly else { continue };
        *found.entry((anomaly, through)).or_insert(0) += 1;
        let alone = named_alone(&history, evidence);
        if allowed(&Units::new(&alone), anomaly, through) {
            let name = format!("{}{}", anomaly.name(), through.suffix());
            wrong.push((
                history.steps.len(),
                format!("seed {seed}: {name} of {:?}: {}\n{}", evidence.operations, evidence.text, shown(&history)),
            ));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {found:?}; the smallest:\n{}", wrong.len(), wrong[0].1);
    // A long fork and its like are too seldom drawn; they are in the table below.
    let rare = [Anomaly::LongFork, Anomaly::Nonadjacent];
    let common = Anomaly::ALL.into_iter().filter(|anomaly| !rare.contains(anomaly));
    let never: Vec<&str> = common.filter(|a| !found.keys().any(|(of, _)| of == a)).map(Anomaly::name).collect();
    assert!(seeds().count() < 10_000 || never.is_empty(), "{never:?} are never named: {found:?}");
}

/// Shapes of the literature, a level that forbids each, whether sessions keep their order, and what it is called.
const NAMES: [(Model, &str, Guarantee, Keeps, &str); 17] = {
    use Guarantee::{ReadCommitted, Serializable, SnapshotIsolation, StrictSerializable};
    use Keeps::{Nothing, Sessions};
    use Model::{AppendList, Transactions};
    [
        (Transactions, "0wx1 1wx2,rx1", ReadCommitted, Nothing, "internal"),
        (Transactions, "0wx1! 1rx1", ReadCommitted, Nothing, "G1a"),
        (Transactions, "& 0wx1,wx2 1rx1 |", ReadCommitted, Nothing, "G1b"),
        (Transactions, "& 0wx1,ry2 1wy2,rx1 |", ReadCommitted, Nothing, "G1c"),
        (Transactions, "0wx1 & 1rx1,wx2 2rx1,wx3 |", SnapshotIsolation, Nothing, "lost-update"),
        (Transactions, "0wx1,wy1 & 1rx1,ry2 2rx1,wx2,wy2 |", SnapshotIsolation, Nothing, "G-single"),
        (Transactions, "& 0wx1 1wy1 2rx1,ry- 3rx-,ry1 |", SnapshotIsolation, Nothing, "long-fork"),
        (Transactions, "0wx1,wy1 & 1rx1,ry1,wx2 2rx1,ry1,wy3 |", Serializable, Nothing, "write-skew"),
        (Transactions, "0wx1 0rx-", Serializable, Sessions, "G-single-process"),
        (Transactions, "0wx1 1rx-", StrictSerializable, Nothing, "G-single-realtime"),
        (AppendList, "& 0ax1,ay1 1ax2,ay2 | 2lx1.2,ly2.1", ReadCommitted, Nothing, "G0"),
        (AppendList, "& 0ax1,ax2 1lx1 |", ReadCommitted, Nothing, "G1b"),
        (AppendList, "& 0ax1,ly2 1ay2,lx1 |", ReadCommitted, Nothing, "G1c"),
        (AppendList, "0ax1 & 1lx1,ax2 2lx1,ax3 | 3lx1.2.3", SnapshotIsolation, Nothing, "lost-update"),
        (AppendList, "& 0ax1 1ay1 2lx1,ly 3lx,ly1 |", SnapshotIsolation, Nothing, "long-fork"),
        (AppendList, "0ax1 0lx", Serializable, Sessions, "G-single-process"),
        (AppendList, "0ax1 1ax2 2lx2.1", StrictSerializable, Nothing, "G0-realtime"),
    ]
};

#[test]
fn shapes_of_the_literature_are_called_by_their_names() {
    let mut wrong = Vec::new();
    for (model, text, level, keeps, name) in NAMES {
        let judged = verdict(&history(model, text), &asked(level, keeps));
        let anomaly = judged.evidence().and_then(|evidence| evidence.anomaly);
        let found = anomaly.map(|(anomaly, through)| format!("{}{}", anomaly.name(), through.suffix()));
        if found.as_deref() != Some(name) {
            wrong.push(format!("{text} is {name}, and called {found:?}: {judged:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
