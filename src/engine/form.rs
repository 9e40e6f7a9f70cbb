//! What a user has entered and not yet used.

use super::command::Entry;
use crate::run::Run;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    /// The key of operations.
    pub(super) key: String,
    /// The value of writes.
    pub(super) value: String,
    /// Where a read goes; empty for the router's choice.
    pub(super) at: String,
    /// The link whose lag is looked at.
    pub(super) from: String,
    /// Where that link ends.
    pub(super) to: String,
    /// The read mode to compare with; empty if nothing was chosen.
    pub(super) mode: String,
    /// The kind of finding to search for; empty if nothing was chosen.
    pub(super) kind: String,
    /// Where a write goes; empty for the client's home.
    pub(super) write_at: String,
    /// The operation from which a path is looked for; empty if nothing was chosen.
    pub(super) first: String,
    /// The operation to which.
    pub(super) second: String,
}

impl Form {
    /// What suits a run.
    pub(super) fn new(run: &Run) -> Form {
        let plan = &run.plan;
        Form {
            key: plan.keys.first().cloned().unwrap_or_else(|| "MSS-23/state".to_owned()),
            value: "safe mode".to_owned(),
            at: String::new(),
            from: plan.nodes.last().cloned().unwrap_or_default(),
            to: plan.nodes.first().cloned().unwrap_or_default(),
            mode: String::new(),
            kind: String::new(),
            write_at: String::new(),
            first: String::new(),
            second: String::new(),
        }
    }

    /// Takes what was entered.
    pub(super) fn enter(&mut self, entry: Entry, value: String) {
        let field = match entry {
            Entry::Key => &mut self.key,
            Entry::Value => &mut self.value,
            Entry::At => &mut self.at,
            Entry::From => &mut self.from,
            Entry::To => &mut self.to,
            Entry::Mode => &mut self.mode,
            Entry::Kind => &mut self.kind,
            Entry::WriteAt => &mut self.write_at,
            Entry::First => &mut self.first,
            Entry::Second => &mut self.second,
        };
        *field = value;
    }
}
