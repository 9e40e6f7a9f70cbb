//! One lab: the clock, what the user looks at, and what the engine has said. It routes messages and hands each component what it shows.
//!
//! What costs is done as rarely as it can be: what stands still is drawn when it is another one, the messages under way for every frame.
//! Where many are under way they are on the canvas, and most frames draw nothing else. While nothing plays, or nobody can see it, there is
//! no frame loop at all.

mod answers;
mod asking;
mod drawing;
mod frames;
mod hearing;
mod hosting;
mod opening;
mod questions;

pub(super) use opening::Opening;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;
use web_sys::{FocusOptions, HtmlElement};
use yew::prelude::*;

use super::canvas::Canvas;
use super::control::next_id;
use super::embed::Host;
use super::flights::Moving;
use super::frame_loop::FrameLoop;
use super::link::Link;
use super::msg::{Happening, Lit, Msg, Place};
use super::observe::{Surroundings, Watch, prefers_dark, prefers_less_motion};
use super::reel::Reel;
use super::shared::Shared;
use super::{files, findings};
use crate::engine::{Ask, Board, Order, Reply};
use crate::player::Clock;
use crate::time::SimTime;
use answers::Answers;
use asking::{Asking, Purpose};
use drawing::Drawn;
use hosting::Hosting;
use questions::Worker;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub(super) opening: Opening,
}

/// What the user looks at.
#[derive(Default)]
struct View {
    lit: Shared<Lit>,
    chosen: Option<u16>,
    /// The finding that is explained; the last one that is there to be seen if nothing was chosen.
    finding: Option<usize>,
    zoom: u32,
    pane: u8,
    /// The tabs that are looked at, beside the stage and below it.
    beside: u8,
    below: u8,
    /// The latest moment that has been seen, and whether what comes after it is shown.
    reached: SimTime,
    reveals: bool,
    dark: Option<bool>,
    /// The link that was copied.
    link: String,
    error: Option<String>,
    said: String,
}

/// Whether anybody can see the lab, and how.
struct Room {
    on_screen: bool,
    tab_visible: bool,
    less_motion: bool,
    width: f64,
    /// Whether the focus is somewhere in the lab.
    focused: bool,
    /// Whether another program has to come before what is wished can be shown.
    fetching: bool,
}

/// See the module.
pub struct Lab {
    tell: Callback<Msg>,
    /// Where the second program's answers go.
    answered: Callback<Vec<u8>>,
    engine: Link,
    asking: Asking,
    board: Shared<Board>,
    clock: Clock,
    reel: Reel,
    view: View,
    room: Room,
    answers: Answers,
    questions: Worker,
    drawn: Drawn,
    frames: Option<FrameLoop>,
    canvas: Canvas,
    /// What this frame has drawn on the canvas.
    crowd: Option<Rc<Moving>>,
    address_due: Option<Timeout>,
    root: NodeRef,
    watch: Option<Watch>,
    owns_address: bool,
    embed: bool,
    /// The page around, if the lab is alone in a frame.
    hosting: Hosting,
    /// What makes the names of its elements different from those of another lab.
    id: u32,
}

impl Component for Lab {
    type Message = Happening;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Opening { asked, embed, owns_address, dark, origins } = ctx.props().opening.clone();
        let (tell, answered) = (ctx.link().callback(Happening::Said), ctx.link().callback(Happening::Answered));
        let engine = Link::new(ctx.link().callback(Happening::Heard));
        let host = if owns_address { Host::around(origins, ctx.link().callback(Happening::Hosted)) } else { None };
        let lab = Lab {
            answered,
            asking: Asking::default(),
            board: Shared::default(),
            clock: Clock::default(),
            reel: Reel::default(),
            view: View { dark, ..View::default() },
            room: Room {
                on_screen: true,
                tab_visible: true,
                less_motion: prefers_less_motion(),
                width: 1_000.0,
                focused: false,
                fetching: false,
            },
            answers: Answers::default(),
            questions: Worker::default(),
            drawn: Drawn::default(),
            frames: None,
            canvas: Canvas::default(),
            crowd: None,
            address_due: None,
            root: NodeRef::default(),
            watch: None,
            owns_address,
            embed,
            hosting: Hosting::new(host),
            id: next_id(),
            engine,
            tell,
        };
        lab.engine.ask(Ask::Open { asked, embed, after: 0 });
        lab
    }

    fn update(&mut self, _: &Context<Self>, happening: Happening) -> bool {
        match happening {
            Happening::Said(Msg::Frame(elapsed)) => return self.frame(elapsed),
            Happening::Said(Msg::Focused(focused)) => {
                self.room.focused = focused;
                return false;
            }
            Happening::Said(Msg::Around(around)) if !self.is_around(around) => return false,
            Happening::Said(Msg::Light(about)) if about == self.view.lit.about => return false,
            Happening::Said(Msg::Light(about)) => self.view.lit = Shared::new(Lit { about }),
            Happening::Heard(replies) => {
                let routine = self.is_routine(&replies);
                replies.into_iter().for_each(|reply| self.hear(reply));
                if routine {
                    self.ask();
                    return !self.canvas.is_in_use();
                }
            }
            Happening::Hosted(heard) => self.obey(heard),
            Happening::Answered(bytes) => {
                self.questions.hear(&bytes);
                self.show_answer();
            }
            Happening::Said(msg) if self.is_locked(&msg) => {
                self.view.said = "The page around the lab has locked this.".to_owned()
            }
            Happening::Said(msg) => self.carry_out(msg),
        }
        self.ask();
        self.pace();
        self.show_texts();
        // The theme or the width may be another one.
        self.canvas.renew();
        self.crowd = None;
        true
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        if self.frames.is_none() {
            self.draw_crowd();
        }
        if self.is_ready()
            && let Some(picture) = root.parent_element().and_then(|place| place.previous_element_sibling())
            && picture.class_list().contains("first-paint")
        {
            picture.remove();
        }
        if first {
            self.watch = Watch::start(&root, &self.tell.reform(Msg::Around));
            // Alone on its page, a lab listens to the keyboard from the start; in a frame the page around has the keyboard.
            self.room.focused |= self.owns_address && !self.hosting.is_in_frame();
        }
        self.tell_host();
        // A control that had the focus may be gone: its user goes on with the keyboard from the lab, not from the top of the page.
        let at = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
        if self.room.focused && at.is_none_or(|e| e.tag_name() == "BODY") {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = root.focus_with_options(&options);
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        self.page()
    }
}

impl Lab {
    fn carry_out(&mut self, msg: Msg) {
        match msg {
            Msg::Frame(_) | Msg::Focused(_) | Msg::Light(_) | Msg::Around(_) => {}
            Msg::Toggle => {
                self.clock.toggle(self.until());
                self.moved();
            }
            Msg::Seek(at) => {
                self.asking.forget_steps();
                self.clock.now = SimTime(at).min(self.until());
                self.moved();
            }
            Msg::StopAt(at) => {
                self.asking.forget_steps();
                self.stop_at(at);
            }
            Msg::Step(step) => {
                self.asking.steps.push_back(step);
                if self.asking.steps.len() == 1 {
                    self.step();
                }
            }
            Msg::Speed(speed) => self.clock.set_speed(speed),
            Msg::Halt(halts) => self.clock.halts = halts,
            Msg::Do(order, value) => {
                self.view.error = None;
                self.engine.ask(Ask::Do(order, value, self.clock.now.0));
            }
            Msg::Slide(order, value) => self.slide(order, value),
            Msg::Undo if self.board.run > 0 => self.engine.ask(Ask::Do(self.board.undo.clone(), String::new(), self.clock.now.0)),
            Msg::Undo => {}
            Msg::Noun(about, at) => {
                if let Some(at) = at {
                    self.stop_at(at);
                }
                self.view.lit = Shared::new(Lit { about });
            }
            Msg::Choose(node) => {
                self.view.chosen = if self.view.chosen == Some(node) { None } else { Some(node) };
                self.asking.look_again();
            }
            Msg::Explain(index) => self.explain(index),
            Msg::Zoom(zoom) => {
                self.view.zoom = zoom;
                self.asking.look_again();
            }
            Msg::Pane(pane) => {
                self.view.pane = pane;
                self.asking.look_again();
            }
            Msg::Tab(Place::Side, tab) => self.view.beside = tab,
            Msg::Tab(Place::Below, tab) => self.view.below = tab,
            Msg::Reveal(reveals) => self.view.reveals = reveals,
            Msg::Take(name, text) => self.take(name, text),
            Msg::CopyLink => self.asking.link(&self.engine, self.clock.now, Purpose::Clipboard),
            Msg::Address => self.asking.link(&self.engine, self.clock.now, Purpose::Address),
            Msg::SaveScenario => self.engine.ask(Ask::Save),
            Msg::SaveFile(name, text) => self.save(&name, &text),
            Msg::GiveUp => self.questions.give_up(),
            Msg::Failed(message) => self.fail(message),
            Msg::Dismiss => self.view.error = None,
            Msg::Said(text) => self.view.said = text,
            Msg::Theme => self.view.dark = Some(!self.view.dark.unwrap_or_else(prefers_dark)),
        }
    }

    /// Whether replies are those that come while the clock runs, whatever the user does.
    fn is_routine(&self, replies: &[Reply]) -> bool {
        // A film that does not go on from the one before answers something that the user did.
        let goes_on = self.asking.looking.is_some_and(|(_, continues)| continues);
        let routine = |reply: &Reply| {
            matches!(reply, Reply::Told(_) | Reply::Staleness(_) | Reply::Link(_)) || goes_on && matches!(reply, Reply::Film(_))
        };
        self.clock.playing && replies.iter().all(routine)
    }

    /// Asks for the next step, from where the clock stands now.
    fn step(&mut self) {
        if let Some(step) = self.asking.steps.front() {
            self.engine.ask(Ask::Step(*step, self.clock.now.0));
        }
    }

    /// What a slider asks for: while an order is under way, only the last wish is kept.
    fn slide(&mut self, order: Order, value: String) {
        if self.asking.sliding {
            self.asking.slid = Some((order, value));
        } else {
            self.asking.sliding = true;
            self.engine.ask(Ask::Do(order, value, self.clock.now.0));
        }
    }

    /// Takes what has changed around the lab; says whether that changes anything.
    fn is_around(&mut self, around: Surroundings) -> bool {
        self.tell_height();
        match around {
            Surroundings::OnScreen(seen) => self.room.on_screen = seen,
            Surroundings::TabVisible(visible) => self.room.tab_visible = visible,
            Surroundings::Width(width) if (width - self.room.width).abs() < 1.0 => return false,
            Surroundings::Width(width) => {
                self.room.width = width;
                self.asking.look_again();
            }
        }
        true
    }

    fn until(&self) -> SimTime {
        SimTime(self.board.until)
    }

    fn stop_at(&mut self, at: u64) {
        if self.hosting.lock.time {
            return;
        }
        self.clock.stop_at(SimTime(at).min(self.until()));
        self.moved();
    }

    /// The clock stands at another moment, or has been stopped or started.
    fn moved(&mut self) {
        self.asking.look_again();
        self.address_later();
    }

    fn explain(&mut self, index: usize) {
        self.view.finding = Some(index);
        if let Some(finding) = self.board.findings.listed.get(index) {
            let (at, about) = (finding.at, finding.about.as_slice().into());
            self.stop_at(at);
            self.view.lit = Shared::new(Lit { about });
        }
    }

    fn save(&mut self, name: &str, text: &str) {
        if files::save(name, text).is_none() {
            self.view.error = Some("the browser does not let the lab save a file".to_owned());
        }
    }

    fn address_later(&mut self) {
        if self.owns_address && !self.clock.playing {
            let tell = self.tell.clone();
            self.address_due = Some(Timeout::new(400, move || tell.emit(Msg::Address)));
        }
    }

    fn write_address(fragment: &str) {
        if let Some(history) = web_sys::window().and_then(|w| w.history().ok()) {
            // In a sandboxed frame this is not allowed; the link can still be copied.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{fragment}")));
        }
    }

    /// Up to which moment the page tells of the run: what is to come stays hidden until it has come, so that a reader can guess first.
    fn known(&self) -> u64 {
        if self.view.reveals { self.board.until } else { self.view.reached.max(self.drawn.now).0 }
    }

    /// How many findings are there to be seen at the moment that is shown.
    fn seen(&self) -> usize {
        self.board.findings.times.partition_point(|(at, _)| *at <= self.drawn.now.0)
    }

    /// The finding that is explained: the one that was chosen, or of those that came last the first.
    fn current(&self) -> Option<usize> {
        let times = &self.board.findings.times;
        let latest = || times.get(self.seen().checked_sub(1)?).map(|(at, _)| times.partition_point(|(other, _)| other < at));
        self.view.finding.or_else(latest)
    }

    /// The sentence that is read out when another finding comes to be seen.
    fn notice(&mut self) {
        let seen = self.seen();
        if seen > self.drawn.counted
            && let Some(said) = findings::said(&self.board, seen)
        {
            self.view.said = said;
        }
        self.drawn.counted = seen;
    }
}
