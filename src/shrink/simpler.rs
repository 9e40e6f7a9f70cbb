//! Simpler numbers: times and delays with fewer digits, constant delays instead of random ones, a run that begins at once.

use crate::network::Latency;
use crate::scenario::{Event, Scenario};
use crate::time::SimDuration;

/// A change of numbers that makes a scenario easier to read. Each can be done only finitely often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Simpler {
    /// Everything happens earlier by so much.
    Shift(u64),
    /// What is said of some links: their random latency becomes constant.
    Constant(usize),
    /// A number becomes a rounder one.
    Round(usize, u64),
}

/// All changes that make a scenario simpler.
pub(super) fn all(scenario: &Scenario) -> Vec<Simpler> {
    let mut all = Vec::new();
    let first = scenario.script.iter().map(|s| s.at.0).min().unwrap_or(0);
    if first > 0 && scenario.workload.is_empty() && scenario.until.0 > first {
        all.push(Simpler::Shift(first));
    }
    for (l, link) in scenario.links.iter().enumerate() {
        if link.latency.as_ref().is_some_and(|latency| !matches!(latency, Latency::Constant(_))) {
            all.push(Simpler::Constant(l));
        }
    }
    let mut copy = scenario.clone();
    for (n, number) in numbers(&mut copy).into_iter().enumerate() {
        all.extend(rounder(number.0).into_iter().map(|rounder| Simpler::Round(n, rounder)));
    }
    all
}

impl Simpler {
    /// The scenario with this change.
    pub(super) fn applied_to(self, scenario: &Scenario) -> Scenario {
        let mut simpler = scenario.clone();
        match self {
            Simpler::Shift(by) => {
                simpler.until.0 -= by;
                simpler.script.iter_mut().for_each(|scheduled| scheduled.at.0 -= by);
            }
            Simpler::Constant(l) => {
                if let Some(latency) = &mut simpler.links[l].latency {
                    *latency = Latency::Constant(latency.typical());
                }
            }
            Simpler::Round(n, number) => {
                if let Some(place) = numbers(&mut simpler).into_iter().nth(n) {
                    place.0 = number;
                }
            }
        }
        simpler
    }
}

/// The times and delays of a scenario, always in the same order.
fn numbers(scenario: &mut Scenario) -> Vec<&mut SimDuration> {
    let mut numbers = vec![&mut scenario.until];
    for link in &mut scenario.links {
        if let Some(Latency::Constant(latency)) = &mut link.latency {
            numbers.push(latency);
        }
    }
    for shard in &mut scenario.shards {
        numbers.extend([&mut shard.flush, &mut shard.apply]);
    }
    for scheduled in &mut scenario.script {
        numbers.push(&mut scheduled.at);
        if let Event::Link(link) = &mut scheduled.event
            && let Some(Latency::Constant(latency)) = &mut link.latency
        {
            numbers.push(latency);
        }
    }
    numbers
}

/// Numbers near this one that need fewer digits, the roundest first.
fn rounder(number: u64) -> Vec<u64> {
    let mut found = Vec::new();
    let mut unit = 10_u64;
    while unit <= number.saturating_mul(10) && unit < 1_000_000_000_000 {
        let below = number / unit * unit;
        for near in [below, below + unit] {
            // A number that is much larger, the end of the run for one, would be no simpler.
            if digits(near) < digits(number) && near <= number.saturating_mul(2) && !found.contains(&near) {
                found.push(near);
            }
        }
        unit *= 10;
    }
    found.reverse();
    found
}

/// How many digits a number has without the zeros at its end.
fn digits(mut number: u64) -> u32 {
    while number != 0 && number.is_multiple_of(10) {
        number /= 10;
    }
    if number == 0 { 0 } else { number.ilog10() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounder_numbers_have_fewer_digits() {
        for number in [1, 7, 10, 19, 101, 862_000, 123_456] {
            assert!(rounder(number).iter().all(|near| digits(*near) < digits(number)), "{number}: {:?}", rounder(number));
        }
        assert!(rounder(0).is_empty());
    }
}
