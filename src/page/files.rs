//! Files and the clipboard: what goes out of the page and what comes in. Nothing is sent anywhere.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DragEvent, File, FileList, HtmlAnchorElement, Url};
use yew::Callback;

use super::msg::Msg;
use crate::engine::BETWEEN_FILES;

/// The most bytes of all files that are taken in at a time.
const BYTES_MAX: f64 = 64e6;

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

/// Puts a text on the clipboard; says what became of it.
pub(super) fn copy(text: String, tell: Callback<Msg>) {
    spawn_local(async move {
        let copied = match web_sys::window().map(|w| w.navigator().clipboard()) {
            Some(clipboard) if !clipboard.is_undefined() => JsFuture::from(clipboard.write_text(&text)).await.is_ok(),
            _ => false,
        };
        let said = if copied { "The link is on the clipboard." } else { "The link is shown; copy it from the field." };
        tell.emit(Msg::Said(said.to_owned()));
    });
}

/// A handler for what is dropped on the lab.
pub(super) fn dropped(tell: &Callback<Msg>) -> Callback<DragEvent> {
    let tell = tell.clone();
    Callback::from(move |event: DragEvent| {
        event.prevent_default();
        read(event.data_transfer().and_then(|data| data.files()), &tell);
    })
}

/// Reads a file, and takes it in; of several all, as records of one history or of many.
pub(super) fn read(files: Option<FileList>, tell: &Callback<Msg>) {
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
        tell.emit(Msg::Take(names, texts));
    });
}
