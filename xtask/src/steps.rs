//! The list of everything `cargo xtask test` runs, in order, each with what it needs; and the loop that runs it with
//! a heading and a time per step, and stops at the first one that fails.

use crate::{
    budget, commands, postgres,
    setup::{self, Need},
    tools::Toolbox,
};
use std::time::{Duration, Instant};

/// One thing that is checked.
pub(crate) struct Step {
    name: &'static str,
    title: &'static str,
    needs: &'static [Need],
    run: fn(&Toolbox) -> Result<(), String>,
}

const STEPS: [Step; 13] = [
    Step { name: "fmt", title: "formatting", needs: &[Need::Rustfmt], run: commands::format },
    Step { name: "clippy", title: "lints, native", needs: &[Need::Clippy, Need::Crates], run: commands::lint_native },
    Step {
        name: "clippy-wasm",
        title: "lints, wasm32",
        needs: &[Need::Clippy, Need::Crates, Need::WasmTarget],
        run: commands::lint_wasm,
    },
    Step {
        name: "library",
        title: "lints, the library without default features",
        needs: &[Need::Clippy, Need::Crates],
        run: commands::lint_library,
    },
    Step { name: "native", title: "native tests", needs: &[Need::Crates], run: commands::test_native },
    Step {
        name: "postgres",
        title: "tests on a PostgreSQL cluster",
        needs: &[Need::Crates, Need::Postgres],
        run: postgres::test,
    },
    Step { name: "doc", title: "documentation tests", needs: &[Need::Crates], run: commands::test_documentation },
    Step {
        name: "browser",
        title: "wasm tests in a headless Chromium",
        needs: &[Need::Crates, Need::WasmTarget, Need::WasmBindgen, Need::Chromium, Need::Chromedriver],
        run: commands::test_browser,
    },
    Step {
        name: "build",
        title: "release build",
        needs: &[Need::Crates, Need::WasmTarget, Need::WasmBindgen, Need::Trunk, Need::WasmOpt],
        run: commands::build,
    },
    Step { name: "size", title: "size of what is fetched", needs: &[], run: budget::check },
    Step {
        name: "e2e",
        title: "end-to-end tests of the release build",
        needs: &[Need::Crates, Need::Node, Need::Chromium, Need::Mdbook],
        run: commands::test_end_to_end,
    },
    Step {
        name: "ready",
        title: "how soon the lab is ready on a slow line and a slow processor",
        needs: &[Need::Node, Need::Chromium],
        run: commands::measure_readiness,
    },
    Step {
        name: "frames",
        title: "frames of the busy scene on a processor slowed down four times",
        needs: &[Need::Node, Need::Chromium],
        run: commands::hold_frames,
    },
];

/// All steps, or those of a list with commas, in the order of the full run.
pub(crate) fn chosen(only: Option<&str>) -> Result<Vec<&'static Step>, String> {
    let Some(only) = only else { return Ok(STEPS.iter().collect()) };
    let names: Vec<&str> = only.split(',').collect();
    match names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        Some(name) => Err(format!("no step is called `{name}`: choose from\n{}", listing())),
        None => Ok(STEPS.iter().filter(|step| names.contains(&step.name)).collect()),
    }
}

/// The names of all steps with what they are.
pub(crate) fn listing() -> String {
    STEPS.iter().map(|step| format!("  {:<12} {}", step.name, step.title)).collect::<Vec<_>>().join("\n")
}

/// Sets up what the steps need, then runs them.
pub(crate) fn run(tools: &Toolbox, steps: &[&Step]) -> Result<(), String> {
    let start = Instant::now();
    let needs: Vec<Need> = steps.iter().flat_map(|step| step.needs).copied().collect();
    setup::ensure(tools, &needs)?;
    for (index, step) in steps.iter().enumerate() {
        println!("\n== {}/{} {}: {}", index + 1, steps.len(), step.name, step.title);
        let begun = Instant::now();
        (step.run)(tools).map_err(|message| format!("step {} failed: {message}", step.name))?;
        println!("== {}: passed in {}", step.name, seconds(begun.elapsed()));
    }
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    println!("\npassed in {}: {}", seconds(start.elapsed()), names.join(", "));
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{STEPS, chosen};

    fn names(only: Option<&str>) -> Vec<&'static str> {
        chosen(only).expect("known steps").iter().map(|step| step.name).collect()
    }

    #[test]
    fn runs_all_steps_or_the_named_ones_in_order() {
        assert_eq!(names(None).len(), STEPS.len());
        assert_eq!(names(Some("size,fmt")), ["fmt", "size"]);
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_list() {
        let message = chosen(Some("fmt,lint")).err().expect("an error");
        assert!(message.contains("`lint`") && message.contains("clippy-wasm"), "{message}");
    }
}
