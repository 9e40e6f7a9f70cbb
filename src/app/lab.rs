//! One lab: owns its player, routes messages, and hands each part of the page what it shows.
//!
//! What costs is done as rarely as it can be: the run's charts when the run changes, the stage when an event happens, the
//! messages under way for every frame. Where many are under way they are on the canvas, and most frames draw nothing else. While
//! nothing plays, or nobody can see it, there is no frame loop at all.

mod changes;
mod desk;
mod drawing;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{FocusOptions, HtmlElement};
use yew::prelude::*;

use super::bench::Bench;
use super::canvas::Canvas;
use super::experiments::Experiments;
use super::flights::Moving;
use super::frame_loop::FrameLoop;
use super::narrator::Narrator;
use super::observe::{Surroundings, Watch, prefers_less_motion};
use super::opening::Opening;
use crate::experiment::Experiment;
use crate::network::NodeId;
use crate::player::{Msg as Play, Player};
use crate::presets::Preset;
use crate::scenario::Scenario;
use crate::time::SimTime;
use crate::view::{Layout, SpaceTime, Stage, stage};

pub(super) use desk::{Desk, Edit, Lit};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub(super) opening: Opening,
}

#[derive(Clone)]
pub enum Msg {
    Play(Play),
    Frame(f64),
    Around(Surroundings),
    Lit(Lit),
    Choose(NodeId),
    Edit(Edit),
    Explain(usize),
    Noun(Lit, Option<SimTime>),
    Open(Box<Scenario>, Option<SimTime>),
    /// A preset, which may have to be fetched.
    Preset(Preset),
    /// Whether the file of a preset came.
    Fetched(Preset, bool),
    Failed(String),
    Dismiss,
    Said(String),
    Theme,
    Address,
    Focused(bool),
    /// A question for the worker, with its argument.
    Ask(Experiment, String),
    /// A whole request for the worker, about a recorded history.
    Judge(String),
    Answer(String),
    /// What the narrator says.
    Narrated(String),
    GiveUp,
    /// A scenario from a sheet, as JSON, becomes a branch of its own: its name, and the moment to look at.
    Try(String, String, u64),
    /// A file from a sheet: its name, and what is in it.
    Save(String, String),
}

/// See the module.
pub struct Lab {
    player: Player,
    error: Option<String>,
    said: String,
    on_screen: bool,
    tab_visible: bool,
    less_motion: bool,
    dark: Option<bool>,
    lit: Rc<Lit>,
    chosen: Option<NodeId>,
    desk: Rc<Desk>,
    bench: Bench,
    layout: Rc<Layout>,
    stage: Rc<Stage>,
    shown: Rc<SpaceTime>,
    narrator: Narrator,
    counted: usize,
    width: f64,
    frames: Option<FrameLoop>,
    address_due: Option<Timeout>,
    root: NodeRef,
    /// Whether the focus is somewhere in the lab.
    focused: bool,
    /// The moment that the texts tell of. While the clock runs they follow eight times a second: faster is not read, and every
    /// change of a text costs a layout of the page.
    told: SimTime,
    untold_ms: f64,
    unstaged_ms: f64,
    /// How many frames drew nothing but the canvas since the last one that drew more.
    light: u32,
    watch: Option<Watch>,
    experiments: Experiments,
    canvas: Canvas,
    /// What this frame has drawn on the canvas.
    crowd: Option<Rc<Moving>>,
    /// The preset that is being fetched.
    wanted: Option<Preset>,
}

/// How long a text stands at least while the clock runs.
const TEXT_MS: f64 = 125.0;
/// How long the still part of the stage stands at least while the clock runs: a cell may fill three frames after its entry landed.
const STAGE_MS: f64 = 48.0;
/// How many frames draw the canvas only, while it is in use, for one that draws the stage or the texts.
const LIGHT_MIN: u32 = 2;

impl Component for Lab {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Opening { scenario, at, error, .. } = ctx.props().opening.clone();
        let (player, error) = match Player::new(&scenario) {
            Ok(player) => (player, error),
            Err(wrong) => (first(), Some(wrong.to_string())),
        };
        let run = player.run().clone();
        let layout = Rc::new(Layout::new(&run.plan, 1_000.0));
        let mut lab = Lab {
            error,
            said: String::new(),
            on_screen: true,
            tab_visible: true,
            less_motion: prefers_less_motion(),
            dark: None,
            lit: Rc::default(),
            chosen: None,
            desk: Rc::new(Desk::new(&player)),
            bench: Bench { run: run.clone(), tell: ctx.link().callback(|msg| msg) },
            stage: Rc::new(stage(&run, player.state(), player.now(), &layout, &[])),
            shown: Rc::default(),
            narrator: Narrator::default(),
            counted: 0,
            width: 1_000.0,
            frames: None,
            address_due: None,
            root: NodeRef::default(),
            focused: false,
            told: player.now(),
            untold_ms: 0.0,
            unstaged_ms: 0.0,
            light: 0,
            watch: None,
            experiments: Experiments::default(),
            canvas: Canvas::default(),
            crowd: None,
            wanted: None,
            layout,
            player,
        };
        if let Some(at) = at {
            let _ = lab.player.update(Play::Seek(at));
        }
        lab.look(ctx);
        lab.told = lab.player.now();
        lab.narrate();
        lab
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(elapsed) => return self.frame(ctx, elapsed),
            Msg::Play(play) => self.play(ctx, play),
            Msg::Around(Surroundings::OnScreen(seen)) => self.on_screen = seen,
            Msg::Around(Surroundings::TabVisible(visible)) => self.tab_visible = visible,
            Msg::Around(Surroundings::Width(width)) => {
                if (width - self.width).abs() < 1.0 {
                    return false;
                }
                self.width = width;
                self.look(ctx);
            }
            Msg::Lit(lit) if lit == *self.lit => return false,
            Msg::Lit(lit) => self.lit = Rc::new(lit),
            Msg::Choose(node) => self.chosen = if self.chosen == Some(node) { None } else { Some(node) },
            Msg::Edit(edit) => {
                Rc::make_mut(&mut self.desk).take(edit);
                self.look(ctx);
            }
            Msg::Explain(index) => {
                Rc::make_mut(&mut self.desk).finding = Some(index);
                if let Some(finding) = self.bench.run.findings.get(index) {
                    let (at, ops) = (finding.at, finding.ops());
                    self.play(ctx, Play::StopAt(at));
                    self.lit = Rc::new(Lit::ops(&self.bench.run, ops));
                }
            }
            Msg::Noun(lit, at) => {
                if let Some(at) = at {
                    self.play(ctx, Play::StopAt(at));
                }
                self.lit = Rc::new(lit);
            }
            Msg::Open(scenario, at) => self.open(ctx, &scenario, at),
            Msg::Preset(preset) => self.preset(ctx, preset),
            Msg::Fetched(preset, came) if self.wanted == Some(preset) => self.fetched(ctx, preset, came),
            Msg::Fetched(..) => return false,
            Msg::Failed(message) => self.error = Some(message),
            Msg::Dismiss => self.error = None,
            Msg::Said(text) => self.said = text,
            Msg::Theme => self.dark = Some(!self.dark.unwrap_or_else(system_is_dark)),
            Msg::Address => self.write_address(),
            Msg::Focused(focused) => {
                self.focused = focused;
                return false;
            }
            Msg::Ask(experiment, argument) => self.ask(experiment, &argument),
            Msg::Judge(request) => self.judge(request),
            Msg::Narrated(said) => {
                self.narrator.hear(&said);
                return true;
            }
            Msg::Answer(said) => self.experiments.hear(&said),
            Msg::GiveUp => self.experiments.give_up(),
            Msg::Try(scenario, label, at) => self.fork(ctx, &scenario, label, at),
            Msg::Save(name, text) => self.save(&name, &text),
        }
        (self.told, self.untold_ms) = (self.player.now(), 0.0);
        self.narrate();
        self.pace(ctx);
        // The theme or the width may be another one.
        self.canvas.renew();
        self.crowd = None;
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        if self.frames.is_none() {
            self.draw_crowd();
        }
        if first {
            self.watch = Watch::start(&root, &ctx.link().callback(Msg::Around));
            // Alone on its page, a lab listens to the keyboard from the start.
            self.focused |= ctx.props().opening.owns_address;
        }
        // A control that had the focus may be gone: its user goes on with the keyboard from the lab, not from the top of the page.
        let at = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
        if self.focused && at.is_none_or(|e| e.tag_name() == "BODY") {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = root.focus_with_options(&options);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        self.page(ctx.props().opening.embed)
    }
}

impl Lab {
    /// A frame of the clock; says whether there is anything new to draw beside the canvas. A frame has one thing to do: the stage, or
    /// the texts, or neither, so that none takes much longer than the others; and where frames are slow, most of them still have neither.
    fn frame(&mut self, ctx: &Context<Self>, elapsed: f64) -> bool {
        let Ok(true) = self.player.update(Play::Advance(elapsed)) else { return false };
        let ends = !self.player.playing();
        self.unstaged_ms += elapsed;
        self.untold_ms += elapsed;
        let crowded = self.canvas.is_in_use();
        let due = !crowded || self.light >= LIGHT_MIN;
        let texts = due && self.untold_ms >= TEXT_MS || ends;
        let stage = due && self.unstaged_ms >= STAGE_MS && !(texts && crowded) || ends;
        if stage {
            self.unstaged_ms = 0.0;
            self.look(ctx);
        }
        if texts {
            (self.told, self.untold_ms) = (self.player.now(), 0.0);
            self.narrate();
        }
        let crowd = self.draw_crowd();
        let more = stage || texts || !crowd;
        self.light = if more { 0 } else { self.light + 1 };
        more
    }

    /// Draws the messages that are too many to be shapes; says whether they are.
    fn draw_crowd(&mut self) -> bool {
        let moving = Moving::of(&self.player, &self.stage, &self.layout, self.less_motion);
        let drawn = moving.on_canvas().and_then(|flights| self.canvas.draw(&self.bench.run, &self.layout, &self.lit, flights));
        if drawn.is_none() {
            self.canvas.clear();
        }
        self.crowd = drawn.map(|()| Rc::new(moving));
        self.crowd.is_some()
    }

    fn title(&self) -> String {
        format!("replication lab: {}", self.bench.run.plan.scenario.title)
    }
}

fn first() -> Player {
    match Player::new(&crate::presets::PRESETS[0].scenario()) {
        Ok(player) => player,
        Err(error) => panic!("the first preset cannot be run: {error}"),
    }
}

fn system_is_dark() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|q| q.matches())
}
