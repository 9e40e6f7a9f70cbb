//! What must be left of the writes of a run, by a naive model: causal histories are sets of operations, and nothing is compared by vectors.
//!
//! A write comes after what its session had been shown of the key when it began, and after all that those writes came after. What is left of
//! siblings is what no other write came after. Sums and maxima have no past: everything that was carried out counts.

use std::collections::{BTreeMap, BTreeSet};

use replicated_telemetry_store::family::multi_leader::Replica;
use replicated_telemetry_store::history::{Event, Op};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::run::Run;

use super::generate::{Rule, rule_of};

/// The writes that were carried out, each with those that it came after.
pub(crate) struct Model<'a> {
    run: &'a Run,
    past: BTreeMap<OpId, BTreeSet<OpId>>,
    /// Those that a replica has.
    carried_out: BTreeSet<OpId>,
}

fn written(op: &Op) -> Option<Value> {
    match op.kind {
        Kind::Write(value) => Some(value),
        Kind::Read(_) => None,
    }
}

impl<'a> Model<'a> {
    pub(crate) fn of(run: &'a Run) -> Model<'a> {
        let history = run.history();
        let mut past: BTreeMap<OpId, BTreeSet<OpId>> = BTreeMap::new();
        let mut shown: BTreeMap<_, BTreeSet<OpId>> = BTreeMap::new();
        for event in &history.events {
            let (Event::Invoke(id) | Event::Complete(id)) = event;
            let op = &history.ops[id.index()];
            let mine: &mut BTreeSet<OpId> = shown.entry((op.client, op.session, op.key)).or_default();
            if let Event::Invoke(id) = event {
                if op.is_write() {
                    past.insert(*id, mine.clone());
                }
                continue;
            }
            let range = match op.end.map(|end| end.outcome) {
                Some(Outcome::Stamped { version }) => version,
                Some(Outcome::Siblings { found, .. }) => found,
                _ => continue,
            };
            for version in history.versions.get(range) {
                mine.insert(version.op);
                mine.extend(past.get(&version.op).into_iter().flatten());
            }
        }
        let logs = run.end.multi_leader_replicas().flat_map(|(_, replica)| replica.log.iter());
        let carried_out = logs.map(|entry| entry.update.op).collect();
        Model { run, past, carried_out }
    }

    fn writes(&self, key: KeyId) -> impl Iterator<Item = &Op> {
        let ops = self.carried_out.iter().map(|op| &self.run.trace.ops[op.index()]);
        ops.filter(move |op| op.key == key)
    }

    /// Whether a write came after another one.
    fn after(&self, op: &Op, other: &Op) -> bool {
        self.past[&op.id].contains(&other.id)
    }

    /// The writes of a key that no other one came after.
    fn left(&self, key: KeyId) -> BTreeSet<OpId> {
        let replaced = |op: &Op| self.writes(key).any(|other| self.after(other, op));
        self.writes(key).filter(|op| !replaced(op)).map(|op| op.id).collect()
    }

    /// The elements of a cart: somebody put them in, and nobody who had seen that left them out.
    fn cart(&self, key: KeyId) -> u64 {
        let set = |op: &Op| if let Some(Value::Set(set)) = written(op) { set } else { 0 };
        // Pasts grow, so whoever came first has the smaller one.
        let mut order: Vec<&Op> = self.writes(key).collect();
        order.sort_by_key(|op| (self.past[&op.id].len(), op.id));
        let mut put_in: Vec<(u64, &Op)> = Vec::new();
        for op in &order {
            for bit in (0..64).map(|n| 1 << n).filter(|bit| set(op) & bit != 0) {
                let left_out = |by: &Op| order.iter().any(|o| self.after(op, o) && self.after(o, by) && set(o) & bit == 0);
                if !put_in.iter().any(|(other, by)| *other == bit && self.after(op, by) && !left_out(by)) {
                    put_in.push((bit, op));
                }
            }
        }
        let stays = |bit: u64, by: &Op| !order.iter().any(|op| self.after(op, by) && set(op) & bit == 0);
        put_in.iter().filter(|(bit, by)| stays(*bit, by)).fold(0, |all, (bit, _)| all | bit)
    }

    /// Compares what a replica shows of every key with what must be left.
    pub(crate) fn agrees_with(&self, replica: &Replica) -> Result<(), String> {
        for (key, name) in (0..).map(KeyId).zip(&self.run.plan.keys) {
            let shown: BTreeSet<OpId> = replica.store.versions(key).iter().map(|version| version.op).collect();
            let value = replica.store.value(key, replica.policy(key));
            let set = if let Some(Value::Set(set)) = value { set } else { 0 };
            let left = || self.left(key);
            let (is, must) = match rule_of(name) {
                Some(Rule::Siblings) => (format!("{shown:?}"), format!("{:?}", left())),
                Some(Rule::Union) => {
                    let versions = left();
                    let all = versions.iter().map(|op| written(&self.run.trace.ops[op.index()]));
                    let united = all.fold(0, |all, value| all | if let Some(Value::Set(set)) = value { set } else { 0 });
                    (format!("{shown:?} {set:b}"), format!("{versions:?} {united:b}"))
                }
                Some(Rule::Cart) => (format!("{shown:?} {set:b}"), format!("{:?} {:b}", left(), self.cart(key))),
                Some(Rule::Sum) => {
                    let each = self.writes(key).map(|op| if let Some(Value::Delta(more)) = written(op) { more } else { 0 });
                    let sum = self.writes(key).next().is_some().then_some(each.sum::<i64>());
                    (format!("{value:?}"), format!("{:?}", sum.map(Value::Int)))
                }
                Some(Rule::Maximum) if self.writes(key).all(|op| written(op) != Some(Value::Nothing)) => {
                    (format!("{value:?}"), format!("{:?}", self.writes(key).filter_map(written).max()))
                }
                Some(Rule::Maximum | Rule::Avoid | Rule::Wins(_) | Rule::Rebase) | None => continue,
            };
            if is != must {
                return Err(format!("of {name} {} shows {is}, and must show {must}", self.run.plan.name(replica.config.id)));
            }
        }
        Ok(())
    }

    /// What clients were told agrees with what was carried out: what was acknowledged was, and what was refused was not.
    pub(crate) fn answers_are_true(&self) -> Result<(), String> {
        for op in self.run.trace.ops.iter().filter(|op| op.is_write()) {
            let there = self.carried_out.contains(&op.id);
            match op.end.map(|end| end.outcome) {
                Some(Outcome::Stamped { .. }) if !there => return Err(format!("{op:?} was acknowledged, and no replica has it")),
                Some(Outcome::Rejected(why)) if there => {
                    return Err(format!("{op:?} was refused ({why:?}), and was carried out"));
                }
                None => return Err(format!("{op:?} never ended")),
                Some(_) => {}
            }
        }
        Ok(())
    }
}
