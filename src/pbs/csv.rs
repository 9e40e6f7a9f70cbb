//! Latencies of one's own, as comma-separated values: measured times, or a table of quantiles, in milliseconds.
//!
//! The first line names the columns by the letters of the latencies: `w,a,r,s`, or `w,ars` where several take the same. Measured times
//! stand one on a line, each as likely as any other; a column may be shorter than the others. With a first column `quantile`, each line
//! has a share of messages from 0 to 1 and the time that they take at most; the column of all four latencies is `value`.

use std::fmt;

use super::distribution::{Distribution, SHARE_ALL};
use super::model::{LEGS, Model};
use super::number::{NumberError, decimal};
use super::parameters::{places, time};

/// The longest text that is read, in bytes.
pub const TEXT_MAX: usize = 16 << 20;

/// What is wrong with a table, and where: lines and columns of text are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// The line.
    pub line: usize,
    /// The letter in the line.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for CsvError {}

/// A cell of a line: where it begins, and what stands in it.
type Cell<'a> = (usize, &'a str);

impl Model {
    /// Reads a table of quantiles or of measured times.
    ///
    /// # Errors
    /// Says where and what: columns that name no latency or one twice, what is no number or negative, times above an hour, lines with
    /// too many or too few cells, quantiles that do not grow or do not end at 1, latencies without a column, a text that is too long.
    pub fn from_csv(name: &str, text: &str) -> Result<Model, CsvError> {
        let wrong = |line, column, message: String| Err(CsvError { line, column, message });
        if text.len() > TEXT_MAX {
            return wrong(1, 1, format!("the table has {} bytes, more than {TEXT_MAX}", text.len()));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let Some((line, header)) = lines.next() else { return wrong(1, 1, "the table is empty".to_owned()) };
        let header = cells(header);
        let quantiles = header.first().is_some_and(|(_, name)| name.eq_ignore_ascii_case("quantile"));
        let columns = columns(line, &header[usize::from(quantiles)..])?;
        let rows: Vec<(usize, Vec<Cell>)> = lines.map(|(line, text)| (line, cells(text))).collect();
        for (line, cells) in &rows {
            if cells.len() != header.len() {
                let message = format!("the line has {} cells, the first line names {} columns", cells.len(), header.len());
                return wrong(*line, cells.last().map_or(1, |(column, _)| *column), message);
            }
        }
        if rows.is_empty() {
            return wrong(line, 1, "below the names of the columns there is nothing".to_owned());
        }
        let mut legs: [Option<Distribution>; 4] = [const { None }; 4];
        for (number, places) in columns.iter().enumerate() {
            let column = number + usize::from(quantiles);
            let read = if quantiles { table(&rows, column)? } else { measured(&rows, column, header[column])? };
            for place in places {
                legs[*place] = Some(read.clone());
            }
        }
        // Each has a column: the first line was asked for that.
        let legs = legs.map(|leg| leg.unwrap_or_else(|| unreachable!("a latency has no column: {columns:?}")));
        Ok(Model { name: name.to_owned(), legs, remote: None })
    }
}

/// The cells of a line, without the spaces around them, each with the letter at which it begins.
fn cells(line: &str) -> Vec<Cell<'_>> {
    let mut at = 0;
    let cell = |cell| {
        let text: &str = cell;
        let begins = at + text.chars().take_while(|letter| letter.is_whitespace()).count();
        at += text.chars().count() + 1;
        (begins + 1, text.trim())
    };
    line.split(',').map(cell).collect()
}

/// Which latencies each column is of.
fn columns(line: usize, names: &[Cell]) -> Result<Vec<Vec<usize>>, CsvError> {
    const FORMS: &str = "the first line names the columns: w,a,r,s of measured times, or quantile,value";
    let wrong = |column, message| Err(CsvError { line, column, message });
    let (mut columns, mut seen) = (Vec::new(), [false; 4]);
    for (column, name) in names {
        let letters = if name.eq_ignore_ascii_case("value") { "wars" } else { name };
        let Ok(places) = places(letters) else {
            let shown: String = name.chars().take(40).collect();
            return wrong(*column, format!("'{shown}' names no latency; {FORMS}"));
        };
        for place in &places {
            if std::mem::replace(&mut seen[*place], true) {
                return wrong(*column, format!("'{}' has a column already", LEGS[*place]));
            }
        }
        columns.push(places);
    }
    match seen.iter().position(|seen| !seen) {
        Some(missing) => {
            wrong(1, format!("no column is of '{}'; a column may be of several latencies, as in w,ars", LEGS[missing]))
        }
        None => Ok(columns),
    }
}

fn cell_time(line: usize, (column, text): Cell) -> Result<u64, CsvError> {
    time(text).map_err(|message| CsvError { line, column, message })
}

/// Measured times of a column.
fn measured(rows: &[(usize, Vec<Cell>)], column: usize, name: Cell) -> Result<Distribution, CsvError> {
    let some = rows.iter().filter(|(_, cells)| !cells[column].1.is_empty());
    let times: Vec<u64> = some.map(|(line, cells)| cell_time(*line, cells[column])).collect::<Result<_, _>>()?;
    match times.is_empty() {
        true => Err(CsvError { line: 1, column: name.0, message: format!("the column '{}' has no times", name.1) }),
        false => Ok(Distribution::Samples(times)),
    }
}

/// A table of quantiles; its shares are in the first column.
fn table(rows: &[(usize, Vec<Cell>)], column: usize) -> Result<Distribution, CsvError> {
    let mut table: Vec<(u64, u64)> = Vec::new();
    for (line, cells) in rows {
        let wrong = |cell: usize, message: String| Err(CsvError { line: *line, column: cells[cell].0, message });
        let share = match decimal(cells[0].1, 18) {
            Ok(share) if share <= SHARE_ALL => share,
            Ok(_) | Err(NumberError::TooLarge(_)) => {
                return wrong(0, format!("the quantile {} is above 1: write shares of all, as 0.99 for 99 %", cells[0].1));
            }
            Err(error) => return wrong(0, error.to_string()),
        };
        let time = cell_time(*line, cells[column])?;
        if let Some((last, longest)) = table.last() {
            if share <= *last {
                return wrong(
                    0,
                    format!("the quantile {} is not above the one before it: quantiles grow from line to line", cells[0].1),
                );
            }
            if time < *longest {
                return wrong(
                    column,
                    format!("{} is below the time before it: times grow with their quantiles", cells[column].1),
                );
            }
        }
        table.push((share, time));
    }
    match (rows.last(), table.last()) {
        (Some((line, cells)), Some((last, _))) if *last < SHARE_ALL => {
            let message = format!("the last quantile is {}: the table ends with the longest time, as in 1,250", cells[0].1);
            Err(CsvError { line: *line, column: cells[0].0, message })
        }
        _ => Ok(Distribution::Quantiles(table)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_measured_times_are_read() {
        let model = Model::from_csv("own", "\u{feff}w, ars\r\n1.5 ,0.2\r\n\r\n2,\r\n").expect("good");
        let (w, rest) = (Distribution::Samples(vec![1_500_000, 2_000_000]), Distribution::Samples(vec![200_000]));
        assert_eq!(model.legs, [w, rest.clone(), rest.clone(), rest]);
        let model = Model::from_csv("own", "quantile,value\n0,0.1\n0.5,1\n1,9\n").expect("good");
        let rows = vec![(0, 100_000), (SHARE_ALL / 2, 1_000_000), (SHARE_ALL, 9_000_000)];
        assert!(model.legs.iter().all(|leg| *leg == Distribution::Quantiles(rows.clone())));
        let model = Model::from_csv("own", "Quantile,W,ars\n0.9,5,1\n1,50,2").expect("good");
        assert_eq!(model.legs[0], Distribution::Quantiles(vec![(SHARE_ALL / 10 * 9, 5_000_000), (SHARE_ALL, 50_000_000)]));
    }

    #[test]
    fn what_is_wrong_is_said_with_line_and_column() {
        for (text, expected) in [
            ("", "1:1: the table is empty"),
            (" \n\n", "1:1: the table is empty"),
            (
                "1,2,3,4\n",
                "1:1: '1' names no latency; the first line names the columns: w,a,r,s of measured times, or quantile,value",
            ),
            ("w;a;r;s\n1;2;3;4", "1:1: 'w;a;r;s' names no latency"),
            ("w,a,r\n1,2,3", "1:1: no column is of 's'"),
            ("w,a,r,rs\n1,2,3,4", "1:7: 'r' has a column already"),
            ("w,a,r,s\n", "1:1: below the names of the columns there is nothing"),
            ("w,a,r,s\n1,2,3,4\n1,2,3\n", "3:5: the line has 3 cells, the first line names 4 columns"),
            ("w,a,r,s\n1,2,3,4\n1, NaN,3,4\n", "3:4: 'NaN' is no number"),
            ("w,a,r,s\n1,2,inf,4\n", "2:5: 'inf' is no number"),
            ("w,a,r,s\n1,2,3,-4\n", "2:7: -4 is negative"),
            ("w,a,r,s\n1,2,3,3600001\n", "2:7: 3600001 ms is longer than an hour"),
            ("w,a,r,s\n1,2,3,\n", "1:7: the column 's' has no times"),
            ("quantile,value\n0.5,1\n0.5,2\n1,3", "3:1: the quantile 0.5 is not above the one before it"),
            ("quantile,value\n0.5,1\n0.4,2\n1,3", "3:1: the quantile 0.4 is not above the one before it"),
            ("quantile,value\n0.5,2\n1,1", "3:3: 1 is below the time before it"),
            ("quantile,value\n50,1\n99,2", "2:1: the quantile 50 is above 1: write shares of all, as 0.99 for 99 %"),
            ("quantile,value\n0.5,1\n0.99,2", "3:1: the last quantile is 0.99: the table ends with the longest time"),
            ("quantile,value\nNaN,1", "2:1: 'NaN' is no number"),
            ("quantile,value\n1,", "2:3: a number is missing"),
            ("quantile\n1", "1:1: no column is of 'w'"),
        ] {
            let error = Model::from_csv("own", text).expect_err("wrong").to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}\nexpected: {expected}");
        }
        let long = format!("w,a,r,s\n{}", "1,2,3,4\n".repeat(TEXT_MAX / 8));
        assert_eq!(Model::from_csv("own", &long).map_err(|e| e.to_string().contains("more than 16777216")), Err(true));
    }
}
