//! The log in three systems: what travels in it, and how much of it is kept for a follower that is away.
//!
//! Source: PostgreSQL 18 documentation, 26.2.5 and 26.2.6 (`wal_keep_size`, replication slots), 29 (logical replication); MySQL 8.4
//! Reference Manual, 19.2.1 (formats, safe and unsafe statements), 19.1.6.4 (`binlog_expire_logs_seconds`); MongoDB manual,
//! "Replica Set Oplog".

use super::{Row, System};
use crate::scenario::{FormatSpec, Shard};

/// What the log carries.
pub(super) fn format(shard: &Shard, row: Row<'_>) {
    match (row.system(), shard.format) {
        (System::PostgreSql, FormatSpec::WriteAheadLog) => row
            .has("streaming replication", "Bytes of pages; both sides must run the same major version.")
            .but("The lab counts rows, where PostgreSQL ships whole pages after a checkpoint (full_page_writes)."),
        (System::PostgreSql, FormatSpec::Logical) => row.has(
                "wal_level = logical; CREATE PUBLICATION, CREATE SUBSCRIPTION",
                "Rows, between major versions and for chosen tables. Changes of the schema and values of sequences are not sent.",
            )
            .but("A subscriber is a server of its own that also takes writes; it is not promoted as a standby is."),
        (System::PostgreSql, FormatSpec::Statement) => {
            row.lacks("PostgreSQL does not ship statements. Middleware such as Pgpool-II can send them to several servers.");
        }
        (System::MySql, FormatSpec::Statement) => row.has(
                "binlog_format = STATEMENT",
                "The text of statements; the server warns of unsafe ones, such as those with UUID() or LIMIT without ORDER BY.",
            )
            .but("The log also carries the time and the seed of RAND(), so NOW() and RAND() come out alike. The lab carries neither."),
        (System::MySql, FormatSpec::Logical) => row
            .has("binlog_format = ROW (the default)", "Rows: what was changed, and how it was before. The setting itself is deprecated since 8.0.34: rows are to stay.")
            .but("ALTER TABLE is in the log all the same, as a statement. A replica may run a newer version, not an older one."),
        (System::MySql, FormatSpec::WriteAheadLog) => {
            row.lacks("InnoDB has a redo log of bytes, and does not replicate it. Nearest is binlog_format = ROW.");
        }
        (System::MongoDb, FormatSpec::Logical) => row.has(
                "the oplog",
                "One entry for each document that changed, which may be applied twice without harm.",
            )
            .but("Documents have no common schema, so no column can be missing."),
        (System::MongoDb, FormatSpec::Statement | FormatSpec::WriteAheadLog) => {
            row.lacks("The oplog always carries the documents that changed.");
        }
    }
}

/// How much of the log is kept.
pub(super) fn retention(shard: &Shard, row: Row<'_>) {
    match (row.system(), shard.retention.is_some()) {
        (System::PostgreSql, true) => row.has(
                "wal_keep_size, or a slot with max_slot_wal_keep_size",
                "A standby that comes back too late finds that the segment it needs was removed, and has to be copied anew (pg_basebackup).",
            )
            .but("Kept are megabytes, not entries."),
        (System::PostgreSql, false) => row
            .has("a replication slot, max_slot_wal_keep_size = -1 (the default)", "The primary keeps what any slot still needs.")
            .but("A standby that never returns fills the primary's disk."),
        (System::MySql, true) => row.has(
                "binlog_expire_logs_seconds",
                "A replica that comes back too late needs a new copy (the CLONE plugin, or a backup).",
            )
            .but("Kept is time, not entries: 30 days unless it is set."),
        (System::MySql, false) => {
            row.has("binlog_expire_logs_seconds = 0", "Binary logs are kept until somebody purges them.");
        }
        (System::MongoDb, true) => row.has(
                "replication.oplogSizeMB, storage.oplogMinRetentionHours",
                "A member that fell behind the oldest entry has to copy everything anew (initial sync).",
            )
            .but("Kept are megabytes and hours, not entries."),
        (System::MongoDb, false) => {
            row.lacks("The oplog is a capped collection: it always forgets.");
        }
    }
}
