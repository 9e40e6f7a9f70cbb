//! A reader of JSON for serde: as much of the language as scenarios need, in one instance for one kind of text.
//!
//! `serde_json` reads scenarios as well, but makes a browser load far more: it takes a list wherever a structure can stand, and
//! fractions, which no scenario has. This reader also finds the place of a value, for mistakes that show only when the whole is
//! understood.

mod de;

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// What is wrong with the form of a text. Where, says the reader: it stops right behind it.
#[derive(Debug)]
pub(super) struct Mistake(pub(super) String);

type Result<T> = std::result::Result<T, Mistake>;

fn mistake<T>(message: &str) -> Result<T> {
    Err(Mistake(message.to_owned()))
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

/// A text, and how far it has been read.
pub(super) struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// The string that was read last.
    string: String,
}

impl<'de> Reader<'de> {
    pub(super) fn new(text: &'de str) -> Reader<'de> {
        Reader { text, at: 0, string: String::new() }
    }

    /// Where the last character stands that was read.
    pub(super) fn place(&self) -> usize {
        self.text.floor_char_boundary(self.at.saturating_sub(1))
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(self.wrong("trailing characters")),
        }
    }

    /// The next character that is not a space, without taking it.
    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    /// Takes the character that is wrong, if there is one, and says so.
    #[inline(never)]
    fn wrong(&mut self, message: &str) -> Mistake {
        if self.at == self.text.len() {
            return Mistake(format!("the text ends too early: {message}"));
        }
        self.at += 1;
        Mistake(message.to_owned())
    }

    #[inline(never)]
    fn take(&mut self, wanted: u8) -> Result<()> {
        if self.next() != Some(wanted) {
            return Err(self.wrong(&format!("expected `{}`", char::from(wanted))));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether another item follows in a list or an object; takes the comma before it, or else the end.
    #[inline(never)]
    fn more(&mut self, close: u8, first: &mut bool) -> Result<bool> {
        let mut next = self.next();
        if next == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if next.is_none() {
            return Err(Mistake(format!("EOF while parsing {}", if close == b'}' { "an object" } else { "a list" })));
        }
        if !std::mem::take(first) {
            if next != Some(b',') {
                return Err(self.wrong(&format!("expected `,` or `{}`", char::from(close))));
            }
            self.at += 1;
            next = self.next();
        }
        if next == Some(close) { Err(self.wrong("trailing comma")) } else { Ok(true) }
    }

    #[inline(never)]
    fn word(&mut self, word: &str) -> Result<()> {
        for wanted in word.bytes() {
            if self.text.as_bytes().get(self.at) != Some(&wanted) {
                return Err(self.wrong(&format!("expected `{word}`")));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// A whole number, with its sign apart.
    #[inline(never)]
    fn integer(&mut self) -> Result<(bool, u64)> {
        let rest = &self.text[self.at..];
        let (negative, digits) = rest.strip_prefix('-').map_or((false, rest), |digits| (true, digits));
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        self.at += usize::from(negative) + count;
        if count == 0 || (count > 1 && digits.starts_with('0')) {
            return Err(self.wrong("invalid number"));
        }
        if digits[count..].starts_with(['.', 'e', 'E']) {
            return Err(self.wrong("expected a whole number"));
        }
        digits[..count].parse().map(|n| (negative, n)).or_else(|_| mistake("number out of range"))
    }

    #[inline(never)]
    fn string(&mut self) -> Result<&str> {
        self.take(b'"')?;
        self.string.clear();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            self.at += plain;
            self.string += &rest[..plain];
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(&self.string);
                }
                Some(b'\\') => {
                    let escaped = self.escape()?;
                    self.string.push(escaped);
                }
                Some(_) => return Err(self.wrong("a string cannot hold control characters")),
                None => return Err(self.wrong("a string has no end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        self.at += 1;
        let code = self.text.as_bytes().get(self.at).copied();
        let plain = match code {
            Some(b'"' | b'\\' | b'/') => code.map_or('/', char::from),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("invalid escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `u` and four hexadecimal digits, or two such numbers for one character.
    fn unicode(&mut self) -> Result<char> {
        let mut units = [0, 0];
        for n in 0..2 {
            let digits = self.text.get(self.at + 1..self.at + 5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(unit) = digits.and_then(|d| u16::from_str_radix(d, 16).ok()) else {
                return Err(self.wrong("invalid escape"));
            };
            self.at += 5;
            units[n] = unit;
            if let Some(Ok(whole)) = char::decode_utf16(units[..=n].iter().copied()).next() {
                return Ok(whole);
            }
            if n == 0 && self.text[self.at..].starts_with("\\u") {
                self.at += 1;
            } else {
                break;
            }
        }
        Err(self.wrong("invalid escape: half of a pair"))
    }

    /// Takes a value without parts.
    fn scalar(&mut self) -> Result<()> {
        match self.next() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.integer().map(|_| ()),
        }
    }

    /// Takes the value that is not what was expected, and says so.
    #[inline(never)]
    fn unexpected(&mut self, expected: &dyn Expected) -> Mistake {
        let found = match self.next() {
            Some(b'{') => "map",
            Some(b'[') => "sequence",
            Some(b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => {
                let start = self.at;
                if let Err(mistake) = self.scalar() {
                    return mistake;
                }
                let found = format!("`{}`", &self.text[start..self.at]);
                return Mistake::invalid_type(Unexpected::Other(&found), expected);
            }
            Some(_) => return self.wrong("expected a value"),
            None => return Mistake("EOF while parsing a value".to_owned()),
        };
        self.at += 1;
        Mistake::invalid_type(Unexpected::Other(found), expected)
    }
}

/// Finding a place.
impl Reader<'_> {
    /// The offset in a well-formed `text` of the value at `path`, or of the last part of the path that exists.
    pub(super) fn locate(text: &str, path: &str) -> usize {
        let mut reader = Reader::new(text);
        let mut here = 0;
        for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
            if !reader.enter(part).unwrap_or(false) {
                break;
            }
            here = reader.at;
        }
        reader.at = here;
        reader.next();
        reader.at
    }

    /// Goes to the item of this name or number in the value that comes next, if it has one.
    fn enter(&mut self, part: &str) -> Result<bool> {
        let (close, object) = match self.next() {
            Some(b'{') => (b'}', true),
            Some(b'[') => (b']', false),
            _ => return Ok(false),
        };
        self.at += 1;
        let (mut first, mut index) = (true, 0);
        while self.more(close, &mut first)? {
            let found = if object { self.string()? == part } else { part.parse() == Ok(index) };
            if object {
                self.take(b':')?;
            }
            if found {
                return Ok(true);
            }
            self.skip()?;
            index += 1;
        }
        Ok(false)
    }

    fn skip(&mut self) -> Result<()> {
        let mut depth = 0;
        loop {
            match self.next() {
                Some(b'{' | b'[') => (depth, self.at) = (depth + 1, self.at + 1),
                Some(b'}' | b']') => (depth, self.at) = (depth - 1, self.at + 1),
                Some(b',' | b':') => self.at += 1,
                _ => self.scalar()?,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn read<'de, T: Deserialize<'de>>(text: &'de str) -> std::result::Result<T, (usize, String)> {
        let mut reader = Reader::new(text);
        let value = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        value.map_err(|Mistake(message)| (reader.place(), message))
    }

    #[test]
    fn strings_mean_what_serde_json_says_they_mean() {
        for text in [
            r#""""#,
            r#""plain and ü 🛰""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u00e9\uD83D\udef0 \u0041""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\udef0""#,
            r#""\u12g4""#,
            r#""\u+123""#,
            r#""\x""#,
            r#""open"#,
            r#""\"#,
            r#""\ud83d\"#,
            "\"a\nb\"",
            "\"a\" b",
        ] {
            assert_eq!(read::<String>(text).ok(), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn numbers_mean_what_serde_json_says_they_mean() {
        for text in ["0", "7", "-7", "007", "+7", "-", "1.5", "1e3", "9223372036854775807", "-9223372036854775808", "null"] {
            assert_eq!(read::<i64>(text).ok(), serde_json::from_str(text).ok(), "{text}");
        }
        for text in ["18446744073709551615", "18446744073709551616", "-1", "4294967296"] {
            assert_eq!(read::<u64>(text).ok(), serde_json::from_str(text).ok(), "{text}");
            assert_eq!(read::<u32>(text).ok(), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn mistakes_stand_where_the_reader_stops() {
        for (text, place, message) in [
            ("[1, 2", 4, "EOF while parsing a list"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1,]", 3, "trailing comma"),
            ("[1] ü", 4, "trailing characters"),
            ("[\"x\"]", 3, "invalid type: `\"x\"`, expected u32"),
            ("[nil]", 2, "expected `null`"),
            ("[-1]", 2, "invalid value: integer `-1`, expected u32"),
            ("{}", 0, "invalid type: map, expected a sequence"),
        ] {
            assert_eq!(read::<Vec<u32>>(text), Err((place, message.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_path_leads_to_its_value_or_to_the_last_part_that_exists() {
        let text = r#"{"a": [1, {"b\"": "],}", "c": [[ ], -2]}], "d": true}"#;
        for (path, there) in
            [("", "{"), ("a", "[1"), ("a[1].c[1]", "-2"), ("d", "true"), ("a[7].c", "[1"), ("x", "{"), ("d.e", "true")]
        {
            assert!(text[Reader::locate(text, path)..].starts_with(there), "{path}");
        }
    }
}
