//! The texts of transactional checkers: AWDIT's, and that of Plume and PolySI.
//!
//! Both list transactions by session and know no time. AWDIT's text says everything it assumes, so a key holds nothing at first; in
//! Plume's every key holds 0, and a transaction with the number -1 was aborted.

use std::collections::BTreeMap;

use super::builder::{Builder, Frame};
use super::datum::Datum;
use super::{ImportError, Options, Start};
use crate::observed::{Call, Model, Observed, Outcome, Returned, Step};

/// A transaction of a session, and the lines that it stands in.
pub(super) struct Transaction {
    pub(super) session: String,
    pub(super) steps: Vec<Step>,
    pub(super) outcome: Outcome,
    pub(super) lines: (u32, u32),
}

/// Adds transactions in the order given, which is that of each session.
pub(super) fn add_all(builder: &mut Builder, transactions: Vec<Transaction>) -> Result<(), ImportError> {
    for (place, transaction) in transactions.into_iter().enumerate() {
        let Transaction { session, steps, outcome, lines } = transaction;
        let (session, at) = (builder.session(&session), 2 * place as u64);
        builder.add(Frame { session, invoked: at, completed: Some(at + 1), outcome, time: None, lines }, steps)?;
    }
    Ok(())
}

fn datum(word: &str) -> Datum {
    word.parse().map_or_else(|_| Datum::Text(word.to_owned()), Datum::Int)
}

/// The step of a word `r` or `w`.
fn step(builder: &mut Builder, name: &str, key: &str, value: &str) -> Option<Step> {
    let (key, value) = (builder.key(&datum(key)), builder.value(&datum(value)));
    let call = match name {
        "r" => Call::Read(Returned::Value(value)),
        "w" => Call::Write(value),
        _ => return None,
    };
    Some(Step { key, call, version: None })
}

fn line_number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}

/// Reads AWDIT's text.
pub(super) fn awdit(text: &str, options: &Options) -> Result<Observed, ImportError> {
    let mut builder = Builder::new(Model::Transactions, false);
    check_model(options)?;
    let mut transactions: Vec<Transaction> = Vec::new();
    let (mut session, mut filled, mut fresh) = (1, false, true);
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), line_number(at));
        match line.as_bytes().first() {
            None => {}
            Some(b'=') => {
                session += usize::from(filled);
                (filled, fresh) = (false, true);
            }
            Some(b'-') => fresh = true,
            Some(_) => {
                let words: Vec<&str> = line.split_whitespace().collect();
                let step = match words[..] {
                    [name, key, value] => step(&mut builder, name, key, value),
                    _ => None,
                };
                let Some(step) = step else {
                    return Err(ImportError::in_line(
                        number,
                        "this is neither r KEY VALUE nor w KEY VALUE, and separates nothing",
                    ));
                };
                if fresh {
                    let session = format!("session {session}");
                    transactions.push(Transaction { session, steps: Vec::new(), outcome: Outcome::Ok, lines: (number, number) });
                }
                if let Some(last) = transactions.last_mut() {
                    last.steps.push(step);
                    last.lines.1 = number;
                }
                (filled, fresh) = (true, false);
            }
        }
    }
    add_all(&mut builder, transactions)?;
    builder.done(options, &Start::Absent)
}

/// Reads the text of Plume and PolySI.
pub(super) fn plume(text: &str, options: &Options) -> Result<Observed, ImportError> {
    let mut builder = Builder::new(Model::Transactions, false);
    check_model(options)?;
    let mut transactions: Vec<Transaction> = Vec::new();
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), line_number(at));
        if line.is_empty() {
            continue;
        }
        let inside = line.split_once('(').and_then(|(name, rest)| Some((name.trim(), rest.strip_suffix(')')?)));
        let words: Vec<&str> = inside.map_or(Vec::new(), |(_, rest)| rest.split(',').map(str::trim).collect());
        let (Some((name, _)), [key, value, session, transaction]) = (inside, &words[..]) else {
            return Err(ImportError::in_line(number, "this is neither r(KEY,VALUE,SESSION,TRANSACTION) nor w(...)"));
        };
        let Some(step) = step(&mut builder, name, key, value) else {
            return Err(ImportError::in_line(number, format!("'{name}' is neither r nor w")));
        };
        let aborted = *transaction == "-1";
        if aborted && name == "r" {
            continue;
        }
        let outcome = if aborted { Outcome::Fail } else { Outcome::Ok };
        let place = match places.get(&(*session, *transaction)) {
            Some(place) if !aborted => *place,
            _ => {
                places.insert((*session, *transaction), transactions.len());
                let session = format!("session {session}");
                transactions.push(Transaction { session, steps: Vec::new(), outcome, lines: (number, number) });
                transactions.len() - 1
            }
        };
        transactions[place].steps.push(step);
        transactions[place].lines.1 = number;
    }
    add_all(&mut builder, transactions)?;
    builder.done(options, &Start::Value("0".to_owned()))
}

/// These formats have transactions only.
pub(super) fn check_model(options: &Options) -> Result<(), ImportError> {
    match options.model {
        Some(model) if model != Model::Transactions => {
            Err(ImportError::whole(format!("records of this format are of transactions, not of the model {}", model.name())))
        }
        _ => Ok(()),
    }
}
