//! Judgement of a recorded history: which guarantees it keeps, which it breaks, and what cannot be said.
//!
//! Nothing is known here but what clients saw. So a verdict has four values: the history *holds* (some execution that keeps the
//! guarantee explains it), is *violated* (none does, and operations are named that prove it), is *unknown* (the budget was spent:
//! never taken for an answer), or the question is *not applicable* to this record, with the reason. Definitions follow Herlihy and
//! Wing 1990, Terry et al. 1994, Viotti and Vukolić 2016, and Bouajjani et al. 2017; each module says which and how it decides.

mod facts;
mod linearizable;
mod lists;
mod machine;
mod reads;
mod reduce;
mod report;
mod search;
mod table;
mod versions;
mod words;
mod zones;

pub use report::{Evidence, Guarantee, Options, Report, Verdict};

use crate::observed::Observed;
use facts::Facts;

/// Judges a history.
#[must_use]
pub fn judge(history: &Observed, options: &Options) -> Report {
    let facts = Facts::new(history);
    let mut report = Report { model: history.model, verdicts: Vec::new(), assumptions: history.notes.clone() };
    for guarantee in options.asked() {
        report.verdicts.push((guarantee, verdict(&facts, options, guarantee)));
    }
    report
}

fn verdict(facts: &Facts<'_>, options: &Options, guarantee: Guarantee) -> Verdict {
    match guarantee {
        Guarantee::Linearizable => linearizable::judge(facts, options),
        Guarantee::NoAbortedReads => reads::judge_aborted(facts),
        Guarantee::NoThinAirReads => reads::judge_thin_air(facts),
        Guarantee::NoLostUpdates => reads::judge_lost_updates(facts),
        _ => Verdict::Unknown("no checker has looked at it".to_owned()),
    }
}
