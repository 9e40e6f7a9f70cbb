//! Child processes of PostgreSQL: started as the account of the servers, waited for, and answered with what they said
//! when they fail.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::error::{Error, ending};
use crate::installation::Installation;

/// What every step needs: the programs, and as whom they run.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) installation: Installation,
    pub(crate) account: Account,
}

impl Programs {
    pub(crate) fn find() -> Result<Self, Error> {
        Ok(Self { installation: Installation::find()?, account: Account::unprivileged()? })
    }

    /// One of PostgreSQL's programs, ready to be given its arguments.
    pub(crate) fn command(&self, name: &str) -> Command {
        self.account.command(&self.installation.program(name))
    }
}

/// What a program that succeeded has written.
#[derive(Debug)]
pub(crate) struct Output {
    /// To its output.
    pub(crate) printed: String,
    /// To its error output: what it did, or what deserves attention.
    pub(crate) said: String,
}

/// Waits until a program has ended.
pub(crate) fn run(command: &mut Command) -> Result<Output, Error> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| Error::Program {
        program: program.clone(),
        why: error.to_string(),
        output: "it could not be started".to_owned(),
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    match output.status.success() {
        true => Ok(Output { printed, said }),
        false => Err(Error::Program { program, why: output.status.to_string(), output: ending(&format!("{printed}\n{said}")) }),
    }
}

/// Asks again and again until the answer is there. `look` returns the answer, or what it has seen instead.
pub(crate) fn await_that<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<Result<T, String>, Error>,
) -> Result<T, Error> {
    // Most looks cost the start of a process, on a machine that has something else to do: they become rarer.
    const PAUSE_MAX: Duration = Duration::from_millis(200);
    let mut pause = Duration::from_millis(10);
    let begun = Instant::now();
    loop {
        match look()? {
            Ok(answer) => return Ok(answer),
            Err(seen) if begun.elapsed() >= patience => {
                return Err(Error::TimedOut { what: what.to_owned(), after: begun.elapsed(), seen });
            }
            Err(_) => std::thread::sleep(pause),
        }
        pause = PAUSE_MAX.min(pause + pause / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::{await_that, run};
    use crate::Error;
    use std::process::Command;
    use std::time::Duration;

    #[test]
    fn a_program_that_fails_is_quoted() {
        let error = run(Command::new("sh").args(["-c", "echo out; echo complaint >&2; exit 3"])).expect_err("it fails");
        let message = error.to_string();
        assert!(message.starts_with("`sh` failed") && message.contains('3') && message.contains("complaint"), "{message}");
        let error = run(&mut Command::new("no-such-program-anywhere")).expect_err("it is not there");
        assert!(error.to_string().contains("could not be started"), "{error}");
    }

    #[test]
    fn waiting_ends_with_the_answer_or_with_what_was_seen() {
        let mut left = 3;
        let answer = await_that("zero", Duration::from_secs(9), || {
            left -= 1;
            Ok(if left == 0 { Ok("zero") } else { Err(left.to_string()) })
        });
        assert_eq!(answer.expect("it comes"), "zero");
        let error = await_that::<()>("the end", Duration::ZERO, || Ok(Err("a beginning".to_owned()))).expect_err("never");
        assert!(matches!(&error, Error::TimedOut { seen, .. } if seen == "a beginning"), "{error}");
    }
}
