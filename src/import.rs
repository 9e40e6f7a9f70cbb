//! Histories from elsewhere: the text of a record in one of several formats becomes an [`Observed`].
//!
//! The formats are those of Jepsen (EDN, JSON, and its text log), of Porcupine (its key-value logs, and operations as JSON lines, as
//! etcd's robustness tests write them), of AWDIT, of Plume and PolySI, of dbcop, and this project's own ([`crate::export`] writes
//! it). Format and model are found from the text, are always told, and can be said instead. What had to be assumed or was left out
//! stands in [`Observed::notes`].
//!
//! Times: Jepsen's histories are in the order of their lines (or of `:index`), so an operation is invoked and ends at the number of
//! an event; Porcupine's operations carry instants, of which equal ones are concurrent; transactional texts know no time at all.
//!
//! A text is never a reason to panic, and every bound is stated: [`TEXT_MAX`], [`PARTS_MAX`], [`NESTING_MAX`],
//! [`OPERATIONS_MAX`], [`STEPS_MAX`].

mod builder;
mod datum;
mod dbcop;
mod detect;
mod edn;
mod etcd;
mod forms;
mod jepsen;
mod jepsen_log;
mod json;
mod own;
mod pairs;
mod porcupine;
mod raw;
mod reading;
mod sessions;
mod start;
mod steps;
mod tell;
mod unsaid;
mod workloads;

use std::fmt;

use crate::observed::{Model, Observed};
pub use own::{OWN_FORMAT, OWN_VERSION, OWN_VERSION_SIBLINGS};
pub use start::Start;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub(crate) use tell::initial_by_key;
pub(crate) use tell::initial_words;
pub use tell::{ended, initial_name, tell};

/// The most bytes of a record, of all its files together.
pub const TEXT_MAX: usize = 64 << 20;
/// How deep lists and maps may be nested in each other.
pub const NESTING_MAX: usize = 100;
/// The most words, texts and brackets of a record in EDN or JSON: this is what bounds memory.
pub const PARTS_MAX: usize = 16_000_000;
/// The most operations of a history.
pub const OPERATIONS_MAX: usize = 1_000_000;
/// The most reads and writes of a history; a transaction has several.
pub const STEPS_MAX: usize = 4_000_000;

/// How everything begins that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A format of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Jepsen's EDN: one map per line, one vector or list of maps, or of tuples `[process type f value]`.
    JepsenEdn,
    /// The same as JSON: one array of objects, or one object per line, as elle-cli takes it.
    JepsenJson,
    /// Lines of Jepsen's log or of its `history.txt`: process, type, function, value.
    JepsenLog,
    /// Porcupine's logs of a key-value store: EDN maps with `:key`, and `:get`, `:put` and `:append`.
    PorcupineKv,
    /// Porcupine's operations as JSON lines, as etcd's robustness tests write them.
    PorcupineOperations,
    /// AWDIT's text: sessions between `=====`, transactions between `-----`, `r KEY VALUE` and `w KEY VALUE`.
    Awdit,
    /// The text of Plume and PolySI: `r(KEY,VALUE,SESSION,TRANSACTION)` and `w(...)`.
    Plume,
    /// dbcop's sessions of transactions as JSON.
    DbcopJson,
    /// dbcop's text: `[x:=1 y==2]`, sessions between `---`.
    DbcopHist,
    /// A run of this laboratory, as `export --as jsonl` writes it.
    Own,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 10] = [
        Format::JepsenEdn,
        Format::JepsenJson,
        Format::JepsenLog,
        Format::PorcupineKv,
        Format::PorcupineOperations,
        Format::Awdit,
        Format::Plume,
        Format::DbcopJson,
        Format::DbcopHist,
        Format::Own,
    ];

    /// Its name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::JepsenEdn => "jepsen-edn",
            Format::JepsenJson => "jepsen-json",
            Format::JepsenLog => "jepsen-log",
            Format::PorcupineKv => "porcupine-kv",
            Format::PorcupineOperations => "porcupine-operations",
            Format::Awdit => "awdit",
            Format::Plume => "plume",
            Format::DbcopJson => "dbcop-json",
            Format::DbcopHist => "dbcop-hist",
            Format::Own => OWN_FORMAT,
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// What to take a record for. Nothing said is found from the record, or is as the family of the record has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The format; found if not said.
    pub format: Option<Format>,
    /// The model; found if not said.
    pub model: Option<Model>,
    /// What keys hold at first; by the family if not said: nothing in Jepsen's and AWDIT's records, the empty text in Porcupine's
    /// key-value logs, `0` in those of Plume, an open lock for locks.
    pub initial: Option<Start>,
    /// What a compare-and-set that ended `fail` means.
    pub failed_cas: FailedCas,
    /// What a read of `nil` means. If it is not said: that the key holds nothing, unless a first value is said, because then a key
    /// never holds nothing; in that case nothing is told, which is how Knossos always takes it.
    pub nil: Option<NilRead>,
}

/// What a compare-and-set that ended `fail` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedCas {
    /// It did not happen, and tells nothing: Jepsen's meaning.
    #[default]
    DidNotHappen,
    /// It has seen another value than the one that it expected: the meaning in Porcupine's model of etcd.
    SawAnother,
}

/// What a read of `nil` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NilRead {
    /// The key holds nothing.
    Absent,
    /// The record does not say what was read.
    Unknown,
}

/// A record that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The format it was in.
    pub format: Format,
    /// The history.
    pub observed: Observed,
    /// Whether versions order the values of all keys together, as the revisions of etcd's store do.
    pub global_versions: bool,
    /// Whether levels of isolation keep the order of each session, as the checkers of transactional texts have it; those of Jepsen do not.
    pub isolation_in_sessions: bool,
}

/// Why a text is no history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The line, from 1 on; 0 if it is nothing about one place.
    pub line: usize,
    /// The column, in letters, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl ImportError {
    /// An error at the beginning of a line.
    pub(crate) fn in_line(line: u32, message: impl Into<String>) -> ImportError {
        ImportError { line: line as usize, column: 1, message: message.into() }
    }

    /// An error of the whole record.
    pub(crate) fn whole(message: impl Into<String>) -> ImportError {
        ImportError { line: 0, column: 0, message: message.into() }
    }

    /// An error at a byte of a text.
    pub(crate) fn at(text: &str, byte: usize, message: impl Into<String>) -> ImportError {
        let bytes = text.as_bytes();
        let before = &bytes[..byte.min(bytes.len())];
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let letters = before[start..].iter().filter(|b| (**b & 0xC0) != 0x80).count();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        ImportError { line, column: letters + 1, message: message.into() }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => f.write_str(&self.message),
            (line, column) => write!(f, "line {line}, column {column}: {}", self.message),
        }
    }
}

impl std::error::Error for ImportError {}

/// Reads the bytes of a record.
///
/// # Errors
/// If they are no UTF-8, and as [`import`].
pub fn import_bytes(bytes: &[u8], options: &Options) -> Result<Imported, ImportError> {
    import(text_of(bytes)?, options)
}

/// Reads a record.
///
/// # Errors
/// If the text is too long, in no known format, or not in the format that it is said to be in; with the place.
pub fn import(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > TEXT_MAX {
        return Err(ImportError::whole(format!("the text has {} bytes, more than {TEXT_MAX}", text.len())));
    }
    let format = match options.format {
        Some(format) => format,
        None if text.trim().is_empty() => Format::JepsenLog,
        None => detect::format(text)?,
    };
    let mut one_log = false;
    let mut observed = match format {
        Format::JepsenEdn | Format::PorcupineKv => jepsen::edn(text, options, format == Format::PorcupineKv)?,
        Format::JepsenJson => jepsen::json(text, options)?,
        Format::JepsenLog => jepsen_log::read(text, options)?,
        Format::PorcupineOperations => porcupine::read(&[text], options)?,
        Format::Awdit => sessions::awdit(text, options)?,
        Format::Plume => sessions::plume(text, options)?,
        Format::DbcopJson => dbcop::json(text, options)?,
        Format::DbcopHist => dbcop::hist(text, options)?,
        Format::Own => {
            let observed;
            (observed, one_log) = own::read(text, options)?;
            observed
        }
    };
    if observed.operations.is_empty() {
        observed.notes.push("the record has no operations of clients".to_owned());
    }
    let global_versions = one_log || global_versions(format, &observed);
    let isolation_in_sessions = matches!(format, Format::Awdit | Format::Plume | Format::DbcopJson | Format::DbcopHist);
    Ok(Imported { format, observed, global_versions, isolation_in_sessions })
}

/// Reads several files that record one history together, as etcd's robustness tests leave one file for each client.
///
/// Lines are counted through all files, in the order given.
///
/// # Errors
/// As [`import`], and if the files are in a format without a common clock.
pub fn import_together(texts: &[&str], options: &Options) -> Result<Imported, ImportError> {
    if let [one] = texts {
        return import(one, options);
    }
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    if bytes > TEXT_MAX {
        return Err(ImportError::whole(format!("the files have {bytes} bytes together, more than {TEXT_MAX}")));
    }
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        let format = options.format.map_or_else(|| detect::format(text), Ok)?;
        if format != Format::PorcupineOperations {
            let name = format.name();
            let message = format!(
                "several files make one history only as porcupine-operations, whose times are of one clock, not as {name}"
            );
            return Err(ImportError::whole(message));
        }
    }
    let (format, observed) = (Format::PorcupineOperations, porcupine::read(texts, options)?);
    let global_versions = global_versions(format, &observed);
    Ok(Imported { format, observed, global_versions, isolation_in_sessions: false })
}

/// Whether versions are those of one store, as etcd's revisions are.
fn global_versions(format: Format, observed: &Observed) -> bool {
    format == Format::PorcupineOperations && observed.steps.iter().any(|step| step.version.is_some())
}

/// The bytes of a record as text.
///
/// # Errors
/// If they are no UTF-8; with the place.
pub fn text_of(bytes: &[u8]) -> Result<&str, ImportError> {
    if bytes.starts_with(&GZIP) {
        return Err(ImportError::whole("this is compressed by gzip, and has to be unpacked first"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        ImportError::at(good, good.len(), "the text is not UTF-8")
    })
}
