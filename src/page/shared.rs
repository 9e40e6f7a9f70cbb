//! A value that components share. The lab makes a new one exactly when it says something new, so that two are the same if they are one:
//! large values are never compared to find out that nothing is to be drawn.

use std::ops::Deref;
use std::rc::Rc;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    pub(super) fn new(value: T) -> Shared<T> {
        Shared(Rc::new(value))
    }
}

impl<T: PartialEq> Shared<T> {
    /// Takes a new value, but stays the same if both say the same.
    pub(super) fn renew(&mut self, value: T) {
        if *self.0 != value {
            *self = Shared::new(value);
        }
    }
}

impl<T> From<Rc<T>> for Shared<T> {
    fn from(value: Rc<T>) -> Shared<T> {
        Shared(value)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(self.0.clone())
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Shared<T>) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
