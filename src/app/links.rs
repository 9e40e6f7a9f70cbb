//! Taking a run along: a link, a file; and taking in what comes from elsewhere: scenarios, and recorded histories to be judged.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Element, File, FileList, HtmlAnchorElement, HtmlInputElement, HtmlTextAreaElement, Url};
use yew::prelude::*;

use super::bench::{Bench, edit};
use super::draw::{el, of};
use super::lab::{Edit, Msg};
use crate::experiment::{BETWEEN_FILES, Experiment, PASTED, request_check};
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
                .with(el("button").is("type", "button").click(save).say("Save as a file"))
                .kid(bench.button("Export the run", Msg::Ask(Experiment::Files, String::new()))),
        )
        .with(el("div").kid(link))
        .with(
            of("label", "row file")
                .say("Open a scenario, or judge a recorded history")
                .with(el("input").is("type", "file").at("multiple", true).change(open(bench))),
        )
        .with(
            of("div", "paste")
                .with(of("label", "row").say("or its text").with(el("textarea").is("rows", "3").is("spellcheck", "false")))
                .with(el("button").is("type", "button").click(paste(bench)).say("Take the text")),
        )
        .with(of("p", "note").say(
            "Files can also be dropped on the lab. Histories of Jepsen, Porcupine, etcd, AWDIT, Plume and dbcop are known by their text. Nothing is sent anywhere.",
        ))
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

/// The most bytes of a text that is taken in.
const BYTES_MAX: f64 = 64e6;

/// A handler for the choice of a file.
fn open(bench: &Bench) -> Callback<Event> {
    let tell = bench.tell.clone();
    Callback::from(move |event: Event| {
        let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
        read(input.files(), &tell);
        // The same file may be chosen again after it was mended.
        input.set_value("");
    })
}

/// A handler for what is dropped on the lab.
pub(super) fn dropped(bench: &Bench) -> Callback<DragEvent> {
    let tell = bench.tell.clone();
    Callback::from(move |event: DragEvent| {
        event.prevent_default();
        read(event.data_transfer().and_then(|data| data.files()), &tell);
    })
}

/// Reads a file, and takes it in; of several all, as records of one history or of many.
fn read(files: Option<FileList>, tell: &Callback<Msg>) {
    // The list is emptied with its field: its files are taken out before anything is waited for.
    let Some(files) = files.filter(|files| files.length() > 0).map(|files| js_sys::Array::from(&files)) else { return };
    let tell = tell.clone();
    spawn_local(async move {
        let (mut names, mut texts, mut bytes) = (String::new(), String::new(), 0.0);
        for index in 0..files.length() {
            let file: File = files.get(index).unchecked_into();
            let name = file.name();
            bytes += file.size();
            if bytes > BYTES_MAX {
                return tell.emit(Msg::Failed(format!("{name}: at most 64 MB can be opened at a time")));
            }
            let Some(text) = JsFuture::from(file.text()).await.ok().and_then(|t| t.as_string()) else {
                return tell.emit(Msg::Failed(format!("{name} cannot be read")));
            };
            if index > 0 {
                names.push(BETWEEN_FILES);
                texts.push(BETWEEN_FILES);
            }
            names.push_str(&name);
            texts.push_str(&text);
        }
        tell.emit(taken(&names, &texts));
    });
}

/// A handler for the button below the field for pasted text.
fn paste(bench: &Bench) -> Callback<MouseEvent> {
    let tell = bench.tell.clone();
    Callback::from(move |event: MouseEvent| {
        let button = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let place = button.and_then(|b| b.closest(".paste").ok().flatten());
        let field = place.and_then(|p| p.query_selector("textarea").ok().flatten());
        if let Some(field) = field.and_then(|f| f.dyn_into::<HtmlTextAreaElement>().ok()) {
            tell.emit(taken(PASTED, &field.value()));
        }
    })
}

/// What a text means: a scenario is opened; anything else is taken for a recorded history, and judged.
fn taken(name: &str, text: &str) -> Msg {
    let parsed = if text.len() <= TEXT_MAX { parse(text).map_err(|error| error.to_string()) } else { Err(String::new()) };
    match parsed {
        Ok(scenario) => Msg::Open(Box::new(scenario), None),
        // A scenario begins with its version, and a record of this lab with its format.
        Err(error) if begins_with_version(text) => Msg::Failed(format!("{name}, {error}")),
        Err(_) => Msg::Judge(request_check(name, text)),
    }
}

fn begins_with_version(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|inside| inside.trim_start().starts_with("\"version\""))
}
