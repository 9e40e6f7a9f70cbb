//! Porcupine's operations as JSON, one on each line: `ClientId`, `Input`, `Call`, `Output`, `Return`.
//!
//! Porcupine itself has no format of files; this is its type `Operation` as Go writes it. Input and output belong to a model: those
//! of etcd's robustness tests are read in [`super::etcd`], those of Porcupine's own registers and key-value stores here, in the
//! spellings that are common. `Call` and `Return` are instants of one clock; equal instants are concurrent.

use super::builder::Builder;
use super::datum::Datum;
use super::forms::{Forms, Syntax};
use super::raw::{Raw, field};
use super::steps::Reading;
use super::{ImportError, NilRead, OPERATIONS_MAX, Options, Start, etcd, json};
use crate::observed::{Call, Model, Observed, Outcome, Returned, Step};

/// What a record holds.
#[derive(Default)]
struct Record {
    raw: Vec<Raw>,
    watches: usize,
    lines: u32,
}

impl Record {
    fn add(&mut self, text: &str) -> Result<(), ImportError> {
        let mut forms = Forms::new(text, Syntax::Json);
        while let Some(form) = forms.next()? {
            let datum = json::read(&form).ok_or_else(|| json::wrong(text, &form))?;
            if is_watch(&datum) {
                self.watches += 1;
                continue;
            }
            let operation = Raw::of(&datum, self.lines.saturating_add(form.line), self.raw.len());
            let message = "this is no operation: it has no Input, Call and Output";
            self.raw.push(operation.ok_or_else(|| ImportError::at(text, form.start, message))?);
            if self.raw.len() > OPERATIONS_MAX {
                return Err(ImportError::at(text, form.start, format!("the history has more than {OPERATIONS_MAX} operations")));
            }
        }
        self.lines = self.lines.saturating_add(u32::try_from(text.lines().count()).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// Whether this is what a watch of etcd was told.
pub(super) fn is_watch(datum: &Datum) -> bool {
    datum.get("Request").is_some() && datum.get("Responses").is_some()
}

/// Reads one history from one or several files.
pub(super) fn read(texts: &[&str], options: &Options) -> Result<Observed, ImportError> {
    let mut record = Record::default();
    for text in texts {
        record.add(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    }
    let Record { mut raw, watches, .. } = record;
    raw.sort_by_key(|operation| operation.call);
    let model = if raw.is_empty() || raw.iter().any(|operation| etcd::is(&operation.input)) {
        Model::Register
    } else {
        generic_model(&raw)?
    };
    if options.model.is_some_and(|said| said != model && !(said == Model::CasRegister && model == Model::Register)) {
        let said = options.model.map_or("", Model::name);
        return Err(ImportError::whole(format!("the operations are of the model {}, not of {said}", model.name())));
    }
    let mut builder = Builder::new(options.model.unwrap_or(model), true);
    // Porcupine's own key-value model numbers what is done, and its keys hold the empty text at first.
    let mut text = model == Model::AppendText || raw.iter().any(|operation| numbered(&operation.input));
    builder.note_some(
        watches,
        "record of a watch is left out: a watch is told what was written, and does nothing itself",
        "records of watches are left out: a watch is told what was written, and does nothing itself",
    );
    let unnamed = raw.iter().filter(|operation| operation.client.is_none()).count();
    builder.sessions_missing(unnamed, raw.len());
    if texts.len() > 1 {
        builder.note(format!("{} files make one history", texts.len()));
    }
    if raw.iter().any(|operation| etcd::is(&operation.input)) {
        etcd::add_all(&mut builder, &raw)?;
    } else {
        let first = raw.first().map_or(0, |operation| operation.call);
        for operation in &raw {
            let (step, outcome) = generic(&mut builder, operation, model, Reading::nil_of(options))?;
            let frame = operation.frame(&mut builder, first, outcome);
            text &= step.call != Call::Read(Returned::Absent);
            builder.add(frame, [step])?;
        }
    }
    builder.done(options, &if text { Start::Value(String::new()) } else { Start::Absent })
}

/// What an operation of Porcupine's own models does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Get,
    Put,
    Append,
    Cas,
}

/// What an input says is done.
fn op(input: &Datum) -> Option<&Datum> {
    field(input, &["Op", "op", "Type", "type", "Kind", "kind", "F", "f", "Operation", "operation"])
}

fn numbered(input: &Datum) -> bool {
    matches!(op(input), Some(Datum::Int(_)))
}

fn does(input: &Datum) -> Option<Does> {
    Some(match op(input)? {
        // The numbers of Porcupine's key-value model.
        Datum::Int(0) => Does::Get,
        Datum::Int(1) => Does::Put,
        Datum::Int(2) => Does::Append,
        other => match other.word()?.to_ascii_lowercase().as_str() {
            "get" | "read" | "r" => Does::Get,
            "put" | "write" | "set" | "w" => Does::Put,
            "append" => Does::Append,
            "cas" | "compare-and-set" => Does::Cas,
            _ => return None,
        },
    })
}

fn generic_model(raw: &[Raw]) -> Result<Model, ImportError> {
    let mut model = Model::Register;
    for operation in raw {
        match does(&operation.input) {
            Some(Does::Append) => model = Model::AppendText,
            Some(Does::Cas) if model == Model::Register => model = Model::CasRegister,
            Some(_) => {}
            None => {
                let message =
                    "the input of this operation is of no model that is known here: etcd's requests, or Op, Key and Value";
                return Err(ImportError::in_line(operation.line, message));
            }
        }
    }
    Ok(model)
}

fn generic(builder: &mut Builder, operation: &Raw, model: Model, nil: NilRead) -> Result<(Step, Outcome), ImportError> {
    let Raw { input, output, line, .. } = operation;
    let key = builder.key(field(input, &["Key", "key"]).unwrap_or(&Datum::Text("register".to_owned())));
    let value = field(input, &["Value", "value", "Arg", "arg"]).unwrap_or(&Datum::Nil);
    let result = match output {
        Datum::Map(_) => field(output, &["Value", "value", "Result", "result"]).unwrap_or(&Datum::Nil),
        scalar => scalar,
    };
    let truth = |names: &[&str]| field(output, names).map(|datum| *datum == Datum::Bool(true));
    let error = field(output, &["Error", "error", "err"])
        .is_some_and(|e| !matches!(e, Datum::Nil | Datum::Bool(false)) && e.to_string() != "");
    let unknown = truth(&["Unknown", "unknown"]) == Some(true) || error || operation.end.is_none();
    let failed = !unknown && truth(&["Ok", "ok", "Success", "success"]) == Some(false);
    let outcome = match (unknown, failed) {
        (true, _) => Outcome::Info,
        (_, true) => Outcome::Fail,
        _ => Outcome::Ok,
    };
    let absent = truth(&["Exists", "exists"]) == Some(false) || result.is_nil();
    let call = match does(input) {
        Some(Does::Get) if outcome != Outcome::Ok => Call::Read(Returned::Unknown),
        Some(Does::Get) if absent && model != Model::AppendText && nil == NilRead::Absent => Call::Read(Returned::Absent),
        Some(Does::Get) if absent => Call::Read(Returned::Unknown),
        Some(Does::Get) => Call::Read(Returned::Value(builder.value(result))),
        Some(Does::Append) => Call::Append(builder.value(value)),
        Some(Does::Cas) => {
            let expected = field(input, &["From", "from", "Old", "old", "Expected", "expected"]);
            let new = field(input, &["To", "to", "New", "new"]).or(Some(value));
            let (Some(expected), Some(new)) = (expected, new) else {
                return Err(ImportError::in_line(*line, "a compare-and-set does not say what it expects"));
            };
            Call::CompareAndSet(builder.value(expected), builder.value(new))
        }
        Some(Does::Put) | None => Call::Write(builder.value(value)),
    };
    Ok((Step { key, call, version: None }, outcome))
}
