//! Taking a run along: a link, a file, and a file taken in.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, HtmlAnchorElement, HtmlInputElement, Url};
use yew::prelude::*;

use super::bench::{Bench, edit};
use super::draw::{el, of};
use super::lab::{Edit, Msg};
use crate::run::Run;
use crate::scenario::{TEXT_MAX, parse};
use crate::share;
use crate::time::SimTime;

pub(super) fn view(bench: &Bench, now: SimTime, shown: &str) -> Html {
    let (run, tell) = (bench.run.clone(), bench.tell.clone());
    let copy = Callback::from(move |_: MouseEvent| copy_link(&run, now, &tell));
    let run = bench.run.clone();
    let save = bench.tell.reform(move |_: MouseEvent| Msg::Save("scenario.json".to_owned(), run.plan.scenario.to_json()));
    let link = if shown.is_empty() {
        Html::default()
    } else {
        of("label", "row").say("Link").with(el("input").is("type", "text").at("readonly", true).value(shown.to_owned())).done()
    };
    of("details", "panel take")
        .with(el("summary").say("Share, save, open"))
        .with(
            of("div", "buttons")
                .with(el("button").is("type", "button").click(copy).say("Copy a link to this run"))
                .with(el("button").is("type", "button").click(save).say("Save as a file")),
        )
        .with(el("div").kid(link))
        .with(
            of("label", "row file")
                .say("Open a scenario file")
                .with(el("input").is("type", "file").is("accept", ".json,application/json").change(open(bench))),
        )
        .with(
            of("p", "note")
                .say("The link and the file hold the whole scenario, your interventions included. Nothing is sent anywhere."),
        )
        .done()
}

fn copy_link(run: &Run, now: SimTime, tell: &Callback<Msg>) {
    let location = web_sys::window().map(|w| w.location());
    let page = location.and_then(|l| Some(l.origin().ok()? + &l.pathname().ok()?)).unwrap_or_default();
    let link = format!("{page}#{}", share::fragment(&run.plan.scenario, now));
    tell.emit(edit(Edit::Link(link.clone())));
    let tell = tell.clone();
    spawn_local(async move {
        let copied = match web_sys::window().map(|w| w.navigator().clipboard()) {
            Some(clipboard) if !clipboard.is_undefined() => JsFuture::from(clipboard.write_text(&link)).await.is_ok(),
            _ => false,
        };
        let said = if copied { "The link is copied." } else { "The link is shown; copy it from the field." };
        tell.emit(Msg::Said(said.to_owned()));
    });
}

/// Hands a text to the browser to be saved as a file.
pub(super) fn save(name: &str, text: &str) -> Option<()> {
    let blob = Blob::new_with_str_sequence(&js_sys::Array::of1(&text.into())).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let anchor = web_sys::window()?.document()?.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url).ok()
}

fn open(bench: &Bench) -> Callback<Event> {
    let tell = bench.tell.clone();
    Callback::from(move |event: Event| {
        let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|f| f.get(0)) else { return };
        let (tell, name) = (tell.clone(), file.name());
        #[expect(clippy::cast_precision_loss, reason = "a limit far below 2^53")]
        if file.size() > TEXT_MAX as f64 {
            return tell.emit(Msg::Failed(format!("{name} has more than {TEXT_MAX} bytes")));
        }
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|t| t.as_string());
            // The same file may be chosen again after it was mended.
            input.set_value("");
            tell.emit(match text.as_deref().map(parse) {
                Some(Ok(scenario)) => Msg::Open(Box::new(scenario), None),
                Some(Err(error)) => Msg::Failed(format!("{name}, {error}")),
                None => Msg::Failed(format!("{name} cannot be read")),
            });
        });
    })
}
