//! The size budgets: what a browser fetches until it is idle, and the page's own program in it, each measured as `gzip -9` makes it.
//! Everything in `dist` counts, unless it is named here as something that is fetched on demand or never.

use crate::{commands, tools::Toolbox};
use std::{fs, path::Path};

/// What a browser fetches until it is idle may not exceed this, in bytes, compressed; 1 kB is 1000 bytes. It only goes down: the goal is 420.
/// Families other than that of the first scenario are in a program of their own, which is fetched when one of them is opened.
const IDLE_LIMIT: u64 = 530_000;
/// The page's own program, with its JavaScript.
const PAGE_LIMIT: u64 = 170_000;
/// How the names of the page's program begin.
const PAGE: &str = "replicated-telemetry-store";
/// What a page around a lab fetches to hold it in a frame.
const EMBED: &str = "embed.js";
const EMBED_LIMIT: u64 = 4_000;
/// What belongs to pages around a lab, or to those who write them.
const AROUND: &str = "embed/";
/// What no page fetches until somebody opens a scenario of another family, or asks a question that takes many runs.
const ON_DEMAND: [&str; 6] =
    [".map", EMBED, "lab-experiments.js", "lab-experiments_bg.wasm", "lab-engine-families.js", "lab-engine-families_bg.wasm"];

/// One file of the release build.
struct File {
    name: String,
    plain: u64,
    compressed: u64,
}

/// Prints the size of every file, and fails if what is fetched is too large.
pub(crate) fn check(tools: &Toolbox) -> Result<(), String> {
    commands::require_dist(tools)?;
    let mut names = Vec::new();
    collect(&tools.file("dist"), "", &mut names)?;
    let mut files = names.into_iter().map(|name| measure(tools, name)).collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|one, other| other.compressed.cmp(&one.compressed).then_with(|| one.name.cmp(&other.name)));
    let (fetched, on_demand): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_fetched(&file.name));
    println!("{:>10} {:>10}  file", "plain", "gzip -9");
    fetched.iter().for_each(|file| println!("{}", row(file, "")));
    on_demand.iter().for_each(|file| println!("{}", row(file, " (on demand)")));
    let sum = |files: &[&&File]| files.iter().map(|file| file.compressed).sum::<u64>();
    let page: Vec<&&File> = fetched.iter().filter(|file| file.name.starts_with(PAGE)).collect();
    within("the page's own program", sum(&page), PAGE_LIMIT)?;
    let embed =
        files.iter().find(|file| file.name == EMBED).ok_or("dist has no embed.js: run `cargo xtask test --only build`")?;
    within("what a page around a lab fetches", embed.compressed, EMBED_LIMIT)?;
    within("fetched until the browser is idle", sum(&fetched.iter().collect::<Vec<_>>()), IDLE_LIMIT)
}

fn within(what: &str, size: u64, limit: u64) -> Result<(), String> {
    println!("{:>10} {:>10}  {what}, of at most {}", "", kilobytes(size), kilobytes(limit));
    if size <= limit {
        return Ok(());
    }
    Err(format!("{what}: {} over its budget; make the largest file of the table smaller", kilobytes(size - limit)))
}

/// The names of all files below a folder, relative to it.
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn measure(tools: &Toolbox, name: String) -> Result<File, String> {
    let path = tools.file("dist").join(&name);
    let plain = fs::metadata(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.len();
    let output = tools.command("gzip", ["-9", "-n", "-c"]).arg(&path).output();
    match output {
        Ok(output) if output.status.success() => Ok(File { name, plain, compressed: output.stdout.len() as u64 }),
        Ok(output) => Err(format!("gzip failed on {name}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("cannot start gzip: install it ({error})")),
    }
}

fn is_fetched(name: &str) -> bool {
    !name.starts_with(AROUND) && !ON_DEMAND.iter().any(|ending| name.ends_with(ending))
}

fn row(file: &File, note: &str) -> String {
    format!("{:>10} {:>10}  {}{note}", kilobytes(file.plain), kilobytes(file.compressed), file.name)
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::{is_fetched, kilobytes, within};

    #[test]
    fn everything_is_fetched_but_what_is_named() {
        for name in ["index.html", "lab-engine_bg.wasm", "lab-engine.js", "boot.js", "engine.js", "style-3c.css"] {
            assert!(is_fetched(name), "{name}");
        }
        for name in ["lab-1a2b.js.map", "lab-experiments.js", "lab-experiments_bg.wasm", "embed.js", "embed/protocol.md"] {
            assert!(!is_fetched(name), "{name}");
        }
    }

    #[test]
    fn a_budget_holds_up_to_its_limit() {
        assert_eq!(within("it", 5_000, 5_000), Ok(()));
        assert_eq!(
            within("it", 6_500, 5_000),
            Err("it: 1.5 kB over its budget; make the largest file of the table smaller".to_owned())
        );
    }

    #[test]
    fn a_kilobyte_is_a_thousand_bytes() {
        assert_eq!(kilobytes(999), "0.9 kB");
        assert_eq!(kilobytes(250_000), "250.0 kB");
    }
}
