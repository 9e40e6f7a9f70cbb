//! The time of a trial, natively and on one thread, beside its aim; and beside numpy, which draws the same model.
//!
//! numpy is asked for in two ways, as users write it down and tuned (`benches/anchors/wars_numpy.py`). Both sides count consistent reads; if
//! the two shares differ by more than chance does, nothing is compared. Machines are noisy: the sides are measured in turns, and the
//! ratio is the median of the rounds. Where python3 or numpy is missing, that is said.

/// A browser has no numpy beside it.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    native::models();
    native::beside_numpy();
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_types, clippy::print_stdout, reason = "a benchmark reads the clock and prints; the trials do not")]
mod native {
    use std::process::Command;
    use std::time::Instant;

    use replicated_telemetry_store::pbs::{BLOCK, Model, Plan, Question, Tally};

    const BLOCKS: u64 = 16;
    const ROUNDS: usize = 5;
    /// What is aimed at: nanoseconds for a trial, and how many times as long numpy takes.
    const AIM: f64 = 25.0;
    const RATIO_AIM: f64 = 12.0;

    fn plan(model: &str, at: Vec<u64>) -> Plan {
        let model = Model::named(model).unwrap_or_else(|error| panic!("{error}"));
        let question = Question { model, n: 3, r: 1, w: 1, trials: BLOCKS * BLOCK, at, seed: 1 };
        Plan::new(question).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The best time of several for all blocks, in nanoseconds for each trial; and what they counted.
    fn measured(plan: &Plan, runs: u32) -> (f64, Tally) {
        let (mut best, mut tally) = (u128::MAX, Tally::default());
        for _ in 0..runs {
            tally = Tally::default();
            let start = Instant::now();
            for block in 0..plan.blocks() {
                plan.add(block, &mut tally);
            }
            best = best.min(start.elapsed().as_nanos());
        }
        (best as f64 / tally.trials as f64, tally)
    }

    pub(super) fn models() {
        for (name, _) in Model::PRODUCTION {
            let start = Instant::now();
            let plan = plan(name, vec![0, 1_000_000, 5_000_000]);
            let tables = start.elapsed().as_millis();
            let (nanoseconds, tally) = measured(&plan, 7);
            println!(
                "{name}: {nanoseconds:.1} ns/trial over {} trials (aim: at most {AIM}), tables in {tables} ms",
                tally.trials
            );
        }
    }

    /// What the script prints.
    struct Numpy {
        consistent: f64,
        nanoseconds: f64,
        version: String,
    }

    fn numpy(way: &str, trials: u64) -> Result<Numpy, String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/anchors/wars_numpy.py");
        let mut command = Command::new("python3");
        let output = command.args([script, way, &trials.to_string()]).env("OMP_NUM_THREADS", "1").output();
        let output = output.map_err(|error| format!("python3 cannot be started: {error}"))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some(line) = told.lines().find_map(|line| line.strip_prefix("wars: ")) else {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(error.lines().last().unwrap_or("it prints nothing").to_owned());
        };
        let number = |unit: &str| {
            line.split(", ").find_map(|part| part.strip_suffix(unit)).and_then(|number| number.trim().parse::<f64>().ok())
        };
        match (number("trials"), number("consistent"), number("ns")) {
            (Some(count), Some(consistent), Some(nanoseconds)) => Ok(Numpy {
                consistent: consistent / count,
                nanoseconds: nanoseconds / count,
                version: line.rsplit(", ").next().unwrap_or_default().to_owned(),
            }),
            _ => Err(format!("cannot read `{line}`")),
        }
    }

    pub(super) fn beside_numpy() {
        let plan = plan("lnkd-disk", vec![0]);
        for way in ["plain", "tuned"] {
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                let (here, tally) = measured(&plan, 3);
                let there = match numpy(way, tally.trials) {
                    Ok(there) => there,
                    Err(why) => {
                        println!(
                            "numpy, {way}: SKIPPED, nothing was compared: {why} (PYTHONPATH may name a folder that has numpy)"
                        );
                        return;
                    }
                };
                let p = plan.answer(&tally).consistent[0].p.value();
                let error = (2.0 * p * (1.0 - p) / tally.trials as f64).sqrt();
                assert!(
                    (p - there.consistent).abs() < 4.0 * error,
                    "the two did different work: {p} here, {} there",
                    there.consistent
                );
                rounds.push((there.nanoseconds / here, here, there, p));
            }
            rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
            let (ratio, here, there, p) = &rounds[ROUNDS / 2];
            println!(
                "numpy, {way}: {:.0} ns/trial ({}), here {here:.1}: {ratio:.1} times (aim: {RATIO_AIM}); lnkd-disk, {p:.4} and {:.4} consistent at once",
                there.nanoseconds, there.version, there.consistent
            );
        }
    }
}
