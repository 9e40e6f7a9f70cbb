//! The preference list of the key that is looked at: the tokens that one meets walking clockwise from it, and why each counts or not.
//!
//! Dynamo, section 4.3: the list skips tokens of a machine that is on it already, so that N replicas are on N machines.

use super::circle::turn_of;
use super::requests::Request;
use crate::family::leaderless::Replica;
use crate::log::KeyId;
use crate::network::NodeId;

/// The most tokens of a list that are drawn.
const VISITS_MAX: usize = 40;

/// What a token on the way means for the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Its node is the replica of this number.
    Replica(usize),
    /// Its node is on the list already.
    SameMachine,
    /// Its node's region has as many replicas as it needs.
    RegionFull,
    /// Its node is behind the list, and stands in for this replica.
    StandIn(NodeId),
    /// Its node is behind the list, and nobody needs it.
    Behind,
}

/// A token that one meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visit {
    /// Where it is, in turns.
    pub turn: f64,
    /// Whose it is.
    pub node: NodeId,
    /// What it means.
    pub met: Met,
}

/// Who stands in for whom: who has been asked to in a request that is under way, and who keeps a hint of the key.
pub(super) fn standing_in(replicas: &[&Replica], requests: &[Request], key: KeyId) -> Vec<(NodeId, NodeId)> {
    let asked = requests.iter().filter(|request| request.key == key).flat_map(|request| &request.inquired);
    let asked = asked.filter_map(|inquired| Some((inquired.node, inquired.owner?)));
    let hints = replicas.iter().flat_map(|replica| replica.hints.of(key).map(|hint| (replica.config.id, hint.owner)));
    crate::sorted::set(asked.chain(hints))
}

/// The tokens from a key on, up to the last that means something, and how many more are not told one by one.
pub(super) fn visits(seen: &Replica, key: KeyId, standing: &[(NodeId, NodeId)]) -> (Vec<Visit>, usize) {
    let homes = seen.homes(key);
    let (mut met, mut all, mut last) = (Vec::<NodeId>::new(), Vec::new(), 0);
    // Who is a replica itself may keep a hint as well, which changes nothing on its place in the list.
    let waits = standing.iter().filter(|(node, _)| !homes.contains(node)).count();
    let mut left = homes.len() + waits;
    for (token, node) in seen.ring.meets(seen.position(key)) {
        if left == 0 {
            break;
        }
        let place = homes.iter().position(|home| *home == node);
        let stands = standing.iter().find(|(holder, _)| *holder == node).map(|(_, owner)| *owner);
        let complete = homes.iter().all(|home| met.contains(home));
        let meaning = match (met.contains(&node), place, stands) {
            (true, ..) => Met::SameMachine,
            (false, Some(place), _) => Met::Replica(place + 1),
            (false, None, Some(owner)) => Met::StandIn(owner),
            (false, None, None) if complete => Met::Behind,
            (false, None, None) => Met::RegionFull,
        };
        met.push(node);
        all.push(Visit { turn: turn_of(token), node, met: meaning });
        left -= match meaning {
            Met::Replica(_) => 1,
            Met::StandIn(_) => standing.iter().filter(|(holder, _)| *holder == node).count(),
            Met::SameMachine | Met::RegionFull | Met::Behind => continue,
        };
        last = all.len();
    }
    all.truncate(last);
    let (told, skipped): (Vec<Visit>, Vec<Visit>) =
        all.iter().partition(|visit| matches!(visit.met, Met::Replica(_) | Met::StandIn(_)) || all.len() <= VISITS_MAX);
    (told, skipped.len())
}
