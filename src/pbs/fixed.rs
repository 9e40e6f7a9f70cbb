//! Logarithms and powers of two in fixed point: integers only, so that a table has the same bits natively and in every browser.
//!
//! A logarithm is taken bit by bit, by repeated squaring (Knuth, TAOCP 1, 1.2.2), a power as a product of the roots of two. Errors
//! are below 2^-44 in a logarithm and 2^-53 relative in a power, which the tests hold against the platform's functions.

/// How many bits of a logarithm stand behind the point.
pub(super) const LOG_BITS: u32 = 48;
/// Probabilities have 120 bits behind the point: 2^-64, the smallest that is asked for, still has 56 bits of its own.
pub(super) const SHARE_BITS: u32 = 120;
/// A certain event.
pub(super) const SHARE_ONE: u128 = 1 << SHARE_BITS;
/// ln 2 with 62 bits behind the point.
pub(super) const LN_2: u128 = 3_196_577_161_300_663_914;
/// 1 / ln 2 with 62 bits behind the point.
pub(super) const LOG2_E: u128 = 6_653_256_548_922_161_245;

const ROOT_BITS: u32 = 62;
/// 2^(1/2), 2^(1/4), and so on, with 62 bits behind the point.
const ROOTS: [u64; LOG_BITS as usize] = roots();

#[expect(clippy::cast_possible_truncation, reason = "a root of two is at most two: 63 bits")]
const fn roots() -> [u64; LOG_BITS as usize] {
    let mut root: u128 = 2 << ROOT_BITS;
    let mut roots = [0; LOG_BITS as usize];
    let mut place = 0;
    while place < roots.len() {
        root = (root << ROOT_BITS).isqrt();
        roots[place] = root as u64;
        place += 1;
    }
    roots
}

/// log2 of a number that is not zero, with [`LOG_BITS`] bits behind the point.
#[expect(clippy::cast_possible_truncation, reason = "64 bits are kept on purpose")]
pub(super) fn log2(number: u128) -> u64 {
    let number = number.max(1);
    let zeros = number.leading_zeros();
    let mut x = ((number << zeros) >> 64) as u64; // 1.63, in [1, 2)
    let mut log = u64::from(127 - zeros);
    for _ in 0..LOG_BITS {
        let square = u128::from(x) * u128::from(x);
        let two = square >> 127;
        x = (square >> (63 + two)) as u64;
        log = log << 1 | two as u64;
    }
    log
}

/// 2 to the power of a fraction below one ([`LOG_BITS`] bits), with 62 bits behind the point: from 1 to below 2.
#[expect(clippy::cast_possible_truncation, reason = "the product of roots is below two: 63 bits")]
fn power(fraction: u64) -> u64 {
    let mut product = 1_u64 << ROOT_BITS;
    for (place, root) in (1..=LOG_BITS).zip(ROOTS) {
        if fraction >> (LOG_BITS - place) & 1 == 1 {
            product = ((u128::from(product) * u128::from(root)) >> ROOT_BITS) as u64;
        }
    }
    product
}

/// 2 to the power of minus this, with [`SHARE_BITS`] bits behind the point.
pub(super) fn exp2_minus(exponent: u128) -> u128 {
    let whole = exponent >> LOG_BITS;
    let Ok(whole) = u32::try_from(whole) else { return 0 };
    if whole >= SHARE_BITS {
        return 0;
    }
    // 2^-(whole + fraction) = 2^-(whole + 1) · 2^(1 - fraction)
    let fraction = (exponent & ((1 << LOG_BITS) - 1)) as u64;
    if fraction == 0 {
        return SHARE_ONE >> whole;
    }
    (u128::from(power((1 << LOG_BITS) - fraction)) << (SHARE_BITS - ROOT_BITS)) >> (whole + 1)
}

/// A number times 2 to the power of this, or `None` above 2^64.
pub(super) fn times_exp2(number: u64, exponent: u128) -> Option<u64> {
    let whole = u32::try_from(exponent >> LOG_BITS).ok().filter(|whole| *whole < 64)?;
    let fraction = (exponent & ((1 << LOG_BITS) - 1)) as u64;
    let product = u128::from(number) * u128::from(power(fraction));
    let shifted =
        if whole >= ROOT_BITS { product.checked_mul(1 << (whole - ROOT_BITS))? } else { product >> (ROOT_BITS - whole) };
    u64::try_from(shifted).ok()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the platform's functions are the independent computation here")]
mod tests {
    use super::*;

    const LOG_ONE: f64 = (1_u64 << LOG_BITS) as f64;

    #[test]
    fn the_constants_are_what_they_are_called() {
        assert!((LN_2 as f64 / (1_u64 << 62) as f64 - std::f64::consts::LN_2).abs() < 1e-15);
        assert!((LOG2_E as f64 / (1_u64 << 62) as f64 - std::f64::consts::LOG2_E).abs() < 1e-15);
        // Each is the other's inverse to 61 bits: a digit that is wrong further behind would show here.
        let one = (LN_2 * LOG2_E) >> 62;
        assert!(one.abs_diff(1 << 62) <= 2, "{one}");
        for (place, root) in ROOTS.iter().enumerate() {
            let square = (u128::from(*root) * u128::from(*root)) >> 62;
            let of = if place == 0 { 1 << 63 } else { u128::from(ROOTS[place - 1]) };
            assert!(square.abs_diff(of) <= 4, "root {place}: {square} is not {of}");
        }
    }

    #[test]
    fn logarithms_and_powers_are_those_of_the_platform() {
        let mut rng = crate::rng::Rng::new(1);
        for _ in 0..20_000 {
            let number = u128::from(rng.next_u64()) << rng.below(60) >> rng.below(60);
            let log = log2(number.max(1)) as f64 / LOG_ONE;
            assert!((log - (number.max(1) as f64).log2()).abs() < 1e-12, "log2 {number}: {log}");
            let exponent = u128::from(rng.next_u64() >> 10);
            let known = (-(exponent as f64) / LOG_ONE).exp2();
            let power = exp2_minus(exponent) as f64 / SHARE_ONE as f64;
            assert!((power - known).abs() <= 1e-13 * known, "2^-{exponent}: {power}, {known}");
            let known = 1_000_003.0 * (exponent as f64 / LOG_ONE).exp2();
            if let Some(times) = times_exp2(1_000_003, exponent) {
                assert!((times as f64 - known).abs() <= 1.0 + 1e-13 * known, "{times}, {known}");
            } else {
                assert!(known > 1.8e19);
            }
        }
        assert_eq!((log2(1), log2(1 << 100), exp2_minus(0)), (0, 100 << LOG_BITS, SHARE_ONE));
        assert_eq!(exp2_minus(3 << LOG_BITS), SHARE_ONE >> 3);
        assert_eq!((exp2_minus(u128::MAX), times_exp2(1, u128::MAX), times_exp2(0, 0)), (0, None, Some(0)));
    }
}
