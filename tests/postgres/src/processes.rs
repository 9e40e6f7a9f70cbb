//! Processes of servers, as the file `postmaster.pid` and the `proc` file system tell of them: which are there, which
//! are the children of which, and their end by SIGKILL. Where there is no `proc`, the children of a server that is
//! killed are left to end by themselves, which they do when they miss it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::Error;
use crate::program::{await_that, run};

/// What stands in the `postmaster.pid` of a data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: String,
    /// `starting`, `standby`, `ready` or `stopping`; nothing yet at the very first.
    pub(crate) status: String,
    /// Key and number of the segment of shared memory by which a server knows that another one runs on its data.
    pub(crate) segment: Option<(String, String)>,
}

impl PidFile {
    /// None if there is none, which is so after an orderly stop.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = lines.first().filter(|pid| pid.parse::<u32>().is_ok())?;
        let segment = lines.get(6).and_then(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        });
        let status = lines.get(7).copied().unwrap_or_default().to_owned();
        Some(Self { pid: (*pid).to_owned(), status, segment })
    }
}

/// Is the process there, and is this folder where it works? A server works in its data folder; a number may have passed to another
/// process since it was written down.
pub(crate) fn works_in(pid: &str, data: &Path) -> bool {
    let folder = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    fs::read_link(PathBuf::from("/proc").join(pid).join("cwd")).is_ok_and(|place| place == folder)
}

/// The processes whose parent is the given one.
fn children(parent: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.parse::<u32>().is_ok());
    let mut found: Vec<String> = numbers.filter(|pid| parent_of(pid).as_deref() == Some(parent)).collect();
    found.sort();
    found
}

fn parent_of(pid: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program is in parentheses and may hold anything; state and parent come after it.
    let (_, rest) = text.rsplit_once(") ")?;
    rest.split(' ').nth(1).map(str::to_owned)
}

/// Ends a process and its children by SIGKILL, and waits until the children are gone. The process itself stays as a zombie until
/// its parent has waited for it.
pub(crate) fn kill_tree(pid: u32) -> Result<(), Error> {
    let pid = pid.to_string();
    let below = children(&pid);
    // The parent first: it would start others in place of its children, or take their death for a reason to recover.
    signal("KILL", std::iter::once(&pid).chain(&below))?;
    await_that("the processes of a killed server to be gone", Duration::from_secs(20), || {
        let left: Vec<&str> = below.iter().map(String::as_str).filter(|pid| is_alive(pid)).collect();
        Ok(if left.is_empty() { Ok(()) } else { Err(left.join(" ")) })
    })
}

/// Ends a server that is no child of ours, with `pg_ctl`'s signal for an immediate stop; by SIGKILL if that takes too long.
pub(crate) fn end(pid: &str, patience: Duration) -> Result<(), Error> {
    let gone = |patience| {
        await_that("a server to stop", patience, || Ok(if is_alive(pid) { Err(format!("process {pid}")) } else { Ok(()) }))
    };
    signal("QUIT", std::iter::once(&pid.to_owned()))?;
    if gone(patience).is_err()
        && let Ok(number) = pid.parse()
    {
        kill_tree(number)?;
        gone(patience)?;
    }
    Ok(())
}

/// Sends a signal, with the shell's own `kill`: the standard library has none for processes of others.
fn signal<'a>(name: &str, pids: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let mut command = Command::new("sh");
    // Some of them may have ended by now, which is no failure.
    command.args(["-c", "kill -s \"$@\" 2>/dev/null; true", "sh", name]).args(pids).stdin(Stdio::null());
    run(&mut command).map(drop)
}

/// Is the process there, and not only its exit status?
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::{PidFile, children, is_alive, kill_tree, works_in};
    use std::path::Path;
    use std::process::{Command, Stdio};

    #[test]
    fn reads_the_file_of_a_server() {
        let text = "4711\n/data\n1700000000\n15432\n\n127.0.0.1\n   12345678         7\nready   \n";
        let file = PidFile::parse(text).expect("a server's file");
        let segment = Some(("12345678".to_owned(), "7".to_owned()));
        assert_eq!(file, PidFile { pid: "4711".to_owned(), status: "ready".to_owned(), segment });
        let early = PidFile::parse("4711\n/data\n").expect("a file that is being written");
        assert_eq!((early.status.as_str(), early.segment), ("", None));
        assert_eq!(PidFile::parse("-1 no number\n"), None);
        assert_eq!(PidFile::parse(""), None);
    }

    #[test]
    fn a_killed_process_takes_its_children_along() {
        let mut parent = Command::new("sh")
            .args(["-c", "sleep 100 & sleep 100 & wait"])
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let pid = parent.id().to_string();
        let mut below = children(&pid);
        while below.len() < 2 {
            std::thread::yield_now();
            below = children(&pid);
        }
        kill_tree(parent.id()).expect("it is killed");
        parent.wait().expect("it has ended");
        assert!(below.iter().all(|pid| !is_alive(pid)) && !is_alive(&pid), "{below:?} of {pid}");
    }

    #[test]
    fn a_process_works_in_its_folder_only() {
        let here = std::env::current_dir().expect("a folder");
        let own = std::process::id().to_string();
        assert!(works_in(&own, &here));
        assert!(!works_in(&own, Path::new("/")));
        assert!(!works_in("0", &here));
    }
}
