//! The pane of regions: the same moment on a map, because what makes replicas lag is that they are far from each other.
//!
//! Nodes that are called after a place known here stand in it; the others stand in a row below. Wires join replicas with their leader, and
//! messages fly from node to node. Land is drawn coarsely: it is there to be recognized.

mod leaders;
mod world;

use super::flight::Flight;
use super::logs::{class_of, newest_leader};
use super::mark::{Choice, Mark, Pane, small, unit};
use super::target::Target;
use crate::family::{LeaderlessIncluded, MultiLeaderIncluded};
use crate::network::NodeId;
use crate::simulation::Status;
use crate::sorted::by_key;
use crate::view::words::{self, broken, cut_line, describe, describe_client, lag_line, note_line};
use crate::view::{ClientBox, Group, Lane, Leaders, RingNode, RingNodes, Stage, sign, title};
use leaders::{follower, leader, links};
use world::{LAND, PLACES};

/// The size of the map, on a wide and on a narrow page.
const SIZES: [(f64, f64); 2] = [(1_000.0, 500.0), (380.0, 330.0)];
/// The latitudes of its upper and lower edge.
const EDGES: (f64, f64) = (84.0, -84.0);
/// How much room there is below for nodes without a place.
const ROOM: f64 = 56.0;
/// The plate of a node: half its width, half its height.
const HALF: [(f64, f64); 2] = [(54.0, 22.0), (32.0, 19.0)];

/// A map with a place for every node.
struct Map {
    narrow: bool,
    /// By number.
    places: Vec<(f64, f64)>,
}

impl Map {
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn of(stage: &Stage, narrow: bool) -> Map {
        let (width, height) = SIZES[usize::from(narrow)];
        let lanes = stage.groups.iter().flat_map(|group| &group.lanes).map(|lane| (lane.id, &lane.name));
        let leaders = || groups_of_leaders(stage).iter().flat_map(|group| &group.leaders);
        let several = leaders().map(|leader| (leader.id, &leader.name));
        let followers = leaders().flat_map(|leader| &leader.followers).map(|follower| (follower.id, &follower.name));
        let of_rings = rings(stage).iter().flat_map(|ring| &ring.nodes).map(|one| (one.id, &one.name));
        let clients = stage.clients.iter().map(|client| (client.id, &client.name));
        let nodes: Vec<(NodeId, &String)> = lanes.chain(several).chain(followers).chain(of_rings).chain(clients).collect();
        let nodes = by_key(nodes, |(id, _)| (u64::from(id.0), 0));
        let known: Vec<Option<(f64, f64)>> = nodes.iter().map(|(_, name)| known(name, narrow)).collect();
        let strangers = known.iter().filter(|place| place.is_none()).count() as f64;
        let mut next = 0.0;
        let places = known.into_iter().map(|place| {
            place.unwrap_or_else(|| {
                next += 1.0;
                (width * (next - 0.5) / strangers, height + ROOM / 2.0)
            })
        });
        let mut map = Map { narrow, places: places.collect() };
        map.spread(height);
        map
    }

    /// Moves nodes that would cover each other apart, each pair by half of what is missing; a few rounds settle it.
    fn spread(&mut self, height: f64) {
        let (width, (half_w, half_h)) = (SIZES[usize::from(self.narrow)].0, HALF[usize::from(self.narrow)]);
        for _ in 0..60 {
            for one in 0..self.places.len() {
                for other in 0..one {
                    let (a, b) = (self.places[one], self.places[other]);
                    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
                    let (lack_x, lack_y) = (2.0 * half_w + 6.0 - dx.abs(), 2.0 * half_h + 6.0 - dy.abs());
                    if lack_x <= 0.0 || lack_y <= 0.0 {
                        continue;
                    }
                    let (step_x, step_y) = if lack_x < lack_y {
                        (lack_x / 2.0 * if dx < 0.0 { -1.0 } else { 1.0 }, 0.0)
                    } else {
                        (0.0, lack_y / 2.0 * if dy < 0.0 { -1.0 } else { 1.0 })
                    };
                    self.places[one] = (a.0 + step_x, a.1 + step_y);
                    self.places[other] = (b.0 - step_x, b.1 - step_y);
                }
            }
            for (x, y) in &mut self.places {
                (*x, *y) =
                    (x.min(width - half_w - 4.0).max(half_w + 4.0), y.min(height + ROOM - half_h - 4.0).max(half_h + 14.0));
            }
        }
    }

    fn place(&self, id: NodeId) -> (f64, f64) {
        self.places.get(id.index()).copied().unwrap_or_default()
    }

    /// The way of a wire or a message: it leaves and reaches nodes at their edges, so that names stay readable.
    fn way(&self, src: NodeId, dst: NodeId) -> ((f64, f64), (f64, f64)) {
        let ((x, y), (to_x, to_y)) = (self.place(src), self.place(dst));
        let (half_w, half_h) = HALF[usize::from(self.narrow)];
        let (dx, dy) = (to_x - x, to_y - y);
        let share = (half_w / dx.abs().max(0.001)).min(half_h / dy.abs().max(0.001)).min(0.5);
        ((x + dx * share, y + dy * share), (to_x - dx * share, to_y - dy * share))
    }
}

/// Where a name is on the map.
fn known(name: &str, narrow: bool) -> Option<(f64, f64)> {
    // The places are ASCII; the letters of all languages would be 5 kB more to fetch.
    let lower = name.to_ascii_lowercase();
    let (_, longitude, latitude) = PLACES.iter().find(|(place, ..)| lower.starts_with(place))?;
    Some(projected(*longitude, *latitude, narrow))
}

/// A plate carrée: equal steps for equal angles.
fn projected(longitude: f64, latitude: f64, narrow: bool) -> (f64, f64) {
    let (width, height) = SIZES[usize::from(narrow)];
    ((longitude + 180.0) / 360.0 * width, (EDGES.0 - latitude) / (EDGES.0 - EDGES.1) * height)
}

/// The groups with several leaders; none, in a program that leaves them out.
fn groups_of_leaders(stage: &Stage) -> &[Leaders] {
    MultiLeaderIncluded::proof().map_or(&[], |_| &stage.leaders)
}

/// The rings; none, in a program that leaves them out.
fn rings(stage: &Stage) -> &[RingNodes] {
    LeaderlessIncluded::proof().map_or(&[], |_| &stage.rings)
}

/// The map of a moment, and the messages under way on it.
#[must_use]
pub fn map(stage: &Stage, narrow: bool, flights: Vec<Flight>) -> (Pane, Vec<Flight>) {
    let map = Map::of(stage, narrow);
    let (width, height) = SIZES[usize::from(narrow)];
    let strangers = map.places.iter().any(|(_, y)| *y > height - 10.0);
    // A group with several leaders, or a ring, has no lanes.
    let of_one_leader = stage.groups.iter().filter(|group| !group.lanes.is_empty());
    let wires =
        of_one_leader.map(|group| wires(group, &map)).chain(groups_of_leaders(stage).iter().map(|group| links(group, &map)));
    let lanes = stage.groups.iter().flat_map(|group| &group.lanes).map(|lane| replica(lane, &map));
    let several = groups_of_leaders(stage).iter().flat_map(|group| group.leaders.iter().map(move |leader| (group, leader)));
    let several = several.flat_map(|(group, one)| {
        [leader(group, one, &map)]
            .into_iter()
            .chain(one.followers.iter().map(|other| follower(group, one, other, &map)))
            .collect::<Vec<_>>()
    });
    let of_rings = rings(stage).iter().flat_map(|ring| &ring.nodes).map(|one| ring_node(one, &map));
    let clients = stage.clients.iter().map(|one| client(one, &map));
    let marks = vec![
        land(narrow),
        Mark::new(1, "wires").with(wires),
        Mark::new(2, "").with(clients),
        Mark::new(3, "").with(lanes.chain(several).chain(of_rings)),
    ];
    let height = if strangers { height + ROOM } else { height };
    (Pane::new((width, height), marks), flights.into_iter().map(|flight| over(&map, flight)).collect())
}

/// A message on its way from node to node.
fn over(map: &Map, flight: Flight) -> Flight {
    let Some(Target::Link(src, dst)) = flight.about.first().copied() else { return flight };
    let ((x, y), (to_x, to_y)) = map.way(NodeId(src), NodeId(dst));
    let middle = (small(f64::midpoint(x, to_x)), small(f64::midpoint(y, to_y)));
    let stands = flight.stands.map(|_| middle);
    Flight { from: (small(x), small(y)), to: (small(to_x), small(to_y)), stands, ..flight }
}

fn land(narrow: bool) -> Mark {
    let coast = |corners: &&[(i16, i16)]| {
        let corner = |(index, (longitude, latitude)): (usize, &(i16, i16))| {
            let (x, y) = projected(f64::from(*longitude), f64::from(*latitude), narrow);
            format!("{}{} {}", if index == 0 { "M" } else { "L" }, unit(x), unit(y))
        };
        corners.iter().enumerate().map(corner).collect::<String>() + "z"
    };
    let (_, equator) = projected(0.0, 0.0, narrow);
    Mark::new(0, "land")
        .path("coast", LAND.iter().map(coast).collect())
        .path("equator", format!("M0 {}H{}", unit(equator), unit(SIZES[usize::from(narrow)].0)))
}

fn wires(group: &Group, map: &Map) -> Mark {
    let all = Mark::new(u32::from(group.id.0), "");
    let Some(leader) = newest_leader(group) else { return all };
    let wire = |lane: &Lane| {
        let ((x, y), (to_x, to_y)) = map.way(leader.id, lane.id);
        let broken = broken(lane);
        Mark::new(u32::from(lane.id.0), if broken.is_empty() { "wire" } else { "wire broken" })
            .path("", format!("M{} {}L{} {}", unit(x), unit(y), unit(to_x), unit(to_y)))
            .text("middle", (f64::midpoint(x, to_x), f64::midpoint(y, to_y) - 5.0), broken)
            .about([Target::Link(lane.id.0, leader.id.0), Target::Link(leader.id.0, lane.id.0)])
    };
    all.with(group.lanes.iter().filter(|l| l.id != leader.id).map(wire))
}

/// A plate that can be chosen around a place.
fn node(id: NodeId, mark: Mark, label: String, map: &Map, round: f32) -> Mark {
    let ((x, y), (half_w, half_h)) = (map.place(id), HALF[usize::from(map.narrow)]);
    let choice = Choice { node: id.0, label, size: (small(2.0 * half_w), small(2.0 * half_h), round) };
    Mark { choice: Some(choice), ..mark }.at(x - half_w, y - half_h).about([Target::Node(id.0)]).lighting([Target::Node(id.0)])
}

/// A text that fits into a plate of this half width.
fn fitting(text: &str, half: f64) -> String {
    words::fitting(text, 2.0 * half, 7.4)
}

fn replica(lane: &Lane, map: &Map) -> Mark {
    let (half_w, half_h) = HALF[usize::from(map.narrow)];
    let note = note_line(lane);
    let line = if !note.is_empty() {
        note
    } else if lane.leads {
        format!("{}, {}", lane.role, lane.applied)
    } else {
        lag_line(lane, false)
    };
    let whole = [0.0, 0.0, 2.0 * half_w, 2.0 * half_h, 8.0];
    let mark = Mark::new(u32::from(lane.id.0), class_of(lane))
        .rect("plate", whole)
        .rect("veil", whole)
        .text("name middle", (half_w, half_h - 3.0), fitting(&lane.name, half_w))
        .text("role middle", (half_w, half_h + 12.0), fitting(&line, half_w));
    node(lane.id, mark, describe(lane), map, 8.0)
}

fn ring_node(one: &RingNode, map: &Map) -> Mark {
    let (half_w, half_h) = HALF[usize::from(map.narrow)];
    let whole = [0.0, 0.0, 2.0 * half_w, 2.0 * half_h, 8.0];
    let class = match one.status {
        Status::Up => "node",
        Status::Down => "node down",
        Status::Paused => "node paused",
    };
    let state = Some(one.state_line()).filter(|_| one.status != Status::Up);
    let mark = Mark::new(u32::from(one.id.0), class)
        .rect("plate", whole)
        .rect("veil", whole)
        .text("name middle", (half_w, half_h - 3.0), fitting(&one.name, half_w))
        .text("role middle", (half_w, half_h + 12.0), fitting(&state.unwrap_or_else(|| one.shows.clone()), half_w));
    node(one.id, mark, one.describe(), map, 8.0)
}

fn client(client: &ClientBox, map: &Map) -> Mark {
    let (half_w, half_h) = HALF[usize::from(map.narrow)];
    let broken = client.anomaly.map_or(String::new(), |anomaly| format!("{} {}", sign(anomaly), title(anomaly)));
    let class = if client.anomaly.is_some() { "client anomaly" } else { "client" };
    let below = 2.0 * half_h + 12.0;
    let mark = Mark::new(u32::from(client.id.0), class)
        .rect("plate", [0.0, 0.0, 2.0 * half_w, 2.0 * half_h, half_h])
        .text("name", (half_w, half_h - 2.0), fitting(&client.name, half_w))
        .text("line", (half_w, half_h + 12.0), fitting(&client.line, half_w - 4.0))
        .text("cut", (half_w, below), broken)
        .text("cut", (half_w, -4.0), cut_line(client));
    node(client.id, mark, describe_client(client), map, small(half_h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::run::Run;
    use crate::view::{Layout, stage};

    /// Names can be read: no plate lies on another or beyond the edge, in any preset, wide or narrow.
    #[test]
    fn no_node_covers_another() {
        for preset in PRESETS.iter().filter(|preset| preset.id != "telemetry-pipeline") {
            let run = Run::of(&preset.scenario()).expect("presets can be run");
            let layout = Layout::new(&run.plan, 1_000.0);
            let stage = stage(&run, &run.state_at(run.until()), run.until(), &layout, &[]);
            for narrow in [false, true] {
                let map = Map::of(&stage, narrow);
                let (half_w, half_h) = HALF[usize::from(narrow)];
                assert_eq!(map.places.len(), run.plan.nodes.len());
                for (n, (x, y)) in map.places.iter().enumerate() {
                    assert!(
                        *x >= half_w && *x <= SIZES[usize::from(narrow)].0 - half_w && *y >= half_h,
                        "{}: {x} {y}",
                        preset.id
                    );
                    for (other_x, other_y) in &map.places[..n] {
                        let apart = (x - other_x).abs() >= 2.0 * half_w - 0.5 || (y - other_y).abs() >= 2.0 * half_h - 0.5;
                        assert!(apart, "{} (narrow: {narrow}): {:?}", preset.id, map.places);
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_that_is_no_place_stands_below_the_map() {
        assert!(known("phone", false).is_none());
        let (x, y) = known("Svalbard", false).expect("a place");
        assert!((540.0..546.0).contains(&x) && y < 30.0, "{x} {y}");
    }
}
