//! A sheet: what an experiment answers, as paragraphs, tables and scenarios to open.
//!
//! Experiments (a matrix over seeds, a sweep, a search for the smallest example) run on the command line and, in the browser, in
//! a worker that is loaded only when the first one is asked for. Both print the same sheet. Between worker and page it travels
//! as lines, the first letter of which says what the line is: what is only looked at is HTML by then, and of the rest the page
//! makes buttons.

mod answer;
mod markup;
mod terminal;

pub use answer::{Answer, Piece};
pub(crate) use markup::escaped;

use data_encoding::BASE64URL_NOPAD;

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
    /// A paragraph whose nouns lead to what they name: the pieces of an explanation, as [`crate::narration`] writes them.
    Told(Vec<String>),
    /// A table.
    Table(Table),
    /// A chart of one series; a table beside it has the same numbers.
    Chart(Chart),
    /// A scenario that can be opened: what the button says, the moment to look at in microseconds, and the scenario as JSON.
    ///
    /// What stands behind the last colon of the label is the name of the branch that it becomes.
    Open(String, u64, String),
    /// The operations of two runs on one axis of time.
    Strip(Strip),
    /// A file to be saved: what the button says, the name of the file, and what is in it.
    File(String, String, String),
}

/// The operations of two runs on one axis of time, above each other for each client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// What it shows.
    pub caption: String,
    /// The names of the two runs.
    pub sides: [String; 2],
    /// The right edge, in microseconds.
    pub until: u64,
    /// A moment to be marked: where the runs part.
    pub mark: Option<u64>,
    /// The clients, each with its operations in both runs.
    pub lanes: Vec<(String, Vec<Span>)>,
}

/// An operation in a strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// In the first run (0) or in the second (1).
    pub side: usize,
    /// Its number.
    pub op: u32,
    /// When it began.
    pub from: u64,
    /// When it was over.
    pub to: u64,
    /// What it was: `w` a write, `r` a read, `x` refused, `?` without an answer.
    pub kind: char,
    /// Whether it breaks a guarantee.
    pub stale: bool,
    /// Whether it went the same way in the other run.
    pub same: bool,
    /// Whether a replica kept it back, or sent it on because it was behind.
    pub waited: bool,
    /// What stands in its bar, where there is room.
    pub label: String,
    /// What it was, for whoever points at it.
    pub told: String,
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

    /// The sheet as lines for the page.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut seen = String::new();
        line('=', std::iter::once(self.title.clone()), &mut out);
        for part in &self.parts {
            let acts = match part {
                Part::Heading(text) => Err(markup::plain("h4", text)),
                Part::Text(text) => Err(markup::plain("p", text)),
                Part::Table(table) => Err(markup::table(table)),
                Part::Chart(chart) => Err(markup::chart(chart)),
                Part::Told(pieces) => Ok(('N', pieces.clone())),
                Part::Open(label, at, scenario) => Ok(('>', vec![label.clone(), at.to_string(), scenario.clone()])),
                Part::File(label, name, text) => {
                    Ok(('F', vec![label.clone(), name.clone(), BASE64URL_NOPAD.encode(text.as_bytes())]))
                }
                Part::Strip(strip) => {
                    let until = if strip.sides[1].is_empty() { 0 } else { strip.until };
                    let drawn = AXES.map(|axis| markup::strip(strip, axis));
                    Ok(('S', [strip.caption.clone(), until.to_string()].into_iter().chain(drawn).collect()))
                }
            };
            match acts {
                Err(html) => seen += &html,
                Ok((kind, cells)) => {
                    flush(&mut seen, &mut out);
                    line(kind, cells.into_iter(), &mut out);
                }
            }
        }
        flush(&mut seen, &mut out);
        out
    }
}

/// What has been gathered to be looked at becomes a line.
fn flush(seen: &mut String, out: &mut String) {
    if !seen.is_empty() {
        line('M', std::iter::once(std::mem::take(seen)), out);
    }
}

/// The width of a diagram and where its axis of time begins, on a wide page and on a narrow one.
pub const AXES: [(u64, u64); 2] = [(1_000, 110), (380, 84)];

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
        let span = Span {
            side: 1,
            op: 4,
            from: 5,
            to: 90,
            kind: 'r',
            stale: true,
            same: false,
            waited: true,
            label: "r 1".into(),
            told: "a <read>".into(),
        };
        sheet.parts.push(Part::Strip(Strip {
            caption: "Both".into(),
            sides: ["leader".into(), "any".into()],
            until: 100,
            mark: Some(7),
            lanes: vec![
                ("a".into(), vec![span.clone(), Span { side: 0, kind: '?', stale: false, same: true, ..span }]),
                ("b".into(), vec![]),
            ],
        }));
        sheet.parts.push(Part::Told(vec!["T At ".into(), "A5 5 ms".into(), "T .".into()]));
        sheet.parts.push(Part::File("Save".into(), "a.csv".into(), "a\tb\nc\n".into()));
        sheet
    }

    #[test]
    fn what_acts_survives_the_way_to_the_page_and_the_rest_is_html() {
        let answer = Answer::decode(&sample().encode());
        assert_eq!(answer.title, "A test");
        let [Piece::Seen(html), open, Piece::Strip(caption, 100, drawn), told, file] = &answer.pieces[..] else {
            panic!("{answer:?}")
        };
        assert!(html.starts_with("<h4>Part one</h4><p>Something.</p><div class=\"scroll\""), "{html}");
        assert!(html.contains("<td class=\"bad\">yes: 3</td>") && html.contains("2.5 s</text>"), "{html}");
        assert_eq!(open, &Piece::Open("Open it".into(), 5, "{\"version\":1}".into()));
        assert_eq!(told, &Piece::Told(vec!["T At ".into(), "A5 5 ms".into(), "T .".into()]));
        assert_eq!(file, &Piece::File("Save".into(), "a.csv".into(), "a\tb\nc\n".into()));
        assert_eq!(caption, "Both");
        for (html, width) in drawn.iter().zip(["1000", "380"]) {
            assert!(
                html.starts_with(&format!("<svg viewBox=\"0 0 {width} 116\"")) && html.contains("bar read anomaly"),
                "{html}"
            );
        }
    }

    /// A value of a key, or the file of somebody else, may hold anything: it becomes neither a line of its own nor an element.
    #[test]
    fn text_cannot_break_out_of_its_place() {
        let evil = "a\n>evil\t0\t{}<img src=x onerror=alert(1)>\"'&";
        let safe = "a &gt;evil 0 {}&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;";
        let mut sheet = Sheet::titled("t");
        sheet.say(evil);
        assert_eq!(Answer::decode(&sheet.encode()).pieces, [Piece::Seen(format!("<p>{safe}</p>"))]);
        sheet.head(evil);
        let row = vec![Cell::plain(evil), Cell::judged(evil, true)];
        sheet.parts.push(Part::Table(Table { caption: evil.into(), head: vec![evil.into()], rows: vec![row] }));
        sheet.parts.push(Part::Chart(Chart { caption: evil.into(), unit: evil.into(), points: vec![(evil.into(), 1)] }));
        let span = Span {
            side: 0,
            op: 0,
            from: 0,
            to: 1,
            kind: '<',
            stale: false,
            same: false,
            waited: false,
            label: "<".into(),
            told: "<".into(),
        };
        sheet.parts.push(Part::Strip(Strip {
            caption: evil.into(),
            sides: [evil.into(), evil.into()],
            until: 1,
            mark: Some(0),
            lanes: vec![(evil.into(), vec![span])],
        }));
        let text = sheet.encode();
        for piece in Answer::decode(&text).pieces {
            let html = match piece {
                Piece::Seen(html) => html,
                // The caption is a text, which the page takes for nothing else.
                Piece::Strip(_, _, drawn) => drawn.concat(),
                other => panic!("{other:?}"),
            };
            assert!(!html.contains("<img") && html.contains("&lt;img"), "{html}");
        }
        assert!(text.lines().all(|line| ['=', 'M', 'S'].iter().any(|kind| line.starts_with(*kind))), "{text}");
    }

    #[test]
    fn a_terminal_gets_columns() {
        let text = sample().to_string();
        assert!(text.contains("    what   lost\n    async  yes: 3\n    +x     no\n"), "{text}");
    }
}
