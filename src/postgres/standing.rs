//! Where a server stands: the statement that asks for it, and what its answer means.
//!
//! One statement serves primaries and followers, so that nothing has to be known before it is asked. The timeline of a primary is that of
//! the file it writes to; that of a follower is what its connection to the primary brings. Without such a connection only the control file
//! tells, which may be late; it is right if the follower has heard of no later timeline, because a follower fetches the history of a
//! timeline before it goes over to it.
//!
//! A primary's position is what it has flushed: a commit is reported and visible after that, and nothing else reaches a follower. The insert
//! position would cover more than is visible (records of readers that prune pages), which may wait for seconds until somebody commits. Where
//! `synchronous_commit` is off a commit is visible before it is flushed, and the insert position it has to be.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::PgLsn;

use super::error::PostgresError;
use super::layout::WalLayout;
use crate::lsn::{Epoch, Lsn, Position};
use crate::routing::{Role, Standing};

/// Asks a server where it stands.
pub(super) const POSITION: &str = "\
SELECT r.recovering,
    CASE WHEN r.recovering THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END AS lsn,
    CASE WHEN r.recovering THEN w.received_tli::bigint
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint END AS timeline,
    w.pid IS NOT NULL AS receiving,
    CASE WHEN r.recovering AND w.pid IS NULL THEN
        (SELECT greatest(c.timeline_id, m.min_recovery_end_timeline)::bigint
         FROM pg_control_checkpoint() c, pg_control_recovery() m) END AS control_timeline,
    CASE WHEN r.recovering AND w.pid IS NULL THEN
        (SELECT max(left(name, 8)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{8}\\.history$') END AS newest_history,
    CASE WHEN r.recovering THEN
        (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint END AS applied_age,
    CASE WHEN r.recovering THEN NULL ELSE pg_current_wal_insert_lsn() END AS insert_lsn,
    current_setting('synchronous_commit') = 'off' AS asynchronous
FROM (SELECT pg_is_in_recovery() AS recovering) r LEFT JOIN pg_stat_wal_receiver w ON true";

/// Asks a server, once for each connection, which cluster it belongs to, and what it can do.
pub(super) const IDENTITY: &str = "\
SELECT system_identifier, current_setting('server_version_num')::int,
    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_block_size'),
    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
    has_function_privilege('pg_read_file(text)', 'EXECUTE'), pg_has_role('pg_monitor', 'USAGE'), current_user::text
FROM pg_control_system()";

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    recovering: bool,
    lsn: Option<u64>,
    timeline: Option<i64>,
    receiving: bool,
    control_timeline: Option<i64>,
    newest_history: Option<String>,
    applied_age: Option<i64>,
    insert_lsn: Option<u64>,
    asynchronous: bool,
}

impl Answer {
    /// Takes an answer from its row.
    pub(super) fn of(row: &Row) -> Result<Answer, tokio_postgres::Error> {
        Ok(Answer {
            recovering: row.try_get(0)?,
            lsn: row.try_get::<_, Option<PgLsn>>(1)?.map(u64::from),
            timeline: row.try_get(2)?,
            receiving: row.try_get(3)?,
            control_timeline: row.try_get(4)?,
            newest_history: row.try_get(5)?,
            applied_age: row.try_get(6)?,
            insert_lsn: row.try_get::<_, Option<PgLsn>>(7)?.map(u64::from),
            asynchronous: row.try_get(8)?,
        })
    }

    /// What it means.
    pub(super) fn standing(&self, layout: WalLayout) -> Result<Standing, PostgresError> {
        let timeline = |number: Option<i64>| number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).map(Epoch);
        let lsn = Lsn(self.lsn.ok_or(PostgresError::NotReady)?);
        if !self.recovering {
            let epoch = timeline(self.timeline).ok_or(PostgresError::NotReady)?;
            let end = layout.end_before(Lsn(self.insert_lsn.ok_or(PostgresError::NotReady)?));
            let position = Position { epoch, lsn: if self.asynchronous { end } else { lsn } };
            return Ok(Standing { role: Role::Leader, position, end, epoch_certain: true, applied_age: None });
        }
        let (epoch, certain) = if self.receiving {
            // The server hides the timeline from roles that may not see statistics.
            (timeline(self.timeline).ok_or(PostgresError::RightsMissing { role: None })?, true)
        } else {
            let epoch = timeline(self.control_timeline).ok_or(PostgresError::NotReady)?;
            let newest = self.newest_history.as_deref().and_then(|name| u32::from_str_radix(name, 16).ok());
            (epoch, newest.is_none_or(|newest| newest <= epoch.0))
        };
        let age = self.applied_age.map(|age| Duration::from_micros(u64::try_from(age).unwrap_or(0)));
        Ok(Standing {
            role: Role::Follower,
            position: Position { epoch, lsn },
            end: lsn,
            epoch_certain: certain,
            applied_age: age,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: WalLayout = WalLayout { page: 8192, segment: 16 << 20 };

    fn streaming() -> Answer {
        let age = Some(2_500_000);
        Answer { recovering: true, lsn: Some(700), timeline: Some(2), receiving: true, applied_age: age, ..Answer::default() }
    }

    #[test]
    fn a_primary_stands_where_it_has_flushed_or_at_its_end_if_commits_do_not_wait_for_that() {
        let flushed = Answer { lsn: Some(0x300_1f00), timeline: Some(3), insert_lsn: Some(0x300_2018), ..Answer::default() };
        for (asynchronous, lsn) in [(false, 0x300_1f00), (true, 0x300_2000)] {
            let standing = Answer { asynchronous, ..flushed.clone() }.standing(LAYOUT).expect("a standing");
            assert_eq!((standing.role, standing.position), (Role::Leader, Position { epoch: Epoch(3), lsn: Lsn(lsn) }));
            assert_eq!(standing.end, Lsn(0x300_2000), "before the header of the next page");
        }
    }

    #[test]
    fn a_follower_is_on_the_timeline_that_it_receives() {
        let standing = streaming().standing(LAYOUT).expect("a standing");
        assert_eq!((standing.role, standing.position), (Role::Follower, Position { epoch: Epoch(2), lsn: Lsn(700) }));
        assert_eq!((standing.epoch_certain, standing.applied_age), (true, Some(Duration::from_millis(2_500))));
        let early = Answer { applied_age: Some(-30), ..streaming() };
        assert_eq!(early.standing(LAYOUT).expect("a standing").applied_age, Some(Duration::ZERO), "clocks differ");
    }

    #[test]
    fn without_a_connection_a_follower_is_sure_only_if_it_has_heard_of_nothing_later() {
        let alone = Answer { receiving: false, timeline: None, control_timeline: Some(1), ..streaming() };
        for (newest, certain) in [(None, true), (Some("00000001"), true), (Some("00000002"), false), (Some("0000000A"), false)] {
            let answer = Answer { newest_history: newest.map(str::to_owned), ..alone.clone() };
            let standing = answer.standing(LAYOUT).expect("a standing");
            assert_eq!((standing.position.epoch, standing.epoch_certain), (Epoch(1), certain), "{newest:?}");
        }
    }

    #[test]
    fn what_is_hidden_is_a_right_that_is_missing() {
        let hidden = Answer { timeline: None, ..streaming() };
        assert!(matches!(hidden.standing(LAYOUT), Err(PostgresError::RightsMissing { .. })));
        let starting = Answer { lsn: None, ..streaming() };
        assert!(matches!(starting.standing(LAYOUT), Err(PostgresError::NotReady)));
    }
}
