//! What a configuration of the lab is called in PostgreSQL, MySQL and MongoDB, what it promises there, and what the lab leaves out.
//!
//! Sources: PostgreSQL 18 documentation, "Synchronous Replication" (26.2.8) and `synchronous_commit` (19.5); MySQL 8.4 Reference
//! Manual, "Semisynchronous Replication" (19.4.10); MongoDB manual, "Write Concern", "Read Concern" and "Causal Consistency".
//! Where a system has no counterpart, that is said: a setting is never invented.

mod leaders;
mod logs;
mod mongodb;
mod mysql;
mod postgresql;
mod rings;

use crate::scenario::{AckSpec, LevelSpec, ReadSpec, Shard, SyncSpec};

pub use leaders::{SEVERAL_LEADERS, SeveralLeaders};
pub use postgresql::{DURABILITY, Durability};
pub use rings::{RINGS, RingSystem};

/// A real system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// PostgreSQL with streaming replication.
    PostgreSql,
    /// MySQL with its binary log, asynchronous or semi-synchronous.
    MySql,
    /// A MongoDB replica set.
    MongoDb,
}

impl System {
    /// All of them, in the order of tables.
    pub const ALL: [System; 3] = [System::PostgreSql, System::MySql, System::MongoDb];

    /// How it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            System::PostgreSql => "PostgreSQL",
            System::MySql => "MySQL",
            System::MongoDb => "MongoDB",
        }
    }
}

/// A question that a configuration answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// When a write is acknowledged.
    Acknowledgement,
    /// What happens when the synchronous followers do not answer.
    FollowerLost,
    /// When others see a write at the leader.
    Visibility,
    /// How a read finds its replica.
    Reading,
    /// Who becomes leader.
    Failover,
    /// What travels from the leader to its followers.
    LogFormat,
    /// How much of the log is kept for a follower that is away.
    Retention,
}

impl Aspect {
    /// All of them, in the order of tables.
    pub const ALL: [Aspect; 7] = [
        Aspect::Acknowledgement,
        Aspect::FollowerLost,
        Aspect::Visibility,
        Aspect::Reading,
        Aspect::Failover,
        Aspect::LogFormat,
        Aspect::Retention,
    ];

    /// The question, as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Aspect::Acknowledgement => "a write is acknowledged",
            Aspect::FollowerLost => "a synchronous follower is lost",
            Aspect::Visibility => "others see a write at the leader",
            Aspect::Reading => "reads",
            Aspect::Failover => "failover",
            Aspect::LogFormat => "log format",
            Aspect::Retention => "how much of the log is kept",
        }
    }

    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Aspect::Acknowledgement => "acknowledgement",
            Aspect::FollowerLost => "follower-lost",
            Aspect::Visibility => "visibility",
            Aspect::Reading => "reading",
            Aspect::Failover => "failover",
            Aspect::LogFormat => "log-format",
            Aspect::Retention => "retention",
        }
    }
}

/// What one system has for one aspect of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The system.
    pub system: System,
    /// The aspect.
    pub aspect: Aspect,
    /// What to write into its configuration, or which command to use; none if it has no counterpart.
    pub setting: Option<String>,
    /// What that promises, or why there is no counterpart and what comes nearest.
    pub promise: String,
    /// What the lab leaves out, or where the system differs from it.
    pub differs: Option<String>,
}

/// The place of one row: what a system has for one aspect. It is filled once.
struct Row<'a> {
    system: System,
    aspect: Aspect,
    rows: &'a mut Vec<Counterpart>,
}

impl<'a> Row<'a> {
    fn system(&self) -> System {
        self.system
    }

    fn has(self, setting: impl Into<String>, promise: impl Into<String>) -> &'a mut Counterpart {
        self.fill(Some(setting.into()), promise.into())
    }

    fn lacks(self, why: impl Into<String>) -> &'a mut Counterpart {
        self.fill(None, why.into())
    }

    fn fill(self, setting: Option<String>, promise: String) -> &'a mut Counterpart {
        self.rows.push(Counterpart { system: self.system, aspect: self.aspect, setting, promise, differs: None });
        self.rows.last_mut().expect("a row was just added")
    }
}

/// What one system has for each question that a configuration answers.
struct Terms {
    acknowledgement: fn(&Shard, Row<'_>),
    follower_lost: fn(&SyncSpec, Row<'_>),
    visibility: fn(&Shard, Row<'_>),
    reading: fn(&ReadSpec, Row<'_>),
    failover: fn(Row<'_>),
}

impl Terms {
    fn of(system: System) -> Terms {
        match system {
            System::PostgreSql => postgresql::TERMS,
            System::MySql => mysql::TERMS,
            System::MongoDb => mongodb::TERMS,
        }
    }
}

impl Counterpart {
    fn but(&mut self, differs: impl Into<String>) {
        self.differs = Some(differs.into());
    }
}

/// What a shard's configuration, read in this way, is called in each system.
#[must_use]
pub fn counterparts(shard: &Shard, read: &ReadSpec) -> Vec<Counterpart> {
    let mut all = Vec::new();
    for system in System::ALL {
        let terms = Terms::of(system);
        for aspect in Aspect::ALL {
            let row = Row { system, aspect, rows: &mut all };
            match (aspect, &shard.ack) {
                (Aspect::Acknowledgement, _) => (terms.acknowledgement)(shard, row),
                (Aspect::FollowerLost, AckSpec::Sync(rule)) => (terms.follower_lost)(rule, row),
                // Who waits for nobody loses nobody.
                (Aspect::FollowerLost, AckSpec::Async) => {}
                (Aspect::Visibility, _) => (terms.visibility)(shard, row),
                (Aspect::Reading, _) => (terms.reading)(read, row),
                (Aspect::Failover, _) => (terms.failover)(row),
                (Aspect::LogFormat, _) => logs::format(shard, row),
                (Aspect::Retention, _) => logs::retention(shard, row),
            }
        }
    }
    all
}

/// The level that a synchronous configuration waits for; none for an asynchronous one.
fn level(shard: &Shard) -> Option<LevelSpec> {
    match &shard.ack {
        AckSpec::Async => None,
        AckSpec::Sync(rule) => Some(rule.level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::router::ReadMode;
    use crate::scenario::{FormatSpec, OnLossSpec, SelectionSpec, SyncSpec, VisibilitySpec};
    use crate::time::SimDuration;

    fn shard(ack: AckSpec) -> Shard {
        let mut shard = PRESETS[0].scenario().shards[0].clone();
        shard.followers = vec!["follower-1".into(), "svalbard".into(), "troll".into()];
        shard.ack = ack;
        shard
    }

    fn sync(k: usize, selection: SelectionSpec, level: LevelSpec, on_loss: OnLossSpec) -> AckSpec {
        AckSpec::Sync(SyncSpec { followers: vec!["follower-1".into(), "svalbard".into()], k, selection, level, on_loss })
    }

    /// The row of a system for an aspect.
    fn of(shard: &Shard, system: System, aspect: Aspect) -> Counterpart {
        let all = counterparts(shard, &ReadSpec::default());
        all.into_iter().find(|c| c.system == system && c.aspect == aspect).expect("there is such a row")
    }

    #[test]
    fn a_rule_is_written_as_postgresql_reads_it() {
        let any = shard(sync(2, SelectionSpec::Any, LevelSpec::Applied, OnLossSpec::Block));
        let row = of(&any, System::PostgreSql, Aspect::Acknowledgement);
        assert_eq!(
            row.setting.as_deref(),
            Some("synchronous_commit = remote_apply; synchronous_standby_names = 'ANY 2 (\"follower-1\", svalbard)'")
        );
    }

    /// PostgreSQL 18 documentation, table of `synchronous_commit` modes: each promises what the one below it does, and more.
    #[test]
    fn the_modes_of_postgresql_form_a_ladder() {
        let cells = |d: &Durability| [d.local, d.standby_process_crash, d.standby_system_crash, d.standby_query];
        for pair in DURABILITY.windows(2) {
            let (more, less) = (cells(&pair[0]), cells(&pair[1]));
            assert!(more.iter().zip(less).all(|(more, less)| *more >= less) && more != less, "{pair:?}");
        }
        for (level, mode) in [
            (None, "local"),
            (Some(LevelSpec::Received), "remote_write"),
            (Some(LevelSpec::Flushed), "on"),
            (Some(LevelSpec::Applied), "remote_apply"),
        ] {
            assert_eq!(postgresql::mode(level), mode);
        }
    }

    /// MySQL counts in milliseconds, falls back by itself, and has no rule that waits for applying.
    #[test]
    fn mysql_falls_back_and_never_waits_for_applying() {
        let fall_back = OnLossSpec::FallBackToAsync(SimDuration::secs(10));
        let semi = shard(sync(1, SelectionSpec::Any, LevelSpec::Received, fall_back));
        assert_eq!(
            of(&semi, System::MySql, Aspect::FollowerLost).setting.as_deref(),
            Some("rpl_semi_sync_source_timeout = 10000")
        );
        assert_eq!(of(&semi, System::PostgreSql, Aspect::FollowerLost).setting, None);
        let applied = shard(sync(1, SelectionSpec::Any, LevelSpec::Applied, OnLossSpec::Block));
        assert_eq!(of(&applied, System::MySql, Aspect::Acknowledgement).setting, None);
    }

    /// MongoDB counts the primary among the members: one follower is `w: 2`.
    #[test]
    fn mongodb_counts_the_primary() {
        let one = shard(sync(1, SelectionSpec::Any, LevelSpec::Flushed, OnLossSpec::Block));
        assert_eq!(of(&one, System::MongoDb, Aspect::Acknowledgement).setting.as_deref(), Some("w: 2, j: true"));
        let two = shard(sync(2, SelectionSpec::Any, LevelSpec::Flushed, OnLossSpec::Block));
        let row = of(&two, System::MongoDb, Aspect::Acknowledgement);
        assert!(row.setting.is_some_and(|s| s.starts_with("w: 3 (in this group the same number as \"majority\")")));
    }

    /// MySQL has two of the three formats, PostgreSQL another two, MongoDB one.
    #[test]
    fn each_system_has_its_own_log_formats() {
        for (system, has) in [
            (System::PostgreSql, [false, true, true]),
            (System::MySql, [true, false, true]),
            (System::MongoDb, [false, false, true]),
        ] {
            for (format, has) in FormatSpec::ALL.into_iter().zip(has) {
                let mut shard = shard(AckSpec::Async);
                shard.format = format;
                assert_eq!(of(&shard, system, Aspect::LogFormat).setting.is_some(), has, "{system:?} {format:?}");
            }
        }
    }

    #[test]
    fn every_configuration_has_an_answer_in_every_system() {
        let losses = [
            OnLossSpec::Block,
            OnLossSpec::FallBackToAsync(SimDuration::millis(1)),
            OnLossSpec::PromoteNext(SimDuration::millis(1)),
        ];
        let mut acks = vec![AckSpec::Async];
        for selection in [SelectionSpec::First, SelectionSpec::Any] {
            for level in [LevelSpec::Received, LevelSpec::Flushed, LevelSpec::Applied] {
                acks.extend(losses.map(|on_loss| sync(1, selection, level, on_loss)));
            }
        }
        for ack in acks {
            for visibility in [VisibilitySpec::Acknowledged, VisibilitySpec::Flushed] {
                for mode in ReadMode::ALL {
                    let shard = Shard { visibility, ..shard(ack.clone()) };
                    let all = counterparts(&shard, &ReadSpec { mode, ..ReadSpec::default() });
                    for system in System::ALL {
                        for aspect in
                            [Aspect::Acknowledgement, Aspect::Reading, Aspect::Failover, Aspect::LogFormat, Aspect::Retention]
                        {
                            assert_eq!(
                                all.iter().filter(|c| (c.system, c.aspect) == (system, aspect)).count(),
                                1,
                                "{ack:?} {mode:?}"
                            );
                        }
                        let lost = all.iter().filter(|c| (c.system, c.aspect) == (system, Aspect::FollowerLost)).count();
                        assert_eq!(lost, usize::from(ack != AckSpec::Async), "{ack:?}");
                    }
                }
            }
        }
    }
}
