//! Why a replica did not have an entry, in words: the sentence for each answer of [`why`](super::why).

use super::index::Fate;
use super::why::{At, Way, Why};
use super::words::{Words, length};
use crate::family::GroupId;
use crate::lsn::{Epoch, Position};
use crate::network::Loss;

/// Says why, as a clause that can follow "because"; says nothing and returns false if there is nothing to say.
pub(super) fn say(words: &mut Words<'_>, at: &At<'_>, want: Position, why: &Why) -> bool {
    let group = at.group;
    match why {
        Why::Discarded(epoch) => discarded(words, at, want, *epoch),
        Why::NotAcknowledged => {
            words.node(at.node).text(" leads and shows an entry only once it is acknowledged, which ");
            words.numbered(group, want).text(" was not yet");
        }
        Why::NotFollowing(way) => not_following(words, at, want, *way),
        Why::NotArrived(way) => not_arrived(words, Some((group, want)), *way),
        Why::Gap(missing, why) => {
            let missing = Position { lsn: *missing, ..want };
            words.numbered(group, want).text(" had arrived but had to wait for ").numbered(group, missing).text(", and ");
            return say(words, at, missing, why);
        }
        Why::NotSentAfter(missing, why) => {
            words.numbered(group, want);
            words.text(" had not been sent to it yet: the leader first had to repair what came before, and ");
            return say(words, at, Position { lsn: *missing, ..want }, why);
        }
        Why::Paused(arrived, since) => {
            words.numbered(group, want).text(" arrived at ").time(*arrived).text(", while ").node(at.node);
            words.text(" was paused, since ").time(*since);
        }
        Why::LostInCrash(arrived, crash) => {
            words.numbered(group, want).text(" arrived at ").time(*arrived).text(", but was not yet flushed when ").node(at.node);
            words.text(" crashed at ").time(*crash);
        }
        Why::NotFlushed(arrived) => {
            words.numbered(group, want).text(" had arrived at ").time(*arrived).text(" but was not flushed yet");
        }
        Why::NotApplied(arrived) => {
            words.numbered(group, want).text(" had arrived at ").time(*arrived).text(" but was not applied yet");
        }
        Why::NotServedSinceRestart(back) => {
            words.text("it had come back at ").time(*back).text(" and ").numbered(group, want);
            words.text(" had not been sent to it yet");
        }
        Why::Version(since, version) => {
            words.node(at.node).text(" runs another storage version and refused the leader's bytes of version ");
            words.text(format!("{version}, last at ")).time(*since);
        }
        Why::Column(lsn) => {
            words.node(at.node).text(" lacks the column that ").numbered(group, Position { lsn: *lsn, ..want });
            words.text(" names: the log carries rows, not the change of the table");
        }
        Why::Copying(part, parts) => {
            words
                .node(at.node)
                .text(format!(" was copying a snapshot, part {part} of {parts}, and shows nothing newer until it is done"));
        }
        Why::NotSent => {
            words.numbered(group, want).text(" had not been sent to it yet");
        }
        Why::Unknown => return false,
    }
    true
}

fn discarded(words: &mut Words<'_>, at: &At<'_>, want: Position, epoch: Epoch) {
    match at.run.takeovers.iter().find(|t| t.group == at.group && t.epoch == epoch) {
        Some(takeover) => {
            words.node(takeover.leader).text(" was promoted at ").time(takeover.at);
            let end = Position { lsn: takeover.start.prev(), ..want };
            words.text(" with a log that ended at ").entry(at.group, end, false);
        }
        None => {
            words.text(format!("epoch {epoch} began without it"));
        }
    }
    words.text(", so ").numbered(at.group, want).text(format!(" of epoch {} was discarded", want.epoch));
}

fn not_following(words: &mut Words<'_>, at: &At<'_>, want: Position, way: Option<Way>) {
    words.node(at.node).text(format!(" did not know of epoch {} yet: ", want.epoch));
    match way {
        Some(way) => not_arrived(words, None, way),
        None => {
            words.text("no announcement had been sent to it");
        }
    }
}

/// What was sent: an entry, or else an announcement.
type Sent = Option<(GroupId, Position)>;

fn sent<'a, 'b>(words: &'a mut Words<'b>, what: Sent) -> &'a mut Words<'b> {
    match what {
        Some((group, at)) => words.numbered(group, at),
        None => words.text("the announcement"),
    }
}

fn not_arrived(words: &mut Words<'_>, what: Sent, way: Way) {
    let again = match way.before {
        Some(_) => ", lost before and sent again by ",
        None => ", sent by ",
    };
    match way.fate {
        Fate::UnderWay(due) if way.before.is_none() => {
            words.text("the ").link(way.src, way.dst).text(format!(" took {}: ", length(due.since(way.sent))));
            sent(words, what).text(" was sent at ").time(way.sent).text(" and due at ").time(due);
        }
        Fate::UnderWay(due) => {
            sent(words, what).text(again).node(way.src).text(" at ").time(way.sent).text(", was due at ").time(due);
        }
        Fate::Held(since) => {
            sent(words, what)
                .text(again)
                .node(way.src)
                .text(" at ")
                .time(way.sent)
                .text(", was held on the ")
                .link(way.src, way.dst);
            words.text(" since ").time(since);
        }
        Fate::Lost(when, how) => {
            sent(words, what).text(again).node(way.src).text(" at ").time(way.sent);
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
            sent(words, what).text(again).node(way.src).text(" at ").time(way.sent).text(", was refused");
        }
    }
}
