//! Stories of concurrent versions, told operation by operation: siblings, merges, two leaders, and writers whose clocks disagree.

use replicated_telemetry_store::check::{Evidence, Survival, check_all, check_one};
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::history::{By, End, Event, Fate, History, Op, Scope, Sibling};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::lsn::Position;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Demand, Kind, Outcome};
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::version::{Actor, Arena, Clock, Dot, DottedVersion, Range, Stamp, VersionVector};

pub(crate) const X: u32 = 0;
pub(crate) const Y: u32 = 1;
/// Two replicas that take writes.
pub(crate) const A: u32 = 0;
pub(crate) const B: u32 = 1;

pub(crate) fn dotted(dot: (u32, u64), past: &[(u32, u64)]) -> Stamp {
    let past = VersionVector::of(past.iter().map(|(actor, count)| (Actor(*actor), *count)));
    Stamp::dotted(DottedVersion::new(Dot { actor: Actor(dot.0), count: dot.1 }, past).expect("the dot is new"))
}

pub(crate) fn vector(counters: &[(u32, u64)]) -> Stamp {
    Stamp::vector(VersionVector::of(counters.iter().map(|(actor, count)| (Actor(*actor), *count))))
}

pub(crate) fn clock(time: u64, actor: u32) -> Stamp {
    Stamp::Clock(Clock { time, count: 0, actor: Actor(actor) })
}

/// What a write writes: its number.
fn value_of(op: OpId) -> Value {
    Value::Int(i64::from(op.0))
}

/// A history in which one operation ends before the next begins, each taking 10 us.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) ops: Vec<Op>,
    versions: Arena<Sibling>,
    scope: Scope,
}

impl Story {
    fn add(&mut self, session: u32, key: u32, kind: Kind, context: Range, outcome: Outcome) -> OpId {
        let now = 10 * self.ops.len() as u64;
        let id = OpId(u32::try_from(self.ops.len()).expect("small"));
        let end = Some(End { at: SimTime(now + 10), outcome, replica: Some(NodeId(0)), attempts: 1 });
        let client = NodeId(9 + u16::try_from(session).expect("small"));
        let (session, group, token) = ((session, 0), GroupId(0), Position::ZERO);
        self.ops.push(Op {
            id,
            client,
            session,
            key: KeyId(key),
            group,
            kind,
            token,
            context,
            demand: Demand::Nothing,
            invoked: SimTime(now),
            end,
        });
        id
    }

    pub(crate) fn sibling(&self, op: OpId) -> Sibling {
        let history = self.history();
        Sibling { stamp: history.stamp_of(&self.ops[op.index()]).expect("it is a write"), value: value_of(op), op }
    }

    pub(crate) fn write(&mut self, session: u32, key: u32, stamp: Stamp, context: &[OpId]) -> OpId {
        let op = OpId(u32::try_from(self.ops.len()).expect("small"));
        let context: Vec<Sibling> = context.iter().map(|op| self.sibling(*op)).collect();
        let context = self.versions.add(context);
        let version = self.versions.add([Sibling { stamp, value: value_of(op), op }]);
        self.add(session, key, Kind::Write(value_of(op)), context, Outcome::Stamped { version })
    }

    pub(crate) fn read(&mut self, session: u32, key: u32, found: &[OpId]) -> OpId {
        let found: Vec<Sibling> = found.iter().map(|op| self.sibling(*op)).collect();
        let found = self.versions.add(found);
        let outcome = Outcome::Siblings { found, applied: Range::EMPTY };
        self.add(session, key, Kind::Read(Some(ReadMode::AnyFollower)), Range::EMPTY, outcome)
    }

    pub(crate) fn history(&self) -> History<'_> {
        let events = self.ops.iter().flat_map(|op| [Event::Invoke(op.id), Event::Complete(op.id)]).collect();
        History { ops: &self.ops, events, groups: 1, versions: self.versions.clone(), scope: self.scope, ..History::default() }
    }

    fn breaks(&self, kind: Anomaly) -> bool {
        !check_one(&self.history(), &Survival::default(), kind).is_empty()
    }

    /// What became of each write, if these are left of X in the end.
    fn fates(&self, left: &[OpId]) -> Vec<Fate> {
        let left = left.iter().map(|op| self.sibling(*op)).collect();
        let fates = self.history().fates(&[(KeyId(X), left)]);
        self.ops.iter().filter(|op| op.is_write()).map(|op| fates.of(op.id)).collect()
    }
}

#[test]
fn an_own_write_is_seen_beside_others_and_not_in_one_that_is_concurrent() {
    // The other's dot has the larger number, through the same server: in a total order it would be the newer one.
    for (own, other) in [((A, 1), (A, 2)), ((A, 2), (A, 1)), ((A, 1), (B, 1)), ((B, 1), (A, 1))] {
        for (alone, broken) in [(true, true), (false, false)] {
            let mut story = Story::default();
            let mine = story.write(1, X, dotted(own, &[]), &[]);
            let theirs = story.write(2, X, dotted(other, &[]), &[]);
            let shown = [theirs, mine];
            story.read(1, X, if alone { &shown[..1] } else { &shown });
            assert_eq!(story.breaks(Anomaly::ReadYourWrites), broken, "{own:?} beside {other:?}");
            assert_eq!(story.breaks(Anomaly::Causal), broken, "{own:?} beside {other:?}");
        }
    }
}

#[test]
fn a_merge_shows_what_it_merged() {
    let mut story = Story::default();
    let mine = story.write(1, X, dotted((A, 1), &[]), &[]);
    let theirs = story.write(2, X, dotted((B, 1), &[]), &[]);
    let merge = story.write(3, X, dotted((B, 2), &[(A, 1), (B, 1)]), &[mine, theirs]);
    story.read(1, X, &[merge]);
    assert!(!story.breaks(Anomaly::ReadYourWrites));
    assert_eq!(story.fates(&[merge]), [Fate::Superseded, Fate::Superseded, Fate::Kept]);
    // Who merges only one of the two leaves the other where it is; if it is gone, somebody lost it.
    let mut story = Story::default();
    let mine = story.write(1, X, dotted((A, 1), &[]), &[]);
    let theirs = story.write(2, X, dotted((B, 1), &[]), &[]);
    let partly = story.write(3, X, dotted((B, 2), &[(B, 1)]), &[theirs]);
    assert_eq!(story.fates(&[mine, partly]), [Fate::Kept, Fate::Superseded, Fate::Kept]);
    assert_eq!(story.fates(&[partly]), [Fate::Discarded(By::Unknown), Fate::Superseded, Fate::Kept]);
    story.read(1, X, &[partly]);
    assert!(story.breaks(Anomaly::ReadYourWrites));
}

#[test]
fn of_siblings_none_is_lost_again() {
    let mut story = Story::default();
    let one = story.write(1, X, dotted((A, 1), &[]), &[]);
    let two = story.write(2, X, dotted((B, 1), &[]), &[]);
    let first = story.read(3, X, &[one, two]);
    let merge = story.write(4, X, dotted((A, 2), &[(A, 1), (B, 1)]), &[one, two]);
    story.read(3, X, &[merge]);
    assert!(!story.breaks(Anomaly::MonotonicReads), "the merge has both");
    let again = story.read(3, X, &[two, one]);
    let found = check_one(&story.history(), &Survival::default(), Anomaly::MonotonicReads);
    let evidence: Vec<Evidence> = found.iter().map(|finding| finding.evidence).collect();
    let seen = OpId(first.0 + 2);
    assert_eq!(evidence, [Evidence::MonotonicReads { earlier: seen, later: again }], "the merge was seen");
    for left in [one, two] {
        let mut story = Story::default();
        let one = story.write(1, X, dotted((A, 1), &[]), &[]);
        let two = story.write(2, X, dotted((B, 1), &[]), &[]);
        story.read(3, X, &[one, two]);
        story.read(3, X, &[left]);
        assert!(story.breaks(Anomaly::MonotonicReads), "one of two siblings is gone");
    }
}

#[test]
fn siblings_that_are_seen_one_after_the_other_are_both_required() {
    let mut story = Story::default();
    let one = story.write(1, X, dotted((A, 1), &[]), &[]);
    let two = story.write(2, X, dotted((A, 2), &[]), &[]);
    story.read(3, X, &[one]);
    let second = story.read(3, X, &[two]);
    story.read(3, X, &[two, one]);
    let found = check_one(&story.history(), &Survival::default(), Anomaly::MonotonicReads);
    assert_eq!(found.iter().map(|finding| finding.op()).collect::<Vec<_>>(), [second]);
}

/// A user is moved from one leader to another that has not heard of the first write.
#[test]
fn a_second_leader_that_lacks_the_first_write_breaks_monotonic_writes() {
    for (second, broken) in [(vector(&[(B, 1)]), true), (vector(&[(A, 1), (B, 1)]), false), (vector(&[(B, 9)]), true)] {
        let mut story = Story::default();
        story.write(1, X, vector(&[(A, 1)]), &[]);
        story.write(1, Y, second.clone(), &[]);
        assert_eq!(story.breaks(Anomaly::MonotonicWrites), broken, "{second}");
    }
}

#[test]
fn an_answer_has_to_cover_its_question() {
    for (answer, broken) in [(dotted((B, 1), &[]), true), (dotted((B, 1), &[(A, 1)]), false)] {
        let mut story = Story::default();
        let question = story.write(1, X, dotted((A, 1), &[]), &[]);
        story.read(2, X, &[question]);
        story.write(2, X, answer.clone(), &[]);
        assert_eq!(story.breaks(Anomaly::WritesFollowReads), broken, "{answer}");
    }
}

/// The dots of two keys say nothing of each other; the counters of two leaders do.
#[test]
fn how_far_stamps_reach_is_said_by_the_history() {
    for (scope, broken) in [(Scope::Key, false), (Scope::Group, true)] {
        let mut story = Story { scope, ..Story::default() };
        story.write(1, X, dotted((A, 1), &[]), &[]);
        story.write(1, Y, dotted((B, 1), &[]), &[]);
        assert_eq!(story.breaks(Anomaly::MonotonicWrites), broken, "{scope:?}");
    }
    for scope in [Scope::Key, Scope::Group] {
        let mut story = Story { scope, ..Story::default() };
        story.write(1, X, dotted((A, 1), &[]), &[]);
        story.write(1, X, dotted((B, 1), &[]), &[]);
        assert!(story.breaks(Anomaly::MonotonicWrites), "within a key dots are compared, {scope:?}");
    }
}

#[test]
fn who_has_seen_the_answer_sees_the_question() {
    for (scope, answer) in [(Scope::Group, vector(&[(A, 1), (B, 1)])), (Scope::Key, dotted((B, 1), &[]))] {
        let mut story = Story { scope, ..Story::default() };
        let stamp = if scope == Scope::Group { vector(&[(A, 1)]) } else { dotted((A, 1), &[]) };
        let question = story.write(1, X, stamp, &[]);
        story.read(2, X, &[question]);
        let answer = story.write(2, Y, answer, &[]);
        story.read(3, Y, &[answer]);
        assert!(!story.breaks(Anomaly::ConsistentPrefix) && !story.breaks(Anomaly::Causal));
        story.read(3, X, &[]);
        assert!(story.breaks(Anomaly::ConsistentPrefix) && story.breaks(Anomaly::Causal), "{scope:?}");
    }
    // What is concurrent to the answer may be missing.
    let mut story = Story::default();
    story.write(1, X, vector(&[(A, 1)]), &[]);
    let other = story.write(2, Y, vector(&[(B, 1)]), &[]);
    story.read(3, Y, &[other]);
    story.read(3, X, &[]);
    assert!(!story.breaks(Anomaly::ConsistentPrefix) && !story.breaks(Anomaly::Causal));
}

/// Two writers that have not heard of each other, and a store that keeps the later clock.
#[test]
fn where_the_last_writer_wins_the_other_is_lost_and_the_winner_is_named() {
    let mut story = Story::default();
    let loser = story.write(1, X, clock(10, A), &[]);
    let winner = story.write(2, X, clock(20, B), &[]);
    assert_eq!(story.fates(&[winner]), [Fate::Discarded(By::Write(winner)), Fate::Kept]);
    let fates = story.history().fates(&[(KeyId(X), vec![story.sibling(winner)])]);
    let found = check_all(&story.history(), &Survival { fates, ..Survival::default() });
    let evidence: Vec<Evidence> = found.iter().map(|finding| finding.evidence).collect();
    assert_eq!(evidence, [Evidence::LostAcknowledgedWrite { write: loser, by: By::Write(winner) }]);
    assert_eq!((found[0].ops(), found[0].at), (vec![loser, winner], SimTime(20)), "it was gone when the winner was told");
}

#[test]
fn a_write_whose_winner_had_seen_it_is_superseded() {
    let mut told = Story::default();
    let first = told.write(1, X, clock(10, A), &[]);
    let second = told.write(2, X, clock(20, B), &[first]);
    assert_eq!(told.fates(&[second]), [Fate::Superseded, Fate::Kept], "by its context");
    let mut read = Story::default();
    let first = read.write(1, X, clock(10, A), &[]);
    read.read(2, X, &[first]);
    let second = read.write(2, X, clock(20, B), &[]);
    assert_eq!(read.fates(&[second]), [Fate::Superseded, Fate::Kept], "by what its session had read");
}

/// A clock that is behind: the reader answers what it has read, its write has the smaller clock and vanishes, although nothing was
/// concurrent.
#[test]
fn a_slow_clock_loses_a_write_that_came_after() {
    let mut story = Story::default();
    let first = story.write(1, X, clock(5_000, A), &[]);
    story.read(2, X, &[first]);
    let second = story.write(2, X, clock(20, B), &[first]);
    assert_eq!(story.fates(&[first]), [Fate::Kept, Fate::Discarded(By::Write(first))]);
    assert!(story.breaks(Anomaly::WritesFollowReads), "it takes effect before what its session had read");
    story.read(2, X, &[first]);
    assert!(!story.breaks(Anomaly::ReadYourWrites), "the store says that it is the newer one, and by its clocks it is");
    assert!(story.history().happened_before(&story.ops[first.index()], &story.ops[second.index()]));
}
