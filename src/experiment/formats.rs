//! The sheet of log formats: the same workload shipped in each of them, and what each can and cannot do.
//!
//! Nothing in it is written by hand: every cell is a run of the scenario, or of a preset that tests one property, in that format.

use crate::run::Run;
use crate::scenario::{Anomaly, FormatSpec, Scenario, parse};
use crate::sheet::{Cell, Part, Sheet, Table};
use crate::volume::{Shipped, shipped};

/// Presets that test a property of a log format: its name, the scenario, the finding that says no, the answers no and yes.
const PROPERTIES: [(&str, &str, Anomaly, &str, &str); 4] = [
    (
        "now() gives the same everywhere",
        include_str!("../presets/statement-divergence.json"),
        Anomaly::Divergence,
        "no: replicas differ",
        "yes",
    ),
    (
        "followers of another storage version",
        include_str!("../presets/wal-version.json"),
        Anomaly::LostAcknowledgedWrite,
        "no: they refuse it",
        "yes",
    ),
    ("carries a new column", include_str!("../presets/schema-change.json"), Anomaly::ReadYourWrites, "no: followers stop", "yes"),
    ("feeds a replica of some keys only", include_str!("../presets/analytics-replica.json"), Anomaly::Divergence, "no", "yes"),
];

fn in_format(scenario: &Scenario, format: FormatSpec) -> Scenario {
    let mut scenario = scenario.clone();
    // What is counted must still be in the log when it is counted.
    scenario.shards.iter_mut().for_each(|shard| (shard.format, shard.retention) = (format, None));
    scenario
}

/// The same workload in every format.
pub(super) fn sheet(scenario: &Scenario) -> Sheet {
    let mut sheet = Sheet::titled("The log formats compared");
    sheet.say("What the leader ships to each follower for the operations of this scenario, everything that was sent again included, with the whole log kept. The sizes are those of a simple encoding: a header of 32 bytes for each entry, then a text, a row, or a row with what a storage engine adds to it.");
    let runs = FormatSpec::ALL.map(|format| Run::of(&in_format(scenario, format)).map(|run| (shipped(&run.plan), run)));
    let head = || std::iter::once(String::new()).chain(FormatSpec::ALL.iter().map(|f| f.name().to_owned())).collect();
    let mut rows = Vec::new();
    let mut followers: Vec<&str> = Vec::new();
    for shard in &scenario.shards {
        followers.extend(shard.followers.iter().map(String::as_str));
    }
    for follower in followers {
        let cell = |run: &Result<(Vec<Shipped>, Run), crate::scenario::ScenarioError>| match run {
            Err(error) => Cell::judged(format!("impossible: {}", error.message), false),
            Ok((all, run)) => {
                let to = run.plan.node_id(follower).and_then(|id| all.get(id.index()).copied()).unwrap_or_default();
                let parts = if to.parts > 0 { format!(", and {} parts of a snapshot", to.parts) } else { String::new() };
                Cell::plain(format!("{} entries, {} bytes{parts}", to.entries, to.bytes))
            }
        };
        rows.push(std::iter::once(Cell::plain(format!("to {follower}"))).chain(runs.iter().map(cell)).collect());
    }
    let differ = |run: &Result<(Vec<Shipped>, Run), _>| match run {
        Err(_) => Cell::plain("–"),
        Ok((_, run)) => {
            let found = run.findings.iter().filter(|f| f.anomaly() == Anomaly::Divergence).count();
            Cell::judged(if found == 0 { "equal".to_owned() } else { format!("{found} differ from the leader") }, found == 0)
        }
    };
    rows.push(std::iter::once(Cell::plain("data at the end of the log")).chain(runs.iter().map(differ)).collect());
    sheet.parts.push(Part::Table(Table { caption: "This scenario in each format".to_owned(), head: head(), rows }));
    sheet.parts.push(Part::Table(Table {
        caption: "What each format can do, by a run of the preset that tests it".to_owned(),
        head: head(),
        rows: PROPERTIES.iter().map(property).collect(),
    }));
    sheet
}

fn property((name, text, finding, no, yes): &(&str, &str, Anomaly, &str, &str)) -> Vec<Cell> {
    let cell = |format: FormatSpec| {
        let run = parse(text).and_then(|scenario| Run::of(&in_format(&scenario, format)));
        match run {
            Err(error) => Cell::judged(format!("no: {}", error.message), false),
            Ok(run) => {
                let broken = run.findings.iter().any(|found| found.anomaly() == *finding);
                Cell::judged(if broken { *no } else { *yes }, !broken)
            }
        }
    };
    std::iter::once(Cell::plain(*name)).chain(FormatSpec::ALL.map(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Mark;

    /// Kleppmann 2017, chapter 5: statements diverge, bytes are tied to a version, rows carry no change of the schema.
    #[test]
    fn each_format_has_its_own_weakness() {
        let mark = |row: usize| property(&PROPERTIES[row])[1..].iter().map(|cell| cell.mark).collect::<Vec<_>>();
        let (good, bad) = (Mark::Good, Mark::Bad);
        assert_eq!(mark(0), [bad, good, good], "now()");
        assert_eq!(mark(1), [good, bad, good], "another version");
        assert_eq!(mark(2), [good, good, bad], "a new column");
        assert_eq!(mark(3), [bad, bad, good], "some keys");
    }
}
