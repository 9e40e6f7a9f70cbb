//! The same program in a real browser: runs are the same as natively, and a lab does what its user does.
//!
//! Run by `cargo xtask test` in headless Chromium; one binary, because starting a browser takes longer than the tests.

#![cfg(target_arch = "wasm32")]

use replicated_telemetry_store::kernel;
use replicated_telemetry_store::page::mount;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement};

#[path = "digests/mod.rs"]
mod digests;

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> Document {
    web_sys::window().and_then(|w| w.document()).expect("a page")
}

/// A place for a lab at the end of the page.
fn place(preset: &str) -> Element {
    let element = document().create_element("div").expect("an element");
    element.set_attribute("data-lab", preset).expect("an attribute");
    document().body().expect("a body").append_child(&element).expect("a place on the page");
    element
}

fn find(root: &Element, selector: &str) -> HtmlElement {
    let found = root.query_selector(selector).expect("a selector").unwrap_or_else(|| panic!("nothing matches {selector}"));
    found.dyn_into().expect("an html element")
}

fn text(root: &Element) -> String {
    root.text_content().unwrap_or_default()
}

#[wasm_bindgen_test]
fn every_run_is_the_one_that_was_found_natively() {
    let (here, there) = (digests::text(), include_str!("golden/digests.txt"));
    for (ours, theirs) in here.lines().zip(there.lines()) {
        assert_eq!(ours, theirs, "a digest differs between the browser and the native run");
    }
    assert_eq!(here.len(), there.len(), "the lists of digests differ in length");
}

/// Probabilistically bounded staleness has the same numbers too, to the last byte.
#[wasm_bindgen_test]
fn trials_of_pbs_count_what_they_counted_natively() {
    use replicated_telemetry_store::pbs::{Model, Question, answer};
    let question = |name: &str| {
        let model = Model::named(name).expect("a production model");
        Question { model, n: 3, r: 1, w: 1, trials: 100_000, at: vec![0, 1_000_000], seed: 1 }
    };
    let answers = Model::PRODUCTION.map(|(name, _)| answer(question(name)).expect("a good question"));
    let text = serde_json::to_string_pretty(&answers.to_vec()).expect("answers can be written");
    assert_eq!(format!("{text}\n"), include_str!("pbs/golden.json"));
}

#[wasm_bindgen_test]
async fn one_click_makes_a_stale_read_and_the_other_mode_removes_it() {
    let lab = place("first-look");
    let handle = mount(lab.clone(), false);
    yew::scheduler::flush().await;
    assert!(text(&lab).contains("Nothing found in this run"), "{}", text(&lab));
    find(&lab, "button.primary").click();
    yew::scheduler::flush().await;
    assert!(text(&lab).contains("Nothing found so far"), "what is to come is hidden: {}", text(&lab));
    find(&lab, ".counts button").click();
    yew::scheduler::flush().await;
    assert!(text(&lab).contains("Svalbard did not see its own write"), "{}", text(&lab));
    assert!(text(&lab).contains("had applied nothing"), "{}", text(&lab));
    find(&lab, "button.primary").click();
    yew::scheduler::flush().await;
    assert!(text(&lab).contains("Nothing found in this run"), "{}", text(&lab));
    handle.destroy();
    lab.remove();
}

#[wasm_bindgen_test]
async fn labs_on_one_page_do_not_know_of_each_other() {
    let labs = [place("read-after-write"), place("follower-ahead"), place("no-such-preset")];
    let handles: Vec<_> = labs.iter().map(|lab| mount(lab.clone(), false)).collect();
    yew::scheduler::flush().await;
    assert!(text(&labs[0]).contains("Read after write"));
    assert!(text(&labs[1]).contains("An asynchronous follower that is ahead"));
    assert!(text(&labs[2]).contains("there is no preset called 'no-such-preset'"));
    // To the finding, and what helps against it.
    find(&labs[0], ".counts button").click();
    yew::scheduler::flush().await;
    find(&labs[0], "button.primary").click();
    yew::scheduler::flush().await;
    assert!(!find(&labs[0], ".tries > span:last-child button").has_attribute("disabled"), "there is nothing to undo");
    assert!(find(&labs[1], ".tries > span:last-child button").has_attribute("disabled"), "the other lab has something to undo");
    for (handle, lab) in handles.into_iter().zip(labs) {
        handle.destroy();
        yew::scheduler::flush().await;
        assert_eq!(text(&lab), "", "a lab that is gone leaves nothing behind");
        lab.remove();
    }
}

#[wasm_bindgen_test]
async fn every_preset_can_be_looked_at_from_end_to_end_without_a_complaint() {
    for preset in replicated_telemetry_store::presets::PRESETS {
        let lab = place(preset.id);
        let handle = mount(lab.clone(), false);
        yew::scheduler::flush().await;
        for selector in [
            "button[aria-label='To the start']",
            "button[aria-label='One event forward']",
            "button[aria-label='One event forward']",
            "button[aria-label='One event back']",
            ".counts button",
            ".story .tries > span:first-child button",
            ".form.settings .mode:last-of-type input",
        ] {
            if let Ok(Some(control)) = lab.query_selector(selector) {
                control.unchecked_into::<HtmlElement>().click();
                yew::scheduler::flush().await;
            }
        }
        assert!(lab.query_selector(".error").expect("a selector").is_none(), "{}: {}", preset.id, text(&lab));
        handle.destroy();
        lab.remove();
    }
}

/// Prints the time of the kernel in this browser; `cargo xtask speed` compares it with the native time.
#[wasm_bindgen_test]
fn the_kernel_does_the_same_work_here() {
    const EVENTS: u64 = 200_000;
    let clock = web_sys::window().and_then(|w| w.performance()).expect("a clock");
    let mut best = f64::INFINITY;
    let mut done = kernel::run(1_000);
    for _ in 0..5 {
        let start = clock.now();
        done = kernel::run(EVENTS);
        best = best.min((clock.now() - start) * 1e6 / EVENTS as f64);
    }
    console_log!("kernel: {best:.1} ns/event over {} events, digest {}", done.events, done.digest);
    assert_eq!(done.events, EVENTS);
}
