//! Which write of a key a session has in sight last, chain by chain: the question of every input, made cheap.
//!
//! A chain brings a key into sight at some of its places. Sessions move along together, so what was in sight when somebody last asked is
//! mostly what is in sight now. It stands in the lane itself, all lanes of a key beside each other, and the places are rarely looked at:
//! a hundred thousand transactions of sixteen clients ask three million times.

use super::facts::NONE;

/// The places of one chain at which a key comes into sight. Sessions move along together, so what was in sight when last asked is
/// mostly what is in sight now: it stands here, and the tokens themselves are rarely looked at.
#[derive(Clone, Copy)]
pub(super) struct Lane {
    pub(super) chain: u32,
    /// The newest token in sight when last asked: its place, from 1 on (0 for none), and the write.
    pub(super) place: u32,
    pub(super) write: u32,
    /// The place of the next token.
    next: u32,
    /// Where that stands among the tokens, where those of this chain begin, and where they end.
    at: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Steps from the last answer before the place is looked for in halves.
const NEAR: u32 = 8;

/// A place at which a key comes into sight, and the write.
pub(super) type Token = (u32, u32);

impl Lane {
    /// Moves to the newest token up to this place.
    #[inline]
    pub(super) fn look(&mut self, tokens: &[Token], place: u32) {
        if self.place > place || self.next <= place {
            self.move_to(tokens, place);
        }
    }

    /// Where the first token behind this place stands.
    pub(super) fn behind(&self, tokens: &[Token], place: u32) -> u32 {
        let own = &tokens[self.start as usize..self.end as usize];
        self.start + own.partition_point(|(token, _)| *token <= place) as u32
    }

    fn move_to(&mut self, tokens: &[Token], place: u32) {
        let (mut at, mut steps) = (self.at, 0);
        while at < self.end && tokens[at as usize].0 <= place && steps < NEAR {
            (at, steps) = (at + 1, steps + 1);
        }
        while at > self.start && tokens[at as usize - 1].0 > place && steps < NEAR {
            (at, steps) = (at - 1, steps + 1);
        }
        if steps == NEAR {
            at = self.behind(tokens, place);
        }
        self.at = at;
        (self.place, self.write) = if at > self.start { tokens[at as usize - 1] } else { (0, NONE) };
        self.next = if at < self.end { tokens[at as usize].0 } else { NONE };
    }
}

/// A key that comes into sight: at which place of which chain, and the write.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) key: u32,
    pub(super) chain: u32,
    pub(super) place: u32,
    pub(super) write: u32,
}

/// The lanes of all keys.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Where those of each key begin.
    starts: Vec<u32>,
    tokens: Vec<Token>,
}

impl Lanes {
    /// The lanes of so many keys; `each` calls with whatever is found, chain by chain and place by place.
    pub(super) fn new(keys: usize, each: impl Fn(&mut dyn FnMut(Found))) -> Lanes {
        let mut counts = vec![0_u32; keys + 1];
        each(&mut |found| counts[found.key as usize + 1] += 1);
        for key in 0..keys {
            counts[key + 1] += counts[key];
        }
        let mut fill = counts.clone();
        let mut all = vec![(0, 0, 0); counts[keys] as usize];
        each(&mut |found| {
            let at = &mut fill[found.key as usize];
            all[*at as usize] = (found.place, found.write, found.chain);
            *at += 1;
        });
        let mut lanes = Lanes { starts: vec![0], ..Lanes::default() };
        for key in 0..keys {
            let first = lanes.lanes.len();
            for at in counts[key]..counts[key + 1] {
                let (place, _, chain) = all[at as usize];
                if lanes.lanes.len() == first || lanes.lanes.last().is_some_and(|lane| lane.chain != chain) {
                    lanes.lanes.push(Lane { chain, place: 0, write: NONE, next: place, at, start: at, end: at });
                }
                lanes.lanes.last_mut().expect("just pushed").end = at + 1;
            }
            lanes.starts.push(lanes.lanes.len() as u32);
        }
        lanes.tokens = all.into_iter().map(|(place, write, _)| (place, write)).collect();
        lanes
    }

    /// The lanes of a key, and the tokens of all.
    pub(super) fn of(&mut self, key: u32) -> (&mut [Lane], &[Token]) {
        let range = self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize;
        (&mut self.lanes[range], &self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near and far, forwards and back, a lane finds what a search in halves finds.
    #[test]
    fn a_lane_moves_to_the_newest_token_up_to_a_place() {
        let places: Vec<u32> = (1..=60).map(|n| n * 3).collect();
        let each = |found: &mut dyn FnMut(Found)| {
            places.iter().for_each(|place| found(Found { key: 0, chain: 5, place: *place, write: *place * 10 }))
        };
        let mut lanes = Lanes::new(1, each);
        let mut asked = 7_u32;
        for _ in 0..2_000 {
            asked = (asked * 31 + 11) % 190;
            let (lanes, tokens) = lanes.of(0);
            lanes[0].look(tokens, asked);
            let newest = places.iter().rev().find(|place| **place <= asked).copied();
            assert_eq!((lanes[0].place, lanes[0].write), newest.map_or((0, NONE), |place| (place, place * 10)), "up to {asked}");
        }
    }

    #[test]
    fn each_key_has_its_lanes_and_each_chain_one_of_them() {
        let all = [(0, 0, 1), (1, 0, 2), (0, 0, 4), (1, 2, 1), (1, 2, 9)];
        let each = |found: &mut dyn FnMut(Found)| {
            for (key, chain, place) in all {
                found(Found { key, chain, place, write: chain * 100 + place });
            }
        };
        let mut lanes = Lanes::new(3, each);
        let mut of = |key: u32| lanes.of(key).0.iter().map(|lane| (lane.chain, lane.end - lane.start)).collect::<Vec<_>>();
        assert_eq!([of(0), of(1), of(2)], [vec![(0, 2)], vec![(0, 1), (2, 2)], vec![]]);
    }
}
