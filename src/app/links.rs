//! Taking a run along: a link, a file, and a file or a link taken in.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlInputElement, Url};
use yew::prelude::*;

use crate::run::Run;
use crate::scenario::{Scenario, TEXT_MAX, parse};
use crate::share;
use crate::time::SimTime;

use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) now: SimTime,
    pub(super) on_open: Callback<(Scenario, Option<SimTime>)>,
    pub(super) on_failed: Callback<String>,
    pub(super) on_said: Callback<String>,
}

#[component]
pub(super) fn Links(props: &Props) -> Html {
    let shown = use_state(String::new);
    let (run, now, said, setter) = (props.run.clone(), props.now, props.on_said.clone(), shown.setter());
    let copy = Callback::from(move |_: MouseEvent| {
        let link = address(&run, now);
        setter.set(link.clone());
        let said = said.clone();
        spawn_local(async move {
            let copied = match web_sys::window().map(|w| w.navigator().clipboard()) {
                Some(clipboard) if !clipboard.is_undefined() => JsFuture::from(clipboard.write_text(&link)).await.is_ok(),
                _ => false,
            };
            said.emit(if copied { "The link is copied." } else { "The link is shown; copy it from the field." }.to_owned());
        });
    });
    let (run, failed) = (props.run.clone(), props.on_failed.clone());
    let save = Callback::from(move |_: MouseEvent| {
        if save_file(&run.plan.scenario).is_none() {
            failed.emit("the browser does not let the lab save a file".to_owned());
        }
    });
    html! {
        <details class="panel take">
            <summary>{"Share, save, open"}</summary>
            <div class="buttons">
                <button type="button" onclick={copy}>{"Copy a link to this run"}</button>
                <button type="button" onclick={save}>{"Save as a file"}</button>
            </div>
            <div class="link-place">{ link_field(&shown) }</div>
            <label class="row file">{"Open a scenario file"}<input type="file" accept=".json,application/json" onchange={open(props)} /></label>
            <p class="note">{"The link and the file hold the whole scenario, your interventions included. Nothing is sent anywhere."}</p>
        </details>
    }
}

fn link_field(shown: &str) -> Html {
    if shown.is_empty() {
        return html! {};
    }
    html! { <label class="row">{"Link"}<input type="text" readonly=true value={shown.to_owned()} /></label> }
}

fn address(run: &Run, now: SimTime) -> String {
    let location = web_sys::window().map(|w| w.location());
    let page = location.and_then(|l| Some(format!("{}{}", l.origin().ok()?, l.pathname().ok()?))).unwrap_or_default();
    format!("{page}#{}", share::fragment(&run.plan.scenario, now))
}

fn save_file(scenario: &Scenario) -> Option<()> {
    let parts = js_sys::Array::of1(&scenario.to_json().into());
    let bag = BlobPropertyBag::new();
    bag.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&parts, &bag).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let document = web_sys::window()?.document()?;
    let anchor = document.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    anchor.set_href(&url);
    anchor.set_download("scenario.json");
    anchor.click();
    Url::revoke_object_url(&url).ok()
}

fn open(props: &Props) -> Callback<Event> {
    let (on_open, on_failed) = (props.on_open.clone(), props.on_failed.clone());
    Callback::from(move |event: Event| {
        let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|f| f.get(0)) else { return };
        let name = file.name();
        let (on_open, on_failed) = (on_open.clone(), on_failed.clone());
        #[expect(clippy::cast_precision_loss, reason = "a limit far below 2^53")]
        if file.size() > TEXT_MAX as f64 {
            return on_failed.emit(format!("{name} has more than {TEXT_MAX} bytes"));
        }
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|t| t.as_string());
            // The same file may be chosen again after it was mended.
            input.set_value("");
            match text.as_deref().map(parse) {
                Some(Ok(scenario)) => on_open.emit((scenario, None)),
                Some(Err(error)) => on_failed.emit(format!("{name}, {error}")),
                None => on_failed.emit(format!("{name} cannot be read")),
            }
        });
    })
}
