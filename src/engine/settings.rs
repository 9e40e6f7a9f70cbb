//! The settings of the whole run: how clients read, when writes are acknowledged, who promotes, how long links take, the seed.
//!
//! Each file here says which fields there are and what each does to a scenario, so that a control stands in one place.

mod acknowledgement;
mod clocks;
mod failover;
mod leaders;
mod links;
mod log;
mod reads;
mod rings;

use super::command::{Command, Set, ShardSet};
use super::field::{Field, button, slider};
use super::form::Form;
use crate::family::{Included, LeaderlessIncluded, MultiLeaderIncluded};
use crate::run::Run;
use crate::scenario::{Scenario, Shard, WorkloadKind};
use crate::share;

/// The rates on offer, in operations per second; the last is the telemetry pipeline's. Those that would make a run of more operations than
/// [`OPS_MAX`] are not.
const RATES: [u32; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000];

/// The most operations of a workload that a slider asks for: a run that is recorded whole has to fit into a browser's memory.
const OPS_MAX: u64 = 200_000;

/// All fields.
pub(super) fn fields(run: &Run, form: &Form) -> Vec<Field> {
    let scenario = &run.plan.scenario;
    let about = About::of(scenario);
    let mut fields = Vec::new();
    if !run.plan.family.is_leaderless() {
        fields.push(reads::fields(run.plan.family, scenario));
    }
    match run.plan.family {
        Included::SingleLeader => {
            for (index, shard) in scenario.shards.iter().enumerate() {
                let several = scenario.shards.len() > 1;
                fields.extend([
                    folded(!about.acknowledgement, acknowledgement::fields(index, shard, several)),
                    folded(!about.failover, failover::fields(index, shard)),
                    folded(!about.log, log::fields(index, shard)),
                ]);
            }
        }
        Included::MultiLeader(_) => {
            fields.extend(leaders::fields(scenario));
            fields.push(clocks::fields(scenario));
        }
        Included::Leaderless(_) => fields.extend(rings::fields(scenario)),
    }
    fields.push(links::lags(run));
    fields.push(links::other(run, form));
    fields.extend(rates(scenario));
    fields.extend(seed(run));
    fields
}

/// Which groups of settings the lesson of a scenario is about: those that its remedy changes. They are in view, the others one step away.
struct About {
    acknowledgement: bool,
    failover: bool,
    log: bool,
}

impl About {
    fn of(scenario: &Scenario) -> About {
        let fix = scenario.lesson.as_ref().and_then(|lesson| lesson.fix.as_ref());
        About {
            acknowledgement: fix.is_some_and(|fix| fix.ack.is_some()),
            failover: fix.is_some_and(|fix| {
                fix.fencing.is_some() || fix.leader_reads.is_some() || fix.timeout.is_some() || fix.promote.is_some()
            }),
            log: fix.is_some_and(|fix| fix.format.is_some() || fix.retention.is_some()),
        }
    }
}

/// A group of fields that is folded away, or not.
fn folded(fold: bool, field: Field) -> Field {
    match field {
        Field::Group(name, inner) if fold => Field::Fold(name, inner),
        other => other,
    }
}

/// Makes a setting in a scenario.
///
/// # Errors
/// What is wrong with the value.
pub(super) fn set(set: &Set, value: &str, scenario: &mut Scenario) -> Result<(), String> {
    match set {
        Set::Mode(mode) => scenario.read.mode = *mode,
        Set::Guarantee(guarantee) => {
            let on = scenario.read.guarantees.has(*guarantee);
            scenario.read.guarantees = scenario.read.guarantees.with(*guarantee, !on);
        }
        Set::Window => reads::set_window(&mut scenario.read, value),
        Set::Bound => reads::set_bound(&mut scenario.read, value),
        Set::OnMiss => reads::set_on_miss(&mut scenario.read, value),
        Set::Tokens => reads::set_tokens(&mut scenario.read, value),
        Set::Shard(index, change) => {
            if let Some(shard) = scenario.shards.get_mut(*index) {
                set_shard(shard, change, value);
            }
        }
        Set::Lag(pairs) => links::set_lag(&mut scenario.links, pairs, value),
        Set::Rate(index) => {
            if let (Some(workload), Some(rate)) =
                (scenario.workload.get_mut(*index), value.parse().ok().and_then(|place: usize| RATES.get(place).copied()))
            {
                workload.per_second = rate;
            }
        }
        Set::Seed => {
            let wrong = || format!("the seed '{value}' is not a whole number from 0 to {}", u64::MAX);
            scenario.seed = value.trim().parse().map_err(|_| wrong())?;
        }
        Set::AsLinked => share::adjust(scenario, value).map_err(|error| error.to_string())?,
        Set::Home(_) | Set::ClockOffset(_) | Set::ClockRate(_) => {
            // A program that leaves out several leaders has offered none of it.
            if MultiLeaderIncluded::proof().is_some() {
                set_of_leaders(set, value, scenario);
            }
        }
        Set::NextSeed => scenario.seed = scenario.seed.wrapping_add(1),
        Set::Fix => {
            if let Some(fixed) = scenario.with_fix() {
                *scenario = fixed;
            }
        }
    }
    Ok(())
}

/// Makes a setting that only scenarios with several leaders have.
fn set_of_leaders(set: &Set, value: &str, scenario: &mut Scenario) {
    match set {
        Set::Home(client) => leaders::set_home(scenario, *client, value),
        Set::ClockOffset(node) => clocks::set_offset(scenario, node, value),
        Set::ClockRate(node) => clocks::set_rate(scenario, node, value),
        _ => {}
    }
}

fn set_shard(shard: &mut Shard, change: &ShardSet, value: &str) {
    match change {
        ShardSet::WaitFor(_) | ShardSet::Count | ShardSet::Selection | ShardSet::Level | ShardSet::OnLoss => {
            acknowledgement::set(&mut shard.ack, change, value);
        }
        ShardSet::Promotion | ShardSet::Patience | ShardSet::LeaderReads | ShardSet::Fencing => {
            failover::set(shard, change, value)
        }
        ShardSet::Format | ShardSet::Retention => log::set(shard, change, value),
        ShardSet::Ring(change) => {
            if let (Some(ring), Some(_)) = (&mut shard.ring, LeaderlessIncluded::proof()) {
                rings::set(ring, *change, value);
            }
        }
        ShardSet::Topology(_) | ShardSet::Delivery | ShardSet::Rule(_) | ShardSet::Numbers => {
            if MultiLeaderIncluded::proof().is_some() {
                leaders::set(shard, change, value);
            }
        }
    }
}

fn rates(scenario: &Scenario) -> impl Iterator<Item = Field> {
    scenario.workload.iter().enumerate().map(|(index, workload)| {
        let seconds = scenario.until.0.div_ceil(1_000_000).max(1);
        let fits = |rate: &&u32| u64::from(**rate) * seconds <= OPS_MAX || **rate <= workload.per_second;
        let count = RATES.iter().take_while(fits).count().max(1);
        let place = (0..count).min_by_key(|i| RATES[*i].abs_diff(workload.per_second)).unwrap_or(0);
        let what = if workload.kind == WorkloadKind::Write { "writes" } else { "reads" };
        let (name, words) = (format!("{} {what}", workload.client), format!("{} per second", workload.per_second));
        slider(name, words, (place, count), &Command::Set(Set::Rate(index)))
    })
}

fn seed(run: &Run) -> [Field; 3] {
    let text = Field::Text {
        name: "Seed".to_owned(),
        value: run.plan.scenario.seed.to_string(),
        suggestions: Vec::new(),
        max: 20,
        number: true,
        order: super::field::Order::of(&Command::Set(Set::Seed)),
    };
    let next = Field::Buttons(vec![button("Next seed", &Command::Set(Set::NextSeed))]);
    [text, next, Field::Digest(format!("Same scenario, same run. Trace digest {}", run.trace.digest))]
}
