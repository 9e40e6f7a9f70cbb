//! The plan's side of statements: which rows each may concern, and which replicas keep only a part of them.

use super::place::{Place, Result, item, wrong};
use super::{Action, Plan};
use crate::family::single_leader::Intervention;
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::{Demand, Kind};
use crate::scenario::{Datum, Event, FormatSpec, QuorumSpec, SetSpec};
use crate::statement::{Change, Statement};

impl Plan {
    /// A change of all rows whose keys begin so.
    pub(super) fn update(&mut self, client: &str, rows: &str, set: &SetSpec, here: &Place<'_>) -> Result<Action> {
        let client = self.client(client, &here.at("client"))?;
        let change = match set {
            SetSpec::Now => Change::Now,
            SetSpec::Random => Change::Random,
            SetSpec::Add(Datum::Int(more)) => Change::Add(*more),
            SetSpec::Add(Datum::Text(_) | Datum::Set(_)) => return wrong(&here.at("set"), "only a number can be added"),
            SetSpec::To(value) => Change::Set(self.value(value, &here.at("set"))?),
        };
        self.statement(client, format!("{rows}*"), change, &here.at("rows"))
    }

    /// A new row of a table.
    pub(super) fn insert(&mut self, client: &str, table: &str, value: &Datum, here: &Place<'_>) -> Result<Action> {
        let client = self.client(client, &here.at("client"))?;
        let change = Change::Insert(self.value(value, &here.at("value"))?);
        self.statement(client, format!("{table}/new"), change, &here.at("table"))
    }

    /// A key that a client names: not what stands for rows.
    pub(super) fn row(&mut self, name: &str, path: &Place<'_>) -> Result<KeyId> {
        if Plan::stands_for_rows(name) {
            return wrong(path, format!("'{name}' stands for the rows of a table, and is no key"));
        }
        self.key(name, path)
    }

    /// Adds a statement under the name that stands for its rows.
    fn statement(&mut self, client: NodeId, rows: String, change: Change, path: &Place<'_>) -> Result<Action> {
        let key = self.key(&rows, path)?;
        let number = u32::try_from(self.statements.len()).unwrap_or(u32::MAX);
        self.statements.push(Statement { rows: Vec::new(), change });
        Ok(Action::Invoke { client, key, kind: Kind::Write(Value::Statement(number)), prefer: None, demand: Demand::Nothing })
    }

    /// Whether no row is called so: it is the name of what a statement concerns.
    fn stands_for_rows(name: &str) -> bool {
        name.ends_with('*') || name.ends_with("/new")
    }

    /// Looks up the rows of all statements: every key that the name stands for. A table has as many rows as are added to it and are
    /// named elsewhere.
    pub(super) fn find_rows(&mut self) -> Result<()> {
        for index in 0..self.keys.len() {
            let name = self.keys[index].clone();
            let mut mine: Vec<(usize, u32)> = Vec::new();
            for (_, place, action) in &self.script {
                match action {
                    Action::Invoke { key, kind: Kind::Write(Value::Statement(number)), .. } if key.0 as usize == index => {
                        mine.push((*place, *number));
                    }
                    _ => {}
                }
            }
            let Some((place, _)) = mine.first() else { continue };
            let here = item("script", *place);
            if let Some(table) = name.strip_suffix("new") {
                // The name itself is one of those that begin so.
                let named = self.keys.iter().filter(|other| other.starts_with(table)).count();
                for n in 1..mine.len() + named {
                    self.key(&format!("{table}{n}"), &here)?;
                }
            }
            let rows = self.rows_named(&name);
            for row in &rows {
                let (group, other) = (self.key_groups[index], self.key_groups[row.0 as usize]);
                if group != other {
                    let (row, shard) = (self.key_name(*row), &self.groups[other.index()].name);
                    return wrong(&here, format!("row '{row}' is in another shard, {shard}: a statement stays in one"));
                }
            }
            for (_, number) in mine {
                self.statements[number as usize].rows.clone_from(&rows);
            }
        }
        Ok(())
    }

    /// The keys that a name stands for; of a table, those with the numbers 1, 2, 3 and so on.
    fn rows_named(&self, name: &str) -> Vec<KeyId> {
        let mut rows = Vec::new();
        if let Some(table) = name.strip_suffix("new") {
            for n in 1..=self.keys.len() {
                let name = format!("{table}{n}");
                let Some(id) = self.keys.iter().position(|other| *other == name) else { break };
                rows.push(KeyId(u32::try_from(id).unwrap_or(u32::MAX)));
            }
            return rows;
        }
        let prefix = name.strip_suffix('*').unwrap_or(name);
        for (id, name) in (0_u32..).zip(&self.keys) {
            if name.starts_with(prefix) && !Plan::stands_for_rows(name) {
                rows.push(KeyId(id));
            }
        }
        rows
    }

    /// Looks up what is kept by replicas that keep only some keys, and sees to it that nothing is asked of them that they cannot do.
    pub(super) fn check_partial(&mut self) -> Result<()> {
        self.keeps = vec![None; self.replicas];
        for (i, shard) in self.scenario.shards.clone().iter().enumerate() {
            let shards = item("shards", i);
            for (j, spec) in shard.keeps.iter().enumerate() {
                let here = &shards.nth("keeps", j);
                match shard.format {
                    FormatSpec::WriteAheadLog => {
                        return wrong(here, "bytes of the storage engine cannot be taken in part: choose the logical format");
                    }
                    FormatSpec::Statement => {
                        return wrong(here, "statements cannot be worked out from a part of the rows: choose the logical format");
                    }
                    FormatSpec::Logical => {}
                }
                let id = self.replica(&spec.node, &here.at("node"))?;
                if !self.groups[i].members[1..].contains(&id) {
                    return wrong(&here.at("node"), format!("'{}' is no follower of this shard", spec.node));
                }
                if self.groups[i].ack.waits_for(id) {
                    return wrong(&here.at("node"), format!("'{}' keeps only some keys, so no write can wait for it", spec.node));
                }
                if self.keeps[id.index()].is_some() {
                    return wrong(&here.at("node"), format!("what '{}' keeps is said already", spec.node));
                }
                let kept = |name: &String| spec.keys.iter().any(|prefix| name.starts_with(prefix.as_str()));
                let keys = (0_u32..).map(KeyId).zip(&self.keys).filter(|(_, name)| kept(name));
                self.keeps[id.index()] = Some(keys.map(|(key, _)| key).collect());
            }
        }
        for (i, shard) in self.scenario.shards.iter().enumerate() {
            let members = shard.followers.len() + 1;
            let whole = members - self.groups[i].members.iter().filter(|id| self.keeps[id.index()].is_some()).count();
            if shard.failover.as_ref().is_some_and(|f| f.quorum == QuorumSpec::Majority) && whole < members / 2 + 1 {
                let message = "replicas that keep only some keys do not vote: the others are no majority";
                return wrong(&item("shards", i).at("failover"), message);
            }
        }
        for (_, place, action) in &self.script {
            let path = item("script", *place);
            match action {
                Action::SingleLeader(id, Intervention::Promote) if self.keeps[id.index()].is_some() => {
                    return wrong(&path, format!("'{}' keeps only some keys and cannot lead", self.name(*id)));
                }
                Action::Invoke { key, prefer: Some(id), .. }
                    if self.keeps[id.index()].as_ref().is_some_and(|keeps| !keeps.contains(key)) =>
                {
                    return wrong(&path, format!("'{}' does not keep '{}'", self.name(*id), self.key_name(*key)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The numbers of the statements that add a row.
    #[must_use]
    pub fn inserts(&self) -> Vec<u32> {
        let adds = |(_, statement): &(u32, &Statement)| matches!(statement.change, Change::Insert(_));
        (0_u32..).zip(&self.statements).filter(adds).map(|(number, _)| number).collect()
    }

    /// Whether replicas have to note checksums: where they could come to differ.
    #[must_use]
    pub(crate) fn wants_checksums(&self, shard: usize) -> bool {
        let shard = &self.scenario.shards[shard];
        let joins = |event: &Event| matches!(event, Event::Join(target) if shard.followers.contains(&target.node));
        shard.format == FormatSpec::Statement
            || shard.retention.is_some()
            || self.scenario.script.iter().any(|scheduled| joins(&scheduled.event))
    }
}
