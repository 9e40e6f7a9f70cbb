//! A connection that the caller's work has for as long as it runs.
//!
//! The work owns it, so its future borrows nothing from the router and can be sent between threads whatever it captures. When it is dropped
//! the connection goes home to the router, which goes on with it, or gives it up if nobody waits for it any more.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection, lent to the caller's work. Dropping it returns it; work that keeps it beyond its own end has its operation fail.
#[derive(Debug)]
pub struct Lent<C> {
    /// There until it is dropped.
    connection: Option<C>,
    home: Arc<Mutex<Option<C>>>,
}

/// Where a connection that was lent comes back to.
#[derive(Debug)]
pub(super) struct Home<C>(Arc<Mutex<Option<C>>>);

/// Lends a connection.
pub(super) fn lend<C>(connection: C) -> (Lent<C>, Home<C>) {
    let home = Arc::new(Mutex::new(None));
    (Lent { connection: Some(connection), home: home.clone() }, Home(home))
}

impl<C> Home<C> {
    /// The connection, if it has come back.
    pub(super) fn take(self) -> Option<C> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<C> Deref for Lent<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.connection.as_ref().expect("a connection is there until it is dropped")
    }
}

impl<C> DerefMut for Lent<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.connection.as_mut().expect("a connection is there until it is dropped")
    }
}

impl<C> Drop for Lent<C> {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.connection.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_comes_home_changed_once_it_is_dropped() {
        let (mut lent, home) = lend(String::from("a"));
        lent.push('b');
        drop(lent);
        assert_eq!(home.take().as_deref(), Some("ab"));
        let (kept, home) = lend(1);
        assert_eq!(home.take(), None, "the work still has it");
        drop(kept);
    }

    #[test]
    fn what_nobody_waits_for_is_dropped() {
        let connection = Arc::new(());
        let (lent, home) = lend(connection.clone());
        drop(home);
        assert_eq!(Arc::strong_count(&connection), 2);
        drop(lent);
        assert_eq!(Arc::strong_count(&connection), 1);
    }
}
