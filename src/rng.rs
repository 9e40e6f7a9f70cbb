//! Seeded randomness, in integers only.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): it is
//! small, has published test vectors, and gives the same numbers natively and in every browser. What matters more than the
//! generator is how it is keyed: each decision of the network draws from a stream named by *what is decided* (link, message),
//! not from one shared sequence, so that two runs which differ in read mode only see the very same delays.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of SplitMix64: a bijection on 64 bits in which every input bit reaches every output bit.
#[must_use]
pub const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One number for two words.
#[must_use]
pub(crate) const fn mix_pair((a, b): (u64, u64)) -> u64 {
    mix(mix(a).wrapping_add(b))
}

/// One stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed: plain SplitMix64.
    #[must_use]
    pub const fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// The stream that belongs to one decision: same seed and same words, same numbers, whatever else was drawn before.
    #[must_use]
    pub fn keyed(seed: u64, words: &[u64]) -> Rng {
        words.iter().fold(Rng(mix(seed ^ GAMMA)), |rng, word| rng.then(*word))
    }

    /// The stream of one word more: `keyed(seed, &[a]).then(b)` is `keyed(seed, &[a, b])`.
    #[must_use]
    #[inline]
    pub fn then(&self, word: u64) -> Rng {
        Rng(mix(self.0.wrapping_add(GAMMA) ^ mix(word.wrapping_mul(GAMMA))))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number below `bound`, by multiplication: the bias is below `bound / 2^64`.
    ///
    /// # Panics
    /// If `bound` is zero: there is no such number.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below zero");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `min` to `max`, both included.
    #[inline]
    pub fn between(&mut self, min: u64, max: u64) -> u64 {
        if max <= min { min } else { min + self.below((max - min).saturating_add(1)) }
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: Ratio) -> bool {
        probability.0 > 0 && self.below(Ratio::ONE) < u64::from(probability.0)
    }

    /// An exponentially distributed number of the given mean, rounded down.
    ///
    /// `-ln(u) = -log2(u) * ln 2`; the logarithm is taken bit by bit by repeated squaring (Knuth, TAOCP 1, 1.2.2), in integers,
    /// because the platform's `ln` differs between native and wasm builds in the last bit.
    #[expect(clippy::cast_possible_truncation, reason = "capped at 2^63 before the cast")]
    pub fn exponential(&mut self, mean: u64) -> u64 {
        const LN_2: u128 = 2_977_044_472; // ln 2 with 32 fractional bits
        let u = self.next_u64() | 1;
        let zeros = u.leading_zeros();
        let mut x = u << zeros; // 1.63 fixed point, in [1, 2)
        let mut log2 = 0_u64; // of x, with 32 fractional bits
        for bit in (0..32).rev() {
            let square = (u128::from(x) * u128::from(x)) >> 63;
            if square >= 1 << 64 {
                log2 |= 1 << bit;
                x = (square >> 1) as u64;
            } else {
                x = square as u64;
            }
        }
        let minus_log2 = (u64::from(zeros + 1) << 32) - log2;
        let minus_ln = (u128::from(minus_log2) * LN_2) >> 32;
        ((u128::from(mean) * minus_ln) >> 32).min(1 << 63) as u64
    }
}

/// A probability in millionths. In scenario files it is a percentage: `"2.5%"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ratio(pub u32);

impl Ratio {
    /// What a certain event counts.
    pub const ONE: u64 = 1_000_000;

    /// A whole number of per cent.
    #[must_use]
    pub const fn percent(p: u32) -> Ratio {
        Ratio(p * 10_000)
    }

    /// Reads `"2.5%"`.
    ///
    /// # Errors
    /// Returns a sentence if the text is not a percentage from 0 to 100 with at most four decimals.
    pub fn parse(text: &str) -> Result<Ratio, String> {
        let wrong = || format!("'{text}' is not a probability: write a percentage from \"0%\" to \"100%\"");
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |s: &str, most: usize| !s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 3) || !digits(fraction, 4) {
            return Err(wrong());
        }
        let millionths = whole.parse::<u32>().map_err(|_| wrong())? * 10_000
            + format!("{fraction:0<4}").parse::<u32>().map_err(|_| wrong())?;
        if u64::from(millionths) > Ratio::ONE { Err(wrong()) } else { Ok(Ratio(millionths)) }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        if rest == 0 { write!(f, "{whole}%") } else { write!(f, "{whole}.{}%", format!("{rest:04}").trim_end_matches('0')) }
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ratio, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ratio::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs for seed 1234567, as published with the reference implementation.
    #[test]
    fn splitmix64_gives_its_known_answers() {
        let mut rng = Rng::new(1_234_567);
        let known: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for answer in known {
            assert_eq!(rng.next_u64(), answer);
        }
    }

    #[test]
    fn a_keyed_stream_depends_on_every_word_and_on_their_order() {
        let first = |words: &[u64]| Rng::keyed(7, words).next_u64();
        let all = [first(&[1, 2]), first(&[2, 1]), first(&[1, 2, 0]), first(&[1]), first(&[]), Rng::keyed(8, &[1, 2]).next_u64()];
        let distinct: std::collections::BTreeSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
    }

    #[test]
    fn exponential_numbers_have_the_mean_and_the_median_of_their_law() {
        let mut rng = Rng::new(1);
        let mut draws: Vec<u64> = (0..100_000).map(|_| rng.exponential(1_000_000)).collect();
        draws.sort_unstable();
        let mean = draws.iter().sum::<u64>() / draws.len() as u64;
        assert!((990_000..1_010_000).contains(&mean), "mean {mean}");
        assert!((683_000..703_000).contains(&draws[50_000]), "median {}, expected ln 2", draws[50_000]);
        assert!((4_450_000..4_760_000).contains(&draws[99_000]), "p99 {}, expected ln 100", draws[99_000]);
    }

    #[test]
    fn ratios_read_what_they_print() {
        for text in ["0%", "2.5%", "33.3333%", "100%"] {
            assert_eq!(Ratio::parse(text).map(|r| r.to_string()).as_deref(), Ok(text));
        }
        for bad in ["5", "101%", "-1%", "1.23456%", "%", "1.%"] {
            assert!(Ratio::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
