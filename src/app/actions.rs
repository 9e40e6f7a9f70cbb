//! What a user can do to the cluster: operations of clients, faults of replicas, cuts of links.
//!
//! Every button makes an event of the script at the present moment; the player does the rest.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::network::NodeId;
use crate::player::Msg as Play;
use crate::run::Run;
use crate::scenario::{Datum, Event as Happening};
use crate::simulation::Status;
use crate::time::SimTime;
use crate::view::{Lane, Stage};

use super::shared::Shared;

/// The action that shows most at the moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Suggestion {
    pub(super) event: Happening,
    pub(super) label: String,
}

/// Suggests reading the key that was written last, as its writer, at the follower that is furthest behind.
pub(super) fn suggest(run: &Run, stage: &Stage, now: SimTime) -> Option<Suggestion> {
    let plan = &run.plan;
    let acknowledged = |op: &&crate::history::Op| op.acknowledged().is_some_and(|(_, at)| at <= now);
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let write = run.trace.ops[..begun].iter().rev().take(200).find(acknowledged)?;
    let group = stage.groups.get(write.group.index())?;
    let running = group.lanes.iter().filter(|l| !l.leads && l.status == Status::Up);
    let lane = running.max_by_key(|l| (l.lag_entries, std::cmp::Reverse(l.id)))?;
    let (client, key) = (plan.name(write.client), plan.key_name(write.key));
    let label = format!("Read {key} at {} as {client}", lane.name);
    let event = Happening::Read { client: client.to_owned(), key: key.to_owned(), at: Some(lane.name.clone()), mode: None };
    Some(Suggestion { event, label })
}

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) stage: Shared<Stage>,
    pub(super) on_play: Callback<Play>,
}

#[component]
pub(super) fn Actions(props: &Props) -> Html {
    html! {
        <details class="panel" open={!is_first(&props.run)}>
            <summary>{"Do something, now"}</summary>
            <Operations run={props.run.clone()} on_play={props.on_play.clone()} />
            <h4>{"Replicas"}</h4>
            <ul class="replicas">
                { for props.stage.groups.iter().flat_map(|g| &g.lanes).map(|lane| html! {
                    <li key={lane.id.0}><span class="who">{&lane.name}</span>{ node_buttons(&props.run, lane, &props.on_play) }</li>
                }) }
            </ul>
            <Cuts run={props.run.clone()} stage={props.stage.clone()} on_play={props.on_play.clone()} />
        </details>
    }
}

/// Whether this is the first screen, which keeps its forms closed.
pub(super) fn is_first(run: &Run) -> bool {
    run.plan.scenario.title == crate::presets::PRESETS[0].scenario().title
}

fn act(on_play: &Callback<Play>, event: Happening, label: String) -> Callback<MouseEvent> {
    let on_play = on_play.clone();
    Callback::from(move |_| on_play.emit(Play::Act(event.clone(), label.clone())))
}

fn node_buttons(run: &Run, lane: &Lane, on_play: &Callback<Play>) -> Html {
    let (name, plan) = (lane.name.clone(), &run.plan);
    let node = || name.clone();
    let power = match lane.status {
        Status::Down => (Happening::Restart { node: node() }, "Restart"),
        Status::Up | Status::Paused => (Happening::Crash { node: node() }, "Crash"),
    };
    let pause = match lane.status {
        Status::Paused => (Happening::Resume { node: node() }, "Resume"),
        Status::Up | Status::Down => (Happening::Pause { node: node() }, "Pause"),
    };
    let others: Vec<String> = plan.nodes[..plan.replicas].iter().filter(|n| **n != name).cloned().collect();
    let cut = if lane.wire.cut_down || lane.wire.cut_up {
        (Happening::Heal { a: node(), b: "*".to_owned() }, "Heal")
    } else {
        (Happening::Partition { a: vec![node()], b: others }, "Cut off")
    };
    let promote = (Happening::Promote { node: node() }, "Promote");
    let disabled = |what: &str| match what {
        "Pause" => lane.status == Status::Down,
        "Promote" => lane.status != Status::Up || (lane.leads && !lane.deposed),
        _ => false,
    };
    html! {
        <span class="buttons">
            { for [power, pause, cut, promote].into_iter().map(|(event, what)| {
                let label = format!("{} {name}", what.to_lowercase());
                html! {
                    <button key={what} type="button" disabled={disabled(what)} aria-label={format!("{what} {name}")} onclick={act(on_play, event, label)}>{what}</button>
                }
            }) }
        </span>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct NodeBarProps {
    pub(super) run: Shared<Run>,
    pub(super) stage: Shared<Stage>,
    pub(super) id: NodeId,
    pub(super) on_play: Callback<Play>,
}

/// The actions of the node that was chosen on the stage.
#[component]
pub(super) fn NodeBar(props: &NodeBarProps) -> Html {
    let lane = props.stage.groups.iter().flat_map(|g| &g.lanes).find(|l| l.id == props.id);
    let name = props.run.plan.name(props.id).to_owned();
    html! {
        <div class="node-bar" role="group" aria-label={format!("actions of {name}")}>
            <strong>{&name}</strong>
            <span class="node-actions">
                { match lane {
                    Some(lane) => node_buttons(&props.run, lane, &props.on_play),
                    None => html! { <Operations run={props.run.clone()} on_play={props.on_play.clone()} only={name.clone()} /> },
                } }
            </span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OperationsProps {
    run: Shared<Run>,
    on_play: Callback<Play>,
    /// Show the buttons of this client only.
    #[prop_or_default]
    only: Option<String>,
}

#[component]
fn Operations(props: &OperationsProps) -> Html {
    let plan = &props.run.plan;
    let first = plan.keys.first().cloned().unwrap_or_else(|| "MSS-23/state".to_owned());
    let (key, value, at) = (use_state(|| first), use_state(|| "safe mode".to_owned()), use_state(String::new));
    let text = |state: &UseStateHandle<String>| {
        let setter = state.setter();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
                setter.set(input.value());
            }
        })
    };
    let setter = at.setter();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok()) {
            setter.set(select.value());
        }
    });
    let clients = plan.nodes[plan.replicas..].iter().filter(|n| props.only.as_ref().is_none_or(|only| *n == only));
    let list = format!("keys-{}", props.only.clone().unwrap_or_default().replace(' ', "-"));
    html! {
        <div class="operations">
            <label>{"Key"}<input type="text" value={(*key).clone()} list={list.clone()} maxlength="64" oninput={text(&key)} /></label>
            <datalist id={list}>{ for plan.keys.iter().map(|k| html! { <option key={k.clone()} value={k.clone()} /> }) }</datalist>
            <label>{"Value"}<input type="text" value={(*value).clone()} maxlength="200" oninput={text(&value)} /></label>
            <label>{"Read at"}
                <select {onchange}>
                    <option value="" selected={at.is_empty()}>{"the router's choice"}</option>
                    { for plan.nodes[..plan.replicas].iter().map(|n| html! { <option key={n.clone()} value={n.clone()} selected={*n == *at}>{n}</option> }) }
                </select>
            </label>
            <ul class="clients">
                { for clients.map(|client| {
                    let write = Happening::Write { client: client.clone(), key: (*key).clone(), value: Datum::Text((*value).clone()) };
                    let target = (!at.is_empty()).then(|| (*at).clone());
                    let read = Happening::Read { client: client.clone(), key: (*key).clone(), at: target, mode: None };
                    html! {
                        <li key={client.clone()}>
                            <span class="who">{client}</span>
                            <span class="buttons">
                                <button type="button" aria-label={format!("Write as {client}")} onclick={act(&props.on_play, write, format!("write by {client}"))}>{"Write"}</button>
                                <button type="button" aria-label={format!("Read as {client}")} onclick={act(&props.on_play, read, format!("read by {client}"))}>{"Read"}</button>
                            </span>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}

/// Any cut: one toggle for each direction between two nodes.
#[component]
fn Cuts(props: &Props) -> Html {
    let plan = &props.run.plan;
    let nodes: Vec<NodeId> = (0..u16::try_from(plan.nodes.len()).unwrap_or(0)).map(NodeId).collect();
    let cut = |src: NodeId, dst: NodeId| is_cut(&props.stage, src, dst);
    let heal = act(&props.on_play, Happening::Heal { a: "*".to_owned(), b: "*".to_owned() }, "heal everything".to_owned());
    html! {
        <details class="cuts">
            <summary>{"Cut any link"}</summary>
            <p>{"Rows send, columns receive. A cut loses what is under way and what is sent while it lasts."}</p>
            <div class="scroll" tabindex="0" role="region" aria-label="links">
                <table>
                    <thead><tr><th scope="col">{"from \\ to"}</th>{ for nodes.iter().map(|n| html! { <th key={n.0} scope="col">{plan.name(*n)}</th> }) }</tr></thead>
                    <tbody>
                        { for nodes.iter().map(|src| html! {
                            <tr key={src.0}>
                                <th scope="row">{plan.name(*src)}</th>
                                { for nodes.iter().map(|dst| html! { <td key={dst.0}>{ toggle(props, *src, *dst, cut(*src, *dst)) }</td> }) }
                            </tr>
                        }) }
                    </tbody>
                </table>
            </div>
            <button type="button" onclick={heal}>{"Heal everything"}</button>
        </details>
    }
}

fn toggle(props: &Props, src: NodeId, dst: NodeId, cut: bool) -> Html {
    let plan = &props.run.plan;
    if src == dst || (plan.is_client(src) && plan.is_client(dst)) {
        return html! { <span>{"·"}</span> };
    }
    let (from, to) = (plan.name(src).to_owned(), plan.name(dst).to_owned());
    let label = format!("{from} to {to}");
    let what = if cut { format!("heal {from} and {to}") } else { format!("cut {label}") };
    let event = if cut { Happening::Heal { a: from, b: to } } else { Happening::Cut { from, to } };
    html! {
        <button type="button" class="cut-toggle" aria-pressed={cut.to_string()} aria-label={format!("cut {label}")} onclick={act(&props.on_play, event, what)}>
            { if cut { "✕" } else { "→" } }
        </button>
    }
}

fn is_cut(stage: &Stage, src: NodeId, dst: NodeId) -> bool {
    stage.cuts.contains(&(src, dst))
}
