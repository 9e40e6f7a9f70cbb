//! The staleness of each follower over a run as a drawing and as sentences: made where sentences are made, so that the page needs no
//! code for it.
//!
//! With a bound in time it is time that is drawn, otherwise entries; the bound is a dashed line. Bands show when a client left a
//! replica out, and a row for each client with such a bound shows how each read was paid for. The texts pass through [`escaped`].

use std::fmt::Write as _;

use super::chart::{BINS, LagChart, lag_chart};
use super::price::{Paid, Payment, paid};
use super::{LeftOut, Staleness, left_out};
use crate::family;
use crate::family::single_leader::Fact;
use crate::network::NodeId;
use crate::plural::plural;
use crate::router::{Bound, ReadMode};
use crate::run::Run;
use crate::sheet::{AXES, escaped};
use crate::time::{SimDuration, SimTime};
use crate::trace::What;

/// The height of a follower's row, in the units of the drawing.
pub const ROW: u64 = 44;
/// The height of a client's row.
const READS: u64 = 26;
/// The least distance of two marks in a client's row.
const APART: u64 = 14;
/// The most sentences about replicas that were left out.
const TOLD: usize = 6;

/// What the page shows of the staleness of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// What it is, and the largest value.
    pub summary: String,
    /// The height of the drawing.
    pub height: u64,
    /// The right edge of the axis of time.
    pub until: SimTime,
    /// Whose rows they are, from above.
    pub nodes: Vec<NodeId>,
    /// The drawing as SVG, for a wide and for a narrow page.
    pub drawn: [String; 2],
    /// The same in sentences, as HTML.
    pub sentences: String,
}

/// Draws the staleness of a run, to the two widths of diagrams.
#[must_use]
pub fn panel(run: &Run) -> Panel {
    let chart = lag_chart(run);
    let bound = (run.plan.scenario.read.mode == ReadMode::BoundedStaleness).then_some(run.plan.scenario.read.bound);
    let measured = Measured::of(run, chart, bound);
    let (paid, outs) = (paid(run), left_out(run));
    let mut clients: Vec<NodeId> = paid.iter().map(|read| read.client).collect();
    clients.sort_unstable();
    clients.dedup();
    let rows = ROW * measured.chart.lines.len() as u64 + 6;
    let height = rows + READS * clients.len() as u64;
    let frame = Frame { run, measured: &measured, paid: &paid, outs: &outs, clients: &clients, rows, height };
    Panel {
        summary: measured.summary(),
        height,
        until: run.until(),
        nodes: measured.chart.lines.iter().map(|line| line.id).collect(),
        drawn: AXES.map(|width| frame.svg(width)),
        sentences: sentences(&frame),
    }
}

/// What is drawn: entries or microseconds, by bin, and the bound in the same unit.
struct Measured {
    chart: LagChart,
    bins: Vec<Vec<u64>>,
    top: u64,
    bound: Option<u64>,
    in_time: bool,
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
        Measured { chart, bins, top, bound, in_time }
    }

    fn amount(&self, n: u64) -> String {
        if self.in_time { SimDuration(n).millis_words() } else { plural(n, "entry") }
    }

    fn summary(&self) -> String {
        let what = if self.in_time { "How stale each follower is" } else { "How far behind each follower is" };
        let bound = self.bound.map_or(String::new(), |bound| format!("; dashed: the bound, {}", self.amount(bound)));
        format!("{what} (highest: {}{bound})", self.amount(self.top))
    }
}

/// The largest staleness in time in each bin: it is largest just before something is applied, or at the end of the bin.
fn times(run: &Run, chart: &LagChart) -> Vec<Vec<u64>> {
    let stale = Staleness::of(run);
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
    rows: u64,
    height: u64,
}

impl Frame<'_> {
    fn svg(&self, (width, left): (u64, u64)) -> String {
        let end = width - 8;
        let until = self.run.until().0.max(1);
        let x = |at: SimTime| left + (end - left) * at.0.min(until) / until;
        let mut out = format!("<svg viewBox=\"0 0 {width} {}\" aria-hidden=\"true\">", self.height);
        for out_of in self.outs {
            let row = self.measured.chart.lines.iter().position(|line| line.id == out_of.replica);
            let Some(row) = row else { continue };
            let (from, to) = (x(out_of.from), x(out_of.to.unwrap_or(self.run.until())));
            let y = ROW * row as u64 + 3;
            let name = escaped(self.run.plan.name(out_of.client));
            let _ = write!(
                out,
                "<g class=\"out\"><title>left out by {name}</title><rect x=\"{from}\" y=\"{y}\" width=\"{}\" height=\"{}\"/></g>",
                (to - from).max(2),
                ROW - 9
            );
            if to - from > 60 {
                let _ = write!(out, "<text class=\"word\" x=\"{}\" y=\"{}\">left out</text>", from + 4, y + 11);
            }
        }
        for (row, line) in (1..).zip(&self.measured.chart.lines) {
            let base = ROW * row - 6;
            let _ = write!(out, "<text class=\"name\" x=\"4\" y=\"{}\">{}</text>", base - 10, escaped(&line.name));
            self.area(row, (left, end), &mut out);
        }
        for (row, client) in (0..).zip(self.clients) {
            self.reads(*client, self.rows + READS * row, (left, end), &mut out);
        }
        out + "</svg>"
    }

    /// The area of a follower, and the bound above its base line.
    fn area(&self, row: u64, (left, end): (u64, u64), out: &mut String) {
        let base = ROW * row - 6;
        let bins = &self.measured.bins[usize::try_from(row - 1).unwrap_or(0)];
        let scale = self.measured.top.max(self.measured.bound.unwrap_or(0)).max(1);
        let y = |value: u64| base - (ROW - 14).saturating_mul(value) / scale;
        let x = |bin: usize| left + (end - left) * bin as u64 / BINS as u64;
        let _ =
            write!(out, "<path class=\"base\" fill=\"none\" d=\"M{left} {base}H{end}\"/><path class=\"area\" d=\"M{left} {base}");
        let mut last = 0;
        for (bin, value) in bins.iter().enumerate() {
            if *value != last {
                let _ = write!(out, "H{}V{}", x(bin), y(*value));
                last = *value;
            }
        }
        let _ = write!(out, "H{end}V{base}Z\"/>");
        if let Some(bound) = self.measured.bound {
            let _ = write!(out, "<path class=\"bound\" fill=\"none\" d=\"M{left} {}H{end}\"/>", y(bound));
        }
    }

    /// The reads of a client; where they are dense, the dearest of those that a mark stands for.
    fn reads(&self, client: NodeId, top: u64, (left, end): (u64, u64), out: &mut String) {
        let base = top + 14;
        let name = escaped(self.run.plan.name(client));
        let _ = write!(out, "<text class=\"name\" x=\"4\" y=\"{}\">{name}</text>", base + 4);
        let _ = write!(out, "<path class=\"base\" fill=\"none\" d=\"M{left} {base}H{end}\"/>");
        let until = self.run.until().0.max(1);
        let mut marks: Vec<(u64, Payment)> = Vec::new();
        let mut own: Vec<&Paid> = self.paid.iter().filter(|read| read.client == client).collect();
        own.sort_by_key(|read| read.at);
        for read in own {
            let x = left + (end - left) * read.at.0.min(until) / until;
            match marks.last_mut() {
                Some((last, dearest)) if x < *last + APART => *dearest = (*dearest).max(read.payment),
                _ => marks.push((x, read.payment)),
            }
        }
        for (x, payment) in marks {
            let class = if payment == Payment::Refused { "pay none" } else { "pay" };
            let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{}\">{}</text>", base + 5, sign(payment));
        }
    }
}

fn sign(payment: Payment) -> char {
    match payment {
        Payment::Follower => '●',
        Payment::Another => '◐',
        Payment::Leader => '▲',
        Payment::Refused => '✕',
    }
}

fn sentences(frame: &Frame<'_>) -> String {
    let plan = &frame.run.plan;
    let mut said: Vec<String> = frame.measured.chart.lines.iter().map(super::chart::LagLine::sentence).collect();
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
    said.iter().fold(String::new(), |out, said| out + "<li>" + &escaped(said) + "</li>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;

    fn of(preset: &str) -> Panel {
        let run = Run::of(&Preset::named(preset).expect("a preset").scenario()).expect("presets can be run");
        panel(&run)
    }

    #[test]
    fn a_replica_that_is_left_out_has_a_band_and_the_reads_have_their_price() {
        let panel = of("bounded-staleness");
        assert_eq!((panel.nodes.len(), panel.height), (2, 2 * ROW + 6 + READS));
        assert!(panel.summary.starts_with("How stale each follower is (highest: "), "{}", panel.summary);
        assert!(panel.summary.ends_with("; dashed: the bound, 200 ms)"), "{}", panel.summary);
        for drawn in &panel.drawn {
            assert_eq!(drawn.matches("left out by dashboard").count(), 1, "{drawn}");
            assert_eq!(drawn.matches("class=\"bound\"").count(), 2, "{drawn}");
            assert!(drawn.contains('◐') && drawn.contains('●') && !drawn.contains('✕'), "{drawn}");
        }
        assert!(panel.sentences.contains("<li>dashboard left singapore out from "), "{}", panel.sentences);
    }

    #[test]
    fn where_nobody_is_suitable_crosses_stand_in_the_row_of_the_reads() {
        let panel = of("bounded-staleness-error");
        assert!(panel.drawn[0].matches('✕').count() >= 8, "{}", panel.drawn[0]);
    }

    #[test]
    fn without_a_bound_it_is_entries_and_there_is_no_price() {
        let panel = of("read-after-write");
        assert_eq!(panel.summary, "How far behind each follower is (highest: 1 entry)");
        assert!(!panel.drawn[0].contains("bound") && !panel.sentences.contains("price"), "{panel:?}");
        assert!(panel.sentences.contains("frankfurt: at most 1 entry behind the leader (at 90 ms)"), "{}", panel.sentences);
    }
}
