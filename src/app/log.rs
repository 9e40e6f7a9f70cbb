//! The settings of a shard's log: what its entries carry, and how much of it is kept.

use yew::prelude::*;

use super::bench::{Bench, option, shard_change};
use super::draw::el;
use crate::scenario::{FormatSpec, Shard};

/// How many entries can be kept.
const KEPT: [u64; 5] = [4, 8, 20, 40, 200];

pub(super) fn view(bench: &Bench, index: usize, shard: &Shard) -> Html {
    let formats = [
        option("statement", "the text of statements", shard.format == FormatSpec::Statement),
        option("write-ahead-log", "bytes of the storage engine", shard.format == FormatSpec::WriteAheadLog),
        option("logical", "the rows that changed", shard.format == FormatSpec::Logical),
    ];
    let mut kept = vec![option("", "all of it", shard.retention.is_none())];
    // What a file asks for is on offer too.
    let other = shard.retention.filter(|n| !KEPT.contains(n));
    kept.extend(
        KEPT.into_iter()
            .chain(other)
            .map(|n| option(&n.to_string(), &format!("the last {n} entries"), shard.retention == Some(n))),
    );
    let change = |edit: fn(&mut Shard, &str)| shard_change(index, shard, edit);
    let format = change(|shard, name| shard.format = FormatSpec::ALL.into_iter().find(|f| f.name() == name).unwrap_or_default());
    el("fieldset")
        .with(el("legend").say("The log"))
        .kid(bench.named_choice("Its entries carry", &formats, false, format))
        .kid(bench.named_choice("A replica keeps", &kept, false, change(|shard, text| shard.retention = text.parse().ok())))
        .done()
}
