//! The operations of a component, as the search for a linearization and what looks ahead for it see them.

use super::machine::Act;

/// One operation of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Its index in the history.
    pub(super) op: u32,
    /// When it was invoked.
    pub(super) invoked: u64,
    /// When it ended; none if it may take effect at any later time or never.
    pub(super) completed: Option<u64>,
    /// What it does.
    pub(super) act: Act,
}
