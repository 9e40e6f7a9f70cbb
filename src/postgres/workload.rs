//! A workload for records: sessions that would notice what the three guarantees forbid.
//!
//! Each *owner* has a key of its own, writes it, and reads it twice: a read that misses the write breaks read-your-writes, a second one that
//! shows less than the first breaks monotonic reads. One *publisher* writes a question and then its answer; one *observer* reads the answer
//! and then the question: an answer without its question breaks the consistent prefix (DDIA 2e, ch. 6, "Problems with replication lag").

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::backend::Postgres;
use super::error::PostgresError;
use super::pool::Connection;
use super::record::{Asks, Outcome, Recorder};
use crate::lsn::Position;
use crate::routing::{Backend, Failure, Lent, ReadPolicy, RoutingError, Session};
use crate::store::ReadRouter;

/// The keys of publisher and observer.
const QUESTION: &str = "question";
/// See [`QUESTION`].
const ANSWER: &str = "answer";

/// How long a server may take until it has the table of the workload.
const READY: Duration = Duration::from_secs(10);

/// What sessions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// How many owners there are, beside publisher and observer.
    pub owners: usize,
    /// How many rounds each session has. An owner's round is a write and two reads, an observer's two reads.
    pub rounds: u64,
    /// The policy of all reads.
    pub policy: ReadPolicy,
}

/// The table of the workload, which is made if it is not there, and emptied.
const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS recorded_register (key text PRIMARY KEY, value text NOT NULL);
TRUNCATE recorded_register";
const WRITE: &str = "\
INSERT INTO recorded_register (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const READ: &str = "SELECT value FROM recorded_register WHERE key = $1";

/// A session of the workload.
struct Client {
    router: Arc<ReadRouter<Postgres>>,
    recorder: Arc<Recorder>,
    session: Session,
    name: String,
}

/// How an operation ended that a caller did not see end well. Without a code of the server nobody knows what became of a write.
fn outcome(error: &Failure<PostgresError, tokio_postgres::Error>, is_write: bool) -> Outcome {
    let unknown = is_write
        && match error {
            Failure::Routing(RoutingError::PositionUnknown { .. }) => true,
            Failure::Routing(_) => false,
            Failure::Work(error) => error.code().is_none_or(|code| {
                // Of a statement whose completion is unknown the server says just that.
                *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN || !code.code().starts_with(['2', '4'])
            }),
        };
    if unknown { Outcome::Indeterminate(error.to_string()) } else { Outcome::Failed(error.to_string()) }
}

impl Client {
    /// The session's token, of the one cluster there is.
    fn token(&self) -> Position {
        self.session.tokens().next().map_or(Position::ZERO, |(_, token)| token)
    }

    async fn write(&mut self, key: &str, value: String) {
        let Some(begun) = self.recorder.begin(&self.name, key, Asks::Write(value.clone()), self.token()) else { return };
        let work = |db: Lent<Connection>| async move {
            let statement = db.prepare_cached(WRITE).await?;
            db.execute(&statement, &[&key, &value]).await
        };
        let outcome = match self.router.write(&mut self.session, work).await {
            Ok(_) => Outcome::Written,
            Err(error) => outcome(&error, true),
        };
        self.recorder.end(begun, outcome, self.session.last_served());
    }

    async fn read(&mut self, key: &str, policy: ReadPolicy) {
        let Some(begun) = self.recorder.begin(&self.name, key, Asks::Read(policy), self.token()) else { return };
        let work = |db: Lent<Connection>| async move {
            let statement = db.prepare_cached(READ).await?;
            let row = db.query_opt(&statement, &[&key]).await?;
            row.map(|row| row.try_get::<_, String>(0)).transpose()
        };
        let (outcome, served) = match self.router.read_under(&mut self.session, policy, work).await {
            Ok(value) => (Outcome::Shown(value), self.session.last_served()),
            Err(error) => (outcome(&error, false), None),
        };
        self.recorder.end(begun, outcome, served);
    }
}

impl Workload {
    /// Carries it out to its end, and takes everything down.
    ///
    /// # Errors
    /// If its table cannot be made; what goes wrong later is part of the record.
    pub async fn run(
        self,
        router: &Arc<ReadRouter<Postgres>>,
        recorder: &Arc<Recorder>,
    ) -> Result<(), Failure<PostgresError, tokio_postgres::Error>> {
        let mut first = Session::new();
        router.write(&mut first, |db| async move { db.batch_execute(TABLE).await }).await?;
        let made = first.last_served().and_then(|served| served.position).unwrap_or(Position::ZERO);
        for node in 0..router.routing().backend().nodes().len() {
            // A server that is away, or does not get there, is part of what is recorded.
            let wait = router.routing().at_replica(node, made, READY, |_| async { Ok::<(), tokio_postgres::Error>(()) });
            wait.await.ok();
        }
        let client = |name: String| Client { router: router.clone(), recorder: recorder.clone(), session: first.clone(), name };
        let mut tasks = tokio::task::JoinSet::new();
        for owner in 0..self.owners {
            tasks.spawn(self.own(client(format!("owner-{owner}"))));
        }
        tasks.spawn(self.publish(client("publisher".to_owned())));
        tasks.spawn(self.observe(client("observer".to_owned())));
        while let Some(ended) = tasks.join_next().await {
            // A session that panicked is a defect of this program, whose record would be taken for whole.
            ended.expect("a session of the workload does not panic");
        }
        Ok(())
    }

    async fn own(self, mut client: Client) {
        let key = format!("of-{}", client.name);
        for round in 0..self.rounds {
            client.write(&key, format!("{}-{round}", client.name)).await;
            client.read(&key, self.policy).await;
            client.read(&key, self.policy).await;
        }
    }

    async fn publish(self, mut client: Client) {
        for round in 0..self.rounds {
            client.write(QUESTION, format!("question-{round}")).await;
            client.write(ANSWER, format!("answer-{round}")).await;
        }
    }

    async fn observe(self, mut client: Client) {
        for _ in 0..self.rounds {
            client.read(ANSWER, self.policy).await;
            client.read(QUESTION, self.policy).await;
        }
    }
}
