//! What the stage says of leaders, in words: lines of their cards, and accessible names.
//!
//! The page draws these texts and makes none of its own, so that `tests/stage.rs` can compare all of them with the replicas.

use super::{Follower, Leader, Leaders, Link};
use crate::plural::plural;
use crate::simulation::Status;
use crate::time::SimDuration;

/// The most updates that are told to wait one by one.
const WAITS_MAX: usize = 2;

impl Leader {
    /// Whether it runs, and what waits for it.
    #[must_use]
    pub fn state_line(&self) -> String {
        match self.status {
            Status::Down => "crashed".to_owned(),
            Status::Paused => "paused".to_owned(),
            Status::Up if self.parked == 1 => "leader, 1 request waits".to_owned(),
            Status::Up if self.parked > 1 => format!("leader, {} wait", plural(self.parked as u64, "request")),
            Status::Up => "leader".to_owned(),
        }
    }

    /// What its clock shows; empty if it is true.
    #[must_use]
    pub fn clock_line(&self) -> String {
        let size = |us: i64| SimDuration(us.unsigned_abs());
        match self.skew {
            None | Some(0) => String::new(),
            Some(us) if us < 0 => format!("clock {} behind", short(size(us))),
            Some(us) => format!("clock {} ahead", short(size(us))),
        }
    }

    /// The keys that it is the home of; empty if there are none.
    #[must_use]
    pub fn home_line(&self) -> String {
        if self.homes.is_empty() { String::new() } else { format!("home of {}", self.homes.join(", ")) }
    }

    /// What waits in its buffer, line by line.
    #[must_use]
    pub fn wait_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.waits.iter().take(WAITS_MAX).map(|(update, missing)| format!("{update} waits for {missing}")).collect();
        if let Some(last) = lines.last_mut().filter(|_| self.waits.len() > WAITS_MAX) {
            last.push_str(&format!(" and {} more", self.waits.len() - WAITS_MAX));
        }
        lines
    }
}

/// A length of time in the unit that suits it, cut to tenths of a second, to whole milliseconds or to microseconds.
fn short(time: SimDuration) -> String {
    let finest = match time.0 {
        0..1_000 => 1,
        1_000..1_000_000 => 1_000,
        _ => 100_000,
    };
    SimDuration(time.0 / finest * finest).words()
}

impl Follower {
    /// Whether it runs, and how far behind its leader it is.
    #[must_use]
    pub fn state_line(&self) -> String {
        match (self.status, self.behind) {
            (Status::Down, _) => "crashed".to_owned(),
            (Status::Paused, _) => "paused".to_owned(),
            (Status::Up, _) if self.cut => "✕ cut off".to_owned(),
            (Status::Up, 0) => "up to date".to_owned(),
            (Status::Up, behind) => format!("{behind} behind"),
        }
    }
}

/// A vector in words: "virginia 2 of 3, frankfurt 1".
#[must_use]
pub fn vector_words(group: &Leaders, leader: &Leader) -> String {
    let component = |(of, (has, taken)): (&Leader, &(u64, u64))| match has == taken {
        true => format!("{} {has}", of.name),
        false => format!("{} {has} of {taken}", of.name),
    };
    group.leaders.iter().zip(&leader.vector).map(component).collect::<Vec<_>>().join(", ")
}

/// A leader in words, for those who do not see it.
#[must_use]
pub fn describe_leader(group: &Leaders, leader: &Leader) -> String {
    let mut clauses = vec![leader.name.clone(), leader.state_line()];
    clauses.push(format!("{} in its log", plural(leader.entries, "update")));
    clauses.push(format!("applied of {}", vector_words(group, leader)));
    if leader.beyond > 0 {
        clauses.push(format!("{} beyond a gap", leader.beyond));
    }
    clauses.extend([leader.clock_line(), leader.home_line()]);
    clauses.extend(leader.wait_lines());
    if let Some(versions) = &group.versions {
        clauses.push(format!("shows {} = {}", versions.name, leader.shows));
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses.join(", ")
}

/// A follower in words, for those who do not see it.
#[must_use]
pub fn describe_follower(group: &Leaders, leader: &Leader, follower: &Follower) -> String {
    let mut clauses = vec![follower.name.clone(), format!("follower of {}", leader.name), follower.state_line()];
    clauses.push(format!("{} applied", plural(follower.applied, "update")));
    if let Some(versions) = &group.versions {
        clauses.push(format!("shows {} = {}", versions.name, follower.shows));
    }
    clauses.join(", ")
}

/// What is to be said of a link: that nothing passes, that it was added.
#[must_use]
pub fn describe_link(link: &Link) -> &'static str {
    match (link.cut, link.held, link.added) {
        (true, ..) => "✕ cut",
        (false, true, _) => "‖ held",
        (false, false, true) => "+ added",
        (false, false, false) => "",
    }
}
