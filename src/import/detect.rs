//! Which format a record is in, seen from its beginning.

use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
use super::{Format, ImportError, edn, jepsen_log, json, own, porcupine};

/// How many lines are looked at.
const LINES: usize = 200;
/// How many bytes of the beginning are looked at.
const BYTES: usize = 4_096;

/// The format of a text that has something in it.
pub(super) fn format(text: &str) -> Result<Format, ImportError> {
    let begin = text.trim_start();
    let guess = match begin.as_bytes().first() {
        Some(b'{') if begin[1..].trim_start().starts_with(['"', '}']) => object(text),
        Some(b'{' | b'(' | b'#' | b';') => Some(maps(text)),
        Some(b'[') => Some(list(begin, text)),
        _ => None,
    };
    guess.or_else(|| lines(text)).ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
        let start = text.len() - begin.len();
        ImportError::at(text, start, format!("this looks like none of the formats {}; one can be said", names.join(", ")))
    })
}

fn first<'t>(text: &'t str, syntax: Syntax) -> Option<Form<'t>> {
    Forms::new(text, syntax).next().ok().flatten()
}

fn operation(datum: &Datum) -> bool {
    datum.get("type").is_some() && (datum.get("process").is_some() || datum.get("f").is_some() || datum.get("value").is_some())
}

/// A text that begins with a JSON object.
fn object(text: &str) -> Option<Format> {
    let form = first(text, Syntax::Json)?;
    let datum = json::read(&form)?;
    Some(match () {
        () if own::is_header(&datum) => Format::Own,
        () if porcupine::is_watch(&datum) || (datum.get("Call").or(datum.get("call")).is_some() && !operation(&datum)) => {
            Format::PorcupineOperations
        }
        () if datum.get("data").is_some() || datum.get("sessions").is_some() => Format::DbcopJson,
        () => Format::JepsenJson,
    })
}

/// EDN maps: Porcupine's have keys.
fn maps(text: &str) -> Format {
    let form = first(text, Syntax::Edn);
    let datum = form.and_then(|form| edn::read(&form)).unwrap_or(Datum::Nil);
    let f = datum.get("f").and_then(Datum::word);
    let key_value = matches!(f, Some("get" | "put" | "append")) && matches!(datum.get("key"), Some(Datum::Text(_)));
    if key_value { Format::PorcupineKv } else { Format::JepsenEdn }
}

/// A text that begins with a bracket: EDN, JSON, or dbcop's text.
fn list(begin: &str, text: &str) -> Format {
    let word = begin[1..].trim_start();
    let name = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
    if name > 0 && (word[name..].starts_with(":=") || word[name..].starts_with("==")) {
        return Format::DbcopHist;
    }
    let bare: String = word.chars().filter(|c| !c.is_whitespace()).take(2).collect();
    if bare == "]" {
        return Format::JepsenJson;
    }
    let Some(form) = first(text, Syntax::Json).filter(|form| form.text.len() <= text.len()) else { return Format::JepsenEdn };
    match json::read(&form) {
        Some(datum) => match datum.list() {
            // One transaction of dbcop's, or a session of them.
            Some([inner, ..]) if inner.get("events").is_some() => Format::DbcopJson,
            Some([]) if bare == "[]" => Format::DbcopJson,
            _ if datum.get("Call").is_some() || porcupine::is_watch(&datum) => Format::PorcupineOperations,
            _ if form.text.contains(':') || form.text.contains('"') || !form.text.contains(' ') => Format::JepsenJson,
            _ => Format::JepsenEdn,
        },
        None => Format::JepsenEdn,
    }
}

/// Formats that go line by line.
fn lines(text: &str) -> Option<Format> {
    for line in text.lines().take(LINES) {
        let line = line.trim();
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
