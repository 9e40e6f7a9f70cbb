//! The methods that sequences share, whatever rule they have.

/// Gives a type around a [`Sequence`](super::Sequence) its methods and forms.
macro_rules! sequence_type {
    ($name:ident, $rule:ty) => {
        impl<I, T> Default for $name<I, T> {
            fn default() -> Self {
                $name { sequence: Sequence::default() }
            }
        }

        impl<I: Ord + Clone, T: Clone + PartialEq> PartialEq for $name<I, T> {
            fn eq(&self, other: &Self) -> bool {
                self.sequence == other.sequence
            }
        }

        impl<I: Ord + Clone, T: Clone + PartialEq> $name<I, T> {
            /// The empty sequence.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// How many elements are visible.
            #[must_use]
            pub const fn len(&self) -> usize {
                self.sequence.len()
            }

            /// Whether no element is visible.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many removed elements are remembered: their timestamps, not what they were.
            #[must_use]
            pub fn tombstones(&self) -> usize {
                self.sequence.tombstones()
            }

            /// In how many spans elements and tombstones are kept: what the memory depends on.
            #[must_use]
            pub fn spans(&self) -> usize {
                self.sequence.spans()
            }

            /// The visible elements, in order.
            pub fn iter(&self) -> impl Iterator<Item = &T> {
                self.sequence.iter()
            }

            /// All elements in order with their timestamps, removed ones too: of those not what they were.
            pub fn elements(&self) -> impl Iterator<Item = (ElementId<I>, Option<&T>)> {
                self.sequence.elements()
            }

            /// The visible element at an index.
            #[must_use]
            pub fn get(&self, index: usize) -> Option<&T> {
                self.sequence.get(index)
            }

            /// The timestamp of the visible element at an index, by which it is named whatever happens around it.
            #[must_use]
            pub fn id_at(&self, index: usize) -> Option<ElementId<I>> {
                self.sequence.id_at(index)
            }

            /// The index of an element, or the one that it would have if it was removed; `None` if it has not come.
            #[must_use]
            pub fn index_of(&self, element: &ElementId<I>) -> Option<usize> {
                self.sequence.index_of(element)
            }

            /// Inserts an element before the one at an index, or at the end.
            ///
            /// # Errors
            /// [`UpdateError::OutOfBounds`] beyond the end, [`UpdateError::Exhausted`] after 2^32 - 2 insertions.
            pub fn insert(&mut self, id: &I, index: usize, element: T) -> Result<(), UpdateError> {
                self.sequence.insert(id, index, std::iter::once(element))
            }

            /// Inserts elements in a row before the one at an index, or at the end.
            ///
            /// # Errors
            /// As [`insert`](Self::insert).
            pub fn insert_all(&mut self, id: &I, index: usize, elements: impl IntoIterator<Item = T>) -> Result<(), UpdateError> {
                self.sequence.insert(id, index, elements.into_iter())
            }

            /// Inserts an element right behind another, or at the beginning, and returns its timestamp. The other may have been removed.
            ///
            /// # Errors
            /// [`UpdateError::NotAnElement`] if the other has not come, [`UpdateError::Exhausted`] after 2^32 - 2 insertions.
            pub fn insert_after(
                &mut self,
                id: &I,
                after: Option<&ElementId<I>>,
                element: T,
            ) -> Result<ElementId<I>, UpdateError> {
                let first = self.sequence.insert_after(id, after, std::iter::once(element))?;
                first.ok_or(UpdateError::Exhausted)
            }

            /// Removes the visible element at an index.
            ///
            /// # Errors
            /// [`UpdateError::OutOfBounds`] if there is none.
            pub fn remove(&mut self, index: usize) -> Result<(), UpdateError> {
                self.sequence.remove(index, 1)
            }

            /// Removes so many visible elements from an index on.
            ///
            /// # Errors
            /// [`UpdateError::OutOfBounds`] if there are not as many.
            pub fn remove_range(&mut self, index: usize, count: usize) -> Result<(), UpdateError> {
                self.sequence.remove(index, count)
            }
        }

        impl<I: Ord + Clone> $name<I, char> {
            /// The visible characters.
            #[must_use]
            pub fn text(&self) -> String {
                self.iter().collect()
            }

            /// Inserts the characters of a text before the one at an index, which counts characters and not bytes.
            ///
            /// # Errors
            /// As [`insert`](Self::insert).
            pub fn insert_text(&mut self, id: &I, index: usize, text: &str) -> Result<(), UpdateError> {
                self.sequence.insert(id, index, text.chars())
            }
        }

        impl<I: Ord + Clone, T: Clone + PartialEq> Crdt for $name<I, T> {
            /// The visible elements.
            type Value = Vec<T>;

            fn value(&self) -> Vec<T> {
                self.iter().cloned().collect()
            }
        }

        impl<I: Ord + Clone, T: Clone + PartialEq> StateBased for $name<I, T> {
            /// A lookup for each span of the other, and the insertion of what is new.
            fn merge(&mut self, other: &Self) {
                self.sequence.merge(&other.sequence);
            }
        }

        impl<I: Ord + Clone, T: Clone + PartialEq> OpBased<I> for $name<I, T> {
            type Update = SequenceUpdate<T>;
            type Op = SequenceOp<I, T>;

            const DELIVERY: Delivery = Delivery::CausalOnce;

            /// Elements are named by timestamps of the sequence, so the effect at the source comes before the next operation is prepared.
            fn prepare(&self, dot: &Dot<I>, update: SequenceUpdate<T>) -> Result<SequenceOp<I, T>, UpdateError> {
                self.sequence.prepare(&dot.id, update)
            }

            fn effect(&mut self, op: &SequenceOp<I, T>) -> Result<(), UpdateError> {
                self.sequence.effect(op)
            }
        }
    };
}

pub(crate) use sequence_type;
