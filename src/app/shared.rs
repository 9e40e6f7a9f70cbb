//! Props that are compared by identity: a large value is handed to components without cloning or comparing it.

use std::ops::Deref;
use std::rc::Rc;

/// A shared value that equals itself only.
#[derive(Debug)]
pub(super) struct Shared<T>(pub(super) Rc<T>);

impl<T> Shared<T> {
    pub(super) fn new(value: T) -> Shared<T> {
        Shared(Rc::new(value))
    }
}

impl<T: PartialEq> Shared<T> {
    /// Takes a new value, but keeps its identity if it says the same: components that show it need not render again.
    pub(super) fn renew(&mut self, value: T) {
        if *self.0 != value {
            self.0 = Rc::new(value);
        }
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
