//! `matrix`: configurations against faults, printed or as JSON; of several leaders topologies against faults, and rules against losses.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::experiment::{Experiment, Job, Progress};
use crate::matrix::quorums::{self, Answers, QUORUMS};
use crate::matrix::rules::{self, Rule};
use crate::matrix::topologies::{self, Propagation, TOPOLOGIES};
use crate::matrix::{CONFIGURATIONS, Outcome, Trouble, cell};
use crate::presets::PRESETS;
use crate::scenario::FamilySpec;

/// Prints the sheet of a family.
pub(super) fn print(family: FamilySpec, seeds: u64, out: &mut impl Write) -> io::Result<()> {
    let of_family = PRESETS.iter().map(|preset| preset.scenario()).find(|scenario| scenario.family == family);
    let scenario = of_family.unwrap_or_else(|| PRESETS[0].scenario());
    let mut job = Job::start(Experiment::Matrix, &seeds.to_string(), scenario);
    loop {
        if let Progress::Done(sheet) = job.step() {
            return write!(out, "{sheet}");
        }
    }
}

/// Prints one JSON object: `seeds`, and of one leader `rows`, each with `configuration` and `cells`, by fault: `available`, `longest_gap_us`,
/// `lost_acknowledged_writes`, `runs_with_loss`, `stale_reads`, `reads`; of several leaders `topologies`, each with `topology` and `cells`, by fault:
/// `acknowledged_writes`, `stranded`, `slowest_us`, `dropped`, `stale_reads`, `operations`, `unsuccessful`; and `conflicts`, each with `rule`,
/// `acknowledged_writes`, `operations` and what was lost; of rings `quorums`, each with `n`, `r`, `w`, `sloppy`, `overlap` and `cells`, by fault: `writes`,
/// `acknowledged_writes`, `reads`, `answered_reads` (of the time after it), and `stale_reads`.
pub(super) fn write_json(family: FamilySpec, seeds: u64, out: &mut impl Write) -> io::Result<()> {
    let whole = match family {
        FamilySpec::SingleLeader => json!({ "seeds": seeds, "rows": one_leader(seeds) }),
        FamilySpec::MultiLeader => {
            json!({ "seeds": seeds, "topologies": by_topology(seeds), "conflicts": by_rule(seeds) })
        }
        FamilySpec::Leaderless => json!({ "seeds": seeds, "quorums": by_quorums(seeds) }),
    };
    writeln!(out, "{whole:#}")
}

fn one_leader(seeds: u64) -> Vec<Value> {
    let rows = CONFIGURATIONS.iter().map(|configuration| {
        let cells = Trouble::ALL.iter().map(|trouble| (trouble.name().to_owned(), told(&cell(*configuration, *trouble, seeds))));
        json!({ "configuration": configuration.title, "cells": cells.collect::<Map<_, _>>() })
    });
    rows.collect()
}

fn told(outcome: &Outcome) -> Value {
    json!({
        "available": outcome.available(), "longest_gap_us": outcome.longest_gap.0, "lost_acknowledged_writes": outcome.lost,
        "runs_with_loss": outcome.runs_with_loss, "stale_reads": outcome.stale, "reads": outcome.reads,
    })
}

fn by_topology(seeds: u64) -> Vec<Value> {
    let told = |cell: &Propagation| {
        json!({
            "acknowledged_writes": cell.acknowledged, "stranded": cell.stranded, "slowest_us": cell.slowest.0, "dropped": cell.dropped,
            "stale_reads": cell.stale, "operations": cell.operations, "unsuccessful": cell.unsuccessful,
        })
    };
    let rows = TOPOLOGIES.iter().map(|topology| {
        let cells = topologies::Trouble::ALL.iter();
        let cells = cells.map(|trouble| (trouble.name().to_owned(), told(&topologies::cell(topology, *trouble, seeds))));
        json!({ "topology": topology.name(), "cells": cells.collect::<Map<_, _>>() })
    });
    rows.collect()
}

fn by_quorums(seeds: u64) -> Vec<Value> {
    let told = |cell: &Answers| {
        json!({
            "writes": cell.writes, "acknowledged_writes": cell.acknowledged, "reads": cell.reads, "answered_reads": cell.answered,
            "stale_reads": cell.stale,
        })
    };
    let rows = QUORUMS.iter().map(|row| {
        let cells = quorums::Trouble::ALL.iter();
        let cells = cells.map(|trouble| (trouble.name().to_owned(), told(&quorums::cell(*row, *trouble, seeds))));
        let cells = cells.collect::<Map<_, _>>();
        json!({ "n": row.n, "r": row.r, "w": row.w, "sloppy": row.sloppy, "overlap": row.overlap(), "cells": cells })
    });
    rows.collect()
}

fn by_rule(seeds: u64) -> Vec<Value> {
    let rows = Rule::ALL.into_iter().map(|rule| {
        let losses = rules::row(rule, seeds);
        let mut told = json!({
            "rule": rule.name(), "acknowledged_writes": losses.acknowledged, "operations": losses.operations,
        });
        for (_, name, count) in losses.columns() {
            told[name] = json!(count);
        }
        told
    });
    rows.collect()
}
