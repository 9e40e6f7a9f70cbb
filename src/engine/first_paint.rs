//! What stands in the page before any program has come: the first scenario's picture and text, as static HTML and SVG.
//!
//! It is made from the same marks as the live stage, and stands in `index.html`, where a test holds it (`tests/first_paint.rs`). So the first
//! look at the page is at the lab, and not at a promise of it.

use super::lab::first;
use crate::scene::{Scene, escaped, logs, svg, under_way};
use crate::view::{Layout, stage};

/// The first scenario at the place where its lesson begins.
#[must_use]
pub fn first_paint() -> String {
    let player = first();
    let (run, now) = (player.run(), player.now());
    let layout = Layout::new(&run.plan, 1_000.0);
    let stage = stage(run, player.state(), now, &layout, &[]);
    let (flights, _) = under_way(Scene { run, stage: &stage, layout: &layout }, player.state(), now);
    let drawn = svg(&logs(&stage, &layout, player.state(), now), &flights, now.0, &run.plan.scenario.title);
    let lesson = run.plan.scenario.lesson.clone().unwrap_or_default();
    let words = |tag: &str, class: &str, text: &str| format!("<{tag} class=\"{class}\">{}</{tag}>", escaped(text));
    format!(
        "<div class=\"first-paint\"><div class=\"workbench\"><div class=\"beside\"><div class=\"story\">{}{}{}</div>{}</div>\
         <div class=\"main\"><div class=\"picture\"><div class=\"stage-place\">{drawn}</div></div></div></div></div>",
        words("h2", "title", &run.plan.scenario.title),
        words("p", "telling", &lesson.story),
        words("p", "hint", &lesson.hint),
        words("p", "loading", "The lab is loading. It needs JavaScript and WebAssembly."),
    )
}
