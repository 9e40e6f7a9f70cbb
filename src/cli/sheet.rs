//! Experiments on the command line: the sheet that the page draws, as text or as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::experiment::{Experiment, Job, Progress};
use crate::scenario::Scenario;
use crate::sheet::{Mark, Part, Sheet, Span};

/// Does an experiment from its start to its end, and prints what it answers.
pub(super) fn answer(
    experiment: Experiment,
    argument: &str,
    scenario: &Scenario,
    as_json: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut job = Job::start(experiment, argument, scenario.clone());
    loop {
        if let Progress::Done(sheet) = job.step() {
            return if as_json { writeln!(out, "{:#}", object(&sheet)) } else { write!(out, "{sheet}") };
        }
    }
}

/// `title` and `parts`: texts, headings, tables (`caption`, `head`, `rows` of cells with `text` and `good`, which is null where a cell
/// judges nothing), charts (`caption`, `unit`, `points` with `name` and `value`) and scenarios to open.
fn object(sheet: &Sheet) -> Value {
    let good = |mark: Mark| match mark {
        Mark::Plain => Value::Null,
        Mark::Good => true.into(),
        Mark::Bad => false.into(),
    };
    let part = |part: &Part| match part {
        Part::Heading(text) => json!({ "heading": text }),
        Part::Text(text) => json!({ "text": text }),
        Part::Told(pieces) => {
            let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            json!({ "text": text })
        }
        Part::File(label, name, text) => json!({ "file": name, "what": label, "text": text }),
        Part::Strip(strip) => {
            let span = |s: &Span| json!({ "run": s.side, "op": s.op, "from_us": s.from, "to_us": s.to, "stale": s.stale, "waited": s.waited, "same": s.same });
            let lane = |(client, spans): &(String, Vec<Span>)| json!({ "client": client, "operations": spans.iter().map(span).collect::<Vec<_>>() });
            json!({ "strip": strip.caption, "runs": strip.sides, "parting_us": strip.mark, "clients": strip.lanes.iter().map(lane).collect::<Vec<_>>() })
        }
        Part::Open(label, at, scenario) => json!({ "open": label, "at_us": at, "scenario": scenario }),
        Part::Chart(chart) => {
            let point = |(name, value): &(String, u64)| json!({ "name": name, "value_thousandths": value });
            json!({ "chart": chart.caption, "unit": chart.unit, "points": chart.points.iter().map(point).collect::<Vec<_>>() })
        }
        Part::Table(table) => {
            let cells = |row: &Vec<crate::sheet::Cell>| -> Value {
                row.iter().map(|cell| json!({ "text": cell.text, "good": good(cell.mark) })).collect()
            };
            json!({ "table": table.caption, "head": table.head, "rows": table.rows.iter().map(cells).collect::<Vec<_>>() })
        }
    };
    json!({ "title": sheet.title, "parts": sheet.parts.iter().map(part).collect::<Vec<_>>() })
}
