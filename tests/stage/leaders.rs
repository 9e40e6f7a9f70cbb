//! What the stage says of groups with several leaders is true of their replicas: found out anew from logs, stores and buffers.

use replicated_telemetry_store::family::multi_leader::{Replica, actor_of, node_of};
use replicated_telemetry_store::log::Value;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::parse;
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::version::{Dot, DottedVersion};
use replicated_telemetry_store::view::leaders::{Column, describe_follower, describe_leader, describe_link};
use replicated_telemetry_store::view::{Follower, Layout, Leader, Leaders, flights, stage};

use super::sentences::same;

const ALL: [&str; 3] =
    [include_str!("../leaders/siblings.json"), include_str!("../leaders/ring.json"), include_str!("../leaders/star.json")];

struct Truth<'a> {
    run: &'a Run,
    state: &'a Simulation,
    now: SimTime,
}

impl Truth<'_> {
    fn replica(&self, id: NodeId) -> &Replica {
        self.state.multi_leader_replica(id).expect("it is a replica")
    }

    /// The numbers of a leader's updates that a replica has in its log.
    fn numbers(&self, at: NodeId, of: NodeId) -> Vec<u64> {
        let dots = self.replica(at).log.iter().map(|entry| entry.update.dot()).filter(|dot| dot.actor == actor_of(of));
        let mut numbers: Vec<u64> = dots.map(|dot| dot.count).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// How many of them there are without a gap.
    fn whole(&self, at: NodeId, of: NodeId) -> u64 {
        self.numbers(at, of).into_iter().zip(1..).take_while(|(number, place)| number == place).count() as u64
    }

    /// How a dot is called.
    fn called(&self, group: &Leaders, dot: Dot) -> String {
        let leader = group.leaders.iter().find(|leader| leader.id == node_of(dot.actor)).expect("a leader");
        assert!(leader.name.to_uppercase().starts_with(&leader.sign.to_uppercase()), "{} is called {}", leader.name, leader.sign);
        format!("{}{}", leader.sign, dot.count)
    }

    fn shows(&self, group: &Leaders, id: NodeId) -> String {
        let Some(versions) = &group.versions else { return String::new() };
        let replica = self.replica(id);
        let value = |value: Value| if value == Value::Nothing { "deleted".to_owned() } else { self.run.plan.show(value) };
        let held = replica.store.versions(versions.key);
        let policy = replica.policy(versions.key);
        match replica.store.merged(versions.key, policy) {
            _ if held.is_empty() => "none".to_owned(),
            Some(merged) => value(merged),
            None if policy.merges() => value(held[0].value),
            None => held.iter().map(|version| value(version.value)).collect::<Vec<_>>().join(" ∥ "),
        }
    }

    fn leader(&self, group: &Leaders, leader: &Leader) -> Result<(), String> {
        let (replica, text) = (self.replica(leader.id), describe_leader(group, leader));
        let mut clauses = vec![self.run.plan.name(leader.id).to_owned()];
        clauses.push(match (self.state.status(leader.id), replica.waiting()) {
            (Status::Down, _) => "crashed".to_owned(),
            (Status::Paused, _) => "paused".to_owned(),
            (Status::Up, 0) => "leader".to_owned(),
            (Status::Up, 1) => "leader, 1 request waits".to_owned(),
            (Status::Up, many) => format!("leader, {many} requests wait"),
        });
        clauses.push(match replica.log.len() {
            1 => "1 update in its log".to_owned(),
            many => format!("{many} updates in its log"),
        });
        let counts: Vec<String> = group
            .leaders
            .iter()
            .map(|of| {
                let taken = self.numbers(of.id, of.id).last().copied().unwrap_or(0);
                let has = self.whole(leader.id, of.id);
                if has == taken { format!("{} {has}", of.name) } else { format!("{} {has} of {taken}", of.name) }
            })
            .collect();
        clauses.push(format!("applied of {}", counts.join(", ")));
        let beyond: u64 =
            group.leaders.iter().map(|of| self.numbers(leader.id, of.id).len() as u64 - self.whole(leader.id, of.id)).sum();
        if beyond > 0 {
            clauses.push(format!("{beyond} beyond a gap"));
        }
        self.skew(leader)?;
        clauses.extend([leader.clock_line()].into_iter().filter(|line| !line.is_empty()));
        same("whether the clock is worth a word", leader.clock_line().is_empty(), leader.skew.unwrap_or(0) == 0)?;
        let homes: Vec<&String> = leader.homes.iter().collect();
        same("homes", homes.len(), replica.homes.iter().filter(|home| home.leader == leader.id).count())?;
        if !homes.is_empty() {
            clauses.push(format!("home of {}", leader.homes.join(", ")));
        }
        self.waits(group, leader)?;
        clauses.extend(leader.wait_lines());
        if let Some(versions) = &group.versions {
            clauses.push(format!("shows {} = {}", versions.name, self.shows(group, leader.id)));
        }
        same("the accessible name", text, clauses.join(", "))
    }

    /// How far its clock is from true time.
    fn skew(&self, leader: &Leader) -> Result<(), String> {
        let replica = self.replica(leader.id);
        let shown = replica.config.clock.at(SimTime(self.now.0 + 100_000_000)).0;
        let ahead = i128::from(shown) - i128::from(self.now.0 + 100_000_000);
        let said = leader.skew.unwrap_or(0);
        // The rate is measured 100 s later, in which it adds what it adds.
        let later = i128::from(replica.config.clock.fast) * 100_000;
        same("skew", (i128::from(said) - (ahead - later)).abs() <= 2_000, true)
    }

    /// What waits in its buffer, and that what it waits for is missing.
    fn waits(&self, group: &Leaders, leader: &Leader) -> Result<(), String> {
        let replica = self.replica(leader.id);
        same("what waits", leader.waits.len(), replica.buffer.len())?;
        for ((update, missing), entry) in leader.waits.iter().zip(&replica.buffer) {
            same("an update that waits", update, &self.called(group, entry.update.dot()))?;
            let mut needed: Vec<Dot> = entry.update.seen.entries().map(|(actor, count)| Dot { actor, count }).collect();
            needed.push(Dot { count: entry.update.dot().count - 1, ..entry.update.dot() });
            let lacks = needed.iter().flat_map(|dot| (1..=dot.count).map(|count| Dot { count, ..*dot }));
            let lacks: Vec<String> = lacks.filter(|dot| !replica.applied.has(*dot)).map(|dot| self.called(group, dot)).collect();
            same("what it waits for is missing", lacks.contains(missing), true)
                .map_err(|why| format!("{why}: {missing} of {lacks:?}"))?;
        }
        Ok(())
    }

    fn follower(&self, group: &Leaders, leader: &Leader, follower: &Follower) -> Result<(), String> {
        let replica = self.replica(follower.id);
        let behind = self.replica(leader.id).log.iter().filter(|entry| !replica.applied.has(entry.update.dot())).count();
        let state = match (self.state.status(follower.id), behind) {
            (Status::Down, _) => "crashed".to_owned(),
            (Status::Paused, _) => "paused".to_owned(),
            _ if self.state.network.is_cut(leader.id, follower.id) => "✕ cut off".to_owned(),
            (_, 0) => "up to date".to_owned(),
            (_, many) => format!("{many} behind"),
        };
        same("follower", replica.config.leader, leader.id)?;
        same("state", follower.state_line(), state)?;
        same("shows", follower.shows.clone(), self.shows(group, follower.id))?;
        same("name", describe_follower(group, leader, follower).starts_with(self.run.plan.name(follower.id)), true)
    }

    fn links(&self, group: &Leaders) -> Result<(), String> {
        for leader in &group.leaders {
            let told: Vec<NodeId> = group.links.iter().filter(|link| link.from == leader.id).map(|link| link.to).collect();
            let peers = self.replica(leader.id).peers.iter().map(|peer| peer.id);
            same("whom it tells", told, peers.filter(|id| group.leaders.iter().any(|other| other.id == *id)).collect())?;
        }
        for link in &group.links {
            let planned = self.replica(link.from).config.neighbours.iter().any(|(id, _)| *id == link.to);
            let said = match (self.state.network.is_cut(link.from, link.to), planned) {
                (true, _) => "✕ cut",
                (false, true) => "",
                (false, false) => "+ added",
            };
            same("link", describe_link(link), said)?;
        }
        Ok(())
    }

    fn stamp(&self, column: &Column) -> DottedVersion {
        let all = self.state.multi_leader_replicas().flat_map(|(_, replica)| replica.log.iter());
        let found = all.map(|entry| &entry.update).find(|update| {
            update.op == column.op && update.dot().count == column.dot.1 && self.run.plan.show(value(update)) == column.value
                || (update.op == column.op && column.value == "deleted")
        });
        (*found.unwrap_or_else(|| panic!("{column:?} is no update")).stamp).clone()
    }

    /// The versions of the key: who holds each, and which two are concurrent.
    fn versions(&self, group: &Leaders) -> Result<(), String> {
        let Some(versions) = &group.versions else { return Ok(()) };
        for column in &versions.columns {
            let dot = self.stamp(column).dot();
            same("sign", &column.sign, &self.called(group, dot))?;
            let holders = self
                .state
                .multi_leader_replicas()
                .filter(|(_, replica)| replica.store.versions(versions.key).iter().any(|version| version.stamp.dot() == dot));
            same("held by", column.held_by.clone(), holders.map(|(id, _)| id).collect())?;
            for (place, leader) in group.leaders.iter().enumerate() {
                let stamp = self.stamp(column);
                let counts = stamp.past().get(actor_of(leader.id)).max(if place == column.dot.0 { dot.count } else { 0 });
                same("component", column.component(place).ends_with(&counts.to_string()), true)?;
            }
        }
        for (place, one) in versions.columns.iter().enumerate() {
            for other in &versions.columns[..place] {
                let apart = self.stamp(one).compare(&self.stamp(other)).is_none();
                same("whether two versions are concurrent", !one.includes(other) && !other.includes(one), apart)?;
            }
        }
        let shown_apart = versions.apart.map(|(one, other)| (&versions.columns[one], &versions.columns[other]));
        match shown_apart {
            Some((one, other)) => {
                same("concurrent", self.stamp(one).compare(&self.stamp(other)), None)?;
                let begins = format!("{} and {} are concurrent: ", one.sign, other.sign);
                same("the sentence", versions.why.starts_with(&begins), true)?;
                let ahead = |a: &Column, b: &Column| (0..group.leaders.len()).any(|leader| a.is_ahead(b, leader));
                same("a component that is ahead on either side", (ahead(one, other), ahead(other, one)), (true, true))
            }
            None => same("no word of concurrency", versions.why.contains(" are concurrent"), false),
        }
    }
}

fn value(update: &replicated_telemetry_store::family::multi_leader::Update) -> Value {
    use replicated_telemetry_store::family::multi_leader::Change;
    match update.change {
        Change::Set(value) => value,
        Change::Delete => Value::Nothing,
        Change::Add(more) => Value::Delta(more),
        Change::Call(number) => Value::Method(number),
    }
}

fn is_true(run: &Run, now: SimTime, width: f64) -> Result<(), String> {
    let (state, layout) = (run.state_at(now), Layout::new(&run.plan, width));
    let drawn = stage(run, &state, now, &layout, &[]);
    let truth = Truth { run, state: &state, now };
    same("groups", drawn.leaders.len(), run.plan.groups.len())?;
    for group in &drawn.leaders {
        for leader in &group.leaders {
            truth.leader(group, leader).map_err(|why| format!("{}: {why}", leader.name))?;
            leader.followers.iter().try_for_each(|follower| truth.follower(group, leader, follower))?;
        }
        truth.links(group)?;
        truth.versions(group)?;
    }
    for client in &drawn.clients {
        let home = state.multi_leader_client(client.id).map(|real| real.groups[0].home);
        same("home", client.home, home)?;
    }
    let (moving, _) = flights(run, &state, &drawn, &layout, now);
    same("messages", moving.iter().map(|mark| mark.stands_for).sum::<usize>(), state.in_flight().len() + state.held().len())
}

#[test]
fn every_number_of_several_leaders_is_that_of_the_replicas() {
    let cases = std::env::var("STAGE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12_u64);
    let mut apart = 0;
    for (index, text) in ALL.iter().enumerate() {
        for seed in 0..6 {
            let mut scenario = parse(text).expect("a scenario");
            scenario.seed = seed;
            let run = Run::of(&scenario).expect("it can be run");
            for case in 0..cases {
                let mut rng = Rng::keyed(seed, &[0x1EAD, index as u64, case]);
                let now = SimTime(rng.between(0, run.until().0 / 2));
                let width = if case % 2 == 0 { 390.0 } else { 1_000.0 };
                if let Err(why) = is_true(&run, now, width) {
                    panic!("{} with seed {seed} at {now:?}, {width} px: {why}", scenario.title);
                }
                let drawn = stage(&run, &run.state_at(now), now, &Layout::new(&run.plan, width), &[]);
                apart += drawn.leaders.iter().filter(|group| group.versions.as_ref().is_some_and(|v| v.apart.is_some())).count();
            }
        }
    }
    assert!(apart > 20, "{apart} moments with concurrent versions");
}
