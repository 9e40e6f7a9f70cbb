//! Events that are still to happen, handed out in order of time, and among equal times in the order in which they were scheduled.
//!
//! A hierarchical timing wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987): level 0 has a list for each of
//! 64 microseconds, level 1 for each 64 times 64, and so on. An event waits at the level of the highest digit, in base 64, in which
//! its time differs from that of the last event that was taken out; it moves down when that digit is reached. No times are compared, and
//! lists are only added to at their ends. All that is in a list when its events move down was scheduled before anything
//! that is scheduled for these times later, so equal times keep their order.

use super::SimTime;
use super::chunks::Chunks;

/// 64 lists for each level: a digit has so many bits.
const DIGIT: u32 = 6;
/// How many lengths of waiting are told apart.
const WAITS: usize = 32;
/// Longer waits are not told apart.
const LONGEST: u64 = (1 << (WAITS - 1)) - 1;
/// Stands for "none" among the numbers of slots.
const NONE: u32 = u32::MAX;

/// So many slots are copied together when one of them is changed that is shared.
const TOGETHER: u32 = 16;

/// Events that are still to happen.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    levels: Vec<Level>,
    /// One bit for each level that has events.
    occupied: u32,
    slots: Chunks<Slot<E>, { TOGETHER as usize }>,
    /// The first free slot for events that wait about so long: less than 2 to the power of the index. Events that wait equally long lie
    /// together, so that a copy which shares the slots differs from this queue in few places after a while.
    free: [u32; WAITS],
    /// The time of the last event that was taken out.
    elapsed: SimTime,
    len: usize,
}

#[derive(Clone, Debug)]
struct Level {
    /// One bit for each list that has events.
    occupied: u64,
    lists: [List; 1 << DIGIT],
}

#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    /// The earliest time in the list.
    least: SimTime,
}

/// One event, or a free place for one, and the number of the next.
#[derive(Clone, Debug)]
struct Slot<E> {
    at: SimTime,
    next: u32,
    /// The index of the free slots among which it belongs.
    wait: u8,
    event: Option<E>,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue {
            levels: Vec::new(),
            occupied: 0,
            slots: Chunks::default(),
            free: [NONE; WAITS],
            elapsed: SimTime::ZERO,
            len: 0,
        }
    }
}

impl<E> EventQueue<E> {
    /// The time of the next event.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        let level = self.levels.get(self.occupied.trailing_zeros() as usize)?;
        Some(level.lists[level.first()].least)
    }

    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The waiting events with their times, in no particular order: sort what you take from here before you show it.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, &E)> {
        self.slots.iter().filter_map(|slot| Some((slot.at, slot.event.as_ref()?)))
    }
}

impl<E: Clone> EventQueue<E> {
    /// Adds an event; among events of the same time it comes last.
    ///
    /// # Panics
    /// If it lies before the last event that was taken out, or if more events wait at once than a machine has room for.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, event: E) {
        *self.place(at) = Some(event);
    }

    /// The same for a large event, which is built in the empty place where it waits: nothing of it is copied on the way.
    ///
    /// # Panics
    /// As [`EventQueue::schedule`] does.
    #[inline(always)]
    pub(crate) fn place(&mut self, at: SimTime) -> &mut Option<E> {
        assert!(at >= self.elapsed, "an event at {} us is scheduled when it is {} us already", at.0, self.elapsed.0);
        let wait = (u64::BITS - (at.0 - self.elapsed.0).min(LONGEST).leading_zeros()) as usize % WAITS;
        if self.free[wait] == NONE {
            self.add_slots(wait);
        }
        let number = self.free[wait];
        self.len += 1;
        self.append(at, number);
        let slot = self.slots.get_mut(number as usize).expect("the number of a free slot is that of a slot");
        self.free[wait] = std::mem::replace(&mut slot.next, NONE);
        slot.at = at;
        &mut slot.event
    }

    /// Adds free slots for events that wait about so long.
    #[cold]
    fn add_slots(&mut self, wait: usize) {
        let first = u32::try_from(self.slots.len()).unwrap_or(NONE);
        assert!(first < NONE - TOGETHER, "fewer than 2^32 events wait at once");
        let last = (first + TOGETHER - 1) as usize;
        let wait_index = u8::try_from(wait).unwrap_or(0);
        self.slots.add(|number| Slot {
            at: SimTime::ZERO,
            next: if number == last { NONE } else { u32::try_from(number + 1).unwrap_or(NONE) },
            wait: wait_index,
            event: None,
        });
        self.free[wait] = first;
    }

    #[cold]
    fn add_levels(&mut self, level: usize) {
        self.levels.resize(level + 1, Level::EMPTY);
    }

    /// Adds an event, which waits in this slot, to the list that its time belongs to.
    #[inline]
    fn append(&mut self, at: SimTime, number: u32) {
        let digits = at.0 ^ self.elapsed.0;
        self.append_at((63 - (digits | 1).leading_zeros()) / DIGIT, at, number);
    }

    #[inline(always)]
    fn append_at(&mut self, level: u32, at: SimTime, number: u32) {
        let place = digit(at, level);
        if self.levels.len() <= level as usize {
            self.add_levels(level as usize);
        }
        self.occupied |= 1 << level;
        let level = &mut self.levels[level as usize];
        let list = &mut level.lists[place];
        if level.occupied & (1 << place) == 0 {
            level.occupied |= 1 << place;
            *list = List { first: number, last: number, least: at };
            return;
        }
        list.least = list.least.min(at);
        let before = std::mem::replace(&mut list.last, number);
        if let Some(slot) = self.slots.get_mut(before as usize) {
            slot.next = number;
        }
    }

    /// Takes the next event out.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let event = self.take_next()?;
        Some((self.elapsed, event))
    }

    /// Takes the next event out; [`EventQueue::elapsed`] is its time then. A large event is moved once on this way.
    #[inline(always)]
    pub(crate) fn take_next(&mut self) -> Option<E> {
        let number = self.unlink()?;
        let slot = self.slots.get_mut(number as usize)?;
        let free = &mut self.free[usize::from(slot.wait) % WAITS];
        slot.next = std::mem::replace(free, number);
        slot.event.take()
    }

    /// The time of the last event that was taken out.
    #[inline]
    pub(crate) fn elapsed(&self) -> SimTime {
        self.elapsed
    }

    /// Takes the slot of the next event out of its list.
    #[inline]
    fn unlink(&mut self) -> Option<u32> {
        let (mut level, mut place);
        loop {
            level = self.occupied.trailing_zeros() as usize;
            let lists = self.levels.get(level)?;
            place = lists.first();
            let list = lists.lists[place];
            if list.first == list.last {
                self.elapsed = list.least;
                self.empty(level, place);
                self.len -= 1;
                return Some(list.first);
            }
            if level == 0 {
                break;
            }
            self.move_down(level, place);
        }
        let list = &mut self.levels[0].lists[place];
        let number = list.first;
        list.first = self.slots.get(number as usize)?.next;
        self.elapsed = list.least;
        self.len -= 1;
        Some(number)
    }

    /// Moves the events of a list to lower levels: the time has come to the first of them.
    #[inline(never)]
    fn move_down(&mut self, level: usize, place: usize) {
        let list = self.levels[level].lists[place];
        self.empty(level, place);
        self.elapsed = list.least;
        let mut number = list.first;
        while let Some(slot) = self.slots.get_mut(number as usize) {
            let (at, next) = (slot.at, std::mem::replace(&mut slot.next, NONE));
            // Below level 1 there is one level only.
            if level == 1 {
                self.append_at(0, at, number);
            } else {
                self.append(at, number);
            }
            number = next;
        }
    }

    #[inline]
    fn empty(&mut self, level: usize, place: usize) {
        let lists = &mut self.levels[level];
        lists.occupied &= !(1 << place);
        if lists.occupied == 0 {
            self.occupied &= !(1 << level);
        }
    }

    /// Makes the copies that are taken from now on share what waits.
    pub fn share(&mut self) {
        self.slots.share();
    }
}

/// One digit of a time, in base 64.
#[expect(clippy::cast_possible_truncation, reason = "takes the lowest digit")]
fn digit(at: SimTime, level: u32) -> usize {
    (at.0 >> (level * DIGIT)) as usize % (1 << DIGIT)
}

impl Level {
    const EMPTY: Level = Level { occupied: 0, lists: [List { first: NONE, last: NONE, least: SimTime::ZERO }; 1 << DIGIT] };

    /// The list whose time comes first.
    #[inline]
    fn first(&self) -> usize {
        self.occupied.trailing_zeros() as usize % (1 << DIGIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn events_come_out_by_time_and_then_in_the_order_they_were_scheduled() {
        let mut queue = EventQueue::default();
        for (at, name) in [(5, 'a'), (3, 'b'), (5, 'c'), (3, 'd'), (0, 'e')] {
            queue.schedule(SimTime(at), name);
        }
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, name)| name).collect();
        assert_eq!(order, "ebdac");
    }

    /// Beside a sorted set of `(time, order)`: near and far, equal times, copies on the way, the largest time there is.
    #[test]
    fn the_order_is_that_of_a_sorted_set() {
        let mut rng = Rng::new(4);
        for spread in [1, 60, 5_000, 1 << 20, 1 << 50] {
            let (mut queue, mut sorted, mut now, mut order) = (EventQueue::default(), std::collections::BTreeSet::new(), 0, 0);
            for round in 0..3_000 {
                for _ in 0..rng.below(4) {
                    let far = rng.below(40) == 0;
                    let at = if far { u64::MAX - rng.below(2) } else { now + rng.below(spread) };
                    queue.schedule(SimTime(at), order);
                    sorted.insert((at, order));
                    order += 1;
                }
                if round % 97 == 0 {
                    queue.share();
                    let copy = queue.clone();
                    assert_eq!(copy.iter().count(), sorted.len());
                    queue = copy;
                }
                assert_eq!((queue.next_at().map(|at| at.0), queue.len()), (sorted.first().map(|(at, _)| *at), sorted.len()));
                if sorted.first().is_some_and(|(at, _)| *at < u64::MAX - 1) {
                    let next = queue.pop().map(|(at, order)| (at.0, order));
                    assert_eq!(next, sorted.pop_first(), "spread {spread}, round {round}");
                    now = next.map_or(now, |(at, _)| at);
                }
            }
            let rest: Vec<(u64, i32)> = std::iter::from_fn(|| queue.pop()).map(|(at, order)| (at.0, order)).collect();
            assert_eq!(rest, sorted.into_iter().collect::<Vec<_>>(), "spread {spread}");
        }
    }

    #[test]
    #[should_panic(expected = "is scheduled when it is 5 us already")]
    fn nothing_is_scheduled_in_the_past() {
        let mut queue = EventQueue::default();
        queue.schedule(SimTime(5), 'a');
        queue.pop();
        queue.schedule(SimTime(4), 'b');
    }
}
