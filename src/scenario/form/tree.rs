//! JSON as a tree whose nodes know where they stand: as much of the language as scenarios need, which is all but fractions.

/// The deepest nesting that is read; scenarios need nine levels.
const DEPTH_MAX: usize = 32;
/// The most fields of one object; no structure of a scenario has as many.
const FIELDS_MAX: usize = 64;

/// A value and where it stands in the text.
#[derive(Debug)]
pub(in crate::scenario) struct Node {
    /// The offset of its first byte.
    pub(super) at: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// The sign apart from the digits.
    Int(bool, u64),
    Text(String),
    List(Vec<Node>),
    /// Names with their own places.
    Object(Vec<(usize, String, Node)>),
}

/// What is wrong, and at which offset.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) struct Mistake {
    pub(in crate::scenario) at: usize,
    pub(in crate::scenario) message: String,
}

type Result<T> = std::result::Result<T, Mistake>;

impl Node {
    /// Reads a text that holds one value.
    pub(in crate::scenario) fn read(text: &str) -> Result<Node> {
        let mut reader = Reader { text, at: 0 };
        let node = reader.node(0)?;
        match reader.next() {
            None => Ok(node),
            Some(_) => Err(reader.wrong("trailing characters")),
        }
    }

    /// The offset of the value at a path such as `script[3].do`, or of the last part of the path that exists.
    pub(in crate::scenario) fn locate(&self, path: &str) -> usize {
        let mut here = self;
        for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
            let next = match &here.value {
                Value::Object(fields) => fields.iter().find(|(_, name, _)| name == part).map(|(.., node)| node),
                Value::List(items) => part.parse().ok().and_then(|index: usize| items.get(index)),
                _ => None,
            };
            let Some(next) = next else { break };
            here = next;
        }
        here.at
    }

    /// What stands there, for a message.
    pub(super) fn words(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(is) => format!("`{is}`"),
            Value::Int(negative, n) => format!("`{}{n}`", if *negative { "-" } else { "" }),
            Value::Text(text) => format!("the text \"{text}\""),
            Value::List(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }
}

/// A text, and how far it has been read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    /// The next character that is not a space, without taking it.
    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    #[inline(never)]
    fn wrong(&self, message: &str) -> Mistake {
        let early = if self.at >= self.text.len() { "the text ends too early: " } else { "" };
        Mistake { at: self.at.min(self.text.len()), message: format!("{early}{message}") }
    }

    fn node(&mut self, depth: usize) -> Result<Node> {
        let next = self.next();
        let at = self.at;
        if depth > DEPTH_MAX {
            return Err(self.wrong("this is nested too deeply"));
        }
        let value = match next {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => {
                let mut items = Vec::new();
                self.items(b']', "a list", &mut |reader| {
                    items.push(reader.node(depth + 1)?);
                    Ok(())
                })?;
                Value::List(items)
            }
            Some(b'"') => Value::Text(self.string()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => self.integer()?,
            _ => return Err(self.wrong("expected a value")),
        };
        Ok(Node { at, value })
    }

    fn object(&mut self, depth: usize) -> Result<Value> {
        let mut fields: Vec<(usize, String, Node)> = Vec::new();
        self.items(b'}', "an object", &mut |reader| {
            let at = reader.at;
            if fields.len() == FIELDS_MAX {
                return Err(reader.wrong("the object has too many fields"));
            }
            if reader.next() != Some(b'"') {
                return Err(reader.wrong("expected a name in quotation marks"));
            }
            let name = reader.string()?;
            if fields.iter().any(|(_, other, _)| *other == name) {
                return Err(Mistake { at, message: format!("duplicate field `{name}`") });
            }
            if reader.next() != Some(b':') {
                return Err(reader.wrong("expected `:`"));
            }
            reader.at += 1;
            fields.push((at, name, reader.node(depth + 1)?));
            Ok(())
        })?;
        Ok(Value::Object(fields))
    }

    /// The items between brackets: the opening one comes next.
    fn items(&mut self, close: u8, what: &str, item: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.at += 1;
        let mut first = true;
        loop {
            let mut next = self.next();
            if next == Some(close) {
                self.at += 1;
                return Ok(());
            }
            if next.is_none() {
                return Err(self.wrong(&format!("{what} has no end")));
            }
            if !first {
                if next != Some(b',') {
                    return Err(self.wrong(&format!("expected `,` or `{}`", char::from(close))));
                }
                self.at += 1;
                next = self.next();
                if next == Some(close) {
                    return Err(self.wrong("trailing comma"));
                }
            }
            first = false;
            item(self)?;
        }
    }

    #[inline(never)]
    fn word(&mut self, word: &str, value: Value) -> Result<Value> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong(&format!("expected `{word}`")));
        }
        self.at += word.len();
        Ok(value)
    }

    fn integer(&mut self) -> Result<Value> {
        let rest = &self.text[self.at..];
        let (negative, digits) = rest.strip_prefix('-').map_or((false, rest), |digits| (true, digits));
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 || (count > 1 && digits.starts_with('0')) {
            return Err(self.wrong("invalid number"));
        }
        if digits[count..].starts_with(['.', 'e', 'E']) {
            return Err(self.wrong("expected a whole number"));
        }
        let Ok(n) = digits[..count].parse() else { return Err(self.wrong("number out of range")) };
        self.at += usize::from(negative) + count;
        Ok(Value::Int(negative, n))
    }

    /// A string: its opening quotation mark comes next.
    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            self.at += plain;
            string += &rest[..plain];
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.wrong("a string cannot hold control characters")),
                None => return Err(self.wrong("a string has no end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        self.at += 1;
        let plain = match self.text.as_bytes().get(self.at).copied() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `serde_json`, the referee, on the part of JSON that has no fractions.
    #[test]
    fn texts_mean_what_serde_json_says_they_mean() {
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
            let ours = Node::read(text).ok().and_then(|node| if let Value::Text(text) = node.value { Some(text) } else { None });
            assert_eq!(ours, serde_json::from_str::<String>(text).ok(), "{text}");
        }
        for text in ["0", "7", "-7", "007", "+7", "-", "18446744073709551615", "18446744073709551616"] {
            let ours = Node::read(text).ok().and_then(|node| match node.value {
                Value::Int(false, n) => Some(i128::from(n)),
                Value::Int(true, n) => Some(-i128::from(n)),
                _ => None,
            });
            let theirs = serde_json::from_str::<i128>(text).ok().filter(|n| *n <= i128::from(u64::MAX));
            assert_eq!(ours, theirs, "{text}");
        }
    }

    #[test]
    fn mistakes_stand_where_they_are() {
        for (text, place, message) in [
            ("[1, 2", 5, "the text ends too early: a list has no end"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1,]", 3, "trailing comma"),
            ("[1] ü", 4, "trailing characters"),
            ("[nil]", 1, "expected `null`"),
            ("[1.5]", 1, "expected a whole number"),
            ("{\"a\": 1, \"a\": 2}", 9, "duplicate field `a`"),
            ("{a: 1}", 1, "expected a name in quotation marks"),
            ("", 0, "the text ends too early: expected a value"),
        ] {
            let mistake = Node::read(text).expect_err(text);
            assert_eq!((mistake.at, mistake.message.as_str()), (place, message), "{text}");
        }
        assert_eq!(Node::read(&"[".repeat(100_000)).expect_err("deep").message, "this is nested too deeply");
    }

    #[test]
    fn a_path_leads_to_its_value_or_to_the_last_part_that_exists() {
        let text = r#"{"a": [1, {"b\"": "],}", "c": [[ ], -2]}], "d": true}"#;
        let root = Node::read(text).expect("well formed");
        for (path, there) in
            [("", "{"), ("a", "[1"), ("a[1].c[1]", "-2"), ("d", "true"), ("a[7].c", "[1"), ("x", "{"), ("d.e", "true")]
        {
            assert!(text[root.locate(path)..].starts_with(there), "{path}");
        }
    }
}
