//! Porcupine's times, from the program in `benches/porcupine`, which Go builds and runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// For each record whether it is linearizable, and the nanoseconds that it took.
pub(crate) type Times = BTreeMap<String, (bool, u128)>;

/// Runs Porcupine on all records below a folder, or says why that cannot be.
pub(crate) fn measure(folder: &Path) -> Result<Times, String> {
    let go = Command::new("go").arg("version").output().map_err(|error| format!("go cannot be started ({error})"))?;
    if !go.status.success() {
        return Err(format!("go does not work: {}", String::from_utf8_lossy(&go.stderr).trim()));
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("porcupine");
    // Go writes down what it fetched beside the module file, so it gets a copy that is not under version control.
    let module = Path::new(env!("CARGO_TARGET_TMPDIR")).join("porcupine.mod");
    let mut text = fs::read_to_string(program.join("go.mod")).map_err(|error| error.to_string())?;
    let local = std::env::var("PORCUPINE_SRC").ok().filter(|folder| !folder.is_empty());
    if let Some(local) = &local {
        let place = fs::canonicalize(local).map_err(|error| format!("PORCUPINE_SRC names {local}: {error}"))?;
        text.push_str(&format!("\nreplace github.com/anishathalye/porcupine => {}\n", place.display()));
    }
    fs::write(&module, text).map_err(|error| error.to_string())?;
    let mut run = Command::new("go");
    run.arg("run").arg(format!("-modfile={}", module.display())).args(["-mod=mod", "."]).arg(folder).current_dir(program);
    let output = run.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        // What it says before that is what it was downloading.
        let error = error.trim().lines().next_back().unwrap_or_default();
        let source = if local.is_some() { "what PORCUPINE_SRC names" } else { "the module; PORCUPINE_SRC can name a copy of it" };
        return Err(format!("go is here, but could not build {source}: {error}"));
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let known = (words.next(), words.next(), words.next().and_then(|time| time.parse().ok()));
            match known {
                (Some(name), Some(verdict @ ("Ok" | "Illegal")), Some(time)) => Ok((name.to_owned(), (verdict == "Ok", time))),
                _ => Err(format!("its line '{line}' is no verdict")),
            }
        })
        .collect()
}
