//! Where a value stands in a scenario, and how a mistake there is told.

use crate::scenario::ScenarioError;

pub(super) type Result<T> = std::result::Result<T, ScenarioError>;

/// Where a value stands in a scenario. It becomes a path in words only when something is wrong there.
pub(super) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    name: &'static str,
    number: Option<usize>,
}

/// The place of a field of the scenario itself.
pub(super) fn top(name: &'static str) -> Place<'static> {
    Place { above: None, name, number: None }
}

/// The place of an item of a list of the scenario itself.
pub(super) fn item(name: &'static str, number: usize) -> Place<'static> {
    Place { above: None, name, number: Some(number) }
}

impl Place<'_> {
    /// A field below.
    pub(super) fn at(&self, name: &'static str) -> Place<'_> {
        Place { above: Some(self), name, number: None }
    }

    /// An item of a list below.
    pub(super) fn nth(&self, name: &'static str, number: usize) -> Place<'_> {
        Place { above: Some(self), name, number: Some(number) }
    }

    pub(super) fn path(&self) -> String {
        let above = self.above.map_or(String::new(), |place| place.path() + ".");
        let number = self.number.map_or(String::new(), |number| format!("[{number}]"));
        above + self.name + &number
    }
}

#[inline(never)]
pub(super) fn wrong<T>(place: &Place<'_>, message: impl Into<String>) -> Result<T> {
    Err(ScenarioError::at(place.path(), message))
}

#[inline(never)]
pub(super) fn at_most(count: usize, most: usize, place: &Place<'_>, what: &str) -> Result<()> {
    if count > most { wrong(place, format!("{count} {what}, more than {most}")) } else { Ok(()) }
}
