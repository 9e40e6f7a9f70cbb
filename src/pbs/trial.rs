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

/// One number for each replica: an array where their number is known to the compiler.
pub(super) trait Slots: AsRef<[u64]> + AsMut<[u64]> {}

impl<T: AsRef<[u64]> + AsMut<[u64]>> Slots for T {}

/// What happened to one write and one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// When the write was acknowledged.
    pub(super) write: u64,
    /// How long the read took.
    pub(super) read: u64,
    /// How long after the acknowledgement the read has to begin to see the write.
    pub(super) visible: u64,
}

/// The latencies of a trial, replica by replica.
pub(super) struct Latencies<A> {
    /// When the write arrives, less how long the request of the read takes, plus [`EARLY`].
    pub(super) late: A,
    /// When its acknowledgement does.
    pub(super) wa: A,
    /// When the answer is there.
    pub(super) rs: A,
}

impl<A: Slots> Latencies<A> {
    /// Draws anew. With `remote`, the writer and the reader each stand beside one replica, and every other one is so much farther.
    #[inline]
    pub(super) fn draw<D: Draw>(&mut self, legs: [&D; 4], remote: Option<u64>, rng: &mut Rng) {
        let n = self.wa.as_ref().len();
        for i in 0..n {
            let (write, read) = (rng.next_u64(), rng.next_u64());
            let [w, a, r, s] = [write >> 32, write & 0xFFFF_FFFF, read >> 32, read & 0xFFFF_FFFF].map(|bits| bits as u32);
            let (w, a) = (legs[0].draw(w, rng), legs[1].draw(a, rng));
            let (r, s) = (legs[2].draw(r, rng), legs[3].draw(s, rng));
            self.late.as_mut()[i] = w + EARLY - r;
            self.wa.as_mut()[i] = w + a;
            self.rs.as_mut()[i] = r + s;
        }
        if let Some(farther) = remote {
            let (writer, reader) = (rng.below(n as u64), rng.below(n as u64));
            for i in 0..n {
                let [write, read] = [writer, reader].map(|near| if near == i as u64 { 0 } else { farther });
                self.late.as_mut()[i] = self.late.as_ref()[i] + write - read;
                self.wa.as_mut()[i] += 2 * write;
                self.rs.as_mut()[i] += 2 * read;
            }
        }
    }

    /// What these latencies make of a write and a read. `room` is for the places of many replicas.
    #[inline]
    pub(super) fn trial(&self, quorum: Quorum, room: &mut Vec<(u64, usize)>) -> Trial {
        let (late, wa, rs) = (self.late.as_ref(), self.wa.as_ref(), self.rs.as_ref());
        let (write, read, latest) =
            if wa.len() <= PAIRS_MAX { by_pairs(late, wa, rs, quorum) } else { by_order(late, wa, rs, quorum, room) };
        Trial { write, read, visible: latest.saturating_sub(write + EARLY) }
    }
}

/// The times of write and read, and how late the freshest answer is, by the places of all replicas.
#[inline]
fn by_pairs(late: &[u64], wa: &[u64], rs: &[u64], quorum: Quorum) -> (u64, u64, u64) {
    let (mut write, mut read, mut latest) = (0, 0, u64::MAX);
    let (wrote, answered) = (places(wa), places(rs));
    for i in 0..wa.len() {
        write = if wrote[i] + 1 == quorum.w { wa[i] } else { write };
        read = if answered[i] + 1 == quorum.r { rs[i] } else { read };
        // Who answers is a matter of chance, which a branch would guess wrongly.
        let unheard = u64::from(answered[i] >= quorum.r).wrapping_neg();
        latest = latest.min(late[i] | unheard);
    }
    (write, read, latest)
}

/// The same, by sorting them.
fn by_order(late: &[u64], wa: &[u64], rs: &[u64], quorum: Quorum, room: &mut Vec<(u64, usize)>) -> (u64, u64, u64) {
    let write = ranked(wa, room)[quorum.w - 1].0;
    let answers = &ranked(rs, room)[..quorum.r];
    let latest = answers.iter().map(|(_, i)| late[*i]).min().unwrap_or(u64::MAX);
    (write, answers[quorum.r - 1].0, latest)
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
    pub(super) remote: Option<u64>,
    pub(super) quorum: Quorum,
    /// The times of reads that are asked about, sorted.
    pub(super) at: &'a [u64],
}

impl<D: Draw> Trials<'_, D> {
    /// Runs so many trials with the numbers of one stream, and adds what they show.
    pub(super) fn run(&self, trials: u64, rng: Rng, tally: &mut Tally) {
        match self.quorum.n {
            1 => self.run_with([0; 1], trials, rng, tally),
            2 => self.run_with([0; 2], trials, rng, tally),
            3 => self.run_with([0; 3], trials, rng, tally),
            5 => self.run_with([0; 5], trials, rng, tally),
            n => self.run_with(vec![0; n], trials, rng, tally),
        }
    }

    fn run_with<A: Slots + Clone>(&self, empty: A, trials: u64, mut rng: Rng, tally: &mut Tally) {
        let [late, wa, rs] = [empty.clone(), empty.clone(), empty];
        let (mut latencies, mut room) = (Latencies { late, wa, rs }, Vec::new());
        tally.trials += trials;
        tally.missed.resize(self.at.len() + 1, 0);
        let Tally { missed, visible: visibles, reads, writes, .. } = tally;
        for _ in 0..trials {
            latencies.draw(self.legs, self.remote, &mut rng);
            let Trial { write, read, visible } = latencies.trial(self.quorum, &mut room);
            writes.add(write);
            reads.add(read);
            visibles.add(visible);
            let later = self.at.iter().map(|at| usize::from(visible > *at)).sum::<usize>();
            missed[later] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways of finding places agree, with the definition too, and where times are equal.
    #[test]
    fn places_are_found_in_two_ways() {
        let (mut rng, mut room) = (Rng::new(3), Vec::new());
        for _ in 0..20_000 {
            let n = 1 + rng.below(PAIRS_MAX as u64) as usize;
            let [r, w] = [1 + rng.below(n as u64), 1 + rng.below(n as u64)].map(|count| count as usize);
            let mut times = || (0..n).map(|_| rng.below(6)).collect::<Vec<u64>>();
            let (late, wa, rs) = (times(), times(), times());
            let quorum = Quorum { n, r, w };
            let found = by_pairs(&late, &wa, &rs, quorum);
            assert_eq!(found, by_order(&late, &wa, &rs, quorum, &mut room), "{quorum:?} {late:?} {wa:?} {rs:?}");
            let mut sorted = wa.clone();
            sorted.sort_unstable();
            assert_eq!(found.0, sorted[w - 1]);
        }
    }

    /// A replica that got the write at 9 and the request of the read at 2 after it was sent; the write was acknowledged at 4: 3 are missing.
    #[test]
    fn a_reply_is_fresh_if_the_request_came_no_sooner_than_the_write() {
        let latencies = Latencies { late: [EARLY + 9 - 2, EARLY + 3 - 5], wa: [12, 4], rs: [3, 8] };
        let trial = |r, w| latencies.trial(Quorum { n: 2, r, w }, &mut Vec::new());
        assert_eq!(trial(1, 1), Trial { write: 4, read: 3, visible: 3 });
        assert_eq!(trial(2, 1), Trial { write: 4, read: 8, visible: 0 });
        assert_eq!(trial(1, 2), Trial { write: 12, read: 3, visible: 0 });
    }

    #[test]
    fn other_data_centres_are_farther_each_way() {
        struct Instant;
        impl Draw for Instant {
            fn draw(&self, _: u32, _: &mut Rng) -> u64 {
                0
            }
        }
        let mut latencies = Latencies { late: [0; 3], wa: [0; 3], rs: [0; 3] };
        let mut rng = Rng::new(1);
        for _ in 0..50 {
            latencies.draw([&Instant; 4], Some(75), &mut rng);
            for times in [latencies.wa, latencies.rs] {
                assert_eq!((times.iter().filter(|time| **time == 0).count(), times.iter().sum()), (1, 300), "{times:?}");
            }
            for i in 0..3 {
                assert_eq!(latencies.late[i], EARLY + latencies.wa[i] / 2 - latencies.rs[i] / 2);
            }
        }
    }
}
