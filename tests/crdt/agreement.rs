//! The law that all forms of a type agree, and that operations converge in whatever order they come.

use std::collections::BTreeSet;

use replicated_telemetry_store::crdt::{CausalBroadcast, Delivery, Message, OpBased, StateBased};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::Dot;

use super::laws::{Broken, Forms, Law, REPLICAS, hold, index, number, shuffle};

type Sent<T> = Message<u8, <<T as Forms>::Op as OpBased<u8>>::Op>;

/// One replica in three forms, and what it knows of what travels.
struct Replica<T: Forms> {
    state: T::State,
    op: T::Op,
    channel: CausalBroadcast<u8, <T::Op as OpBased<u8>>::Op>,
    messages: Vec<Sent<T>>,
    delta: T::State,
    deltas: Vec<T::State>,
}

impl<T: Forms> Replica<T> {
    fn new(id: u8) -> Replica<T> {
        Replica {
            state: T::State::default(),
            op: T::Op::default(),
            channel: CausalBroadcast::new(id, 1000),
            messages: Vec::new(),
            delta: T::State::default(),
            deltas: Vec::new(),
        }
    }

    fn update(&mut self, id: u8, time: u64, act: &T::Act) -> Result<(), Broken> {
        let done = T::update(&mut self.state, id, time, act);
        let dot = self.channel.next_dot().expect("a short history");
        let op = self.op.prepare(&dot, T::asked(time, act));
        let same = done.as_ref().err() == op.as_ref().err();
        hold(same, Law::OpsAgree, || format!("{act:?} at {:?}: {done:?} by state, {op:?} by operation", self.state))?;
        if let Ok(op) = op {
            self.op.effect(&op).expect("the effect of an operation of this replica");
            self.messages.push(self.channel.send(op).expect("a short history"));
        }
        let delta = T::delta(&mut self.delta, id, time, act);
        if let Some(delta) = delta {
            let same = done.as_ref().err() == delta.as_ref().err();
            hold(same, Law::DeltasAgree, || format!("{act:?}: {done:?} by state, {delta:?} by delta"))?;
            self.deltas.extend(delta);
        } else {
            self.delta = self.state.clone();
        }
        Ok(())
    }

    /// Takes in all that another replica knows: its state, its messages and its deltas, shuffled and some of them twice.
    fn hear(&mut self, rng: &mut Rng, other: &Replica<T>, deltas: bool) {
        self.state.merge(&other.state);
        let mut messages: Vec<Sent<T>> = other.messages.iter().chain(other.messages.iter().take(3)).cloned().collect();
        shuffle(rng, &mut messages);
        let new = deliver::<T>(&mut self.op, &mut self.channel, &self.messages, messages);
        self.messages.extend(new);
        if deltas {
            let mut all: Vec<T::State> = other.deltas.iter().chain(other.deltas.iter().take(3)).cloned().collect();
            shuffle(rng, &mut all);
            all.iter().for_each(|delta| self.delta.merge(delta));
            self.deltas.extend(other.deltas.iter().filter(|delta| !self.deltas.contains(delta)).cloned().collect::<Vec<_>>());
        } else {
            self.delta = self.state.clone();
        }
    }

    fn agrees(&self) -> Result<(), Broken> {
        let (state, op) = (T::seen(&self.state), T::seen_op(&self.op));
        hold(state == op, Law::OpsAgree, || format!("{state:?} by states, {op:?} by operations; {:?}", self.messages))?;
        hold(self.delta == self.state, Law::DeltasAgree, || {
            format!("{:?} by states, {:?} by deltas {:?}", self.state, self.delta, self.deltas)
        })
    }
}

/// Delivers messages as the type's channel promises, and returns those that were new.
fn deliver<T: Forms>(
    replica: &mut T::Op,
    channel: &mut CausalBroadcast<u8, <T::Op as OpBased<u8>>::Op>,
    known: &[Sent<T>],
    messages: Vec<Sent<T>>,
) -> Vec<Sent<T>> {
    let mut seen: BTreeSet<Dot<u8>> = known.iter().map(|message| message.dot.clone()).collect();
    let mut new = Vec::new();
    match T::channel() {
        Delivery::CausalOnce => {
            for message in messages {
                new.extend(channel.receive(message).expect("a well-formed message"));
            }
        }
        Delivery::AnyOnce => new.extend(messages.into_iter().filter(|message| seen.insert(message.dot.clone()))),
    }
    for message in &new {
        // A mutant's channel may deliver what has no cause yet: the operation is then lost.
        let _ = replica.effect(&message.op);
    }
    if T::channel() == Delivery::AnyOnce {
        // The channel still numbers what is sent, after all that has come.
        let mut in_order = new.clone();
        in_order.sort_by_key(|message| (message.dot.id, message.dot.count));
        in_order.extend(in_order.clone());
        for _ in 0..new.len() {
            for message in &in_order {
                let _ = channel.receive(message.clone());
            }
        }
    }
    new
}

/// A random history in all forms at once. Returns all messages that were sent.
pub(crate) fn forms_agree<T: Forms>(seed: u64, steps: u64) -> Result<Vec<Sent<T>>, Broken> {
    let mut rng = Rng::keyed(seed, &[4]);
    let mut replicas: Vec<Replica<T>> = (0..REPLICAS).map(|at| Replica::new(number(at))).collect();
    let mut probe = T::State::default();
    let act = T::act(&mut rng, &probe);
    let deltas = T::delta(&mut probe, 0, 0, &act).is_some();
    for step in 0..steps {
        let at = index(&mut rng, REPLICAS);
        if rng.below(3) == 0 {
            let from = (at + 1 + index(&mut rng, REPLICAS - 1)) % REPLICAS;
            let (low, high) = replicas.split_at_mut(at.max(from));
            let (here, there) = if at < from { (&mut low[at], &mut high[0]) } else { (&mut high[0], &mut low[from]) };
            here.hear(&mut rng, there, deltas);
        } else {
            let act = T::act(&mut rng, &replicas[at].state);
            replicas[at].update(number(at), step / 4, &act)?;
        }
        replicas[at].agrees()?;
    }
    let mut all: Vec<Sent<T>> = Vec::new();
    for replica in &replicas {
        all.extend(
            replica
                .messages
                .iter()
                .filter(|message| all.iter().all(|known| known.dot != message.dot))
                .cloned()
                .collect::<Vec<_>>(),
        );
    }
    Ok(all)
}

/// All permutations of a few.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for next in 0..count {
        all = all.iter().flat_map(|order| (0..=next).map(|at| [&order[..at], &[next], &order[at..]].concat())).collect();
    }
    all
}

/// Messages of a short history in every order, each of them twice.
pub(crate) fn ops_converge<T: Forms>(seed: u64) -> Result<(), Broken> {
    let mut messages = forms_agree::<T>(seed, 8)?;
    messages.truncate(5);
    let mut first: Option<T::Op> = None;
    for order in permutations(messages.len()) {
        let twice = order.iter().chain(order.iter().rev()).map(|at| messages[*at].clone()).collect();
        let (mut replica, mut channel) = (T::Op::default(), CausalBroadcast::new(99, 1000));
        deliver::<T>(&mut replica, &mut channel, &[], twice);
        let first = first.get_or_insert_with(|| replica.clone());
        hold(*first == replica, Law::OpsConverge, || {
            format!("seed {seed}: {messages:?} in the order {order:?}: {first:?}, {replica:?}")
        })?;
    }
    Ok(())
}
