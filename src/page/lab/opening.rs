//! What a lab opens with: the attributes of its element, and the page's address if the lab is alone there.

/// What a lab opens with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::page) struct Opening {
    /// What is asked for, each as a link has it; the last counts.
    pub(super) asked: Vec<String>,
    /// Whether to show the stage only.
    pub(super) embed: bool,
    /// Whether the lab keeps the page's address in step.
    pub(super) owns_address: bool,
}

impl Opening {
    /// Reads the element, and the address if the lab is alone on its page.
    pub(in crate::page) fn of(place: &web_sys::Element, alone: bool) -> Opening {
        let attribute = |name: &str| place.get_attribute(name).filter(|v| !v.is_empty());
        let names = [("preset", "data-lab"), ("mode", "data-mode"), ("seed", "data-seed"), ("t", "data-time")];
        let parts: Vec<String> = names.iter().filter_map(|(key, name)| Some(format!("{key}={}", attribute(name)?))).collect();
        let mut asked = vec![parts.join("&")];
        let mut embed = place.has_attribute("data-embed");
        if alone {
            let [query, fragment] = address();
            embed |= query.trim_start_matches('?').split('&').any(|part| part == "embed=1");
            asked.extend([query, fragment]);
        }
        Opening { asked, embed, owns_address: alone }
    }
}

/// The query and the fragment of the page's address.
fn address() -> [String; 2] {
    let location = web_sys::window().map(|w| w.location());
    location.map_or_else(Default::default, |l| [l.search().unwrap_or_default(), l.hash().unwrap_or_default()])
}
