//! A coordinator that is told of answers one by one.

use super::*;
use crate::family::leaderless::settings::ReadRepair;
use crate::family::leaderless::version::{Context, Versioning};
use crate::family::leaderless::writing::{Numbering, Writing};
use crate::log::{OpId, Value};
use crate::time::SimDuration;

fn settings() -> Settings {
    Settings::strict(3, 2, 2)
}

/// The nodes of the ring, those behind `:` down.
fn nodes(up: &[u16], down: &[u16]) -> Vec<Candidate> {
    let all = up.iter().map(|node| (node, true)).chain(down.iter().map(|node| (node, false)));
    let mut all: Vec<Candidate> = all.map(|(node, up)| Candidate { node: NodeId(*node), region: 0, up }).collect();
    all.sort_by_key(|one| one.node);
    all
}

fn version(op: u32) -> Arc<Version> {
    let mut numbering = Numbering::new(NodeId(u16::try_from(op).unwrap_or(0)), 64);
    let context = Context::default();
    let writing = Writing { op: OpId(op), key: KeyId(0), value: Value::Int(1), context, client: NodeId(9) };
    Arc::new(numbering.version(Versioning::Dotted, &writing, &[], 7))
}

fn begin(settings: Settings, nodes: &[Candidate], write: Option<Vec<Arc<Version>>>) -> (Coordinator, Vec<Step>) {
    let attempt = Attempt { op: OpId(0), identity: 0, number: 0 };
    let asking = Asking { attempt, client: NodeId(9), key: KeyId(0), quorum: None, region: 0, own: None };
    Coordinator::begin(Arc::new(settings), &asking, nodes, write)
}

fn asked(steps: &[Step]) -> Vec<(u16, Option<u16>)> {
    let asks = steps.iter().filter_map(|step| match step {
        Step::Fetch(to) => Some((to.0, None)),
        Step::Store { to, owner, .. } => Some((to.0, owner.map(|owner| owner.0))),
        Step::Hint { .. } | Step::Counted { .. } | Step::Answer(_) => None,
    });
    asks.collect()
}

fn verdict(steps: &[Step]) -> Option<&Verdict> {
    steps.iter().find_map(|step| if let Step::Answer(verdict) = step { Some(verdict) } else { None })
}

#[test]
fn a_write_goes_to_all_and_waits_for_as_many_as_it_needs() {
    let (mut write, steps) = begin(settings(), &nodes(&[0, 1, 2, 3], &[]), Some(vec![version(1)]));
    assert_eq!(asked(&steps), [(0, None), (1, None), (2, None)]);
    let first = write.stored(NodeId(1), None, Purpose::Write);
    assert_eq!(first, [Step::Counted { by: NodeId(1), got: 1, needed: 2 }]);
    assert!(write.stored(NodeId(1), None, Purpose::Write).is_empty(), "an answer counts once");
    assert_eq!(verdict(&write.stored(NodeId(0), None, Purpose::Write)), Some(&Verdict::Written));
    assert!(!write.is_over(), "the third may still answer");
    assert!(write.stored(NodeId(2), None, Purpose::Write).is_empty() && write.is_over());
}

#[test]
fn a_write_that_too_few_take_has_failed_and_is_not_taken_back() {
    let (mut write, _) = begin(settings(), &nodes(&[0, 1, 2], &[]), Some(vec![version(1)]));
    write.stored(NodeId(1), None, Purpose::Write);
    assert_eq!(write.give_up(), [Step::Answer(Verdict::TooFew { got: 1, needed: 2 })]);
    assert!(write.is_over() && write.stored(NodeId(0), None, Purpose::Write).is_empty());
}

#[test]
fn what_is_believed_to_be_down_is_not_even_asked() {
    let (write, steps) = begin(settings(), &nodes(&[0], &[1, 2]), Some(vec![version(1)]));
    assert!(write.is_over() && steps == [Step::Answer(Verdict::Unavailable)]);
    let kept = Settings { handoff: Some(SimDuration::secs(1)), ..settings() };
    let (mut write, steps) = begin(kept, &nodes(&[0, 1], &[2]), Some(vec![version(1)]));
    assert_eq!(asked(&steps), [(0, None), (1, None)]);
    write.stored(NodeId(0), None, Purpose::Write);
    write.stored(NodeId(1), None, Purpose::Write);
    assert_eq!(write.give_up(), [Step::Hint { owner: NodeId(2), versions: vec![version(1)] }]);
}

#[test]
fn others_stand_in_where_the_quorum_is_sloppy() {
    let sloppy = Settings { sloppy: true, ..settings() };
    let (mut write, steps) = begin(sloppy.clone(), &nodes(&[0, 2, 3, 4], &[1]), Some(vec![version(1)]));
    assert_eq!(asked(&steps), [(0, None), (2, None), (3, Some(1))]);
    write.stored(NodeId(0), None, Purpose::Write);
    assert_eq!(asked(&write.replace_silent()), [(4, Some(2))], "who stands in is not replaced");
    assert!(asked(&write.replace_silent()).is_empty(), "nobody is left, and nobody is replaced twice");
    assert!(write.stored(NodeId(4), None, Purpose::Write).is_empty(), "it was to store a hint");
    assert_eq!(verdict(&write.stored(NodeId(4), Some(NodeId(2)), Purpose::Write)), Some(&Verdict::Written));
    let (mut strict, _) = begin(settings(), &nodes(&[0, 1, 2, 3], &[]), Some(vec![version(1)]));
    assert!(strict.replace_silent().is_empty());
}

#[test]
fn a_read_shows_all_that_is_left_and_repairs_who_lacked_it() {
    let (one, other) = (version(1), version(2));
    let (mut read, steps) = begin(settings(), &nodes(&[0, 1, 2], &[]), None);
    assert_eq!(asked(&steps).len(), 3);
    read.found(NodeId(2), std::slice::from_ref(&one));
    let steps = read.found(NodeId(0), std::slice::from_ref(&other));
    let Some(Verdict::Found { versions, fastest }) = verdict(&steps) else { panic!("no answer in {steps:?}") };
    assert_eq!((versions.len(), fastest), (2, &NodeId(2)));
    let steps = read.found(NodeId(1), &[]);
    assert_eq!(asked(&steps), [(2, None), (0, None), (1, None)], "the straggler and both that had one version");
    assert!(read.is_over());
}

#[test]
fn a_blocking_repair_comes_before_the_answer() {
    let (mut read, _) = begin(Settings { repair: ReadRepair::Blocking, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    read.found(NodeId(0), &[version(1)]);
    let steps = read.found(NodeId(1), &[]);
    assert_eq!((asked(&steps), verdict(&steps)), (vec![(1, None)], None));
    let steps = read.stored(NodeId(1), None, Purpose::WriteBack);
    assert!(matches!(verdict(&steps), Some(Verdict::Found { versions, .. }) if versions.len() == 1) && read.is_over());
    let (mut same, _) = begin(Settings { repair: ReadRepair::Blocking, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    same.found(NodeId(0), &[version(1)]);
    assert!(verdict(&same.found(NodeId(1), &[version(1)])).is_some(), "equal answers need no repair");
}

#[test]
fn what_is_written_back_is_at_as_many_as_a_write_needs() {
    let (mut read, _) = begin(Settings { write_back: true, writes: 3, reads: 1, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    let steps = read.found(NodeId(0), &[version(1)]);
    assert_eq!((asked(&steps), verdict(&steps)), (vec![(1, None), (2, None)], None));
    assert!(verdict(&read.stored(NodeId(1), None, Purpose::WriteBack)).is_none());
    assert!(verdict(&read.stored(NodeId(2), None, Purpose::WriteBack)).is_some());
    let (mut late, _) = begin(Settings { write_back: true, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    late.found(NodeId(0), &[version(1)]);
    late.found(NodeId(1), &[]);
    assert_eq!(verdict(&late.give_up()), Some(&Verdict::TooFew { got: 1, needed: 2 }));
}

#[test]
fn a_slow_read_asks_one_more() {
    let few = FanOut::Needed(Some(SimDuration::millis(5)));
    let (mut read, steps) = begin(Settings { fan_out: few, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    assert_eq!(asked(&steps), [(0, None), (1, None)]);
    assert_eq!(asked(&read.ask_one_more()), [(2, None)]);
    assert!(read.ask_one_more().is_empty());
    read.found(NodeId(0), &[]);
    assert!(verdict(&read.found(NodeId(2), &[])).is_some());
}

#[test]
fn regions_count_for_themselves() {
    let mut ring = nodes(&[0, 1, 2, 3, 4, 5], &[]);
    ring.iter_mut().for_each(|one| one.region = one.node.0 % 2);
    let two = Settings { replicas: vec![2, 2], reads: 1, ..settings() };
    let local = Settings { scope: Scope::Local, ..two.clone() };
    let (mut write, steps) = begin(local.clone(), &ring, Some(vec![version(1)]));
    assert_eq!(asked(&steps).len(), 4, "a write goes to the replicas of all regions");
    write.stored(NodeId(1), None, Purpose::Write);
    write.stored(NodeId(0), None, Purpose::Write);
    assert!(verdict(&write.stored(NodeId(3), None, Purpose::Write)).is_none());
    assert!(verdict(&write.stored(NodeId(2), None, Purpose::Write)).is_some());
    assert_eq!(asked(&begin(local, &ring, None).1), [(0, None), (2, None)], "a local read asks nobody else");
    let (mut each, _) = begin(Settings { scope: Scope::Each, ..two }, &ring, None);
    each.found(NodeId(0), &[]);
    assert!(verdict(&each.found(NodeId(2), &[])).is_none(), "the other region has to answer too");
    assert!(verdict(&each.found(NodeId(1), &[])).is_some());
}

#[test]
fn without_versions_the_first_answer_is_shown_and_nobody_is_repaired() {
    let (mut read, _) = begin(Settings { versioning: Versioning::Arrival, ..settings() }, &nodes(&[0, 1, 2], &[]), None);
    read.found(NodeId(1), &[version(1)]);
    let steps = read.found(NodeId(0), &[version(2)]);
    assert!(matches!(verdict(&steps), Some(Verdict::Found { versions, .. }) if *versions == [version(1)]));
    assert!(asked(&read.found(NodeId(2), &[])).is_empty());
}
