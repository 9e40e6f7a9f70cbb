//! The messages under way: the only part of the stage that is rendered for every frame.

use yew::prelude::*;

use crate::view::{Flight, Glyph};

use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) flights: Shared<(Vec<Flight>, usize)>,
    /// Show where each message is heading: a frozen dot has no direction.
    pub(super) arrows: bool,
    /// Show the way instead of the movement.
    pub(super) still: bool,
}

#[component]
pub(super) fn Flights(props: &Props) -> Html {
    let (flights, _) = &*props.flights;
    html! {
        <g class="flights" aria-hidden="true">
            { for flights.iter().map(|flight| one(flight, props.arrows, props.still)) }
        </g>
    }
}

fn one(flight: &Flight, arrows: bool, still: bool) -> Html {
    let (x, y) = if still { middle(flight) } else { flight.at };
    let kind = match flight.glyph {
        Glyph::Entry => "entry",
        Glyph::Write | Glyph::Read => "request",
        Glyph::Good => "reply good",
        Glyph::Bad => "reply bad",
        Glyph::Ack => "ack",
        Glyph::Control => "control",
    };
    let class = classes!("flight", kind, flight.doomed.then_some("doomed"), flight.held.then_some("held"));
    let (dx, dy) = (flight.to.0 - flight.from.0, flight.to.1 - flight.from.1);
    let angle = dy.atan2(dx).to_degrees();
    html! {
        <g key={flight.id.0} {class}>
            <g class="way">
                if still {
                    <line x1={unit(flight.from.0)} y1={unit(flight.from.1)} x2={unit(flight.to.0)} y2={unit(flight.to.1)} />
                }
            </g>
            <g transform={format!("translate({x:.1} {y:.1})")}>
                <g class="heading">
                    if arrows || still {
                        <path d="M14 0 L20 4.5 L20 -4.5 Z" transform={format!("rotate({angle:.0}) translate(36 0) scale(-1 1)")} />
                    }
                </g>
                { shape(flight) }
                <g class="cross">
                    if flight.doomed {
                        <path d="M-9 -9 L9 9 M9 -9 L-9 9" />
                    }
                </g>
            </g>
        </g>
    }
}

fn shape(flight: &Flight) -> Html {
    let width = if flight.text.chars().count() > 3 { 58 } else { 30 };
    match flight.glyph {
        Glyph::Entry => html! {
            <>
                <rect x={format!("{}", -width / 2)} y="-13" width={width.to_string()} height="26" rx="4" />
                <text y="4.5">{&flight.text}</text>
            </>
        },
        Glyph::Write | Glyph::Read | Glyph::Good | Glyph::Bad => html! {
            <>
                <circle r="13" />
                <text y="4.5">{&flight.text}</text>
            </>
        },
        Glyph::Ack => html! { <circle r="5" /> },
        Glyph::Control => html! {
            <>
                <path d="M0 -11 L11 0 L0 11 L-11 0 Z" />
                <text y="4">{&flight.text}</text>
            </>
        },
    }
}

fn middle(flight: &Flight) -> (f64, f64) {
    ((flight.from.0 + flight.to.0) / 2.0, (flight.from.1 + flight.to.1) / 2.0)
}

fn unit(value: f64) -> String {
    format!("{value:.1}")
}
