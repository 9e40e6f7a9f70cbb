//! A map whose keys are small numbers handed out in order: those of nodes, keys and operations.

/// Values by number. Faster than a tree, and of any value type little code.
#[derive(Clone, Debug)]
pub(crate) struct ByNumber<T>(Vec<Option<T>>);

impl<T> Default for ByNumber<T> {
    fn default() -> Self {
        ByNumber(Vec::new())
    }
}

impl<T> ByNumber<T> {
    /// The value of this number.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number)?.as_ref()
    }

    /// The place of this number, empty or not.
    pub(crate) fn place(&mut self, number: usize) -> &mut Option<T> {
        if number >= self.0.len() {
            self.0.resize_with(number + 1, || None);
        }
        &mut self.0[number]
    }

    /// Takes the value of this number out.
    pub(crate) fn take(&mut self, number: usize) -> Option<T> {
        self.0.get_mut(number)?.take()
    }

    /// All values with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(number, value)| Some((number, value.as_ref()?)))
    }
}
