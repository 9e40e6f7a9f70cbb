//! What each way of handling conflicts loses: rules against losses, every cell counted in runs.
//!
//! A star of three leaders, each with a client beside it. For a second and a half the second leader is offline, and its client goes on; the clock of
//! the third is behind. Clients read keys and write them, delete them or take out of them what they had read, and two of them take the same thing
//! where it is there once: a key that must not exist, or a sum that must not fall below zero. All rules get the same operations, as far as
//! they have a meaning for them (Kleppmann and Riccomini, chapter 6, "Dealing with conflicting writes"; Shapiro et al. 2011 for merges).

use super::{base, leaders, runs, uniform};
use crate::check::conflicts::overwritten;
use crate::family::multi_leader::Policy;
use crate::log::KeyId;
use crate::rng::Rng;
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{
    Anomaly, ClientSpec, ClockSpec, ConditionSpec, ConflictRule, ConflictSpec, Datum, Event, FamilySpec, LinkSpec, Scenario,
    Scheduled, Shard, TopologySpec, WinnerClock,
};
use crate::time::{Offset, SimDuration};

/// A row: what is done about conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One leader takes all writes of a key.
    Avoid,
    /// The last writer wins, by this clock.
    LastWriteWins(WinnerClock),
    /// All versions stay.
    Siblings,
    /// Sets are united.
    Union,
    /// Sets are united, but for what was taken out.
    Cart,
    /// The largest number stays.
    Maximum,
    /// Every addition counts.
    Sum,
    /// The centre decides on the order.
    Rebase,
    /// Versions are written one behind the other.
    Concatenate,
}

impl Rule {
    /// All of them, in the order of rows.
    pub const ALL: [Rule; 11] = [
        Rule::Avoid,
        Rule::LastWriteWins(WinnerClock::Physical),
        Rule::LastWriteWins(WinnerClock::Lamport),
        Rule::LastWriteWins(WinnerClock::Hybrid),
        Rule::Siblings,
        Rule::Union,
        Rule::Cart,
        Rule::Maximum,
        Rule::Sum,
        Rule::Rebase,
        Rule::Concatenate,
    ];

    /// The name of its row.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Rule::Avoid => "avoided: one home for each key",
            Rule::LastWriteWins(WinnerClock::Physical) => "last write wins, by machine clocks",
            Rule::LastWriteWins(WinnerClock::Lamport) => "last write wins, by Lamport clocks",
            Rule::LastWriteWins(WinnerClock::Hybrid) => "last write wins, by hybrid logical clocks",
            Rule::Siblings => "all versions kept (siblings)",
            Rule::Union => "sets united",
            Rule::Cart => "sets united, but for what was taken out",
            Rule::Maximum => "the largest number stays",
            Rule::Sum => "every addition counts",
            Rule::Rebase => "the centre takes writes anew (rebase)",
            Rule::Concatenate => "versions joined by whoever sees them (bad on purpose)",
        }
    }

    /// The rule as scenarios have it.
    #[must_use]
    pub fn spec(self) -> ConflictRule {
        match self {
            Rule::Avoid => ConflictRule::Avoid(LEADERS[0].to_owned()),
            Rule::LastWriteWins(clock) => ConflictRule::LastWriteWins(clock),
            Rule::Siblings => ConflictRule::Siblings,
            Rule::Union => ConflictRule::Union,
            Rule::Cart => ConflictRule::Cart,
            Rule::Maximum => ConflictRule::Maximum,
            Rule::Sum => ConflictRule::Sum,
            Rule::Rebase => ConflictRule::Rebase,
            Rule::Concatenate => ConflictRule::Concatenate,
        }
    }

    /// The name in JSON: that of scenarios, with the clock.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Rule::Avoid => "avoid",
            Rule::LastWriteWins(WinnerClock::Physical) => "last-write-wins physical",
            Rule::LastWriteWins(WinnerClock::Lamport) => "last-write-wins lamport",
            Rule::LastWriteWins(WinnerClock::Hybrid) => "last-write-wins hybrid",
            Rule::Siblings => "siblings",
            Rule::Union => "union",
            Rule::Cart => "cart",
            Rule::Maximum => "maximum",
            Rule::Sum => "sum",
            Rule::Rebase => "rebase",
            Rule::Concatenate => "concatenate",
        }
    }

    /// A value that fits the rule.
    fn value(self, dice: &mut Rng, number: i64) -> Datum {
        match self {
            Rule::Union | Rule::Cart => {
                let mut some: Vec<String> = Vec::new();
                for element in ELEMENTS {
                    some.extend((dice.below(2) == 0).then(|| element.to_owned()));
                }
                Datum::Set(some)
            }
            Rule::Concatenate => Datum::Text(pick(dice, &["B", "C", "D", "E"]).to_owned()),
            Rule::Maximum => Datum::Int(i64::try_from(dice.below(100)).unwrap_or(0)),
            Rule::Avoid | Rule::LastWriteWins(_) | Rule::Siblings | Rule::Sum | Rule::Rebase => Datum::Int(number),
        }
    }
}

/// The leaders; the first is the centre of the star.
pub const LEADERS: [&str; 3] = ["virginia", "frankfurt", "singapore"];
/// What sets are made of.
const ELEMENTS: [&str; 4] = ["book", "dvd", "soap", "milk"];
/// The keys that are read and written.
const KEYS: [&str; 2] = ["MSS-17/plan", "MSS-23/plan"];
/// The key of which there is to be one writer.
const ONCE: &str = "room/10:00";
/// When the second leader goes offline, and when it is back.
const OFFLINE: (u64, u64) = (1_000, 2_500);

/// What runs lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// How many runs there were.
    pub runs: u64,
    /// Acknowledged writes.
    pub acknowledged: usize,
    /// Acknowledged writes that were dropped in favour of others, without a word to anybody.
    pub dropped: usize,
    /// Keys of which readers are shown several versions in the end: somebody has to resolve them.
    pub siblings: usize,
    /// Pairs of acknowledged writes whose condition does not hold of both.
    pub broken: usize,
    /// What was deleted, or taken out, and is there again.
    pub resurrected: usize,
    /// Replicas that differ from another one when all is over.
    pub differing: usize,
    /// Operations.
    pub operations: usize,
    /// Operations that were refused or had no answer.
    pub unsuccessful: usize,
}

impl Losses {
    /// What is counted, in the order of columns: the heading, the name in JSON, and how many.
    #[must_use]
    pub fn columns(&self) -> [(&'static str, &'static str, usize); 6] {
        [
            ("acknowledged writes dropped, nobody told", "dropped", self.dropped),
            ("keys left with several versions", "siblings", self.siblings),
            ("conditions broken", "broken", self.broken),
            ("deletions undone", "resurrected", self.resurrected),
            ("replicas that differ", "differing", self.differing),
            ("operations without success", "unsuccessful", self.unsuccessful),
        ]
    }
}

/// The scenario of one run.
#[must_use]
pub fn scenario(rule: Rule, seed: u64) -> Scenario {
    let mut scenario = base(seed);
    scenario.family = FamilySpec::MultiLeader;
    scenario.until = SimDuration::secs(9);
    scenario.op_timeout = SimDuration::millis(500);
    scenario.read.mode = ReadMode::Leader;
    let conflicts = vec![ConflictSpec { keys: Vec::new(), rule: rule.spec() }];
    scenario.shards = vec![Shard { conflicts, ..leaders(&LEADERS, TopologySpec::Star) }];
    let client = |leader: &&str| ClientSpec { home: Some((*leader).to_owned()), ..ClientSpec::named(&client_of(leader)) };
    scenario.clients = LEADERS.iter().map(client).collect();
    let link = |from: &str, to: &str, latency| LinkSpec {
        from: from.to_owned(),
        to: to.to_owned(),
        latency: Some(latency),
        loss: None,
        duplication: None,
        reorder: None,
    };
    scenario.links.push(link("*", "*", uniform(40, 90)));
    for leader in LEADERS {
        scenario.links.push(link(leader, &client_of(leader), uniform(2, 10)));
        scenario.links.push(link(&client_of(leader), leader, uniform(2, 10)));
    }
    scenario.clocks = vec![ClockSpec { node: LEADERS[2].to_owned(), ms_per_second: 1_000, offset: Offset(-400_000) }];
    scenario.script = script(rule, seed);
    scenario
}

fn client_of(leader: &str) -> String {
    format!("client-{leader}")
}

/// One of some texts.
fn pick(dice: &mut Rng, of: &[&'static str]) -> &'static str {
    of[usize::try_from(dice.below(of.len() as u64)).unwrap_or(0)]
}

/// What clients do, and when a leader is offline, in the order of time.
fn script(rule: Rule, seed: u64) -> Vec<Scheduled> {
    let mut script = Vec::new();
    let mut at = |ms: u64, event: Event| script.push(Scheduled { at: SimDuration::millis(ms), event });
    let offline = vec![LEADERS[1].to_owned(), client_of(LEADERS[1])];
    let others = [LEADERS[0], LEADERS[2]].iter().flat_map(|leader| [(*leader).to_owned(), client_of(leader)]).collect();
    at(OFFLINE.0, Event::Partition { a: offline, b: others });
    at(OFFLINE.1, Event::Heal { a: "*".to_owned(), b: "*".to_owned() });
    for (place, leader) in (0_u64..).zip(LEADERS) {
        let mut dice = Rng::keyed(seed, &[place]);
        for round in 0..12_u64 {
            let begin = 200 + round * 250 + dice.below(200);
            let (client, key) = (client_of(leader), pick(&mut dice, &KEYS).to_owned());
            at(begin, Event::Read { client: client.clone(), key: key.clone(), at: None, mode: None });
            let number = i64::try_from(100 * (place + 1) + round).unwrap_or(0);
            let event = match rule {
                Rule::Sum => Event::Add { client, key, amount: 1 + number % 5, floor: None, at: None },
                _ if dice.below(6) == 0 => Event::Delete { client, key, at: None },
                _ => Event::Write { client, key, value: rule.value(&mut dice, number), at: None, condition: None },
            };
            // What is written is built on what was read, which is there by then.
            at(begin + 30, event);
        }
        once(rule, client_of(leader), place, &mut dice, &mut at);
    }
    script.sort_by_key(|scheduled| scheduled.at);
    script
}

/// While the second leader is offline everybody takes what is there once: a free room, or seven of ten.
fn once(rule: Rule, client: String, place: u64, dice: &mut Rng, at: &mut impl FnMut(u64, Event)) {
    let (key, when) = (ONCE.to_owned(), 1_200 + dice.below(900));
    if rule == Rule::Sum {
        if place == 0 {
            at(100, Event::Add { client: client.clone(), key: key.clone(), amount: 10, floor: None, at: None });
        }
        return at(when, Event::Add { client, key, amount: -7, floor: Some(0), at: None });
    }
    let value = rule.value(dice, i64::try_from(place).unwrap_or(0));
    at(when, Event::Write { client, key, value, at: None, condition: Some(ConditionSpec::Absent) });
}

/// Runs one row over so many seeds.
///
/// # Panics
/// Never: the scenarios of the matrix can be run.
#[must_use]
pub fn row(rule: Rule, seeds: u64) -> Losses {
    let mut all = Losses::default();
    runs(seeds, |seed| scenario(rule, seed)).for_each(|run| all.add(&run));
    all
}

impl Losses {
    /// Adds what one more run shows.
    pub fn add(&mut self, run: &Run) {
        let (history, survival) = (run.history(), run.survival());
        self.runs += 1;
        self.acknowledged += history.ops.iter().filter(|op| history.acknowledged(op).is_some()).count();
        self.dropped += overwritten(&history, &survival.fates).count();
        let several = survival.conflicts.left.iter().filter(|left| left.shown.len() > 1).map(|left| left.key);
        let mut keys: Vec<KeyId> = several.filter(|key| !run.plan.policy(*key).is_some_and(Policy::merges)).collect();
        keys.sort_unstable();
        keys.dedup();
        self.siblings += keys.len();
        let found = |kinds: &[Anomaly]| run.findings.iter().filter(|finding| kinds.contains(&finding.anomaly())).count();
        self.broken += found(&[Anomaly::ConstraintBroken]);
        self.resurrected += found(&[Anomaly::ResurrectedDelete]);
        self.differing += found(&[Anomaly::NonConvergence, Anomaly::Divergence]);
        self.operations += history.ops.len();
        self.unsuccessful += history.ops.iter().filter(|op| !op.ended_well()).count();
    }
}
