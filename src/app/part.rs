//! The one way in which the page avoids work: a part is drawn again only when the words that stand for its content change.
//!
//! Large values are never compared or cloned for this. A run, a stage or a chart is represented by its address: the lab makes a
//! new one exactly when it says something new.

use std::rc::Rc;

use yew::prelude::*;

#[derive(Properties)]
pub(super) struct Props {
    words: Vec<u64>,
    draw: Rc<dyn Fn() -> Html>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.words == other.words
    }
}

#[component]
fn Part(props: &Props) -> Html {
    (props.draw)()
}

/// A part of the page that says the same as long as its words are the same.
pub(super) fn part(words: Vec<u64>, draw: Rc<dyn Fn() -> Html>) -> Html {
    html! { <Part {words} {draw} /> }
}

/// The word that stands for a shared value.
pub(super) fn word<T>(value: &Rc<T>) -> u64 {
    Rc::as_ptr(value) as usize as u64
}

/// Takes a new value, but keeps the old one and with it its word if both say the same.
pub(super) fn renew<T: PartialEq>(kept: &mut Rc<T>, value: T) {
    if **kept != value {
        *kept = Rc::new(value);
    }
}
