//! What each task and each step of `cargo xtask test` starts: command lines that can be copied from the output and run
//! by hand. The few variables they need are set here.

use crate::{
    browser,
    setup::{self, Need},
    single_file,
    tools::{NODE, Toolbox, unattended},
};
use std::{env, ffi::OsString, fs, io::IsTerminal, path::PathBuf, process::Command};

const WASM: &str = "wasm32-unknown-unknown";

fn cargo(tools: &Toolbox, line: &str) -> Result<(), String> {
    tools.run(&mut tools.command("cargo", line.split(' ')))
}

pub(crate) fn format(tools: &Toolbox) -> Result<(), String> {
    cargo(tools, "fmt --all --check")
}

pub(crate) fn lint_native(tools: &Toolbox) -> Result<(), String> {
    cargo(tools, "clippy --workspace --all-targets -- -D warnings")
}

pub(crate) fn lint_wasm(tools: &Toolbox) -> Result<(), String> {
    cargo(tools, &format!("clippy --target {WASM} --all-targets -- -D warnings"))
}

pub(crate) fn lint_library(tools: &Toolbox) -> Result<(), String> {
    cargo(tools, "clippy --lib --no-default-features -- -D warnings")
}

pub(crate) fn test_native(tools: &Toolbox) -> Result<(), String> {
    // Real servers have a step of their own.
    cargo(tools, "test --workspace --exclude postgres-cluster --exclude postgres-router --tests")
}

pub(crate) fn test_documentation(tools: &Toolbox) -> Result<(), String> {
    cargo(tools, "test --doc")
}

pub(crate) fn test_browser(tools: &Toolbox) -> Result<(), String> {
    tools.run(&mut browser_tests(tools, &[], "")?)
}

/// The command that runs the tests of the browser whose names hold `filter`, or all.
pub(crate) fn browser_tests(tools: &Toolbox, options: &[&str], filter: &str) -> Result<Command, String> {
    let driver = browser::installed_chromedriver(tools)?;
    let mut words = vec!["test", "--target", WASM, "--test", "browser"];
    words.extend_from_slice(options);
    if !filter.is_empty() {
        // What a test that passes prints is shown on request only.
        words.extend(["--", filter, "--nocapture"]);
    }
    let mut command = tools.command("cargo", words);
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("CHROMEDRIVER", driver);
    if env::var_os("CHROMIUM").is_some_and(|given| !given.is_empty()) {
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities(tools)?);
    }
    Ok(command)
}

/// A copy of webdriver.json that names the browser of the variable CHROMIUM, which the driver would not look for.
fn capabilities(tools: &Toolbox) -> Result<OsString, String> {
    const OPENING: &str = "\"goog:chromeOptions\": {";
    let browser = browser::installed_chromium(tools)?;
    let given = tools.text("webdriver.json")?;
    if !given.contains(OPENING) {
        return Err(format!("webdriver.json has no line `{OPENING}`: restore it from git"));
    }
    // A Rust string literal and a JSON one differ only in characters that no browser's path has.
    let text = given.replacen(OPENING, &format!("{OPENING}\n    \"binary\": {:?},", browser.to_string_lossy()), 1);
    let file = tools.file("target").join("webdriver.json");
    fs::create_dir_all(tools.file("target"))
        .and_then(|()| fs::write(&file, text))
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(file.into_os_string())
}

pub(crate) fn build(tools: &Toolbox) -> Result<(), String> {
    let mut arguments = vec!["build", "--release"];
    if setup::is_bundler_complete(tools, true)? {
        arguments.push("--offline");
    }
    if unattended() {
        arguments.push("--locked");
    }
    tools.run(&mut tools.command("trunk", arguments))
}

pub(crate) fn test_end_to_end(tools: &Toolbox) -> Result<(), String> {
    require_dist(tools)?;
    // A folder as argument means different things in different versions of Node; files mean the same in all.
    let mut files: Vec<String> = fs::read_dir(tools.file(NODE))
        .map_err(|error| format!("cannot read {NODE}: {error}"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{NODE}/{name}"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no *.test.mjs in {NODE}: restore them from git"));
    }
    let reporter = if std::io::stdout().is_terminal() { "spec" } else { "tap" };
    let mut arguments = vec!["--test".to_owned(), format!("--test-reporter={reporter}")];
    arguments.extend(["--test-concurrency=1", "--test-timeout=180000"].map(str::to_owned));
    arguments.extend(files);
    single_file::write(tools)?;
    let mut command = tools.command("node", arguments);
    command.env("CHROMIUM", browser::installed_chromium(tools)?);
    match tools.find("mdbook") {
        Some(mdbook) => command.env("MDBOOK", mdbook).env("MDBOOK_REPLICATION_LAB", preprocessor(tools)?),
        None => {
            println!("no mdbook here: THE TEST OF BOOKS IS SKIPPED (`cargo xtask setup` installs it)");
            &mut command
        }
    };
    tools.run(&mut command)
}

/// The preprocessor for books. It is made of what the native tests have compiled already, because all packages are named.
fn preprocessor(tools: &Toolbox) -> Result<PathBuf, String> {
    const NAME: &str = "mdbook-replication-lab";
    cargo(tools, &format!("build --quiet --profile test --workspace --bin {NAME}"))?;
    Ok(tools.file("target/debug").join(format!("{NAME}{}", env::consts::EXE_SUFFIX)))
}

/// The release build has to be there before it is measured or opened.
pub(crate) fn require_dist(tools: &Toolbox) -> Result<(), String> {
    match tools.file("dist/index.html").is_file() {
        true => Ok(()),
        false => Err("there is no dist/index.html: run `cargo xtask test --only build` first".to_owned()),
    }
}

/// Set-up, then `trunk serve` with the given options.
pub(crate) fn serve(tools: &Toolbox, options: &[String]) -> Result<(), String> {
    let release = options.iter().any(|option| option == "--release");
    let mut needs = vec![Need::WasmTarget, Need::Crates, Need::WasmBindgen, Need::Trunk];
    if release {
        needs.push(Need::WasmOpt);
    }
    setup::ensure(tools, &needs)?;
    let mut arguments = vec!["serve".to_owned()];
    if setup::is_bundler_complete(tools, release)? {
        arguments.push("--offline".to_owned());
    }
    arguments.extend_from_slice(options);
    println!("\nthe lab will be at http://127.0.0.1:{}/ as soon as it has compiled; Ctrl-C ends it", port(options));
    tools.run(&mut tools.command("trunk", arguments))
}

/// The port that trunk will listen on: that of an option, or that of Trunk.toml.
fn port(options: &[String]) -> &str {
    let mut rest = options.iter().map(String::as_str);
    while let Some(option) = rest.next() {
        if let Some(port) = option.strip_prefix("--port=") {
            return port;
        }
        if matches!(option, "--port" | "-p") {
            return rest.next().unwrap_or("8080");
        }
    }
    "8080"
}

/// Fails if a frame of the release build takes the main thread longer than it may.
pub(crate) fn hold_frames(tools: &Toolbox) -> Result<(), String> {
    require_dist(tools)?;
    let chromium = browser::installed_chromium(tools)?;
    tools.run(tools.command("node", [&format!("{NODE}/frames.mjs"), "--hold"]).env("CHROMIUM", chromium))
}

/// Measures how soon the release build is ready, and prints it.
pub(crate) fn measure_readiness(tools: &Toolbox) -> Result<(), String> {
    require_dist(tools)?;
    let chromium = browser::installed_chromium(tools)?;
    tools.run(tools.command("node", [&format!("{NODE}/ready.mjs")]).env("CHROMIUM", chromium))
}

/// Set-up and release build, then the measurement: of the two scenes that it names, or with the given query of the page's address.
pub(crate) fn frames(tools: &Toolbox, query: Option<&str>) -> Result<(), String> {
    let needs = [Need::Crates, Need::WasmTarget, Need::WasmBindgen, Need::Trunk, Need::WasmOpt, Need::Node, Need::Chromium];
    setup::ensure(tools, &needs)?;
    build(tools)?;
    let chromium = browser::installed_chromium(tools)?;
    let script = format!("{NODE}/frames.mjs");
    let arguments = std::iter::once(script.as_str()).chain(query);
    tools.run(tools.command("node", arguments).env("CHROMIUM", chromium))
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn finds_the_port_among_the_options() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(port(&words("--release --port 9000")), "9000");
        assert_eq!(port(&words("--port=9001")), "9001");
        assert_eq!(port(&words("-p 9002 --open")), "9002");
        assert_eq!(port(&words("--open")), "8080");
    }
}
