//! The sheet of two read modes with the same seed: where the runs part, all operations of both on one axis of time, and what the
//! difference is worth.

use std::collections::BTreeSet;

use super::{Progress, other_modes};
use crate::compare::{Comparison, Ended, Latencies, Side, Told, keeps_back, of, says_behind};
use crate::explain::Explanation;
use crate::explain::words::{Words, list, quoted};
use crate::history::Op;
use crate::log::OpId;
use crate::operation::Outcome;
use crate::plural::plural;
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::scene::prose;
use crate::sheet::{Cell, Part, Sheet, Span, Strip, Table};
use crate::time::{SimDuration, SimTime};
use crate::trace::{Record, What};

/// The most operations that are drawn for each run; if there are more, only those that differ.
const DRAWN: usize = 250;
/// The most operations that are told of one by one.
const TOLD: usize = 12;

/// Compares the scenario's own read mode with another: the first run, the second run, the comparison.
pub(super) fn job(scenario: &Scenario, mode: &str) -> Box<dyn FnMut() -> Progress> {
    let mut other = scenario.clone();
    let named = ReadMode::from_name(mode).or(other_modes(scenario.read.mode).next());
    other.read.mode = named.unwrap_or_default();
    let (scenario, mut first) = (scenario.clone(), None);
    Box::new(move || match first.take() {
        None => {
            first = Some(Run::of(&scenario));
            Progress::Working("the first of two runs".to_owned())
        }
        Some(run) => Progress::Done(match (run, Run::of(&other)) {
            (Ok(a), Ok(b)) => sheet(&of(a, b)),
            (Err(error), _) | (_, Err(error)) => {
                let mut sheet = Sheet::titled("Same seed, two modes");
                sheet.say(error.to_string());
                sheet
            }
        }),
    })
}

fn modes(comparison: &Comparison) -> [String; 2] {
    [0, 1].map(|n| comparison.runs[n].plan.scenario.read.mode.name().to_owned())
}

/// Says what concerns both runs; its nouns lead to the first.
fn told(sheet: &mut Sheet, comparison: &Comparison, explanation: &Explanation) {
    sheet.parts.push(Part::Told(prose(&comparison.runs[0], explanation)));
}

fn sheet(comparison: &Comparison) -> Sheet {
    let modes = modes(comparison);
    let mut sheet = Sheet::titled(format!("Same seed, two modes: {} and {}", modes[0], modes[1]));
    parting(comparison, &mut sheet);
    sheet.parts.push(Part::Strip(strip(comparison)));
    sheet.say("The length of a bar is what its client waited for. \u{25c6} stale. \u{2016} kept back by a replica, or sent on because the replica was behind. \u{2715} without success.");
    let listed = comparison.strip.len().min(TOLD);
    if listed > 0 {
        let more = comparison.strip.len() - listed;
        let of = if more > 0 {
            format!("The first {listed} of {} operations", comparison.strip.len())
        } else {
            plural(listed as u64, "operation")
        };
        sheet.head(format!("{of} that went another way"));
    }
    for differing in comparison.strip.iter().take(TOLD) {
        told(&mut sheet, comparison, &difference(comparison, differing.op, &differing.ends));
    }
    sheet.parts.push(Part::Table(numbers(comparison)));
    let at = comparison.parting.as_ref().map_or(SimTime::ZERO, |parting| parting.at);
    let other = &comparison.runs[1].plan.scenario;
    sheet.parts.push(Part::Open(format!("Open the other run as a branch: {} reads", modes[1]), at.0, other.to_json()));
    sheet
}

/// Where the runs part, and that entries travel alike.
fn parting(comparison: &Comparison, sheet: &mut Sheet) {
    let modes = modes(comparison);
    let mut words = Words::new(&comparison.runs[0].plan);
    match &comparison.parting {
        None => drop(words.text("Both runs are the same, step by step.")),
        Some(parting) => {
            words.text("Up to ").time(parting.at).text(" both runs are the same. Then they part.");
            for (mode, step) in modes.iter().zip(&parting.steps) {
                let told = step.as_ref().map_or("The run is over.", |(.., told)| told.as_str());
                words.text(format!(" {}: {told}", capital(mode)));
            }
        }
    }
    told(sheet, comparison, &words.done());
    let arrivals = comparison.arrivals;
    let mut words = Words::new(&comparison.runs[0].plan);
    match arrivals.differ_at {
        None => drop(words.text(format!(
            "Entries travel alike in both runs: {}, sent and due at the same times.",
            plural(arrivals.alike as u64, "message")
        ))),
        Some(at) => {
            words.text("Entries travel alike until ").time(at);
            words.text(format!(" ({}); from there on a read has moved a write.", plural(arrivals.alike as u64, "message")));
        }
    }
    told(sheet, comparison, &words.done());
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// "the read of MSS-23/state by Svalbard at 790 ms: none, stale, after 80 ms; LSN 2 after 140 ms"
fn difference(comparison: &Comparison, op: OpId, ends: &[Ended; 2]) -> Explanation {
    let plan = &comparison.runs[0].plan;
    let mut words = Words::new(plan);
    let there = comparison.runs.iter().find_map(|run| run.trace.ops.get(op.index()));
    let Some(record) = there else { return words.done() };
    words.text("The ").op(op, if record.is_write() { "write" } else { "read" }).text(" of ").key(record.key).text(" by ");
    words.node(record.client).text(" at ").time(record.invoked);
    for ((mode, run), end) in modes(comparison).iter().zip(&comparison.runs).zip(ends) {
        words.text(format!("; {mode}: "));
        let Some(op) = run.trace.ops.get(op.index()) else {
            words.text("not there");
            continue;
        };
        match (end.at, &end.told) {
            (None, _) => drop(words.text("not over at the end of the run")),
            (Some(_), Told::Nothing) => drop(words.text("without success")),
            (Some(_), Told::Version(version)) if version.lsn.0 == 0 => drop(words.text("no value")),
            (Some(_), Told::Version(version)) => drop(words.entry(op.group, *version, false)),
            (Some(_), Told::Taken) => drop(words.text("taken")),
            (Some(_), Told::Versions(found)) => {
                let values = run.plan.values_read(op.key, found);
                let values: Vec<String> = values.into_iter().map(|value| quoted(&run.plan, value)).collect();
                words.text(if values.is_empty() { "no value".to_owned() } else { list(&values) });
            }
        }
        if let Some(replica) = end.replica {
            words.text(" at ").node(replica);
        }
        if let Some(at) = end.at {
            words.text(format!(" after {}", at.since(op.invoked).millis_words()));
        }
        if end.stale {
            words.text(", stale");
        }
    }
    words.text(".");
    words.done()
}

/// What is counted of a side.
type Count = fn(&Side) -> usize;
/// One of several latencies.
type Quantile = fn(Latencies) -> SimDuration;

fn numbers(comparison: &Comparison) -> Table {
    let [a, b] = &comparison.sides;
    let modes = modes(comparison);
    let mut rows = Vec::new();
    let counts: [(&str, Count); 5] = [
        ("stale reads", |side| side.stale_reads),
        ("findings of every kind", |side| side.findings),
        ("operations without success", |side| side.unavailable),
        ("reads kept back until fresh", |side| side.waits),
        ("answers \u{201c}not fresh enough\u{201d}", |side| side.refusals),
    ];
    for (row, (name, count)) in counts.into_iter().enumerate() {
        let cell = |side: &Side| {
            let n = count(side);
            // What waiting costs is a price, not a fault.
            if row < 3 { Cell::judged(n.to_string(), n == 0) } else { Cell::plain(n.to_string()) }
        };
        rows.push(vec![Cell::plain(name), cell(a), cell(b)]);
    }
    for (what, pair) in [("read", [a.reads, b.reads]), ("write", [a.writes, b.writes])] {
        let quantiles: [(&str, Quantile); 3] = [("half of all", |l| l.p50), ("99 of 100", |l| l.p99), ("the longest", |l| l.max)];
        for (name, of) in quantiles {
            let cell = |all: Option<Latencies>| Cell::plain(all.map_or("–".to_owned(), |all| of(all).millis_words()));
            rows.push(vec![Cell::plain(format!("{what} latency, {name}")), cell(pair[0]), cell(pair[1])]);
        }
    }
    let head = std::iter::once(String::new()).chain(modes).collect();
    Table { caption: "What the difference is worth".to_owned(), head, rows }
}

/// All operations of both runs, those that differ first if there are too many.
fn strip(comparison: &Comparison) -> Strip {
    let until = comparison.runs.iter().map(Run::until).max().unwrap_or_default();
    let differs = |op: OpId| comparison.strip.binary_search_by_key(&op, |differing| differing.op).ok();
    let plan = &comparison.runs[0].plan;
    let waited = [0, 1].map(|n| waited(&comparison.runs[n]));
    let mut lanes: Vec<(String, Vec<Span>)> = Vec::new();
    let mut drawn = 0;
    let count = comparison.runs.iter().map(|run| run.trace.ops.len()).max().unwrap_or(0);
    for name in &plan.nodes[plan.replicas..] {
        lanes.push((name.clone(), Vec::new()));
    }
    let all = (0..count).map(|n| OpId(u32::try_from(n).unwrap_or(u32::MAX)));
    for op in all.filter(|op| count <= DRAWN || differs(*op).is_some()).take(DRAWN) {
        drawn += 1;
        for (side, run) in comparison.runs.iter().enumerate() {
            let Some(record) = run.trace.ops.get(op.index()) else { continue };
            let end = differs(op).map(|place| &comparison.strip[place].ends[side]);
            let lane = record.client.index().checked_sub(plan.replicas).and_then(|lane| lanes.get_mut(lane));
            let Some((_, spans)) = lane else { continue };
            let stale = end.map_or_else(|| run.findings.iter().any(|f| f.op() == op) && !record.is_write(), |end| end.stale);
            let to = record.end.map_or(until, |end| end.at);
            let (kind, waited) = (kind(record), waited[side].contains(&op));
            let (from, same) = (record.invoked.0, end.is_none());
            let told = title(run, record);
            spans.push(Span { side, op: op.0, from, to: to.0, kind, stale, same, waited, label: String::new(), told });
        }
    }
    lanes.retain(|(_, spans)| !spans.is_empty());
    let caption = match comparison.strip.len() {
        _ if drawn == count => "Every operation in both runs; pale ones went the same way".to_owned(),
        differ if differ == drawn => format!("The operations that went another way: {drawn} of {count}"),
        differ => format!("The first {drawn} of the operations that went another way; they are {differ} of {count}"),
    };
    Strip {
        caption,
        sides: modes(comparison),
        until: until.0,
        mark: comparison.parting.as_ref().map(|parting| parting.at.0),
        lanes,
    }
}

/// The reads that a replica kept back, or sent on because it was behind.
fn waited(run: &Run) -> BTreeSet<OpId> {
    let of = |record: &Record| match record.what() {
        What::Noted(_, fact) => keeps_back(fact),
        What::Sent(sent) if says_behind(sent.label) => sent.label.op(),
        _ => None,
    };
    run.trace.records.iter().filter_map(of).collect()
}

/// "read of MSS-23/state at 790 ms"
fn title(run: &Run, op: &Op) -> String {
    format!("{} of {} at {}", if op.is_write() { "write" } else { "read" }, run.plan.key_name(op.key), op.invoked.words())
}

fn kind(op: &Op) -> char {
    match op.end.map(|end| end.outcome) {
        Some(Outcome::Rejected(_)) => 'x',
        Some(Outcome::Indeterminate(_)) | None => '?',
        Some(_) if op.is_write() => 'w',
        Some(_) => 'r',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::scenario::parse;

    fn compared(preset: &str, mode: &str) -> Sheet {
        let mut step = job(&Preset::named(preset).expect("a preset").scenario(), mode);
        loop {
            if let Progress::Done(sheet) = step() {
                return sheet;
            }
        }
    }

    #[test]
    fn the_strip_holds_both_runs_and_marks_where_they_part() {
        let sheet = compared("read-after-write", "session-consistent");
        let strips: Vec<&Strip> =
            sheet.parts.iter().filter_map(|p| if let Part::Strip(strip) = p { Some(strip) } else { None }).collect();
        let [strip] = strips[..] else { panic!("not one strip: {sheet}") };
        assert_eq!((strip.mark, &strip.sides), (Some(790_000), &["any-follower".to_owned(), "session-consistent".to_owned()]));
        let spans: Vec<&Span> = strip.lanes.iter().flat_map(|(_, spans)| spans).collect();
        let differing: Vec<_> = spans.iter().filter(|s| !s.same).map(|s| (s.side, s.stale, s.kind)).collect();
        assert_eq!(differing, [(0, true, 'r'), (1, false, 'r')]);
        assert_eq!(spans.iter().filter(|s| s.waited).map(|s| (s.side, s.same)).collect::<Vec<_>>(), [(1, false)]);
        assert_eq!(spans.iter().filter(|s| s.side == 0).count(), spans.iter().filter(|s| s.side == 1).count());
        let text = sheet.to_string();
        for wanted in [
            "Up to 790 ms both runs are the same",
            "4 messages, sent and due at the same times",
            "any-follower: LSN 1 at frankfurt after 80 ms, stale; session-consistent: LSN 2 at singapore after 160 ms.",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
    }

    #[test]
    fn the_other_run_can_be_opened_and_differs_in_its_read_mode_only() {
        let scenario = Preset::named("read-after-write").expect("a preset").scenario();
        let sheet = compared("read-after-write", "leader");
        let Some(Part::Open(label, at, json)) = sheet.parts.last() else { panic!("nothing to open: {sheet}") };
        let mut other = parse(json).expect("a scenario");
        assert_eq!(
            (label.as_str(), other.read.mode, *at > 0),
            ("Open the other run as a branch: leader reads", ReadMode::Leader, true)
        );
        other.read.mode = scenario.read.mode;
        assert_eq!(other, scenario);
    }

    /// Asked for its own mode, a scenario is compared with another one.
    #[test]
    fn many_operations_are_drawn_in_part_and_the_strip_says_so() {
        let sheet = compared("busy-constellation", "leader");
        let Some(Part::Strip(strip)) = sheet.parts.iter().find(|part| matches!(part, Part::Strip(_))) else { panic!("{sheet}") };
        let spans = strip.lanes.iter().map(|(_, spans)| spans.len()).sum::<usize>();
        assert!(spans <= 2 * DRAWN && strip.caption.contains("went another way"), "{spans}: {}", strip.caption);
    }
}
