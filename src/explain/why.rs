//! Why a replica did not have an entry at a certain moment: found in the record, and said in words.

use super::index::{Fate, Index, sent_at};
use super::words::{Words, length};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::{Loss, NodeId};
use crate::protocol::{Fact, GroupId};
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::What;

/// Why a replica did not show an entry. Places are places in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// A failover ended the entry's life: the log of this epoch, which the replica followed or led, goes on without it.
    Discarded(Epoch),
    /// The replica led the group and shows an entry only once its acknowledgement rule holds.
    NotAcknowledged,
    /// The replica had not heard of the epoch that wrote the entry.
    NotFollowing(Option<Way>),
    /// A message that carries the entry had not arrived.
    NotArrived(Way),
    /// The entry was there, but an earlier one was missing, and for that reason.
    Gap(Lsn, Box<Why>),
    /// The entry had arrived then, and the replica was paused since then.
    Paused(SimTime, SimTime),
    /// The entry had arrived then, and a crash then took it before it was flushed.
    LostInCrash(SimTime, SimTime),
    /// The entry had arrived then, and was not flushed yet.
    NotFlushed(SimTime),
    /// The entry had arrived then, and was not applied yet.
    NotApplied(SimTime),
    /// The leader had not sent it: it first waits for what comes before, which is missing for that reason.
    NotSentAfter(Lsn, Box<Why>),
    /// The replica had come back then, and no leader had begun to serve it.
    NotServedSinceRestart(SimTime),
    /// No message that carries the entry had been sent to the replica.
    NotSent,
    /// The record does not say.
    Unknown,
}

/// A message that did not arrive in time: from where to where, sent when, and what had become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    src: NodeId,
    dst: NodeId,
    sent: SimTime,
    fate: Fate,
    /// What had become of the message that was sent before this one and carried the same.
    before: Option<Loss>,
}

/// Where a question is asked: which group's entry, at which replica, just before which place of the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) run: &'a Run,
    pub(super) index: &'a Index,
    pub(super) group: GroupId,
    pub(super) node: NodeId,
    pub(super) place: usize,
}

impl At<'_> {
    fn time(&self, place: usize) -> SimTime {
        self.run.trace.records.get(place).map_or(SimTime::ZERO, |r| r.at)
    }

    fn way(&self, place: usize, before: Option<Loss>) -> Option<Way> {
        let (sent, message) = sent_at(self.run, place)?;
        let fate = self.index.fate(self.run, place, self.place)?;
        Some(Way { src: message.src, dst: message.dst, sent, fate, before })
    }

    fn leads(&self, epoch: Epoch) -> bool {
        let newest = self.run.takeovers.iter().find(|t| t.group == self.group && t.epoch == epoch).map(|t| t.leader);
        let first = (epoch == Epoch(1)).then(|| self.run.plan.groups[self.group.index()].leader);
        newest.or(first) == Some(self.node)
    }

    /// Why the replica, whose reads showed everything up to `applied`, did not show the entry at `want`.
    pub(super) fn why(&self, want: Position, applied: Lsn) -> Why {
        let epoch = self.index.epoch_before(self.node, self.place);
        if let Some(by) = self.index.discarded_in(self.group, epoch, want) {
            return Why::Discarded(by);
        }
        if epoch < want.epoch {
            let announced = self.index.announcement(self.run, self.node, want.epoch, self.place);
            return Why::NotFollowing(announced.and_then(|place| self.way(place, None)));
        }
        if self.leads(epoch) && epoch == want.epoch {
            return Why::NotAcknowledged;
        }
        if applied >= want.lsn {
            return Why::Unknown;
        }
        let carriers = self.index.carriers(self.run, self.node, want, self.place);
        let Some(newest) = carriers.first().copied() else { return self.not_sent(want, applied) };
        let earlier = carriers.get(1).and_then(|place| self.index.fate(self.run, *place, self.place));
        let lost = match earlier {
            Some(Fate::Lost(_, how)) => Some(how),
            _ => None,
        };
        let arrived = carriers.iter().find_map(|place| match self.index.fate(self.run, *place, self.place) {
            Some(Fate::Arrived(here)) => Some(here),
            _ => None,
        });
        match (arrived, self.way(newest, lost)) {
            (Some(here), way) => self.after_arrival(want, applied, here, way),
            (None, Some(way)) => Why::NotArrived(way),
            (None, None) => Why::Unknown,
        }
    }

    fn after_arrival(&self, want: Position, applied: Lsn, arrived: usize, newest: Option<Way>) -> Why {
        let at = self.time(arrived);
        if let Some(crash) = self.index.crash_that_took(self.node, want.lsn, arrived, self.place) {
            return match newest.filter(|way| !matches!(way.fate, Fate::Arrived(_)) && way.sent >= self.time(crash)) {
                Some(way) => Why::NotArrived(way),
                None => Why::LostInCrash(at, self.time(crash)),
            };
        }
        let (mut received, mut flushed) = (false, false);
        for record in self.run.trace.records.get(arrived..self.place).unwrap_or_default() {
            match record.what {
                What::Noted(node, Fact::Received(lsn)) if node == self.node => received |= lsn >= want.lsn,
                What::Noted(node, Fact::Flushed(lsn)) if node == self.node => flushed |= lsn >= want.lsn,
                _ => {}
            }
        }
        if flushed {
            return Why::NotApplied(at);
        }
        if received {
            return Why::NotFlushed(at);
        }
        if let Some(since) = self.index.paused(self.node, self.place) {
            return Why::Paused(at, self.time(since));
        }
        self.missing_before(want, applied).map_or(Why::Unknown, |(lsn, why)| Why::Gap(lsn, Box::new(why)))
    }

    /// The first entry that the replica lacks, if it comes before `want`, and why.
    fn missing_before(&self, want: Position, applied: Lsn) -> Option<(Lsn, Why)> {
        let missing = applied.next();
        let mut at = self.index.position_before(self.node, missing, self.place)?;
        if missing >= want.lsn {
            return None;
        }
        at.epoch = at.epoch.min(want.epoch);
        let carriers = self.index.carriers(self.run, self.node, at, self.place);
        let way = carriers.first().and_then(|place| self.way(*place, None))?;
        let missed = matches!(way.fate, Fate::UnderWay(_) | Fate::Lost(..) | Fate::Held(_));
        missed.then_some((missing, Why::NotArrived(way)))
    }

    fn not_sent(&self, want: Position, applied: Lsn) -> Why {
        if let Some((lsn, why)) = self.missing_before(want, applied) {
            return Why::NotSentAfter(lsn, Box::new(why));
        }
        match self.index.restart(self.node, self.place) {
            Some(back) if !self.index.served_between(self.node, back, self.place) => Why::NotServedSinceRestart(self.time(back)),
            _ => Why::NotSent,
        }
    }
}

/// Says why, as a clause that can follow "because"; says nothing and returns false if there is nothing to say.
pub(super) fn say(words: &mut Words<'_>, at: &At<'_>, want: Position, why: &Why) -> bool {
    let number = format!("entry {}", want.lsn);
    match why {
        Why::Discarded(epoch) => discarded(words, at, want, *epoch),
        Why::NotAcknowledged => {
            words
                .node(at.node)
                .text(format!(" leads and shows an entry only once it is acknowledged, which {number} was not yet"));
        }
        Why::NotFollowing(way) => not_following(words, at, want, *way),
        Why::NotArrived(way) => not_arrived(words, &number, *way),
        Why::Gap(missing, why) => {
            words.text(format!("{number} had arrived but had to wait for entry {missing}, and "));
            return say(words, at, Position { lsn: *missing, ..want }, why);
        }
        Why::NotSentAfter(missing, why) => {
            words.text(format!("{number} had not been sent to it yet: the leader first had to repair what came before, and "));
            return say(words, at, Position { lsn: *missing, ..want }, why);
        }
        Why::Paused(arrived, since) => {
            words.text(format!("{number} arrived at ")).time(*arrived).text(", but ").node(at.node);
            words.text(" was paused since ").time(*since);
        }
        Why::LostInCrash(arrived, crash) => {
            words.text(format!("{number} arrived at ")).time(*arrived).text(", but was not yet flushed when ").node(at.node);
            words.text(" crashed at ").time(*crash);
        }
        Why::NotFlushed(arrived) => {
            words.text(format!("{number} had arrived at ")).time(*arrived).text(" but was not flushed yet");
        }
        Why::NotApplied(arrived) => {
            words.text(format!("{number} had arrived at ")).time(*arrived).text(" but was not applied yet");
        }
        Why::NotServedSinceRestart(back) => {
            words.text("it had come back at ").time(*back).text(format!(" and {number} had not been sent to it yet"));
        }
        Why::NotSent => {
            words.text(format!("{number} had not been sent to it yet"));
        }
        Why::Unknown => return false,
    }
    true
}

fn discarded(words: &mut Words<'_>, at: &At<'_>, want: Position, epoch: Epoch) {
    words.text(format!("entry {} of epoch {} was discarded: ", want.lsn, want.epoch));
    match at.run.takeovers.iter().find(|t| t.group == at.group && t.epoch == epoch) {
        Some(takeover) => {
            words.node(takeover.leader).text(" was promoted at ").time(takeover.at);
            words.text(format!(" with a log that ended at LSN {}, and epoch {epoch} went on from there", takeover.start.prev()));
        }
        None => {
            words.text(format!("epoch {epoch} began without it"));
        }
    }
}

fn not_following(words: &mut Words<'_>, at: &At<'_>, want: Position, way: Option<Way>) {
    words.node(at.node).text(format!(" did not know of epoch {} yet: ", want.epoch));
    match way {
        Some(way) => not_arrived(words, "the announcement", way),
        None => {
            words.text("no announcement had been sent to it");
        }
    }
}

fn not_arrived(words: &mut Words<'_>, what: &str, way: Way) {
    let again = match way.before {
        Some(_) => format!("{what}, lost before and sent again by "),
        None => format!("{what}, sent by "),
    };
    match way.fate {
        Fate::UnderWay(due) if way.before.is_none() => {
            words.text("the ").link(way.src, way.dst).text(format!(" took {}: {what} was sent at ", length(due.since(way.sent))));
            words.time(way.sent).text(" and due at ").time(due);
        }
        Fate::UnderWay(due) => {
            words.text(again).node(way.src).text(" at ").time(way.sent).text(", was due at ").time(due);
        }
        Fate::Held(since) => {
            words.text(again).node(way.src).text(" at ").time(way.sent).text(", was held on the ").link(way.src, way.dst);
            words.text(" since ").time(since);
        }
        Fate::Lost(when, how) => {
            words.text(again).node(way.src).text(" at ").time(way.sent);
            match how {
                Loss::Cut if when > way.sent => {
                    words.text(", was lost because the ").link(way.src, way.dst).text(" was cut while it was under way");
                }
                Loss::Cut => {
                    words.text(", was lost because the ").link(way.src, way.dst).text(" was cut");
                }
                Loss::Chance => {
                    words.text(", was lost by chance on the ").link(way.src, way.dst);
                }
                Loss::Down => {
                    words.text(", was lost because ").node(way.dst).text(" was down when it arrived at ").time(when);
                }
            }
        }
        Fate::Arrived(_) => {
            words.text(again).node(way.src).text(" at ").time(way.sent).text(", was refused");
        }
    }
}
