//! The language beside `serde_json`: texts that were damaged are read by both, and refused at the same place with the same words.
//!
//! Two differences are meant. A number with a point that is too large for one is of the language here; a scenario has no use for any. And
//! of `\\u` with less than four digits the escape itself is pointed at, whatever stands where its digits should.

use serde_json::Value;

use super::Scanner;
use crate::rng::Rng;

const CASES: u64 = 20_000;
const WHOLE: [&str; 7] = [
    r#"{"a": [1, -2.5e+10, 0, true, false, null, "x\n\u00e9\ud83d\ude00ü"], "b": {"c": {}}}"#,
    "[]",
    r#"[1,2 , [3,{"k":"v"}]]"#,
    r#""\ud83d\ude00 \ud83d\u0041 \udc00""#,
    "  -0.0e-1 ",
    r#""\"\/ \b\f\r\t \ud83d\ude00 ü""#,
    r#"{"é":"\\","":[[],[]]}"#,
];
const PIECES: [&str; 40] = [
    "", "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\udc00", "\\n", "\\x", "\\uüa", "0", "1", "12", "-", "+",
    ".", "e", "E", "1e5", "0.5", "true", "tru", "false", "null", "nul", "f", "ü", "😀", "\u{1}", " ", "\t", "\n", "\r", "G", "/",
];

/// Where what `serde_json` does not like begins. It counts columns in bytes, and stands on the character at which it stopped; of an escape
/// or a word that is the first one that does not fit.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = text.floor_char_boundary((line + error.column()).saturating_sub(1));
    let said = error.to_string();
    if said.contains("escape") {
        text[..at].rfind('\\').unwrap_or(at)
    } else if said.starts_with("expected ident") {
        text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic()).len()
    } else {
        at
    }
}

/// What is wrong, without the place, and in words for people who do not read parsers.
fn words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = said.strip_suffix(&place).unwrap_or(&said);
    match said {
        "EOF while parsing a value" => "the text ends too early: expected a value".to_owned(),
        "expected value" => "expected a value".to_owned(),
        "expected ident" => "expected `true`, `false` or `null`".to_owned(),
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => "invalid escape: half of a pair".to_owned(),
        "key must be a string" => "expected a name in quotation marks".to_owned(),
        "recursion limit exceeded" => "this is nested too deeply".to_owned(),
        _ if said.starts_with("control character") => "a string cannot hold control characters".to_owned(),
        _ => match said.strip_prefix("EOF while parsing ") {
            Some(what) => format!("the text ends too early: {what} has no end"),
            None => said.to_owned(),
        },
    }
}

fn damaged(seed: u64) -> String {
    let mut rng = Rng::keyed(seed, &[0x1507]);
    let mut place = |upto: usize| usize::try_from(rng.between(0, upto as u64)).unwrap_or(0);
    let mut text = WHOLE[place(WHOLE.len() - 1)].to_owned();
    for _ in 0..place(4) {
        let begin = text.floor_char_boundary(place(text.len()));
        let end = text.ceil_char_boundary((begin + place(3)).min(text.len()));
        text.replace_range(begin..end, PIECES[place(PIECES.len() - 1)]);
    }
    match place(300) {
        0 => "[".repeat(100 + place(60)) + &text,
        1 => text.repeat(2 + place(20)),
        _ => text,
    }
}

#[test]
fn what_serde_json_refuses_is_refused_at_the_same_place() {
    let (mut read, mut refused) = (0, 0);
    for seed in 0..CASES {
        let text = damaged(seed);
        let found = Scanner::new(&text).document().map_err(|fault| (fault.at, fault.message.to_owned()));
        let expected = match serde_json::from_str::<Value>(&text) {
            Ok(_) => {
                let begin = text.len() - text.trim_start().len();
                Ok((begin, begin + text.trim().len()))
            }
            Err(error) => Err((offset(&text, &error), words(&error))),
        };
        match (&found, &expected) {
            (_, Err((_, message))) if message == "number out of range" => {}
            (Err((_, message)), Err(_)) if message == "invalid escape" => {}
            _ => assert_eq!(found, expected, "{text:?}, seed {seed}"),
        }
        *(if found.is_ok() { &mut read } else { &mut refused }) += 1;
    }
    assert!(read > CASES / 20 && refused > CASES / 2, "{read} were read, {refused} were refused");
}

#[test]
fn what_a_text_says_is_what_serde_json_reads() {
    let mut texts = 0;
    for seed in 0..CASES {
        let text = damaged(seed);
        let Ok(Value::String(expected)) = serde_json::from_str(&text) else { continue };
        let mut said = String::new();
        let read = Scanner::new(text.trim_start()).string(&mut said);
        assert_eq!((read, said), (Ok(()), expected), "{text:?}");
        texts += 1;
    }
    assert!(texts > CASES / 400, "{texts} texts");
}
