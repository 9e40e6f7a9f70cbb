//! What a lab opens with: the attributes of its element, and the page's address if the lab is alone there.

use crate::page::embed;

/// What a lab opens with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::page) struct Opening {
    /// What is asked for, each as a link has it; the last counts.
    pub(super) asked: Vec<String>,
    /// Whether to show the stage only.
    pub(super) embed: bool,
    /// Whether the lab keeps the page's address in step.
    pub(super) owns_address: bool,
    /// Whether it is dark; none for what the system has.
    pub(super) dark: Option<bool>,
    /// The origins that a page around may have; any if there are none.
    pub(super) origins: Vec<String>,
}

impl Opening {
    /// Reads the element, and the address if the lab is alone on its page.
    pub(in crate::page) fn of(place: &web_sys::Element, alone: bool) -> Opening {
        let attribute = |name: &str| place.get_attribute(name).filter(|v| !v.is_empty());
        let names = [("preset", "data-lab"), ("mode", "data-mode"), ("seed", "data-seed"), ("t", "data-time")];
        let parts: Vec<String> = names.iter().filter_map(|(key, name)| Some(format!("{key}={}", attribute(name)?))).collect();
        let mut asked = vec![parts.join("&")];
        let mut embed = place.has_attribute("data-embed");
        let (mut dark, mut origins) = (None, Vec::new());
        if alone {
            let [query, fragment] = address();
            for part in query.trim_start_matches('?').split('&') {
                match part.split_once('=') {
                    Some(("embed", "1")) => embed = true,
                    Some(("theme", name)) => dark = embed::dark(name).flatten(),
                    // What is no text is no origin, and nobody has it.
                    Some(("origin", origin)) => {
                        origins.push(js_sys::decode_uri_component(origin).map_or_else(|_| origin.to_owned(), String::from));
                    }
                    _ => {}
                }
            }
            asked.extend([query, fragment]);
        }
        Opening { asked, embed, owns_address: alone, dark, origins }
    }
}

/// The query and the fragment of the page's address.
fn address() -> [String; 2] {
    let location = web_sys::window().map(|w| w.location());
    location.map_or_else(Default::default, |l| [l.search().unwrap_or_default(), l.hash().unwrap_or_default()])
}
