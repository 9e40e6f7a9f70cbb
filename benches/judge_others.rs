//! Linearizability beside others: stateright's tester and Porcupine (Go), on small histories and on the records that Porcupine is known
//! for.
//!
//! One run, one table, with the ratio of each time to ours. The records are those in `shared/histories` beside the project, or where `HISTORIES` points.
//! Porcupine is fetched by Go, or taken from the folder that `PORCUPINE_SRC` names. What is not here is said. Reading the records is not
//! measured, neither here nor there; nor is making a proof smaller, which the others do not do. A verdict that differs ends the run.

#[path = "judge/porcupine.rs"]
mod porcupine;
#[path = "judge/stateright.rs"]
mod stateright;
#[path = "judge/valid.rs"]
#[expect(dead_code, reason = "the benchmark next to this one uses all of it")]
mod valid;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some(stateright::CHILD), Some(file)) => native::child(std::path::Path::new(&file)),
        _ => {
            native::small();
            native::records();
        }
    }
}

#[expect(clippy::disallowed_types, clippy::print_stdout, reason = "a benchmark reads the clock and prints; the checkers do not")]
mod native {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::Instant;

    use replicated_telemetry_store::import::{Imported, Options as Import, import_bytes};
    use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};

    use super::stateright::{self, Answer};
    use super::{porcupine, valid};

    const RUNS: u32 = 9;

    /// The median time of some runs, in nanoseconds.
    fn median(runs: u32, mut work: impl FnMut()) -> u128 {
        let mut times: Vec<u128> = (0..runs)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    }

    fn asked() -> Options {
        Options { guarantees: vec![Guarantee::Linearizable], reduce: false, ..Options::default() }
    }

    /// How many times as long another took.
    fn ratio(theirs: u128, ours: u128) -> String {
        let tenths = theirs * 10 / ours.max(1);
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    pub(super) fn small() {
        for size in [10, 20, 30] {
            let history = valid::registers(size, 1);
            let theirs = median(5, || assert!(stateright::holds(&history), "the history is right"));
            let ours = median(20, || assert_eq!(judge(&history, &asked()).verdicts[0].1, Verdict::Holds, "the history is right"));
            println!("{size} operations on one register: here {ours} ns, stateright {theirs} ns ({} times)", ratio(theirs, ours));
        }
    }

    fn folder() -> PathBuf {
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/histories");
        std::env::var_os("HISTORIES").map_or_else(own, PathBuf::from).join("porcupine")
    }

    fn files(below: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(below).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found.sort();
        found
    }

    fn read(file: &Path) -> Option<Imported> {
        fs::read(file).ok().and_then(|bytes| import_bytes(&bytes, &Import::default()).ok())
    }

    /// What stateright needs for a record: printed, because whoever asks may lose patience.
    pub(super) fn child(file: &Path) {
        let imported = read(file).expect("it was read before");
        let mut holds = true;
        let mut time = median(1, || holds = stateright::holds(&imported.observed));
        if time < 100_000_000 {
            time = median(RUNS, || holds = stateright::holds(&imported.observed));
        }
        println!("{holds} {time}");
    }

    pub(super) fn records() {
        let folder = folder();
        let records: Vec<(PathBuf, Imported)> =
            files(&folder).into_iter().filter_map(|file| read(&file).map(|imported| (file, imported))).collect();
        if records.is_empty() {
            println!("there are no records in {}: nothing is compared on them", folder.display());
            return;
        }
        let go = porcupine::measure(&folder);
        if let Err(why) = &go {
            println!("Porcupine is not measured: {why}");
        }
        let go = go.unwrap_or_default();
        println!(
            "{:<14} {:>10} {:>9} {:>28} {:>28}",
            "record", "here (ns)", "verdict", "Porcupine (ns, times)", "stateright (ns, times)"
        );
        let (mut least, mut sums) = (None, (0, 0));
        for (file, imported) in &records {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let mut verdict = "";
            let ours = median(RUNS, || verdict = judge(&imported.observed, &asked()).verdicts[0].1.name());
            let beside = |other: Option<(bool, u128)>| {
                let (holds, time) = other?;
                assert_eq!(holds, verdict == "holds", "{name}: here {verdict}");
                Some(format!("{time} ({})", ratio(time, ours)))
            };
            if let Some((_, time)) = go.get(&name) {
                sums = (sums.0 + ours, sums.1 + time);
                let slower = (time * 10 / ours.max(1), name.clone());
                least = Some(least.map_or(slower.clone(), |least: (u128, String)| least.min(slower)));
            }
            let porcupine = beside(go.get(&name).copied()).unwrap_or_else(|| "not measured".to_owned());
            let stateright = match stateright::measure(file) {
                Answer::Known(holds, time) => beside(Some((holds, time))).unwrap_or_default(),
                Answer::Slow(most) => format!("> {most} (> {})", ratio(most, ours)),
            };
            println!("{name:<14} {ours:>10} {verdict:>9} {porcupine:>28} {stateright:>28}");
        }
        if let Some((tenths, name)) = least {
            let (all, least) = (ratio(sums.1, sums.0), format!("{}.{}", tenths / 10, tenths % 10));
            println!("Porcupine takes {all} times as long for all records together, and at least {least} times ({name})");
        }
    }
}
