//! Consistent prefix for transactions: one sequence of all that write, and every transaction that reads reads one beginning of it.
//!
//! The sequence keeps the order in which each session wrote. A beginning is not shorter than those that the session read before; and
//! one that is read by a transaction which also writes ends before its own writes (prefix consistency of Biswas and Enea, OOPSLA 2019).
//! What a session wrote need not be in the beginnings that it reads later: that is read-your-writes.

use super::serial::join;
use super::unit::{Orders, Run, Units, View};

/// Whether such a sequence exists; with `in_real_time` it has what was acknowledged before what was begun later.
pub(crate) fn consistent_prefix(units: &Units, in_real_time: bool) -> bool {
    let all = 0..units.of.len();
    let Some(views) = all.clone().map(|t| units.views(t)).collect::<Option<Vec<Vec<View>>>>() else { return false };
    if !units.one_list_a_key() || units.early() {
        return false;
    }
    let sessions = units.sessions();
    let mut before = sessions.clone();
    if in_real_time {
        join(&mut before, &units.real_time());
    }
    let writes = |t: &usize| (0..units.keys).any(|key| units.writes(*t, key));
    let candidates: Vec<usize> = all.clone().filter(writes).collect();
    // After an own append the list is what it was just before in the sequence, and also what it was at the beginning that is read.
    let behind = |run: &Run, t: usize| {
        let cut = (0..run.states.len()).any(|cut| reads(run, &views[t], cut));
        cut && views[t].iter().all(|view| !view.own || run.now()[view.key] == view.seen)
    };
    let beginnings = |run: &Run| {
        let mut cuts: Vec<usize> = vec![0; units.of.len()];
        let mut readers: Vec<usize> = all.clone().filter(|t| !views[*t].is_empty()).collect();
        readers.sort_by_key(|t| units.of[*t].invoked);
        readers.into_iter().all(|t| {
            let least = all.clone().filter(|a| sessions[*a][t]).map(|a| cuts[a]).max().unwrap_or(0);
            let most = run.place(t).unwrap_or(run.order.len());
            let found = (least..=most).find(|cut| reads(run, &views[t], *cut));
            cuts[t] = found.unwrap_or(0);
            found.is_some()
        })
    };
    Orders { units, before, candidates }.any(&behind, &beginnings)
}

/// Whether all reads of a transaction return what this beginning leaves.
fn reads(run: &Run, views: &[View], cut: usize) -> bool {
    views.iter().all(|view| run.states[cut][view.key] == view.seen)
}
