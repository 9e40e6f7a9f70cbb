//! The sentences of findings about a session's writes, about bounds, and about values that should not have been there.

use super::answered::Answered;
use super::findings::Teller;
use super::remedy::leader_at;
use super::words::{length, quoted};
use crate::check::{Hole, Unlike};
use crate::history::{End, Op};
use crate::log::OpId;
use crate::lsn::Position;
use crate::operation::{Outcome, Reason};
use crate::router::Bound;
use crate::time::LocalClock;

impl Teller<'_> {
    /// "ann's write of x = 1 was LSN 5 of epoch 2, acknowledged at 40 ms"
    fn wrote(&mut self, write: &Op) -> Option<Position> {
        let (at, acknowledged) = write.acknowledged()?;
        let value = self.value(write);
        self.words
            .node(write.client)
            .text("'s ")
            .op(write.id, "write")
            .text(" of ")
            .key(write.key)
            .text(format!(" = {value} was "));
        self.words.entry(write.group, at, true).text(", acknowledged at ").time(acknowledged);
        Some(at)
    }

    pub(super) fn monotonic_writes(&mut self, earlier: OpId, later: OpId, hole: Option<Hole>) -> Option<()> {
        let (earlier, later) = (self.op(earlier)?, self.op(later)?);
        if let Some(hole) = hole {
            self.shown_by(later, hole)?;
            self.words.text(" The session had written ").key(earlier.key);
            let value = self.value(earlier);
            self.words.text(format!(" = {value} before, ")).entry(earlier.group, earlier.acknowledged()?.0, true).text(".");
            return self.shown_without(hole);
        }
        self.wrote(earlier)?;
        self.words.text(". After that, the session's next one: ");
        self.wrote(later)?;
        self.taken_in_the_past(later, "that the session had written")
    }

    pub(super) fn writes_follow_reads(&mut self, read: OpId, write: OpId, hole: Option<Hole>) -> Option<()> {
        let (read, write) = (Answered::of(self.run, read)?, self.op(write)?);
        if let Some(hole) = hole {
            self.shown_by(write, hole)?;
            self.words.text(" Before it wrote that, ").node(read.op.client).text(" had ").op(read.op.id, "read").text(" ");
            self.words.reading(read.op.key, read.found).text(", ").entry(read.op.group, read.found?.at, true).text(".");
            return self.shown_without(hole);
        }
        self.read(&read, None);
        self.words.text("; the value was written as ").entry(read.op.group, read.found?.at, true).text(". After that, ");
        self.wrote(write)?;
        self.taken_in_the_past(write, "that the session had read")
    }

    /// Who acknowledged a write in an old epoch.
    fn taken_in_the_past(&mut self, write: &Op, what: &str) -> Option<()> {
        let at = write.acknowledged()?.0;
        let leader = self.leader(write.group, at.epoch);
        self.words.text(". In the order of epochs and entries it comes before the other, because ").node(leader);
        self.words.text(format!(", the leader of the older epoch {}, took it without asking for the entry {what}.", at.epoch));
        Some(())
    }

    /// A replica had shown a write.
    fn shown_by(&mut self, write: &Op, hole: Hole) -> Option<()> {
        let first = Answered::of(self.run, hole.shown_by)?;
        self.read(&first, Some(write));
        self.words.text(".");
        Some(())
    }

    /// And then it answered without what comes before that write.
    fn shown_without(&mut self, hole: Hole) -> Option<()> {
        let read = Answered::of(self.run, hole.read)?;
        self.words.text(" Then ");
        self.read(&read, None);
        self.words.text(
            ". The same replica holds the later one without the earlier one, because what it shows is no prefix of its log.",
        );
        Some(())
    }

    pub(super) fn bounded(&mut self, missed: OpId, read: OpId) -> Option<()> {
        let (missed, read) = (self.op(missed)?, Answered::of(self.run, read)?);
        let (want, acknowledged) = missed.acknowledged()?;
        let bound = self.run.plan.scenario.read.bound;
        self.read(&read, None);
        self.words.text(match bound {
            Bound::Time(time) => format!(". The read allows for {} of staleness. ", length(time)),
            Bound::Entries(entries) => format!(". The read allows for {} of staleness. ", super::words::entries(entries)),
        });
        self.words.text("The first that it missed is ").node(missed.client).text("'s ").op(missed.id, "write").text(" of ");
        let value = self.value(missed);
        self.words.key(missed.key).text(format!(" = {value}, ")).entry(missed.group, want, true).text(", acknowledged at ");
        self.words.time(acknowledged);
        self.words.text(format!(", {} before the read began.", length(read.op.invoked.since(acknowledged))));
        self.reason(&read, want);
        let (plan, scenario) = (&self.run.plan, &self.run.plan.scenario);
        let members = plan.groups.get(read.op.group.index()).map_or(&[][..], |group| &group.members);
        let clocks_differ = members.iter().any(|id| plan.clocks[id.index()] != LocalClock::TRUE);
        let deposed = leader_at(self.run, read.op.group, read.op.invoked) == Some(read.replica) || self.epochs(read.op.group);
        self.words.text(" It answered because it was within the bound, as far as it knew");
        self.words.text(match bound {
            _ if !scenario.sabotage.is_empty() => ", or did not look.",
            Bound::Time(_) if clocks_differ => ": it compares its own clock with the leader's, and one of them is wrong.",
            _ if deposed => ": its leader had been deposed and went on saying how far it was.",
            Bound::Time(_) | Bound::Entries(_) => ": it counts only the entries that it has heard of.",
        });
        Some(())
    }

    pub(super) fn aborted(&mut self, write: OpId, read: OpId) -> Option<()> {
        let (write, read) = (self.op(write)?, Answered::of(self.run, read)?);
        let End { at, outcome: Outcome::Rejected(reason), .. } = write.end? else { return None };
        self.read(&read, Some(write));
        self.words.text(". That ").op(write.id, "write").text(" was reported as refused at ").time(at);
        self.words.text(", and a refused write must never be seen. It was carried out nevertheless, because ");
        match reason {
            Reason::TimedOut => {
                self.words.node(write.client).text(" took silence for a refusal. Without an answer, the outcome is open.")
            }
            _ => self.words.node(read.replica).text(" has it in its log."),
        };
        Some(())
    }

    pub(super) fn thin_air(&mut self, read: OpId, claimed: OpId) -> Option<()> {
        let read = Answered::of(self.run, read)?;
        self.read(&read, None);
        self.words.text(". Nobody had written that to ").key(read.op.key);
        if let Some(claimed) = self.op(claimed).filter(|op| op.is_write()) {
            let value = self.value(claimed);
            self.words.text(": the entry it names is ").node(claimed.client).text("'s ").op(claimed.id, "write").text(" of ");
            self.words.key(claimed.key).text(format!(" = {value}"));
        }
        self.words.text(". It came out of thin air because ").node(read.replica).text(" does not answer with what its log says.");
        Some(())
    }

    pub(super) fn never_alike(&mut self, unlike: Unlike) -> Option<()> {
        let Unlike { leader, follower, key, .. } = unlike;
        let (here, there) = (self.run.end.replica(leader)?, self.run.end.replica(follower)?);
        let shown = there.version(key).map_or_else(|| "none".to_owned(), |found| quoted(&self.run.plan, found.value));
        self.words
            .text(if self.run.end.next_at().is_some() {
                "Only signs of life are still sent, and "
            } else {
                "Nothing is left to happen, and "
            })
            .node(leader)
            .text(" and ")
            .node(follower)
            .text(" hold different data: ");
        self.words.reading(key, here.version(key)).text(" at ").node(leader).text(", ").text(shown).text(" at ").node(follower);
        self.words
            .text(". It will stay so while ")
            .node(leader)
            .text(" leads, because no message is under way that could bring ")
            .node(follower);
        self.words.text(" what it lacks.");
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::explain::explain;
    use crate::run::Run;
    use crate::scenario::{Anomaly, parse};

    const WRITE_X: &str = r#"{ "at": "100ms", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } }"#;
    const WRITE_Y: &str = r#"{ "at": "200ms", "do": { "write": { "client": "ann", "key": "y", "value": 2 } } }"#;

    fn read(at: &str, client: &str, key: &str) -> String {
        format!(r#"{{ "at": "{at}", "do": {{ "read": {{ "client": "{client}", "key": "{key}", "at": "n2" }} }} }}"#)
    }

    /// Runs two replicas with this defect and this script, and explains the first finding, which has to be of this kind.
    fn says(kind: Anomaly, more: &str, script: &[&str], expected: &str) {
        let text = format!(
            r#"{{ "version": 1, "seed": 1, "until": "9s", "op_timeout": "300ms",
              "shards": [{{ "name": "catalog", "leader": "n1", "followers": ["n2"] }}],
              "clients": [{{ "name": "ann", "user": "ann" }}, {{ "name": "phone", "user": "ann" }}, {{ "name": "bob" }}, {{ "name": "carol" }}],
              "script": [{}] {more} }}"#,
            script.join(",")
        );
        let run = Run::of(&parse(&text).expect("a scenario")).expect("runs");
        let finding = run.findings.iter().find(|finding| finding.anomaly() == kind);
        let finding = finding.unwrap_or_else(|| panic!("no {kind:?} in {:?}", run.findings));
        let told = explain(&run, finding).sentence();
        assert!(told.contains(expected), "{told}\nexpected: {expected}");
    }

    #[test]
    fn a_replica_that_shows_the_later_write_alone() {
        let defect = r#", "sabotage": ["apply-out-of-order"]"#;
        says(
            Anomaly::MonotonicWrites,
            defect,
            &[WRITE_X, WRITE_Y, &read("300ms", "bob", "y"), &read("400ms", "bob", "x")],
            "bob read y = 2, written by ann, at n2, which had applied LSN 2. The session had written x = 1 before, LSN 1 of epoch 1. Then bob \
             read x = none at n2, which had applied LSN 2. The same replica holds the later one without the earlier one, because what it \
             shows is no prefix of its log. Without the built-in defect, the read would",
        );
        let other = r#"{ "at": "100ms", "do": { "write": { "client": "carol", "key": "x", "value": 1 } } }"#;
        says(
            Anomaly::WritesFollowReads,
            defect,
            &[
                other,
                r#"{ "at": "150ms", "do": { "read": { "client": "ann", "key": "x", "mode": "leader" } } }"#,
                WRITE_Y,
                &read("300ms", "bob", "y"),
                &read("400ms", "bob", "x"),
            ],
            "Before it wrote that, ann had read x = 1, LSN 1 of epoch 1. Then bob read x = none at n2",
        );
    }

    #[test]
    fn an_old_leader_takes_a_write_of_a_session_that_knows_better() {
        let apart = r#"{ "at": "10ms", "do": { "partition": { "a": ["n1", "ann"], "b": ["n2", "phone", "bob"] } } }"#;
        let promote = r#"{ "at": "20ms", "do": { "promote": { "node": "n2" } } }"#;
        let by_phone = r#"{ "at": "60ms", "do": { "write": { "client": "phone", "key": "x", "value": 7 } } }"#;
        let by_bob = r#"{ "at": "60ms", "do": { "write": { "client": "bob", "key": "x", "value": 7 } } }"#;
        says(
            Anomaly::MonotonicWrites,
            "",
            &[apart, promote, by_phone, WRITE_Y],
            "phone's write of x = 7 was LSN 1 of epoch 2, acknowledged at 62 ms. After that, the session's next one: ann's write of y = 2 was LSN 1 \
             of epoch 1, acknowledged at 202 ms. In the order of epochs and entries it comes before the other, because n1, the leader of \
             the older epoch 1, took it without asking for the entry that the session had written. With one token for all devices of the \
             user, carried by every operation, this write would not have been acknowledged,",
        );
        says(
            Anomaly::WritesFollowReads,
            "",
            &[apart, promote, by_bob, &read("80ms", "phone", "x"), WRITE_Y],
            "phone read x = 7 at n2, which had applied LSN 1 of epoch 2; the value was written as LSN 1 of epoch 2. After that, ann's write of \
             y = 2 was LSN 1 of epoch 1, acknowledged at 202 ms.",
        );
    }

    #[test]
    fn values_that_should_not_be_there() {
        let deaf = r#"{ "at": "90ms", "do": { "cut": { "from": "n1", "to": "ann" } } }"#;
        let defect = r#", "sabotage": ["silence-is-refusal"]"#;
        says(
            Anomaly::AbortedRead,
            defect,
            &[deaf, WRITE_X, &read("600ms", "bob", "x")],
            "That write was reported as refused at 400 ms, and a refused write must never be seen. It was carried out nevertheless, because ann took \
             silence for a refusal.",
        );
        let defect = r#", "sabotage": ["flip-numbers"]"#;
        says(
            Anomaly::ThinAirRead,
            defect,
            &[WRITE_X, &read("600ms", "bob", "x")],
            "bob read x = 2 at n2, which had applied LSN 1. Nobody had written that to x: the entry it names is ann's write of x = 1.",
        );
        let defect = r#", "sabotage": ["never-resend"]"#;
        let cut = r#"{ "at": "90ms", "do": { "cut": { "from": "n1", "to": "n2" } } }"#;
        let heal = r#"{ "at": "150ms", "do": { "heal": { "a": "n1" } } }"#;
        says(
            Anomaly::NonConvergence,
            defect,
            &[cut, WRITE_X, heal],
            "Nothing is left to happen, and n1 and n2 hold different data: x = 1 at n1, none at n2. It will stay so while n1 leads, because no message is under \
             way that could bring n2 what it lacks.",
        );
    }

    /// A cluster with heartbeats is never idle: what counts is that nothing else is under way.
    #[test]
    fn replicas_that_only_tell_that_they_live_will_not_become_alike() {
        let scenario = |sabotage: &str, until: &str| {
            format!(
                r#"{{ "version": 1, "seed": 1, "until": "{until}", "sabotage": [{sabotage}],
                "shards": [{{ "name": "s", "leader": "n1", "followers": ["n2"], "failover": {{ "heartbeat": "100ms", "timeout": "1s" }} }}],
                "clients": [{{ "name": "ann" }}],
                "script": [{{ "at": "50ms", "do": {{ "partition": {{ "a": ["n1"], "b": ["n2"] }} }} }}, {WRITE_X},
                           {{ "at": "300ms", "do": {{ "heal": {{ "a": "*", "b": "*" }} }} }}] }}"#
            )
        };
        let found = |sabotage: &str, until: &str| {
            let run = Run::of(&parse(&scenario(sabotage, until)).expect("a scenario")).expect("it can be run");
            let of_kind = run.findings.iter().filter(|finding| finding.anomaly() == Anomaly::NonConvergence);
            of_kind.map(|finding| explain(&run, finding).sentence()).collect::<Vec<_>>()
        };
        let [told] = &found(r#""never-resend""#, "5s")[..] else { panic!("not one finding") };
        assert_eq!(
            told,
            "Only signs of life are still sent, and n1 and n2 hold different data: x = 1 at n1, none at n2. It will stay so \
             while n1 leads, because no message is under way that could bring n2 what it lacks. \
             Without the built-in defect, the two would be equal."
        );
        assert!(found("", "5s").is_empty(), "the leader sends again");
        assert!(found("", "290ms").is_empty(), "the link is cut, and somebody may yet see to it");
    }
}
