//! The staleness of each follower over a run, as a drawing and as sentences.
//!
//! With a bound in time it is time that is drawn, otherwise entries; the bound is a dashed line. Bands show when a client left a
//! replica out, and a row for each client with such a bound shows how each read was paid for.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::mark::{Mark, Pane, unit};
use super::target::Target;
use super::{AXES, AXIS_END};
use crate::family;
use crate::family::single_leader::Fact;
use crate::network::NodeId;
use crate::plural::plural;
use crate::router::{Bound, ReadMode};
use crate::run::Run;
use crate::sorted;
use crate::staleness::{self, BINS, LagChart, LagLine, LeftOut, Paid, Payment, lag_chart, left_out, paid};
use crate::time::{SimDuration, SimTime};
use crate::trace::What;

/// The height of a follower's row, in the units of the drawing.
const ROW: f64 = 44.0;
/// The height of a client's row.
const READS: f64 = 26.0;
/// The least distance of two marks in a client's row.
const APART: f64 = 14.0;
/// The most sentences about replicas that were left out.
const TOLD: usize = 6;

/// What the page shows of the staleness of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    /// What it is, and the largest value.
    pub summary: String,
    /// The drawing, for a wide and for a narrow page.
    pub panes: [Pane; 2],
    /// The same in sentences.
    pub sentences: Vec<String>,
}

/// Draws the staleness of a run.
#[must_use]
pub fn staleness(run: &Run) -> Staleness {
    let chart = lag_chart(run);
    let bound = (run.plan.scenario.read.mode == ReadMode::BoundedStaleness).then_some(run.plan.scenario.read.bound);
    let measured = Measured::of(run, chart, bound);
    let (paid, outs) = (paid(run), left_out(run));
    let clients = sorted::set(paid.iter().map(|read| read.client));
    let frame = Frame { run, measured: &measured, paid: &paid, outs: &outs, clients: &clients };
    Staleness { summary: measured.summary(), panes: AXES.map(|axis| frame.pane(axis)), sentences: sentences(&frame) }
}

/// What is drawn: entries or microseconds, by bin, and the bound in the same unit.
struct Measured {
    chart: LagChart,
    bins: Vec<Vec<u64>>,
    top: u64,
    bound: Option<u64>,
    in_time: bool,
    /// Whether groups have several leaders.
    several: bool,
    /// Whether groups are rings.
    rings: bool,
}

impl Measured {
    fn of(run: &Run, chart: LagChart, bound: Option<Bound>) -> Measured {
        let (in_time, bound) = match bound {
            Some(Bound::Time(time)) => (true, Some(time.0)),
            Some(Bound::Entries(entries)) => (false, Some(entries)),
            None => (false, None),
        };
        let bins: Vec<Vec<u64>> = if in_time { times(run, &chart) } else { chart.lines.iter().map(|l| l.bins.clone()).collect() };
        let top = bins.iter().flatten().copied().max().unwrap_or(0);
        let rings = run.plan.family.is_leaderless();
        let several = chart.lines.iter().any(|line| line.several);
        Measured { chart, bins, top, bound, in_time, several, rings }
    }

    fn amount(&self, n: u64) -> String {
        match n {
            _ if self.in_time => SimDuration(n).millis_words(),
            n if self.several => plural(n, "update"),
            1 => "1 entry".to_owned(),
            n => format!("{n} entries"),
        }
    }

    fn summary(&self) -> String {
        let what = match (self.in_time, self.several) {
            (true, _) => "How stale each follower is",
            (false, false) => "How far behind each follower is",
            (false, true) if self.rings => "How many acknowledged updates each replica lacks",
            (false, true) => "How far behind all leaders each replica is",
        };
        let bound = self.bound.map_or(String::new(), |bound| format!("; dashed: the bound, {}", self.amount(bound)));
        format!("{what} (highest: {}{bound})", self.amount(self.top))
    }
}

/// The largest staleness in time in each bin: it is largest just before something is applied, or at the end of the bin.
fn times(run: &Run, chart: &LagChart) -> Vec<Vec<u64>> {
    let stale = staleness::Staleness::of(run);
    let until = run.until().0;
    let width = (until / BINS as u64 + 1).max(1);
    let mut all: Vec<Vec<u64>> = Vec::new();
    for line in &chart.lines {
        let mut bins: Vec<u64> = Vec::with_capacity(BINS);
        bins.extend((1..=BINS as u64).map(|bin| stale.at(line.id, SimTime((bin * width - 1).min(until))).time.0));
        all.push(bins);
    }
    for record in &run.trace.records {
        let What::Noted(node, family::Fact::SingleLeader(Fact::Applied(_) | Fact::Restored(_))) = record.what() else { continue };
        let Some(place) = chart.lines.iter().position(|line| line.id == node) else { continue };
        let before = record.at.0.saturating_sub(1);
        let bin = usize::try_from(before / width).unwrap_or(BINS).min(BINS - 1);
        let lag = stale.at(node, SimTime(before)).time.0;
        // What it came to in the moment itself.
        all[place][bin] = all[place][bin].max(if lag == 0 { 0 } else { lag + 1 });
    }
    all
}

/// Everything that the drawings of both widths share.
struct Frame<'a> {
    run: &'a Run,
    measured: &'a Measured,
    paid: &'a [Paid],
    outs: &'a [LeftOut],
    clients: &'a [NodeId],
}

/// The edges of an axis of time.
type Edges = (f64, f64);

impl Frame<'_> {
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    fn pane(&self, (width, left): (f64, f64)) -> Pane {
        let edges = (left, width - AXIS_END);
        let lines = &self.measured.chart.lines;
        let rows = ROW * lines.len() as f64 + 6.0;
        let followers = lines.iter().enumerate().map(|(row, line)| self.follower(row, line, edges));
        let clients = self.clients.iter().enumerate().map(|(row, client)| self.reads(*client, rows + READS * row as f64, edges));
        let height = rows + READS * self.clients.len() as f64;
        Pane::new((width, height), followers.chain(clients))
    }

    #[expect(clippy::cast_precision_loss, reason = "drawing")]
    fn x(&self, at: SimTime, (left, end): Edges) -> f64 {
        let until = self.run.until().0.max(1);
        left + (end - left) * at.0.min(until) as f64 / until as f64
    }

    /// The row of a follower: when it was left out, and the area of its staleness with the bound above its base line.
    #[expect(clippy::cast_precision_loss, reason = "drawing")]
    fn follower(&self, row: usize, line: &LagLine, (left, end): Edges) -> Mark {
        let top = ROW * row as f64;
        let base = top + ROW - 6.0;
        let bins = &self.measured.bins[row];
        let scale = self.measured.top.max(self.measured.bound.unwrap_or(0)).max(1) as f64;
        let y = |value: u64| base - (ROW - 14.0) * value as f64 / scale;
        let mut area = format!("M{} {}", unit(left), unit(base));
        let mut last = 0;
        for (bin, value) in bins.iter().enumerate() {
            if *value != last {
                let _ = write!(area, "H{}V{}", unit(left + (end - left) * bin as f64 / BINS as f64), unit(y(*value)));
                last = *value;
            }
        }
        let _ = write!(area, "H{}V{}Z", unit(end), unit(base));
        let across = |y: f64| format!("M{} {}H{}", unit(left), unit(y), unit(end));
        let outs = (0..).zip(self.outs.iter().filter(|out| out.replica == line.id));
        let outs: Vec<Mark> = outs.map(|(key, out)| self.out(key, out, top, (left, end))).collect();
        Mark::new(u32::from(line.id.0), "follower")
            .rect("frame", [1.0, top, left, ROW - 6.0, 3.0])
            .with([Mark::new(0, "").with(outs)])
            .with([Mark::new(1, "")
                .text("name", (4.0, base - 10.0), line.name.clone())
                .path("base", across(base))
                .path("area", area)
                .path("bound", self.measured.bound.map_or(String::new(), |bound| across(y(bound))))])
            .about([Target::Node(line.id.0)])
    }

    fn out(&self, key: u32, out: &LeftOut, top: f64, edges: Edges) -> Mark {
        let (from, to) = (self.x(out.from, edges), self.x(out.to.unwrap_or(self.run.until()), edges));
        let band = Mark::new(key, "out")
            .rect("", [from, top + 3.0, (to - from).max(2.0), ROW - 9.0, 0.0])
            .titled(format!("left out by {}", self.run.plan.name(out.client)));
        if to - from > 60.0 { band.text("word", (from + 4.0, top + 14.0), "left out") } else { band }
    }

    /// The reads of a client; where they are dense, the dearest of those that a mark stands for.
    fn reads(&self, client: NodeId, top: f64, edges: Edges) -> Mark {
        let base = top + 14.0;
        let row = Mark::new(u32::from(client.0), "reads")
            .text("name", (4.0, base + 4.0), self.run.plan.name(client))
            .path("base", format!("M{} {}H{}", unit(edges.0), unit(base), unit(edges.1)));
        let mut marks: Vec<(f64, Payment)> = Vec::new();
        let own: Vec<&Paid> = self.paid.iter().filter(|read| read.client == client).collect();
        for read in sorted::by_key(own, |read| (read.at.0, 0)) {
            let x = self.x(read.at, edges);
            match marks.last_mut() {
                Some((last, dearest)) if x < *last + APART => *dearest = (*dearest).max(read.payment),
                _ => marks.push((x, read.payment)),
            }
        }
        marks.into_iter().fold(row, |row, (x, payment)| {
            row.text(if payment == Payment::Refused { "pay none" } else { "pay" }, (x, base + 5.0), sign(payment))
        })
    }
}

fn sign(payment: Payment) -> &'static str {
    match payment {
        Payment::Follower => "●",
        Payment::Another => "◐",
        Payment::Leader => "▲",
        Payment::Refused => "✕",
    }
}

fn sentences(frame: &Frame<'_>) -> Vec<String> {
    let plan = &frame.run.plan;
    let mut said: Vec<String> = frame.measured.chart.lines.iter().map(LagLine::sentence).collect();
    for out in frame.outs.iter().take(TOLD) {
        let until = out.to.map_or("the end".to_owned(), SimTime::words);
        said.push(format!(
            "{} left {} out from {} to {until}. Of its reads meanwhile {} were answered by another follower, {} by the leader, {} by nobody.",
            plan.name(out.client),
            plan.name(out.replica),
            out.from.words(),
            out.elsewhere,
            out.at_the_leader,
            out.refused
        ));
    }
    if frame.outs.len() > TOLD {
        said.push(format!("Replicas were left out {} more times.", frame.outs.len() - TOLD));
    }
    if !frame.paid.is_empty() {
        let of = |payment| frame.paid.iter().filter(|read| read.payment == payment).count();
        said.push(format!(
            "The price of the bound, for {}: ● {} answered by the first follower that was asked, ◐ {} by another after one had declined, \
             ▲ {} by the leader, ✕ {} by nobody. Where reads are dense, a mark shows the dearest.",
            plural(frame.paid.len() as u64, "read"),
            of(Payment::Follower),
            of(Payment::Another),
            of(Payment::Leader),
            of(Payment::Refused)
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::scene::svg;

    fn of(preset: &str) -> Staleness {
        staleness(&Run::of(&Preset::named(preset).expect("a preset").scenario()).expect("presets can be run"))
    }

    fn drawn(staleness: &Staleness) -> [String; 2] {
        [0, 1].map(|narrow| svg(&staleness.panes[narrow], &[], 0, ""))
    }

    fn titles(mark: &Mark) -> Vec<String> {
        let inner = mark.marks.iter().flat_map(|mark| titles(mark));
        Some(mark.title.clone()).filter(|title| !title.is_empty()).into_iter().chain(inner).collect()
    }

    #[test]
    fn a_replica_that_is_left_out_has_a_band_and_the_reads_have_their_price() {
        let told = of("bounded-staleness");
        assert!(told.summary.starts_with("How stale each follower is (highest: "), "{}", told.summary);
        assert!(told.summary.ends_with("; dashed: the bound, 200 ms)"), "{}", told.summary);
        for pane in &told.panes {
            assert!((f64::from(pane.height) - (2.0 * ROW + 6.0 + READS)).abs() < 0.01, "{}", pane.height);
            let said: Vec<String> = pane.marks.iter().flat_map(|mark| titles(mark)).collect();
            assert_eq!(said, ["left out by dashboard"]);
        }
        for drawn in drawn(&told) {
            assert_eq!(drawn.matches("class=\"bound\"").count(), 2, "{drawn}");
            assert!(drawn.contains('◐') && drawn.contains('●') && !drawn.contains('✕'), "{drawn}");
        }
        assert!(told.sentences.iter().any(|said| said.starts_with("dashboard left singapore out from ")), "{told:?}");
    }

    #[test]
    fn where_nobody_is_suitable_crosses_stand_in_the_row_of_the_reads() {
        assert!(drawn(&of("bounded-staleness-error"))[0].matches('✕').count() >= 8);
    }

    #[test]
    fn without_a_bound_it_is_entries_and_there_is_no_price() {
        let told = of("read-after-write");
        assert_eq!(told.summary, "How far behind each follower is (highest: 1 entry)");
        assert!(!drawn(&told)[0].contains("bound") && !told.sentences.join(" ").contains("price"), "{told:?}");
        assert!(told.sentences.join(" ").contains("frankfurt: at most 1 entry behind the leader (at 90 ms)"), "{told:?}");
    }
}
