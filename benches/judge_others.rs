//! Linearizability beside others: stateright's tester on small histories, and Porcupine (Go) on the records it is known for.
//!
//! One run, medians, in lines that can be compared by eye. The records are those in `../shared/histories` or where `HISTORIES` points;
//! without them, and without Go, this says so. Reading the records is not measured, neither here nor there; nor is making a proof
//! smaller, which Porcupine does not do.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
#[path = "judge/valid.rs"]
#[expect(dead_code, reason = "the benchmark next to this one uses all of it")]
mod valid;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    native::stateright();
    native::porcupine();
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_types, clippy::print_stdout, reason = "a benchmark reads the clock and prints; the checkers do not")]
mod native {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Instant;

    use replicated_telemetry_store::import::{Options as Import, import_bytes};
    use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
    use replicated_telemetry_store::observed::{Call, Observed, Returned};
    use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
    use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

    use super::valid;

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

    /// Feeds a history to stateright in the order of its events.
    fn tester(history: &Observed) -> LinearizabilityTester<u32, Register<u32>> {
        let mut tester = LinearizabilityTester::new(Register(0));
        let mut events = Vec::new();
        for (i, op) in history.operations.iter().enumerate() {
            events.push((op.invoked, false, i));
            events.push((op.completed.expect("all end"), true, i));
        }
        events.sort_unstable();
        for (_, ends, i) in events {
            let op = &history.operations[i];
            let (call, answer) = match &history.steps_of(op)[0].call {
                Call::Write(value) => (RegisterOp::Write(*value), RegisterRet::WriteOk),
                Call::Read(Returned::Value(value)) => (RegisterOp::Read, RegisterRet::ReadOk(*value)),
                _ => (RegisterOp::Read, RegisterRet::ReadOk(0)),
            };
            if ends {
                tester.on_return(op.session, answer).expect("calls and returns alternate");
            } else {
                tester.on_invoke(op.session, call).expect("calls and returns alternate");
            }
        }
        tester
    }

    pub(super) fn stateright() {
        for size in [10, 20, 30] {
            let history = valid::registers(size, 1);
            let tester = tester(&history);
            let theirs = median(20, || assert!(tester.is_consistent(), "the history is right"));
            let ours = median(20, || assert_eq!(judge(&history, &asked()).verdicts[0].1, Verdict::Holds, "the history is right"));
            println!("{size} operations on one register: stateright {theirs} ns, here {ours} ns, {} times", theirs / ours.max(1));
        }
    }

    fn folder() -> PathBuf {
        std::env::var_os("HISTORIES")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/histories"), PathBuf::from)
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

    pub(super) fn porcupine() {
        let folder = folder().join("porcupine");
        let mut ours = BTreeMap::new();
        for file in files(&folder) {
            let Some(name) = file.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            let Ok(bytes) = fs::read(&file) else { continue };
            let Ok(imported) = import_bytes(&bytes, &Import::default()) else { continue };
            let mut verdict = "";
            let time = median(9, || verdict = judge(&imported.observed, &asked()).verdicts[0].1.name());
            ours.insert(name, (time, verdict));
        }
        if ours.is_empty() {
            println!("no records in {}: Porcupine's are not measured", folder.display());
            return;
        }
        let mut etcd: Vec<u128> = ours.iter().filter(|(name, _)| name.starts_with("etcd")).map(|(_, (time, _))| *time).collect();
        etcd.sort_unstable();
        if let Some(most) = etcd.last() {
            let (median, all) = (etcd[etcd.len() / 2], etcd.iter().sum::<u128>());
            println!("{} etcd logs: median {median} ns, most {most} ns, all {all} ns", etcd.len());
        }
        for (name, (time, verdict)) in ours.iter().filter(|(name, _)| !name.starts_with("etcd")) {
            println!("{name}: {time} ns, {verdict}");
        }
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/porcupine");
        let Ok(output) = Command::new("go").args(["run", "."]).arg(&folder).current_dir(program).output() else {
            println!("go is not here: porcupine not measured");
            return;
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Some((name, time)) = line.split_once(' ').and_then(|(name, time)| Some((name, time.parse::<u128>().ok()?)))
            else {
                continue;
            };
            if let Some((mine, _)) = ours.get(name) {
                let tenths = time * 10 / (*mine).max(1);
                println!("{name}: porcupine {time} ns, here {mine} ns, {}.{} times", tenths / 10, tenths % 10);
            }
        }
        if !output.status.success() {
            println!("go could not run porcupine: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
