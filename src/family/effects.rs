//! What a node asks for while it handles one input.

use crate::network::NodeId;
use crate::operation::{Completed, Deadline, Sibling, Started};
use crate::time::SimDuration;
use crate::version::Range;

/// What the nodes of a family say, wake for and note.
pub trait Family {
    /// Its messages.
    type Message;
    /// The timers of its replicas.
    type Timer;
    /// What its nodes note.
    type Fact;
}

/// Takes what a node of a family asks for, in order, and carries it out. A node sees nothing of what comes of it before its next input, so
/// it makes no difference to the node whether that is done at once or later.
///
/// A trait, because who carries it out knows of queues and traces, and nodes must not; and generic, because who sends knows its family.
pub trait Effects<F: Family> {
    /// Send a message.
    fn send(&mut self, dst: NodeId, msg: F::Message);

    /// Wake me with this timer, after so long.
    fn set_timer(&mut self, timer: F::Timer, after: SimDuration);

    /// Wake this client, after so long, to give up what it has waited for.
    fn set_deadline(&mut self, deadline: Deadline, after: SimDuration);

    /// A client operation has started.
    fn started(&mut self, started: &Started);

    /// A client operation is over.
    fn completed(&mut self, completed: &Completed);

    /// Something happened that a reader of the trace wants to know.
    fn note(&mut self, fact: F::Fact);

    /// Keeps the versions of an operation, and says where: before it says that the operation starts, or is over.
    fn keep(&mut self, versions: &[Sibling]) -> Range;

    /// The token of this session has moved, and is kept where all devices of its user find it.
    fn share(&mut self, session: u32);
}
