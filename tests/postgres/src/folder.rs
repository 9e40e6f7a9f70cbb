//! The folder of a cluster. A file in it says that it is one, and is locked as long as its owner lives: so two
//! processes never share a folder, what an aborted run has left can be told from what is in use, and no folder of
//! anybody else is emptied.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::account::Account;
use crate::error::Error;
use crate::processes::{self, PidFile};

/// The file that marks a folder as that of a cluster, and is locked by its owner.
const MARK: &str = "cluster";
/// The socket on which the owner takes orders, if it does.
pub(crate) const CONTROL: &str = "control";
/// How long servers that an aborted run has left may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that is ours as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Holds the lock.
    mark: File,
}

impl Folder {
    /// Takes a folder: stops and removes what an aborted run has left there.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let occupied = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if occupied && !path.join(MARK).is_file() {
            return Err(Error::ForeignFolder { folder: path.to_owned() });
        }
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        let path = fs::canonicalize(path).map_err(Error::io("find", path))?;
        let folder = Self { mark: lock(&path)?, path };
        stop_servers(&folder.path)?;
        folder.empty()?;
        Ok(folder)
    }

    /// The folder of a node, made if need be. The account must be able to write there.
    pub(crate) fn node(&self, name: &str, account: &Account) -> Result<PathBuf, Error> {
        use std::os::unix::fs::DirBuilderExt;
        let path = self.path.join(name);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(Error::io("create", &path))?;
        account.own(&path)?;
        match account.can_write(&path) {
            true => Ok(path),
            false => Err(Error::Unreachable { folder: path, account: account.name().to_owned() }),
        }
    }

    /// Removes the files of all nodes, and the socket of an owner that was aborted.
    pub(crate) fn empty(&self) -> Result<(), Error> {
        let control = self.path.join(CONTROL);
        if control.exists() {
            fs::remove_file(&control).map_err(Error::io("remove", &control))?;
        }
        nodes(&self.path).iter().try_for_each(|node| fs::remove_dir_all(node).map_err(Error::io("remove", node)))
    }
}

/// Stops the servers that an aborted run has left in a folder and removes their files; returns the names of those that ran.
///
/// # Errors
///
/// [`Error::InUse`] if their owner is alive, [`Error::ForeignFolder`] if this is no folder of a cluster.
pub fn stop_left_behind(folder: &Path) -> Result<Vec<String>, Error> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    if !folder.join(MARK).is_file() {
        return Err(Error::ForeignFolder { folder: folder.to_owned() });
    }
    let path = fs::canonicalize(folder).map_err(Error::io("find", folder))?;
    let folder = Folder { mark: lock(&path)?, path };
    let stopped = stop_servers(&folder.path)?;
    folder.empty()?;
    Ok(stopped)
}

impl Drop for Folder {
    fn drop(&mut self) {
        // To close it would not be enough: a child that another thread starts just now holds it, too, until it has become its program.
        drop(self.mark.unlock());
    }
}

/// A folder for a cluster: below the preferred one if the account of the servers can enter that, else below the folder for
/// temporary files. Whose project is in the home of root has it there.
///
/// # Errors
///
/// [`Error::NoAccount`], [`Error::Io`] if no folder can be made, [`Error::ForeignFolder`] if somebody else has made it.
pub fn place_for(preferred: impl Into<PathBuf>, name: &str) -> Result<PathBuf, Error> {
    let preferred = preferred.into();
    fs::create_dir_all(&preferred).map_err(Error::io("create", &preferred))?;
    if Account::unprivileged()?.can_enter(&preferred) {
        return Ok(preferred.join(name));
    }
    // The same for every process of this project, and for no other project.
    let mark = preferred.to_string_lossy().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let shared = std::env::temp_dir().join(format!("postgres-cluster-{mark:08x}"));
    fs::create_dir_all(&shared).map_err(Error::io("create", &shared))?;
    let found = fs::symlink_metadata(&shared).map_err(Error::io("look at", &shared))?;
    // Anybody may make a folder of this name there, or a link that leads elsewhere.
    match found.is_dir() && Account::is_caller(found.uid()) {
        true => Ok(shared.join(name)),
        false => Err(Error::ForeignFolder { folder: shared }),
    }
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(MARK);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = file.map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let owner = fs::read_to_string(&path).unwrap_or_default();
            return Err(Error::InUse { folder: folder.to_owned(), owner: owner.trim().to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(Error::io("write", &path))?;
    Ok(file)
}

/// The folders of nodes, in order.
fn nodes(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_node = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("node"));
    let mut nodes: Vec<PathBuf> = entries.filter(is_node).filter(|path| path.is_dir()).collect();
    nodes.sort();
    nodes
}

/// Ends every server that works in a data folder of this cluster, and removes what killed ones have left in the kernel.
fn stop_servers(folder: &Path) -> Result<Vec<String>, Error> {
    let mut stopped = Vec::new();
    for node in nodes(folder) {
        let data = node.join("data");
        let Some(file) = PidFile::read(&data) else { continue };
        if processes::works_in(&file.pid, &data) {
            processes::end(&file.pid, PATIENCE)?;
            stopped.push(node.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        remove_segment(&data);
    }
    Ok(stopped)
}

/// Removes the segment of shared memory of a server that was killed and will not start again. The number may have passed to another
/// segment, so its key must be the same, and nobody may use it. If it cannot be removed, 56 bytes stay.
pub(crate) fn remove_segment(data: &Path) {
    let Some((key, number)) = PidFile::read(data).and_then(|file| file.segment) else { return };
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let unused = table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns.first() == Some(&key.as_str()) && columns.get(1) == Some(&number.as_str()) && columns.get(6) == Some(&"0")
    });
    if unused {
        drop(Command::new("ipcrm").args(["-m", &number]).stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, stop_left_behind};
    use crate::Error;
    use std::fs;
    use std::path::PathBuf;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("postgres-cluster-{}-{name}", std::process::id()));
        fs::create_dir_all(&place).expect("a folder");
        place
    }

    #[test]
    fn a_folder_of_others_is_left_alone() {
        let place = place("foreign");
        fs::write(place.join("letter"), "dear").expect("a file");
        assert!(matches!(Folder::take(&place), Err(Error::ForeignFolder { .. })));
        assert!(matches!(stop_left_behind(&place), Err(Error::ForeignFolder { .. })));
        assert!(place.join("letter").is_file());
        fs::remove_dir_all(&place).expect("removed");
    }

    #[test]
    fn a_place_that_the_account_cannot_enter_is_given_up() {
        use std::os::unix::fs::PermissionsExt;
        let place = place("closed");
        assert_eq!(super::place_for(place.clone(), "a").expect("open"), place.join("a"));
        fs::set_permissions(&place, fs::Permissions::from_mode(0o000)).expect("closed");
        // Root may create what is there already; others cannot enter, and are told so or led elsewhere.
        let given = super::place_for(place.clone(), "a").expect("another");
        assert!(given.ends_with("a") && !given.starts_with(&place), "{}", given.display());
        fs::remove_dir(given.parent().expect("a folder")).expect("removed");
        fs::remove_dir_all(&place).expect("removed");
    }

    #[test]
    fn a_folder_has_one_owner_and_is_emptied_for_the_next() {
        let place = place("owned");
        let folder = Folder::take(&place).expect("it is empty");
        let refused = Folder::take(&place).expect_err("it has an owner").to_string();
        assert!(refused.contains(&format!("process {} has", std::process::id())), "{refused}");
        assert!(matches!(stop_left_behind(&place), Err(Error::InUse { .. })));
        fs::create_dir_all(folder.path.join("node1/data")).expect("a folder");
        drop(folder);
        assert_eq!(stop_left_behind(&place).expect("it is free"), Vec::<String>::new());
        assert!(!place.join("node1").exists());
        fs::remove_dir_all(&place).expect("removed");
        assert_eq!(stop_left_behind(&place).expect("nothing is there"), Vec::<String>::new());
    }
}
