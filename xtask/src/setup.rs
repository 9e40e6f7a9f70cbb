//! Makes a fresh machine ready: looks at each thing the project needs, says so in one line, and installs what is
//! missing or of another version. A second run finds everything there and installs nothing.

use crate::{
    browser, node, postgres,
    tools::{NODE, TOOLS, Toolbox, unattended},
};

/// The version of the bundler. Later ones want a newer compiler than the project does.
const TRUNK: &str = "0.21.14";
/// The version of the program that makes a book for the tests.
const MDBOOK: &str = "0.5.4";

/// Something that has to be there before a step can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    Rustfmt,
    Clippy,
    WasmTarget,
    /// The sources of all dependencies.
    Crates,
    WasmBindgen,
    Trunk,
    /// Makes the release build smaller; without Node it is left to trunk.
    WasmOpt,
    Node,
    Chromium,
    Chromedriver,
    /// Servers that replicate. What needs them is skipped where they cannot be had.
    Postgres,
    /// Makes a book that a test looks at; without it that test is skipped.
    Mdbook,
}

const ALL: [Need; 12] = [
    Need::Rustfmt,
    Need::Clippy,
    Need::WasmTarget,
    Need::Crates,
    Need::WasmBindgen,
    Need::Trunk,
    Need::WasmOpt,
    Need::Node,
    Need::Chromium,
    Need::Chromedriver,
    Need::Postgres,
    Need::Mdbook,
];

/// What `cargo xtask setup` does.
pub(crate) fn everything(tools: &Toolbox) -> Result<(), String> {
    ensure(tools, &ALL)?;
    println!("set-up: everything is there; `cargo xtask serve` shows the lab, `cargo xtask test` checks it");
    Ok(())
}

/// Looks after the given needs, in a fixed order and each once.
pub(crate) fn ensure(tools: &Toolbox, needs: &[Need]) -> Result<(), String> {
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    needs.dedup();
    needs.iter().try_for_each(|need| satisfy(tools, *need))
}

fn satisfy(tools: &Toolbox, need: Need) -> Result<(), String> {
    match need {
        Need::Rustfmt => component(tools, "rustfmt", "fmt"),
        Need::Clippy => component(tools, "clippy", "clippy"),
        Need::WasmTarget => wasm_target(tools),
        Need::Crates => crates(tools),
        Need::WasmBindgen => wasm_bindgen(tools),
        Need::Trunk => trunk(tools),
        Need::WasmOpt => node::wasm_opt(tools),
        Need::Node => node::required(tools),
        Need::Chromium => browser::chromium(tools).map(drop),
        Need::Chromedriver => browser::chromedriver(tools).map(drop),
        Need::Postgres => postgres::available(tools),
        Need::Mdbook => {
            mdbook(tools);
            Ok(())
        }
    }
}

/// One line about a thing and what is being done about it.
pub(crate) fn say(thing: &str, doing: &str) {
    println!("set-up: {thing}: {doing}");
}

fn component(tools: &Toolbox, name: &str, subcommand: &str) -> Result<(), String> {
    if tools.output("cargo", &[subcommand, "--version"]).is_some() {
        say(name, "present");
        return Ok(());
    }
    say(name, "missing, adding it with rustup because `cargo xtask test` runs it");
    tools.run(&mut tools.command("rustup", ["component", "add", name]))
}

fn wasm_target(tools: &Toolbox) -> Result<(), String> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libraries = tools.output("rustc", &["--print", "target-libdir", "--target", TARGET]);
    if libraries.is_some_and(|folder| std::path::Path::new(&folder).is_dir()) {
        say(TARGET, "present");
        return Ok(());
    }
    say(TARGET, "missing, adding it with rustup because the lab is compiled to it");
    tools.run(&mut tools.command("rustup", ["target", "add", TARGET]))
}

fn crates(tools: &Toolbox) -> Result<(), String> {
    let mut arguments = vec!["fetch", "--quiet"];
    if unattended() {
        arguments.push("--locked");
    }
    say("crates of Cargo.lock", "fetching what is missing, so that nothing later needs the network");
    tools.run(&mut tools.command("cargo", arguments))
}

fn wasm_bindgen(tools: &Toolbox) -> Result<(), String> {
    let version = wasm_bindgen_version(tools)?;
    let programs = ["wasm-bindgen", "wasm-bindgen-test-runner"];
    install(tools, "wasm-bindgen-cli", &version, &programs, &[], "it must match Cargo.lock; about a minute")
}

fn trunk(tools: &Toolbox) -> Result<(), String> {
    // Without the look for a newer version of itself.
    let features = ["--no-default-features", "--features", "rustls"];
    install(tools, "trunk", TRUNK, &["trunk"], &features, "it bundles the lab; about 3 minutes")
}

/// Everything but one test does without it, so that where it cannot be had the others still run.
fn mdbook(tools: &Toolbox) {
    // It neither serves nor watches here.
    let features = ["--no-default-features", "--features", "search"];
    let why = "a test makes a book with it; about a minute and a half";
    if let Err(message) = install(tools, "mdbook", MDBOOK, &["mdbook"], &features, why) {
        say("mdbook", &format!("CANNOT BE HAD, so the test of books will be SKIPPED: {message}"));
    }
}

/// How tools are compiled: no registry has them as programs, and what they do here takes a second, so compiling them costs more than
/// running them. Trunk asks for one unit and optimisation across all crates, which takes most of its six minutes.
const QUICKLY: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// Installs a crate's programs into the project's own folder, unless every one is on PATH in exactly this version.
fn install(tools: &Toolbox, package: &str, version: &str, programs: &[&str], features: &[&str], why: &str) -> Result<(), String> {
    let thing = format!("{package} {version}");
    if programs.iter().all(|program| is_version(tools, program, version)) {
        say(&thing, "present");
        return Ok(());
    }
    say(&thing, &format!("not here, installing it into {TOOLS} because {why}"));
    let arguments = ["install", package, "--version", version, "--locked", "--force", "--root", TOOLS];
    tools.run(tools.command("cargo", arguments).args(features).envs(QUICKLY))?;
    match programs.iter().find(|program| !is_version(tools, program, version)) {
        None => Ok(()),
        Some(program) => Err(format!("`{program} --version` still is not {version}: remove {TOOLS} and try again")),
    }
}

fn is_version(tools: &Toolbox, program: &str, version: &str) -> bool {
    let said = tools.output(program, &["--version"]).unwrap_or_default();
    said.split_whitespace().nth(1).map(|word| word.trim_start_matches('v')) == Some(version)
}

/// Are the programs that a bundle is made with all here, so that trunk need not look for downloads?
pub(crate) fn is_bundler_complete(tools: &Toolbox, release: bool) -> Result<bool, String> {
    let bindgen = is_version(tools, "wasm-bindgen", &wasm_bindgen_version(tools)?);
    Ok(bindgen && (!release || node::is_wasm_opt_here(tools)?))
}

// Every other version is read from the one file that pins it, so it is changed there and the set-up follows.

/// The wasm-bindgen of Cargo.lock: its command-line program must be of the same version.
fn wasm_bindgen_version(tools: &Toolbox) -> Result<String, String> {
    locked(&tools.text("Cargo.lock")?, "wasm-bindgen")
        .ok_or_else(|| "cannot find wasm-bindgen in Cargo.lock: restore the file from git".to_owned())
}

/// What `wasm-opt --version` says when it is the pinned one, for example `version_132`.
pub(crate) fn wasm_opt_version(tools: &Toolbox) -> Result<String, String> {
    let major = dependency(&tools.text(&format!("{NODE}/package.json"))?, "binaryen")
        .and_then(|version| version.split('.').next().map(|major| format!("version_{major}")));
    major.ok_or_else(|| format!("cannot find binaryen in {NODE}/package.json: restore the file from git"))
}

/// The version of a package in the text of a Cargo.lock.
fn locked(text: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = text.lines().skip_while(|line| *line != name);
    lines.find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"')).map(str::to_owned)
}

/// The version of a dependency in the text of a package.json.
fn dependency(text: &str, package: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("\"{package}\":"))?;
    rest.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{ALL, Toolbox, dependency, locked, wasm_bindgen_version, wasm_opt_version};

    #[test]
    fn all_needs_are_listed_once_and_in_order() {
        assert!(ALL.is_sorted_by(|one, next| one < next), "{ALL:?}");
    }

    #[test]
    fn reads_a_lock_file() {
        let text = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.7\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.128\"\n";
        assert_eq!(locked(text, "wasm-bindgen").as_deref(), Some("0.2.128"));
        assert_eq!(locked(text, "yew"), None);
    }

    #[test]
    fn reads_a_package_file() {
        let text = r#"{ "devDependencies": { "axe-core": "4.14.1", "binaryen": "132.0.0" } }"#;
        assert_eq!(dependency(text, "binaryen").as_deref(), Some("132.0.0"));
        assert_eq!(dependency(text, "pngjs"), None);
    }

    #[test]
    fn the_pins_of_all_files_agree() {
        let tools = Toolbox::new().expect("a toolbox");
        let trunk = tools.text("Trunk.toml").expect("Trunk.toml");
        let wasm_opt = wasm_opt_version(&tools).expect("a binaryen version");
        assert!(trunk.contains(&format!("wasm_opt = \"{wasm_opt}\"")), "Trunk.toml does not name {wasm_opt}");
        let manifest = tools.text("Cargo.toml").expect("Cargo.toml");
        let version = wasm_bindgen_version(&tools).expect("a wasm-bindgen version");
        assert!(manifest.contains(&format!("wasm-bindgen = \"={version}\"")), "Cargo.toml does not pin {version}");
    }
}
