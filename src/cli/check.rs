//! `check`: judges histories that other systems recorded.
//!
//! One record is told in full; of several each has a line, `FILE<tab>true|false|unknown`, as elle-cli prints it. Without a guarantee
//! that is asked for, linearizability decides; of transactions without times causal consistency, for it needs none.

mod told;

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{Failure, STATUS_BAD_INPUT, unless_closed};
use crate::import::{self, FailedCas, Format, Imported, NilRead, Start};
use crate::judge::{Guarantee, Options, Report, Verdict, judge};
use crate::observed::Model;
use crate::time::SimDuration;

/// The status for a question that could not be answered.
const STATUS_UNKNOWN: u8 = 3;
/// The most files of a folder.
const FILES_MAX: usize = 10_000;

/// How the output looks, for `--help`.
pub(super) const HELP: &str = "\
Exit status: 0 if the history holds, 1 if it does not, 2 on bad input, 3 if that cannot be said. It cannot be said of a record
without operations, or in which none succeeded: a script whose record got lost must not pass.
Of several files one line each: the file, a tab, true, false or unknown; the status is 2 if any input is bad,
else 1 if any is false, else 3 if any is unknown. A folder, or files --together, are one history of etcd's
robustness tests.

Without --guarantee linearizability decides (strict serializability for transactions), and causal consistency for
transactions of which no times are known. Banks, sets, counters, queues and identifiers are decided by what their checkers in
Jepsen and Maelstrom look at: total-kept, no-negative-balances and what contradicts snapshot-reads; no-lost-elements, no-duplicates and
reads of what was not added; counter-bounds, or final-count where reads are marked :final?.
Record and model are found from the text, and told.

What --initial says, where it could mean several things: nil, absent, null, unknown and first-read are words of their own; what
begins with { is a map in JSON or EDN; what has a = outside of quotes and brackets is KEY=VALUE, between commas or one in a
line; anything else is one value for all keys. Values and keys are EDN or JSON, else plain texts. A text that has = in it, or
begins with { or @, stands in quotes, as in --initial '\"a=b\"'; so does a key or a value with a comma. Of a key, nil says
that it holds nothing; keys that are not named hold what is usual.

JSON: file, format, model, initial, initial_by_key [{key, value}], operations, valid (true, false or null), decided_by, verdicts [{guarantee, verdict
(holds, violated, unknown, not-applicable), evidence [{operation, session, text, outcome, lines, file}], key, text}],
notes. Of one file, file is left out of the evidence. Beside key, anomaly is the name that experts have for what breaks a
guarantee (G-single, write-skew), or null.
With several files, one object on each line.";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Records, or - for standard input; a folder is one history of several files
    #[arg(required = true)]
    file: Vec<String>,
    /// Take all files as one history: those of the clients of one run
    #[arg(long)]
    together: bool,
    /// The format of the records; found if not said
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<Format>,
    /// What the operations act on; found if not said
    #[arg(long, value_name = "MODEL", value_parser = models())]
    model: Option<Model>,
    /// What keys hold at first: nil, unknown, first-read, a value, values by key (k3=1657,k2=1590) or as a map, or @FILE with any of them
    #[arg(long, value_name = "VALUE", value_parser = start)]
    initial: Option<Start>,
    /// What a read of nil means: that the key holds nothing (absent), or that nothing is told (unknown)
    #[arg(long, value_name = "MEANING", value_parser = ["absent", "unknown"])]
    nil: Option<String>,
    /// What a failed compare-and-set means: that it did not happen, or that it saw another value
    #[arg(long, value_name = "MEANING", value_parser = ["did-not-happen", "saw-another"])]
    failed_cas: Option<String>,
    /// Whether levels of isolation keep the order of each session (ordered) or not (free); as the format has it if not said
    #[arg(long, value_name = "SESSIONS", value_parser = ["ordered", "free"])]
    isolation_sessions: Option<String>,
    /// A guarantee to judge; may be given several times
    #[arg(long, value_name = "GUARANTEE", value_parser = guarantees())]
    guarantee: Vec<Guarantee>,
    /// For bounded-staleness: how long a read may miss an acknowledged write
    #[arg(long, value_name = "TIME", value_parser = SimDuration::parse)]
    staleness_time: Option<SimDuration>,
    /// For bounded-staleness: how many acknowledged writes of its key a read may miss
    #[arg(long, value_name = "N")]
    staleness_versions: Option<u64>,
    /// For banks: what all accounts hold together; what the first read shows if it is not said
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    total_amount: Option<i64>,
    /// For banks: an account may hold less than nothing
    #[arg(long)]
    negative_balances: bool,
    /// How many steps a search may take before the answer is unknown
    #[arg(long, value_name = "N")]
    budget: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What keys hold at first, in words or in a file.
fn start(text: &str) -> Result<Start, String> {
    let Some(file) = text.strip_prefix('@') else { return Start::of(text).map_err(|error| error.to_string()) };
    let bytes = read(Path::new(file)).map_err(|error| format!("{file} cannot be read: {error}"))?;
    if bytes.len() > import::TEXT_MAX {
        return Err(format!("{file} has more than {} bytes", import::TEXT_MAX));
    }
    let text = import::text_of(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(format!("{file} says no first value"));
    }
    Start::of(text.trim_end()).map_err(|error| format!("{file}: {error}"))
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| Format::named(&name).ok_or("no such format"))
}

fn models() -> impl TypedValueParser<Value = Model> {
    let named = |name: String| Model::ALL.into_iter().find(|model| model.name() == name).ok_or("no such model");
    PossibleValuesParser::new(Model::ALL.map(Model::name)).try_map(named)
}

fn guarantees() -> impl TypedValueParser<Value = Guarantee> {
    let names = PossibleValuesParser::new(Guarantee::ALL.map(Guarantee::name));
    names.try_map(|name| Guarantee::from_name(&name).ok_or("no such guarantee"))
}

impl Arguments {
    fn reading(&self) -> import::Options {
        import::Options {
            format: self.format,
            model: self.model,
            initial: self.initial.clone(),
            failed_cas: match self.failed_cas.as_deref() {
                Some("saw-another") => FailedCas::SawAnother,
                _ => FailedCas::DidNotHappen,
            },
            nil: self.nil.as_deref().map(|nil| if nil == "unknown" { NilRead::Unknown } else { NilRead::Absent }),
        }
    }

    fn judging(&self, imported: &Imported) -> Options {
        let usual = Options::default();
        Options {
            guarantees: self.guarantee.clone(),
            steps: self.budget.unwrap_or(usual.steps),
            staleness_time: self.staleness_time.map(|time| time.0.saturating_mul(1_000)),
            staleness_versions: self.staleness_versions,
            failed_cas_saw_another_value: self.failed_cas.as_deref() == Some("saw-another"),
            global_versions: imported.global_versions,
            isolation_in_sessions: match self.isolation_sessions.as_deref() {
                Some(sessions) => sessions == "ordered",
                None => imported.isolation_in_sessions,
            },
            negative_balances: self.negative_balances,
            total_amount: self.total_amount,
            ..usual
        }
    }
}

/// A record, judged.
struct Judged {
    imported: Imported,
    report: Report,
    /// What decides, if it is one guarantee.
    decides: Option<Guarantee>,
    overall: Verdict,
    /// If there are several files: each with the number of lines before it.
    files: Vec<(String, u32)>,
}

/// Judges; returns the exit status.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<u8, Failure> {
    let one = arguments.together || arguments.file.len() == 1;
    if one {
        let name = arguments.file.join(" ");
        let judged = judge_files(arguments, &arguments.file).map_err(|message| Failure::Record(format!("{name}: {message}")))?;
        let written = if arguments.json { told::write_json(&name, &judged, out) } else { told::print(&name, &judged, out) };
        unless_closed(written)?;
        return Ok(status(&judged.overall));
    }
    let mut statuses = Vec::new();
    for name in &arguments.file {
        match judge_files(arguments, std::slice::from_ref(name)) {
            Ok(judged) => {
                statuses.push(status(&judged.overall));
                let written = if arguments.json {
                    writeln!(out, "{}", told::as_json(name, &judged))
                } else {
                    writeln!(out, "{name}\t{}", truth(&judged.overall))
                };
                unless_closed(written)?;
            }
            Err(message) => {
                statuses.push(STATUS_BAD_INPUT);
                unless_closed(out.flush())?;
                drop(writeln!(io::stderr(), "error: {name}: {message}"));
            }
        }
    }
    let worst = [STATUS_BAD_INPUT, 1, STATUS_UNKNOWN].into_iter().find(|status| statuses.contains(status));
    Ok(worst.unwrap_or(0))
}

fn status(overall: &Verdict) -> u8 {
    match overall {
        Verdict::Holds => 0,
        Verdict::Violated(_) => 1,
        Verdict::Unknown(_) | Verdict::NotApplicable(_) => STATUS_UNKNOWN,
    }
}

fn truth(overall: &Verdict) -> &'static str {
    match overall {
        Verdict::Holds => "true",
        Verdict::Violated(_) => "false",
        Verdict::Unknown(_) | Verdict::NotApplicable(_) => "unknown",
    }
}

fn judge_files(arguments: &Arguments, names: &[String]) -> Result<Judged, String> {
    let (mut texts, mut places, mut before) = (Vec::new(), Vec::new(), 0_u32);
    for name in names {
        let mut files = Vec::new();
        if name != "-" && Path::new(name).is_dir() {
            gather(Path::new(name), &mut files).map_err(|error| format!("cannot be read: {error}"))?;
            if files.is_empty() {
                return Err("the folder has no records of one history: files that end in .json or .jsonl; other records are named one by one".to_owned());
            }
        } else {
            files.push(PathBuf::from(name));
        }
        for file in files {
            let bytes = read(&file).map_err(|error| format!("cannot be read: {error}"))?;
            let text = String::from_utf8(bytes).map_err(|e| not_text(import::text_of(e.as_bytes()).err()))?;
            places.push((file.display().to_string(), before));
            before = before.saturating_add(u32::try_from(text.lines().count()).unwrap_or(u32::MAX));
            texts.push(text);
        }
    }
    let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let imported = import::import_together(&parts, &arguments.reading()).map_err(|error| error.to_string())?;
    let report = judge(&imported.observed, &arguments.judging(&imported));
    let (decides, overall) = decide(&report, &arguments.guarantee);
    let files = if places.len() > 1 { places } else { Vec::new() };
    Ok(Judged { imported, report, decides, overall, files })
}

fn not_text(error: Option<import::ImportError>) -> String {
    error.map_or_else(|| "the text is not UTF-8".to_owned(), |error| error.to_string())
}

/// The whole file, or just enough of it to see that it is too long.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = import::TEXT_MAX as u64 + 1;
    if file == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The records below a folder, in the order of their names.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut inside: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    inside.sort();
    for path in inside {
        // A link may lead back up: only what is really here is followed.
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "json" || end == "jsonl") && files.len() < FILES_MAX {
            files.push(path);
        }
    }
    Ok(())
}

/// The answer for the whole, and the guarantee that it is of; of guarantees that were asked for, the worst.
fn decide(report: &Report, asked: &[Guarantee]) -> (Option<Guarantee>, Verdict) {
    match if asked.is_empty() { report.decides() } else { report.worst() } {
        // Where nothing is applicable, nothing decides.
        Some((_, verdict @ Verdict::NotApplicable(_))) => (None, verdict.clone()),
        Some((guarantee, verdict)) => (Some(guarantee), verdict.clone()),
        None => (None, Verdict::NotApplicable("nothing was asked".to_owned())),
    }
}
