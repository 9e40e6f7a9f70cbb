//! The engine as the page meets it: requests in, answers out, natively. What a control asks for, what a film shows, and what is said.

mod keys;
mod leaders;
mod opening;

use replicated_telemetry_store::engine::{
    Answer, Ask, Board, Button, Engine, Field, Film, Look, Order, Reply, Request, Step, Told,
};
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::FamilySpec;
use replicated_telemetry_store::scene::{Mark, Staleness, Target, meet};
use replicated_telemetry_store::time::SimTime;

/// A page with one lab.
struct Page {
    engine: Engine,
    board: Board,
    now: u64,
    playing: bool,
    failed: Vec<String>,
    said: Vec<String>,
    questions: Vec<String>,
    links: Vec<String>,
    films: Vec<Film>,
    told: Option<Told>,
    staleness: Option<Box<Staleness>>,
}

impl Page {
    fn open(asked: &str) -> Page {
        let mut page = Page {
            engine: Engine::default(),
            board: Board::default(),
            now: 0,
            playing: false,
            failed: Vec::new(),
            said: Vec::new(),
            questions: Vec::new(),
            links: Vec::new(),
            films: Vec::new(),
            told: None,
            staleness: None,
        };
        page.ask(Ask::Open { asked: vec![asked.to_owned()], embed: false, after: 0 });
        page
    }

    /// Asks as a page does: over bytes.
    fn ask(&mut self, ask: Ask) {
        let request = postcard::to_allocvec(&Request { lab: 7, ask }).expect("requests have a form");
        let answer = self.engine.answer_bytes(&request).expect("a request has an answer");
        let answer: Answer = postcard::from_bytes(&answer).expect("answers can be read");
        assert_eq!(answer.lab, 7);
        answer.replies.into_iter().for_each(|reply| self.hear(reply));
    }

    fn hear(&mut self, reply: Reply) {
        match reply {
            Reply::Elsewhere(ask) => panic!("this program includes all families, and sends nobody away: {ask:?}"),
            Reply::Opened(opened) => self.now = opened.at,
            Reply::Board(board) => self.board = *board,
            Reply::StopAt(at) => (self.now, self.playing) = (at, false),
            Reply::Play => self.playing = true,
            Reply::Film(film) => self.films.push(*film),
            Reply::Told(told) => self.told = Some(told),
            Reply::Said(text) => self.said.push(text),
            Reply::Failed(text) => self.failed.push(text),
            Reply::Question(question, _) => self.questions.push(question),
            Reply::Link(link) => self.links.push(link),
            Reply::Staleness(chart) => self.staleness = Some(chart),
            Reply::Save(..) => {}
        }
    }

    fn press(&mut self, order: &Order, value: &str) {
        self.ask(Ask::Do(order.clone(), value.to_owned(), self.now));
    }

    fn look(&mut self) -> &Film {
        self.watch(0, 0)
    }

    /// Looks at so many microseconds, with a still every `step`.
    fn watch(&mut self, length: u64, step: u64) -> &Film {
        let clock = (self.board.run, self.now);
        let look = Look { run: clock.0, clock: clock.1, now: self.now, until: self.now + length, ..Look::default() };
        self.ask(Ask::Look(Look { step, width: 1_000.0, ..look }));
        self.films.last().expect("a film")
    }

    fn digest(&self) -> String {
        let digest = |field: &Field| if let Field::Digest(text) = field { Some(text.clone()) } else { None };
        self.board.settings.iter().find_map(digest).expect("a digest")
    }
}

/// All orders of a form with a value that makes sense for each.
fn orders(fields: &[Field], all: &mut Vec<(Order, String)>) {
    let buttons = |all: &mut Vec<(Order, String)>, buttons: &[Button]| {
        all.extend(buttons.iter().filter(|button| !button.disabled).map(|button| (button.order.clone(), String::new())));
    };
    for field in fields {
        match field {
            Field::Group(_, inner) | Field::Fold(_, inner) => orders(inner, all),
            Field::Note(_) | Field::Summary(_) | Field::Digest(_) => {}
            Field::Buttons(inner) => buttons(all, inner),
            Field::Choice { choices, order, disabled, .. } => {
                all.extend(choices.iter().filter(|_| !disabled).map(|choice| (order.clone(), choice.value.clone())));
            }
            Field::Modes(modes) => all.extend(modes.iter().map(|mode| (mode.order.clone(), "on".to_owned()))),
            Field::Tick { order, .. } => all.push((order.clone(), "on".to_owned())),
            Field::Slider { order, count, .. } => {
                all.extend([0, count.saturating_sub(1)].map(|place| (order.clone(), place.to_string())))
            }
            Field::Text { order, .. } => all.push((order.clone(), "17".to_owned())),
            Field::Rows(rows) => rows.iter().for_each(|(_, inner)| orders(inner, all)),
            Field::Table { rows, .. } => {
                let cells = rows.iter().flat_map(|(_, cells)| cells.iter().flatten()).cloned().collect::<Vec<_>>();
                buttons(all, &cells);
            }
        }
    }
}

fn small_presets() -> impl Iterator<Item = &'static Preset> {
    PRESETS.iter().filter(|preset| preset.id != "telemetry-pipeline")
}

/// No control is dead: each can be used in every preset, is answered, and what it changes can be taken back.
#[test]
fn every_control_of_every_preset_can_be_used() {
    for preset in small_presets() {
        let mut page = Page::open(&format!("preset={}", preset.id));
        let actions = page.look().moment.actions.clone();
        let mut all = Vec::new();
        orders(&page.board.settings.clone(), &mut all);
        orders(&actions, &mut all);
        assert!(all.len() > 40, "{}: {} controls", preset.id, all.len());
        let before = page.digest();
        for (order, value) in all {
            let run = page.board.run;
            page.press(&order, &value);
            // What cannot be run is refused with a sentence, and nothing has changed.
            assert!(page.failed.iter().all(|why| !why.is_empty()), "{}: {:?}", preset.id, page.failed);
            if page.board.run == run {
                continue;
            }
            assert!(page.said.last().is_some_and(|said| said.starts_with("The run has changed.")), "{:?}", page.said);
            // An action in the past is a branch of its own; the one as written is the first.
            page.press(&page.board.undo.clone(), "");
            if page.board.branches.0.len() > 1 {
                page.press(&page.board.branch.clone(), "0");
            }
        }
        page.press(&page.board.branch.clone(), "0");
        assert_eq!(page.digest(), before, "{}", preset.id);
    }
}

/// A link is the whole run, wherever it was made.
#[test]
fn a_link_opens_the_same_run_at_the_same_moment() {
    for preset in small_presets() {
        let mut page = Page::open(&format!("preset={}", preset.id));
        let Some(Field::Buttons(next)) = page.board.settings.iter().find(|field| matches!(field, Field::Buttons(_))).cloned()
        else {
            panic!("no button for the next seed")
        };
        page.press(&next[0].order, "");
        page.ask(Ask::Link(5_000));
        let link = page.links.pop().expect("a link");
        let again = Page::open(&format!("#{link}"));
        assert_eq!((again.digest(), again.now, again.failed), (page.digest(), 5_000, Vec::new()), "{}", preset.id);
    }
}

#[test]
fn what_cannot_be_opened_is_answered_and_something_is_shown() {
    for (asked, why) in [
        ("#v1=%%%%", "damaged at character 0"),
        ("#v1=e30", "cannot be run: line 1"),
        ("preset=atlantis", "no preset called 'atlantis'"),
        ("preset=first-look&mode=psychic", "no read mode called 'psychic'"),
    ] {
        let mut page = Page::open(asked);
        assert!(page.failed.iter().any(|failed| failed.contains(why)), "{asked}: {:?}", page.failed);
        assert_eq!(page.board.title, PRESETS[0].title);
        assert!(!page.look().stills[0].pane.as_ref().expect("a pane").marks.is_empty());
    }
    let mut engine = Engine::default();
    assert_eq!(engine.answer_bytes(b"\xff\xff\xff"), None, "what is no request has no answer");
    let lost = engine.answer(Request { lab: 3, ask: Ask::Link(0) });
    assert!(lost.replies.is_empty(), "a lab that is gone is answered with nothing");
}

/// A film is the run: at each still the drawing is that of the moment alone, and a message is there from when it is sent until it arrives.
#[test]
fn a_film_shows_what_a_single_look_shows() {
    for id in ["first-look", "busy-constellation", "split-brain", "consistent-prefix"] {
        let run = Run::of(&Preset::named(id).expect("a preset").scenario()).expect("presets can be run");
        let mut page = Page::open(&format!("preset={id}"));
        page.now = 0;
        let (step, length) = (run.until().0 / 40, run.until().0 / 2);
        let film = page.watch(length, step).clone();
        assert!(film.stills.len() >= 20, "{id}: {} stills", film.stills.len());
        let mut pane = None;
        for still in &film.stills {
            pane = still.pane.clone().or(pane);
            page.now = still.at;
            let alone = page.look().clone();
            assert_eq!(pane, alone.stills[0].pane, "{id} at {}", still.at);
            let there = |flights: &[replicated_telemetry_store::scene::Flight]| {
                let mut ids: Vec<u32> = flights.iter().filter(|f| f.is_under_way(still.at)).map(|f| f.id).collect();
                ids.sort_unstable();
                ids
            };
            assert_eq!(there(&still.flights), there(&alone.stills[0].flights), "{id} at {}", still.at);
            for flight in &still.flights {
                assert!(flight.stands.is_some() || flight.due > still.at, "{id}: {flight:?} has arrived before {}", still.at);
            }
        }
    }
}

/// What is sent between two stills is under way at once, not from the next still on.
#[test]
fn a_message_appears_when_it_is_sent() {
    let mut page = Page::open("preset=busy-constellation");
    page.now = 5_000_000;
    let film = page.watch(200_000, 50_000).clone();
    let between: usize = film.stills.iter().map(|still| still.flights.iter().filter(|f| f.sent > still.at).count()).sum();
    assert!(between > 20, "{between} messages were sent between stills");
}

#[test]
fn steps_lead_from_moment_to_moment_and_from_finding_to_finding() {
    let mut page = Page::open("preset=read-after-write");
    page.now = 0;
    page.ask(Ask::Step(Step::NextFinding, 0));
    let finding = page.now;
    assert_eq!(finding, page.board.findings.times[0].0);
    page.ask(Ask::Step(Step::Back, finding));
    assert!(page.now < finding);
    page.ask(Ask::Step(Step::Forward, page.now));
    assert_eq!(page.now, finding);
    page.ask(Ask::Step(Step::NextFinding, finding));
    assert_eq!(page.now, finding, "there is no other");
}

/// The nouns of an explanation light up something that is drawn.
#[test]
fn what_an_explanation_names_is_on_the_stage() {
    fn any(mark: &Mark, about: &[Target]) -> bool {
        meet(&mark.about, about) || mark.marks.iter().any(|inner| any(inner, about))
    }
    for preset in small_presets() {
        let mut page = Page::open(&format!("preset={}", preset.id));
        let Some((at, _)) = page.board.findings.times.first().copied() else { continue };
        page.now = at;
        page.ask(Ask::Tell(at, Some(0)));
        let why = page.told.clone().and_then(|told| told.why).unwrap_or_else(|| panic!("{}: nothing is told", preset.id));
        assert!(why.prose.len() > 3 && why.asks.len() == 2, "{}: {why:?}", preset.id);
        let pane = page.look().stills[0].pane.clone().expect("a pane");
        for piece in why.prose.iter().filter(|piece| piece.about.iter().any(|about| matches!(about, Target::Node(_)))) {
            assert!(pane.marks.iter().any(|mark| any(mark, &piece.about)), "{}: {piece:?}", preset.id);
        }
    }
}

#[test]
fn the_newest_steps_come_first_and_say_something() {
    let mut page = Page::open("preset=read-after-write");
    let until = page.board.until;
    page.ask(Ask::Tell(until, None));
    let steps = page.told.clone().expect("something is told").steps;
    assert!(steps.len() > 2 && steps.windows(2).all(|pair| pair[0].step > pair[1].step), "{steps:?}");
    assert!(steps.iter().all(|line| !line.text.is_empty() && line.at <= until));
    page.ask(Ask::Tell(0, None));
    assert!(page.told.expect("an answer").steps.iter().all(|line| line.at == 0));
}

/// What was entered is what is done, even if the form that was pressed is older: the key that a user types and the button that he presses
/// at once belong together.
#[test]
fn an_operation_uses_what_was_entered_last() {
    let mut page = Page::open("preset=read-after-write");
    let actions = page.look().moment.actions.clone();
    let Some(Field::Text { order: key, .. }) = actions.first() else { panic!("no key: {actions:?}") };
    let Some(Field::Rows(clients)) = actions.iter().find(|field| matches!(field, Field::Rows(_))) else { panic!("no clients") };
    let Field::Buttons(buttons) = &clients[0].1[0] else { panic!("no buttons") };
    page.press(key, "MSS-99/orbit");
    page.press(&buttons[0].order, "");
    page.ask(Ask::Save);
    assert!(page.playing, "an action is followed by watching what comes of it");
    page.ask(Ask::Tell(page.now + 200_000, None));
    let told = page.told.expect("an answer").steps;
    assert!(told.iter().any(|line| line.text.contains("MSS-99/orbit")), "{told:?}");
}

#[test]
fn a_seed_that_is_no_number_is_refused_and_the_control_shows_what_is_set() {
    let mut page = Page::open("preset=first-look");
    let before = page.digest();
    let Some(Field::Text { order, .. }) =
        page.board.settings.iter().find(|f| matches!(f, Field::Text { number: true, .. })).cloned()
    else {
        panic!("no seed")
    };
    for wrong in ["", "-1", "1.5", "18446744073709551616", "<b>"] {
        page.press(&order, wrong);
        let why = page.failed.pop().unwrap_or_default();
        assert!(why.contains("is not a whole number from 0 to 18446744073709551615"), "{wrong}: {why}");
    }
    assert_eq!(page.digest(), before);
}

#[test]
fn a_text_is_a_scenario_a_history_or_answered_with_its_mistake() {
    let mut page = Page::open("preset=first-look");
    page.ask(Ask::Take("bad.json".to_owned(), "{\n  \"version\": 1,\n  \"sead\": 2 }".to_owned()));
    let why = page.failed.pop().expect("a message");
    assert!(why.starts_with("bad.json, line 3, column ") && why.contains("unknown field `sead`"), "{why}");
    assert_eq!(page.board.title, PRESETS[0].title, "a bad file loses nothing");
    page.ask(Ask::Take(
        "mine".to_owned(),
        Preset::named("split-brain").expect("a preset").text().expect("it is included").to_owned(),
    ));
    assert_eq!(page.board.title, Preset::named("split-brain").expect("a preset").title);
    page.ask(Ask::Take("stale.edn".to_owned(), "{:process 0, :type :invoke, :f :read, :value nil}".to_owned()));
    assert!(page.questions.pop().expect("a question").starts_with("check\nstale.edn\n"));
}

/// The stage of a run can be looked at as logs and as a map, and both are about the same nodes.
#[test]
fn every_pane_shows_every_node() {
    for preset in small_presets() {
        let mut page = Page::open(&format!("preset={}", preset.id));
        let nodes = Run::of(&preset.scenario()).expect("presets can be run").plan.nodes.len();
        let panes: &[&str] = match preset.scenario().family {
            FamilySpec::SingleLeader => &["Logs", "Map"],
            FamilySpec::MultiLeader => &["Leaders", "Map"],
            FamilySpec::Leaderless => &["Ring", "Nodes", "Map"],
        };
        assert_eq!(page.board.panes, panes);
        for pane in (0..).take(panes.len()) {
            for width in [1_000.0, 360.0] {
                page.ask(Ask::Look(Look { now: page.now, until: page.now, step: 1, width, pane, ..Look::default() }));
                let drawn = page.films.pop().expect("a film").stills.remove(0).pane.expect("a pane");
                let mut chosen: Vec<u16> = Vec::new();
                let mut stack: Vec<Mark> = drawn.marks.iter().map(|mark| (**mark).clone()).collect();
                while let Some(mark) = stack.pop() {
                    chosen.extend(mark.choice.iter().map(|choice| choice.node));
                    stack.extend(mark.marks.iter().map(|inner| (**inner).clone()));
                }
                chosen.sort_unstable();
                assert_eq!(chosen, (0..u16::try_from(nodes).expect("few")).collect::<Vec<_>>(), "{} pane {pane}", preset.id);
            }
        }
    }
}

/// Before the end of the first second of the heaviest preset a film comes in time, however much is under way.
#[test]
fn a_film_has_bounds() {
    let mut page = Page::open("preset=telemetry-pipeline");
    page.now = 600_000;
    let film = page.watch(u64::MAX / 4, 1).clone();
    assert!(film.stills.len() <= 40 && film.stills.iter().all(|still| still.flights.len() <= 2_100), "{}", film.stills.len());
    let beyond = Look { now: u64::MAX / 2, until: u64::MAX / 2, step: 0, width: f32::NAN, pane: 200, ..Look::default() };
    page.ask(Ask::Look(Look { finding: Some(u32::MAX), chosen: Some(u16::MAX), zoom: u32::MAX, ..beyond }));
    assert_eq!(page.films.pop().expect("a film").stills.len(), 1);
    assert_eq!(
        SimTime(page.board.until),
        Run::of(&Preset::named("telemetry-pipeline").expect("a preset").scenario()).expect("it runs").until()
    );
}

/// What the page asks for ahead of its clock has not been seen yet: acting forks no branch then.
#[test]
fn acting_after_a_film_was_asked_for_in_advance_forks_nothing() {
    let mut page = Page::open("preset=read-after-write");
    page.now = 100_000;
    let actions = page.look().moment.actions.clone();
    let ahead = Look { run: page.board.run, clock: 100_000, now: 480_000, until: 900_000, step: 48_000, ..Look::default() };
    page.ask(Ask::Look(Look { width: 1_000.0, ..ahead }));
    let Some(Field::Rows(clients)) = actions.iter().find(|field| matches!(field, Field::Rows(_))) else { panic!("no clients") };
    let Field::Buttons(buttons) = &clients[0].1[0] else { panic!("no buttons") };
    page.now = 110_000;
    page.press(&buttons[0].order, "");
    assert_eq!(page.board.branches.0.len(), 1, "{:?}", page.board.branches);
    // What is asked of the run before moves nothing.
    page.ask(Ask::Look(Look { run: 1, clock: 2_000_000, now: 0, until: 0, step: 1, width: 1_000.0, ..Look::default() }));
    page.press(&buttons[0].order, "");
    assert_eq!(page.board.branches.0.len(), 1, "{:?}", page.board.branches);
    page.now = 50_000;
    page.press(&buttons[0].order, "");
    assert_eq!(page.board.branches.0.len(), 2, "acting in what has been seen forks");
}
