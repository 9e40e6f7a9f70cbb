//! One lab: owns its player, routes messages, and hands each part of the page what it shows.
//!
//! What costs is done as rarely as it can be: the run's charts when the run changes, the stage when an event happens, the
//! messages under way for every frame. While nothing plays, or nobody can see it, there is no frame loop at all.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;
use web_sys::Element;
use yew::prelude::*;

use crate::explain::Explainer;
use crate::log::OpId;
use crate::network::NodeId;
use crate::player::{Msg as Play, Player};
use crate::protocol::GroupId;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::time::SimTime;
use crate::view::{Flight, LagChart, Layout, Stage, flights, lag_chart, stage};

use super::frame_loop::FrameLoop;
use super::observe::{Surroundings, Watch, prefers_less_motion};
use super::opening::Opening;
use super::shared::Shared;
use super::{actions, controls, findings, keys, lag, legend, links, spacetime, stage as stage_view, steps, story, transport};
use crate::share;

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

    pub(super) fn op(id: OpId) -> Lit {
        Lit { ops: vec![id], ..Lit::default() }
    }

    pub(super) fn entry(group: GroupId, lsn: u64) -> Lit {
        Lit { entries: vec![(group, lsn)], ..Lit::default() }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub(super) opening: Opening,
}

pub enum Msg {
    Play(Play),
    Frame(f64),
    Around(Surroundings),
    Lit(Lit),
    Choose(Option<NodeId>),
    Open(Box<Scenario>, Option<SimTime>),
    Failed(String),
    Dismiss,
    Said(String),
    Theme,
    Address,
}

/// See the module.
pub struct Lab {
    player: Player,
    pub(super) error: Option<String>,
    said: AttrValue,
    on_screen: bool,
    tab_visible: bool,
    less_motion: bool,
    dark: Option<bool>,
    lit: Lit,
    chosen: Option<NodeId>,
    run: Shared<Run>,
    layout: Shared<Layout>,
    stage: Shared<Stage>,
    flights: Shared<(Vec<Flight>, usize)>,
    chart: Shared<LagChart>,
    explainer: Shared<Explainer<Rc<Run>>>,
    counted: usize,
    width: f64,
    frames: Option<FrameLoop>,
    address_due: Option<Timeout>,
    root: NodeRef,
    watch: Option<Watch>,
    on_play: Callback<Play>,
    on_lit: Callback<Lit>,
    on_choose: Callback<NodeId>,
    on_seek: Callback<SimTime>,
    on_said: Callback<String>,
}

impl Component for Lab {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Opening { scenario, at, error, .. } = ctx.props().opening.clone();
        let (player, error) = match Player::new(&scenario) {
            Ok(player) => (player, error),
            Err(wrong) => {
                let fallback = crate::presets::PRESETS[0].scenario();
                (Player::new(&fallback).expect("the first preset can be run"), Some(wrong.to_string()))
            }
        };
        let run = Shared(player.run().clone());
        let layout = Shared::new(Layout::new(&run.plan, 1_000.0));
        let shown = Shared::new(stage(&run, player.state(), player.now(), &layout));
        let link = ctx.link();
        let mut lab = Lab {
            error,
            said: AttrValue::default(),
            on_screen: true,
            tab_visible: true,
            less_motion: prefers_less_motion(),
            dark: None,
            lit: Lit::default(),
            chosen: None,
            flights: Shared::new((Vec::new(), 0)),
            chart: Shared::new(lag_chart(&run)),
            explainer: Shared::new(Explainer::new(run.0.clone())),
            counted: 0,
            width: 1_000.0,
            frames: None,
            address_due: None,
            root: NodeRef::default(),
            watch: None,
            on_play: link.callback(Msg::Play),
            on_lit: link.callback(Msg::Lit),
            on_choose: link.callback(|id| Msg::Choose(Some(id))),
            on_seek: link.callback(|at| Msg::Play(Play::Seek(at))),
            on_said: link.callback(Msg::Said),
            stage: shown,
            layout,
            run,
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
                self.look(ctx);
            }
            Msg::Play(play) => {
                let changes_run = matches!(play, Play::Act(..) | Play::Set(_) | Play::Undo | Play::Load(_));
                match self.player.update(play) {
                    Ok(_) => self.error = if changes_run { None } else { self.error.take() },
                    Err(error) => self.error = Some(error.to_string()),
                }
                self.look(ctx);
                if !self.player.playing() {
                    self.address_later(ctx);
                }
            }
            Msg::Around(Surroundings::OnScreen(seen)) => self.on_screen = seen,
            Msg::Around(Surroundings::TabVisible(visible)) => self.tab_visible = visible,
            Msg::Around(Surroundings::Width(width)) => {
                if (width - self.width).abs() < 1.0 {
                    return false;
                }
                self.width = width;
                self.look(ctx);
            }
            Msg::Lit(lit) if lit == self.lit => return false,
            Msg::Lit(lit) => self.lit = lit,
            Msg::Choose(node) => self.chosen = if self.chosen == node { None } else { node },
            Msg::Open(scenario, at) => {
                match Player::new(&scenario) {
                    Ok(player) => (self.player, self.error, self.chosen) = (player, None, None),
                    Err(error) => self.error = Some(error.to_string()),
                }
                if let Some(at) = at {
                    let _ = self.player.update(Play::Seek(at));
                }
                self.look(ctx);
                self.address_later(ctx);
            }
            Msg::Failed(message) => self.error = Some(message),
            Msg::Dismiss => self.error = None,
            Msg::Said(text) => self.said = text.into(),
            Msg::Theme => self.dark = Some(!self.dark.unwrap_or_else(system_is_dark)),
            Msg::Address => self.write_address(ctx),
        }
        self.pace(ctx);
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Some(root) = self.root.cast::<Element>() {
            self.watch = Watch::start(&root, &ctx.link().callback(Msg::Around));
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link().clone();
        let (speed, until) = (self.player.speed(), self.run.until());
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            if let Some(play) = keys::message(&event, speed, until) {
                event.prevent_default();
                event.stop_propagation();
                link.send_message(Msg::Play(play));
            }
        });
        let embed = ctx.props().opening.embed;
        let theme = self.dark.map(|dark| if dark { "dark" } else { "light" });
        html! {
            <section ref={&self.root} class={classes!("lab", embed.then_some("embed"))} data-theme={theme} aria-label={self.title()} {onkeydown}>
                <div class="error-place">{ self.error_box(ctx) }</div>
                <div class="story-place">
                    <story::Story run={self.run.clone()} {embed} can_undo={self.player.can_undo()} on_play={self.on_play.clone()}
                        on_open={ctx.link().callback(|s: Scenario| Msg::Open(Box::new(s), None))} on_theme={ctx.link().callback(|()| Msg::Theme)}
                        suggestion={self.suggestion()} found={self.run.findings_at(self.player.now()).len()} />
                </div>
                <div class="workbench">
                    <div class="picture">
                        { self.picture() }
                        { self.diagrams() }
                    </div>
                    <div class="side">{ self.side(ctx, embed) }</div>
                </div>
                <p class="live" role="status" aria-live="polite">{&self.said}</p>
            </section>
        }
    }
}

impl Lab {
    fn title(&self) -> AttrValue {
        let title = &self.run.plan.scenario.title;
        if title.is_empty() { "replication lab".into() } else { format!("replication lab: {title}").into() }
    }

    /// Brings what is shown in step with the player.
    fn look(&mut self, ctx: &Context<Self>) {
        if !Rc::ptr_eq(&self.run.0, self.player.run()) {
            self.run = Shared(self.player.run().clone());
            self.chart = Shared::new(lag_chart(&self.run));
            self.explainer = Shared::new(Explainer::new(self.run.0.clone()));
            self.lit = Lit::default();
            self.counted = self.run.findings_at(self.player.now()).len();
        }
        let now = self.player.now();
        self.layout.renew(Layout::new(&self.run.plan, self.width));
        self.stage.renew(stage(&self.run, self.player.state(), now, &self.layout));
        self.flights = Shared::new(flights(&self.run, self.player.state(), &self.stage, &self.layout, now));
        let count = self.run.findings_at(now).len();
        if count > self.counted
            && let Some(finding) = self.run.findings_at(now).last()
        {
            self.said = findings::headline(&self.run, finding).into();
        }
        self.counted = count;
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

    fn suggestion(&self) -> Option<actions::Suggestion> {
        actions::suggest(&self.run, &self.stage, self.player.now())
    }

    fn error_box(&self, ctx: &Context<Self>) -> Html {
        match &self.error {
            None => html! {},
            Some(error) => html! {
                <div class="error" role="alert">
                    <strong>{"That does not work: "}</strong>{error}
                    <button type="button" onclick={ctx.link().callback(|_| Msg::Dismiss)}>{"Dismiss"}</button>
                </div>
            },
        }
    }

    fn picture(&self) -> Html {
        let play = self.on_play.clone();
        let (branches, current) = self.player.branches();
        let labels: Vec<AttrValue> = branches.iter().map(|b| b.label.clone().into()).collect();
        html! {
            <>
                <div class="stage-place">
                    <stage_view::StageView stage={self.stage.clone()} layout={self.layout.clone()} flights={self.flights.clone()}
                        arrows={!self.player.playing()} still={self.less_motion} lit={self.lit.clone()} chosen={self.chosen}
                        on_lit={self.on_lit.clone()} on_choose={self.on_choose.clone()} label={self.title()} />
                </div>
                <div class="overflow-place">{ overflow(self.flights.1) }</div>
                <div class="chosen-place">
                    { self.chosen.map(|id| html! { <actions::NodeBar key={id.0} run={self.run.clone()} stage={self.stage.clone()} {id} on_play={play.clone()} /> }) }
                </div>
                <transport::Transport run={self.run.clone()} now={self.player.now()} playing={self.player.playing()} speed={self.player.speed()}
                    halts={self.player.halts()} on_play={play.clone()} {labels} {current} />
                <legend::Legend />
            </>
        }
    }

    fn diagrams(&self) -> Html {
        let narrow = self.layout.narrow;
        html! {
            <>
                <findings::Findings run={self.run.clone()} explainer={self.explainer.clone()} now={self.player.now()} on_play={self.on_play.clone()} on_lit={self.on_lit.clone()} />
                <spacetime::Diagram run={self.run.clone()} now={self.player.now()} {narrow} lit={self.lit.clone()} on_lit={self.on_lit.clone()}
                    on_seek={self.on_seek.clone()} />
                <lag::Chart chart={self.chart.clone()} stage={self.stage.clone()} now={self.player.now()} until={self.run.until()} {narrow}
                    on_seek={self.on_seek.clone()} />
                <steps::Steps run={self.run.clone()} explainer={self.explainer.clone()} now={self.player.now()} on_seek={self.on_seek.clone()} />
            </>
        }
    }

    fn side(&self, ctx: &Context<Self>, embed: bool) -> Html {
        if embed {
            return html! {};
        }
        html! {
            <>
                <controls::Controls run={self.run.clone()} on_play={self.on_play.clone()} />
                <actions::Actions run={self.run.clone()} stage={self.stage.clone()} on_play={self.on_play.clone()} />
                <links::Links run={self.run.clone()} now={self.player.now()} on_open={ctx.link().callback(|(s, at)| Msg::Open(Box::new(s), at))}
                    on_failed={ctx.link().callback(Msg::Failed)} on_said={self.on_said.clone()} />
            </>
        }
    }

    fn address_later(&mut self, ctx: &Context<Self>) {
        if ctx.props().opening.owns_address {
            let link = ctx.link().clone();
            self.address_due = Some(Timeout::new(400, move || link.send_message(Msg::Address)));
        }
    }

    fn write_address(&self, _ctx: &Context<Self>) {
        let fragment = format!("#{}", share::fragment(self.player.scenario(), self.player.now()));
        if let Some(history) = web_sys::window().and_then(|w| w.history().ok()) {
            // In a sandboxed frame this is not allowed; the link can still be copied.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment));
        }
    }
}

fn overflow(more: usize) -> Html {
    if more == 0 {
        return html! {};
    }
    html! { <p class="overflow">{ format!("{more} more messages are under way than are drawn; all of them are simulated.") }</p> }
}

fn system_is_dark() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|q| q.matches())
}
