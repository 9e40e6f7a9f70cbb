//! Small random histories: a few sessions on two keys at two replicas, with writes out of order, lost, refused and left open, and
//! reads of anything that had begun by then.

use crate::dice::Dice;
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::history::{End, Event, Op};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::lsn::{Epoch, Lsn, Position};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Demand, Kind, Outcome, Reason, Version};
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::version::Range;

/// A history, and which operations' entries survived.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) ops: Vec<Op>,
    pub(crate) events: Vec<Event>,
    pub(crate) survives: Vec<bool>,
    pub(crate) groups: usize,
}

/// The history of a seed.
pub(crate) fn sample(seed: u64) -> Sample {
    let dice = &mut Dice::new(seed, 0x0C4E_C4ED);
    let (sessions, count, groups) = (1 + dice.below(3), 4 + dice.below(12), 1 + dice.below(2));
    let positions = positions(dice, count);
    let (mut ops, mut events): (Vec<Op>, Vec<Event>) = (Vec::new(), Vec::new());
    let (mut open, mut now): (Vec<usize>, u64) = (Vec::new(), 0);
    while ops.len() < count || !open.is_empty() {
        now += [0, 1, 1, 5, 40][dice.below(5)];
        if ops.len() < count && (open.is_empty() || dice.one_in(2)) {
            let op = begun(dice, (ops.len(), sessions, groups), now);
            // Most clients wait for their answers.
            if open.iter().any(|other| ops[*other].session == op.session) && !dice.one_in(8) {
                continue;
            }
            open.push(ops.len());
            events.push(Event::Invoke(op.id));
            ops.push(op);
        } else {
            let op = open.swap_remove(dice.below(open.len()));
            // Some never end.
            if !dice.one_in(16) {
                ops[op].end = Some(ended(dice, &ops, op, &positions, now));
                events.push(Event::Complete(ops[op].id));
            }
        }
    }
    let survives = ops.iter().map(|_| !dice.one_in(8)).collect();
    Sample { ops, events, survives, groups }
}

/// A place in the log for each operation: mostly in order.
fn positions(dice: &mut Dice, count: usize) -> Vec<Position> {
    let mut lsns: Vec<u64> = (1..=count as u64).collect();
    for _ in 0..dice.below(4) {
        let (a, b) = (dice.below(count), dice.below(count));
        lsns.swap(a, b);
    }
    let second = dice.below(2 * count) as u64;
    let epoch = |dice: &mut Dice, lsn: u64| Epoch(1 + u32::from(lsn > second || dice.one_in(12)));
    lsns.into_iter().map(|lsn| Position { epoch: epoch(dice, lsn), lsn: Lsn(lsn) }).collect()
}

fn begun(dice: &mut Dice, (id, sessions, groups): (usize, usize, usize), now: u64) -> Op {
    let small = |n: usize| u16::try_from(n).expect("small");
    let (session, key) = (dice.below(sessions), dice.below(2));
    let modes = [ReadMode::Leader, ReadMode::AnyFollower, ReadMode::BoundedStaleness];
    let mode = modes[dice.below(3)];
    let value = Value::Int(i64::try_from(id).expect("small"));
    Op {
        id: OpId(u32::try_from(id).expect("small")),
        client: NodeId(10 + small(session)),
        session: (u32::from(small(session)), u32::from(dice.one_in(10))),
        key: KeyId(u32::from(small(key))),
        group: GroupId(small(key % groups)),
        kind: if dice.one_in(2) { Kind::Write(value) } else { Kind::Read(Some(mode)) },
        token: Position::ZERO,
        context: Range::EMPTY,
        demand: Demand::Nothing,
        invoked: SimTime(now),
        end: None,
    }
}

fn ended(dice: &mut Dice, ops: &[Op], op: usize, positions: &[Position], now: u64) -> End {
    let outcome = match ops[op].kind {
        Kind::Write(_) => match dice.below(8) {
            0 => Outcome::Rejected(Reason::NoLeader),
            1 => Outcome::Indeterminate(Reason::TimedOut),
            _ => Outcome::Written { at: positions[op] },
        },
        Kind::Read(_) if dice.one_in(10) => Outcome::Rejected(Reason::NoReplicaFreshEnough),
        Kind::Read(_) => {
            let found = found(dice, ops, op, positions);
            let lsn = Lsn(found.map_or(0, |version| version.at.lsn.0).max(dice.below(positions.len() + 1) as u64));
            Outcome::Value { found, applied: Position { epoch: Epoch(2 - u32::from(dice.one_in(4))), lsn } }
        }
    };
    End { at: SimTime(now), outcome, replica: Some(NodeId(u16::from(dice.one_in(4)))), attempts: 1 }
}

/// What a read returns: nothing, a write of its key, mostly a late one, or something that makes no sense.
fn found(dice: &mut Dice, ops: &[Op], read: usize, positions: &[Position]) -> Option<Version> {
    let writes: Vec<&Op> = ops.iter().filter(|op| op.is_write() && op.key == ops[read].key).collect();
    if writes.is_empty() || dice.one_in(6) {
        return None;
    }
    let late = writes.len() - 1 - dice.below(writes.len()).min(dice.below(writes.len()));
    let write = if dice.one_in(2) { writes[late] } else { writes[dice.below(writes.len())] };
    let Kind::Write(value) = write.kind else { return None };
    let version = Version { at: positions[write.id.index()], value, op: write.id };
    Some(match dice.below(30) {
        0 => Version { value: Value::Int(-1), ..version },
        1 => Version { op: OpId(1_000), ..version },
        _ => version,
    })
}
