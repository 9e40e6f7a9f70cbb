//! Reads that return several values, and records that tell values only: what is judged is compared with the definition, which tries all
//! contexts that writes may have had.

use std::collections::BTreeSet;

use replicated_telemetry_store::import;
use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned, Sibling, Told};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::version::Range;

use crate::judge::build::{add, empty, shown, write};

const SESSIONS: u32 = 3;

/// Tells the context of a write: the values that its client had seen.
fn tell(history: &mut Observed, step: u32, context: &[u32]) {
    let siblings = context.iter().map(|value| Sibling { value: Some(*value), stamp: None, writer: None });
    let context = Some(history.versions.siblings.add(siblings));
    history.versions.told.push(Told { step, versions: Range::EMPTY, context, ..Told::default() });
}

/// An operation of the model: its session, its key, what it wrote (itself) or returned, and the context if it is told.
#[derive(Clone, Debug)]
struct Op {
    session: u32,
    key: u32,
    /// Of a read the writes that it returned.
    returned: Option<Vec<usize>>,
    told: Option<Vec<usize>>,
    acknowledged: bool,
}

/// A few operations, one after the other, on a store that keeps concurrent values; each value is the number of its write.
fn draw(seed: u64) -> (Vec<Op>, Observed) {
    let rng = &mut Rng::keyed(seed, &[0x51B1]);
    let (keys, loose) = (1 + rng.below(2), rng.below(3) * 12);
    let mut ops: Vec<Op> = Vec::new();
    // What each write really replaced.
    let mut past: Vec<BTreeSet<usize>> = Vec::new();
    for n in 0..5 + rng.below(4) {
        let (session, key) = (rng.below(u64::from(SESSIONS)) as u32, rng.below(keys) as u32);
        let writes: Vec<usize> = (0..ops.len()).filter(|op| ops[*op].returned.is_none() && ops[*op].key == key).collect();
        if writes.is_empty() || rng.below(100) < 45 {
            let seen = known(&ops, ops.len(), session, key);
            let context: Vec<usize> = seen.into_iter().filter(|_| rng.below(4) > 0).collect();
            let all: BTreeSet<usize> = context.iter().flat_map(|seen| past[*seen].iter().copied().chain([*seen])).collect();
            past.push(all);
            let told = (rng.below(4) == 0).then_some(context);
            ops.push(Op { session, key, returned: None, told, acknowledged: rng.below(10) > 0 });
        } else {
            let wild = rng.below(100) < loose;
            let some: Vec<usize> = writes.into_iter().filter(|_| rng.below(4) > u64::from(wild)).collect();
            let replaced = |write: &usize| !wild && some.iter().any(|other| past[*other].contains(write));
            let returned = some.iter().copied().filter(|write| !replaced(write)).collect();
            past.push(BTreeSet::new());
            ops.push(Op { session, key, returned: Some(returned), told: None, acknowledged: true });
        }
        assert_eq!(ops.len() as u64, n + 1);
    }
    let observed = observed(&ops);
    (ops, observed)
}

fn observed(ops: &[Op]) -> Observed {
    let mut history = empty(Model::MvRegister, 2, SESSIONS);
    for (number, op) in (0_u32..).zip(ops) {
        let values = |writes: &[usize]| writes.iter().map(|write| *write as u32).collect::<Vec<u32>>();
        let call = match &op.returned {
            Some(returned) => Call::Read(Returned::Siblings(values(returned))),
            None => write(number),
        };
        let (begun, outcome) = (u64::from(number) * 10, if op.acknowledged { Outcome::Ok } else { Outcome::Info });
        add(&mut history, op.session, begun, op.acknowledged.then_some(begun + 5), outcome, vec![(op.key, call)]);
        if let Some(told) = &op.told {
            tell(&mut history, number, &values(told));
        }
    }
    history
}

/// The writes to a key that a session had made or been shown before an operation.
fn known(ops: &[Op], before: usize, session: u32, key: u32) -> Vec<usize> {
    let own = (0..before).filter(|op| ops[*op].session == session && ops[*op].key == key && ops[*op].acknowledged);
    let all: BTreeSet<usize> = own.flat_map(|op| ops[op].returned.clone().unwrap_or_else(|| vec![op])).collect();
    all.into_iter().collect()
}

/// Which writes each write replaced, over all steps.
type Cover = Vec<BTreeSet<usize>>;

fn closed(contexts: &[Vec<usize>]) -> Cover {
    let mut cover: Cover = Vec::new();
    for (write, context) in contexts.iter().enumerate() {
        let mut all: BTreeSet<usize> = context.iter().flat_map(|seen: &usize| cover[*seen].clone()).collect();
        all.insert(write);
        cover.push(all);
    }
    cover
}

/// All ways in which untold contexts may be, each with what covers what: those in which what one read returned is concurrent, unless the
/// record itself says that it is not.
fn explanations(ops: &[Op]) -> Vec<Cover> {
    let mut all: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
    for (number, op) in ops.iter().enumerate() {
        let choices: Vec<Vec<usize>> = match (&op.returned, &op.told) {
            (Some(_), _) => vec![Vec::new()],
            (None, Some(told)) => vec![told.clone()],
            (None, None) => subsets(&known(ops, number, op.session, op.key)),
        };
        let longer = all
            .iter()
            .flat_map(|made| choices.iter().map(move |choice| [made.as_slice(), std::slice::from_ref(choice)].concat()));
        all = longer.collect();
    }
    let told: Vec<Vec<usize>> = ops.iter().map(|op| op.told.clone().unwrap_or_default()).collect();
    let told = closed(&told);
    let reads = || ops.iter().filter_map(|op| op.returned.as_ref());
    let concurrent = |cover: &Cover| {
        reads().all(|read| read.iter().all(|a| read.iter().all(|b| a == b || !cover[*a].contains(b) || told[*a].contains(b))))
    };
    all.iter().map(|contexts| closed(contexts)).filter(concurrent).collect()
}

fn subsets(of: &[usize]) -> Vec<Vec<usize>> {
    (0..1_usize << of.len()).map(|bits| (0..of.len()).filter(|n| bits >> n & 1 == 1).map(|n| of[n]).collect()).collect()
}

/// What a read has to cover, or a write: the definitions of the guarantees.
fn required(ops: &[Op], at: usize, guarantee: Guarantee) -> Vec<usize> {
    let op = &ops[at];
    let before =
        |session: u32, at: usize| (0..at).filter(move |other| ops[*other].session == session && ops[*other].acknowledged);
    let shown = |other: usize| ops[other].returned.clone().unwrap_or_default();
    let own = |other: usize| if ops[other].returned.is_none() { vec![other] } else { Vec::new() };
    // The writes that the session's earlier reads had returned, each as who wrote it: what these had done before.
    let behind = |done: &dyn Fn(usize) -> Vec<usize>| -> Vec<usize> {
        let writes: Vec<usize> = before(op.session, at).flat_map(shown).collect();
        writes.into_iter().flat_map(|write| before(ops[write].session, write).flat_map(done).collect::<Vec<_>>()).collect()
    };
    let reads = op.returned.is_some();
    let all: Vec<usize> = match guarantee {
        Guarantee::ReadYourWrites if reads => before(op.session, at).flat_map(own).collect(),
        Guarantee::MonotonicReads if reads => before(op.session, at).flat_map(shown).collect(),
        Guarantee::MonotonicWrites if reads => behind(&own),
        Guarantee::WritesFollowReads if reads => behind(&shown),
        Guarantee::MonotonicWrites if op.acknowledged => before(op.session, at).flat_map(own).collect(),
        Guarantee::WritesFollowReads if op.acknowledged => before(op.session, at).flat_map(shown).collect(),
        Guarantee::Causal if reads => {
            let mut all: BTreeSet<usize> = BTreeSet::new();
            let mut at_hand: Vec<(u32, usize)> = vec![(op.session, at)];
            let mut met = BTreeSet::new();
            while let Some((session, until)) = at_hand.pop() {
                for other in before(session, until) {
                    all.extend(own(other).into_iter().chain(shown(other)));
                    at_hand.extend(shown(other).into_iter().filter(|write| met.insert(*write)).map(|w| (ops[w].session, w)));
                }
            }
            all.into_iter().collect()
        }
        _ => Vec::new(),
    };
    all.into_iter().filter(|write| ops[*write].key == op.key).collect()
}

/// Whether all that is required is covered.
fn keeps(ops: &[Op], cover: &Cover, guarantee: Guarantee) -> bool {
    (0..ops.len()).all(|at| {
        let returned = ops[at].returned.clone().unwrap_or_else(|| vec![at]);
        required(ops, at, guarantee).iter().all(|write| returned.iter().any(|version| cover[*version].contains(write)))
    })
}

const GUARANTEES: [Guarantee; 5] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
    Guarantee::Causal,
];

/// The verdict is that of the definition; rarely it is unknown.
#[test]
fn siblings_agree_with_the_definition() {
    let mut counts = [[0_u64; 3]; GUARANTEES.len()];
    let mut mutants = [0_u64; 2];
    for seed in crate::judge::seeds() {
        let (ops, history) = draw(seed);
        let report = judge(&history, &Options::default());
        let explanations = explanations(&ops);
        for (place, guarantee) in GUARANTEES.into_iter().enumerate() {
            let expected = explanations.iter().any(|cover| keeps(&ops, cover, guarantee));
            let again = || {
                format!(
                    "JUDGE_SEED={seed} cargo test --test native judge::siblings::siblings_agree\n{}\n{ops:#?}",
                    shown(&history)
                )
            };
            let column = match report.verdict(guarantee) {
                Some(Verdict::Holds) if expected => 0,
                Some(Verdict::Violated(_)) if !expected => 1,
                // Nobody knows, where what one read returned is concurrent in no way that is easily found.
                Some(Verdict::Unknown(_)) => 2,
                Some(Verdict::NotApplicable(_)) if crate::judge::nothing_succeeded(&history) => continue,
                found => panic!("{}: {found:?}, by definition {expected}: {}", guarantee.name(), again()),
            };
            counts[place][column] += 1;
        }
        // Two rules that are not the definition: siblings need not be concurrent; and the newest of all decides, as in a total order.
        let largest: Vec<Vec<usize>> = ops
            .iter()
            .enumerate()
            .map(|(at, op)| match (&op.returned, &op.told) {
                (Some(_), _) => Vec::new(),
                (None, Some(told)) => told.clone(),
                (None, None) => known(&ops, at, op.session, op.key),
            })
            .collect();
        let total: Cover = (0..ops.len()).map(|write| (0..=write).collect()).collect();
        let right = explanations.iter().any(|cover| keeps(&ops, cover, Guarantee::MonotonicReads));
        for (mutant, cover) in mutants.iter_mut().zip([closed(&largest), total]) {
            *mutant += u64::from(keeps(&ops, &cover, Guarantee::MonotonicReads) != right);
        }
    }
    let many = crate::judge::seeds().count() as u64;
    let enough = |[held, violated, unknown]: &[u64; 3]| held * 20 > many && violated * 30 > many && unknown * 10 < many;
    assert!(many < 1_000 || counts.iter().all(enough), "held, violated, unknown: {counts:?} of {many}");
    assert!(many < 1_000 || mutants.iter().all(|caught| caught * 300 > many), "mutants are caught {mutants:?} times of {many}");
}

/// A record in Jepsen's words, a guarantee, what is said of it, and words of the reason.
type Story = (&'static str, Guarantee, &'static str, &'static str);

/// Each line is an operation: process, what it did, the value, and for a write perhaps the context.
fn record(lines: &str) -> Observed {
    let mut text = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, context) = line.split_once(" after ").unwrap_or((line, ""));
        let mut words = head.splitn(3, ' ');
        let mut word = || words.next().expect("process, function, value");
        let (process, f, value) = (word(), word(), word());
        let context = if context.is_empty() { String::new() } else { format!(", :context {context}") };
        let asked = if f == "read" { "nil" } else { value };
        text += &format!("{{:process {process}, :type :invoke, :f :{f}, :value {asked}{context}}}\n");
        text += &format!("{{:process {process}, :type :ok, :f :{f}, :value {value}}}\n");
    }
    let options = import::Options { model: Some(Model::MvRegister), ..import::Options::default() };
    import::import(&text, &options).unwrap_or_else(|error| panic!("{error}\n{text}")).observed
}

const STORIES: &[Story] = &[
    // One of two siblings is gone.
    (
        "0 write 1\n1 write 2\n2 read [1 2]\n2 read [1]",
        Guarantee::MonotonicReads,
        "violated",
        "client 2 read register and got 1 and 2 (operation 2); after it had ended, client 2 read register and got 1 (operation 3): \
         something that was shown before is gone, and nothing of that came after it.",
    ),
    // Who had seen both has merged them.
    ("0 write 1\n1 write 2\n2 read [1 2]\n2 write 3\n2 read [3]", Guarantee::MonotonicReads, "holds", ""),
    // Who says that it had seen one of them has merged one.
    (
        "0 write 1\n1 write 2\n2 read [1 2]\n2 write 3 after [1]\n2 read [3]",
        Guarantee::MonotonicReads,
        "violated",
        "after it had ended, client 2 read register and got 3 (operation 4): something that was shown before is gone",
    ),
    ("0 write 1\n1 write 2\n2 read [1 2]\n2 write 3 after [1]\n2 read [2 3]", Guarantee::MonotonicReads, "holds", ""),
    // A blind write stands beside the other.
    ("0 write 1\n1 write 2\n0 read #{1 2}", Guarantee::ReadYourWrites, "holds", ""),
    (
        "0 write 1\n1 write 2\n0 read [2]",
        Guarantee::ReadYourWrites,
        "violated",
        "client 0 wrote 1 to register (operation 0); after it had ended, client 0 read register and got 2 (operation 2): nothing of that is \
         the session's own write or came after it.",
    ),
    // The other had read the first, and may have replaced it.
    ("0 write 1\n1 read [1]\n1 write 2\n0 read [2]", Guarantee::ReadYourWrites, "holds", ""),
    ("0 write 1\n1 read [1]\n1 write 2 after []\n0 read [2]", Guarantee::ReadYourWrites, "violated", "got 2 (operation 3)"),
    // A session's second write did not replace its first.
    (
        "0 write 1\n0 write 2\n1 read [1 2]",
        Guarantee::MonotonicWrites,
        "violated",
        "the session's later write did not come after the earlier one",
    ),
    ("0 write 1\n0 write 2\n1 read [2]", Guarantee::MonotonicWrites, "holds", ""),
    // An answer beside its question.
    (
        "0 write 1\n1 read [1]\n1 write 2\n2 read [1 2]",
        Guarantee::WritesFollowReads,
        "violated",
        "did not come after what its session had read",
    ),
    // Nobody had replaced it.
    ("0 write 1\n1 read [1]\n1 read []", Guarantee::Causal, "violated", "it misses what its session knew of register"),
    ("0 write 1\n1 read [7]", Guarantee::NoThinAirReads, "violated", "but nobody wrote all of that to register"),
    ("0 write 1\n1 read [1]", Guarantee::Linearizable, "not applicable", "a read may return several values"),
    ("0 write 1\n1 read [1]", Guarantee::NoLostUpdates, "not applicable", "they stay beside each other"),
    ("0 write 1\n1 read [1]", Guarantee::NoLostWrites, "not applicable", "does not tell what became of its writes"),
    ("0 write 1\n1 read [1]", Guarantee::FifoOrder, "not applicable", "it speaks of queues"),
    ("0 write 1\n0 write 1\n1 read [1]", Guarantee::Causal, "not applicable", "values of register are not unique"),
];

#[test]
fn stories_of_siblings() {
    for (lines, guarantee, verdict, reason) in STORIES {
        let found = crate::judge::verdict(&record(lines), *guarantee);
        assert_eq!(found.name(), *verdict, "{}: {found:?}\n{lines}", guarantee.name());
        assert!(found.reason().contains(reason), "{}: {}\n{lines}", guarantee.name(), found.reason());
    }
}

/// Two values that one read returned are concurrent; a third, that had seen the one and was seen by the other, says that they are not.
#[test]
fn what_contexts_may_have_been_is_unknown_and_no_answer() {
    let history = record("0 write 1\n1 read [1]\n1 write 2\n2 read [2]\n2 write 3\n3 read [1 3]");
    let found = crate::judge::verdict(&history, Guarantee::MonotonicReads);
    assert!(matches!(&found, Verdict::Unknown(why) if why.contains("by way of a third")), "{found:?}");
}
