//! Questions that take many runs, and what is answered: paragraphs, tables, charts, operations on the time of the lab, scenarios to open.

use yew::prelude::*;

use super::control::{click, plain};
use super::diagrams::{Timeline, present};
use super::form::fields;
use super::marks::{Pen, pane};
use super::msg::Msg;
use super::prose::paragraph;
use super::shared::Shared;
use crate::engine::{Board, Order, Shown, ShownPart};
use crate::scene::Pane;
use crate::sheet::{Cell, Mark, Table};

/// What is shown of a question and its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answering {
    /// How far it is, while it is being answered.
    pub(super) progress: Option<String>,
    /// Why it cannot be answered; empty if it can.
    pub(super) wrong: String,
    /// The answer; without a title there is none.
    pub(super) shown: Shown,
    /// The drawings of its parts, each with its place.
    pub(super) panes: Vec<(usize, [Shared<Pane>; 2])>,
    /// Whether it was about the run.
    pub(super) about_run: bool,
}

impl Answering {
    /// Takes an answer.
    pub(super) fn answered(&mut self, shown: Shown) {
        let panes = shown.parts.iter().enumerate().filter_map(|(place, part)| match part {
            ShownPart::Strip(_, _, panes) => Some((place, panes.clone().map(Shared::new))),
            _ => None,
        });
        self.panes = panes.collect();
        (self.progress, self.wrong, self.shown) = (None, String::new(), shown);
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) board: Shared<Board>,
    pub(super) answering: Shared<Answering>,
    pub(super) now: u64,
    pub(super) narrow: bool,
    pub(super) pen: Pen,
}

/// The questions about the whole scenario, and the answer to the last.
#[component]
pub(super) fn Questions(props: &Props) -> Html {
    let Props { board, answering, pen, .. } = props;
    let state = match &answering.progress {
        Some(words) => html! { <p class="note">{ "Working … " }{ words }{ " " }{ plain("Stop", Msg::GiveUp, &pen.tell) }</p> },
        None if !answering.wrong.is_empty() => {
            html! { <p class="note">{ format!("That cannot be answered: {}", answering.wrong) }</p> }
        }
        None => Html::default(),
    };
    let sheet = if answering.shown.title.is_empty() { Html::default() } else { sheet(props) };
    html! {
        <div class="form experiments">
            { fields(&board.questions, &pen.tell) }
            <div class="answer" tabindex="-1">
                <div role="status">{ state }</div>
                <div class="sheet-place">{ sheet }</div>
            </div>
        </div>
    }
}

fn sheet(props: &Props) -> Html {
    let Props { board, answering, pen, .. } = props;
    let old = if answering.about_run && board.old_answer {
        "The run on the screen is another one by now: this is about the scenario as it stood."
    } else {
        ""
    };
    let parts = answering.shown.parts.iter().enumerate();
    html! {
        <section class="sheet" aria-label={answering.shown.title.clone()}>
            <div class="sheet-head"><h3>{ &answering.shown.title }</h3>{ plain("Close", Msg::GiveUp, &pen.tell) }</div>
            <p class="note">{ old }</p>
            { for parts.map(|(place, part)| html! { <div key={place}>{ self::part(props, place, part) }</div> }) }
        </section>
    }
}

fn part(props: &Props, place: usize, part: &ShownPart) -> Html {
    let Props { board, answering, now, narrow, pen, .. } = props;
    match part {
        ShownPart::Heading(text) => html! { <h4>{ text }</h4> },
        ShownPart::Prose(pieces) => paragraph(pieces, answering.about_run && board.alike, &pen.tell),
        ShownPart::Table(data) => table(data),
        ShownPart::Chart(caption, drawing) => chart(caption, drawing, pen),
        ShownPart::Strip(caption, until, _) => {
            let Some((_, panes)) = answering.panes.iter().find(|(other, _)| *other == place) else { return Html::default() };
            let (drawing, span) = (&panes[usize::from(*narrow)], (0, *until));
            let marker = if *until == 0 { Html::default() } else { present(drawing, *now, u64::MAX, span, *narrow) };
            html! {
                <figure class="chart">
                    <figcaption>{ caption }</figcaption>
                    <div class="drawing strip">
                        <Timeline label={caption.clone()} pane={drawing.clone()} {span} narrow={*narrow} pen={pen.clone()} />
                        <div>{ marker }</div>
                    </div>
                </figure>
            }
        }
        ShownPart::Open(label, order, scenario) => open(label, order, scenario, pen),
        ShownPart::File(label, name, text) => plain(label, Msg::SaveFile(name.clone(), text.clone()), &pen.tell),
    }
}

fn open(label: &str, order: &Order, scenario: &str, pen: &Pen) -> Html {
    let msg = Msg::Do(order.clone(), scenario.to_owned());
    html! { <button type="button" onclick={click(msg, &pen.tell)}>{ label }</button> }
}

/// A table that can be scrolled by the keyboard too.
fn table(table: &Table) -> Html {
    let cell = |(column, cell): (usize, &Cell)| match cell.mark {
        _ if column == 0 => html! { <th key={column} scope="row">{ &cell.text }</th> },
        Mark::Plain => html! { <td key={column}>{ &cell.text }</td> },
        Mark::Good => html! { <td key={column} class="good">{ &cell.text }</td> },
        Mark::Bad => html! { <td key={column} class="bad">{ &cell.text }</td> },
    };
    html! {
        <div class="scroll" tabindex="0" role="group" aria-label={table.caption.clone()}>
            <table>
                <caption>{ &table.caption }</caption>
                <thead><tr>{ for table.head.iter().enumerate().map(|(key, head)| html! { <th {key} scope="col">{ head }</th> }) }</tr></thead>
                <tbody>{ for table.rows.iter().enumerate().map(|(key, row)| html! {
                    <tr {key}>{ for row.iter().enumerate().map(cell) }</tr>
                }) }</tbody>
            </table>
        </div>
    }
}

fn chart(caption: &str, drawing: &Pane, pen: &Pen) -> Html {
    html! {
        <figure class="chart">
            <figcaption>{ caption }</figcaption>
            <div class="scroll" tabindex="0" role="img" aria-label={format!("{caption}; the table has the numbers")}>
                <svg viewBox={drawing.view_box()} aria-hidden="true">{ pane(drawing, pen) }</svg>
            </div>
        </figure>
    }
}
