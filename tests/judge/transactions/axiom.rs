//! The levels that Biswas and Enea (OOPSLA 2019) define by one axiom each: read committed, read atomic, causal consistency.
//!
//! There is an order of commits that respects who read from whom. The axiom is the same for all three: if a transaction reads a key from one, and
//! has another *in sight* that writes the key, then the other committed before that one. They differ in what is in sight of a read: what
//! the transaction read earlier, all that it reads from, or all that it depends on. Who reads a list reads from all that appended to what it
//! shows. Read committed without sessions is Adya's PL-2 (1999): nothing is in sight. Everything that is read was the last word of
//! its transaction, and lists grow in the order of commits.

use super::serial::{Keeps, join};
use super::unit::{Orders, Relation, Run, Units, View};

/// What is in sight of a read.
#[derive(Clone, Copy, PartialEq)]
enum Sight {
    /// Nothing, or with sessions what the transaction read before.
    Earlier,
    /// What the transaction reads from, and with sessions what its session did before.
    ReadFrom,
    /// What the transaction depends on.
    Dependencies,
}

/// Adya's PL-2; with sessions, that of Biswas and Enea.
pub(crate) fn read_committed(units: &Units, keeps: Keeps) -> bool {
    axiom(units, keeps, Sight::Earlier)
}

/// Read atomic: who sees a write of a transaction sees all of them.
pub(crate) fn read_atomic(units: &Units, keeps: Keeps) -> bool {
    axiom(units, keeps, Sight::ReadFrom)
}

/// Causal convergence of transactions.
pub(crate) fn causal(units: &Units) -> bool {
    axiom(units, Keeps::Sessions, Sight::Dependencies)
}

/// For each transaction and each of its views the transactions that are read from, if all are there and none is itself.
fn sources(units: &Units) -> Option<Vec<Vec<Vec<usize>>>> {
    let of_view = |t: usize, view: &View| {
        let writers: Option<Vec<usize>> = view.seen.iter().map(|value| units.wrote(view.key, *value)).collect();
        writers.filter(|writers| !writers.contains(&t))
    };
    (0..units.of.len()).map(|t| units.views(t)?.iter().map(|view| of_view(t, view)).collect()).collect()
}

fn axiom(units: &Units, keeps: Keeps, sight: Sight) -> bool {
    let Some(from) = sources(units).filter(|_| units.one_list_a_key() && !units.early()) else { return false };
    let all = 0..units.of.len();
    let views: Vec<Vec<View>> = all.clone().map(|t| units.views(t).expect("there are sources")).collect();
    let same = |t: &usize| views[*t].iter().all(|a| views[*t].iter().all(|b| a.key != b.key || a.seen == b.seen));
    if sight != Sight::Earlier && !all.clone().all(|t| same(&t)) {
        return false;
    }
    let reads = |a: usize, b: usize| from[b].iter().flatten().any(|w| *w == a);
    let mut before: Relation = all.clone().map(|a| all.clone().map(|b| reads(a, b)).collect()).collect();
    if keeps == Keeps::Sessions {
        join(&mut before, &units.sessions());
    }
    if sight == Sight::Dependencies {
        close(&mut before);
    }
    let in_sight = |t: usize, read: usize| -> Vec<usize> {
        match (sight, keeps) {
            (Sight::Earlier, Keeps::Nothing) => Vec::new(),
            (Sight::Earlier, Keeps::Sessions) => from[t][..read].iter().flatten().copied().collect(),
            (Sight::ReadFrom | Sight::Dependencies, _) => all.clone().filter(|a| before[*a][t]).collect(),
        }
    };
    let sights: Vec<Vec<Vec<usize>>> = all.clone().map(|t| (0..views[t].len()).map(|read| in_sight(t, read)).collect()).collect();
    let fits = |run: &Run, t: usize| {
        views[t].iter().enumerate().all(|(read, view)| returned(run, view) && newest(run, view, &from[t][read], &sights[t][read]))
    };
    Orders::of_all(units, before.clone()).any(&fits, &|_| true)
}

/// Whether a key held what was read of it, at some time before; after an own write, just before.
fn returned(run: &Run, view: &View) -> bool {
    let held = |state: &super::unit::State| state[view.key] == view.seen;
    if view.own { held(run.now()) } else { run.states.iter().any(held) }
}

/// Whether none that is in sight and writes the key committed after the last that is read from.
fn newest(run: &Run, view: &View, from: &[usize], sight: &[usize]) -> bool {
    let last = from.iter().map(|w| run.place(*w)).max().flatten();
    sight.iter().all(|other| !run.units.writes(*other, view.key) || run.place(*other) <= last)
}

/// The transitive closure.
fn close(relation: &mut Relation) {
    let n = relation.len();
    for b in 0..n {
        for a in 0..n {
            for c in 0..n {
                relation[a][c] |= relation[a][b] && relation[b][c];
            }
        }
    }
}
