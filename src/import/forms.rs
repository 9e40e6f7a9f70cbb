//! Where the forms of a text begin and end: EDN or JSON, one after the other, or in one vector or list around them.
//!
//! This pass knows strings, comments and brackets, and nothing of what they mean. It bounds nesting before any recursive reader sees
//! the text, and it keeps lines, so that every operation has one. What follows is read form by form: memory holds one at a time.

use super::{ImportError, NESTING_MAX, PARTS_MAX};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Edn,
    Json,
}

/// A form: its text, where it begins, and its line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) line: u32,
}

/// The columns in which forms begin that follow each other, in letters from 1 on. Every letter between them is counted once, so that a
/// record on one line takes no longer than others.
#[derive(Default)]
pub(super) struct Columns {
    line: u32,
    start: usize,
    column: u32,
}

impl Columns {
    pub(super) fn of(&mut self, text: &str, form: &Form<'_>) -> u32 {
        let before = &text.as_bytes()[..form.start];
        let (from, column) = if form.line == self.line {
            (self.start, self.column)
        } else {
            (before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1), 1)
        };
        let letters = before[from..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        let column = column.saturating_add(u32::try_from(letters).unwrap_or(u32::MAX));
        *self = Columns { line: form.line, start: form.start, column };
        column
    }
}

/// The forms of a text.
pub(super) struct Forms<'t> {
    text: &'t str,
    syntax: Syntax,
    at: usize,
    line: u32,
    /// Where the vector or list around all forms begins, while it is open.
    around: Option<(usize, u8)>,
    /// How many such there were.
    lists: usize,
    /// How many words, texts and brackets there were.
    parts: usize,
}

impl<'t> Forms<'t> {
    pub(super) fn new(text: &'t str, syntax: Syntax) -> Forms<'t> {
        Forms { text, syntax, at: 0, line: 1, around: None, lists: 0, parts: 0 }
    }

    /// How many vectors or lists around forms have begun so far: one after the other, each is a record of its own.
    pub(super) fn lists(&self) -> usize {
        self.lists
    }

    fn error(&self, byte: usize, message: impl Into<String>) -> ImportError {
        ImportError::at(self.text, byte, message)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        if self.peek() == Some(b'\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    /// The next form, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Form<'t>>, ImportError> {
        loop {
            self.skip_blank()?;
            let Some(byte) = self.peek() else {
                return match self.around {
                    Some((start, _)) => Err(self.error(start, "this list has no end")),
                    None => Ok(None),
                };
            };
            match (byte, self.around) {
                (b']' | b')' | b'}', Some((_, closing))) if byte == closing => {
                    self.around = None;
                    self.at += 1;
                }
                (b']' | b')' | b'}', _) => return Err(self.error(self.at, format!("'{}' closes nothing", byte as char))),
                (b'[' | b'(', None) if self.surrounds() => {
                    self.around = Some((self.at, closing(byte)));
                    self.lists += 1;
                    self.at += 1;
                }
                _ => {
                    let (start, line) = (self.at, self.line);
                    self.skip_form()?;
                    return Ok(Some(Form { text: &self.text[start..self.at], start, line }));
                }
            }
        }
    }

    /// Whether the bracket here opens a list of forms that have brackets themselves, or an empty one.
    fn surrounds(&self) -> bool {
        let mut inside =
            Forms { text: self.text, syntax: self.syntax, at: self.at + 1, line: 0, around: None, lists: 0, parts: 0 };
        inside.skip_blank().is_ok() && matches!(inside.peek(), Some(b'{' | b'[' | b'(' | b'#' | b']' | b')') | None)
    }

    /// Skips white space, commas, comments and discarded forms.
    fn skip_blank(&mut self) -> Result<(), ImportError> {
        let edn = self.syntax == Syntax::Edn;
        // A discarded form may begin with another discarded form, and then takes two.
        let mut discarded = 0_usize;
        loop {
            match self.peek() {
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => self.step(),
                Some(b';') if edn => self.skip_line(),
                Some(b'#') if edn && self.text.as_bytes().get(self.at + 1) == Some(&b'_') => {
                    self.at += 2;
                    discarded += 1;
                }
                Some(b']' | b')' | b'}') | None => return Ok(()),
                Some(_) if discarded > 0 => {
                    discarded -= 1;
                    self.skip_form()?;
                }
                Some(_) => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
    }

    /// Skips one form: an atom, a text, or brackets and what is in them, with the tags before it.
    fn skip_form(&mut self) -> Result<(), ImportError> {
        let mut open: Vec<(usize, u8)> = Vec::new();
        loop {
            let begin = self.at;
            self.parts += 1;
            if self.parts > PARTS_MAX {
                return Err(self.error(begin, format!("the record has more than {PARTS_MAX} words, texts and brackets")));
            }
            match self.peek() {
                None => {
                    let (start, _) = open.last().copied().unwrap_or((begin, 0));
                    return Err(self.error(start, "this has no end"));
                }
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => {
                    self.step();
                    self.parts -= 1;
                    continue;
                }
                Some(b';') if self.syntax == Syntax::Edn => {
                    self.skip_line();
                    continue;
                }
                Some(b'"') => self.skip_text()?,
                Some(byte @ (b'{' | b'[' | b'(')) => {
                    open.push((begin, closing(byte)));
                    if open.len() > NESTING_MAX {
                        return Err(self.error(begin, format!("lists and maps are nested more than {NESTING_MAX} deep")));
                    }
                    self.at += 1;
                    continue;
                }
                Some(byte @ (b'}' | b']' | b')')) => {
                    match open.pop() {
                        Some((_, expected)) if expected == byte => {}
                        Some((start, _)) => {
                            let opened = self.error(start, "");
                            let message = format!(
                                "'{}' does not close what was opened in line {}, column {}",
                                byte as char, opened.line, opened.column
                            );
                            return Err(self.error(begin, message));
                        }
                        None => return Err(self.error(begin, format!("'{}' closes nothing", byte as char))),
                    }
                    self.at += 1;
                }
                Some(_) => {
                    if self.skip_atom() {
                        // A tag, or another sign before a form: the form follows.
                        continue;
                    }
                }
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Skips a word; whether it is only the beginning of a form.
    fn skip_atom(&mut self) -> bool {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let first = bytes[start];
        if self.syntax == Syntax::Edn {
            match first {
                b'#' if matches!(bytes.get(self.at + 1), Some(b'{' | b'"' | b'(' | b'_')) => {
                    self.at += if bytes.get(self.at + 1) == Some(&b'_') { 2 } else { 1 };
                    return true;
                }
                b'^' | b'\'' | b'@' | b'`' | b'~' => {
                    self.at += 1;
                    return true;
                }
                b'\\' => {
                    // The character, whatever it is.
                    self.at += 1;
                    let letter = self.text[self.at..].chars().next();
                    if letter == Some('\n') {
                        self.line += 1;
                    }
                    self.at += letter.map_or(0, char::len_utf8);
                }
                _ => {}
            }
        }
        while self.peek().is_some_and(|b| !delimits(b)) {
            self.at += 1;
        }
        if self.at == start {
            // A sign that no JSON has: it is told where the form is read.
            self.at += 1;
        }
        // What follows a tag belongs to it; `##NaN` and its like stand for themselves.
        self.syntax == Syntax::Edn && first == b'#' && bytes.get(start + 1) != Some(&b'#')
    }

    fn skip_text(&mut self) -> Result<(), ImportError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error(start, "this text has no end")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    if self.peek().is_some() {
                        self.step();
                    }
                }
                Some(_) => self.step(),
            }
        }
    }
}

fn closing(byte: u8) -> u8 {
    match byte {
        b'{' => b'}',
        b'[' => b']',
        _ => b')',
    }
}

fn delimits(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b';')
}
