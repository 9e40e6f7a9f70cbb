//! What follows from what: a definition that does not imply the weaker one is wrong.

use replicated_telemetry_store::observed::Observed;

use super::axiom::{causal, read_atomic, read_committed};
use super::draw::{Shape, Told, random};
use super::prefix::consistent_prefix;
use super::serial::{Keeps, serializable, snapshot_isolation, strict_serializable};
use super::session::{Law, holds, monotonic_reads, read_your_writes};
use super::unit::Units;
use super::{LISTS, REGISTERS, stale};
use crate::judge::build::shown;
use crate::judge::seeds;

/// What holds of a history, with a name.
type Answers = Vec<(&'static str, bool)>;

fn answers(units: &Units) -> Answers {
    use Keeps::{Nothing, Sessions};
    let law = |law| holds(units, law) != Some(false);
    vec![
        ("strict-serializable in sessions", strict_serializable(units, Sessions)),
        ("strict-serializable", strict_serializable(units, Nothing)),
        ("serializable in sessions", serializable(units, Sessions)),
        ("serializable", serializable(units, Nothing)),
        ("snapshot-isolation in sessions", snapshot_isolation(units, Sessions)),
        ("snapshot-isolation", snapshot_isolation(units, Nothing)),
        ("consistent-prefix", consistent_prefix(units, false)),
        ("causal", causal(units)),
        ("read-atomic in sessions", read_atomic(units, Sessions)),
        ("read-atomic", read_atomic(units, Nothing)),
        ("read-committed in sessions", read_committed(units, Sessions)),
        ("read-committed", read_committed(units, Nothing)),
        ("read-your-writes", read_your_writes(units)),
        ("monotonic-reads", monotonic_reads(units)),
        ("monotonic-writes", law(Law::MonotonicWrites)),
        ("writes-follow-reads", law(Law::WritesFollowReads)),
    ]
}

const IMPLIED: [(&str, &str); 21] = [
    ("strict-serializable in sessions", "strict-serializable"),
    ("strict-serializable in sessions", "serializable in sessions"),
    ("strict-serializable", "serializable"),
    ("serializable in sessions", "serializable"),
    ("serializable in sessions", "snapshot-isolation in sessions"),
    ("serializable", "snapshot-isolation"),
    ("snapshot-isolation in sessions", "snapshot-isolation"),
    ("snapshot-isolation in sessions", "read-atomic in sessions"),
    ("snapshot-isolation", "read-atomic"),
    ("read-atomic in sessions", "read-atomic"),
    ("read-atomic in sessions", "read-committed in sessions"),
    ("read-atomic", "read-committed"),
    ("read-committed in sessions", "read-committed"),
    ("causal", "read-atomic in sessions"),
    ("causal", "read-your-writes"),
    ("causal", "monotonic-reads"),
    ("causal", "monotonic-writes"),
    ("causal", "writes-follow-reads"),
    ("consistent-prefix", "read-atomic"),
    ("strict-serializable in sessions", "consistent-prefix"),
    ("strict-serializable in sessions", "causal"),
];

/// Without real time, where nothing that is read can be too early.
const IMPLIED_WITHOUT_TIMES: [(&str, &str); 3] = [
    ("serializable in sessions", "causal"),
    ("snapshot-isolation in sessions", "causal"),
    ("snapshot-isolation in sessions", "consistent-prefix"),
];

fn implies(history: &Observed, answers: &Answers, (stronger, weaker): (&str, &str)) {
    let holds = |name: &str| answers.iter().find(|(of, _)| *of == name).expect("it has an answer").1;
    assert!(!holds(stronger) || holds(weaker), "{stronger} holds and {weaker} does not:\n{}", shown(history));
}

#[test]
fn stronger_definitions_imply_weaker_ones() {
    let shapes = [LISTS, REGISTERS, stale(LISTS), stale(REGISTERS)];
    for seed in (0..seeds().end).step_by(4) {
        let shape = shapes[seed as usize / 4 % 4];
        let told = &[Told::RealTime, Told::Sessions];
        let history = random(seed, Shape { told, ..shape });
        let answers = answers(&Units::new(&history));
        for pair in IMPLIED {
            implies(&history, &answers, pair);
        }
        for pair in IMPLIED_WITHOUT_TIMES.into_iter().filter(|_| !history.real_time) {
            implies(&history, &answers, pair);
        }
    }
}
