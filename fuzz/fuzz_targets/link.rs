//! The fragment of a link: what is read from one stands in the link that is made of it.
//!
//! From its first brace on, the input is the text of a scenario, which the link holds in base64url; what comes before are other parts
//! of the link, as `mode=leader&t=3s`.
#![no_main]

use data_encoding::BASE64URL_NOPAD;
use libfuzzer_sys::fuzz_target;
use replicated_telemetry_store::share;
use replicated_telemetry_store::time::SimTime;

fuzz_target!(|text: &str| {
    let (parts, json) = text.split_at(text.find('{').unwrap_or(text.len()));
    let link = match json {
        "" => parts.to_owned(),
        json => format!("{parts}&v1={}", BASE64URL_NOPAD.encode(json.as_bytes())),
    };
    if let Ok(Some(shared)) = share::read(&link) {
        let at = shared.at.unwrap_or(SimTime(0));
        let fragment = share::fragment(&shared.scenario, at);
        let again = share::read(&fragment).unwrap_or_else(|error| panic!("{error} in {fragment}")).expect("it holds a scenario");
        assert!(shared.scenario == again.scenario && again.at == Some(at), "{link} became {fragment}");
    }
    _ = share::preset_of(&link);
});
