//! A set of operations, a bit for each: a write that the network brings twice is carried out once. Replicas are copied with every checkpoint,
//! and a run has millions of operations.

use super::OpId;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OpSet(Vec<u64>);

impl OpSet {
    /// Adds an operation; says whether it was new. What is no operation of a client always is.
    pub(crate) fn insert(&mut self, op: OpId) -> bool {
        if op == OpId::NONE {
            return true;
        }
        let (word, bit) = (op.index() / 64, 1_u64 << (op.index() % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}
