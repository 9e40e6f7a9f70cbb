//! A sheet: what an experiment answers, as paragraphs, tables and scenarios to open.
//!
//! Experiments (a matrix over seeds, a sweep, a search for the smallest example) run on the command line and, in the browser, in
//! a worker that is loaded only when the first one is asked for. Both print the same sheet. Between worker and page it travels
//! as lines, the first letter of which says what the line is: splitting a line at its tabs is all that the page has to do.

use std::fmt;

/// What an experiment answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What was asked.
    pub title: String,
    /// The answer, from top to bottom.
    pub parts: Vec<Part>,
}

/// One part of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A heading within the sheet.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// A chart of one series; a table beside it has the same numbers.
    Chart(Chart),
    /// A scenario that can be opened: what the button says, the moment to look at in microseconds, and the scenario as JSON.
    Open(String, u64, String),
}

/// A chart of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub caption: String,
    /// The unit of its values, if they have one.
    pub unit: String,
    /// The points: the name of each, and its value in thousandths of the unit.
    pub points: Vec<(String, u64)>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of the columns; the first column names the rows.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it says; the mark only repeats it.
    pub text: String,
    /// Whether that is welcome.
    pub mark: Mark,
}

/// Whether what a cell says is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mark {
    /// Neither.
    #[default]
    Plain,
    /// A guarantee that held.
    Good,
    /// A guarantee that was broken.
    Bad,
}

impl Cell {
    /// A cell without a mark.
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), mark: Mark::Plain }
    }

    /// A cell that is marked as good or bad.
    pub fn judged(text: impl Into<String>, good: bool) -> Cell {
        Cell { text: text.into(), mark: if good { Mark::Good } else { Mark::Bad } }
    }
}

/// Text within a line: what would end the cell or the line becomes a space.
fn flat(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn line(kind: char, cells: impl Iterator<Item = String>, out: &mut String) {
    out.push(kind);
    let cells: Vec<String> = cells.map(|cell| flat(&cell)).collect();
    out.push_str(&cells.join("\t"));
    out.push('\n');
}

impl Sheet {
    /// An empty sheet.
    pub fn titled(title: impl Into<String>) -> Sheet {
        Sheet { title: title.into(), parts: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn say(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// Adds a heading.
    pub fn head(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    /// The sheet as lines.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let one = |text: &String| std::iter::once(text.clone());
        line('=', one(&self.title), &mut out);
        for part in &self.parts {
            match part {
                Part::Heading(text) => line('#', one(text), &mut out),
                Part::Text(text) => line('-', one(text), &mut out),
                Part::Open(label, at, scenario) => {
                    line('>', [label.clone(), at.to_string(), scenario.clone()].into_iter(), &mut out);
                }
                Part::Chart(chart) => {
                    let points = chart.points.iter().map(|(name, value)| format!("{value} {name}"));
                    line('C', [chart.caption.clone(), chart.unit.clone()].into_iter().chain(points), &mut out);
                }
                Part::Table(table) => {
                    line('T', one(&table.caption), &mut out);
                    line('H', table.head.iter().cloned(), &mut out);
                    for row in &table.rows {
                        line('R', row.iter().map(|cell| format!("{}{}", cell.mark.letter(), cell.text)), &mut out);
                    }
                }
            }
        }
        out
    }

    /// Reads the lines of a sheet; what is not understood is left out, as both sides are of the same build.
    #[must_use]
    pub fn decode(text: &str) -> Sheet {
        let mut sheet = Sheet::default();
        for line in text.lines() {
            let mut chars = line.chars();
            let kind = chars.next();
            let rest = chars.as_str();
            let cells = || rest.split('\t').map(str::to_owned).collect::<Vec<String>>();
            match (kind, sheet.parts.last_mut()) {
                (Some('='), _) => rest.clone_into(&mut sheet.title),
                (Some('#'), _) => sheet.parts.push(Part::Heading(rest.to_owned())),
                (Some('-'), _) => sheet.parts.push(Part::Text(rest.to_owned())),
                (Some('T'), _) => sheet.parts.push(Part::Table(Table { caption: rest.to_owned(), ..Table::default() })),
                (Some('C'), _) => {
                    let mut cells = rest.split('\t').map(str::to_owned);
                    let (caption, unit) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
                    let point = |cell: String| {
                        let (value, name) = cell.split_once(' ')?;
                        Some((name.to_owned(), value.parse().ok()?))
                    };
                    sheet.parts.push(Part::Chart(Chart { caption, unit, points: cells.filter_map(point).collect() }));
                }
                (Some('H'), Some(Part::Table(table))) => table.head = cells(),
                (Some('R'), Some(Part::Table(table))) => table.rows.push(rest.split('\t').map(Cell::decode).collect()),
                (Some('>'), _) => {
                    let mut cells = rest.splitn(3, '\t');
                    if let (Some(label), Some(at), Some(json)) = (cells.next(), cells.next(), cells.next()) {
                        sheet.parts.push(Part::Open(label.to_owned(), at.parse().unwrap_or(0), json.to_owned()));
                    }
                }
                _ => {}
            }
        }
        sheet
    }
}

impl Cell {
    fn decode(text: &str) -> Cell {
        let mut chars = text.chars();
        let mark = match chars.next() {
            Some('+') => Mark::Good,
            Some('!') => Mark::Bad,
            _ => Mark::Plain,
        };
        Cell { text: chars.as_str().to_owned(), mark }
    }
}

impl Mark {
    fn letter(self) -> char {
        match self {
            Mark::Plain => ' ',
            Mark::Good => '+',
            Mark::Bad => '!',
        }
    }
}

/// For a terminal.
impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for part in &self.parts {
            match part {
                Part::Heading(text) => writeln!(f, "\n{text}")?,
                Part::Text(text) => writeln!(f, "  {text}")?,
                Part::Open(label, _, json) => writeln!(f, "  {label}: {json}")?,
                // The table beside it has the numbers.
                Part::Chart(_) => {}
                Part::Table(table) => {
                    let rows: Vec<Vec<&str>> =
                        table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect();
                    columns(&table.caption, &table.head.iter().map(String::as_str).collect::<Vec<_>>(), &rows, f)?;
                }
            }
        }
        Ok(())
    }
}

/// A table with columns as wide as their widest cell.
fn columns(caption: &str, head: &[&str], rows: &[Vec<&str>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n  {caption}")?;
    let widths: Vec<usize> = (0..head.len())
        .map(|c| rows.iter().filter_map(|row| row.get(c)).chain([&head[c]]).map(|text| text.chars().count()).max().unwrap_or(0))
        .collect();
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}")).collect();
        writeln!(f, "    {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sheet {
        let mut sheet = Sheet::titled("A test");
        sheet.head("Part one");
        sheet.say("Something.");
        sheet.parts.push(Part::Table(Table {
            caption: "Cells".into(),
            head: vec!["what".into(), "lost".into()],
            rows: vec![
                vec![Cell::plain("async"), Cell::judged("yes: 3", false)],
                vec![Cell::plain("+x"), Cell::judged("no", true)],
            ],
        }));
        let points = vec![("100 ms".into(), 5), ("1 s".into(), 2_500)];
        sheet.parts.push(Part::Chart(Chart { caption: "Cost".into(), unit: "s".into(), points }));
        sheet.parts.push(Part::Open("Open it".into(), 5, "{\"version\":1}".into()));
        sheet
    }

    #[test]
    fn a_sheet_survives_the_way_to_the_page() {
        assert_eq!(Sheet::decode(&sample().encode()), sample());
    }

    /// A value of a key may hold anything; it must not become a line of its own.
    #[test]
    fn text_cannot_break_out_of_its_line() {
        let mut sheet = Sheet::titled("t");
        sheet.say("a\n>evil\t0\t{}");
        let read = Sheet::decode(&sheet.encode());
        assert_eq!(read.parts, [Part::Text("a >evil 0 {}".to_owned())]);
    }

    #[test]
    fn a_terminal_gets_columns() {
        let text = sample().to_string();
        assert!(text.contains("    what   lost\n    async  yes: 3\n    +x     no\n"), "{text}");
    }
}
