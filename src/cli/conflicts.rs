//! How many conflicts a run with several leaders had, and how many acknowledged writes they cost without a word.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::conflicts::overwritten;
use crate::history::History;
use crate::log::KeyId;
use crate::operation::Outcome;
use crate::run::Run;
use crate::version::{Dot, DottedVersion, Stamp};

/// What conflicts there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conflicts {
    /// Reads that returned several versions.
    pub(super) siblings: usize,
    /// Pairs of acknowledged writes of one key of which neither had seen the other.
    pub(super) pairs: u64,
    /// Acknowledged writes that were dropped in favour of another one: they are in no replica's state, and nothing there was built on them.
    pub(super) overwritten: usize,
}

impl Conflicts {
    /// Those of a run; with one leader there are none.
    pub(super) fn of(run: &Run) -> Conflicts {
        let history = run.history();
        if !history.concurrent {
            return Conflicts::default();
        }
        let several = |outcome| matches!(outcome, Outcome::Siblings { found, .. } if found.count() > 1);
        let siblings = history.ops.iter().filter_map(|op| op.end).filter(|end| several(end.outcome)).count();
        let overwritten = overwritten(&history, &run.survival().fates).count();
        Conflicts { siblings, pairs: pairs(&history), overwritten }
    }

    /// The sentence on what was lost without a word; none if nothing was.
    pub(super) fn loss(self) -> Option<String> {
        match self.overwritten {
            0 => None,
            1 => Some("1 acknowledged write is in no replica's state, and no client was told".to_owned()),
            many => Some(format!("{many} acknowledged writes are in no replica's state, and no client was told")),
        }
    }
}

/// The pairs of concurrent writes: all pairs, but those of which one had seen the other. What a write had seen is counted by numbers.
fn pairs(history: &History<'_>) -> u64 {
    let mut keys: BTreeMap<KeyId, Vec<Arc<DottedVersion>>> = BTreeMap::new();
    for op in history.ops {
        if let Some(Stamp::Dotted(version)) = history.stamp_of(op) {
            let key = history.rows_of(op.id).next().unwrap_or(op.key);
            keys.entry(key).or_default().push(version);
        }
    }
    let of_key = |versions: &Vec<Arc<DottedVersion>>| {
        let mut dots: Vec<Dot> = versions.iter().map(|version| version.dot()).collect();
        dots.sort_unstable();
        let up_to = |last: Dot| dots.partition_point(|dot| *dot <= last);
        let seen = versions.iter().flat_map(|version| version.past().entries());
        let seen: usize = seen.map(|(actor, count)| up_to(Dot { actor, count }) - up_to(Dot { actor, count: 0 })).sum();
        let all = versions.len() as u64;
        all * (all - 1) / 2 - seen as u64
    };
    keys.values().map(of_key).sum()
}
