//! Why a replica did not have an entry at a certain moment: found in the record, and said in words.

use super::index::{Fate, Index, sent_at};
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Fact;
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::{Loss, NodeId};
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
    /// The entry had arrived then, while the replica was paused since then, and behind what it did next.
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
    /// The replica had refused the bytes of this storage version then.
    Version(SimTime, u32),
    /// The replica had stopped at this entry, because it lacks a column.
    Column(Lsn),
    /// So many parts of a snapshot had been copied, of so many; until then the replica shows what it had before.
    Copying(u32, u32),
    /// No message that carries the entry had been sent to the replica.
    NotSent,
    /// The record does not say.
    Unknown,
}

/// A message that did not arrive in time: from where to where, sent when, and what had become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) src: NodeId,
    pub(super) dst: NodeId,
    pub(super) sent: SimTime,
    pub(super) fate: Fate,
    /// What had become of the message that was sent before this one and carried the same.
    pub(super) before: Option<Loss>,
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
        if let Some(why) = self.stuck() {
            return why;
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

    /// What keeps the replica from taking anything: the newest word about it before this place.
    fn stuck(&self) -> Option<Why> {
        let records = self.run.trace.records.get(..self.place)?;
        let mine = records.iter().rev().filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::SingleLeader(fact)) if node == self.node => Some((record.at, fact)),
            _ => None,
        });
        let mut took = false;
        for (at, fact) in mine {
            match fact {
                // It has taken something since, so it is no version that keeps it; a column may still be missing.
                Fact::Received(_) => took = true,
                Fact::RefusedVersion(version) if !took => return Some(Why::Version(at, version)),
                Fact::LacksColumn(lsn) => return Some(Why::Column(lsn)),
                Fact::Copied(part, parts) => return Some(Why::Copying(part, parts)),
                Fact::Applied(_) | Fact::Restored(_) | Fact::Altered(_) => return None,
                _ => {}
            }
        }
        None
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
            match record.what() {
                What::Noted(node, family::Fact::SingleLeader(Fact::Received(lsn))) if node == self.node => {
                    received |= lsn >= want.lsn
                }
                What::Noted(node, family::Fact::SingleLeader(Fact::Flushed(lsn))) if node == self.node => {
                    flushed |= lsn >= want.lsn
                }
                _ => {}
            }
        }
        if flushed {
            return Why::NotApplied(at);
        }
        if received {
            return Why::NotFlushed(at);
        }
        if let Some(since) = self.index.paused(self.node, arrived) {
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

#[cfg(test)]
mod tests {
    use crate::explain::explain;
    use crate::run::Run;
    use crate::scenario::parse;

    /// Runs two replicas and a client with this shard and this script, and explains the last finding.
    fn explained(shard: &str, script: &[&str]) -> String {
        let text = format!(
            r#"{{ "version": 1, "seed": 1, "until": "2s",
              "shards": [{{ "name": "catalog", "leader": "n1", "followers": ["n2"] {shard} }}],
              "clients": [{{ "name": "ann" }}],
              "links": [{{ "from": "n1", "to": "n2", "latency": {{ "constant": "20ms" }} }}],
              "script": [{}] }}"#,
            script.join(",")
        );
        let run = Run::of(&parse(&text).expect("a scenario")).expect("runs");
        let finding = run.findings.last().unwrap_or_else(|| panic!("no finding in {script:?}"));
        explain(&run, finding).sentence()
    }

    const WRITE: &str = r#"{ "at": "100ms", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } }"#;
    const WRITE_AGAIN: &str = r#"{ "at": "200ms", "do": { "write": { "client": "ann", "key": "x", "value": 2 } } }"#;

    fn read(at: &str) -> String {
        format!(r#"{{ "at": "{at}", "do": {{ "read": {{ "client": "ann", "key": "x", "at": "n2" }} }} }}"#)
    }

    fn event(at: &str, what: &str) -> String {
        format!(r#"{{ "at": "{at}", "do": {what} }}"#)
    }

    fn says(shard: &str, script: &[&str], expected: &str) {
        let text = explained(shard, script);
        assert!(text.contains(expected), "{text}\nexpected: {expected}");
    }

    #[test]
    fn a_message_that_did_not_arrive_is_found_with_its_fate() {
        let link = r#""from": "n1", "to": "n2""#;
        for (before, at, after, expected) in [
            ("{}", "1ms", "110ms", "took 20 ms: entry 1 was sent at 101 ms and due at 121 ms. A session-consistent"),
            (
                r#"{"link": {LINK, "loss": "100%"}}"#,
                "1ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was lost by chance on the link from n1 to n2.",
            ),
            (
                r#"{"cut": {LINK}}"#,
                "1ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was lost because the link from n1 to n2 was cut.",
            ),
            (
                r#"{"cut": {LINK}}"#,
                "110ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was lost because the link from n1 to n2 was cut while it was under way.",
            ),
            (
                r#"{"hold": {LINK}}"#,
                "1ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was held on the link from n1 to n2 since 101 ms.",
            ),
            (
                r#"{"hold": {LINK}}}, {"at": "130ms", "do": {"cut": {LINK}}}, {"at": "140ms", "do": {"release": {LINK}}"#,
                "1ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was lost because the link from n1 to n2 was cut while it was under way.",
            ),
            (
                r#"{"hold": {LINK}}"#,
                "110ms",
                "150ms",
                "entry 1, sent by n1 at 101 ms, was held on the link from n1 to n2 since 121 ms.",
            ),
        ] {
            let before = if before == "{}" { r#"{"heal": {}}"#.to_owned() } else { before.replace("LINK", link) };
            says("", &[&event(at, &before), WRITE, &read(after)], expected);
        }
    }

    #[test]
    fn a_crashed_follower_missed_the_message_or_lost_the_entry() {
        let down = [event("110ms", r#"{"crash": {"node": "n2"}}"#), event("130ms", r#"{"restart": {"node": "n2"}}"#)];
        let silent = event("112ms", r#"{"cut": {"from": "n2", "to": "n1"}}"#);
        says(
            "",
            &[WRITE, &down[0], &silent, &down[1], &read("140ms")],
            "was lost because n2 was down when it arrived at 121 ms.",
        );
        says(
            "",
            &[WRITE, &down[0], &down[1], &read("140ms")],
            "entry 1, lost before and sent again by n1 at 131 ms, was due at 151 ms.",
        );
        let down = [event("180ms", r#"{"crash": {"node": "n2"}}"#), event("185ms", r#"{"restart": {"node": "n2"}}"#)];
        says(
            r#", "flush": "50ms""#,
            &[WRITE, &silent, &down[0], &down[1], &read("190ms")],
            "entry 1 arrived at 171 ms, but was not yet flushed when n2 crashed at 180 ms.",
        );
    }

    #[test]
    fn an_entry_that_arrived_waits_for_disk_state_or_an_earlier_entry() {
        says(r#", "flush": "50ms""#, &[WRITE, &read("180ms")], "entry 1 had arrived at 171 ms but was not flushed yet.");
        says(r#", "apply": "50ms""#, &[WRITE, &read("130ms")], "entry 1 had arrived at 121 ms but was not applied yet.");
        let lossy = event("90ms", r#"{"link": {"from": "n1", "to": "n2", "loss": "100%"}}"#);
        let repaired = event("150ms", r#"{"link": {"from": "n1", "to": "n2", "loss": "0%"}}"#);
        says(
            "",
            &[WRITE, &lossy, &repaired, WRITE_AGAIN, &read("230ms")],
            "n2 was 2 entries behind LSN 2 because entry 2 had arrived but had to wait for entry 1, and entry 1, sent by n1 at 101 ms, was \
             lost by chance",
        );
        let pause = event("110ms", r#"{"pause": {"node": "n2"}}"#);
        let resume = event("130ms", r#"{"resume": {"node": "n2"}}"#);
        says("", &[WRITE, &pause, &read("115ms"), &resume], "entry 1 arrived at 121 ms, while n2 was paused, since 110 ms.");
    }

    #[test]
    fn a_leader_hides_what_is_not_acknowledged_and_an_old_leader_does_not_know_the_new_epoch() {
        let slow = event("1ms", r#"{"link": {"from": "n2", "to": "n1", "latency": {"constant": "500ms"}}}"#);
        let at_leader = event("140ms", r#"{"read": {"client": "ann", "key": "x", "mode": "leader"}}"#);
        let other = r#"{ "at": "100ms", "do": { "write": { "client": "bob", "key": "x", "value": 1 } } }"#;
        let text = r#"{ "version": 1, "seed": 1, "until": "2s",
              "shards": [{ "name": "catalog", "leader": "n1", "followers": ["n2"], "ack": { "sync": { "followers": ["n2"] } } }],
              "clients": [{ "name": "ann" }, { "name": "bob" }], "script": [SCRIPT] }"#;
        let script = [slow.as_str(), other, &read("120ms"), &at_leader].join(",");
        let run = Run::of(&parse(&text.replace("SCRIPT", &script)).expect("a scenario")).expect("runs");
        let told = explain(&run, &run.findings[0]).sentence();
        assert!(
            told.contains("n1 was 1 entry behind LSN 1 because n1 leads and shows an entry only once it is acknowledged"),
            "{told}"
        );
        let cut = event("1ms", r#"{"partition": {"a": ["n1"], "b": ["n2"]}}"#);
        let promote = event("50ms", r#"{"promote": {"node": "n2"}}"#);
        let at_old = event("150ms", r#"{"read": {"client": "ann", "key": "x", "at": "n1"}}"#);
        says(
            "",
            &[&cut, &promote, WRITE, &at_old],
            "n1 did not know of epoch 2 yet: the announcement, sent by n2 at 50 ms, was lost because the link from n2 to n1 was cut.",
        );
    }
}
