//! The language of JSON (RFC 8259): where values begin and end, and the first mistake, with its place and in words for people.
//!
//! It builds nothing, and knows no numbers: what a value means is the reader's business. `serde_json` can do all of it, and more, but
//! numbers with a point, and the words for them, would be a twentieth of what every visitor of the page fetches as its engine. The tests
//! hold this one to it: what `serde_json` refuses is refused, at the same place.

/// How deeply values may be nested.
const DEPTH_MAX: u8 = 127;

/// A mistake of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The offset of the first character that does not fit, or of the escape or word that it belongs to.
    pub(super) at: usize,
    pub(super) message: &'static str,
}

type Result<T> = std::result::Result<T, Fault>;

/// Where a value stands in a text: the offset of its first byte, and the one behind its last.
pub(super) type Span = (usize, usize);

/// A text, and how far it has been read.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// How many lists and objects are open.
    depth: u8,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Scanner<'t> {
        Scanner { text, at: 0, depth: 0 }
    }

    /// The only value of the text.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn document(&mut self) -> Result<Span> {
        let value = self.value()?;
        match self.after_space() {
            None => Ok(value),
            Some(_) => Err(self.here("trailing characters")),
        }
    }

    fn value(&mut self) -> Result<Span> {
        let first = self.after_space();
        let begin = self.at;
        match first {
            None => return Err(self.end("the text ends too early: expected a value")),
            Some(b'n') => self.word(b"null")?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'"') => self.string(&mut String::new())?,
            Some(b'[') => self.list(&mut |_| {})?,
            Some(b'{') => self.object(&mut |_, _| {})?,
            Some(_) => return Err(self.here("expected a value")),
        }
        Ok((begin, self.at))
    }

    /// The items of the list that begins here.
    pub(super) fn list(&mut self, each: &mut dyn FnMut(Span)) -> Result<()> {
        self.open()?;
        let mut first = true;
        loop {
            match self.after_space() {
                None => return Err(self.end("the text ends too early: a list has no end")),
                Some(b']') => {
                    self.close();
                    return Ok(());
                }
                Some(_) if first => {}
                Some(b',') => {
                    self.at += 1;
                    if self.after_space() == Some(b']') {
                        return Err(self.here("trailing comma"));
                    }
                }
                Some(_) => return Err(self.here("expected `,` or `]`")),
            }
            each(self.value()?);
            first = false;
        }
    }

    /// The names and values of the object that begins here.
    pub(super) fn object(&mut self, each: &mut dyn FnMut(Span, Span)) -> Result<()> {
        const OPEN: &str = "the text ends too early: an object has no end";
        self.open()?;
        let mut first = true;
        loop {
            match self.after_space() {
                None => return Err(self.end(OPEN)),
                Some(b'}') => {
                    self.close();
                    return Ok(());
                }
                Some(_) if first => {}
                Some(b',') => {
                    self.at += 1;
                    match self.after_space() {
                        None => return Err(self.end("the text ends too early: expected a value")),
                        Some(b'}') => return Err(self.here("trailing comma")),
                        Some(_) => {}
                    }
                }
                Some(_) => return Err(self.here("expected `,` or `}`")),
            }
            if self.peek() != Some(b'"') {
                return Err(self.here("expected a name in quotation marks"));
            }
            let begin = self.at;
            self.string(&mut String::new())?;
            let name = (begin, self.at);
            match self.after_space() {
                None => return Err(self.end(OPEN)),
                Some(b':') => self.at += 1,
                Some(_) => return Err(self.here("expected `:`")),
            }
            each(name, self.value()?);
            first = false;
        }
    }

    fn open(&mut self) -> Result<()> {
        if self.depth == DEPTH_MAX {
            return Err(self.here("this is nested too deeply"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    fn word(&mut self, word: &[u8]) -> Result<()> {
        let begin = self.at;
        for letter in word {
            match self.next() {
                None => return Err(self.end("the text ends too early: expected a value")),
                Some(found) if found == *letter => {}
                Some(_) => return Err(Fault { at: begin, message: "expected `true`, `false` or `null`" }),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if self.peek().is_some_and(|next| next.is_ascii_digit()) {
                return Err(self.here("invalid number"));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit, and all that follow.
    fn digits(&mut self) -> Result<()> {
        match self.peek() {
            None => return Err(self.end("the text ends too early: expected a value")),
            Some(b'0'..=b'9') => {}
            Some(_) => return Err(self.here("invalid number")),
        }
        while self.peek().is_some_and(|next| next.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// The text in quotation marks that begins here, added to another one with its escapes worked out.
    pub(super) fn string(&mut self, into: &mut String) -> Result<()> {
        self.at += 1;
        let mut plain = self.at;
        loop {
            let begin = self.at;
            match self.next_of_string()? {
                b'"' => {
                    into.push_str(&self.text[plain..begin]);
                    return Ok(());
                }
                b'\\' => {
                    into.push_str(&self.text[plain..begin]);
                    into.push(self.escaped(begin)?);
                    plain = self.at;
                }
                0..0x20 => return Err(Fault { at: begin, message: "a string cannot hold control characters" }),
                _ => {}
            }
        }
    }

    /// What an escape stands for, behind its backslash.
    fn escaped(&mut self, begin: usize) -> Result<char> {
        Ok(match self.next_of_string()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.numbered(begin),
            _ => return Err(Fault { at: begin, message: "invalid escape" }),
        })
    }

    /// The character of a number, behind its `\\u`: beyond the first 65,536 it takes two escapes, the halves of a pair (UTF-16).
    fn numbered(&mut self, begin: usize) -> Result<char> {
        const HALF: &str = "invalid escape: half of a pair";
        let first = self.hex(begin)?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or(Fault { at: begin, message: HALF });
        }
        let second_begin = self.at;
        if self.next_of_string()? != b'\\' {
            return Err(Fault { at: begin, message: HALF });
        }
        if self.next_of_string()? != b'u' {
            return Err(Fault { at: second_begin, message: HALF });
        }
        let second = self.hex(second_begin)?;
        let number = second.checked_sub(0xDC00).filter(|low| *low < 0x400).map(|low| 0x1_0000 + ((first - 0xD800) << 10) + low);
        number.and_then(char::from_u32).ok_or(Fault { at: second_begin, message: HALF })
    }

    /// Four hexadecimal digits.
    fn hex(&mut self, begin: usize) -> Result<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = char::from(self.next_of_string()?).to_digit(16);
            number = number * 16 + digit.ok_or(Fault { at: begin, message: "invalid escape" })?;
        }
        Ok(number)
    }

    fn next_of_string(&mut self) -> Result<u8> {
        self.next().ok_or_else(|| self.end("the text ends too early: a string has no end"))
    }

    fn next(&mut self) -> Option<u8> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next character that is no space.
    fn after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.peek()
    }

    fn here(&self, message: &'static str) -> Fault {
        Fault { at: self.at, message }
    }

    fn end(&self, message: &'static str) -> Fault {
        Fault { at: self.text.len(), message }
    }
}

#[cfg(test)]
mod beside_serde;
