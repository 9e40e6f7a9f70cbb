//! Transactions: every checker of them against its definition, tried out on small random histories.
//!
//! The definitions (`unit`, `serial`, `axiom`, `prefix`, `session`) share nothing with the checkers; `litmus` holds them to the shapes of the
//! literature, and `imply` to what follows from what. `JUDGE_CASES` and `JUDGE_SEED` work as in the rest of the judge's tests.

#[path = "transactions/axiom.rs"]
mod axiom;
#[path = "transactions/draw.rs"]
mod draw;
#[path = "transactions/imply.rs"]
mod imply;
#[path = "transactions/litmus.rs"]
mod litmus;
#[path = "transactions/named.rs"]
mod named;
#[path = "transactions/planted.rs"]
mod planted;
#[path = "transactions/prefix.rs"]
mod prefix;
#[path = "transactions/serial.rs"]
mod serial;
#[path = "transactions/session.rs"]
mod session;
#[path = "transactions/unit.rs"]
mod unit;

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use draw::{Shape, Store, Told, random};
use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Model, Observed};
use serial::Keeps;
use session::Law;
use unit::Units;

use crate::judge::build::shown;
use crate::judge::{SHARE, seeds};

/// Of a hundred histories of registers, whose record does not tell the order of writes, so many may be left undecided.
const UNDECIDED: u64 = 2;

/// Transactions on lists.
const LISTS: Shape = Shape {
    lists: true,
    told: &[Told::RealTime, Told::Sessions, Told::Sessionless, Told::Nothing],
    stores: &[Store::Serial, Store::Snapshot, Store::Stale, Store::Committed, Store::Skewed, Store::Dirty],
    most: 6,
    steps: 5,
    keys: 3,
    sessions: 4,
    reads: 55,
    roles: false,
    wrong: 35,
    made_up: true,
    lost: 8,
};
/// Transactions on registers.
const REGISTERS: Shape = Shape { lists: false, wrong: 55, ..LISTS };

/// One verdict of the judge.
fn verdict(history: &Observed, options: &Options) -> Verdict {
    judge(history, options).verdicts.remove(0).1
}

fn asked(guarantee: Guarantee, keeps: Keeps) -> Options {
    Options { guarantees: vec![guarantee], isolation_in_sessions: keeps == Keeps::Sessions, ..Options::default() }
}

/// Compares a checker with a definition on many histories. Where the definition says nothing, the checker must not either; and
/// where it does, the checker may be at a loss in few histories of registers.
fn agrees(test: &str, options: &Options, draw: impl Fn(u64) -> Observed, definition: impl Fn(&Units) -> Option<bool>) {
    let seeds = seeds();
    let many = seeds.end - seeds.start;
    let guarantee = options.guarantees[0];
    let searched = matches!(guarantee, Guarantee::SnapshotIsolation | Guarantee::Serializable | Guarantee::StrictSerializable);
    let (mut held, mut violated, mut undecided) = (0, 0, 0);
    let mut apart: Vec<Apart> = Vec::new();
    for seed in seeds {
        let history = draw(seed);
        let expected = definition(&Units::new(&history));
        let found = catch_unwind(|| verdict(&history, options));
        let found = found.unwrap_or_else(|_| panic!("seed {seed} makes {test} panic:\n{}", shown(&history)));
        match (&found, expected) {
            (Verdict::Holds, Some(true)) | (Verdict::Violated(_), Some(false)) | (Verdict::Unknown(_), None) => {}
            // Of a history in which nothing succeeded nothing is said.
            (Verdict::NotApplicable(_), Some(true)) if crate::judge::nothing_succeeded(&history) => {}
            (Verdict::Unknown(_), Some(_)) if searched && history.model == Model::Transactions => undecided += 1,
            _ => apart.push(Apart { size: history.operations.len() + history.steps.len(), seed, found, expected }),
        }
        held += u64::from(expected == Some(true));
        violated += u64::from(expected == Some(false));
    }
    apart.sort_by_key(|apart| (apart.size, apart.seed));
    for a in &apart {
        eprintln!("APART {test} seed {} found {:?} expected {:?}\n{}", a.seed, a.found, a.expected, shown(&draw(a.seed)));
    }
    if let Some(Apart { seed, found, expected, .. }) = apart.first() {
        let again = format!("JUDGE_SEED={seed} cargo test --test native judge::transactions::{test}");
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for one in &apart {
            *kinds.entry(format!("{}, by definition {:?}", one.found.name(), one.expected)).or_default() += 1;
        }
        let smallest = format!("of the smallest {} is {found:?}, and by definition {expected:?}", guarantee.name());
        panic!("not judged as defined: {kinds:?}; {smallest}: {again}\n{}", shown(&draw(*seed)));
    }
    let least = many * SHARE / 100;
    assert!(many == 1 || (held > least && violated > least), "of {many} histories {held} hold and {violated} do not");
    assert!(undecided * 100 <= many * UNDECIDED, "of {many} histories {undecided} are not decided");
}

/// A history of which checker and definition say different things.
struct Apart {
    size: usize,
    seed: u64,
    found: Verdict,
    expected: Option<bool>,
}

macro_rules! compared {
    ($($(#[$mark:meta])* $test:ident $guarantee:ident $keeps:ident, $draw:expr, $definition:expr;)*) => {$(
        #[test]
        $(#[$mark])*
        fn $test() {
            agrees(stringify!($test), &asked(Guarantee::$guarantee, Keeps::$keeps), $draw, $definition);
        }
    )*};
}

macro_rules! isolation {
    ($($(#[$mark:meta])* $test:ident $(#[$more:meta])* $in_sessions:ident $guarantee:ident, $shape:expr, $definition:path;)*) => {
        compared! {$(
            $(#[$mark])* $test $guarantee Nothing, |seed| random(seed, $shape), |u| Some($definition(u, Keeps::Nothing));
            $(#[$more])* $in_sessions $guarantee Sessions, |seed| random(seed, $shape), |u| Some($definition(u, Keeps::Sessions));
        )*}
    };
}

isolation! {
    serializable_lists serializable_lists_in_sessions Serializable, LISTS, serial::serializable;
    serializable_registers serializable_registers_in_sessions Serializable, REGISTERS, serial::serializable;
    strict_lists strict_lists_in_sessions StrictSerializable, timed(LISTS), serial::strict_serializable;
    strict_registers strict_registers_in_sessions StrictSerializable, timed(REGISTERS), serial::strict_serializable;
    snapshots_of_lists snapshots_of_lists_in_sessions SnapshotIsolation, LISTS, serial::snapshot_isolation;
    snapshots_of_registers snapshots_of_registers_in_sessions SnapshotIsolation, REGISTERS, serial::snapshot_isolation;
    read_atomic_lists
    read_atomic_lists_in_sessions ReadAtomic, LISTS, axiom::read_atomic;
    read_atomic_registers read_atomic_registers_in_sessions ReadAtomic, REGISTERS, axiom::read_atomic;
    read_committed_lists
    read_committed_lists_in_sessions ReadCommitted, dirty(LISTS), axiom::read_committed;
    read_committed_registers read_committed_registers_in_sessions ReadCommitted, dirty(REGISTERS), axiom::read_committed;
}

compared! {
    linearizable_lists Linearizable Nothing, |seed| random(seed, timed(LISTS)), |u| Some(serial::strict_serializable(u, Keeps::Nothing));
    linearizable_registers Linearizable Nothing, |seed| random(seed, timed(REGISTERS)),
        |u| Some(serial::strict_serializable(u, Keeps::Nothing));
    causal_lists Causal Nothing, |seed| random(seed, in_sessions(LISTS)), |u| Some(axiom::causal(u));
    causal_registers Causal Nothing, |seed| random(seed, in_sessions(REGISTERS)), |u| Some(axiom::causal(u));
    prefixes_of_lists ConsistentPrefix Nothing, |seed| random(seed, in_sessions(LISTS)), |u| Some(prefix::consistent_prefix(u, false));
    prefixes_of_registers ConsistentPrefix Nothing, |seed| random(seed, in_sessions(REGISTERS)),
        |u| Some(prefix::consistent_prefix(u, false));
    own_writes_in_lists ReadYourWrites Nothing, |seed| random(seed, stale(LISTS)), |u| Some(session::read_your_writes(u));
    own_writes_in_registers ReadYourWrites Nothing, |seed| random(seed, stale(REGISTERS)), |u| Some(session::read_your_writes(u));
    reads_of_lists MonotonicReads Nothing, |seed| random(seed, stale(LISTS)), |u| Some(session::monotonic_reads(u));
    reads_of_registers MonotonicReads Nothing, |seed| random(seed, stale(REGISTERS)), |u| Some(session::monotonic_reads(u));
    writes_in_order_in_lists MonotonicWrites Nothing, |seed| told_in_time(seed, false, LISTS), |u| session::holds(u, Law::MonotonicWrites);
    writes_in_order_in_registers MonotonicWrites Nothing, |seed| told_in_time(seed, false, REGISTERS),
        |u| session::holds(u, Law::MonotonicWrites);
    writes_after_reads_in_lists WritesFollowReads Nothing, |seed| told_in_time(seed, true, LISTS), |u| session::holds(u, Law::WritesFollowReads);
    writes_after_reads_in_registers WritesFollowReads Nothing, |seed| told_in_time(seed, true, REGISTERS),
        |u| session::holds(u, Law::WritesFollowReads);
}

/// Histories in which no session reads what it writes only later: no execution does that, so a law about sights says nothing of it.
fn told_in_time(seed: u64, relayed: bool, shape: Shape) -> Observed {
    let draws = (0..).map(|again: u64| whole(seed.wrapping_add(again << 32), relayed, shape));
    draws.into_iter().find(|history| !Units::new(history).foretold()).expect("one of them is possible")
}

/// Histories that tell real time.
fn timed(shape: Shape) -> Shape {
    Shape { told: &[Told::RealTime, Told::Sessionless], ..shape }
}

/// Histories that tell sessions.
fn in_sessions(shape: Shape) -> Shape {
    Shape { told: &[Told::RealTime, Told::Sessions], ..shape }
}

/// Stores that are wrong enough for the weakest level.
fn dirty(shape: Shape) -> Shape {
    const STORES: &[Store] = &[Store::Serial, Store::Committed, Store::Skewed, Store::Dirty, Store::Dirty];
    Shape { stores: STORES, wrong: shape.wrong + 15, ..shape }
}

/// Few sessions that see old states.
fn stale(shape: Shape) -> Shape {
    const STORES: &[Store] = &[Store::StaleInSessions, Store::Stale, Store::Stale, Store::Skewed, Store::Committed];
    let (wrong, made_up) = (90, false);
    Shape { stores: STORES, sessions: 2, keys: 2, wrong, made_up, ..in_sessions(shape) }
}

/// Shapes that decide what is in sight, and reads that return what was there at some time.
fn whole(seed: u64, relayed: bool, shape: Shape) -> Observed {
    const STORES: &[Store] = &[Store::Serial, Store::SkewedInSessions, Store::Committed];
    if !seed.is_multiple_of(3) {
        return planted::transactions(seed, relayed, shape.lists);
    }
    // What was planted in lists breaks less often what follows from reads.
    let (wrong, made_up, roles) = (if relayed && shape.lists { 100 } else { 20 }, false, true);
    random(seed, Shape { stores: STORES, sessions: 3, wrong, made_up, roles, ..in_sessions(shape) })
}

#[test]
fn prefixes_in_real_time_agree() {
    let options = Options { prefix_in_real_time: true, ..asked(Guarantee::ConsistentPrefix, Keeps::Nothing) };
    let draw = |seed| random(seed, Shape { told: &[Told::RealTime], ..LISTS });
    agrees("prefixes_in_real_time_agree", &options, draw, |u| Some(prefix::consistent_prefix(u, true)));
}

/// Whether all verdicts on a few hundred histories are that the record does not allow the question.
fn not_applicable(told: &'static [Told], guarantees: &[Guarantee]) {
    for seed in 0..500 {
        let history = random(seed, Shape { told, ..LISTS });
        for guarantee in guarantees {
            let found = verdict(&history, &asked(*guarantee, Keeps::Nothing));
            let not_applicable = matches!(found, Verdict::NotApplicable(_));
            assert!(not_applicable, "{} is {found:?}:\n{}", guarantee.name(), shown(&history));
        }
    }
}

#[test]
fn without_real_time_nothing_is_linearizable_or_not() {
    not_applicable(&[Told::Sessions, Told::Nothing], &[Guarantee::Linearizable, Guarantee::StrictSerializable]);
}

#[test]
fn without_sessions_nothing_is_said_of_them() {
    let reads = [Guarantee::ReadYourWrites, Guarantee::MonotonicReads];
    let writes = [Guarantee::MonotonicWrites, Guarantee::WritesFollowReads];
    not_applicable(&[Told::Sessionless, Told::Nothing], &[reads, writes].concat());
}
