//! What the stage says is true of the run: every number, label and accessible name is compared with the replicas themselves.
//!
//! All presets are looked at, plain and on bad links, at random moments and on pages of random widths; `STAGE_CASES` sets how many moments
//! of each run (12 if it is not set), and a failure says how to repeat the one that failed.

mod drawn;
mod groups;
mod leaders;
mod replicas;
mod sentences;
mod token_ring;

use crate::digests;
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::FamilySpec;
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::view::marks::overlap;
use replicated_telemetry_store::view::words::describe;
use replicated_telemetry_store::view::{Lane, Layout, Place, Stage, entries_of, flights, stage};

use replicas::Written;
use sentences::Truth;

fn preset(id: &str) -> Run {
    Run::of(&Preset::named(id).expect("a preset").scenario()).expect("presets can be run")
}

/// The state of a run at a moment, and the stage on a page of this width.
fn look(run: &Run, now: SimTime, width: f64) -> (Simulation, Layout, Stage) {
    let (state, layout) = (run.state_at(now), Layout::new(&run.plan, width));
    let drawn = stage(run, &state, now, &layout, &[]);
    (state, layout, drawn)
}

fn lane<'a>(stage: &'a Stage, name: &str) -> &'a Lane {
    stage.groups.iter().flat_map(|group| &group.lanes).find(|lane| lane.name == name).expect("there is such a lane")
}

/// The stale answer is stale on its way: what it brings back is what its replica showed, not what the leader has.
#[test]
fn an_answer_on_its_way_says_what_it_brings() {
    let run = preset("read-after-write");
    let (state, layout, drawn) = look(&run, SimTime::ZERO + SimDuration::millis(860), 1_000.0);
    let (marks, _) = flights(&run, &state, &drawn, &layout, SimTime::ZERO + SimDuration::millis(860));
    let answers: Vec<String> = marks.iter().map(|mark| mark.text()).filter(|text| text == "standby").collect();
    assert_eq!(answers.len(), 1, "{marks:#?}");
    let shows = |name: &str| lane(&drawn, name).shows.clone().map(|shows| (shows.value, shows.differs));
    assert_eq!(shows("virginia"), Some(("active".to_owned(), false)));
    assert_eq!(shows("frankfurt"), Some(("standby".to_owned(), true)));
}

/// One moment of a run, on a page of some width.
fn is_true(run: &Run, written: &Written, (now, width): (SimTime, f64)) -> Result<(), String> {
    let (state, layout, drawn) = look(run, now, width);
    let truth = Truth { run, state: &state, now, written };
    for group in &drawn.groups {
        groups::window(&truth, group)?;
        groups::tokens(&truth, group)?;
        for lane in &group.lanes {
            let told = |why: String| format!("{}: {why}", lane.name);
            truth.lane(lane).map_err(told)?;
            groups::cells(&truth, group, lane).map_err(told)?;
        }
    }
    drawn.clients.iter().try_for_each(|client| groups::client(&truth, client))?;
    groups::flights(&truth, &drawn, &layout)
}

/// A seed is the number of a preset, of a weather and of a moment.
fn case(seed: u64) -> (usize, u64, u64) {
    (usize::try_from(seed / 100_000).expect("small"), seed / 1_000 % 100, seed % 1_000)
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn moment(run: &Run, seed: u64) -> (SimTime, f64) {
    let mut rng = Rng::keyed(seed, &[0x57A6E]);
    (SimTime(rng.between(0, run.until().0)), rng.between(280, 1_600) as f64)
}

#[test]
fn every_number_on_the_stage_is_that_of_the_replicas() {
    let cases = std::env::var("STAGE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12_u64);
    let only = std::env::var("STAGE_SEED").ok().and_then(|n| n.parse::<u64>().ok());
    // Several leaders have a stage of their own, see `stage/leaders.rs`.
    let alone = |preset: &Preset| preset.scenario().family == FamilySpec::SingleLeader;
    for (index, preset) in PRESETS.iter().enumerate().filter(|(_, preset)| alone(preset)) {
        for weather in 0..4 {
            if only.is_some_and(|seed| (index, weather) != (case(seed).0, case(seed).1)) {
                continue;
            }
            let scenario = if weather == 0 { preset.scenario() } else { digests::in_bad_weather(*preset, weather) };
            let run = Run::of(&scenario).expect("presets can be run");
            let written = Written::of(&run);
            let first = index as u64 * 100_000 + weather * 1_000;
            for seed in (first..first + cases.min(1_000)).filter(|seed| only.is_none_or(|one| one == *seed)) {
                let (now, width) = moment(&run, seed);
                if let Err(why) = is_true(&run, &written, (now, width)) {
                    panic!(
                        "{} in weather {weather} at {now:?}, {width} px: {why}\n\nSTAGE_SEED={seed} cargo test --test native stage::{}",
                        preset.id, "every_number_on_the_stage_is_that_of_the_replicas"
                    );
                }
            }
        }
    }
}

/// The two sentences that the page got wrong: they counted the cells of the window.
#[test]
fn a_replica_that_is_far_behind_is_described_by_what_it_has() {
    let run = preset("first-failover");
    for width in [390.0, 1_000.0] {
        let (_, _, drawn) = look(&run, SimTime(30_000_000), width);
        let text = describe(lane(&drawn, "frankfurt"));
        assert!(text.contains("applied up to entry 9, 20 behind the leader for"), "{text}");
        let (_, _, drawn) = look(&run, SimTime(141_000_000), width);
        let text = describe(lane(&drawn, "virginia"));
        assert_eq!(run.findings.len(), 120);
        assert!(text.contains("120 entries that are not in the newest log"), "{text}");
    }
}

/// Whatever a finding names can be seen when it is opened.
#[test]
fn an_opened_finding_has_its_entries_in_view() {
    let mut named_any = 0;
    for preset in PRESETS {
        let run = Run::of(&preset.scenario()).expect("presets can be run");
        for finding in run.findings.iter().take(60) {
            let (state, named) = (run.state_at(finding.at), entries_of(&run, &finding.ops()));
            for width in [390.0, 1_000.0] {
                let drawn = stage(&run, &state, finding.at, &Layout::new(&run.plan, width), &named);
                for (group, lsn) in &named {
                    let window = &drawn.groups[group.index()].window;
                    assert!(matches!(window.place(*lsn), Place::In(_)), "{}: {finding:?}, entry {lsn}: {window:?}", preset.id);
                    named_any += 1;
                }
            }
        }
    }
    assert!(named_any > 100, "{named_any} entries");
}

const BUSY: [u64; 7] = [40, 150, 300, 450, 600, 1_000, 1_300];

/// At 10,000 writes a second the rows of the followers end one behind the other, on one scale.
#[test]
fn lag_is_a_staircase_however_many_entries_there_are() {
    let run = preset("telemetry-pipeline");
    for ms in BUSY.into_iter().filter(|ms| (300..1_200).contains(ms)) {
        for width in [390.0, 1_000.0] {
            let (_, _, drawn) = look(&run, SimTime(ms * 1_000), width);
            let ends = ["virginia", "oregon", "frankfurt", "singapore"].map(|name| {
                let filled = lane(&drawn, name).cells.iter().filter(|cell| !cell.parts.is_empty());
                (filled.clone().count(), filled.flat_map(|cell| &cell.parts).map(|part| part.entries).sum::<u64>())
            });
            assert!(ends.windows(2).all(|pair| pair[0].1 > pair[1].1), "{ms} ms, {width} px: {ends:?}");
            assert!(ends[0].0 > ends[2].0 && ends[2].0 > ends[3].0 + 5 && ends[3].0 > 0, "{ms} ms, {width} px: {ends:?}");
        }
    }
}

#[test]
fn no_two_marks_lie_on_top_of_each_other() {
    let run = preset("telemetry-pipeline");
    for ms in (1..=150).map(|n| n * 10).chain(BUSY) {
        for width in [390.0, 1_000.0] {
            let now = SimTime(ms * 1_000);
            let (state, layout, drawn) = look(&run, now, width);
            let (marks, total) = flights(&run, &state, &drawn, &layout, now);
            let counted: usize = marks.iter().map(|mark| mark.stands_for).sum();
            assert!(total == 0 || counted == total, "{ms} ms: {counted} of {total}");
            for (n, one) in marks.iter().enumerate().filter(|(_, mark)| mark.stands_for > 1) {
                for other in marks[n + 1..].iter().filter(|mark| mark.stands_for > 1) {
                    assert!(!overlap(one, other), "{ms} ms, {width} px: {one:?}\n{other:?}");
                }
            }
        }
    }
}
