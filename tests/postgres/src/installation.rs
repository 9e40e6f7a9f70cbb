//! Where PostgreSQL's programs are. Debian keeps those of each version in a folder that is not on PATH
//! (`/usr/lib/postgresql/15/bin`); elsewhere `pg_config --bindir` or PATH tell. The newest version that has all
//! programs is taken.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// Below the folder of a version stands `bin`.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Names the folder of programs, and overrides the search.
const VARIABLE: &str = "POSTGRES_BIN";
const PROGRAMS: [&str; 6] = ["initdb", "postgres", "pg_ctl", "pg_basebackup", "pg_rewind", "psql"];
/// The first with `pg_get_wal_replay_pause_state`.
const VERSION_MIN: u32 = 14;

/// The programs of one version of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    folder: PathBuf,
    version: u32,
}

impl Installation {
    /// Finds the programs.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] if no place has all programs of a version that will do.
    pub fn find() -> Result<Self, Error> {
        let searched = places();
        let found = searched.iter().filter_map(|folder| Self::in_folder(folder));
        // Of equal versions the first, which is the place that has precedence.
        let newest = found.reduce(|best, next| if next.version > best.version { next } else { best });
        newest.ok_or(Error::NotInstalled { searched })
    }

    /// The programs of a folder, if it has all of them in a version that will do.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Option<Self> {
        if !PROGRAMS.iter().all(|program| folder.join(program).is_file()) {
            return None;
        }
        let version = major(&printed(&folder.join("postgres"), "--version")?)?;
        (version >= VERSION_MIN).then(|| Self { folder: folder.to_owned(), version })
    }

    /// The major version, 15 for `15.18`.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The file of a program, for example of `pgbench`. It need not exist.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Where to look, in the order of precedence.
fn places() -> Vec<PathBuf> {
    if let Some(given) = env::var_os(VARIABLE).filter(|given| !given.is_empty()) {
        return vec![PathBuf::from(given)];
    }
    let mut places: Vec<PathBuf> = printed(Path::new("pg_config"), "--bindir").map(PathBuf::from).into_iter().collect();
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    if debian.is_empty() {
        // Named in the error, so that its reader knows where Debian's package would be seen.
        debian.push(Path::new(DEBIAN).join("*/bin"));
    }
    debian.sort();
    places.extend(debian);
    places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut known = Vec::new();
    places.retain(|place| {
        !known.contains(place) && {
            known.push(place.clone());
            true
        }
    });
    places
}

fn printed(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, also in `19beta1`.
fn major(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Installation, major};
    use std::path::Path;

    #[test]
    fn reads_the_version() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("postgres (EnterpriseDB) 15"), None);
        assert_eq!(major("postgres (PostgreSQL) devel"), None);
    }

    #[test]
    fn a_folder_without_the_programs_is_none() {
        assert_eq!(Installation::in_folder(Path::new("/nonexistent")), None);
    }

    #[test]
    fn the_error_says_what_to_install_and_where_was_looked() {
        let message = crate::Error::NotInstalled { searched: super::places() }.to_string();
        assert!(message.contains("apt-get install postgresql") && message.contains("/bin"), "{message}");
    }
}
