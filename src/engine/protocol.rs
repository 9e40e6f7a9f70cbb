//! What the page and the engine say to each other: plain data, the same whether the engine is a worker or runs in the page.
//!
//! The page asks, and every request that can be read is answered once, with what has changed. Times are microseconds of the run. What a control asks for is
//! an [`Order`], which the page hands back as it got it. Travels as postcard: both sides are of the same build.

use serde::{Deserialize, Serialize};

use super::field::{Button, Field, Order};
use crate::scene::{Diagram, Flight, Pane, Piece, Sample, Staleness, Target};

/// What the page asks for, by the number of its lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The lab.
    pub lab: u32,
    /// What.
    pub ask: Ask,
}

/// What a page can ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// Open what the lab's element and the page's address ask for, of which the last counts. A lab that shows something already keeps it
    /// if that cannot be opened.
    Open {
        /// Each as a link has it: `preset=…&mode=…`, `#v1=…`.
        asked: Vec<String>,
        /// Whether the lab is a small one, without its menu.
        embed: bool,
        /// The number of the last run that the page has been told of; 0 if it has seen none.
        after: u32,
    },
    /// The lab is gone.
    Close,
    /// Do what a control asks for, with what stands in it, at this moment.
    Do(Order, String, u64),
    /// Take in a text that was opened, dropped or pasted, by its name.
    Take(String, String),
    /// Step to another moment.
    Step(Step, u64),
    /// Show a stretch of time.
    Look(Look),
    /// Tell of a moment: what has just happened, and why the finding of this number came about.
    Tell(u64, Option<u32>),
    /// The staleness of the followers over the run.
    Staleness,
    /// The run as the fragment of a link, and this moment in it.
    Link(u64),
    /// The scenario as a file.
    Save,
}

/// Where to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// To the next moment at which something happens.
    Forward,
    /// To the last moment before at which something happened.
    Back,
    /// To the next finding.
    NextFinding,
    /// To the finding before.
    PreviousFinding,
}

/// Which stretch of time is shown, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Of which run: what is asked of another one is answered, and moves nothing.
    pub run: u32,
    /// Where the clock of the page stands: what lies behind it has been seen.
    pub clock: u64,
    /// From when.
    pub now: u64,
    /// Until when; the same moment while time stands still.
    pub until: u64,
    /// How much time may pass between two stills.
    pub step: u64,
    /// The width of the lab, in pixels.
    pub width: f32,
    /// Which pane.
    pub pane: u8,
    /// The finding that is explained, if one was chosen.
    pub finding: Option<u32>,
    /// The node that was chosen.
    pub chosen: Option<u16>,
    /// How often the time of the space-time diagram is halved.
    pub zoom: u32,
}

/// What the engine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The lab.
    pub lab: u32,
    /// What has changed, in this order.
    pub replies: Vec<Reply>,
}

/// One thing that has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// This program leaves out what that needs: the one with all families is to be asked so.
    Elsewhere(Vec<Ask>),
    /// Another scenario is open: where its lesson starts, and how fast it is looked at.
    Opened(Opened),
    /// The run, or what can be done with it.
    Board(Box<Board>),
    /// The clock goes there and stops.
    StopAt(u64),
    /// The clock runs.
    Play,
    /// A stretch of time.
    Film(Box<Film>),
    /// What has happened by a moment, and why a finding came about.
    Told(Told),
    /// The staleness of the followers.
    Staleness(Box<Staleness>),
    /// Something to be read out.
    Said(String),
    /// Something that does not work.
    Failed(String),
    /// A question that the second program answers; whether it is about the run.
    Question(String, bool),
    /// The fragment of a link to the run.
    Link(String),
    /// A file to be saved: its name, and what is in it.
    Save(String, String),
}

/// How another scenario is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The moment to look at.
    pub at: u64,
    /// Simulated microseconds for each second on the screen.
    pub speed: u64,
    /// Whether playing stops at findings.
    pub halts: bool,
}

/// The menu of presets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Its parts: the title of each, and the names and titles of its presets.
    pub groups: Vec<(String, Vec<(String, String)>)>,
    /// The name of the preset that is shown, if it is one.
    pub shown: Option<String>,
}

/// What changes only when the run does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// The number of the run: another run has another.
    pub run: u32,
    /// The title of the scenario.
    pub title: String,
    /// The menu of presets.
    pub presets: Menu,
    /// Opens a preset, by its name.
    pub open: Order,
    /// The end of the run.
    pub until: u64,
    /// Why it stops early; empty if it does not.
    pub stopped: String,
    /// When something was done to the cluster, each in thousandths of the run.
    pub done: Vec<u16>,
    /// What is wrong with it.
    pub findings: Findings,
    /// The branches, and which of them is looked at.
    pub branches: (Vec<String>, u32),
    /// Goes to a branch, by its place.
    pub branch: Order,
    /// Takes the last change back.
    pub undo: Order,
    /// Sets mode and seed, as a link has them.
    pub adjust: Order,
    /// The settings of the whole run.
    pub settings: Vec<Field>,
    /// The questions about the whole scenario.
    pub questions: Vec<Field>,
    /// The choice of two operations, and which of them happens before the other.
    pub order: Vec<Field>,
    /// Exports the run.
    pub export: Order,
    /// What shapes mean.
    pub legend: Vec<Sample>,
    /// The names of the panes that the family has.
    pub panes: Vec<String>,
    /// Whether the last question was about another run.
    pub old_answer: bool,
    /// Whether nodes and operations still have the numbers that they had then.
    pub alike: bool,
}

/// What is wrong with a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The kinds that were found.
    pub kinds: Vec<Kind>,
    /// How many kinds were not found, in words.
    pub others: String,
    /// When each finding was made, and its place among the kinds; in the order of time.
    pub times: Vec<(u64, u8)>,
    /// Those that are listed one by one.
    pub listed: Vec<Finding>,
    /// How many are not, in words; empty if none.
    pub more: String,
    /// What was checked, if nothing was found.
    pub nothing: String,
}

/// A kind of finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its sign.
    pub sign: String,
    /// Its name.
    pub title: String,
}

/// A finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its place among the kinds.
    pub kind: u8,
    /// What was found.
    pub headline: String,
    /// When.
    pub at: u64,
    /// When, in words.
    pub when: String,
    /// What it is about.
    pub about: Vec<Target>,
}

/// A stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Film {
    /// What stands still, one after the other, and what moves meanwhile.
    pub stills: Vec<Still>,
    /// What there is to say at its beginning.
    pub moment: Moment,
    /// The space-time diagram, if it is another one.
    pub diagram: Option<Diagram>,
}

/// What is drawn from one moment until the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// From when.
    pub at: u64,
    /// Where that is in the run, in words.
    pub clock: String,
    /// What stands still; none if it is the same as before in the film.
    pub pane: Option<Pane>,
    /// The messages that are under way until the next still.
    pub flights: Vec<Flight>,
    /// How many messages there are, if they are too many to be drawn one by one; zero if not.
    pub more: u32,
}

/// What there is to say of a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: u64,
    /// The story as far as it has got.
    pub story: Story,
    /// What can be done to the cluster.
    pub actions: Vec<Field>,
    /// What can be done with the node that was chosen: its name, and what.
    pub chosen: Option<(String, Vec<Field>)>,
}

/// What the scenario is about, and the next step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The situation.
    pub telling: String,
    /// What to try.
    pub hint: String,
    /// The next step; none if it is to watch.
    pub first: Option<Button>,
    /// What the next step means.
    pub first_words: String,
    /// Another step.
    pub second: Option<Button>,
    /// What that means, or what was done.
    pub second_words: String,
    /// Whether the remedy was taken.
    pub fixed: bool,
    /// Takes the last change back.
    pub undo: Button,
}

/// What has happened by a moment, and why a finding came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Of which run.
    pub run: u32,
    /// By when.
    pub at: u64,
    /// The newest steps that have something to tell, the newest first.
    pub steps: Vec<Line>,
    /// Why a finding came about, by its number.
    pub why: Option<Why>,
}

/// A step in one sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number.
    pub step: u32,
    /// When.
    pub at: u64,
    /// When, in words.
    pub when: String,
    /// The sentence.
    pub text: String,
}

/// Why a finding came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The number of the finding.
    pub finding: u32,
    /// The reasons.
    pub prose: Vec<Piece>,
    /// What can be asked about it.
    pub asks: Vec<Button>,
}
