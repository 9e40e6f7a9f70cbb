//! An explanation on the page: every name, time and operation in it leads to the thing it names.

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::draw::{el, of, several};
use super::lab::{Lit, Msg};
use crate::explain::{Explanation, Part};

/// The sentences of an explanation, with buttons for what they name: what has the focus lights up in all views.
pub(super) fn view(bench: &Bench, explanation: &Explanation) -> Html {
    of("p", "explanation")
        .kids(explanation.parts.iter().enumerate().map(|(i, part)| el("span").key(i).kid(piece(bench, part)).done()))
        .done()
}

fn piece(bench: &Bench, part: &Part) -> Html {
    let run = &bench.run;
    let ops = &run.trace.ops;
    let (lit, seek) = match part {
        Part::Text(text) => return several().kid(text).done(),
        Part::Node(id, _) => (Lit::node(*id), None),
        Part::Op(op, _) => (Lit::ops(run, vec![*op]), ops.get(op.index()).map(|op| op.end.map_or(op.invoked, |e| e.at))),
        Part::Time(at, _) => (Lit { at: Some(*at), ..Lit::default() }, Some(*at)),
        Part::Entry(group, at, _) => (Lit::entry(*group, at.lsn.0), None),
        Part::Key(key, _) => (Lit::ops(run, ops.iter().filter(|op| op.key == *key).take(1_000).map(|op| op.id).collect()), None),
        Part::Link(a, b, _) => (Lit { nodes: vec![*a, *b], links: vec![(*a, *b)], ..Lit::default() }, None),
    };
    let button = bench.button_of(&Button { text: part.text(), class: "noun", ..Button::default() }, Msg::Noun(lit.clone(), seek));
    el("span").focus(bench.tell.reform(move |_| Msg::Lit(lit.clone())), Callback::noop()).kid(button).done()
}
