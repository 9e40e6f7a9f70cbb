//! A stretch of time as stills, with what moves between them.

use super::protocol::{Film, Look, Still};
use crate::family::Included;
use crate::log::KeyId;
use crate::run::Run;
use crate::scene::{Flight, Scene, leaders, logs, map, nodes, token_ring, under_way};
use crate::simulation::Simulation;
use crate::time::SimTime;
use crate::view::{Layout, Named, RingLayout, Stage, stage, token_rings};

/// The names of the panes of a family, in the order of their numbers.
pub(super) fn panes(family: Included) -> &'static [&'static str] {
    match family {
        Included::SingleLeader => &["Logs", "Map"],
        Included::MultiLeader(_) => &["Leaders", "Map"],
        Included::Leaderless(_) => &["Ring", "Nodes", "Map"],
    }
}

/// The most stills of a film: a page asks for some tenths of a second at a time.
const STILLS_MAX: u64 = 40;

/// What is to be in view, whatever else is.
#[derive(Default)]
pub(super) struct InView {
    /// Entries of logs.
    pub(super) entries: Vec<Named>,
    /// The key whose versions are shown; the one that was written last if none is named.
    pub(super) key: Option<KeyId>,
}

/// The film from a moment on, with the stage of its first still. The state is left where the film ends.
pub(super) fn film(run: &Run, state: &mut Simulation, look: &Look, in_view: &InView) -> (Film, Stage) {
    let layout = Layout::new(&run.plan, f64::from(look.width));
    let count = look.until.saturating_sub(look.now).div_ceil(look.step.max(1)).clamp(1, STILLS_MAX);
    let mut film = Film::default();
    let mut first = None;
    let mut last_pane = None;
    // One moment more than there are stills: what is sent within the last is seen at its end.
    for index in 0..=count {
        let at = SimTime(look.now.saturating_add(index.saturating_mul(look.step)));
        if index == count && look.until <= look.now {
            break;
        }
        run.seek(state, at.min(run.until()));
        let moment = at.min(run.until());
        let named: &[Named] = if index == 0 { &in_view.entries } else { &[] };
        let mut stage = stage(run, state, moment, &layout, named);
        if let Some(key) = in_view.key {
            stage.look_at(run, state, moment, key);
        }
        let scene = Scene { run, stage: &stage, layout: &layout };
        let (flights, more) = under_way(scene, state, at);
        let (pane, flights) = match (look.pane, run.plan.family) {
            (0, Included::SingleLeader) => (logs(&stage, &layout, state, at), flights),
            (0, Included::MultiLeader(_)) => (leaders(&stage, &layout), flights),
            (0, Included::Leaderless(_)) => {
                let (rings, layout) =
                    (token_rings(run, state, moment, in_view.key), RingLayout::new(&run.plan, f64::from(look.width)));
                token_ring(run, &rings, &stage, &layout, flights)
            }
            (1, Included::Leaderless(_)) => (nodes(&stage, &layout), flights),
            (_, Included::SingleLeader | Included::MultiLeader(_) | Included::Leaderless(_)) => {
                map(&stage, layout.narrow, flights)
            }
        };
        if let Some(before) = film.stills.last_mut() {
            add_what_was_sent(before, &flights);
        }
        if index < count {
            let pane = (last_pane.as_ref() != Some(&pane)).then(|| pane.clone()).inspect(|pane| last_pane = Some(pane.clone()));
            film.stills.push(Still { at: at.0, clock: words(run, at), pane, flights, more });
        }
        first = first.or(Some(stage));
    }
    (film, first.unwrap_or_else(|| panic!("a film from {} on has no still", look.now)))
}

/// Where a moment is in a run.
fn words(run: &Run, now: SimTime) -> String {
    let (step, steps) = (run.trace.steps_until(now), run.trace.steps.len());
    format!("{} of {}, event {step} of {steps}", now.words(), run.until().words())
}

/// Messages that were sent after a still began are under way in it.
fn add_what_was_sent(still: &mut Still, later: &[Flight]) {
    let began = still.at;
    still.flights.extend(later.iter().filter(|flight| !flight.many && flight.stands.is_none() && flight.sent > began).cloned());
}
