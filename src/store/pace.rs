//! When virtual time may move on: once nobody is left who could still act at this instant.
//!
//! The store has no executor of its own and knows only the futures that are polled. So it watches them: time stands still while
//! anything changes, and moves on when every task has had its turn and nothing has changed. On one thread that is decided by
//! counting polls alone, and the course of a program is the same on every executor. On several threads a task may be between
//! two polls on another processor; then a driver also waits a moment of real time, which costs patience and never correctness
//! of the replication, only of the promise that tasks which act "at once" are all heard.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;
use std::thread::ThreadId;
use std::time::Duration;

/// How many tasks an executor may poll before it looks at a task elsewhere: tokio looks at its main future every 61 turns, and
/// at tasks that were spawned from outside every 127 at the latest.
const TURNS: u32 = 130;
/// Every waiting future is polled so often at least.
const ROUNDS_MIN: u32 = 4;
/// One pause of a driver that waits for other threads.
const NAP: Duration = Duration::from_micros(50);
/// Pauses for a task that was woken and not yet polled: it is surely on its way, unless its future is held and not polled.
const NAPS_FOR_WOKEN: u32 = 1_000;
/// Pauses for a thread that may still be running what follows an `await`.
const NAPS_FOR_ACTIVE: u32 = 60;
/// Pauses after a task has been heard for the first time: where one was spawned, there may be more.
const NAPS_FOR_NEWCOMERS: u32 = 150;
/// Pauses for a follower that a program has made and added, and whose `run` has not been polled yet.
const NAPS_FOR_STARTING: u32 = 200;

/// What a waiting future has seen.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    seen: u64,
    count: u32,
}

/// Who is known to be on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// A future is done, and its task has not collected the result.
    pub(super) woken: bool,
    /// A follower has not begun to run.
    pub(super) starting: bool,
}

/// What a waiting future does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Let the others have their turn.
    Again,
    /// Give other threads a moment of real time.
    Nap(Duration),
    /// Move time on.
    Go,
}

/// Watches the futures of one network.
#[derive(Debug)]
pub(super) struct Pace {
    changes: u64,
    /// How many futures wait, by task.
    tasks: BTreeMap<usize, u32>,
    /// All tasks that were ever heard.
    known: BTreeSet<usize>,
    /// Whether one of them was new since time last moved.
    newcomer: bool,
    /// The threads that have made the network or polled, and whether the last thing that each did was to hand a result to its task.
    threads: Vec<(ThreadId, bool)>,
}

/// What stands for a task: two futures of one task share it.
pub(super) fn task_of(waker: &Waker) -> usize {
    waker.data().addr()
}

impl Pace {
    /// Of a network that is made on this thread. If others poll, there are several: a program's main future may be far ahead of
    /// the tasks that it has spawned.
    pub(super) fn new() -> Pace {
        let here = std::thread::current().id();
        let (tasks, known) = (BTreeMap::new(), BTreeSet::new());
        Pace { changes: 0, tasks, known, newcomer: false, threads: vec![(here, false)] }
    }

    /// Something happened: everybody has to be asked anew.
    pub(super) fn changed(&mut self) {
        self.changes += 1;
    }

    /// A future of this task begins to wait.
    pub(super) fn begin(&mut self, task: usize) {
        *self.tasks.entry(task).or_default() += 1;
        self.newcomer |= self.known.insert(task);
    }

    /// A future of this task waits no longer.
    pub(super) fn end(&mut self, task: usize) {
        if let Some(futures) = self.tasks.get_mut(&task) {
            *futures -= 1;
            if *futures == 0 {
                self.tasks.remove(&task);
            }
        }
    }

    /// A future was polled on this thread; `active` says whether it gave its task a result to go on with.
    pub(super) fn polled(&mut self, active: bool) {
        let here = std::thread::current().id();
        match self.threads.iter_mut().find(|(thread, _)| *thread == here) {
            Some((_, state)) => *state = active,
            None => self.threads.push((here, active)),
        }
    }

    /// What a future does that has been polled and is not done.
    pub(super) fn turn(&mut self, rounds: &mut Rounds, expected: Expected) -> Turn {
        if rounds.seen != self.changes {
            *rounds = Rounds { seen: self.changes, count: 0 };
        }
        rounds.count += 1;
        let several = self.threads.len() > 1;
        let tasks = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX).max(1);
        // On one thread the tasks take turns; on several, each thread may be busy with just one of them.
        let needed = if several { TURNS } else { (TURNS / tasks).max(ROUNDS_MIN) };
        if rounds.count < needed {
            let nap = several && rounds.count.is_multiple_of(needed / ROUNDS_MIN);
            return if nap { Turn::Nap(NAP) } else { Turn::Again };
        }
        let naps = match expected {
            _ if cfg!(target_arch = "wasm32") => 0,
            Expected { woken: true, .. } if several => NAPS_FOR_WOKEN,
            Expected { starting: true, .. } => NAPS_FOR_STARTING,
            _ if several && self.newcomer => NAPS_FOR_NEWCOMERS,
            _ if self.others_active() => NAPS_FOR_ACTIVE,
            _ => 0,
        };
        if rounds.count - needed < naps {
            return Turn::Nap(NAP);
        }
        self.newcomer = false;
        for (_, active) in &mut self.threads {
            *active = false;
        }
        Turn::Go
    }

    fn others_active(&self) -> bool {
        let here = std::thread::current().id();
        self.threads.iter().any(|(thread, active)| *active && *thread != here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Expected = Expected { woken: false, starting: false };

    #[test]
    fn time_moves_on_only_after_a_full_round_in_which_nothing_changed() {
        let mut pace = Pace::new();
        pace.begin(1);
        let mut rounds = Rounds::default();
        for _ in 0..TURNS - 1 {
            assert_eq!(pace.turn(&mut rounds, NOBODY), Turn::Again);
        }
        pace.changed();
        for _ in 0..TURNS - 1 {
            assert_eq!(pace.turn(&mut rounds, NOBODY), Turn::Again, "a change starts the count anew");
        }
        assert_eq!(pace.turn(&mut rounds, NOBODY), Turn::Go);
    }

    #[test]
    fn many_tasks_need_fewer_rounds_each() {
        let mut pace = Pace::new();
        (0..1_000).for_each(|task| pace.begin(task));
        let mut rounds = Rounds::default();
        let turns = (0..).take_while(|_| pace.turn(&mut rounds, NOBODY) != Turn::Go).count();
        assert_eq!(turns, 3);
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn a_task_that_goes_on_elsewhere_is_waited_for_but_not_forever() {
        let mut pace = Pace::new();
        std::thread::scope(|scope| {
            scope.spawn(|| pace.polled(true)).join().expect("the other thread ends well");
        });
        pace.polled(false);
        let mut rounds = Rounds::default();
        let turns: Vec<Turn> =
            std::iter::from_fn(|| Some(pace.turn(&mut rounds, NOBODY))).take_while(|t| *t != Turn::Go).collect();
        assert!(turns.len() >= (TURNS + NAPS_FOR_ACTIVE - 1) as usize, "{} turns", turns.len());
        assert!(!pace.others_active(), "it is given up after that");
    }
}
