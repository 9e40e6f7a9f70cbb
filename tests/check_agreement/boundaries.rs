//! Guarantees that lie next to each other, told apart: histories that break one of them and keep the other, and bounds that are just kept.

use replicated_telemetry_store::check::{Survival, check_one};
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::history::{End, Event, History, Op};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::lsn::{Epoch, Lsn, Position};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Demand, Kind, Outcome, Version};
use replicated_telemetry_store::router::{Bound, ReadMode};
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::version::Range;

const KINDS: [Anomaly; 9] = [
    Anomaly::ReadYourWrites,
    Anomaly::MonotonicReads,
    Anomaly::MonotonicWrites,
    Anomaly::WritesFollowReads,
    Anomaly::Causal,
    Anomaly::ConsistentPrefix,
    Anomaly::Linearizability,
    Anomaly::BoundedStaleness,
    Anomaly::SplitBrain,
];

/// A history in which one operation ends before the next begins, each taking 10 us.
#[derive(Default)]
struct Story {
    ops: Vec<Op>,
    now: u64,
    mode: ReadMode,
}

const X: u32 = 0;
const Y: u32 = 1;

impl Story {
    fn add(&mut self, session: u32, key: u32, kind: Kind, outcome: Outcome, replica: u16) -> OpId {
        let id = OpId(u32::try_from(self.ops.len()).expect("small"));
        let (client, session) = (NodeId(10), (session, 0));
        let end = Some(End { at: SimTime(self.now + 10), outcome, replica: Some(NodeId(replica)), attempts: 1 });
        let (key, group, token, context, invoked) = (KeyId(key), GroupId(0), Position::ZERO, Range::EMPTY, SimTime(self.now));
        self.ops.push(Op { id, client, session, key, group, kind, token, context, demand: Demand::Nothing, invoked, end });
        self.now += 10;
        id
    }

    fn write(&mut self, session: u32, key: u32, (epoch, lsn): (u32, u64)) -> OpId {
        let at = Position { epoch: Epoch(epoch), lsn: Lsn(lsn) };
        self.add(session, key, Kind::Write(Value::Int(0)), Outcome::Written { at }, 0)
    }

    /// A read at a replica which had applied so much, of what this write wrote.
    fn read(&mut self, session: u32, key: u32, of: Option<OpId>, (replica, lsn): (u16, u64)) -> OpId {
        let write = of.map(|id| self.ops[id.index()]);
        let found = write.and_then(|op| Some(Version { at: op.acknowledged()?.0, value: Value::Int(0), op: op.id }));
        let applied = Position { epoch: found.map_or(Epoch(1), |version| version.at.epoch), lsn: Lsn(lsn) };
        self.add(session, key, Kind::Read(Some(self.mode)), Outcome::Value { found, applied }, replica)
    }

    fn broken_within(&self, bound: Bound) -> Vec<Anomaly> {
        let events = self.ops.iter().flat_map(|op| [Event::Invoke(op.id), Event::Complete(op.id)]).collect();
        let history = History { ops: &self.ops, events, groups: 1, bound, ..History::default() };
        KINDS.into_iter().filter(|kind| !check_one(&history, &Survival::default(), *kind).is_empty()).collect()
    }

    fn broken(&self) -> Vec<Anomaly> {
        self.broken_within(Bound::default())
    }
}

fn story(mode: ReadMode) -> Story {
    Story { mode, ..Story::default() }
}

#[test]
fn an_own_write_that_was_never_read_is_missed_without_going_back() {
    let mut story = story(ReadMode::AnyFollower);
    story.write(1, X, (1, 1));
    story.read(1, X, None, (1, 0));
    assert_eq!(story.broken(), [Anomaly::ReadYourWrites, Anomaly::Causal, Anomaly::ConsistentPrefix]);
}

#[test]
fn a_reader_without_writes_goes_back_and_misses_nothing_of_its_own() {
    let mut story = story(ReadMode::AnyFollower);
    let write = story.write(1, X, (1, 1));
    story.read(2, X, Some(write), (1, 1));
    story.read(2, X, None, (2, 0));
    assert_eq!(story.broken(), [Anomaly::MonotonicReads, Anomaly::Causal, Anomaly::ConsistentPrefix]);
}

#[test]
fn the_writers_past_is_causal_and_no_guarantee_of_the_reader_alone() {
    let mut story = story(ReadMode::AnyFollower);
    let question = story.write(1, X, (1, 1));
    story.read(2, X, Some(question), (1, 1));
    let answer = story.write(2, Y, (1, 2));
    story.read(3, Y, Some(answer), (1, 2));
    story.read(3, X, None, (2, 0));
    assert_eq!(story.broken(), [Anomaly::Causal, Anomaly::ConsistentPrefix]);
}

#[test]
fn what_only_stands_before_in_the_log_is_no_cause() {
    let mut story = story(ReadMode::AnyFollower);
    story.write(1, X, (1, 1));
    let other = story.write(2, Y, (1, 2));
    story.read(3, Y, Some(other), (1, 2));
    story.read(3, X, None, (2, 0));
    assert_eq!(story.broken(), [Anomaly::ConsistentPrefix]);
}

#[test]
fn who_knows_nothing_is_stale_and_breaks_no_more() {
    for (mode, broken) in [(ReadMode::AnyFollower, vec![]), (ReadMode::Leader, vec![Anomaly::Linearizability])] {
        let mut story = story(mode);
        story.write(1, X, (1, 1));
        story.read(2, X, None, (1, 0));
        assert_eq!(story.broken(), broken);
    }
}

/// The same two answers: of one replica they are a hole in what it holds, of two replicas one of them is behind.
#[test]
fn propagation_is_about_one_replica_a_prefix_about_one_reader() {
    for (second, broken) in [(1, vec![Anomaly::MonotonicWrites]), (2, vec![])] {
        let mut story = story(ReadMode::AnyFollower);
        story.write(1, X, (1, 1));
        let later = story.write(1, Y, (1, 2));
        story.read(2, Y, Some(later), (1, 2));
        // Somebody else asks: who knows nothing himself.
        story.read(3, X, None, (second, 2));
        assert_eq!(story.broken(), broken);
    }
}

#[test]
fn a_replica_that_has_lost_the_later_write_says_nothing_about_the_earlier() {
    let mut story = story(ReadMode::AnyFollower);
    story.write(1, X, (1, 1));
    let later = story.write(1, Y, (1, 2));
    story.read(2, Y, Some(later), (1, 2));
    story.read(3, X, None, (1, 0));
    assert_eq!(story.broken(), []);
}

#[test]
fn the_question_is_read_or_written_by_who_answers() {
    // Written: monotonic writes. Read: writes follow reads. The same three writes and answers otherwise.
    for (reads, kind) in [(false, Anomaly::MonotonicWrites), (true, Anomaly::WritesFollowReads)] {
        let mut story = story(ReadMode::AnyFollower);
        let question = story.write(if reads { 5 } else { 1 }, X, (1, 1));
        if reads {
            story.read(1, X, Some(question), (0, 1));
        }
        let answer = story.write(1, Y, (1, 2));
        story.read(2, Y, Some(answer), (1, 2));
        story.read(3, X, None, (1, 2));
        assert_eq!(story.broken(), [kind]);
    }
}

#[test]
fn an_old_leader_orders_a_write_before_what_the_session_wrote_or_read() {
    let mut story = story(ReadMode::AnyFollower);
    story.write(1, X, (2, 5));
    story.write(1, Y, (1, 7));
    assert_eq!(story.broken(), [Anomaly::MonotonicWrites, Anomaly::SplitBrain]);
    let mut story = self::story(ReadMode::AnyFollower);
    let newer = story.write(2, X, (2, 5));
    story.read(1, X, Some(newer), (1, 5));
    story.write(1, Y, (1, 7));
    assert_eq!(story.broken(), [Anomaly::WritesFollowReads, Anomaly::SplitBrain]);
}

#[test]
fn a_bound_may_be_reached_and_not_passed() {
    let mut story = story(ReadMode::BoundedStaleness);
    story.write(1, X, (1, 1));
    story.write(1, X, (1, 2));
    story.now += 80;
    story.read(2, X, None, (1, 0));
    // The first that it missed was acknowledged at 10 us, the read began at 100 us; it missed two.
    let time = |micros| Bound::Time(SimDuration(micros));
    assert_eq!(story.broken_within(time(90)), []);
    assert_eq!(story.broken_within(time(89)), [Anomaly::BoundedStaleness]);
    assert_eq!(story.broken_within(Bound::Entries(2)), []);
    assert_eq!(story.broken_within(Bound::Entries(1)), [Anomaly::BoundedStaleness]);
}

#[test]
fn an_old_value_that_nobody_replaced_is_fresh() {
    let mut story = story(ReadMode::BoundedStaleness);
    let write = story.write(1, X, (1, 1));
    story.now += 1_000_000;
    story.write(1, Y, (1, 2));
    story.read(2, X, Some(write), (1, 1));
    assert_eq!(story.broken_within(Bound::Time(SimDuration(0))), []);
    assert_eq!(story.broken_within(Bound::Entries(0)), []);
}
