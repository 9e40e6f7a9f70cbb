//! As whom the servers run. PostgreSQL refuses to run as root, so a caller who is root lends them the account
//! `postgres` or `nobody`; everybody else runs them as themselves. The standard library changes the user of a child
//! between fork and exec, and takes its groups away.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The accounts that root lends, the first that exists.
const LENT: [&str; 2] = ["postgres", "nobody"];

/// An account that is not root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    name: String,
    /// User and group, if they are not those of the caller.
    lent: Option<(u32, u32)>,
}

impl Account {
    /// The caller's own account, or a lent one if the caller is root.
    ///
    /// # Errors
    ///
    /// [`Error::NoAccount`] if the caller is root and there is none to lend.
    pub fn unprivileged() -> Result<Self, Error> {
        if id(&["-u"]).as_deref() != Some("0") {
            return Ok(Self { name: id(&["-un"]).unwrap_or_else(|| "the caller".to_owned()), lent: None });
        }
        let number = |option: &str, name: &str| id(&[option, name])?.parse::<u32>().ok();
        let lent = LENT.iter().find_map(|name| {
            let ids = (number("-u", name)?, number("-g", name)?);
            Some(Self { name: (*name).to_owned(), lent: Some(ids) })
        });
        lent.ok_or(Error::NoAccount)
    }

    /// Is this the number of the caller?
    pub(crate) fn is_caller(user: u32) -> bool {
        id(&["-u"]) == Some(user.to_string())
    }

    /// The name of the account.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A program that will run as this account, in the root folder, which it can enter wherever the caller is. What the
    /// caller's environment says about other servers of PostgreSQL is left out.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).current_dir("/").env("LC_ALL", "C");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        if let Some((user, group)) = self.lent {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes the account the owner of a file or folder.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        let Some((user, group)) = self.lent else { return Ok(()) };
        chown(path, Some(user), Some(group)).map_err(Error::io("change the owner of", path))
    }

    /// Can the account enter this folder?
    #[must_use]
    pub fn can_enter(&self, folder: &Path) -> bool {
        self.succeeds("cd \"$1\"", folder)
    }

    /// Can the account enter this folder and write there?
    #[must_use]
    pub fn can_write(&self, folder: &Path) -> bool {
        self.succeeds("cd \"$1\" && test -w .", folder)
    }

    fn succeeds(&self, script: &str, folder: &Path) -> bool {
        let mut command = self.command(Path::new("sh"));
        command.args(["-c", script, "sh"]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Account, id};
    use std::path::Path;

    #[test]
    fn a_program_does_not_run_as_root() {
        let account = Account::unprivileged().expect("an account");
        let output = account.command(Path::new("id")).arg("-u").output().expect("id runs");
        let user = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(user != "0" && user.parse::<u32>().is_ok(), "runs as {user}");
        let groups = account.command(Path::new("id")).arg("-G").output().expect("id runs");
        let groups = String::from_utf8_lossy(&groups.stdout).trim().to_owned();
        assert!(account.lent.is_none() || groups.split(' ').all(|group| group != "0"), "is in the groups {groups}");
    }

    #[test]
    fn an_account_that_is_not_there_has_no_number() {
        assert_eq!(id(&["-u", "no-such-account-anywhere"]), None);
    }

    #[test]
    fn it_cannot_write_where_nobody_can() {
        let account = Account::unprivileged().expect("an account");
        assert!(!account.can_write(Path::new("/proc")) && account.can_enter(Path::new("/proc")));
        assert!(!account.can_enter(Path::new("/no/such/folder")));
        assert!(account.can_write(&std::env::temp_dir()));
    }
}
