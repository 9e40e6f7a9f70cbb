//! The definitions, tried out: all orders of a few operations. Nothing here is shared with the checkers.

use replicated_telemetry_store::observed::{Call, Observed, Outcome, Returned};

/// A read or a write of one key; what a read returned or what is written is a value, nothing is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Do {
    Read(Option<u32>),
    Write(Option<u32>),
    Swap(u32, u32),
    Append(u32),
    /// A read of a list: its elements, and how many there are.
    Show([u32; LONGEST], usize),
}

/// The most elements that a list of these small histories has.
const LONGEST: usize = 12;

/// One operation as the definitions see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    session: u32,
    key: u32,
    invoked: u64,
    completed: u64,
    ok: bool,
    what: Do,
    version: Option<u64>,
}

pub(crate) fn ops(history: &Observed) -> Vec<Op> {
    let live = history.operations.iter().filter(|op| op.outcome != Outcome::Fail);
    let mut ops = Vec::new();
    for op in live {
        let step = &history.steps_of(op)[0];
        let what = match step.call {
            Call::Read(Returned::Absent) => Do::Read(None),
            Call::Read(Returned::Value(value)) => Do::Read(Some(value)),
            Call::Write(value) => Do::Write(Some(value)),
            Call::Delete => Do::Write(None),
            Call::CompareAndSet(from, to) => Do::Swap(from, to),
            Call::Append(element) => Do::Append(element),
            Call::Read(Returned::List(ref list)) => {
                let mut elements = [0; LONGEST];
                elements[..list.len()].copy_from_slice(list);
                Do::Show(elements, list.len())
            }
            Call::Read(Returned::Unknown) => continue,
            ref other => panic!("{other:?} is of no register and no list"),
        };
        let ok = op.outcome == Outcome::Ok;
        if !ok && matches!(what, Do::Read(_) | Do::Show(..)) {
            continue;
        }
        let completed = if ok { op.completed.unwrap_or(u64::MAX) } else { u64::MAX };
        let version = if let Do::Append(element) = what { shown_at(history, step.key, element, ok) } else { step.version };
        ops.push(Op { session: op.session, key: step.key, invoked: op.invoked, completed, ok, what, version });
    }
    ops
}

/// The place of an element in the longest list of a key; behind all, if it was appended and none shows it.
fn shown_at(history: &Observed, key: u32, element: u32, ok: bool) -> Option<u64> {
    let lists = history.operations.iter().filter(|op| op.outcome == Outcome::Ok).flat_map(|op| history.steps_of(op));
    let lists = lists.filter_map(|step| match &step.call {
        Call::Read(Returned::List(list)) if step.key == key => Some(list),
        _ => None,
    });
    let longest = lists.max_by_key(|list| list.len());
    let place = longest.and_then(|list| list.iter().position(|shown| *shown == element));
    place.map(|place| place as u64).or(ok.then_some(u64::MAX))
}

/// Whether all operations, and any of those without an answer, can be put in an order that real time allows.
pub(crate) fn linearizable(ops: &[Op], keys: usize) -> bool {
    fn place(ops: &[Op], done: &mut Vec<bool>, state: &mut Vec<Option<u32>>) -> bool {
        if ops.iter().zip(done.iter()).all(|(op, done)| *done || !op.ok) {
            return true;
        }
        for i in 0..ops.len() {
            let first = |d: &[bool]| (0..ops.len()).all(|j| d[j] || ops[j].completed >= ops[i].invoked);
            if done[i] || !first(done) {
                continue;
            }
            let key = ops[i].key as usize;
            let held = state[key];
            let next = match ops[i].what {
                Do::Read(value) if value == held => held,
                Do::Write(value) => value,
                Do::Swap(from, to) if held == Some(from) => Some(to),
                _ => continue,
            };
            done[i] = true;
            state[key] = next;
            if place(ops, done, state) {
                return true;
            }
            done[i] = false;
            state[key] = held;
        }
        false
    }
    place(ops, &mut vec![false; ops.len()], &mut vec![None; keys])
}

/// Which rules an execution has to keep.
#[derive(Clone, Copy, Default)]
pub(crate) struct Laws {
    pub(crate) own_writes: bool,
    pub(crate) reads_stay: bool,
    pub(crate) writes_in_order: bool,
    pub(crate) earlier_writes_in_sight: bool,
    pub(crate) writes_after_reads: bool,
    pub(crate) causal: bool,
    /// The writes of a key come in the order of their versions.
    pub(crate) versions: bool,
}

type Relation = Vec<Vec<bool>>;

fn writes(op: &Op) -> bool {
    !matches!(op.what, Do::Read(_) | Do::Show(..))
}

/// What an operation returned, newest last; nothing if it does not read.
fn reads(op: &Op) -> Option<&[u32]> {
    match &op.what {
        Do::Read(value) => Some(value.as_slice()),
        Do::Swap(from, _) if op.ok => Some(std::slice::from_ref(from)),
        Do::Show(elements, count) => Some(&elements[..*count]),
        Do::Write(_) | Do::Swap(..) | Do::Append(_) => None,
    }
}

fn writes_value(op: &Op, key: u32, value: u32) -> bool {
    op.key == key && matches!(op.what, Do::Write(Some(v)) | Do::Swap(_, v) | Do::Append(v) if v == value)
}

/// Whether a read returns what these writes of its key leave: the last of them, or all that were appended.
fn returns(op: &Op, written: &[&Op]) -> bool {
    let Some(seen) = reads(op) else { return true };
    let last = if matches!(op.what, Do::Show(..)) { written } else { &written[written.len().saturating_sub(1)..] };
    let left = last.iter().filter(|w| w.what != Do::Write(None));
    left.clone().count() == seen.len() && left.zip(seen).all(|(w, value)| writes_value(w, op.key, *value))
}

/// Session order: an operation that was answered, before what its session did after it.
fn session_order(ops: &[Op]) -> Relation {
    let before = |a: &Op, b: &Op| a.session == b.session && a.ok && a.completed <= b.invoked;
    ops.iter().map(|a| ops.iter().map(|b| before(a, b)).collect()).collect()
}

/// What each operation must have in sight, and what must come before what, at least. All rules of visibility only add.
fn least(ops: &[Op], laws: Laws, so: &Relation, ignored: &[bool]) -> Option<(Relation, Relation)> {
    let n = ops.len();
    let (mut vis, mut ar) = (vec![vec![false; n]; n], vec![vec![false; n]; n]);
    for r in 0..n {
        if ignored[r] {
            continue;
        }
        for value in reads(&ops[r]).unwrap_or_default() {
            let w = (0..n).find(|w| writes_value(&ops[*w], ops[r].key, *value))?;
            vis[w][r] = true;
        }
    }
    for a in 0..n {
        for b in 0..n {
            let (wa, wb) = (writes(&ops[a]), writes(&ops[b]));
            ar[a][b] |= laws.writes_in_order && so[a][b] && wa && wb;
            let versions = laws.versions && wa && wb && ops[a].key == ops[b].key;
            ar[a][b] |= versions && ops[a].version.zip(ops[b].version).is_some_and(|(a, b)| a < b);
            vis[a][b] |= laws.own_writes && so[a][b] && wa && reads(&ops[b]).is_some();
            vis[a][b] |= laws.causal && so[a][b];
        }
    }
    loop {
        let mut grown = false;
        for a in 0..n {
            for b in 0..n {
                for c in 0..n {
                    let rd = |i: usize| reads(&ops[i]).is_some() && !ignored[i];
                    let (see, then) = (vis[a][b], so[b][c]);
                    let next = (laws.reads_stay && see && then && rd(b) && rd(c))
                        || (laws.earlier_writes_in_sight && so[a][b] && writes(&ops[a]) && writes(&ops[b]) && vis[b][c])
                        || (laws.causal && see && vis[b][c]);
                    if next && !vis[a][c] {
                        vis[a][c] = true;
                        grown = true;
                    }
                    if laws.writes_after_reads && see && rd(b) && writes(&ops[c]) && (then || b == c) {
                        if !ar[a][c] {
                            ar[a][c] = true;
                            grown = true;
                        }
                        for (d, sees) in vis[c].clone().into_iter().enumerate() {
                            if sees && !vis[a][d] {
                                vis[a][d] = true;
                                grown = true;
                            }
                        }
                    }
                }
            }
        }
        if !grown {
            break;
        }
    }
    if laws.causal {
        for a in 0..n {
            for b in 0..n {
                ar[a][b] |= vis[a][b];
            }
        }
    }
    Some((vis, ar))
}

/// Whether a read returned what others began to write only after it had ended: then no execution explains it.
fn early(ops: &[Op]) -> bool {
    let all = |r: &Op| {
        reads(r).unwrap_or_default().iter().all(|v| ops.iter().any(|w| writes_value(w, r.key, *v) && w.invoked <= r.completed))
    };
    ops.iter().any(|r| r.ok && !all(r))
}

/// Whether some order of all operations keeps the laws, so that every read that is not ignored returns the last write in its sight.
pub(crate) fn explained(ops: &[Op], laws: Laws, ignored: &[bool]) -> bool {
    if laws.causal && early(ops) {
        return false;
    }
    let so = session_order(ops);
    let Some((vis, ar)) = least(ops, laws, &so, ignored) else { return false };
    let explains = |r: usize, order: &[usize]| {
        let seen = order.iter().filter(|w| vis[**w][r] && writes(&ops[**w]) && ops[**w].key == ops[r].key);
        ignored[r] || returns(&ops[r], &seen.map(|w| &ops[*w]).collect::<Vec<_>>())
    };
    // Only writes need a place: reads restrict the order of causal executions through what they relay, which `ar` has.
    let placed: Vec<usize> = (0..ops.len()).filter(|i| writes(&ops[*i]) || laws.causal).collect();
    some_order(&placed, &ar, &mut Vec::new(), &|order| (0..ops.len()).all(|r| explains(r, order)))
}

/// Whether the order that the laws ask for is one, whatever the reads return.
pub(crate) fn orderable(ops: &[Op], laws: Laws) -> bool {
    let so = session_order(ops);
    let Some((_, ar)) = least(ops, laws, &so, &vec![false; ops.len()]) else { return false };
    let placed: Vec<usize> = (0..ops.len()).filter(|i| writes(&ops[*i])).collect();
    some_order(&placed, &ar, &mut Vec::new(), &|_| true)
}

/// Whether some order of these, which the relation allows, is accepted.
pub(crate) fn some_order(all: &[usize], before: &Relation, order: &mut Vec<usize>, accept: &dyn Fn(&[usize]) -> bool) -> bool {
    if order.len() == all.len() {
        return accept(order);
    }
    for next in all {
        let free = !order.contains(next) && all.iter().all(|a| order.contains(a) || !before[*a][*next]);
        if free {
            order.push(*next);
            if some_order(all, before, order, accept) {
                return true;
            }
            order.pop();
        }
    }
    false
}

/// The reads of keys on which reads go back whatever the order of the writes.
pub(crate) fn going_back(ops: &[Op], keys: u32, versions: bool) -> Vec<bool> {
    let mut ignored = vec![false; ops.len()];
    for key in 0..keys {
        let of_key: Vec<Op> = ops.iter().copied().filter(|op| op.key == key).collect();
        let laws = Laws { reads_stay: true, versions, ..Laws::default() };
        if !explained(&of_key, laws, &vec![false; of_key.len()]) {
            for (ignored, op) in ignored.iter_mut().zip(ops) {
                *ignored |= op.key == key;
            }
        }
    }
    ignored
}

/// Whether some sequence of all writes that keeps session order (and real time) explains all reads by beginnings that only grow.
pub(crate) fn prefix(ops: &[Op], real_time: bool, versions: bool) -> bool {
    if early(ops) {
        return false;
    }
    let so = session_order(ops);
    let shows = |r: &Op, w: usize| reads(r).unwrap_or_default().iter().any(|v| writes_value(&ops[w], r.key, *v));
    let seen = |w: usize| ops[w].ok || ops.iter().any(|r| shows(r, w));
    let placed: Vec<usize> = (0..ops.len()).filter(|i| writes(&ops[*i]) && seen(*i)).collect();
    let mut before = so;
    for a in &placed {
        for b in &placed {
            before[*a][*b] |= real_time && ops[*a].completed < ops[*b].invoked;
            let told = ops[*a].version.zip(ops[*b].version).filter(|_| versions && ops[*a].key == ops[*b].key);
            before[*a][*b] |= told.is_some_and(|(a, b)| a < b);
        }
    }
    let fits = |order: &[usize]| {
        let holds =
            |cut: usize, key: u32| -> Vec<&Op> { order[..cut].iter().map(|w| &ops[*w]).filter(|w| w.key == key).collect() };
        (0..10).all(|session| {
            let mut cut = 0;
            ops.iter().filter(|op| op.session == session && reads(op).is_some()).all(|op| {
                // What reads and writes at once reads a beginning that ends before its own write.
                let own = order.iter().position(|w| std::ptr::eq(&ops[*w], op)).unwrap_or(order.len());
                let found = (cut..=own).find(|cut| returns(op, &holds(*cut, op.key)));
                cut = found.unwrap_or(0);
                found.is_some()
            })
        })
    };
    some_order(&placed, &before, &mut Vec::new(), &fits)
}

/// The most acknowledged writes, and the longest time, that a read certainly misses: those that began after its value's write had ended.
pub(crate) fn staleness(ops: &[Op]) -> (u64, u64) {
    let mut worst = (0, 0);
    for r in ops {
        let Do::Read(value) = r.what else { continue };
        let source = value.and_then(|value| ops.iter().find(|w| writes_value(w, r.key, value)));
        let newer = |w: &&Op| {
            let after = source.is_none_or(|s| s.completed < w.invoked);
            after && w.key == r.key && writes(w) && w.ok && w.completed < r.invoked
        };
        let missed: Vec<&Op> = ops.iter().filter(newer).collect();
        let time = missed.iter().map(|w| r.invoked - w.completed).max().unwrap_or(0);
        worst = (worst.0.max(missed.len() as u64), worst.1.max(time));
    }
    worst
}
