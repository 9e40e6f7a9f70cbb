//! Data as EDN and JSON write it, without the difference between the two.
//!
//! JSON has no keywords and no symbols, and makes every key of a map a text. So that the same history means the same in both,
//! keywords, symbols and texts are one kind here.

use std::fmt;

/// A datum.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    Nil,
    Bool(bool),
    Int(i64),
    /// A number that is no small whole one, as it is written.
    Number(String),
    /// A text or a symbol.
    Text(String),
    /// A keyword of EDN, without its colon: no text is equal to it.
    Keyword(String),
    List(Vec<Datum>),
    Set(Vec<Datum>),
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    /// What a map has under a name.
    pub(super) fn get(&self, name: &str) -> Option<&Datum> {
        let Datum::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key.word() == Some(name)).map(|(_, value)| value)
    }

    /// The same, if it is there and not nil.
    pub(super) fn some(&self, name: &str) -> Option<&Datum> {
        self.get(name).filter(|datum| **datum != Datum::Nil)
    }

    /// A word: a keyword or a text, without the colon that JSON may have kept.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(bare(text)),
            Datum::Keyword(text) => Some(text),
            _ => None,
        }
    }

    /// As somebody would write it who wants it to be read as it is.
    pub(super) fn quoted(&self) -> String {
        match self {
            Datum::Text(text) | Datum::Keyword(text) => serde_json::Value::from(text.as_str()).to_string(),
            other => other.to_string(),
        }
    }

    pub(super) fn list(&self) -> Option<&[Datum]> {
        match self {
            Datum::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a list or a set.
    pub(super) fn items(&self) -> Option<&[Datum]> {
        match self {
            Datum::List(items) | Datum::Set(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Datum::Int(n) => Some(*n),
            Datum::Text(text) | Datum::Keyword(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Why it is no whole number that can be counted with.
    pub(super) fn no_number(&self) -> String {
        let (Datum::Number(text) | Datum::Text(text)) = self else { return "is no whole number".to_owned() };
        let digits = text.trim_start_matches(['-', '+']).trim_end_matches('N');
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole { "needs more than 64 bits".to_owned() } else { "is no whole number".to_owned() }
    }

    pub(super) fn is_nil(&self) -> bool {
        *self == Datum::Nil
    }

    /// A text that only equal data have.
    pub(super) fn identity(&self) -> String {
        match self {
            Datum::Text(text) => format!("\"{text}"),
            Datum::Keyword(text) => format!(":{text}"),
            Datum::Int(n) => n.to_string(),
            other => other.to_string(),
        }
    }
}

fn bare(text: &str) -> &str {
    text.strip_prefix(':').unwrap_or(text)
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn items<'d>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = &'d Datum>) -> fmt::Result {
            for (n, item) in items.enumerate() {
                let gap = if n > 0 { " " } else { "" };
                match item {
                    Datum::Text(text) => write!(f, "{gap}{text:?}")?,
                    Datum::Keyword(text) => write!(f, "{gap}:{text}")?,
                    other => write!(f, "{gap}{other}")?,
                }
            }
            Ok(())
        }
        match self {
            Datum::Nil => f.write_str("nil"),
            Datum::Bool(b) => b.fmt(f),
            Datum::Int(n) => n.fmt(f),
            Datum::Number(text) | Datum::Text(text) | Datum::Keyword(text) => f.write_str(text),
            Datum::List(list) => {
                f.write_str("[")?;
                items(f, list.iter())?;
                f.write_str("]")
            }
            Datum::Set(set) => {
                f.write_str("#{")?;
                items(f, set.iter())?;
                f.write_str("}")
            }
            Datum::Map(entries) => {
                f.write_str("{")?;
                items(f, entries.iter().flat_map(|(key, value)| [key, value]))?;
                f.write_str("}")
            }
        }
    }
}
