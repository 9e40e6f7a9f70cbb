//! How every other program is started: from the project's folder, with the project's own tools first on PATH, and
//! with the two variables set that trunk needs. Nothing else in this package touches the environment.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where pinned tools are installed, below the project's folder; git ignores it.
pub(crate) const TOOLS: &str = ".tools";
/// Where the Node packages are, below the project's folder.
pub(crate) const NODE: &str = "tests/e2e";

/// The project's folder, and the PATH that its programs are looked up on.
pub(crate) struct Toolbox {
    root: PathBuf,
    path: OsString,
}

impl Toolbox {
    pub(crate) fn new() -> Result<Self, String> {
        let own = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&own)
            .parent()
            .ok_or("cannot find the project's folder: start this with `cargo xtask` inside it")?
            .to_path_buf();
        let first = [root.join(TOOLS).join("bin"), root.join(NODE).join("node_modules/.bin")];
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(first.into_iter().chain(env::split_paths(&rest)))
            .map_err(|error| format!("cannot put {TOOLS}/bin on PATH: {error}"))?;
        Ok(Self { root, path })
    }

    /// A file of the project.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The text of a file of the project.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.file(name)).map_err(|error| format!("cannot read {name}: {error}"))
    }

    /// A program that is ready to start.
    pub(crate) fn command<I, S>(&self, program: &str, arguments: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<std::ffi::OsStr>,
    {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .env("PATH", &self.path)
            .env("TRUNK_SKIP_VERSION_CHECK", "true")
            // Trunk 0.21 reads it as a boolean of its own and refuses `1`.
            .env_remove("NO_COLOR");
        if unattended() {
            // What makes the next build after an edit faster makes the first one slower.
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// Shows a command line, runs it, and fails unless it succeeds.
    pub(crate) fn run(&self, command: &mut Command) -> Result<(), String> {
        let line = line(command);
        println!("  $ {line}");
        let status = command.status().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status}): its output is above")) }
    }

    /// Runs a command line and returns what it prints; fails unless it succeeds.
    pub(crate) fn printed(&self, command: &mut Command) -> Result<String, String> {
        let line = line(command);
        println!("  $ {line}");
        let output = command.output().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(format!("`{line}` failed ({}):\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
        }
    }

    /// What a program prints, if it is there and succeeds.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program, arguments).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Where on PATH a program is.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        let name = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path).map(|folder| folder.join(&name)).find(|file| file.is_file())
    }
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Is this an unattended run, where nobody edits `Cargo.toml` meanwhile?
pub(crate) fn unattended() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::Toolbox;

    #[test]
    fn own_tools_come_first_and_no_color_is_gone() {
        let tools = Toolbox::new().expect("a toolbox");
        let command = tools.command("trunk", ["build"]);
        let of = |name: &str| command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value);
        let path = of("PATH").flatten().expect("PATH is set").to_string_lossy();
        assert!(path.starts_with(&*tools.file(".tools").join("bin").to_string_lossy()), "{path}");
        assert_eq!(of("NO_COLOR"), Some(None));
        assert_eq!(super::line(&command), "trunk build");
    }

    #[test]
    fn a_program_that_is_not_there_is_none() {
        let tools = Toolbox::new().expect("a toolbox");
        assert_eq!(tools.output("no-such-program-anywhere", &["--version"]), None);
        assert_eq!(tools.find("no-such-program-anywhere"), None);
    }
}
