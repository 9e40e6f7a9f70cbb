//! `systems`: what a configuration is called in real systems, shard by shard.

use std::io::{self, Write};

use serde_json::json;

use crate::scenario::{FamilySpec, RingSpec, Scenario, Shard};
use crate::systems::{Counterpart, DURABILITY, RINGS, SEVERAL_LEADERS, System, counterparts};

/// Prints the counterparts of every shard, for a person.
pub(super) fn print(scenario: &Scenario, out: &mut impl Write) -> io::Result<()> {
    for shard in &scenario.shards {
        writeln!(out, "shard {}", shard.name)?;
        if scenario.family == FamilySpec::MultiLeader {
            several_leaders(shard, out)?;
            continue;
        }
        if let Some(ring) = &shard.ring {
            of_ring(ring, out)?;
            continue;
        }
        let all = counterparts(shard, &scenario.read);
        for system in System::ALL {
            writeln!(out, "\n  {}", system.name())?;
            for row in all.iter().filter(|row| row.system == system) {
                writeln!(out, "    {}: {}", row.aspect.title(), row.setting.as_deref().unwrap_or("no counterpart"))?;
                writeln!(out, "      {}", row.promise)?;
                if let Some(differs) = &row.differs {
                    writeln!(out, "      But: {differs}")?;
                }
            }
        }
        writeln!(out)?;
    }
    match scenario.family {
        FamilySpec::SingleLeader => durability(out),
        FamilySpec::MultiLeader | FamilySpec::Leaderless => Ok(()),
    }
}

/// The systems with several leaders: those that come nearest to the shard's settings first.
fn several_leaders(shard: &Shard, out: &mut impl Write) -> io::Result<()> {
    for near in [true, false] {
        for system in SEVERAL_LEADERS.iter().filter(|system| system.fits(shard) == near) {
            writeln!(out, "\n  {}{}", system.system, if near { " (comes near)" } else { "" })?;
            writeln!(out, "    in the lab: {}", system.here)?;
            writeln!(out, "    {}", system.setting)?;
            writeln!(out, "      {}", system.promise)?;
            writeln!(out, "      But: {}", system.differs)?;
        }
    }
    writeln!(out)
}

/// The systems without leaders: those that come nearest to the ring's settings first.
fn of_ring(ring: &RingSpec, out: &mut impl Write) -> io::Result<()> {
    for near in [true, false] {
        for system in RINGS.iter().filter(|system| system.fits(ring) == near) {
            writeln!(out, "\n  {}{}", system.system, if near { " (comes near)" } else { "" })?;
            writeln!(out, "    in the lab: {}", system.here)?;
            writeln!(out, "    {}", system.setting)?;
            writeln!(out, "      {}", system.promise)?;
            writeln!(out, "      But: {}", system.differs)?;
        }
    }
    writeln!(out)
}

/// PostgreSQL's own table.
fn durability(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "PostgreSQL: what a commit survives, by synchronous_commit")?;
    writeln!(out, "  {:<14}{:<9}{:<24}{:<20}standby query", "mode", "primary", "standby process crash", "standby OS crash")?;
    let word = |yes: bool| if yes { "yes" } else { "no" };
    for row in &DURABILITY {
        let (local, process, system) = (word(row.local), word(row.standby_process_crash), word(row.standby_system_crash));
        writeln!(out, "  {:<14}{local:<9}{process:<24}{system:<20}{}", row.mode, word(row.standby_query))?;
    }
    Ok(())
}

/// Prints one JSON object: `shards`, each with `name` and `counterparts` (`system`, `aspect`, `setting` or null, `promise`,
/// `differs` or null), and `postgresql_durability`. Of several leaders a shard has no counterparts; `several_leaders` has then the systems, each with
/// `system`, `here`, `setting`, `promise`, `differs` and the names of the shards that it comes near to (`near`); of rings `rings` has the same.
pub(super) fn write_json(scenario: &Scenario, out: &mut impl Write) -> io::Result<()> {
    let row = |c: &Counterpart| {
        json!({
            "system": c.system.name(), "aspect": c.aspect.name(), "setting": c.setting, "promise": c.promise, "differs": c.differs,
        })
    };
    let several = scenario.family == FamilySpec::MultiLeader;
    let shards = scenario.shards.iter().map(|shard| {
        let all = if several || shard.ring.is_some() { Vec::new() } else { counterparts(shard, &scenario.read) };
        json!({ "name": shard.name, "counterparts": all.iter().map(row).collect::<Vec<_>>() })
    });
    let durability = DURABILITY.iter().map(|d| {
        json!({
            "mode": d.mode, "local": d.local, "standby_process_crash": d.standby_process_crash,
            "standby_system_crash": d.standby_system_crash, "standby_query": d.standby_query,
        })
    });
    let mut whole = json!({ "shards": shards.collect::<Vec<_>>(), "postgresql_durability": durability.collect::<Vec<_>>() });
    if several {
        let systems = SEVERAL_LEADERS.iter().map(|system| {
            let near = scenario.shards.iter().filter(|shard| system.fits(shard)).map(|shard| shard.name.as_str());
            json!({
                "system": system.system, "here": system.here, "setting": system.setting, "promise": system.promise,
                "differs": system.differs, "near": near.collect::<Vec<_>>(),
            })
        });
        whole["several_leaders"] = systems.collect::<Vec<_>>().into();
    }
    if scenario.family == FamilySpec::Leaderless {
        let systems = RINGS.iter().map(|system| {
            let fits = |shard: &&Shard| shard.ring.as_ref().is_some_and(|ring| system.fits(ring));
            let near = scenario.shards.iter().filter(fits).map(|shard| shard.name.as_str());
            json!({
                "system": system.system, "here": system.here, "setting": system.setting, "promise": system.promise,
                "differs": system.differs, "near": near.collect::<Vec<_>>(),
            })
        });
        whole["rings"] = systems.collect::<Vec<_>>().into();
    }
    writeln!(out, "{whole:#}")
}
