//! What the engine has said that is not of one moment's picture: sentences, diagrams.

use crate::engine::Told;
use crate::page::shared::Shared;
use crate::scene::{Diagram, Pane, Staleness};

/// See the module.
#[derive(Default)]
pub(super) struct Answers {
    /// The newest steps, and why the finding that is looked at came about.
    pub(super) told: Shared<Told>,
    /// The space-time diagram, and its drawing.
    pub(super) diagram: Shared<Diagram>,
    pub(super) diagram_pane: Shared<Pane>,
    /// The staleness of the followers; until there is a new one that of the run before.
    pub(super) staleness: Option<Shared<(Staleness, [Shared<Pane>; 2])>>,
    /// The run whose staleness that is, and its end.
    pub(super) staleness_of: u32,
    pub(super) staleness_until: u64,
}

impl Answers {
    pub(super) fn draw(&mut self, mut diagram: Diagram) {
        self.diagram_pane = Shared::new(std::mem::take(&mut diagram.pane));
        self.diagram = Shared::new(diagram);
    }

    pub(super) fn measure(&mut self, mut staleness: Staleness, (run, until): (u32, u64)) {
        let panes = std::mem::take(&mut staleness.panes).map(Shared::new);
        self.staleness = Some(Shared::new((staleness, panes)));
        (self.staleness_of, self.staleness_until) = (run, until);
    }
}
