//! What operations do to a bank, a counter or a queue, for the search of a linearization.
//!
//! States are words. A bank is a word that says whether it is known what accounts held at first, and two words for each account: what it
//! holds, or, while nothing is known, by how much it has changed. A counter is a bank with one account. The first read settles what
//! was there; so a record does not need to say it. A queue is the values in it. Sums are taken modulo 2^64.

use std::collections::BTreeMap;

use crate::observed::Value;

/// What one operation does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::judge) enum Transition {
    /// Adds to accounts, by place.
    Move(Vec<(u32, i64)>),
    /// Does the same, without an answer. While nothing is known of what was there, nobody can tell whether it was done; so it is not done then.
    MayMove(Vec<(u32, i64)>),
    /// Sees what all accounts hold.
    Show(Vec<i64>),
    /// Puts a value behind the others.
    Enqueue(Value),
    /// Takes this value from the front.
    Dequeue(Value),
    /// Takes whatever is in front, if anything is.
    DequeueAny,
    /// Sees that the queue is empty.
    FindEmpty,
}

/// Numbers transitions; equal ones have one number.
#[derive(Clone, Debug, Default)]
pub(in crate::judge) struct Transitions {
    numbers: BTreeMap<Transition, u32>,
    all: Vec<Transition>,
}

impl Transitions {
    pub(in crate::judge) fn number(&mut self, transition: Transition) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(transition.clone()).or_insert(next);
        if number == next {
            self.all.push(transition);
        }
        number
    }

    pub(in crate::judge) fn get(&self, number: u32) -> &Transition {
        &self.all[number as usize]
    }
}

/// The words of a bank that holds this in its accounts, or of which nothing is known.
pub(super) fn bank(accounts: usize, holds: Option<&[i64]>) -> Vec<u32> {
    let mut words = vec![0; 1 + 2 * accounts];
    if let Some(holds) = holds {
        words[0] = 1;
        for (place, amount) in holds.iter().enumerate() {
            put(&mut words, place, *amount);
        }
    }
    words
}

fn amount(words: &[u32], place: usize) -> i64 {
    (i64::from(words[2 + 2 * place]) << 32) | i64::from(words[1 + 2 * place])
}

#[expect(clippy::cast_sign_loss, reason = "the two halves of a number, put together again by `amount`")]
fn put(words: &mut [u32], place: usize, amount: i64) {
    (words[1 + 2 * place], words[2 + 2 * place]) = (amount as u32, (amount >> 32) as u32);
}

impl Transition {
    /// What adds this to accounts, by an operation that ended well or not.
    pub(super) fn moves(moves: Vec<(u32, i64)>, ended_well: bool) -> Transition {
        if ended_well { Transition::Move(moves) } else { Transition::MayMove(moves) }
    }

    /// The state after it, if it is possible.
    pub(in crate::judge) fn apply(&self, words: &[u32]) -> Option<Vec<u32>> {
        match self {
            Transition::MayMove(_) if words[0] == 0 => None,
            Transition::Move(moves) | Transition::MayMove(moves) => {
                let mut next = words.to_vec();
                for (place, by) in moves {
                    let place = *place as usize;
                    let moved = amount(&next, place).wrapping_add(*by);
                    put(&mut next, place, moved);
                }
                Some(next)
            }
            Transition::Show(seen) if words[0] == 0 => Some(bank(seen.len(), Some(seen))),
            Transition::Show(seen) => {
                let holds = seen.iter().enumerate().all(|(place, seen)| amount(words, place) == *seen);
                holds.then(|| words.to_vec())
            }
            Transition::Enqueue(value) => Some([words, &[*value]].concat()),
            Transition::Dequeue(value) => (words.first() == Some(value)).then(|| words[1..].to_vec()),
            Transition::DequeueAny => Some(words.get(1..).unwrap_or_default().to_vec()),
            Transition::FindEmpty => words.is_empty().then(Vec::new),
        }
    }

    /// Whether it leaves every known state as it is.
    pub(in crate::judge) fn only_looks(&self) -> bool {
        match self {
            Transition::Show(_) | Transition::FindEmpty => true,
            Transition::Move(_)
            | Transition::MayMove(_)
            | Transition::Enqueue(_)
            | Transition::Dequeue(_)
            | Transition::DequeueAny => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_of_unknown_content_is_settled_by_its_first_read() {
        let moved = Transition::Move(vec![(0, -5), (1, 5)]).apply(&bank(2, None)).expect("it can be done");
        let seen = Transition::Show(vec![-7, 12]).apply(&moved).expect("anything may have been there");
        assert_eq!(seen, bank(2, Some(&[-7, 12])));
        let back = Transition::Move(vec![(1, -5), (0, 5)]).apply(&seen).expect("it can be done");
        assert!(Transition::Show(vec![-2, 7]).apply(&back).is_some() && Transition::Show(vec![-7, 12]).apply(&back).is_none());
    }

    #[test]
    fn a_queue_gives_what_is_in_front() {
        let two = Transition::Enqueue(4).apply(&[9]).expect("it can be done");
        assert_eq!(Transition::Dequeue(4).apply(&two), None);
        assert_eq!(Transition::Dequeue(9).apply(&two), Some(vec![4]));
        assert_eq!(Transition::DequeueAny.apply(&[]), Some(vec![]));
        assert!(Transition::FindEmpty.apply(&two).is_none() && Transition::FindEmpty.apply(&[]).is_some());
    }
}
