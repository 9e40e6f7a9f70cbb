//! Sentences on the page: every name, time and operation in them leads to the thing it names.

use yew::prelude::*;

use super::control::click;
use super::msg::Msg;
use crate::scene::Piece;

/// A paragraph with buttons for what it names: what has the focus lights up in all views. Where the run is another one by now,
/// it is only text.
pub(super) fn paragraph(prose: &[Piece], leads: bool, tell: &Callback<Msg>) -> Html {
    let one = |(key, piece): (usize, &Piece)| html! { <span key={key}>{ self::piece(piece, leads, tell) }</span> };
    html! { <p class="explanation">{ for prose.iter().enumerate().map(one) }</p> }
}

fn piece(piece: &Piece, leads: bool, tell: &Callback<Msg>) -> Html {
    if !leads || (piece.about.is_empty() && piece.at.is_none()) {
        return html! { { &piece.text } };
    }
    let light = Msg::Light(piece.about.as_slice().into());
    let onfocus = tell.reform(move |_: FocusEvent| light.clone());
    let go = Msg::Noun(piece.about.as_slice().into(), piece.at);
    html! { <button type="button" class="noun" {onfocus} onclick={click(go, tell)}>{ &piece.text }</button> }
}
