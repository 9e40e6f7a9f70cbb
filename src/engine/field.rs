//! Forms as data: what a family wants to have set, chosen or done, and what the page draws controls from.

use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::scenario::read_part;

/// What a control asks for. The page hands it back as it got it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order(String);

impl Order {
    pub(super) fn of(command: &Command) -> Order {
        // A command is plain data with text keys only, which always has a form in JSON: that of scenarios, whose code is there.
        Order(serde_json::to_string_pretty(command).unwrap_or_default())
    }

    pub(super) fn command(&self) -> Option<Command> {
        read_part(&self.0)
    }
}

/// A button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub text: String,
    /// The name for those who do not see it, if the text is not enough.
    pub label: String,
    /// Whether it cannot be pressed now.
    pub disabled: bool,
    /// Whether it is pressed, if it is one that stays so.
    pub pressed: Option<bool>,
    /// What it asks for.
    pub order: Order,
}

/// One of several values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
    /// Whether it is the one that is chosen.
    pub chosen: bool,
}

/// A mode of which one is on, with what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// Its name.
    pub name: String,
    /// What it means.
    pub what: String,
    /// Whether it is on.
    pub on: bool,
    /// What it asks for.
    pub order: Order,
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// Fields that belong together, with the name of the group.
    Group(String, Vec<Field>),
    /// Fields that can be folded away, with what is seen then.
    Fold(String, Vec<Field>),
    /// A sentence.
    Note(String),
    /// A sentence that says what the fields around it come to.
    Summary(String),
    /// The digest of the run's trace.
    Digest(String),
    /// Buttons beside each other.
    Buttons(Vec<Button>),
    /// One of several values: its name.
    Choice {
        /// What is chosen.
        name: String,
        /// The values.
        choices: Vec<Choice>,
        /// Whether it cannot be changed now.
        disabled: bool,
        /// What it asks for, with the value that was chosen.
        order: Order,
    },
    /// One of several modes.
    Modes(Vec<Mode>),
    /// Something that is on or off.
    Tick {
        /// What.
        text: String,
        /// Whether it is on.
        on: bool,
        /// What it asks for when it is changed.
        order: Order,
    },
    /// One of a row of values.
    Slider {
        /// What is set.
        name: String,
        /// The value in words.
        words: String,
        /// The place of the value.
        at: u32,
        /// How many values there are.
        count: u32,
        /// What it asks for, with the place that was chosen.
        order: Order,
    },
    /// A text.
    Text {
        /// What is entered.
        name: String,
        /// What stands in it.
        value: String,
        /// What is suggested.
        suggestions: Vec<String>,
        /// The most characters.
        max: u32,
        /// Whether it is a number.
        number: bool,
        /// What it asks for, with what was entered.
        order: Order,
    },
    /// Rows with a name each.
    Rows(Vec<(String, Vec<Field>)>),
    /// A table of buttons: its name, its corner, the names of the columns, and the rows with their names.
    Table {
        /// What it is.
        name: String,
        /// What stands in the corner.
        corner: String,
        /// The columns.
        columns: Vec<String>,
        /// The rows; where there is nothing to press, there is none.
        rows: Vec<(String, Vec<Option<Button>>)>,
    },
}

/// A button with a text.
pub(super) fn button(text: impl Into<String>, command: &Command) -> Button {
    Button { text: text.into(), order: Order::of(command), ..Button::default() }
}

/// An option of a choice.
pub(super) fn option(value: impl Into<String>, text: impl Into<String>, chosen: bool) -> Choice {
    Choice { value: value.into(), text: text.into(), chosen }
}

/// One of several values.
pub(super) fn choice(name: impl Into<String>, choices: Vec<Choice>, command: &Command) -> Field {
    Field::Choice { name: name.into(), choices, disabled: false, order: Order::of(command) }
}

/// Something that is on or off.
pub(super) fn tick(text: impl Into<String>, on: bool, command: &Command) -> Field {
    Field::Tick { text: text.into(), on, order: Order::of(command) }
}

/// One of a row of values: its name, the value in words, its place and how many there are.
pub(super) fn slider(name: impl Into<String>, words: impl Into<String>, (at, count): (usize, usize), command: &Command) -> Field {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Field::Slider { name: name.into(), words: words.into(), at: narrow(at), count: narrow(count), order: Order::of(command) }
}
