//! Decimal numbers as people write them, read into whole numbers of a smaller unit.

use std::fmt;

/// How many digits of a millisecond a nanosecond is.
pub(super) const MS_DIGITS: usize = 6;

/// Why a text is not a number that can be used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NumberError {
    /// There is nothing.
    Missing,
    /// A minus stands before it.
    Negative(String),
    /// It is no decimal number.
    NotANumber(String),
    /// It has more digits than anything that is meant here.
    TooLarge(String),
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NumberError::Missing => f.write_str("a number is missing"),
            NumberError::Negative(text) => write!(f, "{text} is negative"),
            NumberError::NotANumber(text) => write!(f, "'{text}' is no number: write digits and a point, as 0.25"),
            NumberError::TooLarge(text) => write!(f, "{text} is too large"),
        }
    }
}

/// Reads a number in units of `10^-digits`; what is finer is rounded.
pub(super) fn decimal(text: &str, digits: usize) -> Result<u64, NumberError> {
    let text = text.trim();
    // What a message shows of it.
    let shown = || text.chars().take(40).collect::<String>();
    if text.is_empty() {
        return Err(NumberError::Missing);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        let number = text.strip_prefix('-').is_some_and(|rest| decimal(rest, digits).is_ok());
        return Err(if number { NumberError::Negative(shown()) } else { NumberError::NotANumber(shown()) });
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(digits).collect();
    let up = u64::from(fraction.as_bytes().get(digits).is_some_and(|digit| *digit >= b'5'));
    let number = format!("{whole}{kept}").parse::<u64>().ok().and_then(|number| number.checked_add(up));
    number.ok_or_else(|| NumberError::TooLarge(shown()))
}

/// Nanoseconds as milliseconds with what is needed behind the point: `0.25`, `5`.
pub(super) fn milliseconds(nanoseconds: u64) -> String {
    let text = format!("{}.{:06}", nanoseconds / 1_000_000, nanoseconds % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_to_the_digit_and_rounded_below() {
        for (text, ns) in [("0", 0), ("1.85", 1_850_000), (" 0.0000005 ", 1), ("0.00000049", 0), ("3600000", 3_600_000_000_000)] {
            assert_eq!(decimal(text, MS_DIGITS), Ok(ns), "{text}");
        }
        for (text, shown) in
            [(0, "0"), (250_000, "0.25"), (5_000_000, "5"), (1, "0.000001")].map(|(ns, text)| (milliseconds(ns), text))
        {
            assert_eq!(text, shown);
        }
    }

    #[test]
    fn what_is_no_number_is_said_to_be_none() {
        for (text, expected) in [
            ("", "a number is missing"),
            ("NaN", "'NaN' is no number: write digits and a point, as 0.25"),
            ("inf", "'inf' is no number"),
            ("1e-3", "'1e-3' is no number"),
            ("1,5", "'1,5' is no number"),
            (".5", "'.5' is no number"),
            ("-0.5", "-0.5 is negative"),
            ("--1", "'--1' is no number"),
            ("99999999999999999999", "99999999999999999999 is too large"),
        ] {
            let error = decimal(text, MS_DIGITS).expect_err("wrong").to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
