//! The plan's side of statements: which rows each may concern, and which replicas keep only a part of them.

use super::place::{Place, Result, item, wrong};
use super::plan::{Action, Plan};
use super::{Datum, Event, FormatSpec, SetSpec};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::protocol::Kind;
use crate::statement::{Change, Statement};

impl Plan {
    /// A change of all rows whose keys begin so.
    pub(super) fn update(&mut self, client: &str, rows: &str, set: &SetSpec, here: &Place<'_>) -> Result<Action> {
        let client = self.client(client, &here.at("client"))?;
        let change = match set {
            SetSpec::Now => Change::Now,
            SetSpec::Random => Change::Random,
            SetSpec::Add(Datum::Int(more)) => Change::Add(*more),
            SetSpec::Add(Datum::Text(_)) => return wrong(&here.at("set"), "only a number can be added"),
            SetSpec::To(value) => Change::Set(self.value(value, &here.at("set"))?),
        };
        self.statement(client, format!("{rows}*"), change, &here.at("rows"))
    }

    /// A new row of a table. Its key is there from the start, because it may get any number up to that of such events.
    pub(super) fn insert(&mut self, client: &str, table: &str, value: &Datum, here: &Place<'_>) -> Result<Action> {
        let client = self.client(client, &here.at("client"))?;
        let change = Change::Insert(self.value(value, &here.at("value"))?);
        let before = self.script.iter().filter(|(.., action)| self.inserts_into(action, table)).count();
        self.key(&format!("{table}/{}", before + 1), &here.at("table"))?;
        self.statement(client, format!("{table}/new"), change, &here.at("table"))
    }

    /// Adds a statement under the name that stands for its rows.
    fn statement(&mut self, client: NodeId, rows: String, change: Change, path: &Place<'_>) -> Result<Action> {
        let key = self.key(&rows, path)?;
        let number = u32::try_from(self.statements.len()).unwrap_or(u32::MAX);
        self.statements.push(Statement { rows: Vec::new(), change });
        Ok(Action::Invoke { client, key, kind: Kind::Write(Value::Statement(number)), prefer: None })
    }

    /// Whether an event adds a row to this table.
    fn inserts_into(&self, action: &Action, table: &str) -> bool {
        let Action::Invoke { key, kind: Kind::Write(Value::Statement(_)), .. } = action else { return false };
        self.key_name(*key).strip_suffix("/new") == Some(table)
    }

    /// Whether no row is called so: it is the name of what a statement concerns.
    fn stands_for_rows(name: &str) -> bool {
        name.ends_with('*') || name.ends_with("/new")
    }

    /// Looks up the rows of all statements: every key of the same shard that the name stands for.
    pub(super) fn find_rows(&mut self) {
        let all: Vec<(KeyId, String)> = (0_u32..).map(KeyId).zip(self.keys.iter().cloned()).collect();
        for (.., action) in &self.script {
            let Action::Invoke { key, kind: Kind::Write(Value::Statement(number)), .. } = action else { continue };
            let name = &self.keys[key.0 as usize];
            let group = self.key_groups[key.0 as usize];
            let mine = |id: KeyId| self.key_groups[id.0 as usize] == group;
            let rows = if let Some(table) = name.strip_suffix("new") {
                let numbered = (1..=all.len()).map_while(|n| all.iter().find(|(_, name)| *name == format!("{table}{n}")));
                numbered.map(|(id, _)| *id).collect()
            } else {
                let prefix = name.strip_suffix('*').unwrap_or(name);
                let rows = all.iter().filter(|(id, name)| name.starts_with(prefix) && !Plan::stands_for_rows(name) && mine(*id));
                rows.map(|(id, _)| *id).collect()
            };
            if let Some(statement) = self.statements.get_mut(*number as usize) {
                statement.rows = rows;
            }
        }
    }

    /// Looks up what is kept by replicas that keep only some keys, and sees to it that nothing is asked of them that they cannot do.
    pub(super) fn check_partial(&mut self) -> Result<()> {
        self.keeps = vec![None; self.replicas];
        for (i, shard) in self.scenario.shards.clone().iter().enumerate() {
            let shards = item("shards", i);
            for (j, spec) in shard.keeps.iter().enumerate() {
                let here = &shards.nth("keeps", j);
                if shard.format == FormatSpec::WriteAheadLog {
                    return wrong(here, "bytes of the storage engine cannot be taken in part: choose another format");
                }
                let id = self.replica(&spec.node, &here.at("node"))?;
                if !self.groups[i].members[1..].contains(&id) {
                    return wrong(&here.at("node"), format!("'{}' is no follower of this shard", spec.node));
                }
                if self.groups[i].ack.waits_for(id) {
                    return wrong(&here.at("node"), format!("'{}' keeps only some keys, so no write can wait for it", spec.node));
                }
                let kept = |name: &String| spec.keys.iter().any(|prefix| name.starts_with(prefix.as_str()));
                let keys = (0_u32..).map(KeyId).zip(&self.keys).filter(|(_, name)| kept(name));
                self.keeps[id.index()] = Some(keys.map(|(key, _)| key).collect());
            }
        }
        for (_, place, action) in &self.script {
            let path = item("script", *place);
            match action {
                Action::Promote(id) if self.keeps[id.index()].is_some() => {
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
