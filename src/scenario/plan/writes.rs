//! The plan's side of what only groups with several leaders know: conditional writes, deletions, additions, and what operators do to leaders.

use super::place::{Place, Result, wrong};
use super::{Action, Plan};
use crate::family::MultiLeaderIncluded;
use crate::family::multi_leader::{Order, Policy};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::{Demand, Kind};
use crate::scenario::{ConditionSpec, Datum, Direction};

/// A write as the script has it.
pub(super) struct Written<'a> {
    pub(super) client: &'a str,
    pub(super) key: &'a str,
    pub(super) at: Option<&'a str>,
}

impl Plan {
    /// A client sets a key.
    pub(super) fn write(
        &mut self,
        written: &Written<'_>,
        value: &Datum,
        condition: Option<&ConditionSpec>,
        here: &Place<'_>,
    ) -> Result<Action> {
        let (client, key, prefer) = self.ends_of(written, here)?;
        let kind = Kind::Write(self.value_of(key, value, &here.at("value"))?);
        let demand = match condition {
            None => Demand::Nothing,
            Some(ConditionSpec::Absent) => Demand::Absent,
            Some(ConditionSpec::Present) => Demand::Present,
            Some(ConditionSpec::Equals(value)) => Demand::Equals(self.value_of(key, value, &here.at("if"))?),
        };
        Ok(Action::Invoke { client, key, kind, prefer, demand })
    }

    /// A client deletes a key.
    pub(super) fn delete(&mut self, written: &Written<'_>, here: &Place<'_>) -> Result<Action> {
        let (client, key, prefer) = self.ends_of(written, here)?;
        if let Some(Policy::Replicated(_)) = self.policy(key) {
            let message = format!("'{}' is replicated data: clients call its methods", self.key_name(key));
            return wrong(&here.at("key"), message);
        }
        if self.policy(key) == Some(Policy::Sum) {
            return wrong(&here.at("key"), format!("'{}' is a sum, and cannot be deleted", self.key_name(key)));
        }
        Ok(Action::Invoke { client, key, kind: Kind::Write(Value::Nothing), prefer, demand: Demand::Nothing })
    }

    /// A client adds to a number.
    pub(super) fn add(&mut self, written: &Written<'_>, amount: i64, floor: Option<i64>, here: &Place<'_>) -> Result<Action> {
        let (client, key, prefer) = self.ends_of(written, here)?;
        if self.policy(key) != Some(Policy::Sum) {
            let message = format!("'{}' is no sum: its conflicts have another rule", self.key_name(key));
            return wrong(&here.at("key"), message);
        }
        let demand = floor.map_or(Demand::Nothing, Demand::AtLeast);
        Ok(Action::Invoke { client, key, kind: Kind::Write(Value::Delta(amount)), prefer, demand })
    }

    /// Who writes which key, and to which leader the write goes.
    pub(super) fn ends_of(&mut self, written: &Written<'_>, here: &Place<'_>) -> Result<(NodeId, KeyId, Option<NodeId>)> {
        let client = self.client(written.client, &here.at("client"))?;
        let key = self.row(written.key, &here.at("key"))?;
        let prefer = match written.at {
            Some(name) => match self.coordinator_of_key(key, name, &here.at("at"))? {
                Some(coordinator) => Some(coordinator),
                None => Some(self.leader_of_key(key, name, &here.at("at"))?),
            },
            None => None,
        };
        Ok((client, key, prefer))
    }

    /// The leader of this name, of the shard that a key belongs to.
    fn leader_of_key(&self, key: KeyId, name: &str, place: &Place<'_>) -> Result<NodeId> {
        let id = self.replica(name, place)?;
        let group = self.key_groups.get(key.0 as usize).and_then(|group| self.groups.get(group.index()));
        match group.and_then(|group| group.several.as_ref()) {
            Some(several) if several.each_leader().any(|leader| leader == id) => Ok(id),
            Some(_) | None => wrong(place, format!("'{name}' is no leader of the shard of '{}'", self.key_name(key))),
        }
    }

    /// The operator lets a leader pass updates on to another one.
    pub(super) fn connect(&self, included: MultiLeaderIncluded, way: &Direction, here: &Place<'_>) -> Result<Action> {
        let (src, dst) = (self.replica(&way.from, &here.at("from"))?, self.replica(&way.to, &here.at("to"))?);
        let leads = |id: NodeId| self.several_of(id).is_some_and(|several| several.each_leader().any(|l| l == id));
        for (id, name, field) in [(src, &way.from, "from"), (dst, &way.to, "to")] {
            if !leads(id) {
                return wrong(&here.at(field), format!("'{name}' is no leader"));
            }
        }
        if src == dst || self.group_of(src) != self.group_of(dst) {
            return wrong(&here.at("to"), format!("'{}' is no other leader of the same shard", way.to));
        }
        Ok(Action::MultiLeader(included, src, Order::Connect(dst)))
    }

    /// The operator makes another leader the home of a range of keys.
    pub(super) fn move_home(&mut self, included: MultiLeaderIncluded, key: &str, to: &str, here: &Place<'_>) -> Result<Action> {
        let key = self.row(key, &here.at("key"))?;
        let Some(Policy::Avoid { range }) = self.policy(key) else {
            let message = format!("'{}' has no home: its conflicts are not avoided", self.key_name(key));
            return wrong(&here.at("key"), message);
        };
        let to = self.leader_of_key(key, to, &here.at("to"))?;
        Ok(Action::MultiLeader(included, to, Order::BeHome { range, number: 0 }))
    }

    /// Counts how often homes are moved: a later move has a larger number.
    pub(super) fn number_moves(&mut self) {
        let mut count = 0;
        for (_, _, action) in &mut self.script {
            if let Action::MultiLeader(_, _, Order::BeHome { number, .. }) = action {
                count += 1;
                *number = count;
            }
        }
    }
}
