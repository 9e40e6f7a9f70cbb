//! Which format a record is in, seen from its beginning.

use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
use super::pairs::Kind;
use super::{Format, ImportError, edn, jepsen_log, json, own, porcupine};

/// How many bytes of lines are looked at: a log may begin with the whole description of a test.
const LINES: usize = 4 << 20;
/// How many forms are looked at before a record has to show an operation.
const FORMS: usize = 64;
/// How many bytes of the beginning are looked at.
const BYTES: usize = 4_096;

/// The format of a text that has something in it.
pub(super) fn format(text: &str) -> Result<Format, ImportError> {
    let begin = text.trim_start();
    let guess = match begin.as_bytes().first() {
        Some(b'{') if begin[1..].trim_start().starts_with(['"', '}']) => object(text),
        // Comments and nothing else: a record that is empty.
        Some(b'#' | b';') if matches!(Forms::new(text, Syntax::Edn).next(), Ok(None)) => Some(Format::JepsenEdn),
        Some(b'{' | b'(' | b'#' | b';') => maps(text),
        Some(b'[') => list(begin, text),
        _ => None,
    };
    guess.or_else(|| lines(text)).ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
        let start = text.len() - begin.len();
        let message = format!("this is no format that is known here; known are {}, and one can be said", names.join(", "));
        ImportError::at(text, start, message)
    })
}

/// What the first forms of a text are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// One is an operation.
    Operation,
    /// The first cannot be read.
    Broken,
    /// They are something else.
    Others,
}

fn first<'t>(text: &'t str, syntax: Syntax) -> Option<Form<'t>> {
    Forms::new(text, syntax).next().ok().flatten()
}

/// Whether a list is an operation `[process type f value]`.
fn tuple(datum: &Datum) -> bool {
    let items = datum.list().filter(|items| (3..=5).contains(&items.len()));
    items.is_some_and(|items| items[1].word().is_some_and(|word| Kind::named(word).is_some()))
}

fn operation(datum: &Datum) -> bool {
    datum.get("type").is_some() && (datum.get("process").is_some() || datum.get("f").is_some() || datum.get("value").is_some())
}

/// What a text begins with, if it is a sequence of forms.
fn begins(text: &str, syntax: Syntax) -> Begins {
    let mut forms = Forms::new(text, syntax);
    let read = |form: &Form<'_>| if syntax == Syntax::Edn { edn::read(form) } else { json::read(form) };
    for number in 0..FORMS {
        let datum = match forms.next() {
            Ok(None) => return Begins::Others,
            Ok(Some(form)) => read(&form),
            Err(_) => None,
        };
        match datum {
            Some(datum) if operation(&datum) || tuple(&datum) => return Begins::Operation,
            Some(_) => {}
            None if number == 0 => return Begins::Broken,
            // Behind something else nobody expects an operation.
            None => return Begins::Others,
        }
    }
    Begins::Others
}

/// One of Jepsen's formats of forms, if a text looks like it. What is wrong with a form that cannot be read is told by the reader of its
/// format; but a log may have lines that look like forms.
fn jepsen(text: &str, syntax: Syntax) -> Option<Format> {
    match begins(text, syntax) {
        Begins::Others => None,
        Begins::Broken if heads(text).any(jepsen_log::tells_process) => Some(Format::JepsenLog),
        Begins::Operation | Begins::Broken if syntax == Syntax::Edn => Some(Format::JepsenEdn),
        Begins::Operation | Begins::Broken => Some(Format::JepsenJson),
    }
}

/// A text that begins with a JSON object.
fn object(text: &str) -> Option<Format> {
    let Some(datum) = first(text, Syntax::Json).and_then(|form| json::read(&form)) else { return jepsen(text, Syntax::Json) };
    match () {
        () if own::is_header(&datum) => Some(Format::Own),
        () if porcupine::is_watch(&datum) || (datum.get("Call").or(datum.get("call")).is_some() && !operation(&datum)) => {
            Some(Format::PorcupineOperations)
        }
        () if ["data", "sessions"].iter().any(|name| datum.get(name).is_some_and(sessions)) => Some(Format::DbcopJson),
        () => jepsen(text, Syntax::Json),
    }
}

/// Whether these may be dbcop's sessions: lists of transactions.
fn sessions(datum: &Datum) -> bool {
    datum.list().is_some_and(|sessions| sessions.iter().all(|session| session.list().is_some()))
}

/// EDN maps: Porcupine's have keys.
fn maps(text: &str) -> Option<Format> {
    let form = first(text, Syntax::Edn);
    let datum = form.and_then(|form| edn::read(&form)).unwrap_or(Datum::Nil);
    let f = datum.get("f").and_then(Datum::word);
    let key_value =
        matches!(f, Some("get" | "put" | "append")) && matches!(datum.get("key"), Some(Datum::Text(_) | Datum::Keyword(_)));
    if key_value { Some(Format::PorcupineKv) } else { jepsen(text, Syntax::Edn) }
}

/// A text that begins with a bracket: EDN, JSON, or dbcop's text.
fn list(begin: &str, text: &str) -> Option<Format> {
    let word = begin[1..].trim_start();
    let name = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
    if name > 0 && (word[name..].starts_with(":=") || word[name..].starts_with("==")) {
        return Some(Format::DbcopHist);
    }
    let bare: String = word.chars().filter(|c| !c.is_whitespace()).take(2).collect();
    if bare == "]" {
        return Some(Format::JepsenJson);
    }
    let edn = || jepsen(text, Syntax::Edn);
    let Some(form) = first(text, Syntax::Json).filter(|form| form.text.len() <= text.len()) else { return edn() };
    let Some(datum) = json::read(&form) else { return edn() };
    match datum.list() {
        // One transaction of dbcop's, or a session of them.
        Some([inner, ..]) if inner.get("events").is_some() => Some(Format::DbcopJson),
        Some([]) if bare == "[]" => Some(Format::DbcopJson),
        _ if datum.get("Call").is_some() || porcupine::is_watch(&datum) => Some(Format::PorcupineOperations),
        _ if form.text.contains(':') || form.text.contains('"') || !form.text.contains(' ') => jepsen(text, Syntax::Json),
        _ => edn(),
    }
}

/// The lines that are looked at.
fn heads(text: &str) -> impl Iterator<Item = &str> {
    let mut seen = 0;
    text.lines().map(str::trim).take_while(move |line| {
        seen += line.len();
        seen <= LINES
    })
}

/// Formats that go line by line.
fn lines(text: &str) -> Option<Format> {
    for line in heads(text) {
        let separates = !line.is_empty() && line.bytes().all(|byte| byte == b'=' || byte == b'-');
        if line.is_empty() || separates {
            continue;
        }
        if jepsen_log::tells(line) {
            return Some(Format::JepsenLog);
        }
        if line.starts_with("r(") || line.starts_with("w(") {
            return Some(Format::Plume);
        }
        if (line.starts_with("r ") || line.starts_with("w ")) && line.split_whitespace().count() == 3 {
            return Some(Format::Awdit);
        }
        if line.starts_with("//") || (line.starts_with('[') && (line.contains(":=") || line.contains("=="))) {
            return Some(Format::DbcopHist);
        }
    }
    let only_signs = text.bytes().take(BYTES).all(|byte| byte.is_ascii_whitespace() || byte == b'=' || byte == b'-');
    only_signs.then_some(Format::Awdit)
}
