//! What is wrong with the run: how often, where, and why.

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::draw::{el, of};
use super::explanation;
use super::lab::{Lit, Msg};
use super::narrator::Texts;
use crate::check::Finding;
use crate::experiment::Experiment;
use crate::explain;
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

/// The finding that is explained if none was chosen: of those that came last, the first.
pub(super) fn latest(findings: &[Finding], seen: usize) -> Option<usize> {
    let at = findings.get(seen.checked_sub(1)?)?.at;
    findings.iter().position(|f| f.at == at)
}

/// What can be asked about the finding that is explained.
fn asks(bench: &Bench, index: usize) -> Html {
    let kind = bench.run.findings.get(index).map_or("", |finding| finding.anomaly().name());
    let ask = |experiment: Experiment, argument: String| bench.button(experiment.title(), Msg::Ask(experiment, argument));
    of("div", "buttons").kid(ask(Experiment::Causes, index.to_string())).kid(ask(Experiment::Smallest, kind.to_owned())).done()
}

/// The findings, of which the first `seen` are there to be seen by now.
pub(super) fn view(bench: &Bench, texts: &Texts, seen: usize, chosen: Option<usize>) -> Html {
    let findings = &bench.run.findings;
    let current = chosen.or(latest(findings, seen));
    let jump = Button { text: "Jump to the first", disabled: findings.is_empty(), ..Button::default() };
    let first = findings.first().map_or(SimTime::ZERO, |f| f.at);
    let more = findings.len().saturating_sub(LISTED_MAX);
    let found = || Anomaly::ALL.iter().filter(|a| findings.iter().any(|f| f.anomaly() == **a));
    let rest = Anomaly::ALL.len() - found().count();
    let others = format!("{rest} {}kinds: none", if rest < Anomaly::ALL.len() { "other " } else { "" });
    let one = |(index, finding): (usize, &Finding)| {
        let class = match (current == Some(index), index < seen) {
            (true, _) => "finding current",
            (false, true) => "finding",
            (false, false) => "finding to-come",
        };
        el("li").key(index).at("class", class).kid(item(bench, index, finding, current == Some(index))).done()
    };
    let why = match &texts.why {
        Some((told, explained)) if current == Some(*told) => explanation::view(bench, explained),
        _ => Html::default(),
    };
    of("section", "findings")
        .is("aria-label", "findings")
        .with(
            of("div", "counts").with(el("h3").say("Findings")).kid(bench.button_of(&jump, Msg::Play(Play::StopAt(first)))).with(
                el("ul")
                    .kids(found().map(|a| el("li").key(a.name()).is("class", "count").kid(count(findings, *a, seen)).done()))
                    .with(of("li", "count").key("others").with(el("small").kid(others))),
            ),
        )
        .with(of("p", "verdict").kid(verdict(&bench.run, seen)))
        .with(of("ol", "list").kids(findings.iter().enumerate().take(LISTED_MAX).map(one)))
        .with(of("div", "why").kid(why))
        .with(of("div", "asks").kid(current.map(|index| asks(bench, index)).unwrap_or_default()))
        .with(of("p", "more").kid(if more > 0 {
            format!("{more} more findings are counted but not listed.")
        } else {
            String::new()
        }))
        .done()
}

fn count(findings: &[Finding], anomaly: Anomaly, seen: usize) -> Html {
    let number = |list: &[Finding]| list.iter().filter(|f| f.anomaly() == anomaly).count();
    let (all, by_now) = (number(findings), number(&findings[..seen.min(findings.len())]));
    of("span", "some")
        .with(of("span", "sign").is("aria-hidden", "true").kid(sign(anomaly)))
        .kid(format!(" {} ", title(anomaly)))
        .with(el("b").kid(format!("{by_now} of {all}")))
        .done()
}

fn verdict(run: &Run, seen: usize) -> String {
    let total = run.findings.len();
    let writes = run.trace.ops.iter().filter(|op| op.acknowledged().is_some()).count();
    let reads = run.trace.ops.iter().filter(|op| op.returned().is_some()).count();
    match (total, seen) {
        (0, _) => format!(
            "Nothing found in this run, from its start to its end. Checked: answered reads {reads}, acknowledged writes {writes}. That says something about this run, not about all runs."
        ),
        (_, 0) => format!("Nothing yet; {total} to come in this run."),
        _ => String::new(),
    }
}

fn item(bench: &Bench, index: usize, finding: &Finding, current: bool) -> Html {
    el("button")
        .is("type", "button")
        .is("class", "headline")
        .at("aria-current", current.to_string())
        .click(bench.click(Msg::Explain(index)))
        .enter(bench.hover(Lit::ops(&bench.run, finding.ops())))
        .leave(bench.hover(Lit::default()))
        .with(of("span", "sign").is("aria-hidden", "true").kid(sign(finding.anomaly())))
        .with(of("span", "kind").kid(title(finding.anomaly())))
        .with(of("span", "what").kid(explain::headline(&bench.run, finding)))
        .with(of("span", "at").kid(finding.at.words()))
        .done()
}
