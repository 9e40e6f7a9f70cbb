//! JSON, read form by form, so that every operation has its line.

use serde_json::Value;

use super::ImportError;
use super::datum::Datum;
use super::forms::Form;

/// Reads one form, if it is one. Nesting was bounded when its end was looked for.
pub(super) fn read(form: &Form<'_>) -> Option<Datum> {
    serde_json::from_str(form.text).ok().map(datum)
}

/// What is wrong with a form, as it stands in the record.
pub(super) fn wrong(whole: &str, form: &Form<'_>) -> ImportError {
    let Err(error) = serde_json::from_str::<Value>(form.text) else {
        return ImportError::at(whole, form.start, "this is no JSON");
    };
    let line = form.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let mut text = error.to_string();
    if let Some(end) = text.rfind(" at line ") {
        text.truncate(end);
    }
    if text == "trailing characters" {
        "something stands behind the end of this JSON".clone_into(&mut text);
    }
    let byte = form.start + line + error.column().saturating_sub(1);
    ImportError::at(whole, byte.min(form.start + form.text.len()), text)
}

/// A JSON value as a datum.
fn datum(value: Value) -> Datum {
    match value {
        Value::Null => Datum::Nil,
        Value::Bool(b) => Datum::Bool(b),
        Value::Number(n) => n.as_i64().map_or_else(|| Datum::Number(n.to_string()), Datum::Int),
        Value::String(text) => Datum::Text(text),
        Value::Array(items) => Datum::List(items.into_iter().map(datum).collect()),
        Value::Object(fields) => Datum::Map(fields.into_iter().map(|(name, value)| (Datum::Text(name), datum(value))).collect()),
    }
}
