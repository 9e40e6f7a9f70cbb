//! A process that is aborted leaves its servers running; they are found, and stopped, by the next one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgres_cluster::{Cluster, Error, Installation, Settings, stop_left_behind};

use super::{folder, skipped};

const VARIABLE: &str = "POSTGRES_CLUSTER_TO_ABORT";

/// The process that is aborted.
#[test]
#[ignore = "the test below runs it in a process of its own"]
fn start_and_abort() {
    let folder = std::env::var_os(VARIABLE).map(PathBuf::from).expect("the folder is given");
    let mut cluster = Cluster::start(&Settings { followers: 1, ..Settings::new(folder) }).expect("it starts");
    // One server is killed, and one is left.
    cluster.kill("node2").expect("killed");
    std::process::abort();
}

fn pid(folder: &Path, node: &str) -> String {
    let text = fs::read_to_string(folder.join(node).join("data/postmaster.pid")).expect("it was not stopped");
    text.lines().next().expect("a number").to_owned()
}

/// Does the process run? What has ended may wait for its new parent to hear of it.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn aborted(folder: &Path) {
    let own = std::env::current_exe().expect("this program");
    let mut child = Command::new(own);
    let status = child.args(["abort::start_and_abort", "--exact", "--ignored"]).env(VARIABLE, folder).output().expect("it runs");
    assert!(!status.status.success(), "{status:?}");
}

#[test]
fn what_an_aborted_process_left_is_stopped() {
    if let Err(error @ Error::NotInstalled { .. }) = Installation::find() {
        return skipped(&error);
    }
    let folder = folder("abort");
    aborted(&folder);
    let server = pid(&folder, "node1");
    assert!(runs(&server), "the server outlives its owner");
    assert_eq!(stop_left_behind(&folder).expect("nobody owns it"), ["node1"]);
    assert!(!runs(&server), "{server} still runs");
    assert_eq!(stop_left_behind(&folder).expect("nobody owns it"), Vec::<String>::new());
    // A start does the same by itself.
    aborted(&folder);
    let server = pid(&folder, "node1");
    let cluster = Cluster::start(&Settings { followers: 1, ..Settings::new(&folder) }).expect("it starts");
    assert!(!runs(&server), "{server} still runs");
    assert!(matches!(stop_left_behind(&folder), Err(Error::InUse { .. })));
    drop(cluster);
}
