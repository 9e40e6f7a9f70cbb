//! One lab: owns its player, routes messages, and hands each part of the page what it shows.
//!
//! What costs is done as rarely as it can be: the run's charts when the run changes, the stage when an event happens, the
//! messages under way for every frame. While nothing plays, or nobody can see it, there is no frame loop at all.

mod changes;
mod drawing;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{FocusOptions, HtmlElement};
use yew::prelude::*;

use super::bench::Bench;
use super::draw::of;
use super::experiments::Experiments;
use super::frame_loop::FrameLoop;
use super::observe::{Surroundings, Watch, prefers_less_motion};
use super::opening::Opening;
use super::part::{part, renew};
use super::{findings, keys, legend, spacetime, transport};
use crate::experiment::Experiment;
use crate::explain::Explainer;
use crate::log::OpId;
use crate::network::NodeId;
use crate::player::{Msg as Play, Player};
use crate::presets::Preset;
use crate::protocol::GroupId;
use crate::scenario::Scenario;
use crate::time::SimTime;
use crate::view::{LagChart, Layout, SpaceTime, Stage, lag_chart, space_time, stage};

/// What is marked in all views at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lit {
    pub(super) nodes: Vec<NodeId>,
    pub(super) ops: Vec<OpId>,
    pub(super) entries: Vec<(GroupId, u64)>,
}

impl Lit {
    pub(super) fn node(id: NodeId) -> Lit {
        Lit { nodes: vec![id], ..Lit::default() }
    }

    pub(super) fn ops(ops: Vec<OpId>) -> Lit {
        Lit { ops, ..Lit::default() }
    }

    pub(super) fn entry(group: GroupId, lsn: u64) -> Lit {
        Lit { entries: vec![(group, lsn)], ..Lit::default() }
    }
}

/// What a user has entered and not yet used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Desk {
    pub(super) key: String,
    pub(super) value: String,
    /// Where a read goes; empty for the router's choice.
    pub(super) at: String,
    /// The link whose lag is looked at.
    pub(super) from: String,
    pub(super) to: String,
    /// How far the space-time diagram is zoomed in.
    pub(super) zoom: u32,
    /// The finding that is explained; the last one that is there to be seen if nothing was chosen.
    pub(super) finding: Option<usize>,
    /// The link that was copied.
    pub(super) link: String,
}

/// A change of what the user has entered.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    Key(String),
    Value(String),
    At(String),
    From(String),
    To(String),
    Zoom(u32),
    Link(String),
}

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
    Answer(String),
    GiveUp,
    /// A scenario from a sheet, as JSON, becomes a branch of its own: its name, and the moment to look at.
    Try(String, String, u64),
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
    chart: Rc<LagChart>,
    shown: Rc<SpaceTime>,
    explainer: Rc<Explainer<Rc<crate::run::Run>>>,
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
    watch: Option<Watch>,
    experiments: Experiments,
    /// The preset that is being fetched.
    wanted: Option<Preset>,
}

/// How long a text stands at least while the clock runs.
const TEXT_MS: f64 = 125.0;
/// How long the still part of the stage stands at least while the clock runs: a cell may fill two frames after its entry landed.
const STAGE_MS: f64 = 32.0;

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
            stage: Rc::new(stage(&run, player.state(), player.now(), &layout)),
            chart: Rc::new(lag_chart(&run)),
            shown: Rc::default(),
            explainer: Rc::new(Explainer::new(run)),
            counted: 0,
            width: 1_000.0,
            frames: None,
            address_due: None,
            root: NodeRef::default(),
            focused: false,
            told: player.now(),
            untold_ms: 0.0,
            unstaged_ms: 0.0,
            watch: None,
            experiments: Experiments::default(),
            wanted: None,
            layout,
            player,
        };
        if let Some(at) = at {
            let _ = lab.player.update(Play::Seek(at));
        }
        lab.look(ctx);
        lab
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(elapsed) => {
                let Ok(true) = self.player.update(Play::Advance(elapsed)) else { return false };
                self.unstaged_ms += elapsed;
                if self.unstaged_ms >= STAGE_MS || !self.player.playing() {
                    self.unstaged_ms = 0.0;
                    self.look(ctx);
                }
                self.untold_ms += elapsed;
                if self.untold_ms >= TEXT_MS || !self.player.playing() {
                    (self.told, self.untold_ms) = (self.player.now(), 0.0);
                }
                return true;
            }
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
                    self.play(ctx, Play::Seek(at));
                    self.lit = Rc::new(Lit::ops(ops));
                }
            }
            Msg::Noun(lit, at) => {
                if let Some(at) = at {
                    self.play(ctx, Play::Seek(at));
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
            Msg::Ask(experiment, argument) => self.experiments.ask(&self.bench, experiment, &argument, self.player.scenario()),
            Msg::Answer(said) => self.experiments.hear(&said),
            Msg::GiveUp => self.experiments.give_up(),
            Msg::Try(scenario, label, at) => self.fork(ctx, &scenario, label, at),
        }
        (self.told, self.untold_ms) = (self.player.now(), 0.0);
        self.pace(ctx);
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
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
        let (tell, speed, until) = (self.bench.tell.clone(), self.player.speed(), self.bench.run.until());
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            if let Some(play) = keys::message(&event, speed, until) {
                event.prevent_default();
                event.stop_propagation();
                tell.emit(Msg::Play(play));
            }
        });
        let focused = |is: bool| {
            let tell = self.bench.tell.clone();
            Callback::from(move |_: FocusEvent| tell.emit(Msg::Focused(is)))
        };
        let embed = ctx.props().opening.embed;
        let theme = self.dark.map(|dark| if dark { "dark" } else { "light" }.to_owned());
        let time = of("div", "transport")
            .is("role", "group")
            .is("aria-label", "time")
            .kid(transport::scrubber(&self.bench, self.player.now(), self.told))
            .kid(self.buttons());
        let picture = of("div", "picture")
            .with(of("div", "stage-place").kid(self.scene()))
            .with(of("div", "chosen-place").kid(self.chosen_bar()))
            .with(time)
            .with(of("div", "legend-place").kid(part(Vec::new(), Rc::new(legend::view))));
        let bench = of("div", "workbench")
            .with(picture)
            .with(of("div", "findings-place").kid(self.findings()))
            .with(of("div", "diagrams").kid(self.diagrams()))
            .with(of("div", "side").kid(self.side(embed)));
        of("section", if embed { "lab embed" } else { "lab" })
            .refer(&self.root)
            .at("data-theme", theme)
            .at("aria-label", self.title())
            .is("tabindex", "-1")
            .press(onkeydown)
            .focus(focused(true), focused(false))
            .with(of("div", "error-place").kid(self.error_box()))
            .with(of("div", "story-place").kid(self.story(embed)))
            .with(bench)
            .with(of("p", "live").is("role", "status").is("aria-live", "polite").kid(&self.said))
            .done()
    }
}

impl Lab {
    fn title(&self) -> String {
        format!("replication lab: {}", self.bench.run.plan.scenario.title)
    }

    /// Brings what is shown in step with the player.
    fn look(&mut self, ctx: &Context<Self>) {
        let now = self.player.now();
        let run = self.player.run().clone();
        if !Rc::ptr_eq(&self.bench.run, &run) {
            self.bench.run = run.clone();
            self.chart = Rc::new(lag_chart(&run));
            self.explainer = Rc::new(Explainer::new(run.clone()));
            self.lit = Rc::default();
            self.counted = run.findings_at(now).len();
            self.said = match run.findings.len() {
                0 => "The run has changed. Nothing found in it.".to_owned(),
                1 => "The run has changed. It has 1 finding.".to_owned(),
                n => format!("The run has changed. It has {n} findings."),
            };
            self.shown = Rc::default();
            Rc::make_mut(&mut self.desk).finding = None;
        }
        renew(&mut self.layout, Layout::new(&run.plan, self.width));
        renew(&mut self.stage, stage(&run, self.player.state(), now, &self.layout));
        let (from, to) = spacetime::window(&run, now, self.desk.zoom);
        if (self.shown.from, self.shown.to) != (from, to) {
            self.shown = Rc::new(space_time(&run, from, to));
        }
        let seen = run.findings_at(now);
        if seen.len() > self.counted
            && let Some(finding) = seen.last()
        {
            self.said = findings::headline(&run, finding);
        }
        self.counted = seen.len();
        self.pace(ctx);
    }

    /// Starts or stops the frame loop.
    fn pace(&mut self, ctx: &Context<Self>) {
        let wanted = self.player.playing() && self.on_screen && self.tab_visible;
        if wanted && self.frames.is_none() {
            self.frames = Some(FrameLoop::start(ctx.link().callback(Msg::Frame)));
        } else if !wanted {
            self.frames = None;
        }
    }
}

impl Desk {
    fn new(player: &Player) -> Desk {
        let plan = &player.run().plan;
        Desk {
            key: plan.keys.first().cloned().unwrap_or_else(|| "MSS-23/state".to_owned()),
            value: "safe mode".to_owned(),
            at: String::new(),
            from: plan.nodes.last().cloned().unwrap_or_default(),
            to: plan.nodes.first().cloned().unwrap_or_default(),
            zoom: 0,
            finding: None,
            link: String::new(),
        }
    }

    fn take(&mut self, edit: Edit) {
        match edit {
            Edit::Key(text) => self.key = text,
            Edit::Value(text) => self.value = text,
            Edit::At(text) => self.at = text,
            Edit::From(text) => self.from = text,
            Edit::To(text) => self.to = text,
            Edit::Zoom(zoom) => self.zoom = zoom,
            Edit::Link(link) => self.link = link,
        }
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
