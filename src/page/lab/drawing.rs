//! The places of the lab, and the component in each: a component is drawn again only when what it shows has changed.

use yew::prelude::*;

use super::Lab;
use crate::engine::{Field, Moment};
use crate::page::diagrams::{Lag, SpaceTime, Steps};
use crate::page::findings::Findings;
use crate::page::flights::Moving;
use crate::page::form::{Form, NodeBar};
use crate::page::legend::Legend;
use crate::page::marks::Pen;
use crate::page::msg::{Msg, Place};
use crate::page::shared::Shared;
use crate::page::sheet::Questions;
use crate::page::stage::{self, Still};
use crate::page::story::{Bar, Telling};
use crate::page::tabs::{Tab, tabs};
use crate::page::take::Take;
use crate::page::transport::{Buttons, Scrubber};
use crate::page::{control, files, keys};
use crate::scene::Pane;
use crate::time::SimTime;

/// The tab of experiments below the stage.
pub(super) const EXPERIMENTS: u8 = 3;

/// What is on the screen.
#[derive(Default)]
pub(super) struct Drawn {
    /// The moment that the moving part shows.
    pub(super) now: SimTime,
    /// The moment that the texts tell of.
    pub(super) told: SimTime,
    pub(super) pane: Shared<Pane>,
    pub(super) moment: Shared<Moment>,
    pub(super) untold_ms: f64,
    pub(super) unstaged_ms: f64,
    /// How many frames drew nothing but the canvas since the last one that drew more.
    pub(super) light: u32,
    /// How many findings have been told of.
    pub(super) counted: usize,
}

/// Controls that the page around can lock: then they are there to be read, and cannot be used.
fn lockable(locked: bool, inner: Html) -> Html {
    html! { <fieldset class="lockable" disabled={locked}>{ inner }</fieldset> }
}

impl Drawn {
    /// Time goes by.
    pub(super) fn pass(&mut self, elapsed: f64) {
        self.unstaged_ms += elapsed;
        self.untold_ms += elapsed;
    }
}

impl Lab {
    /// Whether the engine has said what there is; before, the lab shows nothing of its own.
    pub(super) fn is_ready(&self) -> bool {
        self.board.run > 0 && self.drawn.pane.width > 0.0
    }

    fn is_narrow(&self) -> bool {
        self.room.width < 620.0
    }

    /// Brings the still part of the stage in step with the clock.
    pub(super) fn show_stage(&mut self) {
        self.drawn.unstaged_ms = 0.0;
        if self.reel.shows(self.clock.now) {
            self.drawn.now = self.clock.now;
            self.view.reached = self.view.reached.max(self.drawn.now);
        }
        if let Some(shot) = self.reel.shot(self.clock.now) {
            self.drawn.pane = shot.pane.clone().into();
        }
        self.notice();
    }

    /// Brings the texts in step with the clock.
    pub(super) fn show_texts(&mut self) {
        self.drawn.untold_ms = 0.0;
        self.drawn.told = self.drawn.now;
        if let Some(moment) = self.reel.moment(self.drawn.now) {
            self.drawn.moment = moment.into();
        }
    }

    /// What is under way at the moment that is shown.
    pub(super) fn moving(&self) -> Moving {
        let now = if self.reel.shows(self.clock.now) { self.clock.now } else { self.drawn.now };
        let (flights, more) = self.reel.shot(now).map_or_else(|| ([].into(), 0), |shot| (shot.flights.clone(), shot.more));
        Moving::of(flights, more, now, self.clock.playing, self.room.less_motion)
    }

    fn pen(&self) -> Pen {
        Pen { lit: self.view.lit.clone(), chosen: self.view.chosen, tell: self.tell.clone() }
    }

    /// The moment at which the scrubber and the diagrams stand. While much moves they follow the texts: they change the page, too.
    fn hand(&self) -> u64 {
        if self.crowd.is_some() && self.clock.playing { self.drawn.told.0 } else { self.clock.now.0 }
    }

    /// The same for drawings that follow the texts while the clock runs.
    pub(super) fn slow_hand(&self) -> u64 {
        if self.clock.playing { self.drawn.told.0 } else { self.clock.now.0 }
    }

    /// All of it.
    pub(super) fn page(&self) -> Html {
        let (tell, speed, until) = (self.tell.clone(), self.clock.speed, self.board.until);
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            if let Some(msg) = keys::message(&event, speed, until) {
                event.prevent_default();
                event.stop_propagation();
                tell.emit(msg);
            }
        });
        let focused = |is: bool| self.tell.reform(move |_: FocusEvent| Msg::Focused(is));
        let theme = self.view.dark.map(|dark| if dark { "dark" } else { "light" });
        let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
        let title = format!("replication lab: {}", self.board.title);
        let waits = !self.is_ready();
        let busy = (waits || self.room.fetching).then_some("true");
        html! {
            <section ref={self.root.clone()} class={classes!("lab", self.embed.then_some("embed"), self.hosting.greeted.then_some("hosted"), self.room.fetching.then_some("fetching"))} data-theme={theme} aria-label={title.clone()}
                aria-busy={busy} tabindex="-1" {onkeydown} {ondragover} ondrop={files::dropped(&self.tell)}
                onfocusin={focused(true)} onfocusout={focused(false)}>
                <div class="error-place">{ self.error_box() }</div>
                <div class="body">{ if waits { Html::default() } else { self.body(&title) } }</div>
                <p class="live" role="status" aria-live="polite">{ &self.view.said }</p>
            </section>
        }
    }

    fn body(&self, title: &str) -> Html {
        let bar = if self.embed {
            Html::default()
        } else {
            lockable(self.hosting.lock.run, html! { <Bar board={self.board.clone()} tell={self.tell.clone()} /> })
        };
        html! {
            <div>
                <div class="bar-place">{ bar }</div>
                <div class="workbench">
                    <div class="beside">
                        <div class="story-place">
                            { lockable(self.hosting.lock.run, html! {
                                <Telling board={self.board.clone()} moment={self.drawn.moment.clone()} tell={self.tell.clone()} />
                            }) }
                        </div>
                        <div class="side">{ self.side() }</div>
                    </div>
                    <div class="main">
                        <div class="picture">{ self.picture(title) }</div>
                        <div class="below">{ self.below() }</div>
                    </div>
                </div>
            </div>
        }
    }

    fn error_box(&self) -> Html {
        let Some(error) = &self.view.error else { return Html::default() };
        html! {
            <div class="error" role="alert">
                <strong>{ "That does not work: " }</strong>{ error }{ control::plain("Dismiss", Msg::Dismiss, &self.tell) }
            </div>
        }
    }

    /// The stage with the time below it.
    fn picture(&self, title: &str) -> Html {
        let moving = self.crowd.clone().unwrap_or_else(|| self.moving().into());
        let panes = if self.board.panes.len() > 1 {
            stage::panes(&self.board.panes, self.view.pane, &self.tell)
        } else {
            Html::default()
        };
        let bar = self.drawn.moment.chosen.as_ref().zip(self.view.chosen).map(|((name, inner), node)| {
            html! {
                <NodeBar name={name.clone()} inner={inner.clone()} {node} tell={self.tell.clone()} />
            }
        });
        html! {
            <>
                <div class="panes-place">{ panes }</div>
                <div class="stage-place">
                    { stage::canvas(&self.canvas.element, &moving) }
                    <Still label={title.to_owned()} pane={self.drawn.pane.clone()} narrow={self.is_narrow()} pen={self.pen()} />
                    { stage::moving(&moving, &self.drawn.pane, &self.pen()) }
                    <div class="overflow-place">{ stage::overflow(moving.more) }</div>
                </div>
                <div class="chosen-place">{ lockable(self.hosting.lock.run, bar.unwrap_or_default()) }</div>
                <div class="transport" role="group" aria-label="time">
                    { lockable(self.hosting.lock.time, html! {
                        <>
                            <Scrubber board={self.board.clone()} lit={self.view.lit.clone()} now={self.hand()}
                                known={self.known()} clock={self.clock_words()} tell={self.tell.clone()} />
                            <Buttons board={self.board.clone()} playing={self.clock.playing} speed={self.clock.speed} halts={self.clock.halts}
                                tell={self.tell.clone()} />
                        </>
                    }) }
                </div>
            </>
        }
    }

    /// Where the moment that the texts tell of is in the run.
    fn clock_words(&self) -> String {
        self.reel.shot(self.drawn.told).map_or(String::new(), |shot| shot.clock.clone())
    }

    /// The run on the axis of time, the questions about it with their answers, and what shapes and keys mean.
    fn below(&self) -> Html {
        let (narrow, pen, known) = (self.is_narrow(), self.pen(), self.known());
        let answering = &self.questions.answering;
        // Only what stands on the time of the run follows it.
        let clock = if answering.panes.is_empty() { 0 } else { self.slow_hand() };
        let tab = |name, panel| Tab { name, badge: String::new(), panel };
        let all = vec![
            tab(
                "Space-time",
                html! {
                    <SpaceTime board={self.board.clone()} diagram={self.answers.diagram.clone()} pane={self.answers.diagram_pane.clone()} now={self.hand()}
                        {known} zoom={self.view.zoom} {narrow} pen={pen.clone()} />
                },
            ),
            tab(
                "Staleness",
                html! {
                    <Lag staleness={self.answers.staleness.clone()} fresh={self.answers.staleness_of == self.board.run} now={self.slow_hand()}
                        {known} until={self.answers.staleness_until} {narrow} pen={pen.clone()} />
                },
            ),
            tab(
                "What happened",
                html! { <Steps told={self.answers.told.clone()} run={self.board.run} tell={self.tell.clone()} /> },
            ),
            Tab {
                name: "Experiments",
                badge: if answering.progress.is_some() { "…".to_owned() } else { String::new() },
                panel: html! { <Questions board={self.board.clone()} answering={answering.clone()} now={clock} {narrow} {pen} /> },
            },
            tab("Legend", html! { <Legend board={self.board.clone()} /> }),
        ];
        tabs("the run and questions about it", Place::Below, self.id, all, self.view.below, &self.tell)
    }

    /// What was found, and what can be set, done and taken along.
    fn side(&self) -> Html {
        let (seen, known) = (self.seen(), self.known());
        let told = self.board.findings.times.partition_point(|(at, _)| *at <= known);
        let findings = html! {
            <Findings board={self.board.clone()} told={self.answers.told.clone()} {seen} known={told} whole={known >= self.board.until}
                reveals={self.view.reveals} current={self.current()} tell={self.tell.clone()} />
        };
        let tab = |name, panel| Tab { name, badge: String::new(), panel };
        let form = |class, fields: &[Field]| {
            lockable(self.hosting.lock.run, html! { <Form {class} inner={fields.to_vec()} tell={self.tell.clone()} /> })
        };
        let mut all = vec![
            Tab { name: "Findings", badge: if seen > 0 { seen.to_string() } else { String::new() }, panel: findings },
            tab("Settings", form("settings", &self.board.settings)),
            tab("Act", form("actions", &self.drawn.moment.actions)),
        ];
        if !self.embed {
            all.push(tab(
                "Share",
                html! {
                    <Take link={self.view.link.clone()} export={self.board.export.clone()} tell={self.tell.clone()} />
                },
            ));
        }
        tabs("findings and controls", Place::Side, self.id, all, self.view.beside, &self.tell)
    }
}
