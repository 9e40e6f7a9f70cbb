//! What the shapes on the stage mean, with the shapes themselves before the words.

use serde::{Deserialize, Serialize};

use super::mark::Mark;
use crate::family::Included;

const SQUARE: &str = "M-15 -13 H15 V13 H-15 Z";
const CIRCLE: &str = "M-13 0 a13 13 0 1 0 26 0 a13 13 0 1 0 -26 0 Z";
const CELL: &str = "M-18 -18 H18 V18 H-18 Z";

/// Class, outline, letter, meaning.
const SHAPES: &[(&str, &str, &str, &str)] = &[
    ("cell received", CELL, "7", "received: in memory, a crash takes it"),
    ("cell flushed", CELL, "7", "flushed: on disk, not yet visible to reads"),
    ("cell applied", CELL, "7", "applied: visible to reads"),
    ("cell snapshot", CELL, "7", "in the snapshot: visible to reads, and no longer in the log"),
    ("cell ahead", CELL, "7", "arrived early: waits for the entry in front of it"),
    ("cell applied divergent", CELL, "7", "not in the newest leader's log"),
    ("flight entry", SQUARE, "7", "an entry on its way into its cell"),
    ("flight request", CIRCLE, "R", "a request (a write with its value, R read, R▲ read with a token)"),
    ("flight reply good", CIRCLE, "+", "an answer (the value that was read, + done, − not fresh enough or refused)"),
    ("flight ack", "M-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z", "", "an acknowledgement from a follower"),
    (
        "flight heartbeat",
        "M-3 0 a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0 Z",
        "",
        "a heartbeat: the leader is alive; the ring at a follower is its patience",
    ),
    ("flight control", "M0 -11 L11 0 L0 11 L-11 0 Z", "", "who leads, and who follows from where"),
    ("token", "M0 -8 l7 14 h-14 Z", "", "what a session knows: a session-consistent read asks for at least this"),
];

const POINTED: &str = "M-15 0 l6 -13 h18 l6 13 l-6 13 h-18 z";
const LEANING: &str = "M-7 -13 h22 l-8 26 h-22 z";

/// The same for groups with several leaders.
const OF_LEADERS: &[(&str, &str, &str, &str)] = &[
    ("flight entry", SQUARE, "V3", "an update on its way: the third that the first leader took (its sign is V)"),
    ("flight entry second", POINTED, "F1", "an update that the second leader took, whoever passes it on"),
    ("flight entry third", LEANING, "T2", "an update that the third leader took; the fourth has the first shape again"),
    ("node components-sample", "M-16 -4 h32 v8 h-32 z", "", "the bar of a counter: all updates that a leader has taken"),
    ("node has-sample", "M-16 -4 h20 v8 h-20 z", "", "its full part: those that were applied here"),
    ("flight request", CIRCLE, "R", "a request (a write with its value, R read, R▲ read with a token)"),
    ("flight reply good", CIRCLE, "+", "an answer (the value that was read, + done, − behind or refused)"),
    ("flight ack", "M-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z", "", "a confirmation of updates"),
    ("flight control", "M0 -11 L11 0 L0 11 L-11 0 Z", "", "who is the home of keys"),
    ("wire link", "M-18 0 H14 M18 0 l-9 4.5 v-9 z", "", "a link: updates are passed on in this direction"),
    ("wire link added", "M-18 0 H14 M18 0 l-9 4.5 v-9 z", "", "a link that an operator has added to the topology"),
    ("wire link broken", "M-18 0 H14 M18 0 l-9 4.5 v-9 z", "", "a link that is cut"),
];

const DISC: &str = "M-9 0 a9 9 0 1 0 18 0 a9 9 0 1 0 -18 0 Z";

/// The same for rings.
const OF_RINGS: &[(&str, &str, &str, &str)] = &[
    ("ring-sample key-place", "M0 -7 l7 13 h-14 z", "", "where the key lies; its replicas are met clockwise from there"),
    ("ring-sample replica-place", DISC, "1", "the token of the key's first replica, and so on"),
    (
        "ring-sample skipped-place",
        "M-4 -4 L4 4 M4 -4 L-4 4",
        "",
        "a token that is skipped: its machine has been met, or its region has its replicas",
    ),
    ("ring-sample stand-in-place", DISC, "S", "a node that stands in for a replica (its sign is S)"),
    (
        "ring-sample gauge-place",
        "M11.3 -4 A12 12 0 0 1 -11.3 4 M-11.3 -4 A12 12 0 0 1 11.3 -4",
        "",
        "a coordinator's gauge: a segment for each answer that it needs, full when it has come",
    ),
    ("flight request", CIRCLE, "W", "a request of a client (W write, R read)"),
    ("flight reply good", CIRCLE, "+", "an answer to a client (+ done, − too few replicas)"),
    ("flight entry", SQUARE, "w", "a version to be stored (w a write, h a hint for another node, r a repair)"),
    ("flight request", CIRCLE, "?", "a coordinator asks a replica what it holds"),
    ("flight reply good", CIRCLE, "2", "what a replica holds: so many versions"),
    ("flight ack", "M-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z", "", "a confirmation of what was stored"),
    ("flight control", "M0 -11 L11 0 L0 11 L-11 0 Z", "", "hashes: two nodes compare what they hold"),
    ("flight heartbeat", "M-3 0 a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0 Z", "", "gossip: who is there"),
];

/// A shape and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The shape, around the middle of a square of 40.
    pub mark: Mark,
    /// What it means.
    pub meaning: String,
}

/// All shapes of a family.
#[must_use]
pub fn legend(family: Included) -> Vec<Sample> {
    let sample = |(key, (class, outline, letter, meaning)): (u32, &(&'static str, &str, &'static str, &str))| Sample {
        mark: Mark::new(key, *class).path("shape token-mark", (*outline).to_owned()).text("lsn", (0.0, 4.5), *letter),
        meaning: (*meaning).to_owned(),
    };
    let shapes = match family {
        Included::SingleLeader => SHAPES,
        Included::MultiLeader(_) => OF_LEADERS,
        Included::Leaderless(_) => OF_RINGS,
    };
    (0..).zip(shapes).map(sample).collect()
}
