//! What the shapes on the stage mean, with the shapes themselves before the words.

use yew::prelude::*;

#[component]
pub(super) fn Legend() -> Html {
    let cell = |state: &'static str, text: &'static str| {
        html! {
            <li>
                <svg class="stage sample" viewBox="0 0 40 40" aria-hidden="true">
                    <g class={classes!("cell", state)} transform="translate(2 2)">
                        <rect width="36" height="36" rx="5" /><text class="lsn" x="18" y="22.5">{"7"}</text>
                    </g>
                </svg>
                {text}
            </li>
        }
    };
    html! {
        <details class="legend">
            <summary>{"What the shapes mean"}</summary>
            <ul>
                { cell("received", "received: in memory, a crash takes it") }
                { cell("flushed", "flushed: on disk, not yet visible to reads") }
                { cell("applied", "applied: visible to reads") }
                { cell("ahead", "arrived early: waits for the entry in front of it") }
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="flight entry"><rect x="-15" y="-13" width="30" height="26" rx="4" /><text y="4.5">{"7"}</text></g></svg>{"an entry on its way into its cell"}</li>
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="flight request"><circle r="13" /><text y="4.5">{"R"}</text></g></svg>{"a request (W write, R read, R▲ read with a token)"}</li>
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="flight reply good"><circle r="13" /><text y="4.5">{"+"}</text></g></svg>{"an answer (+ done, − not fresh enough or refused)"}</li>
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="flight ack"><circle r="5" /></g></svg>{"an acknowledgement from a follower"}</li>
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="flight control"><path d="M0 -11 L11 0 L0 11 L-11 0 Z" /></g></svg>{"who leads, and who follows from where"}</li>
                <li><svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true"><g class="token"><path class="token-mark" d="M0 -8 l7 14 h-14 Z" /></g></svg>{"a session's token: a replica must have applied at least this"}</li>
            </ul>
        </details>
    }
}
