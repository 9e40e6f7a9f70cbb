//! An explanation on the page: every name, time and operation in it leads to the thing it names.

use std::rc::Rc;

use yew::prelude::*;

use crate::explain::{Explanation, Part};
use crate::player::Msg as Play;
use crate::run::Run;

use super::lab::Lit;

/// The sentences of an explanation, with buttons for what they name.
pub(super) fn sentences(run: &Rc<Run>, explanation: &Explanation, on_play: &Callback<Play>, on_lit: &Callback<Lit>) -> Html {
    html! {
        <p class="explanation">{ for explanation.parts.iter().enumerate().map(|(index, part)| html! { <span key={index}>{ piece(run, part, on_play, on_lit) }</span> }) }</p>
    }
}

fn piece(run: &Rc<Run>, part: &Part, on_play: &Callback<Play>, on_lit: &Callback<Lit>) -> Html {
    let (lit, seek) = match part {
        Part::Text(text) => return html! { <>{text}</> },
        Part::Node(id, _) => (Lit::node(*id), None),
        Part::Op(op, _) => (Lit::op(*op), run.trace.ops.get(op.index()).map(|op| op.end.map_or(op.invoked, |e| e.at))),
        Part::Time(at, _) => (Lit::default(), Some(*at)),
        Part::Entry(group, at, _) => (Lit::entry(*group, at.lsn.0), None),
        Part::Key(key, _) => {
            let ops = run.trace.ops.iter().filter(|op| op.key == *key).take(1_000).map(|op| op.id).collect();
            (Lit { ops, ..Lit::default() }, None)
        }
        Part::Link(a, b, _) => (Lit { nodes: vec![*a, *b], ..Lit::default() }, None),
    };
    let (play, mark, show, leave) = (on_play.clone(), on_lit.clone(), on_lit.clone(), on_lit.clone());
    let (on_enter, on_click) = (lit.clone(), lit);
    html! {
        <button type="button" class="noun" onmouseenter={move |_| show.emit(on_enter.clone())} onmouseleave={move |_| leave.emit(Lit::default())}
            onclick={move |_| { if let Some(at) = seek { play.emit(Play::Seek(at)); } mark.emit(on_click.clone()); }}>{part.text()}</button>
    }
}
