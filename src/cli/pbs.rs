//! `pbs`: how soon reads of partial quorums see a write, by trials and by closed forms, for a person or as JSON.

use std::fs;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::thread;

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::{Failure, unless_closed};
use crate::pbs::{
    Answer, Consistent, Model, Nanoseconds, Plan, Question, SHARE_UNITS, Share, Sweep, TEXT_MAX, TRIALS_EACH, Tally, Visible,
    times,
};
use crate::plural::plural;

/// The most threads.
const THREADS_MAX: u16 = 256;

/// What the models are and how the output looks, for `--help`.
pub(super) const HELP: &str = "\
Models: lnkd-ssd and lnkd-disk (LinkedIn), ymmr (Yammer, with the exponent 3.5 that the paper's results come from; ymmr-as-printed has
3.35), wan (lnkd-disk over data centres that are 75 ms apart), as fitted by Bailis et al., PVLDB 5(8), 2012.

Own latencies are in milliseconds, and of four kinds: w, a write on its way to a replica; a, its acknowledgement; r, the request of a
read; s, its answer. --exponential w=10,ars=2 gives means, --pareto w=1.05:1.51 least times and exponents; both may be given, for
different letters; numbers without letters are for all four, and what nobody names takes no time. --csv reads a table with
a first line of names: w,a,r,s (or w,ars) with measured times below, or quantile,value (or quantile,w,a,r,s) with rows such as
0.5,1.2 and 0.99,8 that end with 1,LONGEST. A latency takes an hour at most.

Every trial is one write and one read, without failures, read repair or other writes. The same seed gives the same numbers for any number
of threads.

JSON: model, n, r, w, trials, seed, consistent [{t_ms, p, low, high}] with 95 % intervals, t_visible_ms {p99, p999},
read_latency_ms and write_latency_ms {p50, p99, p999}, k_staleness [{k, p}], non_intersection, closed_form [{t_ms, p}] or null, and with
--paper-estimator t_visible_by_paper {p999_ms (or null), step_ms, trials_each}. Exit status: 0, or 2 on bad input.";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A production model
    #[arg(long, value_name = "MODEL", value_parser = models(), required_unless_present_any = ["csv", "exponential", "pareto"])]
    #[arg(conflicts_with_all = ["csv", "exponential", "pareto"])]
    model: Option<String>,
    /// A table of measured times or of quantiles, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["exponential", "pareto"])]
    csv: Option<String>,
    /// Means of exponential latencies in ms: w=10,ars=2
    #[arg(long, value_name = "LETTERS=MEAN")]
    exponential: Option<String>,
    /// Least times in ms and exponents of Pareto latencies: w=1.05:1.51
    #[arg(long, value_name = "LETTERS=LEAST:EXPONENT")]
    pareto: Option<String>,
    /// How many replicas there are
    #[arg(long, default_value_t = 3)]
    n: u32,
    /// How many answers a read waits for
    #[arg(long, default_value_t = 1)]
    r: u32,
    /// How many acknowledgements a write waits for
    #[arg(long, default_value_t = 1)]
    w: u32,
    /// How many trials
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    trials: u64,
    /// How many ms after the acknowledgement reads begin
    #[arg(long, value_name = "MS,MS", default_value = "0,1,5,10,100")]
    at: String,
    /// The seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many threads make trials; as many as the machine has, if not said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(THREADS_MAX)))]
    threads: Option<u16>,
    /// Estimate the time for 99.9 % as the paper did too: the first of many times, each with 50,000 trials
    #[arg(long)]
    paper_estimator: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn models() -> PossibleValuesParser {
    PossibleValuesParser::new(Model::PRODUCTION.map(|(name, _)| name))
}

/// What the paper's estimator says.
#[derive(Serialize)]
struct ByPaper {
    p999_ms: Option<Nanoseconds>,
    step_ms: Nanoseconds,
    trials_each: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    answer: &'a Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    t_visible_by_paper: Option<&'a ByPaper>,
}

/// Answers; returns the exit status.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<u8, Failure> {
    let (model, at) = (model(arguments)?, times(&arguments.at).map_err(|error| Failure::Record(format!("--at: {error}")))?);
    let Arguments { n, r, w, trials, seed, .. } = *arguments;
    let sweep = Sweep::of(&model.name);
    let plan = Plan::new(Question { model, n, r, w, trials, at, seed }).map_err(|error| Failure::Record(error.to_string()))?;
    let threads = arguments.threads.map_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get), usize::from);
    let answer = plan.answer(&tally(&plan, threads.min(usize::from(THREADS_MAX)) as u64));
    let by_paper = arguments.paper_estimator.then(|| ByPaper {
        p999_ms: plan.paper_estimate(sweep).map(Nanoseconds),
        step_ms: Nanoseconds(sweep.step),
        trials_each: TRIALS_EACH,
    });
    unless_closed(if arguments.json {
        let report = Report { answer: &answer, t_visible_by_paper: by_paper.as_ref() };
        serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        print(&answer, by_paper.as_ref(), out)
    })?;
    Ok(0)
}

fn model(arguments: &Arguments) -> Result<Model, Failure> {
    if let Some(name) = &arguments.model {
        return Model::named(name).map_err(|error| Failure::Record(error.to_string()));
    }
    let Some(file) = &arguments.csv else {
        let parameters = Model::by_parameters(arguments.exponential.as_deref(), arguments.pareto.as_deref());
        return parameters.map_err(|error| Failure::Record(format!("--exponential, --pareto: {error}")));
    };
    let name = if file == "-" { "<stdin>" } else { file };
    let mut bytes = Vec::new();
    let most = TEXT_MAX as u64 + 1;
    let read = match file.as_str() {
        "-" => io::stdin().lock().take(most).read_to_end(&mut bytes),
        file => fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    read.map_err(|error| Failure::Record(format!("{name}: cannot be read: {error}")))?;
    if bytes.len() > TEXT_MAX {
        return Err(Failure::Record(format!("{name}: the table has more than {TEXT_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::Record(format!("{name}: the text is not UTF-8")))?;
    Model::from_csv(name, &text).map_err(|error| Failure::Record(format!("{name}:{error}")))
}

/// Has the blocks of a plan run by so many threads: each takes every so-manieth, and all counts are added.
fn tally(plan: &Plan, threads: u64) -> Tally {
    let work = |first: u64| {
        let mut tally = Tally::default();
        let mut block = first;
        while block < plan.blocks() {
            plan.add(block, &mut tally);
            block += threads;
        }
        tally
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(plan.blocks())).map(|first| scope.spawn(move || work(first))).collect();
        let mut all = work(0);
        for other in others {
            let Ok(tally) = other.join() else { panic!("a thread with every {threads}th block has failed") };
            all.merge(&tally);
        }
        all
    })
}

fn print(answer: &Answer, by_paper: Option<&ByPaper>, out: &mut impl Write) -> io::Result<()> {
    let Answer { n, r, w, trials, seed, .. } = *answer;
    let (replicas, trials) = (plural(u64::from(n), "replica"), plural(trials, "trial"));
    writeln!(out, "{}: {replicas}, reads wait for {r}, writes for {w}; {trials}, seed {seed}", answer.model)?;
    writeln!(out)?;
    for (place, Consistent { t_ms, p, low, high }) in answer.consistent.iter().enumerate() {
        let (at, p, low, high) = (ms(*t_ms), percent(*p), percent(*low), percent(*high));
        write!(out, "A read {at} ms after the write is acknowledged sees it in {p} % of cases (95 % interval: {low} to {high})")?;
        match answer.closed_form.as_ref().and_then(|exact| exact.get(place)) {
            Some(exact) => writeln!(out, "; by closed form in {} %.", percent(exact.p))?,
            None => writeln!(out, ".")?,
        }
    }
    let Visible { p99, p999 } = answer.t_visible_ms;
    writeln!(out, "99 % of reads see a write from {} ms after its acknowledgement on, 99.9 % from {} ms on.", ms(p99), ms(p999))?;
    for (what, times) in [("reads", answer.read_latency_ms), ("writes", answer.write_latency_ms)] {
        let [p50, p99, p999] = [times.p50, times.p99, times.p999].map(ms);
        writeln!(out, "Half of all {what} take at most {p50} ms, 99 % at most {p99} ms, 99.9 % at most {p999} ms.")?;
    }
    if let Some(ByPaper { p999_ms, step_ms, .. }) = by_paper {
        let estimate = p999_ms.map_or_else(|| "none of them".to_owned(), |time| format!("{} ms", ms(time)));
        writeln!(
            out,
            "The paper's estimator, the first time of many at which 99.9 % of {TRIALS_EACH} trials are consistent, in steps of {} ms: {estimate}. It is early.",
            ms(*step_ms)
        )?;
    }
    writeln!(out)?;
    writeln!(out, "Closed forms, of quorums chosen by chance:")?;
    writeln!(out, "  a read misses the last write with probability {}", answer.non_intersection)?;
    for versions in &answer.k_staleness {
        let last =
            if versions.k == 1 { "the last version".to_owned() } else { format!("one of the last {} versions", versions.k) };
        writeln!(out, "  a read returns {last} in at least {} % of cases", percent(versions.p))?;
    }
    Ok(())
}

/// Milliseconds with three digits behind the point, as far as they are needed.
fn ms(time: Nanoseconds) -> String {
    trimmed(&format!("{}.{:03}", (time.0 + 500) / 1_000_000, (time.0 + 500) / 1_000 % 1_000))
}

/// A share in per cent, with four digits as far as they are needed; what is not all is not rounded to all.
fn percent(share: Share) -> String {
    const UNIT: u64 = SHARE_UNITS / 1_000_000;
    let rounded = (share.0 + UNIT / 2) / UNIT;
    let told = if share.0 < SHARE_UNITS { rounded.min(999_999) } else { rounded };
    trimmed(&format!("{}.{:04}", told / 10_000, told % 10_000))
}

fn trimmed(number: &str) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people_are_rounded_but_never_to_all() {
        for (share, text) in
            [(SHARE_UNITS, "100"), (SHARE_UNITS - 1, "99.9999"), (0, "0"), (973_641_395_569, "97.3641"), (500_000_000_000, "50")]
        {
            assert_eq!(percent(Share(share)), text);
        }
        for (time, text) in [(0, "0"), (1_849_999, "1.85"), (600_000_000, "600"), (1_500, "0.002"), (999_999_999, "1000")] {
            assert_eq!(ms(Nanoseconds(time)), text);
        }
    }
}
