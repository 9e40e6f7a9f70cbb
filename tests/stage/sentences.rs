//! Takes the sentences of the stage apart: every clause has to be one that is known here, and its number has to be that of the run.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::family::single_leader::Role;
use replicated_telemetry_store::log::KeyId;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::trace::What;
use replicated_telemetry_store::view::words::{broken, describe, lag_line, note_line};
use replicated_telemetry_store::view::{Lane, Stored};

use crate::stage::replicas::{Held, Written};

/// What the sentences about a replica have to agree with.
pub(crate) struct Truth<'a> {
    pub(crate) run: &'a Run,
    pub(crate) state: &'a Simulation,
    pub(crate) now: SimTime,
    pub(crate) written: &'a Written,
}

/// Fails with both if they are not the same.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, said: T, found: T) -> Result<(), String> {
    if said == found { Ok(()) } else { Err(format!("{what}: the stage says {said:?}, the run {found:?}")) }
}

/// The number at the beginning of a clause that ends in these words, if it is such a clause.
fn number(clause: &str, ending: &str) -> Option<u64> {
    clause.strip_suffix(ending)?.trim_end().parse().ok()
}

impl Truth<'_> {
    /// All that is said of one replica.
    pub(crate) fn lane(&self, lane: &Lane) -> Result<(), String> {
        let held = Held::of(self.state, lane.id);
        self.name(lane, &held)?;
        self.shows(lane, &held)?;
        self.line(lane, &held, true)?;
        self.line(lane, &held, false)?;
        same("the wire", broken(lane), self.wire(lane.id, &held))?;
        same(
            "what was discarded, or the note",
            note_line(lane),
            self.discarded(lane.id).unwrap_or_else(|| self.note(lane.id, &held)),
        )
    }

    /// The value beside a replica is what its own log says of that key, where all of the log is there and no statement had to be carried out.
    fn shows(&self, lane: &Lane, held: &Held<'_>) -> Result<(), String> {
        let Some(shows) = &lane.shows else { return Ok(()) };
        let key = (0..).map(KeyId).find(|key| self.run.plan.key_name(*key) == shows.key).expect("the key has a number");
        let Some(mine) = held.newest_of(key) else { return Ok(()) };
        same("the value", shows.value.clone(), mine.map_or("none".to_owned(), |(_, value)| self.run.plan.show(value)))?;
        let Some(theirs) = held.leader().and_then(|leader| Held::of(self.state, leader.config.id).newest_of(key)) else {
            return Ok(());
        };
        same("whether it is the leader's", shows.differs, mine.map(|(at, _)| at) != theirs.map(|(at, _)| at))
    }

    /// The accessible name of a replica.
    fn name(&self, lane: &Lane, held: &Held<'_>) -> Result<(), String> {
        let (text, r) = (describe(lane), held.replica);
        let mut clauses = text.split(", ");
        same("name", clauses.next(), Some(self.run.plan.name(lane.id)))?;
        let mut said: Vec<&str> = clauses.collect();
        let mut takes = |clause: String| match said.iter().position(|other| *other == clause) {
            Some(place) => drop(said.remove(place)),
            None => said.push("MISSING"),
        };
        let leads = matches!(r.role, Role::Leader(_));
        let newest = held.leader().is_some_and(|leader| leader.config.id == lane.id);
        takes(format!("epoch {}", r.epoch.0));
        takes(if r.applied.0 == 0 { "nothing applied".into() } else { format!("applied up to entry {}", r.applied.0) });
        if r.config.storage.checksums {
            takes(format!("check sum of its rows {:04x}", r.data.checksum >> 16));
        }
        let (divergent, behind) = (held.divergent(), held.behind().filter(|_| !newest));
        match divergent {
            0 => {}
            1 => takes("1 entry that is not in the newest log".into()),
            n => takes(format!("{n} entries that are not in the newest log")),
        }
        match behind {
            Some(0) if divergent == 0 => takes("up to date".into()),
            Some(0) | None => {}
            Some(n) => {
                let lag = SimDuration(held.lag(self.written, self.now)).millis_words();
                takes(format!("{n} behind the leader for {lag}"));
            }
        }
        for (stored, words) in [(Stored::Flushed, "flushed but not applied"), (Stored::Received, "received but not flushed")] {
            match held.count(stored) {
                0 => {}
                n => takes(format!("{n} {words}")),
            }
        }
        let cut = |src: NodeId, dst: NodeId| self.state.network.is_cut(src, dst);
        if let Some(leader) = held.leader().map(|leader| leader.config.id).filter(|leader| *leader != lane.id) {
            for (is, words) in [
                (cut(leader, lane.id), "cut off from the leader"),
                (cut(lane.id, leader), "cut off towards the leader"),
                (self.state.network.is_held(leader, lane.id), "messages held"),
            ] {
                if is {
                    takes(words.into());
                }
            }
        }
        match self.note(lane.id, held) {
            note if note.is_empty() => {}
            note => takes(note),
        }
        // What is left is the role.
        let roles: &[&str] = match (leads, newest) {
            (true, true) => &["leader"],
            (true, false) => &["leader of the past"],
            (false, _) => &["joining follower", "keeps some keys", "async follower", "sync follower", "sync, replaced"],
        };
        let role = said.join(", ");
        if roles.contains(&role.as_str()) { Ok(()) } else { Err(format!("'{text}': unexplained is '{role}'")) }
    }

    /// What stands beside the name of a replica.
    fn line(&self, lane: &Lane, held: &Held<'_>, long: bool) -> Result<(), String> {
        let text = lag_line(lane, long);
        if text.is_empty() {
            return Ok(());
        }
        same("whether it runs", self.state.status(lane.id) == Status::Down, false)?;
        if let Some(n) = number(&text, "not in the newest log") {
            return same("not in the newest log", n, held.divergent());
        }
        same("entries that the newest log lacks, in silence", held.divergent(), 0)?;
        let (first, sum) = match text.split_once("rows ") {
            Some((first, sum)) => (first.trim_end_matches(", "), Some(sum.to_owned())),
            None => (text.as_str(), None),
        };
        if let Some(sum) = sum {
            same("sum of rows", sum, format!("{:04x}", held.replica.data.checksum >> 16))?;
        }
        if first.is_empty() {
            return Ok(());
        }
        let said = match first {
            "up to date" => Some(0),
            other => number(other.split(" leader (").next().unwrap_or(other), "behind"),
        };
        same("entries behind", said, held.behind())?;
        match first.split_once('(') {
            Some((_, lag)) => {
                let real = held.lag(self.written, self.now);
                // From ten seconds on it is told in seconds.
                let (unit, said) = if real >= 10_000_000 { ("s)", real / 1_000_000) } else { ("ms)", real / 1_000) };
                same("time behind", number(lag, unit), Some(said))
            }
            None => Ok(()),
        }
    }

    fn wire(&self, id: NodeId, held: &Held<'_>) -> &'static str {
        let Some(leader) = held.leader().map(|leader| leader.config.id).filter(|leader| *leader != id) else { return "" };
        let network = &self.state.network;
        match (network.is_cut(leader, id), network.is_cut(id, leader), network.is_held(leader, id)) {
            (true, true, _) => "✕ cut",
            (true, false, _) => "✕ no way here",
            (false, true, _) => "✕ no way back",
            (false, false, true) => "‖ held",
            (false, false, false) => "",
        }
    }

    /// What a replica had to discard last.
    fn discarded(&self, id: NodeId) -> Option<String> {
        let by_now = self.run.trace.records.iter().take_while(|record| record.at <= self.now);
        let last = by_now.filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::SingleLeader(Fact::Truncated(kept, last))) if node == id => {
                Some((kept.0 + 1, last.0))
            }
            _ => None,
        });
        last.last().map(|(from, to)| if from == to { format!("discarded {from}") } else { format!("discarded {from}–{to}") })
    }

    /// What there is to say about a replica.
    fn note(&self, id: NodeId, held: &Held<'_>) -> String {
        let r = held.replica;
        let new = r.config.storage.absent.contains(&id) && r.boot == 0;
        let newer = held.leader().is_some_and(|leader| leader.storage_version != r.storage_version);
        let bytes = r.config.storage.format == replicated_telemetry_store::statement::Format::WriteAheadLog;
        let out = (self.run.plan.replicas..self.run.plan.nodes.len())
            .filter_map(|client| self.state.client(NodeId(u16::try_from(client).ok()?)))
            .any(|client| client.leaves_out(id));
        match (self.state.status(id), &r.role, r.copied(self.now)) {
            (Status::Down, ..) => if new { "has yet to join" } else { "crashed" }.to_owned(),
            (Status::Paused, ..) => "paused".to_owned(),
            (_, Role::Leader(leading), _) if leading.fallen_back => "fell back to async".to_owned(),
            (_, Role::Leader(leading), _) if leading.waiting() > 0 => format!("{} unacknowledged", leading.waiting()),
            (_, Role::Follower(_), _) if r.election.suspects => "suspects the leader".to_owned(),
            (_, Role::Follower(_), Some((part, parts, _))) => format!("copies {part} of {parts}"),
            (_, Role::Follower(_), _) if r.data.lacks.is_some() => "lacks a column".to_owned(),
            (_, Role::Follower(_), _) if bytes && newer => format!("version {}: refuses", r.storage_version),
            (_, Role::Follower(following), _) if !following.ahead.is_empty() => {
                format!("{} wait for a gap", following.ahead.len())
            }
            _ => if out { "left out" } else { "" }.to_owned(),
        }
    }
}
