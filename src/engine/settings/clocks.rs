//! The clocks of leaders, for the whole run: how far each is ahead or behind at the start, and how fast it runs. Where the last writer wins by the
//! clocks of machines they decide what is kept.

use crate::engine::command::{Command, Set};
use crate::engine::field::{Field, slider};
use crate::scenario::{ClockSpec, Scenario};
use crate::time::Offset;

/// The offsets on offer, in milliseconds.
const OFFSETS: [i64; 15] = [-10_000, -5_000, -2_000, -1_000, -500, -200, -50, 0, 50, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// The rates on offer, in milliseconds for each true second.
const RATES: [u32; 9] = [900, 950, 990, 999, 1_000, 1_001, 1_010, 1_050, 1_100];
/// The rate of a clock that runs as it should.
const TRUE_RATE: u32 = 1_000;

/// Two fields for each leader.
pub(super) fn fields(scenario: &Scenario) -> Field {
    let leaders = scenario.shards.iter().flat_map(|shard| shard.leaders().map(|(leader, _)| leader));
    let fields = leaders.flat_map(|leader| {
        let clock = scenario.clocks.iter().rfind(|clock| clock.node == leader);
        let (offset, rate) = clock.map_or((Offset(0), TRUE_RATE), |clock| (clock.offset, clock.ms_per_second));
        let place = (0..OFFSETS.len()).min_by_key(|i| (OFFSETS[*i] * 1_000).abs_diff(offset.0)).unwrap_or(0);
        let pace = (0..RATES.len()).min_by_key(|i| RATES[*i].abs_diff(rate)).unwrap_or(0);
        let set = |set: fn(String) -> Set| Command::Set(set(leader.to_owned()));
        [
            slider(format!("{leader} at the start"), ahead(offset), (place, OFFSETS.len()), &set(Set::ClockOffset)),
            slider(format!("{leader} runs"), format!("{rate} ms a second"), (pace, RATES.len()), &set(Set::ClockRate)),
        ]
    });
    Field::Fold("Clocks".to_owned(), fields.collect())
}

/// "500 ms behind", "right", "2000 ms ahead".
fn ahead(offset: Offset) -> String {
    match offset.0 {
        0 => "right".to_owned(),
        us if us < 0 => format!("{} behind", offset.size().words()),
        _ => format!("{} ahead", offset.size().words()),
    }
}

/// Sets how far the clock of a node is ahead or behind to the value at this place of the row.
pub(super) fn set_offset(scenario: &mut Scenario, node: &str, place: &str) {
    if let Some(ms) = place.parse().ok().and_then(|place: usize| OFFSETS.get(place)) {
        change(scenario, node, |clock| clock.offset = Offset(ms * 1_000));
    }
}

/// Sets how fast it runs.
pub(super) fn set_rate(scenario: &mut Scenario, node: &str, place: &str) {
    if let Some(rate) = place.parse().ok().and_then(|place: usize| RATES.get(place)) {
        change(scenario, node, |clock| clock.ms_per_second = *rate);
    }
}

/// Changes the clock of a node; one that is right and runs as it should needs no entry.
fn change(scenario: &mut Scenario, node: &str, change: impl FnOnce(&mut ClockSpec)) {
    let is_there = scenario.shards.iter().any(|shard| shard.replicas().any(|name| name == node));
    let known = scenario.clocks.iter().rposition(|clock| clock.node == node);
    let mut clock = match known {
        Some(place) => scenario.clocks.remove(place),
        None => ClockSpec { node: node.to_owned(), ms_per_second: TRUE_RATE, offset: Offset(0) },
    };
    change(&mut clock);
    if is_there && (clock.offset, clock.ms_per_second) != (Offset(0), TRUE_RATE) {
        scenario.clocks.insert(known.unwrap_or(scenario.clocks.len()), clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;
    use crate::presets::Preset;
    use crate::run::Run;
    use crate::scenario::Anomaly;

    fn clocks(scenario: &Scenario) -> Vec<(&str, i64, u32)> {
        scenario.clocks.iter().map(|clock| (clock.node.as_str(), clock.offset.0, clock.ms_per_second)).collect()
    }

    #[test]
    fn a_clock_is_set_and_set_right_again() {
        let mut scenario = Preset::named("lww-concurrent").expect("a preset").scenario();
        scenario.clocks.clear();
        set_offset(&mut scenario, "frankfurt", "3");
        set_rate(&mut scenario, "frankfurt", "7");
        assert_eq!(clocks(&scenario), [("frankfurt", -1_000_000, 1_050)]);
        set_offset(&mut scenario, "frankfurt", "7");
        assert_eq!(clocks(&scenario), [("frankfurt", 0, 1_050)]);
        set_rate(&mut scenario, "frankfurt", "4");
        assert_eq!(clocks(&scenario), []);
        set_offset(&mut scenario, "frankfurt", "15");
        set_offset(&mut scenario, "nobody", "3");
        assert_eq!(clocks(&scenario), [], "neither is there such a place, nor such a node");
    }

    /// The story of `lww-skew`: with clocks that are right the update is not lost.
    #[test]
    fn the_clock_decides_who_wrote_last() {
        let mut scenario = Preset::named("lww-skew").expect("a preset").scenario();
        let lost = |scenario: &Scenario| {
            let run = Run::of(scenario).expect("it can be run");
            run.findings.iter().map(Finding::anomaly).any(|kind| kind == Anomaly::LostUpdate)
        };
        assert!(lost(&scenario));
        let wrong: Vec<String> = scenario.clocks.iter().map(|clock| clock.node.clone()).collect();
        for node in wrong {
            set_offset(&mut scenario, &node, "7");
            set_rate(&mut scenario, &node, "4");
        }
        assert!(scenario.clocks.is_empty() && !lost(&scenario), "{:?}", scenario.clocks);
    }
}
