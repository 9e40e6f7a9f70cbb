//! What the pane of a ring shows is true of its nodes: worked out anew from their stores, hints and coordinators, and from the record. And nothing in it
//! covers anything, or lies beyond the page.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::leaderless::{Fact, Label, Message, ReadRepair, Replica};
use replicated_telemetry_store::log::{KeyId, OpId, Value};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::presets::PRESETS;
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::FamilySpec;
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::What;
use replicated_telemetry_store::view::token_ring::{Age, Ended, Met, Quorum, Request, TokenNode, turn_of};
use replicated_telemetry_store::view::{TokenRing, token_rings};

use super::drawn;
use super::sentences::same;
use crate::digests;

struct Truth<'a> {
    run: &'a Run,
    state: &'a Simulation,
    now: SimTime,
}

impl Truth<'_> {
    fn replica(&self, id: NodeId) -> &Replica {
        self.state.leaderless_replica(id).expect("it is a node of a ring")
    }

    /// The node whose ring is drawn.
    fn seen(&self, ring: &TokenRing) -> &Replica {
        let runs = |one: &&TokenNode| {
            self.state.status(one.node.id) == Status::Up && self.replica(one.node.id).membership.has(one.node.id)
        };
        let first = ring.nodes.iter().find(runs).unwrap_or(&ring.nodes[0]);
        self.replica(first.node.id)
    }

    /// Every part of the circle belongs to whom one meets first from its middle on, and together they are the circle.
    fn circle(&self, ring: &TokenRing) -> Result<(), String> {
        let seen = self.seen(ring);
        let whole: f64 = ring.arcs.iter().map(|arc| arc.length()).sum();
        same("whether the parts are the whole circle", (whole - 1.0).abs() < 1e-6, true)?;
        for arc in ring.arcs.iter().filter(|arc| arc.length() > 1e-9) {
            let middle = (arc.middle() - arc.middle().floor()) * 2.0_f64.powi(64);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place on the ring")]
            let first = seen.ring.walk(middle as u64).first().copied();
            same("the first replica of a part", Some(arc.node), first)?;
        }
        let tokens: Vec<(f64, NodeId)> = seen.ring.tokens().iter().map(|(token, node)| (turn_of(*token), *node)).collect();
        same("tokens", &ring.tokens, &tokens)?;
        same("how many tokens", ring.count, tokens.len())?;
        same("shares", ring.nodes.iter().map(|one| one.share).sum::<u32>().abs_diff(1_000) <= 64, true)
    }

    /// The numbers on the circle are the replicas of the key, each at the first token of its node, and what is skipped was met before or is too much.
    fn list(&self, ring: &TokenRing) -> Result<(), String> {
        let Some(key) = &ring.key else { return Ok(()) };
        let seen = self.seen(ring);
        let homes = seen.homes(key.id);
        let numbers: Vec<(usize, NodeId)> = key
            .visits
            .iter()
            .filter_map(|visit| if let Met::Replica(place) = visit.met { Some((place, visit.node)) } else { None })
            .collect();
        same("the preference list", numbers, (1..).zip(homes.iter().copied()).collect())?;
        let position = turn_of(seen.position(key.id));
        same("the place of the key", key.turn, position)?;
        let mut before: Vec<NodeId> = Vec::new();
        let mut last = 0.0;
        for visit in &key.visits {
            let far = (visit.turn - position).rem_euclid(1.0);
            same("whether tokens come clockwise", far >= last, true)?;
            last = far;
            let token = seen.ring.tokens().iter().any(|(token, node)| *node == visit.node && turn_of(*token) == visit.turn);
            same("whether it is a token", token, true)?;
            match visit.met {
                Met::SameMachine => same("whether it was met", before.contains(&visit.node), true)?,
                Met::Replica(_) | Met::RegionFull | Met::StandIn(_) | Met::Behind => {
                    same("whether it was met", before.contains(&visit.node), false)?;
                }
            }
            if let Met::StandIn(owner) = visit.met {
                let hint = self.replica(visit.node).hints.of(key.id).any(|hint| hint.owner == owner);
                let asked =
                    |request: &Request| request.inquired.iter().any(|one| one.owner == Some(owner) && one.node == visit.node);
                same("whether it stands in", hint || ring.requests.iter().any(asked), true)?;
            }
            before.push(visit.node);
        }
        Ok(())
    }

    /// What a card says of the key is what the node has, and it is old if and only if somebody has a version that replaces it.
    fn held(&self, key: KeyId, ring: &TokenRing, one: &TokenNode) -> Result<(), String> {
        let replica = self.replica(one.node.id);
        let (versioning, mine) = (replica.config.settings.versioning, replica.store.versions(key));
        let show =
            |value: Value| if value == Value::Nothing { "deleted (tombstone)".to_owned() } else { self.run.plan.show(value) };
        let values: Vec<String> = mine.iter().map(|version| show(version.value)).collect();
        let empty = if replica.homes(key).contains(&one.node.id) { "none" } else { "no replica" };
        same("value", one.held.value.clone(), if values.is_empty() { empty.to_owned() } else { values.join(" ∥ ") })?;
        let others = ring.nodes.iter().map(|other| self.replica(other.node.id));
        let all: Vec<_> = others
            .flat_map(|other| other.store.versions(key).iter().chain(other.hints.of(key).flat_map(|hint| &hint.versions)))
            .collect();
        let replaced = mine.iter().any(|version| all.iter().any(|other| !other.is(version) && versioning.covers(other, version)));
        same("whether it is old", one.held.age == Age::Old, replaced && versioning.tells_newer())?;
        let hints: usize = replica.hints.all().len();
        let told: usize = one.node.holds.split(", ").filter_map(|part| part.split_once(" hint")?.0.parse::<usize>().ok()).sum();
        same("hints", told, hints)
    }

    /// Whether the latest count that a coordinator noted of an operation is this.
    fn noted(&self, coordinator: NodeId, op: OpId) -> Option<(usize, usize)> {
        let records = self.run.trace.records.iter().take_while(|record| record.at <= self.now);
        let counted = records.filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::Leaderless(_, Fact::Counted(of, got, needed))) if (node, of) == (coordinator, op) => {
                Some((usize::from(got), usize::from(needed)))
            }
            _ => None,
        });
        counted.last()
    }

    /// A gauge says what its coordinator has counted, and there is one for every request that goes on.
    fn requests(&self, ring: &TokenRing) -> Result<usize, String> {
        let nodes = ring.nodes.iter().map(|one| self.replica(one.node.id).requests().len()).sum::<usize>();
        let clients = (self.run.plan.replicas..self.run.plan.nodes.len())
            .filter_map(|index| Some(self.state.leaderless_client(NodeId(u16::try_from(index).ok()?))?.requests().len()));
        same("how many requests go on", ring.requests.len(), nodes + clients.sum::<usize>())?;
        let mut counted = 0;
        for request in &ring.requests {
            let noted = self.noted(request.coordinator, request.op);
            // A read that stores begins to count anew.
            if !request.stores || request.write {
                same("answers", (request.got, request.needed), noted.unwrap_or((0, request.needed)))?;
                counted += 1;
            }
            same("the gauge", request.gauge().ends_with(&format!("{} of {}", request.got, request.needed)), true)?;
            same("enough", request.got <= request.needed, true)?;
        }
        Ok(counted)
    }

    /// Whoever is said to have answered has sent an answer that came to the coordinator, or is the coordinator.
    fn quorum(&self, ring: &TokenRing, quorum: &Quorum) -> Result<(), String> {
        let records = || self.run.trace.records.iter().take_while(|record| record.at <= self.now);
        let op = &self.run.trace.ops[quorum.op.index()];
        let sent = records().filter_map(|record| match record.what() {
            What::Sent(sent) => Some(sent),
            _ => None,
        });
        let answers: Vec<_> = sent
            .filter(|sent| match sent.label {
                family::Label::Leaderless(_, Label::Stored(of)) => of == op.id && op.is_write(),
                family::Label::Leaderless(_, Label::Found(of, _)) => of == op.id,
                _ => false,
            })
            .collect();
        let arrived = |msg| records().any(|record| record.what() == What::Arrived(msg));
        let coordinates = |node: NodeId| self.noted(node, op.id).is_some();
        for one in &quorum.counted {
            let came = answers.iter().any(|sent| sent.src == one.node && coordinates(sent.dst) && arrived(sent.msg));
            same("whether an answer came", came || coordinates(one.node), true)?;
            let hinted = records().any(|record| {
                let What::Noted(node, family::Fact::Leaderless(_, Fact::Hinted(of, owner))) = record.what() else { return false };
                (node, of, Some(owner)) == (one.node, op.id, one.owner)
            });
            same("whether it stands in", one.owner.is_some(), hinted)?;
        }
        let settings = &self.run.plan.groups[ring.id.index()].ring.as_ref().expect("a ring").settings;
        let one_phase = op.is_write() || !(settings.write_back || settings.repair == ReadRepair::Blocking);
        if one_phase {
            same("how many were counted", quorum.counted.len(), usize::from(quorum.got))?;
        }
        if quorum.ended == Ended::Met {
            same("whether enough were counted", quorum.got, quorum.needed)?;
        }
        Ok(())
    }

    /// What is said of a comparison is what its messages carry.
    fn comparisons(&self, ring: &TokenRing) -> Result<usize, String> {
        let moving = self.state.in_flight();
        let mut hashes = 0;
        for (_, envelope) in &moving {
            if let family::Message::Leaderless(_, Message::Compare { before, hashes: told, .. }) = &envelope.msg {
                let pair = |one: &&replicated_telemetry_store::view::token_ring::Comparison| {
                    one.between == (envelope.src, envelope.dst) || one.between == (envelope.dst, envelope.src)
                };
                let told = before + u32::try_from(told.len()).expect("few");
                same("whether hashes are told", ring.comparisons.iter().filter(pair).any(|one| one.hashes >= told), true)?;
                hashes += 1;
            }
        }
        same("comparisons", ring.comparisons.is_empty() && hashes > 0, false)?;
        Ok(hashes)
    }

    fn ring(&self, ring: &TokenRing) -> Result<Seen, String> {
        self.circle(ring)?;
        self.list(ring)?;
        let key = ring.key.as_ref().map(|key| key.id);
        for one in key.into_iter().flat_map(|key| ring.nodes.iter().map(move |one| (key, one))) {
            self.held(one.0, ring, one.1).map_err(|why| format!("{}: {why}", one.1.node.name))?;
        }
        let quorums = &ring.quorums;
        quorums.write.iter().chain(&quorums.read).try_for_each(|quorum| self.quorum(ring, quorum))?;
        if let (Some(write), Some(read)) = (&quorums.write, &quorums.read) {
            let both = |node: &NodeId| {
                write.counted.iter().any(|one| one.node == *node && one.owner.is_none())
                    && read.counted.iter().any(|one| one.node == *node)
            };
            let all = ring.nodes.iter().map(|one| one.node.id).filter(|node| both(node));
            let mut shared = quorums.shared.clone();
            shared.sort_unstable();
            let mut expected: Vec<NodeId> = all.collect();
            expected.sort_unstable();
            same("who is in both quorums", shared, expected)?;
        }
        let met = |quorum: &Option<Quorum>| quorum.as_ref().is_some_and(|quorum| quorum.ended == Ended::Met);
        Ok(Seen {
            requests: self.requests(ring)?,
            comparisons: self.comparisons(ring)?,
            overlaps: usize::from(!quorums.shared.is_empty()),
            apart: usize::from(met(&quorums.write) && met(&quorums.read) && quorums.shared.is_empty()),
            old: ring.nodes.iter().filter(|one| one.held.age == Age::Old).count(),
        })
    }
}

/// What was seen, so that a test in which nothing happens fails.
#[derive(Debug, Default)]
struct Seen {
    requests: usize,
    comparisons: usize,
    overlaps: usize,
    apart: usize,
    old: usize,
}

#[test]
fn everything_in_the_pane_of_a_ring_is_true() {
    let cases = std::env::var("STAGE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12_u64);
    let mut seen = Seen::default();
    let rings = PRESETS.iter().enumerate().filter(|(_, preset)| preset.scenario().family == FamilySpec::Leaderless);
    for (index, preset) in rings {
        for weather in 0..4 {
            let scenario = if weather == 0 { preset.scenario() } else { digests::in_bad_weather(*preset, weather) };
            let run = Run::of(&scenario).expect("presets can be run");
            for case in 0..cases {
                let now = moment(&run, &[index as u64, weather, case]);
                let state = run.state_at(now);
                for ring in token_rings(&run, &state, now, None) {
                    let told = |why| format!("{} in weather {weather} at {now:?}: {why}", preset.id);
                    let new =
                        Truth { run: &run, state: &state, now }.ring(&ring).map_err(told).unwrap_or_else(|why| panic!("{why}"));
                    seen.requests += new.requests;
                    seen.comparisons += new.comparisons;
                    seen.overlaps += new.overlaps;
                    seen.apart += new.apart;
                    seen.old += new.old;
                }
                for width in [390.0, 1_000.0] {
                    let told = |why| format!("{} in weather {weather} at {now:?}, {width} px: {why}", preset.id);
                    drawn::is_legible(&run, &state, (now, width)).map_err(told).unwrap_or_else(|why| panic!("{why}"));
                }
            }
        }
    }
    let enough = seen.requests > 100 && seen.comparisons > 2 && seen.overlaps > 100 && seen.apart > 5 && seen.old > 50;
    assert!(enough || cases < 12, "too little was looked at: {seen:?}");
}

/// Half of the moments are anywhere, half are just after something was recorded: there requests are under way.
fn moment(run: &Run, seed: &[u64; 3]) -> SimTime {
    let mut rng = Rng::keyed(0x21C6, seed);
    let anywhere = SimTime(rng.between(0, run.until().0));
    let records = &run.trace.records;
    let place = usize::try_from(rng.between(0, records.len().max(1) as u64 - 1)).unwrap_or(0);
    if seed[2].is_multiple_of(2) {
        anywhere
    } else {
        records.get(place).map_or(anywhere, |record| SimTime(record.at.0 + rng.between(0, 5_000)))
    }
}
