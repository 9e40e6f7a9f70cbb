//! Draws marks as SVG: the one place where a pane becomes elements, whatever family it is of.

use std::rc::Rc;

use yew::prelude::*;

use super::msg::{Lit, Msg};
use super::shared::Shared;
use crate::scene::{Mark, Pane, Shape, Target, meet, unit};

fn number(value: f32) -> String {
    unit(f64::from(value))
}

/// What all marks of a drawing share.
#[derive(Clone, PartialEq)]
pub(super) struct Pen {
    pub(super) lit: Shared<Lit>,
    pub(super) chosen: Option<u16>,
    pub(super) tell: Callback<Msg>,
}

/// All marks of a pane.
pub(super) fn pane(pane: &Pane, pen: &Pen) -> Html {
    pane.marks.iter().map(|mark| html! { <Whole key={mark.key} mark={mark.clone()} pen={pen.clone()} /> }).collect()
}

#[derive(Properties, PartialEq)]
struct Props {
    mark: Rc<Mark>,
    pen: Pen,
}

/// A mark of a pane, with parts of its own.
#[component]
fn Whole(props: &Props) -> Html {
    let Props { mark, pen } = props;
    let part = |part: &Rc<Mark>| html! { <Part key={part_key(part)} mark={part.clone()} pen={pen.clone()} /> };
    group(mark, pen, mark.marks.iter().map(part).collect())
}

/// A part of a mark: drawn again only when it is another one.
#[component]
fn Part(props: &Props) -> Html {
    drawn(&props.mark, &props.pen)
}

fn drawn(mark: &Mark, pen: &Pen) -> Html {
    group(mark, pen, mark.marks.iter().map(|part| drawn(part, pen)).collect())
}

/// Shapes, parts and a title stand in one list, each with a key of its own.
fn part_key(mark: &Mark) -> String {
    format!("p{}", mark.key)
}

fn group(mark: &Mark, pen: &Pen, parts: Vec<Html>) -> Html {
    let marked = mark.choice.as_ref().is_some_and(|choice| pen.chosen == Some(choice.node)) || meet(&mark.about, &pen.lit.about);
    let class = if marked { format!("{} lit", mark.class) } else { mark.class.to_string() };
    let transform = mark.at.map(|(x, y)| format!("translate({} {})", number(x), number(y)));
    let shapes = mark.shapes.iter().enumerate().map(|(index, shape)| self::shape(index, shape, &pen.lit));
    let title = (!mark.title.is_empty()).then(|| html! { <title key="title">{ &mark.title }</title> });
    let inner = title.into_iter().chain(shapes).chain(parts);
    let light = |about: &[Target]| {
        let lit = Msg::Light(about.into());
        pen.tell.reform(move |_: MouseEvent| lit.clone())
    };
    let points = !mark.lights.is_empty();
    let (enter, leave) = (points.then(|| light(&mark.lights)), points.then(|| light(&[])));
    match &mark.choice {
        None => html! {
            <g key={part_key(mark)} {class} {transform} onmouseenter={enter} onmouseleave={leave}>{ for inner }</g>
        },
        Some(choice) => {
            let (w, h, round) = choice.size;
            let choose = Msg::Choose(choice.node);
            let tell = pen.tell.clone();
            let chosen = choose.clone();
            let onkeydown = Callback::from(move |event: KeyboardEvent| {
                if matches!(event.key().as_str(), "Enter" | " ") {
                    event.prevent_default();
                    event.stop_propagation();
                    tell.emit(chosen.clone());
                }
            });
            html! {
                <g key={part_key(mark)} {class} {transform}>
                    <g aria-hidden="true">{ for inner }</g>
                    <rect class="touch" role="button" tabindex="0" aria-pressed={(pen.chosen == Some(choice.node)).to_string()}
                        aria-label={choice.label.clone()} width={number(w)} height={number(h)} rx={number(round)}
                        {onkeydown} onclick={pen.tell.reform(move |_| choose.clone())} onmouseenter={enter} onmouseleave={leave} />
                </g>
            }
        }
    }
}

fn shape(key: usize, shape: &Shape, lit: &Lit) -> Html {
    let named = |class: &str| (!class.is_empty()).then(|| class.to_owned());
    match shape {
        Shape::Rect(class, [x, y, w, h, round]) => html! {
            <rect {key} class={named(class)} x={number(*x)} y={number(*y)} width={number(*w)} height={number(*h)} rx={number(*round)} />
        },
        Shape::Circle(class, [x, y, r], share) => html! {
            <circle {key} class={named(class)} cx={number(*x)} cy={number(*y)} r={number(*r)} pathLength="1000"
                stroke-dasharray={format!("{share} 1000")} />
        },
        Shape::Path(class, path) => html! { <path {key} class={named(class)} d={path.clone()} /> },
        Shape::Text(class, (x, y), text) => {
            html! { <text {key} class={named(class)} x={number(*x)} y={number(*y)}>{ text }</text> }
        }
        Shape::Lights { group, first, scale, count, left: (left, pitch), cell: (top, width, height) } => {
            let mut path = String::new();
            for column in 0..*count {
                let from = first + scale * u64::from(column);
                if meet(&[Target::Entries(*group, from, from + scale - 1)], &lit.about) {
                    #[expect(clippy::cast_precision_loss, reason = "a few columns")]
                    let x = left + pitch * column as f32;
                    path += &format!("M{} {}h{}v{}h-{2}z", number(x), number(*top), number(*width), number(*height));
                }
            }
            html! { <g {key} class="cell lit"><path class="shape" d={path} /></g> }
        }
    }
}
