//! What is wrong with the run: how often, where, and why.

use yew::prelude::*;

use super::control::{button, click};
use super::msg::Msg;
use super::prose::paragraph;
use super::shared::Shared;
use crate::engine::{Board, Finding, Kind, Told};
use crate::plural::plural;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) board: Shared<Board>,
    pub(super) told: Shared<Told>,
    /// How many of the findings are there to be seen by now.
    pub(super) seen: usize,
    /// How many of them are told of, those to come among them if they are not hidden.
    pub(super) known: usize,
    /// Whether the whole run has been seen, or is shown.
    pub(super) whole: bool,
    pub(super) reveals: bool,
    /// The one that is explained.
    pub(super) current: Option<usize>,
    pub(super) tell: Callback<Msg>,
}

#[component]
pub(super) fn Findings(props: &Props) -> Html {
    let Props { board, told, seen, known, whole, reveals, current, tell } = props;
    let findings = &board.findings;
    let first = findings.times.first().map_or(0, |(at, _)| *at);
    let one = |(index, finding): (usize, &Finding)| {
        let class = match (*current == Some(index), index < *seen) {
            (true, _) => "finding current",
            (false, true) => "finding",
            (false, false) => "finding to-come",
        };
        html! { <li key={index} {class}>{ item(index, finding, findings.kinds.get(usize::from(finding.kind)), *current == Some(index), tell) }</li> }
    };
    let count = |(index, kind): (usize, &Kind)| {
        let of = |times: &[(u64, u8)]| times.iter().filter(|(_, place)| usize::from(*place) == index).count();
        let upto = |end: usize| of(&findings.times[..end.min(findings.times.len())]);
        let (all, told, by_now) = (of(&findings.times), upto(*known), upto(*seen));
        let number = if *whole { format!("{by_now} of {all}") } else { by_now.to_string() };
        let chip = html! {
            <span class="some"><span class="sign" aria-hidden="true">{ &kind.sign }</span>{ format!(" {} ", kind.title) }<b>{ number }</b></span>
        };
        html! { <li key={kind.title.clone()} class="count">{ if told > 0 { chip } else { Html::default() } }</li> }
    };
    let verdict = match (findings.times.len(), *seen, *whole) {
        (0, ..) => findings.nothing.clone(),
        (total, 0, true) => format!("Nothing yet; {total} to come in this run."),
        (_, 0, false) => "Nothing found so far. What is to come is hidden until it has come.".to_owned(),
        _ => String::new(),
    };
    let others = if *whole { findings.others.as_str() } else { "" };
    let why = told.why.as_ref().filter(|why| told.run == board.run && *current == Some(why.finding as usize));
    html! {
        <section class="findings" aria-label="findings">
            <p class="verdict">{ verdict }</p>
            <ol class="list">{ for findings.listed.iter().take(*known).enumerate().map(one) }</ol>
            <div class="why">{ why.map(|why| paragraph(&why.prose, true, tell)).unwrap_or_default() }</div>
            <div class="asks"><div class="buttons">{ for why.iter().flat_map(|why| &why.asks).map(|ask| html! { <span key={ask.text.clone()}>{ button(ask, "", tell) }</span> }) }</div></div>
            <div class="counts">
                <div class="buttons">
                    <button type="button" disabled={findings.times.is_empty()} onclick={click(Msg::StopAt(first), tell)}>{ "Jump to the first" }</button>
                    <button type="button" aria-pressed={reveals.to_string()} onclick={click(Msg::Reveal(!reveals), tell)}>{ "Show what is to come" }</button>
                </div>
                <ul>
                    { for findings.kinds.iter().enumerate().map(count) }
                    <li key="others" class="count"><small>{ others }</small></li>
                </ul>
            </div>
            <p class="more">{ if *whole { findings.more.as_str() } else { "" } }</p>
        </section>
    }
}

fn item(index: usize, finding: &Finding, kind: Option<&Kind>, current: bool, tell: &Callback<Msg>) -> Html {
    let (sign, title) = kind.map_or(("", ""), |kind| (kind.sign.as_str(), kind.title.as_str()));
    let light = |about: &[crate::scene::Target]| click(Msg::Light(about.into()), tell);
    html! {
        <button type="button" class="headline" aria-current={current.to_string()} onclick={click(Msg::Explain(index), tell)}
            onmouseenter={light(&finding.about)} onmouseleave={light(&[])}>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <span class="kind">{ title }</span>
            <span class="what">{ &finding.headline }</span>
            <span class="at">{ &finding.when }</span>
        </button>
    }
}

/// What is read out when a finding comes to be seen.
pub(super) fn said(board: &Board, seen: usize) -> Option<String> {
    let last = seen.checked_sub(1)?;
    match board.findings.listed.get(last) {
        Some(finding) => {
            let sign = board.findings.kinds.get(usize::from(finding.kind)).map_or("", |kind| kind.sign.as_str());
            Some(format!("{sign} {}", finding.headline))
        }
        None => board.findings.times.get(last).map(|_| plural(seen as u64, "finding")),
    }
}
