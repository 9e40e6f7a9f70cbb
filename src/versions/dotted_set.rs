//! Dotted version vector sets: all siblings of a key in one structure, whose size does not grow with what they have seen.
//!
//! Almeida, Baquero, Gonçalves, Preguiça and Fonte, "Scalable and accurate causality tracking for eventually consistent stores", DAIS 2014,
//! "Dotted version vector sets". For each id the set has how many of its updates it knows, and the values that nothing has replaced. They
//! are always the newest ones of the id, because contexts replace from the first update on: the newest value has the counter as its number,
//! the one behind it the number before. So values need no dots of their own, and no past.
//!
//! Values without a dot are **anonymous**. Here they come from [`DottedSet::reconcile`], and the rule for them is not that of the authors' program,
//! where one set loses its anonymous values to another that knows more, so that the order of exchanges decides what is left. An anonymous
//! value keeps the context it was made in. It stands for the updates in there that nothing has replaced, hides their values, and is dropped when
//! the last of them is replaced: exchanges may come in any order, and no update is lost with it.

use std::cmp::Ordering;

use super::{Causality, Dot, Exhausted, VersionVector, next};

/// The siblings of a key on one replica, with what it has seen.
///
/// Reading is [`values`](DottedSet::values) and [`context`](DottedSet::context), writing [`update`](DottedSet::update), and replicas exchange
/// their sets by [`sync`](DottedSet::sync), which is commutative, associative and idempotent. `update` takes a time in proportion to the context
/// and the number of ids, `sync` to the ids and values of both.
///
/// Ids are of any type that is `Ord + Clone`, texts if none is named:
///
/// ```
/// use replicated_telemetry_store::versions::{DottedSet, VersionVector};
///
/// let mut stock: DottedSet<u32> = DottedSet::new();
/// stock.update(&VersionVector::new(), 5, &"north".to_string());
/// let mut other = stock.clone();
/// other.update(&stock.context(), 4, &"south".to_string());
/// stock.update(&stock.context(), 3, &"north".to_string());
/// stock.sync(&other);
/// assert_eq!(stock.to_string(), "{north:2 [3], south:1 [4]}");
/// stock.reconcile(|values| values.into_iter().min().unwrap_or(0));
/// assert_eq!(stock.values().collect::<Vec<_>>(), [&3]);
///
/// let mut numbered = DottedSet::new(); // ids that are numbers
/// numbered.update(&VersionVector::new(), "v1", &7_u32);
/// assert_eq!(numbered.context().get(&7), 1);
/// ```
#[derive(Clone, Debug)]
pub struct DottedSet<V, I = String> {
    /// In the order of ids, each once.
    pub(super) entries: Vec<Entry<V, I>>,
    /// In the order of contexts; none happened before another.
    pub(super) anonymous: Vec<Anonymous<V, I>>,
}

/// What is known of the updates of one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<V, I> {
    pub(super) id: I,
    /// How many updates are known; never zero.
    pub(super) count: u64,
    /// How many of them, from the first one on, were replaced.
    pub(super) replaced: u64,
    /// The values of the newest updates, newest first: those that were not replaced, and that no anonymous value stands for.
    pub(super) values: Vec<V>,
}

/// A value without a dot, and all that was known where it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anonymous<V, I> {
    pub(super) context: VersionVector<I>,
    pub(super) value: V,
}

impl<V, I> Entry<V, I> {
    /// Drops the values of the updates up to this one.
    fn drop_to(&mut self, count: u64) {
        let left = usize::try_from(self.count.saturating_sub(count)).unwrap_or(usize::MAX);
        self.values.truncate(left);
    }
}

impl<V, I> DottedSet<V, I> {
    /// A key that nobody has written.
    #[must_use]
    pub fn new() -> DottedSet<V, I> {
        DottedSet { entries: Vec::new(), anonymous: Vec::new() }
    }

    /// The siblings: by id, the newest of each first, and then the anonymous ones.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().flat_map(|entry| &entry.values).chain(self.anonymous())
    }

    /// The anonymous values: those that [`reconcile`](DottedSet::reconcile) has made.
    pub fn anonymous(&self) -> impl ExactSizeIterator<Item = &V> {
        self.anonymous.iter().map(|anonymous| &anonymous.value)
    }

    /// How many siblings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.iter().map(|entry| entry.values.len()).sum::<usize>() + self.anonymous.len()
    }

    /// Whether the key has no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.anonymous.is_empty() && self.entries.iter().all(|entry| entry.values.is_empty())
    }
}

impl<V, I: Ord + Clone> DottedSet<V, I> {
    /// All that is known here: what a read returns beside the values, and a write that has seen them sends along.
    #[must_use]
    pub fn context(&self) -> VersionVector<I> {
        self.entries.iter().map(|entry| (entry.id.clone(), entry.count)).collect()
    }

    /// The siblings that have a dot, with it.
    pub fn dotted(&self) -> impl Iterator<Item = (Dot<I>, &V)> {
        self.entries.iter().flat_map(|entry| {
            let numbers = (1..=entry.count).rev();
            numbers.zip(&entry.values).map(|(count, value)| (Dot { id: entry.id.clone(), count }, value))
        })
    }

    /// Takes a write in: the values that the context covers are replaced, the others stay as siblings, and the write gets the next number
    /// of the id. With an empty context it is concurrent with everything that is there.
    ///
    /// The id is that of the server which takes it in, or of whoever else counts; no two may count under one id.
    ///
    /// # Panics
    /// If the id has no number left, that is, after 2^64 - 1 updates or a context that claims as many; one that was deserialised
    /// never does ([`READ_MAX`](super::READ_MAX)), and [`try_update`](DottedSet::try_update) is for others.
    pub fn update(&mut self, context: &VersionVector<I>, value: V, id: &I) -> Dot<I> {
        self.try_update(context, value, id).unwrap_or_else(|exhausted| panic!("no update can be counted: {exhausted}"))
    }

    /// Takes a write in as [`update`](DottedSet::update) does.
    ///
    /// # Errors
    /// [`Exhausted`] if the id has no number left; nothing is changed then.
    pub fn try_update(&mut self, context: &VersionVector<I>, value: V, id: &I) -> Result<Dot<I>, Exhausted> {
        let known = self.place(id).map_or(0, |place| self.entries[place].count);
        let count = next(known.max(context.get(id)))?;
        for (seen, upto) in context.iter() {
            let entry = self.entry(seen);
            entry.count = entry.count.max(upto);
            entry.replaced = entry.replaced.max(upto);
            // The counter may have jumped, over values that all are replaced.
            entry.drop_to(entry.replaced);
        }
        let entry = self.entry(id);
        entry.count = count;
        entry.values.insert(0, value);
        self.settle();
        Ok(Dot { id: id.clone(), count })
    }

    /// Makes one value of the siblings, without counting an update; with less than two there is nothing to do.
    ///
    /// The new value stands for what was there. Where another replica has reconciled the same siblings to another value, both are siblings:
    /// the function must give the same value for the same siblings in every order, or the result be written by
    /// [`update`](DottedSet::update), with the context of what it was made of.
    pub fn reconcile(&mut self, merge: impl FnOnce(Vec<V>) -> V) {
        if self.len() < 2 {
            return;
        }
        let context = self.context();
        let dotted = self.entries.iter_mut().flat_map(|entry| std::mem::take(&mut entry.values));
        let anonymous = std::mem::take(&mut self.anonymous).into_iter().map(|anonymous| anonymous.value);
        let value = merge(dotted.chain(anonymous).collect());
        self.anonymous = vec![Anonymous { context, value }];
    }

    /// Takes in what another replica knows: values stay that the other one has too or has not heard of, on either side.
    pub fn sync(&mut self, other: &DottedSet<V, I>)
    where
        V: Clone + PartialEq,
    {
        let mut merged = Vec::with_capacity(self.entries.len().max(other.entries.len()));
        let mut mine = std::mem::take(&mut self.entries).into_iter().peekable();
        let mut theirs = other.entries.iter().peekable();
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.id.cmp(&b.id) {
                Ordering::Less => merged.extend(mine.next()),
                Ordering::Greater => merged.extend(theirs.next().cloned()),
                Ordering::Equal => merged.extend(mine.next().zip(theirs.next()).map(|(a, b)| joined(a, b))),
            }
        }
        merged.extend(mine);
        merged.extend(theirs.cloned());
        self.entries = merged;
        for anonymous in &other.anonymous {
            if !self.anonymous.contains(anonymous) {
                self.anonymous.push(anonymous.clone());
            }
        }
        self.settle();
    }

    /// Drops the anonymous values that stand for nothing any more. The values that those which stay stand for are not there any more: who
    /// has an anonymous value has dropped them, and they stay dropped in exchanges.
    fn settle(&mut self) {
        if self.anonymous.is_empty() {
            return;
        }
        let replaced: VersionVector<I> = self.entries.iter().map(|entry| (entry.id.clone(), entry.replaced)).collect();
        self.anonymous.retain(|anonymous| !replaced.covers(&anonymous.context));
        let contexts: Vec<VersionVector<I>> = self.anonymous.iter().map(|anonymous| anonymous.context.clone()).collect();
        let newest = |context: &VersionVector<I>| contexts.iter().all(|other| context.compare(other) != Causality::Before);
        self.anonymous.retain(|anonymous| newest(&anonymous.context));
        self.anonymous.sort_by(|a, b| a.context.iter().cmp(b.context.iter()));
    }

    fn place(&self, id: &I) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.id.cmp(id))
    }

    fn entry(&mut self, id: &I) -> &mut Entry<V, I> {
        let place = self.place(id).unwrap_or_else(|place| {
            self.entries.insert(place, Entry { id: id.clone(), count: 0, replaced: 0, values: Vec::new() });
            place
        });
        &mut self.entries[place]
    }
}

/// What two replicas know of one id together.
fn joined<V: Clone, I: Clone>(mine: Entry<V, I>, theirs: &Entry<V, I>) -> Entry<V, I> {
    let replaced = mine.replaced.max(theirs.replaced);
    let mine_left = mine.count - mine.values.len() as u64;
    let theirs_left = theirs.count - theirs.values.len() as u64;
    // Who knows more updates has all values that are left; what either has dropped, by replacing or hiding it, stays dropped.
    let mut entry = if mine.count >= theirs.count { mine } else { theirs.clone() };
    entry.replaced = replaced;
    entry.drop_to(mine_left.max(theirs_left));
    entry
}

impl<V, I> Default for DottedSet<V, I> {
    fn default() -> DottedSet<V, I> {
        DottedSet::new()
    }
}

/// Equal if they know the same, and have the same values; the order of anonymous values that were made in one context says nothing.
impl<V: PartialEq, I: PartialEq> PartialEq for DottedSet<V, I> {
    fn eq(&self, other: &DottedSet<V, I>) -> bool {
        let same = |a: &[Anonymous<V, I>], b: &[Anonymous<V, I>]| a.iter().all(|one| b.contains(one));
        self.entries == other.entries && same(&self.anonymous, &other.anonymous) && same(&other.anonymous, &self.anonymous)
    }
}

impl<V: Eq, I: Eq> Eq for DottedSet<V, I> {}
