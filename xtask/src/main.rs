//! `cargo xtask`: the project's set-up, its development server, and everything it checks.
//!
//! Standard library only, so it compiles in seconds and works before anything else is installed. The command line is
//! read here; `setup` makes a fresh machine ready, `steps` lists what `test` runs, `commands` runs it, and `postgres` is
//! for trying things on a database.

mod anchors;
mod browser;
mod budget;
mod commands;
mod node;
mod packages;
mod postgres;
mod setup;
mod single_file;
mod speed;
mod steps;
mod tools;

use std::process::ExitCode;
use tools::Toolbox;

const USAGE: &str = "\
usage:
  cargo xtask serve [TRUNK OPTIONS]   set up, then serve the lab and rebuild it on every change
  cargo xtask test [--only STEPS]     set up, then run every check (or the named ones: fmt,clippy,…)
  cargo xtask setup                   install what is missing, and nothing else
  cargo xtask single-file             write the release build as one HTML file that needs no server and no network
  cargo xtask frames [QUERY]          measure frame times of the release build with the processor slowed down 4 times
  cargo xtask speed                   measure the simulation beside other kernels, natively and in Chromium, and print the ratios
  cargo xtask postgres ORDER          a PostgreSQL cluster with followers and faults: up, down, status, fault, help";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Task {
    Usage,
    Setup,
    Serve(Vec<String>),
    Test(Option<String>),
    Frames(Option<String>),
    SingleFile,
    Speed,
    Postgres(Vec<String>),
}

fn run(arguments: &[String]) -> Result<(), String> {
    let task = read(arguments)?;
    let tools = Toolbox::new()?;
    match task {
        Task::Usage => {
            println!("{USAGE}\n\nsteps of test, in order:\n{}", steps::listing());
            Ok(())
        }
        Task::Setup => setup::everything(&tools),
        Task::Serve(options) => commands::serve(&tools, &options),
        Task::Test(only) => steps::run(&tools, &steps::chosen(only.as_deref())?),
        Task::Frames(query) => commands::frames(&tools, query.as_deref()),
        Task::SingleFile => single_file::write(&tools),
        Task::Speed => speed::compare(&tools),
        Task::Postgres(words) => postgres::run(&tools, &words.iter().map(String::as_str).collect::<Vec<_>>()),
    }
}

fn read(arguments: &[String]) -> Result<Task, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => Ok(Task::Usage),
        ["setup"] => Ok(Task::Setup),
        ["serve", options @ ..] => Ok(Task::Serve(options.iter().map(ToString::to_string).collect())),
        ["test"] => Ok(Task::Test(None)),
        ["test", "--only", steps] => Ok(Task::Test(Some((*steps).to_owned()))),
        ["single-file"] => Ok(Task::SingleFile),
        ["speed"] => Ok(Task::Speed),
        ["postgres", words @ ..] => Ok(Task::Postgres(words.iter().map(ToString::to_string).collect())),
        ["frames"] => Ok(Task::Frames(None)),
        ["frames", query] => Ok(Task::Frames(Some((*query).to_owned()))),
        _ => Err(format!("cannot read `{}`\n{USAGE}", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, read};

    fn task(line: &str) -> Result<Task, String> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn reads_the_command_line() {
        assert_eq!(task(""), Ok(Task::Usage));
        assert_eq!(task("setup"), Ok(Task::Setup));
        assert_eq!(task("test"), Ok(Task::Test(None)));
        assert_eq!(task("single-file"), Ok(Task::SingleFile));
        assert_eq!(task("test --only fmt,size"), Ok(Task::Test(Some("fmt,size".to_owned()))));
        assert_eq!(task("frames ?preset=x"), Ok(Task::Frames(Some("?preset=x".to_owned()))));
        assert_eq!(task("postgres fault stop node1"), Ok(Task::Postgres(["fault", "stop", "node1"].map(str::to_owned).to_vec())));
        assert_eq!(task("serve --port 9"), Ok(Task::Serve(vec!["--port".to_owned(), "9".to_owned()])));
    }

    #[test]
    fn says_how_it_is_used_when_it_cannot_read() {
        for line in ["tset", "test --only", "test fmt", "setup now"] {
            let message = task(line).expect_err(line);
            assert!(message.contains("usage:"), "{message}");
        }
    }
}
