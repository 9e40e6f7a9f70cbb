//! Whatever is drawn can be told from its neighbours: no two marks beside each other have the same key. A page that finds two takes one for the other.

use super::{Page, small_presets};
use replicated_telemetry_store::engine::{Ask, Look};
use replicated_telemetry_store::scene::{Mark, Pane};
use std::rc::Rc;

/// The first key that two neighbours share, and the classes of both.
fn shared(marks: &[Rc<Mark>]) -> Option<String> {
    for (place, mark) in marks.iter().enumerate() {
        if let Some(other) = marks[..place].iter().find(|other| other.key == mark.key) {
            return Some(format!("'{}' and '{}' both have the key {}", other.class, mark.class, mark.key));
        }
        if let Some(inner) = shared(&mark.marks) {
            return Some(format!("{inner}, in '{}'", mark.class));
        }
    }
    None
}

#[test]
fn no_two_marks_beside_each_other_have_the_same_key() {
    let mut all: Vec<String> = Vec::new();
    for preset in small_presets() {
        let mut page = Page::open(&format!("preset={}", preset.id));
        let mut panes: Vec<(String, Pane)> = Vec::new();
        let count = page.board.panes.len();
        for (eighth, pane) in (0..=8).flat_map(|eighth| (0..).take(count).map(move |pane| (eighth, pane))) {
            for width in [1_000.0, 360.0] {
                let now = page.board.until * eighth / 8;
                page.ask(Ask::Look(Look { now, until: now, step: 1, width, pane, ..Look::default() }));
                let film = page.films.pop().expect("a film");
                let drawn =
                    film.stills.into_iter().filter_map(|still| still.pane).chain(film.diagram.map(|diagram| diagram.pane));
                panes.extend(drawn.map(|drawn| (format!("pane {pane} at {now}"), drawn)));
            }
        }
        page.ask(Ask::Staleness);
        panes
            .extend(page.staleness.take().into_iter().flat_map(|chart| chart.panes).map(|drawn| ("staleness".to_owned(), drawn)));
        let wrong = panes.iter().find_map(|(what, pane)| Some(format!("{}, {what}: {}", preset.id, shared(&pane.marks)?)));
        all.extend(wrong);
    }
    assert!(all.is_empty(), "{all:#?}");
}
