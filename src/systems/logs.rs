//! The log in three systems: what travels in it, and how much of it is kept for a follower that is away.
//!
//! Source: PostgreSQL 18 documentation, 26.2.5 and 26.2.6 (`wal_keep_size`, replication slots), 29 (logical replication); MySQL 8.4
//! Reference Manual, 19.2.1 (formats, safe and unsafe statements), 19.1.6.4 (`binlog_expire_logs_seconds`); MongoDB manual,
//! "Replica Set Oplog".

use super::{Aspect, Rows, System};
use crate::scenario::{FormatSpec, Shard};

pub(super) fn rows(shard: &Shard, rows: &mut Rows) {
    format(shard.format, rows);
    retention(shard.retention.is_some(), rows);
}

fn format(format: FormatSpec, rows: &mut Rows) {
    let log = Aspect::LogFormat;
    match (rows.system, format) {
        (System::PostgreSql, FormatSpec::WriteAheadLog) => rows
            .has(log, "streaming replication", "Bytes of pages; both sides must run the same major version.")
            .but("The lab counts rows, where PostgreSQL ships whole pages after a checkpoint (full_page_writes)."),
        (System::PostgreSql, FormatSpec::Logical) => rows
            .has(
                log,
                "wal_level = logical; CREATE PUBLICATION, CREATE SUBSCRIPTION",
                "Rows, between major versions and for chosen tables. Changes of the schema and values of sequences are not sent.",
            )
            .but("A subscriber is a server of its own that also takes writes; it is not promoted as a standby is."),
        (System::PostgreSql, FormatSpec::Statement) => {
            rows.lacks(log, "PostgreSQL does not ship statements. Middleware such as Pgpool-II can send them to several servers.");
        }
        (System::MySql, FormatSpec::Statement) => rows
            .has(
                log,
                "binlog_format = STATEMENT",
                "The text of statements; the server warns of unsafe ones, such as those with UUID() or LIMIT without ORDER BY.",
            )
            .but("The log also carries the time and the seed of RAND(), so NOW() and RAND() come out alike. The lab carries neither."),
        (System::MySql, FormatSpec::Logical) => rows
            .has(log, "binlog_format = ROW (the default)", "Rows: what was changed, and how it was before. The setting itself is deprecated since 8.0.34: rows are to stay.")
            .but("ALTER TABLE is in the log all the same, as a statement. A replica may run a newer version, not an older one."),
        (System::MySql, FormatSpec::WriteAheadLog) => {
            rows.lacks(log, "InnoDB has a redo log of bytes, and does not replicate it. Nearest is binlog_format = ROW.");
        }
        (System::MongoDb, FormatSpec::Logical) => rows
            .has(
                log,
                "the oplog",
                "One entry for each document that changed, which may be applied twice without harm.",
            )
            .but("Documents have no common schema, so no column can be missing."),
        (System::MongoDb, FormatSpec::Statement | FormatSpec::WriteAheadLog) => {
            rows.lacks(log, "The oplog always carries the documents that changed.");
        }
    }
}

fn retention(limited: bool, rows: &mut Rows) {
    let kept = Aspect::Retention;
    match (rows.system, limited) {
        (System::PostgreSql, true) => rows
            .has(
                kept,
                "wal_keep_size, or a slot with max_slot_wal_keep_size",
                "A standby that comes back too late finds that the segment it needs was removed, and has to be copied anew (pg_basebackup).",
            )
            .but("Kept are megabytes, not entries."),
        (System::PostgreSql, false) => rows
            .has(kept, "a replication slot, max_slot_wal_keep_size = -1 (the default)", "The primary keeps what any slot still needs.")
            .but("A standby that never returns fills the primary's disk."),
        (System::MySql, true) => rows
            .has(
                kept,
                "binlog_expire_logs_seconds",
                "A replica that comes back too late needs a new copy (the CLONE plugin, or a backup).",
            )
            .but("Kept is time, not entries: 30 days unless it is set."),
        (System::MySql, false) => {
            rows.has(kept, "binlog_expire_logs_seconds = 0", "Binary logs are kept until somebody purges them.");
        }
        (System::MongoDb, true) => rows
            .has(
                kept,
                "replication.oplogSizeMB, storage.oplogMinRetentionHours",
                "A member that fell behind the oldest entry has to copy everything anew (initial sync).",
            )
            .but("Kept are megabytes and hours, not entries."),
        (System::MongoDb, false) => {
            rows.lacks(kept, "The oplog is a capped collection: it always forgets.");
        }
    }
}
