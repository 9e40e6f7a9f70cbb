//! EDN, read form by form with the crate `clojure-reader`, and what that crate does not take.
//!
//! It refuses `\b`, `\f` and the numbers of letters (`\u0041`) in texts, whole numbers that need more than 64 bits, `1N` and `1.5M`,
//! `##NaN`, and tags that are no symbols; it takes metadata (`^x`) for a symbol. Records have all of these, mostly where nobody
//! looks: in exceptions and in what the nemesis says. So a form that is refused is written anew without them, and read again.

use clojure_reader::edn::{self, Edn};
use clojure_reader::error::Code;

use super::ImportError;
use super::datum::Datum;
use super::forms::Form;

/// Reads one form, if it is one.
pub(super) fn read(form: &Form<'_>) -> Option<Datum> {
    let whole = |text| edn::read(text).ok().filter(|(_, rest)| rest.trim().is_empty()).map(|(edn, _)| datum(&edn));
    if !form.text.contains('^')
        && let Some(datum) = whole(form.text)
    {
        return Some(datum);
    }
    whole(&plain(form.text))
}

/// What is wrong with a form, as it stands in the record.
pub(super) fn wrong(whole: &str, form: &Form<'_>) -> ImportError {
    let error = match edn::read(form.text) {
        Err(error) => error,
        Ok((_, rest)) => {
            return ImportError::at(whole, form.start + form.text.len() - rest.len(), "this is no EDN");
        }
    };
    let message = match error.code {
        Code::HashMapDuplicateKey => "a map has the same key twice",
        Code::SetDuplicateKey => "a set has the same element twice",
        Code::InvalidChar => "this is no character",
        Code::InvalidEscape => "this escape is unknown",
        Code::InvalidKeyword => "a keyword has no name",
        Code::InvalidNumber | Code::InvalidRadix(_) => "this is no number",
        Code::InvalidTag => "this is no tag",
        Code::UnexpectedEOF => "this ends too early; a map needs a value for every key",
        _ => "this is no EDN",
    };
    ImportError::at(whole, form.start + error.ptr.unwrap_or(0), message)
}

fn datum(edn: &Edn<'_>) -> Datum {
    match edn {
        Edn::Nil => Datum::Nil,
        Edn::Bool(b) => Datum::Bool(*b),
        Edn::Int(n) => Datum::Int(*n),
        // In Clojure `(= 1 1.0)` is false: a number with a point keeps it.
        Edn::Double(n) => Datum::Number(format!("{n:?}")),
        Edn::Rational((n, d)) => Datum::Number(format!("{n}/{d}")),
        Edn::Char(c) => Datum::Text(c.to_string()),
        Edn::Key(text) => Datum::Keyword(text.to_string()),
        Edn::Symbol(text) | Edn::Str(text) => Datum::Text(text.to_string()),
        Edn::Vector(items) | Edn::List(items) => Datum::List(items.iter().map(datum).collect()),
        Edn::Set(items) => Datum::Set(items.iter().map(datum).collect()),
        Edn::Map(entries) => Datum::Map(entries.iter().map(|(key, value)| (datum(key), datum(value))).collect()),
        Edn::Tagged(_, inner) => datum(inner),
        other => Datum::Number(other.to_string()),
    }
}

/// The form without what the crate refuses: such numbers become texts, escapes become the letters they stand for, metadata and
/// tags go.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest, &mut out),
            ';' => rest.find('\n').unwrap_or(rest.len()),
            '^' | '\'' | '@' | '`' | '~' => {
                // Of metadata only the sign goes: what follows would be a form of its own, so it is discarded.
                if first == '^' {
                    out.push_str("#_");
                }
                1
            }
            '\\' => character(rest, &mut out),
            '#' if rest.starts_with("##") => {
                let length = 2 + word(&rest[2..]);
                out.extend(["\"", &rest[2..length], "\""]);
                length
            }
            '#' if rest.starts_with("#_") || rest.starts_with("#{") => {
                out.push_str(&rest[..2]);
                2
            }
            '#' => {
                out.push(' ');
                word(&rest[1..]) + 1
            }
            _ if first.is_whitespace() || "()[]{},".contains(first) => {
                out.push(first);
                first.len_utf8()
            }
            _ => {
                let length = word(rest).max(first.len_utf8());
                number(&rest[..length], &mut out);
                length
            }
        };
        rest = rest.get(length..).unwrap_or("");
    }
    out
}

/// How many bytes the word at the beginning has.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "()[]{},;\"".contains(c)).unwrap_or(text.len())
}

/// Writes a word; a number that the crate cannot read is written as a text of its digits, or as the number it is.
fn number(word: &str, out: &mut String) {
    let digits = word.trim_start_matches(['+', '-']);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit()) && edn::read(word).is_err();
    let whole = word.strip_suffix(['N', 'M']).unwrap_or(word);
    match (numeric, whole.parse::<i64>()) {
        (false, _) => out.push_str(word),
        (true, Ok(n)) => out.push_str(&n.to_string()),
        (true, Err(_)) => out.push_str(&format!("\"{}\"", whole.replace(['\\', '"'], ""))),
    }
}

/// Writes a text without the escapes that the crate refuses; how many bytes it has.
fn quoted(text: &str, out: &mut String) -> usize {
    out.push('"');
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                out.push('"');
                return at + 1;
            }
            '\\' => match letters.next() {
                Some((_, c @ ('t' | 'r' | 'n' | '\\' | '"'))) => {
                    out.push('\\');
                    out.push(c);
                }
                Some((at, 'u')) => {
                    let code = text.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    if code.is_some() {
                        letters.nth(3);
                    }
                    out.push(code.and_then(char::from_u32).filter(|c| !matches!(c, '"' | '\\')).unwrap_or('\u{fffd}'));
                }
                Some((_, c)) => out.push(c),
                None => break,
            },
            c => out.push(c),
        }
    }
    text.len()
}

/// Writes a character as a text; how many bytes it has.
fn character(text: &str, out: &mut String) -> usize {
    let first = text[1..].chars().next().map_or(0, char::len_utf8);
    let length = 1 + first + text.get(1 + first..).map_or(0, word);
    let name = &text[1..length];
    let letter = match name.strip_prefix('u').filter(|hex| hex.len() == 4).map(|hex| u32::from_str_radix(hex, 16)) {
        Some(Ok(code)) => char::from_u32(code).unwrap_or('\u{fffd}').to_string(),
        _ => name.to_owned(),
    };
    out.push_str(&format!("\"{}\"", letter.replace(['\\', '"'], "")));
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Result<Datum, ImportError> {
        let form = Form { text, start: 0, line: 1 };
        read(&form).ok_or_else(|| wrong(text, &form))
    }

    #[test]
    fn what_the_crate_refuses_is_read() {
        for (text, expected) in [
            (r#""a\u0041\b""#, "aAb"),
            ("123N", "123"),
            ("99999999999999999999N", "99999999999999999999"),
            ("[##NaN ##-Inf]", "[\"NaN\" \"-Inf\"]"),
            ("[^:meta {:a 1} ^{:b 2} x]", "[{:a 1} \"x\"]"),
            ("#jepsen.history.Op{:f :read}", "{:f :read}"),
            ("[#object[java.Foo 0x3b \"x\"] #error{:cause \"\\u0022\"}]", "[[\"java.Foo\" 59 \"x\"] {:cause \"\u{fffd}\"}]"),
            (r"[\u0041 \a \newline ##NaN]", "[\"A\" \"a\" \"newline\" \"NaN\"]"),
            ("1.50M", "1.50"),
            ("#_ignored 5", "5"),
        ] {
            assert_eq!(read_one(text).map(|d| d.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_edn_is_told_with_its_place() {
        for (text, column, expected) in [("{:a 1 :a 2}", 11, "twice"), ("{:a}", 4, "every key"), ("[: 1]", 2, "no name")] {
            let error = read_one(text).expect_err(text);
            assert!(error.message.contains(expected) && error.column == column, "{text}: {error}");
        }
    }
}
