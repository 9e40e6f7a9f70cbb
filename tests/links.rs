//! Links that were made once keep opening: a corpus of links of format version 1, each with what it opens to.
//!
//! A file is a heading, the fragment, `----`, and what the run is: its title, moment, digest and findings. With `UPDATE_GOLDEN=1` what they open to
//! is written anew: only for a change of digests that is meant. The links themselves are never written anew.

use std::fs;
use std::path::Path;

use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::share;

/// What a link opens to.
fn opened(fragment: &str) -> String {
    let shared = share::read(fragment).expect("the link can be read").expect("the link names a scenario");
    let run = Run::of(&shared.scenario).expect("its scenario can be run");
    let mut told = format!("{}\nat {:?} us\ndigest {}\n", shared.scenario.title, shared.at.map(|at| at.0), run.trace.digest);
    for kind in Anomaly::ALL {
        let count = run.findings.iter().filter(|finding| finding.anomaly() == kind).count();
        if count > 0 {
            told += &format!("{count} {}\n", kind.name());
        }
    }
    told
}

#[test]
fn links_of_version_1_open_to_the_same_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/links");
    let mut seen = 0;
    for file in fs::read_dir(folder).expect("there are links") {
        let path = file.expect("links can be listed").path();
        let text = fs::read_to_string(&path).expect("links can be read");
        let (before, after) = text.split_once("----\n").expect("a link and what it opens to");
        let fragment = before.lines().find(|line| line.starts_with("#v1=")).expect("a link");
        let told = opened(fragment);
        if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
            fs::write(&path, format!("{before}----\n{told}")).expect("what it opens to can be written");
        } else {
            assert_eq!(after, told, "{}", path.display());
        }
        // What is made of it now is a link to the same run.
        let shared = share::read(fragment).ok().flatten().expect("as before");
        let again = share::fragment(&shared.scenario, shared.at.unwrap_or_default());
        assert_eq!(opened(&again), told, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 9, "{seen} links are no corpus");
}
