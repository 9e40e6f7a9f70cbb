//! What is said of a cause: one sentence, in which every node, link, time, entry and operation can be followed.

use super::Cause;
use crate::check::Finding;
use crate::explain::words::{Words, length};
use crate::explain::{Clue, Explanation, Trail, describe_action};
use crate::family::GroupId;
use crate::family::single_leader::Intervention;
use crate::network::{LATENCY_DEFAULT, Latency, Loss, NodeId};
use crate::run::Run;
use crate::scenario::Plan;
use crate::time::SimTime;

/// The sentence about a cause of a finding.
pub(super) fn sentence(run: &Run, finding: &Finding, trail: Option<&Trail>, cause: Cause) -> Explanation {
    let mut teller = Teller { run, finding, words: Words::new(&run.plan) };
    let clue = trail.and_then(|trail| trail.clues.iter().find(|clue| fits(run, **clue, cause)).map(|clue| (trail, *clue)));
    teller.tell(clue, cause);
    teller.words.text(".");
    teller.words.done()
}

/// What the run without a cause is called, in a few words.
#[must_use]
pub fn undone(plan: &Plan, cause: Cause) -> String {
    let shard = |group: GroupId| plan.groups.get(group.index()).map_or("", |group| group.name.as_str());
    match cause {
        Cause::Event(place) | Cause::Write(place) => match plan.script.iter().find(|(_, n, _)| *n == place) {
            Some((at, _, action)) => format!("{} at {}, left out", describe_action(plan, action), at.words()),
            None => "an event left out".to_owned(),
        },
        Cause::Latency(a, b) => format!("{} to {} takes {}", plan.name(a), plan.name(b), LATENCY_DEFAULT.words()),
        Cause::Loss(a, b) => format!("no losses from {} to {}", plan.name(a), plan.name(b)),
        Cause::Disorder(a, b) => format!("order is kept from {} to {}", plan.name(a), plan.name(b)),
        Cause::Defect(_) => "without the built-in defect".to_owned(),
        Cause::Flush(group) => format!("the disks of {} take no time", shard(group)),
        Cause::Apply(group) => format!("the followers of {} apply at once", shard(group)),
        Cause::Failover(group) => format!("an operator alone promotes in {}", shard(group)),
        Cause::Fencing(group) => format!("old leaders of {} are fenced off", shard(group)),
        Cause::Visibility(group) => format!("{} shows acknowledged writes only", shard(group)),
        Cause::Acknowledgement(group, node) => format!("writes to {} wait for {}", shard(group), plan.name(node)),
        Cause::LeaderReads(group) => format!("leaders of {} ask a majority before they answer", shard(group)),
        Cause::Format(group) => format!("{} ships changed rows", shard(group)),
        Cause::Retention(group) => format!("{} keeps its whole log", shard(group)),
        Cause::Clock(node) => format!("the clock of {} is right", plan.name(node)),
        Cause::Token => "tokens carry the epoch".to_owned(),
        Cause::ReadMode => "session-consistent reads".to_owned(),
        Cause::Devices => "a user's devices share one token".to_owned(),
        Cause::Delivery(group) => format!("{} delivers updates causally", shard(group)),
        Cause::Numbers(group) => format!("leaders of {} give numbers of their own", shard(group)),
        Cause::DataType(group) => format!("{} has data types that ask nothing of clocks or of the channel", shard(group)),
        Cause::Topology(group) => format!("every leader of {} tells every other one", shard(group)),
    }
}

/// Whether a clue is about a cause.
fn fits(run: &Run, clue: Clue, cause: Cause) -> bool {
    let action = |place: usize| run.plan.script.iter().find(|(_, n, _)| *n == place).map(|(at, _, action)| (*at, action));
    let touches = |place: usize, src: NodeId, dst: NodeId| {
        use crate::scenario::Action::{Cut, Hold, Links};
        matches!(action(place), Some((_, Cut(pairs) | Hold(pairs) | Links(pairs, _))) if pairs.contains(&(src, dst)))
    };
    let hits = |place: usize, node: NodeId| {
        use crate::scenario::Action::{Crash, Pause, SingleLeader};
        matches!(action(place), Some((_, Crash(n) | Pause(n) | SingleLeader(n, Intervention::Promote))) if *n == node)
    };
    match (clue, cause) {
        (Clue::Late(src, dst, ..), Cause::Latency(a, b)) | (Clue::Lost(src, dst, _, _, Loss::Chance), Cause::Loss(a, b)) => {
            (src, dst) == (a, b)
        }
        (Clue::Lost(_, node, _, _, Loss::Down) | Clue::Crashed(node, _), Cause::Event(place)) => hits(place, node),
        (Clue::Late(src, dst, ..) | Clue::Held(src, dst, ..) | Clue::Lost(src, dst, ..), Cause::Event(place)) => {
            touches(place, src, dst)
        }
        (Clue::Paused(node, _) | Clue::Discarded(node, _), Cause::Event(place)) => hits(place, node),
        _ => false,
    }
}

struct Teller<'a> {
    run: &'a Run,
    finding: &'a Finding,
    words: Words<'a>,
}

impl Teller<'_> {
    fn tell(&mut self, clue: Option<(&Trail, Clue)>, cause: Cause) {
        match cause {
            Cause::Event(place) => {
                if let Some((trail, clue)) = clue {
                    self.message(trail, clue);
                    self.words.text(": at ");
                } else {
                    self.words.text("At ");
                }
                self.event(place);
            }
            Cause::Write(place) => {
                self.words.text("At ");
                self.event(place);
            }
            Cause::Delivery(group) => self.setting(group, "applies updates as they come, and not after what they depend on"),
            Cause::Numbers(group) => self.setting(group, "lets each leader give the next number that it knows"),
            Cause::DataType(group) => {
                self.setting(group, "has data of types that ask more of clocks, of the channel or of a merge than they get");
            }
            Cause::Topology(group) => {
                self.setting(
                    group,
                    "does not let every leader tell every other one: some hear of others by way of third ones only",
                );
            }
            Cause::Latency(src, dst) => match clue {
                Some((trail, clue)) => self.message(trail, clue),
                None => self.link(src, dst, "delays messages"),
            },
            Cause::Loss(src, dst) => match clue {
                Some((trail, clue)) => self.message(trail, clue),
                None => self.link(src, dst, "loses messages by chance"),
            },
            Cause::Disorder(src, dst) => self.link(src, dst, "delivers messages twice or out of order"),
            Cause::Defect(defect) => {
                self.words.text(format!("The system has a built-in defect: {}", defect.name()));
            }
            Cause::Flush(group) => self.time_of(group, "a disk of", "to flush", |shard| shard.flush),
            Cause::Apply(group) => self.time_of(group, "a follower of", "to apply an entry", |shard| shard.apply),
            Cause::Format(group) => {
                self.setting(group, "ships its log in a form that not every follower can use in the same way")
            }
            Cause::Retention(group) => self.setting(group, "forgets log entries that a slow follower still needs"),
            Cause::Failover(group) => self.setting(group, "promotes a replica without asking an operator"),
            Cause::Fencing(group) => self.setting(group, "takes messages of old generations, because fencing is off"),
            Cause::Visibility(group) => self.setting(group, "shows writes at its leader before they are acknowledged"),
            Cause::Acknowledgement(group, node) => {
                self.setting(group, "acknowledges writes without waiting until ");
                self.words.node(node).text(" has flushed them");
            }
            Cause::LeaderReads(group) => self.setting(group, "lets a leader answer reads without asking whether it still leads"),
            Cause::Clock(node) => {
                self.words.text("The clock of ").node(node).text(" does not run as it should");
            }
            Cause::Token => {
                self.words.text("Tokens are compared by their number alone, whatever epoch they are of");
            }
            Cause::Devices => {
                self.words.text("Each device of the user keeps a token of its own, and does not know what the others have seen");
            }
            Cause::ReadMode => {
                let mode = self.run.plan.scenario.read.mode;
                self.words.text(format!("Reads are answered in mode {}, whatever their session has seen", mode.name()));
            }
        }
    }

    fn link(&mut self, src: NodeId, dst: NodeId, what: &str) {
        self.words.text("The ").link(src, dst).text(format!(" {what}"));
        let plan = &self.run.plan;
        if let Some(settings) = plan.links.get(src.index() * plan.nodes.len() + dst.index())
            && what.starts_with("delays")
        {
            let about = if matches!(settings.latency, Latency::Constant(_)) { "by" } else { "typically by" };
            self.words.text(format!(" {about} {}", length(settings.latency.typical())));
        }
    }

    fn setting(&mut self, group: GroupId, what: &str) {
        let name = &self.run.plan.groups[group.index()].name;
        self.words.text(format!("The shard {name} {what}"));
    }

    fn time_of(
        &mut self,
        group: GroupId,
        who: &str,
        what: &str,
        time: impl Fn(&crate::scenario::Shard) -> crate::time::SimDuration,
    ) {
        let Some(shard) = self.run.plan.scenario.shards.get(group.index()) else { return };
        self.words.text(format!("It takes {who} {} {} {what}", shard.name, length(time(shard))));
    }

    /// "The append of LSN 6 to frankfurt took 300 ms: …"
    fn message(&mut self, trail: &Trail, clue: Clue) {
        let with_epoch = self.run.takeovers.iter().any(|t| t.group == trail.group);
        match clue {
            Clue::Late(src, dst, sent, due) => {
                self.append(trail, dst, with_epoch);
                self.words.text(format!(" took {}: ", length(due.since(sent))));
                self.words.node(src).text(" sent it at ").time(sent).text(" and it was due at ").time(due);
                self.after();
            }
            Clue::Held(src, dst, sent, since) => {
                self.append(trail, dst, with_epoch);
                self.words.text(", sent at ").time(sent).text(", was held on the ").link(src, dst).text(" since ").time(since);
            }
            Clue::Lost(src, dst, sent, when, how) => {
                self.append(trail, dst, with_epoch);
                self.words.text(", sent at ").time(sent).text(", was lost ");
                match how {
                    Loss::Chance => self.words.text("by chance on the ").link(src, dst),
                    Loss::Cut => self.words.text("on the ").link(src, dst),
                    Loss::Down => self.words.text("because ").node(dst).text(" was down at ").time(when),
                };
            }
            Clue::Paused(node, since) => self.words_at(trail, node, "was paused since", since),
            Clue::Crashed(node, at) => self.words_at(trail, node, "had crashed at", at),
            Clue::Discarded(node, at) => self.words_at(trail, node, "became leader without it at", at),
            Clue::Flushing(_) | Clue::Applying(_) | Clue::Unacknowledged(_) | Clue::Unsent(_) => {}
        }
    }

    fn append(&mut self, trail: &Trail, dst: NodeId, with_epoch: bool) {
        self.words.text("The append of ").entry(trail.group, trail.want, with_epoch).text(" to ").node(dst);
    }

    fn words_at(&mut self, trail: &Trail, node: NodeId, what: &str, at: SimTime) {
        self.words.entry(trail.group, trail.want, true).text(" was missing because ").node(node);
        self.words.text(format!(" {what} ")).time(at);
    }

    /// ", after the read ended at 130 ms"
    fn after(&mut self) {
        let Some(op) = self.run.trace.ops.get(self.finding.op().index()) else { return };
        if let (false, Some(end)) = (op.is_write(), op.end) {
            self.words.text("; the ").op(op.id, "read").text(" was over at ").time(end.at);
        }
    }

    /// "At 10 s virginia crashes", with every node to be followed.
    fn event(&mut self, place: usize) {
        let plan = &self.run.plan;
        let Some((at, _, action)) = plan.script.iter().find(|(_, n, _)| *n == place) else { return };
        let text = describe_action(plan, action);
        self.words.time(*at).text(" ");
        self.nouns(plan, &text);
    }

    fn nouns(&mut self, plan: &Plan, text: &str) {
        let mut rest = text;
        while let Some((start, id)) = first_name(plan, rest) {
            self.words.text(&rest[..start]).node(id);
            rest = &rest[start + plan.name(id).len()..];
        }
        self.words.text(rest);
    }
}

/// Where a text names a node for the first time, as a word of its own; the longest name if several begin there.
fn first_name(plan: &Plan, text: &str) -> Option<(usize, NodeId)> {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut best: Option<(usize, usize, NodeId)> = None;
    for (number, name) in (0_u16..).zip(&plan.nodes) {
        let places = text.match_indices(name.as_str()).map(|(place, _)| place);
        let whole =
            |place: &usize| !inside(text[..*place].chars().next_back()) && !inside(text[*place + name.len()..].chars().next());
        if let Some(place) = places.into_iter().find(whole)
            && best.is_none_or(|(start, length, _)| (place, usize::MAX - name.len()) < (start, usize::MAX - length))
        {
            best = Some((place, name.len(), NodeId(number)));
        }
    }
    best.map(|(place, _, id)| (place, id))
}
