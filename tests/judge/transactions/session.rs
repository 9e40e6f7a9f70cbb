//! The guarantees of a session (Terry et al. 1994) for transactions, in the readings that `src/judge/sessions.rs` documents.
//!
//! Read-your-writes and monotonic reads speak of single reads: each returns the session's own earlier writes of the key, or what was read of
//! it before, or something newer. Lists show that. Of registers some order of all transactions has to explain it, which keeps the order
//! of sessions. Monotonic writes and writes-follow-reads speak of what is in sight of a read: what it and earlier reads have returned, and
//! what the law adds; the least sight that the law allows has to explain every read, in some order of transactions. Who sees a transaction's
//! write of one key need not see its others: that is read-atomic. Own writes are not what a read of others shows. Keys of which reads go back whatever the order are left out of that, and
//! if there are such and nothing else breaks the law, nothing is known.

use super::unit::{Orders, Relation, Run, Step, Unit, Units, written};

/// Whether sessions see their own acknowledged writes, or something newer.
pub(crate) fn read_your_writes(units: &Units) -> bool {
    newer(units, &|step| matches!(step, Step::Write(..)).then(|| contents(step).to_vec()))
}

/// Whether sessions never see something older than before. What a list showed of a write that failed is the business of aborted reads.
pub(crate) fn monotonic_reads(units: &Units) -> bool {
    newer(units, &|step| match step {
        Step::Read(key, returned) => {
            let counts = |value: &&u32| !units.lists || units.wrote(*key, **value).is_some();
            Some(returned.iter().filter(counts).copied().collect())
        }
        Step::Write(..) => None,
    })
}

/// Whether reads return what is known of the key from steps before them, or something newer.
fn newer(units: &Units, known: &dyn Fn(&Step) -> Option<Vec<u32>>) -> bool {
    let pairs = pairs(units, known);
    if units.lists {
        return pairs.iter().all(|(_, old, new)| old.iter().all(|value| new.contains(value)));
    }
    // Of all transactions the one that wrote the value that is there, and so many steps into it.
    let at = |run: &Run, key: usize, held: &[u32]| {
        held.first().map(|value| {
            let writer = units.wrote(key, *value).expect("somebody wrote it");
            let step = units.of[writer].steps.iter().position(|s| *s == Step::Write(key, *value));
            (run.place(writer), step)
        })
    };
    // What nobody wrote shows nothing.
    let known: Vec<_> =
        pairs.iter().filter(|(key, old, new)| old.iter().chain(new).all(|v| units.wrote(*key, *v).is_some())).collect();
    let in_order = |run: &Run| {
        let placed = |place: Option<(Option<usize>, Option<usize>)>| place.is_none_or(|(place, _)| place.is_some());
        known.iter().all(|(key, old, new)| {
            let (old, new) = (at(run, *key, old), at(run, *key, new));
            placed(old) && placed(new) && old <= new
        })
    };
    Orders::of_all(units, units.sessions()).any(&|_, _| true, &in_order)
}

/// What is known of a key from a step, and what a read of the key returned that comes after it in its transaction or in its session.
fn pairs(units: &Units, known: &dyn Fn(&Step) -> Option<Vec<u32>>) -> Vec<(usize, Vec<u32>, Vec<u32>)> {
    let sessions = units.sessions();
    let mut pairs = Vec::new();
    for (a, one) in units.of.iter().enumerate() {
        for (i, step) in one.steps.iter().enumerate() {
            let Some(old) = known(step) else { continue };
            for (b, two) in units.of.iter().enumerate() {
                let after = if a == b { &two.steps[i + 1..] } else { &two.steps[..] };
                let follows = a == b || sessions[a][b];
                for new in after.iter().filter(|new| follows && key(new) == key(step)) {
                    if let Step::Read(key, returned) = new {
                        pairs.push((*key, old.clone(), returned.clone()));
                    }
                }
            }
        }
    }
    pairs
}

fn key(step: &Step) -> usize {
    match step {
        Step::Write(key, _) | Step::Read(key, _) => *key,
    }
}

fn contents(step: &Step) -> &[u32] {
    match step {
        Step::Write(_, value) => std::slice::from_ref(value),
        Step::Read(_, returned) => returned,
    }
}

/// The law that is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Law {
    /// Writes of a session stay in order, and who sees one sees the earlier.
    MonotonicWrites,
    /// Writes come after what their session had in sight when it read, and who sees one sees that.
    WritesFollowReads,
    /// Nothing but that reads of a session do not go back.
    OnlyReads,
}

/// Whether a law holds; nothing, if reads go back or contradict each other and nothing else is wrong.
///
/// Lists of a key that contradict each other, or that show what nobody appended, show no order: each by itself may break the law, and so may
/// what it shows to have been read. That the law is kept is known only if there is no other key.
pub(crate) fn holds(units: &Units, law: Law) -> Option<bool> {
    let forked: Vec<bool> = (0..units.keys).map(|key| units.lists && !has_order(&of_key(units, key))).collect();
    let back: Vec<bool> = (0..units.keys).map(|key| forked[key] || goes_back(&of_key(units, key))).collect();
    let every_read = shown(units, &vec![false; units.keys]);
    let (_, before) = least(units, law, listed(units, &forked), false, &every_read);
    if !in_each_list(units, law, &forked)
        || !in_some_order(units, before.clone(), &|_| true)
        || !explained(units, law, (&forked, &back), &before)
    {
        return Some(false);
    }
    let used = |of: usize| units.of.iter().any(|unit| unit.steps.iter().any(|step| key(step) == of));
    let others = |of: usize| (0..units.keys).any(|key| key != of && used(key));
    (0..units.keys).all(|key| !back[key] || (forked[key] && !others(key))).then_some(true)
}

/// Whether the lists of the only key are beginnings of one another, and all that they show was appended.
fn has_order(alone: &Units) -> bool {
    alone.one_list_a_key() && alone.all_reads().all(|(key, list)| list.iter().all(|value| alone.wrote(key, *value).is_some()))
}

/// Whether reads of the only key go back whatever the order of transactions.
fn goes_back(alone: &Units) -> bool {
    let none = vec![false; alone.keys];
    let before = alone.free();
    !explained(alone, Law::OnlyReads, (&none, &none), &before) || (alone.lists && !monotonic_reads(alone))
}

/// The same transactions, with the steps of one key alone.
fn of_key(units: &Units, only: usize) -> Units {
    of_keys(units, |key| key == only)
}

fn of_keys(units: &Units, keep: impl Fn(usize) -> bool) -> Units {
    let kept = |unit: &Unit| unit.steps.iter().filter(|step| keep(key(step))).cloned().collect();
    Units { of: units.of.iter().map(|unit| Unit { steps: kept(unit), ..*unit }).collect(), ..*units }
}

/// What a read shows.
struct Shown {
    /// The transaction that reads, and in which of its steps.
    by: (usize, usize),
    key: usize,
    /// The other transactions whose writes it returned, in their order.
    from: Vec<usize>,
    /// Whether it returned what its transaction had written to the key before.
    own: bool,
}

/// What the reads of all transactions show of the keys that are not ignored. What nobody wrote shows nothing, nor do own
/// writes.
fn shown(units: &Units, ignored: &[bool]) -> Vec<Shown> {
    let mut all = Vec::new();
    for (t, unit) in units.of.iter().enumerate() {
        for (at, step) in unit.steps.iter().enumerate() {
            let Step::Read(key, returned) = step else { continue };
            let mut wrote = written(&unit.steps[..at], *key).peekable();
            let first = wrote.peek().is_none();
            let own = !first && (!units.lists || wrote.all(|value| returned.contains(&value)));
            let mut from: Vec<usize> =
                returned.iter().filter_map(|value| units.wrote(*key, *value)).filter(|w| *w != t).collect();
            from.dedup();
            let says = units.lists || (first && (returned.is_empty() || !from.is_empty()));
            if says && !ignored[*key] {
                all.push(Shown { by: (t, at), key: *key, from, own });
            }
        }
    }
    all
}

/// Which writes are in sight of each read, those of a transaction to one key counted as one, and which transactions must come before which,
/// at least.
fn least(units: &Units, law: Law, listed: Relation, reads_stay: bool, reads: &[Shown]) -> (Relation, Relation) {
    let n = units.of.len();
    let so = units.sessions();
    let keys: Vec<Vec<usize>> = (0..n).map(|t| (0..units.keys).filter(|key| units.writes(t, *key)).collect()).collect();
    let writes_after = |t: usize, at: usize| units.of[t].steps[at..].iter().any(|step| matches!(step, Step::Write(..)));
    let mut before = listed;
    let shows = |w: usize, read: &Shown| read.from.contains(&(w / units.keys)) && read.key == w % units.keys;
    let mut sight: Relation = (0..n * units.keys).map(|w| reads.iter().map(|read| shows(w, read)).collect()).collect();
    loop {
        let was = (sight.clone(), before.clone());
        for (a, key) in (0..n).flat_map(|a| keys[a].iter().map(move |key| (a, key))) {
            let one = a * units.keys + key;
            for c in (0..n).filter(|c| !keys[*c].is_empty()) {
                let in_order = law == Law::MonotonicWrites && so[a][c];
                // Whether `c` writes after its session, or the transaction itself, had read with this write in sight.
                let after = |(t, at): (usize, usize)| so[t][c] || (t == c && writes_after(c, at));
                let read_before = (0..reads.len()).any(|read| sight[one][read] && after(reads[read].by));
                let follows = law == Law::WritesFollowReads && read_before;
                before[a][c] |= in_order || follows;
                for read in (0..reads.len()).filter(|_| in_order || follows) {
                    sight[one][read] |= keys[c].iter().any(|key| sight[c * units.keys + key][read]);
                }
            }
            for read in (0..reads.len()).filter(|_| reads_stay) {
                let (t, at) = reads[read].by;
                let earlier = |(other, step): (usize, usize)| so[other][t] || (other == t && step < at);
                sight[one][read] |= (0..reads.len()).any(|other| sight[one][other] && earlier(reads[other].by));
            }
        }
        if was == (sight.clone(), before.clone()) {
            return (sight, before);
        }
    }
}

/// The order of transactions that lists show: what nobody shows comes last, if it happened. What was seen of a transaction in part happened as a
/// whole. Some lists show no order.
fn listed(units: &Units, forked: &[bool]) -> Relation {
    let mut before = units.free();
    for key in (0..units.keys).filter(|key| units.lists && !forked[*key]) {
        let longest =
            units.all_reads().filter(|(of, _)| *of == key).map(|(_, list)| list).max_by_key(|list| list.len()).unwrap_or(&[]);
        let place = |t: usize, value: u32| {
            longest.iter().position(|shown| *shown == value).or((units.of[t].ok || seen(units, t)).then_some(usize::MAX))
        };
        let places: Vec<Vec<usize>> =
            (0..units.of.len()).map(|t| written(&units.of[t].steps, key).filter_map(|value| place(t, value)).collect()).collect();
        for a in 0..units.of.len() {
            for b in 0..units.of.len() {
                before[a][b] |= a != b && places[a].iter().any(|one| places[b].iter().any(|two| one < two));
            }
        }
    }
    before
}

/// Whether in some order every read shows what is in its sight: all of that, or the last, if the key is a register. Reads of some keys are
/// ignored, except for what is known of the order without them.
fn explained(units: &Units, law: Law, (forked, ignored): (&[bool], &[bool]), known: &Relation) -> bool {
    let reads = shown(units, ignored);
    let (sight, mut before) = least(units, law, listed(units, forked), true, &reads);
    before.iter_mut().zip(known).for_each(|(before, known)| before.iter_mut().zip(known).for_each(|(one, other)| *one |= other));
    let right = |run: &Run, read: usize| {
        let Shown { by: (t, _), key, from, own } = &reads[read];
        let counts = |w: &usize| sight[*w * units.keys + key][read] && !(*own && w == t);
        let seen: Vec<usize> = run.order.iter().copied().filter(counts).collect();
        if units.lists { seen == *from } else { seen.last() == from.last() }
    };
    in_some_order(units, before, &|run| (0..reads.len()).all(|read| right(run, read)))
}

fn in_some_order(units: &Units, before: Relation, accept: &dyn Fn(&Run) -> bool) -> bool {
    // Of what nobody knows whether it happened, what was seen did.
    let complete = |run: &Run| (0..units.of.len()).all(|t| run.place(t).is_some() || !seen(units, t));
    Orders {
        units,
        before,
        candidates: (0..units.of.len()).filter(|t| (0..units.keys).any(|key| units.writes(*t, key))).collect(),
    }
    .any(&|_, _| true, &|run| complete(run) && accept(run))
}

/// Whether somebody read what a transaction wrote.
fn seen(units: &Units, t: usize) -> bool {
    units.all_reads().any(|(key, list)| list.iter().any(|value| units.wrote(key, *value) == Some(t)))
}

/// Of lists that contradict each other: whether each has, before an append, what the law asks for.
fn in_each_list(units: &Units, law: Law, forked: &[bool]) -> bool {
    let so = units.sessions();
    let must = |of: usize, value: u32| -> Vec<u32> {
        let Some(w) = units.wrote(of, value) else { return Vec::new() };
        let at = units.of[w].steps.iter().position(|step| *step == Step::Write(of, value)).expect("it wrote that");
        let earlier = (0..units.of.len()).filter(|a| so[*a][w]).flat_map(|a| &units.of[a].steps);
        let steps = earlier.chain(&units.of[w].steps[..at]).filter(|step| key(step) == of);
        let counts = |step: &&Step| matches!(step, Step::Write(..)) == (law == Law::MonotonicWrites);
        steps.filter(counts).flat_map(contents).copied().collect()
    };
    units.all_reads().filter(|(key, _)| forked[*key]).all(|(key, list)| {
        list.iter().enumerate().all(|(at, value)| must(key, *value).iter().all(|needed| list[..at].contains(needed)))
    })
}
