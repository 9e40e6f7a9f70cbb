//! The speed of the simulation beside other kernels, and natively and in the browser, as ratios.
//!
//! Machines are noisy: the two are measured in turns, and the ratio is the median of the rounds. Both sides print the digest of
//! what they did; different work is not compared.

use crate::{
    anchors, commands,
    setup::{self, Need},
    tools::Toolbox,
};

const ROUNDS: usize = 3;

/// What one side prints: `kernel: 93.1 ns/event over 200000 events, digest …`.
#[derive(Debug, PartialEq)]
struct Measured {
    nanoseconds: f64,
    work: String,
}

/// What is aimed at: nanoseconds per event, and the ratio.
const NATIVE_AIM: f64 = 60.0;
const RATIO_AIM: f64 = 1.4;

pub(crate) fn compare(tools: &Toolbox) -> Result<(), String> {
    anchors::compare(tools)?;
    print!("{}", tools.printed(&mut tools.command("cargo", ["bench", "-q", "--bench", "simulation"]))?);
    print!("{}", tools.printed(&mut anchors::beside_numpy(tools))?);
    setup::ensure(tools, &[Need::WasmTarget, Need::Crates, Need::WasmBindgen, Need::Chromium, Need::Chromedriver])?;
    let (mut ratios, mut best) = (Vec::new(), f64::INFINITY);
    for round in 1..=ROUNDS {
        let native = measured(&tools.printed(&mut tools.command("cargo", ["bench", "-q", "--bench", "kernel"]))?)?;
        let browser = measured(&tools.printed(&mut commands::browser_tests(tools, &["--profile", "bench"], "the_kernel")?)?)?;
        if native.work != browser.work {
            return Err(format!("the two did different work: natively {}, in the browser {}", native.work, browser.work));
        }
        let ratio = browser.nanoseconds / native.nanoseconds;
        println!(
            "round {round}: natively {:.1} ns/event, in the browser {:.1} ns/event, ratio {ratio:.2}",
            native.nanoseconds, browser.nanoseconds
        );
        ratios.push(ratio);
        best = best.min(native.nanoseconds);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ROUNDS / 2];
    println!(
        "natively {best:.1} ns/event at best (aim: at most {NATIVE_AIM}); in the browser {median:.2} times that, the median of {ROUNDS} \
         rounds (aim: at most {RATIO_AIM}; same source, same optimisation level, equal digests)"
    );
    Ok(())
}

fn measured(output: &str) -> Result<Measured, String> {
    let line = output.lines().find_map(|line| line.trim().strip_prefix("kernel: "));
    let line = line.ok_or_else(|| format!("no line `kernel: …` was printed; the output was\n{output}"))?;
    let (number, work) = line.split_once(" ns/event ").ok_or_else(|| format!("cannot read `{line}`"))?;
    let nanoseconds = number.parse().map_err(|_| format!("`{number}` is no number"))?;
    Ok(Measured { nanoseconds, work: work.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{Measured, measured};

    #[test]
    fn reads_the_line_wherever_it_stands() {
        let work = "over 200000 events, digest 0123".to_owned();
        let output = "console output:\n    kernel: 93.5 ns/event over 200000 events, digest 0123\nmore";
        assert_eq!(measured(output), Ok(Measured { nanoseconds: 93.5, work }));
        assert!(measured("nothing").is_err());
        assert!(measured("kernel: fast ns/event over all").is_err());
    }
}
