//! Levels of isolation of transactions: read committed, read atomic, snapshot isolation, serializable, strict serializable.
//!
//! Each is the absence of certain cycles in the graph of dependencies ([`dependencies`](super::dependencies)):
//! - *read committed* (Adya's PL-2): no cycle of ww and wr, no read of what failed, or of what its transaction replaced itself.
//! - *read atomic* (Bailis et al. 2014; the axiom of Biswas and Enea 2019): who reads from a transaction reads its other writes too, or newer
//!   ones ([`atomic`](super::atomic)).
//! - *snapshot isolation* (Cerone, Bernardi and Gotsman 2015, Theorem 10): no cycle but those in which two rw follow each other.
//! - *serializable* (Adya's PL-3, of items): no cycle at all. *Strict*: none with real time either.
//!
//! A single operation is a transaction of one step. Adya and Elle do not ask for the order of sessions; Biswas and Enea, and the checkers
//! of transactional texts (AWDIT, Plume, PolySI, dbcop), do: see [`Options::isolation_in_sessions`]. Each level contains those before
//! it. Where nobody knows the order of a key's versions, the first two levels are decided all the same, as they ask for no order but one that
//! is free to choose; the others are searched ([`serial`](super::serial)), with a budget.

use super::anomaly::{Anomaly, Through};
use super::cycle::{self, Edge, Why};
use super::dependencies::{Dependencies, Readers};
use super::facts::Facts;
use super::known::Known;
use super::report::{Evidence, Guarantee, Options, Verdict};
use super::{atomic, linearizable, reads, real_time, serial};
use crate::observed::Model;

/// The judgement of all levels of a history: what several of them ask for is found once.
pub(super) struct Isolation<'a> {
    known: Known<'a>,
    options: &'a Options,
    graph: Dependencies,
}

/// Why levels of isolation are not asked of a history.
pub(super) fn declined(facts: &Facts<'_>) -> Option<Verdict> {
    let history = facts.history;
    let several = || history.operations.iter().any(|op| op.count > 1);
    match history.model {
        Model::AppendText => reads::texts(facts),
        Model::Transactions | Model::AppendList => None,
        _ if several() => None,
        _ => Some(Verdict::NotApplicable("no operation has several steps, so they are no transactions".to_owned())),
    }
}

impl<'a> Isolation<'a> {
    pub(super) fn new(known: &Known<'a>, options: &'a Options) -> Isolation<'a> {
        Isolation { known: *known, options, graph: Dependencies::new(known, Readers::Whole) }
    }

    /// The verdict on a level: what a weaker level forbids breaks the stronger ones too.
    pub(super) fn judge(&self, level: Guarantee) -> Verdict {
        let facts = self.known.facts;
        if level == Guarantee::StrictSerializable && !facts.history.real_time {
            return Verdict::NotApplicable("the record does not tell which operations ended before others began".to_owned());
        }
        let found = named(reads::aborted(facts), Anomaly::AbortedRead).or_else(|| reads::thin_air(facts));
        if let Some(evidence) = found.or_else(|| self.known.units.inner.clone()).or_else(|| self.weak(level)) {
            return Verdict::Violated(evidence);
        }
        if let Some(verdict) = reads::ambiguous(facts) {
            let searched = level == Guarantee::StrictSerializable;
            return if searched { linearizable::judge_by_search(facts, self.options) } else { verdict };
        }
        match level {
            Guarantee::ReadCommitted | Guarantee::ReadAtomic => Verdict::Holds,
            _ => self.strong(level),
        }
    }

    /// What breaks read committed, or read atomic if that much is asked for.
    fn weak(&self, level: Guarantee) -> Option<Evidence> {
        let in_sessions = self.options.isolation_in_sessions;
        let mut edges: Vec<Edge> = self.graph.edges.iter().filter(|e| !matches!(e.why, Why::Replaced(_))).copied().collect();
        if let Some(evidence) = self.cycle(&edges) {
            return Some(evidence);
        }
        if in_sessions {
            edges.extend(self.known.session_edges());
            if let Some(evidence) = self.cycle(&edges) {
                return Some(evidence);
            }
        }
        let whole = level != Guarantee::ReadCommitted;
        if !whole && !in_sessions {
            return None;
        }
        match atomic::edges(&self.known, whole, in_sessions) {
            Err(evidence) => return Some(evidence),
            Ok(derived) => edges.extend(derived),
        }
        self.cycle(&edges)
    }

    /// Snapshot isolation and what is above it.
    fn strong(&self, level: Guarantee) -> Verdict {
        let mut edges = self.graph.edges.clone();
        if self.options.isolation_in_sessions {
            edges.extend(self.known.session_edges());
        }
        if let Some(evidence) = self.skewed(&edges).or_else(|| reads::lost_update(self.known.facts)) {
            return Verdict::Violated(evidence);
        }
        let cycle = self.cycle(&edges);
        if level == Guarantee::SnapshotIsolation && (cycle.is_some() || !self.graph.unknown.is_empty()) {
            return if self.settled(&edges) { Verdict::Holds } else { self.searched(level) };
        }
        if let Some(evidence) = cycle {
            return Verdict::Violated(evidence);
        }
        if level == Guarantee::StrictSerializable {
            let nodes = real_time::by_instants(self.known.facts, self.graph.nodes, &mut edges);
            if let Some(cycle) = cycle::find(nodes, &edges) {
                return Verdict::Violated(self.evidence(&cycle));
            }
        }
        if self.graph.unknown.is_empty() { Verdict::Holds } else { self.searched(level) }
    }

    fn searched(&self, level: Guarantee) -> Verdict {
        serial::judge(&self.known, self.options, &self.graph, level)
    }

    /// A cycle in which no two anti-dependencies follow each other: each node is there twice, once for having been reached by one.
    fn skewed(&self, edges: &[Edge]) -> Option<Evidence> {
        let count = self.graph.nodes as u32;
        let operations = 2 * self.known.facts.history.operations.len() as u32;
        let mut twice = Vec::with_capacity(edges.len() * 2);
        for edge in edges {
            let (from, to) = (edge.from, edge.to);
            if from >= operations {
                twice.push(Edge { from: from + count, to: to + count, ..*edge });
            } else if matches!(edge.why, Why::Replaced(_)) {
                twice.push(Edge { from, to: to + count, ..*edge });
            } else {
                twice.extend([Edge { from, to, ..*edge }, Edge { from: from + count, to, ..*edge }]);
            }
        }
        let cycle = cycle::find(2 * self.graph.nodes, &twice)?;
        let once = |edge: Edge| Edge { from: edge.from % count, to: edge.to % count, why: edge.why };
        Some(self.evidence(&cycle.into_iter().map(once).collect::<Vec<_>>()))
    }

    /// Whether the graph says all of it: no key's versions are without an order, and appends that nobody has read can be ordered too.
    fn settled(&self, edges: &[Edge]) -> bool {
        if !self.graph.unknown.is_empty() {
            return false;
        }
        if self.graph.unread.is_empty() {
            return true;
        }
        // Any order will do that makes no cycle; one that keeps the other dependencies mostly does.
        let mut place = vec![0_u32; self.graph.nodes];
        let kept: Vec<Edge> = edges.iter().filter(|edge| !matches!(edge.why, Why::Replaced(_))).copied().collect();
        for (at, node) in (0_u32..).zip(cycle::sorted(self.graph.nodes, &kept)) {
            place[node as usize] = at;
        }
        let mut edges = edges.to_vec();
        for (key, units) in &self.graph.unread {
            let mut units = units.clone();
            units.sort_by_key(|unit| place[*unit as usize]);
            edges.extend(units.windows(2).map(|pair| Edge { from: pair[0], to: pair[1], why: Why::Version(*key) }));
        }
        self.skewed(&edges).is_none()
    }

    fn cycle(&self, edges: &[Edge]) -> Option<Evidence> {
        cycle::find(self.graph.nodes, edges).map(|cycle| self.evidence(&cycle))
    }

    /// A cycle as evidence, with its name.
    fn evidence(&self, cycle: &[Edge]) -> Evidence {
        let steps = cycle::between_operations(self.known.facts, cycle);
        let (anomaly, through) = name(&steps);
        let evidence = cycle::evidence(self.known.facts, cycle);
        let text = format!("{}: {}", capital(anomaly.words()), evidence.text);
        Evidence { text, anomaly: Some((anomaly, through)), ..evidence }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn named(evidence: Option<Evidence>, anomaly: Anomaly) -> Option<Evidence> {
    evidence.map(|evidence| Evidence { anomaly: Some((anomaly, Through::Dependencies)), ..evidence })
}

/// What experts call a cycle.
fn name(cycle: &[Edge]) -> (Anomaly, Through) {
    let has = |what: fn(&Why) -> bool| cycle.iter().any(|edge| what(&edge.why));
    let through = if has(|why| *why == Why::Time) {
        Through::RealTime
    } else if has(|why| matches!(why, Why::Session | Why::Followed(_))) {
        Through::Session
    } else {
        Through::Dependencies
    };
    let replaces = |edge: &Edge| matches!(edge.why, Why::Replaced(_));
    let skips = cycle.iter().filter(|edge| replaces(edge)).count();
    let adjacent = (0..cycle.len()).any(|i| replaces(&cycle[i]) && replaces(&cycle[(i + 1) % cycle.len()]));
    let one_key = |edge: &Edge| match edge.why {
        Why::Replaced(key) | Why::Version(key) => Some(key),
        _ => None,
    };
    let same_key = cycle.len() == 2 && one_key(&cycle[0]).is_some() && one_key(&cycle[0]) == one_key(&cycle[1]);
    let anomaly = match skips {
        0 if has(|why| matches!(why, Why::Seen(_) | Why::Followed(_))) => Anomaly::ReadSkew,
        0 if has(|why| *why == Why::Read) => Anomaly::CircularInformationFlow,
        0 => Anomaly::DirtyWrite,
        1 | 2 if same_key => Anomaly::LostUpdate,
        1 => Anomaly::ReadSkew,
        2 if cycle.len() == 2 => Anomaly::WriteSkew,
        2 if cycle.len() == 4 && !adjacent && cycle.iter().filter(|e| e.why == Why::Read).count() == 2 => Anomaly::LongFork,
        _ if adjacent => Anomaly::AntiDependencyCycle,
        _ => Anomaly::Nonadjacent,
    };
    (anomaly, through)
}
