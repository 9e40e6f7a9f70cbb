//! `cargo xtask postgres`: a PostgreSQL cluster to try things on, in a folder that git ignores. `up` leaves a process
//! behind that owns servers and links and takes orders; the other words are orders to it. The package `postgres-cluster`
//! does the work; here is what concerns the command line: the installation, the process that stays, and what is printed.

use crate::{packages, setup::say, tools::Toolbox};
use postgres_cluster::{Account, Cluster, Error, Installation, Order, Settings, Synchronous, control};
use std::{
    env,
    fs::{self, File},
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

pub(crate) const USAGE: &str = "\
usage:
  cargo xtask postgres up [--synchronous] [--followers N]
                                           a primary and N followers, 2 if not said, the first of them synchronous if asked";

/// Debian's package of the server. It makes a cluster of the system, which is left alone.
const PACKAGE: &str = "postgresql";

/// Sees to the programs. Tests do without if they must, and say so.
pub(crate) fn available(tools: &Toolbox) -> Result<(), String> {
    if let Err(why) = installed(tools) {
        say(PACKAGE, &format!("MISSING, and everything that needs it will be SKIPPED: {why}"));
    }
    Ok(())
}

/// Finds the programs, installed if need be.
fn installed(tools: &Toolbox) -> Result<(), String> {
    let found = Installation::find();
    if let Ok(installation) = found {
        say(PACKAGE, &format!("present, version {}", installation.version()));
        return Account::unprivileged().map(drop).map_err(|error| error.to_string());
    }
    let advice = found.map(drop).map_err(|error| error.to_string());
    let Some(rights) = packages::rights(tools) else { return advice };
    say(PACKAGE, "missing, installing the system's package because replication is tried on real servers");
    packages::install(tools, &rights, &[PACKAGE])?;
    Installation::find().map(drop).map_err(|error| error.to_string())
}

/// The tests that need it: those of the cluster, of the router over it, and that of these words.
pub(crate) fn test(tools: &Toolbox) -> Result<(), String> {
    if let Err(error) = Installation::find() {
        println!("\n!! SKIPPED, nothing was checked: {error}\n");
        return Ok(());
    }
    tools.run(&mut tools.command("cargo", ["test", "--package", "postgres-cluster", "--package", "postgres-router"]))?;
    let folder = postgres_cluster::place_for(tools.file("target"), "postgres-test").map_err(|error| error.to_string())?;
    rehearsal(tools, &folder)
}

/// What can be typed works: a cluster stays when the command has ended, takes orders, and goes; and says so when it cannot.
fn rehearsal(tools: &Toolbox, folder: &Path) -> Result<(), String> {
    let expect = |words: &[&str], expected: &str| {
        println!("  > {}", words.join(" "));
        let said = carry_out(tools, folder, words).unwrap_or_else(|error| error);
        match said.contains(expected) {
            true => Ok(()),
            false => Err(format!("`{}` should say `{expected}`, and said: {said}", words.join(" "))),
        }
    };
    expect(&["down"], "")?;
    expect(&["status"], "no cluster is up")?;
    expect(&["up", "--followers", "1", "--synchronous"], "node2: follower (sync)")?;
    expect(&["up"], "is up already")?;
    expect(&["fault", "kill-primary"], "node1 is killed")?;
    expect(&["fault", "promote", "node2"], "node2 leads")?;
    expect(&["status"], "node1: down")?;
    expect(&["down"], "everything is stopped")?;
    expect(&["down"], "nothing was up")
}

/// What `cargo xtask postgres` does with the words after it.
pub(crate) fn run(tools: &Toolbox, words: &[&str]) -> Result<(), String> {
    if let ["own", folder, options @ ..] = words {
        return own(&settings(Path::new(folder), options)?).map_err(|error| error.to_string());
    }
    let folder = postgres_cluster::place_for(tools.file("target"), "postgres").map_err(|error| error.to_string())?;
    let said = carry_out(tools, &folder, words)?;
    // Who pipes this into `head` wants no more.
    drop(writeln!(std::io::stdout(), "{said}"));
    Ok(())
}

fn carry_out(tools: &Toolbox, folder: &Path, words: &[&str]) -> Result<String, String> {
    match words {
        [] | ["help" | "--help" | "-h"] => Ok(format!("{USAGE}\n{}", postgres_cluster::USAGE)),
        ["up", options @ ..] => up(tools, folder, options),
        ["down"] => down(folder),
        words => {
            Order::parse(words).map_err(|error| format!("{error}\n{USAGE}"))?;
            control::send(folder, words).map_err(|error| match error {
                Error::NotServed { .. } => format!("{error}: `cargo xtask postgres up` starts one"),
                other => other.to_string(),
            })
        }
    }
}

fn settings(folder: &Path, options: &[&str]) -> Result<Settings, String> {
    let mut settings = Settings::new(folder);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            "--synchronous" => settings.synchronous = Synchronous::First(1),
            "--followers" => {
                let number = rest.next().and_then(|number| number.parse().ok());
                settings.followers = number.ok_or("`--followers` wants a number")?;
            }
            other => return Err(format!("cannot read `{other}`\n{USAGE}")),
        }
    }
    Ok(settings)
}

/// Starts the process that owns the cluster, and waits until it takes orders.
fn up(tools: &Toolbox, folder: &Path, options: &[&str]) -> Result<String, String> {
    settings(folder, options)?;
    if control::is_served(folder) {
        return Err("a cluster is up already: `cargo xtask postgres status` shows it, `down` ends it".to_owned());
    }
    installed(tools)?;
    let log = log_file(folder);
    let file = File::create(&log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let again = file.try_clone().map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let own = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut command = Command::new(own);
    command
        .args(["postgres", "own"])
        .arg(folder)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::from(file))
        .stderr(Stdio::from(again));
    // A group of its own, so that Ctrl-C at the terminal is for others.
    let mut owner = command.process_group(0).spawn().map_err(|error| format!("cannot start the owner: {error}"))?;
    while !control::is_served(folder) {
        if let Ok(Some(_)) = owner.try_wait() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the cluster did not start: {}", said.trim().trim_start_matches("error: ")));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let status = control::send(folder, &["status"]).map_err(|error| error.to_string())?;
    Ok(format!("{status}\nfiles are in {}; `cargo xtask postgres down` stops and removes everything", folder.display()))
}

/// Beside the folder, because only what belongs to the cluster may be in it.
fn log_file(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

/// The process that stays.
fn own(settings: &Settings) -> Result<(), Error> {
    Cluster::start(settings).and_then(control::serve)
}

/// Ends the cluster, or what is left of one whose owner is gone.
fn down(folder: &Path) -> Result<String, String> {
    match control::send(folder, &["down"]) {
        Err(Error::NotServed { .. }) => {}
        answer => return answer.map_err(|error| error.to_string()),
    }
    let stopped = postgres_cluster::stop_left_behind(folder).map_err(|error| error.to_string())?;
    Ok(match stopped.as_slice() {
        [] => "nothing was up".to_owned(),
        names => format!("stopped what an aborted run had left: {}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::settings;
    use postgres_cluster::Synchronous;
    use std::path::Path;

    #[test]
    fn reads_what_a_cluster_is_to_be() {
        let read = |options: &[&str]| settings(Path::new("target/postgres"), options);
        let both = read(&["--followers", "3", "--synchronous"]).expect("options");
        assert_eq!((both.followers, both.synchronous), (3, Synchronous::First(1)));
        let none = read(&[]).expect("no options");
        assert_eq!((none.followers, none.synchronous), (2, Synchronous::Off));
        for wrong in [&["--followers"][..], &["--followers", "two"], &["--fast"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
