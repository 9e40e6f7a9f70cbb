//! Records that others made and judged: each verdict here is the one that its origin asserts.
//!
//! They lie beside this project, in `../shared/histories` or where `HISTORIES` points, with a `manifest.csv`; they are not its own, and
//! so are not in it. Without them this test says so and passes.

use std::fs;
use std::path::{Path, PathBuf};

use replicated_telemetry_store::import::{Imported, Options, import_bytes, import_together, text_of};
use replicated_telemetry_store::judge::{self, Guarantee, Verdict, judge};
use replicated_telemetry_store::observed::Model;

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("HISTORIES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/histories"));
    if folder.join("manifest.csv").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: there is no manifest.csv in {}", folder.display());
    None
}

/// The cells of a line of comma-separated values.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().expect("there is one").push(other),
        }
    }
    cells
}

/// What the manifest asserts: of AWDIT's files the causal column.
fn asserted(verdict: &str) -> Option<bool> {
    let words = verdict.to_ascii_lowercase();
    if let Some((_, causal)) = words.split_once("causal ") {
        return Some(causal.starts_with("yes"));
    }
    let first = words.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    match first {
        "valid" | "ok" | "true" => Some(true),
        "invalid" | "bad" | "false" => Some(false),
        _ => None,
    }
}

fn decide(imported: &Imported) -> Verdict {
    let history = &imported.observed;
    let timeless = history.model == Model::Transactions && !history.real_time;
    let guarantee = if timeless { Guarantee::Causal } else { Guarantee::Linearizable };
    let asked =
        judge::Options { guarantees: vec![guarantee], global_versions: imported.global_versions, ..judge::Options::default() };
    judge(history, &asked).verdict(guarantee).cloned().expect("it was asked for")
}

#[test]
fn the_verdicts_of_others_are_reproduced() {
    let Some(folder) = folder() else { return };
    let manifest = fs::read_to_string(folder.join("manifest.csv")).expect("the manifest can be read");
    let (mut wrong, mut right) = (Vec::new(), 0);
    for row in manifest.lines().skip(1).map(cells).filter(|row| row.len() > 3) {
        let Some(expected) = asserted(&row[3]) else { continue };
        let bytes = fs::read(folder.join(&row[0])).expect("what the manifest names is there");
        match import_bytes(&bytes, &Options::default()).map(|imported| decide(&imported)) {
            Ok(Verdict::Holds) if expected => right += 1,
            Ok(Verdict::Violated(_)) if !expected => right += 1,
            // What a watch was told is a part of the whole history of etcd's clients, and says nothing alone.
            Ok(Verdict::NotApplicable(why)) if row[0].ends_with("watch.json") && why == "the record has no operations" => {}
            found => wrong.push(format!("{}: {}, and here {found:?}", row[0], row[3])),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), wrong.len() + right, wrong.join("\n"));
    eprintln!("{right} verdicts are reproduced");
}

/// What AWDIT says of read committed and read atomic, beside causal consistency.
#[test]
fn the_levels_of_transactional_texts_are_reproduced() {
    let Some(folder) = folder() else { return };
    let manifest = fs::read_to_string(folder.join("manifest.csv")).expect("the manifest can be read");
    let mut told = 0;
    for row in manifest.lines().skip(1).map(cells).filter(|row| row.len() > 3 && row[3].contains("RA ")) {
        let bytes = fs::read(folder.join(&row[0])).expect("what the manifest names is there");
        let imported = import_bytes(&bytes, &Options::default()).expect("it can be read");
        let (global_versions, isolation_in_sessions) = (imported.global_versions, imported.isolation_in_sessions);
        let report =
            judge(&imported.observed, &judge::Options { global_versions, isolation_in_sessions, ..judge::Options::default() });
        for (column, guarantee) in
            [("RC ", Guarantee::ReadCommitted), ("RA ", Guarantee::ReadAtomic), ("Causal ", Guarantee::Causal)]
        {
            let (_, answer) = row[3].split_once(column).expect("the column is there");
            let expected = answer.to_ascii_lowercase().starts_with("yes");
            let verdict = report.verdict(guarantee).expect("it was asked for");
            assert_eq!(*verdict == Verdict::Holds, expected, "{}, {}: {verdict:?}", row[0], guarantee.name());
            assert!(matches!(verdict, Verdict::Holds | Verdict::Violated(_)), "{}: {verdict:?}", row[0]);
            told += 1;
        }
    }
    assert!(told >= 20, "only {told} verdicts");
}

/// Small records that were once judged wrong, and what is right to say of each.
#[test]
fn reports_have_their_answers() {
    use Guarantee::{Causal, ConsistentPrefix, Linearizable, MonotonicWrites, NoAbortedReads, NoLostUpdates, NoThinAirReads};
    let Some(folder) = folder().map(|folder| folder.join("reports")).filter(|folder| folder.is_dir()) else { return };
    let table: [(&str, &[Guarantee], &[Guarantee]); 11] = [
        ("fail-1.edn", &[Linearizable, MonotonicWrites, ConsistentPrefix, Causal], &[]),
        ("fail-1b.edn", &[MonotonicWrites, ConsistentPrefix, Causal], &[Linearizable]),
        ("fail-1c.edn", &[MonotonicWrites, ConsistentPrefix, Causal], &[]),
        ("fail-2.edn", &[NoAbortedReads], &[NoThinAirReads, ConsistentPrefix, Causal]),
        ("fail-2b.edn", &[NoAbortedReads], &[NoThinAirReads, ConsistentPrefix, Causal]),
        ("fail-3.edn", &[Linearizable, ConsistentPrefix, Causal], &[]),
        ("fail-4.log", &[Linearizable], &[]),
        ("fail-5.edn", &[], &[NoLostUpdates, NoThinAirReads]),
        ("fail-6.edn", &[], &[Causal, ConsistentPrefix, Linearizable]),
        ("fail-8.edn", &[Linearizable, MonotonicWrites, ConsistentPrefix, Causal], &[]),
        ("fr.edn", &[], &[Causal, ConsistentPrefix, Linearizable]),
    ];
    for (file, hold, broken) in table {
        let bytes = fs::read(folder.join(file)).expect("the report is there");
        let imported = import_bytes(&bytes, &Options::default()).unwrap_or_else(|error| panic!("{file}: {error}"));
        let report = judge(&imported.observed, &judge::Options::default());
        let is = |guarantee: &Guarantee| report.verdict(*guarantee).expect("all are asked for");
        hold.iter().for_each(|g| assert_eq!(*is(g), Verdict::Holds, "{file}, {}", g.name()));
        broken.iter().for_each(|g| assert!(matches!(is(g), Verdict::Violated(_)), "{file}, {}: {:?}", g.name(), is(g)));
    }
    let empty = import_bytes(b"", &Options::default()).expect("nothing can be read");
    let report = judge(&empty.observed, &judge::Options::default());
    assert!(report.verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::NotApplicable(_))));
}

/// The files of all clients of etcd's test are one history, which holds; and every version in it has its writer.
#[test]
fn the_clients_of_etcd_are_one_history() {
    let Some(folder) = folder() else { return };
    let Ok(clients) = fs::read_dir(folder.join("etcd-robustness")) else { return };
    let files = clients.flatten().flat_map(|client| fs::read_dir(client.path()).into_iter().flatten().flatten());
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    paths.sort();
    let bytes: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("it is there")).collect();
    let texts: Vec<&str> = bytes.iter().map(|bytes| text_of(bytes).expect("it is text")).collect();
    let imported = import_together(&texts, &Options::default()).expect("they can be read");
    let notes = &imported.observed.notes;
    assert!(!notes.iter().any(|note| note.contains("nobody in the record")), "{notes:?}");
    assert_eq!(decide(&imported), Verdict::Holds);
}
