//! The leader's side: take a write, give it a stamp and a place in the log, and acknowledge it at once.
//!
//! Nobody else is asked: what another leader takes at the same time is found out when the two updates meet. So are constraints: a leader
//! checks them against what it holds, and two leaders may each find a room free.

use std::sync::Arc;

use super::message::{Answer, Message, Passed, Token};
use super::policy::Policy;
use super::replica::{Announcing, HOME_AGAIN, Home, Logged, Replica};
use super::update::{Change, Update, actor_of};
use super::{Fact, MultiLeader, Timer};
use crate::family::{Effects, Now};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::{Demand, Reason};
use crate::statement;
use crate::version::{Dot, DottedVersion, VersionVector};

/// How often a leader joins versions of one key by itself.
const JOINED_MAX: u32 = 100;

impl Replica {
    /// Takes a write, or says why not.
    pub(super) fn write(
        &mut self,
        now: Now,
        op: OpId,
        (key, value): (KeyId, Value),
        demand: Demand,
        context: &Token,
        out: &mut impl Effects<MultiLeader>,
    ) -> Answer {
        if !self.leads() {
            return Answer::NotHome { leader: self.config.leader, number: 0 };
        }
        if let Policy::Avoid { range } = self.policy(key)
            && let Some(Home { leader, number }) = self.homes.get(usize::from(range)).copied()
            && leader != self.config.id
        {
            return Answer::NotHome { leader, number };
        }
        let Some((key, value)) = self.row(op, key, value, out) else {
            return Answer::Refused(Reason::ConditionFailed);
        };
        if !self.meets(key, value, demand) {
            return Answer::Refused(Reason::ConditionFailed);
        }
        let policy = self.policy(key);
        // A register of the largest number never takes a smaller one, whoever writes it and whatever it has seen.
        let value = if policy == Policy::Maximum { value.max(self.store.value(key, policy).unwrap_or(value)) } else { value };
        let past = if policy.goes_by_context() { context.as_deref().cloned().unwrap_or_default() } else { self.store.seen(key) };
        let carried = match (policy, value) {
            (Policy::Replicated(replicated), Value::Method(number)) => match self.call(now, key, replicated, number) {
                Ok(carried) => carried,
                Err(error) => return Answer::Refused(Reason::of(error)),
            },
            _ => None,
        };
        let mut update = self.update(now, op, (key, value), demand == Demand::Present, past);
        update.carried = carried;
        let stamp = update.stamp.clone();
        self.take(now, Logged { update: Arc::new(update), passed: Passed::default(), state: None }, None, out);
        // The answer is like that to a read (Kleppmann and Riccomini, figure 6-15): a client that builds on its write has seen them all.
        let mut beside = if policy.goes_by_context() { self.store.shown(key, policy) } else { Vec::new() };
        beside.retain(|version| version.op != op);
        Answer::Written { stamp, value, beside }
    }

    /// The row and the value of a write: of a new row, the next number that this leader gives.
    fn row(&self, op: OpId, key: KeyId, value: Value, out: &mut impl Effects<MultiLeader>) -> Option<(KeyId, Value)> {
        let Value::Statement(number) = value else { return Some((key, value)) };
        let statement = self.config.statements.get(number as usize)?;
        let statement::Change::Insert(value) = statement.change else { return None };
        let place = self.config.leaders.iter().position(|id| *id == self.config.id).unwrap_or(0) as u64;
        let mine = |number: u64| self.config.step <= 1 || number % self.config.step == place % self.config.step;
        let used = statement.rows.iter().rposition(|row| !self.store.versions(*row).is_empty()).map_or(0, |last| last + 1);
        let (_, row) = (0_u64..).zip(&statement.rows).skip(used).find(|(number, _)| mine(*number))?;
        out.note(Fact::Wrote(op, *row));
        Some((*row, value))
    }

    /// Whether what a write demands is so, as far as this leader knows.
    fn meets(&self, key: KeyId, value: Value, demand: Demand) -> bool {
        let there = self.store.value(key, self.policy(key));
        match demand {
            Demand::Nothing => true,
            Demand::Absent => there.is_none(),
            Demand::Present => there.is_some(),
            Demand::Equals(expected) => there == Some(expected),
            Demand::AtLeast(floor) => {
                let (sum, more) = match (value, there) {
                    (Value::Delta(more), _) => (self.store.sum(key), more),
                    (Value::Method(number), Some(Value::Int(sum))) => (sum, self.adds(number)),
                    (Value::Method(number), _) => (0, self.adds(number)),
                    _ => (self.store.sum(key), 0),
                };
                sum.saturating_add(more) >= floor
            }
        }
    }

    /// The update of a write that this leader takes now.
    fn update(&mut self, now: Now, op: OpId, (key, value): (KeyId, Value), needs_row: bool, past: VersionVector) -> Update {
        self.taken += 1;
        let dot = Dot { actor: actor_of(self.config.id), count: self.taken };
        let change = match value {
            Value::Nothing => Change::Delete,
            Value::Delta(more) => Change::Add(more),
            Value::Method(number) => Change::Call(number),
            Value::Characters(_) | Value::Amounts(_) => panic!("{op:?} writes what is worked out: {value:?}"),
            Value::Text(_) | Value::Int(_) | Value::Set(_) | Value::Joined(_) | Value::Statement(_) | Value::Column => {
                Change::Set(value)
            }
        };
        let stamp = DottedVersion::new(dot, past).unwrap_or_else(|| panic!("the past of {op:?} has its own update {dot}"));
        let (stamp, seen, clocks) = (Arc::new(stamp), self.applied.whole().clone(), self.clocks.tick(now));
        Update { op, key, change, needs_row, stamp, seen, clocks, replaces: None, carried: None }
    }

    /// Writes two versions one behind the other, the own first: what should never be done. It would never end, and with each leader more than two
    /// there are more such writes in every round: after some the leader leaves versions beside each other, and says so.
    pub(super) fn join(&mut self, now: Now, with: &Update, out: &mut impl Effects<MultiLeader>) {
        let mine = actor_of(self.config.id);
        let Some(value) = self.store.joined(with.key, |version| version.stamp.dot().actor == mine) else { return };
        let joined = self.joined.or_insert_with(with.key, || 0);
        *joined += 1;
        if *joined > JOINED_MAX {
            if *joined == JOINED_MAX + 1 {
                out.note(Fact::LeftBeside(with.op));
            }
            return;
        }
        let own = self.store.versions(with.key).iter().find(|version| version.stamp.dot().actor == mine);
        let op = own.map_or(with.op, |version| version.op);
        out.note(Fact::Joined(with.op));
        let past = self.store.seen(with.key);
        let update = self.update(now, op, (with.key, value), false, past);
        self.take(now, Logged { update: Arc::new(update), passed: Passed::default(), state: None }, None, out);
    }

    /// Writes anew what another leader took, on top of all that is there: the place of a write in the order is that of its arrival here.
    pub(super) fn take_anew(&mut self, now: Now, update: &Update, out: &mut impl Effects<MultiLeader>) {
        let value = match update.change {
            Change::Set(value) => value,
            Change::Delete => Value::Nothing,
            Change::Add(more) => Value::Delta(more),
            Change::Call(number) => Value::Method(number),
        };
        out.note(Fact::Rebased(update.op));
        let past = self.store.seen(update.key);
        let mut anew = self.update(now, update.op, (update.key, value), update.needs_row, past);
        anew.replaces = Some(update.dot());
        self.take(now, Logged { update: Arc::new(anew), passed: Passed::default(), state: None }, None, out);
    }

    /// The operator makes this leader the home of a range.
    pub(super) fn be_home(&mut self, range: u16, number: u32, out: &mut impl Effects<MultiLeader>) {
        let Some(home) = self.homes.get_mut(usize::from(range)) else { return };
        if number <= home.number {
            return;
        }
        *home = Home { leader: self.config.id, number };
        out.note(Fact::IsHome(range));
        let others = self.config.leaders.iter().chain(&self.config.clients).copied();
        let missing: Vec<NodeId> = others.filter(|id| *id != self.config.id).collect();
        self.announcing.push(Announcing { range, number, missing, said: 0 });
        self.announce_again(out);
    }

    /// Says to all who have not answered that it is the home of a range.
    pub(super) fn announce_again(&mut self, out: &mut impl Effects<MultiLeader>) {
        for announcing in &mut self.announcing {
            let Announcing { range, number, said, ref missing } = *announcing;
            missing.iter().for_each(|id| out.send(*id, Message::Home { range, number, resent: said }));
            announcing.said += 1;
        }
        if !self.announcing.is_empty() {
            out.set_timer(Timer::Resend(self.config.id), HOME_AGAIN);
        }
    }

    /// Somebody has heard that it is the home.
    pub(super) fn on_noted(&mut self, src: NodeId, range: u16, number: u32) {
        for announcing in &mut self.announcing {
            if (announcing.range, announcing.number) == (range, number) {
                announcing.missing.retain(|id| *id != src);
            }
        }
        self.announcing.retain(|announcing| !announcing.missing.is_empty());
    }

    /// Another leader is the home of a range.
    pub(super) fn learn_home(&mut self, range: u16, home: Home, out: &mut impl Effects<MultiLeader>) {
        let Some(known) = self.homes.get_mut(usize::from(range)) else { return };
        if home.number > known.number {
            *known = home;
            out.note(Fact::HomeMoved(range, home.leader));
            self.announcing.retain(|announcing| announcing.range != range || announcing.number > home.number);
        }
    }
}
