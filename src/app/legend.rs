//! What the shapes on the stage mean, with the shapes themselves before the words.

use yew::prelude::*;

use super::draw::{el, of};

const SQUARE: &str = "M-15 -13 H15 V13 H-15 Z";
const CIRCLE: &str = "M-13 0 a13 13 0 1 0 26 0 a13 13 0 1 0 -26 0 Z";

/// Class, outline, letter, meaning.
const SHAPES: &[(&str, &str, &str, &str)] = &[
    ("cell received", "", "7", "received: in memory, a crash takes it"),
    ("cell flushed", "", "7", "flushed: on disk, not yet visible to reads"),
    ("cell applied", "", "7", "applied: visible to reads"),
    ("cell snapshot", "", "7", "in the snapshot: visible to reads, and no longer in the log"),
    ("cell ahead", "", "7", "arrived early: waits for the entry in front of it"),
    ("cell applied divergent", "", "7", "not in the newest leader's log"),
    ("flight entry", SQUARE, "7", "an entry on its way into its cell"),
    ("flight request", CIRCLE, "R", "a request (W write, R read, R▲ read with a token)"),
    ("flight reply good", CIRCLE, "+", "an answer (+ done, − not fresh enough or refused)"),
    ("flight ack", "M-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z", "", "an acknowledgement from a follower"),
    (
        "flight heartbeat",
        "M-3 0 a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0 Z",
        "",
        "a heartbeat: the leader is alive; the ring at a follower is its patience",
    ),
    ("flight control", "M0 -11 L11 0 L0 11 L-11 0 Z", "", "who leads, and who follows from where"),
    ("token", "M0 -8 l7 14 h-14 Z", "", "what a session knows: a session-consistent read asks for at least this"),
];

pub(super) fn view() -> Html {
    of("details", "legend").with(el("summary").say("What the shapes mean")).with(el("ul").kids(SHAPES.iter().map(shape))).done()
}

fn shape((class, outline, letter, meaning): &(&'static str, &'static str, &'static str, &'static str)) -> Html {
    let cell = outline.is_empty();
    let frame = if cell { "M-18 -18 H18 V18 H-18 Z" } else { outline };
    el("li")
        .key(*meaning)
        .with(
            of("svg", "stage sample").is("viewBox", "-20 -20 40 40").is("aria-hidden", "true").with(
                el("g")
                    .at("class", *class)
                    .with(of("path", "shape token-mark").at("d", frame))
                    .with(of("text", "lsn").is("y", "4.5").kid(*letter)),
            ),
        )
        .kid(*meaning)
        .done()
}
