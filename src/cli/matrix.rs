//! `matrix`: configurations against faults, printed or as JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::experiment::{Experiment, Job, Progress};
use crate::matrix::{CONFIGURATIONS, Trouble, cell};
use crate::presets::PRESETS;

/// Prints the sheet.
pub(super) fn print(seeds: u64, out: &mut impl Write) -> io::Result<()> {
    let mut job = Job::start(Experiment::Matrix, &seeds.to_string(), PRESETS[0].scenario());
    loop {
        if let Progress::Done(sheet) = job.step() {
            return write!(out, "{sheet}");
        }
    }
}

/// Prints one JSON object: `seeds` and `rows`, each with `configuration` and `cells`, by fault: `available`, `longest_gap_us`,
/// `lost_acknowledged_writes`, `runs_with_loss`, `stale_reads`, `reads`.
pub(super) fn write_json(seeds: u64, out: &mut impl Write) -> io::Result<()> {
    let rows = CONFIGURATIONS.iter().map(|configuration| {
        let cells = Trouble::ALL.iter().map(|trouble| {
            let outcome = cell(*configuration, *trouble, seeds);
            let told = json!({
                "available": outcome.available(), "longest_gap_us": outcome.longest_gap.0, "lost_acknowledged_writes": outcome.lost,
                "runs_with_loss": outcome.runs_with_loss, "stale_reads": outcome.stale, "reads": outcome.reads,
            });
            (trouble.name().to_owned(), told)
        });
        json!({ "configuration": configuration.title, "cells": cells.collect::<serde_json::Map<_, _>>() })
    });
    let whole = json!({ "seeds": seeds, "rows": rows.collect::<Vec<_>>() });
    writeln!(out, "{whole:#}")
}
