//! The replicas of a story, by states or by operations.

use std::collections::BTreeMap;
use std::fmt::Display;

use replicated_telemetry_store::crdt::{OpBased, StateBased, UpdateError};
use replicated_telemetry_store::versions::Dot;

pub(crate) type Done = Result<(), UpdateError>;

/// The replicas of one story.
pub(crate) trait Players {
    fn update(&mut self, at: char, words: &[&str]) -> Done;
    fn merge(&mut self, at: char, from: char);
    fn update_as(&mut self, at: char, words: &[&str], name: &str) -> Done;
    fn get(&mut self, at: char, name: &str) -> Done;
    fn ask(&mut self, at: char, words: &[&str]) -> String;
}

pub(crate) struct ByState<S> {
    pub(crate) replicas: BTreeMap<char, S>,
    pub(crate) new: fn() -> S,
    pub(crate) update: fn(&mut S, char, &[&str]) -> Done,
    pub(crate) ask: fn(&S, &[&str]) -> String,
}

impl<S: StateBased> Players for ByState<S> {
    fn update(&mut self, at: char, words: &[&str]) -> Done {
        (self.update)(self.replicas.entry(at).or_insert_with(self.new), at, words)
    }

    fn merge(&mut self, at: char, from: char) {
        let from = self.replicas.get(&from).cloned().unwrap_or_else(self.new);
        self.replicas.entry(at).or_insert_with(self.new).merge(&from);
    }

    fn update_as(&mut self, _: char, words: &[&str], _: &str) -> Done {
        panic!("{words:?}: a type of states has no operations")
    }

    fn get(&mut self, _: char, name: &str) -> Done {
        panic!("{name}: a type of states has no operations")
    }

    fn ask(&mut self, at: char, words: &[&str]) -> String {
        (self.ask)(self.replicas.entry(at).or_insert_with(self.new), words)
    }
}

struct ByOperation<O: OpBased<char>> {
    replicas: BTreeMap<char, O>,
    sent: u64,
    ops: BTreeMap<String, O::Op>,
    update: fn(&[&str]) -> O::Update,
    ask: fn(&O) -> String,
}

impl<O: OpBased<char>> Players for ByOperation<O> {
    fn update(&mut self, _: char, words: &[&str]) -> Done {
        panic!("{words:?}: operations have names in stories")
    }

    fn merge(&mut self, _: char, _: char) {
        panic!("a type of operations does not merge")
    }

    fn update_as(&mut self, at: char, words: &[&str], name: &str) -> Done {
        self.sent += 1;
        let replica = self.replicas.entry(at).or_default();
        let op = replica.prepare(&Dot { id: at, count: self.sent }, (self.update)(words))?;
        replica.effect(&op)?;
        self.ops.insert(name.to_owned(), op);
        Ok(())
    }

    fn get(&mut self, at: char, name: &str) -> Done {
        self.replicas.entry(at).or_default().effect(&self.ops[name])
    }

    fn ask(&mut self, at: char, words: &[&str]) -> String {
        assert!(words.is_empty(), "{words:?}: operations are asked for their value");
        (self.ask)(self.replicas.entry(at).or_default())
    }
}

pub(crate) fn number<N: std::str::FromStr>(word: &str) -> N {
    word.parse().unwrap_or_else(|_| panic!("'{word}' is no number"))
}

pub(crate) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn yes(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

/// What an update says beside being carried out is asked for in other words.
pub(crate) fn fine(_: bool) -> Done {
    Ok(())
}

pub(crate) fn unknown<T>(words: &[&str]) -> T {
    panic!("{words:?} is nothing that this type does")
}

/// Replicas that have states.
pub(crate) fn states<S: StateBased + 'static>(
    update: fn(&mut S, char, &[&str]) -> Done,
    ask: fn(&S, &[&str]) -> String,
) -> Box<dyn Players> {
    Box::new(ByState { replicas: BTreeMap::new(), new: S::default, update, ask })
}

/// Replicas that have operations.
pub(crate) fn operations<O: OpBased<char> + 'static>(update: fn(&[&str]) -> O::Update, ask: fn(&O) -> String) -> Box<dyn Players>
where
    O::Op: 'static,
{
    Box::new(ByOperation { replicas: BTreeMap::new(), sent: 0, ops: BTreeMap::new(), update, ask })
}
