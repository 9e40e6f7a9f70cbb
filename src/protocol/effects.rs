//! What a node asks for while it handles one input.

use super::{Completed, Fact, Message, Started, Timer};
use crate::network::NodeId;
use crate::time::SimDuration;

/// Takes what a node asks for, in order, and carries it out. A node sees nothing of what comes of it before its next input, so it
/// makes no difference to the node whether that is done at once or later.
///
/// A trait, because who carries it out knows of queues and traces, and nodes must not.
pub trait Effects {
    /// Send a message.
    fn send(&mut self, dst: NodeId, msg: Message);

    /// Wake me with this timer, after so long.
    fn set_timer(&mut self, timer: Timer, after: SimDuration);

    /// A client operation has started.
    fn started(&mut self, started: &Started);

    /// A client operation is over.
    fn completed(&mut self, completed: &Completed);

    /// Something happened that a reader of the trace wants to know.
    fn note(&mut self, fact: Fact);

    /// The token of this session has moved, and is kept where all devices of its user find it.
    fn share(&mut self, session: u32);
}
