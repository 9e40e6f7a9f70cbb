//! The places of the lab, and what is drawn in each: a part is drawn again only when what it shows has changed.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::draw::{El, el, of, several};
use crate::app::flights::Moving;
use crate::app::part::{part, word};
use crate::app::{
    actions, controls, experiments, findings, flights, keys, lag, legend, links, spacetime, steps, story, transport,
};
use crate::time::SimTime;
use crate::view::Layout;

use super::{Lab, Msg};

impl Lab {
    /// All of it.
    pub(super) fn page(&self, embed: bool) -> Html {
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
        let theme = self.dark.map(|dark| if dark { "dark" } else { "light" }.to_owned());
        let time = of("div", "transport")
            .is("role", "group")
            .is("aria-label", "time")
            .kid(transport::scrubber(&self.bench, (self.hand(), self.told), &self.lit))
            .kid(self.buttons());
        let picture = of("div", "picture")
            .with(of("div", "stage-place").kid(self.scene()))
            .with(of("div", "chosen-place").kid(self.chosen_bar()))
            .with(time)
            .with(of("div", "legend-place").kid(part(Vec::new(), Rc::new(legend::view))));
        let bench = of("div", "workbench")
            .with(picture)
            .with(of("div", "findings-place").kid(self.findings()))
            .with(of("div", "diagrams").kid(self.diagrams(embed)))
            .with(of("div", "side").kid(self.side(embed)));
        of("section", if embed { "lab embed" } else { "lab" })
            .refer(&self.root)
            .at("data-theme", theme)
            .at("aria-label", self.title())
            .is("tabindex", "-1")
            .press(onkeydown)
            .receive(links::dropped(&self.bench))
            .focus(focused(true), focused(false))
            .with(of("div", "error-place").kid(self.error_box()))
            .with(of("div", "story-place").kid(self.story(embed)))
            .with(bench)
            .with(of("p", "live").is("role", "status").is("aria-live", "polite").kid(&self.said))
            .done()
    }

    /// The moment at which the scrubber and the diagrams stand. While much moves they follow the texts: they change the page, too.
    fn hand(&self) -> SimTime {
        if self.crowd.is_some() { self.told } else { self.player.now() }
    }

    pub(super) fn error_box(&self) -> Html {
        let Some(error) = &self.error else { return Html::default() };
        of("div", "error")
            .is("role", "alert")
            .with(el("strong").say("That does not work: "))
            .kid(error)
            .kid(self.bench.button("Dismiss", Msg::Dismiss))
            .done()
    }

    pub(super) fn story(&self, embed: bool) -> Html {
        let suggestion = actions::suggest(&self.bench.run, &self.stage, self.player.now());
        let (bench, undo, found) = (self.bench.clone(), self.player.can_undo(), self.counted);
        let label: u64 = suggestion.iter().flat_map(|s| s.label.bytes()).fold(7, |h, b| h * 31 % 0x1_0000_0001 + u64::from(b));
        let words = vec![word(&bench.run), u64::from(undo), found as u64, label];
        part(words, Rc::new(move || story::view(&bench, suggestion.as_ref(), undo, found, embed)))
    }

    pub(super) fn buttons(&self) -> Html {
        let (bench, branches, current) = (self.bench.clone(), self.player.branches().0.to_vec(), self.player.branches().1);
        let clock = (self.player.playing(), self.player.speed(), self.player.halts());
        let words =
            vec![word(&bench.run), u64::from(clock.0), clock.1, u64::from(clock.2), branches.len() as u64, current as u64];
        part(words, Rc::new(move || transport::buttons(&bench, clock, &branches, current)))
    }

    /// Drawings on top of each other: what moves in great numbers, what stands still between two events, and what else moves.
    pub(super) fn scene(&self) -> Html {
        let Layout { width, height, narrow, .. } = *self.layout;
        let (bench, stage, layout, lit, chosen) =
            (self.bench.clone(), self.stage.clone(), self.layout.clone(), self.lit.clone(), self.chosen);
        let words = vec![word(&stage), word(&layout), word(&lit), chosen.map_or(0, |id| u64::from(id.0) + 1)];
        let frame = format!("0 0 {} {}", crate::app::bench::unit(width), crate::app::bench::unit(height));
        let moving = self.crowd.clone();
        let moving = moving.unwrap_or_else(|| Rc::new(Moving::of(&self.player, &self.stage, &self.layout, self.less_motion)));
        let shapes = flights::view(&self.bench.run, &self.player, &self.layout, &moving, &self.lit);
        several()
            .with(canvas(&self.canvas.element, &moving))
            .with(
                el("svg")
                    .at("class", if narrow { "stage narrow" } else { "stage" })
                    .at("viewBox", frame.clone())
                    .is("role", "group")
                    .at("aria-label", self.title())
                    .kid(part(
                        words,
                        Rc::new(move || {
                            crate::app::stage::view(&crate::app::stage::Scene {
                                bench: &bench,
                                stage: &stage,
                                layout: &layout,
                                lit: &lit,
                                chosen,
                            })
                        }),
                    )),
            )
            .with(of("svg", "stage over").at("viewBox", frame).is("aria-hidden", "true").kid(shapes))
            .with(of("div", "overflow-place").kid(overflow(moving.more)))
            .done()
    }

    pub(super) fn chosen_bar(&self) -> Html {
        let Some(id) = self.chosen else { return Html::default() };
        actions::node_bar(&self.bench, &self.stage, &self.desk, id)
    }

    pub(super) fn findings(&self) -> Html {
        let (bench, texts, seen, chosen) = (self.bench.clone(), self.narrator.texts.clone(), self.counted, self.desk.finding);
        let words = vec![word(&bench.run), seen as u64, chosen.map_or(0, |n| n as u64 + 1), self.narrator.word()];
        part(words, Rc::new(move || findings::view(&bench, &texts, seen, chosen)))
    }

    /// The questions and their answers; in a small lab only when there is one. A strip among them follows the clock.
    fn experiments(&self, embed: bool) -> Html {
        let (bench, desk, narrow) = (self.bench.clone(), self.desk.clone(), self.layout.narrow);
        let shown = self.experiments.shown();
        if embed && shown.is_empty() {
            return Html::default();
        }
        let now = if shown.has_strip() { self.told } else { SimTime::ZERO };
        let words = vec![word(&bench.run), word(&desk), word(&shown), now.0, u64::from(narrow)];
        part(words, Rc::new(move || experiments::panel(&bench, &desk, &shown, (now, narrow), embed)))
    }

    pub(super) fn diagrams(&self, embed: bool) -> Html {
        let (bench, now, narrow) = (self.bench.clone(), self.told, self.layout.narrow);
        let (texts, lit, shown) = (self.narrator.texts.clone(), self.lit.clone(), self.shown.clone());
        let (lag, marked) = (self.narrator.texts.lag.clone(), self.lit.clone());
        let (told, picture) = (bench.clone(), bench.clone());
        several()
            .with(el("div").kid(self.experiments(embed)))
            .with(of("div", "spacetime-place").kid(spacetime::view(
                &picture,
                &shown,
                &lit,
                (self.hand(), narrow, self.desk.zoom),
            )))
            .with(of("div", "lag-place").kid(part(
                vec![word(&lag.0), u64::from(lag.1), now.0, u64::from(narrow), word(&marked), word(&bench.run)],
                Rc::new(move || lag::view(&bench, &lag, &marked, (now, narrow))),
            )))
            .with(
                of("div", "steps-place")
                    .kid(part(vec![word(&told.run), word(&texts)], Rc::new(move || steps::view(&told, &texts.told.1)))),
            )
            .done()
    }

    pub(super) fn side(&self, embed: bool) -> Html {
        if embed {
            return Html::default();
        }
        let (run, desk) = (word(&self.bench.run), word(&self.desk));
        let (settings, settings_desk) = (self.bench.clone(), self.desk.clone());
        let (doing, doing_desk, stage) = (self.bench.clone(), self.desk.clone(), self.stage.clone());
        let (taking, now, link) = (self.bench.clone(), self.player.now(), self.desk.clone());
        let still = if self.player.playing() { 0 } else { now.0 };
        several()
            .with(el("div").kid(part(vec![run, desk], Rc::new(move || controls::view(&settings, &settings_desk)))))
            .with(
                el("div").kid(part(
                    vec![run, desk, actions::word(&stage)],
                    Rc::new(move || actions::view(&doing, &stage, &doing_desk)),
                )),
            )
            .with(el("div").kid(part(vec![run, desk, still], Rc::new(move || links::view(&taking, now, &link.link)))))
            .done()
    }
}

/// The canvas; its name says what is drawn on it to those who do not see it.
fn canvas(element: &NodeRef, moving: &Moving) -> El {
    let name = moving.on_canvas().map(|flights| format!("{} messages under way", flights.len()));
    let hidden = name.is_none().then(|| "true".to_owned());
    of("canvas", "crowd").refer(element).is("role", "img").at("aria-hidden", hidden).at("aria-label", name)
}

fn overflow(more: usize) -> Html {
    match more {
        0 => Html::default(),
        more => {
            of("p", "overflow").kid(format!("{more} messages are under way: too many to draw one by one, so each mark stands for all of one kind on one link. Every one is simulated.")).done()
        }
    }
}
