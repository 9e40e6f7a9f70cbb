//! What is wrong with the run: how often, where, and why.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::control::{button, click};
use super::msg::Msg;
use super::prose::paragraph;
use super::shared::Shared;
use crate::engine::{Board, Finding, Kind, Told, Why};
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
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect_with(*current, move |_| keep_in_view(&list));
    }
    let first = findings.times.first().map_or(0, |(at, _)| *at);
    let why = told.why.as_ref().filter(|why| told.run == board.run && *current == Some(why.finding as usize));
    let one = |(index, finding): (usize, &Finding)| {
        let is_current = *current == Some(index);
        let class = match (is_current, index < *seen) {
            (true, _) => "finding current",
            (false, true) => "finding",
            (false, false) => "finding to-come",
        };
        html! {
            <li key={index} {class}>
                { item(index, finding, findings.kinds.get(usize::from(finding.kind)), is_current, tell) }
                <div class="why-place">{ why.filter(|_| is_current).map(|why| explained(why, tell)).unwrap_or_default() }</div>
            </li>
        }
    };
    // What is explained may be none of those that are listed.
    let apart = why.filter(|why| why.finding as usize >= findings.listed.len().min(*known));
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
    html! {
        <section class="findings" aria-label="findings">
            <p class="verdict">{ verdict }</p>
            <ol ref={list} class="list">{ for findings.listed.iter().take(*known).enumerate().map(one) }</ol>
            <div class="why-place">{ apart.map(|why| explained(why, tell)).unwrap_or_default() }</div>
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

/// Brings what is explained into view where findings scroll on their own; the page itself stays where it is.
fn keep_in_view(list: &NodeRef) {
    let find = || {
        let list = list.cast::<HtmlElement>()?;
        let (current, column) = (list.query_selector(".current").ok()??, list.closest(".beside").ok()??);
        (column.scroll_height() > column.client_height()).then_some((current, column))
    };
    if let Some((current, column)) = find() {
        let (item, room) = (current.get_bounding_client_rect(), column.get_bounding_client_rect());
        if item.top() < room.top() || item.bottom() > room.bottom() {
            #[expect(clippy::cast_possible_truncation, reason = "pixels")]
            column.set_scroll_top(column.scroll_top() + (item.top() - room.top() - 48.0) as i32);
        }
    }
}

/// Why something was found, and what can be asked about it.
fn explained(why: &Why, tell: &Callback<Msg>) -> Html {
    html! {
        <div class="why">
            { paragraph(&why.prose, true, tell) }
            <div class="asks"><div class="buttons">{ for why.asks.iter().map(|ask| html! { <span key={ask.text.clone()}>{ button(ask, "", tell) }</span> }) }</div></div>
        </div>
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
