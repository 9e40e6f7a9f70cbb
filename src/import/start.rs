//! What keys hold before anything is written, as somebody says it: one value for all of them, or values by key.
//!
//! Where a text could be both, these rules decide, in this order:
//!
//! 1. `nil`, `absent` and `null` say that keys hold nothing, `unknown` that nothing is assumed, `first-read` that the first read tells.
//! 2. What begins with `{` is a map, in JSON or in EDN, from keys to values.
//! 3. What has a `=` that stands in no quotes and in no brackets is by key: parts `KEY=VALUE`, between commas or one in a line.
//! 4. Anything else is one value for all keys, as EDN or JSON writes it, else a plain text.
//!
//! So a value in quotes is a text, whatever it has in it; keys and values with `=` or a comma stand in quotes. Of a key, `nil` says that
//! it holds nothing.

use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
use super::{ImportError, edn, json};

/// How many letters of a wrong part an error shows.
const SHOWN: usize = 40;

/// What keys are said to hold before anything is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing.
    Absent,
    /// This value, as EDN or JSON writes it.
    Value(String),
    /// Whatever explains the history.
    Unknown,
    /// What the first read returns that ended well.
    FirstRead,
    /// These keys these values, as EDN or JSON writes them, `nil` for nothing; all others what is usual.
    ByKey(Vec<(String, String)>),
}

impl Start {
    /// Reads `nil`, `absent`, `unknown`, `first-read`, a value, or values by key: `KEY=VALUE,KEY=VALUE`, one in a line, or a map in EDN
    /// or JSON. A text that begins with `{`, or has a bare `=`, is by key; as a value it stands in quotes.
    ///
    /// # Errors
    /// If a text that is by key is no map, or has a part that is not `KEY=VALUE`; with the place in the text.
    pub fn of(text: &str) -> Result<Start, ImportError> {
        let whole = text.trim();
        Ok(match whole {
            "unknown" => Start::Unknown,
            "first-read" => Start::FirstRead,
            whole if says_nothing(whole) => Start::Absent,
            whole if whole.starts_with('{') => Start::ByKey(map(text)?),
            _ => match pairs(text)? {
                Some(values) => Start::ByKey(values),
                None => Start::Value(text.to_owned()),
            },
        })
    }
}

/// Whether a word says that a key holds nothing.
pub(super) fn says_nothing(word: &str) -> bool {
    matches!(word, "nil" | "absent" | "null")
}

/// A value as somebody writes it on the command line: EDN or JSON, else a text.
pub(super) fn datum(text: &str) -> Datum {
    let mut forms = Forms::new(text, Syntax::Edn);
    let form = match forms.next() {
        Ok(Some(form)) if form.text.len() == text.trim().len() => Some(form),
        _ => None,
    };
    let read = form.and_then(|form| edn::read(&form));
    read.unwrap_or_else(|| Datum::Text(text.to_owned()))
}

/// The values of a map.
fn map(text: &str) -> Result<Vec<(String, String)>, ImportError> {
    let mut forms = Forms::new(text, Syntax::Edn);
    let Some(form) = forms.next()? else { return Err(ImportError::at(text, 0, "this is no map")) };
    if let Some(more) = forms.next()? {
        return Err(ImportError::at(text, more.start, "something stands behind the map"));
    }
    // To EDN the JSON {"a":1} would be a map to the keyword :1.
    let Some(Datum::Map(entries)) = json::read(&form).or_else(|| edn::read(&form)) else { return Err(no_map(text, &form)) };
    if entries.is_empty() {
        return Err(ImportError::at(text, form.start, "this map has no keys"));
    }
    Ok(entries.iter().map(|(key, value)| (key.quoted(), value.quoted())).collect())
}

/// What is wrong with a form that should be a map, as the language has it that it looks like.
fn no_map(text: &str, form: &Form<'_>) -> ImportError {
    let packed: String = form.text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if packed.contains("\":") { json::wrong(text, form) } else { edn::wrong(text, form) }
}

/// The values of parts `KEY=VALUE`; none if no `=` stands outside of quotes and brackets.
fn pairs(text: &str) -> Result<Option<Vec<(String, String)>>, ImportError> {
    if !text.contains('=') {
        return Ok(None);
    }
    let parts = split(text, 0..text.len(), |letter| letter == ',' || letter == '\n')?;
    let mut values = Vec::new();
    let mut bare = false;
    for (at, part) in parts.iter().filter(|(_, part)| !part.trim().is_empty()) {
        let sides = split(text, *at..at + part.len(), |letter| letter == '=')?;
        bare |= sides.len() > 1;
        values.push((at + part.len() - part.trim_start().len(), sides));
    }
    if !bare {
        return Ok(None);
    }
    values.iter().map(|(at, sides)| pair(text, *at, sides)).collect::<Result<_, _>>().map(Some)
}

/// One key with its value.
fn pair(text: &str, at: usize, sides: &[(usize, &str)]) -> Result<(String, String), ImportError> {
    let wrong = |message: String| Err(ImportError::at(text, at, message));
    let [(_, key), (_, value)] = sides else {
        let (first, last) = (sides.first().map_or(at, |(at, _)| *at), sides.last().map_or(at, |(at, side)| at + side.len()));
        let part = shown(&text[first..last]);
        return wrong(match sides.len() {
            1 => format!("'{part}' is not KEY=VALUE, as other parts are; a key or a value with a comma in it stands in quotes"),
            _ => format!("'{part}' has more than one =; a key or a value with = in it stands in quotes"),
        });
    };
    match (key.trim(), value.trim()) {
        ("", value) => wrong(format!("no key stands before the = of '={}'", shown(value))),
        (key, "") => wrong(format!("no value stands behind the = of '{}='; the empty text is \"\"", shown(key))),
        (_, value @ ("unknown" | "first-read")) => {
            wrong(format!("of a key its value is said, or nil, but not {value}; as a text it stands in quotes"))
        }
        (key, value) => Ok((key.to_owned(), value.to_owned())),
    }
}

fn shown(part: &str) -> String {
    let part = part.trim();
    part.char_indices().nth(SHOWN).map_or(part.to_owned(), |(end, _)| format!("{}…", &part[..end]))
}

/// The parts of a piece of a text between such letters that stand in no quotes and in no brackets, and where they begin.
fn split(text: &str, piece: std::ops::Range<usize>, separates: impl Fn(char) -> bool) -> Result<Vec<(usize, &str)>, ImportError> {
    let (mut parts, mut start) = (Vec::new(), piece.start);
    let (mut opened, mut quote, mut escaped) = (Vec::new(), None, false);
    for (at, letter) in text[piece.clone()].char_indices().map(|(at, letter)| (piece.start + at, letter)) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote.is_some() => escaped = true,
            '"' => quote = if quote.is_some() { None } else { Some(at) },
            _ if quote.is_some() => {}
            '[' | '(' | '{' => opened.push(at),
            ']' | ')' | '}' => {
                opened.pop();
            }
            letter if opened.is_empty() && separates(letter) => {
                parts.push((start, &text[start..at]));
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    let open = quote.map(|at| (at, "this quote is not closed")).or(opened.first().map(|at| (*at, "this bracket is not closed")));
    if let Some((at, message)) = open {
        return Err(ImportError::at(text, at, message));
    }
    parts.push((start, &text[start..piece.end]));
    Ok(parts)
}
