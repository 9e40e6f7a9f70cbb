//! The sentences of findings about a session's writes, about bounds, and about values that should not have been there.

use super::findings::{Answered, Teller};
use super::remedy::leader_at;
use super::words::{length, quoted};
use crate::check::{Hole, Unlike};
use crate::history::{End, Op};
use crate::log::OpId;
use crate::lsn::Position;
use crate::protocol::{Outcome, Reason};
use crate::router::Bound;

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
        self.words.text(". It stands before what came first, because ").node(leader);
        self.words.text(format!(", the leader of epoch {}, took it without asking for the entry {what}.", at.epoch));
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
        let scenario = &self.run.plan.scenario;
        let deposed = leader_at(self.run, read.op.group, read.op.invoked) == Some(read.replica) || self.epochs(read.op.group);
        self.words.text(" It answered because it was within the bound, as far as it knew");
        self.words.text(match bound {
            _ if !scenario.sabotage.is_empty() => ", or did not look.",
            Bound::Time(_) if !scenario.clocks.is_empty() => {
                ": it compares its own clock with the leader's, and one of them is wrong."
            }
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
            .text("Nothing is left to happen, and ")
            .node(leader)
            .text(" and ")
            .node(follower)
            .text(" hold different data: ");
        self.words.reading(key, here.version(key)).text(" at ").node(leader).text(", ").text(shown).text(" at ").node(follower);
        self.words.text(". It will stay so, because no message is under way that could bring ").node(follower);
        self.words.text(" what it lacks.");
        Some(())
    }
}
