//! Which of two operations happens before the other: the form in which they are chosen, and the answer.

use super::command::{Command, Entry};
use super::field::{Choice, Field, choice, option};
use super::form::Form;
use crate::explain::order;
use crate::log::OpId;
use crate::run::Run;
use crate::scene::Path;

/// The most operations on offer.
const OFFERED: usize = 100;

/// The operation that was entered, if there is such a one.
pub(super) fn chosen(run: &Run, entered: &str) -> Option<OpId> {
    let number: usize = entered.parse().ok()?;
    run.trace.ops.get(number).map(|op| op.id)
}

/// The fields, and the path that is to be lit.
pub(super) fn fields(run: &Run, form: &Form) -> (Vec<Field>, Path) {
    let (first, second) = (chosen(run, &form.first), chosen(run, &form.second));
    let started = || run.trace.ops.iter().filter(|op| run.ops_of(op.client).contains(&op.id)).take(OFFERED);
    let options = |has: Option<OpId>| -> Vec<Choice> {
        let none = option("", "choose an operation", has.is_none());
        let one = |op: &crate::history::Op| {
            option(op.id.0.to_string(), format!("{} at {}", order::label(run, op), op.invoked.words()), has == Some(op.id))
        };
        [none].into_iter().chain(started().map(one)).collect()
    };
    let mut fields = vec![
        choice("Does this", options(first), &Command::Enter(Entry::First)),
        choice("happen before this", options(second), &Command::Enter(Entry::Second)),
    ];
    if run.trace.ops.len() > OFFERED {
        fields.push(Field::Note(format!("The first {OFFERED} operations can be chosen.")));
    }
    let mut path = Path::default();
    if let (Some(first), Some(second)) = (first, second) {
        let (hops, text) = if first == second {
            (Vec::new(), "These are one and the same operation.".to_owned())
        } else {
            order::told(run, (first, second))
        };
        fields.push(Field::Summary(text));
        path = Path { messages: hops.iter().map(|hop| hop.message).collect(), ops: vec![first, second] };
    }
    (fields, path)
}
