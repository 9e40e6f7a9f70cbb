//! Which format a record is in, seen from its beginning.

use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
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

/// Whether one of the first forms is an operation, or cannot be read: what is wrong with it is told by the reader of its format.
fn has_operations(text: &str, syntax: Syntax) -> bool {
    let mut forms = Forms::new(text, syntax);
    let read = |form: &Form<'_>| if syntax == Syntax::Edn { edn::read(form) } else { json::read(form) };
    for _ in 0..FORMS {
        match forms.next() {
            Ok(None) => return false,
            Ok(Some(form)) => match read(&form) {
                Some(Datum::List(items)) if (3..=5).contains(&items.len()) => return true,
                Some(datum) if !operation(&datum) => {}
                _ => return true,
            },
            Err(_) => return true,
        }
    }
    false
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
    let Some(datum) = json::read(&form) else { return Some(Format::JepsenJson) };
    Some(match () {
        () if own::is_header(&datum) => Format::Own,
        () if porcupine::is_watch(&datum) || (datum.get("Call").or(datum.get("call")).is_some() && !operation(&datum)) => {
            Format::PorcupineOperations
        }
        () if ["data", "sessions"].iter().any(|name| datum.get(name).is_some_and(|data| data.list().is_some())) => {
            Format::DbcopJson
        }
        () if has_operations(text, Syntax::Json) => Format::JepsenJson,
        () => return None,
    })
}

/// EDN maps: Porcupine's have keys.
fn maps(text: &str) -> Option<Format> {
    let form = first(text, Syntax::Edn);
    let datum = form.and_then(|form| edn::read(&form)).unwrap_or(Datum::Nil);
    let f = datum.get("f").and_then(Datum::word);
    let key_value = matches!(f, Some("get" | "put" | "append")) && matches!(datum.get("key"), Some(Datum::Text(_)));
    match key_value {
        true => Some(Format::PorcupineKv),
        false => has_operations(text, Syntax::Edn).then_some(Format::JepsenEdn),
    }
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
    let edn = || has_operations(text, Syntax::Edn).then_some(Format::JepsenEdn);
    let Some(form) = first(text, Syntax::Json).filter(|form| form.text.len() <= text.len()) else { return edn() };
    let Some(datum) = json::read(&form) else { return edn() };
    match datum.list() {
        // One transaction of dbcop's, or a session of them.
        Some([inner, ..]) if inner.get("events").is_some() => Some(Format::DbcopJson),
        Some([]) if bare == "[]" => Some(Format::DbcopJson),
        _ if datum.get("Call").is_some() || porcupine::is_watch(&datum) => Some(Format::PorcupineOperations),
        _ if form.text.contains(':') || form.text.contains('"') || !form.text.contains(' ') => {
            has_operations(text, Syntax::Json).then_some(Format::JepsenJson)
        }
        _ => edn(),
    }
}

/// Formats that go line by line.
fn lines(text: &str) -> Option<Format> {
    let mut seen = 0;
    for line in text.lines() {
        seen += line.len();
        if seen > LINES {
            break;
        }
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
