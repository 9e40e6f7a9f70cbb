//! The lines of Jepsen's log and of its `history.txt`.
//!
//! A line tells of an operation if it has a process, one of `:invoke`, `:ok`, `:fail` and `:info`, a function, and mostly a value:
//! `INFO  jepsen.util - 3<tab>:ok<tab>:read<tab>nil`. What stands before the process differs between versions, and does not matter. A
//! process that is `nil` or left out is that of nobody.

use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
use super::jepsen::{Events, history};
use super::pairs::{Event, Kind};
use super::steps::Function;
use super::{ImportError, Options, edn};
use crate::observed::Observed;

/// Reads such lines.
pub(super) fn read(text: &str, options: &Options) -> Result<Observed, ImportError> {
    let mut read = Events::default();
    let mut other_lines = 0;
    let mut first = None;
    for (number, line) in text.lines().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let Some(parts) = parts(line) else {
            if !line.trim().is_empty() {
                other_lines += 1;
                first = first.or(Some(number));
            }
            continue;
        };
        let process = parts.process.parse().ok();
        if process.is_none() && !parts.names_nobody() {
            read.others += 1;
            continue;
        }
        let event = Event {
            process,
            kind: parts.kind,
            function: Function::Read,
            key: None,
            value: value(parts.value),
            quiet: false,
            context: None,
            time: None,
            index: None,
            line: number,
            column: 1,
        };
        read.push(event, Some(parts.function))?;
    }
    if let (Some(line), true) = (first, read.events.is_empty() && read.others == 0) {
        let message =
            "no line tells of an operation: process, :invoke, :ok, :fail or :info, function and value, as 0 :ok :read 3";
        return Err(ImportError::in_line(line, message));
    }
    let mut observed = history(read, options, false)?;
    if other_lines > 0 {
        let (tell, left) = if other_lines == 1 { ("line tells", "it is") } else { ("lines tell", "they are") };
        observed.notes.push(format!("{other_lines} {tell} of no operation: {left} left out"));
    }
    Ok(observed)
}

/// The parts of a line.
struct Parts<'l> {
    process: &'l str,
    kind: Kind,
    function: &'l str,
    value: &'l str,
}

impl Parts<'_> {
    /// Whether an operation of a client has no process: it is nil, or what stands in its place ends the name of whoever logs.
    fn names_nobody(&self) -> bool {
        let nobody = matches!(self.process, "" | "nil" | "-") || self.process.ends_with(':');
        nobody && Function::named(self.function).is_some()
    }
}

/// Whether a line tells of an operation.
pub(super) fn tells(line: &str) -> bool {
    parts(line).is_some()
}

/// Whether a line tells of an operation, and of which process.
pub(super) fn tells_process(line: &str) -> bool {
    parts(line).is_some_and(|parts| parts.process.parse::<i64>().is_ok())
}

fn parts(line: &str) -> Option<Parts<'_>> {
    let (at, kind) = [":invoke", ":ok", ":fail", ":info"].into_iter().find_map(|name| {
        let at = line.match_indices(name).map(|(at, _)| at).find(|at| {
            let (before, after) = (line[..*at].chars().next_back(), line[at + name.len()..].chars().next());
            before.is_none_or(char::is_whitespace) && after.is_some_and(char::is_whitespace)
        })?;
        Some((at, name))
    })?;
    let process = line[..at].split_whitespace().next_back().unwrap_or("");
    let rest = line[at + kind.len()..].trim_start();
    let (function, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let function = function.strip_prefix(':')?;
    Some(Parts { process, kind: Kind::named(&kind[1..])?, function, value: value.trim() })
}

/// The value of a line: the first form of the rest; an error may follow it.
fn value(text: &str) -> Datum {
    let mut forms = Forms::new(text, Syntax::Edn);
    // A list at the beginning of the rest is a value, not something around values.
    let whole = text.strip_prefix(['[', '(']).is_some();
    let read = if whole { first_list(text) } else { forms.next().ok().flatten() };
    match read.and_then(|form| edn::read(&form)) {
        Some(datum) => datum,
        _ if text.is_empty() => Datum::Nil,
        _ => Datum::Text(text.to_owned()),
    }
}

fn first_list(text: &str) -> Option<Form<'_>> {
    let mut depth = 0_usize;
    let end = text.bytes().position(|byte| {
        match byte {
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 || depth > super::NESTING_MAX
    })?;
    (depth == 0).then(|| Form { text: &text[..=end], start: 0, line: 1 })
}
