//! Operational transformation of text: an operation is rewritten against one that was carried out before it.
//!
//! Ellis and Gibbs, "Concurrency control in groupware systems" (SIGMOD 1989), with the property TP1 of Ressel, Nitsche-Ruhland and Gunzenhäuser (CSCW
//! 1996): after two concurrent operations it does not matter which came first, if each is transformed against the other. Beside
//! [`Rga`](super::Rga) it shows the other way to the same end: operations on indices are kept small and plain, and each replica has to know
//! what is concurrent with what.

use serde::{Deserialize, Serialize};

use super::error::UpdateError;

/// An operation on the characters of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextOp {
    /// A character before the one at an index, or at the end.
    Insert {
        /// The index, in characters.
        at: usize,
        /// The character.
        character: char,
        /// Decides which of two insertions at one index comes first: that with the smaller number.
        site: u64,
    },
    /// The character at an index goes.
    Delete {
        /// The index, in characters.
        at: usize,
    },
    /// Nothing: the other has deleted the same character.
    Nothing,
}

impl TextOp {
    /// Carries the operation out on a text.
    ///
    /// # Errors
    /// [`UpdateError::OutOfBounds`] if the text has no such index.
    pub fn apply(&self, text: &mut Vec<char>) -> Result<(), UpdateError> {
        let length = text.len();
        match *self {
            TextOp::Insert { at, .. } if at > length => Err(UpdateError::OutOfBounds { index: at, length }),
            TextOp::Delete { at } if at >= length => Err(UpdateError::OutOfBounds { index: at, length }),
            TextOp::Insert { at, character, .. } => {
                text.insert(at, character);
                Ok(())
            }
            TextOp::Delete { at } => {
                text.remove(at);
                Ok(())
            }
            TextOp::Nothing => Ok(()),
        }
    }

    /// This operation for a text on which the other, which was concurrent, has been carried out.
    ///
    /// TP1 holds for operations of two sites. Three sites without a server that orders them would need TP2, which does not hold: two insertions
    /// on both sides of a deleted character end up at one index, and their order is forgotten.
    #[must_use]
    pub fn transform(self, other: TextOp) -> TextOp {
        match (self, other) {
            (TextOp::Nothing, _) | (_, TextOp::Nothing) => self,
            (TextOp::Insert { at, character, site }, TextOp::Insert { at: there, site: theirs, .. }) => {
                let at = if there < at || (there == at && theirs < site) { at + 1 } else { at };
                TextOp::Insert { at, character, site }
            }
            (TextOp::Insert { at, character, site }, TextOp::Delete { at: there }) => {
                TextOp::Insert { at: if there < at { at - 1 } else { at }, character, site }
            }
            (TextOp::Delete { at }, TextOp::Insert { at: there, .. }) => {
                TextOp::Delete { at: if there <= at { at + 1 } else { at } }
            }
            (TextOp::Delete { at }, TextOp::Delete { at: there }) => match there.cmp(&at) {
                std::cmp::Ordering::Less => TextOp::Delete { at: at - 1 },
                std::cmp::Ordering::Equal => TextOp::Nothing,
                std::cmp::Ordering::Greater => TextOp::Delete { at },
            },
        }
    }
}

/// What two sites have to carry out after their own operations, each list made by one site on the same text, to be equal.
///
/// Every operation of the one is transformed against every one of the other.
#[must_use]
pub fn transform_both(mine: &[TextOp], theirs: &[TextOp]) -> (Vec<TextOp>, Vec<TextOp>) {
    let mut theirs = theirs.to_vec();
    let mut mine = mine.to_vec();
    for own in &mut mine {
        for other in &mut theirs {
            let (next_own, next_other) = (own.transform(*other), other.transform(*own));
            (*own, *other) = (next_own, next_other);
        }
    }
    (mine, theirs)
}
