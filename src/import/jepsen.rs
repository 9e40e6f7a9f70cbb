//! Jepsen's histories, as maps or tuples in EDN or JSON; and what is common to all of Jepsen's formats.
//!
//! `:ok` happened, `:fail` did not, `:info` may happen at any later time, and what never ended is like `:info`. Only whole numbers
//! are processes of clients: the nemesis and others are left out, and counted.

use std::collections::BTreeMap;

use super::builder::{Builder, Frame};
use super::datum::Datum;
use super::forms::{Columns, Form, Forms, Syntax};
use super::pairs::{self, Event, Joined, Kind, Pair};
use super::reading::{paired, reading};
use super::steps::{self, Function, Reading, Whole};
use super::{FailedCas, ImportError, NilRead, OPERATIONS_MAX, Options, Start, edn, json, workloads};
use crate::observed::{Call, Initial, Key, Model, Observed, Outcome, Returned};

/// Reads EDN.
pub(super) fn edn(text: &str, options: &Options, key_value: bool) -> Result<Observed, ImportError> {
    read(text, Syntax::Edn, (edn::read, edn::wrong), options, key_value)
}

/// Reads JSON.
pub(super) fn json(text: &str, options: &Options) -> Result<Observed, ImportError> {
    read(text, Syntax::Json, (json::read, json::wrong), options, false)
}

/// Reads a form, and says what is wrong with one that cannot be read: places cost a look at the whole text.
type Reader = (fn(&Form<'_>) -> Option<Datum>, fn(&str, &Form<'_>) -> ImportError);

fn read(text: &str, syntax: Syntax, reader: Reader, options: &Options, key_value: bool) -> Result<Observed, ImportError> {
    let mut events = Events::default();
    let mut forms = Forms::new(text, syntax);
    let mut columns = Columns::default();
    while let Some(form) = forms.next()? {
        if forms.lists() > 1 {
            let message = "a second list of operations begins here: a record holds one history, and each needs a file of its own";
            return Err(ImportError::at(text, form.start, message));
        }
        match reader.0(&form) {
            Some(datum) => events.add(&datum, (form.line, columns.of(text, &form)))?,
            // What the nemesis says may be anything, and nobody needs it.
            None if form.text.contains("nemesis") => events.others += 1,
            None => return Err(reader.1(text, &form)),
        }
    }
    history(events, options, key_value)
}

/// The events of a record, as they are read.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) events: Vec<Event>,
    /// How many are not of clients.
    pub(super) others: usize,
    /// How many have no type of an operation.
    pub(super) unknown: usize,
    /// Whether some reads are those of Jepsen's causal register, which begins with 0.
    causal: bool,
    /// Functions whose values were those of transactions.
    of_transactions: Vec<Function>,
    /// What each process began last.
    begun: BTreeMap<Option<i64>, Function>,
}

impl Events {
    /// Adds a map, or a tuple `[process type f value]`, with the line and the column in which it begins.
    fn add(&mut self, datum: &Datum, (line, column): (u32, u32)) -> Result<(), ImportError> {
        let wrong = |message: &str| ImportError { line: line as usize, column: column as usize, message: message.to_owned() };
        let (process, kind, f, value) = match datum {
            Datum::Map(_) => (datum.get("process"), datum.get("type"), datum.get("f"), datum.get("value")),
            Datum::List(items) if (3..=5).contains(&items.len()) => (items.first(), items.get(1), items.get(2), items.get(3)),
            _ => return Err(wrong("this is no map and no [process type f value], so it is no operation")),
        };
        let Some(kind) = kind.and_then(Datum::word) else {
            return Err(wrong("this has no type (invoke, ok, fail or info), so it is no operation"));
        };
        let process = process.filter(|process| !process.is_nil());
        if process.is_some_and(|process| process.int().is_none()) {
            self.others += 1;
            return Ok(());
        }
        let Some(kind) = Kind::named(kind) else {
            self.unknown += 1;
            return Ok(());
        };
        let time = datum.get("time").and_then(Datum::int).and_then(|time| u64::try_from(time).ok());
        let event = Event {
            process: process.and_then(Datum::int),
            kind,
            function: Function::Transaction,
            key: datum.some("key").cloned(),
            value: value.cloned().unwrap_or(Datum::Nil),
            quiet: datum.get("final?") == Some(&Datum::Bool(true)),
            context: datum.some("context").cloned(),
            time,
            index: datum.get("index").and_then(Datum::int),
            line,
            column,
        };
        self.push(event, f.and_then(Datum::word))
    }

    /// Adds an event of the function with this name. Without one an end is of what its process began last, and a beginning is a
    /// transaction, as in Elle's examples; so is what has the value of one, whatever its name.
    pub(super) fn push(&mut self, mut event: Event, f: Option<&str>) -> Result<(), ImportError> {
        let begun = self.begun.get(&event.process).copied().filter(|_| event.kind != Kind::Invoke);
        self.causal |= f == Some("read-init");
        let named = f.and_then(Function::named);
        let by_name = named.or(begun.filter(|_| f.is_none()));
        event.function = match f {
            // What a compare-and-set expects and what it writes may be lists of any kind.
            _ if by_name != Some(Function::Cas) && steps::is_transaction(&event.value) => {
                self.of_transactions.extend(by_name.filter(|function| !self.of_transactions.contains(function)));
                Function::Transaction
            }
            // An end of a function that nobody knows may leave its value out.
            Some(name) => named
                .or(begun.filter(|begun| *begun == Function::Transaction))
                .ok_or_else(|| event.wrong(steps::foreign(name)))?,
            None => begun.unwrap_or(event.function),
        };
        if event.kind == Kind::Invoke {
            self.begun.insert(event.process, event.function);
        }
        if self.events.len() >= 2 * OPERATIONS_MAX {
            return Err(event.wrong(format!("the history has more than {OPERATIONS_MAX} operations")));
        }
        self.events.push(event);
        Ok(())
    }
}

/// Makes transactions of what has no value to be told by: events that leave it out, or may say anything, of a function whose other values are
/// those of transactions.
fn tell_by_others(events: &mut [Event], of_transactions: &[Function]) {
    for event in events.iter_mut().filter(|event| of_transactions.contains(&event.function)) {
        let empty = event.value.is_nil() || event.value.list().is_some_and(<[Datum]>::is_empty);
        if empty || matches!(event.kind, Kind::Fail | Kind::Info) {
            event.function = Function::Transaction;
        }
    }
}

/// The history of events.
pub(super) fn history(read: Events, options: &Options, key_value: bool) -> Result<Observed, ImportError> {
    let Events { mut events, others, unknown, causal, of_transactions, .. } = read;
    // In Jepsen's causal register nil tells nothing.
    let options = &Options { nil: options.nil.or(causal.then_some(NilRead::Unknown)), ..options.clone() };
    let reordered = pairs::order(&mut events);
    tell_by_others(&mut events, &of_transactions);
    let joined = pairs::join(&events, paired(&events))?;
    let reading = reading(&events, options, key_value)?;
    let timeless = !events.is_empty() && events.iter().all(|event| event.kind != Kind::Invoke);
    let mut builder = Builder::new(reading.model, !timeless);
    let unnamed = joined.pairs.iter().filter(|pair| pair.any().is_some_and(|at| events[at].process.is_none())).count();
    builder.sessions_missing(unnamed, joined.pairs.len());
    notes(&mut builder, &joined, (others, unknown), &events, options);
    workloads::notes(&mut builder, reading, &events);
    if causal {
        builder.note(match options.initial {
            None | Some(Start::ByKey(_)) => {
                "reads are those of Jepsen's causal register (read-init): keys begin with 0, and nil tells nothing"
            }
            Some(_) => "reads are those of Jepsen's causal register (read-init): nil tells nothing",
        });
    }
    if reordered {
        builder.note("the order is that of :index, which is not that of the lines");
    }
    if timeless {
        builder.note(if unnamed == joined.pairs.len() {
            "no operation has a beginning, so that no order is known"
        } else {
            "no operation has a beginning, so that only the order within processes is known"
        });
    }
    for (place, pair) in joined.pairs.iter().enumerate() {
        add(&mut builder, reading, &events, *pair, (place, timeless))?;
    }
    let locks = events.iter().any(|event| matches!(event.function, Function::Acquire | Function::Release));
    workloads::refuse_initial(reading.model, options)?;
    let start = match (locks, key_value || reading.model == Model::AppendText) {
        (true, _) => Start::Value(steps::open_lock()),
        (_, true) => Start::Value(String::new()),
        _ if causal => Start::Value("0".to_owned()),
        _ => workloads::start(reading.model),
    };
    // Where nil is written, it is a value like others, and the first one.
    let first = |start: Start| match start {
        Start::Absent if reading.nil_is_written => Start::Value("nil".to_owned()),
        start => start,
    };
    let options = Options { initial: options.initial.clone().map(first), ..options.clone() };
    let mut history = builder.done(&options, &first(start))?;
    if options.nil.is_none() {
        forget_nil(&mut history);
    }
    Ok(history)
}

/// A key that is said to begin with a value never holds nothing, so that a read of nil tells nothing of it: see [`Reading::nil_of`].
fn forget_nil(history: &mut Observed) {
    let by_key = &history.initial_by_key;
    let own = |key: Key| by_key.binary_search_by_key(&key, |(key, _)| *key).ok().map(|at| by_key[at].1);
    for step in history.steps.iter_mut().filter(|step| step.call == Call::Read(Returned::Absent)) {
        if matches!(own(step.key), Some(Initial::Value(_))) {
            step.call = Call::Read(Returned::Unknown);
        }
    }
}

fn add(
    builder: &mut Builder,
    reading: Reading,
    events: &[Event],
    pair: Pair,
    (place, timeless): (usize, bool),
) -> Result<(), ImportError> {
    let (start, end) = (pair.start.map(|at| &events[at]), pair.end.map(|at| &events[at]));
    let Some(any) = start.or(end) else { return Ok(()) };
    let outcome = match end.map(|event| event.kind) {
        Some(Kind::Ok) => Outcome::Ok,
        Some(Kind::Fail) => Outcome::Fail,
        _ => Outcome::Info,
    };
    let at = |event: Option<usize>| event.map_or(0, |at| at as u64 + 1);
    let told = end.filter(|event| event.kind == Kind::Ok).map(|event| &event.value);
    let whole = Whole {
        function: any.function,
        key: any.key.as_ref().or_else(|| end.and_then(|event| event.key.as_ref())),
        asked: start.map_or(if told.is_some() { &Datum::Nil } else { &any.value }, |event| &event.value),
        told,
        quiet: any.quiet,
        line: any.line,
    };
    let steps = steps::steps(builder, reading, whole).map_err(|error| any.wrong(error.message))?;
    let frame = Frame {
        session: match any.process {
            Some(process) => builder.session(&process.to_string()),
            None => builder.session_of_its_own(place, any.line),
        },
        // Without a beginning it may have begun before anything else; without any, only its place is known.
        invoked: if timeless { place as u64 } else { at(pair.start) },
        completed: end.filter(|_| outcome != Outcome::Info).map(|_| if timeless { place as u64 } else { at(pair.end) }),
        outcome,
        time: start.and_then(|event| event.time).zip(end.and_then(|event| event.time)).filter(|_| outcome != Outcome::Info),
        lines: (start.map_or(0, |event| event.line), end.map_or(0, |event| event.line)),
    };
    let number = builder.next_step();
    builder.add(frame, steps).map_err(|error| any.wrong(error.message))?;
    let context = [start, end].into_iter().flatten().find_map(|event| event.context.as_ref());
    if let (Some(context), Model::MvRegister, true) = (context, reading.model, any.function == Function::Write) {
        let values = context.items().ok_or_else(|| any.wrong("a context is a list of the values that the client had seen"))?;
        builder.context(number, values);
    }
    Ok(())
}

fn notes(builder: &mut Builder, joined: &Joined, (others, unknown): (usize, usize), events: &[Event], options: &Options) {
    builder.note_some(
        others,
        "event is not of a client (its process is no whole number): it is left out",
        "events are not of clients (their processes are no whole numbers): they are left out",
    );
    builder.note_some(
        unknown,
        "event has another type than invoke, ok, fail and info: it is left out",
        "events have other types than invoke, ok, fail and info: they are left out",
    );
    builder.note_some(
        joined.pipelined,
        "operation began while another of its process was open: within a process only what ended before something began is its order",
        "operations began while others of their processes were open: within a process only what ended before something began is its order",
    );
    builder.note_some(
        joined.after_info,
        "operation follows an info of its process",
        "operations follow an info of their process",
    );
    let all = joined.headless == joined.pairs.len();
    if !all {
        builder.note_some(
            joined.headless,
            "operation has no beginning: it may have begun at any time before its end",
            "operations have no beginning: they may have begun at any time before their end",
        );
    }
    let failed = events.iter().filter(|event| event.function == Function::Cas && event.kind == Kind::Fail).count();
    if failed > 0 {
        builder.note(match options.failed_cas {
            FailedCas::DidNotHappen => "a compare-and-set that ended fail did not happen, and tells nothing of what it saw",
            FailedCas::SawAnother => "a compare-and-set that ended fail has seen another value than the one that it expected",
        });
    }
}
