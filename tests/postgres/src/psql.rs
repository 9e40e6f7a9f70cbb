//! Statements, run by `psql` as a child process: slow beside a driver, but part of every installation, and enough for
//! faults and for looking at the state of a server.

use crate::error::{Error, ending};
use crate::parameters::ConnectionParameters;
use crate::program::{Programs, run};

/// Whether the commit of a statement waits for other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// As the server is set up.
    AsConfigured,
    /// Never: what keeps the cluster going must work while followers are away.
    Locally,
}

/// How long a statement may run, in milliseconds.
const STATEMENT_TIMEOUT: u32 = 60_000;

/// Runs statements at a node in one session; returns their rows, with a line for each and `|` between columns.
pub(crate) fn execute(
    programs: &Programs,
    node: &str,
    parameters: &ConnectionParameters,
    waits: Waits,
    statements: &str,
) -> Result<String, Error> {
    let commit = match waits {
        Waits::AsConfigured => "",
        Waits::Locally => " -c synchronous_commit=local",
    };
    let mut command = programs.command("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements]);
    command.envs(parameters.variables()).env("PGOPTIONS", format!("-c statement_timeout={STATEMENT_TIMEOUT}{commit}"));
    match run(&mut command) {
        Ok(output) => Ok(output.printed),
        Err(Error::Program { output, .. }) => {
            Err(Error::Statement { node: node.to_owned(), statement: statements.to_owned(), message: ending(&output) })
        }
        Err(other) => Err(other),
    }
}
