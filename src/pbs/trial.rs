//! One trial of WARS (Bailis et al., PVLDB 5(8), 2012, section 5): a write and a read of one key at `n` replicas.
//!
//! Every replica gets the write after `W` and acknowledges it after `A` more; the write is acknowledged by the `w`-th of these. A time `t`
//! later the read is sent to every replica, takes `R` there and `S` back, and is answered by the first `r`. A reply is fresh if and only if
//! the request came no sooner than the write, `acknowledged + t + R >= W`; the prose of the paper prints this inequality the wrong way
//! round. Who answers does not depend on `t`, so one trial says from which `t` on the read is consistent.

use super::curve::Draw;
use super::tally::Tally;
use crate::rng::Rng;

/// With so few replicas places are found by comparing all pairs, without branches.
const PAIRS_MAX: usize = 8;

/// More than any request takes: with it a difference of two latencies is not negative.
const EARLY: u64 = 1 << 50;

/// How many replicas, and how many answers reads and writes wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quorum {
    pub(super) n: usize,
    pub(super) r: usize,
    pub(super) w: usize,
}

/// What one replica does, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// When the write arrives, less how long the request of the read takes, plus [`EARLY`].
    late: u64,
    /// When the acknowledgement of the write is there.
    acknowledged: u64,
    /// When the answer to the read is.
    answered: u64,
}

/// What happened to one write and one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// When the write was acknowledged.
    write: u64,
    /// How long the read took.
    read: u64,
    /// How long after the acknowledgement the read has to begin to see the write.
    visible: u64,
}

/// Takes the replies of a trial one after the other, and says what they make of it.
trait Gather {
    /// Takes the reply of the next replica.
    fn take(&mut self, reply: Reply);

    /// What all replies together make of the write and the read; forgets them.
    fn trial(&mut self) -> Trial;
}

fn trial(write: u64, read: u64, latest: u64) -> Trial {
    Trial { write, read, visible: latest.saturating_sub(write + EARLY) }
}

/// Reads and writes that wait for one reply only: nothing but the first of each has to be kept.
#[derive(Clone, Copy, Debug)]
struct First {
    write: u64,
    read: u64,
    late: u64,
}

impl First {
    /// Later than any reply.
    const NONE: First = First { write: 1 << 60, read: 1 << 60, late: 0 };
}

impl Gather for First {
    #[inline]
    fn take(&mut self, reply: Reply) {
        // By arithmetic: who is first is a matter of chance, so that a branch, which a comparison may become, would be guessed wrongly.
        let first = less(reply.acknowledged, self.write);
        self.write ^= (self.write ^ reply.acknowledged) & first;
        let first = less(reply.answered, self.read);
        self.read ^= (self.read ^ reply.answered) & first;
        self.late ^= (self.late ^ reply.late) & first;
    }

    #[inline]
    fn trial(&mut self) -> Trial {
        let First { write, read, late } = std::mem::replace(self, First::NONE);
        trial(write, read, late)
    }
}

/// All bits if a time is before another one, none if not.
#[inline]
fn less(a: u64, b: u64) -> u64 {
    (a.wrapping_sub(b).cast_signed() >> 63).cast_unsigned()
}

/// Any other reads and writes.
struct All {
    quorum: Quorum,
    late: Vec<u64>,
    acknowledged: Vec<u64>,
    answered: Vec<u64>,
    room: Vec<(u64, usize)>,
}

impl All {
    fn new(quorum: Quorum) -> All {
        All { quorum, late: Vec::new(), acknowledged: Vec::new(), answered: Vec::new(), room: Vec::new() }
    }

    /// For a few replicas: by comparing all pairs, without a branch.
    fn by_pairs(&self) -> Trial {
        let (mut write, mut read, mut latest) = (0, 0, u64::MAX);
        let (wrote, answered) = (places(&self.acknowledged), places(&self.answered));
        for i in 0..self.late.len() {
            write = if wrote[i] + 1 == self.quorum.w { self.acknowledged[i] } else { write };
            read = if answered[i] + 1 == self.quorum.r { self.answered[i] } else { read };
            latest = latest.min(self.late[i] | u64::from(answered[i] >= self.quorum.r).wrapping_neg());
        }
        trial(write, read, latest)
    }

    /// For many: by sorting them.
    fn by_order(&mut self) -> Trial {
        let write = ranked(&self.acknowledged, &mut self.room)[self.quorum.w - 1].0;
        let answers = &ranked(&self.answered, &mut self.room)[..self.quorum.r];
        let latest = answers.iter().map(|(_, i)| self.late[*i]).min().unwrap_or(u64::MAX);
        trial(write, answers[self.quorum.r - 1].0, latest)
    }
}

impl Gather for All {
    fn take(&mut self, reply: Reply) {
        self.late.push(reply.late);
        self.acknowledged.push(reply.acknowledged);
        self.answered.push(reply.answered);
    }

    fn trial(&mut self) -> Trial {
        let trial = if self.late.len() <= PAIRS_MAX { self.by_pairs() } else { self.by_order() };
        self.late.clear();
        self.acknowledged.clear();
        self.answered.clear();
        trial
    }
}

/// For each of a few times, how many come before it; of equal times the replica of the lower number is first.
#[inline]
fn places(times: &[u64]) -> [usize; PAIRS_MAX] {
    let mut places = [0; PAIRS_MAX];
    for i in 1..times.len() {
        for j in 0..i {
            let sooner = usize::from(times[j] <= times[i]);
            places[i] += sooner;
            places[j] += 1 - sooner;
        }
    }
    places
}

/// The times with their replicas, in order.
fn ranked<'a>(times: &[u64], room: &'a mut Vec<(u64, usize)>) -> &'a [(u64, usize)] {
    room.clear();
    room.extend(times.iter().copied().zip(0..));
    room.sort_unstable();
    room
}

/// How trials are made: who draws, how many answer.
pub(super) struct Trials<'a, D> {
    pub(super) legs: [&'a D; 4],
    /// The writer and the reader each stand beside one replica; every other one is so much farther.
    pub(super) remote: Option<u64>,
    pub(super) quorum: Quorum,
    /// The times of reads that are asked about, sorted.
    pub(super) at: &'a [u64],
}

impl<D: Draw> Trials<'_, D> {
    /// Runs so many trials with the numbers of one stream, and adds what they show.
    pub(super) fn run(&self, trials: u64, rng: Rng, tally: &mut Tally) {
        match (self.quorum.r, self.quorum.w) {
            (1, 1) => self.gather(First::NONE, trials, rng, tally),
            _ => self.gather(All::new(self.quorum), trials, rng, tally),
        }
    }

    fn gather(&self, mut gather: impl Gather, trials: u64, mut rng: Rng, tally: &mut Tally) {
        tally.trials += trials;
        tally.missed.resize(self.at.len() + 1, 0);
        let Tally { missed, visible: visibles, reads, writes, .. } = tally;
        for _ in 0..trials {
            match self.remote {
                None => (0..self.quorum.n).for_each(|_| gather.take(self.reply([0, 0], &mut rng))),
                Some(farther) => {
                    let n = self.quorum.n as u64;
                    let near = [rng.below(n), rng.below(n)];
                    (0..n).for_each(|i| gather.take(self.reply(near.map(|near| if near == i { 0 } else { farther }), &mut rng)));
                }
            }
            let Trial { write, read, visible } = gather.trial();
            writes.add(write);
            reads.add(read);
            visibles.add(visible);
            let later = self.at.iter().map(|at| usize::from(visible > *at)).sum::<usize>();
            missed[later] += 1;
        }
    }

    /// Draws what one replica does; it is so much farther from the writer and from the reader. Inlined, or every reply would go through
    /// memory.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "halves of 64 bits")]
    fn reply(&self, [writer, reader]: [u64; 2], rng: &mut Rng) -> Reply {
        let (write, read) = (rng.next_u64(), rng.next_u64());
        let [w, a, r, s] = [write >> 32, write & 0xFFFF_FFFF, read >> 32, read & 0xFFFF_FFFF].map(|bits| bits as u32);
        let (w, a) = (self.legs[0].draw(w, rng) + writer, self.legs[1].draw(a, rng) + writer);
        let (r, s) = (self.legs[2].draw(r, rng) + reader, self.legs[3].draw(s, rng) + reader);
        Reply { late: w + EARLY - r, acknowledged: w + a, answered: r + s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(rng: &mut Rng, bound: usize) -> usize {
        usize::try_from(rng.below(bound as u64)).expect("it is below a usize")
    }

    /// All ways of finding places agree, with the definition too, and where times are equal.
    #[test]
    fn places_are_found_in_three_ways() {
        let mut rng = Rng::new(3);
        for _ in 0..20_000 {
            let n = 1 + below(&mut rng, PAIRS_MAX);
            let [r, w] = [0; 2].map(|_| 1 + below(&mut rng, n));
            let (mut all, mut first) = (All::new(Quorum { n, r, w }), First::NONE);
            for _ in 0..n {
                let [late, acknowledged, answered] = [0; 3].map(|_| EARLY + rng.below(6));
                let reply = Reply { late, acknowledged: acknowledged - EARLY, answered };
                all.take(reply);
                first.take(reply);
            }
            let pairs = all.by_pairs();
            assert_eq!(pairs, all.by_order(), "n={n} r={r} w={w}: {:?} {:?} {:?}", all.late, all.acknowledged, all.answered);
            assert!(
                (r, w) != (1, 1) || pairs == first.trial(),
                "n={n}: {:?} {:?} {:?}",
                all.late,
                all.acknowledged,
                all.answered
            );
            let mut sorted = all.acknowledged.clone();
            sorted.sort_unstable();
            assert_eq!(all.trial().write, sorted[w - 1]);
            assert!(all.late.is_empty(), "the next trial begins anew");
        }
    }

    /// A replica that got the write at 9 and the request of the read at 2 after it was sent; the write was acknowledged at 4: 3 are missing.
    #[test]
    fn a_reply_is_fresh_if_the_request_came_no_sooner_than_the_write() {
        let replies = [(EARLY + 9 - 2, 12, 3), (EARLY + 3 - 5, 4, 8)];
        let with = |mut gather: Box<dyn Gather>| {
            replies.iter().for_each(|(late, acknowledged, answered)| {
                gather.take(Reply { late: *late, acknowledged: *acknowledged, answered: *answered });
            });
            gather.trial()
        };
        let all = |r, w| with(Box::new(All::new(Quorum { n: 2, r, w })));
        assert_eq!(all(1, 1), Trial { write: 4, read: 3, visible: 3 });
        assert_eq!(with(Box::new(First::NONE)), all(1, 1));
        assert_eq!(all(2, 1), Trial { write: 4, read: 8, visible: 0 });
        assert_eq!(all(1, 2), Trial { write: 12, read: 3, visible: 0 });
    }

    #[test]
    fn other_data_centres_are_farther_each_way() {
        struct Instant;
        impl Draw for Instant {
            fn draw(&self, _: u32, _: &mut Rng) -> u64 {
                0
            }
        }
        let quorum = Quorum { n: 3, r: 1, w: 1 };
        let trials = Trials { legs: [&Instant; 4], remote: Some(75), quorum, at: &[] };
        let reply = trials.reply([75, 0], &mut Rng::new(1));
        assert_eq!(reply, Reply { late: EARLY + 75, acknowledged: 150, answered: 0 });
        // The first reply to each is that of the replica nearby: at once, and stale unless it is the same one.
        let mut tally = Tally::default();
        trials.run(30_000, Rng::new(1), &mut tally);
        assert_eq!((tally.reads.at_rank(30_000), tally.writes.at_rank(30_000)), (0, 0));
        let stale = (0..=30_000).rev().take_while(|rank| tally.visible.at_rank(*rank) == 75).count();
        assert!((19_600..20_400).contains(&stale), "{stale} of 30,000, expected two thirds");
    }
}
