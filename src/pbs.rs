//! Probabilistically bounded staleness: how soon, and how likely, a read of a partial quorum sees a write.
//!
//! Of `n` replicas a write waits for `w`, and a read for `r`; if `r + w <= n`, the two may miss each other. How often they do, and how long
//! that lasts, follows from how long messages take: the model WARS of Bailis, Venkataraman, Franklin, Hellerstein and Stoica,
//! "Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8), 2012. One trial is one write and one read
//! (the module `trial`); there are no failures, no read repair and no other writes in it. A [`Question`] names a [`Model`] and quorums; a [`Plan`]
//! makes its trials block by block, wherever that is; an [`Answer`] is what they add up to. Beside the trials stand closed forms.
//!
//! Times are whole nanoseconds, counts are whole numbers, and latencies come from tables that are made with integers: the same seed gives the
//! same answer natively and in every browser, for any number of workers.
//!
//! ```
//! use replicated_telemetry_store::pbs::{Model, Question, answer};
//!
//! let model = Model::named("lnkd-ssd").expect("a production model");
//! let question = Question { model, n: 3, r: 1, w: 1, trials: 100_000, at: vec![0, 5_000_000], seed: 1 };
//! let answer = answer(question)?;
//! assert!((answer.consistent[0].p.value() - 0.9736).abs() < 0.003); // at once
//! assert!(answer.consistent[1].p.value() > 0.9999); // 5 ms later
//! assert_eq!(answer.non_intersection, 2.0 / 3.0);
//! # Ok::<(), replicated_telemetry_store::pbs::QuestionError>(())
//! ```

mod answer;
mod closed;
mod csv;
mod curve;
mod distribution;
mod fixed;
mod model;
mod number;
mod paper;
mod parameters;
mod question;
mod tally;
mod trial;

pub use answer::{Answer, Consistent, Exact, Latency, Nanoseconds, SHARE_UNITS, Share, VERSIONS, Versions, Visible};
pub use closed::{Fraction, choose, non_intersection, within_versions};
pub use csv::{CsvError, TEXT_MAX};
pub use distribution::{ALPHA_MAX, Distribution, LATENCY_MAX, Part, SHARE_ALL, WEIGHT_ONE};
pub use model::{LEGS, Model, UnknownModel};
pub use paper::{Sweep, TRIALS_EACH};
pub use parameters::{ParameterError, times};
pub use question::{BLOCK, Plan, Question, QuestionError, REPLICAS_MAX, TIMES_MAX, TRIALS_MAX, answer};
pub use tally::{Histogram, Tally};
