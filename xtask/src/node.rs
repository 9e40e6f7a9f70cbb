//! The Node side: one `npm ci` brings wasm-opt (for the release build), and playwright-core and axe-core (for the
//! end-to-end tests). The build can do without it, the end-to-end tests cannot.

use crate::{
    setup::{self, say},
    tools::{NODE, Toolbox},
};
use std::fs;

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// The oldest Node that runs the tests as they are written.
const OLDEST: (u32, u32) = (20, 11);
const INSTALL: &str = "install Node 20.11 or newer (https://nodejs.org, or a package of your system), then try again";

/// Wasm-opt for the release build; says so and goes on when there is no Node.
pub(crate) fn wasm_opt(tools: &Toolbox) -> Result<(), String> {
    if is_wasm_opt_here(tools)? {
        say("wasm-opt", "present");
        return Ok(());
    }
    match missing(tools) {
        None => packages(tools),
        Some(reason) => {
            say("wasm-opt", &format!("{reason}, so no wasm-opt from npm: a release build leaves it to trunk"));
            Ok(())
        }
    }
}

/// Node and its packages, for what cannot do without.
pub(crate) fn required(tools: &Toolbox) -> Result<(), String> {
    match missing(tools) {
        None => packages(tools),
        Some(reason) => Err(format!("{reason}, and the end-to-end tests need it: {INSTALL}")),
    }
}

/// Is a wasm-opt of the pinned version on PATH?
pub(crate) fn is_wasm_opt_here(tools: &Toolbox) -> Result<bool, String> {
    let wanted = setup::wasm_opt_version(tools)?;
    let said = tools.output("wasm-opt", &["--version"]).unwrap_or_default();
    Ok(said.split(['(', ')', ' ']).any(|word| word == wanted))
}

/// Why the Node packages cannot be used here, if so.
fn missing(tools: &Toolbox) -> Option<String> {
    let Some(node) = tools.output("node", &["--version"]) else {
        return Some("Node is missing".to_owned());
    };
    if !is_new_enough(&node) {
        return Some(format!("Node {node} is too old"));
    }
    tools.output(NPM, &["--version"]).is_none().then(|| "npm is missing".to_owned())
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|word| word.parse::<u32>().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) >= OLDEST)
}

/// `npm ci`, unless the installed packages are those of the present lock file.
fn packages(tools: &Toolbox) -> Result<(), String> {
    const THING: &str = "node packages (wasm-opt, playwright-core, axe-core)";
    let lock = tools.text(&format!("{NODE}/package-lock.json"))?;
    // A copy of the lock file is left beside what was installed from it.
    let stamp = format!("{NODE}/node_modules/.installed-from");
    if tools.text(&stamp).is_ok_and(|installed| installed == lock) {
        say(THING, "present");
        return Ok(());
    }
    say(THING, "not here in the versions of the lock file, installing them with npm for build and tests");
    let arguments = ["ci", "--prefix", NODE, "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
    tools.run(&mut tools.command(NPM, arguments))?;
    fs::write(tools.file(&stamp), lock).map_err(|error| format!("cannot write {stamp}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn compares_node_versions() {
        for version in ["v20.11.0", "v20.20.2", "v22.1.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["v18.19.0", "v20.9.0", "", "nonsense"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
