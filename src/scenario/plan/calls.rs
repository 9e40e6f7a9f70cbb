//! The plan's side of replicated data: the type of each range of keys, and methods with their names looked up.

use super::place::{Place, Result, wrong};
use super::writes::Written;
use super::{Action, Plan};
use crate::family::MultiLeaderIncluded;
use crate::family::multi_leader::{Arrow, DataType, MergeRule, Method, Policy, Replicated};
use crate::log::Value;
use crate::operation::{Demand, Kind};
use crate::scenario::limits::VALUE_MAX;
use crate::scenario::{DataTypeSpec, MethodSpec};

impl Plan {
    /// The replicated data type of a range of keys, which has to have the form that is to travel.
    pub(super) fn replicated(spec: &DataTypeSpec, place: &Place<'_>) -> Result<Policy> {
        let DataTypeSpec { data_type, sends, bias, merge } = *spec;
        if !data_type.has(sends) {
            let message = format!("the type {} has no form in which {} travel", data_type.name(), sends.name());
            return wrong(&place.at("sends"), message);
        }
        if data_type != DataType::Number && merge != MergeRule::default() {
            return wrong(&place.at("merge"), format!("the type {} has a merge of its own", data_type.name()));
        }
        if data_type != DataType::LwwElementSet && bias != crate::crdt::Bias::default() {
            return wrong(&place.at("bias"), format!("in the type {} no equal times are decided", data_type.name()));
        }
        Ok(Policy::Replicated(Replicated { data_type, sends, bias, merge }))
    }

    /// A client calls a method of replicated data.
    pub(super) fn call(
        &mut self,
        written: &Written<'_>,
        method: &MethodSpec,
        floor: Option<i64>,
        here: &Place<'_>,
    ) -> Result<Action> {
        let (client, key, prefer) = self.ends_of(written, here)?;
        let Some(Policy::Replicated(replicated)) = self.policy(key) else {
            let message = format!("'{}' is no replicated data: its conflicts have another rule", self.key_name(key));
            return wrong(&here.at("key"), message);
        };
        let place = here.at("do");
        let method = self.method(method, &place)?;
        if !replicated.data_type.knows(&method) {
            return wrong(
                &place,
                format!("'{}' is of the type {}, which has no such method", self.key_name(key), replicated.data_type.name()),
            );
        }
        if floor.is_some() && !replicated.data_type.counts() {
            return wrong(&here.at("floor"), format!("'{}' is no counter", self.key_name(key)));
        }
        let number = self.methods.iter().position(|known| *known == method).unwrap_or_else(|| {
            self.methods.push(method);
            self.methods.len() - 1
        });
        let kind = Kind::Write(Value::Method(u32::try_from(number).unwrap_or(u32::MAX)));
        Ok(Action::Invoke { client, key, kind, prefer, demand: floor.map_or(Demand::Nothing, Demand::AtLeast) })
    }

    fn method(&mut self, spec: &MethodSpec, place: &Place<'_>) -> Result<Method> {
        Ok(match spec {
            MethodSpec::Increment(n) => Method::Increment(*n),
            MethodSpec::Decrement(n) => Method::Decrement(*n),
            MethodSpec::Transfer(spec) => {
                let (transfer, amount) = (place.at("transfer"), spec.amount);
                let to = &transfer.at("to");
                let id = self.replica(&spec.to, to)?;
                if self.several_of(id).is_none_or(|several| several.each_leader().all(|leader| leader != id)) {
                    return wrong(to, format!("'{}' is no leader", spec.to));
                }
                Method::Transfer { to: id.0, amount }
            }
            MethodSpec::Assign(value) => Method::Assign(self.element(value, &place.at("assign"))?),
            MethodSpec::Add(element) => Method::Add(self.element(element, &place.at("add"))?),
            MethodSpec::Remove(element) => Method::Remove(self.element(element, &place.at("remove"))?),
            MethodSpec::Insert(spec) => {
                super::at_most(spec.text.len(), VALUE_MAX, &place.at("insert").at("text"), "bytes")?;
                Method::Insert { index: spec.index, text: spec.text.clone() }
            }
            MethodSpec::Delete(spec) => Method::Delete { index: spec.index, count: spec.count },
            MethodSpec::AddVertex(vertex) => Method::AddVertex(self.element(vertex, &place.at("add-vertex"))?),
            MethodSpec::RemoveVertex(vertex) => Method::RemoveVertex(self.element(vertex, &place.at("remove-vertex"))?),
            MethodSpec::AddEdge(ends) => Method::AddEdge(self.arrow(ends, &place.at("add-edge"))?),
            MethodSpec::RemoveEdge(ends) => Method::RemoveEdge(self.arrow(ends, &place.at("remove-edge"))?),
            MethodSpec::Count(spec) => {
                Method::Count { field: self.element(&spec.field, &place.at("count").at("field"))?, by: spec.by }
            }
            MethodSpec::Put(spec) => {
                let (field, entry) = self.entry(&spec.field, &spec.element, &place.at("put"))?;
                Method::Put { field, entry }
            }
            MethodSpec::Take(spec) => {
                let (field, entry) = self.entry(&spec.field, &spec.element, &place.at("take"))?;
                Method::Take { field, entry }
            }
            MethodSpec::Drop(field) => Method::Drop(self.element(field, &place.at("drop"))?),
        })
    }

    /// An edge: its ends, and the element that stands for it where a value is shown.
    fn arrow(&mut self, (from, to): &(String, String), place: &Place<'_>) -> Result<Arrow> {
        let (start, end) = (self.element(from, place)?, self.element(to, place)?);
        Ok(Arrow { from: start, to: end, edge: self.element(&format!("{from} → {to}"), place)? })
    }

    /// A field of a map, and the element that stands for it and what is in it.
    fn entry(&mut self, field: &str, element: &str, place: &Place<'_>) -> Result<(u8, u8)> {
        Ok((self.element(field, &place.at("field"))?, self.element(&format!("{field}: {element}"), &place.at("element"))?))
    }

    /// A method as a person reads it.
    #[must_use]
    pub fn show_method(&self, number: u32) -> String {
        let name = |element: &u8| self.elements.get(usize::from(*element)).map_or("?", String::as_str);
        // A program that leaves out such groups has no methods to show.
        match MultiLeaderIncluded::proof().and_then(|_| self.methods.get(number as usize)) {
            None => String::new(),
            Some(Method::Increment(n)) => format!("increment({n})"),
            Some(Method::Decrement(n)) => format!("decrement({n})"),
            Some(Method::Transfer { to, amount }) => {
                format!("transfer({amount}, {})", self.name(crate::network::NodeId(*to)))
            }
            Some(Method::Assign(value)) => format!("assign({})", name(value)),
            Some(Method::Add(element)) => format!("add({})", name(element)),
            Some(Method::Remove(element)) => format!("remove({})", name(element)),
            Some(Method::Insert { index, text }) => format!("insert({index}, '{text}')"),
            Some(Method::Delete { index, count }) => format!("delete({index}, {count})"),
            Some(Method::AddVertex(vertex)) => format!("addVertex({})", name(vertex)),
            Some(Method::RemoveVertex(vertex)) => format!("removeVertex({})", name(vertex)),
            Some(Method::AddEdge(arrow)) => format!("addEdge({})", name(&arrow.edge)),
            Some(Method::RemoveEdge(arrow)) => format!("removeEdge({})", name(&arrow.edge)),
            Some(Method::Count { field, by }) => format!("count({}, {by:+})", name(field)),
            Some(Method::Put { entry, .. }) => format!("put({})", name(entry)),
            Some(Method::Take { entry, .. }) => format!("take({})", name(entry)),
            Some(Method::Drop(field)) => format!("drop({})", name(field)),
        }
    }

    /// What is counted under elements, as a person reads it.
    pub(super) fn show_amounts(&self, amounts: &[(u8, i8)]) -> String {
        let shown = amounts.iter().filter(|(number, _)| *number != 0).map(|(number, count)| {
            let name = self.elements.get(usize::from(*number) - 1).map_or("?", String::as_str);
            format!("{name}: {count}")
        });
        format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
    }
}

/// The characters of a text that was worked out.
pub(super) fn show_characters(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}
