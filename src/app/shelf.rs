//! Files that lie beside the page: the presets, each of which is fetched when it is first asked for.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::presets::Preset;

/// The address of a file that lies beside the script that started the lab, wherever the page itself may be.
pub(super) fn beside(name: &str) -> String {
    let script =
        web_sys::window().and_then(|w| w.document()).and_then(|d| d.query_selector("script[data-program]").ok().flatten());
    let boot = script.and_then(|s| s.get_attribute("src")).unwrap_or_default();
    format!("{}{name}", boot.strip_suffix("boot.js").unwrap_or("./"))
}

/// Fetches the file of a preset, unless it is there. Says whether it is.
pub(super) async fn fetch(preset: Preset) -> bool {
    if preset.text().is_some() {
        return true;
    }
    let text = get(&beside(&format!("presets/{}.json", preset.id))).await;
    text.is_some_and(|text| preset.supply(text).is_ok())
}

async fn get(address: &str) -> Option<String> {
    let answer = JsFuture::from(web_sys::window()?.fetch_with_str(address)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}
