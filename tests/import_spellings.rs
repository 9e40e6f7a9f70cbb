//! One history in many spellings: what it means does not depend on how it was printed.
//!
//! Jepsen and those who write its format print operations as maps, records or tuples, with or without commas, on one line or several,
//! with the line ends of any system. Each spelling is tried with a history that holds and with one that does not.

use replicated_telemetry_store::import::{Options, import, import_bytes};
use replicated_telemetry_store::judge::{self, Guarantee, judge};

/// A beacon is lit by one process and looked at by another.
const HOLDS: &str = "{:process 3, :type :invoke, :f :write, :value 41}
{:process 3, :type :ok, :f :write, :value 41}
{:process 8, :type :invoke, :f :read, :value nil}
{:process 8, :type :ok, :f :read, :value 41}
";
/// It is changed, and still seen as it was.
const BROKEN: &str = "{:process 3, :type :invoke, :f :write, :value 42}
{:process 3, :type :ok, :f :write, :value 42}
{:process 8, :type :invoke, :f :read, :value nil}
{:process 8, :type :ok, :f :read, :value 41}
";

fn verdict(text: &str, options: &Options) -> &'static str {
    let imported = import(text, options).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let asked = judge::Options { guarantees: vec![Guarantee::Linearizable], ..judge::Options::default() };
    judge(&imported.observed, &asked).verdicts[0].1.name()
}

/// The same operations as JSON objects.
fn json(edn: &str) -> String {
    let words = [":process", ":type", ":f", ":value"].map(|name| (format!("{name} "), format!("\"{}\": ", &name[1..])));
    let mut text = words.iter().fold(edn.to_owned(), |text, (edn, json)| text.replace(edn, json));
    for word in [":invoke", ":ok", ":write", ":read"] {
        text = text.replace(word, &format!("\"{}\"", &word[1..]));
    }
    text.replace("nil", "null")
}

#[test]
fn every_spelling_has_the_same_verdict() {
    type Spelling = (&'static str, fn(&str) -> String);
    let spellings: [Spelling; 16] = [
        ("as it stands", str::to_owned),
        ("a vector", |text| format!("[{text}]")),
        ("a list with commas between maps", |text| format!("({})", text.replace("}\n", "},\n"))),
        ("records", |text| text.replace('{', "#jepsen.history.Op{")),
        ("no commas", |text| text.replace(',', "")),
        ("a line for each field", |text| text.replace(", ", ",\n  ")),
        ("line ends of other systems", |text| text.replace('\n', "\r\n")),
        ("a byte order mark", |text| format!("\u{feff}{text}")),
        ("comments", |text| format!(";; recorded in spring\n{}", text.replace("}\n", "} ; [ not \"closed\n"))),
        ("forms that are discarded", |text| text.replace("}\n", "}\n#_{:type :ok :f \"}\"}\n")),
        ("texts instead of keywords", |text| text.replace(":invoke", "\"invoke\"").replace(":ok", "\"ok\"")),
        ("no value where a read begins", |text| text.replace(", :value nil", "")),
        ("a nemesis in between", |text| {
            let says = "{:process :nemesis, :type :info, :f :cut, :value {\"n1\" #{\"n2\"}}, :error [:x \"\\u0041\"]}\n";
            text.replace("}\n", &format!("}}\n{says}"))
        }),
        ("JSON lines", json),
        ("a JSON array", |text| format!("[{}]", json(text).trim_end().replace("}\n", "},\n"))),
        ("the columns of history.txt", |text| {
            let words = text.replace([',', '{', '}'], "").replace(":process ", "").replace(":type ", "");
            words.replace(":f ", "").replace(":value ", "")
        }),
    ];
    for (name, spelled) in spellings {
        assert_eq!(verdict(&spelled(HOLDS), &Options::default()), "holds", "{name}");
        assert_eq!(verdict(&spelled(&format!("{HOLDS}{BROKEN}")), &Options::default()), "violated", "{name}");
    }
}

/// Values that a history may have are equal to themselves and to nothing else, however they are printed.
#[test]
fn values_of_all_kinds_are_told_apart() {
    let values = [
        "-5",
        "0",
        "\"41\"",
        ":on",
        "\"a \\\" b\"",
        "1.5",
        "123456789012345678901234567890",
        "[1 2 3]",
        "{:a 1}",
        "#{1}",
        "true",
    ];
    for value in values {
        let [right, wrong] = [HOLDS.replace("41", value), HOLDS.replacen("41", value, 2)];
        assert_eq!(verdict(&right, &Options::default()), "holds", "{value}");
        assert_eq!(verdict(&wrong, &Options::default()), "violated", "{value} is not 41");
    }
}

#[test]
fn an_operation_without_an_answer_may_tell_anything_at_its_end() {
    for end in [":value 41", ":value :timed-out", ":value nil, :error [:gone \"x\"]", ":error :timeout"] {
        let text = HOLDS.replacen(":type :ok, :f :write, :value 41", &format!(":type :info, :f :write, {end}"), 1);
        assert_eq!(verdict(&text, &Options::default()), "holds", "{end}: it may have happened");
        let gone = format!("{text}{{:process 8, :type :invoke, :f :read}}\n{{:process 8, :type :ok, :f :read, :value nil}}\n");
        assert_eq!(verdict(&gone, &Options::default()), "violated", "{end}: what was seen once stays\n{gone}");
    }
}

#[test]
fn what_is_packed_is_not_read() {
    let error = import_bytes(&[0x1f, 0x8b, 8, 0, 0, 0], &Options::default()).expect_err("it is no text");
    assert!(error.to_string().contains("gzip"), "{error}");
}
