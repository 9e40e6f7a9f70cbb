//! The diagram of a recorded history: sessions as lanes, operations as bars, each proof among what ran around it; and what is left out.
//!
//! A record without times is drawn too, in the order of each session: then nothing that stands above something else happened at the
//! same time, and the caption says so.

use std::collections::BTreeSet;

use super::{lines, proofs};
use crate::import::{ended, tell};
use crate::judge::Report;
use crate::observed::{Call, Observed, Operation, Outcome, Returned};
use crate::plural::plural;
use crate::sheet::{Part, Sheet, Span, Strip};

/// The most operations that a diagram shows, and sessions that have a lane in it.
const DRAWN: usize = 120;
const LANES: usize = 16;
/// The most proofs that are drawn.
const PROOFS: usize = 4;
/// The most letters of what stands in a bar.
const LETTERS: usize = 28;

/// Adds a diagram for each proof, or one of a history without any, and says what is not drawn.
pub(super) fn add(sheet: &mut Sheet, history: &Observed, report: &Report) {
    let all = history.operations.len();
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let numbers = |proof: &[u32]| proof.iter().map(|number| *number as usize).collect::<Vec<_>>();
    let mut drawn: Vec<(String, Vec<usize>)> =
        proofs(report).into_iter().map(|(against, proof)| (against, numbers(proof))).collect();
    let count = drawn.len();
    drawn.truncate(PROOFS);
    if drawn.is_empty() {
        drawn.push((String::new(), Vec::new()));
    }
    for (against, proof) in drawn {
        let lanes = Lanes::of(history, &around(all, &proof), &proof);
        shown.extend(lanes.drawn.iter().copied());
        let mut caption = if proof.is_empty() {
            "The operations".to_owned()
        } else {
            format!("Evidence (◆) against {against}, among what ran around it")
        };
        if !history.real_time {
            caption += "; the record has no times, only the order of each session";
        }
        if !lanes.drawn.is_empty() {
            sheet.parts.push(Part::Strip(lanes.strip(history, caption)));
        }
    }
    let mut rest = match all - shown.len() {
        0 => "Every operation is drawn.".to_owned(),
        n => format!("{} of {all} are not drawn; all were judged.", plural(n as u64, "operation")),
    };
    if count > PROOFS {
        rest += &format!(" {} more are listed and not drawn.", plural((count - PROOFS) as u64, "proof"));
    }
    sheet.say(format!("{rest} Replicas, logs and messages are not drawn: a recorded history does not tell of them."));
}

/// The operations of a proof and what ran around them; all of a short history.
fn around(all: usize, proof: &[usize]) -> Vec<usize> {
    if all <= DRAWN {
        return (0..all).collect();
    }
    let marked: BTreeSet<usize> = proof.iter().copied().filter(|n| *n < all).take(DRAWN).collect();
    let (first, last) = (marked.first().copied().unwrap_or(0), marked.last().copied().unwrap_or(0));
    let room = DRAWN - marked.len();
    let near = |n: &usize| marked.iter().map(|other| n.abs_diff(*other)).min().unwrap_or(*n);
    let mut others: Vec<usize> = (first.saturating_sub(room)..all.min(last.saturating_add(room))).collect();
    if others.len() > 4 * DRAWN {
        // A proof that spans the whole history: what ran next to each of its operations.
        let beside = |n: &usize| n.saturating_sub(DRAWN)..all.min(n + DRAWN);
        others = marked.iter().flat_map(beside).collect::<BTreeSet<_>>().into_iter().collect();
    }
    others.retain(|n| !marked.contains(n));
    others.sort_by_key(|n| (near(n), *n));
    others.truncate(room);
    marked.into_iter().chain(others).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Sessions with their operations; where there are too many, those of the proof come first.
struct Lanes {
    lanes: Vec<(u32, Vec<Span>)>,
    drawn: Vec<usize>,
    until: u64,
}

impl Lanes {
    fn of(history: &Observed, shown: &[usize], proof: &[usize]) -> Lanes {
        let session = |n: &usize| history.operations.get(*n).map(|op| op.session);
        let mut sessions: Vec<u32> = proof.iter().filter_map(session).collect();
        sessions.extend(shown.iter().filter_map(session));
        let mut seen = BTreeSet::new();
        sessions.retain(|session| seen.insert(*session));
        sessions.truncate(LANES);
        sessions.sort_unstable();
        let mut lanes: Vec<(u32, Vec<Span>)> = sessions.into_iter().map(|session| (session, Vec::new())).collect();
        let operations: Vec<(usize, &Operation)> = shown.iter().filter_map(|n| Some((*n, history.operations.get(*n)?))).collect();
        let start = operations.iter().map(|(_, op)| op.invoked).min().unwrap_or(0);
        let end = operations.iter().map(|(_, op)| op.completed.unwrap_or(op.invoked)).max().unwrap_or(0).max(start + 1);
        let (mut drawn, mut until) = (Vec::new(), 1);
        for (n, op) in operations {
            let Some((_, spans)) = lanes.iter_mut().find(|(session, _)| *session == op.session) else { continue };
            let place = spans.len() as u64;
            let (from, to) = if history.real_time {
                (op.invoked - start, op.completed.unwrap_or(end).min(end) - start)
            } else {
                (place * 10, place * 10 + 8)
            };
            until = until.max(to);
            drawn.push(n);
            spans.push(Span {
                side: 0,
                op: u32::try_from(n).unwrap_or(u32::MAX),
                from,
                to,
                kind: kind(history, op),
                stale: proof.contains(&n),
                same: !proof.is_empty() && !proof.contains(&n),
                waited: false,
                label: label(history, op),
                told: told(history, n, op),
            });
        }
        Lanes { lanes, drawn, until }
    }

    fn strip(self, history: &Observed, caption: String) -> Strip {
        let name = |session: u32| history.sessions.get(session as usize).cloned().unwrap_or_default();
        Strip {
            caption,
            sides: [String::new(), String::new()],
            until: self.until,
            mark: None,
            lanes: self.lanes.into_iter().map(|(session, spans)| (name(session), spans)).collect(),
        }
    }
}

fn kind(history: &Observed, operation: &Operation) -> char {
    let reads = |step: &crate::observed::Step| {
        matches!(step.call, Call::Read(_) | Call::Balances(_) | Call::Elements(_) | Call::Count { .. })
    };
    match operation.outcome {
        Outcome::Fail => 'x',
        Outcome::Info => '?',
        Outcome::Ok if history.steps_of(operation).iter().all(reads) => 'r',
        Outcome::Ok => 'w',
    }
}

/// The whole operation, for whoever points at its bar.
fn told(history: &Observed, number: usize, operation: &Operation) -> String {
    let lines = match operation.lines {
        (0, 0) => String::new(),
        (0, _) | (_, 0) => format!(", line {}", lines(operation.lines)),
        (start, end) => format!(", line{} {}", if start == end { "" } else { "s" }, lines(operation.lines)),
    };
    format!("operation {number}: {} ({}{lines})", tell(history, operation), ended(operation.outcome))
}

/// The operation in a few letters: "r 4", "w 5", "cas 1→2"; with the key if there are several: "r(x)=4".
fn label(history: &Observed, operation: &Operation) -> String {
    let value = |number: u32| history.values.get(number as usize).map_or("?", String::as_str);
    let many = |all: &[u32]| format!("[{}]", all.iter().map(|number| value(*number)).collect::<Vec<_>>().join(" "));
    let several = history.keys.len() > 1;
    let mut out = String::new();
    for step in history.steps_of(operation) {
        if !out.is_empty() {
            out += ", ";
        }
        let key = history.keys.get(step.key as usize).filter(|_| several);
        let of = |what: &str, value: &str| match key {
            Some(key) if value.is_empty() => format!("{what}({key})"),
            Some(key) => format!("{what}({key})={value}"),
            None if value.is_empty() => what.to_owned(),
            None => format!("{what} {value}"),
        };
        out += &match &step.call {
            Call::Read(Returned::Unknown) => of("r", "?"),
            Call::Read(Returned::Absent) => of("r", "none"),
            Call::Read(Returned::Value(number)) => of("r", value(*number)),
            Call::Read(Returned::List(all) | Returned::Siblings(all)) => of("r", &many(all)),
            Call::Write(number) => of("w", value(*number)),
            Call::CompareAndSet(from, to) => of("cas", &format!("{}→{}", value(*from), value(*to))),
            Call::Append(number) => of("append", value(*number)),
            Call::Delete => of("delete", ""),
            Call::Transfer { from, to, amount } => of("transfer", &format!("{amount}: {}→{}", value(*from), value(*to))),
            Call::Balances(None) | Call::Elements(None) | Call::Count { value: None, .. } => of("r", "?"),
            Call::Balances(Some(all)) => {
                let all: Vec<String> = all.iter().map(|(account, holds)| format!("{}:{holds}", value(*account))).collect();
                of("r", &format!("{{{}}}", all.join(" ")))
            }
            Call::Add(number) => of("add", value(*number)),
            Call::Elements(Some(all)) => of("r", &many(all)),
            Call::Increment(by) => of(if *by < 0 { "-" } else { "+" }, &by.unsigned_abs().to_string()),
            Call::Count { value: Some(count), .. } => of("r", &count.to_string()),
            Call::Enqueue(number) => of("enq", value(*number)),
            Call::Dequeue(Returned::Unknown) => of("deq", "?"),
            Call::Dequeue(Returned::Absent) => of("deq", "none"),
            Call::Dequeue(Returned::Value(number)) => of("deq", value(*number)),
            Call::Dequeue(Returned::List(all) | Returned::Siblings(all)) => of("deq", &many(all)),
            Call::Drain(all) => of("drain", &all.as_ref().map_or("?".to_owned(), |all| many(all))),
            Call::Generate(all) => of("id", &all.as_ref().map_or("?".to_owned(), |all| many(all))),
        };
        if out.chars().count() > LETTERS {
            let cut: String = out.chars().take(LETTERS - 1).collect();
            return cut + "…";
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Options, import};
    use crate::judge::{self, judge};

    fn strips(text: &str) -> (Vec<Strip>, String) {
        let history = import(text, &Options::default()).unwrap_or_else(|error| panic!("{error}")).observed;
        let mut sheet = Sheet::titled("a test");
        add(&mut sheet, &history, &judge(&history, &judge::Options::default()));
        let said = sheet.to_string();
        (
            sheet.parts.into_iter().filter_map(|part| if let Part::Strip(strip) = part { Some(strip) } else { None }).collect(),
            said,
        )
    }

    fn line(process: u64, kind: &str, call: &str, value: &str) -> String {
        format!("{{:process {process}, :type :{kind}, :f :{call}, :value {value}}}\n")
    }

    #[test]
    fn bars_say_what_their_operations_did_and_on_which_lines() {
        let stale = [("invoke", "write", "1"), ("ok", "write", "1"), ("invoke", "read", "nil"), ("ok", "read", "nil")];
        let text: String = (0..).zip(stale).map(|(n, (kind, call, value))| line(n / 2, kind, call, value)).collect();
        let (strips, said) = strips(&text);
        let spans: Vec<&Span> = strips[0].lanes.iter().flat_map(|(_, spans)| spans).collect();
        assert_eq!(spans.iter().map(|span| span.label.as_str()).collect::<Vec<_>>(), ["w 1", "r none"]);
        assert!(spans[1].stale && spans[1].told.ends_with("lines 3 and 4)"), "{:?}", spans[1]);
        assert!(strips[0].caption.starts_with("Evidence (◆) against linearizable"), "{}", strips[0].caption);
        assert!(said.contains("Every operation is drawn."), "{said}");
    }

    #[test]
    fn a_proof_far_apart_is_drawn_with_what_ran_next_to_each_of_its_operations() {
        let shown = around(50_000, &[10, 49_000]);
        assert_eq!(shown.len(), DRAWN);
        assert!(shown.contains(&10) && shown.contains(&49_000) && shown.contains(&11) && shown.contains(&49_001), "{shown:?}");
        assert_eq!(around(50_000, &[]).len(), DRAWN);
        assert_eq!(around(5, &[1]), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_sessions_of_a_proof_have_their_lanes_before_others() {
        let mut text: String =
            (0..40).map(|n| line(n, "invoke", "write", &n.to_string()) + &line(n, "ok", "write", &n.to_string())).collect();
        text += &(line(41, "invoke", "read", "nil") + &line(41, "ok", "read", "7"));
        let (strips, said) = strips(&text);
        assert_eq!(strips[0].lanes.len(), LANES);
        let (_, spans) = strips[0].lanes.last().expect("a lane");
        assert!(spans[0].stale && spans[0].label == "r 7", "{spans:?}");
        assert!(said.contains("of 41 are not drawn"), "{said}");
    }
}
