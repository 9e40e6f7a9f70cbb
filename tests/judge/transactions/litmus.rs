//! The shapes of the literature, and which definition allows each.
//!
//! Each line is a shape: transactions in the notation of [`history`], one after the other unless `&` says otherwise, and without real time after a `~`; then for each of the
//! columns whether it is allowed (`+`) or not (`-`). Columns that end in `s` keep the order of sessions too. The names are those of Adya
//! (1999), Berenson et al. (1995) and Cerone, Bernardi and Gotsman (CONCUR 2015).

use replicated_telemetry_store::observed::Model;

use super::axiom::{causal, read_atomic, read_committed};
use super::prefix::consistent_prefix;
use super::serial::{Keeps, serializable, snapshot_isolation, strict_serializable};
use super::session::{Law, holds, monotonic_reads, read_your_writes};
use super::unit::Units;
use crate::judge::build::history;

type Definition = fn(&Units) -> bool;

/// The columns, in their order.
const COLUMNS: [(&str, Definition); 11] = [
    ("strict", |u| strict_serializable(u, Keeps::Nothing)),
    ("ser-s", |u| serializable(u, Keeps::Sessions)),
    ("ser", |u| serializable(u, Keeps::Nothing)),
    ("si-s", |u| snapshot_isolation(u, Keeps::Sessions)),
    ("si", |u| snapshot_isolation(u, Keeps::Nothing)),
    ("prefix", |u| consistent_prefix(u, false)),
    ("causal", causal),
    ("ra-s", |u| read_atomic(u, Keeps::Sessions)),
    ("ra", |u| read_atomic(u, Keeps::Nothing)),
    ("rc-s", |u| read_committed(u, Keeps::Sessions)),
    ("rc", |u| read_committed(u, Keeps::Nothing)),
];

/// Shapes of registers, then of lists.
const REGISTERS: &[(&str, &str, &str)] = &[
    //                                                                                     strict ser si prefix causal ra rc
    ("one after the other", "0wx1,wy1 1rx1,wx2 0rx2,ry1", "+ ++ ++ + + ++ ++"),
    ("own writes are seen", "0wx1,rx1,wx2,rx2 1rx2", "+ ++ ++ + + ++ ++"),
    ("lost update", "0wx1 & 1rx1,wx2 2rx1,wx3 |", "- -- -- + + ++ ++"),
    ("write skew", "0wx1,wy1 & 1rx1,ry1,wx2 2rx1,ry1,wy3 |", "- -- ++ + + ++ ++"),
    ("long fork", "& 0wx1 1wy1 2rx1,ry- 3rx-,ry1 |", "- -- -- - + ++ ++"),
    ("read skew", "0wx1,wy1 & 1rx1,ry2 2wx2,wy2 |", "- -- -- - - -- ++"),
    ("read skew backwards", "0wx1,wy1 & 1ry2,rx1 2wx2,wy2 |", "- -- -- - - -- ++"),
    ("read skew backwards in a session's writes", "0wx1,wy1 & 1ry2,rx1 0wx2,wy2 |", "- -- -- - - -- -+"),
    ("G1a", "0wx1! 1rx1", "- -- -- - - -- --"),
    ("G1b", "& 0wx1,wx2 1rx1 |", "- -- -- - - -- --"),
    ("G1c", "& 0wx1,ry2 1wy2,rx1 |", "- -- -- - - -- --"),
    ("thin air", "0rx9", "- -- -- - - -- --"),
    ("internal", "0wx1 1wx2,rx1", "- -- -- - - -- --"),
    ("own later write", "0rx1,wx1", "- -- -- - - -- --"),
    ("non-repeatable read", "& 0rx-,rx1 1wx1 |", "- -- -- - - -- ++"),
    ("reads that go back", "& 0rx1,rx- 1wx1 |", "- -- -- - - -- -+"),
    ("causal violation", "0wx1 1rx1,wy1 2ry1 2rx-", "- -+ -+ - - ++ ++"),
    ("causal violation at once", "0wx1 1rx1,wy1 2ry1,rx-", "- -- -- - - ++ ++"),
    ("session alone: own write missed", "0wx1 0rx-", "- -+ -+ + - -+ ++"),
    ("session alone: reads go back", "0wx1 1rx1 1rx-", "- -+ -+ - - ++ ++"),
    ("session alone: reads from the future", "~ 0rx1 0wx1", "- -+ -+ + - -+ -+"),
    ("real time alone", "0wx1 1rx-", "- ++ ++ + + ++ ++"),
    ("nobody knows, and it happened", "0wx1? 1rx1", "+ ++ ++ + + ++ ++"),
    ("nobody knows, and it did not", "0wx1? 1rx-", "+ ++ ++ + + ++ ++"),
    ("nobody knows, and a half happened", "0wx1,wy1? 1rx1,ry-", "- -- -- - - -- -+"),
];

const LISTS: &[(&str, &str, &str)] = &[
    ("one after the other", "0ax1,ay1 1lx1,ax2 0lx1.2,ly1", "+ ++ ++ + + ++ ++"),
    ("own appends behind others'", "0ax1 1ax2,lx1.2,ax3,lx1.2.3", "+ ++ ++ + + ++ ++"),
    ("own appends before the first read", "& 0ax1,lx1 1ax2,lx1.2 |", "+ ++ ++ + + ++ ++"),
    ("own appends hide others'", "0ax1 & 1ax2,lx2 | 2lx1.2", "- -- -- - - -- --"),
    ("lost update", "0ax1 & 1lx1,ax2 2lx1,ax3 | 3lx1.2.3", "- -- -- + + ++ ++"),
    ("write skew", "0ax1,ay1 & 1lx1,ly1,ax2 2lx1,ly1,ay3 |", "- -- ++ + + ++ ++"),
    ("long fork", "& 0ax1 1ay1 2lx1,ly 3lx,ly1 |", "- -- -- - + ++ ++"),
    ("read skew", "& 0ax1,ay1 1lx1,ly |", "- -- -- - - -- -+"),
    ("read skew backwards", "& 0ax1,ay1 1ly,lx1 |", "- -- -- - - -- ++"),
    ("read skew by an overwritten version", "& 0ax1,ay1 1ay2 2lx,ly1.2 |", "- -- -- - - -- ++"),
    ("G0", "& 0ax1,ay1 1ax2,ay2 | 2lx1.2,ly2.1", "- -- -- - - -- --"),
    ("G0 in one key", "& 0ax1,ax3 1ax2 | 2lx1.2.3", "- -- -- - - -- --"),
    ("G1a", "0ax1! 1lx1", "- -- -- - - -- --"),
    ("G1b", "& 0ax1,ax2 1lx1 |", "- -- -- - - -- --"),
    ("G1b below another's append", "& 0ax1,ax2 1ax3 2lx1.3 |", "- -- -- - - -- --"),
    ("G1c", "& 0ax1,ly2 1ay2,lx1 |", "- -- -- - - -- --"),
    ("internal", "0ax1,lx", "- -- -- - - -- --"),
    ("own later append", "0lx1,ax1", "- -- -- - - -- --"),
    ("non-repeatable read", "& 0lx,lx1 1ax1 |", "- -- -- - - -- ++"),
    ("lists that contradict each other", "& 0ax1 1ax2 2lx1.2 3lx2.1 |", "- -- -- - - -- --"),
    ("causal violation", "0ax1 1lx1,ay1 2ly1,lx", "- -- -- - - ++ ++"),
    ("session alone: own append missed", "0ax1 0lx", "- -+ -+ + - -+ ++"),
    ("session alone: appends out of order", "0ax1 0ax2 1lx2.1", "- -+ -+ - - -+ -+"),
    ("real time alone", "0ax1 1ax2 2lx2.1", "- ++ ++ + + ++ ++"),
    ("an append that nobody shows", "0ax1 1lx", "- ++ ++ + + ++ ++"),
];

#[test]
fn definitions_allow_what_the_literature_says() {
    let mut wrong = Vec::new();
    for (model, rows) in [(Model::Transactions, REGISTERS), (Model::AppendList, LISTS)] {
        for (name, text, expected) in rows {
            let mut history = history(model, text.trim_start_matches('~'));
            history.real_time = !text.starts_with('~');
            let units = Units::new(&history);
            let expected: Vec<bool> = expected.chars().filter(|c| *c != ' ').map(|c| c == '+').collect();
            assert_eq!(expected.len(), COLUMNS.len(), "{name}");
            for ((column, definition), allowed) in COLUMNS.iter().zip(expected) {
                if definition(&units) != allowed {
                    wrong.push(format!("{} {name}: {column} should be {allowed}", model.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which guarantee of a session each shape breaks: read your writes, monotonic reads, monotonic writes, writes follow reads; `?`
/// where nothing is known.
const SESSIONS: &[(Model, &str, &str, &str)] = &[
    (Model::Transactions, "right", "0wx1,wy1 0rx1,wx2 1rx2,ry1", "++++"),
    (Model::Transactions, "own write missed", "0wx1 0rx-", "-+++"),
    (Model::Transactions, "reads go back", "0wx1 1rx1 1rx-", "+-??"),
    (Model::Transactions, "earlier write of the session missed", "0wx1 0wy2 1ry2,rx-", "++-+"),
    (Model::Transactions, "what the writer had read is missed", "0wx1 1rx1 1wy2 2ry2,rx-", "+++-"),
    (Model::Transactions, "what the same transaction had read is missed", "0wx1 1rx1,wy2 2ry2,rx-", "+++-"),
    (Model::AppendList, "right", "0ax1,ay1 0lx1,ax2 1lx1.2,ly1", "++++"),
    (Model::AppendList, "own appends in the transaction are seen", "0ax1,lx1,ax2,lx1.2", "++++"),
    (Model::AppendList, "own append missed", "0ax1 0lx", "-+++"),
    (Model::AppendList, "reads go back", "0ax1 1lx1 1lx", "+-??"),
    (Model::AppendList, "appends of the session out of order", "0ax1 0ax2 1lx2.1", "++-+"),
    (Model::AppendList, "earlier append of the session missed", "0ax1 0ay2 1ly2,lx", "++-+"),
    (Model::AppendList, "append before what its session had read", "0ax1 1lx1 1ax2 2lx2.1", "+++-"),
];

#[test]
fn guarantees_of_sessions_are_broken_as_the_literature_says() {
    for (model, name, text, expected) in SESSIONS {
        let units = Units::new(&history(*model, text));
        let sign = |holds: Option<bool>| holds.map_or('?', |holds| if holds { '+' } else { '-' });
        let (own, back) = (Some(read_your_writes(&units)), Some(monotonic_reads(&units)));
        let found = [own, back, holds(&units, Law::MonotonicWrites), holds(&units, Law::WritesFollowReads)].map(sign);
        assert_eq!(found.iter().collect::<String>(), *expected, "{} {name}", model.name());
    }
}
