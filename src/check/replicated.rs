//! Replicated data: whether what a replica shows is what its updates mean.
//!
//! The meaning is the sequential one, as far as the order of the updates gives one. Bieniusa et al. 2012 ask of a replicated type: if all
//! orders that causality allows come to the same, that is what concurrent updates have to come to ("principle of permutation equivalence").
//! Where an element was added and removed concurrently either answer is right, and nothing is said. A checker knows methods and stamps, and
//! not how a type works.

use super::{Evidence, Finding, Survival};
use crate::family::MultiLeaderIncluded;
use crate::family::multi_leader::{DataType, Law, Method};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::time::SimTime;
use crate::version::DottedVersion;
use std::sync::Arc;

/// An update of replicated data that a replica has.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The client's operation.
    pub op: OpId,
    /// Its update, and the updates of the key that it comes after.
    pub stamp: Arc<DottedVersion>,
    /// The same by what its leader had applied itself. Where updates overtake each other a leader may know of one that it has not: it
    /// came after it, and did not see it.
    pub visible: Arc<DottedVersion>,
    /// What was called.
    pub method: Method,
}

/// What a replica holds of a key of replicated data in the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// The replica.
    pub node: NodeId,
    /// The key.
    pub key: KeyId,
    /// Its type.
    pub data_type: DataType,
    /// What readers are shown.
    pub shown: Value,
    /// The whole text, of a text: a value has room for its beginning only.
    pub text: Option<String>,
    /// The updates that it has, in the order of their dots.
    pub updates: Vec<Made>,
}

/// What runs leave about replicated data.
#[derive(Clone, Debug, Default)]
pub struct Replicas {
    /// What replicas hold in the end.
    pub holdings: Vec<Holding>,
    /// Which replica took which update in twice, with a difference.
    pub twice: Vec<(SimTime, NodeId, OpId)>,
    /// Which replica merged, with which update, by a merge that breaks which law.
    pub laws: Vec<(SimTime, NodeId, OpId, Law)>,
}

/// What a value should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meant {
    /// The value.
    pub value: Value,
    /// The update that shows it: the last one of what is wrong.
    pub update: OpId,
    /// The update before or beside it, if there is another one.
    pub other: OpId,
    /// Whether what was removed is there, of a type in which a removal ends what it has seen.
    pub came_back: bool,
}

/// Finds values that are not what the updates mean: of each key, the first replica.
#[must_use]
pub fn false_values(included: MultiLeaderIncluded, survival: &Survival) -> Vec<Finding> {
    let mut known: Vec<KeyId> = Vec::new();
    let mut findings = Vec::new();
    for holding in &survival.conflicts.replicas.holdings {
        if known.contains(&holding.key) {
            continue;
        }
        if let Some(meant) = holding.contradicted().filter(|meant| !meant.came_back) {
            known.push(holding.key);
            let Meant { value, update, other, .. } = meant;
            let evidence =
                Evidence::FalseValue { included, update, other, node: holding.node, shown: holding.shown, meant: value };
            findings.push(Finding { at: survival.end, evidence });
        }
    }
    findings
}

/// Finds elements that were removed and are there again: of each key, the first replica.
#[must_use]
pub fn came_back(included: MultiLeaderIncluded, survival: &Survival) -> Vec<Finding> {
    let mut known: Vec<KeyId> = Vec::new();
    let mut findings = Vec::new();
    for holding in &survival.conflicts.replicas.holdings {
        let back = holding.contradicted().filter(|meant| meant.came_back && !known.contains(&holding.key));
        if let Some(Meant { update, other, .. }) = back {
            known.push(holding.key);
            let evidence = Evidence::ResurrectedDelete { included, delete: update, shown: other, node: holding.node };
            findings.push(Finding { at: survival.end, evidence });
        }
    }
    findings
}

/// Finds updates that a replica took in twice: each once.
#[must_use]
pub fn applied_twice(included: MultiLeaderIncluded, survival: &Survival) -> Vec<Finding> {
    let mut known = Vec::new();
    let mut findings = Vec::new();
    for (at, node, update) in &survival.conflicts.replicas.twice {
        if !known.contains(update) {
            known.push(*update);
            findings.push(Finding { at: *at, evidence: Evidence::DuplicateApplied { included, update: *update, node: *node } });
        }
    }
    findings
}

/// Finds merges that break a law: each law once for each key.
#[must_use]
pub fn broken_laws(included: MultiLeaderIncluded, history: &crate::history::History<'_>, survival: &Survival) -> Vec<Finding> {
    let key = |op: OpId| history.ops.get(op.index()).map(|op| op.key);
    let mut known = Vec::new();
    let mut findings = Vec::new();
    for (at, node, update, law) in &survival.conflicts.replicas.laws {
        if !known.contains(&(key(*update), *law)) {
            known.push((key(*update), *law));
            let evidence = Evidence::LawBroken { included, update: *update, node: *node, law: *law };
            findings.push(Finding { at: *at, evidence });
        }
    }
    findings
}

/// What is sure of an element, by the updates that nothing else about it comes after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sure {
    /// All of them add it.
    In,
    /// All of them remove it.
    Out,
    /// Neither, or there are none.
    Open,
}

impl Holding {
    /// What the value should be, if it is another one, both by what updates came after and by what their leaders saw.
    #[must_use]
    pub fn contradicted(&self) -> Option<Meant> {
        let meant = self.judged()?;
        let seen = |made: &Made| Made { stamp: made.visible.clone(), ..made.clone() };
        let seen = Holding { updates: self.updates.iter().map(seen).collect(), ..self.clone() };
        seen.judged().map(|_| meant)
    }

    fn judged(&self) -> Option<Meant> {
        match self.data_type {
            DataType::GCounter | DataType::PnCounter | DataType::BoundedCounter | DataType::Number => self.miscounted(),
            DataType::LwwRegister | DataType::MvRegister => self.misassigned(),
            DataType::GSet
            | DataType::TwoPhaseSet
            | DataType::LwwElementSet
            | DataType::PnSet
            | DataType::OrSet
            | DataType::OrSetOptimised
            | DataType::TwoPhaseGraph
            | DataType::OrMapOfSets => self.misplaced(),
            DataType::OrMapOfCounters => self.miscounted_at_fields(),
            DataType::Rga | DataType::PlainText => self.misspelt(),
        }
    }

    /// The updates about something that no other one about it comes after.
    fn last<'a>(&'a self, about: impl Fn(&Method) -> bool + 'a) -> Vec<&'a Made> {
        let all: Vec<&Made> = self.updates.iter().filter(|made| about(&made.method)).collect();
        let after = |made: &Made| all.iter().any(|other| comes_after(other, made));
        all.iter().copied().filter(|made| !after(made)).collect()
    }

    /// The updates of an element that none of the other kind comes after: the additions that no removal has seen, and the removals that no
    /// addition has. What sees an update that saw another one need not have seen that one, where updates overtake each other.
    fn last_of(&self, element: u8) -> Vec<&Made> {
        let says = |made: &Made| self.adds(&made.method, element);
        let undone =
            |made: &Made, added: bool| self.updates.iter().any(|other| says(other) == Some(!added) && comes_after(other, made));
        self.updates.iter().filter(|made| says(made).is_some_and(|added| !undone(made, added))).collect()
    }

    fn meant(&self, value: Value, update: OpId, came_back: bool) -> Meant {
        let other = self.updates.iter().rev().map(|made| made.op).find(|op| *op != update);
        Meant { value, update, other: other.unwrap_or(update), came_back }
    }

    fn miscounted(&self) -> Option<Meant> {
        let sum: i128 = self.updates.iter().map(|made| made.method.adds()).sum();
        let value = Value::Int(i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }));
        (value != self.shown).then_some(())?;
        Some(self.meant(value, self.updates.last()?.op, false))
    }

    fn misassigned(&self) -> Option<Meant> {
        let last = self.last(|method| matches!(method, Method::Assign(_)));
        let element = |made: &&Made| if let Method::Assign(element) = made.method { Some(element) } else { None };
        let mut values: Vec<u8> = last.iter().filter_map(element).collect();
        values.sort_unstable();
        values.dedup();
        let value = match (self.data_type, values.as_slice()) {
            (_, [one]) => Value::Joined(u64::from(*one) + 1),
            // Of concurrent assignments a clock may choose any.
            (DataType::MvRegister, several) if !several.is_empty() => {
                Value::Set(several.iter().fold(0, |set, one| set | bit(*one)))
            }
            _ => return None,
        };
        (value != self.shown).then(|| self.meant(value, last[0].op, false))
    }

    /// What is sure of a vertex or an element.
    fn sure(&self, element: u8) -> Sure {
        let last = self.last_of(element);
        let says = |added: bool| last.iter().all(|made| self.adds(&made.method, element) == Some(added));
        match () {
            () if last.is_empty() => Sure::Open,
            () if says(true) => Sure::In,
            () if says(false) => Sure::Out,
            () => Sure::Open,
        }
    }

    /// The same of an edge: it is in only with both its ends, and out without one.
    fn sure_of_edge(&self, edge: u8) -> Sure {
        let ends = self.updates.iter().find_map(|made| match made.method {
            Method::AddEdge(arrow) if arrow.edge == edge => Some([arrow.from, arrow.to]),
            _ => None,
        });
        let Some(ends) = ends else { return self.sure(edge) };
        match (self.sure(edge), ends.map(|end| self.sure(end))) {
            (Sure::Out, _) | (_, [Sure::Out, _] | [_, Sure::Out]) => Sure::Out,
            (Sure::In, [Sure::In, Sure::In]) => Sure::In,
            _ => Sure::Open,
        }
    }

    /// Whether a method puts an element in, or takes it out; none if it is about something else.
    fn adds(&self, method: &Method, element: u8) -> Option<bool> {
        let (about, added) = match method {
            Method::Add(about) | Method::AddVertex(about) => (*about, true),
            Method::Remove(about) | Method::RemoveVertex(about) => (*about, false),
            Method::AddEdge(arrow) => (arrow.edge, true),
            Method::RemoveEdge(arrow) => (arrow.edge, false),
            Method::Put { entry, .. } => (*entry, true),
            Method::Take { entry, .. } => (*entry, false),
            // With a field goes all that is in it.
            Method::Drop(field) => {
                let holds = |made: &Made| made.method == Method::Put { field: *field, entry: element };
                return self.updates.iter().any(holds).then_some(false);
            }
            Method::Increment(_)
            | Method::Decrement(_)
            | Method::Transfer { .. }
            | Method::Assign(_)
            | Method::Insert { .. }
            | Method::Delete { .. }
            | Method::Count { .. } => return None,
        };
        (about == element).then_some(added)
    }

    fn misplaced(&self) -> Option<Meant> {
        let Value::Set(shown) = self.shown else { return None };
        let (mut meant, mut wrong) = (shown, None);
        for element in 0..64 {
            match self.sure_of_edge(element) {
                Sure::In if shown & bit(element) == 0 => {
                    (meant, wrong) = (meant | bit(element), wrong.or(Some((element, false))))
                }
                Sure::Out if shown & bit(element) != 0 => {
                    (meant, wrong) = (meant & !bit(element), wrong.or(Some((element, true))))
                }
                Sure::In | Sure::Out | Sure::Open => {}
            }
        }
        let (element, there) = wrong?;
        let last = *self.last_of(element).first()?;
        // Where a removal ends what it has seen, what is there was gone; where times or counts decide it may never have been.
        let ends = matches!(
            self.data_type,
            DataType::OrSet | DataType::OrSetOptimised | DataType::TwoPhaseSet | DataType::TwoPhaseGraph | DataType::OrMapOfSets
        );
        let mut found = self.meant(Value::Set(meant), last.op, there && ends);
        let contrary = self.updates.iter().find(|made| self.adds(&made.method, element) == Some(there) && made.op != last.op);
        found.other = contrary.map_or(found.other, |made| made.op);
        Some(found)
    }

    fn miscounted_at_fields(&self) -> Option<Meant> {
        let Value::Amounts(shown) = self.shown else { return None };
        for made in &self.updates {
            let Method::Count { field, .. } = made.method else { continue };
            let about = move |method: &Method| matches!(method, Method::Count { field: other, .. } | Method::Drop(other) if *other == field);
            let drops = || self.updates.iter().filter(|other| other.method == Method::Drop(field));
            let counts = || self.updates.iter().filter(|other| about(&other.method) && other.method != Method::Drop(field));
            let apart = |drop: &Made| counts().any(|count| !comes_after(drop, count) && !comes_after(count, drop));
            if drops().any(apart) {
                continue;
            }
            let kept = counts().filter(|count| !drops().any(|drop| comes_after(drop, count)));
            let sum: i128 = kept.map(|count| count.method.adds()).sum();
            let there = shown.iter().find(|(number, _)| *number == field + 1).map_or(0, |(_, count)| i128::from(*count));
            if sum != there && i8::try_from(sum).is_ok() {
                let last = self.last(about).first().map_or(made.op, |made| made.op);
                return Some(self.meant(Value::amounts(std::iter::once((field, sum))), last, false));
            }
        }
        None
    }

    /// A text has a sequential meaning if each of its updates comes after all that came before it.
    fn misspelt(&self) -> Option<Meant> {
        let mut order: Vec<&Made> = Vec::new();
        for made in &self.updates {
            let place = order.iter().position(|other| comes_after(other, made)).unwrap_or(order.len());
            order.insert(place, made);
        }
        let chain = order.windows(2).all(|pair| comes_after(pair[1], pair[0]));
        let last = order.last().filter(|_| chain)?;
        let mut text: Vec<char> = Vec::new();
        for made in &order {
            match &made.method {
                Method::Insert { index, text: typed } => {
                    let at = (*index as usize).min(text.len());
                    text.splice(at..at, typed.chars());
                }
                Method::Delete { index, count } => {
                    let from = (*index as usize).min(text.len());
                    let to = from.saturating_add(*count as usize).min(text.len());
                    text.drain(from..to);
                }
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        (self.text.as_ref() != Some(&text)).then(|| self.meant(Value::characters(&text), last.op, false))
    }
}

/// Whether an update had seen another one.
fn comes_after(later: &Made, earlier: &Made) -> bool {
    later.stamp.dot() != earlier.stamp.dot() && later.stamp.includes(earlier.stamp.dot())
}

fn bit(element: u8) -> u64 {
    1 << (element & 63)
}
