//! The engine with groups of several leaders: each control, both panes, siblings that a client resolves, and happens-before.

use super::{Mark, Page, orders};
use replicated_telemetry_store::engine::{Ask, Button, Field, Look};
use replicated_telemetry_store::explain::order::path;
use replicated_telemetry_store::presets::PRESETS;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::parse;

const SIBLINGS: &str = include_str!("../leaders/siblings.json");
const ALL: [&str; 3] = [SIBLINGS, include_str!("../leaders/ring.json"), include_str!("../leaders/star.json")];

fn open(text: &str) -> Page {
    let mut page = Page::open("");
    page.ask(Ask::Take("a file".to_owned(), text.to_owned()));
    assert_eq!(page.failed, Vec::<String>::new());
    assert_eq!(page.board.panes, ["Leaders", "Map"]);
    page
}

/// All marks of what is drawn at a moment.
fn drawn(page: &mut Page, pane: u8, width: f32) -> Vec<Mark> {
    page.ask(Ask::Look(Look {
        run: page.board.run,
        clock: page.now,
        now: page.now,
        until: page.now,
        step: 1,
        width,
        pane,
        ..Look::default()
    }));
    all(&page.films.last().expect("a film").stills[0].pane.as_ref().expect("a pane").marks)
}

fn all(marks: &[std::rc::Rc<Mark>]) -> Vec<Mark> {
    marks.iter().flat_map(|mark| [(**mark).clone()].into_iter().chain(all(&mark.marks))).collect()
}

/// All texts of the lab's forms, one behind the other.
fn said(fields: &[Field]) -> String {
    format!("{fields:?}")
}

fn buttons(fields: &[Field], found: &mut Vec<Button>) {
    for field in fields {
        match field {
            Field::Buttons(inner) => found.extend(inner.iter().cloned()),
            Field::Group(_, inner) | Field::Fold(_, inner) => buttons(inner, found),
            Field::Rows(rows) => rows.iter().for_each(|(_, inner)| buttons(inner, found)),
            _ => {}
        }
    }
}

fn button(page: &mut Page, label: &str) -> Option<Button> {
    let actions = page.look().moment.actions.clone();
    let mut found = Vec::new();
    buttons(&actions, &mut found);
    found.into_iter().find(|button| button.label == label)
}

#[test]
fn every_control_of_several_leaders_can_be_used() {
    for text in ALL {
        let mut page = open(text);
        page.now = 620_000;
        let actions = page.look().moment.actions.clone();
        let mut controls = Vec::new();
        orders(&page.board.settings.clone(), &mut controls);
        orders(&actions, &mut controls);
        orders(&page.board.order.clone(), &mut controls);
        assert!(controls.len() > 60, "{} controls", controls.len());
        let (before, title) = (page.digest(), page.board.title.clone());
        let mut changed = 0;
        for (order, value) in controls {
            let run = page.board.run;
            page.press(&order, &value);
            assert!(
                page.failed.iter().all(|why| !why.is_empty() && !why.contains("has no meaning")),
                "{title}: {:?}",
                page.failed
            );
            if page.board.run == run {
                continue;
            }
            changed += 1;
            for pane in 0..2 {
                assert!(!drawn(&mut page, pane, 390.0).is_empty());
            }
            page.press(&page.board.undo.clone(), "");
            if page.board.branches.0.len() > 1 {
                page.press(&page.board.branch.clone(), "0");
            }
        }
        page.press(&page.board.branch.clone(), "0");
        assert_eq!(page.digest(), before, "{title}");
        assert!(changed > 25, "{title}: {changed} controls changed something");
    }
}

/// What has no meaning in the family is not on offer.
#[test]
fn settings_without_a_meaning_are_not_shown() {
    for text in ALL {
        let mut page = open(text);
        let forms = said(&page.board.settings) + &said(&page.look().moment.actions.clone()) + &said(&page.board.questions);
        for strange in [
            "Promote",
            "Upgrade",
            "Add a column",
            "Set all rows",
            "Patience",
            "fencing",
            "pinned-follower",
            "sticky-leader",
            "Sticky",
            "A replica keeps",
        ] {
            assert!(!forms.contains(strange), "'{strange}' is on offer");
        }
        for own in [
            "Leaders tell each other",
            "All to all",
            "Concurrent writes of",
            "New rows get",
            "Clients turn to",
            "Delete as ann",
            "Write at",
        ] {
            assert!(forms.contains(own), "'{own}' is not on offer");
        }
    }
}

#[test]
fn both_panes_show_every_node_of_several_leaders() {
    for text in ALL {
        let mut page = open(text);
        let nodes = Run::of(&parse(text).expect("a scenario")).expect("it can be run").plan.nodes.len();
        for now in [0, 130_000, 620_000, 2_900_000] {
            page.now = now;
            for (pane, width) in [(0, 1_000.0), (0, 360.0), (1, 1_000.0), (1, 360.0)] {
                let mut chosen: Vec<u16> = drawn(&mut page, pane, width)
                    .iter()
                    .filter_map(|mark| mark.choice.as_ref().map(|choice| choice.node))
                    .collect();
                chosen.sort_unstable();
                assert_eq!(chosen, (0..u16::try_from(nodes).expect("few")).collect::<Vec<_>>(), "pane {pane}");
            }
        }
    }
}

/// Two clients write at once; who has read both versions is offered to resolve them, and whoever has not is not.
#[test]
fn a_client_that_has_read_siblings_resolves_them() {
    let mut page = open(SIBLINGS);
    page.now = 155_000;
    let shown = format!("{:?}", drawn(&mut page, 0, 1_000.0));
    assert!(shown.contains("shows MSS-23/attitude = nadir ∥ sun"), "two versions are shown");
    assert!(button(&mut page, "Resolve with sun: MSS-23/attitude as ann").is_none(), "ann has read nothing yet");
    page.now = 700_000;
    assert!(button(&mut page, "Resolve with nadir: MSS-23/attitude as chie").is_none(), "chie has read nothing");
    let resolve = button(&mut page, "Resolve with sun: MSS-23/attitude as ann").expect("ann has read both");
    page.press(&resolve.order, "");
    assert!(page.playing && page.failed.is_empty(), "{:?}", page.failed);
    page.now = 2_000_000;
    let shown = format!("{:?}", drawn(&mut page, 0, 1_000.0));
    assert!(
        !shown.contains("shows MSS-23/attitude = nadir ∥ sun")
            && shown.contains("shows MSS-23/attitude = sun")
            && shown.contains("replaced by V3"),
        "one version is left"
    );
    assert!(button(&mut page, "Resolve with sun: MSS-23/attitude as ann").is_none(), "nothing is left to be resolved");
}

#[test]
fn what_is_added_has_to_be_a_number() {
    let mut page = open(ALL[2]);
    page.now = 620_000;
    let actions = page.look().moment.actions.clone();
    let texts: Vec<_> = actions
        .iter()
        .filter_map(|field| if let Field::Text { order, .. } = field { Some(order.clone()) } else { None })
        .collect();
    page.press(&texts[0], "fuel/1");
    page.press(&texts[1], "much");
    let add = button(&mut page, "Add as ann").expect("a sum is added to");
    page.press(&add.order, "");
    assert_eq!(page.failed.pop().as_deref(), Some("'much' is not a whole number to add"));
    page.press(&texts[1], "3");
    page.press(&add.order, "");
    assert_eq!(page.failed, Vec::<String>::new());
}

/// Whoever was shown a write comes after it, by a way of messages that begins at the writer and ends at the reader; of two writes of which
/// one includes the other, so does the later one. This holds in both families.
#[test]
fn what_was_seen_happened_before() {
    let presets = PRESETS.iter().filter(|preset| preset.id != "telemetry-pipeline").map(|preset| preset.scenario());
    let texts = ALL.map(|text| parse(text).expect("a scenario"));
    let (mut seen, mut included) = (0, 0);
    for scenario in presets.chain(texts) {
        let run = Run::of(&scenario).expect("it can be run");
        let history = run.history();
        for read in history.ops.iter().filter(|op| !op.is_write()).take(60) {
            let Some(returned) = history.returned(read) else { continue };
            for sibling in returned.siblings() {
                let writer = &history.ops[sibling.op.index()];
                let hops = path(&run, sibling.op, read.id);
                let hops = hops.unwrap_or_else(|| panic!("{}: no path from {writer:?} to {read:?}", scenario.title));
                assert!(hops.first().is_none_or(|hop| hop.from == writer.client), "{}: {hops:?}", scenario.title);
                assert!(hops.last().is_none_or(|hop| hop.to == read.client), "{}: {hops:?}", scenario.title);
                assert!(hops.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].at <= pair[1].at), "{hops:?}");
                assert!(path(&run, read.id, sibling.op).is_none(), "{}: both ways", scenario.title);
                seen += 1;
            }
        }
        let writes: Vec<_> = history.ops.iter().filter(|op| op.is_write()).take(40).collect();
        for one in writes.iter().filter(|_| history.concurrent) {
            for other in &writes {
                let (Some(a), Some(b)) = (history.stamp_of(one), history.stamp_of(other)) else { continue };
                if one.key == other.key && a.compare(&b) == Some(std::cmp::Ordering::Less) {
                    assert!(path(&run, one.id, other.id).is_some(), "{}: {one:?} and {other:?}", scenario.title);
                    included += 1;
                }
            }
        }
    }
    assert!(seen > 100 && included > 2, "{seen} reads, {included} writes");
}

/// Two operations are chosen: the path between them stands out in the diagram, or the answer says that there is none.
#[test]
fn two_operations_are_ordered_by_a_path_or_are_concurrent() {
    let mut page = open(SIBLINGS);
    page.now = 2_000_000;
    let choose = |page: &mut Page, (first, second): (&str, &str)| {
        let Field::Choice { choices, order, .. } = page.board.order[0].clone() else { panic!("no choice") };
        let Field::Choice { order: other, .. } = page.board.order[1].clone() else { panic!("no choice") };
        let number = |begins: &str| {
            choices
                .iter()
                .find(|choice| choice.text.starts_with(begins))
                .unwrap_or_else(|| panic!("{begins}: {choices:?}"))
                .value
                .clone()
        };
        page.press(&order, &number(first));
        page.press(&other, &number(second));
        let Some(Field::Summary(text)) = page.board.order.last().cloned() else { panic!("no answer") };
        let diagram = page.look().diagram.clone().expect("another diagram");
        let lines = all(&diagram.pane.marks)
            .iter()
            .filter(|mark| mark.class.contains("message") && mark.class.ends_with(" path"))
            .count();
        (text, lines)
    };
    let (text, lines) = choose(&mut page, ("ann's write of MSS-23/attitude", "ben's write of MSS-23/attitude"));
    assert!(text.starts_with("Neither happens before the other") && text.contains("concurrent"), "{text}");
    assert!(text.contains("Their versions are ") && text.ends_with("neither includes the other."), "{text}");
    assert_eq!(lines, 0, "{text}");
    let (text, lines) = choose(&mut page, ("ann's write of MSS-23/attitude", "ben's read of MSS-23/attitude"));
    assert!(
        text.contains(" happens before ben's read")
            && text.contains("ann → virginia (")
            && text.contains("virginia → frankfurt ("),
        "{text}"
    );
    assert_eq!(lines, 3, "{text}");
    let (text, lines) = choose(&mut page, ("ben's write of MSS-23/mode", "ben's write of MSS-23/attitude"));
    assert!(text.starts_with("ben's write of MSS-23/attitude") && text.contains("its client did one after the other"), "{text}");
    assert_eq!(lines, 0, "{text}");
}
