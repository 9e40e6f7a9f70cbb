//! What the engine answers, and what that changes.

use gloo_timers::callback::Timeout;
use web_sys::HtmlElement;

use super::Lab;
use super::asking::Purpose;
use super::drawing::EXPERIMENTS;
use crate::engine::{Ask, BETWEEN_FILES, Board, Film, Opened, Reply, TEXT_MAX, request_check};
use crate::page::files;
use crate::page::msg::Lit;
use crate::page::shared::Shared;
use crate::scene::Pane;
use crate::time::SimTime;

impl Lab {
    pub(super) fn hear(&mut self, reply: Reply) {
        match reply {
            // The way to the engine has asked the other program already.
            Reply::Elsewhere(_) => {
                self.room.fetching = true;
                self.clock.playing = false;
                self.view.said = "What this scenario needs is being fetched.".to_owned();
            }
            Reply::Opened(Opened { at, speed, halts }) => {
                self.room.fetching = false;
                self.hosting.open();
                self.clock.set_speed(speed);
                self.clock.halts = halts;
                self.clock.stop_at(SimTime(at));
                self.answer_awaits();
                (self.view.chosen, self.view.finding, self.view.zoom) = (None, None, 0);
                self.drawn.now = self.clock.now;
                self.view.reached = self.clock.now;
                self.asking.look_again();
                // What was asked for may be more than what could be shown: an address is left alone until something is done.
                if self.board.run > 0 {
                    self.address_later();
                }
            }
            Reply::Board(board) => self.take_board(*board),
            Reply::StopAt(_) if self.asking.comes_late() => {}
            Reply::StopAt(at) => {
                self.stop_at(at);
                self.asking.steps.pop_front();
                self.step();
            }
            Reply::Play => {
                self.clock.playing = true;
                self.asking.look_again();
            }
            Reply::Film(film) => self.take_film(*film),
            Reply::Told(told) => {
                self.asking.telling = false;
                self.answers.told.renew(told);
            }
            Reply::Staleness(staleness) => {
                self.asking.telling = false;
                self.answers.measure(*staleness, (self.board.run, self.board.until));
            }
            Reply::Said(text) => self.view.said = text,
            Reply::Failed(message) => {
                self.room.fetching = false;
                self.fail(message);
                self.answer_awaits();
            }
            Reply::Question(question, about_run) => self.question(question, about_run),
            Reply::Link(fragment) => self.take_link(&fragment),
            Reply::Save(name, text) => self.save(&name, &text),
        }
    }

    fn take_board(&mut self, board: Board) {
        let (first, changed) = (self.board.run == 0, board.run != self.board.run);
        if board.title != self.board.title {
            self.view.chosen = None;
        }
        self.board.renew(board);
        self.asking.sliding = false;
        if let Some((order, value)) = self.asking.slid.take() {
            self.slide(order, value);
        }
        if changed {
            // The clock waits for a picture of this run.
            self.reel.clear();
            self.view.link.clear();
            self.view.lit = Shared::new(Lit::default());
            (self.view.finding, self.view.error) = (None, None);
            self.clock.now = self.clock.now.min(self.until());
            // What comes after an intervention nobody has seen.
            self.view.reached = self.clock.now;
            self.drawn.counted = self.seen();
            self.tell_run();
        }
        self.hosting.opening = false;
        // What can be done depends on what was entered.
        self.asking.look_again();
        if !first {
            self.address_later();
        }
    }

    fn take_film(&mut self, film: Film) {
        let Some((look, continues)) = self.asking.looking.take() else { return };
        let mut film = film;
        if let Some(diagram) = film.diagram.take() {
            self.answers.draw(diagram);
        }
        if continues && self.reel.end().0 == look.now {
            self.reel.forget(self.clock.now);
        } else {
            self.reel.clear();
        }
        self.reel.append(film, look.until);
        let size = |pane: &Pane| (pane.width, pane.height);
        let before = size(&self.drawn.pane);
        self.show_stage();
        if size(&self.drawn.pane) != before {
            self.canvas.renew();
        }
    }

    fn take_link(&mut self, fragment: &str) {
        match self.asking.links.pop_front() {
            Some(Purpose::Clipboard) => {}
            Some(Purpose::Host(id, at)) => return self.answer_host(id, at, fragment),
            Some(Purpose::Address) | None => return Lab::write_address(fragment),
        }
        let location = web_sys::window().map(|w| w.location());
        let page = location.and_then(|l| Some(l.origin().ok()? + &l.pathname().ok()?)).unwrap_or_default();
        self.view.link = format!("{page}#{fragment}");
        files::copy(self.view.link.clone(), self.tell.clone());
    }

    /// Takes in a text: what may be a scenario goes to the engine; what is too long for one is a recorded history, and goes to the second
    /// program at once.
    pub(super) fn take(&mut self, name: String, text: String) {
        if text.len() > TEXT_MAX || text.contains(BETWEEN_FILES) {
            self.question(request_check(&name, &text), false);
        } else {
            self.engine.ask(Ask::Take(name, text));
        }
    }

    /// Brings the answer into view once it is there.
    pub(super) fn show_answer(&mut self) {
        if !self.questions.answering.shown.title.is_empty() {
            self.once_drawn(go_to_answer);
        }
    }

    /// Does something once what was said is drawn.
    fn once_drawn(&self, go: fn(&HtmlElement)) {
        if let Some(lab) = self.root.cast::<HtmlElement>() {
            Timeout::new(0, move || go(&lab)).forget();
        }
    }

    fn question(&mut self, question: String, about_run: bool) {
        self.questions.ask(question, about_run, self.answered.clone());
        self.view.below = EXPERIMENTS;
        self.once_drawn(go_there);
    }
}

/// Brings an answer into view that somebody waits for: the keyboard is where it has come.
fn go_to_answer(lab: &HtmlElement) {
    let find = |selector: &str| lab.query_selector(selector).ok().flatten();
    let active = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
    if let Some(sheet) = find(".answer .sheet").filter(|_| find(".answer").is_some_and(|answer| active == Some(answer))) {
        sheet.scroll_into_view();
    }
}

/// Brings the panel into view, and the keyboard to the answer that is to come: the question may have been asked elsewhere.
fn go_there(lab: &HtmlElement) {
    use wasm_bindgen::JsCast;
    let find = |selector: &str| lab.query_selector(selector).ok().flatten();
    let (Some(panel), Some(answer)) = (find(".experiments"), find(".answer")) else { return };
    let inside = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
    if inside.is_some_and(|element| panel.contains(Some(&element))) {
        return;
    }
    if let Ok(answer) = answer.dyn_into::<HtmlElement>() {
        let _ = answer.focus();
    }
    panel.scroll_into_view();
}
