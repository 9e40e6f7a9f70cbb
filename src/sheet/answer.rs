//! A sheet as the page has it: what is looked at is HTML, and what acts is a piece of its own.

use data_encoding::BASE64URL_NOPAD;

/// A sheet as it has arrived at the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub title: String,
    /// The answer, from top to bottom.
    pub pieces: Vec<Piece>,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Something to look at, as HTML in which every text is escaped.
    Seen(String),
    /// See [`super::Part::Told`].
    Told(Vec<String>),
    /// See [`super::Part::Open`].
    Open(String, u64, String),
    /// See [`super::Part::File`].
    File(String, String, String),
    /// See [`super::Part::Strip`]: the caption, the right edge (zero if its time is not that of a run here), and the drawings for a wide page
    /// and for a narrow one, as HTML.
    Strip(String, u64, [String; 2]),
}

impl Answer {
    /// Reads the lines of a sheet; what is not understood is left out, as both sides are of the same build.
    #[must_use]
    pub fn decode(text: &str) -> Answer {
        let mut answer = Answer::default();
        for line in text.lines() {
            let Some(kind) = line.chars().next() else { continue };
            let mut cells = line[kind.len_utf8()..].split('\t').map(str::to_owned);
            let mut next = || cells.next().unwrap_or_default();
            let number = |text: String| text.parse().unwrap_or(0);
            answer.pieces.push(match kind {
                '=' => {
                    answer.title = next();
                    continue;
                }
                'M' => Piece::Seen(next()),
                'N' => Piece::Told(cells.collect()),
                '>' => Piece::Open(next(), number(next()), next()),
                'F' => {
                    let (label, name) = (next(), next());
                    let text = BASE64URL_NOPAD.decode(next().as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                    Piece::File(label, name, text.unwrap_or_default())
                }
                'S' => Piece::Strip(next(), number(next()), [next(), next()]),
                _ => continue,
            });
        }
        answer
    }
}
