//! What belongs to a group as a whole: its window, its cells, its tokens; and the clients.

use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::trace::What;
use replicated_telemetry_store::view::words::{cut_line, describe_cell, describe_client, ruler, scale_line, tokens as marks};
use replicated_telemetry_store::view::{Cell, ClientBox, Group, Lane, Layout, Place, Stage, Stored, flights as moving, title};

use crate::stage::replicas::Held;
use crate::stage::sentences::{Truth, same};

/// All that is in a log can be seen, from what the slowest shows to the place of the next entry, and the numbers above are those below.
pub(crate) fn window(truth: &Truth<'_>, group: &Group) -> Result<(), String> {
    let window = &group.window;
    let replicas =
        || group.lanes.iter().filter(|lane| lane.note != "has yet to join").filter_map(|lane| truth.state.replica(lane.id));
    let head = group.lanes.iter().filter_map(|lane| truth.state.replica(lane.id)).map(|r| r.log.last().0).max().unwrap_or(0);
    let tail = replicas().map(|r| r.applied.0.max(1)).min().unwrap_or(1);
    for lsn in [tail, head + 1] {
        let column = group.lanes[0].cells.iter().position(|cell| (cell.first..=cell.last).contains(&lsn));
        same("in the window", matches!(window.place(lsn), Place::In(_)), true).map_err(|why| format!("entry {lsn}: {why}"))?;
        same("column", column.map(Place::In), Some(window.place(lsn)))?;
    }
    let before = (1..=head).filter(|lsn| *lsn < group.lanes[0].cells[0].first).count() as u64;
    let line = scale_line(group);
    if let Some(said) = line.strip_prefix("… ") {
        same("earlier entries", said.split(' ').next().and_then(|n| n.parse().ok()), Some(before))?;
    } else if let Some((said, _)) = line.split_once(" entries in each cell") {
        let cells = group.lanes.iter().flat_map(|lane| &lane.cells);
        let sizes: Vec<u64> = cells.map(|cell| (cell.first..=cell.last).count() as u64).collect();
        same("one scale", sizes.iter().all(|size| Ok(*size) == said.parse()), true)?;
    } else {
        same("no words about the columns", line.is_empty(), true)?;
        same("nothing hidden in silence", window.columns.small() || before == 0, true)?;
    }
    let mut edge = f64::MIN;
    for (column, text) in ruler(group) {
        let cell = &group.lanes[0].cells[column];
        let range = if cell.first == cell.last { cell.first.to_string() } else { format!("{}–{}", cell.first, cell.last) };
        same("ruler", &text, &range)?;
        let wide = 7.0 * f64::from(u32::try_from(text.chars().count()).expect("short"));
        let left = window.x(0.0, column) - if cell.first == cell.last { wide / 2.0 } else { window.columns.cell / 2.0 };
        same("room on the ruler", left > edge, true)?;
        edge = left + wide;
    }
    Ok(())
}

/// The cells of a row, entry by entry.
pub(crate) fn cells(truth: &Truth<'_>, group: &Group, lane: &Lane) -> Result<(), String> {
    let held = Held::of(truth.state, lane.id);
    let mut next = group.lanes[0].cells[0].first;
    for cell in &lane.cells {
        same("the columns are those of all rows", cell.first, next)?;
        next = cell.last + 1;
        this(truth, &held, cell, group.window.columns.small())
            .map_err(|why| format!("entries {} to {}: {why}", cell.first, cell.last))?;
    }
    Ok(())
}

fn this(truth: &Truth<'_>, held: &Held<'_>, cell: &Cell, small: bool) -> Result<(), String> {
    let entries: Vec<(Stored, bool)> = (cell.first..=cell.last).map(|lsn| held.stored(lsn)).collect();
    let said = |stored, divergent| {
        let parts = cell.parts.iter().filter(|part| (part.stored, part.divergent) == (stored, divergent));
        parts.map(|part| part.entries).sum::<u64>()
    };
    for stored in [Stored::Snapshot, Stored::Applied, Stored::Flushed, Stored::Received, Stored::Ahead] {
        for divergent in [false, true] {
            // What a snapshot holds is not known entry by entry.
            if stored != Stored::Snapshot {
                let found = entries.iter().filter(|entry| **entry == (stored, divergent)).count() as u64;
                same(&format!("{stored:?}, divergent {divergent}"), said(stored, divergent), found)?;
            }
        }
    }
    let opens = (cell.first..=cell.last).any(|lsn| held.opens(lsn));
    same("a new epoch", cell.opens_epoch, opens)?;
    if small {
        return Ok(());
    }
    let text = describe_cell(cell);
    let expected = match (entries[0].0, held.entry(cell.first)) {
        (Stored::Missing, _) => format!("entry {} is not here", cell.first),
        (Stored::Snapshot, _) => format!("entry {} is in the snapshot, and not in the log", cell.first),
        (stored, entry) => {
            let entry = entry.ok_or("there is no such entry")?;
            let (key, value) = (truth.run.plan.key_name(entry.key), truth.run.plan.show(entry.value));
            let state = if stored == Stored::Ahead { "arrived early".to_owned() } else { format!("{stored:?}").to_lowercase() };
            format!("entry {}, epoch {}: {key} = {value} ({state})", entry.lsn.0, entry.epoch.0)
        }
    };
    same("cell", text, expected)
}

/// The tokens stand where they are, or say where that is.
pub(crate) fn tokens(truth: &Truth<'_>, group: &Group) -> Result<(), String> {
    let drawn = marks(group);
    let mut shown = 0;
    for number in truth.run.plan.replicas..truth.run.plan.nodes.len() {
        let id = NodeId(u16::try_from(number).expect("few nodes"));
        let token = truth.state.client(id).expect("a client").token(u32::from(id.0), group.id);
        if token.lsn.0 == 0 && token.epoch.0 == 0 {
            continue;
        }
        shown += 1;
        let (name, lsn) = (truth.run.plan.name(id), token.lsn.0);
        let numbered = format!("{name} ({lsn})");
        let mark = drawn.iter().find(|mark| mark.names.split(", ").any(|one| one == name || one == numbered));
        let mark = mark.ok_or_else(|| format!("the token of {name} is not drawn"))?;
        let cell = group.lanes[0].cells.iter().position(|cell| (cell.first..=cell.last).contains(&lsn));
        match (mark.place, cell) {
            (Place::In(column), Some(cell)) => {
                same("column of a token", column, cell)?;
                let exact = group.window.scale == 1 && mark.title.contains(&format!("knows of entry {lsn};"));
                same("number of a token", exact || mark.names.contains(&numbered), true)?;
            }
            (Place::Before, None) => same("before the window", lsn < group.lanes[0].cells[0].first, true)?,
            (Place::Behind, None) => same("behind the window", group.lanes[0].cells.iter().all(|cell| cell.last < lsn), true)?,
            (place, cell) => return Err(format!("the token {lsn} of {name} stands at {place:?}, not at {cell:?}")),
        }
        same("a token beyond the window is numbered", cell.is_some() || mark.names.contains(&numbered), true)?;
    }
    same("tokens", drawn.iter().map(|mark| mark.names.split(", ").count()).sum::<usize>(), shown)
}

/// What a client does, and what came of it.
pub(crate) fn client(truth: &Truth<'_>, client: &ClientBox) -> Result<(), String> {
    let (run, now) = (truth.run, truth.now);
    let by_now = run.trace.records.iter().take_while(|record| record.at <= now);
    let started = by_now.filter_map(|record| match record.what() {
        What::Started(op) => Some(&run.trace.ops[op.index()]),
        _ => None,
    });
    let last = started.filter(|op| op.client == client.id).last();
    let end = last.and_then(|op| op.end).filter(|end| end.at <= now).map(|end| end.outcome);
    let expected = last.map_or("nothing yet".to_owned(), |op| {
        let whole = run.plan.key_name(op.key);
        let statement = matches!(op.kind, Kind::Write(replicated_telemetry_store::log::Value::Statement(_)));
        let key = if statement { whole } else { whole.rsplit('/').next().unwrap_or(whole) };
        match (op.kind, end) {
            (Kind::Write(value), None) => format!("writes {key} = {} …", run.plan.show(value)),
            (Kind::Write(value), Some(Outcome::Written { .. })) => format!("wrote {key} = {}", run.plan.show(value)),
            (Kind::Write(_), Some(Outcome::Rejected(_))) => format!("write of {key} rejected"),
            (Kind::Write(_), Some(_)) => format!("write of {key}: unknown outcome"),
            (Kind::Read(_), None) => format!("reads {key} …"),
            (Kind::Read(_), Some(Outcome::Value { found, .. })) => {
                format!("read {key} = {}", found.map_or("none".to_owned(), |version| run.plan.show(version.value)))
            }
            (Kind::Read(_), Some(_)) => format!("read of {key} failed"),
        }
    });
    same("what a client does", &client.line, &expected)?;
    let broke = last.and_then(|op| run.findings.iter().find(|finding| finding.at <= now && finding.op() == op.id));
    let anomaly = broke.map_or(String::new(), |finding| format!(", {}", title(finding.anomaly())));
    same("a client's name", describe_client(client), format!("client {}, {expected}{anomaly}", run.plan.name(client.id)))?;
    let network = &truth.state.network;
    let replicas = (0..u16::try_from(run.plan.replicas).expect("few nodes")).map(NodeId);
    let cut = replicas.filter(|r| network.is_cut(*r, client.id) || network.is_cut(client.id, *r)).count();
    same("cuts of a client", cut_line(client), if cut == 0 { String::new() } else { format!("✕ {cut} cut") })
}

/// Each message under way is drawn, or counted in a mark that says how many it stands for.
pub(crate) fn flights(truth: &Truth<'_>, stage: &Stage, layout: &Layout) -> Result<(), String> {
    let (marks, _) = moving(truth.run, truth.state, stage, layout, truth.now);
    let said =
        marks.iter().map(|mark| mark.text().strip_prefix('×').map_or(Ok(1), str::parse::<usize>)).sum::<Result<usize, _>>();
    same("messages", said.ok(), Some(truth.state.in_flight().len() + truth.state.held().len()))
}
