//! A map whose keys are small numbers handed out in order: those of nodes, keys and operations.
//!
//! Only the stretch from the first number in use to the last is kept, so that what is known of the operations under way takes
//! no more room when a run is long.

use std::collections::VecDeque;

/// Values by number. Faster than a tree, and of any value type little code.
#[derive(Clone, Debug)]
pub(crate) struct ByNumber<T> {
    /// The number of the first place.
    first: usize,
    places: VecDeque<Option<T>>,
}

impl<T> Default for ByNumber<T> {
    fn default() -> Self {
        ByNumber { first: 0, places: VecDeque::new() }
    }
}

impl<T> ByNumber<T> {
    /// The value of this number.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.places.get(number.checked_sub(self.first)?)?.as_ref()
    }

    /// The place of this number, empty or not.
    pub(crate) fn place(&mut self, number: usize) -> &mut Option<T> {
        if self.places.is_empty() {
            self.first = number;
        }
        while number < self.first {
            self.places.push_front(None);
            self.first -= 1;
        }
        let index = number - self.first;
        if index >= self.places.len() {
            self.places.resize_with(index + 1, || None);
        }
        &mut self.places[index]
    }

    /// Takes the value of this number out.
    pub(crate) fn take(&mut self, number: usize) -> Option<T> {
        let value = self.places.get_mut(number.checked_sub(self.first)?)?.take();
        while self.places.pop_front_if(|place| place.is_none()).is_some() {
            self.first += 1;
        }
        value
    }

    /// All values, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beside a tree: numbers in and out of order, taken out in any order.
    #[test]
    fn the_values_are_those_of_a_tree() {
        let (mut rng, mut map, mut tree) = (crate::rng::Rng::new(3), ByNumber::default(), std::collections::BTreeMap::new());
        let mut below = |n: usize| usize::try_from(rng.below(n as u64)).unwrap_or(0);
        for round in 0..4_000 {
            let number = round / 2 + below(40);
            if below(3) == 0 {
                *map.place(number) = Some(round);
                tree.insert(number, round);
            } else {
                let number = number.saturating_sub(below(60));
                assert_eq!(map.take(number), tree.remove(&number), "round {round}");
            }
            assert_eq!(map.get(number), tree.get(&number), "round {round}");
        }
        assert!(map.values_mut().map(|value| *value).eq(tree.into_values()));
    }

    #[test]
    fn what_is_taken_out_takes_no_room() {
        let mut map = ByNumber::default();
        for number in 0..10_000 {
            *map.place(number) = Some(number);
            assert_eq!(map.take(number), Some(number));
        }
        assert!(map.places.is_empty() && map.places.capacity() < 8, "{} places", map.places.capacity());
    }
}
