//! Latency models: the four that the paper fitted to production systems, and models by parameters.
//!
//! The parameters are those of table 3 of Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8),
//! 2012. Its column for Yammer was computed with an exponent of 3.5 (the authors' `Simulator.java` has it in every version, and the
//! printed results follow from it), while the table prints 3.35: both are here, under names that tell them apart.

use std::fmt;

use super::distribution::{Distribution, LATENCY_MAX, Part};

/// The four one-way latencies of WARS, in the order of their letters.
pub const LEGS: [char; 4] = ['w', 'a', 'r', 's'];

/// How long messages take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// How the model is called in answers.
    pub name: String,
    /// The write to a replica, its acknowledgement, the request of a read, the answer.
    pub legs: [Distribution; 4],
    /// The writer and the reader each stand beside one replica, by chance; every other one is farther by so many nanoseconds each way.
    pub remote: Option<u64>,
}

const SSD: [(u64, Part); 2] = [(912_200, Part::pareto(235_000, 10_000_000)), (87_800, Part::rate(1_660_000))];
const DISK_WRITE: [(u64, Part); 2] = [(380_000, Part::pareto(1_050_000, 1_510_000)), (620_000, Part::rate(183_000))];
const YMMR_REST: [(u64, Part); 2] = [(982_000, Part::pareto(1_500_000, 3_800_000)), (18_000, Part::rate(21_700))];
/// One way between two data centres of the model `wan`.
const WAN_FARTHER: u64 = 75_000_000;

/// The mixture of Yammer's writes, for an exponent in millionths.
const fn ymmr_write(alpha: u64) -> [(u64, Part); 2] {
    [(939_000, Part::pareto(3_000_000, alpha)), (61_000, Part::rate(2_800))]
}

impl Model {
    /// The production models, with what they are.
    pub const PRODUCTION: [(&'static str, &'static str); 5] = [
        ("lnkd-ssd", "LinkedIn's Voldemort on solid-state disks"),
        ("lnkd-disk", "LinkedIn's Voldemort on spinning disks"),
        ("ymmr", "Yammer's Riak, with the exponent 3.5 that the paper's results were computed with"),
        ("ymmr-as-printed", "Yammer's Riak, with the exponent 3.35 that the paper prints"),
        ("wan", "lnkd-disk over data centres that are 75 ms apart"),
    ];

    /// A production model.
    ///
    /// # Errors
    /// If none has this name.
    pub fn named(name: &str) -> Result<Model, UnknownModel> {
        let (write, rest, remote) = match name {
            "lnkd-ssd" => (SSD, SSD, None),
            "lnkd-disk" => (DISK_WRITE, SSD, None),
            "ymmr" => (ymmr_write(3_500_000), YMMR_REST, None),
            "ymmr-as-printed" => (ymmr_write(3_350_000), YMMR_REST, None),
            "wan" => (DISK_WRITE, SSD, Some(WAN_FARTHER)),
            _ => return Err(UnknownModel(name.to_owned())),
        };
        let [w, rest] = [write, rest].map(|parts| Distribution::Mixture(parts.to_vec()));
        Ok(Model { name: name.to_owned(), legs: [w, rest.clone(), rest.clone(), rest], remote })
    }
}

impl Model {
    /// Says what is wrong with a model that was put together by hand, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        for (letter, leg) in LEGS.iter().zip(&self.legs) {
            leg.check().map_err(|message| format!("'{letter}' {message}"))?;
        }
        match self.remote {
            Some(farther) if farther > LATENCY_MAX => Err("remote replicas are farther than an hour".to_owned()),
            Some(_) | None => Ok(()),
        }
    }
}

/// No production model has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModel(pub String);

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Model::PRODUCTION.map(|(name, _)| name).join(", ");
        write!(f, "no model is called '{}'; the models are {names}", self.0)
    }
}

impl std::error::Error for UnknownModel {}
