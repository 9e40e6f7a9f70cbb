//! The matrix of rings: what the literature says of quorums, and chosen cells counted anew.

use replicated_telemetry_store::matrix::quorums::{Answers, QUORUMS, Quorums, Trouble, cell, scenario};
use replicated_telemetry_store::operation::Outcome;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::version::Stamp;

const SEEDS: u64 = 3;

fn row(title: &str) -> Quorums {
    *QUORUMS.iter().find(|row| row.title() == title).unwrap_or_else(|| panic!("no row is called '{title}'"))
}

/// Kleppmann and Riccomini, chapter 6, "Quorums for reading and writing": with w + r > n the two sets overlap, and a read sees the newest write.
#[test]
fn quorums_that_overlap_never_miss_an_acknowledged_write_and_others_do() {
    for quorums in QUORUMS {
        let stale: usize = Trouble::ALL.iter().map(|trouble| cell(quorums, *trouble, SEEDS).stale).sum();
        if quorums.overlap() {
            assert_eq!(stale, 0, "{}", quorums.title());
        }
    }
    for title in ["N 3, R 1, W 1", "N 3, R 2, W 1"] {
        assert!(cell(row(title), Trouble::CutOff, SEEDS).stale > 0, "{title} overlaps in nothing, and loses nothing?");
    }
}

/// DeCandia et al. 2007, section 4.6: quorums of whoever is up are available where strict ones are not, and do not overlap any more.
#[test]
fn a_sloppy_quorum_answers_on_both_sides_of_a_cut_and_is_stale() {
    let (strict, sloppy) = (row("N 3, R 2, W 2"), row("N 3, R 2, W 2, sloppy"));
    let (strict, sloppy) = (cell(strict, Trouble::CutOff, SEEDS), cell(sloppy, Trouble::CutOff, SEEDS));
    assert!(strict.acknowledged < strict.writes * 9 / 10, "{strict:?}");
    assert!(sloppy.acknowledged > strict.acknowledged, "{sloppy:?}");
    assert!(sloppy.answered * 100 >= sloppy.reads * 97, "{sloppy:?}");
    assert_eq!(strict.stale, 0, "{strict:?}");
    assert!(sloppy.stale > 0, "each side has its own quorum: {sloppy:?}");
}

/// The same chapter: "with n = 3, w = 2, r = 2 we can tolerate one unavailable node; with n = 5, w = 3, r = 3 two".
#[test]
fn so_many_nodes_may_be_lost_as_a_quorum_does_without() {
    let well = |cell: Answers| (cell.acknowledged * 100 >= cell.writes * 97, cell.answered * 100 >= cell.reads * 97);
    assert_eq!(well(cell(row("N 3, R 2, W 2"), Trouble::OneLost, SEEDS)), (true, true));
    assert_eq!(well(cell(row("N 5, R 3, W 3"), Trouble::TwoLost, SEEDS)), (true, true));
    assert_eq!(well(cell(row("N 3, R 1, W 3"), Trouble::OneLost, SEEDS)), (false, true), "a write needs all");
    assert_eq!(well(cell(row("N 3, R 3, W 1"), Trouble::OneLost, SEEDS)), (true, false), "a read needs all");
}

/// A cell counted anew from what the trace says, without the history's own rules: dots of acknowledged writes against dots of answers.
#[test]
fn stale_reads_are_those_whose_answers_have_not_seen_the_dot_of_a_write() {
    for (quorums, trouble) in [(row("N 3, R 1, W 1"), Trouble::CutOff), (row("N 3, R 2, W 1"), Trouble::CutOff)] {
        let mut counted = 0;
        for seed in 1..=SEEDS {
            let run = Run::of(&scenario(quorums, trouble, seed)).expect("a scenario of the matrix can be run");
            let written: Vec<(u32, SimTime, _)> = run
                .trace
                .ops
                .iter()
                .filter_map(|op| match op.end.map(|end| (end.at, end.outcome)) {
                    Some((at, Outcome::Stamped { version })) => match &run.trace.versions.get(version)[0].stamp {
                        Stamp::Dotted(stamp) => Some((op.key.0, at, stamp.dot())),
                        other => panic!("{other:?} has no dot"),
                    },
                    _ => None,
                })
                .collect();
            counted += run
                .trace
                .ops
                .iter()
                .filter(|op| {
                    let Some(Outcome::Siblings { found, .. }) = op.end.map(|end| end.outcome) else { return false };
                    let found = run.trace.versions.get(found);
                    let seen = |dot| found.iter().any(|one| matches!(&one.stamp, Stamp::Dotted(stamp) if stamp.includes(dot)));
                    written.iter().any(|(key, at, dot)| *key == op.key.0 && *at < op.invoked && !seen(*dot))
                })
                .count();
        }
        assert_eq!(cell(quorums, trouble, SEEDS).stale, counted, "{}, {}", quorums.title(), trouble.title());
    }
}
