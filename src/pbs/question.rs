//! What is asked of a model, and the plan for its trials: blocks that anybody may run, anywhere and in any order.
//!
//! The numbers of a block come from a stream of its own, keyed by the seed and the number of the block. So any number of workers counts
//! the same, and what they count adds up to the same.

use std::fmt;

use super::answer::Nanoseconds;
use super::answer::{Answer, Consistent, Exact, Latency, SHARE_UNITS, Share, VERSIONS, Versions, Visible};
use super::closed::{non_intersection, stale, within_versions};
use super::curve::{Curve, Sampler};
use super::distribution::LATENCY_MAX;
use super::model::Model;
use super::tally::Tally;
use super::trial::{Quorum, Trials};
use crate::plural::plural;
use crate::rng::Rng;

/// The most replicas.
pub const REPLICAS_MAX: u32 = 100;
/// The most trials.
pub const TRIALS_MAX: u64 = 10_000_000_000;
/// The most times of reads that are asked about at once.
pub const TIMES_MAX: usize = 64;
/// How many trials a block has; the last one may have fewer.
pub const BLOCK: u64 = 1 << 16;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// How long messages take.
    pub model: Model,
    /// How many replicas.
    pub n: u32,
    /// How many answers a read waits for.
    pub r: u32,
    /// How many acknowledgements a write waits for.
    pub w: u32,
    /// How many trials.
    pub trials: u64,
    /// How long after the acknowledgement reads begin, in nanoseconds.
    pub at: Vec<u64>,
    /// The seed of all numbers.
    pub seed: u64,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionError {
    /// No replicas, or too many.
    Replicas(u32),
    /// A read would wait for no answer, or for more than come.
    Reads(u32, u32),
    /// A write would wait for no acknowledgement, or for more than come.
    Writes(u32, u32),
    /// No trials, or too many.
    Trials(u64),
    /// Too many times.
    Times(usize),
    /// A time is longer than an hour.
    Late(u64),
    /// The model cannot be drawn from.
    Model(String),
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuestionError::Replicas(n) => write!(f, "n is {n}: there can be 1 to {REPLICAS_MAX} replicas"),
            QuestionError::Reads(r, n) => {
                write!(f, "r is {r}: of {} a read waits for 1 to {n}", plural(u64::from(*n), "replica"))
            }
            QuestionError::Writes(w, n) => {
                write!(f, "w is {w}: of {} a write waits for 1 to {n}", plural(u64::from(*n), "replica"))
            }
            QuestionError::Trials(trials) => {
                write!(f, "trials is {trials}: there can be 1 to {TRIALS_MAX} trials")
            }
            QuestionError::Times(times) => write!(f, "at has {times} times: there can be {TIMES_MAX}"),
            QuestionError::Late(time) => write!(
                f,
                "at has {} ms: the longest time is an hour, {} ms",
                super::number::milliseconds(*time),
                super::number::milliseconds(LATENCY_MAX)
            ),
            QuestionError::Model(message) => write!(f, "the model cannot be drawn from: {message}"),
        }
    }
}

impl std::error::Error for QuestionError {}

/// A question whose trials can be made.
#[derive(Clone, Debug)]
pub struct Plan {
    question: Question,
    quorum: Quorum,
    /// The times of reads, sorted.
    at: Vec<u64>,
    samplers: Vec<Sampler>,
    /// Which sampler each latency takes.
    legs: [usize; 4],
}

impl Plan {
    /// Looks at a question, and tabulates its latencies.
    ///
    /// # Errors
    /// Says what is wrong with the question.
    pub fn new(question: Question) -> Result<Plan, QuestionError> {
        let Question { n, r, w, trials, ref at, ref model, .. } = question;
        let wrong = match () {
            () if !(1..=REPLICAS_MAX).contains(&n) => Some(QuestionError::Replicas(n)),
            () if !(1..=n).contains(&r) => Some(QuestionError::Reads(r, n)),
            () if !(1..=n).contains(&w) => Some(QuestionError::Writes(w, n)),
            () if !(1..=TRIALS_MAX).contains(&trials) => Some(QuestionError::Trials(trials)),
            () if at.len() > TIMES_MAX => Some(QuestionError::Times(at.len())),
            () => at.iter().find(|at| **at > LATENCY_MAX).map(|at| QuestionError::Late(*at)),
        };
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        model.check().map_err(QuestionError::Model)?;
        let (mut samplers, mut legs) = (Vec::new(), [0; 4]);
        for (leg, place) in legs.iter_mut().enumerate() {
            // Latencies that take the same share a table.
            let before = model.legs[..leg].iter().position(|before| *before == model.legs[leg]);
            *place = before.unwrap_or(leg);
        }
        let mut seen: Vec<usize> = Vec::new();
        for place in &mut legs {
            let known = seen.iter().position(|seen| seen == place);
            *place = known.unwrap_or_else(|| {
                seen.push(*place);
                samplers.push(Sampler::new(&model.legs[*place]));
                samplers.len() - 1
            });
        }
        let mut sorted = at.clone();
        sorted.sort_unstable();
        let [n, r, w] = [n, r, w].map(|count| count as usize);
        Ok(Plan { quorum: Quorum { n, r, w }, at: sorted, samplers, legs, question })
    }

    /// The question.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// How many blocks there are.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.question.trials.div_ceil(BLOCK)
    }

    /// Runs one block.
    #[must_use]
    pub fn block(&self, index: u64) -> Tally {
        let mut tally = Tally::default();
        self.add(index, &mut tally);
        tally
    }

    /// Runs one block, and adds what it shows; a block that the plan does not have shows nothing.
    pub fn add(&self, index: u64, tally: &mut Tally) {
        let before = index.saturating_mul(BLOCK);
        let trials = self.question.trials.saturating_sub(before).min(BLOCK);
        self.run(&self.at, trials, Rng::keyed(self.question.seed, &[index]), tally);
    }

    /// Runs trials with the numbers of a stream.
    pub(super) fn run(&self, at: &[u64], trials: u64, rng: Rng, tally: &mut Tally) {
        let (remote, quorum) = (self.question.model.remote, self.quorum);
        let short = |place: usize| match &self.samplers[place] {
            Sampler::Short(curve) => Some(curve.as_ref()),
            Sampler::Long(_) | Sampler::Lines(_) | Sampler::Points(_) => None,
        };
        let curves: Option<Vec<&Curve<u32>>> = self.legs.iter().map(|place| short(*place)).collect();
        match curves.as_deref() {
            Some(&[w, a, r, s]) => Trials { legs: [w, a, r, s], remote, quorum, at }.run(trials, rng, tally),
            _ => Trials { legs: self.legs.map(|place| &self.samplers[place]), remote, quorum, at }.run(trials, rng, tally),
        }
    }

    /// What trials say.
    ///
    /// # Panics
    /// If the tally has no trials, or is of another question.
    #[must_use]
    pub fn answer(&self, tally: &Tally) -> Answer {
        let Question { ref model, n, r, w, ref at, seed, .. } = self.question;
        assert!(
            tally.trials > 0 && tally.missed.len() == self.at.len() + 1,
            "a tally of another question: {} trials",
            tally.trials
        );
        let consistent = at.iter().map(|time| {
            // Seen at this time is what was missed at none of the times from it on.
            let before = self.at.partition_point(|at| at < time);
            let seen = tally.missed[..=before].iter().sum();
            Consistent::of(*time, seen, tally.trials)
        });
        let exact = |time: &u64| stale(model, (n, r, w), *time).map(|stale| (*time, SHARE_UNITS - stale));
        let exact = |time: &u64| exact(time).map(|(time, p)| Exact { t_ms: Nanoseconds(time), p: Share(p) });
        let (read_latency_ms, write_latency_ms) = Latency::both(tally);
        Answer {
            model: model.name.clone(),
            n,
            r,
            w,
            trials: tally.trials,
            seed,
            consistent: consistent.collect(),
            t_visible_ms: Visible::of(tally),
            read_latency_ms,
            write_latency_ms,
            k_staleness: VERSIONS.map(|k| Versions { k, p: Share(within_versions(n, r, w, k)) }).to_vec(),
            non_intersection: non_intersection(n, r, w).value(),
            closed_form: at.iter().map(exact).collect(),
        }
    }
}

/// Answers a question, block after block.
///
/// # Errors
/// Says what is wrong with the question.
pub fn answer(question: Question) -> Result<Answer, QuestionError> {
    let plan = Plan::new(question)?;
    let mut tally = Tally::default();
    for index in 0..plan.blocks() {
        plan.add(index, &mut tally);
    }
    Ok(plan.answer(&tally))
}
