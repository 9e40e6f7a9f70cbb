//! The browser that the tests run in: a Chromium and its driver, from the variables CHROMIUM and CHROMEDRIVER, from
//! the usual names, or from the system's packages when those may be installed.

use crate::{packages, setup::say, tools::Toolbox};
use std::{env, path::PathBuf};

const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROMEDRIVER: [&str; 1] = ["chromedriver"];
/// Places outside PATH.
const ELSEWHERE: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/usr/lib/chromium-browser/chromedriver",
];

/// The browser, installed if need be.
pub(crate) fn chromium(tools: &Toolbox) -> Result<PathBuf, String> {
    ready(tools, "CHROMIUM", &CHROMIUM, "chromium")
}

/// The program that steers it, installed if need be.
pub(crate) fn chromedriver(tools: &Toolbox) -> Result<PathBuf, String> {
    ready(tools, "CHROMEDRIVER", &CHROMEDRIVER, "chromium-driver")
}

/// Where the browser is, for a step that comes after the set-up.
pub(crate) fn installed_chromium(tools: &Toolbox) -> Result<PathBuf, String> {
    find(tools, "CHROMIUM", &CHROMIUM)?.ok_or_else(|| advice("CHROMIUM", "chromium"))
}

/// Where the driver is, for a step that comes after the set-up.
pub(crate) fn installed_chromedriver(tools: &Toolbox) -> Result<PathBuf, String> {
    find(tools, "CHROMEDRIVER", &CHROMEDRIVER)?.ok_or_else(|| advice("CHROMEDRIVER", "chromium-driver"))
}

fn ready(tools: &Toolbox, variable: &str, names: &[&str], package: &str) -> Result<PathBuf, String> {
    if let Some(file) = find(tools, variable, names)? {
        say(package, &format!("present, {}", file.display()));
        return Ok(file);
    }
    let Some(rights) = packages::rights(tools) else {
        return Err(advice(variable, package));
    };
    say(package, "missing, installing the system's package because the tests run in a browser");
    // The fonts are what text is drawn with.
    packages::install(tools, &rights, &[package, "fonts-liberation"])?;
    find(tools, variable, names)?.ok_or_else(|| advice(variable, package))
}

fn find(tools: &Toolbox, variable: &str, names: &[&str]) -> Result<Option<PathBuf>, String> {
    if let Some(given) = env::var_os(variable).filter(|given| !given.is_empty()) {
        let file = PathBuf::from(given);
        return match file.is_file() {
            true => Ok(Some(file)),
            false => Err(format!("{variable} names {}, which is not a file: correct or unset it", file.display())),
        };
    }
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from).filter(|file| is_named(file, names) && file.is_file());
    Ok(names.iter().filter_map(|name| tools.find(name)).chain(elsewhere).next())
}

/// Does a place outside PATH hold one of these programs? `Google Chrome` counts as `google-chrome`.
fn is_named(file: &std::path::Path, names: &[&str]) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase().replace(' ', "-");
    names.contains(&name.as_str())
}

fn advice(variable: &str, package: &str) -> String {
    format!("no {package} found: install it (Debian: `apt-get install {package}`) or set {variable} to the program's path")
}

#[cfg(test)]
mod tests {
    use super::{CHROMEDRIVER, CHROMIUM, ELSEWHERE, is_named};
    use std::path::Path;

    #[test]
    fn places_outside_path_belong_to_one_program() {
        for place in ELSEWHERE {
            let place = Path::new(place);
            assert!(is_named(place, &CHROMIUM) != is_named(place, &CHROMEDRIVER), "{}", place.display());
        }
    }
}
