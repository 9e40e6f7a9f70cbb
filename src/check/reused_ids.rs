//! Reused numbers: two acknowledged new rows of one table got the same number.
//!
//! A leader that has lost the last rows hands out their numbers again. Whatever other store was keyed by these numbers now points at the
//! wrong rows: at GitHub, in 2012, private data was shown to the wrong users (Kleppmann 2017, chapter 5, "Leader failure: Failover").

use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::family::MultiLeaderIncluded;
use crate::history::{Event, History};
use crate::log::{OpId, Value};
use crate::operation::Kind;

/// Finds every acknowledged new row whose number another acknowledged row had been given.
#[must_use]
pub fn check(history: &History<'_>) -> Vec<Finding> {
    if history.inserts.is_empty() {
        return Vec::new();
    }
    let mut given: ByNumber<OpId> = ByNumber::default();
    let mut findings = Vec::new();
    for event in &history.events {
        let Event::Complete(id) = event else { continue };
        let op = &history.ops[id.index()];
        let Some((stamp, at)) = history.acknowledged(op) else { continue };
        if !matches!(op.kind, Kind::Write(Value::Statement(number)) if history.inserts.contains(&number)) {
            continue;
        }
        for row in history.rows_of(op.id) {
            match given.get(row.0 as usize).copied() {
                Some(earlier) if earlier != op.id => {
                    // One leader that hands out a number again has lost a row; of two, each handed it out for the first time.
                    let evidence = match MultiLeaderIncluded::proof().filter(|_| stamp.position().is_none()) {
                        None => Evidence::ReusedId { earlier, later: op.id, row },
                        Some(included) => Evidence::DuplicateId { included, earlier, later: op.id, row },
                    };
                    findings.push(Finding { at, evidence });
                }
                _ => *given.place(row.0 as usize) = Some(op.id),
            }
        }
    }
    findings
}
