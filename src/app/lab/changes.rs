//! What a message changes: the player, the scenario, the address, and what is shown of them.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::experiments::go_there;
use crate::app::frame_loop::FrameLoop;
use crate::app::part::renew;
use crate::app::{findings, links, shelf, spacetime, steps};
use crate::experiment::{Experiment, request};
use crate::player::{Msg as Play, Player};
use crate::presets::Preset;
use crate::scenario::{Scenario, parse};
use crate::share::{self, LinkError};
use crate::time::SimTime;
use crate::view::{Layout, entries_of, space_time, stage};

use super::{Desk, Lab, Msg};

impl Lab {
    pub(super) fn play(&mut self, ctx: &Context<Self>, play: Play) {
        let changes_run = matches!(play, Play::Act(..) | Play::Set(_) | Play::Undo | Play::Fork(..));
        match self.player.update(play) {
            Ok(_) if changes_run => self.error = None,
            Ok(_) => {}
            Err(error) => self.error = Some(error.to_string()),
        }
        self.look(ctx);
        if !self.player.playing() {
            self.address_later(ctx);
        }
    }

    /// Opens a preset, as soon as its file is there; of several that are being waited for, the last counts.
    pub(super) fn preset(&mut self, ctx: &Context<Self>, preset: Preset) {
        self.wanted = Some(preset);
        if preset.text().is_some() {
            return self.fetched(ctx, preset, true);
        }
        self.said = format!("Fetching \u{201c}{}\u{201d} \u{2026}", preset.title);
        let tell = self.bench.tell.clone();
        spawn_local(async move { tell.emit(Msg::Fetched(preset, shelf::fetch(preset).await)) });
    }

    pub(super) fn fetched(&mut self, ctx: &Context<Self>, preset: Preset, came: bool) {
        self.wanted = None;
        if came {
            self.open(ctx, &preset.scenario(), None);
        } else {
            self.error = Some(LinkError::NotFetched(preset.id).to_string());
        }
    }

    pub(super) fn open(&mut self, ctx: &Context<Self>, scenario: &Scenario, at: Option<SimTime>) {
        match Player::new(scenario) {
            Ok(player) => {
                self.desk = Rc::new(Desk::new(&player));
                (self.player, self.error, self.chosen) = (player, None, None);
            }
            Err(error) => self.error = Some(error.to_string()),
        }
        if let Some(at) = at {
            let _ = self.player.update(Play::Seek(at));
        }
        self.look(ctx);
        self.address_later(ctx);
    }

    /// A scenario from a sheet becomes a branch.
    pub(super) fn fork(&mut self, ctx: &Context<Self>, scenario: &str, label: String, at: u64) {
        match parse(scenario) {
            Ok(scenario) => {
                self.chosen = None;
                self.play(ctx, Play::Fork(Box::new(scenario), label));
                self.play(ctx, Play::StopAt(SimTime(at)));
                self.desk = Rc::new(Desk::new(&self.player));
            }
            Err(error) => self.error = Some(error.to_string()),
        }
    }

    /// Asks the worker about the run.
    pub(super) fn ask(&mut self, experiment: Experiment, argument: &str) {
        let run = self.bench.run.clone();
        self.experiments.ask(&self.bench, request(experiment, argument, &run.plan.scenario), Some(run));
        if matches!(experiment, Experiment::Causes | Experiment::Smallest | Experiment::Files) {
            self.go_to_the_answer();
        }
    }

    /// Asks the worker about a recorded history.
    pub(super) fn judge(&mut self, request: String) {
        self.experiments.ask(&self.bench, request, None);
        self.go_to_the_answer();
    }

    fn go_to_the_answer(&self) {
        if let Some(lab) = self.root.cast() {
            go_there(&lab);
        }
    }

    pub(super) fn save(&mut self, name: &str, text: &str) {
        if links::save(name, text).is_none() {
            self.error = Some("the browser does not let the lab save a file".to_owned());
        }
    }

    pub(super) fn address_later(&mut self, ctx: &Context<Self>) {
        if ctx.props().opening.owns_address {
            let link = ctx.link().clone();
            self.address_due = Some(Timeout::new(400, move || link.send_message(Msg::Address)));
        }
    }

    pub(super) fn write_address(&self) {
        let fragment = format!("#{}", share::fragment(self.player.scenario(), self.player.now()));
        if let Some(history) = web_sys::window().and_then(|w| w.history().ok()) {
            // In a sandboxed frame this is not allowed; the link can still be copied.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment));
        }
    }

    /// Brings what is shown in step with the player.
    pub(super) fn look(&mut self, ctx: &Context<Self>) {
        let now = self.player.now();
        let run = self.player.run().clone();
        if !Rc::ptr_eq(&self.bench.run, &run) {
            self.bench.run = run.clone();
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
        let seen = run.findings_at(now);
        // What is explained is in view, as long as the clock stands at it.
        let told = self.desk.finding.or(findings::latest(&run.findings, seen.len())).and_then(|index| run.findings.get(index));
        let named = told.filter(|finding| finding.at == now).map_or(Vec::new(), |finding| entries_of(&run, &finding.ops()));
        renew(&mut self.stage, stage(&run, self.player.state(), now, &self.layout, &named));
        let (from, to) = spacetime::window(&run, now, self.desk.zoom);
        if (self.shown.from, self.shown.to) != (from, to) {
            self.shown = Rc::new(space_time(&run, from, to));
        }
        if seen.len() > self.counted
            && let Some(finding) = seen.last()
        {
            self.said = findings::headline(&run, finding);
        }
        self.counted = seen.len();
        self.pace(ctx);
    }

    /// Asks for the sentences that are to be shown.
    pub(super) fn narrate(&mut self) {
        let run = self.bench.run.clone();
        let finding = self.desk.finding.or(findings::latest(&run.findings, self.counted));
        let heard = self.bench.tell.reform(Msg::Narrated);
        self.narrator.want(&run, finding, steps::place(&run, self.told), heard);
    }

    /// Starts or stops the frame loop.
    pub(super) fn pace(&mut self, ctx: &Context<Self>) {
        let wanted = self.player.playing() && self.on_screen && self.tab_visible;
        if wanted && self.frames.is_none() {
            self.frames = Some(FrameLoop::start(ctx.link().callback(Msg::Frame)));
        } else if !wanted {
            self.frames = None;
        }
    }
}
