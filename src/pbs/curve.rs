//! Samplers: a random number becomes a latency by a look into a table, in integers.
//!
//! A mixture has no inverse in closed form, and the platform's logarithms differ between native and wasm in the last bit. So its
//! quantiles are tabulated once, exactly to the nanosecond, and interpolated: 4,096 steps of equal probability for the bulk, and for the
//! longest 1/128 of latencies 64 steps for each halving of the probability, down to 2^-64. So tails are followed as far as anybody
//! samples. Between steps the curve is a line, off by less than 1 part in 1,000 of the latency wherever the density is smooth
//! (`h²/8 · |x''|/x` for steps of ratio `h`), and by 5 in 1,000 for the shortest 1/1,000; where a part begins, off by less than half a step of
//! probability. All of that is measured in the tests.

use super::distribution::{Distribution, Part, SHARE_ALL, exceeded_by};
use super::fixed::SHARE_BITS;
use crate::rng::Rng;

/// Steps of the bulk, as a power of two.
const BULK_BITS: u32 = 12;
const BULK: usize = 1 << BULK_BITS;
/// Bits of a draw below its step.
const FRACTION_BITS: u32 = 32 - BULK_BITS;
/// The longest latencies, by probability as a power of two, which have a table of their own.
const TAIL_BITS: u32 = 7;
/// Steps for each halving in the tail, as a power of two.
const HALVING_BITS: u32 = 6;
/// Halvings of the tail: down to 2^-64.
const HALVINGS: usize = 64 - TAIL_BITS as usize;
const TAIL: usize = HALVINGS << HALVING_BITS;

/// What draws latencies.
pub(super) trait Draw {
    /// A latency in nanoseconds, by a uniform number of 32 bits; who needs more bits takes them from the stream.
    fn draw(&self, uniform: u32, rng: &mut Rng) -> u64;
}

/// The quantiles of a mixture. Those of the bulk are kept as `T`: half as wide, they leave room in the processor's nearest cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Curve<T> {
    /// The time that `step / 4096` of messages exceed: the longest first.
    bulk: [T; BULK + 1],
    /// The times that 2^-64 to 2^-7 of messages exceed, 64 for each halving.
    tail: [u64; TAIL + 1],
}

impl<T: Copy + Default + Into<u64> + TryFrom<u64>> Curve<T> {
    /// Tabulates a mixture; `None` if its bulk has times that are too long for `T`.
    pub(super) fn new(parts: &[(u64, Part)]) -> Option<Box<Curve<T>>> {
        let longest = T::try_from(exceeded_by(parts, tail_share(TAIL))).ok()?;
        let mut curve = Box::new(Curve { bulk: [longest; BULK + 1], tail: [0; TAIL + 1] });
        // The steps above are those of the tail, and are never looked at.
        for (step, time) in (0_u128..).zip(curve.bulk.iter_mut()).skip(BULK >> TAIL_BITS) {
            *time = T::try_from(exceeded_by(parts, step << (SHARE_BITS - BULK_BITS))).ok()?;
        }
        for (place, time) in curve.tail.iter_mut().enumerate() {
            *time = exceeded_by(parts, tail_share(place));
        }
        Some(curve)
    }

    /// The time that this share (of 2^64) of messages exceeds, for the longest 1/128.
    #[cold]
    fn long(&self, share: u64) -> u64 {
        let share = share.max(1);
        let zeros = share.leading_zeros();
        let leading = share << zeros;
        let halving = (63 - zeros) as usize;
        let step = (leading >> (63 - HALVING_BITS)) as usize & ((1 << HALVING_BITS) - 1);
        let fraction = (leading >> (63 - HALVING_BITS - FRACTION_BITS)) & ((1 << FRACTION_BITS) - 1);
        let place = (halving << HALVING_BITS) + step;
        between(self.tail[place], self.tail[place + 1], fraction)
    }

    /// The knots of the table as pairs of a share of [`super::fixed::SHARE_ONE`] and a time, the longest first.
    #[cfg(test)]
    pub(super) fn knots(&self) -> Vec<(u128, u64)> {
        let tail = self.tail.iter().enumerate().map(|(place, time)| (tail_share(place), *time));
        let bulk = (0_u128..).zip(self.bulk.iter()).map(|(step, time)| (step << (SHARE_BITS - BULK_BITS), (*time).into()));
        tail.chain(bulk.skip((BULK >> TAIL_BITS) + 1)).collect()
    }
}

/// The share that a step of the tail stands for.
fn tail_share(place: usize) -> u128 {
    let (halving, step) = (place >> HALVING_BITS, place & ((1 << HALVING_BITS) - 1));
    (((1 << HALVING_BITS) + step) as u128) << (SHARE_BITS - 64 - HALVING_BITS) << halving
}

#[inline]
fn between(longer: u64, shorter: u64, fraction: u64) -> u64 {
    longer - (((longer - shorter) * fraction) >> FRACTION_BITS)
}

impl<T: Copy + Default + Into<u64> + TryFrom<u64>> Draw for Curve<T> {
    #[inline]
    fn draw(&self, uniform: u32, rng: &mut Rng) -> u64 {
        if uniform < 1 << (32 - TAIL_BITS) {
            return self.long(u64::from(uniform) << 32 | rng.next_u64() >> 32);
        }
        let step = (uniform >> FRACTION_BITS) as usize;
        between(self.bulk[step].into(), self.bulk[step + 1].into(), u64::from(uniform & ((1 << FRACTION_BITS) - 1)))
    }
}

/// Any distribution, ready to be drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sampler {
    /// A mixture of which all but the longest 1/128 take less than 4.29 s.
    Short(Box<Curve<u32>>),
    /// Any other mixture.
    Long(Box<Curve<u64>>),
    /// Rows of shares and times, both growing, the last one of all.
    Lines(Vec<(u64, u64)>),
    /// Measured times.
    Points(Vec<u64>),
}

impl Sampler {
    pub(super) fn new(distribution: &Distribution) -> Sampler {
        match distribution {
            Distribution::Mixture(parts) => match Curve::new(parts) {
                Some(curve) => Sampler::Short(curve),
                None => Sampler::Long(Curve::new(parts).unwrap_or_else(|| unreachable!("64 bits hold an hour: {parts:?}"))),
            },
            Distribution::Quantiles(rows) => Sampler::Lines(rows.clone()),
            Distribution::Samples(times) => Sampler::Points(times.clone()),
        }
    }
}

impl Draw for Sampler {
    fn draw(&self, uniform: u32, rng: &mut Rng) -> u64 {
        match self {
            Sampler::Short(curve) => curve.draw(uniform, rng),
            Sampler::Long(curve) => curve.draw(uniform, rng),
            Sampler::Lines(rows) => interpolate(rows, rng.below(SHARE_ALL)),
            Sampler::Points(times) => usize::try_from(rng.below(times.len() as u64)).map_or(0, |place| times[place]),
        }
    }
}

/// The time that this share of messages takes at most; below the first row it is that of the first row.
fn interpolate(rows: &[(u64, u64)], share: u64) -> u64 {
    let next = rows.partition_point(|(below, _)| *below < share);
    let Some((upper, longer)) = rows.get(next) else { return rows.last().map_or(0, |(_, time)| *time) };
    let Some((lower, shorter)) = next.checked_sub(1).map(|before| rows[before]) else { return *longer };
    let part = u128::from(longer - shorter) * u128::from(share - lower) / u128::from((upper - lower).max(1));
    shorter + u64::try_from(part).unwrap_or(0)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the platform's functions are the independent computation here")]
mod tests {
    use super::super::distribution::{LATENCY_MAX, WEIGHT_ONE};
    use super::super::fixed::SHARE_ONE;
    use super::super::model::Model;
    use super::*;

    /// The share of messages that take longer, in floating point.
    fn above(parts: &[(u64, Part)], time: f64) -> f64 {
        let one = |part: &Part| match *part {
            Part::Pareto { least, alpha } => (time / least as f64).max(1.0).powf(-(alpha as f64) / 1e6),
            Part::Exponential { mean: (whole, of) } => (-time * of as f64 / whole as f64).exp(),
        };
        parts.iter().map(|(weight, part)| *weight as f64 / WEIGHT_ONE as f64 * one(part)).sum()
    }

    fn mixtures() -> Vec<(String, Vec<(u64, Part)>)> {
        let models = Model::PRODUCTION.map(|(name, _)| Model::named(name).expect("a production model"));
        let legs =
            models.into_iter().flat_map(|model| [0, 1].map(|leg| (format!("{} {leg}", model.name), model.legs[leg].clone())));
        let others =
            [Part::mean(5_000_000), Part::pareto(1_000_000, 500_000), Part::pareto(3, 1_000_000_000), Part::mean(LATENCY_MAX)];
        let others = others.map(|part| (format!("{part:?}"), Distribution::Mixture(vec![(WEIGHT_ONE, part)])));
        let parts = |(name, leg)| match leg {
            Distribution::Mixture(parts) => (name, parts),
            other => panic!("{name} is {other:?}"),
        };
        legs.chain(others).map(parts).collect()
    }

    /// Each knot is the smallest whole time that no more than its share exceeds, by another computation of the shares.
    #[test]
    fn knots_are_quantiles_to_the_nanosecond() {
        for (name, parts) in mixtures() {
            let knots = Curve::<u64>::new(&parts).expect("64 bits hold all").knots();
            assert!(
                knots.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 >= pair[1].1),
                "{name}: knots are out of order"
            );
            for (share, time) in knots.into_iter().filter(|(_, time)| *time < LATENCY_MAX) {
                let (share, time) = (share as f64 / SHARE_ONE as f64, time as f64);
                let (sooner, later) = (above(&parts, time - 2.0), above(&parts, time + 2.0));
                assert!(sooner >= share * (1.0 - 1e-9) && later <= share * (1.0 + 1e-9), "{name}: {time} ns at {share}");
            }
        }
    }

    /// Between two knots a line is off by at most what the module promises; where a Pareto part begins, the curve has a corner, and the line
    /// is off by at most half its step of probability.
    #[test]
    fn lines_between_knots_are_close() {
        for (name, parts) in mixtures() {
            let begins = |part: &Part, pair: &[(u128, u64)]| matches!(part, Part::Pareto { least, .. } if (pair[1].1..=pair[0].1).contains(least));
            let corner = |pair: &[(u128, u64)]| parts.len() > 1 && parts.iter().any(|(_, part)| begins(part, pair));
            let knots = Curve::<u64>::new(&parts).expect("64 bits hold all").knots();
            let mut corners = 0;
            for pair in knots.windows(2).filter(|pair| pair[0].1 < LATENCY_MAX) {
                let share = pair[0].0 / 2 + pair[1].0 / 2;
                let (line, exact) = (pair[0].1.midpoint(pair[1].1), exceeded_by(&parts, share));
                if corner(pair) {
                    corners += 1;
                    let off = above(&parts, line as f64) - share as f64 / SHARE_ONE as f64;
                    assert!(off.abs() <= 0.5 / BULK as f64, "{name}: {off} of all messages at {line}");
                } else {
                    let off = (line.abs_diff(exact) as f64 - 1.0) / exact as f64;
                    // The shortest 1/1,000 of a mixture may be all that a rare part has below the others.
                    let most = if share > SHARE_ONE / 1_000 * 999 { 5e-3 } else { 1e-3 };
                    assert!(off < most, "{name}: {line} instead of {exact}");
                }
            }
            assert!(corners <= 2, "{name}: {corners} corners");
        }
    }

    /// The mean of what a table draws, by its trapezoids, is the mean of its parts.
    #[test]
    fn means_are_those_of_the_parts() {
        for (name, leg, exact) in [
            ("lnkd-ssd", 0, 0.2911),
            ("lnkd-disk", 0, 4.569),
            ("lnkd-disk", 1, 0.2911),
            ("ymmr", 0, 25.73),
            ("ymmr-as-printed", 0, 25.80),
            ("ymmr", 1, 2.828),
        ] {
            let Distribution::Mixture(parts) = &Model::named(name).expect("a production model").legs[leg] else {
                panic!("{name}")
            };
            let knots = Curve::<u32>::new(parts).expect("all but the tail take less than 4 s").knots();
            let width = |pair: &[(u128, u64)]| (pair[1].0 - pair[0].0) as f64 / SHARE_ONE as f64;
            let mean: f64 = knots.windows(2).map(|pair| width(pair) * (pair[0].1 as f64 + pair[1].1 as f64) / 2e6).sum();
            assert!((mean - exact).abs() <= 4e-4 * exact, "{name} {leg}: {mean}, {exact}");
        }
    }

    /// What is drawn for a number is what the knots say, in the bulk and in the tail, and meets where the two meet.
    #[test]
    fn draws_follow_the_knots() {
        let Distribution::Mixture(parts) = &Model::named("lnkd-disk").expect("a production model").legs[0] else { panic!() };
        let curve = Curve::<u32>::new(parts).expect("all but the tail take less than 4 s");
        let exact = |share: u128| exceeded_by(parts, share) as f64;
        let mut rng = Rng::new(1);
        for uniform in [1 << 25, 1 << 28, 3 << 28, 1 << 31, u32::MAX] {
            let time = curve.draw(uniform, &mut rng) as f64;
            assert!((time / exact(u128::from(uniform) << 88) - 1.0).abs() < 2e-4, "{uniform}: {time}");
        }
        for share in [1, 2, 3, 1 << 20, (1 << 20) + 12345, u64::MAX >> 20, (1 << 57) - 1] {
            let time = curve.long(share) as f64;
            assert!((time / exact(u128::from(share) << 56).min(3.6e12) - 1.0).abs() < 2e-4, "{share}: {time}");
        }
        assert_eq!(curve.long(0), curve.long(1), "no number is smaller than 2^-64");
        let draws = (0..200_000).map(|_| curve.draw(u32::try_from(rng.next_u64() >> 32).expect("32 bits"), &mut rng));
        let long = draws.filter(|time| *time > exceeded_by(parts, SHARE_ONE >> 10)).count();
        assert!((130..260).contains(&long), "{long} of 200,000 exceed the time that 1 in 1,024 does");
    }

    #[test]
    fn tables_are_interpolated_and_flat_below_the_first_row() {
        let rows = [(50, 10), (90, 30), (100, 130)].map(|(percent, time)| (SHARE_ALL / 100 * percent, time));
        for (percent, time) in [(0, 10), (50, 10), (70, 20), (90, 30), (95, 80), (100, 130)] {
            assert_eq!(interpolate(&rows, SHARE_ALL / 100 * percent), time, "at {percent} %");
        }
    }
}
