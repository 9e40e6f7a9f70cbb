//! What is wrong with the run: how often, where, and why.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::explanation;
use super::lab::{Lit, Msg};
use crate::check::Finding;
use crate::explain::{self, Explainer};
use crate::player::Msg as Play;
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::time::SimTime;
use crate::view::{sign, title};

/// The most findings that are listed one by one.
const LISTED_MAX: usize = 60;

/// A finding in a few words.
pub(super) fn headline(run: &Run, finding: &Finding) -> String {
    format!("{} {}", sign(finding.anomaly()), explain::headline(run, finding))
}

/// The findings, of which the first `seen` are there to be seen by now.
pub(super) fn view(bench: &Bench, explainer: &Explainer<Rc<Run>>, seen: usize, chosen: Option<usize>) -> Html {
    let findings = &bench.run.findings;
    let current = chosen.or(seen.checked_sub(1));
    let jump = Button { text: "Jump to the first", disabled: findings.is_empty(), ..Button::default() };
    let first = findings.first().map_or(SimTime::ZERO, |f| f.at);
    let more = findings.len().saturating_sub(LISTED_MAX);
    let one = |(index, finding): (usize, &Finding)| {
        let why = if current == Some(index) { explanation::view(bench, &explainer.explain(finding)) } else { Html::default() };
        let class = match (current == Some(index), index < seen) {
            (true, _) => "finding current",
            (false, true) => "finding",
            (false, false) => "finding to-come",
        };
        html! { <li key={index} {class}>{ item(bench, index, finding, current == Some(index)) }<div class="why">{why}</div></li> }
    };
    html! {
        <section class="findings" aria-label="findings">
            <div class="counts">
                <h3>{"Findings"}</h3>
                { bench.button_of(&jump, Msg::Play(Play::Seek(first))) }
                <ul>{ for Anomaly::ALL.iter().map(|a| html! { <li key={a.name()} class="count">{ count(findings, *a, seen) }</li> }) }</ul>
            </div>
            <p class="verdict">{ verdict(&bench.run, seen) }</p>
            <ol class="list">{ for findings.iter().enumerate().take(LISTED_MAX).map(one) }</ol>
            <p class="more">{ if more > 0 { format!("{more} more findings are counted but not listed.") } else { String::new() } }</p>
        </section>
    }
}

fn count(findings: &[Finding], anomaly: Anomaly, seen: usize) -> Html {
    let of = |list: &[Finding]| list.iter().filter(|f| f.anomaly() == anomaly).count();
    let (all, by_now) = (of(findings), of(&findings[..seen.min(findings.len())]));
    let class = if all > 0 { "some" } else { "" };
    html! { <span {class}><span class="sign" aria-hidden="true">{sign(anomaly)}</span>{ format!(" {} ", title(anomaly)) }<b>{ format!("{by_now} of {all}") }</b></span> }
}

fn verdict(run: &Run, seen: usize) -> String {
    let total = run.findings.len();
    let writes = run.trace.ops.iter().filter(|op| op.acknowledged().is_some()).count();
    let reads = run.trace.ops.iter().filter(|op| op.returned().is_some()).count();
    match (total, seen) {
        (0, _) => format!(
            "Nothing found in this run, from its start to its end: {reads} answered reads and {writes} acknowledged writes were checked. That says something about this run, not about all runs."
        ),
        (_, 0) => format!("Nothing yet; {total} to come in this run."),
        _ => String::new(),
    }
}

fn item(bench: &Bench, index: usize, finding: &Finding, current: bool) -> Html {
    html! {
        <button type="button" class="headline" aria-expanded={current.to_string()} onclick={bench.click(Msg::Explain(index))}
            onmouseenter={bench.hover(Lit::ops(finding.ops()))} onmouseleave={bench.hover(Lit::default())}>
            <span class="sign" aria-hidden="true">{sign(finding.anomaly())}</span>
            <span class="kind">{title(finding.anomaly())}</span>
            <span class="what">{explain::headline(&bench.run, finding)}</span>
            <span class="at">{format!("{} ms", finding.at)}</span>
        </button>
    }
}
