//! The table of quorums: a column for each replica of the key and for whoever stood in, a row for the last write and one for the read after it, and
//! a frame around the columns that both have.

use super::Drawing;
use crate::network::NodeId;
use crate::scene::mark::Mark;
use crate::scene::target::Target;
use crate::view::token_ring::{Ended, Quorum, Standing};
use crate::view::words::{fitting, wrapped};

/// Where rows and columns are.
struct Grid {
    /// The left edge of the labels of rows.
    labels: f64,
    /// The left edge of the first column.
    first: f64,
    /// How much room columns have together.
    room: f64,
    /// The most columns.
    most: usize,
    /// The widest column.
    widest: f64,
    /// The top of the names above columns.
    top: f64,
    /// How many letters a line of the sentence has.
    letters: usize,
    /// How many lines it has.
    lines: usize,
}

const WIDE: Grid = Grid { labels: 452.0, first: 512.0, room: 400.0, most: 8, widest: 104.0, top: 22.0, letters: 66, lines: 4 };
const NARROW: Grid = Grid { labels: 12.0, first: 70.0, room: 246.0, most: 6, widest: 60.0, top: 122.0, letters: 56, lines: 4 };
/// The height of a row, and of the cells in it.
const ROW: (f64, f64) = (30.0, 24.0);

/// The table of a ring, within these bounds.
pub(super) fn table(key: u32, drawing: &Drawing<'_>, (x, y, w, h): (f64, f64, f64, f64)) -> Mark {
    let ring = drawing.ring;
    let plate = Mark::new(key, "quorums").at(x, y).rect("plate", [0.0, 0.0, w, h, 8.0]);
    let Some(place) = &ring.key else {
        return plate.text("rule", (12.0, 22.0), ring.tokens_words()).text("why", (12.0, 44.0), "No key has been written yet.");
    };
    let grid = if drawing.layout.narrow { NARROW } else { WIDE };
    let left = grid.labels.max(w.min(446.0)) - 20.0;
    let words = drawing.run.plan.groups[ring.id.index()].ring.as_ref().map(|plan| ring.quorum_words(drawing.run, plan));
    let words = words.unwrap_or_default();
    let mut lines = wrapped(&words, grid.letters);
    if lines.len() > grid.lines {
        lines.truncate(grid.lines);
        lines.last_mut().into_iter().for_each(|last| *last = fitting(&format!("{last} …"), units(grid.letters), 1.0));
    }
    let mut mark = plate
        .path("key-sign", "M12 20l6-11l6 11z".to_owned())
        .text("heading", (30.0, 20.0), fitting(&place.name, left - 30.0, 8.4))
        .text("rule", (12.0, 38.0), fitting(&ring.tokens_words(), left - 12.0, 6.4));
    for (line, text) in lines.into_iter().enumerate() {
        mark = mark.text("why", (12.0, 57.0 + 16.5 * units(line)), text);
    }
    mark.titled(format!("{}. {words}", ring.preference_words())).with(rows(drawing, &grid))
}

/// The columns with their two rows.
fn rows(drawing: &Drawing<'_>, grid: &Grid) -> Vec<Mark> {
    let (ring, mut columns) = (drawing.ring, drawing.ring.columns());
    let more = columns.len().saturating_sub(grid.most);
    columns.truncate(grid.most);
    let pitch = (grid.room / units(columns.len().max(1))).min(grid.widest);
    let mut marks: Vec<Mark> =
        columns.iter().enumerate().map(|(place, node)| head(drawing, grid, (place, pitch), *node)).collect();
    let quorums = &ring.quorums;
    for (row, quorum, label) in [(0, &quorums.write, "W"), (1, &quorums.read, "R")] {
        let top = grid.top + 8.0 + ROW.0 * units(row);
        let ended = quorum.as_ref().map_or(String::new(), counts);
        let class = quorum.as_ref().map_or("row", |quorum| if quorum.ended == Ended::Met { "row met" } else { "row" });
        let (text, right) = (top + ROW.1 / 2.0 + 4.0, grid.first + pitch * units(columns.len()) + 6.0);
        let mut mark = Mark::new(0x100 + u32::try_from(row).unwrap_or(0), class)
            .text("label", (grid.labels, text), if row == 0 { "write" } else { "read" })
            .text("sign", (grid.first - 16.0, text), label)
            .text("count", (right, text), ended);
        if let Some(quorum) = quorum {
            let cells = columns.iter().enumerate().map(|(place, node)| {
                cell(drawing, quorum, *node, [grid.first + pitch * units(place) + 3.0, top, pitch - 6.0, ROW.1])
            });
            mark = mark.with(cells).about([Target::Op(quorum.op.0)]).lighting([Target::Op(quorum.op.0)]);
        } else {
            mark = mark.text("rule", (grid.first + 4.0, text), if row == 0 { "none has begun" } else { "none since the write" });
        }
        marks.push(mark);
    }
    let top = grid.top + 4.0;
    for (place, node) in columns.iter().enumerate().filter(|(_, node)| quorums.shared.contains(node)) {
        let frame = [grid.first + pitch * units(place), top, pitch, 2.0 * ROW.0 + 2.0, 7.0];
        let middle = (frame[0] + pitch / 2.0, top + 2.0 * ROW.0 + 15.0);
        let mark = Mark::new(0x200 + u32::from(node.0), "shared").rect("frame", frame).text("words middle", middle, "both");
        marks.push(mark);
    }
    if more > 0 {
        let at = (grid.first + pitch * units(columns.len()) + 6.0, grid.top);
        marks.push(Mark::new(0x400, "").text("rule", at, format!("+{more}")));
    }
    marks
}

/// The name above a column, or the sign of the node where there is little room.
fn head(drawing: &Drawing<'_>, grid: &Grid, (place, pitch): (usize, f64), node: NodeId) -> Mark {
    let middle = grid.first + pitch * (units(place) + 0.5);
    let name =
        if pitch < 64.0 { drawing.ring.sign(node).to_owned() } else { fitting(drawing.ring.name_of(node), pitch - 4.0, 6.8) };
    Mark::new(u32::from(node.0), "column").text("head middle", (middle, grid.top), name).about([Target::Node(node.0)])
}

/// How many answers there are, and that there are not enough.
fn counts(quorum: &Quorum) -> String {
    let counts = format!("{} of {}", quorum.got, quorum.needed);
    match quorum.ended {
        Ended::Open => format!("{counts} …"),
        Ended::Met => counts,
        Ended::Failed => format!("{counts} ✕"),
        Ended::Refused => "refused".to_owned(),
    }
}

/// What became of the question to one node.
fn cell(drawing: &Drawing<'_>, quorum: &Quorum, node: NodeId, [x, y, w, h]: [f64; 4]) -> Mark {
    let narrow = w < 68.0;
    let running = drawing.ring.requests.iter().find(|request| request.op == quorum.op);
    let asked = running.and_then(|request| request.inquired.iter().find(|inquired| inquired.node == node));
    let (class, text, title) = match (quorum.has(node), asked.map(|asked| asked.standing)) {
        (Some(counted), _) => match counted.owner {
            None => ("answer counted", if narrow { "✓" } else { "✓ counted" }, "its answer was counted".to_owned()),
            Some(owner) => {
                let title = format!("it stands in for {} and keeps a hint", drawing.ring.name_of(owner));
                ("answer hinted", if narrow { "hint" } else { "✓ as hint" }, title)
            }
        },
        (None, Some(Standing::Answered)) => {
            ("answer", if narrow { "late" } else { "came late" }, "it answered when enough had".to_owned())
        }
        (None, Some(Standing::Waiting)) => ("answer waiting", "…", "its answer is waited for".to_owned()),
        (None, Some(Standing::TimedOut)) => {
            ("answer failed", if narrow { "✕" } else { "✕ silent" }, "another node stands in for it".to_owned())
        }
        (None, Some(Standing::Unreachable)) => {
            ("answer failed", if narrow { "✕" } else { "✕ cut off" }, "it is down, or cut off".to_owned())
        }
        (None, None) => match drawing.ring.stands_in_for(node) {
            Some(owner) => {
                let title = format!("it keeps a hint for {}", drawing.ring.name_of(owner));
                ("answer", if quorum_is_write(drawing, quorum) { "hint" } else { "" }, title)
            }
            None => ("answer", "", "no answer of it was counted".to_owned()),
        },
    };
    Mark::new(u32::from(node.0), class)
        .rect("", [x, y, w, h, 5.0])
        .text("middle", (x + w / 2.0, y + h / 2.0 + 4.0), text)
        .titled(title)
}

fn quorum_is_write(drawing: &Drawing<'_>, quorum: &Quorum) -> bool {
    drawing.ring.quorums.write.as_ref().is_some_and(|write| write.op == quorum.op)
}

#[expect(clippy::cast_precision_loss, reason = "a few columns")]
fn units(count: usize) -> f64 {
    count as f64
}
