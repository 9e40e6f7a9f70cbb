//! Probabilistically bounded staleness, held to what its authors printed, to closed forms, and to a second implementation.
//!
//! The numbers stand in tables (`tests/pbs/*.csv`), which one reader reads. Trials have seeds, so that these tests either pass or not.

mod reference;

use reference::Rule;
use replicated_telemetry_store::pbs::{
    Answer, Consistent, Model, Plan, Question, Sweep, Tally, answer, choose, non_intersection, within_versions,
};
use replicated_telemetry_store::rng::Rng;

const TABLE_4: &str = include_str!("pbs/table4.csv");
const CONVERGED: &str = include_str!("pbs/converged.csv");
const VERSIONS: &str = include_str!("pbs/versions.csv");
const EXPONENTIAL: &str = include_str!("pbs/exponential.csv");
const GOLDEN: &str = include_str!("pbs/golden.json");
const MILLION: u64 = 1_000_000;

/// A line of a table: its names, and its numbers by the names of columns.
struct Row {
    columns: Vec<String>,
    cells: Vec<String>,
}

impl Row {
    fn text(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"));
        &self.cells[place]
    }

    fn number(&self, column: &str) -> f64 {
        self.text(column).parse().unwrap_or_else(|_| panic!("'{}' in column {column} is no number", self.text(column)))
    }

    fn count(&self, column: &str) -> u32 {
        self.text(column).parse().unwrap_or_else(|_| panic!("'{}' in column {column} is no count", self.text(column)))
    }
}

fn rows(table: &str) -> Vec<Row> {
    let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = table.lines().filter(|line| !line.starts_with('#')).map(split);
    let columns = lines.next().expect("a table names its columns");
    let rows: Vec<Row> = lines.map(|cells| Row { columns: columns.clone(), cells }).collect();
    assert!(rows.iter().all(|row| row.cells.len() == row.columns.len()) && rows.len() > 2, "a table has lost its rows");
    rows
}

fn named(name: &str) -> Model {
    Model::named(name).unwrap_or_else(|error| panic!("{error}"))
}

#[expect(clippy::cast_possible_truncation, reason = "times of the tables are below an hour")]
fn ns(milliseconds: f64) -> u64 {
    (milliseconds * 1e6).round() as u64
}

fn ask(model: Model, (n, r, w): (u32, u32, u32), trials: u64, at: &[f64]) -> Answer {
    let at = at.iter().map(|time| ns(*time)).collect();
    let plan = Plan::new(Question { model, n, r, w, trials, at, seed: 2012 }).unwrap_or_else(|error| panic!("{error}"));
    plan.answer(&by_workers(&plan, 2))
}

/// All blocks, dealt out to workers; backwards, so that the order matters if it can.
fn by_workers(plan: &Plan, workers: u64) -> Tally {
    let work = |worker| {
        let mut tally = Tally::default();
        (0..plan.blocks()).rev().filter(|block| block % workers == worker).for_each(|block| plan.add(block, &mut tally));
        tally
    };
    let tallies = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        handles.into_iter().map(|handle| handle.join().expect("a worker ends")).collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    tallies.iter().rev().for_each(|tally| all.merge(tally));
    all
}

/// Whether a share lies within the interval made twice as wide: missed once in 10,000 times.
fn near(consistent: &Consistent, share: f64) -> bool {
    let (p, low, high) = (consistent.p.value(), consistent.low.value(), consistent.high.value());
    share >= p - 2.0 * (p - low) - 5e-6 && share <= p + 2.0 * (high - p) + 5e-6
}

fn within(share: f64, of: f64, from: f64) -> bool {
    (of - from).abs() <= share * from
}

#[test]
fn the_papers_table_is_reproduced() {
    let mut waits = 0;
    for row in rows(TABLE_4) {
        let (name, r, w, t) = (row.text("model"), row.count("r"), row.count("w"), row.number("t"));
        // Writes over data centres scatter by 2 % in a million trials, those that were printed too.
        let trials = if name == "wan" && w == 1 { 8 * MILLION } else { MILLION };
        let answer = ask(named(name), (3, r, w), trials, &[t]);
        let place = format!("{name} r={r} w={w}");
        let (read, write) = (answer.read_latency_ms.p999.milliseconds(), answer.write_latency_ms.p999.milliseconds());
        assert!(within(0.03, read, row.number("read")), "{place}: reads take {read}, printed is {}", row.number("read"));
        assert!(within(0.03, write, row.number("write")), "{place}: writes take {write}, printed is {}", row.number("write"));
        let share = answer.consistent[0].p.value();
        if t > 0.0 {
            waits += 1;
            assert!((0.9986..=0.9990).contains(&share), "{place}: at the printed {t} ms {share} are consistent");
            assert!(answer.t_visible_ms.p999.milliseconds() > t, "{place}: printed times come from an estimator that is early");
        } else {
            assert!(share >= 0.999, "{place}: {share} at once");
            assert_eq!(answer.t_visible_ms.p999.0, 0, "{place}");
        }
        if r + w > 3 {
            let all = &answer.consistent[0];
            assert_eq!((all.p.value(), all.high.value()), (1.0, 1.0), "{place}: quorums that meet");
        }
    }
    assert_eq!(waits, 10, "all times that are not zero");
}

#[test]
fn trials_converge_to_what_forty_million_showed() {
    for row in rows(CONVERGED) {
        let answer = ask(named("lnkd-ssd"), (3, row.count("r"), row.count("w")), 4 * MILLION, &[0.0, 1.0, 5.0]);
        for (consistent, column) in answer.consistent.iter().zip(["p0", "p1", "p5"]) {
            assert!(near(consistent, row.number(column)), "{column} is {}: {consistent:?}", row.number(column));
        }
        let (p99, p999) = (answer.t_visible_ms.p99.milliseconds(), answer.t_visible_ms.p999.milliseconds());
        assert!((p99 - row.number("t99")).abs() <= 0.008, "{p99}");
        assert!((p999 - row.number("t999")).abs() <= 0.045, "{p999}");
    }
}

/// Both exponents of Yammer: which of them the printed column was made with.
#[test]
fn yammers_printed_column_comes_from_the_exponent_that_is_not_printed() {
    let [used, printed] = ["ymmr", "ymmr-as-printed"].map(|name| ask(named(name), (3, 1, 1), 4 * MILLION, &[0.0]));
    assert!(near(&used.consistent[0], 0.8929), "{:?}", used.consistent);
    assert!(near(&printed.consistent[0], 0.8873), "{:?}", printed.consistent);
    let [used, printed] = [used, printed].map(|answer| answer.write_latency_ms.p999.milliseconds());
    assert!(within(0.01, used, 10.77) && within(0.01, printed, 11.11), "{used} {printed}");
}

#[test]
fn a_second_implementation_counts_the_same() {
    for (name, quorum, t) in [
        ("lnkd-ssd", (3, 1, 1), 0.0),
        ("lnkd-disk", (3, 1, 1), 1.0),
        ("lnkd-disk", (5, 2, 2), 3.0),
        ("lnkd-disk", (10, 3, 2), 2.0),
        ("ymmr", (3, 2, 1), 10.0),
        ("ymmr-as-printed", (2, 1, 1), 0.0),
        ("wan", (3, 1, 1), 80.0),
        ("wan", (4, 1, 2), 10.0),
    ] {
        let (n, r, w) = quorum;
        let ours = &ask(named(name), quorum, MILLION, &[t]).consistent[0];
        let trials = 100_000;
        let theirs = reference::consistent(name, (n as usize, r as usize, w as usize), t, Rule::Right, trials);
        let error = (theirs * (1.0 - theirs) / f64::from(trials)).sqrt();
        assert!((ours.p.value() - theirs).abs() <= 4.5 * error + 1e-5, "{name} {quorum:?}: {ours:?}, {theirs}");
    }
}

/// The inequality as the paper prints it makes stale replies fresh: no check above would pass with it.
#[test]
fn the_printed_inequality_is_caught() {
    for row in rows(TABLE_4).iter().filter(|row| row.number("t") > 0.0) {
        let (name, r, w) = (row.text("model"), row.count("r"), row.count("w"));
        let share = reference::consistent(name, (3, r as usize, w as usize), row.number("t"), Rule::Printed, 20_000);
        assert!(!(0.9986..=0.9990).contains(&share), "{name} r={r} w={w}: {share}");
        let ours = &ask(named(name), (3, r, w), 100_000, &[row.number("t")]).consistent[0];
        assert!(!near(ours, share), "{name} r={r} w={w}: {share}, {ours:?}");
    }
}

#[test]
fn staleness_in_versions_is_as_printed() {
    for row in rows(VERSIONS) {
        let [n, r, w, k] = ["n", "r", "w", "k"].map(|column| row.count(column));
        let p = within_versions(n, r, w, k) as f64 / 1e12;
        assert!((p - row.number("p")).abs() <= 5e-5, "n={n} r={r} w={w} k={k}: {p}");
    }
    let large = non_intersection(100, 30, 30).value();
    assert!((large - 1.884_349_03e-6).abs() < 5e-15, "{large}");
    assert_eq!(non_intersection(5, 2, 3).value(), 0.1);
}

fn place(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("it is below a usize")
}

/// Quorums chosen by chance miss each other as often as the formula says, and not as the paper's equation for t-visibility has it, whose
/// C(N-c, N) is zero.
#[test]
fn the_printed_number_of_quorums_is_caught() {
    for (n, r, w) in [(3, 1, 1), (5, 2, 2), (5, 1, 3), (7, 2, 2)] {
        let (mut rng, trials, mut missed) = (Rng::keyed(1, &[u64::from(n), u64::from(r)]), 100_000, 0);
        for _ in 0..trials {
            // The written ones are the first w: chance is in the choice of the others.
            let mut replicas: Vec<u32> = (0..n).collect();
            let mut read = (0..r).map(|_| replicas.swap_remove(place(&mut rng, replicas.len())));
            missed += u64::from(read.all(|replica| replica >= w));
        }
        let counted = missed as f64 / trials as f64;
        let right = non_intersection(n, r, w).value();
        let printed = choose(n - w, n) as f64 / choose(n, r) as f64;
        let error = (counted * (1.0 - counted) / trials as f64).sqrt();
        assert!((counted - right).abs() < 4.0 * error, "n={n} r={r} w={w}: {counted}, {right}");
        assert!((counted - printed).abs() > 100.0 * error, "n={n} r={r} w={w}: {counted}, {printed}");
    }
}

#[test]
fn exponential_latencies_have_a_closed_form_that_trials_agree_with() {
    for row in rows(EXPONENTIAL) {
        let quorum = (row.count("n"), row.count("r"), row.count("w"));
        let request = if row.number("request") > 0.0 { format!(",r={}", row.text("request")) } else { String::new() };
        let model = Model::by_parameters(Some(&format!("w={}{request}", row.text("write"))), None).expect("good parameters");
        let answer = ask(model, quorum, MILLION, &[row.number("t")]);
        let exact = answer.closed_form.as_ref().expect("there is a closed form")[0].p.value();
        assert!((1.0 - exact - row.number("stale")).abs() <= 5e-6, "{quorum:?}: {}", 1.0 - exact);
        assert!(near(&answer.consistent[0], exact), "{quorum:?}: {exact}, {:?}", answer.consistent);
    }
    // Whoever reads from two hears of the first two requests: that is no formula of ours. Nor is there one with acknowledgements.
    for (parameters, quorum) in [("w=10,r=2", (3, 2, 1)), ("w=10,a=1", (3, 1, 1)), ("ars=1", (3, 1, 1))] {
        let model = Model::by_parameters(Some(parameters), None).expect("good parameters");
        assert_eq!(ask(model, quorum, 1_000, &[1.0]).closed_form, None, "{parameters}");
    }
}

/// Waiting for k of n exponential answers takes `mean (H(n) - H(n-k))`; all quantiles have closed forms: of the first of three, `-ln(1-p)/3`.
#[test]
fn latencies_of_exponential_quorums_are_order_statistics() {
    let model = Model::by_parameters(Some("w=30"), None).expect("good parameters");
    let answer = ask(model, (3, 1, 1), MILLION, &[]);
    for (time, expected) in
        [(answer.write_latency_ms.p50, 6.931_47), (answer.write_latency_ms.p99, 46.0517), (answer.write_latency_ms.p999, 69.0776)]
    {
        assert!(within(0.02, time.milliseconds(), expected), "{time:?}, {expected}");
    }
    assert_eq!(answer.read_latency_ms.p999.0, 0);
}

/// The authors' estimator, with their steps: near what they printed, and early by some per cent.
#[test]
fn the_papers_estimator_is_early() {
    let plan = |seed| {
        let model = named("lnkd-ssd");
        Plan::new(Question { model, n: 3, r: 1, w: 1, trials: 1, at: Vec::new(), seed }).unwrap_or_else(|error| panic!("{error}"))
    };
    let estimates: Vec<f64> = (1..=4)
        .map(|seed| plan(seed).paper_estimate(Sweep::of("lnkd-ssd")).expect("the sweep is long enough") as f64 / 1e6)
        .collect();
    assert!(estimates.iter().all(|estimate| (1.75..1.96).contains(estimate)), "printed is 1.85, converged 1.968: {estimates:?}");
    assert_eq!(plan(1).paper_estimate(Sweep { from: 0, step: 100_000, below: 500_000 }), None);
}

#[test]
fn any_number_of_workers_counts_the_same() {
    let question = Question { model: named("wan"), n: 3, r: 1, w: 2, trials: 1_000_001, at: vec![ns(5.0), 0, ns(5.0)], seed: 7 };
    let plan = Plan::new(question.clone()).expect("a good question");
    let alone = answer(question).expect("a good question");
    assert_eq!((alone.trials, plan.blocks()), (1_000_001, 16));
    assert_eq!(alone.consistent[0], alone.consistent[2]);
    assert!(alone.consistent[1].p < alone.consistent[0].p);
    for workers in [1, 2, 3, 16, 20] {
        assert_eq!(plan.answer(&by_workers(&plan, workers)), alone, "{workers} workers");
    }
    assert_eq!(plan.block(16), Tally { missed: vec![0; 4], ..Tally::default() }, "there are 16 blocks, from 0 on");
}

/// The same bytes on every machine: `tests/browser.rs` compares with the same file.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    let question = |name: &str| Question { model: named(name), n: 3, r: 1, w: 1, trials: 100_000, at: vec![0, ns(1.0)], seed: 1 };
    let answers: Vec<Answer> =
        Model::PRODUCTION.iter().map(|(name, _)| answer(question(name)).expect("a good question")).collect();
    let text = serde_json::to_string_pretty(&answers).expect("answers can be written");
    assert_eq!(format!("{text}\n"), GOLDEN, "the numbers have changed:\n{text}");
}
