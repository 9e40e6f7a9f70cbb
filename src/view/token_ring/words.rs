//! What the pane of a ring says, in words: lines, sentences and accessible names.
//!
//! The page draws these texts and makes none of its own, so that `tests/stage/token_ring.rs` can compare them with the nodes.

use super::{Age, Ended, Met, Quorum, Request, TokenNode, TokenRing, Visit};
use crate::network::NodeId;
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::RingPlan;

/// Names, one after the other: "a, b and c".
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl TokenNode {
    /// The node in words, for those who do not see it.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut clauses = vec![self.node.describe()];
        match self.held.age {
            Age::Current => {}
            Age::Old => clauses.push("its version is old".to_owned()),
            Age::Partial => clauses.push("it lacks a version".to_owned()),
        }
        clauses.push(format!("{}, first replica of {} of the ring", plural(self.tokens as u64, "token"), share(self.share)));
        clauses.extend(self.knows.map(|knows| format!("knows {}", plural(knows as u64, "member"))));
        clauses.join(", ")
    }

    /// What it believes of the others: who is down, or how many there are; empty if nodes do not gossip.
    #[must_use]
    pub fn beliefs(&self) -> String {
        match self.knows {
            Some(knows) if self.node.suspects.is_empty() => format!("knows {}", plural(knows as u64, "member")),
            Some(_) | None => self.node.suspects.clone(),
        }
    }
}

/// A share in thousandths as per cent.
fn share(thousandths: u32) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

impl TokenNode {
    /// What it keeps for others, or if that is nothing, how many keys it holds.
    #[must_use]
    pub fn keeps_line(&self) -> &str {
        self.node.holds.split_once(", ").map_or(self.node.holds.as_str(), |(_, hints)| hints)
    }
}

impl Request {
    /// How many answers are there: "R 1 of 2"; "W" while versions are stored.
    #[must_use]
    pub fn gauge(&self) -> String {
        let sign = if self.write || self.stores { "W" } else { "R" };
        format!("{sign} {} of {}", self.got, self.needed)
    }
}

impl TokenRing {
    /// What a token on the way means.
    #[must_use]
    pub fn describe_visit(&self, visit: &Visit) -> String {
        let name = self.name_of(visit.node);
        match visit.met {
            Met::Replica(place) => format!("{place}: {name} is a replica of the key"),
            Met::SameMachine => format!("skipped: {name} has been met already"),
            Met::RegionFull => format!("skipped: the region of {name} has its replicas"),
            Met::StandIn(owner) => format!("{name} stands in for {}", self.name_of(owner)),
            Met::Behind => format!("{name} is behind the preference list"),
        }
    }

    /// The preference list of the key: "1 virginia, 2 tokyo".
    #[must_use]
    pub fn preference_words(&self) -> String {
        let Some(key) = &self.key else { return String::new() };
        let place = |visit: &Visit| match visit.met {
            Met::Replica(place) => Some(format!("{place} {}", self.name_of(visit.node))),
            Met::SameMachine | Met::RegionFull | Met::StandIn(_) | Met::Behind => None,
        };
        key.visits.iter().filter_map(place).collect::<Vec<_>>().join(", ")
    }

    /// How many tokens there are, and that not all are drawn.
    #[must_use]
    pub fn tokens_words(&self) -> String {
        let drawn = if self.tokens.len() < self.count { ", in equal steps" } else { "" };
        let disagree = match self.disagree {
            0 => String::new(),
            1 => "; 1 node knows another ring".to_owned(),
            many => format!("; {many} nodes know another ring"),
        };
        format!("{}, {}{drawn}{disagree}", self.rule, plural(self.count as u64, "token"))
    }

    /// What the quorums of the key come to.
    #[must_use]
    pub fn quorum_words(&self, run: &Run, plan: &RingPlan) -> String {
        let Some(write) = &self.quorums.write else { return "No write of the key has begun.".to_owned() };
        let client = |quorum: &Quorum| run.plan.name(quorum.client);
        let counts = |quorum: &Quorum| format!("{} of {}", quorum.got, quorum.needed);
        let written = match write.ended {
            Ended::Open => format!("The write of {} has {} acknowledgements so far.", client(write), counts(write)),
            Ended::Met => format!("{} acknowledged the write of {}.", self.who(write), client(write)),
            Ended::Failed => format!("The write of {} has failed with {}, and is not taken back.", client(write), counts(write)),
            Ended::Refused => format!("The write of {} was not begun: too few replicas are believed to be up.", client(write)),
        };
        let Some(read) = &self.quorums.read else { return written };
        let answered = match read.ended {
            Ended::Open => format!(" The read of {} has {} answers so far.", client(read), counts(read)),
            Ended::Met => format!(" {} answered the read of {}.", self.who(read), client(read)),
            Ended::Failed => format!(" The read of {} has failed with {}.", client(read), counts(read)),
            Ended::Refused => format!(" The read of {} was not begun.", client(read)),
        };
        let both = if (write.ended, read.ended) == (Ended::Met, Ended::Met) { self.overlap_words(plan) } else { String::new() };
        written + &answered + &both
    }

    /// Whose answers were counted: "virginia and sydney (for tokyo)".
    fn who(&self, quorum: &Quorum) -> String {
        let one = |counted: &super::Counted| match counted.owner {
            Some(owner) => format!("{} (for {})", self.name_of(counted.node), self.name_of(owner)),
            None => self.name_of(counted.node).to_owned(),
        };
        let all: Vec<String> = quorum.counted.iter().map(one).collect();
        if all.is_empty() { "nobody".to_owned() } else { list(&all.iter().map(String::as_str).collect::<Vec<_>>()) }
    }

    /// What two met quorums have in common, and whether their numbers promise it.
    fn overlap_words(&self, plan: &RingPlan) -> String {
        let settings = &plan.settings;
        let numbers = format!("R {} + W {}", settings.reads, settings.writes);
        let promised = settings.overlaps(settings.reads, settings.writes);
        let shared: Vec<&str> = self.quorums.shared.iter().map(|node| self.name_of(*node)).collect();
        let stands_in = |write: &Quorum| write.counted.iter().any(|counted| counted.owner.is_some());
        let sloppy = self.quorums.write.as_ref().is_some_and(stands_in);
        match (shared.is_empty(), promised, sloppy) {
            (false, true, _) => format!(" The quorums overlap in {}.", list(&shared)),
            (false, false, _) => format!(" The quorums overlap in {}, by chance: {numbers} promises nothing.", list(&shared)),
            (true, _, true) => " The quorums do not overlap: who stood in keeps a hint, which nobody reads.".to_owned(),
            (true, false, false) => {
                format!(" The quorums do not overlap: {numbers} does not exceed N {}.", settings.all_replicas())
            }
            (true, true, false) => " The quorums do not overlap: they were not those of one ring.".to_owned(),
        }
    }

    /// The nodes that the table of quorums has a column for: the replicas of the key, and behind them whoever took part as well.
    #[must_use]
    pub fn columns(&self) -> Vec<NodeId> {
        let visits = self.key.iter().flat_map(|key| &key.visits);
        let listed = |home: bool| {
            visits.clone().filter(move |visit| match visit.met {
                Met::Replica(_) => home,
                Met::StandIn(_) => !home,
                Met::SameMachine | Met::RegionFull | Met::Behind => false,
            })
        };
        let counted = self.quorums.write.iter().chain(&self.quorums.read).flat_map(|quorum| &quorum.counted);
        let mut columns: Vec<NodeId> = Vec::new();
        let all = listed(true).chain(listed(false)).map(|visit| visit.node).chain(counted.map(|one| one.node));
        for node in all {
            if !columns.contains(&node) {
                columns.push(node);
            }
        }
        columns
    }
}
