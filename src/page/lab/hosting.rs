//! A lab in a frame: what the page around it may ask for, and what it is told (`page/embed.rs` has the messages).
//!
//! Each command that wants an answer gets one, when the engine has done what it took: the state of the lab, or what was wrong. Beside that the
//! page around hears of what changes: the state, the height, findings that come to be seen, changes of the run, and a remedy that was taken.

use js_sys::Date;
use wasm_bindgen::JsValue;

use super::Lab;
use super::asking::Purpose;
use crate::engine::Ask;
use crate::page::embed::{Command, Heard, Host, Lock, Wish, object, put_all};
use crate::page::msg::Msg;
use crate::time::SimTime;

/// How many findings are told of at a time, beginning with the first: after that the state has their number.
const FINDINGS_MAX: usize = 32;

/// See the module.
#[derive(Default)]
pub(super) struct Hosting {
    host: Option<Host>,
    /// Whether the page around speaks the protocol: then it makes the frame as tall as the lab.
    pub(super) greeted: bool,
    pub(super) lock: Lock,
    /// What was said last.
    ready: bool,
    state: Option<State>,
    height: f64,
    /// What has gone wrong since the last answer.
    failed: Option<String>,
    /// How many findings of the run have been told of.
    found: usize,
    /// Whether the remedy of this scenario is taken; none until the engine has said it first.
    fixed: Option<bool>,
    /// When the scenario was opened, in milliseconds of the wall clock.
    opened: f64,
    /// Whether the next run is that of a scenario that was just opened.
    pub(super) opening: bool,
    /// Who waits until another scenario is open, or cannot be opened.
    awaits: Vec<JsValue>,
}

/// What a change of which is told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    run: u32,
    at: u64,
    playing: bool,
    speed: u64,
    findings: usize,
    lock: Lock,
}

/// Numbers of a run are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "times are microseconds of a run")]
fn number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

fn count(count: usize) -> JsValue {
    number(count as u64)
}

impl Hosting {
    pub(super) fn new(host: Option<Host>) -> Hosting {
        Hosting { host, ..Hosting::default() }
    }

    pub(super) fn is_in_frame(&self) -> bool {
        self.host.is_some()
    }

    fn say(&self, kind: &str, parts: &[(&str, JsValue)], more: &[(&str, JsValue)]) {
        if let Some(host) = &self.host {
            let message = object(parts);
            put_all(&message, more);
            host.say(kind, &message);
        }
    }

    fn say_event(&self, name: &str, parts: &[(&str, JsValue)]) {
        self.say("event", parts, &[("name", name.into())]);
    }

    fn fail(&mut self, message: &str, awaited: bool) {
        if awaited {
            self.failed = Some(message.to_owned());
        } else {
            self.say("error", &[("message", message.into())], &[]);
        }
    }

    /// Another scenario is open.
    pub(super) fn open(&mut self) {
        (self.fixed, self.opened, self.opening) = (None, Date::now(), true);
    }
}

impl Lab {
    /// Does what the page around asks for.
    pub(super) fn obey(&mut self, Heard { id, command }: Heard) {
        // Before it is ready the lab takes no commands; it will say when it is.
        if !self.is_ready() {
            return;
        }
        // The moment at which another scenario is looked at is known when it is open.
        let opens = matches!(command, Ok(Command::Load(_)));
        match command {
            Ok(command) => self.carry_out_for_host(command),
            Err(wrong) => self.hosting.fail(wrong, id.is_some()),
        }
        match id {
            Some(id) if opens => self.hosting.awaits.push(id),
            Some(id) => self.ask_for_host(id),
            None => {}
        }
    }

    fn carry_out_for_host(&mut self, command: Command) {
        match command {
            Command::Hello => {
                self.hosting.greeted = true;
                (self.hosting.ready, self.hosting.state, self.hosting.height) = (false, None, 0.0);
            }
            Command::Set(wish) => self.grant(wish),
            Command::Load(link) => {
                let ask = Ask::Open { asked: vec![link], embed: self.embed, after: self.board.run };
                self.engine.ask(ask);
            }
            // What is locked is so for the user.
            Command::Play if !self.clock.playing => self.carry_out(Msg::Toggle),
            Command::Pause if self.clock.playing => self.carry_out(Msg::Toggle),
            Command::Seek(at) => self.carry_out(Msg::Seek(at)),
            Command::Lock(lock) => self.hosting.lock = lock,
            Command::Play | Command::Pause | Command::Get => {}
        }
    }

    fn grant(&mut self, wish: Wish) {
        if let Some(dark) = wish.dark {
            self.view.dark = dark;
        }
        if let Some(speed) = wish.speed {
            self.clock.set_speed(speed);
        }
        self.clock.halts = wish.halts.unwrap_or(self.clock.halts);
        self.view.reveals = wish.reveals.unwrap_or(self.view.reveals);
        if !wish.scenario.is_empty() {
            self.carry_out(Msg::Do(self.board.adjust.clone(), wish.scenario));
        }
    }

    /// Whether something that the user does is locked by the page around.
    pub(super) fn is_locked(&self, msg: &Msg) -> bool {
        match msg {
            Msg::Do(..) | Msg::Slide(..) | Msg::Undo | Msg::Take(..) => self.hosting.lock.run,
            Msg::Toggle | Msg::Seek(_) | Msg::StopAt(_) | Msg::Step(_) => self.hosting.lock.time,
            _ => false,
        }
    }

    /// Tells what has changed since the last time.
    pub(super) fn tell_host(&mut self) {
        if !self.hosting.is_in_frame() || !self.is_ready() {
            return;
        }
        if !self.hosting.ready {
            self.hosting.ready = true;
            self.hosting.say("ready", &[("version", 1.into()), ("title", self.board.title.as_str().into())], &[]);
        }
        // From then on the browser says when the height changes: to measure it here would cost a layout for every drawing.
        if self.hosting.height == 0.0 {
            self.tell_height();
        }
        let state = self.state();
        if self.hosting.state != Some(state) {
            self.hosting.state = Some(state);
            self.say_state(state, &[]);
        }
        self.tell_findings();
        self.tell_completed();
    }

    fn state(&self) -> State {
        State {
            run: self.board.run,
            at: self.slow_hand(),
            playing: self.clock.playing,
            speed: self.clock.speed,
            findings: self.seen(),
            lock: self.hosting.lock,
        }
    }

    fn say_state(&self, state: State, more: &[(&str, JsValue)]) {
        let preset = self.board.presets.shown.as_deref().map_or(JsValue::NULL, Into::into);
        let locked = object(&[("run", state.lock.run.into()), ("time", state.lock.time.into())]);
        let parts = [
            ("run", state.run.into()),
            ("title", self.board.title.as_str().into()),
            ("preset", preset),
            ("at", number(state.at)),
            ("until", number(self.board.until)),
            ("playing", state.playing.into()),
            ("speed", number(state.speed)),
            ("findings", count(state.findings)),
            ("locked", locked.into()),
        ];
        self.hosting.say("state", &parts, more);
    }

    fn ask_for_host(&mut self, id: JsValue) {
        self.asking.link(&self.engine, self.clock.now, Purpose::Host(id, self.clock.now));
    }

    /// Answers a command, now that the engine has said what came before: with the state and its link, or with what was wrong.
    pub(super) fn answer_host(&mut self, id: JsValue, at: SimTime, fragment: &str) {
        // What was asked for needs another program: the answer is that of what it opens.
        if self.room.fetching {
            return self.hosting.awaits.push(id);
        }
        match self.hosting.failed.take() {
            // What was opened meanwhile is looked at elsewhere.
            None if at != self.clock.now && !self.clock.playing => self.ask_for_host(id),
            Some(failed) => self.hosting.say("error", &[("id", id), ("message", failed.into())], &[]),
            None => self.say_state(self.state(), &[("id", id), ("fragment", fragment.into())]),
        }
    }

    /// Another scenario is open, or cannot be opened: answers are due.
    pub(super) fn answer_awaits(&mut self) {
        for id in std::mem::take(&mut self.hosting.awaits) {
            self.ask_for_host(id);
        }
    }

    /// Something does not work. Whoever waits for an answer hears of it there.
    pub(super) fn fail(&mut self, message: String) {
        self.hosting.fail(&message, self.asking.has_host_waiting() || !self.hosting.awaits.is_empty());
        self.view.error = Some(message);
    }

    /// The run is another one: that of another scenario, or because something was done to it.
    pub(super) fn tell_run(&mut self) {
        self.hosting.found = 0;
        if self.hosting.opening {
            return;
        }
        let (branches, current) = &self.board.branches;
        let branch = branches.get(*current as usize).map_or("", String::as_str);
        self.hosting.say_event("step", &[("run", self.board.run.into()), ("branch", branch.into())]);
    }

    /// How tall the page of the frame is, in CSS pixels; changes of less than two pixels are not worth a layout.
    pub(super) fn tell_height(&mut self) {
        if !self.hosting.ready {
            return;
        }
        let page = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
        let height = page.map_or(0.0, |page| page.get_bounding_client_rect().height().ceil());
        if (height - self.hosting.height).abs() >= 2.0 {
            self.hosting.height = height;
            self.hosting.say("resize", &[("height", height.into())], &[]);
        }
    }

    fn tell_findings(&mut self) {
        let (found, seen) = (self.hosting.found, self.seen());
        self.hosting.found = found.max(seen);
        for index in (found..seen).take(FINDINGS_MAX) {
            let Some((at, kind)) = self.board.findings.times.get(index) else { return };
            let title = self.board.findings.kinds.get(usize::from(*kind)).map_or("", |kind| kind.title.as_str());
            let headline = self.board.findings.listed.get(index).map_or("", |finding| finding.headline.as_str());
            let parts = [("number", count(index)), ("kind", title.into()), ("headline", headline.into()), ("at", number(*at))];
            self.hosting.say_event("finding", &parts);
        }
    }

    /// Tells once for each scenario that was opened that its remedy was taken: with a result of the form that xAPI has.
    fn tell_completed(&mut self) {
        // What is said of this run, and not what stands there of the one before.
        let Some(fixed) = self.reel.moment(self.drawn.now).map(|moment| moment.story.fixed) else { return };
        let before = *self.hosting.fixed.get_or_insert(fixed);
        if before || !fixed {
            return;
        }
        self.hosting.fixed = Some(true);
        // A whole number: writing others takes as much code as this whole file.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of what is below zero is zero")]
        let seconds = ((Date::now() - self.hosting.opened) / 1_000.0) as u64;
        let duration = format!("PT{seconds}S");
        let success = self.board.findings.times.is_empty();
        let result = object(&[("completion", true.into()), ("success", success.into()), ("duration", duration.into())]);
        self.hosting.say_event("completed", &[("title", self.board.title.as_str().into()), ("result", result.into())]);
    }
}
