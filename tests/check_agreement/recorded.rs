//! Histories whose versions may be concurrent, written as JSON lines and read back: nothing is lost, and the record is judged as the history was
//! checked.

use replicated_telemetry_store::check::{Survival, check_one};
use replicated_telemetry_store::export::history_jsonl;
use replicated_telemetry_store::history::{By, End, Fate, Fates, History, Returned, Sibling};
use replicated_telemetry_store::import::{Format, Imported, Options, import};
use replicated_telemetry_store::judge::{self, Guarantee, Verdict, judge};
use replicated_telemetry_store::log::OpId;
use replicated_telemetry_store::observed::{self, Call, Model, Observed};
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::router::Bound;
use replicated_telemetry_store::scenario::{Anomaly, Plan, parse};
use replicated_telemetry_store::version::Stamp;

use super::seeds;
use super::stamped::{Stamped, with_contexts};

/// The names of the random histories: replicas 0 to 9 in two groups, and clients from 10 on.
pub(crate) fn plan() -> Plan {
    let followers = |from: u32| (from..from + 4).map(|n| format!("\"n{n}\"")).collect::<Vec<_>>().join(",");
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "1s",
          "shards": [{{ "name": "one", "leader": "n0", "followers": [{}] }}, {{ "name": "two", "leader": "n5", "followers": [{}] }}],
          "clients": [{{ "name": "ann" }}, {{ "name": "bob" }}, {{ "name": "carol" }}],
          "script": [{{ "at": "1ms", "do": {{ "write": {{ "client": "ann", "key": "x", "value": 1 }} }} }},
                     {{ "at": "2ms", "do": {{ "write": {{ "client": "ann", "key": "y", "value": 2 }} }} }}] }}"#,
        followers(1),
        followers(6)
    );
    let mut plan = Plan::new(&parse(&text).expect("a scenario")).expect("it can be run");
    assert_eq!((plan.name(replicated_telemetry_store::network::NodeId(10)), plan.keys.len()), ("ann", 2));
    plan.groups.truncate(2);
    plan
}

/// The fates of a history: of those that did not survive some have a winner.
fn fates(stamped: &Stamped) -> Fates {
    let winner = |op: usize| if op.is_multiple_of(2) { By::Write(OpId(0)) } else { By::Unknown };
    let fate = |(op, survives): (usize, &bool)| match survives {
        true if op.is_multiple_of(3) => Fate::Superseded,
        true => Fate::Kept,
        false => Fate::Discarded(winner(op)),
    };
    Fates(stamped.sample.survives.iter().enumerate().map(fate).collect())
}

fn history(stamped: &Stamped) -> History<'_> {
    let actors = ["a", "b", "c"].map(str::to_owned).to_vec();
    History { actors, ..stamped.history(Bound::default()) }
}

fn read_back(history: &History<'_>, fates: &Fates) -> Observed {
    let text = history_jsonl(history, &plan(), Some(fates));
    let imported = import(&text, &Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let Imported { observed, format, .. } = imported;
    assert_eq!(format, Format::Own);
    observed
}

/// The operation of each step, as the lines number them.
fn ops_of_steps(history: &History<'_>) -> Vec<OpId> {
    let begun = |op: &OpId| history.events.contains(&replicated_telemetry_store::history::Event::Invoke(*op));
    history.ops.iter().map(|op| op.id).filter(begun).collect()
}

/// A version of the record, as the history has it.
fn named(sibling: &observed::Sibling, ops: &[OpId]) -> (Option<Stamp>, OpId) {
    let writer = sibling.writer.map_or(OpId::NONE, |step| ops.get(step as usize).copied().unwrap_or(OpId(1_000)));
    (sibling.stamp.clone(), writer)
}

#[test]
fn what_is_written_of_versions_is_read_back() {
    let (mut siblings, mut contexts) = (0_u32, 0_u32);
    for seed in seeds().take(20_000) {
        let stamped = with_contexts(seed);
        let (history, fates) = (history(&stamped), fates(&stamped));
        let observed = read_back(&history, &fates);
        // Where nothing was acknowledged or returned, no version has to be told.
        if observed.versions.is_empty() {
            continue;
        }
        let ops = ops_of_steps(&history);
        let of = |all: &[Sibling]| all.iter().map(|s| (Some(s.stamp.clone()), s.op)).collect::<Vec<_>>();
        assert_eq!(observed.versions.scope, history.scope, "seed {seed}");
        assert_eq!(observed.versions.actors, history.actors);
        assert_eq!(observed.operations.len(), ops.len());
        for (step, id) in (0_u32..).zip(&ops) {
            let op = &history.ops[id.index()];
            let told: Vec<_> = observed.versions.versions(step).iter().map(|s| named(s, &ops)).collect();
            let written = history.stamp_of(op).map(|stamp| vec![(Some(stamp), *id)]);
            let returned = history.returned(op).map(|returned| of(returned.siblings()));
            assert_eq!(told, written.clone().or(returned).unwrap_or_default(), "seed {seed}, {id:?}");
            let context: Vec<_> = observed.versions.context(step).unwrap_or_default().iter().map(|s| named(s, &ops)).collect();
            assert_eq!(context, of(history.context(op)), "seed {seed}, {id:?}");
            if written.is_some() {
                let fate = observed.versions.of(step).and_then(|told| told.fate);
                let by_step = |by: OpId| ops.get(by.index()).copied().unwrap_or(OpId(1_000));
                let fate = fate.map(|fate| match fate {
                    Fate::Discarded(By::Write(step)) => Fate::Discarded(By::Write(by_step(step))),
                    other => other,
                });
                assert_eq!(fate, Some(fates.of(*id)), "seed {seed}, {id:?}");
            }
            if let Some(End { outcome: Outcome::Siblings { applied, .. }, replica, .. }) = op.end {
                let known = observed.versions.of(step).expect("it is told");
                let stamps = |all: &[observed::Sibling]| all.iter().filter_map(|s| s.stamp.clone()).collect::<Vec<_>>();
                let expected: Vec<Stamp> = history.versions.get(applied).iter().map(|s| s.stamp.clone()).collect();
                assert_eq!(stamps(observed.versions.siblings.get(known.applied)), expected, "seed {seed}, {id:?}");
                let names = &observed.versions.replicas;
                let name = known.replica.map(|replica| names[replica as usize].clone());
                assert_eq!(name, replica.map(|replica| plan().name(replica).to_owned()), "seed {seed}, {id:?}");
            }
            values_are_those(&observed, step, &history, op);
            siblings += u32::from(told.len() > 1);
            contexts += u32::from(context.len() > 1);
        }
    }
    assert!(seeds().count() < 1_000 || (siblings > 1_000 && contexts > 100), "{siblings} answers, {contexts} contexts");
}

/// What was written and returned, by value.
fn values_are_those(observed: &Observed, step: u32, history: &History<'_>, op: &replicated_telemetry_store::history::Op) {
    let name = |value: u32| observed.values[value as usize].clone();
    let shown: Vec<String> = match &observed.steps[step as usize].call {
        Call::Read(observed::Returned::Siblings(values)) => values.iter().map(|value| name(*value)).collect(),
        Call::Read(observed::Returned::Value(value)) | Call::Write(value) => vec![name(*value)],
        _ => Vec::new(),
    };
    let expected: Vec<String> = match op.kind {
        Kind::Write(value) => vec![plan().show(value)],
        Kind::Read(_) => {
            let returned = history.returned(op);
            returned.iter().flat_map(Returned::siblings).map(|sibling| plan().show(sibling.value)).collect()
        }
    };
    assert_eq!(shown, expected, "{op:?}");
}

/// What both the run and the record are asked for.
const BOTH: [(Guarantee, Anomaly); 9] = [
    (Guarantee::ReadYourWrites, Anomaly::ReadYourWrites),
    (Guarantee::MonotonicReads, Anomaly::MonotonicReads),
    (Guarantee::MonotonicWrites, Anomaly::MonotonicWrites),
    (Guarantee::WritesFollowReads, Anomaly::WritesFollowReads),
    (Guarantee::Causal, Anomaly::Causal),
    (Guarantee::ConsistentPrefix, Anomaly::ConsistentPrefix),
    (Guarantee::NoAbortedReads, Anomaly::AbortedRead),
    (Guarantee::NoThinAirReads, Anomaly::ThinAirRead),
    (Guarantee::NoLostWrites, Anomaly::LostAcknowledgedWrite),
];

/// The record is judged as the history was checked: the same guarantees are broken, by the same operations.
#[test]
fn a_record_with_siblings_is_judged_as_the_history_was_checked() {
    let mut broken = [0_u32; BOTH.len()];
    for seed in seeds().take(20_000) {
        let stamped = with_contexts(seed);
        let (history, fates) = (history(&stamped), fates(&stamped));
        let observed = read_back(&history, &fates);
        let survival = Survival { fates, ..Survival::default() };
        let (ops, report) = (ops_of_steps(&history), judge(&observed, &judge::Options::default()));
        let answered = history.ops.iter().any(|op| history.stamp_of(op).is_some() || history.returned(op).is_some());
        for (place, (guarantee, anomaly)) in BOTH.into_iter().enumerate() {
            let found = check_one(&history, &survival, anomaly);
            let verdict = report.verdict(guarantee);
            match (found.first(), verdict) {
                (Some(finding), Some(Verdict::Violated(evidence))) => {
                    let numbers = |op: &OpId| {
                        let step = ops.iter().position(|other| other == op)?;
                        observed.operations.iter().position(|operation| operation.first as usize == step)
                    };
                    // Of several sessions whose writes one replica shows with a hole, the record may name another first.
                    let hole =
                        finding.ops().len() == 4 && matches!(anomaly, Anomaly::MonotonicWrites | Anomaly::WritesFollowReads);
                    let shows = if hole { vec![finding.op()] } else { finding.ops() };
                    let proof: Vec<usize> = shows.iter().filter_map(numbers).collect();
                    let told: Vec<usize> = evidence.operations.iter().map(|number| *number as usize).collect();
                    assert!(proof.iter().all(|op| told.contains(op)), "seed {seed}: {finding:?} and {evidence:?}");
                    broken[place] += 1;
                }
                (None, Some(Verdict::Holds)) => {}
                (None, _) if !answered => {}
                // Where no write was acknowledged the record tells no fates.
                (None, None | Some(Verdict::NotApplicable(_))) if guarantee == Guarantee::NoLostWrites => {}
                (found, verdict) => panic!("seed {seed}, {guarantee:?}: {found:?} and {verdict:?}"),
            }
        }
        if observed.model == Model::MvRegister {
            for guarantee in [Guarantee::Linearizable, Guarantee::Serializable, Guarantee::NoLostUpdates] {
                let options = judge::Options { guarantees: vec![guarantee], ..judge::Options::default() };
                let report = judge(&observed, &options);
                assert!(matches!(report.verdict(guarantee), Some(Verdict::NotApplicable(_))), "seed {seed}: {guarantee:?}");
            }
        }
    }
    assert!(seeds().count() < 1_000 || broken.iter().all(|count| *count > 10), "{broken:?}");
}

/// On the command line the same is said, of the same guarantees.
#[test]
fn check_says_of_the_lines_what_the_run_was_found_to_break() {
    let folder = std::env::temp_dir().join(format!("siblings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (mut violated, mut held) = (0, 0);
    for seed in 0..25 {
        let stamped = with_contexts(seed);
        let (history, fates) = (history(&stamped), fates(&stamped));
        let file = folder.join(format!("{seed}.jsonl"));
        std::fs::write(&file, history_jsonl(&history, &plan(), Some(&fates))).expect("a file");
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_replicated-telemetry-store"))
            .args(["check", "--json"])
            .arg(&file)
            .output()
            .expect("the program runs");
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let survival = Survival { fates, ..Survival::default() };
        for told in report["verdicts"].as_array().expect("verdicts") {
            let Some((_, anomaly)) = BOTH.into_iter().find(|(guarantee, _)| told["guarantee"] == guarantee.name()) else {
                continue;
            };
            match told["verdict"].as_str() {
                Some("violated") => violated += 1,
                Some("holds") => held += 1,
                _ => continue,
            }
            let found = !check_one(&history, &survival, anomaly).is_empty();
            assert_eq!(told["verdict"] == "violated", found, "seed {seed}: {told}");
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert!(violated > 20 && held > 20, "{violated} violated, {held} held");
}
