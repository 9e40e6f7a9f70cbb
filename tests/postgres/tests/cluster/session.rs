//! A client that keeps its session: `psql`, which is given one statement after the other. The answer to a statement is
//! printed once the server has said that its transaction is committed, so that it counts as the acknowledgement.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use postgres_cluster::{Cluster, ConnectionParameters};

pub(crate) struct Session {
    psql: Child,
    statements: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Session {
    pub(crate) fn open(cluster: &Cluster, parameters: &ConnectionParameters) -> Self {
        let mut psql = Command::new(cluster.installation().program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .envs(parameters.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql starts");
        let statements = psql.stdin.take().expect("a pipe was asked for");
        let answers = BufReader::new(psql.stdout.take().expect("a pipe was asked for"));
        Self { psql, statements, answers }
    }

    /// The row that a statement returns. None if the session has ended before it came, which says nothing of the statement.
    pub(crate) fn row(&mut self, statement: &str) -> Option<String> {
        writeln!(self.statements, "{statement};").ok()?;
        let mut answer = String::new();
        let length = self.answers.read_line(&mut answer).ok()?;
        (length > 0).then(|| answer.trim_end().to_owned())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.psql.kill());
        drop(self.psql.wait());
    }
}
