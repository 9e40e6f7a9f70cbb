//! What the components of a lab say to it, and what they share. They know this file and nothing of the lab; the lab knows them.

use std::rc::Rc;

use super::embed;
use super::observe::Surroundings;
use crate::engine::{Order, Reply, Step};
use crate::scene::Target;

/// What is marked in all views at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lit {
    pub(super) about: Rc<[Target]>,
}

/// Where a lab has tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Beside the stage: what was found, and what can be set and done.
    Side,
    /// Below the stage: the run on the axis of time, and questions about it.
    Below,
}

impl Place {
    /// In names of elements.
    pub(super) fn word(self) -> &'static str {
        match self {
            Place::Side => "side",
            Place::Below => "below",
        }
    }
}

/// What happens in a lab. What comes from other programs comes once, and need not be copied.
pub enum Happening {
    /// A component says something.
    Said(Msg),
    /// What the engine answers.
    Heard(Vec<Reply>),
    /// What the page around says.
    Hosted(embed::Heard),
    /// What the second program says.
    Answered(Vec<u8>),
}

/// What components say.
#[derive(Clone)]
pub enum Msg {
    Frame(f64),
    Around(Surroundings),
    Toggle,
    Seek(u64),
    StopAt(u64),
    Step(Step),
    Speed(u64),
    Halt(bool),
    /// What a control asks for, with what stands in it.
    Do(Order, String),
    /// What a slider asks for, with the place of its thumb.
    Slide(Order, String),
    Undo,
    Light(Rc<[Target]>),
    Noun(Rc<[Target]>, Option<u64>),
    Choose(u16),
    Explain(usize),
    Zoom(u32),
    Pane(u8),
    /// Another tab is looked at.
    Tab(Place, u8),
    /// What is to come of the run is shown, or hidden until it has come.
    Reveal(bool),
    /// A text that was opened, dropped or pasted, by its name.
    Take(String, String),
    CopyLink,
    SaveScenario,
    SaveFile(String, String),
    GiveUp,
    Failed(String),
    Dismiss,
    Said(String),
    Theme,
    Address,
    Focused(bool),
}
