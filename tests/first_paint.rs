//! The static picture in `index.html` is the one that the program draws first.

use replicated_telemetry_store::engine::first_paint;

/// With `UPDATE_GOLDEN=1` the picture is written anew: after a change of the first preset or of how the stage is drawn.
#[test]
fn the_page_begins_with_the_picture_that_the_program_draws() {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/index.html");
    let html = std::fs::read_to_string(FILE).expect("the page can be read");
    let line = html.lines().find(|line| line.trim_start().starts_with("<div class=\"first-paint\">")).unwrap_or_default();
    let drawn = first_paint();
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        std::fs::write(FILE, html.replace(line.trim_start(), &drawn)).expect("the page can be written");
        return;
    }
    assert!(drawn.contains("frankfurt") && drawn.matches("<rect").count() > 20, "{drawn}");
    assert_eq!(line.trim(), drawn, "UPDATE_GOLDEN=1 cargo test --test native first_paint writes it anew");
}
