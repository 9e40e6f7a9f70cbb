//! What is wrong with the run: how often, where, and why.

use std::rc::Rc;

use yew::prelude::*;

use crate::check::Finding;
use crate::explain::{self, Explainer};
use crate::player::Msg as Play;
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::time::SimTime;
use crate::view::{sign, title};

use super::explanation::sentences;
use super::lab::Lit;
use super::shared::Shared;

/// The most findings that are listed one by one.
const LISTED_MAX: usize = 60;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) explainer: Shared<Explainer<Rc<Run>>>,
    pub(super) now: SimTime,
    pub(super) on_play: Callback<Play>,
    pub(super) on_lit: Callback<Lit>,
}

/// A finding in a few words.
pub(super) fn headline(run: &Run, finding: &Finding) -> String {
    format!("{} {}", sign(finding.anomaly()), explain::headline(run, finding))
}

#[component]
pub(super) fn Findings(props: &Props) -> Html {
    // What was chosen holds for the run it was chosen in.
    let chosen = use_state(|| None::<(usize, usize)>);
    let identity = Rc::as_ptr(&props.run.0) as usize;
    let seen = props.run.findings_at(props.now).len();
    let current = chosen.filter(|(run, _)| *run == identity).map(|(_, index)| index).or(seen.checked_sub(1));
    let on_play = props.on_play.clone();
    let none = props.run.findings.is_empty();
    let first = props.run.findings.first().map(|f| f.at);
    html! {
        <section class="findings" aria-label="findings">
            <div class="counts">
                <h3>{"Findings"}</h3>
                <ul>{ for Anomaly::ALL.into_iter().map(|anomaly| count(props, anomaly, seen)) }</ul>
                <button type="button" disabled={none} onclick={move |_| if let Some(at) = first { on_play.emit(Play::Seek(at)) }}>{"Jump to the first"}</button>
            </div>
            <p class="verdict">{ verdict(props, seen) }</p>
            <ol class="list">
                { for props.run.findings.iter().enumerate().take(LISTED_MAX).map(|(index, finding)| {
                    item(props, index, finding, (current == Some(index), index < seen), (chosen.setter(), identity))
                }) }
            </ol>
            <p class="more">{ more(props.run.findings.len()) }</p>
        </section>
    }
}

fn count(props: &Props, anomaly: Anomaly, seen: usize) -> Html {
    let all = props.run.findings.iter().filter(|f| f.anomaly() == anomaly).count();
    let by_now = props.run.findings[..seen].iter().filter(|f| f.anomaly() == anomaly).count();
    let class = classes!("count", (all > 0).then_some("some"));
    html! {
        <li key={anomaly.name()} {class}><span class="sign" aria-hidden="true">{sign(anomaly)}</span>{ format!(" {} ", title(anomaly)) }<b>{ format!("{by_now} of {all}") }</b></li>
    }
}

fn verdict(props: &Props, seen: usize) -> String {
    let total = props.run.findings.len();
    match (total, seen) {
        (0, _) => "Nothing found in this run: every read and every acknowledged write was checked. That is a statement about this run, not about all runs.".to_owned(),
        (_, 0) => format!("Nothing yet. {total} to come in this run."),
        _ => String::new(),
    }
}

fn more(total: usize) -> String {
    if total > LISTED_MAX { format!("{} more findings are counted but not listed.", total - LISTED_MAX) } else { String::new() }
}

fn item(
    props: &Props,
    index: usize,
    finding: &Finding,
    (current, seen): (bool, bool),
    (setter, identity): (UseStateSetter<Option<(usize, usize)>>, usize),
) -> Html {
    let (on_play, on_lit, at) = (props.on_play.clone(), props.on_lit.clone(), finding.at);
    let lit = Lit { ops: finding.ops(), ..Lit::default() };
    let (enter, leave, hovered) = (props.on_lit.clone(), props.on_lit.clone(), lit.clone());
    let onclick = move |_| {
        setter.set(Some((identity, index)));
        on_play.emit(Play::Seek(at));
        on_lit.emit(lit.clone());
    };
    html! {
        <li key={index} class={classes!("finding", current.then_some("current"), (!seen).then_some("to-come"))}>
            <button type="button" class="headline" aria-expanded={current.to_string()} {onclick}
                onmouseenter={move |_| enter.emit(hovered.clone())} onmouseleave={move |_| leave.emit(Lit::default())}>
                <span class="sign" aria-hidden="true">{sign(finding.anomaly())}</span>
                <span class="kind">{title(finding.anomaly())}</span>
                <span class="what">{explain::headline(&props.run, finding)}</span>
                <span class="at">{format!("{at} ms")}</span>
            </button>
            <div class="why">
                { if current { sentences(&props.run.0, &props.explainer.explain(finding), &props.on_play, &props.on_lit) } else { html! {} } }
            </div>
        </li>
    }
}
