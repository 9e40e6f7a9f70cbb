//! The plan's side of families: whether all that a scenario asks for has a meaning in its family.

use super::place::{Place, Result, item, top, wrong};
use crate::family::{Included, LeaderlessIncluded, MultiLeaderIncluded};
use crate::router::ReadMode;
use crate::sabotage::Sabotage;
use crate::scenario::family::{FamilySpec, Setting};
use crate::scenario::{AckSpec, Event, Fix, ReadSpec, Scenario, Shard, VisibilitySpec};
use crate::scenario::{DeliverySpec, FencingSpec, FormatSpec, LeaderReadsSpec, NumbersSpec, TopologySpec};
use crate::time::SimDuration;

/// The family of a scenario, if this program includes it.
pub(super) fn included(family: FamilySpec) -> Result<Included> {
    let included = match family {
        FamilySpec::SingleLeader => Some(Included::SingleLeader),
        FamilySpec::MultiLeader => MultiLeaderIncluded::proof().map(Included::MultiLeader),
        FamilySpec::Leaderless => LeaderlessIncluded::proof().map(Included::Leaderless),
    };
    match included {
        Some(included) => Ok(included),
        None => wrong(&top("family"), format!("this program leaves out the family `{}`", family.name())),
    }
}

/// Refuses the first setting without a meaning in the family of the scenario.
pub(super) fn check_family(scenario: &Scenario) -> Result<()> {
    refuse(scenario, |setting| scenario.family.knows(setting))
}

/// Refuses a defect of something that nothing in the scenario asks for.
pub(super) fn check_defects(scenario: &Scenario) -> Result<()> {
    let at = scenario.sabotage.iter().position(|defect| *defect == Sabotage::IgnoreDependencies);
    match at.filter(|_| scenario.shards.iter().all(|shard| shard.delivery == DeliverySpec::AsItComes)) {
        Some(i) => {
            let message =
                "the defect `ignore-dependencies` breaks causal delivery, and no shard has the setting `delivery` for it";
            wrong(&item("sabotage", i), message)
        }
        None => Ok(()),
    }
}

/// Refuses the first setting that is not known. What says no more than silence asks for nothing.
fn refuse(scenario: &Scenario, knows: impl Fn(Setting) -> bool) -> Result<()> {
    let family = scenario.family.name();
    let modes = || {
        let known = ReadMode::ALL.into_iter().filter(|mode| knows(Setting::ReadMode(*mode)));
        known.map(|mode| format!("`{}`", mode.name())).collect::<Vec<_>>().join(", ")
    };
    let ask = |asked: bool, setting: Setting, place: &Place<'_>| {
        if !asked || knows(setting) {
            return Ok(());
        }
        let others = match setting {
            Setting::ReadMode(_) if family == FamilySpec::Leaderless.name() => {
                ": each read asks as many replicas as the ring says".to_owned()
            }
            Setting::ReadMode(_) => format!(", which has {}", modes()),
            Setting::If if family == FamilySpec::Leaderless.name() => {
                ": a quorum does not order two writers, so that to compare and set needs consensus".to_owned()
            }
            _ => String::new(),
        };
        wrong(place, format!("the {} has no meaning in the family `{family}`{others}", setting.words()))
    };
    ask_read(&scenario.read, &top("read"), &ask)?;
    for (i, client) in scenario.clients.iter().enumerate() {
        ask(client.home.is_some(), Setting::Home, &item("clients", i).at("home"))?;
    }
    for (i, shard) in scenario.shards.iter().enumerate() {
        ask_shard(shard, &item("shards", i), &ask)?;
    }
    for (i, scheduled) in scenario.script.iter().enumerate() {
        ask_event(&scheduled.event, &item("script", i).at("do"), &ask)?;
    }
    if let Some(fix) = scenario.lesson.as_ref().and_then(|lesson| lesson.fix.as_ref()) {
        ask_fix(fix, &top("lesson").at("fix"), &ask)?;
    }
    for (i, defect) in scenario.sabotage.iter().enumerate() {
        ask(true, Setting::Defect(*defect), &item("sabotage", i))?;
    }
    Ok(())
}

/// Asks for a setting, if the first argument says that it is asked for at all.
type Ask<'a> = &'a dyn Fn(bool, Setting, &Place<'_>) -> Result<()>;

fn ask_read(read: &ReadSpec, place: &Place<'_>, ask: Ask<'_>) -> Result<()> {
    let silent = ReadSpec::default();
    let ReadSpec { mode, on_miss, attempt_timeout: _, token, tokens, window, bound, guarantees } = read;
    ask(true, Setting::ReadMode(*mode), &place.at("mode"))?;
    ask(*on_miss != silent.on_miss, Setting::OnMiss, &place.at("on_miss"))?;
    ask(*token != silent.token, Setting::Token, &place.at("token"))?;
    ask(*tokens != silent.tokens, Setting::Tokens, &place.at("tokens"))?;
    ask(*window != silent.window, Setting::Window, &place.at("window"))?;
    ask(*bound != silent.bound, Setting::Bound, &place.at("bound"))?;
    ask(*guarantees != silent.guarantees, Setting::Guarantees, &place.at("guarantees"))
}

fn ask_shard(shard: &Shard, place: &Place<'_>, ask: Ask<'_>) -> Result<()> {
    let Shard { name: _, leader: _, followers: _, keys: _, flush, apply, copy: _, .. } = shard;
    let Shard { peers, topology, delivery, conflicts, numbers, ring, .. } = shard;
    ask(ring.is_some(), Setting::Ring, &place.at("ring"))?;
    let Shard { ack, visibility, failover, fencing, leader_reads, format, retention, keeps, .. } = shard;
    ask(*ack != AckSpec::default(), Setting::Ack, &place.at("ack"))?;
    ask(*visibility != VisibilitySpec::default(), Setting::Visibility, &place.at("visibility"))?;
    ask(failover.is_some(), Setting::Failover, &place.at("failover"))?;
    ask(*fencing != FencingSpec::default(), Setting::Fencing, &place.at("fencing"))?;
    ask(*leader_reads != LeaderReadsSpec::default(), Setting::LeaderReads, &place.at("leader_reads"))?;
    ask(*format != FormatSpec::default(), Setting::Format, &place.at("format"))?;
    ask(retention.is_some(), Setting::Retention, &place.at("retention"))?;
    ask(!keeps.is_empty(), Setting::Keeps, &place.at("keeps"))?;
    ask(*flush != SimDuration::ZERO, Setting::Flush, &place.at("flush"))?;
    ask(*apply != SimDuration::ZERO, Setting::Apply, &place.at("apply"))?;
    ask(!peers.is_empty(), Setting::Peers, &place.at("peers"))?;
    ask(*topology != TopologySpec::default(), Setting::Topology, &place.at("topology"))?;
    ask(*delivery != DeliverySpec::default(), Setting::Delivery, &place.at("delivery"))?;
    ask(!conflicts.is_empty(), Setting::Conflicts, &place.at("conflicts"))?;
    ask(*numbers != NumbersSpec::default(), Setting::Numbers, &place.at("numbers"))
}

fn ask_event(event: &Event, place: &Place<'_>, ask: Ask<'_>) -> Result<()> {
    match event {
        Event::Read { mode: Some(mode), .. } => ask(true, Setting::ReadMode(*mode), &place.at("read").at("mode")),
        Event::Promote(_) => ask(true, Setting::Promote, &place.at("promote")),
        Event::Alter(_) => ask(true, Setting::Alter, &place.at("alter")),
        Event::Upgrade(_) => ask(true, Setting::Upgrade, &place.at("upgrade")),
        Event::Join(_) => ask(true, Setting::Join, &place.at("join")),
        Event::Write { at, condition, .. } => {
            ask(at.is_some(), Setting::At, &place.at("write").at("at"))?;
            ask(condition.is_some(), Setting::If, &place.at("write").at("if"))
        }
        Event::Delete { .. } => ask(true, Setting::Delete, &place.at("delete")),
        Event::Add { .. } => ask(true, Setting::Add, &place.at("add")),
        Event::Call { .. } => ask(true, Setting::Call, &place.at("call")),
        Event::Update { .. } => ask(true, Setting::Update, &place.at("update")),
        Event::Connect(_) => ask(true, Setting::Connect, &place.at("connect")),
        Event::Leave(_) => ask(true, Setting::Leave, &place.at("leave")),
        Event::Insert { .. } => ask(true, Setting::Insert, &place.at("insert")),
        Event::MoveHome { .. } => ask(true, Setting::MoveHome, &place.at("move-home")),
        Event::Read { mode: None, .. }
        | Event::Link(_)
        | Event::Partition { .. }
        | Event::Cut(_)
        | Event::Heal { .. }
        | Event::Hold(_)
        | Event::Release(_)
        | Event::Crash(_)
        | Event::Restart(_)
        | Event::Pause(_)
        | Event::Resume(_) => Ok(()),
    }
}

fn ask_fix(fix: &Fix, place: &Place<'_>, ask: Ask<'_>) -> Result<()> {
    let Fix { text: _, mode, ack, fencing, leader_reads, token, window, tokens, bound, format, retention, .. } = fix;
    let Fix { timeout, repair: _, promote, delivery, topology, conflicts, numbers, ring, .. } = fix;
    if let Some(mode) = mode {
        ask(true, Setting::ReadMode(*mode), &place.at("mode"))?;
    }
    ask(ack.is_some(), Setting::Ack, &place.at("ack"))?;
    ask(fencing.is_some(), Setting::Fencing, &place.at("fencing"))?;
    ask(leader_reads.is_some(), Setting::LeaderReads, &place.at("leader_reads"))?;
    ask(token.is_some(), Setting::Token, &place.at("token"))?;
    ask(window.is_some(), Setting::Window, &place.at("window"))?;
    ask(tokens.is_some(), Setting::Tokens, &place.at("tokens"))?;
    ask(bound.is_some(), Setting::Bound, &place.at("bound"))?;
    ask(format.is_some(), Setting::Format, &place.at("format"))?;
    ask(retention.is_some(), Setting::Retention, &place.at("retention"))?;
    ask(delivery.is_some(), Setting::Delivery, &place.at("delivery"))?;
    ask(topology.is_some(), Setting::Topology, &place.at("topology"))?;
    ask(!conflicts.is_empty(), Setting::Conflicts, &place.at("conflicts"))?;
    ask(numbers.is_some(), Setting::Numbers, &place.at("numbers"))?;
    ask(ring.is_some(), Setting::Ring, &place.at("ring"))?;
    ask(timeout.is_some(), Setting::Failover, &place.at("timeout"))?;
    ask(promote.is_some(), Setting::Promote, &place.at("promote"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    fn everything() -> Scenario {
        serde_json::from_str(include_str!("../everything.json")).expect("a scenario")
    }

    /// What a family that does not have this setting says of a scenario that uses everything.
    fn refused(scenario: &Scenario, missing: Setting) -> String {
        refuse(scenario, |setting| setting != missing).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_setting_that_a_family_does_not_have_is_refused_where_it_stands() {
        let scenario = everything();
        let no = "has no meaning in the family `single-leader`";
        for (setting, path) in [
            (Setting::OnMiss, "read.on_miss"),
            (Setting::Token, "read.token"),
            (Setting::Tokens, "read.tokens"),
            (Setting::Window, "read.window"),
            (Setting::Bound, "read.bound"),
            (Setting::Guarantees, "read.guarantees"),
            (Setting::Ack, "shards[0].ack"),
            (Setting::Visibility, "shards[0].visibility"),
            (Setting::Failover, "shards[0].failover"),
            (Setting::Fencing, "shards[0].fencing"),
            (Setting::LeaderReads, "shards[0].leader_reads"),
            (Setting::Format, "shards[0].format"),
            (Setting::Retention, "shards[0].retention"),
            (Setting::Keeps, "shards[0].keeps"),
            (Setting::Promote, "script[13].do.promote"),
            (Setting::Alter, "script[18].do.alter"),
            (Setting::Upgrade, "script[19].do.upgrade"),
            (Setting::Join, "script[20].do.join"),
        ] {
            assert_eq!(refused(&scenario, setting), format!("{path}: the {} {no}", setting.words()));
        }
        let modes = ", which has `leader`, `any-follower`, `pinned-follower`, ";
        let message = refused(&scenario, Setting::ReadMode(ReadMode::SessionConsistent));
        assert!(message.starts_with(&format!("read.mode: the read mode `session-consistent` {no}{modes}")), "{message}");
        let message = refused(&scenario, Setting::ReadMode(ReadMode::Leader));
        assert!(message.starts_with("script[2].do.read.mode: the read mode `leader` "), "{message}");
    }

    #[test]
    fn what_a_remedy_would_set_is_asked_for_too() {
        let mut scenario = everything();
        scenario.shards.iter_mut().for_each(|shard| *shard = Shard::default());
        scenario.read = ReadSpec::default();
        scenario.script.clear();
        for (setting, field) in [
            (Setting::Ack, "ack"),
            (Setting::Fencing, "fencing"),
            (Setting::LeaderReads, "leader_reads"),
            (Setting::Token, "token"),
            (Setting::Window, "window"),
            (Setting::Tokens, "tokens"),
            (Setting::Bound, "bound"),
            (Setting::Format, "format"),
            (Setting::Retention, "retention"),
            (Setting::Promote, "promote"),
        ] {
            assert!(refused(&scenario, setting).starts_with(&format!("lesson.fix.{field}: ")), "{field}");
        }
    }

    /// A family that has nothing refuses only what is asked for: of a scenario without settings, how it reads.
    #[test]
    fn silence_asks_for_nothing() {
        let quiet = PRESETS.iter().map(|preset| preset.scenario()).find(|scenario| {
            let silent = ReadSpec { mode: scenario.read.mode, ..ReadSpec::default() };
            scenario.read == silent && refuse(scenario, |setting| matches!(setting, Setting::ReadMode(_))).is_ok()
        });
        let mut quiet = quiet.expect("some preset is as simple");
        quiet.lesson = None;
        let error = refuse(&quiet, |_| false).expect_err("reads have a mode").to_string();
        assert!(error.starts_with("read.mode: "), "{error}");
    }
}
