//! WARS and its samplers written anew, by the platform's logarithms and the inverse functions of the parts, to hold the tables against.
#![expect(clippy::disallowed_methods, reason = "the platform's functions are the independent computation here")]

use replicated_telemetry_store::rng::Rng;

/// When a reply is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The request came no sooner than the write.
    Right,
    /// As the prose of the paper prints it: the other way round.
    Printed,
}

fn uniform(rng: &mut Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// A mixture of a Pareto part (weight, least, exponent) and an exponential one of this rate per ms.
type Fit = (f64, f64, f64, f64);

fn draw((weight, least, alpha, rate): Fit, rng: &mut Rng) -> f64 {
    let (part, u) = (uniform(rng), uniform(rng));
    if part < weight { least / u.powf(1.0 / alpha) } else { -u.ln() / rate }
}

/// The writes, all else, and how much farther other data centres are.
fn model(name: &str) -> (Fit, Fit, f64) {
    let ssd = (0.9122, 0.235, 10.0, 1.66);
    let disk = (0.38, 1.05, 1.51, 0.183);
    match name {
        "lnkd-ssd" => (ssd, ssd, 0.0),
        "lnkd-disk" => (disk, ssd, 0.0),
        "ymmr" => ((0.939, 3.0, 3.5, 0.0028), (0.982, 1.5, 3.8, 0.0217), 0.0),
        "ymmr-as-printed" => ((0.939, 3.0, 3.35, 0.0028), (0.982, 1.5, 3.8, 0.0217), 0.0),
        "wan" => (disk, ssd, 75.0),
        _ => panic!("no model {name}"),
    }
}

/// The share of consistent reads a time after the acknowledgement.
pub(crate) fn consistent(name: &str, (n, r, w): (usize, usize, usize), t: f64, rule: Rule, trials: u32) -> f64 {
    let (write, rest, farther) = model(name);
    let mut rng = Rng::keyed(20_120_801, &[n as u64, r as u64, w as u64]);
    let mut fresh = 0_u32;
    for _ in 0..trials {
        let (writer, reader) = (rng.below(n as u64), rng.below(n as u64));
        let far = |near: u64, replica: usize| if near == replica as u64 { 0.0 } else { farther };
        let replicas: Vec<[f64; 4]> = (0..n)
            .map(|i| {
                let w = draw(write, &mut rng) + far(writer, i);
                let a = draw(rest, &mut rng) + far(writer, i);
                let r = draw(rest, &mut rng) + far(reader, i);
                let s = draw(rest, &mut rng) + far(reader, i);
                [w, a, r, s]
            })
            .collect();
        let mut acknowledged: Vec<f64> = replicas.iter().map(|[w, a, ..]| w + a).collect();
        acknowledged.sort_by(f64::total_cmp);
        let mut answers = replicas.clone();
        answers.sort_by(|one, other| (one[2] + one[3]).total_cmp(&(other[2] + other[3])));
        let sees = |[w_, _, r_, _]: &[f64; 4]| match rule {
            Rule::Right => acknowledged[w - 1] + t + r_ >= *w_,
            Rule::Printed => acknowledged[w - 1] + t + r_ <= *w_,
        };
        fresh += u32::from(answers[..r].iter().any(sees));
    }
    f64::from(fresh) / f64::from(trials)
}
