//! The simulation beside others: the same workload, written for each as its users would write it (`benches/anchors`).
//!
//! Machines are noisy: each anchor and our kernel are measured in turns, and the ratio is the median of the rounds. Before any number is
//! printed the two must have delivered equally many messages, and kept equally many records where the anchor records. What
//! cannot be had here is named and left out. A ratio is what somebody would wait for elsewhere, never a judgement: turmoil and madsim
//! run real asynchronous code, and do more for each message.

use std::path::PathBuf;
use std::process::Command;

use crate::tools::{TOOLS, Toolbox};

const ROUNDS: usize = 3;
/// SimPy needs a second for so many.
const OPERATIONS: &str = "50000";
const SIMPY: &str = "simpy==4.1.2";
const NUMPY: &str = "numpy==2.4.6";
/// The anchors in Rust, a package of its own.
const ASYNC: &str = "benches/anchors/async";

/// What a program prints: `anchor: 149468 delivered, 522606 records, 6123456 ns`.
#[derive(Clone, Debug, PartialEq)]
struct Measured {
    delivered: u64,
    /// None if it records nothing.
    records: Option<u64>,
    nanoseconds: f64,
}

/// A way to run the workload elsewhere; says why not, if it cannot be had.
type Anchor = (&'static str, fn(&Toolbox) -> Result<Command, String>);

const ANCHORS: [Anchor; 4] =
    [("JavaScript by hand, in node", javascript), ("SimPy", simpy), ("turmoil", turmoil), ("madsim", madsim)];

pub(crate) fn compare(tools: &Toolbox) -> Result<(), String> {
    for (name, anchor) in ANCHORS {
        match anchor(tools) {
            Err(why) => println!("anchor {name}: skipped, {why}"),
            Ok(mut command) => println!("anchor {name}: {}", ratio(tools, &mut command)?),
        }
    }
    Ok(())
}

/// How long a message takes there and here, and how many times as long that is.
fn ratio(tools: &Toolbox, there: &mut Command) -> Result<String, String> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let bench = ["bench", "-q", "--bench", "kernel", "--", "operations", OPERATIONS];
        let here = measured(&tools.printed(&mut tools.command("cargo", bench))?)?;
        let there = measured(&tools.printed(there)?)?;
        same_work(&here, &there)?;
        rounds.push((there.nanoseconds / here.nanoseconds, there, here));
    }
    rounds.sort_by(|one, next| one.0.total_cmp(&next.0));
    let (ratio, there, here) = rounds.swap_remove(ROUNDS / 2);
    let each = |measured: &Measured| measured.nanoseconds / measured.delivered as f64;
    let (there_each, here_each, delivered) = (each(&there), each(&here), here.delivered);
    Ok(format!("{there_each:.0} ns/message, here {here_each:.0}: {ratio:.1} times, {delivered} messages delivered by both"))
}

fn same_work(here: &Measured, there: &Measured) -> Result<(), String> {
    let records = there.records.is_none() || there.records == here.records;
    match records && here.delivered == there.delivered {
        true => Ok(()),
        false => Err(format!("the two did different work: here {here:?}, there {there:?}")),
    }
}

fn measured(output: &str) -> Result<Measured, String> {
    let line = output.lines().find_map(|line| line.strip_prefix("anchor: "));
    let line = line.ok_or_else(|| format!("no line `anchor: …` was printed; the output was\n{output}"))?;
    let number = |unit: &str| -> Option<u64> {
        line.split(", ").find_map(|part| part.strip_suffix(unit)).and_then(|number| number.trim().parse().ok())
    };
    match (number("delivered"), number("records"), number("ns")) {
        (Some(delivered), records, Some(nanoseconds)) => Ok(Measured { delivered, records, nanoseconds: nanoseconds as f64 }),
        _ => Err(format!("cannot read `{line}`")),
    }
}

fn javascript(tools: &Toolbox) -> Result<Command, String> {
    tools.output("node", &["--version"]).ok_or("because node is not here")?;
    Ok(tools.command("node", ["benches/anchors/kernel.mjs", OPERATIONS]))
}

/// The benchmark of `pbs`, which finds numpy if that can be had, and says so if not.
pub(crate) fn beside_numpy(tools: &Toolbox) -> Command {
    let mut command = tools.command("cargo", ["bench", "-q", "--bench", "pbs"]);
    match python(tools, "numpy", NUMPY) {
        Ok(folder) => {
            command.env("PYTHONPATH", folder);
        }
        Err(why) => println!("anchor numpy: not installed, {why}"),
    }
    command
}

/// A package of Python, in a folder of the project: nothing is added to the Python of the machine.
fn python(tools: &Toolbox, name: &str, package: &str) -> Result<PathBuf, String> {
    let folder = tools.file(TOOLS).join(name);
    tools.output("python3", &["--version"]).ok_or("because python3 is not here")?;
    if !folder.join(name).is_dir() {
        let target = folder.to_string_lossy().into_owned();
        let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", &target, package];
        tools.output("python3", &install).ok_or_else(|| format!("because pip cannot install {package}"))?;
    }
    Ok(folder)
}

fn simpy(tools: &Toolbox) -> Result<Command, String> {
    let folder = python(tools, "simpy", SIMPY)?;
    let mut command = tools.command("python3", ["benches/anchors/simpy_kernel.py", OPERATIONS]);
    command.env("PYTHONPATH", folder);
    Ok(command)
}

fn turmoil(tools: &Toolbox) -> Result<Command, String> {
    async_anchor(tools, "turmoil")
}

fn madsim(tools: &Toolbox) -> Result<Command, String> {
    async_anchor(tools, "madsim")
}

/// One of the programs of `benches/anchors/async`, built if it has not been.
fn async_anchor(tools: &Toolbox, name: &str) -> Result<Command, String> {
    let (manifest, target) = (format!("{ASYNC}/Cargo.toml"), tools.file("target").join("anchors"));
    let mut build = tools.command("cargo", ["build", "-q", "--release", "--locked", "--manifest-path", &manifest]);
    // Without the flag madsim would use the machine's own network.
    build.env("RUSTFLAGS", "--cfg madsim").env("CARGO_TARGET_DIR", &target);
    tools.printed(&mut build).map_err(|error| format!("because it cannot be built: {error}"))?;
    let program = target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Ok(tools.command(&program.to_string_lossy(), [OPERATIONS]))
}

#[cfg(test)]
mod tests {
    use super::{Measured, measured, same_work};

    #[test]
    fn reads_the_line_with_and_without_records() {
        let read = measured("noise\nanchor: 149468 delivered, 522606 records, 6123456 ns\n");
        assert_eq!(read, Ok(Measured { delivered: 149_468, records: Some(522_606), nanoseconds: 6_123_456.0 }));
        let read = measured("anchor: 10 delivered, 20 ns");
        assert_eq!(read, Ok(Measured { delivered: 10, records: None, nanoseconds: 20.0 }));
        assert!(measured("nothing").is_err());
        assert!(measured("anchor: many delivered, 20 ns").is_err());
    }

    #[test]
    fn different_work_is_not_compared() {
        let of = |delivered, records| Measured { delivered, records, nanoseconds: 1.0 };
        assert!(same_work(&of(10, Some(30)), &of(10, Some(30))).is_ok());
        assert!(same_work(&of(10, Some(30)), &of(10, None)).is_ok(), "turmoil records nothing");
        assert!(same_work(&of(10, Some(30)), &of(11, None)).is_err());
        assert!(same_work(&of(10, Some(30)), &of(10, Some(29))).is_err());
    }
}
