//! One server: its folder, its configuration, and the process that is started, stopped and killed. The postmaster is a
//! child of ours, so that its end is seen at once; what its state is stands in `postmaster.pid`, as `pg_ctl` reads it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::configuration::{Configuration, INCLUDE};
use crate::error::{Error, ending};
use crate::processes;
use crate::program::{Programs, await_that, run};

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Clients are disconnected, followers get what is left of the log, and a checkpoint is made.
    Fast,
    /// Without all that: the next start recovers from the log.
    Immediate,
}

impl Stop {
    fn mode(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

/// One server and its files.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) programs: Programs,
    pub(crate) configuration: Configuration,
    patience: Duration,
    folder: PathBuf,
    postmaster: Option<Child>,
}

impl Server {
    /// A server that has no data yet.
    pub(crate) fn new(
        name: &str,
        folder: PathBuf,
        programs: &Programs,
        configuration: Configuration,
        patience: Duration,
    ) -> Self {
        let programs = programs.clone();
        Self { name: name.to_owned(), programs, configuration, patience, folder, postmaster: None }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// An empty database cluster, as `initdb` makes it, with checksums and a superuser that has a password.
    pub(crate) fn initialize(&self, password: &str) -> Result<(), Error> {
        let file = self.folder.join("password");
        self.write(&file, password)?;
        let mut initdb = self.programs.command("initdb");
        initdb.args(["--no-sync", "--no-instructions", "--data-checksums", "--encoding=UTF8", "--locale=C"]);
        // Segments are filled with zeros when they are made, at each node: a quarter of the usual size is a quarter of that.
        initdb.arg("--wal-segsize=4");
        initdb.args(["--auth=scram-sha-256", "--username=postgres", "--pwfile"]).arg(&file);
        initdb.arg("--pgdata").arg(self.data());
        run(&mut initdb)?;
        fs::remove_file(&file).map_err(Error::io("remove", &file))?;
        self.include()
    }

    /// Makes the server read `node.conf` and nothing else.
    pub(crate) fn include(&self) -> Result<(), Error> {
        self.write(&self.data().join("postgresql.conf"), INCLUDE)
    }

    /// From its next start on the server follows, and no longer leads.
    pub(crate) fn mark_as_follower(&self) -> Result<(), Error> {
        self.write(&self.data().join("standby.signal"), "")
    }

    pub(crate) fn is_marked_as_follower(&self) -> bool {
        self.data().join("standby.signal").is_file()
    }

    /// Writes a file that only the account may read.
    fn write(&self, path: &Path, text: &str) -> Result<(), Error> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io("write", path))?;
        self.programs.account.own(path)
    }

    pub(crate) fn write_configuration(&self) -> Result<(), Error> {
        self.write(&self.folder.join("node.conf"), &self.configuration.text())
    }

    /// Has the server read its configuration anew.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        run(self.programs.command("pg_ctl").args(["reload", "--silent", "--pgdata"]).arg(self.data())).map(drop)
    }

    /// Starts the server, and waits until it takes connections.
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        self.write_configuration()?;
        let path = self.log_file();
        let log = File::options().append(true).create(true).open(&path).map_err(Error::io("open", &path))?;
        let again = log.try_clone().map_err(Error::io("open", &path))?;
        let mut postgres = self.programs.command("postgres");
        postgres.arg("-D").arg(self.data()).stdout(Stdio::from(log)).stderr(Stdio::from(again));
        let child = postgres.spawn().map_err(|error| Error::Program {
            program: "postgres".to_owned(),
            why: error.to_string(),
            output: "it could not be started".to_owned(),
        })?;
        let child = self.postmaster.insert(child);
        let (name, data) = (&self.name, self.folder.join("data"));
        let pid = child.id().to_string();
        await_that(&format!("{name} to take connections"), self.patience, || {
            if let Some(status) = child.try_wait().map_err(Error::io("wait for", &data))? {
                let log = fs::read(&path).unwrap_or_default();
                let log = ending(&String::from_utf8_lossy(&log));
                return Err(Error::Exited { node: name.clone(), status: status.to_string(), log });
            }
            let file = processes::PidFile::read(&data);
            // A file of an earlier process stands there until the new one has begun.
            let status = file.filter(|file| file.pid == pid).map(|file| file.status).unwrap_or_default();
            Ok(if status == "ready" { Ok(()) } else { Err(format!("status `{status}`")) })
        })
    }

    /// Is the process there?
    pub(crate) fn is_running(&mut self) -> bool {
        match &mut self.postmaster {
            None => false,
            Some(child) => matches!(child.try_wait(), Ok(None)),
        }
    }

    /// Stops the server in an orderly way.
    pub(crate) fn stop(&mut self, how: Stop) -> Result<(), Error> {
        if self.is_running() {
            let mut stop = self.programs.command("pg_ctl");
            stop.args(["stop", "--silent", "--wait", "--mode", how.mode(), "--timeout"]);
            run(stop.arg(self.patience.as_secs().max(1).to_string()).arg("--pgdata").arg(self.data()))?;
        }
        self.reap()
    }

    /// Ends the process and all its children at once, as if the machine had lost them.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        if self.is_running()
            && let Some(child) = &self.postmaster
        {
            processes::kill_tree(child.id())?;
        }
        self.reap()
    }

    fn reap(&mut self) -> Result<(), Error> {
        let Some(mut child) = self.postmaster.take() else { return Ok(()) };
        child.wait().map(drop).map_err(Error::io("wait for", &self.data()))
    }
}
