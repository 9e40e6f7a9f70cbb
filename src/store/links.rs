//! What the links are told, by the names of their ends, whether or not there is a node of that name yet.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::Cluster;
use crate::network::{LATENCY_DEFAULT, Latency, LinkSettings, NodeId};
use crate::rng::Ratio;
use crate::time::SimDuration;

/// Between an application and the leader it stands beside.
const LATENCY_LOCAL: SimDuration = SimDuration::micros(50);
/// The longest lag: beyond it nothing arrives within any program's life, and sums of times must not overflow.
const LAG_MAX: u64 = u64::MAX / 8;

/// What one directed link has been told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    lag: SimDuration,
    loss: Ratio,
    cut: bool,
}

/// All that was said, by the names of both ends.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<(String, String), Told>);

/// A length of time in the unit of the simulation, rounded up: a pause is never shorter than asked for.
pub(super) fn simulated(time: Duration) -> SimDuration {
    SimDuration(u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX).min(LAG_MAX))
}

/// A probability in the unit of the simulation; what is no number, or out of range, is taken to the nearest end.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000000 before the cast")]
pub(super) fn ratio(probability: f64) -> Ratio {
    Ratio((probability.clamp(0.0, 1.0) * 1_000_000.0).round() as u32)
}

impl Cluster {
    fn tell(&mut self, from: &str, to: &str, change: impl FnOnce(&mut Told)) {
        change(self.links.0.entry((from.to_owned(), to.to_owned())).or_default());
        if let (Some(src), Some(dst)) = (self.id_of(from), self.id_of(to)) {
            self.apply(src, dst);
        }
        self.pace.changed();
    }

    /// Brings a link to what its ends' names have been told.
    fn apply(&mut self, src: NodeId, dst: NodeId) {
        let pair = (self.names[&src].clone(), self.names[&dst].clone());
        let told = self.links.0.get(&pair).copied().unwrap_or_default();
        let latency = Latency::Constant(LATENCY_DEFAULT + told.lag);
        let settings = LinkSettings { latency, loss: told.loss, ..LinkSettings::default() };
        let network = &mut self.simulation.network;
        network.configure(src, dst, settings);
        match (told.cut, network.is_cut(src, dst)) {
            (true, false) => network.cut(src, dst),
            (false, true) => network.heal(src, dst),
            _ => {}
        }
    }

    /// Sets up the links of a new node.
    pub(super) fn connect(&mut self, node: NodeId) {
        let others: Vec<NodeId> = self.names.keys().copied().filter(|id| *id != node).collect();
        for other in others {
            self.apply(node, other);
            self.apply(other, node);
        }
        let local = LinkSettings { latency: Latency::Constant(LATENCY_LOCAL), ..LinkSettings::default() };
        self.simulation.network.configure(self.writer, node, local.clone());
        self.simulation.network.configure(node, self.writer, local);
    }

    /// Adds to the latency of a link.
    pub(super) fn inject_lag(&mut self, from: &str, to: &str, lag: Duration) {
        self.tell(from, to, |told| told.lag = simulated(lag));
        self.measure_round_trips();
    }

    /// Makes a link lose messages.
    pub(super) fn drop_messages(&mut self, from: &str, to: &str, probability: f64) {
        self.tell(from, to, |told| told.loss = ratio(probability));
    }

    /// Cuts every link between the two sides.
    pub(super) fn partition(&mut self, a: &[&str], b: &[&str]) {
        for left in a {
            for right in b.iter().filter(|right| *right != left) {
                self.tell(left, right, |told| told.cut = true);
                self.tell(right, left, |told| told.cut = true);
            }
        }
    }

    /// Ends every cut.
    pub(super) fn heal(&mut self) {
        self.links.0.values_mut().for_each(|told| told.cut = false);
        self.simulation.network.heal_all();
        self.pace.changed();
    }

    /// Tells every leader how long a round trip to each follower takes: what the handshake of a connection would tell it. A lag
    /// then delays what is sent by just that lag, instead of making the leader believe that messages were lost.
    pub(super) fn measure_round_trips(&mut self) {
        let mut measured = Vec::new();
        for (leader, replica) in self.simulation.replicas().filter(|(_, replica)| replica.leads()) {
            for follower in replica.config.members.iter().copied().filter(|id| *id != leader) {
                let one_way = |src, dst| self.simulation.network.settings(src, dst).latency.typical();
                measured.push((leader, follower, one_way(leader, follower) + one_way(follower, leader)));
            }
        }
        for (leader, follower, round_trip) in measured {
            if let Some(replica) = self.replica_mut(leader) {
                replica.expect_round_trip(follower, round_trip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_and_times_of_any_size_have_a_place() {
        for (probability, millionths) in [(0.0, 0), (0.25, 250_000), (1.0, 1_000_000), (7.0, 1_000_000), (-1.0, 0)] {
            assert_eq!(ratio(probability), Ratio(millionths), "{probability}");
        }
        assert_eq!(ratio(f64::NAN), Ratio(0));
        assert_eq!(simulated(Duration::from_nanos(1)), SimDuration(1));
        assert_eq!(simulated(Duration::MAX), SimDuration(LAG_MAX));
    }
}
