//! What a node asks for, collected while it handles one input.

use super::{Effect, Fact, Message, Timer};
use crate::network::NodeId;
use crate::time::SimDuration;

/// Collects what a node asks for while it handles one input.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// In the order in which they were asked for.
    pub list: Vec<Effect>,
}

impl Effects {
    /// Send a message.
    pub fn send(&mut self, dst: NodeId, msg: Message) {
        self.list.push(Effect::Send { dst, msg });
    }

    /// Set a timer.
    pub fn set_timer(&mut self, timer: Timer, after: SimDuration) {
        self.list.push(Effect::SetTimer { timer, after });
    }

    /// Note a fact.
    pub fn note(&mut self, fact: Fact) {
        self.list.push(Effect::Note(fact));
    }
}
