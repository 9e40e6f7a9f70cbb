//! What a lab opens while it shows something already, as a page around a frame asks for it.

use replicated_telemetry_store::engine::Ask;

use super::Page;

#[test]
fn a_lab_that_shows_something_keeps_it_if_what_is_asked_for_cannot_be_opened() {
    let mut page = Page::open("preset=read-after-write");
    page.ask(Ask::Link(0));
    for (wrong, reason) in [("preset=atlantis", "no preset called 'atlantis'"), ("v1=e30", "cannot be run: line 1")] {
        page.ask(Ask::Open { asked: vec![wrong.to_owned()], embed: true, after: page.board.run });
        let failed = page.failed.pop().expect("it is refused");
        assert!(failed.contains(reason) && !failed.contains("instead"), "{failed}");
        page.ask(Ask::Link(0));
    }
    assert_eq!(page.board.run, 1);
    assert!(page.links.iter().all(|link| link == "preset=read-after-write&t=0us"), "{:?}", page.links);
    page.ask(Ask::Open { asked: vec!["preset=monotonic-reads&seed=3".to_owned()], embed: true, after: page.board.run });
    assert_eq!((page.board.title.as_str(), page.board.run), ("Monotonic reads", 2));
    let fresh = Page::open("preset=atlantis");
    assert_eq!(
        fresh.failed,
        ["there is no preset called 'atlantis'. The lab shows 'First look: a read that misses your own write' instead."]
    );
}

#[test]
fn mode_and_seed_are_set_as_a_link_sets_them_and_can_be_taken_back() {
    let mut page = Page::open("preset=read-after-write");
    let (adjust, undo) = (page.board.adjust.clone(), page.board.undo.clone());
    page.press(&adjust, "mode=session-consistent&seed=9");
    page.ask(Ask::Link(0));
    let link = page.links.pop().expect("a link");
    let set = Page::open(&link);
    assert!(set.board.findings.times.is_empty(), "the remedy is in the link: {link}");
    page.press(&adjust, "seed=x");
    page.press(&adjust, "mode=psychic");
    assert_eq!(page.failed.len(), 2, "{:?}", page.failed);
    page.ask(Ask::Link(0));
    assert_eq!(page.links.pop(), Some(link), "what is refused changes nothing");
    page.press(&undo, "");
    page.ask(Ask::Link(0));
    assert_eq!(page.links.pop().as_deref(), Some("preset=read-after-write&t=0us"));
}
