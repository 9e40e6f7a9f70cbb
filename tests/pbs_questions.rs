//! Latencies of one's own, and questions that cannot be asked: what `pbs` takes, and what it says of the rest.

use replicated_telemetry_store::pbs::{
    Answer, Consistent, Distribution, Model, Part, Plan, Question, QuestionError, WEIGHT_ONE, answer, times,
};
use replicated_telemetry_store::rng::Rng;

const MILLION: u64 = 1_000_000;

fn named(name: &str) -> Model {
    Model::named(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Asks for times in whole milliseconds.
fn ask(model: Model, (n, r, w): (u32, u32, u32), trials: u64, at: &[u64]) -> Answer {
    let at = at.iter().map(|time| time * MILLION).collect();
    answer(Question { model, n, r, w, trials, at, seed: 2012 }).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether a share lies within the interval made twice as wide: missed once in 10,000 times.
fn near(consistent: &Consistent, share: f64) -> bool {
    let (p, low, high) = (consistent.p.value(), consistent.low.value(), consistent.high.value());
    share >= p - 2.0 * (p - low) && share <= p + 2.0 * (high - p)
}

fn within(share: f64, of: f64, from: f64) -> bool {
    (of - from).abs() <= share * from
}

#[test]
fn own_measurements_and_tables_are_drawn_from() {
    // Every latency is 1 ms: both take 2 ms, and all replicas have the write when the first acknowledges it.
    let constant = ask(Model::from_csv("own", "wars\n1").expect("good"), (3, 1, 1), 10_000, &[0]);
    assert_eq!(constant.consistent[0].p.value(), 1.0);
    for time in [constant.read_latency_ms.p50, constant.write_latency_ms.p999] {
        assert!(within(1.0 / 256.0, time.milliseconds(), 2.0), "{time:?}");
    }
    // One replica of two has the write at once, the other after 1 s or at once, by chance: half of a half is stale.
    let samples = ask(Model::from_csv("own", "w,ars\n0,0\n1000,").expect("good"), (2, 1, 1), MILLION, &[0, 999, 1000]);
    // Both late: fresh. One late: the answer is of the first replica, which is the late one in half of the cases.
    assert!(near(&samples.consistent[0], 0.75) && near(&samples.consistent[1], 0.75), "{samples:?}");
    assert_eq!(samples.consistent[2].p.value(), 1.0);
    let uniform = ask(Model::from_csv("own", "quantile,w,ars\n0,0,0\n1,8,0").expect("good"), (1, 1, 1), MILLION, &[]);
    assert!(within(0.01, uniform.write_latency_ms.p50.milliseconds(), 4.0), "{uniform:?}");
    assert!(within(0.005, uniform.write_latency_ms.p99.milliseconds(), 7.92), "{uniform:?}");
}

#[test]
fn many_replicas_and_long_times_have_answers_too() {
    let many = ask(named("lnkd-ssd"), (100, 30, 30), 2_000, &[0]);
    assert!(many.consistent[0].p.value() > 0.99, "{many:?}");
    let long = Model::by_parameters(Some("w=600000"), Some("ars=1:0.5")).expect("good parameters");
    let long = ask(long, (3, 1, 1), 200_000, &[0]);
    // The first of three: -ln(1/2)/3 means of 600 s, a little more for the acknowledgement.
    assert!(within(0.03, long.write_latency_ms.p50.milliseconds(), 138_630.0), "{long:?}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let good = Question { model: named("lnkd-ssd"), n: 3, r: 1, w: 1, trials: 10, at: vec![0], seed: 1 };
    for (question, error, message) in [
        (Question { n: 0, ..good.clone() }, QuestionError::Replicas(0), "n is 0: there can be 1 to 100 replicas"),
        (Question { n: 101, ..good.clone() }, QuestionError::Replicas(101), "n is 101"),
        (Question { r: 4, ..good.clone() }, QuestionError::Reads(4, 3), "r is 4: of 3 replicas a read waits for 1 to 3"),
        (Question { r: 0, ..good.clone() }, QuestionError::Reads(0, 3), "r is 0"),
        (Question { w: 4, ..good.clone() }, QuestionError::Writes(4, 3), "w is 4: of 3 replicas a write waits for 1 to 3"),
        (Question { trials: 0, ..good.clone() }, QuestionError::Trials(0), "trials is 0: there can be 1 to 10000000000 trials"),
        (Question { trials: u64::MAX, ..good.clone() }, QuestionError::Trials(u64::MAX), "trials is 18446744073709551615"),
        (Question { at: vec![0; 65], ..good.clone() }, QuestionError::Times(65), "at has 65 times: there can be 64"),
        (Question { at: vec![u64::MAX], ..good.clone() }, QuestionError::Late(u64::MAX), "at has 18446744073709.551615 ms"),
    ] {
        let found = Plan::new(question).err();
        assert_eq!(found.as_ref(), Some(&error));
        assert!(error.to_string().starts_with(message), "{error}");
    }
    let odd = |leg: Distribution| Question {
        model: Model {
            name: "odd".to_owned(),
            legs: [const { Distribution::Samples(Vec::new()) }; 4].map(|_| leg.clone()),
            remote: None,
        },
        ..good.clone()
    };
    for leg in [
        Distribution::Samples(Vec::new()),
        Distribution::Samples(vec![u64::MAX]),
        Distribution::Quantiles(vec![(1, 1)]),
        Distribution::Mixture(Vec::new()),
        Distribution::Mixture(vec![(WEIGHT_ONE, Part::pareto(0, 1))]),
        Distribution::Mixture(vec![(WEIGHT_ONE, Part::pareto(1, 0))]),
        Distribution::Mixture(vec![(WEIGHT_ONE, Part::Exponential { mean: (1, 0) })]),
        Distribution::Mixture(vec![(u64::MAX, Part::mean(1)), (WEIGHT_ONE + 1, Part::mean(1))]),
    ] {
        assert!(matches!(Plan::new(odd(leg.clone())).err(), Some(QuestionError::Model(_))), "{leg:?}");
    }
    let error = Model::named("lnkd").expect_err("no such model").to_string();
    assert_eq!(error, "no model is called 'lnkd'; the models are lnkd-ssd, lnkd-disk, ymmr, ymmr-as-printed, wan");
}

/// Tables that were damaged, and texts made of what tables are made of: each is answered with a model that can be drawn from, or with an error
/// that has a place in the text.
#[test]
fn damaged_tables_are_answered() {
    const PIECES: [&str; 22] = [
        "w",
        "a",
        "r",
        "s",
        "ars",
        "value",
        "quantile",
        ",",
        ",",
        ",",
        "\n",
        "\n",
        "0",
        "1",
        "0.5",
        "12.25",
        "-1",
        "NaN",
        " ",
        "\r\n",
        "é",
        "9999999999",
    ];
    let whole = ["w,a,r,s\n1,2,3,4\n0.5,0.25,1,1\n", "quantile,w,ars\n0,1,1\n0.5,2,1.5\n1,9,8\n"];
    let (mut rng, mut models) = (Rng::new(11), 0);
    for case in 0..20_000_u64 {
        let mut pick = |bound: usize| usize::try_from(rng.below(bound as u64)).expect("it is below a usize");
        let mut letters: Vec<String> = match case % 3 {
            0 => (0..pick(30)).map(|_| PIECES[pick(PIECES.len())].to_owned()).collect(),
            _ => whole[pick(2)].chars().map(String::from).collect(),
        };
        for _ in 0..pick(3) {
            let at = pick(letters.len() + 1);
            letters.splice(at..(at + pick(3)).min(letters.len()), [PIECES[pick(PIECES.len())].to_owned()]);
        }
        let text = letters.concat();
        match Model::from_csv("damaged", &text) {
            Ok(model) => {
                models += 1;
                let plan = Plan::new(Question { model, n: 2, r: 1, w: 1, trials: 5, at: vec![0], seed: case });
                let plan = plan.unwrap_or_else(|error| panic!("{text:?} was read, but {error}"));
                assert_eq!(plan.answer(&plan.block(0)).trials, 5);
            }
            Err(error) => {
                let lines = text.lines().count().max(1);
                let line = text.lines().nth(error.line - 1).unwrap_or_default().chars().count();
                let inside = (1..=lines).contains(&error.line) && (1..=line + 1).contains(&error.column);
                assert!(inside && !error.message.is_empty(), "{text:?}: {error}");
            }
        }
        drop((Model::by_parameters(Some(&text), None), Model::by_parameters(None, Some(&text)), times(&text)));
    }
    assert!(models > 2_000, "{models} texts were tables");
}
