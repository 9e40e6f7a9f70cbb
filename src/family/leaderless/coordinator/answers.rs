//! What a coordinator makes of answers, and of their absence.

use std::sync::Arc;

use super::{Asked, Coordinator, Need, Phase, Purpose, Step, Verdict, needs_of};
use crate::family::leaderless::settings::ReadRepair;
use crate::family::leaderless::version::Version;
use crate::network::NodeId;

/// Whether a replica that holds the first versions lacks some of the others.
fn lacks(held: &[Arc<Version>], wanted: &[Arc<Version>]) -> bool {
    !wanted.iter().all(|version| held.iter().any(|other| other.is(version)))
}

impl Coordinator {
    /// A node says what it holds of the key.
    pub fn found(&mut self, node: NodeId, versions: &[Arc<Version>]) -> Vec<Step> {
        let known = self.found.iter().any(|(other, _)| *other == node);
        if self.over || known || !self.asked.iter().any(|asked| asked.node == node) {
            return Vec::new();
        }
        self.found.push((node, versions.to_vec()));
        if !self.reads_still() {
            return self.close_if_all_answered();
        }
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.node == node) {
            asked.answered = true;
        }
        let mut steps = self.count(node);
        if self.is_met() {
            steps.extend(self.enough_found());
        }
        steps.extend(self.close_if_all_answered());
        steps
    }

    /// A node has stored what it was to store.
    pub fn stored(&mut self, node: NodeId, owner: Option<NodeId>, purpose: Purpose) -> Vec<Step> {
        if self.over || self.phase != Phase::Writing(purpose) {
            return Vec::new();
        }
        let meant = |asked: &&mut Asked| asked.node == node && asked.owner == owner && !asked.answered;
        let Some(asked) = self.asked.iter_mut().find(meant) else { return Vec::new() };
        asked.answered = true;
        let mut steps = if self.answered { Vec::new() } else { self.count(node) };
        if !self.answered && self.is_met() {
            steps.push(Step::Answer(self.verdict()));
            self.answered = true;
        }
        steps.extend(self.close_if_all_answered());
        steps
    }

    /// The time is over.
    pub fn give_up(&mut self) -> Vec<Step> {
        if self.over {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if !self.answered {
            let (got, needed) = self.counts();
            steps.push(Step::Answer(Verdict::TooFew { got, needed }));
            self.answered = true;
        }
        steps.extend(self.close());
        steps
    }

    /// Whether answers to a read are still counted.
    fn reads_still(&self) -> bool {
        self.phase == Phase::Reading && !self.answered
    }

    fn count(&self, by: NodeId) -> Vec<Step> {
        let (got, needed) = self.counts();
        vec![Step::Counted { by, got, needed }]
    }

    fn is_met(&self) -> bool {
        let (got, needed) = self.counts();
        got >= needed
    }

    fn verdict(&self) -> Verdict {
        match self.phase {
            Phase::Writing(Purpose::Write) => Verdict::Written,
            Phase::Reading | Phase::Writing(Purpose::WriteBack | Purpose::Repair) => {
                let fastest = self.found.first().map_or(self.client, |(node, _)| *node);
                Verdict::Found { versions: self.versions.clone(), fastest }
            }
        }
    }

    /// A read has as many answers as it needs.
    fn enough_found(&mut self) -> Vec<Step> {
        self.versions = self.settings.versioning.merged(self.found.iter().map(|(_, versions)| versions.as_slice()));
        if !self.settings.versioning.tells_newer() {
            return self.answer();
        }
        if self.settings.write_back {
            return self.write_back();
        }
        match self.settings.repair {
            ReadRepair::Blocking => self.repair_first(),
            ReadRepair::Background | ReadRepair::Off => self.answer(),
        }
    }

    fn answer(&mut self) -> Vec<Step> {
        self.answered = true;
        vec![Step::Answer(self.verdict())]
    }

    /// Writes what is about to be shown to as many replicas as a write needs. Those who said that they hold it count.
    fn write_back(&mut self) -> Vec<Step> {
        self.needs = needs_of(&self.settings, self.writes, self.region);
        self.store_at_those_who_lack()
    }

    /// Writes what is about to be shown to all whose answers counted.
    fn repair_first(&mut self) -> Vec<Step> {
        self.asked.retain(|asked| asked.answered);
        self.unasked.clear();
        self.needs = vec![Need { region: None, count: self.asked.len() }];
        self.store_at_those_who_lack()
    }

    fn store_at_those_who_lack(&mut self) -> Vec<Step> {
        for asked in &mut self.asked {
            let held = self.found.iter().find(|(node, _)| *node == asked.node);
            asked.answered = held.is_some_and(|(_, held)| !lacks(held, &self.versions));
        }
        if self.is_met() {
            return self.answer();
        }
        self.phase = Phase::Writing(Purpose::WriteBack);
        for home in std::mem::take(&mut self.unasked) {
            self.asked.push(Asked { node: home.node, region: home.region, owner: None, answered: false, replaced: false });
        }
        let silent = self.asked.iter().filter(|asked| !asked.answered);
        let store = |asked: &Asked| Step::Store {
            to: asked.node,
            owner: asked.owner,
            versions: self.versions.clone(),
            purpose: Purpose::WriteBack,
        };
        silent.map(store).collect()
    }

    /// Whether a read goes on waiting for stragglers after its answer.
    fn repairs_later(&self) -> bool {
        self.phase == Phase::Reading
            && self.settings.repair == ReadRepair::Background
            && self.settings.versioning.tells_newer()
            && !self.settings.write_back
    }

    fn close_if_all_answered(&mut self) -> Vec<Step> {
        let waits = match self.phase {
            Phase::Reading => self.repairs_later() && self.found.len() < self.asked.len(),
            Phase::Writing(Purpose::Write) => self.asked.iter().any(|asked| !asked.answered),
            Phase::Writing(Purpose::WriteBack | Purpose::Repair) => false,
        };
        if self.over || !self.answered || waits { Vec::new() } else { self.close() }
    }

    /// Ends the request: repairs replicas that turned out to be behind, and keeps hints for those who did not answer to a write.
    fn close(&mut self) -> Vec<Step> {
        self.over = true;
        if self.phase == Phase::Writing(Purpose::Write) {
            let hints = self.settings.handoff.is_some() && !self.settings.sloppy;
            let silent = self.asked.iter().filter(|asked| hints && !asked.answered);
            return silent.map(|asked| Step::Hint { owner: asked.node, versions: self.versions.clone() }).collect();
        }
        if !self.repairs_later() {
            return Vec::new();
        }
        let merged = self.settings.versioning.merged(self.found.iter().map(|(_, versions)| versions.as_slice()));
        let home = |node: NodeId| self.asked.iter().any(|asked| asked.node == node && asked.owner.is_none());
        let behind = self.found.iter().filter(|(node, held)| home(*node) && lacks(held, &merged));
        let repair = |(node, _): &(NodeId, Vec<Arc<Version>>)| Step::Store {
            to: *node,
            owner: None,
            versions: merged.clone(),
            purpose: Purpose::Repair,
        };
        behind.map(repair).collect()
    }
}
