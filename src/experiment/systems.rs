//! The sheet of real systems: a table per shard, and PostgreSQL's own table of durability with the row that fits.

use crate::scenario::{AckSpec, FamilySpec, LevelSpec, RingSpec, Scenario, Shard};
use crate::sheet::{Cell, Part, Sheet, Table};
use crate::systems::{Counterpart, DURABILITY, RINGS, SEVERAL_LEADERS, System, counterparts};

/// What a scenario's configuration is called in real systems.
pub(super) fn sheet(scenario: &Scenario) -> Sheet {
    let mut sheet = Sheet::titled("This configuration in real systems");
    let several = scenario.shards.len() > 1;
    for shard in &scenario.shards {
        if several {
            sheet.head(format!("Shard {}", shard.name));
        }
        if scenario.family == FamilySpec::MultiLeader {
            sheet.parts.push(Part::Table(several_leaders(shard)));
            continue;
        }
        if let Some(ring) = &shard.ring {
            sheet.parts.push(Part::Table(of_ring(ring)));
            continue;
        }
        let all = counterparts(shard, &scenario.read);
        for system in System::ALL {
            let rows = all.iter().filter(|row| row.system == system).map(row).collect();
            let head =
                vec!["the lab".to_owned(), system.name().to_owned(), "what it promises".to_owned(), "what differs".to_owned()];
            sheet.parts.push(Part::Table(Table { caption: system.name().to_owned(), head, rows }));
        }
    }
    if scenario.family == FamilySpec::SingleLeader {
        sheet.parts.push(Part::Table(durability(scenario)));
    }
    sheet
}

/// The systems without leaders: those that come nearest to the ring's settings first.
fn of_ring(ring: &RingSpec) -> Table {
    let near = |near: bool| RINGS.iter().filter(move |system| system.fits(ring) == near).map(move |row| (near, row));
    let rows = near(true).chain(near(false)).map(|(near, row)| {
        let name = if near { format!("{} (comes near)", row.system) } else { row.system.to_owned() };
        [name.as_str(), row.here, row.setting, row.promise, row.differs].map(Cell::plain).to_vec()
    });
    let head = ["system", "the lab", "there", "what it promises", "what differs"];
    Table { caption: "Systems without leaders".to_owned(), head: head.map(str::to_owned).to_vec(), rows: rows.collect() }
}

/// The systems with several leaders: those that come nearest to the shard's settings first.
fn several_leaders(shard: &Shard) -> Table {
    let near = |near: bool| SEVERAL_LEADERS.iter().filter(move |system| system.fits(shard) == near).map(move |row| (near, row));
    let rows = near(true).chain(near(false)).map(|(near, row)| {
        let name = if near { format!("{} (comes near)", row.system) } else { row.system.to_owned() };
        [name.as_str(), row.here, row.setting, row.promise, row.differs].map(Cell::plain).to_vec()
    });
    let head = ["system", "the lab", "there", "what it promises", "what differs"];
    Table { caption: "Several leaders".to_owned(), head: head.map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn row(counterpart: &Counterpart) -> Vec<Cell> {
    vec![
        Cell::plain(counterpart.aspect.title()),
        Cell::plain(counterpart.setting.as_deref().unwrap_or("no counterpart")),
        Cell::plain(counterpart.promise.clone()),
        Cell::plain(counterpart.differs.clone().unwrap_or_default()),
    ]
}

/// PostgreSQL's table, with the row of the first shard named.
fn durability(scenario: &Scenario) -> Table {
    let here = match scenario.shards.first().map(|shard| &shard.ack) {
        Some(AckSpec::Sync(rule)) => match rule.level {
            LevelSpec::Received => "remote_write",
            LevelSpec::Flushed => "on",
            LevelSpec::Applied => "remote_apply",
        },
        _ => "local",
    };
    let yes = |held: bool| Cell::judged(if held { "yes" } else { "no" }, held);
    let rows = DURABILITY.iter().map(|d| {
        let name = if d.mode == here { format!("{} (this lab)", d.mode) } else { d.mode.to_owned() };
        vec![Cell::plain(name), yes(d.local), yes(d.standby_process_crash), yes(d.standby_system_crash), yes(d.standby_query)]
    });
    let head =
        ["synchronous_commit", "primary crashes", "standby process crashes", "standby system crashes", "standby query sees it"];
    Table {
        caption: "PostgreSQL: what a commit survives, by synchronous_commit".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}
