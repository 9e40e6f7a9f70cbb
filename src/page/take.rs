//! Taking a run along: a link, a file; and taking in what comes from elsewhere: scenarios, and recorded histories to be judged.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::control::{click, perhaps, send};
use super::files::read;
use super::msg::Msg;
use crate::engine::{Order, PASTED};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The link that was copied; empty if none was.
    pub(super) link: String,
    /// Exports the run.
    pub(super) export: Order,
    pub(super) tell: Callback<Msg>,
}

#[component]
pub(super) fn Take(props: &Props) -> Html {
    let Props { link, export, tell } = props;
    let text = use_node_ref();
    let opened = {
        let tell = tell.clone();
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            read(input.files(), &tell);
            // The same file may be chosen again after it was mended.
            input.set_value("");
        })
    };
    let paste = {
        let text = text.clone();
        perhaps(tell, move |_: MouseEvent| {
            let field = text.cast::<HtmlTextAreaElement>()?;
            Some(Msg::Take(PASTED.to_owned(), field.value()))
        })
    };
    let link = if link.is_empty() {
        Html::default()
    } else {
        html! { <label class="row">{ "Link" }<input type="text" readonly=true value={link.clone()} /></label> }
    };
    html! {
        <div class="form take">
            <div class="buttons">
                <button type="button" onclick={click(Msg::CopyLink, tell)}>{ "Copy a link to this run" }</button>
                <button type="button" onclick={click(Msg::SaveScenario, tell)}>{ "Save as a file" }</button>
                <button type="button" onclick={send::<MouseEvent>(export, tell)}>{ "Export the run" }</button>
            </div>
            <div>{ link }</div>
            <label class="row file">
                { "Open a scenario, or judge a recorded history" }
                <input type="file" multiple=true onchange={opened} />
            </label>
            <div class="paste">
                <label class="row">{ "or its text" }<textarea ref={text} rows="3" spellcheck="false" /></label>
                <button type="button" onclick={paste}>{ "Take the text" }</button>
            </div>
            <p class="note">
                { "Files can also be dropped on the lab. Histories of Jepsen, Porcupine, etcd, AWDIT, Plume and dbcop are known by their text. Nothing is sent anywhere." }
            </p>
        </div>
    }
}
