//! Models by parameters: `w=10,ars=2` names latencies by their letters, and says what each takes.
//!
//! `w` is the write on its way to a replica, `a` its acknowledgement, `r` the request of a read, `s` the answer. Several letters before a
//! `=` take the same; numbers without letters are for all four. What nobody names takes no time.

use std::fmt;

use super::distribution::{ALPHA_MAX, Distribution, LATENCY_MAX, Part, WEIGHT_ONE};
use super::model::{LEGS, Model};
use super::number::{MS_DIGITS, NumberError, decimal, milliseconds};

/// Why parameters give no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// The part of the text that is wrong.
    pub item: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}': {}", self.item, self.message)
    }
}

impl std::error::Error for ParameterError {}

impl Model {
    /// A model by parameters in milliseconds: means of exponential latencies (`w=10,ars=2`), and least times and exponents of Pareto
    /// latencies (`w=1.05:1.51`).
    ///
    /// # Errors
    /// Says which part is wrong: letters that are none of `w`, `a`, `r` and `s` or come twice, what is no number, times above an hour,
    /// exponents of 0 or above 1,000, or nothing at all.
    pub fn by_parameters(exponential: Option<&str>, pareto: Option<&str>) -> Result<Model, ParameterError> {
        let mut legs: [Option<Distribution>; 4] = [const { None }; 4];
        for (text, read) in [(exponential, exponential_part as fn(&str) -> Result<Part, String>), (pareto, pareto_part)] {
            for item in text.into_iter().flat_map(|text| text.split(',')) {
                let wrong = |message: String| ParameterError { item: item.chars().take(80).collect(), message };
                let (letters, numbers) = item.split_once('=').unwrap_or(("wars", item));
                let part = read(numbers).map_err(wrong)?;
                for place in places(letters).map_err(wrong)? {
                    if legs[place].is_some() {
                        return Err(wrong(format!("'{}' was said before: each latency takes one distribution", LEGS[place])));
                    }
                    legs[place] = Some(Distribution::Mixture(vec![(WEIGHT_ONE, part)]));
                }
            }
        }
        let said = [("exponential", exponential), ("pareto", pareto)];
        let name: Vec<String> = said.iter().filter_map(|(kind, text)| text.map(|text| format!("{kind} {text}"))).collect();
        if legs.iter().all(Option::is_none) {
            return Err(ParameterError { item: String::new(), message: "nothing says how long messages take".to_owned() });
        }
        let legs = legs.map(|leg| leg.unwrap_or_else(|| Distribution::Samples(vec![0])));
        Ok(Model { name: name.join(", "), legs, remote: None })
    }
}

/// Reads times between commas, in milliseconds, as nanoseconds: `0,1,2.5`.
///
/// # Errors
/// Says which is no time, or longer than an hour.
pub fn times(text: &str) -> Result<Vec<u64>, ParameterError> {
    let wrong = |item: &str, message| ParameterError { item: item.chars().take(80).collect(), message };
    text.split(',').map(|item| time(item).map_err(|message| wrong(item, message))).collect()
}

/// The places of these letters among the four latencies.
pub(super) fn places(letters: &str) -> Result<Vec<usize>, String> {
    let wrong = || format!("'{letters}' names no latencies: w is the write, a its acknowledgement, r the read, s its answer");
    let place = |letter: char| LEGS.iter().position(|leg| *leg == letter.to_ascii_lowercase()).ok_or_else(wrong);
    let places: Vec<usize> = letters.trim().chars().take(8).map(place).collect::<Result<_, _>>()?;
    match places.is_empty() {
        true => Err(wrong()),
        false => Ok(places),
    }
}

/// A time in milliseconds, in nanoseconds.
pub(super) fn time(text: &str) -> Result<u64, String> {
    match decimal(text, MS_DIGITS) {
        Ok(time) if time <= LATENCY_MAX => Ok(time),
        Ok(_) | Err(NumberError::TooLarge(_)) => {
            let shown: String = text.trim().chars().take(40).collect();
            Err(format!("{shown} ms is longer than an hour ({} ms), the longest time that is taken", milliseconds(LATENCY_MAX)))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn exponential_part(text: &str) -> Result<Part, String> {
    time(text).map(Part::mean)
}

fn pareto_part(text: &str) -> Result<Part, String> {
    let wrong = || "a Pareto latency is LEAST:EXPONENT, as 0.235:10".to_owned();
    let (least, alpha) = text.split_once(':').ok_or_else(wrong)?;
    let least = time(least)?;
    match decimal(alpha, 6).map_err(|error| error.to_string())? {
        0 => Err("the exponent is 0: no latency would end".to_owned()),
        alpha if alpha > ALPHA_MAX => Err(format!("the exponent {} is above 1000", alpha / 1_000_000)),
        _ if least == 0 => Err("the least time is 0: all others are multiples of it".to_owned()),
        alpha => Ok(Part::pareto(least, alpha)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_name_latencies() {
        let model = Model::by_parameters(Some("w=10,S=0.5"), Some("ar=0.2:10")).expect("good");
        let mixture = |part| Distribution::Mixture(vec![(WEIGHT_ONE, part)]);
        let pareto = mixture(Part::pareto(200_000, 10_000_000));
        assert_eq!(model.legs, [mixture(Part::mean(10_000_000)), pareto.clone(), pareto, mixture(Part::mean(500_000))]);
        assert_eq!(model.name, "exponential w=10,S=0.5, pareto ar=0.2:10");
        let all = Model::by_parameters(Some("3"), None).expect("good");
        assert!(all.legs.iter().all(|leg| *leg == mixture(Part::mean(3_000_000))));
        let some = Model::by_parameters(Some("w=3"), None).expect("good");
        assert_eq!(some.legs[1], Distribution::Samples(vec![0]));
    }

    #[test]
    fn times_are_read_between_commas() {
        assert_eq!(times("0, 1,2.5"), Ok(vec![0, 1_000_000, 2_500_000]));
        assert_eq!(times("1,,2").map_err(|error| error.to_string()), Err("'': a number is missing".to_owned()));
        assert_eq!(times("5ms").map_err(|error| error.item), Err("5ms".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (exponential, pareto, expected) in [
            (Some("w=ten"), None, "'w=ten': 'ten' is no number"),
            (Some("w=10,x=3"), None, "'x=3': 'x' names no latencies"),
            (Some("w=10,ww=3"), None, "'ww=3': 'w' was said before"),
            (Some("w=10"), Some("w=1:2"), "'w=1:2': 'w' was said before"),
            (Some("=10"), None, "'=10': '' names no latencies"),
            (Some(""), None, "'': a number is missing"),
            (Some("w=-1"), None, "'w=-1': -1 is negative"),
            (Some("w=3600001"), None, "'w=3600001': 3600001 ms is longer than an hour"),
            (Some("w=99999999999999999999"), None, "'w=99999999999999999999': 99999999999999999999 ms is longer than an hour"),
            (None, Some("1"), "'1': a Pareto latency is LEAST:EXPONENT, as 0.235:10"),
            (None, Some("1:0"), "'1:0': the exponent is 0"),
            (None, Some("0:1"), "'0:1': the least time is 0"),
            (None, Some("1:1001"), "'1:1001': the exponent 1001 is above 1000"),
            (None, Some("1:NaN"), "'1:NaN': 'NaN' is no number"),
            (None, None, "'': nothing says how long messages take"),
        ] {
            let error = Model::by_parameters(exponential, pareto).expect_err("wrong").to_string();
            assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
        }
    }
}
