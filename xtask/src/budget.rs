//! The size budget: what a browser fetches before the lab can be used must stay below a limit, measured as `gzip -9`
//! makes it. Everything in `dist` counts, unless it is named here as something that is fetched later or never.

use crate::{commands, tools::Toolbox};
use std::{fs, path::Path};

/// What the first load may not exceed, in bytes, compressed; 1 kB is 1000 bytes. It only goes down: the goal is 170 for the page's own program
/// once it no longer simulates, and 420 for all that is fetched until the browser is idle.
const LIMIT: u64 = 268_000;
/// Endings of names that no first load fetches: the worker comes with the first finding or step that is to be told of, or with the
/// first experiment, and the lab can be used without it; the style of answers comes with the first answer; a preset's file comes when it is chosen.
const LATER: [&str; 5] = [".map", "answers.css", "lab-worker.js", "lab-worker_bg.wasm", "lab-worker_loader.js"];

/// One file of the release build.
struct File {
    name: String,
    plain: u64,
    compressed: u64,
}

/// Prints the size of every file, and fails if those of the first load are too large together.
pub(crate) fn check(tools: &Toolbox) -> Result<(), String> {
    commands::require_dist(tools)?;
    let mut names = Vec::new();
    collect(&tools.file("dist"), "", &mut names)?;
    let mut files = names.into_iter().map(|name| measure(tools, name)).collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|one, other| other.compressed.cmp(&one.compressed).then_with(|| one.name.cmp(&other.name)));
    let (first, later): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_first_load(&file.name));
    println!("{:>10} {:>10}  file", "plain", "gzip -9");
    first.iter().for_each(|file| println!("{}", row(file, "")));
    later.iter().for_each(|file| println!("{}", row(file, " (not in the first load)")));
    let total: u64 = first.iter().map(|file| file.compressed).sum();
    println!("{:>10} {:>10}  first load, of at most {}", "", kilobytes(total), kilobytes(LIMIT));
    if total <= LIMIT {
        return Ok(());
    }
    let over = kilobytes(total - LIMIT);
    Err(format!("the first load is {over} over its budget: make the largest file of the table smaller"))
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

fn is_first_load(name: &str) -> bool {
    !name.starts_with("presets/") && !LATER.iter().any(|ending| name.ends_with(ending))
}

fn row(file: &File, note: &str) -> String {
    format!("{:>10} {:>10}  {}{note}", kilobytes(file.plain), kilobytes(file.compressed), file.name)
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::{is_first_load, kilobytes};

    #[test]
    fn everything_but_source_maps_is_in_the_first_load() {
        for name in ["index.html", "lab-1a2b_bg.wasm", "lab-1a2b.js", "style-3c.css", "fonts/map.woff2"] {
            assert!(is_first_load(name), "{name}");
        }
        assert!(!is_first_load("lab-1a2b.js.map"));
    }

    #[test]
    fn a_kilobyte_is_a_thousand_bytes() {
        assert_eq!(kilobytes(999), "0.9 kB");
        assert_eq!(kilobytes(250_000), "250.0 kB");
    }
}
