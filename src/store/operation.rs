//! The one future behind `write`, `read` and `sleep`.
//!
//! It is made when the method is called and registers when it is first polled. While it waits it keeps waking its task: every
//! waiting future can move time on, so none depends on another being polled, and a future that is dropped is simply gone.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::cluster::{Choice, Cluster, Next};
use super::pace::{Expected, Turn, task_of};
use super::request::{Done, Request};
use super::shared::Shared;
use super::waiting::{Waiter, WaiterId};

/// A request on its way.
#[derive(Debug)]
pub(super) struct Operation {
    shared: Arc<Shared>,
    id: WaiterId,
    /// What to ask for; taken when it is asked.
    request: Option<Request>,
    over: bool,
}

impl Operation {
    /// A request that will be made when the future is polled.
    pub(super) fn new(shared: &Arc<Shared>, request: Request) -> Operation {
        let id = shared.with(|cluster| cluster.waiting.number());
        Operation { shared: shared.clone(), id, request: Some(request), over: false }
    }
}

/// What comes of polling a request.
enum Polled {
    /// It is done.
    Done(Done),
    /// Poll it again when the others have had their turn.
    Again,
    /// The same, after a moment of real time.
    Nap(Duration),
    /// Time may move on, but for some choices that the program wants to make.
    Choose(Vec<Choice>),
}

impl Future for Operation {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Done> {
        let (id, request) = (self.id, self.request.take());
        let polled = self.shared.with(|cluster| cluster.poll(id, request, context));
        match polled {
            Polled::Done(done) => {
                self.over = true;
                return Poll::Ready(done);
            }
            Polled::Again => {}
            // On the web there is one thread, and nobody to wait for.
            Polled::Nap(pause) => std::thread::sleep(pause),
            Polled::Choose(choices) => self.shared.choose(choices),
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if self.request.is_none() && !self.over {
            let id = self.id;
            self.shared.with(|cluster| {
                cluster.leave(id);
            });
        }
    }
}

impl Cluster {
    /// A future is polled: it registers, or waits and perhaps moves time on, or collects its result. All of it under one lock:
    /// two that find at once that time may move must not move it twice.
    fn poll(&mut self, id: WaiterId, request: Option<Request>, context: &Context<'_>) -> Polled {
        if let Some(request) = request {
            self.register(id, request, context);
        }
        let collected = self.waiting.waiters.get_mut(&id).and_then(|waiter| {
            if !waiter.waker.will_wake(context.waker()) {
                let old = std::mem::replace(&mut waiter.waker, context.waker().clone());
                self.waiting.outbox.discard.push(old);
                self.pace.end(waiter.task);
                waiter.task = task_of(&waiter.waker);
                self.pace.begin(waiter.task);
            }
            waiter.done.take()
        });
        self.pace.polled(collected.is_some());
        if let Some(done) = collected {
            self.leave(id);
            return Polled::Done(done);
        }
        match self.turn(id) {
            Turn::Again => Polled::Again,
            Turn::Nap(pause) => Polled::Nap(pause),
            Turn::Go => match self.advance() {
                Next::Moved => Polled::Again,
                Next::Choose(choices) => Polled::Choose(choices),
            },
        }
    }

    fn register(&mut self, id: WaiterId, request: Request, context: &Context<'_>) {
        match request {
            Request::Sleep(time) => {
                self.waiting.sleepers.insert((self.simulation.now + time, id));
            }
            Request::Write { .. } | Request::Read { .. } | Request::AtLeader { .. } => self.waiting.submitted.push(id),
        }
        let waker = context.waker().clone();
        let task = task_of(&waker);
        self.pace.begin(task);
        self.pace.changed();
        let waiter = Waiter { request, waker, task, rounds: Default::default(), pick: None, done: None };
        self.waiting.waiters.insert(id, waiter);
    }

    fn turn(&mut self, id: WaiterId) -> Turn {
        let expected = Expected { woken: self.waiting.told.is_some(), starting: self.someone_is_starting() };
        let Some(waiter) = self.waiting.waiters.get_mut(&id) else { return Turn::Again };
        self.pace.turn(&mut waiter.rounds, expected)
    }

    /// A future waits no longer.
    fn leave(&mut self, id: WaiterId) {
        if let Some(waiter) = self.waiting.remove(id) {
            self.pace.end(waiter.task);
        }
        self.pace.changed();
    }
}
