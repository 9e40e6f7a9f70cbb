//! A shard's log: what its entries carry, and how much of it is kept.

use crate::engine::command::{Command, Set, ShardSet};
use crate::engine::field::{Field, choice, option};
use crate::scenario::{FormatSpec, Shard};

/// How many entries can be kept.
const KEPT: [u64; 5] = [4, 8, 20, 40, 200];

/// The fields of a shard.
pub(super) fn fields(index: usize, shard: &Shard) -> Field {
    let command = |change| Command::Set(Set::Shard(index, change));
    let format = |(format, text): (FormatSpec, &str)| option(format.name(), text, shard.format == format);
    let formats = [
        (FormatSpec::Statement, "the text of statements"),
        (FormatSpec::WriteAheadLog, "bytes of the storage engine"),
        (FormatSpec::Logical, "the rows that changed"),
    ];
    let mut kept = vec![option("", "all of it", shard.retention.is_none())];
    // What a file asks for is on offer too.
    let other = shard.retention.filter(|n| !KEPT.contains(n));
    let last = |n: u64| option(n.to_string(), format!("the last {n} entries"), shard.retention == Some(n));
    kept.extend(KEPT.into_iter().chain(other).map(last));
    let fields = vec![
        choice("Its entries carry", formats.into_iter().map(format).collect(), &command(ShardSet::Format)),
        choice("A replica keeps", kept, &command(ShardSet::Retention)),
    ];
    Field::Group("The log".to_owned(), fields)
}

/// Makes a setting.
pub(super) fn set(shard: &mut Shard, change: &ShardSet, value: &str) {
    match change {
        ShardSet::Format => shard.format = FormatSpec::ALL.into_iter().find(|f| f.name() == value).unwrap_or_default(),
        ShardSet::Retention => shard.retention = value.parse().ok(),
        other => unreachable!("{other:?} is no setting of a log"),
    }
}
