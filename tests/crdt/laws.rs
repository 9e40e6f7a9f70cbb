//! The one test of laws, for all types.
//!
//! States form a semilattice: merge is commutative, associative and idempotent, and updates are inflationary (Shapiro et al., SSS 2011).
//! Every permutation and duplication of what is delivered converges. And whether states, operations or deltas travel, readers see the
//! same at every step. Each law is a function that says which history breaks it, so that mutants can be tried too.

use std::collections::BTreeSet;
use std::fmt::Debug;

use replicated_telemetry_store::crdt::{CausalBroadcast, Delivery, Message, OpBased, StateBased, UpdateError};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::Dot;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SEEDS;

/// A state-based type and what its users do.
pub(crate) trait States {
    type State: StateBased + Debug;
    type Act: Clone + Debug;

    /// Something that a user may do who sees this state; it may be refused.
    fn act(rng: &mut Rng, state: &Self::State) -> Self::Act;

    /// Does it at a replica, at a time.
    fn update(state: &mut Self::State, id: u8, time: u64, act: &Self::Act) -> Result<(), UpdateError>;
}

/// A type in its other forms.
pub(crate) trait Forms: States {
    type Op: OpBased<u8, Op: Debug, Update: Debug> + Debug;
    /// What a reader sees, whatever the form.
    type View: PartialEq + Debug;

    fn seen(state: &Self::State) -> Self::View;
    fn seen_op(replica: &Self::Op) -> Self::View;

    /// The same act for the operation-based form.
    fn asked(time: u64, act: &Self::Act) -> <Self::Op as OpBased<u8>>::Update;

    /// The same act in the delta form, if the type has one.
    fn delta(_: &mut Self::State, _: u8, _: u64, _: &Self::Act) -> Option<Result<Self::State, UpdateError>> {
        None
    }

    /// What the channel promises. Mutants promise less than they ask for.
    fn channel() -> Delivery {
        Self::Op::DELIVERY
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    Commutative,
    Associative,
    Idempotent,
    Inflationary,
    /// `includes` says what the merge says.
    Includes,
    /// States merged in whatever order, however often, are equal in the end.
    StatesConverge,
    /// Operations delivered in whatever order the channel allows, however often, are equal in the end.
    OpsConverge,
    /// Operations say what states say.
    OpsAgree,
    /// Deltas say what states say.
    DeltasAgree,
}

/// A law that does not hold, with the history that shows it.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) law: Law,
    #[expect(dead_code, reason = "shown when a test fails")]
    story: String,
}

fn hold(holds: bool, law: Law, story: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, story: story() }) }
}

pub(crate) const REPLICAS: usize = 3;

fn index(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("below a word")
}

fn number(replica: usize) -> u8 {
    u8::try_from(replica).expect("few replicas")
}

fn merged<S: StateBased>(a: &S, b: &S) -> S {
    let mut joined = a.clone();
    joined.merge(b);
    joined
}

fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, index(rng, last + 1));
    }
}

/// A random history of three replicas that merge now and then: all states on the way, the last three at the end.
fn history<T: States>(seed: u64, inflationary: bool) -> Result<Vec<T::State>, Broken> {
    let mut rng = Rng::keyed(seed, &[1]);
    let mut replicas = vec![T::State::default(); REPLICAS];
    let mut states = Vec::new();
    for step in 0..24 {
        let at = index(&mut rng, REPLICAS);
        if rng.below(3) == 0 {
            let other = replicas[(at + 1 + index(&mut rng, REPLICAS - 1)) % REPLICAS].clone();
            replicas[at].merge(&other);
        } else {
            let before = replicas[at].clone();
            let act = T::act(&mut rng, &before);
            let done = T::update(&mut replicas[at], number(at), step / 4, &act);
            let after = &replicas[at];
            let grown = if done.is_ok() { merged(after, &before) == *after } else { *after == before };
            hold(grown || !inflationary, Law::Inflationary, || format!("seed {seed}: {act:?} made {before:?} {after:?}"))?;
        }
        states.push(replicas[at].clone());
    }
    states.extend(replicas);
    Ok(states)
}

/// The laws of a semilattice, on the states of one random history.
pub(crate) fn semilattice<T: States>(seed: u64) -> Result<(), Broken> {
    let states = history::<T>(seed, false)?;
    let mut rng = Rng::keyed(seed, &[2]);
    for _ in 0..12 {
        let [a, b, c] = [(); 3].map(|()| &states[index(&mut rng, states.len())]);
        let ab = merged(a, b);
        hold(ab == merged(b, a), Law::Commutative, || format!("seed {seed}: {a:?} and {b:?}"))?;
        hold(merged(&ab, c) == merged(a, &merged(b, c)), Law::Associative, || format!("seed {seed}: {a:?}, {b:?} and {c:?}"))?;
        hold(merged(a, a) == *a && merged(&ab, b) == ab, Law::Idempotent, || format!("seed {seed}: {a:?} and {b:?}"))?;
        hold(a.includes(b) == (merged(a, b) == *a), Law::Includes, || format!("seed {seed}: {a:?} and {b:?}"))?;
    }
    history::<T>(seed, true).map(drop)
}

/// All states of a history merged in random orders, some of them twice.
pub(crate) fn states_converge<T: States>(seed: u64) -> Result<(), Broken> {
    let states = history::<T>(seed, false)?;
    let mut rng = Rng::keyed(seed, &[3]);
    let mut ends: Vec<T::State> = Vec::new();
    for _ in 0..4 {
        let mut order: Vec<&T::State> = states.iter().chain(&states[..states.len() / 2]).collect();
        shuffle(&mut rng, &mut order);
        let mut end = T::State::default();
        order.into_iter().for_each(|state| end.merge(state));
        ends.push(end);
    }
    let equal = ends.windows(2).all(|two| two[0] == two[1]);
    hold(equal, Law::StatesConverge, || format!("seed {seed}: {ends:?}"))
}

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

/// All laws on some histories.
pub(crate) fn all<T: Forms>(seeds: u64) -> Result<(), Broken> {
    for seed in 0..seeds {
        semilattice::<T>(seed)?;
        states_converge::<T>(seed)?;
        forms_agree::<T>(seed, 30)?;
        if seed % 8 == 0 {
            ops_converge::<T>(seed)?;
        }
    }
    Ok(())
}

/// The laws, and that states are read as they were written.
pub(crate) fn lawful<T: Forms>()
where
    T::State: Serialize + DeserializeOwned,
{
    let what = std::any::type_name::<T>();
    all::<T>(SEEDS).unwrap_or_else(|broken| panic!("{what}: {broken:#?}"));
    for seed in 0..20 {
        let states = history::<T>(seed, true).expect("it is lawful");
        for state in states.iter().rev().take(3) {
            let text = serde_json::to_string(state).expect("states can be written");
            let read: T::State = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error} in {text}"));
            assert_eq!(read, *state, "{what}: {text}");
            assert_eq!(serde_json::to_string(&read).expect("states can be written"), text, "{what}");
        }
    }
}
